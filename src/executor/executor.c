#include "executor/run.h"

#include "base/memory.h"
#include "executor/schedule.h"

#include <stdlib.h>
#include <sys/random.h>

enum { GAS_LIMIT_DEFAULT = 300000000 };

struct execution {
    reference_count references;
    block *block;
    block_state *state;
    size_t orders;
};

executor *executor_new(const chain_rules *rules)
{
    executor *x = memory_new(sizeof *x);
    x->rules = rules;
    x->evm = evm_rules_of(rules);
    x->contracts = contract_registry_new(rules);
    /* Only hash tables depend on it. Without randomness they are slower to attack, not wrong. */
    if (getrandom(&x->hash_seed, sizeof x->hash_seed, GRND_NONBLOCK) != (ssize_t)sizeof x->hash_seed)
        x->hash_seed = (uint64_t)(uintptr_t)x;
    x->codes = code_cache_new(&x->evm, EXECUTOR_CODE_CACHE_BYTES, x->hash_seed);
    x->nodes = node_cache_new(EXECUTOR_NODE_CACHE_BYTES, x->hash_seed);
    return x;
}

void executor_free(executor *x)
{
    if (x == NULL)
        return;
    contract_registry_free(x->contracts);
    code_cache_free(x->codes);
    node_cache_free(x->nodes);
    free(x);
}

/* tx_gas_limit of the parent's state: execution.md 1.2, step 3. */
static uint64_t gas_limit_of(block_state *state)
{
    int64_t enable_number, limit;
    bytes value = block_state_config(state, "tx_gas_limit", &enable_number);
    if (value.size == 0 || enable_number > block_state_parent_number(state) || !number_read_int64(value, &limit) || limit < 0)
        return GAS_LIMIT_DEFAULT;
    return (uint64_t)limit;
}

bool block_run_begin(block_run *run, executor *x, store *s, store_snapshot *snapshot, int64_t parent_number, error_text *why)
{
    *run = (block_run){.x = x, .state = block_state_new(x->rules, s, snapshot, parent_number, x->hash_seed)};
    run->gas_limit = gas_limit_of(run->state);
    charging_load(run);
    return !block_state_failed(run->state, why);
}

/* Into memory that lives as long as the block. */
static void own_receipt(arena *a, receipt *r)
{
    r->output = arena_copy(a, r->output);
    log_entry *logs = arena_take_array(a, r->log_count, sizeof *logs);
    for (size_t i = 0; i < r->log_count; i++) {
        logs[i] = r->logs[i];
        logs[i].data = arena_copy(a, logs[i].data);
    }
    r->logs = logs;
}

/* Roots and the fields that depend on the whole block: execution.md 1.5. */
static void finish_block(block_run *run, block *b)
{
    const chain_rules *rules = run->x->rules;
    block_roots roots = block_state_roots(run->state);
    bool with_root = rules_have(rules, GATE_RECEIPT_STATE_ROOT) || (rules->enable_parallel && rules_have(rules, GATE_RC2_ENCODING));
    u256 sum = U256_ZERO;
    for (size_t i = 0; i < b->receipt_count; i++) {
        receipt *r = &b->receipts[i];
        if (with_root)
            r->state_root = roots.state_root;
        sum = u256_add(sum, r->gas_used);
        if (!rules_have(rules, GATE_REMAIN_GAS))
            r->gas_used = sum;
    }
    b->header.state_root = roots.state_root;
    b->header.db_hash = roots.db_hash;
    b->header.receipts_root = block_receipts_root(rules, b);
    block_seal_hash(rules, b);
}

/* What this executor does not reproduce is refused, not approximated. */
static bool is_supported(const chain_rules *rules, error_text *why)
{
    if (!rules_have(rules, GATE_RC2_ENCODING))
        return error_set(why, "executing with supported_version 2.0.0-rc1 is not supported");
    return true;
}

static bool know_senders(const executor *x, block *b, error_text *why)
{
    if (transaction_recover_senders(x->rules, b->transactions, b->transaction_count) == b->transaction_count)
        return true;
    return error_set(why, "block %lld: a transaction has no sender", (long long)b->header.number);
}

