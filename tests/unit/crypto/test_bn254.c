#include "test.h"

#include <gmp.h>

#include "codec/hex.h"
#include "crypto/bn254.h"
#include "crypto/bn254_group.h"

#define P_DECIMAL "21888242871839275222246405745257275088696311157297823662689037894645226208583"
#define R_DECIMAL "21888242871839275222246405745257275088548364400416034343698204186575808495617"

/* EIP-196 and EIP-197: the generators of G1 and G2. */
static const char g1_generator[] = "0000000000000000000000000000000000000000000000000000000000000001"
                                   "0000000000000000000000000000000000000000000000000000000000000002";
static const char g2_generator[] = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
                                   "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
                                   "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
                                   "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

static uint64_t seed = 1;

static uint64_t random_u64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void number_to_be(const mpz_t n, uint8_t out[32])
{
    size_t size = (mpz_sizeinbase(n, 2) + 7) / 8, written;
    memset(out, 0, 32);
    if (mpz_sgn(n) != 0)
        mpz_export(out + 32 - size, &written, 1, 1, 1, 0, n);
}

static void random_below(mpz_t out, const mpz_t limit)
{
    uint64_t words[5];
    for (size_t i = 0; i < COUNT(words); i++)
        words[i] = random_u64();
    mpz_import(out, COUNT(words), 1, 8, 0, 0, words);
    mpz_mod(out, out, limit);
}

static fp fp_of_number(const mpz_t n)
{
    uint8_t be[32];
    fp out;
    number_to_be(n, be);
    assert_true(fp_from_be(be, &out));
    return out;
}

static void assert_fp_is(const fp *a, const mpz_t expected)
{
    uint8_t got[32], want[32];
    fp_to_be(a, got);
    number_to_be(expected, want);
    assert_memory_equal(got, want, 32);
}

static fp2 random_fp2(const mpz_t p)
{
    mpz_t n;
    fp2 out;
    mpz_init(n);
    random_below(n, p);
    out.re = fp_of_number(n);
    random_below(n, p);
    out.im = fp_of_number(n);
    mpz_clear(n);
    return out;
}

static void from_hex(const char *text, uint8_t *out, size_t size)
{
    assert_true(hex_read(bytes_of_text(text), out, size));
}

/* --- the field --- */

static void field_agrees_with_gmp(void **state)
{
    (void)state;
    mpz_t p, a, b, c;
    mpz_inits(p, a, b, c, NULL);
    mpz_set_str(p, P_DECIMAL, 10);
    for (int round = 0; round < 3000; round++) {
        random_below(a, p);
        random_below(b, p);
        if (round % 50 == 0)
            mpz_sub_ui(a, p, 1 + (unsigned)round % 3); /* at the upper border */
        if (round % 50 == 1)
            mpz_set_ui(a, (unsigned)round % 3);
        if (round % 3 == 0)
            mpz_sub_ui(b, p, 1);
        fp x = fp_of_number(a), y = fp_of_number(b), z;
        assert_fp_is(&x, a);
        mpz_add(c, a, b), mpz_mod(c, c, p), fp_add(&z, &x, &y);
        assert_fp_is(&z, c);
        mpz_sub(c, a, b), mpz_mod(c, c, p), fp_sub(&z, &x, &y);
        assert_fp_is(&z, c);
        mpz_neg(c, a), mpz_mod(c, c, p), fp_neg(&z, &x);
        assert_fp_is(&z, c);
        mpz_mul(c, a, b), mpz_mod(c, c, p), fp_mul(&z, &x, &y);
        assert_fp_is(&z, c);
        fp_half(&z, &x), fp_add(&z, &z, &z);
        assert_fp_is(&z, a);
        if (round % 20 == 0 && mpz_invert(c, a, p)) {
            fp_invert(&z, &x);
            assert_fp_is(&z, c);
        }
    }
    mpz_clears(p, a, b, c, NULL);
}

