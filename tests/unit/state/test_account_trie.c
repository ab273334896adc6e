/* Accounts of MPT chains: spec/execution.md section 9, spec/data-model.md 7.4 and the roots worked out in its section 12. */
#include "support_state.h"

#include "state/trie.h"
#include "state/trie_store.h"
#include "store/fault.h"

#define ROOT_NONCE_1 "b02a8b129aa5313735c4ef60f21d5874907f58f71785c97ac5fd96ebf2ea3132"
#define ROOT_SLOT_5_IS_300 "b79707f978b9d8ffd6b7532384ed742e0c57561498f012f9d6a67fb5a7e3e34c"
#define ROOT_EMPTY "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"

typedef struct {
    world *w;
    store_fault_plan faults;
    store *inner;
    node_cache *cache;
    hash256 root;
    tx_state *t; /* the transaction that runs */
} mpt;

static void open_block(mpt *m)
{
    block_state_free(m->w->block);
    m->w->block = block_state_new(&m->w->rules, m->w->store, NULL, m->w->number, 7);
    block_state_open_accounts(m->w->block, &m->root, m->cache);
    m->t = tx_state_new(m->w->block);
}

static mpt *mpt_new(uint32_t version)
{
    mpt *m = calloc(1, sizeof *m);
    m->w = world_new(version, &crypto_standard);
    m->w->rules.state = STATE_MPT;
    m->w->rules.enable_parallel = false;
    m->inner = m->w->store;
    m->w->store = store_faulty(m->inner, &m->faults);
    m->cache = node_cache_new(1024 * 1024, 7);
    open_block(m);
    return m;
}

static void mpt_free(mpt *m)
{
    tx_state_free(m->t);
    world_free(m->w);
    store_close(m->inner);
    node_cache_free(m->cache);
    free(m);
}

/* Ends the transaction: its effects become the block's. */
static void end_transaction(mpt *m)
{
    block_state_merge(m->w->block, m->t);
    tx_state_free(m->t);
    m->t = tx_state_new(m->w->block);
}

/* Ends the block and begins the next; with or without what the cache knows. Returns how many rows of h_trie were written. */
static size_t end_block(mpt *m, bool forgets)
{
    arena a = {0};
    store_put *puts;
    size_t count, nodes = 0;
    error_text why = {""};
    end_transaction(m);
    tx_state_free(m->t);
    m->root = block_state_roots(m->w->block).state_root;
    if (block_state_failed(m->w->block, &why))
        fail_msg("%s", why.text);
    uint64_t last_id = m->w->last_id;
    block_state_changes(m->w->block, &a, ++m->w->number, &m->w->last_id, &puts, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_node = bytes_equal_text(puts[i].where.table, TABLE_TRIE);
        nodes += is_node;
        assert_int_equal(is_node, puts[i].rows.rows[0].id == 0);
    }
    assert_int_equal(m->w->last_id - last_id, count - nodes); /* nodes take no id */
    assert_int_equal(store_apply(m->w->store, &(store_batch){m->w->number, puts, count}, NULL), STORE_OK);
    arena_reset(&a);
    if (forgets) {
        node_cache_free(m->cache);
        m->cache = node_cache_new(1024 * 1024, 7);
    }
    open_block(m);
    return nodes;
}

static void set(mpt *m, const address *a, uint64_t slot, uint64_t value)
{
    u256 key = u256_of(slot), word = u256_of(value);
    account_set_storage(m->t, a, &key, &word);
}

static uint64_t get(mpt *m, const address *a, uint64_t slot)
{
    u256 key = u256_of(slot);
    return account_storage(m->t, a, &key).limb[0];
}

static uint64_t nonce(mpt *m, const address *a)
{
    return account_nonce(m->t, a).limb[0];
}

static void roots_of_the_specification(void **state)
{
    (void)state;
    for (int forgets = 0; forgets < 2; forgets++) {
        mpt *m = mpt_new(VERSION_NEWEST);
        address a = address_of_byte(1), b = address_of_byte(2);
        account_increment_nonce(m->t, &a);
        end_block(m, forgets);
        assert_root(m->root, ROOT_NONCE_1);
        account_set_nonce(m->t, &b, U256_ZERO);
        assert_int_equal(end_block(m, forgets), 0); /* an empty account changes nothing: it is removed */
        assert_root(m->root, ROOT_NONCE_1);
        set(m, &a, 5, 300);
        assert_int_equal(end_block(m, forgets), 2); /* a leaf of slots, a leaf of accounts */
        assert_root(m->root, ROOT_SLOT_5_IS_300);
        assert_int_equal(get(m, &a, 5), 300);
        set(m, &a, 5, 0);
        end_block(m, forgets);
        assert_root(m->root, ROOT_NONCE_1);
        assert_int_equal(get(m, &a, 5), 0);
        account_kill(m->t, &a);
        end_block(m, forgets);
        assert_root(m->root, ROOT_EMPTY);
        mpt_free(m);
    }
}

