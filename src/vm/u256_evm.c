#include "vm/u256_evm.h"

typedef unsigned __int128 u128;

/* floor((2^128 - 1) / d) - 2^64 of a divisor whose highest bit is set: Moeller and Granlund, "Improved division by invariant
   integers", IEEE Transactions on Computers 60 (2011), equation 1. */
static uint64_t reciprocal_of(uint64_t d)
{
    return (uint64_t)(((u128)~d << 64 | UINT64_MAX) / d);
}

/* (high, low) / d for high < d: their algorithm 4. */
static inline uint64_t divide_2_by_1(uint64_t high, uint64_t low, uint64_t d, uint64_t reciprocal, uint64_t *rest)
{
    u128 q = (u128)reciprocal * high + ((u128)high << 64 | low);
    uint64_t q1 = (uint64_t)(q >> 64) + 1, r = low - q1 * d;
    if (r > (uint64_t)q) {
        q1--;
        r += d;
    }
    if (r >= d) {
        q1++;
        r -= d;
    }
    *rest = r;
    return q1;
}

static inline uint64_t shifted_limb(const uint64_t *a, int i, unsigned shift)
{
    uint64_t low = i > 0 && shift ? a[i - 1] >> (64 - shift) : 0;
    return a[i] << shift | low;
}

