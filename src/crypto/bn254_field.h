/* bn254_field.h: inside of bn254: the prime field of alt_bn128 (EIP-196) and its quadratic extension fp2 = fp[i] / (i^2 + 1).
   Every operation allows out to be one of the inputs. Pure; any thread; variable time only where said. */
#ifndef HANSE_CRYPTO_BN254_FIELD_H
#define HANSE_CRYPTO_BN254_FIELD_H

#include "base/bytes.h"

/* Montgomery form: the number times 2^256 mod p, always below p, least significant limb first. */
typedef struct {
    uint64_t limb[4];
} fp;

typedef struct {
    fp re, im;
} fp2;

extern const fp fp_one; /* 1 in Montgomery form */

bool fp_from_be(const uint8_t in[32], fp *out) MUST_USE; /* false: not below p */
void fp_to_be(const fp *a, uint8_t out[32]);
fp fp_of_small(unsigned value);
void fp_add(fp *out, const fp *a, const fp *b);
void fp_sub(fp *out, const fp *a, const fp *b);
void fp_neg(fp *out, const fp *a);
void fp_half(fp *out, const fp *a);
void fp_mul(fp *out, const fp *a, const fp *b);
void fp_square(fp *out, const fp *a);
void fp_invert(fp *out, const fp *a); /* of zero: zero */

static inline bool fp_is_zero(const fp *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

static inline bool fp_equal(const fp *a, const fp *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

void fp2_add(fp2 *out, const fp2 *a, const fp2 *b);
void fp2_sub(fp2 *out, const fp2 *a, const fp2 *b);
void fp2_double(fp2 *out, const fp2 *a);
void fp2_half(fp2 *out, const fp2 *a);
void fp2_neg(fp2 *out, const fp2 *a);
void fp2_conjugate(fp2 *out, const fp2 *a); /* also a^p */
void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b);
void fp2_square(fp2 *out, const fp2 *a);
void fp2_mul_fp(fp2 *out, const fp2 *a, const fp *b);
void fp2_mul_xi(fp2 *out, const fp2 *a); /* times xi = 9 + i, which has no cube or square root in fp2 */
void fp2_invert(fp2 *out, const fp2 *a);

static inline bool fp2_is_zero(const fp2 *a)
{
    return fp_is_zero(&a->re) && fp_is_zero(&a->im);
}

static inline bool fp2_equal(const fp2 *a, const fp2 *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

#endif
