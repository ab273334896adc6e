/* Every bookkeeping row of the golden chains, from block 0 to the last: the batches that hanse builds from the stored blocks
   hold what the C++ node's database holds, ids included. State rows are taken from the database, as new rows of the block that
   their ids belong to; so the ids they get among the bookkeeping rows are checked too. test_genesis.c has block 0's own. */
#include "base/map.h"
#include "ledger/inside.h"
#include "support_rows.h"

static const char *const chains[] = {"ecdsa1", "ecdsa4", "gm1",  "gm4",  "mpt1",           "free1",
                                     "v200",   "v240",   "v290", "rpbft4", "short1_patched", "charge1"};

static bool is_bookkeeping(bytes table)
{
    static const char *const names[] = {TABLE_NONCES, TABLE_CURRENT_STATE, TABLE_BLOCKS,
                                        TABLE_HEADERS, TABLE_NUMBER_TO_HASH,       TABLE_TRANSACTIONS};
    for (size_t i = 0; i < COUNT(names); i++)
        if (bytes_equal_text(table, names[i]))
            return true;
    return false;
}

typedef struct {
    golden_chain *chain;
    golden_row *rows; /* ascending by id: block by block, in each the tables ascending */
    size_t row_count, next;
    map by_key; /* bookkeeping rows: table/key -> golden_row */
    ledger_counters counters;
} replay;

static bytes joined_key(arena *a, bytes table, bytes key)
{
    return bytes_of_text(arena_print(a, "%.*s/%.*s", (int)table.size, table.data, (int)key.size, key.data));
}

static void open_replay(replay *r, const char *name)
{
    *r = (replay){.chain = golden_open(name), .by_key = map_init(1)};
    r->rows = golden_rows(r->chain, &r->row_count);
    for (size_t i = 0; i < r->row_count; i++)
        if (is_bookkeeping(r->rows[i].table))
            assert_null(map_put(&r->by_key, joined_key(&r->chain->memory, r->rows[i].table, r->rows[i].key), &r->rows[i]));
}

static void close_replay(replay *r)
{
    map_free(&r->by_key);
    golden_close(r->chain);
}

static const golden_row *expected_row(const replay *r, const store_put *put, arena *a)
{
    const golden_row *row_ = map_get(&r->by_key, joined_key(a, put->where.table, put->where.key));
    if (row_ == NULL)
        fail_msg("a row of %.*s that the database does not have", (int)put->where.table.size, put->where.table.data);
    return row_;
}

/* Rows of _sys_current_state_ are written again by every block: only the last block's can be compared. */
static void check_puts(const replay *r, const store_batch *batch, bool is_last, arena *a)
{
    for (size_t i = 0; i < batch->put_count; i++) {
        const store_put *put = &batch->puts[i];
        if (!is_bookkeeping(put->where.table))
            continue;
        assert_int_equal(put->rows.count, 1);
        const row *found = &put->rows.rows[0];
        const golden_row *expected = expected_row(r, put, a);
        if (!bytes_equal_text(put->where.table, TABLE_TRANSACTIONS))
            assert_int_equal(found->id, expected->id); /* the reference numbers transactions in the order of a hash table */
        if (is_last || !bytes_equal_text(put->where.table, TABLE_CURRENT_STATE)) {
            assert_int_equal(found->num, expected->num);
            assert_int_equal(found->status, expected->status);
            assert_row_fields(expected, found);
        }
    }
}

/* The new rows of one block end where the next table's name is smaller: every block writes to a table in front of the last. */
static size_t end_of_block(const replay *r)
{
    size_t end = r->next + 1;
    while (end < r->row_count && bytes_compare(r->rows[end - 1].table, r->rows[end].table) <= 0)
        end++;
    return end;
}

/* The block's state rows as execution would hand them over: ids one behind the other, no matter what stands between. */
static size_t state_of_block(const replay *r, size_t end, uint64_t last_id, arena *a, store_put **puts, golden_row ***expected)
{
    size_t count = 0;
    *puts = arena_take_array(a, end - r->next, sizeof **puts);
    *expected = arena_take_array(a, end - r->next, sizeof **expected);
    for (size_t i = r->next; i < end; i++) {
        golden_row *g = &r->rows[i];
        if (is_bookkeeping(g->table))
            continue;
        row *one = arena_take(a, sizeof *one);
        *one = (row){.id = ++last_id, .fields = g->fields, .field_count = g->field_count};
        (*expected)[count] = g;
        (*puts)[count++] = (store_put){.where = {g->table, g->key}, .rows = {one, 1}};
    }
    return count;
}

static void replay_block(replay *r, size_t number)
{
    arena a = {0};
    block *b = golden_decode(r->chain, number);
    batch_input in = {.rules = &r->chain->rules, .block = b, .before = r->counters};
    size_t end = end_of_block(r);
    golden_row **expected;
    in.state_count = state_of_block(r, end, in.before.last_id, &a, &in.state, &expected);
    store_batch batch;
    ledger_build_batch(&in, &a, &batch, &r->counters);
    for (size_t i = 0; i < in.state_count; i++)
        assert_int_equal(batch.puts[i].rows.rows[0].id, expected[i]->id);
    assert_int_equal(batch.number, number);
    check_puts(r, &batch, number + 1 == r->chain->block_count, &a);
    assert_int_equal(r->counters.last_id, r->rows[end - 1].id);
    r->next = end;
    block_drop(b);
    arena_reset(&a);
}

static void replay_chain(void **state)
{
    replay r;
    open_replay(&r, *state);
    r.counters.last_id = rules_have(&r.chain->rules, GATE_ENTRY_ID_BASE) ? FIRST_LAST_ID_BASED : FIRST_LAST_ID;
    while (r.rows[r.next].id <= r.counters.last_id)
        r.next++; /* the row of the counter itself */
    for (size_t number = 0; number < r.chain->block_count; number++)
        replay_block(&r, number);
    assert_int_equal(r.next, r.row_count);
    close_replay(&r);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(chains)];
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i] = (struct CMUnitTest){.name = chains[i], .test_func = replay_chain, .initial_state = (void *)chains[i]};
    return cmocka_run_group_tests_name("bookkeeping", tests, NULL, NULL);
}
