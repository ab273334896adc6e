#include "crypto/sm2_curve.h"
#include "base/memory.h"
#include "crypto/limbs.h"

#include <pthread.h>
#include <stdlib.h>

/* p = 2^256 - 2^224 - 2^96 + 2^64 - 1 */
static const sm2_fe prime = {{0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff}};
const u256 sm2_order = {{0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff}};

/* In Montgomery form: 1, 2^256, b and the generator. */
static const sm2_fe one = {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}};
static const sm2_fe to_montgomery = {{0x0000000200000003, 0x00000002ffffffff, 0x0000000100000001, 0x0000000400000002}};
static const sm2_fe curve_b = {{0x90d230632bc0dd42, 0x71cf379ae9b537ab, 0x527981505ea51c3c, 0x240fe188ba20e2c8}};
static const sm2_affine generator = {
    {{0x61328990f418029e, 0x3e7981eddca6c050, 0xd6a1ed99ac24c3c3, 0x91167a5ee1c13b05}},
    {{0xc1354e593c2d0ddd, 0xc1f5e5788d3295fa, 0x8d4cfb066e2a48f8, 0x63cd65d481d735bd}},
};

/* --- the field --- */

static bool fe_is_zero(const sm2_fe *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

static bool fe_equal(const sm2_fe *a, const sm2_fe *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void fe_add(sm2_fe *out, const sm2_fe *a, const sm2_fe *b)
{
    uint64_t sum[4], carry = limbs_add(sum, a->limb, b->limb);
    limbs_reduce_once(out->limb, sum, carry, prime.limb);
}

static void fe_sub(sm2_fe *out, const sm2_fe *a, const sm2_fe *b)
{
    limbs_sub_modulo(out->limb, a->limb, b->limb, prime.limb);
}

/* t := (t + a * b_limb) / 2^64 modulo p. Since p = -1 modulo 2^64, adding m = t's lowest limb times p makes that limb zero; what
   remains of m p is m (2^192 - 2^160 - 2^32 + 1) one limb higher up: shifts instead of multiplications. */
static inline __attribute__((always_inline)) void multiply_row(uint64_t t[5], const sm2_fe *a, uint64_t b_limb)
{
    uint64_t carry = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        unsigned __int128 x = (unsigned __int128)a->limb[i] * b_limb + t[i] + carry;
        t[i] = (uint64_t)x;
        carry = (uint64_t)(x >> 64);
    }
    unsigned __int128 top = (unsigned __int128)t[4] + carry;
    uint64_t m = t[0], plus[4] = {m, 0, 0, m}, minus[4] = {m << 32, m >> 32, m << 32, m >> 32};
    limbs_sub(plus, plus, minus);
    uint64_t upper[4] = {t[1], t[2], t[3], (uint64_t)top};
    carry = limbs_add(t, upper, plus);
    t[4] = (uint64_t)(top >> 64) + carry;
}

static void fe_mul(sm2_fe *out, const sm2_fe *a, const sm2_fe *b)
{
    uint64_t t[5] = {0, 0, 0, 0, 0};
    multiply_row(t, a, b->limb[0]);
    multiply_row(t, a, b->limb[1]);
    multiply_row(t, a, b->limb[2]);
    multiply_row(t, a, b->limb[3]);
    limbs_reduce_once(out->limb, t, t[4], prime.limb);
}

static void fe_square(sm2_fe *out, const sm2_fe *a)
{
    fe_mul(out, a, a);
}

/* Fermat: a^(p - 2); of zero: zero. */
static void fe_invert(sm2_fe *out, const sm2_fe *a)
{
    sm2_fe base = *a, power = one;
    for (int bit = 255; bit >= 0; bit--) {
        fe_square(&power, &power);
        uint64_t limb = prime.limb[bit / 64] - (bit < 64 ? 2 : 0);
        if (limb >> (bit % 64) & 1)
            fe_mul(&power, &power, &base);
    }
    *out = power;
}

static bool fe_from_number(u256 n, sm2_fe *out)
{
    u256 p = {{prime.limb[0], prime.limb[1], prime.limb[2], prime.limb[3]}};
    if (u256_compare(n, p) >= 0)
        return false;
    sm2_fe plain = {{n.limb[0], n.limb[1], n.limb[2], n.limb[3]}};
    fe_mul(out, &plain, &to_montgomery);
    return true;
}

static void fe_to_be(const sm2_fe *a, uint8_t out[32])
{
    static const sm2_fe plain_one = {{1, 0, 0, 0}};
    sm2_fe plain;
    fe_mul(&plain, a, &plain_one);
    for (int i = 0; i < 4; i++)
        write_be64(out + 24 - 8 * i, plain.limb[i]);
}

/* --- points --- */

static bool is_infinity(const sm2_point *p)
{
    return fe_is_zero(&p->z);
}

/* Explicit-Formulas Database, short Weierstrass with a = -3, Jacobian: dbl-2001-b. */
static void point_double(sm2_point *out, const sm2_point *p)
{
    sm2_fe delta, gamma, beta, alpha, t, z;
    fe_square(&delta, &p->z);
    fe_square(&gamma, &p->y);
    fe_mul(&beta, &p->x, &gamma);
    fe_sub(&alpha, &p->x, &delta);
    fe_add(&t, &p->x, &delta);
    fe_mul(&alpha, &alpha, &t);
    fe_add(&t, &alpha, &alpha);
    fe_add(&alpha, &alpha, &t);
    fe_add(&z, &p->y, &p->z);
    fe_square(&z, &z);
    fe_sub(&z, &z, &gamma);
    fe_sub(&out->z, &z, &delta);
    fe_add(&beta, &beta, &beta);
    fe_add(&beta, &beta, &beta);
    fe_square(&out->x, &alpha);
    fe_sub(&out->x, &out->x, &beta);
    fe_sub(&out->x, &out->x, &beta);
    fe_sub(&t, &beta, &out->x);
    fe_mul(&t, &alpha, &t);
    fe_square(&gamma, &gamma);
    for (int i = 0; i < 3; i++)
        fe_add(&gamma, &gamma, &gamma);
    fe_sub(&out->y, &t, &gamma);
}

/* The end of an addition, from u1 = x1 z2^2, s1 = y1 z2^3, h = u2 - u1 (not zero), r = s2 - s1 and z = z1 z2. */
static void finish_add(sm2_point *out, const sm2_fe *u1, const sm2_fe *s1, const sm2_fe *h, const sm2_fe *r, const sm2_fe *z)
{
    sm2_fe h2, h3, v, t;
    fe_square(&h2, h);
    fe_mul(&h3, &h2, h);
    fe_mul(&v, u1, &h2);
    fe_mul(&t, s1, &h3);
    fe_square(&out->x, r);
    fe_sub(&out->x, &out->x, &h3);
    fe_sub(&out->x, &out->x, &v);
    fe_sub(&out->x, &out->x, &v);
    fe_sub(&v, &v, &out->x);
    fe_mul(&v, &v, r);
    fe_sub(&out->y, &v, &t);
    fe_mul(&out->z, z, h);
}

/* The same x: the same point, or its opposite. */
static void add_same_x(sm2_point *out, const sm2_point *p, const sm2_fe *r)
{
    if (fe_is_zero(r))
        point_double(out, p);
    else
        memset(out, 0, sizeof *out);
}

static void point_add(sm2_point *out, const sm2_point *p, const sm2_point *q)
{
    if (is_infinity(p) || is_infinity(q)) {
        *out = is_infinity(p) ? *q : *p;
        return;
    }
    sm2_fe z1z1, z2z2, u1, u2, s1, s2, h, r, z;
    fe_square(&z1z1, &p->z);
    fe_square(&z2z2, &q->z);
    fe_mul(&u1, &p->x, &z2z2);
    fe_mul(&u2, &q->x, &z1z1);
    fe_mul(&s1, &p->y, &q->z);
    fe_mul(&s1, &s1, &z2z2);
    fe_mul(&s2, &q->y, &p->z);
    fe_mul(&s2, &s2, &z1z1);
    fe_sub(&h, &u2, &u1);
    fe_sub(&r, &s2, &s1);
    fe_mul(&z, &p->z, &q->z);
    if (fe_is_zero(&h))
        add_same_x(out, p, &r);
    else
        finish_add(out, &u1, &s1, &h, &r, &z);
}

static void point_add_affine(sm2_point *out, const sm2_point *p, const sm2_affine *q)
{
    if (is_infinity(p)) {
        *out = (sm2_point){q->x, q->y, one};
        return;
    }
    sm2_fe z1z1, h, r, u1 = p->x, s1 = p->y, z = p->z;
    fe_square(&z1z1, &p->z);
    fe_mul(&h, &q->x, &z1z1);
    fe_sub(&h, &h, &u1);
    fe_mul(&r, &q->y, &z1z1);
    fe_mul(&r, &r, &z);
    fe_sub(&r, &r, &s1);
    if (fe_is_zero(&h))
        add_same_x(out, p, &r);
    else
        finish_add(out, &u1, &s1, &h, &r, &z);
}

/* --- multiples --- */

enum { WINDOWS = 64, WINDOW_POINTS = 15 };

/* generator_table[w][i] = (i + 1) 16^w G. Made once, never changed, so threads share it. */
static sm2_affine generator_table[WINDOWS][WINDOW_POINTS];
static pthread_once_t generator_table_once = PTHREAD_ONCE_INIT;

/* Affine forms of points that are not infinity, with one inversion for all (Montgomery's trick). */
static void to_affine_all(sm2_affine *out, const sm2_point *points, size_t count)
{
    sm2_fe *products = memory_new_array(count, sizeof *products), product = one, inverse, z, square;
    for (size_t i = 0; i < count; i++) {
        products[i] = product;
        fe_mul(&product, &product, &points[i].z);
    }
    fe_invert(&inverse, &product);
    for (size_t i = count; i-- > 0;) {
        fe_mul(&z, &inverse, &products[i]);
        fe_mul(&inverse, &inverse, &points[i].z);
        fe_square(&square, &z);
        fe_mul(&out[i].x, &points[i].x, &square);
        fe_mul(&square, &square, &z);
        fe_mul(&out[i].y, &points[i].y, &square);
    }
    free(products);
}

static void make_generator_table(void)
{
    sm2_point *all = memory_new_array(WINDOWS * WINDOW_POINTS, sizeof *all);
    sm2_point base = {generator.x, generator.y, one};
    for (size_t w = 0; w < WINDOWS; w++) {
        sm2_point *row = all + w * WINDOW_POINTS;
        row[0] = base;
        for (size_t i = 1; i < WINDOW_POINTS; i++)
            point_add(&row[i], &row[i - 1], &base);
        point_add(&base, &row[WINDOW_POINTS - 1], &base);
    }
    to_affine_all(&generator_table[0][0], all, WINDOWS * WINDOW_POINTS);
    free(all);
}

enum { SIGNED_WINDOW_BITS = 5, SIGNED_DIGITS_MAX = 258 };

/* n as a sum of digit[i] 2^i, each digit zero or odd and below 2^4 in size, at most one of five neighbours not zero. */
static size_t signed_digits(u256 n, int8_t digit[SIGNED_DIGITS_MAX])
{
    size_t count = 0;
    for (; !u256_is_zero(n); n = u256_shift_right(n, 1)) {
        int d = 0;
        if (n.limb[0] & 1) {
            d = (int)(n.limb[0] & 31);
            d = d > 16 ? d - 32 : d;
            n = d > 0 ? u256_sub(n, u256_of((uint64_t)d)) : u256_add(n, u256_of((uint64_t)-d));
        }
        digit[count++] = (int8_t)d;
    }
    return count;
}

static void add_multiple(sm2_point *sum, const sm2_affine *p, u256 times)
{
    sm2_point odd[8], twice, term; /* 1P, 3P ... 15P */
    int8_t digit[SIGNED_DIGITS_MAX];
    odd[0] = (sm2_point){p->x, p->y, one};
    point_double(&twice, &odd[0]);
    for (int i = 1; i < 8; i++)
        point_add(&odd[i], &odd[i - 1], &twice);
    for (size_t i = signed_digits(times, digit); i-- > 0;) {
        point_double(sum, sum);
        if (digit[i] == 0)
            continue;
        term = odd[abs(digit[i]) / 2];
        if (digit[i] < 0) {
            static const sm2_fe zero;
            fe_sub(&term.y, &zero, &term.y);
        }
        point_add(sum, sum, &term);
    }
}

void sm2_point_combine(sm2_point *out, u256 g_times, const sm2_affine *p, u256 p_times)
{
    pthread_once(&generator_table_once, make_generator_table);
    sm2_point sum;
    memset(&sum, 0, sizeof sum);
    add_multiple(&sum, p, p_times);
    for (size_t w = 0; w < WINDOWS; w++) {
        unsigned digit = g_times.limb[w / 16] >> (w % 16 * 4) & 15;
        if (digit > 0)
            point_add_affine(&sum, &sum, &generator_table[w][digit - 1]);
    }
    *out = sum;
}

/* --- bytes --- */

bool sm2_point_read(const uint8_t x_y[64], sm2_affine *out)
{
    if (!fe_from_number(u256_from_be(bytes_of(x_y, 32)), &out->x) ||
        !fe_from_number(u256_from_be(bytes_of(x_y + 32, 32)), &out->y))
        return false;
    sm2_fe left, right, three_x;
    fe_square(&left, &out->y);
    fe_square(&right, &out->x);
    fe_mul(&right, &right, &out->x);
    fe_add(&three_x, &out->x, &out->x);
    fe_add(&three_x, &three_x, &out->x);
    fe_sub(&right, &right, &three_x);
    fe_add(&right, &right, &curve_b);
    return fe_equal(&left, &right);
}

bool sm2_point_write(const sm2_point *p, uint8_t x_y[64])
{
    if (is_infinity(p))
        return false;
    sm2_affine affine;
    to_affine_all(&affine, p, 1);
    fe_to_be(&affine.x, x_y);
    fe_to_be(&affine.y, x_y + 32);
    return true;
}

/* Compares x with z^2 times the candidate, which spares the inversion. */
static bool has_exact_x(const sm2_point *p, u256 x)
{
    sm2_fe candidate, square;
    if (!fe_from_number(x, &candidate))
        return false;
    fe_square(&square, &p->z);
    fe_mul(&candidate, &candidate, &square);
    return fe_equal(&candidate, &p->x);
}

bool sm2_point_has_x(const sm2_point *p, u256 x)
{
    if (is_infinity(p))
        return false;
    if (has_exact_x(p, x))
        return true;
    u256 larger = u256_add(x, sm2_order); /* the few coordinates between the order and the prime */
    return u256_compare(larger, x) > 0 && has_exact_x(p, larger);
}