static void numbers_from_the_modulus_on_are_refused(void **state)
{
    (void)state;
    mpz_t p;
    uint8_t be[32];
    fp out;
    mpz_init_set_str(p, P_DECIMAL, 10);
    number_to_be(p, be);
    assert_false(fp_from_be(be, &out));
    be[31]--;
    assert_true(fp_from_be(be, &out));
    memset(be, 0xff, 32);
    assert_false(fp_from_be(be, &out));
    memset(be, 0, 32);
    be[0] = 0x31;
    assert_false(fp_from_be(be, &out));
    mpz_clear(p);
}

static void fp2_power(fp2 *out, const fp2 *base, const mpz_t exponent)
{
    fp2 power = {.re = fp_one};
    for (size_t bit = mpz_sizeinbase(exponent, 2); bit-- > 0;) {
        fp2_square(&power, &power);
        if (mpz_tstbit(exponent, bit))
            fp2_mul(&power, &power, base);
    }
    *out = power;
}

static void fp12_power(fp12 *out, const fp12 *base, const mpz_t exponent)
{
    fp12 power = fp12_of_one();
    for (size_t bit = mpz_sizeinbase(exponent, 2); bit-- > 0;) {
        fp12_mul(&power, &power, &power);
        if (mpz_tstbit(exponent, bit))
            fp12_mul(&power, &power, base);
    }
    *out = power;
}

static fp12 random_fp12(const mpz_t p)
{
    fp12 a;
    fp2 *parts = &a.c0.c0;
    for (int i = 0; i < 6; i++)
        parts[i] = random_fp2(p);
    return a;
}

static void tower_obeys_its_laws(void **state)
{
    (void)state;
    mpz_t p, e;
    mpz_inits(p, e, NULL);
    mpz_set_str(p, P_DECIMAL, 10);
    fp2 xi = {fp_of_small(9), fp_of_small(1)}, power;
    mpz_sub_ui(e, p, 1);
    assert_true(mpz_divisible_ui_p(e, 6));
    mpz_divexact_ui(e, e, 6);
    fp2_power(&power, &xi, e);
    fp2 expected = {.re = fp_one};
    for (int i = 0; i < 6; i++, fp2_mul(&expected, &expected, &power))
        assert_true(fp2_equal(&frobenius_power[i], &expected));

    for (int round = 0; round < 5; round++) {
        fp12 a = random_fp12(p), b = random_fp12(p), c = random_fp12(p), left, right;
        fp12_mul(&left, &a, &b), fp12_mul(&left, &left, &c);
        fp12_mul(&right, &b, &c), fp12_mul(&right, &a, &right);
        assert_memory_equal(&left, &right, sizeof left);
        fp12_square(&left, &a), fp12_mul(&right, &a, &a);
        assert_memory_equal(&left, &right, sizeof left);
        fp12_invert(&left, &a), fp12_mul(&left, &left, &a);
        assert_true(fp12_is_one(&left));
        fp12_frobenius(&left, &a), fp12_power(&right, &a, p);
        assert_memory_equal(&left, &right, sizeof left);
        for (int i = 0; i < 6; i++)
            fp12_frobenius(&right, i ? &right : &a);
        fp12_conjugate(&left, &a);
        assert_memory_equal(&left, &right, sizeof left);
        fp12 line;
        memset(&line, 0, sizeof line);
        line.c0.c0 = b.c0.c0, line.c1.c0 = b.c1.c0, line.c1.c1 = b.c1.c1;
        fp12_mul(&left, &a, &line);
        fp12_mul_line(&right, &a, &b.c0.c0, &b.c1.c0, &b.c1.c1);
        assert_memory_equal(&left, &right, sizeof left);
        fp2 inverse;
        fp2_invert(&inverse, &a.c0.c0), fp2_mul(&inverse, &inverse, &a.c0.c0);
        assert_true(fp_equal(&inverse.re, &fp_one) && fp_is_zero(&inverse.im));
    }
    mpz_clears(p, e, NULL);
}

/* --- G1 in bytes --- */

