/* Blocks, transactions and receipts of recorded chains, field by field, beside what the reference's JSON-RPC says of them, which
   conformance/rpc compares with the recordings (docs/ethereum.md is the table of fields). */
#include "support/eth/ask.h"

#include "chain/log_pattern.h"
#include "codec/hex.h"

typedef struct {
    const char *name;
    int step; /* every step-th block */
} chain_row;

static const chain_row chains[] = {{"ecdsa1", 9}, {"gm1", 40}, {"mpt1", 40}, {"v200", 20}, {"v290", 40}, {"rpbft4", 10}};

static node_id first_sealer(const char *name)
{
    golden_chain *golden = golden_open(name);
    node_id id = golden->genesis.sealers[0];
    golden_close(golden);
    return id;
}

static eth_world open_chain(const char *name)
{
    node_id self = first_sealer(name);
    return eth_world_over(world_recorded(name, &self));
}

static json_t *reference(eth_world *e, const char *method, const char *params, ...) PRINTF_LIKE(3, 4);
static json_t *reference(eth_world *e, const char *method, const char *params, ...)
{
    arena a = {0};
    char text[512];
    va_list args;
    va_start(args, params);
    vsnprintf(text, sizeof text, params, args);
    va_end(args);
    char *said = world_ask_text(e->w, arena_print(&a, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, text));
    json_t *answer = json_loads(said, 0, NULL);
    json_t *result = json_incref(json_object_get(answer, "result"));
    assert_non_null(result);
    json_decref(answer);
    free(said);
    arena_reset(&a);
    return result;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        fail_msg("no text %s in %s", key, json_dumps(object, 0));
    return text;
}

static uint64_t number_of(const json_t *object, const char *key)
{
    return strtoull(text_of(object, key), NULL, 16);
}

static void same_text(const json_t *found, const char *key, const json_t *expected, const char *expected_key)
{
    if (strcmp(text_of(found, key), text_of(expected, expected_key)) != 0)
        fail_msg("%s is %s, expected %s", key, text_of(found, key), text_of(expected, expected_key));
}

static void expect_text(const json_t *found, const char *key, const char *expected)
{
    if (strcmp(text_of(found, key), expected) != 0)
        fail_msg("%s is %s, expected %s", key, text_of(found, key), expected);
}

#define ZEROS_16 "0000000000000000"
#define ZERO_HASH "0x" ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16
#define FS_16 "ffffffffffffffff"
#define NO_HASH "0x" FS_16 FS_16 FS_16 FS_16 /* nothing has it */

/* ---- transactions ---- */

static void check_transaction(const json_t *found, const json_t *expected, bool is_national)
{
    static const char *const same[] = {"blockHash", "blockLimit", "blockNumber", "extraData", "from", "groupId",
                                       "hash",      "input",      "transactionIndex", "value"};
    for (size_t i = 0; i < COUNT(same); i++)
        same_text(found, same[i], expected, same[i]);
    same_text(found, "randomid", expected, "nonce");
    expect_text(found, "type", "0x0");
    expect_text(found, "chainId", "0x4ee8");
    /* The last 53 bits of the nonce. */
    const char *nonce = text_of(expected, "nonce");
    size_t digits = strlen(nonce);
    uint64_t low = strtoull(digits > 18 ? nonce + digits - 16 : nonce, NULL, 16);
    assert_int_equal(number_of(found, "nonce"), low & ((UINT64_C(1) << 53) - 1));
    assert_true(number_of(found, "gas") == number_of(expected, "gas"));
    const char *to = text_of(expected, "to");
    bool is_creation = json_is_null(json_object_get(found, "to"));
    expect_text(is_creation ? expected : found, "to", is_creation ? "0x" ZEROS_16 ZEROS_16 "00000000" : to);
    const json_t *signature = json_object_get(expected, "signature");
    if (signature == NULL || is_national) {
        expect_text(found, "r", "0x0");
        return;
    }
    const char *r = text_of(signature, "r") + 2;
    while (*r == '0')
        r++;
    assert_string_equal(text_of(found, "r") + 2, r);
    assert_int_equal(number_of(found, "v"), number_of(signature, "v") + 27);
}

