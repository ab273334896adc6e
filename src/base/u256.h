/* u256.h: unsigned 256-bit integers; all arithmetic wraps modulo 2^256. */
#ifndef HANSE_BASE_U256_H
#define HANSE_BASE_U256_H

#include "base/bytes.h"

typedef struct {
    uint64_t limb[4]; /* limb[0] is the least significant */
} u256;

#define U256_ZERO ((u256){{0, 0, 0, 0}})
#define U256_MAX ((u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})

enum { U256_DECIMAL_BYTES = 79 }; /* 78 digits and a terminating zero */

static inline u256 u256_of(uint64_t value)
{
    return (u256){{value, 0, 0, 0}};
}

static inline bool u256_equal(u256 a, u256 b)
{
    return ((a.limb[0] ^ b.limb[0]) | (a.limb[1] ^ b.limb[1]) | (a.limb[2] ^ b.limb[2]) | (a.limb[3] ^ b.limb[3])) == 0;
}

static inline bool u256_is_zero(u256 a)
{
    return (a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

static inline bool u256_fits_u64(u256 a)
{
    return (a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

static inline int u256_compare(u256 a, u256 b)
{
    for (int i = 3; i >= 0; i--)
        if (a.limb[i] != b.limb[i])
            return a.limb[i] < b.limb[i] ? -1 : 1;
    return 0;
}

static inline u256 u256_add(u256 a, u256 b)
{
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

static inline u256 u256_sub(u256 a, u256 b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        unsigned __int128 take = (unsigned __int128)b.limb[i] + borrow;
        borrow = a.limb[i] < take;
        a.limb[i] -= (uint64_t)take;
    }
    return a;
}

u256 u256_mul(u256 a, u256 b);
/* Division by zero gives quotient 0 and remainder 0, as the EVM wants it. */
void u256_divide(u256 a, u256 b, u256 *quotient, u256 *remainder);
unsigned u256_bits(u256 a); /* index of the highest set bit + 1; 0 for zero */
u256 u256_shift_left(u256 a, unsigned bits);  /* 0 from 256 bits on */
u256 u256_shift_right(u256 a, unsigned bits);

u256 u256_from_be(bytes big_endian); /* at most the last 32 bytes are used; shorter values are right-aligned */
void u256_to_be(u256 a, uint8_t out[32]);
/* Minimal big-endian form into out; returns its length, 0 for zero. */
size_t u256_to_be_minimal(u256 a, uint8_t out[32]);
size_t u256_to_decimal(u256 a, char out[U256_DECIMAL_BYTES]); /* returns the number of digits; zero-terminated */
bool u256_from_decimal(bytes text, u256 *out);                /* false: empty, a non-digit, or too large */

#endif
