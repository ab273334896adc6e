#include "test.h"

#include "base/u256.h"

static u256 decimal(const char *text)
{
    u256 value;
    assert_true(u256_from_decimal(bytes_of_text(text), &value));
    return value;
}

static void assert_decimal(u256 value, const char *expected)
{
    char text[U256_DECIMAL_BYTES];
    u256_to_decimal(value, text);
    assert_string_equal(text, expected);
}

static void decimal_text_round_trips(void **state)
{
    (void)state;
    assert_decimal(U256_ZERO, "0");
    assert_decimal(u256_of(UINT64_MAX), "18446744073709551615");
    assert_decimal(U256_MAX, "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    assert_decimal(decimal("10000000000000000000"), "10000000000000000000");
    u256 ignored;
    assert_false(u256_from_decimal(BYTES_OF_LITERAL(""), &ignored));
    assert_false(u256_from_decimal(BYTES_OF_LITERAL("12a"), &ignored));
    assert_false(u256_from_decimal(
        BYTES_OF_LITERAL("115792089237316195423570985008687907853269984665640564039457584007913129639936"), &ignored));
}

static void division_is_the_inverse_of_multiplication(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 20000; round++) {
        u256 a, b, quotient, remainder;
        for (int i = 0; i < 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            a.limb[i] = seed;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            b.limb[i] = seed >> 60 ? seed : UINT64_MAX;
        }
        b = u256_shift_right(b, (unsigned)(seed >> 32) % 256);
        if (round % 7 == 0)
            a.limb[3] = UINT64_MAX;
        u256_divide(a, b, &quotient, &remainder);
        if (u256_is_zero(b)) {
            assert_true(u256_is_zero(quotient) && u256_is_zero(remainder));
            continue;
        }
        assert_true(u256_compare(remainder, b) < 0);
        assert_true(u256_equal(u256_add(u256_mul(quotient, b), remainder), a));
    }
}

static void shifts_and_bytes(void **state)
{
    (void)state;
    u256 one = u256_of(1);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(u256_bits(u256_shift_left(one, i)), i + 1);
        assert_true(u256_equal(u256_shift_right(u256_shift_left(one, i), i), one));
    }
    assert_true(u256_is_zero(u256_shift_left(one, 256)));
    uint8_t out[32];
    assert_int_equal(u256_to_be_minimal(u256_of(0x1234), out), 2);
    assert_true(out[0] == 0x12 && out[1] == 0x34);
    u256_to_be(U256_MAX, out);
    assert_true(u256_equal(u256_from_be(bytes_of(out, 32)), U256_MAX));
    assert_true(u256_equal(u256_sub(U256_ZERO, one), U256_MAX));
}

static void wide_remainders_and_order(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 5000; round++) {
        u256 a, m, quotient, remainder;
        for (int i = 0; i < 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            a.limb[i] = seed;
            m.limb[i] = seed ^ seed << 23;
        }
        m = u256_shift_right(m, (unsigned)(seed >> 32) % 256);
        u256_divide(a, m, &quotient, &remainder);
        assert_true(u256_equal(u256_remainder_wide(a.limb, 4, m), remainder));
        assert_int_equal(u256_is_less(a, m), u256_compare(a, m) < 0);
        assert_false(u256_is_less(m, m));
        /* 2^256 mod m is (2^256 - 1 mod m) + 1, mod m */
        const uint64_t power[8] = {0, 0, 0, 0, 1, 0, 0, 0};
        u256_divide(U256_MAX, m, &quotient, &remainder);
        u256 next = u256_add(remainder, u256_of(1));
        u256 expected = u256_equal(next, m) || u256_is_zero(m) ? U256_ZERO : next;
        assert_true(u256_equal(u256_remainder_wide(power, 8, m), expected));
    }
    assert_true(u256_is_zero(u256_remainder_wide(NULL, 0, u256_of(3))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_text_round_trips),
        cmocka_unit_test(division_is_the_inverse_of_multiplication),
        cmocka_unit_test(shifts_and_bytes),
        cmocka_unit_test(wide_remainders_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
