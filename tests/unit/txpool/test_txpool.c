#include "transactions.h"

#include "base/prng.h"
#include "txpool/txpool.h"

enum { LIMIT = 6 };

static const txpool_config plain = {
    .rules = &test_rules, .limit = 1000, .memory_limit_bytes = 1 << 20, .expiration_ms = 600000, .seed = 42};

static void admit(txpool *p, transaction *tx, uint64_t now_ms)
{
    assert_int_equal(txpool_admit(p, tx, now_ms), STATUS_OK);
    transaction_drop(tx);
}

static void commit(txpool *p, int64_t number, transaction **txs, size_t count)
{
    block *b = block_new();
    b->header.number = number;
    for (size_t i = 0; i < count; i++)
        transaction_keep(txs[i]);
    block_set_transactions(b, txs, count);
    txpool_on_block(p, b);
    block_drop(b);
}

/* One world for the table below: head 50 with nonce 900 in block 50, nonce 1 pending, nonce 2 dropped, limit 6. */
static txpool *world(void)
{
    txpool_config config = plain;
    config.limit = LIMIT;
    config.memory_limit_bytes = 5000;
    txpool *p = txpool_new(&config);
    u256 nonce = u256_of(900);
    txpool_load_block(p, 49, NULL, 0);
    txpool_load_block(p, 50, &nonce, 1);
    admit(p, test_simple_transaction(2), 1000);
    txpool_expire(p, 1000 + 600001);
    admit(p, test_simple_transaction(1), 700000);
    return p;
}

