#include "console/contract_call.h"
#include "console/query.h"

#define ABSENT "This transaction hash doesn't exist."
#define TRANSACTION_HASH {PARAMETER_HASH, "transactionHash", "The transaction's hash, 0x and 64 hex digits.", false}
#define CONTRACT {PARAMETER_CONTRACT, "contractNameOrPath", "A contract, to show what the transaction called.", true}
#define BLOCK_HASH {PARAMETER_HASH, "blockHash", "The block's hash, 0x and 64 hex digits.", false}
#define BLOCK_NUMBER {PARAMETER_NUMBER, "blockNumber", "Integer of a block number, from 0 to 2147483647.", false}
#define INDEX {PARAMETER_NUMBER, "index", "Integer of a transaction index, from 0 to 2147483647.", false}
#define FROM {PARAMETER_NUMBER, "from", "The index of the first receipt. Default: 0.", true}
#define COUNT_OF_RECEIPTS {PARAMETER_COUNT, "count", "How many receipts. Default: -1, all.", true}

static const query pending = {.method = "getPendingTransactions", .shape = SHOW_MODELS, .model = &model_transaction};
static const query pending_size = {.method = "getPendingTxSize", .shape = SHOW_NUMBER};
static const query by_hash = {.method = "getTransactionByHash", .shape = SHOW_MODEL, .model = &model_transaction, .absent = ABSENT};
static const query by_block_hash = {.method = "getTransactionByBlockHashAndIndex", .shape = SHOW_MODEL, .model = &model_transaction,
                                    .absent = ABSENT};
static const query by_block_number = {.method = "getTransactionByBlockNumberAndIndex", .shape = SHOW_MODEL, .model = &model_transaction,
                                      .absent = ABSENT};
static const query receipt = {.method = "getTransactionReceipt", .shape = SHOW_MODEL, .model = &model_receipt, .absent = ABSENT};
static const query with_proof = {.method = "getTransactionByHashWithProof", .shape = SHOW_MODEL, .model = &model_transaction_proof,
                                 .absent = ABSENT};
static const query receipt_with_proof = {.method = "getTransactionReceiptByHashWithProof", .shape = SHOW_MODEL,
                                         .model = &model_receipt_proof, .absent = ABSENT};

/* Of a transaction, a receipt, or one of them with its proof. */
static const char *input_of(const json_t *answer)
{
    const json_t *inner = json_object_get(answer, "transaction");
    if (inner == NULL)
        inner = json_object_get(answer, "transactionReceipt");
    return json_string_value(json_object_get(inner ? inner : answer, "input"));
}

/* A transaction or receipt; the optional last argument names the contract whose interface explains it. */
static bool run_transaction(session *s, const command *c, int argc, char **argv)
{
    const query *q = c->data;
    int required = (int)command_min(c);
    json_t *params = console_params(s);
    for (int i = 0; i < required; i++)
        json_array_append_new(params, json_string(argv[i]));
    json_t *answer = console_ask(s, NULL, q->method, params);
    if (answer == NULL)
        return false;
    bool ok = json_is_object(answer);
    if (ok)
        query_show_model(s, q->model, answer);
    else
        console_fail(s, "%s", q->absent);
    if (ok && argc > required)
        ok = contract_show_input(s, argv[required], input_of(answer));
    json_decref(answer);
    return ok;
}

/* Old nodes do not know the compressed form; asking without it makes the answer the same object everywhere. */
static bool run_batch(session *s, const command *c, int argc, char **argv)
{
    json_t *params = console_params(s);
    json_array_append_new(params, json_string(argv[0]));
    json_array_append_new(params, json_string(argc > 1 ? argv[1] : "0"));
    json_array_append_new(params, json_string(argc > 2 ? argv[2] : "-1"));
    json_array_append_new(params, json_false());
    json_t *answer = console_ask(s, NULL, c->name, params);
    if (answer == NULL)
        return false;
    bool ok = json_is_object(answer);
    if (ok)
        query_show_model(s, &model_batch, answer);
    else
        console_fail(s, "The node's answer is not what was asked for.");
    json_decref(answer);
    return ok;
}

