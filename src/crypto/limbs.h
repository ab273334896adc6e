/* limbs.h: inside of crypto: sums and differences of four 64-bit limbs, least significant first, for the prime fields bn254_field.c
   and sm2_curve.c. Loops of fixed length and no branches; out may be an input. */
#ifndef HANSE_CRYPTO_LIMBS_H
#define HANSE_CRYPTO_LIMBS_H

#include <stdint.h>

/* out = a + (b & mask); returns the carry. */
static inline uint64_t limbs_add_masked(uint64_t out[4], const uint64_t a[4], const uint64_t b[4], uint64_t mask)
{
    uint64_t carry = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        unsigned __int128 s = (unsigned __int128)a[i] + (b[i] & mask) + carry;
        out[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    return carry;
}

static inline uint64_t limbs_add(uint64_t out[4], const uint64_t a[4], const uint64_t b[4])
{
    return limbs_add_masked(out, a, b, UINT64_MAX);
}

/* out = a - b; returns the borrow. */
static inline uint64_t limbs_sub(uint64_t out[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t borrow = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        unsigned __int128 d = (unsigned __int128)a[i] - b[i] - borrow;
        out[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    return borrow;
}

/* out = a + high * 2^256, less the modulus when that leaves something. Below twice the modulus. */
static inline void limbs_reduce_once(uint64_t out[4], const uint64_t a[4], uint64_t high, const uint64_t modulus[4])
{
    uint64_t less[4], borrow = limbs_sub(less, a, modulus);
    uint64_t keep = -(uint64_t)(borrow > high); /* all ones: the number was below the modulus */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        out[i] = (a[i] & keep) | (less[i] & ~keep);
}

/* out = a - b modulo the modulus, which both are below. */
static inline void limbs_sub_modulo(uint64_t out[4], const uint64_t a[4], const uint64_t b[4], const uint64_t modulus[4])
{
    uint64_t difference[4], borrow = limbs_sub(difference, a, b);
    limbs_add_masked(out, difference, modulus, -borrow);
}

#endif