/* u[0..n] += v[0..n-1]; the carry out of the top. */
static bool add_back(uint64_t *u, const uint64_t *v, int n)
{
    uint64_t carry = 0;
    for (int i = 0; i < n; i++) {
        u128 sum = (u128)u[i] + v[i] + carry;
        u[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    u[n] += carry;
    return u[n] < carry;
}

/* u[0..n] -= v[0..n-1] * by; how often v had to be added back because that went below zero: by may be 2 too large. */
static unsigned subtract_product(uint64_t *u, const uint64_t *v, int n, uint64_t by)
{
    uint64_t carry = 0, borrow = 0;
    for (int i = 0; i < n; i++) {
        u128 product = (u128)v[i] * by + carry;
        carry = (uint64_t)(product >> 64);
        u128 difference = (u128)u[i] - (uint64_t)product - borrow;
        u[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    u128 difference = (u128)u[n] - carry - borrow;
    u[n] = (uint64_t)difference;
    bool negative = difference >> 64;
    unsigned times = 0;
    for (; negative; times++)
        negative = !add_back(u, v, n);
    return times;
}

/* Knuth, The Art of Computer Programming, volume 2, algorithm D, with 64-bit digits: a (length digits, at most 8) by b != 0.
   quotient: `length` digits. */
static void divide_digits(const uint64_t *a, int length, u256 b, uint64_t *quotient, u256 *remainder)
{
    int n = (int)(u256_bits(b) + 63) / 64;
    unsigned shift = (256 - u256_bits(b)) % 64;
    uint64_t u[9] = {0}, v[4] = {0}, r[4] = {0};
    for (int i = 0; i < n; i++)
        v[i] = shifted_limb(b.limb, i, shift);
    for (int i = 0; i < length; i++)
        u[i] = shifted_limb(a, i, shift);
    u[length] = shift ? a[length - 1] >> (64 - shift) : 0;
    uint64_t top = v[n - 1], reciprocal = reciprocal_of(top);
    for (int j = length - n; j >= 0; j--) {
        uint64_t guess = UINT64_MAX, rest;
        if (u[j + n] < top) {
            guess = divide_2_by_1(u[j + n], u[j + n - 1], top, reciprocal, &rest);
            if (n > 1 && (u128)guess * v[n - 2] > ((u128)rest << 64 | u[j + n - 2])) {
                guess--;
                rest += top;
                if (rest >= top && (u128)guess * v[n - 2] > ((u128)rest << 64 | u[j + n - 2]))
                    guess--;
            }
        }
        quotient[j] = guess - subtract_product(u + j, v, n, guess);
    }
    for (int i = 0; i < n; i++)
        r[i] = shift ? u[i] >> shift | u[i + 1] << (64 - shift) : u[i];
    *remainder = (u256){{r[0], r[1], r[2], r[3]}};
}

void evm_divide(u256 a, u256 b, u256 *quotient, u256 *remainder)
{
    if (u256_fits_u64(a) && u256_fits_u64(b)) {
        uint64_t by = b.limb[0] ? b.limb[0] : UINT64_MAX;
        *quotient = u256_of(b.limb[0] ? a.limb[0] / by : 0);
        *remainder = u256_of(b.limb[0] ? a.limb[0] % by : 0);
        return;
    }
    *quotient = U256_ZERO;
    *remainder = U256_ZERO;
    if (u256_is_zero(b))
        return;
    if (u256_compare(a, b) < 0) {
        *remainder = a;
        return;
    }
    divide_digits(a.limb, 4, b, quotient->limb, remainder);
}

static u256 negated_if(bool negative, u256 a)
{
    return negative ? u256_sub(U256_ZERO, a) : a;
}

u256 evm_divide_signed(u256 a, u256 b)
{
    bool minus_a = evm_is_negative(a), minus_b = evm_is_negative(b);
    u256 quotient, remainder;
    evm_divide(negated_if(minus_a, a), negated_if(minus_b, b), &quotient, &remainder);
    return negated_if(minus_a != minus_b, quotient);
}

u256 evm_remainder_signed(u256 a, u256 b)
{
    bool minus_a = evm_is_negative(a);
    u256 quotient, remainder;
    evm_divide(negated_if(minus_a, a), negated_if(evm_is_negative(b), b), &quotient, &remainder);
    return negated_if(minus_a, remainder);
}

static u256 remainder_of(const uint64_t *a, int length, u256 m)
{
    uint64_t quotient[8];
    u256 remainder;
    divide_digits(a, length, m, quotient, &remainder);
    return remainder;
}

u256 evm_add_modulo(u256 a, u256 b, u256 m)
{
    if (u256_is_zero(m))
        return U256_ZERO;
    u256 sum = u256_add(a, b);
    uint64_t digits[5] = {sum.limb[0], sum.limb[1], sum.limb[2], sum.limb[3], u256_compare(sum, a) < 0};
    return remainder_of(digits, 5, m);
}

u256 evm_multiply_modulo(u256 a, u256 b, u256 m)
{
    if (u256_is_zero(m))
        return U256_ZERO;
    uint64_t digits[8] = {0};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            u128 sum = (u128)a.limb[i] * b.limb[j] + digits[i + j] + carry;
            digits[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        digits[i + 4] = carry;
    }
    return remainder_of(digits, 8, m);
}

u256 evm_power(u256 base, u256 exponent)
{
    if (base.limb[0] == 2 && u256_fits_u64(base)) /* the compilers' shift before there was SHL */
        return u256_fits_u64(exponent) && exponent.limb[0] < 256 ? u256_shift_left(u256_of(1), (unsigned)exponent.limb[0])
                                                                 : U256_ZERO;
    u256 result = u256_of(1);
    unsigned bits = u256_bits(exponent);
    for (unsigned i = 0; i < bits; i++) {
        if (exponent.limb[i / 64] >> i % 64 & 1)
            result = u256_mul(result, base);
        base = u256_mul(base, base);
    }
    return result;
}

u256 evm_sign_extend(u256 byte_index, u256 value)
{
    if (!u256_fits_u64(byte_index) || byte_index.limb[0] >= 31)
        return value;
    unsigned above = 256 - 8 * ((unsigned)byte_index.limb[0] + 1);
    return evm_shift_right_signed(u256_shift_left(value, above), u256_of(above));
}

u256 evm_byte(u256 index, u256 value)
{
    if (!u256_fits_u64(index) || index.limb[0] >= 32)
        return U256_ZERO;
    unsigned from_low = 31 - (unsigned)index.limb[0];
    return u256_of(value.limb[from_low / 8] >> 8 * (from_low % 8) & 0xff);
}

u256 evm_shift_right_signed(u256 value, u256 by)
{
    bool negative = evm_is_negative(value);
    if (!u256_fits_u64(by) || by.limb[0] >= 256)
        return negative ? U256_MAX : U256_ZERO;
    unsigned bits = (unsigned)by.limb[0];
    if (!negative)
        return u256_shift_right(value, bits);
    return evm_not(u256_shift_right(evm_not(value), bits));
}
