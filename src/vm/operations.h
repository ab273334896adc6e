/* operations.h: inside of the vm floor: the opcodes that are more than arithmetic. Each gets the frame with its gas written
   back and the stack's top, before its items are taken; it leaves results where the first item it does not need lies. false: the
   frame ended, or waits for an answer. */
#ifndef HANSE_VM_OPERATIONS_H
#define HANSE_VM_OPERATIONS_H

#include "vm/frame.h"

/* The frame's gas may be less than zero by now: then it ends. */
static inline bool frame_pays(evm_frame *f, int64_t gas)
{
    f->gas -= gas;
    return f->gas >= 0 || frame_end(f, EVM_OUT_OF_GAS);
}

static inline bool frame_touches(evm_frame *f, const u256 *offset, const u256 *size)
{
    f->gas = frame_expand_memory(f, f->gas, offset, size);
    return f->gas >= 0 || frame_end(f, EVM_OUT_OF_GAS);
}

/* Of a size that frame_touches accepted. */
static inline int64_t words_of(uint64_t size)
{
    return (int64_t)((size + 31) / 32);
}

/* Gas as Ethereum counts it: spent is the static gas of the block up to and with this instruction. spec/execution.md 4.2 */
static inline int64_t exact_gas(const evm_frame *f, int64_t spent)
{
    return f->gas + ((int64_t)f->block_gas - spent);
}

static inline const evm_environment *frame_environment(evm_frame *f)
{
    if (f->environment == NULL)
        f->environment = f->host->environment(f->context);
    return f->environment;
}

bool op_sha3(evm_frame *f, u256 *top);
bool op_calldatacopy(evm_frame *f, u256 *top);
bool op_codecopy(evm_frame *f, u256 *top);
bool op_extcodecopy(evm_frame *f, u256 *top);
bool op_returndatacopy(evm_frame *f, u256 *top);
bool op_exp(evm_frame *f, u256 *top);
bool op_end(evm_frame *f, u256 *top, evm_result result); /* RETURN, REVERT */
void op_calldataload(evm_frame *f, u256 *top);
void op_blockhash(evm_frame *f, u256 *top);
void op_extcodehash(evm_frame *f, u256 *top);

bool op_sstore(evm_frame *f, u256 *top, int64_t spent);
bool op_log(evm_frame *f, u256 *top, size_t topic_count);
bool op_selfdestruct(evm_frame *f, u256 *top);

/* true: answered at once, *result written; else the frame waits or ended. */
bool op_call(evm_frame *f, u256 *top, evm_kind kind, int64_t spent);
bool op_create(evm_frame *f, u256 *top, evm_kind kind, int64_t spent);

#endif
