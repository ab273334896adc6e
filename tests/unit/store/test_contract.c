/* The contract of store.h, asked of every engine and of the wrapper. */
#include "base/memory.h"
#include "store/fault.h"
#include "support_store.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    const char *name;
    const store_engine *engine;
    bool wrapped, survives_close;
} subject;

static const subject subjects[] = {
    {"memory", &store_memory, false, false},
    {"memory behind the fault wrapper", &store_memory, true, false},
    {"rocksdb", &store_rocksdb, false, true},
    {"rocksdb behind the fault wrapper", &store_rocksdb, true, true},
};

typedef struct {
    const subject *about;
    char *path;
    store *inner, *s;
    store_fault_plan plan;
    arena a;
    error_text why;
} bench;

static const subject *current; /* which of the subjects the group of tests below is run for */

static void open_store(bench *t)
{
    store_config config = {.path = t->path, .durable = false};
    assert_int_equal(t->about->engine->open(&t->inner, &config, &t->why), STORE_OK);
    t->s = t->about->wrapped ? store_faulty(t->inner, &t->plan) : t->inner;
}

static void close_store(bench *t)
{
    if (t->about->wrapped)
        store_close(t->s);
    store_close(t->inner);
}

static int set_up(void **state)
{
    bench *t = memory_new(sizeof *t);
    t->about = current;
    t->path = directory_new();
    open_store(t);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    bench *t = *state;
    close_store(t);
    directory_remove(t->path);
    arena_reset(&t->a);
    free(t);
    return 0;
}

static void a_new_store_is_empty(void **state)
{
    bench *t = *state;
    assert_int_equal(store_last_applied(t->s), -1);
    assert_int_equal(get_rows(t->s, NULL, "t", "k", &t->a).count, 0);
    store_cursor *c;
    bytes key;
    row_set rows;
    assert_int_equal(store_scan(t->s, NULL, BYTES_OF_LITERAL("t"), &c, &t->why), STORE_OK);
    assert_false(t->s->engine->cursor_next(c, &key, &rows));
    assert_int_equal(t->s->engine->cursor_close(c, &t->why), STORE_OK);
}

static void rows_come_back_as_they_were(void **state)
{
    bench *t = *state;
    batch_builder b = {0};
    row rows[2] = {make_row(&b.memory, 5, 0, ROW_NORMAL, "k", "one"), make_row(&b.memory, 9, 0, ROW_REMOVED, "k", "")};
    batch_rows(&b, "t", "k", rows, 2);
    batch_row(&b, "t", "", 10, 0, "under the empty key");
    batch_row(&b, "", "k", 11, 0, "in the nameless table");
    assert_int_equal(batch_apply(&b, t->s, 0, &t->why), STORE_OK);
    row_set read = get_rows(t->s, NULL, "t", "k", &t->a);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.rows[0].id, 5);
    assert_int_equal(read.rows[1].id, 9);
    assert_int_equal(read.rows[1].status, ROW_REMOVED);
    assert_bytes_equal(*row_find(&read.rows[0], BYTES_OF_LITERAL("value")), BYTES_OF_LITERAL("one"));
    assert_int_equal(row_find(&read.rows[1], BYTES_OF_LITERAL("value"))->size, 0);
    assert_null(row_find(&read.rows[0], BYTES_OF_LITERAL("valu")));
    assert_string_equal(get_value(t->s, NULL, "t", "", &t->a), "under the empty key");
    assert_string_equal(get_value(t->s, NULL, "", "k", &t->a), "in the nameless table");
}

