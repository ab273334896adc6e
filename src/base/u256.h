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

/* a + b + *carry, and the carry out. */
static inline uint64_t u256_limb_add(uint64_t a, uint64_t b, bool *carry)
{
    uint64_t sum;
    bool first = __builtin_add_overflow(a, b, &sum);
    bool second = __builtin_add_overflow(sum, (uint64_t)*carry, &sum);
    *carry = first | second;
    return sum;
}

static inline uint64_t u256_limb_sub(uint64_t a, uint64_t b, bool *borrow)
{
    uint64_t difference;
    bool first = __builtin_sub_overflow(a, b, &difference);
    bool second = __builtin_sub_overflow(difference, (uint64_t)*borrow, &difference);
    *borrow = first | second;
    return difference;
}

/* Written out limb by limb: compilers leave a loop as it is, and the words in memory. */
static inline u256 u256_add(u256 a, u256 b)
{
    bool carry = false;
    uint64_t s0 = u256_limb_add(a.limb[0], b.limb[0], &carry);
    uint64_t s1 = u256_limb_add(a.limb[1], b.limb[1], &carry);
    uint64_t s2 = u256_limb_add(a.limb[2], b.limb[2], &carry);
    return (u256){{s0, s1, s2, a.limb[3] + b.limb[3] + carry}};
}

static inline u256 u256_sub(u256 a, u256 b)
{
    bool borrow = false;
    uint64_t d0 = u256_limb_sub(a.limb[0], b.limb[0], &borrow);
    uint64_t d1 = u256_limb_sub(a.limb[1], b.limb[1], &borrow);
    uint64_t d2 = u256_limb_sub(a.limb[2], b.limb[2], &borrow);
    return (u256){{d0, d1, d2, a.limb[3] - b.limb[3] - borrow}};
}

static inline bool u256_is_less(u256 a, u256 b)
{
    bool borrow = false;
    u256_limb_sub(a.limb[0], b.limb[0], &borrow);
    u256_limb_sub(a.limb[1], b.limb[1], &borrow);
    u256_limb_sub(a.limb[2], b.limb[2], &borrow);
    u256_limb_sub(a.limb[3], b.limb[3], &borrow);
    return borrow;
}

u256 u256_mul(u256 a, u256 b);
/* Division by zero gives quotient 0 and remainder 0, as the EVM wants it. */
void u256_divide(u256 a, u256 b, u256 *quotient, u256 *remainder);
/* The remainder of an integer of up to 8 limbs (least significant first) by m; 0 when m is 0. */
u256 u256_remainder_wide(const uint64_t *limbs, size_t count, u256 m);
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
