/* Calls and creations of one transaction: spec/execution.md 2.4 to 2.7. The frames stand in an array on the heap: a contract
   that calls another is left by evm_run with a request, and goes on with evm_resume when the other frame has ended. */
#include "executor/run.h"

#include "base/memory.h"
#include "codec/rlp.h"
#include "state/address_text.h"
#include "vm/precompiles.h"

#include <assert.h>
#include <stdlib.h>

enum { CODE_MAX_BYTES = 0x40000, CODE_MAX_BYTES_OLD = 0x6000, CREATE_DATA_GAS = 200 };

static const chain_rules *rules_of(const tx_run *run)
{
    return run->block->x->rules;
}

static bytes error_output(tx_run *run, const char *text)
{
    return abi_error(rules_of(run)->suite, tx_state_memory(run->state), bytes_of_text(text));
}

static bytes error_about(tx_run *run, const char *text, const address *who)
{
    char hex[ADDRESS_HEX_BYTES];
    address_write_hex(who, hex);
    return error_output(run, arena_print(tx_state_memory(run->state), "%s%s", text, hex));
}

/* Frames. */

static call_frame *push_frame(tx_run *run)
{
    assert(run->depth <= EVM_DEPTH_LIMIT);
    if (run->depth == run->capacity) {
        run->capacity = run->capacity ? run->capacity * 2 : 4;
        run->frames = memory_resize(run->frames, run->capacity, sizeof *run->frames);
    }
    call_frame *frame = &run->frames[run->depth++];
    *frame = (call_frame){.log_mark = run->log_count, .killed_mark = run->killed_count, .refund_mark = run->refunds};
    run->used_vm = true;
    return frame;
}

static void pop_frame(tx_run *run)
{
    call_frame *frame = &run->frames[--run->depth];
    evm_frame_free(frame->vm);
    evm_code_free(frame->init_code);
    if (frame->cached)
        code_cache_return(run->block->x->codes, frame->cached);
}

static void revert_frame(tx_run *run, call_frame *frame)
{
    run->log_count = frame->log_mark;
    run->killed_count = frame->killed_mark;
    run->refunds = frame->refund_mark;
    tx_state_undo(run->state, frame->savepoint);
    frame->created = (address){0};
}

/* Calls. */

static call_outcome run_eth_precompile(tx_run *run, const evm_message *m, const address *where)
{
    const chain_rules *rules = rules_of(run);
    call_outcome outcome = {.status = STATUS_OK, .gas = m->gas};
    if (rules_have(rules, GATE_ETH_PRECOMPILE_GAS)) {
        int64_t cost = eth_precompile_gas(rules, where, m->input);
        if (cost > m->gas)
            return (call_outcome){.status = STATUS_OUT_OF_GAS_BASE, .gas = m->gas};
        outcome.gas -= cost;
    }
    if (!eth_precompile_run(rules, where, m->input, tx_state_memory(run->state), &outcome.output) &&
        rules_have(rules, GATE_ETH_PRECOMPILE_FAILS))
        outcome.status = STATUS_REVERT, outcome.gas = 0;
    return outcome;
}

/* The output of a built-in contract that failed: execution.md 7.3. */
static bytes failure_output(tx_run *run, contract_outcome outcome, bytes text)
{
    const chain_rules *rules = rules_of(run);
    if (outcome == CONTRACT_EXCEPTION || (outcome == CONTRACT_TABLE_REFUSED && !rules_have(rules, GATE_STORAGE_ERROR_TEXT)))
        text = BYTES_OF_LITERAL("PrecompiledError");
    return rules_have(rules, GATE_ERROR_OUTPUT) ? abi_error(rules->suite, tx_state_memory(run->state), text) : BYTES_EMPTY;
}

