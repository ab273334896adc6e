/* Requests as clients send them, over a small chain with one contract: forms, errors, calls, filters, limits. */
#include "support/eth/ask.h"

#include "codec/hex.h"

/* Without call data: returns the word at slot 0. First byte 1: reverts with the rest as data; 2: a log with topics 0xaa and the caller, the
   call data as data, and one more in slot 0; 3: reverts without data; else an invalid instruction. */
#define CONTRACT                                                                                                            \
    "605780600b6000396000f336600f5760005460005260206000f35b60003560f81c806001146049578060021460315780600314602c57fe5b600080fd5b" \
    "3660006000373360aa366000a2600054600101600055005b600136038060016000376000fd"
#define TOPIC_AA "0x00000000000000000000000000000000000000000000000000000000000000aa"
#define TOPIC_BB "0x00000000000000000000000000000000000000000000000000000000000000bb"

typedef struct {
    eth_world e;
    secret_key key;
    address sender;
    uint64_t nonce;
    char contract[43]; /* its address as text */
} fixture;

static transaction *signed_by(fixture *f, const address *to, bytes data)
{
    transaction_fields fields = {.nonce = u256_of(++f->nonce), .gas_price = u256_of(1), .gas = u256_of(30000000),
                                 .block_limit = u256_of(500), .chain_id = u256_of(1), .group_id = u256_of(1),
                                 .is_creation = to == NULL, .data = data};
    if (to)
        fields.to = *to;
    return transaction_sign(&f->e.w->rules, &fields, &f->key);
}

static void make_block(fixture *f, transaction **txs, size_t count)
{
    world_make_block(f->e.w, txs, count);
    for (size_t i = 0; i < count; i++)
        transaction_drop(txs[i]);
    eth_service_block(f->e.service);
}

static address contract_of(const fixture *f)
{
    address a;
    assert_true(hex_read(bytes_of_text(f->contract + 2), a.b, sizeof a.b));
    return a;
}

/* A block of `count` calls with this data. */
static void call_contract(fixture *f, const char *data_hex, size_t count)
{
    arena a = {0};
    bytes data;
    address to = contract_of(f);
    transaction **txs = arena_take_array(&a, count, sizeof *txs);
    assert_true(hex_read_any(&a, bytes_of_text(data_hex), &data));
    for (size_t i = 0; i < count; i++)
        txs[i] = signed_by(f, &to, data);
    make_block(f, txs, count);
    arena_reset(&a);
}

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->e = eth_world_over(world_found());
    memset(f->key.b, 0x42, sizeof f->key.b);
    arena a = {0};
    bytes code;
    public_key public;
    assert_true(hex_read_any(&a, bytes_of_text(CONTRACT), &code));
    assert_true(crypto_standard.public_of(&f->key, &public));
    f->sender = address_of_key(&crypto_standard, &public);
    transaction *create = signed_by(f, NULL, code);
    make_block(f, &create, 1);
    block *b = ledger_block_by_number(f->e.w->ledger, 1);
    strcpy(f->contract, "0x");
    hex_write(BYTES_OF_VALUE(b->receipts[0].contract_address), f->contract + 2);
    block_drop(b);
    arena_reset(&a);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    eth_world_close(&f->e);
    free(f);
    return 0;
}

/* ---- texts ---- */

static void expect_answer(fixture *f, const char *request, const char *answer)
{
    char *found = eth_ask_text(&f->e, request);
    assert_string_equal(found, answer);
    free(found);
}

#define ID(method, id) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"id\":" id "}"
#define NOTE(method) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\"}"

static void requests_are_answered_in_json_rpc_manner(void **state)
{
    fixture *f = *state;
    expect_answer(f, ID("eth_chainId", "7"), "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":\"0x4ee8\"}\n");
    expect_answer(f, ID("eth_chainId", "\"x\""), "{\"id\":\"x\",\"jsonrpc\":\"2.0\",\"result\":\"0x4ee8\"}\n");
    expect_answer(f, "{", "{\"error\":{\"code\":-32700,\"message\":\"parse error\"},\"id\":null,\"jsonrpc\":\"2.0\"}\n");
    expect_answer(f, "[]", "{\"error\":{\"code\":-32600,\"message\":\"invalid request\"},\"id\":null,\"jsonrpc\":\"2.0\"}\n");
    expect_answer(f, "{\"method\":\"eth_chainId\",\"id\":1}",
                  "{\"error\":{\"code\":-32600,\"message\":\"invalid request\"},\"id\":1,\"jsonrpc\":\"2.0\"}\n");
    expect_answer(f, ID("eth_nothing", "1"), "{\"error\":{\"code\":-32601,\"message\":\"the method eth_nothing does not exist/is not "
                                             "available\"},\"id\":1,\"jsonrpc\":\"2.0\"}\n");
    expect_answer(f, ID("getBlockNumber", "1"), "{\"error\":{\"code\":-32601,\"message\":\"the method getBlockNumber does not exist/is "
                                                "not available\"},\"id\":1,\"jsonrpc\":\"2.0\"}\n");
}

