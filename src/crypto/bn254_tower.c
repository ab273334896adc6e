#include "crypto/bn254_tower.h"

const fp2 frobenius_power[6] = {
    {{{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f}}, {{0, 0, 0, 0}}},
    {{{0xaf9ba69633144907, 0xca6b1d7387afb78a, 0x11bded5ef08a2087, 0x02f34d751a1f3a7c}},
     {{0xa222ae234c492d72, 0xd00f02a4565de15b, 0xdc2ff3a253dfc926, 0x10a75716b3899551}}},
    {{{0xb5773b104563ab30, 0x347f91c8a9aa6454, 0x7a007127242e0991, 0x1956bcd8118214ec}},
     {{0x6e849f1ea0aa4757, 0xaa1c7b6d89f89141, 0xb6e713cdfae0ca3a, 0x26694fbb4e82ebc3}}},
    {{{0xe4bbdd0c2936b629, 0xbb30f162e133bacb, 0x31a9d1b6f9645366, 0x253570bea500f8dd}},
     {{0xa1d77ce45ffe77c7, 0x07affd117826d1db, 0x6d16bd27bb7edc6b, 0x2c87200285defecc}}},
    {{{0x7361d77f843abe92, 0xa5bb2bd3273411fb, 0x9c941f314b3e2399, 0x15df9cddbb9fd3ec}},
     {{0x5dddfd154bd8c949, 0x62cb29a5a4445b60, 0x37bc870a0c7dd2b9, 0x24830a9d3171f0fd}}},
    {{{0xc970692f41690fe7, 0xe240342127694b0b, 0x32bee66b83c459e8, 0x12aabced0ab08841}},
     {{0x0d485d2340aebfa9, 0x05193418ab2fcc57, 0xd3b0a40b8a4910f5, 0x2f21ebb535d2925a}}},
};

static void fp6_add(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2_add(&out->c0, &a->c0, &b->c0);
    fp2_add(&out->c1, &a->c1, &b->c1);
    fp2_add(&out->c2, &a->c2, &b->c2);
}

static void fp6_sub(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2_sub(&out->c0, &a->c0, &b->c0);
    fp2_sub(&out->c1, &a->c1, &b->c1);
    fp2_sub(&out->c2, &a->c2, &b->c2);
}

static void fp6_neg(fp6 *out, const fp6 *a)
{
    fp2_neg(&out->c0, &a->c0);
    fp2_neg(&out->c1, &a->c1);
    fp2_neg(&out->c2, &a->c2);
}

static void fp6_mul_v(fp6 *out, const fp6 *a)
{
    fp2 c0 = a->c0, c1 = a->c1;
    fp2_mul_xi(&out->c0, &a->c2);
    out->c1 = c0;
    out->c2 = c1;
}

/* (a_i + a_j)(b_i + b_j) - a_i b_i - a_j b_j: the mixed products of a Karatsuba step. */
static void mixed_products(fp2 *out, const fp2 *ai, const fp2 *aj, const fp2 *bi, const fp2 *bj, const fp2 *ii,
                           const fp2 *jj)
{
    fp2 left, right;
    fp2_add(&left, ai, aj);
    fp2_add(&right, bi, bj);
    fp2_mul(&left, &left, &right);
    fp2_sub(&left, &left, ii);
    fp2_sub(out, &left, jj);
}

static void fp6_mul(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2 v0, v1, v2, m01, m02, m12;
    fp2_mul(&v0, &a->c0, &b->c0);
    fp2_mul(&v1, &a->c1, &b->c1);
    fp2_mul(&v2, &a->c2, &b->c2);
    mixed_products(&m01, &a->c0, &a->c1, &b->c0, &b->c1, &v0, &v1);
    mixed_products(&m02, &a->c0, &a->c2, &b->c0, &b->c2, &v0, &v2);
    mixed_products(&m12, &a->c1, &a->c2, &b->c1, &b->c2, &v1, &v2);
    fp2_mul_xi(&m12, &m12);
    fp2_add(&out->c0, &v0, &m12);
    fp2_add(&out->c2, &m02, &v1);
    fp2_mul_xi(&v2, &v2);
    fp2_add(&out->c1, &m01, &v2);
}

