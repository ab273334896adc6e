/* Arguments and results as spec/precompiled.md 3.1 and 3.2 want them. */
#include "test.h"

#include "contract/abi.h"
#include "contract/number_text.h"
#include "codec/hex.h"

static arena memory;

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

static bytes words(size_t count, const char *const *hex)
{
    uint8_t *data = arena_take_array(&memory, count, 32);
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(hex[i]) / 2;
        assert_true(hex_read(bytes_of_text(hex[i]), data + 32 * i + 32 - size, size));
    }
    return bytes_of(data, 32 * count);
}

static void reads_heads_and_tails(void **state)
{
    (void)state;
    static const char *const hex[] = {"60", "2a", "ffffffffffffffffffffffff00000000000000000000000000000000000000aa", "03",
                                      "6162630000000000000000000000000000000000000000000000000000000000"};
    bytes data = words(COUNT(hex), hex);
    abi_reader r = abi_reader_of(data);
    assert_true(bytes_equal_text(abi_read_bytes(&r), "abc"));
    assert_true(u256_equal(abi_read_u256(&r), u256_of(42)));
    address a = abi_read_address(&r); /* the high 12 bytes are ignored */
    assert_int_equal(a.b[0], 0);
    assert_int_equal(a.b[19], 0xaa);
    assert_false(r.failed);
}

/* Each truncation: what was read before keeps its value, the rest is empty, nothing is read past the end. */
static void every_truncation(void **state)
{
    (void)state;
    static const char *const hex[] = {"40", "80", "02", "6162000000000000000000000000000000000000000000000000000000000000", "01",
                                      "6300000000000000000000000000000000000000000000000000000000000000"};
    bytes data = words(COUNT(hex), hex);
    for (size_t size = 0; size <= data.size; size++) {
        uint8_t *copy = malloc(size + !size); /* so that a read past the end is seen */
        memcpy(copy, data.data, size);
        abi_reader r = abi_reader_of(bytes_of(copy, size));
        bytes first = abi_read_bytes(&r), second = abi_read_bytes(&r);
        assert_int_equal(first.size, size >= 64 + 32 + 2 ? 2 : 0);
        assert_int_equal(second.size, size >= 128 + 32 + 1 ? 1 : 0);
        assert_int_equal(r.failed, size < 128 + 32 + 1);
        free(copy);
    }
}

static void failure_stops_decoding(void **state)
{
    (void)state;
    static const char *const hex[] = {"ff", "2a"};
    abi_reader r = abi_reader_of(words(COUNT(hex), hex));
    assert_int_equal(abi_read_bytes(&r).size, 0);
    assert_true(u256_is_zero(abi_read_u256(&r))); /* although it is there */
}

/* QUIRK: sums of positions wrap at 2^64; what passes the test that way is the empty string and no failure. */
static void positions_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *words[2]; /* the head, and what stands behind it */
        bool failed;
    } cases[] = {
        {{"20", "ffffffffffffffff"}, false}, /* 0x20 + 32 + L - 1 wraps to 0x3e */
        {{"20", "ffffffffffffff00"}, true},  /* does not wrap, or wraps to too much */
        {{"20", "fffffffffffffff0"}, false},
        {{"ffffffffffffffff", "00"}, false}, /* o + 31 wraps to 0x1e, and so does the end */
        {{"ffffffffffffffe1", "00"}, false},
        {{"ffffffffffffffe0", "00"}, true},  /* o + 31 is 2^64 - 1 */
        {{"010000000000000020", "00"}, false}, /* the low 64 bits of the offset count */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        abi_reader r = abi_reader_of(words(2, cases[i].words));
        assert_int_equal(abi_read_bytes(&r).size, 0);
        assert_int_equal(r.failed, cases[i].failed);
    }
}

static void signed_boundary(void **state)
{
    (void)state;
    static const struct {
        const char *word, *text;
    } cases[] = {
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "-1"},
        {"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         "57896044618658097711785492504343953926634992332820282019728792003956564819967"},
        /* QUIRK: 0x8000..00 to 0x8fff..ff stay positive */
        {"8000000000000000000000000000000000000000000000000000000000000000",
         "57896044618658097711785492504343953926634992332820282019728792003956564819968"},
        {"8fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         "65133050195990359925758679067386948167464366374422817272194891004451135422463"},
        {"9000000000000000000000000000000000000000000000000000000000000000",
         "-50659039041325835497812305941300959685805618291217746767262693003461994217472"},
        {"00", "0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        abi_reader r = abi_reader_of(words(1, &cases[i].word));
        bytes text = abi_signed_text(&memory, abi_read_signed(&r));
        assert_true(bytes_equal_text(text, cases[i].text));
    }
}

static void writes_results(void **state)
{
    (void)state;
    abi_writer w = abi_writer_of(&memory);
    address one = {{[19] = 1}};
    abi_write_i64(&w, -50000);
    abi_write_bytes(&w, BYTES_EMPTY);
    abi_write_addresses(&w, &one, 1);
    bytes out = abi_written(&w);
    assert_string_equal(hex_text(&memory, out), "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3cb0"
                                                "0000000000000000000000000000000000000000000000000000000000000060"
                                                "0000000000000000000000000000000000000000000000000000000000000080"
                                                "0000000000000000000000000000000000000000000000000000000000000000"
                                                "0000000000000000000000000000000000000000000000000000000000000001"
                                                "0000000000000000000000000000000000000000000000000000000000000001");
}

static void writes_error_text(void **state)
{
    (void)state;
    bytes standard = abi_error(&crypto_standard, &memory, bytes_of_text("std::exception"));
    assert_int_equal(standard.size, 100);
    assert_int_equal(read_be32(standard.data), 0x08c379a0);
    assert_int_equal(read_be32(abi_error(&crypto_national, &memory, BYTES_EMPTY).data), 0xc703cb12);
}

static void numbers_in_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool cast, constructed;
        uint64_t value;
    } cases[] = {
        {"10", true, true, 10}, {"010", true, true, 8},  {"08", false, false, 0},     {"0", true, true, 0},    {"00", true, true, 0},
        {"", false, true, 0},   {"+1", false, false, 0}, {" 1", false, false, 0},     {"abc", false, false, 0}, {"1e3", false, false, 0},
        {"-", false, false, 0}, {"0x10", false, true, 16}, {"0x", false, false, 0},   {"12a", false, false, 0},
        {"115792089237316195423570985008687907853269984665640564039457584007913129639941", true, true, 5}, /* modulo 2^256 */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        u256 number;
        assert_int_equal(number_read_cast(bytes_of_text(cases[i].text), &number), cases[i].cast);
        if (cases[i].cast)
            assert_true(u256_equal(number, u256_of(cases[i].value)));
        assert_int_equal(number_read_constructed(bytes_of_text(cases[i].text), &number), cases[i].constructed);
        if (cases[i].constructed)
            assert_true(u256_equal(number, u256_of(cases[i].value)));
    }
    u256 number;
    assert_true(number_read_cast(bytes_of_text("-1"), &number));
    assert_true(u256_equal(number, U256_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_heads_and_tails), cmocka_unit_test(every_truncation), cmocka_unit_test(failure_stops_decoding),
        cmocka_unit_test(positions_wrap),        cmocka_unit_test(signed_boundary),  cmocka_unit_test(writes_results),
        cmocka_unit_test(writes_error_text),            cmocka_unit_test(numbers_in_texts),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
