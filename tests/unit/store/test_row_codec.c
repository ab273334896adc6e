/* The stored form of a row set: round trips, every truncation, every way to be wrong. */
#include "codec/hex.h"
#include "store/row_codec.h"
#include "support_store.h"

static buffer encode(const row *rows, size_t count)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    assert_true(row_set_encode(&(row_set){(row *)rows, count}, &out));
    return out;
}

static void assert_same(const row_set *a, const row_set *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const row *x = &a->rows[i], *y = &b->rows[i];
        assert_int_equal(x->id, y->id);
        assert_int_equal(x->num, y->num);
        assert_int_equal(x->status, y->status);
        assert_int_equal(x->field_count, y->field_count);
        for (size_t f = 0; f < x->field_count; f++) {
            assert_bytes_equal(x->fields[f].name, y->fields[f].name);
            assert_bytes_equal(x->fields[f].value, y->fields[f].value);
        }
    }
}

static size_t make_rows(arena *a, row out[4])
{
    out[0] = make_row(a, 1, 0, ROW_NORMAL, "k", "");
    out[1] = make_row(a, 127, 128, ROW_REMOVED, "k", "value");
    out[2] = (row){.id = 128, .num = UINT32_MAX};
    out[3] = make_row(a, UINT64_MAX, 7, ROW_NORMAL, "k", "another value");
    return 4;
}

static void layout_is_fixed(void **state)
{
    (void)state;
    arena a = {0};
    row r = make_row(&a, 100002, 300, ROW_REMOVED, "ab", "c");
    buffer out = encode(&r, 1);
    assert_string_equal(hex_text(&a, buffer_bytes(&out)), "0101a28d06ac02010203" "6b6579" "026162" "05" "76616c7565" "0163");
    buffer_free(&out);
    out = encode(NULL, 0);
    assert_string_equal(hex_text(&a, buffer_bytes(&out)), "0100");
    buffer_free(&out);
    arena_reset(&a);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    arena a = {0};
    row rows[4];
    size_t count = make_rows(&a, rows);
    buffer out = encode(rows, count);
    row_set read;
    error_text why;
    assert_true(row_set_decode(buffer_bytes(&out), &a, &read, &why));
    assert_same(&(row_set){rows, count}, &read);
    buffer_free(&out);
    arena_reset(&a);
}

static void every_truncation_and_extension_is_refused(void **state)
{
    (void)state;
    arena a = {0};
    row rows[4];
    buffer out = encode(rows, make_rows(&a, rows));
    row_set read;
    for (size_t size = 0; size < out.size; size++) {
        error_text why = {""};
        uint8_t *exact = malloc(size ? size : 1); /* so that the sanitizer sees a read past the end */
        memcpy(exact, out.data, size);
        assert_false(row_set_decode(bytes_of(exact, size), &a, &read, &why));
        assert_int_equal(read.count, 0);
        assert_true(why.text[0] != 0);
        free(exact);
    }
    buffer_append_byte(&out, 0);
    assert_false(row_set_decode(buffer_bytes(&out), &a, &read, NULL));
    buffer_free(&out);
    arena_reset(&a);
}

static void damage_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *reason;
    } cases[] = {
        {"", "0 bytes"},
        {"02", "format 2"},
        {"0180", "inside a number"},
        {"018000", "shortest form"},
        {"0101" "0100" "00" "8000", "shortest form"},
        {"01ffffffffffffffffff7f", "above 64 bits"},
        {"01ffffffff07", "count larger"},
        {"0102" "01000000", "count larger"},
        {"0101" "01000002", "count larger"},
        {"0101" "01000200", "unknown row status"},
        {"0101" "01ffffffff1f0000", "above 32 bits"},
        {"0102" "01000000" "01000000", "ids not in ascending"},
        {"0102" "02000000" "01000000", "ids not in ascending"},
        {"0101" "01000002" "016200" "016100", "fields not in ascending"},
        {"0101" "01000002" "016100" "016100", "fields not in ascending"},
        {"0101" "01000001" "0561" "00", "length larger"},
        {"0101" "01000001" "ffffffffffffffffff01" "00", "length larger"},
        {"010000", "behind the last row"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        bytes in;
        row_set read;
        error_text why = {""};
        assert_true(hex_read_any(&a, bytes_of_text(cases[i].hex), &in));
        assert_false(row_set_decode(in, &a, &read, &why));
        if (!strstr(why.text, cases[i].reason))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].hex, why.text, cases[i].reason);
        arena_reset(&a);
    }
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    arena a = {0};
    row r = {.id = 1, .field_count = ROW_FIELDS_MAX + 1};
    r.fields = arena_take_array(&a, r.field_count, sizeof *r.fields);
    for (size_t i = 0; i < r.field_count; i++)
        r.fields[i].name = bytes_of_text(arena_print(&a, "%06zu", i));
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    assert_false(row_set_encode(&(row_set){&r, 1}, &out));
    r.field_count--;
    buffer_clear(&out);
    assert_true(row_set_encode(&(row_set){&r, 1}, &out));
    row_set read;
    assert_true(row_set_decode(buffer_bytes(&out), &a, &read, NULL));
    assert_same(&(row_set){&r, 1}, &read);
    buffer_free(&out);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_fixed),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_truncation_and_extension_is_refused),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(too_many_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
