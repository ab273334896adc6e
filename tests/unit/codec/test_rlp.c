#include "test.h"

#include "codec/hex.h"
#include "codec/rlp.h"

static bytes unhex(arena *a, const char *text)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(text), &out));
    return out;
}

static void integers_are_strict(void **state)
{
    (void)state;
    arena a = {0};
    static const struct {
        const char *hex;
        rlp_error error;
        uint64_t value;
    } cases[] = {
        {"80", RLP_OK, 0},          {"01", RLP_OK, 1},           {"7f", RLP_OK, 127},
        {"8180", RLP_OK, 128},      {"820400", RLP_OK, 1024},    {"00", RLP_NOT_CANONICAL, 0},
        {"8101", RLP_NOT_CANONICAL, 0}, {"820001", RLP_NOT_CANONICAL, 0}, {"c0", RLP_NOT_A_STRING, 0},
        {"89010000000000000000", RLP_WRONG_SIZE, 0}, {"", RLP_TRUNCATED, 0}, {"82ff", RLP_TRUNCATED, 0},
        {"b801ff", RLP_NOT_CANONICAL, 0}, {"b9003800", RLP_NOT_CANONICAL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        rlp_reader r = rlp_reader_of(unhex(&a, cases[i].hex));
        uint64_t value = rlp_read_uint(&r, 8);
        assert_int_equal(r.error, cases[i].error);
        assert_int_equal(value, cases[i].value);
    }
    arena_reset(&a);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    size_t outer = rlp_begin_list(&b);
    rlp_write_uint(&b, 300);
    size_t inner = rlp_begin_list(&b);
    uint8_t block[100] = {1};
    rlp_write_string(&b, bytes_of(block, sizeof block));
    rlp_end_list(&b, inner);
    rlp_end_list(&b, outer);
    for (size_t size = 0; size < b.size; size++) {
        rlp_reader r = rlp_open_list(bytes_of(b.data, size));
        assert_int_not_equal(r.error, RLP_OK);
    }
    rlp_reader r = rlp_open_list(buffer_bytes(&b));
    assert_int_equal(rlp_count_items(&r), 2);
    assert_int_equal(rlp_read_uint(&r, 8), 300);
    rlp_reader list = rlp_read_list(&r);
    assert_int_equal(rlp_read_string(&list).size, 100);
    assert_true(rlp_at_end(&r) && rlp_at_end(&list) && !r.error && !list.error);
    buffer_append_byte(&b, 0x80);
    assert_int_equal(rlp_open_list(buffer_bytes(&b)).error, RLP_TRAILING_BYTES);
    buffer_free(&b);
}

static void boxes_hold_items_without_a_list_header(void **state)
{
    (void)state;
    arena a = {0};
    /* spec/consensus.md 6.4: height 11, view 0, idx 3, hash aa.. */
    rlp_reader r = rlp_open_boxed(unhex(&a, "e5a40b8003a0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    uint8_t hash[32];
    assert_int_equal(rlp_read_uint(&r, 8), 11);
    assert_int_equal(rlp_read_uint(&r, 8), 0);
    assert_int_equal(rlp_read_uint(&r, 2), 3);
    rlp_read_fixed(&r, hash, 32, RLP_EXACT);
    assert_int_equal(r.error, RLP_OK);
    assert_true(rlp_at_end(&r));
    rlp_read_string(&r);
    assert_int_equal(r.error, RLP_TRUNCATED);
    assert_int_equal(r.item, 4);
    arena_reset(&a);
}

static void fixed_sizes_fit_as_asked(void **state)
{
    (void)state;
    const uint8_t short_item[] = {0x82, 0x12, 0x34}, long_item[] = {0x84, 1, 2, 3, 4};
    uint8_t out[3];
    rlp_reader r = rlp_reader_of(bytes_of(short_item, sizeof short_item));
    rlp_read_fixed(&r, out, 3, RLP_PAD_LEFT);
    assert_memory_equal(out, ((uint8_t[]){0, 0x12, 0x34}), 3);
    r = rlp_reader_of(bytes_of(long_item, sizeof long_item));
    rlp_read_fixed(&r, out, 3, RLP_CROP);
    assert_memory_equal(out, ((uint8_t[]){1, 2, 3}), 3);
    r = rlp_reader_of(bytes_of(long_item, sizeof long_item));
    rlp_read_fixed(&r, out, 3, RLP_PAD_LEFT);
    assert_int_equal(r.error, RLP_WRONG_SIZE);
}

static void hex_reads_odd_and_prefixed_text(void **state)
{
    (void)state;
    arena a = {0};
    bytes out;
    assert_true(hex_read_any(&a, BYTES_OF_LITERAL("0xabc"), &out));
    assert_bytes_equal(out, bytes_of("\x0a\xbc", 2));
    assert_false(hex_read_any(&a, BYTES_OF_LITERAL("0xag"), &out));
    assert_true(hex_read_any(&a, BYTES_OF_LITERAL(""), &out));
    assert_int_equal(out.size, 0);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(boxes_hold_items_without_a_list_header),
        cmocka_unit_test(fixed_sizes_fit_as_asked),
        cmocka_unit_test(hex_reads_odd_and_prefixed_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
