/* Golden chains from block 0 on: executed, committed, and then the database compared with the C++ node's: every row that no later
   block wrote, every field, every id. Execution has its own replay on the floor below, which goes to the end of each chain; this
   one adds what the ledger writes. */
#include "codec/hex.h"
#include "ledger/ledger.h"
#include "support_rows.h"

static const char *const chains[] = {"ecdsa1", "ecdsa4", "gm1",    "gm4",     "free1",         "v200",
                                     "v240",   "v290",   "rpbft4", "charge1", "short1_patched", "mpt1"};

static void run_block(golden_chain *chain, ledger *l, size_t number)
{
    block *recorded = golden_decode(chain, number);
    ledger_tip tip = ledger_head(l);
    parent_block parent = {.hash = tip.hash, .number = tip.number, .state_root = tip.state_root};
    execution *e = NULL;
    error_text why = {""};
    if (executor_run_block(ledger_executor(l), ledger_store(l), recorded, &parent, &e, &why) != EXECUTE_OK)
        fail_msg("block %zu: %s", number, why.text);
    if (ledger_commit(l, e, recorded->signatures, recorded->signature_count, &why) != COMMIT_OK)
        fail_msg("block %zu: %s", number, why.text);
    execution_drop(e);
    block_drop(recorded);
    arena a = {0};
    bytes stored;
    assert_true(ledger_encoded_block(l, (int64_t)number, &a, &stored));
    assert_bytes_equal(stored, chain->blocks[number].raw);
    arena_reset(&a);
}

/* The stored row with the golden row's id; transactions are numbered differently (data-model.md 8.1), but have one row a key. */
static const row *find_row(const row_set *found, const golden_row *expected)
{
    if (bytes_equal_text(expected->table, "_sys_tx_hash_2_block_"))
        return found->count == 1 ? &found->rows[0] : NULL;
    for (size_t i = 0; i < found->count; i++)
        if (found->rows[i].id == expected->id)
            return &found->rows[i];
    return NULL;
}

static void compare_database(golden_chain *chain, store *s, size_t last)
{
    size_t count, compared = 0;
    golden_row *rows = golden_rows(chain, &count);
    arena a = {0};
    for (size_t i = 0; i < count; i++) {
        if (rows[i].num > last)
            continue;
        compared++;
        row_key where = {rows[i].table, rows[i].key};
        row_set found;
        error_text why;
        assert_int_equal(store_get_many(s, NULL, &where, 1, &a, &found, &why), STORE_OK);
        const row *mine = find_row(&found, &rows[i]);
        if (mine == NULL)
            fail_msg("%.*s, key %.*s: no row with id %llu", (int)rows[i].table.size, rows[i].table.data, (int)rows[i].key.size,
                     rows[i].key.data, (unsigned long long)rows[i].id);
        assert_int_equal(mine->num, rows[i].num);
        assert_int_equal(mine->status, rows[i].status);
        assert_row_fields(&rows[i], mine);
    }
    assert_true(compared > last); /* at least one of each block */
    arena_reset(&a);
}

/* getCode as the C++ node answered it at the end of the chain. */
static void compare_codes(golden_chain *chain, ledger *l)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    pack_record one;
    size_t compared = 0;
    arena a = {0};
    while (pack_next(&records, &one)) {
        address contract;
        bytes code;
        if (!pack_is(&one, "code"))
            continue;
        bytes text = rlp_read_string(&one.fields);
        assert_true(hex_read(bytes_from(text, 2), contract.b, sizeof contract.b));
        assert_true(ledger_code(l, &contract, &a, &code));
        assert_bytes_equal(code, rlp_read_string(&one.fields));
        compared++;
    }
    assert_true(compared > 0);
    arena_reset(&a);
}

static void replay_chain(void **state)
{
    golden_chain *chain = golden_open(*state);
    size_t last = chain->block_count - 1;
    store *s;
    assert_int_equal(store_memory.open(&s, &(store_config){0}, NULL), STORE_OK);
    error_text why = {""};
    bool differs;
    ledger *l = ledger_open(&chain->rules, &chain->genesis, s, &differs, &why);
    if (l == NULL)
        fail_msg("%s", why.text);
    for (size_t number = 1; number <= last; number++)
        run_block(chain, l, number);
    compare_database(chain, s, last);
    compare_codes(chain, l);
    ledger_close(l);
    store_close(s);
    golden_close(chain);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(chains)];
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i] = (struct CMUnitTest){.name = chains[i], .test_func = replay_chain, .initial_state = (void *)(uintptr_t)chains[i]};
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