static void g1_times(const char *point_hex, const mpz_t scalar, uint8_t out[64])
{
    uint8_t point[64], be[32];
    from_hex(point_hex, point, 64);
    number_to_be(scalar, be);
    assert_true(bn254_multiply(point, be, out));
}

static void g1_known_multiples(void **state)
{
    (void)state;
    uint8_t out[64], expected[64], zeros[64] = {0};
    mpz_t n;
    mpz_init_set_ui(n, 2);
    g1_times(g1_generator, n, out);
    from_hex("030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
             "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4", expected, 64);
    assert_memory_equal(out, expected, 64);
    mpz_set_str(n, R_DECIMAL, 10);
    g1_times(g1_generator, n, out);
    assert_memory_equal(out, zeros, 64);
    mpz_add_ui(n, n, 1);
    g1_times(g1_generator, n, out);
    from_hex(g1_generator, expected, 64);
    assert_memory_equal(out, expected, 64);
    mpz_set_ui(n, 0);
    g1_times(g1_generator, n, out);
    assert_memory_equal(out, zeros, 64);
    mpz_clear(n);
}

/* aG + bG = (a + b)G, with a = b, a = -b and zero among the pairs; scalars from r on wrap. */
static void addition_agrees_with_multiplication(void **state)
{
    (void)state;
    mpz_t r, a, b, sum, limit;
    mpz_inits(r, a, b, sum, limit, NULL);
    mpz_set_str(r, R_DECIMAL, 10);
    mpz_setbit(limit, 256);
    for (int round = 0; round < 40; round++) {
        random_below(a, limit);
        random_below(b, limit);
        if (round == 1)
            mpz_set(b, a);
        if (round == 2)
            mpz_mod(a, a, r), mpz_sub(b, r, a);
        if (round == 3)
            mpz_set_ui(a, 0);
        if (round == 4)
            mpz_set_ui(b, 0);
        if (round == 5)
            mpz_sub_ui(a, limit, 1);
        uint8_t points[128], got[64], expected[64];
        g1_times(g1_generator, a, points);
        g1_times(g1_generator, b, points + 64);
        assert_true(bn254_add(points, got));
        mpz_add(sum, a, b), mpz_mod(sum, sum, r);
        g1_times(g1_generator, sum, expected);
        assert_memory_equal(got, expected, 64);
    }
    mpz_clears(r, a, b, sum, limit, NULL);
}

static void bad_g1_points_are_refused(void **state)
{
    (void)state;
    uint8_t points[128] = {0}, out[64], scalar[32] = {0};
    mpz_t p;
    mpz_init_set_str(p, P_DECIMAL, 10);
    points[31] = 1, points[63] = 3; /* not on the curve */
    assert_false(bn254_add(points, out));
    assert_false(bn254_multiply(points, scalar, out)); /* even times zero */
    memmove(points + 64, points, 64);
    memset(points, 0, 64);
    assert_false(bn254_add(points, out));
    memset(points, 0, 128);
    number_to_be(p, points); /* (p, 0) would be infinity if it were reduced */
    assert_false(bn254_add(points, out));
    memset(points, 0, 128);
    number_to_be(p, points + 32);
    assert_false(bn254_add(points, out));
    memset(points, 0, 128);
    assert_true(bn254_add(points, out));
    mpz_clear(p);
}

/* --- G2 by affine school-book arithmetic, independent of the walker --- */

static g2_affine g2_from_hex(const char *text)
{
    uint8_t be[128];
    g2_affine q;
    from_hex(text, be, 128);
    assert_true(fp_from_be(be, &q.x.im) && fp_from_be(be + 32, &q.x.re) && fp_from_be(be + 64, &q.y.im) &&
                fp_from_be(be + 96, &q.y.re));
    return q;
}

static void g2_to_bytes(const g2_affine *q, uint8_t out[128])
{
    fp_to_be(&q->x.im, out), fp_to_be(&q->x.re, out + 32);
    fp_to_be(&q->y.im, out + 64), fp_to_be(&q->y.re, out + 96);
}