static void tables_have_a_hash_of_their_own(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1);
    account_increment_nonce(m->t, &a);
    end_transaction(m);
    block_roots roots = block_state_roots(m->w->block);
    assert_root(roots.state_root, ROOT_NONCE_1);
    assert_root(roots.db_hash, "0000000000000000000000000000000000000000000000000000000000000000");
    assert_null(account_table(m->t, &a)); /* and no table was made */
    state_table *table = tx_state_open(m->t, TEXT(TABLE_CONFIG));
    row_field value = field_of("value", TEXT("300000000"));
    assert_int_equal(tx_state_update(m->t, table, TEXT("tx_gas_limit"), &value, 1, NULL, NULL), 1);
    end_transaction(m);
    roots = block_state_roots(m->w->block);
    assert_root(roots.state_root, ROOT_NONCE_1);
    /* the worked value of data-model.md 12: that row, unchanged, is all there is */
    assert_root(roots.db_hash, "b12ecf75ed300749a9f75d4ba3c7619e079643220303d7bc4151e812e6dfeee1");
    mpt_free(m);
}

static void savepoints(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1), b = address_of_byte(2);
    account_increment_nonce(m->t, &a);
    set(m, &a, 1, 10);
    end_block(m, true);
    hash256 before = m->root;
    size_t start = tx_state_savepoint(m->t);
    set(m, &a, 1, 11);
    size_t inner = tx_state_savepoint(m->t);
    set(m, &a, 1, 0);
    set(m, &a, 2, 20);
    account_increment_nonce(m->t, &a);
    account_set_nonce(m->t, &b, u256_of(7));
    account_set_code(m->t, &b, TEXT("code"));
    set(m, &b, 3, 30);
    assert_true(account_has_code(m->t, &b));
    tx_state_undo(m->t, inner);
    assert_int_equal(get(m, &a, 1), 11);
    assert_int_equal(get(m, &a, 2), 0);
    assert_int_equal(get(m, &b, 3), 0);
    assert_int_equal(nonce(m, &a), 1);
    assert_int_equal(nonce(m, &b), 0);
    assert_false(account_has_code(m->t, &b));
    assert_false(account_is_not_empty(m->t, &b));
    account_set_code(m->t, &b, TEXT("lost")); /* of a creation that was undone */
    assert_false(account_has_code(m->t, &b));
    tx_state_undo(m->t, start);
    assert_int_equal(get(m, &a, 1), 10);
    end_block(m, true);
    assert_memory_equal(&m->root, &before, sizeof before);
    /* rows and accounts are in one journal */
    state_table *table = tx_state_open(m->t, TEXT(TABLE_CONFIG));
    row_field value = field_of("value", TEXT("1"));
    set(m, &a, 1, 12);
    size_t between = tx_state_savepoint(m->t);
    assert_int_equal(tx_state_update(m->t, table, TEXT("tx_gas_limit"), &value, 1, NULL, NULL), 1);
    set(m, &a, 1, 13);
    tx_state_undo(m->t, between);
    assert_int_equal(get(m, &a, 1), 12);
    assert_bytes_equal(tx_state_field_named(m->t, tx_state_find(m->t, table, TEXT("tx_gas_limit")), "value"), TEXT("300000000"));
    mpt_free(m);
}

