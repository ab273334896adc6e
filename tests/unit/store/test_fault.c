/* The fault wrapper does what its plan says: tests above rely on it. */
#include "store/fault.h"
#include "support_store.h"

typedef struct {
    store *inner, *s;
    store_fault_plan plan;
    error_text why;
} bench;

static int set_up(void **state)
{
    bench *t = calloc(1, sizeof *t);
    assert_int_equal(store_memory.open(&t->inner, &(store_config){0}, &t->why), STORE_OK);
    t->s = store_faulty(t->inner, &t->plan);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    bench *t = *state;
    store_close(t->s);
    store_close(t->inner);
    free(t);
    return 0;
}

static void restart(bench *t)
{
    store_close(t->s);
    t->s = store_faulty(t->inner, &t->plan);
}

static void a_write_fails_and_so_do_all_after_it(void **state)
{
    bench *t = *state;
    t->plan.applies = (fault_countdown){.calls_before = 2, .answer = STORE_FULL};
    assert_int_equal(apply_numbered(t->s, 0, &t->why), STORE_OK);
    assert_int_equal(apply_numbered(t->s, 1, &t->why), STORE_OK);
    assert_int_equal(apply_numbered(t->s, 2, &t->why), STORE_FULL);
    assert_int_equal(apply_numbered(t->s, 2, &t->why), STORE_FULL);
    assert_int_equal(store_note_put(t->s, "n", BYTES_OF_LITERAL("x"), &t->why), STORE_FULL);
    assert_numbered(t->s, 1);
    restart(t);
    assert_numbered(t->s, 1);
    assert_int_equal(apply_numbered(t->s, 2, &t->why), STORE_OK);
}

static void a_lost_answer_leaves_the_write(void **state)
{
    bench *t = *state;
    t->plan.applies = (fault_countdown){.answer = STORE_IO, .moment = FAULT_AFTER};
    assert_int_equal(apply_numbered(t->s, 0, &t->why), STORE_IO);
    restart(t);
    assert_numbered(t->s, 0);
    t->plan.notes = (fault_countdown){.answer = STORE_IO, .moment = FAULT_AFTER};
    assert_int_equal(store_note_put(t->s, "n", BYTES_OF_LITERAL("x"), &t->why), STORE_IO);
    restart(t);
    arena a = {0};
    bytes note;
    assert_int_equal(store_note_get(t->s, "n", &a, &note, &t->why), STORE_OK);
    assert_bytes_equal(note, BYTES_OF_LITERAL("x"));
    arena_reset(&a);
}

static void a_read_fails_once(void **state)
{
    bench *t = *state;
    assert_int_equal(apply_numbered(t->s, 0, &t->why), STORE_OK);
    arena a = {0};
    row_key where = {BYTES_OF_LITERAL("t_state"), BYTES_OF_LITERAL("counter")};
    row_set rows;
    t->plan.reads = (fault_countdown){.answer = STORE_CORRUPT};
    assert_int_equal(store_get_many(t->s, NULL, &where, 1, &a, &rows, &t->why), STORE_CORRUPT);
    assert_int_equal(store_get_many(t->s, NULL, &where, 1, &a, &rows, &t->why), STORE_OK);
    assert_int_equal(rows.count, 1);
    t->plan.reads = (fault_countdown){.answer = STORE_IO};
    store_cursor *c;
    bytes key;
    assert_int_equal(store_scan(t->s, NULL, BYTES_OF_LITERAL("t_log"), &c, &t->why), STORE_OK);
    assert_false(t->s->engine->cursor_next(c, &key, &rows));
    assert_int_equal(t->s->engine->cursor_close(c, &t->why), STORE_IO);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_write_fails_and_so_do_all_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_answer_leaves_the_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_read_fails_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
