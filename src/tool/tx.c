/* hanse tx: deploys a contract, sends a transaction to it, or calls it. */
#include "base/clock.h"
#include "base/ini.h"
#include "codec/abi.h"
#include "codec/hex.h"
#include "chain/transaction.h"
#include "tool/key_file.h"
#include "tool/rpc_client.h"
#include "tool/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { RPC_MS = 10000, RECEIPT_MS = 30000, RECEIPT_POLL_MS = 2, BLOCK_LIMIT_AHEAD = 500 };

typedef struct {
    const char *rpc, *abi, *bin, *key, *to;
    unsigned group;
    arena memory;
    rpc_client *client;
    abi_contract contract;
    error_text why;
} session;

static bool read_contract(session *s)
{
    bytes json;
    if (s->abi == NULL)
        return error_set(&s->why, "say which contract: --abi FILE");
    if (!file_read(&s->memory, s->abi, ABI_JSON_MAX_BYTES, &json, &s->why))
        return false;
    if (abi_contract_parse(&s->memory, json, &s->contract, &s->why))
        return true;
    error_prefix(&s->why, "%s", s->abi);
    return false;
}

/* Selector and encoded arguments behind `prefix`. */
static bool encode_call(session *s, const abi_entry *entry, bytes prefix, char **arguments, size_t count, bytes *out)
{
    abi_value values;
    if (!abi_values_from_texts(&s->memory, &entry->inputs, (const char *const *)arguments, count, &values, &s->why)) {
        error_prefix(&s->why, "%s", entry->signature ? entry->signature : "constructor");
        return false;
    }
    buffer encoded = buffer_init(TRANSACTION_MAX_BYTES);
    buffer_append(&encoded, prefix);
    abi_encode(&values, &encoded);
    bool ok = !encoded.overflowed || error_set(&s->why, "the arguments are too large");
    *out = arena_copy(&s->memory, buffer_bytes(&encoded));
    buffer_free(&encoded);
    return ok;
}

static bool encode_method(session *s, char **arguments, size_t count, const abi_entry **entry, bytes *out)
{
    if (count == 0)
        return error_set(&s->why, "say which method to run");
    *entry = abi_contract_find(&s->contract, ABI_FUNCTION, bytes_of_text(arguments[0]), &s->why);
    if (*entry == NULL)
        return false;
    hash256 hash = suite_hash(&crypto_standard, bytes_of_text((*entry)->signature));
    return encode_call(s, *entry, bytes_of(hash.b, 4), arguments + 1, count - 1, out);
}

/* The code of --bin with the constructor's arguments behind it. */
static bool encode_deployment(session *s, char **arguments, size_t count, bytes *out)
{
    bytes text, code;
    if (s->bin == NULL)
        return error_set(&s->why, "say which code to deploy: --bin FILE");
    if (!file_read(&s->memory, s->bin, 2 * TRANSACTION_MAX_BYTES, &text, &s->why))
        return false;
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    if (!hex_read_any(&s->memory, text, &code))
        return error_set(&s->why, "%s: not hex", s->bin);
    static const abi_entry no_constructor = {.kind = ABI_CONSTRUCTOR, .inputs = {.kind = ABI_TUPLE}};
    const abi_entry *entry = abi_contract_find(&s->contract, ABI_CONSTRUCTOR, BYTES_EMPTY, NULL);
    return encode_call(s, entry ? entry : &no_constructor, code, arguments, count, out);
}

/* ---- sending ---- */

static bool text_number(const char *text, u256 *out)
{
    if (text == NULL)
        return false;
    char *end;
    unsigned long long value = strtoull(text, &end, 0);
    *out = u256_of(value);
    return *text && *end == '\0';
}