/* ---- receipts ---- */

typedef struct {
    uint64_t gas;
    size_t logs;
} place;

static void check_logs(const json_t *found, const json_t *expected, const json_t *of, size_t before)
{
    assert_int_equal(json_array_size(found), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(found); i++) {
        const json_t *one = json_array_get(found, i), *wanted = json_array_get(expected, i);
        same_text(one, "address", wanted, "address");
        same_text(one, "data", wanted, "data");
        assert_true(json_equal(json_object_get(one, "topics"), json_object_get(wanted, "topics")));
        same_text(one, "blockHash", of, "blockHash");
        same_text(one, "blockNumber", of, "blockNumber");
        same_text(one, "transactionHash", of, "transactionHash");
        same_text(one, "transactionIndex", of, "transactionIndex");
        assert_int_equal(number_of(one, "logIndex"), before + i);
        assert_true(json_is_false(json_object_get(one, "removed")));
    }
}

static void check_receipt(const json_t *found, const json_t *expected, bool is_creation, bool gas_is_total, place *before)
{
    static const char *const same[] = {"blockHash", "blockNumber", "from", "logsBloom", "output", "statusMsg", "transactionHash",
                                       "transactionIndex"};
    for (size_t i = 0; i < COUNT(same); i++)
        same_text(found, same[i], expected, same[i]);
    bool is_good = number_of(expected, "status") == 0;
    expect_text(found, "status", is_good ? "0x1" : "0x0");
    same_text(found, "fiscoStatus", expected, "status");
    expect_text(found, "type", "0x0");
    expect_text(found, "effectiveGasPrice", "0x0");
    if (is_creation && is_good)
        same_text(found, "contractAddress", expected, "contractAddress");
    else
        assert_true(json_is_null(json_object_get(found, "contractAddress")));
    assert_int_equal(json_is_null(json_object_get(found, "to")), is_creation);
    uint64_t gas = number_of(expected, "gasUsed"), own = gas_is_total ? gas - before->gas : gas;
    before->gas += own;
    assert_int_equal(number_of(found, "gasUsed"), own);
    assert_int_equal(number_of(found, "cumulativeGasUsed"), before->gas);
    check_logs(json_object_get(found, "logs"), json_object_get(expected, "logs"), expected, before->logs);
    before->logs += json_array_size(json_object_get(found, "logs"));
}

/* What the receipts of a block add up to. */
static place check_receipts(eth_world *e, const json_t *full)
{
    place before = {0};
    json_t *all = eth_result(e, "eth_getBlockReceipts", "[\"%s\"]", text_of(full, "number"));
    const json_t *transactions = json_object_get(full, "transactions");
    assert_int_equal(json_array_size(all), json_array_size(transactions));
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *tx = json_array_get(transactions, i);
        json_t *expected = reference(e, "getTransactionReceipt", "[1,\"%s\"]", text_of(tx, "hash"));
        check_receipt(json_array_get(all, i), expected, json_is_null(json_object_get(tx, "to")),
                      !rules_have(&e->w->rules, GATE_REMAIN_GAS), &before);
        json_t *alone = eth_result(e, "eth_getTransactionReceipt", "[\"%s\"]", text_of(tx, "hash"));
        assert_true(json_equal(alone, json_array_get(all, i)));
        json_decref(alone);
        json_decref(expected);
    }
    json_decref(all);
    return before;
}

/* ---- blocks ---- */

