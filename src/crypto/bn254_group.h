/* bn254_group.h: inside of bn254: the groups G1 (y^2 = x^3 + 3 over fp) and G2 (y^2 = x^3 + 3/xi over fp2, the subgroup of
   order r) and the pairing of them. Pure; any thread; variable time. */
#ifndef HANSE_CRYPTO_BN254_GROUP_H
#define HANSE_CRYPTO_BN254_GROUP_H

#include "crypto/bn254_tower.h"

typedef struct {
    fp x, y; /* both zero: infinity */
} g1_affine;

typedef struct {
    fp x, y, z; /* Jacobian: the point (x / z^2, y / z^3); z zero: infinity */
} g1_point;

typedef struct {
    fp2 x, y; /* both zero: infinity */
} g2_affine;

bool g1_is_on_curve(const g1_affine *a); /* infinity counts. G1 is the whole curve */
void g1_from_affine(g1_point *out, const g1_affine *a);
void g1_to_affine(g1_affine *out, const g1_point *a);
void g1_double(g1_point *out, const g1_point *a);
void g1_add(g1_point *out, const g1_point *a, const g1_point *b);
void g1_multiply(g1_point *out, const g1_affine *a, const uint8_t scalar_be[32]);

static inline bool g1_is_infinity(const g1_affine *a)
{
    return fp_is_zero(&a->x) && fp_is_zero(&a->y);
}

static inline bool g2_is_infinity(const g2_affine *a)
{
    return fp2_is_zero(&a->x) && fp2_is_zero(&a->y);
}

bool g2_is_on_curve(const g2_affine *a);
bool g2_is_in_group(const g2_affine *a); /* of a point on the curve: is its order r (or 1)? */

enum { MILLER_PAIRS_MAX = 16 };

/* The product of the Miller functions of up to MILLER_PAIRS_MAX pairs; no point may be infinity, and q must be in G2. */
void pairing_miller(fp12 *out, const g1_affine *p, const g2_affine *q, size_t pairs);
/* Makes the Miller value of a pairing unique: a power of it, the same for all, of order r. */
void pairing_finish(fp12 *out, const fp12 *miller);

#endif
