/* interpret.c: the loop that runs analysed code. Gas and stack were checked at the entry of the block, so opcodes check
   neither: top stays inside stack[0 .. capacity) between ENTER and the end of the block, and every instruction has a successor
   because the last ones are STOP and BAD_JUMP. */
#include "vm/operations.h"

#include "vm/op_words.h"

#include <assert.h>

static const u256 word_size = {{32, 0, 0, 0}}, byte_size = {{1, 0, 0, 0}};

/* MLOAD, MSTORE, MSTORE8: memory that is there already, or else grown. Negative: out of gas. */
static inline int64_t touch_fixed(evm_frame *f, int64_t gas, const u256 *offset, const u256 *size)
{
    if (u256_fits_u64(*offset) && offset->limb[0] < f->memory_size &&
        f->memory_size - offset->limb[0] >= size->limb[0])
        return gas;
    return frame_expand_memory(f, gas, offset, size);
}

/* The checks at a block's entry that come after gas; false: the frame ended. May move the stack. */
static bool enter_with_other_stack(evm_frame *f, const evm_block *block)
{
    size_t items = frame_stack_items(f);
    if (items < (size_t)block->needs)
        return frame_end(f, EVM_STACK_UNDERFLOW);
    if (items + (size_t)block->growth > EVM_STACK_LIMIT)
        return frame_end(f, EVM_STACK_OVERFLOW);
    if (items + (size_t)block->growth > f->stack_capacity)
        frame_grow_stack(f, items + (size_t)block->growth);
    return true;
}

static inline u256 word_of_address(const address *a)
{
    return u256_from_be(BYTES_OF_VALUE(*a));
}

static u256 balance_of(evm_frame *f, const address *account)
{
    return f->host->balance(f->context, account);
}

static u256 balance_of_word(evm_frame *f, u256 word)
{
    address account = address_of_word(word);
    return balance_of(f, &account);
}

static u256 code_size_of_word(evm_frame *f, u256 word)
{
    address account = address_of_word(word);
    return u256_of(f->host->code_size(f->context, &account));
}

#define DISPATCH() goto *target[ip->op]
#define NEXT()                                                                                                         \
    do {                                                                                                               \
        ++ip;                                                                                                          \
        DISPATCH();                                                                                                    \
    } while (0)
/* Labels of opcodes of op_words.h, which take one item more than they leave, or two. */
#define WORDS(name, taken)                                                                                             \
    do_##name:                                                                                                         \
        word_##name(top);                                                                                              \
        top -= (taken);                                                                                                \
        NEXT();
#define PUSH_VALUE(value)                                                                                              \
    do {                                                                                                               \
        *++top = (value);                                                                                              \
        NEXT();                                                                                                        \
    } while (0)
/* An operation of operations.h, which sees and changes the frame's gas. */
#define OPERATE(call, taken)                                                                                           \
    do {                                                                                                               \
        f->gas = gas;                                                                                                  \
        f->next = ip;                                                                                                  \
        f->top = top;                                                                                                  \
        if (!(call))                                                                                                   \
            return f->result;                                                                                          \
        gas = f->gas;                                                                                                  \
        top -= (taken);                                                                                                \
        NEXT();                                                                                                        \
    } while (0)
#define END(reason)                                                                                                    \
    do {                                                                                                               \
        f->gas = gas;                                                                                                  \
        frame_end(f, (reason));                                                                                        \
        return f->result;                                                                                              \
    } while (0)