static bool has_receipts_root(const block *proposal)
{
    static const hash256 none;
    return !hash256_equal(&proposal->header.receipts_root, &none);
}

/* But for the state root, which is known only at the end; want: with gas per transaction. */
static bool is_receipt_expected(const chain_rules *rules, const receipt *got, const receipt *want, const receipt *before)
{
    u256 gas = before && !rules_have(rules, GATE_REMAIN_GAS) ? u256_sub(want->gas_used, before->gas_used) : want->gas_used;
    bool equal = got->status == want->status && u256_equal(got->gas_used, gas) && got->log_count == want->log_count &&
                 bytes_equal(got->output, want->output) && u256_equal(got->remain_gas, want->remain_gas);
    for (size_t i = 0; equal && i < got->log_count; i++)
        equal = bytes_equal(got->logs[i].data, want->logs[i].data);
    return equal;
}

/* Receipts stand at the places of their transactions, whatever the order. false: the store failed, or this order is not the one
   of the expected receipts. */
static bool run_transactions(block_run *run, block *b, schedule *s)
{
    bool with_running_root = !rules_have(run->x->rules, GATE_RECEIPT_STATE_ROOT);
    schedule_begin(s, run, b);
    for (size_t i = 0; i < b->transaction_count; i++) {
        size_t at = s->order ? s->order[i] : i;
        if (block_state_failed(run->state, NULL))
            return false;
        hash256 root = with_running_root ? block_state_running_root(run->state) : (hash256){{0}};
        run_transaction(run, b->transactions[at], &b->receipts[at]);
        b->receipts[at].state_root = root;
        own_receipt(&b->memory, &b->receipts[at]);
        if (s->expected && !is_receipt_expected(run->x->rules, &b->receipts[at], &s->expected[at], at ? &s->expected[at - 1] : NULL)) {
            s->differs_at = i;
            return false;
        }
    }
    return !block_state_failed(run->state, NULL);
}

static execute_result run_block(block_run *run, block *b, const block *proposal, schedule *s, error_text *why)
{
    run->number = b->header.number;
    run->timestamp_ms = (int64_t)b->header.timestamp_ms;
    b->receipts = arena_take_array(&b->memory, b->transaction_count, sizeof *b->receipts);
    b->receipt_count = b->transaction_count;
    bool is_run = run_transactions(run, b, s);
    if (block_state_failed(run->state, why))
        return EXECUTE_FAILED;
    if (is_run) {
        finish_block(run, b);
        if (block_state_failed(run->state, why))
            return EXECUTE_FAILED;
        hash256 wanted = header_hash(run->x->rules->suite, &proposal->header);
        if (!has_receipts_root(proposal) || hash256_equal(&wanted, &b->hash))
            return EXECUTE_OK;
    }
    error_set(why, "block %lld: the header is not the one that executing the block gives", (long long)b->header.number);
    return EXECUTE_REJECTED;
}

/* Runs the block in one order. *made is set on EXECUTE_OK. */
static execute_result run_order(executor *x, store *s, store_snapshot *snapshot, const block *proposal,
                                const parent_block *parent, schedule *orders, execution **made, error_text *why)
{
    block *b = block_copy(proposal);
    block_set_signatures(b, NULL, 0);
    block_run run = {0};
    execute_result result = EXECUTE_FAILED;
    if (know_senders(x, b, why) && block_run_begin(&run, x, s, snapshot, parent->number, why)) {
        block_state_open_accounts(run.state, &parent->state_root, x->nodes);
        result = run_block(&run, b, proposal, orders, why);
    }
    if (result != EXECUTE_OK) {
        block_state_free(run.state);
        block_drop(b);
        return result;
    }
    *made = memory_new(sizeof **made);
    **made = (execution){.block = b, .state = run.state, .orders = orders->orders};
    reference_init(&(*made)->references);
    return EXECUTE_OK;
}

/* Receipts that came with the block and are those of its header: they tell at once when an order is the wrong one. */
static const receipt *expected_receipts(const executor *x, const block *proposal)
{
    if (!has_receipts_root(proposal) || proposal->receipt_count != proposal->transaction_count)
        return NULL;
    hash256 root = block_receipts_root(x->rules, proposal);
    return hash256_equal(&root, &proposal->header.receipts_root) ? proposal->receipts : NULL;
}