static void batches_are_answered_in_order_and_notifications_not_at_all(void **state)
{
    fixture *f = *state;
    expect_answer(f, "[" ID("net_version", "1") "," NOTE("eth_chainId") "," ID("eth_accounts", "2") "]",
                  "[{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"20200\"},{\"id\":2,\"jsonrpc\":\"2.0\",\"result\":[]}]\n");
    expect_answer(f, NOTE("eth_chainId"), "");
    expect_answer(f, "[" NOTE("eth_chainId") "," NOTE("eth_blockNumber") "]", "");
    expect_answer(f, NOTE("eth_nothing"), ""); /* JSON-RPC 2.0, 4.1: not even errors */
    expect_answer(f, "[" NOTE("eth_nothing") "," ID("eth_accounts", "2") ",1]",
                  "[{\"id\":2,\"jsonrpc\":\"2.0\",\"result\":[]},"
                  "{\"error\":{\"code\":-32600,\"message\":\"invalid request\"},\"id\":null,\"jsonrpc\":\"2.0\"}]\n");
}

static void a_text_nested_too_deeply_is_a_parse_error(void **state)
{
    fixture *f = *state;
    char *text = calloc(1, 5001);
    memset(text, '[', 5000);
    char *found = eth_ask_text(&f->e, text);
    assert_non_null(strstr(found, "\"code\":-32700"));
    free(found);
    free(text);
}

/* ---- node and network ---- */

static void the_node_says_what_it_is(void **state)
{
    fixture *f = *state;
    eth_expect(&f->e, "\"hanse/3c5547aa/Linux/g++/Release/FISCO-BCOS-2.11.1\"", "web3_clientVersion", "[]");
    /* Keccak-256 of "hello world". */
    eth_expect(&f->e, "\"0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad\"", "web3_sha3", "[\"0x68656c6c6f20776f726c64\"]");
    eth_expect(&f->e, "true", "net_listening", "[]");
    eth_expect(&f->e, "\"0x0\"", "net_peerCount", "[]");
    eth_expect(&f->e, "false", "eth_syncing", "[]");
    eth_expect(&f->e, "\"0x1\"", "eth_blockNumber", "[]");
    eth_expect(&f->e, "\"0x0\"", "eth_gasPrice", "[]");
    eth_expect(&f->e, "\"0x0\"", "eth_maxPriorityFeePerGas", "[]");
    eth_expect(&f->e,
               "{\"oldestBlock\":\"0x0\",\"baseFeePerGas\":[\"0x0\",\"0x0\",\"0x0\"],\"gasUsedRatio\":[0,0],"
               "\"reward\":[[\"0x0\"],[\"0x0\"]]}",
               "eth_feeHistory", "[\"0x5\",\"latest\",[50]]");
    eth_expect(&f->e, "{\"oldestBlock\":\"0x1\",\"baseFeePerGas\":[\"0x0\",\"0x0\"],\"gasUsedRatio\":[0]}", "eth_feeHistory", "[1,\"0x1\"]");
    eth_expect_error(&f->e, -32602, "beyond", "eth_feeHistory", "[\"0x1\",\"0x2\"]");
}

static void a_group_that_does_not_run_is_named(void **state)
{
    fixture *f = *state;
    f->e.w->rules.group_id = 2; /* what the world looks groups up by */
    eth_expect_error(&f->e, -32000, "group 1 does not run", "eth_blockNumber", "[]");
    f->e.w->rules.group_id = 1;
    node_id self = f->e.w->info.self;
    f->e.w->info.self.b[0] ^= 1;
    eth_expect_error(&f->e, -32000, "does not belong to group 1", "eth_blockNumber", "[]");
    f->e.w->info.act_as_group_member = true;
    eth_expect(&f->e, "\"0x1\"", "eth_blockNumber", "[]");
    f->e.w->info.act_as_group_member = false;
    f->e.w->info.self = self;
}

static void the_path_names_the_group(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *path, *part;
    } rows[] = {
        {"", "\"0x1\""},           {"/", "\"0x1\""},          {"/group/1", "\"0x1\""}, {"/group/2", "group 2 does not run"},
        {"/group/", "neither"},    {"/group/1/", "neither"},  {"/group/x", "neither"},  {"/2", "neither"},
        {"/group/100000", "neither"}, {"/group/0", "neither"}, {"/group/99999", "group 99999 does not run"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *found = eth_ask_path(&f->e, rows[i].path, ID("eth_blockNumber", "1"));
        if (strstr(found, rows[i].part) == NULL)
            fail_msg("%s: %s", rows[i].path, found);
        free(found);
    }
}