static void code_is_stored_under_its_hash(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1), b = address_of_byte(2);
    arena memory = {0};
    bytes code;
    error_text why;
    for (int i = 0; i < 2; i++) {
        account_set_nonce(m->t, i ? &b : &a, U256_ZERO);
        account_set_code(m->t, i ? &b : &a, TEXT("some code"));
    }
    assert_bytes_equal(account_code(m->t, &a), TEXT("some code"));
    assert_true(account_is_not_empty(m->t, &a));
    end_transaction(m);
    assert_bytes_equal(account_code(m->t, &a), TEXT("some code")); /* not in the store yet */
    end_block(m, true);
    assert_bytes_equal(account_code(m->t, &b), TEXT("some code"));
    hash256 hash = account_visible_code_hash(m->t, &a), want = suite_hash(&crypto_standard, TEXT("some code"));
    assert_memory_equal(&hash, &want, sizeof hash);
    assert_true(account_committed_code(&m->w->rules, m->w->store, &m->root, &a, &memory, &code, &why));
    assert_bytes_equal(code, TEXT("some code"));
    address c = address_of_byte(3);
    assert_true(account_committed_code(&m->w->rules, m->w->store, &m->root, &c, &memory, &code, &why));
    assert_int_equal(code.size, 0);
    account_increment_nonce(m->t, &c); /* no code */
    end_block(m, false);
    assert_true(account_committed_code(&m->w->rules, m->w->store, &m->root, &c, &memory, &code, &why));
    assert_int_equal(code.size, 0);
    hash256 nowhere = {{1}};
    assert_false(account_committed_code(&m->w->rules, m->w->store, &nowhere, &c, &memory, &code, &why));
    assert_non_null(strstr(why.text, "h_trie"));
    arena_reset(&memory);
    mpt_free(m);
}

static void killed_accounts_are_gone(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1), b = address_of_byte(2);
    account_increment_nonce(m->t, &b);
    end_block(m, false);
    hash256 before = m->root;
    account_set_nonce(m->t, &a, U256_ZERO);
    account_set_code(m->t, &a, TEXT("code"));
    for (uint64_t i = 0; i < 20; i++)
        set(m, &a, i, i + 1);
    end_block(m, true);
    assert_int_equal(get(m, &a, 19), 20);
    account_kill(m->t, &a);
    end_transaction(m);
    assert_false(account_has_code(m->t, &a));
    assert_int_equal(get(m, &a, 19), 0);
    /* made again in the same block: other code, and storage from nothing */
    account_set_nonce(m->t, &a, U256_ZERO);
    account_set_code(m->t, &a, TEXT("other"));
    set(m, &a, 1, 5);
    end_transaction(m);
    assert_bytes_equal(account_code(m->t, &a), TEXT("other"));
    assert_int_equal(get(m, &a, 19), 0);
    end_block(m, true);
    assert_int_equal(get(m, &a, 1), 5);
    assert_int_equal(get(m, &a, 19), 0);
    account_kill(m->t, &a);
    end_block(m, true);
    assert_memory_equal(&m->root, &before, sizeof before);
    mpt_free(m);
}

/* A deployment whose code is empty vanishes, and its slots with it (execution.md section 9). */
static void empty_accounts_are_removed_after_each_transaction(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1);
    account_set_nonce(m->t, &a, U256_ZERO);
    set(m, &a, 1, 5);
    account_set_code(m->t, &a, BYTES_EMPTY);
    assert_int_equal(get(m, &a, 1), 5);
    end_transaction(m);
    assert_int_equal(get(m, &a, 1), 0);
    end_block(m, false);
    assert_root(m->root, ROOT_EMPTY);
    mpt_free(m);
}

static void what_only_tables_have(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    address a = address_of_byte(1), b = address_of_byte(2);
    account_increment_nonce(m->t, &a);
    u256 gas = u256_of(9);
    account_set_remaining_gas(m->t, &a, gas);
    (void)account_remaining_gas(m->t, &a, &gas);
    assert_true(u256_is_zero(gas));
    assert_true(account_may_write(m->t, &a, &b));
    account_add_manager(m->t, &a, TEXT("0000000000000000000000000000000000000001"));
    assert_int_equal(account_managers(m->t, &a).count, 0);
    assert_false(account_is_frozen(m->t, &a));
    assert_true(u256_is_zero(account_balance(m->t, &a)));
    assert_true(account_subtract_balance(m->t, &a, U256_ZERO));
    assert_false(account_subtract_balance(m->t, &a, u256_of(1)));
    end_block(m, false);
    assert_root(m->root, ROOT_NONCE_1);
    mpt_free(m);
}

/* Below 2.2.0 a receipt gets the root as it is while the block runs (data-model.md 4.2). */
static void running_root(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_OF(2, 0, 0));
    address a = address_of_byte(1);
    assert_root(block_state_running_root(m->w->block), ROOT_EMPTY);
    account_increment_nonce(m->t, &a);
    assert_root(block_state_running_root(m->w->block), ROOT_EMPTY);
    end_transaction(m);
    assert_root(block_state_running_root(m->w->block), ROOT_NONCE_1);
    set(m, &a, 5, 300);
    end_transaction(m);
    assert_root(block_state_running_root(m->w->block), ROOT_SLOT_5_IS_300);
    set(m, &a, 5, 0);
    end_block(m, true);
    assert_root(m->root, ROOT_NONCE_1);
    assert_int_equal(nonce(m, &a), 1);
    mpt_free(m);
}

