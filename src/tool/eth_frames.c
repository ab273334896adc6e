/* Calls and creations of one transaction by Ethereum's rules. Frames stand in an array on the heap, as in the executor; it has
   a loop of its own, because almost every step between two frames is different there (spec/execution.md 2.4 to 2.7). */
#include "tool/eth_run.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "codec/rlp.h"
#include "crypto/bn254.h"
#include "vm/precompiles.h"

#include <assert.h>
#include <stdlib.h>

enum { CODE_MAX_BYTES = 24576 /* EIP-170 */, CODE_BYTE_GAS = 200, TRACE_DATA_MAX_BYTES = 64 };

/* How a call or creation ended. */
typedef struct {
    bool success;
    int64_t gas;     /* left */
    bytes output;    /* lives until the frame is freed, or until the next precompile runs */
    address created; /* of a successful creation */
} call_end;

/* Tracing. */

static void trace_data(buffer *out, const char *name, bytes data)
{
    buffer_print(out, " %s %zu bytes", name, data.size);
    if (data.size == 0)
        return;
    buffer_append_text(out, " 0x");
    hex_append(out, bytes_of(data.data, data.size < TRACE_DATA_MAX_BYTES ? data.size : TRACE_DATA_MAX_BYTES));
    if (data.size > TRACE_DATA_MAX_BYTES)
        buffer_append_text(out, "...");
}

static void trace_begin(const eth_run *run, const evm_request *r)
{
    static const char *const names[] = {[EVM_KIND_CALL] = "CALL", [EVM_KIND_CALLCODE] = "CALLCODE",
                                        [EVM_KIND_DELEGATECALL] = "DELEGATECALL", [EVM_KIND_STATICCALL] = "STATICCALL",
                                        [EVM_KIND_CREATE] = "CREATE", [EVM_KIND_CREATE2] = "CREATE2"};
    if (run->trace == NULL)
        return;
    bool is_creation = r->kind == EVM_KIND_CREATE || r->kind == EVM_KIND_CREATE2;
    char value[U256_DECIMAL_BYTES];
    u256_to_decimal(r->message.value, value);
    buffer_print(run->trace, "%*s%s", (int)r->message.depth, "", names[r->kind]);
    if (!is_creation) {
        buffer_append_text(run->trace, " 0x");
        hex_append(run->trace, BYTES_OF_VALUE(r->code_from));
    }
    buffer_print(run->trace, " gas %lld value %s", (long long)r->message.gas, value);
    trace_data(run->trace, "input", r->message.input);
    buffer_append_byte(run->trace, '\n');
}

static void trace_end(const eth_run *run, size_t depth, const char *how, const call_end *end)
{
    if (run->trace == NULL)
        return;
    buffer_print(run->trace, "%*s%s: gas left %lld", (int)depth, "", how, (long long)end->gas);
    trace_data(run->trace, "output", end->output);
    buffer_append_byte(run->trace, '\n');
}

/* Frames. */

static eth_frame *push_frame(eth_run *run, size_t world_mark)
{
    assert(run->depth <= EVM_DEPTH_LIMIT);
    if (run->depth == run->capacity) {
        run->capacity = run->capacity ? run->capacity * 2 : 4;
        run->frames = memory_resize(run->frames, run->capacity, sizeof *run->frames);
    }
    eth_frame *frame = &run->frames[run->depth++];
    *frame = (eth_frame){.world_mark = world_mark, .log_mark = run->log_count, .refund_mark = run->refunds};
    return frame;
}

static void pop_frame(eth_run *run)
{
    eth_frame *frame = &run->frames[--run->depth];
    evm_frame_free(frame->vm);
    evm_code_free(frame->init_code);
}

static void move_value(eth_run *run, const address *from, const address *to, u256 value)
{
    if (!u256_is_zero(value)) {
        u256 balance = eth_world_balance(run->world, from);
        assert(u256_compare(balance, value) >= 0); /* asked before the call */
        eth_world_set_balance(run->world, from, u256_sub(balance, value));
    }
    eth_world_add_balance(run->world, to, value);
}

/* Calls. */

enum { BN254_ADD = 6, BN254_MULTIPLY = 7, BN254_PAIRING = 8, BLAKE2F = 9 };

static bool is_precompile(const eth_fork *fork, const address *where)
{
    return eth_precompile_exists(NULL, where) && !(fork->has_old_precompiles && where->b[19] == BLAKE2F);
}

static int64_t precompile_gas(const eth_fork *fork, const address *where, bytes input)
{
    if (fork->has_old_precompiles && where->b[19] == BN254_ADD)
        return 500;
    if (fork->has_old_precompiles && where->b[19] == BN254_MULTIPLY)
        return 40000;
    if (fork->has_old_precompiles && where->b[19] == BN254_PAIRING)
        return 100000 + 80000 * (int64_t)(input.size / BN254_PAIR_BYTES);
    return eth_precompile_gas(NULL, where, input);
}

static call_end run_precompile(eth_run *run, const evm_message *m, const address *where)
{
    call_end end = {0};
    int64_t cost = precompile_gas(run->fork, where, m->input);
    if (cost > m->gas)
        return end;
    arena_reset(&run->answer);
    end.success = eth_precompile_run(NULL, where, m->input, &run->answer, &end.output);
    if (end.success)
        end.gas = m->gas - cost;
    else
        end.output = BYTES_EMPTY;
    return end;
}

