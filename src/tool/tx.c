/* hanse tx: deploys a contract, sends a transaction to it, or calls it. */
#include "base/ini.h"
#include "chain/transaction.h"
#include "tool/tool.h"
#include "tool/tx_session.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

/* ---- printing ---- */

static void print_member(const char *label, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    printf("%-12s %s\n", label, text ? text : "");
}

/* The values in `output`, one line; the raw text when it is something else (a revert reason, say). */
static void print_output(const tx_session *s, const char *method, const char *output)
{
    char *values = hanse_abi_decode_output(s->abi, method, output, NULL);
    char *reason = values ? NULL : hanse_revert_reason(output);
    printf("%-12s %s\n", "output", values ? values : output);
    if (reason)
        printf("%-12s %s\n", "reason", reason);
    hanse_free(values);
    hanse_free(reason);
}

/* method NULL: a deployment. */
static bool print_receipt(tx_session *s, const hanse_receipt *receipt, const char *method)
{
    json_error_t ignored;
    json_t *json = json_loads(hanse_receipt_json(receipt), 0, &ignored);
    bool ok = hanse_receipt_status(receipt) == 0;
    printf("%-12s %s\n", "transaction", hanse_receipt_transaction(receipt));
    print_member("block", json, "blockNumber");
    printf("%-12s 0x%x %s\n", "status", (unsigned)hanse_receipt_status(receipt), hanse_receipt_status_text(receipt));
    print_member("gas used", json, "gasUsed");
    if (method == NULL && ok)
        printf("%-12s %s\n", "contract", hanse_receipt_contract(receipt));
    else if (method)
        print_output(s, method, hanse_receipt_output(receipt));
    json_decref(json);
    if (!ok)
        snprintf(s->error.text, sizeof s->error.text, "the transaction failed");
    return ok;
}

/* ---- commands ---- */

/* data is taken over. */
static bool send_and_print(tx_session *s, const char *to, char *data, const char *method)
{
    hanse_receipt *receipt = data ? hanse_send(s->client, s->account, to, data, &s->error) : NULL;
    bool ok = receipt && print_receipt(s, receipt, method);
    hanse_receipt_free(receipt);
    hanse_free(data);
    return ok;
}

static bool deploy(tx_session *s, const char *const *arguments, size_t count)
{
    bytes code;
    error_text why = {"say which code to deploy: --bin FILE"};
    if (s->bin == NULL || !file_read(&s->memory, s->bin, 2 * TRANSACTION_MAX_BYTES, &code, &why)) {
        snprintf(s->error.text, sizeof s->error.text, "%s", why.text);
        return false;
    }
    return tx_read_key(s) &&
           send_and_print(s, NULL, hanse_abi_encode_deployment(s->abi, arena_copy_text(&s->memory, code), arguments, count, &s->error), NULL);
}

static bool find_method(tx_session *s, size_t count)
{
    if (count == 0)
        snprintf(s->error.text, sizeof s->error.text, "say which method to run");
    return count > 0 && tx_check_target(s);
}

static bool send(tx_session *s, const char *const *arguments, size_t count)
{
    return find_method(s, count) && tx_read_key(s) &&
           send_and_print(s, s->to, hanse_abi_encode_call(s->abi, arguments[0], arguments + 1, count - 1, &s->error), arguments[0]);
}

static bool call(tx_session *s, const char *const *arguments, size_t count)
{
    int status;
    if (!find_method(s, count))
        return false;
    char *data = hanse_abi_encode_call(s->abi, arguments[0], arguments + 1, count - 1, &s->error);
    char *output = data ? hanse_call(s->client, NULL, s->to, data, &status, &s->error) : NULL;
    bool ok = output && status == 0;
    if (output && !ok) {
        printf("%-12s 0x%x\n", "status", (unsigned)status);
        snprintf(s->error.text, sizeof s->error.text, "the call failed");
    }
    if (output)
        print_output(s, arguments[0], output);
    hanse_free(output);
    hanse_free(data);
    return ok;
}

static bool read_options(tx_session *s, int argc, char **argv)
{
    static const struct option options[] = {TX_SESSION_OPTIONS, {"bin", required_argument, NULL, 'b'}, {0}};
    *s = (tx_session){.group = 1};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'b')
            s->bin = optarg;
        else if (!tx_take_option(s, option, optarg))
            return false;
    }
    return true;
}

static int run_tx(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(tx_session *s, const char *const *arguments, size_t count);
    } commands[] = {{"deploy", deploy}, {"send", send}, {"call", call}};
    for (size_t i = 0; argc > 1 && i < COUNT(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        tx_session s;
        if (!read_options(&s, argc - 1, argv + 1))
            return tool_misused(&tool_tx, "an option is not known, or its value does not fit");
        bool ok = tx_open(&s) && tx_read_contract(&s) &&
                  commands[i].run(&s, (const char *const *)argv + 1 + optind, (size_t)(argc - 1 - optind));
        tx_close(&s);
        return ok ? 0 : tool_fail("tx", "%s", s.error.text);
    }
    return tool_misused(&tool_tx, "expected deploy, send or call");
}

const tool tool_tx = {
    .name = "tx",
    .summary = "deploy a contract, send it a transaction, or call it",
    .usage = "usage: hanse tx deploy --abi FILE --bin FILE --key FILE [ARGUMENTS]\n"
             "       hanse tx send --abi FILE --to ADDRESS --key FILE METHOD [ARGUMENTS]\n"
             "       hanse tx call --abi FILE --to ADDRESS METHOD [ARGUMENTS]\n\n" TX_SESSION_USAGE
             "\nOptions stand before METHOD. Arguments are plain (numbers, texts, 0x addresses); arrays and tuples are JSON.\n"
             "The exit status is 0 when the transaction or call succeeded.\n",
    .run = run_tx,
};