static void check_bloom(eth_world *e, const json_t *found)
{
    bloom shown, all = {{0}};
    error_text why;
    arena a = {0};
    bytes raw = e->w->golden->blocks[number_of(found, "number")].raw;
    assert_true(hex_read(bytes_of_text(text_of(found, "logsBloom") + 2), shown.b, sizeof shown.b));
    block *b = block_decode(&e->w->rules, raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    assert_non_null(b);
    for (size_t i = 0; i < b->receipt_count; i++)
        for (size_t k = 0; k < b->receipts[i].log_count; k++)
            bloom_add_log(e->w->rules.suite, &all, &b->receipts[i].logs[k]);
    assert_memory_equal(&shown, &all, sizeof all);
    block_drop(b);
    arena_reset(&a);
}

/* Header and transactions, cut out of the recorded block. */
static void check_size(eth_world *e, const json_t *found)
{
    const golden_block *recorded = &e->w->golden->blocks[number_of(found, "number")];
    rlp_reader r = rlp_open_list(recorded->raw);
    size_t size = rlp_read_item(&r).whole.size;
    const json_t *transactions = json_object_get(found, "transactions");
    error_text why;
    block *b = block_decode(&e->w->rules, recorded->raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    assert_non_null(b);
    assert_int_equal(b->transaction_count, json_array_size(transactions));
    for (size_t i = 0; i < b->transaction_count; i++)
        size += b->transactions[i]->raw.size;
    assert_int_equal(number_of(found, "size"), size);
    block_drop(b);
}

static void check_miner(eth_world *e, const json_t *found, const json_t *expected)
{
    uint64_t sealer = number_of(expected, "sealer");
    const char *id = json_string_value(json_array_get(json_object_get(expected, "sealerList"), sealer));
    address miner = {{0}};
    node_id key;
    char shown[43] = "0x";
    if (id && number_of(expected, "number") > 0) {
        assert_true(hex_read(bytes_of_text(id), key.b, sizeof key.b));
        miner = address_of_key(e->w->rules.suite, &key);
    }
    hex_write(BYTES_OF_VALUE(miner), shown + 2);
    expect_text(found, "miner", shown);
}

static void check_block(eth_world *e, int64_t number)
{
    json_t *found = eth_result(e, "eth_getBlockByNumber", "[\"0x%llx\",true]", (unsigned long long)number);
    json_t *expected = reference(e, "getBlockByNumber", "[1,\"%lld\",true]", (long long)number);
    static const char *const same[] = {"hash", "number", "parentHash", "receiptsRoot", "stateRoot", "transactionsRoot"};
    for (size_t i = 0; i < COUNT(same); i++)
        same_text(found, same[i], expected, same[i]);
    assert_int_equal(number_of(found, "timestamp"), number_of(expected, "timestamp") / 1000);
    same_text(found, "timestampMs", expected, "timestamp");
    expect_text(found, "difficulty", "0x0");
    expect_text(found, "totalDifficulty", "0x0");
    expect_text(found, "nonce", "0x" ZEROS_16);
    expect_text(found, "mixHash", ZERO_HASH);
    expect_text(found, "sha3Uncles", "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
    assert_int_equal(json_array_size(json_object_get(found, "uncles")), 0);
    assert_null(json_object_get(found, "baseFeePerGas"));
    check_size(e, found);
    assert_true(number_of(found, "gasLimit") >= 100000);
    check_miner(e, found, expected);
    check_bloom(e, found);
    const json_t *transactions = json_object_get(found, "transactions"), *wanted = json_object_get(expected, "transactions");
    assert_int_equal(json_array_size(transactions), json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(transactions); i++) {
        const json_t *tx = json_array_get(transactions, i);
        check_transaction(tx, json_array_get(wanted, i), e->w->rules.suite->is_national);
        json_t *alone = eth_result(e, "eth_getTransactionByBlockHashAndIndex", "[\"%s\",\"0x%zx\"]", text_of(found, "hash"), i);
        assert_true(json_equal(alone, tx));
        json_decref(alone);
    }
    place total = check_receipts(e, found);
    assert_int_equal(number_of(found, "gasUsed"), total.gas);
    json_decref(found);
    json_decref(expected);
}

static void blocks_say_what_the_reference_says(void **state)
{
    const chain_row *chain = *state;
    eth_world e = open_chain(chain->name);
    int64_t head = ledger_head(e.w->ledger).number;
    for (int64_t number = 0; number <= head; number += chain->step)
        check_block(&e, number);
    check_block(&e, head);
    eth_world_close(&e);
}

/* ---- logs ---- */

/* Every log of the chain, found by walking over the receipts. */
static json_t *all_logs(eth_world *e)
{
    json_t *all = json_array();
    for (int64_t n = 0; n <= ledger_head(e->w->ledger).number; n++) {
        json_t *receipts = eth_result(e, "eth_getBlockReceipts", "[\"0x%llx\"]", (unsigned long long)n);
        for (size_t i = 0; i < json_array_size(receipts); i++)
            json_array_extend(all, json_object_get(json_array_get(receipts, i), "logs"));
        json_decref(receipts);
    }
    return all;
}

static const char *topic_of(const json_t *log, size_t index)
{
    return json_string_value(json_array_get(json_object_get(log, "topics"), index));
}

static json_t *chosen(json_t *all, const char *address_text, size_t topic_index, const char *topic)
{
    json_t *some = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *log = json_array_get(all, i);
        const char *has = topic_of(log, topic_index);
        if ((address_text == NULL || strcmp(text_of(log, "address"), address_text) == 0) &&
            (topic == NULL || (has && strcmp(has, topic) == 0)))
            json_array_append(some, log);
    }
    return some;
}

static void expect_logs(eth_world *e, const char *filter, json_t *expected)
{
    for (int round = 0; round < 2; round++) { /* the blooms are read from blocks, then remembered */
        json_t *found = eth_result(e, "eth_getLogs", "[%s]", filter);
        if (!json_equal(found, expected))
            fail_msg("%s: %zu logs, expected %zu", filter, json_array_size(found), json_array_size(expected));
        json_decref(found);
    }
    json_decref(expected);
}

static void logs_are_found_by_contract_and_topic(void **state)
{
    const chain_row *chain = *state;
    eth_world e = open_chain(chain->name);
    arena a = {0};
    json_t *all = all_logs(&e);
    assert_true(json_array_size(all) > 5);
    size_t searches = 0;
    for (size_t i = 0; i < json_array_size(all); i += 1 + json_array_size(all) / 8, searches++) {
        const json_t *log = json_array_get(all, i);
        const char *contract = text_of(log, "address"), *topic = topic_of(log, 0), *second = topic_of(log, 1);
        expect_logs(&e, arena_print(&a, "{\"fromBlock\":\"earliest\",\"address\":\"%s\"}", contract), chosen(all, contract, 0, NULL));
        if (topic)
            expect_logs(&e, arena_print(&a, "{\"fromBlock\":\"0x0\",\"topics\":[[\"%s\",\"" NO_HASH "\"]]}", topic), chosen(all, NULL, 0, topic));
        if (second)
            expect_logs(&e, arena_print(&a, "{\"fromBlock\":\"0x0\",\"address\":[\"%s\"],\"topics\":[null,\"%s\"]}", contract, second),
                        chosen(all, contract, 1, second));
        json_t *of_block = json_array();
        for (size_t k = 0; k < json_array_size(all); k++)
            if (strcmp(text_of(json_array_get(all, k), "blockHash"), text_of(log, "blockHash")) == 0)
                json_array_append(of_block, json_array_get(all, k));
        expect_logs(&e, arena_print(&a, "{\"blockHash\":\"%s\"}", text_of(log, "blockHash")), of_block);
    }
    expect_logs(&e, "{\"fromBlock\":\"0x0\"}", json_incref(all));
    json_decref(all);
    arena_reset(&a);
    eth_world_close(&e);
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(chains) + 2];
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i] = (struct CMUnitTest){chains[i].name, blocks_say_what_the_reference_says, NULL, NULL, (void *)&chains[i]};
    tests[COUNT(chains)] = (struct CMUnitTest){"logs of ecdsa1", logs_are_found_by_contract_and_topic, NULL, NULL, (void *)&chains[0]};
    tests[COUNT(chains) + 1] = (struct CMUnitTest){"logs of gm1", logs_are_found_by_contract_and_topic, NULL, NULL, (void *)&chains[1]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
