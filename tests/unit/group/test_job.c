/* The jobs that look at signatures of transactions: which form of a signature passes where (data-model.md 3.2, and the
   HARDEN of group/job.c). */
#include "test.h"

#include "group/job.h"

static const chain_rules rules = {
    .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};

static store *disk;

static ledger *found(void)
{
    static node_id sealers[1] = {{{1}}};
    genesis g = {.group_id = 1,
                 .timestamp_ms = 1,
                 .consensus = CONSENSUS_PBFT,
                 .consensus_text = "pbft",
                 .state_text = "storage",
                 .storage_text = "RocksDB",
                 .max_trans_num = 1000,
                 .gas_limit = 300000000,
                 .consensus_timeout_s = 3,
                 .sealers = sealers,
                 .sealer_count = 1};
    store_config config = {0};
    error_text why = {""};
    bool differs;
    assert_int_equal(store_memory.open(&disk, &config, &why), STORE_OK);
    ledger *l = ledger_open(&rules, &g, disk, &differs, &why);
    if (l == NULL)
        fail_msg("%s", why.text);
    return l;
}

static transaction *signed_transaction(uint64_t nonce)
{
    secret_key key = {{1, 2, 3}};
    transaction_fields fields = {.nonce = u256_of(nonce),
                                 .gas = u256_of(1000000),
                                 .block_limit = u256_of(500),
                                 .chain_id = u256_of(1),
                                 .group_id = u256_of(1)};
    return transaction_sign(&rules, &fields, &key);
}

/* The other signature that is good for the same key: n - s, the other recovery id. */
static transaction *other_form(const transaction *tx)
{
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    uint8_t n[32];
    arena a = {0};
    bytes raw = arena_copy(&a, tx->raw);
    uint8_t *end = (uint8_t *)raw.data + raw.size;
    for (size_t i = 0; i < 32; i++)
        sscanf(order + 2 * i, "%2hhx", &n[i]);
    assert_int_equal(end[-33], 0xa0);
    assert_int_equal(end[-66], 0xa0);
    u256_to_be(u256_sub(u256_from_be(bytes_of(n, 32)), u256_from_be(bytes_of(end - 32, 32))), end - 32);
    end[-67] = (uint8_t)(27 + 28 - end[-67]);
    transaction *other = transaction_decode(&rules, raw, TX_CHECK_NOTHING, NULL, NULL);
    assert_non_null(other);
    arena_reset(&a);
    assert_true(transaction_recover_sender(&rules, other));
    assert_memory_equal(&other->sender, &tx->sender, sizeof tx->sender);
    assert_false(hash256_equal(&other->hash, &tx->hash));
    return other;
}

static void gossip_takes_the_one_form(void **state)
{
    (void)state;
    ledger *l = found();
    transaction *txs[] = {signed_transaction(1), NULL, signed_transaction(2)};
    txs[1] = other_form(txs[0]);
    group_job *j = group_job_new(JOB_VERIFY, 1, true);
    j->raw_count = COUNT(txs);
    j->raw = arena_take_array(&j->memory, j->raw_count, sizeof *j->raw);
    for (size_t i = 0; i < j->raw_count; i++)
        j->raw[i] = txs[i]->raw;
    group_job_run(j, l);
    assert_true(j->ok);
    assert_int_equal(j->transaction_count, 2);
    assert_true(hash256_equal(&j->transactions[0]->hash, &txs[0]->hash));
    assert_true(hash256_equal(&j->transactions[1]->hash, &txs[2]->hash));
    group_job_free(j);
    for (size_t i = 0; i < COUNT(txs); i++)
        transaction_drop(txs[i]);
    ledger_close(l);
    store_close(disk);
}

static group_job *fetch(ledger *l, transaction *const *txs, size_t count)
{
    block *b = block_new();
    transaction **kept = arena_take_array(&b->memory, count, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = transaction_keep(txs[i]);
    b->header.number = 1;
    block_set_transactions(b, kept, count);
    b->header.transactions_root = block_transactions_root(&rules, b);
    block_seal_hash(&rules, b);
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&rules, b, BLOCK_FULL, &encoded);
    group_job *j = group_job_new(JOB_DECODE, 1, true);
    j->raw_count = 1;
    j->raw = arena_take_array(&j->memory, 1, sizeof *j->raw);
    j->raw[0] = arena_copy(&j->memory, buffer_bytes(&encoded));
    buffer_free(&encoded);
    block_drop(b);
    group_job_run(j, l);
    return j;
}

static void a_fetched_block_may_hold_both(void **state)
{
    (void)state;
    ledger *l = found();
    transaction *txs[] = {signed_transaction(1), NULL};
    txs[1] = other_form(txs[0]);
    group_job *j = fetch(l, txs, 2);
    assert_true(j->ok);
    assert_int_equal(j->decoded->transaction_count, 2);
    assert_true(j->decoded->transactions[1]->sender_known);
    group_job_free(j);
    for (size_t i = 0; i < COUNT(txs); i++)
        transaction_drop(txs[i]);
    ledger_close(l);
    store_close(disk);
}

static void but_none_without_a_signer(void **state)
{
    (void)state;
    ledger *l = found();
    transaction *good = signed_transaction(1);
    arena a = {0};
    bytes raw = arena_copy(&a, good->raw);
    uint8_t *end = (uint8_t *)raw.data + raw.size;
    end[-67] = 27 + 3; /* r + n is no coordinate of the curve, as nearly always */
    transaction *bad = transaction_decode(&rules, raw, TX_CHECK_NOTHING, NULL, NULL);
    assert_non_null(bad);
    group_job *j = fetch(l, &bad, 1);
    assert_false(j->ok);
    assert_string_equal(j->why.text, "1 of 1 transactions have no sender");
    group_job_free(j);
    transaction_drop(bad);
    transaction_drop(good);
    arena_reset(&a);
    ledger_close(l);
    store_close(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gossip_takes_the_one_form),
                                       cmocka_unit_test(a_fetched_block_may_hold_both),
                                       cmocka_unit_test(but_none_without_a_signer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