execute_result executor_run_block(executor *x, store *s, const block *proposal, const parent_block *parent, execution **out,
                                  error_text *why)
{
    *out = NULL;
    if (!is_supported(x->rules, why))
        return EXECUTE_FAILED;
    schedule orders = {.expected = expected_receipts(x, proposal)};
    store_snapshot *snapshot = s->engine->snapshot_take(s);
    execute_result result;
    do {
        result = run_order(x, s, snapshot, proposal, parent, &orders, out, why);
    } while (result == EXECUTE_REJECTED && schedule_next(&orders));
    s->engine->snapshot_release(s, snapshot);
    schedule_free(&orders);
    return result;
}

size_t execution_orders_tried(const execution *e)
{
    return e->orders;
}

const block *execution_block(const execution *e)
{
    return e->block;
}

void execution_changes(const execution *e, arena *a, uint64_t *last_id, store_put **puts, size_t *count)
{
    block_state_changes(e->state, a, e->block->header.number, last_id, puts, count);
}

void execution_dump(const execution *e, buffer *out)
{
    block_state_dump(e->state, out);
}

execution *execution_keep(execution *e)
{
    reference_add(&e->references);
    return e;
}

void execution_drop(execution *e)
{
    if (e == NULL || !reference_drop(&e->references))
        return;
    block_drop(e->block);
    block_state_free(e->state);
    free(e);
}

/* QUIRK: a call from the zero address has no sender; the reference swallows the exception (execution.md section 11). */
static bool has_sender(const transaction *call)
{
    static const address nobody;
    return call->sender_known && memcmp(&call->sender, &nobody, sizeof nobody) != 0;
}

/* The state after `latest`; ended with end_look, whatever this says. false: the store failed. */
static bool begin_look(block_run *run, executor *x, store *s, const block_header *latest, store_snapshot **snapshot, error_text *why)
{
    *snapshot = s->engine->snapshot_take(s);
    if (!block_run_begin(run, x, s, *snapshot, latest->number, why))
        return false;
    block_state_open_accounts(run->state, &latest->state_root, x->nodes);
    run->number = latest->number;
    run->timestamp_ms = (int64_t)latest->timestamp_ms;
    return true;
}

static void end_look(block_run *run, store *s, store_snapshot *snapshot)
{
    s->engine->snapshot_release(s, snapshot);
    block_state_free(run->state);
}

bool executor_call_from_anyone(executor *x, store *s, const block_header *latest, const transaction *call, arena *a, call_result *out,
                               error_text *why)
{
    *out = (call_result){0};
    if (!is_supported(x->rules, why))
        return false;
    block_run run;
    store_snapshot *snapshot;
    bool ok = begin_look(&run, x, s, latest, &snapshot, why);
    if (ok) {
        receipt r;
        run_transaction(&run, call, &r);
        *out = (call_result){r.status, arena_copy(a, r.output), r.gas_used};
        ok = !block_state_failed(run.state, why);
    }
    end_look(&run, s, snapshot);
    return ok;
}

bool executor_call(executor *x, store *s, const block_header *latest, const hash256 *latest_hash, const transaction *call,
                   arena *a, call_result *out, error_text *why)
{
    (void)latest_hash; /* no built-in contract asks for it yet */
    *out = (call_result){0};
    if (!has_sender(call))
        return is_supported(x->rules, why);
    return executor_call_from_anyone(x, s, latest, call, a, out, why);
}

bool executor_read_account(executor *x, store *s, const block_header *latest, const address *account, const u256 *slot,
                           account_facts *out, error_text *why)
{
    *out = (account_facts){0};
    block_run run;
    store_snapshot *snapshot;
    bool ok = begin_look(&run, x, s, latest, &snapshot, why);
    if (ok) {
        tx_state *t = tx_state_new(run.state);
        *out = (account_facts){account_balance(t, account), account_nonce(t, account), account_storage(t, account, slot)};
        tx_state_free(t);
        ok = !block_state_failed(run.state, why);
    }
    end_look(&run, s, snapshot);
    return ok;
}