/* spec/consensus.md 2.2: every row, its status, its text; later faults of the same transaction do not matter. */
static void admission_table(void **state)
{
    (void)state;
    u256 max = U256_MAX;
    const struct {
        const char *text;
        test_fields fields;
        transaction_status status;
    } cases[] = {
        {"", {.nonce = u256_of(10), .block_limit = u256_of(51)}, STATUS_OK},
        {"", {.nonce = u256_of(10), .block_limit = u256_of(1050)}, STATUS_OK},
        {"OverGroupMemoryLimit",
         {.nonce = u256_of(10), .block_limit = u256_of(60), .data_bytes = 4000},
         STATUS_OVER_GROUP_MEMORY_LIMIT},
        {"TransactionAlreadyKown", {.nonce = u256_of(1), .block_limit = u256_of(500)}, STATUS_ALREADY_KNOWN},
        {"TransactionAlreadyInChain", {.nonce = u256_of(2), .block_limit = u256_of(500)}, STATUS_ALREADY_IN_CHAIN},
        {"TransactionNonceCheckFail", {.nonce = u256_of(900), .block_limit = u256_of(1)}, STATUS_NONCE_CHECK_FAIL},
        {"TransactionNonceCheckFail", {.nonce = max, .block_limit = u256_of(60)}, STATUS_NONCE_CHECK_FAIL},
        {"BlockLimitCheckFailed, txBlockLimit=50",
         {.nonce = u256_of(10), .block_limit = u256_of(50)},
         STATUS_BLOCK_LIMIT_CHECK_FAIL},
        {"BlockLimitCheckFailed, txBlockLimit=0",
         {.nonce = u256_of(10), .block_limit = u256_of(0)},
         STATUS_BLOCK_LIMIT_CHECK_FAIL},
        {"BlockLimitCheckFailed, txBlockLimit=1051",
         {.nonce = u256_of(10), .block_limit = u256_of(1051), .has_no_sender = true},
         STATUS_BLOCK_LIMIT_CHECK_FAIL},
        {"BlockLimitCheckFailed, "
         "txBlockLimit=115792089237316195423570985008687907853269984665640564039457584007913129639935",
         {.nonce = u256_of(10), .block_limit = max},
         STATUS_BLOCK_LIMIT_CHECK_FAIL},
        {"TransactionSubmitFailed",
         {.nonce = u256_of(10), .block_limit = u256_of(60), .has_no_sender = true, .chain_id = 1},
         STATUS_MALFORMED_TX},
        {"InvalidChainId",
         {.nonce = u256_of(10), .block_limit = u256_of(60), .chain_id = 8, .group_id = 9},
         STATUS_INVALID_CHAIN_ID},
        {"InvalidChainId",
         {.nonce = u256_of(1), .block_limit = u256_of(60), .chain_id = 8},
         STATUS_INVALID_CHAIN_ID}, /* HARDEN */
        {"InvalidGroupId", {.nonce = u256_of(10), .block_limit = u256_of(60), .group_id = 8}, STATUS_INVALID_GROUP_ID},
        {"TxPoolNonceCheckFail", {.nonce = u256_of(1), .block_limit = u256_of(60)}, STATUS_NONCE_CHECK_FAIL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        txpool *p = world();
        transaction *tx = test_transaction(cases[i].fields);
        error_text why = {""};
        assert_int_equal(txpool_submit(p, tx, 700000, &why), cases[i].status);
        char expected[300] = "";
        if (cases[i].status != STATUS_OK)
            snprintf(expected, sizeof expected, "%s, txHash=%02x%02x%02x%02x...", cases[i].text, tx->hash.b[0],
                     tx->hash.b[1], tx->hash.b[2], tx->hash.b[3]);
        assert_string_equal(why.text, expected);
        assert_int_equal(txpool_size(p), 1 + (cases[i].status == STATUS_OK));
        transaction_drop(tx);
        txpool_free(p);
    }
}

static void full_pool(void **state)
{
    (void)state;
    txpool *p = world();
    for (uint64_t n = 10; txpool_size(p) < LIMIT; n++)
        admit(p, test_simple_transaction(n), 700000);
    assert_true(txpool_is_full(p));
    transaction *known = test_simple_transaction(1);
    error_text why;
    assert_int_equal(txpool_submit(p, known, 700000, &why), STATUS_TX_POOL_IS_FULL);
    assert_memory_equal(why.text, "TransactionPoolIsFull, txHash=", 30);
    transaction_drop(known);
    txpool_free(p);
}

/* HARDEN of 2.2: a transaction refused for its group id does not block its nonce. */
static void refused_ids_block_no_nonce(void **state)
{
    (void)state;
    txpool *p = world();
    transaction *foreign = test_transaction((test_fields){.nonce = u256_of(77), .block_limit = u256_of(60), .group_id = 8});
    assert_int_equal(txpool_admit(p, foreign, 700000), STATUS_INVALID_GROUP_ID);
    transaction_drop(foreign);
    admit(p, test_simple_transaction(77), 700000);
    txpool_free(p);
}

static void memory_is_counted(void **state)
{
    (void)state;
    txpool_config config = plain;
    txpool *p = txpool_new(&config);
    transaction *tx = test_transaction((test_fields){.nonce = u256_of(1), .block_limit = u256_of(5), .data_bytes = 300});
    size_t taken = tx->data.size + tx->raw.size + tx->extra_data.size;
    assert_int_equal(txpool_admit(p, tx, 1), STATUS_OK);
    assert_int_equal(txpool_memory_bytes(p), taken);
    commit(p, 1, &tx, 1);
    assert_int_equal(txpool_memory_bytes(p), 0);
    transaction_drop(tx);
    txpool_free(p);
    /* exactly full is allowed, one byte less is not */
    for (size_t missing = 0; missing < 2; missing++) {
        config.memory_limit_bytes = taken - missing;
        p = txpool_new(&config);
        tx = test_transaction((test_fields){.nonce = u256_of(1), .block_limit = u256_of(5), .data_bytes = 300});
        assert_int_equal(txpool_admit(p, tx, 1), missing ? STATUS_OVER_GROUP_MEMORY_LIMIT : STATUS_OK);
        transaction_drop(tx);
        txpool_free(p);
    }
}

static void expect_order(txpool *p, const uint64_t *nonces, size_t count)
{
    transaction *list[20];
    assert_int_equal(txpool_list(p, list, COUNT(list)), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i]->nonce.limb[0], nonces[i]);
}

/* QUIRK of 2.1: oldest millisecond first, newest first inside one millisecond, whatever way the clock goes. */
static void pool_order(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    static const struct {
        uint64_t nonce, at_ms;
    } arrivals[] = {{1, 100}, {2, 100}, {3, 101}, {4, 99}, {5, 100}, {6, 101}, {7, 99}};
    for (size_t i = 0; i < COUNT(arrivals); i++)
        admit(p, test_simple_transaction(arrivals[i].nonce), arrivals[i].at_ms);
    expect_order(p, (const uint64_t[]){7, 4, 5, 2, 1, 6, 3}, 7);
    transaction *picked[10];
    map avoid = map_init(1);
    assert_int_equal(txpool_pick(p, 3, &avoid, 200, picked), 3);
    for (size_t i = 0; i < 3; i++)
        map_put(&avoid, BYTES_OF_VALUE(picked[i]->hash), picked[i]);
    assert_int_equal(picked[2]->nonce.limb[0], 5);
    assert_int_equal(txpool_pick(p, 3, &avoid, 200, picked), 3);
    assert_int_equal(picked[0]->nonce.limb[0], 2);
    assert_int_equal(picked[2]->nonce.limb[0], 6);
    assert_int_equal(txpool_pick(p, 10, NULL, 200, picked), 7);
    assert_int_equal(txpool_pick(p, 0, NULL, 200, picked), 0);
    map_free(&avoid);
    txpool_free(p);
}