static g2_affine school_add(const g2_affine *a, const g2_affine *b)
{
    if (g2_is_infinity(a))
        return *b;
    if (g2_is_infinity(b))
        return *a;
    fp2 above, below, slope, t;
    if (fp2_equal(&a->x, &b->x)) {
        fp2_add(&t, &a->y, &b->y);
        if (fp2_is_zero(&t))
            return (g2_affine){0};
        fp2_square(&above, &a->x);
        fp2_add(&t, &above, &above);
        fp2_add(&above, &above, &t);
        fp2_double(&below, &a->y);
    } else {
        fp2_sub(&above, &b->y, &a->y);
        fp2_sub(&below, &b->x, &a->x);
    }
    fp2_invert(&below, &below);
    fp2_mul(&slope, &above, &below);
    g2_affine out;
    fp2_square(&out.x, &slope);
    fp2_sub(&out.x, &out.x, &a->x);
    fp2_sub(&out.x, &out.x, &b->x);
    fp2_sub(&t, &a->x, &out.x);
    fp2_mul(&t, &t, &slope);
    fp2_sub(&out.y, &t, &a->y);
    return out;
}

static g2_affine school_multiply(const g2_affine *a, const mpz_t n)
{
    g2_affine sum = {0};
    for (size_t bit = mpz_sizeinbase(n, 2); bit-- > 0;) {
        sum = school_add(&sum, &sum);
        if (mpz_tstbit(n, bit))
            sum = school_add(&sum, a);
    }
    return sum;
}

/* A square root in fp2 by guessing and checking: p is 3 modulo 4 (Adj and Rodriguez-Henriquez, algorithm 9). */
static bool fp2_root(fp2 *out, const fp2 *a, const mpz_t p)
{
    mpz_t e;
    fp2 a1, alpha, x0, minus_one = {.re = fp_one}, plus, square;
    fp_neg(&minus_one.re, &minus_one.re);
    mpz_init(e);
    mpz_sub_ui(e, p, 3), mpz_divexact_ui(e, e, 4);
    fp2_power(&a1, a, e);
    fp2_mul(&x0, &a1, a);
    fp2_mul(&alpha, &a1, &x0);
    if (fp2_equal(&alpha, &minus_one)) {
        out->im = x0.re;
        fp_neg(&out->re, &x0.im);
    } else {
        plus = (fp2){.re = fp_one};
        fp2_add(&plus, &plus, &alpha);
        mpz_sub_ui(e, p, 1), mpz_divexact_ui(e, e, 2);
        fp2_power(&plus, &plus, e);
        fp2_mul(out, &plus, &x0);
    }
    mpz_clear(e);
    fp2_square(&square, out);
    return fp2_equal(&square, a);
}

static g2_affine random_twist_point(const mpz_t p)
{
    g2_affine q = g2_from_hex(g2_generator), out;
    fp2 b, t;
    fp2_square(&b, &q.y); /* the twist's constant, from the generator */
    fp2_square(&t, &q.x), fp2_mul(&t, &t, &q.x);
    fp2_sub(&b, &b, &t);
    do {
        out.x = random_fp2(p);
        fp2_square(&t, &out.x), fp2_mul(&t, &t, &out.x), fp2_add(&t, &t, &b);
    } while (!fp2_root(&out.y, &t, p));
    return out;
}

