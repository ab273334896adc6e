#include "vm/u256_evm.h"

typedef unsigned __int128 u128;

static u256 negated_if(bool negative, u256 a)
{
    return negative ? u256_sub(U256_ZERO, a) : a;
}

u256 evm_divide_signed(u256 a, u256 b)
{
    bool minus_a = evm_is_negative(a), minus_b = evm_is_negative(b);
    u256 quotient, remainder;
    u256_divide(negated_if(minus_a, a), negated_if(minus_b, b), &quotient, &remainder);
    return negated_if(minus_a != minus_b, quotient);
}

u256 evm_remainder_signed(u256 a, u256 b)
{
    bool minus_a = evm_is_negative(a);
    u256 quotient, remainder;
    u256_divide(negated_if(minus_a, a), negated_if(evm_is_negative(b), b), &quotient, &remainder);
    return negated_if(minus_a, remainder);
}

u256 evm_add_modulo(u256 a, u256 b, u256 m)
{
    u256 sum = u256_add(a, b);
    uint64_t digits[5] = {sum.limb[0], sum.limb[1], sum.limb[2], sum.limb[3], u256_compare(sum, a) < 0};
    return u256_remainder_wide(digits, 5, m);
}

u256 evm_multiply_modulo(u256 a, u256 b, u256 m)
{
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
    return u256_remainder_wide(digits, 8, m);
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