/* Many keys in one call, over the engines' own batch size, absent and present ones mixed, some named twice. */
static void get_many_answers_in_the_order_asked(void **state)
{
    bench *t = *state;
    enum { KEYS = 1000 };
    store_put *puts = arena_take_array(&t->a, KEYS, sizeof *puts);
    row_key *asked = arena_take_array(&t->a, KEYS * 2, sizeof *asked);
    for (int i = 0; i < KEYS; i++) {
        const char *key = arena_print(&t->a, "k%d", i * 7919 % KEYS);
        row *r = arena_take(&t->a, sizeof *r);
        *r = make_row(&t->a, (uint64_t)(i * 7919 % KEYS) + 1, 0, ROW_NORMAL, key, key);
        puts[i] = (store_put){.where = {BYTES_OF_LITERAL("t"), bytes_of_text(key)}, .rows = {r, 1}};
    }
    assert_int_equal(store_apply(t->s, &(store_batch){.puts = puts, .put_count = KEYS}, &t->why), STORE_OK);
    for (int i = 0; i < KEYS * 2; i++)
        asked[i] = (row_key){BYTES_OF_LITERAL("t"), bytes_of_text(arena_print(&t->a, "k%d", i * 3 % (KEYS + 500)))};
    row_set *out = arena_take_array(&t->a, KEYS * 2, sizeof *out);
    assert_int_equal(store_get_many(t->s, NULL, asked, KEYS * 2, &t->a, out, &t->why), STORE_OK);
    for (int i = 0; i < KEYS * 2; i++) {
        int expected = i * 3 % (KEYS + 500);
        assert_int_equal(out[i].count, expected < KEYS);
        if (out[i].count)
            assert_bytes_equal(*row_find(&out[i].rows[0], BYTES_OF_LITERAL("value")), asked[i].key);
    }
    assert_int_equal(store_get_many(t->s, NULL, NULL, 0, &t->a, NULL, &t->why), STORE_OK);
}

static void tables_and_keys_do_not_run_into_each_other(void **state)
{
    bench *t = *state;
    static const char *const pairs[][2] = {{"a_b", "c"}, {"a", "b_c"}, {"a", "_b_c"}, {"ab", "_c"}, {"a", "b"}, {"", "ab"},
                                           {"ab", ""}, {"\x01", "a"}, {"aa", "b"}, {"\x02", "aab"}};
    batch_builder b = {0};
    for (size_t i = 0; i < COUNT(pairs); i++)
        batch_row(&b, pairs[i][0], pairs[i][1], i + 1, 0, arena_print(&b.memory, "%zu", i));
    assert_int_equal(batch_apply(&b, t->s, 0, &t->why), STORE_OK);
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_string_equal(get_value(t->s, NULL, pairs[i][0], pairs[i][1], &t->a), arena_print(&t->a, "%zu", i));
}

static void scan_gives_one_table_in_order(void **state)
{
    bench *t = *state;
    static const char *const keys[] = {"", "a", "a\x01", "aa", "b", "\x7f", "\x80", "\xff", "\xff\xff"}; /* ascending */
    batch_builder b = {0};
    for (size_t i = COUNT(keys); i-- > 0;)
        batch_row(&b, "mm", keys[i], i + 1, 0, "x");
    batch_row(&b, "m", "before", 100, 0, "x");
    batch_row(&b, "mn", "behind", 101, 0, "x");
    batch_row(&b, "mmm", "longer", 102, 0, "x");
    batch_row(&b, "\xff\xff", "last", 103, 0, "x");
    batch_row(&b, "\xff", "\xff", 104, 0, "x");
    assert_int_equal(batch_apply(&b, t->s, 0, &t->why), STORE_OK);
    store_cursor *c;
    bytes key;
    row_set rows;
    size_t seen = 0;
    assert_int_equal(store_scan(t->s, NULL, BYTES_OF_LITERAL("mm"), &c, &t->why), STORE_OK);
    while (t->s->engine->cursor_next(c, &key, &rows)) {
        assert_true(seen < COUNT(keys));
        assert_bytes_equal(key, bytes_of_text(keys[seen]));
        assert_int_equal(rows.count, 1);
        assert_int_equal(rows.rows[0].id, ++seen);
    }
    assert_int_equal(seen, COUNT(keys));
    assert_false(t->s->engine->cursor_next(c, &key, &rows));
    assert_int_equal(t->s->engine->cursor_close(c, &t->why), STORE_OK);
    assert_int_equal(store_scan(t->s, NULL, BYTES_OF_LITERAL("\xff\xff"), &c, &t->why), STORE_OK);
    assert_true(t->s->engine->cursor_next(c, &key, &rows));
    assert_bytes_equal(key, BYTES_OF_LITERAL("last"));
    assert_false(t->s->engine->cursor_next(c, &key, &rows));
    assert_int_equal(t->s->engine->cursor_close(c, &t->why), STORE_OK);
}