/* Every kind of point of the twist: its group has r (2p - r) elements. */
static void only_points_of_order_r_are_in_g2(void **state)
{
    (void)state;
    mpz_t p, r, cofactor, order;
    mpz_inits(p, r, cofactor, order, NULL);
    mpz_set_str(p, P_DECIMAL, 10);
    mpz_set_str(r, R_DECIMAL, 10);
    mpz_mul_2exp(cofactor, p, 1), mpz_sub(cofactor, cofactor, r);
    g2_affine generator = g2_from_hex(g2_generator), infinity = {0}, t;
    assert_true(g2_is_on_curve(&generator) && g2_is_in_group(&generator));
    assert_true(g2_is_in_group(&infinity));
    for (int round = 0; round < 6; round++) {
        g2_affine q = random_twist_point(p);
        assert_true(g2_is_on_curve(&q));
        assert_false(g2_is_in_group(&q));
        t = school_multiply(&q, r);
        assert_false(g2_is_infinity(&t));
        assert_false(g2_is_in_group(&t)); /* of an order that divides the cofactor */
        t = school_multiply(&q, cofactor);
        assert_true(g2_is_in_group(&t));
        t = school_multiply(&t, r);
        assert_true(g2_is_infinity(&t));
    }
    /* The smallest order that a point can have, the only small prime in the cofactor: here the walker may meet the cases
       that its formulas leave out. */
    mpz_mul(order, cofactor, r);
    mpz_divexact_ui(order, order, 10069);
    do {
        t = random_twist_point(p);
        t = school_multiply(&t, order);
    } while (g2_is_infinity(&t));
    assert_true(g2_is_on_curve(&t));
    assert_false(g2_is_in_group(&t));
    mpz_clears(p, r, cofactor, order, NULL);
}

/* --- pairings --- */

static void append_pair(uint8_t **at, const mpz_t a, const mpz_t b)
{
    g2_affine q = g2_from_hex(g2_generator);
    q = school_multiply(&q, b);
    g1_times(g1_generator, a, *at);
    g2_to_bytes(&q, *at + 64);
    *at += BN254_PAIR_BYTES;
}

static bool is_one(const uint8_t *pairs, size_t count)
{
    bool one;
    assert_true(bn254_pairing_is_one(bytes_of(pairs, count * BN254_PAIR_BYTES), &one));
    return one;
}

/* e(aP, bQ) e(cP, dQ) = 1 exactly when ab + cd = 0 mod r. */
static void pairing_is_bilinear_and_not_degenerate(void **state)
{
    (void)state;
    mpz_t r, a, b, c, one;
    mpz_inits(r, a, b, c, one, NULL);
    mpz_set_str(r, R_DECIMAL, 10);
    mpz_set_ui(one, 1);
    for (int round = 0; round < 4; round++) {
        uint8_t pairs[2 * BN254_PAIR_BYTES], *at = pairs;
        random_below(a, r), random_below(b, r);
        append_pair(&at, a, b);
        assert_false(is_one(pairs, 1));
        mpz_mul(c, a, b), mpz_neg(c, c), mpz_mod(c, c, r);
        append_pair(&at, c, one);
        assert_true(is_one(pairs, 2));
        at = pairs + BN254_PAIR_BYTES;
        append_pair(&at, one, c);
        assert_true(is_one(pairs, 2));
        mpz_add_ui(c, c, 1);
        at = pairs + BN254_PAIR_BYTES;
        append_pair(&at, c, one);
        assert_false(is_one(pairs, 2));
    }
    mpz_clears(r, a, b, c, one, NULL);
}

/* More pairs than are walked together, with infinities between them. */
static void many_pairs(void **state)
{
    (void)state;
    enum { N = 2 * MILLER_PAIRS_MAX + 3 };
    uint8_t pairs[N * BN254_PAIR_BYTES], *at = pairs;
    mpz_t r, a, b, sum;
    mpz_inits(r, a, b, sum, NULL);
    mpz_set_str(r, R_DECIMAL, 10);
    for (unsigned i = 0; i < N - 1; i++) {
        mpz_set_ui(a, i % 7 == 3 ? 0 : 5 + i);
        mpz_set_ui(b, i % 7 == 5 ? 0 : 100 + i);
        mpz_addmul(sum, a, b);
        append_pair(&at, a, b);
    }
    mpz_neg(sum, sum), mpz_mod(sum, sum, r);
    mpz_set_ui(b, 1);
    append_pair(&at, sum, b);
    assert_true(is_one(pairs, N));
    assert_false(is_one(pairs, N - 1));
    assert_true(is_one(pairs, 0));
    assert_true(is_one(pairs + 3 * BN254_PAIR_BYTES, 1)); /* infinity in G1 */
    assert_true(is_one(pairs + 5 * BN254_PAIR_BYTES, 1)); /* infinity in G2 */
    bool one;
    for (size_t size = 1; size < 2 * BN254_PAIR_BYTES; size++)
        assert_int_equal(bn254_pairing_is_one(bytes_of(pairs, size), &one), size == BN254_PAIR_BYTES);
    mpz_clears(r, a, b, sum, NULL);
}

