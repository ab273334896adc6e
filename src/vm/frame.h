/* frame.h: inside of the vm floor: the state of one running contract. */
#ifndef HANSE_VM_FRAME_H
#define HANSE_VM_FRAME_H

#include "vm/code.h"

enum { FRAME_FIRST_STACK_ITEMS = 32, FRAME_FIRST_MEMORY_BYTES = 1024 };

typedef enum { FRAME_READY, FRAME_WAITS, FRAME_ENDED } frame_state;

struct evm_frame {
    /* the interpreter's registers while it does not run */
    const evm_instruction *next;
    int64_t gas; /* already reduced by the whole block: spec/execution.md 4.2 */
    u256 *top;   /* the newest stack item; stack - 1 + items */
    uint32_t block_gas;

    u256 *stack;
    size_t stack_capacity; /* items */
    uint8_t *memory;
    size_t memory_size, memory_capacity; /* size: a multiple of 32 */
    uint8_t *return_data;
    size_t return_size, return_capacity;

    const evm_code *code;
    evm_message message;
    const evm_host *host;
    void *context;
    const evm_environment *environment; /* NULL until first asked for */

    frame_state state;
    evm_result result;
    size_t output_offset, output_size;
    int64_t refund;

    /* what the frame waits for */
    evm_request request;
    int64_t forwarded; /* of its gas, without the stipend */
    size_t answer_offset, answer_size;
    u256 *stack_allocation; /* one unused item below stack */
};

/* Gas after making memory reach offset + size; negative: out of gas. Size 0 costs nothing at any offset. spec/execution.md 4.4 */
int64_t frame_expand_memory(evm_frame *f, int64_t gas, const u256 *offset, const u256 *size) MUST_USE;
/* Room for `items`, at most EVM_STACK_LIMIT; moves f->stack and f->top. */
void frame_grow_stack(evm_frame *f, size_t items);
void frame_set_return_data(evm_frame *f, bytes data);

static inline size_t frame_stack_items(const evm_frame *f)
{
    return (size_t)(f->top + 1 - f->stack);
}

static inline bool frame_end(evm_frame *f, evm_result result)
{
    f->result = result;
    f->state = FRAME_ENDED;
    return false;
}

static inline address address_of_word(u256 word)
{
    uint8_t full[32];
    address out;
    u256_to_be(word, full);
    memcpy(out.b, full + 12, sizeof out.b);
    return out;
}

#endif
