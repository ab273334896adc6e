/* 256-bit arithmetic against GMP, and the corners of spec/execution.md 4.8. */
#include "support_evm.h"

#include <gmp.h>

#include "vm/u256_evm.h"

static uint64_t seed = 1;

static uint64_t random_u64(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

/* Random length, random runs of ones and zeros: what division stumbles over. */
static u256 random_word(void)
{
    u256 out;
    for (int i = 0; i < 4; i++) {
        uint64_t kind = random_u64() % 6;
        out.limb[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : kind == 2 ? (uint64_t)1 << random_u64() % 64 : random_u64();
    }
    return u256_shift_right(out, random_u64() % 3 ? (unsigned)(random_u64() % 257) : 0);
}

static void to_mpz(mpz_t out, u256 a)
{
    mpz_import(out, 4, -1, 8, 0, 0, a.limb);
}

static void to_mpz_signed(mpz_t out, u256 a)
{
    to_mpz(out, a);
    if (!evm_is_negative(a))
        return;
    mpz_t modulus;
    mpz_init(modulus);
    mpz_setbit(modulus, 256);
    mpz_sub(out, out, modulus);
    mpz_clear(modulus);
}

static u256 of_mpz(const mpz_t a)
{
    mpz_t cut;
    mpz_init(cut);
    mpz_fdiv_r_2exp(cut, a, 256);
    u256 out = U256_ZERO;
    mpz_export(out.limb, NULL, -1, 8, 0, 0, cut);
    mpz_clear(cut);
    return out;
}

static void assert_same(u256 got, const mpz_t want)
{
    u256 expected = of_mpz(want);
    assert_memory_equal(&got, &expected, sizeof got);
}

typedef struct {
    mpz_t a, b, m, signed_a, signed_b, want;
} numbers;

static void check_division(numbers *n, u256 a, u256 b)
{
    u256 quotient, remainder;
    u256_divide(a, b, &quotient, &remainder);
    if (u256_is_zero(b)) {
        assert_true(u256_is_zero(quotient) && u256_is_zero(remainder));
        assert_true(u256_is_zero(evm_divide_signed(a, b)) && u256_is_zero(evm_remainder_signed(a, b)));
        return;
    }
    mpz_tdiv_q(n->want, n->a, n->b);
    assert_same(quotient, n->want);
    mpz_tdiv_r(n->want, n->a, n->b);
    assert_same(remainder, n->want);
    mpz_tdiv_q(n->want, n->signed_a, n->signed_b);
    assert_same(evm_divide_signed(a, b), n->want);
    mpz_tdiv_r(n->want, n->signed_a, n->signed_b);
    assert_same(evm_remainder_signed(a, b), n->want);
}

static void check_modular(numbers *n, u256 a, u256 b, u256 m)
{
    if (u256_is_zero(m)) {
        assert_true(u256_is_zero(evm_add_modulo(a, b, m)) && u256_is_zero(evm_multiply_modulo(a, b, m)));
        return;
    }
    mpz_add(n->want, n->a, n->b);
    mpz_mod(n->want, n->want, n->m);
    assert_same(evm_add_modulo(a, b, m), n->want);
    mpz_mul(n->want, n->a, n->b);
    mpz_mod(n->want, n->want, n->m);
    assert_same(evm_multiply_modulo(a, b, m), n->want);
}

static void check_rest(numbers *n, u256 a, u256 b)
{
    mpz_add(n->want, n->a, n->b);
    assert_same(u256_add(a, b), n->want);
    mpz_sub(n->want, n->a, n->b);
    assert_same(u256_sub(a, b), n->want);
    mpz_mul(n->want, n->a, n->b);
    assert_same(u256_mul(a, b), n->want);
    assert_int_equal(u256_is_less(a, b), mpz_cmp(n->a, n->b) < 0);
    assert_int_equal(evm_is_less_signed(a, b), mpz_cmp(n->signed_a, n->signed_b) < 0);
    unsigned shift = (unsigned)(random_u64() % 300);
    mpz_fdiv_q_2exp(n->want, n->signed_a, shift);
    assert_same(evm_shift_right_signed(a, u256_of(shift)), n->want);
    mpz_fdiv_q_2exp(n->want, n->a, shift);
    assert_same(u256_shift_right(a, shift), n->want);
    mpz_mul_2exp(n->want, n->a, shift);
    assert_same(u256_shift_left(a, shift), n->want);
}

static void random_words_agree_with_gmp(void **state)
{
    (void)state;
    numbers n;
    mpz_inits(n.a, n.b, n.m, n.signed_a, n.signed_b, n.want, NULL);
    for (int round = 0; round < 30000; round++) {
        u256 a = random_word(), b = random_word(), m = random_word();
        to_mpz(n.a, a), to_mpz(n.b, b), to_mpz(n.m, m);
        to_mpz_signed(n.signed_a, a), to_mpz_signed(n.signed_b, b);
        check_division(&n, a, b);
        check_modular(&n, a, b, m);
        check_rest(&n, a, b);
    }
    mpz_clears(n.a, n.b, n.m, n.signed_a, n.signed_b, n.want, NULL);
}

static void powers_agree_with_gmp(void **state)
{
    (void)state;
    mpz_t base, exponent, modulus, want;
    mpz_inits(base, exponent, modulus, want, NULL);
    mpz_setbit(modulus, 256);
    for (int round = 0; round < 500; round++) {
        u256 a = round % 5 ? random_word() : u256_of(2), b = random_word();
        to_mpz(base, a), to_mpz(exponent, b);
        mpz_powm(want, base, exponent, modulus);
        assert_same(evm_power(a, b), want);
    }
    for (unsigned i = 0; i < 300; i++)
        assert_true(u256_equal(evm_power(u256_of(2), u256_of(i)), u256_shift_left(u256_of(1), i)));
    mpz_clears(base, exponent, modulus, want, NULL);
}

#define MIN_SIGNED "8000000000000000000000000000000000000000000000000000000000000000"
#define MINUS_1 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MINUS_2 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
#define MINUS_7 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9"

/* Through the interpreter, so that the order of the operands is seen too: the first written is the deeper one. */
static void opcodes_and_their_corners(void **state)
{
    (void)state;
    static const struct {
        const char *code, *want;
    } cases[] = {
        {"3 10 SUB", "7"}, {"10 3 SUB", MINUS_7}, {"3 10 DIV", "3"}, {"0 10 DIV", "0"}, {"3 10 MOD", "1"}, {"0 10 MOD", "0"},
        {"0x" MINUS_1 " 0x" MIN_SIGNED " SDIV", MIN_SIGNED}, {"3 0x" MINUS_7 " SDIV", MINUS_2}, {"0 5 SDIV", "0"},
        {"0x" MINUS_2 " 7 SDIV", "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd"},
        {"3 0x" MINUS_7 " SMOD", MINUS_1}, {"0x" MINUS_2 " 7 SMOD", "1"}, {"0 7 SMOD", "0"},
        {"0x" MINUS_1 " 0x" MIN_SIGNED " SMOD", "0"},
        {"5 0x" MINUS_1 " 0x" MINUS_1 " ADDMOD", "0"}, {"0 1 1 ADDMOD", "0"}, {"7 4 5 ADDMOD", "2"},
        {"12 0x" MINUS_1 " 0x" MINUS_1 " MULMOD", "9"}, {"0 2 2 MULMOD", "0"},
        {"3 2 EXP", "8"}, {"0 0 EXP", "1"}, {"256 2 EXP", "0"}, {"2 0 EXP", "0"}, {"0x" MINUS_1 " 0x" MINUS_1 " EXP", MINUS_1},
        {"0xff 0 SIGNEXTEND", MINUS_1}, {"0x7f 0 SIGNEXTEND", "7f"}, {"0x17f 0 SIGNEXTEND", "7f"}, {"0x8000 1 SIGNEXTEND",
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8000"},
        {"0x" MIN_SIGNED " 31 SIGNEXTEND", MIN_SIGNED}, {"0x" MIN_SIGNED " 30 SIGNEXTEND", "0"},
        {"0xff 32 SIGNEXTEND", "ff"}, {"0xff 0x" MINUS_1 " SIGNEXTEND", "ff"},
        {"2 1 LT", "1"}, {"1 2 LT", "0"}, {"1 2 GT", "1"}, {"1 0x" MINUS_1 " SLT", "1"}, {"0x" MINUS_1 " 1 SGT", "1"},
        {"1 1 EQ", "1"}, {"0 1 EQ", "0"}, {"0 ISZERO", "1"}, {"7 ISZERO", "0"}, {"0 NOT", MINUS_1},
        {"12 10 AND", "8"}, {"12 10 OR", "e"}, {"12 10 XOR", "6"},
        {"0x1234 31 BYTE", "34"}, {"0x1234 30 BYTE", "12"}, {"0x" MINUS_7 " 32 BYTE", "0"}, {"0x" MIN_SIGNED " 0 BYTE", "80"},
        {"0x1234 0x10000000000000000 BYTE", "0"},
        {"1 4 SHL", "10"}, {"1 255 SHL", MIN_SIGNED}, {"1 256 SHL", "0"}, {"0x" MINUS_1 " 0x10000000000000000 SHL", "0"},
        {"0x10 4 SHR", "1"}, {"0x" MIN_SIGNED " 255 SHR", "1"}, {"0x" MIN_SIGNED " 256 SHR", "0"},
        {"0x" MIN_SIGNED " 255 SAR", MINUS_1}, {"0x" MIN_SIGNED " 256 SAR", MINUS_1}, {"0x" MIN_SIGNED " 0x" MINUS_1 " SAR",
         MINUS_1}, {"0x7f 256 SAR", "0"}, {"0x" MINUS_7 " 1 SAR", "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc"},
        {"0x" MINUS_7 " 0 SAR", MINUS_7},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 100000);
        assert_word(value_of(&w, cases[i].code), cases[i].want);
        world_free(&w);
    }
}

static void exp_costs_50_a_byte(void **state)
{
    (void)state;
    static const struct {
        const char *exponent;
        int64_t bytes;
    } cases[] = {{"0", 0}, {"1", 1}, {"255", 1}, {"256", 2}, {"0xffffff", 3}, {"0x" MIN_SIGNED, 32}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 100000);
        const char *text = arena_print(&w.memory, "%s 3 EXP", cases[i].exponent);
        assert_int_equal(execute(&w, text), EVM_SUCCESS);
        assert_int_equal(w.gas_used, 6 + 10 + 50 * cases[i].bytes);
        w.message.gas = w.gas_used - 1;
        assert_int_equal(execute(&w, text), EVM_OUT_OF_GAS);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_words_agree_with_gmp),
        cmocka_unit_test(powers_agree_with_gmp),
        cmocka_unit_test(opcodes_and_their_corners),
        cmocka_unit_test(exp_costs_50_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
