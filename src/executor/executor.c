#include "executor/run.h"

#include "base/memory.h"
#include "state/address_text.h"

#include <stdlib.h>
#include <sys/random.h>

enum { GAS_LIMIT_DEFAULT = 300000000 };

struct execution {
    reference_count references;
    block *block;
    block_state *state;
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
    return x;
}

void executor_free(executor *x)
{
    if (x == NULL)
        return;
    contract_registry_free(x->contracts);
    code_cache_free(x->codes);
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

/* QUIRK below 2.5.0: where parallel execution is configured, building its graph opens the table of parallel functions of
   every called contract, and opened tables count for the root (execution.md 8.6). */
static void open_parallel_tables(block_run *run, const block *b)
{
    const chain_rules *rules = run->x->rules;
    if (rules_have(rules, GATE_ONLY_DIRTY_TABLES) || !rules->enable_parallel || !rules_have(rules, GATE_RC2_ENCODING))
        return;
    tx_state *t = tx_state_new(run->state);
    for (size_t i = 0; i < b->transaction_count; i++) {
        const transaction *tx = b->transactions[i];
        if (tx->is_creation || contract_exists(run->x->contracts, t, &tx->to))
            continue;
        char hex[ADDRESS_HEX_BYTES];
        address_write_hex(&tx->to, hex);
        bool is_short = rules_have(rules, GATE_SHORT_TABLE_NAMES);
        (void)tx_state_open_without_authority(
            t, bytes_of_text(arena_print(tx_state_memory(t), is_short ? "cp_%s" : "_contract_parafunc_%s_", hex)));
    }
    block_state_merge(run->state, t);
    tx_state_free(t);
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
    hash256 root = block_state_root(run->state);
    bool with_root = rules_have(rules, GATE_RECEIPT_STATE_ROOT) || (rules->enable_parallel && rules_have(rules, GATE_RC2_ENCODING));
    u256 sum = U256_ZERO;
    for (size_t i = 0; i < b->receipt_count; i++) {
        receipt *r = &b->receipts[i];
        if (with_root)
            r->state_root = root;
        sum = u256_add(sum, r->gas_used);
        if (!rules_have(rules, GATE_REMAIN_GAS))
            r->gas_used = sum;
    }
    b->header.state_root = b->header.db_hash = root;
    b->header.receipts_root = block_receipts_root(rules, b);
    block_seal_hash(rules, b);
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

static execute_result run_block(executor *x, block_run *run, block *b, const block *proposal, error_text *why)
{
    run->number = b->header.number;
    run->timestamp_ms = (int64_t)b->header.timestamp_ms;
    open_parallel_tables(run, b);
    b->receipts = arena_take_array(&b->memory, b->transaction_count, sizeof *b->receipts);
    b->receipt_count = b->transaction_count;
    for (size_t i = 0; i < b->transaction_count; i++) {
        run_transaction(run, b->transactions[i], &b->receipts[i]);
        own_receipt(&b->memory, &b->receipts[i]);
        if (block_state_failed(run->state, why))
            return EXECUTE_FAILED;
    }
    finish_block(run, b);
    hash256 wanted = header_hash(x->rules->suite, &proposal->header);
    if (!has_receipts_root(proposal) || hash256_equal(&wanted, &b->hash))
        return EXECUTE_OK;
    error_set(why, "block %lld: the header is not the one that executing the block gives", (long long)b->header.number);
    return EXECUTE_REJECTED;
}

execute_result executor_run_block(executor *x, store *s, const block *proposal, const parent_block *parent, execution **out,
                                  error_text *why)
{
    *out = NULL;
    if (x->rules->state != STATE_STORAGE) {
        error_set(why, "state type mpt is not supported");
        return EXECUTE_FAILED;
    }
    block *b = block_copy(proposal);
    block_set_signatures(b, NULL, 0);
    block_run run = {0};
    execute_result result = EXECUTE_FAILED;
    store_snapshot *snapshot = s->engine->snapshot_take(s);
    if (know_senders(x, b, why) && block_run_begin(&run, x, s, snapshot, parent->number, why))
        result = run_block(x, &run, b, proposal, why);
    s->engine->snapshot_release(s, snapshot);
    if (result != EXECUTE_OK) {
        block_state_free(run.state);
        block_drop(b);
        return result;
    }
    execution *e = memory_new(sizeof *e);
    *e = (execution){.block = b, .state = run.state};
    reference_init(&e->references);
    *out = e;
    return EXECUTE_OK;
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

bool executor_call(executor *x, store *s, const block_header *latest, const hash256 *latest_hash, const transaction *call,
                   arena *a, call_result *out, error_text *why)
{
    (void)latest_hash; /* no built-in contract asks for it yet */
    *out = (call_result){0};
    if (x->rules->state != STATE_STORAGE)
        return error_set(why, "state type mpt is not supported");
    if (!has_sender(call))
        return true;
    block_run run;
    store_snapshot *snapshot = s->engine->snapshot_take(s);
    bool ok = block_run_begin(&run, x, s, snapshot, latest->number, why);
    if (ok) {
        receipt r;
        run.number = latest->number;
        run.timestamp_ms = (int64_t)latest->timestamp_ms;
        run_transaction(&run, call, &r);
        *out = (call_result){r.status, arena_copy(a, r.output)};
        ok = !block_state_failed(run.state, why);
    }
    s->engine->snapshot_release(s, snapshot);
    block_state_free(run.state);
    return ok;
}