/* ---- parameters ---- */

static void parameters_are_checked(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *method, *params, *part;
    } rows[] = {
        {"web3_sha3", "[]", "missing value for required argument 0"},
        {"web3_sha3", "[\"68\"]", "without 0x prefix"},
        {"web3_sha3", "[\"0x686\"]", "even number"},
        {"web3_sha3", "[5]", "expected a string"},
        {"eth_getBlockByNumber", "[\"newest\"]", "without 0x prefix"},
        {"eth_getBlockByNumber", "[\"0x\"]", "is no number"},
        {"eth_getBlockByNumber", "[\"0xg\"]", "invalid hex"},
        {"eth_getBlockByNumber", "[\"0x10000000000000000000000000000000000000000000000000000000000000000\"]", "larger than 256 bits"},
        {"eth_getBlockByNumber", "[\"0x0\",1]", "true or false"},
        {"eth_getBlockByHash", "[\"0x12\"]", "64 hexadecimal digits"},
        {"eth_getBalance", "[\"0x12\",\"latest\"]", "40 hexadecimal digits"},
        {"eth_getTransactionByBlockNumberAndIndex", "[\"latest\"]", "missing value for required argument 1"},
        {"eth_call", "[]", "missing value for required argument 0"},
        {"eth_call", "[\"0x\"]", "transaction object"},
        {"eth_call", "[{\"to\":5}]", "expected a string"},
        {"eth_call", "[{},\"latest\",{\"0x0000000000000000000000000000000000000001\":{}}]", "not supported"},
        {"eth_getLogs", "[]", "missing value for required argument 0"},
        {"eth_getLogs", "[5]", "filter object"},
        {"eth_getLogs", "[{\"topics\":5}]", "at most 4"},
        {"eth_getLogs", "[{\"topics\":[null,null,null,null,null]}]", "at most 4"},
        {"eth_getLogs", "[{\"topics\":[\"0x12\"]}]", "64 hexadecimal digits"},
        {"eth_getLogs", "[{\"address\":\"0x12\"}]", "40 hexadecimal digits"},
        {"eth_getLogs", "[{\"fromBlock\":\"0x1\",\"toBlock\":\"0x0\"}]", "invalid block range"},
        {"eth_getLogs", "[{\"fromBlock\":\"0x0\",\"blockHash\":\"" TOPIC_AA "\"}]", "without fromBlock"},
        {"eth_newFilter", "[{\"blockHash\":\"" TOPIC_AA "\"}]", "no blockHash"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        eth_expect_error(&f->e, -32602, rows[i].part, rows[i].method, rows[i].params);
}

static void what_does_not_exist_is_null(void **state)
{
    fixture *f = *state;
    static const char *const rows[][2] = {
        {"eth_getBlockByNumber", "[\"0x2\",false]"},
        {"eth_getBlockByNumber", "[\"0xffffffffffffffffffffffff\",false]"},
        {"eth_getBlockByHash", "[\"" TOPIC_AA "\",false]"},
        {"eth_getBlockTransactionCountByNumber", "[\"0x2\"]"},
        {"eth_getBlockTransactionCountByHash", "[\"" TOPIC_AA "\"]"},
        {"eth_getBlockReceipts", "[\"0x2\"]"},
        {"eth_getBlockReceipts", "[\"" TOPIC_AA "\"]"},
        {"eth_getBlockReceipts", "[{\"blockHash\":\"" TOPIC_AA "\"}]"},
        {"eth_getTransactionByHash", "[\"" TOPIC_AA "\"]"},
        {"eth_getTransactionReceipt", "[\"" TOPIC_AA "\"]"},
        {"eth_getTransactionByBlockNumberAndIndex", "[\"0x1\",\"0x1\"]"},
        {"eth_getTransactionByBlockHashAndIndex", "[\"" TOPIC_AA "\",\"0x0\"]"},
        {"eth_getUncleByBlockNumberAndIndex", "[\"0x1\",\"0x0\"]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        eth_expect(&f->e, "null", rows[i][0], rows[i][1]);
    eth_expect(&f->e, "\"0x1\"", "eth_getBlockTransactionCountByNumber", "[\"latest\"]");
    eth_expect(&f->e, "\"0x0\"", "eth_getBlockTransactionCountByNumber", "[\"earliest\"]");
    eth_expect(&f->e, "\"0x0\"", "eth_getUncleCountByBlockNumber", "[\"latest\"]");
    eth_expect(&f->e, "[]", "eth_getBlockReceipts", "[{\"blockNumber\":\"0x0\"}]");
}

/* ---- state ---- */

static char *with_contract(arena *a, const fixture *f, const char *format)
{
    const char *at = strstr(format, "$C");
    return arena_print(a, "%.*s%s%s", (int)(at - format), format, f->contract, at + 2);
}

static void expect_of_contract(fixture *f, const char *result, const char *method, const char *format)
{
    arena a = {0};
    eth_expect(&f->e, result, method, with_contract(&a, f, format));
    arena_reset(&a);
}

static void expect_error_of_contract(fixture *f, int code, const char *part, const char *method, const char *format)
{
    arena a = {0};
    eth_expect_error(&f->e, code, part, method, with_contract(&a, f, format));
    arena_reset(&a);
}

#define WORD_1 "\"0x0000000000000000000000000000000000000000000000000000000000000001\""
#define WORD_0 "\"0x0000000000000000000000000000000000000000000000000000000000000000\""

static void the_newest_state_is_read(void **state)
{
    fixture *f = *state;
    expect_of_contract(f, WORD_0, "eth_getStorageAt", "[\"$C\",\"0x0\",\"latest\"]");
    call_contract(f, "0x02", 1);
    expect_of_contract(f, WORD_1, "eth_getStorageAt", "[\"$C\",\"0x0\",\"latest\"]");
    expect_of_contract(f, WORD_1, "eth_getStorageAt", "[\"$C\"," WORD_0 ",\"pending\"]");
    expect_of_contract(f, WORD_0, "eth_getStorageAt", "[\"$C\",\"0x1\",\"0x2\"]");
    expect_of_contract(f, WORD_1, "eth_call", "[{\"to\":\"$C\"},\"finalized\"]");
    expect_of_contract(f, WORD_1, "eth_call", "[{\"to\":\"$C\",\"input\":\"0x\",\"data\":\"0x03\"}]");
    expect_of_contract(f, "\"0x0\"", "eth_getBalance", "[\"$C\",\"latest\"]");
    arena a = {0};
    eth_expect(&f->e, "\"0x1\"", "eth_getTransactionCount",
               arena_print(&a, "[\"0x%s\",{\"blockNumber\":\"0x2\"}]", hex_text(&a, BYTES_OF_VALUE(f->sender)))); /* it created one contract */
    arena_reset(&a);
    eth_expect(&f->e, "\"0x\"", "eth_getCode", "[\"0x0000000000000000000000000000000000001234\",\"latest\"]");
}

static void other_states_than_the_newest_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const methods[][2] = {{"eth_getCode", "[\"$C\",\"0x0\"]"},
                                             {"eth_getBalance", "[\"$C\",\"earliest\"]"},
                                             {"eth_getStorageAt", "[\"$C\",\"0x0\",\"0x0\"]"},
                                             {"eth_getTransactionCount", "[\"$C\",{\"blockNumber\":\"0x0\"}]"},
                                             {"eth_call", "[{\"to\":\"$C\"},\"0x9\"]"},
                                             {"eth_estimateGas", "[{\"to\":\"$C\"},{\"blockHash\":\"" TOPIC_AA "\"}]"}};
    for (size_t i = 0; i < COUNT(methods); i++)
        expect_error_of_contract(f, -32000, "no state of other blocks", methods[i][0], methods[i][1]);
}

static void code_is_that_of_the_contract(void **state)
{
    fixture *f = *state;
    arena a = {0};
    char *expected = arena_print(&a, "\"0x%s\"", &CONTRACT[22]);
    expect_of_contract(f, expected, "eth_getCode", "[\"$C\",\"latest\"]");
    json_t *newest = eth_result(&f->e, "eth_getBlockByNumber", "[\"latest\",false]");
    char *params = arena_print(&a, "[\"$C\",{\"blockHash\":\"%s\"}]", json_string_value(json_object_get(newest, "hash")));
    expect_of_contract(f, expected, "eth_getCode", params);
    json_decref(newest);
    arena_reset(&a);
}

/* Error(string) with "no". */
#define REASON_NO                                                                                                           \
    "08c379a0"                                                                                                              \
    "0000000000000000000000000000000000000000000000000000000000000020"                                                      \
    "0000000000000000000000000000000000000000000000000000000000000002"                                                      \
    "6e6f000000000000000000000000000000000000000000000000000000000000"

static void reverts_come_with_their_data(void **state)
{
    fixture *f = *state;
    expect_error_of_contract(f, 3, "execution reverted: no", "eth_call", "[{\"to\":\"$C\",\"data\":\"0x01" REASON_NO "\"},\"latest\"]");
    expect_error_of_contract(f, 3, "\"data\": \"0x" REASON_NO "\"", "eth_call", "[{\"to\":\"$C\",\"data\":\"0x01" REASON_NO "\"},\"latest\"]");
    expect_error_of_contract(f, 3, "\"data\": \"0xdeadbeef\"", "eth_call", "[{\"to\":\"$C\",\"data\":\"0x01deadbeef\"},\"latest\"]");
    expect_error_of_contract(f, 3, "\"message\": \"execution reverted\"", "eth_call", "[{\"to\":\"$C\",\"data\":\"0x01deadbeef\"},\"latest\"]");
    expect_error_of_contract(f, 3, "\"data\": \"0x\"", "eth_estimateGas", "[{\"to\":\"$C\",\"data\":\"0x03\"}]");
    expect_error_of_contract(f, -32000, "BadInstruction", "eth_call", "[{\"to\":\"$C\",\"data\":\"0x09\"}]");
    /* Cut texts are no reason. */
    expect_error_of_contract(f, 3, "\"message\": \"execution reverted\"", "eth_call",
                             "[{\"to\":\"$C\",\"data\":\"0x0108c379a00000000000000000000000000000000000000000000000000000000000000020"
                             "00000000000000000000000000000000000000000000000000000000000000ff6e6f\"}]");
}

static void an_address_without_code_answers_nothing(void **state)
{
    fixture *f = *state;
    eth_expect(&f->e, "\"0x\"", "eth_call", "[{\"to\":\"0x0000000000000000000000000000000000001234\",\"data\":\"0x12345678\"},\"latest\"]");
}

static void gas_is_estimated_by_a_run(void **state)
{
    fixture *f = *state;
    call_contract(f, "0x02", 1);
    block *b = ledger_block_by_number(f->e.w->ledger, 2);
    arena a = {0};
    /* The second run finds a slot that is set, so it is cheaper than the first; the third is like the second. */
    json_t *estimated = eth_result(&f->e, "eth_estimateGas", "[{\"to\":\"%s\",\"data\":\"0x02\"}]", f->contract);
    call_contract(f, "0x02", 1);
    block *next = ledger_block_by_number(f->e.w->ledger, 3);
    char *used = arena_print(&a, "0x%llx", (unsigned long long)next->receipts[0].gas_used.limb[0]);
    assert_string_equal(json_string_value(estimated), used);
    assert_true(u256_is_less(next->receipts[0].gas_used, b->receipts[0].gas_used));
    json_decref(estimated);
    block_drop(b);
    block_drop(next);
    arena_reset(&a);
}

/* ---- sending ---- */

static void transactions_of_this_chain_are_taken(void **state)
{
    fixture *f = *state;
    arena a = {0};
    address to = contract_of(f);
    transaction *tx = signed_by(f, &to, BYTES_OF_LITERAL("\x02"));
    char *params = arena_print(&a, "[\"0x%s\"]", hex_text(&a, tx->raw));
    char *hash = arena_print(&a, "\"0x%s\"", hex_text(&a, BYTES_OF_VALUE(tx->hash)));
    eth_expect(&f->e, hash, "eth_sendRawTransaction", params);
    eth_expect_error(&f->e, -32000, "TransactionAlreadyKown", "eth_sendRawTransaction", params);
    json_t *pending = eth_result(&f->e, "eth_getTransactionByHash", "[%s]", hash);
    assert_true(json_is_null(json_object_get(pending, "blockNumber")) && json_is_null(json_object_get(pending, "blockHash")));
    assert_string_equal(json_string_value(json_object_get(pending, "to")), f->contract);
    json_decref(pending);
    eth_expect(&f->e, "null", "eth_getTransactionReceipt", arena_print(&a, "[%s]", hash));
    world_seal(f->e.w);
    json_t *done = eth_result(&f->e, "eth_getTransactionReceipt", "[%s]", hash);
    assert_string_equal(json_string_value(json_object_get(done, "status")), "0x1");
    json_decref(done);
    transaction_drop(tx);
    f->e.w->manner = WORLD_IS_BUSY;
    tx = signed_by(f, &to, BYTES_OF_LITERAL("\x02"));
    eth_expect_error(&f->e, -32000, "busy", "eth_sendRawTransaction", arena_print(&a, "[\"0x%s\"]", hex_text(&a, tx->raw)));
    transaction_drop(tx);
    arena_reset(&a);
}

static void a_batch_waits_for_each_answer_of_the_pool(void **state)
{
    fixture *f = *state;
    arena a = {0};
    address to = contract_of(f);
    transaction *one = signed_by(f, &to, BYTES_OF_LITERAL("\x02")), *two = signed_by(f, &to, BYTES_OF_LITERAL("\x02"));
    char *request = arena_print(&a, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_sendRawTransaction\",\"params\":[\"0x%s\"]},"
                                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"eth_sendRawTransaction\",\"params\":[\"0x%s\"]}]",
                                hex_text(&a, one->raw), hex_text(&a, two->raw));
    char *expected = arena_print(&a, "[{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x%s\"},{\"id\":2,\"jsonrpc\":\"2.0\",\"result\":\"0x%s\"}]\n",
                                 hex_text(&a, BYTES_OF_VALUE(one->hash)), hex_text(&a, BYTES_OF_VALUE(two->hash)));
    expect_answer(f, request, expected);
    transaction_drop(one);
    transaction_drop(two);
    arena_reset(&a);
}

/* EIP-155's own example; the same in the form of EIP-1559 cut short: the first byte is enough. */
static void transactions_of_ethereum_are_refused_with_advice(void **state)
{
    fixture *f = *state;
    eth_expect_error(&f->e, -32000, "FISCO BCOS SDK", "eth_sendRawTransaction",
                     "[\"0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc219"
                     "5fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83\"]");
    eth_expect_error(&f->e, -32000, "FISCO BCOS SDK", "eth_sendRawTransaction", "[\"0x02f86c0185\"]");
    eth_expect_error(&f->e, -32000, "", "eth_sendRawTransaction", "[\"0xc0\"]");
    eth_expect_error(&f->e, -32000, "", "eth_sendRawTransaction", "[\"0x\"]");
    eth_expect_error(&f->e, -32602, "missing value", "eth_sendRawTransaction", "[]");
    eth_expect_error(&f->e, -32000, "holds no keys", "eth_sendTransaction", "[{}]");
}

/* ---- logs ---- */

static size_t count_of(fixture *f, const char *method, const char *params)
{
    json_t *found = eth_result(&f->e, method, "%s", params);
    size_t count = json_array_size(found);
    json_decref(found);
    return count;
}

static void logs_are_chosen_by_what_they_must_have(void **state)
{
    fixture *f = *state;
    call_contract(f, "0x02", 3);
    call_contract(f, "0x03", 1);
    call_contract(f, "0x02", 2);
    static const struct {
        const char *query;
        size_t count;
    } rows[] = {
        {"[{\"fromBlock\":\"0x0\"}]", 5},
        {"[{}]", 2},
        {"[{\"fromBlock\":\"0x2\",\"toBlock\":\"0x2\"}]", 3},
        {"[{\"fromBlock\":\"0x3\",\"toBlock\":\"0x99\"}]", 2},
        {"[{\"fromBlock\":\"0x5\"}]", 0},
        {"[{\"fromBlock\":\"0x99\",\"toBlock\":\"latest\"}]", 0},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[\"" TOPIC_AA "\"]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[null,null]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[null,null,null]}]", 0}, /* as many topics as the query names must be there */
        {"[{\"fromBlock\":\"0x0\",\"topics\":[[]]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[[\"" TOPIC_BB "\",\"" TOPIC_AA "\"]]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[[\"" TOPIC_BB "\",null]]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[\"" TOPIC_BB "\"]}]", 0},
        {"[{\"fromBlock\":\"0x0\",\"topics\":[null,\"" TOPIC_AA "\"]}]", 0},
        {"[{\"fromBlock\":\"0x0\",\"address\":[]}]", 5},
        {"[{\"fromBlock\":\"0x0\",\"address\":\"0x0000000000000000000000000000000000001234\"}]", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (count_of(f, "eth_getLogs", rows[i].query) != rows[i].count)
            fail_msg("%s", rows[i].query);
    eth_expect_error(&f->e, -32000, "unknown block", "eth_getLogs", "[{\"blockHash\":\"" TOPIC_AA "\"}]");
}

static void log_indexes_count_through_the_block(void **state)
{
    fixture *f = *state;
    call_contract(f, "0x02", 3);
    json_t *logs = eth_result(&f->e, "eth_getLogs", "[{\"fromBlock\":\"0x2\",\"address\":[\"%s\",\"%s\"]}]", f->contract, f->contract);
    assert_int_equal(json_array_size(logs), 3);
    for (size_t i = 0; i < 3; i++) {
        char expected[8];
        snprintf(expected, sizeof expected, "0x%zx", i);
        assert_string_equal(json_string_value(json_object_get(json_array_get(logs, i), "logIndex")), expected);
        assert_string_equal(json_string_value(json_object_get(json_array_get(logs, i), "transactionIndex")), expected);
    }
    json_decref(logs);
}

static void long_ranges_are_refused(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < ETH_LOGS_BLOCKS_MAX - 1; i++)
        make_block(f, NULL, 0);
    assert_int_equal(ledger_head(f->e.w->ledger).number, ETH_LOGS_BLOCKS_MAX);
    eth_expect_error(&f->e, -32005, "10001 blocks", "eth_getLogs", "[{\"fromBlock\":\"0x0\"}]");
    assert_int_equal(count_of(f, "eth_getLogs", "[{\"fromBlock\":\"0x1\"}]"), 0);
}

/* ---- filters ---- */

static const char *install(fixture *f, const char *method, const char *params, char *text)
{
    json_t *id = eth_result(&f->e, method, "%s", params);
    snprintf(text, 64, "[\"%s\"]", json_string_value(id));
    json_decref(id);
    return text;
}

static void filters_tell_what_is_new(void **state)
{
    fixture *f = *state;
    char logs[64], blocks[64], bounded[64];
    call_contract(f, "0x02", 1);
    install(f, "eth_newFilter", "[{\"topics\":[\"" TOPIC_AA "\"],\"fromBlock\":\"0x0\"}]", logs);
    install(f, "eth_newFilter", "[{\"fromBlock\":\"0x4\",\"toBlock\":\"latest\"}]", bounded);
    install(f, "eth_newBlockFilter", "[]", blocks);
    assert_int_equal(count_of(f, "eth_getFilterChanges", logs), 0);
    assert_int_equal(count_of(f, "eth_getFilterChanges", blocks), 0);
    call_contract(f, "0x02", 2);
    assert_int_equal(count_of(f, "eth_getFilterChanges", bounded), 0);
    call_contract(f, "0x02", 3);
    assert_int_equal(count_of(f, "eth_getFilterChanges", logs), 5);
    assert_int_equal(count_of(f, "eth_getFilterChanges", logs), 0);
    assert_int_equal(count_of(f, "eth_getFilterChanges", bounded), 3);
    assert_int_equal(count_of(f, "eth_getFilterChanges", blocks), 2);
    assert_int_equal(count_of(f, "eth_getFilterLogs", logs), 6);
    eth_expect_error(&f->e, -32000, "not found", "eth_getFilterLogs", blocks);
    eth_expect(&f->e, "true", "eth_uninstallFilter", logs);
    eth_expect(&f->e, "false", "eth_uninstallFilter", logs);
    eth_expect_error(&f->e, -32000, "not found", "eth_getFilterChanges", logs);
}

/* ---- limits of logs ---- */

/* A thousand logs without topics. */
#define LOUD_CONTRACT "601280600b6000396000f3" "6103e85b60006000a060019003806003" "5700"

static address deploy_loud(fixture *f)
{
    arena a = {0};
    bytes code;
    assert_true(hex_read_any(&a, bytes_of_text(LOUD_CONTRACT), &code));
    transaction *create = signed_by(f, NULL, code);
    make_block(f, &create, 1);
    block *b = ledger_block_by_number(f->e.w->ledger, ledger_head(f->e.w->ledger).number);
    address loud = b->receipts[0].contract_address;
    block_drop(b);
    arena_reset(&a);
    return loud;
}

static void call_loud(fixture *f, const address *loud, size_t count)
{
    transaction *txs[16] = {0};
    assert_true(count <= COUNT(txs));
    for (size_t i = 0; i < count; i++)
        txs[i] = signed_by(f, loud, BYTES_EMPTY);
    make_block(f, txs, count);
}

static void too_many_logs_are_refused_with_advice(void **state)
{
    fixture *f = *state;
    address loud = deploy_loud(f); /* block 2 */
    for (int i = 0; i < 4; i++)
        call_loud(f, &loud, 3); /* blocks 3 to 6 */
    eth_expect_error(&f->e, -32005, "more than 10000 results; try blocks 0x1 to 0x5 first", "eth_getLogs", "[{\"fromBlock\":\"0x1\"}]");
    assert_int_equal(count_of(f, "eth_getLogs", "[{\"fromBlock\":\"0x1\",\"toBlock\":\"0x5\"}]"), 9000);
    call_loud(f, &loud, 11); /* block 7 */
    json_t *answer = eth_ask(&f->e, "eth_getLogs", "[{}]");
    const char *message = json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
    assert_string_equal(message, "query returned more than 10000 results");
    json_decref(answer);
}

static void a_filter_tells_many_logs_bit_by_bit(void **state)
{
    fixture *f = *state;
    address loud = deploy_loud(f);
    char id[64];
    install(f, "eth_newFilter", "[{}]", id);
    for (int i = 0; i < 5; i++)
        call_loud(f, &loud, 3);
    assert_int_equal(count_of(f, "eth_getFilterChanges", id), 9000);
    assert_int_equal(count_of(f, "eth_getFilterChanges", id), 6000);
    call_loud(f, &loud, 11);
    call_loud(f, &loud, 1);
    eth_expect_error(&f->e, -32005, "more than 10000", "eth_getFilterChanges", id); /* that block can never be told */
    assert_int_equal(count_of(f, "eth_getFilterChanges", id), 1000);
}

static void filters_not_asked_for_are_forgotten(void **state)
{
    fixture *f = *state;
    char asked[64], idle[64];
    install(f, "eth_newBlockFilter", "[]", asked);
    install(f, "eth_newBlockFilter", "[]", idle);
    eth_world_now_ms += ETH_FILTER_IDLE_MS - 1;
    assert_int_equal(count_of(f, "eth_getFilterChanges", asked), 0);
    eth_world_now_ms += 1;
    eth_expect_error(&f->e, -32000, "not found", "eth_getFilterChanges", idle);
    assert_int_equal(count_of(f, "eth_getFilterChanges", asked), 0);
}

static void filters_are_limited(void **state)
{
    fixture *f = *state;
    char text[64];
    for (int i = 0; i < ETH_FILTERS_MAX; i++)
        install(f, "eth_newBlockFilter", "[]", text);
    eth_expect_error(&f->e, -32005, "at most 1000", "eth_newBlockFilter", "[]");
    eth_expect_error(&f->e, -32005, "at most 1000", "eth_newFilter", "[{\"topics\":[\"" TOPIC_AA "\"]}]");
    eth_expect(&f->e, "true", "eth_uninstallFilter", text);
    install(f, "eth_newBlockFilter", "[]", text);
    eth_world_now_ms += ETH_FILTER_IDLE_MS;
    install(f, "eth_newBlockFilter", "[]", text);
}

static void patterns_of_filters_are_limited(void **state)
{
    fixture *f = *state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_newFilter\",\"params\":[{\"topics\":[");
    for (int t = 0; t < 4; t++)
        for (int i = 0; i < ETH_PATTERN_VALUES_MAX; i++)
            buffer_print(&b, "%s\"" TOPIC_AA "\"%s", i ? "," : t ? ",[" : "[", i == ETH_PATTERN_VALUES_MAX - 1 ? "]" : "");
    buffer_append_text(&b, "]}]}");
    buffer_append_byte(&b, 0);
    size_t taken = 0;
    for (bool has_room = true; has_room; taken += has_room) {
        char *found = eth_ask_text(&f->e, (const char *)b.data);
        has_room = strstr(found, "\"result\":\"0x") != NULL;
        assert_true(has_room || strstr(found, "\"code\":-32005"));
        free(found);
    }
    size_t each = 4 * ETH_PATTERN_VALUES_MAX * (sizeof(hash256) + 6);
    assert_in_range(taken, ETH_PATTERNS_MAX_BYTES / (each + 1000), ETH_PATTERNS_MAX_BYTES / each);
    eth_world_now_ms += ETH_FILTER_IDLE_MS;
    char *found = eth_ask_text(&f->e, (const char *)b.data); /* idle ones are forgotten, 64 at a time */
    assert_non_null(strstr(found, "\"result\":\"0x"));
    free(found);
    buffer_free(&b);
}

static void values_of_a_pattern_are_limited(void **state)
{
    fixture *f = *state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"address\":[");
    for (int i = 0; i <= ETH_PATTERN_VALUES_MAX; i++)
        buffer_print(&b, "%s\"0x0000000000000000000000000000000000001234\"", i ? "," : "");
    buffer_append_text(&b, "]}]}");
    buffer_append_byte(&b, 0);
    char *found = eth_ask_text(&f->e, (const char *)b.data);
    assert_non_null(strstr(found, "more than 1000 addresses"));
    free(found);
    buffer_free(&b);
}

static void subscriptions_need_a_session(void **state)
{
    fixture *f = *state;
    eth_expect_error(&f->e, -32000, "WebSocket", "eth_subscribe", "[\"newHeads\"]");
    eth_expect_error(&f->e, -32000, "WebSocket", "eth_unsubscribe", "[\"0x1\"]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered_in_json_rpc_manner),
        TEST(batches_are_answered_in_order_and_notifications_not_at_all),
        TEST(a_text_nested_too_deeply_is_a_parse_error),
        TEST(the_node_says_what_it_is),
        TEST(a_group_that_does_not_run_is_named),
        TEST(the_path_names_the_group),
        TEST(parameters_are_checked),
        TEST(what_does_not_exist_is_null),
        TEST(the_newest_state_is_read),
        TEST(other_states_than_the_newest_are_refused),
        TEST(code_is_that_of_the_contract),
        TEST(reverts_come_with_their_data),
        TEST(an_address_without_code_answers_nothing),
        TEST(gas_is_estimated_by_a_run),
        TEST(transactions_of_this_chain_are_taken),
        TEST(a_batch_waits_for_each_answer_of_the_pool),
        TEST(transactions_of_ethereum_are_refused_with_advice),
        TEST(logs_are_chosen_by_what_they_must_have),
        TEST(log_indexes_count_through_the_block),
        TEST(long_ranges_are_refused),
        TEST(filters_tell_what_is_new),
        TEST(too_many_logs_are_refused_with_advice),
        TEST(a_filter_tells_many_logs_bit_by_bit),
        TEST(filters_not_asked_for_are_forgotten),
        TEST(filters_are_limited),
        TEST(patterns_of_filters_are_limited),
        TEST(values_of_a_pattern_are_limited),
        TEST(subscriptions_need_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