static void blocks_come_in_order_and_only_once(void **state)
{
    bench *t = *state;
    batch_builder b = {0};
    static const int64_t wrong_first[] = {1, -1, -2, 5};
    for (size_t i = 0; i < COUNT(wrong_first); i++) {
        batch_row(&b, "t", "k", 1, 0, "wrong");
        assert_int_equal(batch_apply(&b, t->s, wrong_first[i], &t->why), STORE_CONFLICT);
    }
    assert_int_equal(get_rows(t->s, NULL, "t", "k", &t->a).count, 0);
    for (int64_t n = 0; n < 4; n++)
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
    static const int64_t wrong_then[] = {0, 1, 2, 5, INT64_MAX};
    for (size_t i = 0; i < COUNT(wrong_then); i++) {
        batch_row(&b, "t_state", "counter", 1, 0, "wrong");
        t->why.text[0] = 0;
        assert_int_equal(batch_apply(&b, t->s, wrong_then[i], &t->why), STORE_CONFLICT);
        assert_non_null(strstr(t->why.text, "expects block 4"));
    }
    /* The same block again is harmless, even if its bytes differ (another quorum's signatures). */
    batch_row(&b, "t_state", "counter", 1, 0, "again");
    assert_int_equal(batch_apply(&b, t->s, 3, &t->why), STORE_OK);
    assert_numbered(t->s, 3);
}

static void an_empty_block_counts(void **state)
{
    bench *t = *state;
    assert_int_equal(store_apply(t->s, &(store_batch){.number = 0}, &t->why), STORE_OK);
    assert_int_equal(store_last_applied(t->s), 0);
    assert_int_equal(store_apply(t->s, &(store_batch){.number = 1}, &t->why), STORE_OK);
    assert_int_equal(store_last_applied(t->s), 1);
}

static void a_put_without_rows_removes_the_key(void **state)
{
    bench *t = *state;
    batch_builder b = {0};
    batch_row(&b, "t", "k", 1, 0, "x");
    batch_row(&b, "t", "l", 2, 0, "y");
    assert_int_equal(batch_apply(&b, t->s, 0, &t->why), STORE_OK);
    batch_rows(&b, "t", "k", NULL, 0);
    assert_int_equal(batch_apply(&b, t->s, 1, &t->why), STORE_OK);
    assert_int_equal(get_rows(t->s, NULL, "t", "k", &t->a).count, 0);
    store_cursor *c;
    bytes key;
    row_set rows;
    assert_int_equal(store_scan(t->s, NULL, BYTES_OF_LITERAL("t"), &c, &t->why), STORE_OK);
    assert_true(t->s->engine->cursor_next(c, &key, &rows));
    assert_bytes_equal(key, BYTES_OF_LITERAL("l"));
    assert_false(t->s->engine->cursor_next(c, &key, &rows));
    t->s->engine->cursor_close(c, NULL);
}

