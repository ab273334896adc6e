#include "crypto/bn254_field.h"
#include "crypto/limbs.h"

/* p = 21888242871839275222246405745257275088696311157297823662689037894645226208583 */
static const fp modulus = {{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029}};
static const uint64_t minus_modulus_inverse = 0x87d20782e4866389; /* -1/p mod 2^64 */
/* 2^512 mod p: multiplying by it brings a number into Montgomery form. */
static const fp montgomery_square = {{0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f}};
const fp fp_one = {{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f}};

void fp_add(fp *out, const fp *a, const fp *b)
{
    uint64_t sum[4], carry = limbs_add(sum, a->limb, b->limb); /* no carry: 2p is below 2^256 */
    limbs_reduce_once(out->limb, sum, carry, modulus.limb);
}

void fp_sub(fp *out, const fp *a, const fp *b)
{
    limbs_sub_modulo(out->limb, a->limb, b->limb, modulus.limb);
}

void fp_neg(fp *out, const fp *a)
{
    static const fp zero;
    fp_sub(out, &zero, a);
}

void fp_half(fp *out, const fp *a)
{
    uint64_t s[4];
    limbs_add_masked(s, a->limb, modulus.limb, -(a->limb[0] & 1)); /* an odd number becomes even by adding p */
    for (int i = 0; i < 3; i++)
        out->limb[i] = s[i] >> 1 | s[i + 1] << 63;
    out->limb[3] = s[3] >> 1;
}

/* *high, return value: the two words of a * b + c + d, which always fit. */
static inline __attribute__((always_inline)) uint64_t multiply_add(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                                                   uint64_t *high)
{
    unsigned __int128 x = (unsigned __int128)a * b + c + d;
    *high = (uint64_t)(x >> 64);
    return (uint64_t)x;
}

/* One row of Montgomery multiplication: t := (t + a * b_limb + m * p) / 2^64, with m chosen so that it divides. Since p's
   highest limb is below 2^62, the two carries of a row add up without a carry of their own, and t stays below 2p. */
static inline __attribute__((always_inline)) void multiply_row(uint64_t t[4], const fp *a, uint64_t b_limb)
{
    uint64_t carry, reduction, low;
    low = multiply_add(a->limb[0], b_limb, t[0], 0, &carry);
    uint64_t m = low * minus_modulus_inverse;
    multiply_add(m, modulus.limb[0], low, 0, &reduction);
    low = multiply_add(a->limb[1], b_limb, t[1], carry, &carry);
    t[0] = multiply_add(m, modulus.limb[1], low, reduction, &reduction);
    low = multiply_add(a->limb[2], b_limb, t[2], carry, &carry);
    t[1] = multiply_add(m, modulus.limb[2], low, reduction, &reduction);
    low = multiply_add(a->limb[3], b_limb, t[3], carry, &carry);
    t[2] = multiply_add(m, modulus.limb[3], low, reduction, &reduction);
    t[3] = carry + reduction;
}

void fp_mul(fp *out, const fp *a, const fp *b)
{
    uint64_t t[4] = {0, 0, 0, 0};
    multiply_row(t, a, b->limb[0]);
    multiply_row(t, a, b->limb[1]);
    multiply_row(t, a, b->limb[2]);
    multiply_row(t, a, b->limb[3]);
    limbs_reduce_once(out->limb, t, 0, modulus.limb);
}

void fp_square(fp *out, const fp *a)
{
    fp_mul(out, a, a);
}

/* Fermat: a^(p - 2). */
void fp_invert(fp *out, const fp *a)
{
    fp base = *a, power = fp_one;
    for (int bit = 253; bit >= 0; bit--) {
        fp_square(&power, &power);
        uint64_t limb = modulus.limb[bit / 64] - (bit < 64 ? 2 : 0);
        if (limb >> (bit % 64) & 1)
            fp_mul(&power, &power, &base);
    }
    *out = power;
}

bool fp_from_be(const uint8_t in[32], fp *out)
{
    fp a;
    for (int i = 0; i < 4; i++)
        a.limb[i] = read_be64(in + 24 - 8 * i);
    for (int i = 3; i >= 0; i--) {
        if (a.limb[i] < modulus.limb[i])
            break;
        if (a.limb[i] > modulus.limb[i] || i == 0)
            return false;
    }
    fp_mul(out, &a, &montgomery_square);
    return true;
}

void fp_to_be(const fp *a, uint8_t out[32])
{
    static const fp plain_one = {{1, 0, 0, 0}};
    fp plain;
    fp_mul(&plain, a, &plain_one);
    for (int i = 0; i < 4; i++)
        write_be64(out + 24 - 8 * i, plain.limb[i]);
}

fp fp_of_small(unsigned value)
{
    fp a = {{value, 0, 0, 0}};
    fp_mul(&a, &a, &montgomery_square);
    return a;
}

void fp2_add(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_add(&out->re, &a->re, &b->re);
    fp_add(&out->im, &a->im, &b->im);
}

void fp2_sub(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_sub(&out->re, &a->re, &b->re);
    fp_sub(&out->im, &a->im, &b->im);
}

void fp2_double(fp2 *out, const fp2 *a)
{
    fp2_add(out, a, a);
}

void fp2_half(fp2 *out, const fp2 *a)
{
    fp_half(&out->re, &a->re);
    fp_half(&out->im, &a->im);
}

void fp2_neg(fp2 *out, const fp2 *a)
{
    fp_neg(&out->re, &a->re);
    fp_neg(&out->im, &a->im);
}

void fp2_conjugate(fp2 *out, const fp2 *a)
{
    out->re = a->re;
    fp_neg(&out->im, &a->im);
}

/* Karatsuba: three multiplications instead of four. */
void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp re_re, im_im, sums, other;
    fp_mul(&re_re, &a->re, &b->re);
    fp_mul(&im_im, &a->im, &b->im);
    fp_add(&sums, &a->re, &a->im);
    fp_add(&other, &b->re, &b->im);
    fp_mul(&sums, &sums, &other);
    fp_sub(&sums, &sums, &re_re);
    fp_sub(&out->im, &sums, &im_im);
    fp_sub(&out->re, &re_re, &im_im);
}

/* (re + im)(re - im) + 2 re im i */
void fp2_square(fp2 *out, const fp2 *a)
{
    fp sum, difference, product;
    fp_add(&sum, &a->re, &a->im);
    fp_sub(&difference, &a->re, &a->im);
    fp_mul(&product, &a->re, &a->im);
    fp_mul(&out->re, &sum, &difference);
    fp_add(&out->im, &product, &product);
}

void fp2_mul_fp(fp2 *out, const fp2 *a, const fp *b)
{
    fp factor = *b;
    fp_mul(&out->re, &a->re, &factor);
    fp_mul(&out->im, &a->im, &factor);
}

void fp2_mul_xi(fp2 *out, const fp2 *a)
{
    fp2 times_9;
    fp2_add(&times_9, a, a);
    fp2_add(&times_9, &times_9, &times_9);
    fp2_add(&times_9, &times_9, &times_9);
    fp2_add(&times_9, &times_9, a);
    fp re = a->re;
    fp_sub(&out->re, &times_9.re, &a->im);
    fp_add(&out->im, &times_9.im, &re);
}

void fp2_invert(fp2 *out, const fp2 *a)
{
    fp norm, square;
    fp_square(&norm, &a->re);
    fp_square(&square, &a->im);
    fp_add(&norm, &norm, &square);
    fp_invert(&norm, &norm);
    fp_mul(&out->re, &a->re, &norm);
    fp_mul(&out->im, &a->im, &norm);
    fp_neg(&out->im, &out->im);
}
