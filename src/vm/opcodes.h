/* opcodes.h: inside of the vm floor: opcode numbers and what accounting knows about each of them (opcodes.def). */
#ifndef HANSE_VM_OPCODES_H
#define HANSE_VM_OPCODES_H

#include "vm/evm.h"

enum {
#define OPCODE(byte, name, gas, needs, change, since) OP_##name = byte,
#include "vm/opcodes.def"
    /* What analysis makes of several opcodes or of none. */
    OP_ENTER = 256, /* a basic block that does not begin with JUMPDEST; argument: block */
    OP_PUSH_SMALL,  /* argument: the value */
    OP_PUSH_WORD,   /* argument: index of one word */
    OP_PUSH_FULL,   /* argument: index of four words */
    OP_JUMP_TO,     /* PUSH + JUMP; argument: instruction */
    OP_JUMPI_TO,    /* PUSH + JUMPI; argument: instruction */
    OP_BAD_JUMP,    /* where every jump to no JUMPDEST lands */
    OP_UNDEFINED,
    OP_LIMIT
};

typedef struct {
    const char *name;   /* NULL: undefined */
    int32_t static_gas; /* 0 for undefined opcodes */
    int16_t needs, change;
} evm_opcode;

/* The 256 opcodes under these rules. */
void evm_opcodes_of(const evm_rules *rules, evm_opcode out[256]);

#endif
