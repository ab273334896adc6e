/* frame.c: life of a frame, its stack and memory, and the answers to its requests. */
#include "vm/frame.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

evm_frame *evm_frame_new(const evm_rules *rules, const evm_code *code, const evm_message *message, const evm_host *host,
                         void *context)
{
    assert(code->rules.revision == rules->revision && code->rules.gas == rules->gas);
    assert(message->gas >= 0 && message->depth <= EVM_DEPTH_LIMIT);
    evm_frame *f = memory_new(sizeof *f);
    f->next = code->instructions;
    f->gas = message->gas;
    f->code = code;
    f->message = *message;
    f->host = host;
    f->context = context;
    f->stack_allocation = memory_resize(NULL, FRAME_FIRST_STACK_ITEMS + 1, sizeof(u256));
    f->stack_capacity = FRAME_FIRST_STACK_ITEMS;
    f->stack = f->stack_allocation + 1;
    f->top = f->stack_allocation;
    return f;
}

void evm_frame_free(evm_frame *f)
{
    if (f == NULL)
        return;
    free(f->stack_allocation);
    free(f->memory);
    free(f->return_data);
    free(f);
}

void frame_grow_stack(evm_frame *f, size_t items)
{
    assert(items <= EVM_STACK_LIMIT);
    size_t used = frame_stack_items(f), capacity = f->stack_capacity;
    while (capacity < items)
        capacity *= 2;
    f->stack_allocation = memory_resize(f->stack_allocation, capacity + 1, sizeof(u256));
    f->stack_capacity = capacity;
    f->stack = f->stack_allocation + 1;
    f->top = f->stack_allocation + used;
}

static int64_t memory_gas(uint64_t words)
{
    return (int64_t)(3 * words + words * words / 512);
}

int64_t frame_expand_memory(evm_frame *f, int64_t gas, const u256 *offset, const u256 *size)
{
    if (u256_is_zero(*size))
        return gas;
    if (!u256_fits_u64(*size) || !u256_fits_u64(*offset) || size->limb[0] > EVM_MEMORY_MAX_BYTES ||
        offset->limb[0] > EVM_MEMORY_MAX_BYTES)
        return -1;
    uint64_t end = offset->limb[0] + size->limb[0];
    if (end <= f->memory_size)
        return gas;
    uint64_t words = (end + 31) / 32;
    gas -= memory_gas(words) - memory_gas(f->memory_size / 32);
    if (gas < 0)
        return gas;
    size_t wanted = words * 32;
    if (wanted > f->memory_capacity) {
        size_t capacity = f->memory_capacity ? f->memory_capacity : FRAME_FIRST_MEMORY_BYTES;
        while (capacity < wanted)
            capacity *= 2;
        f->memory = memory_resize(f->memory, capacity, 1);
        f->memory_capacity = capacity;
    }
    memset(f->memory + f->memory_size, 0, wanted - f->memory_size);
    f->memory_size = wanted;
    return gas;
}

void frame_set_return_data(evm_frame *f, bytes data)
{
    if (data.size > f->return_capacity) {
        f->return_data = memory_resize(f->return_data, data.size, 1);
        f->return_capacity = data.size;
    }
    if (data.size)
        memcpy(f->return_data, data.data, data.size);
    f->return_size = data.size;
}

const evm_request *evm_frame_request(const evm_frame *f)
{
    assert(f->state == FRAME_WAITS);
    return &f->request;
}

/* spec/execution.md 4.6, 4.7: a deduction that makes the reduced gas negative is OUT_OF_GAS at the call itself. */
void evm_resume(evm_frame *f, bool success, int64_t gas_left, bytes output, const address *created)
{
    assert(f->state == FRAME_WAITS);
    assert(gas_left >= 0 && gas_left <= f->request.message.gas);
    f->state = FRAME_READY;
    if (f->result == EVM_CREATE) {
        assert(!success || created != NULL);
        frame_set_return_data(f, success ? BYTES_EMPTY : output);
        *f->top = success ? u256_from_be(BYTES_OF_VALUE(*created)) : U256_ZERO;
    } else {
        frame_set_return_data(f, output);
        *f->top = u256_of(success);
        size_t copied = output.size < f->answer_size ? output.size : f->answer_size;
        if (copied)
            memcpy(f->memory + f->answer_offset, f->return_data, copied); /* output may be a view of this memory */
    }
    f->gas -= f->forwarded - gas_left; /* an unused stipend comes back, too */
    if (f->gas < 0)
        frame_end(f, EVM_OUT_OF_GAS);
}

int64_t evm_frame_gas_left(const evm_frame *f)
{
    bool keeps_gas = f->result == EVM_SUCCESS || f->result == EVM_REVERT;
    return f->state == FRAME_ENDED && keeps_gas ? f->gas : 0;
}

bytes evm_frame_output(const evm_frame *f)
{
    return f->output_size ? bytes_of(f->memory + f->output_offset, f->output_size) : BYTES_EMPTY;
}

int64_t evm_frame_refund(const evm_frame *f)
{
    return f->refund;
}

const char *evm_result_text(evm_result result)
{
    static const char *const texts[] = {
        [EVM_SUCCESS] = "success",
        [EVM_REVERT] = "revert",
        [EVM_OUT_OF_GAS] = "out of gas",
        [EVM_INVALID_INSTRUCTION] = "invalid instruction",
        [EVM_UNDEFINED_INSTRUCTION] = "undefined instruction",
        [EVM_STACK_OVERFLOW] = "stack overflow",
        [EVM_STACK_UNDERFLOW] = "stack underflow",
        [EVM_BAD_JUMP_DESTINATION] = "bad jump destination",
        [EVM_INVALID_MEMORY_ACCESS] = "invalid memory access",
        [EVM_STATIC_VIOLATION] = "static mode violation",
        [EVM_PERMISSION_DENIED] = "permission denied",
        [EVM_CALL] = "call",
        [EVM_CREATE] = "create",
    };
    return (size_t)result < COUNT(texts) ? texts[result] : "unknown";
}
