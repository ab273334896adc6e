/* ledger.c: opening, founding and committing. The order within a commit is: build the batch (pure), apply it (durable), then
   move the head that everybody sees. docs/ledger.md has the table of crash points; tests/unit/ledger/test_crash.c kills at
   each row of it. */
#include "ledger/inside.h"
#include "base/mutant.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

static const char prepared_note[] = "prepared";

static ledger_tip tip_of(const block *b, const hash256 *genesis_hash)
{
    return (ledger_tip){
        .number = b->header.number,
        .hash = b->hash,
        .genesis_hash = *genesis_hash,
        .parent_hash = b->header.parent_hash,
        .state_root = b->header.state_root,
        .timestamp_ms = b->header.timestamp_ms,
        .gas_limit = b->header.gas_limit,
        .sealer = b->header.sealer,
        .transaction_count = b->transaction_count,
    };
}

/* --- the blocks kept in memory --- */

/* Takes over b. Called under the lock. The oldest blocks go until both bounds hold, if need be the new one too. */
static void remember(ledger *l, block *b)
{
    if (l->recent_count == LEDGER_RECENT_BLOCKS) {
        block *oldest = l->recent[--l->recent_count];
        l->recent_bytes -= block_bytes(oldest);
        block_drop(oldest);
    }
    memmove(l->recent + 1, l->recent, l->recent_count * sizeof *l->recent);
    l->recent[0] = b;
    l->recent_count++;
    l->recent_bytes += block_bytes(b);
    while (l->recent_bytes > LEDGER_RECENT_BYTES) {
        block *oldest = l->recent[--l->recent_count];
        l->recent_bytes -= block_bytes(oldest);
        block_drop(oldest);
    }
}

/* --- opening --- */

static bool found(ledger *l, const genesis *g, error_text *why)
{
    arena a = {0};
    block *first = genesis_block(&l->rules, g);
    batch_input in = {.rules = &l->rules, .block = first};
    in.before.last_id = rules_have(&l->rules, GATE_ENTRY_ID_BASE) ? FIRST_LAST_ID_BASED : FIRST_LAST_ID;
    uint64_t last_id = in.before.last_id;
    ledger_genesis_rows(&l->rules, g, &a, &last_id, &in.state, &in.state_count);
    store_batch batch;
    ledger_counters after;
    ledger_build_batch(&in, &a, &batch, &after);
    bool ok = store_apply(l->store, &batch, why) == STORE_OK;
    block_drop(first);
    arena_reset(&a);
    return ok;
}

/* One row of _sys_current_state_. false: it is not there or holds no number. */
static bool read_counter(ledger *l, const char *key, uint64_t *row_id, u256 *value)
{
    arena a = {0};
    row r;
    bool ok = ledger_read_row(l, TABLE_CURRENT_STATE, bytes_of_text(key), &a, &r) && ledger_read_counter(&r, value);
    *row_id = ok ? r.id : 0;
    arena_reset(&a);
    return ok;
}

static bool read_counters(ledger *l, error_text *why)
{
    ledger_counters *c = &l->counters;
    u256 number, last_id;
    uint64_t row_id;
    if (!read_counter(l, KEY_NUMBER, &c->number_row, &number) || !read_counter(l, KEY_LAST_ID, &row_id, &last_id) ||
        !u256_fits_u64(last_id))
        return error_set(why, "the store holds no chain: %s has no %s or %s", TABLE_CURRENT_STATE, KEY_NUMBER, KEY_LAST_ID);
    if (!u256_equal(number, u256_of((uint64_t)store_last_applied(l->store))))
        return error_set(why, "%s does not name block %lld, which the store says was written last", TABLE_CURRENT_STATE,
                         (long long)store_last_applied(l->store));
    c->last_id = last_id.limb[0];
    (void)read_counter(l, KEY_TRANSACTIONS, &c->transactions_row, &c->transactions); /* from block 1 on */
    (void)read_counter(l, KEY_FAILED, &c->failed_row, &c->failed);
    l->tip.number = (int64_t)number.limb[0];
    return ledger_failure(l, why) == STORE_OK;
}

static block *read_numbered(ledger *l, int64_t number, error_text *why)
{
    hash256 hash;
    block *b = ledger_read_hash(l, number, &hash) ? ledger_read_block(l, &hash) : NULL;
    if (b && (b->header.number != number || !hash256_equal(&b->hash, &hash))) {
        block_drop(b);
        b = NULL;
    }
    if (b == NULL)
        error_set(why, "block %lld is missing or damaged", (long long)number);
    return b;
}

/* data-model.md 8.7, "On later starts": a difference is no error, the stored values win. */
static bool check_genesis(ledger *l, const block *first, bool *differs, error_text *why)
{
    arena a = {0};
    bytes stored = first->header.extra_count ? first->header.extra_data[0] : BYTES_EMPTY;
    *differs = !bytes_equal_text(stored, genesis_mark(&l->rules, &l->genesis, &a));
    bool ok = !*differs || ledger_follow_mark(stored, &l->rules, &l->genesis, why);
    arena_reset(&a);
    return ok;
}

