/* op_call.c: CALL, CALLCODE, DELEGATECALL, STATICCALL, CREATE, CREATE2 up to the request. spec/execution.md 4.6, 4.7.
   The stack's items as each opcode takes them: gas, to, (value,) input, output - or value, init code (, salt). */
#include "vm/operations.h"

#include "vm/u256_evm.h"

typedef struct {
    const u256 *requested_gas;
    address to;
    u256 value;
    const u256 *input_offset, *input_size, *output_offset, *output_size;
    u256 *result;
} call_items;

static call_items take_items(u256 *top, evm_kind kind)
{
    bool has_value_item = kind == EVM_KIND_CALL || kind == EVM_KIND_CALLCODE;
    u256 *rest = has_value_item ? top - 3 : top - 2;
    return (call_items){.requested_gas = &top[0], .to = address_of_word(top[-1]),
                        .value = has_value_item ? top[-2] : U256_ZERO,
                        .input_offset = &rest[0], .input_size = &rest[-1],
                        .output_offset = &rest[-2], .output_size = &rest[-3], .result = &rest[-3]};
}

static int64_t forwarded_gas(const u256 *requested, int64_t available)
{
    int64_t most = available - available / 64;
    bool is_less = u256_fits_u64(*requested) && requested->limb[0] < (uint64_t)most;
    return is_less ? (int64_t)requested->limb[0] : most;
}

static bool answer_at_once(u256 *result, int64_t gas_given_back, evm_frame *f)
{
    *result = U256_ZERO;
    return frame_pays(f, -gas_given_back);
}

/* Everything a value costs a CALL or CALLCODE before the gas is split. */
static bool price_value(evm_frame *f, const call_items *items, evm_kind kind, int64_t *cost)
{
    const evm_gas_table *gas = f->code->rules.gas;
    *cost = 0;
    if (u256_is_zero(items->value))
        return true;
    *cost = gas->value_transfer;
    if (kind != EVM_KIND_CALL)
        return true;
    if (f->message.is_static)
        return frame_end(f, EVM_STATIC_VIOLATION);
    if (gas->charges_new_account && !f->host->account_exists(f->context, &items->to))
        *cost += gas->call_new_account;
    return true;
}

static evm_message call_message(const evm_frame *f, const call_items *items, evm_kind kind)
{
    bool keeps_self = kind == EVM_KIND_CALLCODE || kind == EVM_KIND_DELEGATECALL;
    bool keeps_caller = kind == EVM_KIND_DELEGATECALL;
    size_t input_size = items->input_size->limb[0];
    return (evm_message){
        .self = keeps_self ? f->message.self : items->to,
        .caller = keeps_caller ? f->message.caller : f->message.self,
        .value = keeps_caller ? f->message.value : items->value,
        .input = input_size ? bytes_of(f->memory + items->input_offset->limb[0], input_size) : BYTES_EMPTY,
        .depth = f->message.depth + 1,
        .is_static = f->message.is_static || kind == EVM_KIND_STATICCALL,
    };
}

static bool wait_for(evm_frame *f, evm_result request, u256 *result, int64_t forwarded)
{
    f->result = request;
    f->state = FRAME_WAITS;
    f->forwarded = forwarded;
    f->top = result;
    f->next++;
    return false;
}

bool op_call(evm_frame *f, u256 *top, evm_kind kind, int64_t spent)
{
    call_items items = take_items(top, kind);
    const evm_gas_table *gas = f->code->rules.gas;
    bool is_too_deep = f->message.depth >= EVM_DEPTH_LIMIT;
    int64_t cost;
    if (!frame_touches(f, items.input_offset, items.input_size) ||
        !frame_touches(f, items.output_offset, items.output_size))
        return false;
    if (!price_value(f, &items, kind, &cost))
        return false;
    int64_t available = exact_gas(f, spent) - cost;
    if (available < 0)
        return frame_end(f, EVM_OUT_OF_GAS);
    bool moves_value = !u256_is_zero(items.value);
    if (kind == EVM_KIND_CALL || kind == EVM_KIND_CALLCODE)
        f->return_size = 0;
    f->gas -= cost; /* below zero is judged only after the stipend came back: the block's rest was taken before */
    /* QUIRK, spec/execution.md 4.6: with free storage the value costs nothing, and its stipend is a gain. */
    int64_t stipend = moves_value ? gas->call_stipend : 0;
    if (is_too_deep)
        return answer_at_once(items.result, stipend, f);
    if (moves_value && u256_compare(f->host->balance(f->context, &f->message.self), items.value) < 0)
        return answer_at_once(items.result, stipend, f);
    int64_t forwarded = forwarded_gas(items.requested_gas, available);
    f->request = (evm_request){.kind = kind, .message = call_message(f, &items, kind), .code_from = items.to};
    f->request.message.gas = forwarded + stipend;
    f->answer_size = items.output_size->limb[0];
    f->answer_offset = f->answer_size ? items.output_offset->limb[0] : 0;
    return wait_for(f, EVM_CALL, items.result, forwarded);
}

bool op_create(evm_frame *f, u256 *top, evm_kind kind, int64_t spent)
{
    u256 value = top[0], salt = kind == EVM_KIND_CREATE2 ? top[-3] : U256_ZERO;
    const u256 *offset = &top[-1], *size = &top[-2];
    u256 *result = kind == EVM_KIND_CREATE2 ? &top[-3] : &top[-2];
    if (f->message.is_static)
        return frame_end(f, EVM_STATIC_VIOLATION);
    if (!frame_touches(f, offset, size))
        return false;
    size_t code_size = size->limb[0];
    if (kind == EVM_KIND_CREATE2 && !frame_pays(f, 6 * words_of(code_size)))
        return false;
    f->return_size = 0;
    if (f->message.depth >= EVM_DEPTH_LIMIT)
        return answer_at_once(result, 0, f);
    if (!u256_is_zero(value) && u256_compare(f->host->balance(f->context, &f->message.self), value) < 0)
        return answer_at_once(result, 0, f);
    int64_t available = exact_gas(f, spent), forwarded = available - available / 64;
    if (available < 0) /* only where the block's gas is saturated */
        return frame_end(f, EVM_OUT_OF_GAS);
    f->request = (evm_request){.kind = kind, .salt = salt};
    f->request.message = (evm_message){
        .caller = f->message.self,
        .value = value,
        .input = code_size ? bytes_of(f->memory + offset->limb[0], code_size) : BYTES_EMPTY,
        .gas = forwarded,
        .depth = f->message.depth + 1,
    };
    return wait_for(f, EVM_CREATE, result, forwarded);
}