/* 2.4 and 2.5: expired and block-limit-invalid ones leave when they are met, are told of once, and come back as 10001. */
static void pick_removes_the_invalid(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    transaction *short_lived = test_transaction((test_fields){.nonce = u256_of(1), .block_limit = u256_of(1)});
    transaction *old = test_simple_transaction(2);
    assert_int_equal(txpool_admit(p, short_lived, 600000), STATUS_OK);
    assert_int_equal(txpool_admit(p, old, 10), STATUS_OK);
    admit(p, test_simple_transaction(3), 11);
    txpool_load_block(p, 1, NULL, 0);
    transaction *picked[5];
    hash256 refused;
    assert_false(txpool_take_refused(p, &refused));
    assert_int_equal(txpool_pick(p, 5, NULL, 600011, picked), 1); /* 3 is exactly 600 s old: still good */
    assert_int_equal(picked[0]->nonce.limb[0], 3);
    assert_true(txpool_take_refused(p, &refused) && hash256_equal(&refused, &old->hash));
    assert_true(txpool_take_refused(p, &refused) && hash256_equal(&refused, &short_lived->hash));
    assert_false(txpool_take_refused(p, &refused));
    assert_int_equal(txpool_admit(p, old, 700000), STATUS_ALREADY_IN_CHAIN);
    assert_true(txpool_was_dropped(p, &old->hash));
    transaction_drop(old);
    admit(p, test_transaction((test_fields){.nonce = u256_of(2), .block_limit = u256_of(400)}), 700000); /* nonce is free */
    transaction_drop(short_lived);
    txpool_free(p);
}

/* 2.4: a pending one whose nonce got into the chain by another transaction is skipped but stays. */
static void pick_skips_used_nonces(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    admit(p, test_simple_transaction(5), 1);
    transaction *twin = test_transaction((test_fields){.nonce = u256_of(5), .block_limit = u256_of(9)}), *picked[5];
    commit(p, 1, &twin, 1);
    transaction_drop(twin);
    assert_int_equal(txpool_pick(p, 5, NULL, 2, picked), 0);
    assert_int_equal(txpool_size(p), 1);
    txpool_load_block(p, 500, NULL, 0); /* block limit over, but the nonce check comes first */
    assert_int_equal(txpool_pick(p, 5, NULL, 2, picked), 0);
    assert_int_equal(txpool_size(p), 1);
    txpool_free(p);
}

static bool nonce_is_free(txpool *p, uint64_t nonce, uint64_t block_limit)
{
    transaction *tx = test_transaction((test_fields){.nonce = u256_of(nonce), .block_limit = u256_of(block_limit)});
    transaction_status status = txpool_admit(p, tx, 1);
    if (status == STATUS_OK) {
        hash256 gone;
        txpool_expire(p, 700000);
        assert_true(txpool_take_refused(p, &gone));
    }
    transaction_drop(tx);
    return status == STATUS_OK;
}

/* 2.3: the window is [L - 1000, L]. */
static void nonce_window(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    u256 a = u256_of(100), b = u256_of(200);
    txpool_load_block(p, 1, &a, 1);
    txpool_load_block(p, 2, &b, 1);
    txpool_load_block(p, 3, &a, 1); /* the same nonce twice in the chain: known until the later one leaves */
    assert_false(nonce_is_free(p, 100, 10));
    txpool_load_block(p, 1001, NULL, 0);
    assert_false(nonce_is_free(p, 100, 1500));
    txpool_load_block(p, 1002, NULL, 0);
    assert_false(nonce_is_free(p, 100, 1500));
    assert_false(nonce_is_free(p, 200, 1500));
    txpool_load_block(p, 1003, NULL, 0);
    assert_false(nonce_is_free(p, 100, 1500));
    assert_true(nonce_is_free(p, 200, 1500));
    txpool_load_block(p, 1004, NULL, 0);
    assert_true(nonce_is_free(p, 100, 1500));
    txpool_load_block(p, 1000000, &b, 1); /* a jump far beyond the window */
    assert_false(nonce_is_free(p, 200, 1000001));
    assert_true(nonce_is_free(p, 100, 1000001));
    txpool_free(p);
}

static void expiry_timer(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    for (uint64_t n = 0; n < 10; n++)
        admit(p, test_simple_transaction(n), 100 + n);
    txpool_expire(p, 100 + 600000);
    assert_int_equal(txpool_size(p), 10);
    txpool_expire(p, 104 + 600000);
    assert_int_equal(txpool_size(p), 6);
    txpool_expire(p, 50); /* a clock that went back expires nothing */
    assert_int_equal(txpool_size(p), 6);
    txpool_free(p);
}