static bool read_chain(ledger *l, bool *differs, error_text *why)
{
    if (!read_counters(l, why))
        return false;
    block *first = read_numbered(l, 0, why);
    block *head = first ? read_numbered(l, l->tip.number, why) : NULL;
    bool ok = head && check_genesis(l, first, differs, why);
    if (ok) {
        l->tip = tip_of(head, &first->hash);
        /* Calls ask for the head all the time, and no other block may come for a while. */
        (void)transaction_recover_senders(&l->rules, head->transactions, head->transaction_count);
        remember(l, block_keep(head));
    }
    block_drop(first);
    block_drop(head);
    return ok;
}

ledger *ledger_open(const chain_rules *rules, const genesis *g, store *s, bool *differs, error_text *why)
{
    ledger *l = memory_new(sizeof *l);
    *l = (ledger){.rules = *rules, .genesis = *g, .store = s};
    l->genesis.sealers = memory_new_array(g->sealer_count, sizeof *l->genesis.sealers);
    if (g->sealer_count)
        memcpy(l->genesis.sealers, g->sealers, g->sealer_count * sizeof *l->genesis.sealers);
    pthread_mutex_init(&l->lock, NULL);
    *differs = false;
    bool ok = store_last_applied(s) >= 0 || found(l, g, why);
    if (!ok || !read_chain(l, differs, why)) {
        if (ledger_failure(l, NULL) != STORE_OK)
            error_prefix(why, "%s", l->failure_text.text);
        error_prefix(why, "the ledger cannot be opened");
        ledger_close(l);
        return NULL;
    }
    l->executor = executor_new(&l->rules);
    return l;
}

void ledger_close(ledger *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->recent_count; i++)
        block_drop(l->recent[i]);
    if (l->executor)
        executor_free(l->executor);
    pthread_mutex_destroy(&l->lock);
    free(l->genesis.sealers);
    free(l);
}

const chain_rules *ledger_rules(const ledger *l)
{
    return &l->rules;
}

const genesis *ledger_genesis(const ledger *l)
{
    return &l->genesis;
}

store *ledger_store(ledger *l)
{
    return l->store;
}

executor *ledger_executor(ledger *l)
{
    return l->executor;
}

/* --- committing --- */

static void copy_receipts(block *to, const block *from)
{
    arena *a = &to->memory;
    to->receipts = arena_take_array(a, from->receipt_count, sizeof *to->receipts);
    to->receipt_count = from->receipt_count;
    for (size_t i = 0; i < from->receipt_count; i++) {
        receipt *r = &to->receipts[i];
        *r = from->receipts[i];
        r->output = arena_copy(a, r->output);
        r->logs = arena_take_array(a, r->log_count, sizeof *r->logs);
        for (size_t k = 0; k < r->log_count; k++) {
            r->logs[k] = from->receipts[i].logs[k];
            r->logs[k].data = arena_copy(a, r->logs[k].data);
        }
    }
}

/* The block as it is stored: what was executed, with the signatures that decided it. */
static block *complete(const block *executed, const block_signature *signatures, size_t signature_count)
{
    block *b = block_copy(executed);
    block_set_signatures(b, signatures, signature_count);
    copy_receipts(b, executed);
    return b;
}

static commit_result write_block(ledger *l, const execution *e, block *b, ledger_counters *after, error_text *why)
{
    arena a = {0};
    batch_input in = {.rules = &l->rules, .block = b, .before = l->counters};
    uint64_t last_id = in.before.last_id;
    execution_changes(e, &a, &last_id, &in.state, &in.state_count);
    store_batch batch;
    ledger_build_batch(&in, &a, &batch, after);
    bool is_skipped = IS_MUTANT(MUTANT_BLOCK_NOT_WRITTEN) && batch.number % 4 == 0;
    store_result result = is_skipped ? STORE_OK : store_apply(l->store, &batch, why);
    arena_reset(&a);
    if (result == STORE_OK)
        return COMMIT_OK;
    error_prefix(why, "block %lld was not written", (long long)b->header.number);
    return COMMIT_STORE_FAILED;
}

commit_result ledger_commit(ledger *l, const execution *e, const block_signature *signatures, size_t signature_count,
                            error_text *why)
{
    const block *executed = execution_block(e);
    ledger_tip tip = ledger_head(l);
    if (executed->header.number != tip.number + 1) {
        error_set(why, "block %lld does not follow block %lld", (long long)executed->header.number, (long long)tip.number);
        return COMMIT_WRONG_NUMBER;
    }
    if (!hash256_equal(&executed->header.parent_hash, &tip.hash)) {
        error_set(why, "block %lld has another parent than block %lld of this chain", (long long)executed->header.number,
                  (long long)tip.number);
        return COMMIT_WRONG_PARENT;
    }
    block *b = complete(executed, signatures, signature_count);
    ledger_counters after;
    commit_result result = write_block(l, e, b, &after, why);
    if (result != COMMIT_OK) {
        block_drop(b);
        return result;
    }
    pthread_mutex_lock(&l->lock);
    l->tip = tip_of(b, &tip.genesis_hash);
    l->counters = after;
    remember(l, b);
    pthread_mutex_unlock(&l->lock);
    return COMMIT_OK;
}

/* --- the prepared block --- */

bool ledger_save_prepared(ledger *l, bytes encoded, error_text *why)
{
    if (store_note_put(l->store, prepared_note, encoded, why) == STORE_OK)
        return true;
    error_prefix(why, "the prepared block was not written");
    return false;
}

bool ledger_load_prepared(ledger *l, arena *a, bytes *encoded)
{
    return store_note_get(l->store, prepared_note, a, encoded, NULL) == STORE_OK && encoded->size > 0;
}
