/* bn254_tower.h: inside of bn254: fp6 = fp2[v] / (v^3 - xi) and fp12 = fp6[w] / (w^2 - v), where pairings take their values.
   Out may be one of the inputs. Pure; any thread. */
#ifndef HANSE_CRYPTO_BN254_TOWER_H
#define HANSE_CRYPTO_BN254_TOWER_H

#include "crypto/bn254_field.h"

typedef struct {
    fp2 c0, c1, c2; /* c0 + c1 v + c2 v^2 */
} fp6;

typedef struct {
    fp6 c0, c1; /* c0 + c1 w */
} fp12;

/* frobenius_power[i] = xi^(i (p - 1) / 6): what (w^i)^p is multiplied by. */
extern const fp2 frobenius_power[6];

fp12 fp12_of_one(void);
bool fp12_is_one(const fp12 *a);
void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b);
void fp12_square(fp12 *out, const fp12 *a);
/* a times l0 + l1 w + l3 w^3: the form of the lines in the Miller loop. */
void fp12_mul_line(fp12 *out, const fp12 *a, const fp2 *l0, const fp2 *l1, const fp2 *l3);
void fp12_conjugate(fp12 *out, const fp12 *a); /* a^(p^6); the inverse of a cyclotomic element */
void fp12_frobenius(fp12 *out, const fp12 *a); /* a^p */
void fp12_invert(fp12 *out, const fp12 *a);    /* of zero: zero */
/* Squares an element of the cyclotomic subgroup, that is with a^(p^4 - p^2 + 1) = 1 (Granger and Scott 2010). */
void fp12_cyclotomic_square(fp12 *out, const fp12 *a);

#endif