/* Chain id, version and block limit, as the node says. */
static bool ask_chain(session *s, chain_rules *rules, transaction_fields *fields)
{
    json_t *version = rpc_client_call(s->client, "getClientVersion", json_array(), NULL, &s->why);
    if (version == NULL)
        return false;
    const char *supported = json_string_value(json_object_get(version, "Supported Version"));
    u256 chain_id, height;
    bool ok = text_number(json_string_value(json_object_get(version, "Chain Id")), &chain_id) && supported &&
              version_parse(bytes_of_text(supported), &rules->version, &s->why);
    json_decref(version);
    if (!ok)
        return error_set(&s->why, "getClientVersion: the answer names no chain id or version");
    json_t *number = rpc_client_call(s->client, "getBlockNumber", json_pack("[i]", (int)s->group), NULL, &s->why);
    ok = text_number(json_string_value(number), &height);
    json_decref(number);
    if (!ok)
        return false;
    rules->suite = &crypto_standard;
    fields->chain_id = chain_id;
    fields->group_id = u256_of(s->group);
    fields->block_limit = u256_of(height.limb[0] + BLOCK_LIMIT_AHEAD);
    uint8_t random[32];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return error_set(&s->why, "the system gives no random numbers");
    fields->nonce = u256_shift_right(u256_from_be(bytes_of(random, sizeof random)), 8); /* below 2^248: some SDKs want it so */
    return true;
}

static json_t *wait_for_receipt(session *s, const char *hash)
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

static json_t *send_and_wait(session *s, transaction_fields *fields)
{
    chain_rules rules = {0};
    account_key key;
    if (s->key == NULL)
        s->key = getenv("HANSE_KEY");
    if (s->key == NULL) {
        error_set(&s->why, "say who sends it: --key FILE (hanse account new makes one), or HANSE_KEY");
        return NULL;
    }
    if (!key_file_read(s->key, &key, &s->why) || !ask_chain(s, &rules, fields))
        return NULL;
    fields->gas_price = fields->gas = u256_of(300000000);
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
static void print_output(session *s, const abi_type *tuple, const char *output)
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

static bool print_receipt(session *s, const json_t *receipt, const abi_entry *entry)
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

static bool deploy(session *s, char **arguments, size_t count)
{
    transaction_fields fields = {.is_creation = true};
    if (!encode_deployment(s, arguments, count, &fields.data))
        return false;
    json_t *receipt = send_and_wait(s, &fields);
    bool ok = receipt && print_receipt(s, receipt, NULL);
    json_decref(receipt);
    return ok;
}

static bool read_target(session *s, address *to)
{
    bytes text = bytes_of_text(s->to ? s->to : "");
    if (bytes_start_with(text, BYTES_OF_LITERAL("0x")))
        text = bytes_from(text, 2);
    return hex_read(text, to->b, sizeof to->b) || error_set(&s->why, "say which contract: --to ADDRESS (40 hex digits)");
}

static bool send(session *s, char **arguments, size_t count)
{
    transaction_fields fields = {0};
    const abi_entry *entry;
    if (!read_target(s, &fields.to) || !encode_method(s, arguments, count, &entry, &fields.data))
        return false;
    json_t *receipt = send_and_wait(s, &fields);
    bool ok = receipt && print_receipt(s, receipt, entry);
    json_decref(receipt);
    return ok;
}

static bool call(session *s, char **arguments, size_t count)
{
    address to;
    bytes data;
    const abi_entry *entry;
    if (!read_target(s, &to) || !encode_method(s, arguments, count, &entry, &data))
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

static bool read_options(session *s, int argc, char **argv)
{
    static const struct option options[] = {
        {"rpc", required_argument, NULL, 'r'}, {"abi", required_argument, NULL, 'a'},   {"bin", required_argument, NULL, 'b'},
        {"key", required_argument, NULL, 'k'}, {"group", required_argument, NULL, 'g'}, {"to", required_argument, NULL, 't'},
        {0},
    };
    *s = (session){.rpc = "127.0.0.1:8545", .group = 1};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "+r:a:b:k:g:t:", options, NULL)) != -1;) {
        switch (option) {
        case 'r':
            s->rpc = optarg;
            break;
        case 'a':
            s->abi = optarg;
            break;
        case 'b':
            s->bin = optarg;
            break;
        case 'k':
            s->key = optarg;
            break;
        case 'g':
            s->group = (unsigned)atoi(optarg);
            break;
        case 't':
            s->to = optarg;
            break;
        default:
            return false;
        }
    }
    return true;
}

static int run_tx(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(session *s, char **arguments, size_t count);
    } commands[] = {{"deploy", deploy}, {"send", send}, {"call", call}};
    for (size_t i = 0; argc > 1 && i < COUNT(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        session s;
        if (!read_options(&s, argc - 1, argv + 1))
            return tool_misused(&tool_tx, "unknown option");
        s.client = rpc_client_new(s.rpc, RPC_MS);
        bool ok = read_contract(&s) && commands[i].run(&s, argv + 1 + optind, (size_t)(argc - 1 - optind));
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
