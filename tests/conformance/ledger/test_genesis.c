/* Block 0 as hanse founds it from the genesis files of the golden chains: its hash, its bytes, and every row that the C++ node's
   database still shows as block 0 wrote it (later blocks changed the others; their ids are compared). */
#include "ledger/ledger.h"
#include "support_rows.h"

static const char *const chains[] = {"ecdsa1", "ecdsa4", "gm1",  "gm4",  "mpt1",           "free1",
                                     "v200",   "v240",   "v290", "rpbft4", "short1_patched", "charge1"};

enum { FIRST_BLOCK_ROWS_MIN = 7 };

static void found_chain(void **state)
{
    golden_chain *chain = golden_open(*state);
    size_t count, compared = 0, untouched = 0;
    golden_row *rows = golden_rows(chain, &count);
    store *s;
    assert_int_equal(store_memory.open(&s, &(store_config){0}, NULL), STORE_OK);
    error_text why = {""};
    bool differs;
    ledger *l = ledger_open(&chain->rules, &chain->genesis, s, &differs, &why);
    if (l == NULL)
        fail_msg("%s", why.text);
    assert_false(differs);
    ledger_tip tip = ledger_head(l);
    assert_memory_equal(&tip.hash, &chain->blocks[0].hash, sizeof tip.hash);
    arena a = {0};
    bytes encoded;
    assert_true(ledger_encoded_block(l, 0, &a, &encoded));
    assert_bytes_equal(encoded, chain->blocks[0].raw);

    uint64_t last_id = 0;
    row counter = {0};
    row_key counter_key = {BYTES_OF_LITERAL("_sys_current_state_"), BYTES_OF_LITERAL("current_id")};
    row_set found;
    assert_int_equal(store_get_many(s, NULL, &counter_key, 1, &a, &found, &why), STORE_OK);
    counter = found.rows[0];
    last_id = strtoull(arena_copy_text(&a, *row_find(&counter, BYTES_OF_LITERAL("value"))), NULL, 10);
    for (size_t i = 0; i < count && rows[i].id <= last_id; i++) {
        row_key where = {rows[i].table, rows[i].key};
        assert_int_equal(store_get_many(s, NULL, &where, 1, &a, &found, &why), STORE_OK);
        const row *mine = NULL;
        for (size_t k = 0; k < found.count; k++)
            if (found.rows[k].id == rows[i].id)
                mine = &found.rows[k];
        assert_non_null(mine);
        compared++;
        assert_int_equal(mine->num, 0);
        if (rows[i].num != 0)
            continue;
        untouched++;
        assert_int_equal(mine->status, rows[i].status);
        assert_row_fields(&rows[i], mine);
    }
    /* Nothing is missing and nothing too much: the ids are those of the database without a gap. */
    assert_true(compared >= FIRST_BLOCK_ROWS_MIN && untouched >= 2);
    assert_int_equal(rows[compared - 1].id, last_id);
    assert_int_equal(last_id - rows[1].id + 2, compared);
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
    golden_close(chain);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(chains)];
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i] = (struct CMUnitTest){.name = chains[i], .test_func = found_chain, .initial_state = (void *)chains[i]};
    return cmocka_run_group_tests_name("genesis", tests, NULL, NULL);
}