static void dropped_is_bounded(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    transaction *first = test_simple_transaction(0);
    assert_int_equal(txpool_admit(p, first, 0), STATUS_OK);
    txpool_expire(p, 600001);
    for (uint64_t n = 1; n <= TXPOOL_DROPPED_MAX; n++) {
        assert_true(n % 20000 || txpool_was_dropped(p, &first->hash));
        admit(p, test_simple_transaction(n), 0);
        txpool_expire(p, 600001);
    }
    assert_false(txpool_was_dropped(p, &first->hash));
    hash256 gone;
    size_t told = 0;
    while (txpool_take_refused(p, &gone))
        told++;
    assert_int_equal(told, TXPOOL_REFUSED_MAX);
    transaction_drop(first);
    txpool_free(p);
}

static void marks(void **state)
{
    (void)state;
    txpool *p = txpool_new(&plain);
    transaction *txs[3], *out[5];
    for (uint64_t n = 0; n < 3; n++) {
        txs[n] = test_simple_transaction(n);
        assert_int_equal(txpool_admit(p, txs[n], 100), STATUS_OK);
    }
    assert_int_equal(txpool_take_unannounced(p, 2, out), 2);
    assert_ptr_equal(out[0], txs[2]); /* pool order */
    assert_ptr_equal(out[1], txs[1]);
    assert_int_equal(txpool_unannounced(p), 1);
    assert_int_equal(txpool_take_unannounced(p, 5, out), 1);
    assert_int_equal(txpool_take_unannounced(p, 5, out), 0);
    for (size_t n = 0; n <= TXPOOL_KNOWN_NODES_MAX; n++) {
        node_id node = {{(uint8_t)n, (uint8_t)(n >> 8)}};
        assert_false(txpool_is_known_by(p, &txs[0]->hash, &node));
        assert_int_equal(txpool_is_known_by_anybody(p, &txs[0]->hash), n > 0);
        txpool_mark_known_by(p, &txs[0]->hash, &node);
        /* the last one finds no number any more: its mark is not kept */
        assert_int_equal(txpool_is_known_by(p, &txs[0]->hash, &node), n < TXPOOL_KNOWN_NODES_MAX);
        assert_false(txpool_is_known_by(p, &txs[1]->hash, &node));
    }
    hash256 absent = {{9}};
    node_id someone = {{1}};
    txpool_mark_known_by(p, &absent, &someone);
    assert_false(txpool_is_known_by_anybody(p, &absent));
    txpool_forget_marks(p);
    assert_false(txpool_is_known_by_anybody(p, &txs[0]->hash));
    assert_int_equal(txpool_take_unannounced(p, 5, out), 3);
    for (size_t n = 0; n < 3; n++)
        transaction_drop(txs[n]);
    txpool_free(p);
}

/* 100,000 pending with a wandering clock: order is right at the end; under a scan per call this would take minutes. */
static void many(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    txpool_config config = plain;
    config.limit = MANY;
    config.memory_limit_bytes = SIZE_MAX;
    txpool *p = txpool_new(&config);
    prng random = prng_of(3);
    uint64_t *arrival = malloc(MANY * sizeof *arrival);
    for (uint64_t n = 0; n < MANY; n++) {
        arrival[n] = 1000000 + n / 10 - prng_below(&random, 5000);
        admit(p, test_simple_transaction(n), arrival[n]);
    }
    transaction **list = malloc(MANY * sizeof *list);
    assert_int_equal(txpool_list(p, list, MANY), MANY);
    for (size_t i = 1; i < MANY; i++) {
        uint64_t a = list[i - 1]->nonce.limb[0], b = list[i]->nonce.limb[0];
        assert_true(arrival[a] < arrival[b] || (arrival[a] == arrival[b] && a > b));
    }
    for (int64_t number = 1; txpool_size(p) > 0; number++) {
        transaction *picked[1000];
        size_t count = txpool_pick(p, 1000, NULL, 1000000, picked);
        assert_int_equal(count, 1000);
        assert_ptr_equal(picked[0], list[(number - 1) * 1000]);
        commit(p, number, picked, count);
    }
    assert_int_equal(txpool_memory_bytes(p), 0);
    free(list);
    free(arrival);
    txpool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admission_table),          cmocka_unit_test(full_pool),
        cmocka_unit_test(refused_ids_block_no_nonce), cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(pool_order),               cmocka_unit_test(pick_removes_the_invalid),
        cmocka_unit_test(pick_skips_used_nonces),   cmocka_unit_test(nonce_window),
        cmocka_unit_test(expiry_timer),             cmocka_unit_test(dropped_is_bounded),
        cmocka_unit_test(marks),                    cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
