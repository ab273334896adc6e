/* code.h: inside of the vm floor: analysed code as analyse.c builds it and interpret.c runs it. */
#ifndef HANSE_VM_CODE_H
#define HANSE_VM_CODE_H

#include "vm/opcodes.h"

typedef struct {
    uint16_t op; /* OP_* */
    uint32_t argument;
} evm_instruction;

/* Spec/execution.md 4.2: checked once when the block is entered. Saturated as there: what does not fit always fails. */
typedef struct {
    uint32_t gas;
    int16_t needs, growth;
    uint32_t first; /* instruction */
} evm_block;

/* One allocation holds all of it. Bounded by the code size n: at most n + 3 instructions of 8 bytes, n + 1 blocks of 12,
   n words of 8 (a byte is an instruction or a block or a word, PUSH data pay for the words of their values). */
struct evm_code {
    evm_rules rules; /* under which it was analysed: static gas is part of the blocks */
    bytes code;
    size_t memory_bytes;
    const evm_instruction *instructions;
    uint32_t instruction_count; /* the last two are STOP and BAD_JUMP */
    const evm_block *blocks;
    const uint64_t *words;   /* values of large PUSH, least significant first; gas up to and with an instruction */
    const uint64_t *starts;  /* one bit a byte of code: a block begins here */
    const uint32_t *before;  /* blocks that begin before starts[i] */
};

/* The instruction that a jump to byte `to` of the code goes on with; BAD_JUMP when there is no JUMPDEST. */
static inline const evm_instruction *evm_code_jump(const evm_code *c, u256 to)
{
    uint64_t at = to.limb[0];
    if (!u256_fits_u64(to) || at >= c->code.size || c->code.data[at] != OP_JUMPDEST)
        return c->instructions + c->instruction_count - 1;
    uint64_t group = c->starts[at / 64], bit = (uint64_t)1 << at % 64;
    if (!(group & bit)) /* the byte is data of a PUSH, or cannot be reached */
        return c->instructions + c->instruction_count - 1;
    uint32_t block = c->before[at / 64] + (uint32_t)__builtin_popcountll(group & (bit - 1));
    return c->instructions + c->blocks[block].first;
}

#endif