static bool run_total(session *s, const command *c, int argc, char **argv)
{
    static const char *const keys[] = {"blockNumber", "txSum", "failedTxSum"};
    (void)argc, (void)argv;
    json_t *answer = console_ask(s, NULL, c->name, console_params(s));
    if (answer == NULL)
        return false;
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < COUNT(keys); i++) {
        char decimal[32];
        const char *value = json_string_value(json_object_get(answer, keys[i]));
        buffer_print(&text, "%s\"%s\":%s", i ? "," : "{", keys[i], value ? model_decimal(value, decimal, sizeof decimal) : "0");
    }
    buffer_append_byte(&text, '}');
    say_pretty(s, buffer_bytes(&text));
    buffer_free(&text);
    json_decref(answer);
    return true;
}

static bool run_code(session *s, const command *c, int argc, char **argv)
{
    (void)argc;
    json_t *params = console_params(s);
    json_array_append_new(params, json_string(argv[0]));
    json_t *answer = console_ask(s, NULL, c->name, params);
    const char *code = json_string_value(answer);
    bool ok = code && strcmp(code, "0x") != 0;
    if (ok)
        say(s, "%s", code);
    else if (answer)
        console_fail(s, "This address doesn't exist.");
    json_decref(answer);
    return ok;
}

static const command rows[] = {
    {.name = "getTransactionByHash", .help = "Query information about a transaction requested by transaction hash",
     .run = run_transaction,
     .data = &by_hash, .parameters = {TRANSACTION_HASH, CONTRACT}},
    {.name = "getTransactionByBlockHashAndIndex",
     .help = "Query information about a transaction by block hash and transaction index position", .run = run_transaction,
     .data = &by_block_hash, .parameters = {BLOCK_HASH, INDEX, CONTRACT}},
    {.name = "getTransactionByBlockNumberAndIndex",
     .help = "Query information about a transaction by block number and transaction index position", .run = run_transaction,
     .data = &by_block_number, .parameters = {BLOCK_NUMBER, INDEX, CONTRACT}},
    {.name = "getTransactionReceipt", .help = "Query the receipt of a transaction by transaction hash", .run = run_transaction,
     .data = &receipt, .parameters = {TRANSACTION_HASH, CONTRACT}},
    {.name = "getTransactionByHashWithProof", .help = "Query the transaction and transaction proof by transaction hash",
     .run = run_transaction, .data = &with_proof, .since = "2.2.0", .parameters = {TRANSACTION_HASH, CONTRACT}},
    {.name = "getTransactionReceiptByHashWithProof", .help = "Query the receipt and transaction receipt proof by transaction hash",
     .run = run_transaction, .data = &receipt_with_proof, .since = "2.2.0", .parameters = {TRANSACTION_HASH, CONTRACT}},
    {.name = "getBatchReceiptsByBlockHashAndRange",
     .help = "Get batched transaction receipts according to block hash and the transaction range", .run = run_batch,
     .parameters = {BLOCK_HASH, FROM, COUNT_OF_RECEIPTS}},
    {.name = "getBatchReceiptsByBlockNumberAndRange",
     .help = "Get batched transaction receipts according to block number and the transaction range", .run = run_batch,
     .parameters = {BLOCK_NUMBER, FROM, COUNT_OF_RECEIPTS}},
    {.name = "getPendingTransactions", .help = "Query pending transactions", .run = query_run, .data = &pending},
    {.name = "getPendingTxSize", .help = "Query pending transactions size", .run = query_run, .data = &pending_size},
    {.name = "getTotalTransactionCount", .help = "Query total transaction count", .run = run_total},
    {.name = "getCode", .help = "Query code at a given address", .run = run_code,
     .parameters = {{PARAMETER_ADDRESS, "address", "20 bytes, 0x and 40 hex digits.", false}}}};
const command_family family_transactions = FAMILY("Transactions, receipts, code", "交易、回执与代码", rows);