/* a times b0 + b1 v. */
static void fp6_mul_sparse(fp6 *out, const fp6 *a, const fp2 *b0, const fp2 *b1)
{
    fp2 v0, v1, m01, c0, c2;
    fp2_mul(&v0, &a->c0, b0);
    fp2_mul(&v1, &a->c1, b1);
    mixed_products(&m01, &a->c0, &a->c1, b0, b1, &v0, &v1);
    fp2_mul(&c0, &a->c2, b1);
    fp2_mul_xi(&c0, &c0);
    fp2_mul(&c2, &a->c2, b0);
    fp2_add(&out->c0, &c0, &v0);
    out->c1 = m01;
    fp2_add(&out->c2, &c2, &v1);
}

static void fp6_invert(fp6 *out, const fp6 *a)
{
    fp2 t0, t1, t2, x, norm;
    fp2_square(&t0, &a->c0); /* t0 = c0^2 - xi c1 c2 */
    fp2_mul(&x, &a->c1, &a->c2);
    fp2_mul_xi(&x, &x);
    fp2_sub(&t0, &t0, &x);
    fp2_square(&t1, &a->c2); /* t1 = xi c2^2 - c0 c1 */
    fp2_mul_xi(&t1, &t1);
    fp2_mul(&x, &a->c0, &a->c1);
    fp2_sub(&t1, &t1, &x);
    fp2_square(&t2, &a->c1); /* t2 = c1^2 - c0 c2 */
    fp2_mul(&x, &a->c0, &a->c2);
    fp2_sub(&t2, &t2, &x);
    fp2_mul(&norm, &a->c2, &t1); /* norm = c0 t0 + xi (c2 t1 + c1 t2) */
    fp2_mul(&x, &a->c1, &t2);
    fp2_add(&norm, &norm, &x);
    fp2_mul_xi(&norm, &norm);
    fp2_mul(&x, &a->c0, &t0);
    fp2_add(&norm, &norm, &x);
    fp2_invert(&norm, &norm);
    fp2_mul(&out->c0, &t0, &norm);
    fp2_mul(&out->c1, &t1, &norm);
    fp2_mul(&out->c2, &t2, &norm);
}

fp12 fp12_of_one(void)
{
    fp12 one;
    memset(&one, 0, sizeof one);
    one.c0.c0.re = fp_one;
    return one;
}

bool fp12_is_one(const fp12 *a)
{
    fp12 one = fp12_of_one();
    return memcmp(a, &one, sizeof one) == 0;
}

void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b)
{
    fp6 v0, v1, left, right;
    fp6_mul(&v0, &a->c0, &b->c0);
    fp6_mul(&v1, &a->c1, &b->c1);
    fp6_add(&left, &a->c0, &a->c1);
    fp6_add(&right, &b->c0, &b->c1);
    fp6_mul(&left, &left, &right);
    fp6_sub(&left, &left, &v0);
    fp6_sub(&out->c1, &left, &v1);
    fp6_mul_v(&v1, &v1);
    fp6_add(&out->c0, &v0, &v1);
}

/* (c0 + c1)(c0 + v c1) - c0 c1 - v c0 c1 + 2 c0 c1 w */
void fp12_square(fp12 *out, const fp12 *a)
{
    fp6 product, sum, other;
    fp6_mul(&product, &a->c0, &a->c1);
    fp6_add(&sum, &a->c0, &a->c1);
    fp6_mul_v(&other, &a->c1);
    fp6_add(&other, &other, &a->c0);
    fp6_mul(&sum, &sum, &other);
    fp6_sub(&sum, &sum, &product);
    fp6_add(&out->c1, &product, &product);
    fp6_mul_v(&product, &product);
    fp6_sub(&out->c0, &sum, &product);
}