static void bad_points_make_the_check_fail(void **state)
{
    (void)state;
    mpz_t p, a;
    mpz_init_set_str(p, P_DECIMAL, 10);
    mpz_init_set_ui(a, 3);
    uint8_t pair[BN254_PAIR_BYTES], *at = pair;
    append_pair(&at, a, a);
    bool one;
    bytes view = bytes_of(pair, sizeof pair);
    for (size_t i = 31; i < sizeof pair; i += 32) { /* each coordinate a little off: not on the curve */
        pair[i] ^= 1;
        assert_false(bn254_pairing_is_one(view, &one));
        pair[i] ^= 1;
    }
    assert_true(bn254_pairing_is_one(view, &one));
    for (size_t i = 0; i < sizeof pair; i += 32) { /* each coordinate p */
        uint8_t saved[32];
        memcpy(saved, pair + i, 32);
        number_to_be(p, pair + i);
        assert_false(bn254_pairing_is_one(view, &one));
        memcpy(pair + i, saved, 32);
    }
    g2_affine outside = random_twist_point(p);
    g2_to_bytes(&outside, pair + 64);
    assert_false(bn254_pairing_is_one(view, &one));
    memset(pair, 0, 64); /* infinity does not excuse the other point */
    assert_false(bn254_pairing_is_one(view, &one));
    mpz_clears(p, a, NULL);
}

/* The final power against its definition, and the cyclotomic square against the plain one. */
static void finish_is_the_stated_power(void **state)
{
    (void)state;
    mpz_t p, r, e, factor, u;
    mpz_inits(p, r, e, factor, u, NULL);
    mpz_set_str(p, P_DECIMAL, 10);
    mpz_set_str(r, R_DECIMAL, 10);
    mpz_set_str(u, "4965661367192848881", 10);
    mpz_pow_ui(e, p, 12), mpz_sub_ui(e, e, 1);
    assert_true(mpz_divisible_p(e, r));
    mpz_divexact(e, e, r);
    mpz_mul_ui(factor, u, 6), mpz_add_ui(factor, factor, 3), mpz_mul(factor, factor, u), mpz_add_ui(factor, factor, 1);
    mpz_mul(factor, factor, u), mpz_mul_ui(factor, factor, 2);
    mpz_mul(e, e, factor);
    fp12 f = random_fp12(p), expected, got, square;
    fp12_power(&expected, &f, e);
    pairing_finish(&got, &f);
    assert_memory_equal(&got, &expected, sizeof got);
    assert_false(fp12_is_one(&got));
    fp12_square(&square, &got);
    fp12_cyclotomic_square(&expected, &got);
    assert_memory_equal(&square, &expected, sizeof square);
    fp12_power(&expected, &got, r);
    assert_true(fp12_is_one(&expected));
    mpz_gcd(factor, factor, r);
    assert_int_equal(mpz_cmp_ui(factor, 1), 0);
    mpz_clears(p, r, e, factor, u, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_agrees_with_gmp),
        cmocka_unit_test(numbers_from_the_modulus_on_are_refused),
        cmocka_unit_test(tower_obeys_its_laws),
        cmocka_unit_test(g1_known_multiples),
        cmocka_unit_test(addition_agrees_with_multiplication),
        cmocka_unit_test(bad_g1_points_are_refused),
        cmocka_unit_test(only_points_of_order_r_are_in_g2),
        cmocka_unit_test(pairing_is_bilinear_and_not_degenerate),
        cmocka_unit_test(many_pairs),
        cmocka_unit_test(bad_points_make_the_check_fail),
        cmocka_unit_test(finish_is_the_stated_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
