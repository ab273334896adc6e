#include "base/u256.h"

#include <assert.h>

typedef unsigned __int128 u128;

u256 u256_mul(u256 a, u256 b)
{
    u256 out = U256_ZERO;
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; i + j < 4; j++) {
            u128 sum = (u128)a.limb[i] * b.limb[j] + out.limb[i + j] + carry;
            out.limb[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
    }
    return out;
}

unsigned u256_bits(u256 a)
{
    for (int i = 3; i >= 0; i--)
        if (a.limb[i])
            return (unsigned)(64 * i + 64 - __builtin_clzll(a.limb[i]));
    return 0;
}

u256 u256_shift_left(u256 a, unsigned bits)
{
    u256 out = U256_ZERO;
    if (bits >= 256)
        return out;
    unsigned limbs = bits / 64, rest = bits % 64;
    for (unsigned i = 3; i + 1 > limbs; i--) {
        out.limb[i] = a.limb[i - limbs] << rest;
        if (rest && i > limbs)
            out.limb[i] |= a.limb[i - limbs - 1] >> (64 - rest);
    }
    return out;
}

u256 u256_shift_right(u256 a, unsigned bits)
{
    u256 out = U256_ZERO;
    if (bits >= 256)
        return out;
    unsigned limbs = bits / 64, rest = bits % 64;
    for (unsigned i = 0; i + limbs < 4; i++) {
        out.limb[i] = a.limb[i + limbs] >> rest;
        if (rest && i + limbs + 1 < 4)
            out.limb[i] |= a.limb[i + limbs + 1] << (64 - rest);
    }
    return out;
}

/* Knuth, The Art of Computer Programming, volume 2, algorithm D, with 32-bit digits. */
static void divide_long(u256 a, u256 b, u256 *quotient, u256 *remainder)
{
    uint32_t u[9] = {0}, v[8] = {0}, q[8] = {0};
    unsigned shift = (256 - u256_bits(b)) % 32;
    int n = (int)(u256_bits(b) + 31) / 32, m = (int)(u256_bits(a) + 31) / 32;
    u256 shifted_b = u256_shift_left(b, shift), shifted_a = u256_shift_left(a, shift);
    for (int i = 0; i < 8; i++) {
        v[i] = (uint32_t)(shifted_b.limb[i / 2] >> 32 * (i % 2));
        u[i] = (uint32_t)(shifted_a.limb[i / 2] >> 32 * (i % 2));
    }
    u[8] = shift ? (uint32_t)(a.limb[3] >> (64 - shift)) : 0;
    for (int j = m - n; j >= 0; j--) {
        uint64_t top = (uint64_t)u[j + n] << 32 | u[j + n - 1];
        uint64_t guess = top / v[n - 1], rest = top % v[n - 1];
        while (guess >> 32 || (n > 1 && guess * v[n - 2] > (rest << 32 | u[j + n - 2]))) {
            guess--;
            rest += v[n - 1];
            if (rest >> 32)
                break;
        }
        int64_t borrow = 0;
        for (int i = 0; i < n; i++) {
            uint64_t product = guess * v[i];
            int64_t difference = (int64_t)u[i + j] - borrow - (int64_t)(product & 0xffffffff);
            u[i + j] = (uint32_t)difference;
            borrow = (int64_t)(product >> 32) - (difference >> 32);
        }
        int64_t difference = (int64_t)u[j + n] - borrow;
        u[j + n] = (uint32_t)difference;
        if (difference < 0) {
            guess--;
            uint64_t carry = 0;
            for (int i = 0; i < n; i++) {
                carry += (uint64_t)u[i + j] + v[i];
                u[i + j] = (uint32_t)carry;
                carry >>= 32;
            }
            u[j + n] += (uint32_t)carry;
        }
        q[j] = (uint32_t)guess;
    }
    u256 rest = U256_ZERO;
    for (int i = 0; i < 8; i++) {
        quotient->limb[i / 2] |= (uint64_t)q[i] << 32 * (i % 2);
        rest.limb[i / 2] |= (uint64_t)u[i] << 32 * (i % 2);
    }
    *remainder = u256_shift_right(rest, shift);
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
    if (u256_fits_u64(b)) {
        u128 rest = 0;
        for (int i = 3; i >= 0; i--) {
            rest = rest << 64 | a.limb[i];
            quotient->limb[i] = (uint64_t)(rest / b.limb[0]);
            rest %= b.limb[0];
        }
        *remainder = u256_of((uint64_t)rest);
        return;
    }
    divide_long(a, b, quotient, remainder);
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
