/* hanse tx: deploys a contract, sends a transaction to it, or calls it. */
#include "base/clock.h"
#include "codec/hex.h"
#include "tool/tool.h"
#include "tool/tx_session.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECEIPT_MS = 30000, RECEIPT_POLL_MS = 2 };

/* ---- sending ---- */

static json_t *wait_for_receipt(tx_session *s, const char *hash)
{
    uint64_t until = clock_steady_ms() + RECEIPT_MS;
    while (clock_steady_ms() < until) {
        json_t *receipt = rpc_client_call(s->client, "getTransactionReceipt", json_pack("[i,s]", (int)s->group, hash), NULL, &s->why);
        if (receipt == NULL || !json_is_null(receipt))
            return receipt;
        json_decref(receipt);
        usleep(RECEIPT_POLL_MS * 1000);
    }
    error_set(&s->why, "transaction %s has no receipt after %d s", hash, RECEIPT_MS / 1000);
    return NULL;
}

static json_t *send_and_wait(tx_session *s, transaction_fields *fields)
{
    chain_rules rules = {0};
    account_key key;
    if (!tx_read_key(s, &key) || !tx_ask_chain(s, &rules, fields))
        return NULL;
    transaction *tx = transaction_sign(&rules, fields, &key.secret);
    secret_key_wipe(&key.secret);
    const char *raw = arena_print(&s->memory, "0x%s", hex_text(&s->memory, tx->raw));
    transaction_drop(tx);
    json_t *hash = rpc_client_call(s->client, "sendRawTransaction", json_pack("[i,s]", (int)s->group, raw), NULL, &s->why);
    json_t *receipt = hash ? wait_for_receipt(s, json_string_value(hash)) : NULL;
    json_decref(hash);
    return receipt;
}

/* ---- printing ---- */

static void print_member(const char *label, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    printf("%-12s %s\n", label, text ? text : "");
}

/* The values of `tuple` in hex text `output`, one line; the raw text when it is something else (a revert reason, say). */
static void print_output(tx_session *s, const abi_type *tuple, const char *output)
{
    bytes data;
    abi_value values;
    if (output == NULL || !hex_read_any(&s->memory, bytes_of_text(output), &data) ||
        !abi_decode(&s->memory, tuple, data, &values, NULL)) {
        printf("%-12s %s\n", "output", output ? output : "");
        return;
    }
    buffer json = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&json);
    abi_value_write_json(&w, &values);
    printf("%-12s %.*s\n", "output", (int)json.size, (const char *)json.data);
    buffer_free(&json);
}

static bool print_receipt(tx_session *s, const json_t *receipt, const abi_entry *entry)
{
    const char *status = json_string_value(json_object_get(receipt, "status"));
    bool ok = status && strcmp(status, "0x0") == 0;
    print_member("transaction", receipt, "transactionHash");
    print_member("block", receipt, "blockNumber");
    printf("%-12s %s %s\n", "status", status ? status : "", json_string_value(json_object_get(receipt, "statusMsg")));
    print_member("gas used", receipt, "gasUsed");
    if (entry == NULL && ok)
        print_member("contract", receipt, "contractAddress");
    else if (entry)
        print_output(s, &entry->outputs, json_string_value(json_object_get(receipt, "output")));
    return ok || error_set(&s->why, "the transaction failed");
}

/* ---- commands ---- */

static bool deploy(tx_session *s, char **arguments, size_t count)
{
    transaction_fields fields = {.is_creation = true};
    if (!tx_encode_deployment(s, arguments, count, &fields.data))
        return false;
    json_t *receipt = send_and_wait(s, &fields);
    bool ok = receipt && print_receipt(s, receipt, NULL);
    json_decref(receipt);
    return ok;
}

static bool send(tx_session *s, char **arguments, size_t count)
{
    transaction_fields fields = {0};
    const abi_entry *entry;
    if (!tx_read_target(s, &fields.to) || !tx_encode_method(s, arguments, count, &entry, &fields.data))
        return false;
    json_t *receipt = send_and_wait(s, &fields);
    bool ok = receipt && print_receipt(s, receipt, entry);
    json_decref(receipt);
    return ok;
}

static bool call(tx_session *s, char **arguments, size_t count)
{
    address to;
    bytes data;
    const abi_entry *entry;
    if (!tx_read_target(s, &to) || !tx_encode_method(s, arguments, count, &entry, &data))
        return false;
    json_t *request = json_pack("{s:s, s:s, s:s}", "from", "0x0000000000000000000000000000000000000001", "to",
                                arena_print(&s->memory, "0x%s", hex_text(&s->memory, BYTES_OF_VALUE(to))), "data",
                                arena_print(&s->memory, "0x%s", hex_text(&s->memory, data)));
    json_t *result = rpc_client_call(s->client, "call", json_pack("[i,o]", (int)s->group, request), NULL, &s->why);
    if (result == NULL)
        return false;
    const char *status = json_string_value(json_object_get(result, "status"));
    bool ok = status && strcmp(status, "0x0") == 0;
    if (!ok)
        printf("%-12s %s\n", "status", status ? status : "");
    print_output(s, &entry->outputs, json_string_value(json_object_get(result, "output")));
    json_decref(result);
    return ok || error_set(&s->why, "the call failed");
}

static bool read_options(tx_session *s, int argc, char **argv)
{
    static const struct option options[] = {TX_SESSION_OPTIONS, {"bin", required_argument, NULL, 'b'}, {0}};
    *s = tx_session_default;
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
        bool (*run)(tx_session *s, char **arguments, size_t count);
    } commands[] = {{"deploy", deploy}, {"send", send}, {"call", call}};
    for (size_t i = 0; argc > 1 && i < COUNT(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        tx_session s;
        if (!read_options(&s, argc - 1, argv + 1))
            return tool_misused(&tool_tx, "unknown option");
        s.client = rpc_client_new(s.rpc, TX_SESSION_RPC_MS);
        bool ok = tx_read_contract(&s) && commands[i].run(&s, argv + 1 + optind, (size_t)(argc - 1 - optind));
        rpc_client_free(s.client);
        arena_reset(&s.memory);
        return ok ? 0 : tool_fail("tx", "%s", s.why.text);
    }
    return tool_misused(&tool_tx, "expected deploy, send or call");
}

const tool tool_tx = {
    .name = "tx",
    .summary = "deploy a contract, send it a transaction, or call it",
    .usage = "usage: hanse tx deploy --abi FILE --bin FILE --key FILE [ARGUMENTS]\n"
             "       hanse tx send --abi FILE --to ADDRESS --key FILE METHOD [ARGUMENTS]\n"
             "       hanse tx call --abi FILE --to ADDRESS METHOD [ARGUMENTS]\n\n"
             "  --rpc HOST:PORT   the node's JSON-RPC, default 127.0.0.1:8545\n"
             "  --group N         default 1\n"
             "  --key FILE        who sends it (hanse account new); HANSE_KEY names it too\n\n"
             "Options stand before METHOD. Arguments are plain (numbers, texts, 0x addresses); arrays and tuples are JSON.\n"
             "The exit status is 0 when the transaction or call succeeded.\n",
    .run = run_tx,
};
