/* u256_evm.h: inside of the vm floor: the EVM's arithmetic on 256-bit words that base/u256.h does not have. Signed operations
   read two's complement. Source: Ethereum yellow paper, appendix H; spec/execution.md 4.8. */
#ifndef HANSE_VM_U256_EVM_H
#define HANSE_VM_U256_EVM_H

#include "base/u256.h"

u256 evm_divide_signed(u256 a, u256 b);       /* SDIV: towards zero; -2^255 / -1 is -2^255; by zero 0 */
u256 evm_remainder_signed(u256 a, u256 b);    /* SMOD: sign of the dividend; by zero 0 */
u256 evm_add_modulo(u256 a, u256 b, u256 m);  /* of the 257-bit sum; m = 0 gives 0 */
u256 evm_multiply_modulo(u256 a, u256 b, u256 m); /* of the 512-bit product; m = 0 gives 0 */
u256 evm_power(u256 base, u256 exponent);
u256 evm_sign_extend(u256 byte_index, u256 value); /* from byte 0 = least significant; 31 and more: value as it is */
u256 evm_byte(u256 index, u256 value);             /* 0 = most significant; 32 and more: 0 */
u256 evm_shift_right_signed(u256 value, u256 by);

static inline bool evm_is_negative(u256 a)
{
    return a.limb[3] >> 63;
}

static inline u256 evm_not(u256 a)
{
    return (u256){{~a.limb[0], ~a.limb[1], ~a.limb[2], ~a.limb[3]}};
}

/* A word in memory and back; unaligned. */
static inline u256 evm_load_word(const uint8_t *p)
{
    return (u256){{read_be64(p + 24), read_be64(p + 16), read_be64(p + 8), read_be64(p)}};
}

static inline void evm_store_word(uint8_t *p, u256 a)
{
    write_be64(p, a.limb[3]), write_be64(p + 8, a.limb[2]), write_be64(p + 16, a.limb[1]), write_be64(p + 24, a.limb[0]);
}

static inline bool evm_is_less_signed(u256 a, u256 b)
{
    const uint64_t sign = (uint64_t)1 << 63;
    a.limb[3] ^= sign, b.limb[3] ^= sign;
    return u256_is_less(a, b);
}

#endif