/* true: *end is the result; false: a frame was pushed that will give it. */
static bool begin_call(eth_run *run, const evm_request *r, call_end *end)
{
    const evm_message *m = &r->message;
    size_t mark = eth_world_mark(run->world);
    if (r->kind == EVM_KIND_CALL)
        move_value(run, &m->caller, &m->self, m->value);
    else if (r->kind == EVM_KIND_STATICCALL)
        eth_world_touch(run->world, &m->self);
    if (is_precompile(run->fork, &r->code_from)) {
        *end = run_precompile(run, m, &r->code_from);
        if (!end->success)
            eth_world_undo(run->world, mark);
        return true;
    }
    if (eth_world_code(run->world, &r->code_from).size == 0) {
        *end = (call_end){.success = true, .gas = m->gas};
        return true;
    }
    eth_frame *frame = push_frame(run, mark);
    frame->vm = evm_frame_new(&run->fork->evm, eth_world_analysed_code(run->world, &r->code_from), m, &eth_host, run);
    return false;
}

/* Creations. */

static address new_address(const evm_request *r, uint64_t nonce)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    if (r->kind == EVM_KIND_CREATE2) {
        uint8_t salt[32];
        hash256 code = suite_hash(&crypto_standard, r->message.input);
        u256_to_be(r->salt, salt);
        buffer_append_byte(&b, 0xff);
        buffer_append(&b, BYTES_OF_VALUE(r->message.caller));
        buffer_append(&b, BYTES_OF_VALUE(salt));
        buffer_append(&b, BYTES_OF_VALUE(code));
    } else {
        size_t list = rlp_begin_list(&b);
        rlp_write_string(&b, BYTES_OF_VALUE(r->message.caller));
        rlp_write_uint(&b, nonce);
        rlp_end_list(&b, list);
    }
    hash256 hash = suite_hash(&crypto_standard, buffer_bytes(&b));
    buffer_free(&b);
    address made;
    memcpy(made.b, hash.b + sizeof hash.b - sizeof made.b, sizeof made.b);
    return made;
}

/* EIP-684, EIP-7610 */
static bool is_collision(const eth_world *w, const address *made)
{
    return eth_world_nonce(w, made) != 0 || eth_world_code(w, made).size != 0 || eth_world_has_storage(w, made);
}

static bool begin_create(eth_run *run, const evm_request *r, call_end *end)
{
    const evm_message *m = &r->message;
    uint64_t nonce = eth_world_nonce(run->world, &m->caller);
    *end = (call_end){.gas = m->gas};
    if (nonce == UINT64_MAX) /* EIP-2681 */
        return true;
    address made = new_address(r, nonce);
    eth_world_set_nonce(run->world, &m->caller, nonce + 1); /* stays when the creation fails */
    if (is_collision(run->world, &made)) {
        end->gas = 0;
        return true;
    }
    size_t mark = eth_world_mark(run->world);
    eth_world_set_nonce(run->world, &made, 1);
    move_value(run, &m->caller, &made, m->value);
    eth_frame *frame = push_frame(run, mark);
    frame->is_creation = true;
    frame->created = made;
    frame->init_code = evm_code_analyse(&run->fork->evm, m->input);
    evm_message message = *m;
    message.self = made;
    message.input = BYTES_EMPTY;
    frame->vm = evm_frame_new(&run->fork->evm, frame->init_code, &message, &eth_host, run);
    return false;
}

/* false: it is too large, or cannot be paid. */
static bool store_code(eth_run *run, const eth_frame *frame, call_end *end)
{
    int64_t cost = (int64_t)end->output.size * CODE_BYTE_GAS;
    if (end->output.size > CODE_MAX_BYTES || cost > end->gas)
        return false;
    end->gas -= cost;
    eth_world_set_code(run->world, &frame->created, end->output);
    return true;
}

static call_end finish_frame(eth_run *run, evm_result result)
{
    eth_frame *frame = &run->frames[run->depth - 1];
    call_end end = {.success = result == EVM_SUCCESS, .gas = evm_frame_gas_left(frame->vm), .created = frame->created};
    if (result == EVM_SUCCESS || result == EVM_REVERT)
        end.output = evm_frame_output(frame->vm);
    trace_end(run, run->depth - 1, evm_result_text(result), &end);
    if (end.success && frame->is_creation) {
        end.success = store_code(run, frame, &end);
        end.output = BYTES_EMPTY;
        if (!end.success)
            end.gas = 0;
    }
    if (end.success) {
        run->refunds += evm_frame_refund(frame->vm);
    } else {
        run->log_count = frame->log_mark;
        run->refunds = frame->refund_mark;
        eth_world_undo(run->world, frame->world_mark);
    }
    return end;
}

static void resume(eth_run *run, const call_end *end)
{
    evm_resume(run->frames[run->depth - 1].vm, end->success, end->gas, end->output, &end->created);
}

static bool begin(eth_run *run, const evm_request *r, call_end *end)
{
    bool is_creation = r->kind == EVM_KIND_CREATE || r->kind == EVM_KIND_CREATE2;
    trace_begin(run, r);
    bool at_once = is_creation ? begin_create(run, r, end) : begin_call(run, r, end);
    if (at_once)
        trace_end(run, r->message.depth, end->success ? "success" : "failure", end);
    return at_once;
}

int64_t eth_run_frames(eth_run *run, const evm_request *outermost)
{
    call_end end;
    if (begin(run, outermost, &end))
        return end.gas;
    for (;;) {
        evm_frame *top = run->frames[run->depth - 1].vm;
        evm_result result = evm_run(top);
        if (result == EVM_CALL || result == EVM_CREATE) {
            if (begin(run, evm_frame_request(top), &end))
                resume(run, &end);
            continue;
        }
        end = finish_frame(run, result);
        if (run->depth == 1) {
            pop_frame(run);
            return end.gas;
        }
        run->depth--; /* the parent resumes while the child's output still lives */
        resume(run, &end);
        run->depth++;
        pop_frame(run);
    }
}