void fp12_mul_line(fp12 *out, const fp12 *a, const fp2 *l0, const fp2 *l1, const fp2 *l3)
{
    fp6 v0, v1, sum;
    fp2 l01;
    fp2_mul(&v0.c0, &a->c0.c0, l0);
    fp2_mul(&v0.c1, &a->c0.c1, l0);
    fp2_mul(&v0.c2, &a->c0.c2, l0);
    fp6_mul_sparse(&v1, &a->c1, l1, l3);
    fp6_add(&sum, &a->c0, &a->c1);
    fp2_add(&l01, l0, l1);
    fp6_mul_sparse(&sum, &sum, &l01, l3);
    fp6_sub(&sum, &sum, &v0);
    fp6_sub(&out->c1, &sum, &v1);
    fp6_mul_v(&v1, &v1);
    fp6_add(&out->c0, &v0, &v1);
}

void fp12_conjugate(fp12 *out, const fp12 *a)
{
    out->c0 = a->c0;
    fp6_neg(&out->c1, &a->c1);
}

static void frobenius_part(fp2 *out, const fp2 *a, int w_power)
{
    fp2_conjugate(out, a);
    fp2_mul(out, out, &frobenius_power[w_power]);
}

void fp12_frobenius(fp12 *out, const fp12 *a)
{
    fp2_conjugate(&out->c0.c0, &a->c0.c0);
    frobenius_part(&out->c1.c0, &a->c1.c0, 1);
    frobenius_part(&out->c0.c1, &a->c0.c1, 2);
    frobenius_part(&out->c1.c1, &a->c1.c1, 3);
    frobenius_part(&out->c0.c2, &a->c0.c2, 4);
    frobenius_part(&out->c1.c2, &a->c1.c2, 5);
}

/* (c0 - c1 w) / (c0^2 - v c1^2) */
void fp12_invert(fp12 *out, const fp12 *a)
{
    fp6 norm, square;
    fp6_mul(&norm, &a->c0, &a->c0);
    fp6_mul(&square, &a->c1, &a->c1);
    fp6_mul_v(&square, &square);
    fp6_sub(&norm, &norm, &square);
    fp6_invert(&norm, &norm);
    fp6_mul(&out->c0, &a->c0, &norm);
    fp6_mul(&out->c1, &a->c1, &norm);
    fp6_neg(&out->c1, &out->c1);
}

/* (a + b y)^2 in fp4 = fp2[y] / (y^2 - xi). */
static void fp4_square(fp2 *re, fp2 *im, const fp2 *a, const fp2 *b)
{
    fp2 a_square, b_square, sum;
    fp2_square(&a_square, a);
    fp2_square(&b_square, b);
    fp2_add(&sum, a, b);
    fp2_square(&sum, &sum);
    fp2_sub(&sum, &sum, &a_square);
    fp2_sub(im, &sum, &b_square);
    fp2_mul_xi(&b_square, &b_square);
    fp2_add(re, &a_square, &b_square);
}

/* out := 3 t - 2 z */
static void triple_less_double(fp2 *out, const fp2 *t, const fp2 *z)
{
    fp2 d;
    fp2_sub(&d, t, z);
    fp2_double(&d, &d);
    fp2_add(out, &d, t);
}

/* out := 3 t + 2 z */
static void triple_and_double(fp2 *out, const fp2 *t, const fp2 *z)
{
    fp2 d;
    fp2_add(&d, t, z);
    fp2_double(&d, &d);
    fp2_add(out, &d, t);
}

void fp12_cyclotomic_square(fp12 *out, const fp12 *a)
{
    fp2 t0, t1, t2, t3, t4, t5;
    fp4_square(&t0, &t1, &a->c0.c0, &a->c1.c1);
    fp4_square(&t2, &t3, &a->c1.c0, &a->c0.c2);
    fp4_square(&t4, &t5, &a->c0.c1, &a->c1.c2);
    fp2_mul_xi(&t5, &t5);
    triple_less_double(&out->c0.c0, &t0, &a->c0.c0);
    triple_less_double(&out->c0.c1, &t2, &a->c0.c1);
    triple_less_double(&out->c0.c2, &t4, &a->c0.c2);
    triple_and_double(&out->c1.c0, &t5, &a->c1.c0);
    triple_and_double(&out->c1.c1, &t1, &a->c1.c1);
    triple_and_double(&out->c1.c2, &t3, &a->c1.c2);
}
