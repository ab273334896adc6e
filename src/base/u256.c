#include "base/u256.h"

#include <assert.h>

typedef unsigned __int128 u128;

u256 u256_mul(u256 a, u256 b)
{
    if (u256_fits_u64(a) && u256_fits_u64(b)) {
        u128 product = (u128)a.limb[0] * b.limb[0];
        return (u256){{(uint64_t)product, (uint64_t)(product >> 64), 0, 0}};
    }
    const uint64_t *x = a.limb, *y = b.limb;
    u128 p00 = (u128)x[0] * y[0], p01 = (u128)x[0] * y[1], p10 = (u128)x[1] * y[0];
    u128 p02 = (u128)x[0] * y[2], p11 = (u128)x[1] * y[1], p20 = (u128)x[2] * y[0];
    uint64_t top = x[0] * y[3] + x[1] * y[2] + x[2] * y[1] + x[3] * y[0];
    u128 one = (u128)(uint64_t)(p00 >> 64) + (uint64_t)p01 + (uint64_t)p10;
    u128 two = (one >> 64) + (uint64_t)(p01 >> 64) + (uint64_t)(p10 >> 64) + (uint64_t)p02 + (uint64_t)p11 + (uint64_t)p20;
    top += (uint64_t)(two >> 64) + (uint64_t)(p02 >> 64) + (uint64_t)(p11 >> 64) + (uint64_t)(p20 >> 64);
    return (u256){{(uint64_t)p00, (uint64_t)one, (uint64_t)two, top}};
}

unsigned u256_bits(u256 a)
{
    for (int i = 3; i >= 0; i--)
        if (a.limb[i])
            return (unsigned)(64 * i + 64 - __builtin_clzll(a.limb[i]));
    return 0;
}

/* Whole limbs first, in two steps; `>> 1 >> (63 - rest)` is a shift by 64 - rest that is defined for rest = 0, too. */
u256 u256_shift_left(u256 a, unsigned bits)
{
    if (bits >= 256)
        return U256_ZERO;
    if (bits & 128)
        a = (u256){{0, 0, a.limb[0], a.limb[1]}};
    if (bits & 64)
        a = (u256){{0, a.limb[0], a.limb[1], a.limb[2]}};
    unsigned rest = bits % 64, other = 63 - rest;
    return (u256){{a.limb[0] << rest, a.limb[1] << rest | a.limb[0] >> 1 >> other,
                   a.limb[2] << rest | a.limb[1] >> 1 >> other, a.limb[3] << rest | a.limb[2] >> 1 >> other}};
}

u256 u256_shift_right(u256 a, unsigned bits)
{
    if (bits >= 256)
        return U256_ZERO;
    if (bits & 128)
        a = (u256){{a.limb[2], a.limb[3], 0, 0}};
    if (bits & 64)
        a = (u256){{a.limb[1], a.limb[2], a.limb[3], 0}};
    unsigned rest = bits % 64, other = 63 - rest;
    return (u256){{a.limb[0] >> rest | a.limb[1] << 1 << other, a.limb[1] >> rest | a.limb[2] << 1 << other,
                   a.limb[2] >> rest | a.limb[3] << 1 << other, a.limb[3] >> rest}};
}

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

void u256_divide(u256 a, u256 b, u256 *quotient, u256 *remainder)
{
    *quotient = U256_ZERO;
    *remainder = U256_ZERO;
    if (u256_is_zero(b))
        return;
    if (u256_compare(a, b) < 0) {
        *remainder = a;
        return;
    }
    if (u256_fits_u64(a)) {
        *quotient = u256_of(a.limb[0] / b.limb[0]);
        *remainder = u256_of(a.limb[0] % b.limb[0]);
        return;
    }
    divide_digits(a.limb, 4, b, quotient->limb, remainder);
}

u256 u256_remainder_wide(const uint64_t *limbs, size_t count, u256 m)
{
    assert(count <= 8);
    uint64_t quotient[8];
    u256 remainder = U256_ZERO;
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    if (u256_is_zero(m) || count == 0)
        return remainder;
    divide_digits(limbs, (int)count, m, quotient, &remainder);
    return remainder;
}

u256 u256_from_be(bytes big_endian)
{
    u256 out = U256_ZERO;
    bytes used = big_endian.size > 32 ? bytes_from(big_endian, big_endian.size - 32) : big_endian;
    for (size_t i = 0; i < used.size; i++) {
        size_t place = used.size - 1 - i;
        out.limb[place / 8] |= (uint64_t)used.data[i] << 8 * (place % 8);
    }
    return out;
}

void u256_to_be(u256 a, uint8_t out[32])
{
    for (int i = 0; i < 4; i++)
        write_be64(out + 8 * i, a.limb[3 - i]);
}

size_t u256_to_be_minimal(u256 a, uint8_t out[32])
{
    uint8_t full[32];
    u256_to_be(a, full);
    size_t length = (u256_bits(a) + 7) / 8;
    memcpy(out, full + 32 - length, length);
    return length;
}

size_t u256_to_decimal(u256 a, char out[U256_DECIMAL_BYTES])
{
    enum { CHUNK_DIGITS = 19 };
    const u256 chunk = u256_of(10000000000000000000u);
    char reversed[5 * CHUNK_DIGITS];
    size_t count = 0;
    do {
        u256 rest;
        u256_divide(a, chunk, &a, &rest);
        uint64_t part = rest.limb[0];
        for (int i = 0; i < CHUNK_DIGITS; i++, part /= 10)
            reversed[count++] = (char)('0' + part % 10);
    } while (!u256_is_zero(a));
    while (count > 1 && reversed[count - 1] == '0')
        count--;
    assert(count < U256_DECIMAL_BYTES);
    for (size_t i = 0; i < count; i++)
        out[i] = reversed[count - 1 - i];
    out[count] = '\0';
    return count;
}

bool u256_from_decimal(bytes text, u256 *out)
{
    u256 value = U256_ZERO;
    if (text.size == 0)
        return false;
    const u256 tenth = {{0x9999999999999999u, 0x9999999999999999u, 0x9999999999999999u, 0x1999999999999999u}};
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || u256_compare(value, tenth) > 0)
            return false;
        u256 tens = u256_mul(value, u256_of(10));
        value = u256_add(tens, u256_of((uint64_t)(text.data[i] - '0')));
        if (u256_compare(value, tens) < 0)
            return false;
    }
    *out = value;
    return true;
}