static call_outcome run_contract(tx_run *run, const evm_message *m, const address *where)
{
    size_t savepoint = tx_state_savepoint(run->state);
    contract_call call = {.state = run->state, .origin = run->origin, .sender = m->caller, .data = m->input};
    uint64_t cost;
    contract_outcome outcome = contract_run(run->block->x->contracts, where, &call, &cost);
    if (outcome == CONTRACT_DONE && cost <= (uint64_t)m->gas)
        return (call_outcome){.status = STATUS_OK, .gas = m->gas - (int64_t)cost, .output = call.output};
    if (outcome == CONTRACT_DONE) {
        outcome = CONTRACT_REFUSED;
        call.failure = bytes_of_text(arena_print(tx_state_memory(run->state),
                                                 "OutOfGas when executing precompiled Contract, gasUsed: %llu, leftGas:%lld",
                                                 (unsigned long long)cost, (long long)m->gas));
    }
    tx_state_undo(run->state, savepoint);
    return (call_outcome){.status = STATUS_PRECOMPILED_ERROR, .gas = m->gas, .output = failure_output(run, outcome, call.failure)};
}

/* true: *out is the result; false: a frame was pushed that will give it. */
static bool begin_call(tx_run *run, const evm_message *m, const address *code_from, call_outcome *out)
{
    const chain_rules *rules = rules_of(run);
    *out = (call_outcome){.gas = m->gas};
    if (run->depth == 0 && rules_have(rules, GATE_ACCOUNT_FREEZE) && account_is_frozen(run->state, &run->origin)) {
        out->status = STATUS_ACCOUNT_FROZEN;
        out->output = error_about(run, "Frozen account:0x", &run->origin);
        return true;
    }
    if (eth_precompile_exists(rules, code_from)) {
        *out = run_eth_precompile(run, m, code_from);
        return true;
    }
    if (contract_exists(run->block->x->contracts, run->state, code_from)) {
        *out = run_contract(run, m, code_from);
        return true;
    }
    if (account_is_frozen(run->state, code_from)) {
        out->status = STATUS_CONTRACT_FROZEN;
        out->output = error_about(run, "Frozen contract:", code_from);
        return true;
    }
    if (!account_has_code(run->state, code_from)) {
        out->status = STATUS_CALL_ADDRESS_ERROR;
        if (rules_have(rules, GATE_ERROR_OUTPUT))
            out->output = error_about(run, "Error address:", code_from);
        return true;
    }
    size_t savepoint = tx_state_savepoint(run->state);
    hash256 hash = account_code_hash(run->state, code_from);
    call_frame *frame = push_frame(run);
    frame->savepoint = savepoint;
    frame->gas_given = m->gas;
    frame->cached = code_cache_take(run->block->x->codes, &hash, account_code(run->state, code_from));
    frame->vm = evm_frame_new(&run->block->x->evm, cached_code_of(frame->cached), m, &executor_host, run);
    return false;
}

/* Creations. */

static address address_of_hash(hash256 hash)
{
    address a;
    memcpy(a.b, hash.b + sizeof hash.b - sizeof a.b, sizeof a.b);
    return a;
}

static address new_address(tx_run *run, const evm_request *r)
{
    const crypto_suite *suite = rules_of(run)->suite;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    if (r->kind == EVM_KIND_CREATE2) {
        uint8_t salt[32];
        hash256 code = suite_hash(suite, r->message.input);
        u256_to_be(r->salt, salt);
        buffer_append_byte(&b, 0xff);
        buffer_append(&b, BYTES_OF_VALUE(r->message.caller));
        buffer_append(&b, BYTES_OF_VALUE(salt));
        buffer_append(&b, BYTES_OF_VALUE(code));
    } else {
        size_t list = rlp_begin_list(&b);
        rlp_write_string(&b, BYTES_OF_VALUE(r->message.caller));
        rlp_write_u256(&b, account_nonce(run->state, &r->message.caller));
        rlp_end_list(&b, list);
    }
    address made = address_of_hash(suite_hash(suite, buffer_bytes(&b)));
    buffer_free(&b);
    return made;
}

static bool may_deploy(tx_run *run)
{
    return tx_state_may_write(tx_state_open(run->state, bytes_of_text(TABLE_TABLES)), &run->origin);
}

