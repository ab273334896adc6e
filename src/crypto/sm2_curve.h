/* sm2_curve.h: inside of the national suite: fast arithmetic on the SM2 curve y^2 = x^3 - 3x + b (GB/T 32918.5) for verifying.
   Variable time: public data only. Any thread; the first call makes a table of multiples of the generator (60 KB, some ms). */
#ifndef HANSE_CRYPTO_SM2_CURVE_H
#define HANSE_CRYPTO_SM2_CURVE_H

#include "base/u256.h"

/* A number modulo the field's prime in Montgomery form, below the prime, least significant limb first. */
typedef struct {
    uint64_t limb[4];
} sm2_fe;

typedef struct {
    sm2_fe x, y;
} sm2_affine;

typedef struct {
    sm2_fe x, y, z; /* the point (x / z^2, y / z^3); z zero: infinity */
} sm2_point;

extern const u256 sm2_order; /* of the generator; the curve has no other points */

bool sm2_point_read(const uint8_t x_y[64], sm2_affine *out) MUST_USE; /* false: coordinates too large, or not on the curve */
bool sm2_point_write(const sm2_point *p, uint8_t x_y[64]) MUST_USE;   /* false: infinity */
/* out := g_times G + p_times P; both numbers below the order. */
void sm2_point_combine(sm2_point *out, u256 g_times, const sm2_affine *p, u256 p_times);
/* Is the point's x coordinate, modulo the order, the given number (below the order)? Infinity has none. */
bool sm2_point_has_x(const sm2_point *p, u256 x);

#endif
