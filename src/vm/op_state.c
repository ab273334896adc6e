/* op_state.c: opcodes that change state outside the frame. */
#include "vm/operations.h"

#include "vm/u256_evm.h"

enum { SSTORE_GUARD_GAS = 2300, SSTORE_CLEAR_REFUND = 15000 };

/* EIP-2200. The gas of a change, and what it adds to the refund (or takes from it). */
static int64_t net_metered_gas(const evm_gas_table *gas, u256 original, u256 current, u256 value, int64_t *refund)
{
    if (u256_equal(current, value))
        return gas->sstore_unchanged;
    if (u256_equal(original, current)) {
        if (u256_is_zero(original))
            return gas->sstore_set;
        *refund += u256_is_zero(value) ? SSTORE_CLEAR_REFUND : 0;
        return gas->sstore_reset;
    }
    if (!u256_is_zero(original)) {
        if (u256_is_zero(current))
            *refund -= SSTORE_CLEAR_REFUND;
        else if (u256_is_zero(value))
            *refund += SSTORE_CLEAR_REFUND;
    }
    if (u256_equal(original, value))
        *refund += (u256_is_zero(original) ? gas->sstore_set : gas->sstore_reset) - gas->sload;
    return gas->sload;
}

static bool store_net_metered(evm_frame *f, const u256 *slot, const u256 *value)
{
    const address *self = &f->message.self;
    u256 current = f->host->get_storage(f->context, self, slot);
    u256 original = f->host->original_storage(f->context, self, slot);
    if (!frame_pays(f, net_metered_gas(f->code->rules.gas, original, current, *value, &f->refund)))
        return false;
    return f->host->set_storage(f->context, self, slot, value) != EVM_STORAGE_DENIED ||
           frame_end(f, EVM_PERMISSION_DENIED);
}

static int64_t flat_gas(const evm_rules *rules, evm_storage_change change)
{
    switch (change) {
    case EVM_STORAGE_UNCHANGED:
        return rules->revision >= EVM_ISTANBUL ? rules->gas->sstore_unchanged : rules->gas->sstore_reset;
    case EVM_STORAGE_ADDED:
        return rules->gas->sstore_set;
    default:
        return rules->gas->sstore_reset;
    }
}

/* spec/execution.md 4.5. QUIRK: the host writes before the gas is taken. */
bool op_sstore(evm_frame *f, u256 *top, int64_t spent)
{
    const evm_rules *rules = &f->code->rules;
    if (f->message.is_static)
        return frame_end(f, EVM_STATIC_VIOLATION);
    if (rules->revision >= EVM_ISTANBUL && exact_gas(f, spent) <= SSTORE_GUARD_GAS)
        return frame_end(f, EVM_OUT_OF_GAS);
    if (rules->gas->net_metering)
        return store_net_metered(f, &top[0], &top[-1]);
    evm_storage_change change = f->host->set_storage(f->context, &f->message.self, &top[0], &top[-1]);
    if (change == EVM_STORAGE_DENIED)
        return frame_end(f, EVM_PERMISSION_DENIED);
    return frame_pays(f, flat_gas(rules, change));
}

bool op_log(evm_frame *f, u256 *top, size_t topic_count)
{
    if (f->message.is_static)
        return frame_end(f, EVM_STATIC_VIOLATION);
    if (!frame_touches(f, &top[0], &top[-1]))
        return false;
    size_t size = top[-1].limb[0];
    if (!frame_pays(f, 8 * (int64_t)size))
        return false;
    hash256 topics[LOG_TOPICS_MAX];
    for (size_t i = 0; i < topic_count; i++)
        evm_store_word(topics[i].b, top[-2 - (ptrdiff_t)i]);
    bytes data = size ? bytes_of(f->memory + top[0].limb[0], size) : BYTES_EMPTY;
    f->host->emit_log(f->context, &f->message.self, topics, topic_count, data);
    return true;
}

bool op_selfdestruct(evm_frame *f, u256 *top)
{
    if (f->message.is_static)
        return frame_end(f, EVM_STATIC_VIOLATION);
    const address *self = &f->message.self;
    address beneficiary = address_of_word(top[0]);
    if (!u256_is_zero(f->host->balance(f->context, self)) && !f->host->account_exists(f->context, &beneficiary) &&
        !frame_pays(f, f->code->rules.gas->call_new_account))
        return false;
    f->host->self_destruct(f->context, self, &beneficiary);
    return frame_end(f, EVM_SUCCESS);
}
