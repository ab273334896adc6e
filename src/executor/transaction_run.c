/* One transaction from its gas checks to its receipt: spec/execution.md 2.1 to 2.3, 2.9, 2.11. */
#include "executor/run.h"

#include <stdlib.h>

enum {
    GAS_CALL = 21000,
    GAS_CREATE = 53000,
    GAS_NONZERO_BYTE = 68,
    GAS_ZERO_BYTE = 4,
    GAS_FREE_STORAGE_BASE = 20000,
    REFUND_SELF_DESTRUCT = 24000
};

static uint64_t intrinsic_gas(const transaction *tx)
{
    uint64_t gas = tx->is_creation ? GAS_CREATE : GAS_CALL;
    for (size_t i = 0; i < tx->data.size; i++)
        gas += tx->data.data[i] ? GAS_NONZERO_BYTE : GAS_ZERO_BYTE;
    return gas;
}

typedef struct {
    uint64_t intrinsic, base;
} gas_needs;

/* The checks before anything runs; a failure leaves the transaction at once. */
static bool passes_checks(tx_run *run, gas_needs needs, call_outcome *out)
{
    uint64_t limit = run->block->gas_limit;
    const chain_rules *rules = run->block->x->rules;
    *out = (call_outcome){.is_exception = true};
    if (needs.intrinsic > limit) {
        out->status = STATUS_OUT_OF_GAS_INTRINSIC;
        return false;
    }
    if (!charging_check(run, needs.intrinsic) || !charging_check(run, needs.base)) {
        out->status = STATUS_NOT_ENOUGH_REMAIN_GAS;
        out->gas = (int64_t)limit;
        return false;
    }
    bool gas_is_limit = !rules_have(rules, GATE_TX_GAS_IS_NO_LIMIT);
    if (needs.base > limit || (gas_is_limit && u256_compare(run->tx->gas, u256_of(needs.base)) < 0)) {
        out->status = STATUS_OUT_OF_GAS_BASE;
        return false;
    }
    return true;
}

static int by_address(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address));
}

/* QUIRK: the cap is taken from the transaction's own gas field and wraps (execution.md 2.9). */
static uint64_t capped_refund(const tx_run *run, uint64_t gas_left)
{
    uint64_t refunds = run->refunds + REFUND_SELF_DESTRUCT * (uint64_t)run->killed_count;
    u256 cap = u256_shift_right(u256_sub(run->tx->gas, u256_of(gas_left)), 1);
    return u256_compare(cap, u256_of(refunds)) < 0 ? cap.limb[0] : refunds;
}

static void kill_accounts(tx_run *run)
{
    if (run->killed_count > 1)
        qsort(run->killed, run->killed_count, sizeof *run->killed, by_address);
    for (size_t i = 0; i < run->killed_count; i++)
        account_kill(run->state, &run->killed[i]);
}

static void fill_receipt(tx_run *run, const call_outcome *out, uint64_t gas_left, receipt *r)
{
    *r = (receipt){.gas_used = u256_sub(u256_of(run->block->gas_limit), u256_of(gas_left)),
                   .contract_address = out->created,
                   .status = out->status,
                   .output = out->output,
                   .log_count = out->is_exception ? 0 : run->log_count};
    r->logs = arena_take_array(tx_state_memory(run->state), r->log_count, sizeof *r->logs);
    if (r->log_count)
        memcpy(r->logs, run->logs, r->log_count * sizeof *r->logs);
    receipt_set_bloom(run->block->x->rules->suite, r);
    /* In every version: it opens the sender's account, and below 2.5.0 opened tables count for the root. */
    account_remaining_gas(run->state, &run->origin, &r->remain_gas);
}

void run_transaction(block_run *on, const transaction *tx, receipt *out)
{
    gas_needs needs = {.intrinsic = intrinsic_gas(tx)};
    needs.base = on->x->rules->gas == GAS_FREE_STORAGE ? GAS_FREE_STORAGE_BASE : needs.intrinsic;
    tx_run run = {
        .block = on,
        .tx = tx,
        .state = tx_state_new(on->state),
        .origin = tx->sender,
        .environment = {.gas_price = tx->gas_price, .origin = tx->sender, .number = on->number, .timestamp = on->timestamp_ms},
    };
    call_outcome ended;
    if (passes_checks(&run, needs, &ended))
        ended = run_frames(&run, (int64_t)(on->gas_limit - needs.base));
    bool finalised = !ended.is_exception && run.used_vm;
    uint64_t refund = finalised ? capped_refund(&run, (uint64_t)ended.gas) : 0;
    uint64_t gas_left = charging_deduct(&run, (uint64_t)ended.gas, refund, needs.base);
    if (finalised)
        kill_accounts(&run);
    fill_receipt(&run, &ended, gas_left, out);
    block_state_merge(on->state, run.state);
    tx_state_free(run.state);
    free(run.frames);
    free(run.logs);
    free(run.killed);
}