/* The origin becomes a manager of the new contract, and so do the managers of a contract that creates it. */
static void add_managers(tx_run *run, const address *made, const address *creator)
{
    char origin[ADDRESS_HEX_BYTES];
    address_write_hex(&run->origin, origin);
    account_add_manager(run->state, made, bytes_of_text(origin));
    if (memcmp(creator, &run->origin, sizeof *creator) == 0)
        return;
    state_rows managers = account_managers(run->state, creator);
    for (size_t i = 0; i < managers.count; i++) {
        bytes manager = tx_state_field_named(run->state, managers.rows[i], "value");
        if (!bytes_equal_text(manager, origin))
            account_add_manager(run->state, made, manager);
    }
}

/* What can refuse a creation before its frame exists. true: *out is the result. */
static bool refuse_creation(tx_run *run, call_outcome *out)
{
    if (!may_deploy(run)) {
        out->status = STATUS_PERMISSION_DENIED;
    } else if (rules_have(rules_of(run), GATE_ACCOUNT_FREEZE) && account_is_frozen(run->state, &run->origin)) {
        out->status = STATUS_ACCOUNT_FROZEN;
        out->output = error_about(run, "Frozen account:0x", &run->origin);
    } else {
        return false;
    }
    /* QUIRK: the savepoint has not been taken yet, so everything the transaction did is undone (execution.md 2.6). */
    tx_state_undo(run->state, 0);
    out->gas = 0;
    return true;
}

static bool begin_create(tx_run *run, const evm_request *r, call_outcome *out)
{
    const evm_message *m = &r->message;
    address made = new_address(run, r);
    *out = (call_outcome){.gas = m->gas};
    if (refuse_creation(run, out))
        return true;
    account_increment_nonce(run->state, &m->caller);
    size_t savepoint = tx_state_savepoint(run->state);
    if (account_has_code(run->state, &made) || !u256_is_zero(account_nonce(run->state, &made))) {
        *out = (call_outcome){.status = STATUS_ADDRESS_ALREADY_USED};
        return true;
    }
    if (!account_subtract_balance(run->state, &m->caller, m->value)) {
        *out = (call_outcome){.status = STATUS_OK, .gas = m->gas, .created = made, .is_exception = true};
        return true;
    }
    account_set_nonce(run->state, &made, U256_ZERO);
    if (rules_have(rules_of(run), GATE_AUTHORITY_ROWS))
        add_managers(run, &made, &m->caller);
    if (m->input.size == 0) {
        out->created = made;
        return true;
    }
    call_frame *frame = push_frame(run);
    frame->savepoint = savepoint;
    frame->gas_given = m->gas;
    frame->is_creation = true;
    frame->created = made;
    frame->init_code = evm_code_analyse(&run->block->x->evm, m->input);
    evm_message message = *m;
    message.self = made;
    message.input = BYTES_EMPTY;
    frame->vm = evm_frame_new(&run->block->x->evm, frame->init_code, &message, &executor_host, run);
    return false;
}

/* What a frame's end means: the table of execution.md 2.5. */
static uint32_t status_of(evm_result result)
{
    switch (result) {
    case EVM_SUCCESS:
        return STATUS_OK;
    case EVM_REVERT:
        return STATUS_REVERT;
    case EVM_OUT_OF_GAS:
        return STATUS_OUT_OF_GAS;
    case EVM_INVALID_INSTRUCTION:
    case EVM_UNDEFINED_INSTRUCTION:
        return STATUS_BAD_INSTRUCTION;
    case EVM_STACK_OVERFLOW:
        return STATUS_OUT_OF_STACK;
    case EVM_STACK_UNDERFLOW:
        return STATUS_STACK_UNDERFLOW;
    case EVM_BAD_JUMP_DESTINATION:
        return STATUS_BAD_JUMP_DESTINATION;
    case EVM_INVALID_MEMORY_ACCESS:
    case EVM_STATIC_VIOLATION:
        return STATUS_UNKNOWN;
    case EVM_PERMISSION_DENIED:
        return STATUS_PERMISSION_DENIED;
    case EVM_CALL:
    case EVM_CREATE:
        break;
    }
    assert(false && "not an end of a frame");
    return STATUS_UNKNOWN;
}

