/* op_words.h: inside of the vm floor: opcodes that take words from the stack and leave one. A function each, of pointers only: so
   the words stay in registers when the loop inlines it. a is the top item, b and c the ones below; the result replaces the
   deepest of them, and the caller lowers the top. */
#ifndef HANSE_VM_OP_WORDS_H
#define HANSE_VM_OP_WORDS_H

#include "vm/u256_evm.h"

#define UNARY(name, expression)                                                                                        \
    static inline void word_##name(u256 *top)                                                                          \
    {                                                                                                                  \
        const u256 a = top[0];                                                                                         \
        top[0] = (expression);                                                                                         \
    }
#define BINARY(name, expression)                                                                                       \
    static inline void word_##name(u256 *top)                                                                          \
    {                                                                                                                  \
        const u256 a = top[0], b = top[-1];                                                                            \
        top[-1] = (expression);                                                                                        \
    }
#define TERNARY(name, expression)                                                                                      \
    static inline void word_##name(u256 *top)                                                                          \
    {                                                                                                                  \
        const u256 a = top[0], b = top[-1], c = top[-2];                                                               \
        top[-2] = (expression);                                                                                        \
    }

static inline bool words_fit_u64(u256 a, u256 b)
{
    return (a.limb[1] | a.limb[2] | a.limb[3] | b.limb[1] | b.limb[2] | b.limb[3]) == 0;
}

static inline u256 word_quotient(u256 a, u256 b)
{
    if (words_fit_u64(a, b))
        return u256_of(b.limb[0] ? a.limb[0] / b.limb[0] : 0);
    u256 quotient, remainder;
    u256_divide(a, b, &quotient, &remainder);
    return quotient;
}

static inline u256 word_remainder(u256 a, u256 b)
{
    if (words_fit_u64(a, b))
        return u256_of(b.limb[0] ? a.limb[0] % b.limb[0] : 0);
    u256 quotient, remainder;
    u256_divide(a, b, &quotient, &remainder);
    return remainder;
}

static inline u256 word_product(u256 a, u256 b)
{
    if (!words_fit_u64(a, b))
        return u256_mul(a, b);
    unsigned __int128 product = (unsigned __int128)a.limb[0] * b.limb[0];
    return (u256){{(uint64_t)product, (uint64_t)(product >> 64), 0, 0}};
}

static inline unsigned shift_amount(u256 by)
{
    return u256_fits_u64(by) && by.limb[0] < 256 ? (unsigned)by.limb[0] : 256;
}

BINARY(ADD, u256_add(a, b))
BINARY(SUB, u256_sub(a, b))
BINARY(MUL, word_product(a, b))
BINARY(DIV, word_quotient(a, b))
BINARY(MOD, word_remainder(a, b))
BINARY(SDIV, evm_divide_signed(a, b))
BINARY(SMOD, evm_remainder_signed(a, b))
BINARY(SIGNEXTEND, evm_sign_extend(a, b))
TERNARY(ADDMOD, evm_add_modulo(a, b, c))
TERNARY(MULMOD, evm_multiply_modulo(a, b, c))
BINARY(LT, u256_of(u256_is_less(a, b)))
BINARY(GT, u256_of(u256_is_less(b, a)))
BINARY(SLT, u256_of(evm_is_less_signed(a, b)))
BINARY(SGT, u256_of(evm_is_less_signed(b, a)))
BINARY(EQ, u256_of(u256_equal(a, b)))
UNARY(ISZERO, u256_of(u256_is_zero(a)))
UNARY(NOT, evm_not(a))
BINARY(AND, ((u256){{a.limb[0] & b.limb[0], a.limb[1] & b.limb[1], a.limb[2] & b.limb[2], a.limb[3] & b.limb[3]}}))
BINARY(OR, ((u256){{a.limb[0] | b.limb[0], a.limb[1] | b.limb[1], a.limb[2] | b.limb[2], a.limb[3] | b.limb[3]}}))
BINARY(XOR, ((u256){{a.limb[0] ^ b.limb[0], a.limb[1] ^ b.limb[1], a.limb[2] ^ b.limb[2], a.limb[3] ^ b.limb[3]}}))
BINARY(BYTE, evm_byte(a, b))
BINARY(SHL, u256_shift_left(b, shift_amount(a)))
BINARY(SHR, u256_shift_right(b, shift_amount(a)))
BINARY(SAR, evm_shift_right_signed(b, a))

#undef UNARY
#undef BINARY
#undef TERNARY

static inline void word_swap(u256 *one, u256 *other)
{
    const u256 kept = *one;
    *one = *other;
    *other = kept;
}

static inline bool word_is_zero(const u256 *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

#endif