/* A batch of which one put cannot be stored leaves no trace of the others. */
static void a_batch_is_all_or_nothing(void **state)
{
    bench *t = *state;
    assert_int_equal(apply_numbered(t->s, 0, &t->why), STORE_OK);
    batch_builder b = {0};
    batch_row(&b, "t_state", "counter", 1, 1, "1");
    row wide = {.id = 5, .field_count = 5000};
    wide.fields = arena_take_array(&b.memory, wide.field_count, sizeof *wide.fields);
    for (size_t i = 0; i < wide.field_count; i++)
        wide.fields[i].name = bytes_of_text(arena_print(&b.memory, "%06zu", i));
    batch_rows(&b, "t", "wide", &wide, 1);
    assert_int_not_equal(batch_apply(&b, t->s, 1, &t->why), STORE_OK);
    assert_non_null(strstr(t->why.text, "table t, key wide"));
    assert_numbered(t->s, 0);
    assert_int_equal(apply_numbered(t->s, 1, &t->why), STORE_OK);
    assert_numbered(t->s, 1);
}

static void a_snapshot_stands_still(void **state)
{
    bench *t = *state;
    store_snapshot *empty = store_snapshot_take(t->s);
    for (int64_t n = 0; n < 3; n++)
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
    store_snapshot *at2 = store_snapshot_take(t->s), *also2 = store_snapshot_take(t->s);
    store_cursor *c;
    assert_int_equal(store_scan(t->s, at2, BYTES_OF_LITERAL("t_log"), &c, &t->why), STORE_OK);
    for (int64_t n = 3; n < 10; n++)
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
    assert_string_equal(get_value(t->s, empty, "t_state", "counter", &t->a), "");
    assert_string_equal(get_value(t->s, at2, "t_state", "counter", &t->a), "2");
    store_snapshot_release(t->s, at2);
    assert_string_equal(get_value(t->s, also2, "t_log", "3", &t->a), "");
    assert_string_equal(get_value(t->s, also2, "t_state", "counter", &t->a), "2");
    store_snapshot_release(t->s, also2);
    store_snapshot_release(t->s, empty);
    for (int64_t n = 10; n < 12; n++)
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
    bytes key;
    row_set rows;
    size_t seen = 0;
    while (t->s->engine->cursor_next(c, &key, &rows))
        assert_int_equal(rows.rows[0].num, seen++);
    assert_int_equal(seen, 3); /* the scan outlives the snapshot that it began with, and sees what that saw */
    assert_int_equal(t->s->engine->cursor_close(c, &t->why), STORE_OK);
    assert_numbered(t->s, 11);
}