/* QUIRK: code is paid for and stored whatever the constructor's result was (execution.md 2.5). */
static void store_code(tx_run *run, call_frame *frame, const address *made, call_outcome *out)
{
    const chain_rules *rules = rules_of(run);
    size_t max_bytes = rules_have(rules, GATE_LARGE_CODE) ? CODE_MAX_BYTES : CODE_MAX_BYTES_OLD;
    size_t size = out->output.size;
    if (size > max_bytes || (int64_t)size * CREATE_DATA_GAS > out->gas) {
        revert_frame(run, frame);
        out->status = STATUS_OUT_OF_GAS;
        return;
    }
    if (rules->gas != GAS_FREE_STORAGE)
        out->gas -= (int64_t)size * CREATE_DATA_GAS;
    account_set_code(run->state, made, out->output);
}

static call_outcome finish_frame(tx_run *run, evm_result result)
{
    call_frame *frame = &run->frames[run->depth - 1];
    call_outcome out = {.status = status_of(result)};
    address made = frame->created;
    if (result == EVM_SUCCESS || result == EVM_REVERT) {
        out.gas = evm_frame_gas_left(frame->vm);
        out.output = evm_frame_output(frame->vm);
    } else if (result == EVM_OUT_OF_GAS || result == EVM_PERMISSION_DENIED) {
        out.gas = frame->gas_given; /* QUIRK: nothing is burnt */
    }
    if (result == EVM_PERMISSION_DENIED && !rules_have(rules_of(run), GATE_PERMISSION_STATUS))
        out.status = STATUS_REVERT, out.gas = 0;
    if (result != EVM_SUCCESS)
        revert_frame(run, frame);
    if (frame->is_creation && result != EVM_PERMISSION_DENIED)
        store_code(run, frame, &made, &out);
    out.created = frame->created;
    if (frame->is_creation && result == EVM_SUCCESS)
        out.output = BYTES_EMPTY;
    return out;
}

static void resume(tx_run *run, const call_outcome *out)
{
    bool success = out->status == STATUS_OK;
    evm_resume(run->frames[run->depth - 1].vm, success, out->gas, out->output, &out->created);
}

static bool begin(tx_run *run, const evm_request *r, call_outcome *out)
{
    if (r->kind == EVM_KIND_CREATE || r->kind == EVM_KIND_CREATE2)
        return begin_create(run, r, out);
    return begin_call(run, &r->message, &r->code_from, out);
}

/* Runs until the outermost frame has ended. */
static call_outcome run_to_end(tx_run *run)
{
    for (;;) {
        call_outcome out;
        evm_frame *top = run->frames[run->depth - 1].vm;
        evm_result result = evm_run(top);
        if (result == EVM_CALL || result == EVM_CREATE) {
            if (begin(run, evm_frame_request(top), &out))
                resume(run, &out);
            continue;
        }
        out = finish_frame(run, result);
        if (run->depth == 1) {
            out.output = arena_copy(tx_state_memory(run->state), out.output);
            pop_frame(run);
            return out;
        }
        run->depth--; /* the parent resumes while the child's output still lives */
        resume(run, &out);
        run->depth++;
        pop_frame(run);
    }
}

call_outcome run_frames(tx_run *run, int64_t gas)
{
    const transaction *tx = run->tx;
    evm_request outermost = {
        .kind = tx->is_creation ? EVM_KIND_CREATE : EVM_KIND_CALL,
        .message = {.self = tx->to, .caller = run->origin, .value = tx->value, .input = tx->data, .gas = gas},
        .code_from = tx->to,
    };
    call_outcome out;
    if (!begin(run, &outermost, &out))
        out = run_to_end(run);
    return out;
}
