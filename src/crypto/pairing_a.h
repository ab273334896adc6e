/* pairing_a.h: the symmetric pairing "type a": the curve y^2 = x^3 + x over a prime field with q = 3 mod 4, its points of order
   r, and F_q^2 = F_q(i). Source: spec/precompiled.md 8.3. Values are GMP numbers: init and clear them. The parameters come from
   outside: with wrong ones the results mean nothing, but every call ends. */
#ifndef HANSE_CRYPTO_PAIRING_A_H
#define HANSE_CRYPTO_PAIRING_A_H

#include "base/buffer.h"

#include <gmp.h>

enum { PAIRING_A_MAX_BITS = 2048 };

typedef struct {
    mpz_t q, h, r; /* q = h r - 1 */
    size_t field_bytes, order_bytes;
} pairing_a;

typedef struct {
    mpz_t x, y;
    bool is_identity;
} curve_point;

typedef struct {
    mpz_t re, im;
} field2;

/* Decimal texts. false: not numbers, too large, or not q = h r - 1 with q = 3 mod 4. Clear it in either case. */
bool pairing_a_init(pairing_a *e, bytes q, bytes h, bytes r) MUST_USE;
void pairing_a_clear(pairing_a *e);

void curve_point_init(curve_point *p); /* the identity */
void curve_point_clear(curve_point *p);
void curve_add(const pairing_a *e, curve_point *sum, const curve_point *p, const curve_point *q);
void curve_multiply(const pairing_a *e, curve_point *product, const mpz_t times, const curve_point *p); /* times >= 0 */
/* From coordinates: reduced; what is not on the curve becomes the identity. */
void curve_point_set(const pairing_a *e, curve_point *p, bytes x, bytes y);
/* The point that a message is mapped to. false: none was found within a bound that honest parameters never meet. */
bool curve_point_of_message(const pairing_a *e, curve_point *p, bytes message) MUST_USE;
void curve_point_append(const pairing_a *e, buffer *hex, const curve_point *p);

void field2_init(field2 *f); /* 1 */
void field2_clear(field2 *f);
void field2_multiply(const pairing_a *e, field2 *product, const field2 *f, const field2 *g);
void field2_power(const pairing_a *e, field2 *power, const field2 *f, const mpz_t exponent); /* exponent >= 0 */
void field2_append(const pairing_a *e, buffer *hex, const field2 *f);

void pairing_a_apply(const pairing_a *e, field2 *out, const curve_point *p, const curve_point *q);
/* Bytes stretched to a number of n's size, below or equal to n (hashToInt). */
void pairing_a_hash_to_number(mpz_t out, bytes data, const mpz_t n);

#endif