static void notes_stand_beside_the_tables(void **state)
{
    bench *t = *state;
    bytes value;
    assert_int_equal(store_note_get(t->s, "prepared", &t->a, &value, &t->why), STORE_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(store_note_put(t->s, "prepared", BYTES_OF_LITERAL("one\0two"), &t->why), STORE_OK);
    assert_int_equal(store_note_put(t->s, "prepare", BYTES_OF_LITERAL("other"), &t->why), STORE_OK);
    assert_int_equal(store_note_get(t->s, "prepared", &t->a, &value, &t->why), STORE_OK);
    assert_bytes_equal(value, BYTES_OF_LITERAL("one\0two"));
    assert_int_equal(store_note_put(t->s, "prepared", BYTES_OF_LITERAL("three"), &t->why), STORE_OK);
    assert_int_equal(store_note_get(t->s, "prepared", &t->a, &value, &t->why), STORE_OK);
    assert_bytes_equal(value, BYTES_OF_LITERAL("three"));
    assert_int_equal(store_note_put(t->s, "prepared", BYTES_EMPTY, &t->why), STORE_OK);
    assert_int_equal(store_note_get(t->s, "prepared", &t->a, &value, &t->why), STORE_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(store_note_get(t->s, "prepare", &t->a, &value, &t->why), STORE_OK);
    assert_bytes_equal(value, BYTES_OF_LITERAL("other"));
    assert_int_equal(store_last_applied(t->s), -1); /* a note before the first block is no block */
    assert_int_equal(apply_numbered(t->s, 0, &t->why), STORE_OK);
}

static void everything_survives_a_reopen(void **state)
{
    bench *t = *state;
    if (!t->about->survives_close)
        skip();
    for (int64_t n = 0; n < 20; n++) {
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
        assert_int_equal(store_note_put(t->s, "note", BYTES_OF_VALUE(n), &t->why), STORE_OK);
        close_store(t);
        open_store(t);
        assert_numbered(t->s, n);
        bytes note;
        assert_int_equal(store_note_get(t->s, "note", &t->a, &note, &t->why), STORE_OK);
        assert_bytes_equal(note, BYTES_OF_VALUE(n));
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
        assert_int_equal(apply_numbered(t->s, n + 2, &t->why), STORE_CONFLICT);
    }
}

static void a_large_row_is_kept(void **state)
{
    bench *t = *state;
    enum { BYTES = 6 * 1024 * 1024 };
    char *large = malloc(BYTES + 1);
    for (int i = 0; i < BYTES; i++)
        large[i] = (char)('0' + i % 61);
    large[BYTES] = 0;
    batch_builder b = {0};
    for (int64_t n = 0; n < 3; n++) {
        batch_row(&b, "t", "large", 1, (uint32_t)n, large + n);
        assert_int_equal(batch_apply(&b, t->s, n, &t->why), STORE_OK);
    }
    assert_string_equal(get_value(t->s, NULL, "t", "large", &t->a), large + 2);
    free(large);
}

enum { READER_BLOCKS = 300 };

typedef struct {
    store *s;
    atomic_bool done;
} shared_store;

/* One snapshot never shows two blocks mixed; the newest state never goes back. */
static void *read_while_written(void *argument)
{
    shared_store *shared = argument;
    long long newest = -1;
    do {
        arena a = {0};
        store_snapshot *snapshot = store_snapshot_take(shared->s);
        const char *counter = get_value(shared->s, snapshot, "t_state", "counter", &a);
        long long n = *counter ? atoll(counter) : -1;
        assert_true(n >= newest);
        newest = n;
        char key[32];
        snprintf(key, sizeof key, "%lld", n);
        assert_true(n < 0 || *get_value(shared->s, snapshot, "t_log", key, &a));
        snprintf(key, sizeof key, "%lld", n + 1);
        assert_string_equal(get_value(shared->s, snapshot, "t_log", key, &a), "");
        store_snapshot_release(shared->s, snapshot);
        arena_reset(&a);
    } while (!shared->done);
    return NULL;
}

static void readers_and_the_writer_do_not_meet(void **state)
{
    bench *t = *state;
    if (t->about->wrapped)
        skip(); /* the plan of the wrapper belongs to one thread */
    shared_store shared = {.s = t->s};
    pthread_t readers[2];
    for (size_t i = 0; i < COUNT(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_while_written, &shared), 0);
    for (int64_t n = 0; n < READER_BLOCKS; n++)
        assert_int_equal(apply_numbered(t->s, n, &t->why), STORE_OK);
    shared.done = true;
    for (size_t i = 0; i < COUNT(readers); i++)
        pthread_join(readers[i], NULL);
    assert_numbered(t->s, READER_BLOCKS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_store_is_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_come_back_as_they_were, set_up, tear_down),
        cmocka_unit_test_setup_teardown(get_many_answers_in_the_order_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_and_keys_do_not_run_into_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scan_gives_one_table_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blocks_come_in_order_and_only_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_block_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_put_without_rows_removes_the_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_is_all_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_snapshot_stands_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_stand_beside_the_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(everything_survives_a_reopen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_row_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_and_the_writer_do_not_meet, set_up, tear_down),
    };
    int failures = 0;
    for (size_t i = 0; i < COUNT(subjects); i++) {
        current = &subjects[i];
        printf("# %s\n", current->name);
        failures += cmocka_run_group_tests_name(current->name, tests, NULL, NULL);
    }
    return failures;
}