evm_result evm_run(evm_frame *f)
{
    static const void *const target[OP_LIMIT] = {
#define OPCODE(byte, name, gas, needs, change, since) [byte] = &&do_##name,
#define PUSH(byte, n) /* analysis makes PUSH_SMALL, PUSH_WORD, PUSH_FULL of them */
#include "vm/opcodes.def"
        [OP_ENTER] = &&do_JUMPDEST,        [OP_PUSH_SMALL] = &&do_PUSH_SMALL, [OP_PUSH_WORD] = &&do_PUSH_WORD,
        [OP_PUSH_FULL] = &&do_PUSH_FULL,   [OP_JUMP_TO] = &&do_JUMP_TO,       [OP_JUMPI_TO] = &&do_JUMPI_TO,
        [OP_BAD_JUMP] = &&do_BAD_JUMP,     [OP_UNDEFINED] = &&do_UNDEFINED,
    };
    if (f->state == FRAME_ENDED)
        return f->result;
    assert(f->state == FRAME_READY);
    const evm_code *const code = f->code;
    const evm_instruction *ip = f->next;
    u256 *top = f->top;
    int64_t gas = f->gas;
    DISPATCH();

do_JUMPDEST: {
    const evm_block *block = &code->blocks[ip->argument];
    gas -= block->gas;
    if (gas < 0)
        goto out_of_gas;
    f->top = top;
    f->block_gas = block->gas;
    ptrdiff_t items = top + 1 - f->stack;
    if (items < block->needs || items + block->growth > (ptrdiff_t)f->stack_capacity) {
        if (!enter_with_other_stack(f, block))
            return f->result;
        top = f->top;
    }
    NEXT();
}
do_STOP:
    END(EVM_SUCCESS);
do_INVALID:
    END(EVM_INVALID_INSTRUCTION);
do_UNDEFINED:
    END(EVM_UNDEFINED_INSTRUCTION);
do_BAD_JUMP:
    END(EVM_BAD_JUMP_DESTINATION);
out_of_gas:
    END(EVM_OUT_OF_GAS);

    WORDS(ADD, 1)
    WORDS(SUB, 1)
    WORDS(MUL, 1)
    WORDS(DIV, 1)
    WORDS(MOD, 1)
    WORDS(SDIV, 1)
    WORDS(SMOD, 1)
    WORDS(SIGNEXTEND, 1)
    WORDS(ADDMOD, 2)
    WORDS(MULMOD, 2)
    WORDS(LT, 1)
    WORDS(GT, 1)
    WORDS(SLT, 1)
    WORDS(SGT, 1)
    WORDS(EQ, 1)
    WORDS(ISZERO, 0)
    WORDS(NOT, 0)
    WORDS(AND, 1)
    WORDS(OR, 1)
    WORDS(XOR, 1)
    WORDS(BYTE, 1)
    WORDS(SHL, 1)
    WORDS(SHR, 1)
    WORDS(SAR, 1)
do_EXP:
    OPERATE(op_exp(f, top), 1);

do_ADDRESS:
    PUSH_VALUE(word_of_address(&f->message.self));
do_CALLER:
    PUSH_VALUE(word_of_address(&f->message.caller));
do_ORIGIN:
    PUSH_VALUE(word_of_address(&frame_environment(f)->origin));
do_COINBASE:
    PUSH_VALUE(word_of_address(&frame_environment(f)->coinbase));
do_CALLVALUE:
    PUSH_VALUE(f->message.value);
do_GASPRICE:
    PUSH_VALUE(frame_environment(f)->gas_price);
do_GASLIMIT:
    PUSH_VALUE(frame_environment(f)->gas_limit);
do_DIFFICULTY:
    PUSH_VALUE(frame_environment(f)->difficulty);
do_CHAINID:
    PUSH_VALUE(frame_environment(f)->chain_id);
do_TIMESTAMP:
    PUSH_VALUE(u256_of((uint64_t)frame_environment(f)->timestamp));
do_NUMBER:
    PUSH_VALUE(u256_of((uint64_t)frame_environment(f)->number));
do_BLOCKHASH:
    op_blockhash(f, top);
    NEXT();
do_SELFBALANCE:
    PUSH_VALUE(balance_of(f, &f->message.self));
do_BALANCE:
    *top = balance_of_word(f, *top);
    NEXT();
do_EXTCODESIZE:
    *top = code_size_of_word(f, *top);
    NEXT();
do_EXTCODEHASH:
    op_extcodehash(f, top);
    NEXT();
do_CALLDATASIZE:
    PUSH_VALUE(u256_of(f->message.input.size));
do_CODESIZE:
    PUSH_VALUE(u256_of(code->code.size));
do_RETURNDATASIZE:
    PUSH_VALUE(u256_of(f->return_size));
do_CALLDATALOAD:
    op_calldataload(f, top);
    NEXT();
do_CALLDATACOPY:
    OPERATE(op_calldatacopy(f, top), 3);
do_CODECOPY:
    OPERATE(op_codecopy(f, top), 3);
do_EXTCODECOPY:
    OPERATE(op_extcodecopy(f, top), 4);
do_RETURNDATACOPY:
    OPERATE(op_returndatacopy(f, top), 3);
do_SHA3:
    OPERATE(op_sha3(f, top), 1);

do_POP:
    top--;
    NEXT();
do_MLOAD:
    gas = touch_fixed(f, gas, top, &word_size);
    if (gas < 0)
        goto out_of_gas;
    *top = evm_load_word(f->memory + top->limb[0]);
    NEXT();
do_MSTORE:
    gas = touch_fixed(f, gas, top, &word_size);
    if (gas < 0)
        goto out_of_gas;
    evm_store_word(f->memory + top->limb[0], top[-1]);
    top -= 2;
    NEXT();
do_MSTORE8:
    gas = touch_fixed(f, gas, top, &byte_size);
    if (gas < 0)
        goto out_of_gas;
    f->memory[top->limb[0]] = (uint8_t)top[-1].limb[0];
    top -= 2;
    NEXT();
do_SLOAD:
    *top = f->host->get_storage(f->context, &f->message.self, top);
    NEXT();
do_SSTORE:
    OPERATE(op_sstore(f, top, (int64_t)code->words[ip->argument]), 2);
do_MSIZE:
    PUSH_VALUE(u256_of(f->memory_size));
do_GAS:
    PUSH_VALUE(u256_of((uint64_t)(gas + ((int64_t)f->block_gas - (int64_t)code->words[ip->argument]))));

do_JUMP:
    ip = evm_code_jump(code, *top--);
    DISPATCH();
do_JUMP_TO:
    ip = code->instructions + ip->argument;
    DISPATCH();
do_JUMPI:
    top -= 2;
    if (word_is_zero(&top[1]))
        NEXT();
    ip = evm_code_jump(code, top[2]);
    DISPATCH();
do_JUMPI_TO:
    top--;
    if (word_is_zero(&top[1]))
        NEXT();
    ip = code->instructions + ip->argument;
    DISPATCH();
do_PC: /* analysis makes a PUSH of it */
    PUSH_VALUE(u256_of(ip->argument));
do_PUSH_SMALL:
    PUSH_VALUE(u256_of(ip->argument));
do_PUSH_WORD:
    PUSH_VALUE(u256_of(code->words[ip->argument]));
do_PUSH_FULL: {
    const uint64_t *words = &code->words[ip->argument];
    PUSH_VALUE(((u256){{words[0], words[1], words[2], words[3]}}));
}

#define OPCODE(byte, name, gas, needs, change, since)
#define PUSH(byte, n)
#define DUP(byte, n)                                                                                                   \
    do_DUP##n:                                                                                                         \
        top[1] = top[1 - n];                                                                                           \
        top++;                                                                                                         \
        NEXT();
#define SWAP(byte, n)                                                                                                  \
    do_SWAP##n:                                                                                                        \
        word_swap(&top[0], &top[-n]);                                                                                  \
        NEXT();
#define LOG(byte, n)                                                                                                   \
    do_LOG##n:                                                                                                         \
        OPERATE(op_log(f, top, n), n + 2);
#include "vm/opcodes.def"

do_CREATE:
    OPERATE(op_create(f, top, EVM_KIND_CREATE, (int64_t)code->words[ip->argument]), 2);
do_CREATE2:
    OPERATE(op_create(f, top, EVM_KIND_CREATE2, (int64_t)code->words[ip->argument]), 3);
do_CALL:
    OPERATE(op_call(f, top, EVM_KIND_CALL, (int64_t)code->words[ip->argument]), 6);
do_CALLCODE:
    OPERATE(op_call(f, top, EVM_KIND_CALLCODE, (int64_t)code->words[ip->argument]), 6);
do_DELEGATECALL:
    OPERATE(op_call(f, top, EVM_KIND_DELEGATECALL, (int64_t)code->words[ip->argument]), 5);
do_STATICCALL:
    OPERATE(op_call(f, top, EVM_KIND_STATICCALL, (int64_t)code->words[ip->argument]), 5);
do_RETURN:
    OPERATE(op_end(f, top, EVM_SUCCESS), 2);
do_REVERT:
    OPERATE(op_end(f, top, EVM_REVERT), 2);
do_SELFDESTRUCT:
    OPERATE(op_selfdestruct(f, top), 1);
}