/* Whatever read fails: the block is void, and says why. */
static void failing_reads_void_the_block(void **state)
{
    (void)state;
    mpt *m = mpt_new(VERSION_NEWEST);
    unsigned reads = 0;
    address a = address_of_byte(1);
    account_increment_nonce(m->t, &a);
    account_set_code(m->t, &a, TEXT("code"));
    for (uint64_t i = 0; i < 50; i++)
        set(m, &a, i, i + 1);
    end_block(m, true);
    for (bool failed = true; failed; reads++) {
        error_text why = {""};
        node_cache_free(m->cache);
        m->cache = node_cache_new(1024 * 1024, 7);
        tx_state_free(m->t);
        open_block(m);
        m->faults.reads = (fault_countdown){.calls_before = reads, .answer = STORE_IO};
        (void)account_code(m->t, &a);
        for (uint64_t i = 0; i < 50; i += 7)
            set(m, &a, i, 0);
        end_transaction(m);
        (void)block_state_roots(m->w->block);
        failed = block_state_failed(m->w->block, &why);
        assert_int_equal(failed, strstr(why.text, "h_trie") != NULL);
    }
    assert_true(reads > 5);
    m->faults.reads = (fault_countdown){0};
    mpt_free(m);
}

static void blocks_in_a_row(store *s)
{
    /* Any kind of store: what one block wrote the next one reads, also when it is opened anew. */
    chain_rules rules = {.suite = &crypto_national, .version = VERSION_NEWEST, .state = STATE_MPT, .chain_id = 1, .group_id = 1};
    hash256 root = {{0}};
    uint64_t last_id = 0;
    address a = address_of_byte(9);
    for (int64_t number = 0; number < 20; number++) {
        arena memory = {0};
        store_put *puts;
        size_t count;
        block_state *b = block_state_new(&rules, s, NULL, number - 1, 7);
        block_state_open_accounts(b, &root, NULL);
        tx_state *t = tx_state_new(b);
        assert_int_equal(account_nonce(t, &a).limb[0], (uint64_t)number);
        account_increment_nonce(t, &a);
        for (uint64_t slot = 0; slot < (uint64_t)number; slot++) {
            u256 key = u256_of(slot), value = u256_of(slot * (uint64_t)number);
            assert_int_equal(account_storage(t, &a, &key).limb[0], slot < (uint64_t)number - 1 ? slot * (uint64_t)(number - 1) : 0);
            account_set_storage(t, &a, &key, &value);
        }
        block_state_merge(b, t);
        tx_state_free(t);
        root = block_state_roots(b).state_root;
        block_state_changes(b, &memory, number, &last_id, &puts, &count);
        assert_int_equal(store_apply(s, &(store_batch){number, puts, count}, NULL), STORE_OK);
        block_state_free(b);
        arena_reset(&memory);
    }
}

static void every_engine_keeps_it(void **state)
{
    (void)state;
    char path[] = "/tmp/hanse-trie-XXXXXX", command[64];
    store *s;
    error_text why = {""};
    assert_int_equal(store_memory.open(&s, &(store_config){0}, NULL), STORE_OK);
    blocks_in_a_row(s);
    store_close(s);
    assert_non_null(mkdtemp(path));
    if (store_rocksdb.open(&s, &(store_config){.path = path}, &why) != STORE_OK)
        fail_msg("%s", why.text);
    blocks_in_a_row(s);
    store_close(s);
    snprintf(command, sizeof command, "rm -rf %s", path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_the_specification),
        cmocka_unit_test(tables_have_a_hash_of_their_own),
        cmocka_unit_test(savepoints),
        cmocka_unit_test(code_is_stored_under_its_hash),
        cmocka_unit_test(killed_accounts_are_gone),
        cmocka_unit_test(empty_accounts_are_removed_after_each_transaction),
        cmocka_unit_test(what_only_tables_have),
        cmocka_unit_test(running_root),
        cmocka_unit_test(failing_reads_void_the_block),
        cmocka_unit_test(every_engine_keeps_it),
    };
    return cmocka_run_group_tests_name("account_trie", tests, NULL, NULL);
}
