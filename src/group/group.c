#include "group/group.h"
#include "base/mutant.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    POOL_CLEANUP_MS = 3000, /* spec/consensus.md 1.4: tx pool cleanup timer */
    NOTES_MAX = 16          /* rounds of notes between the machines after one event: more means they disagree for ever */
};

#define NEVER UINT64_MAX

struct group {
    const chain_rules *rules;
    node_id self;
    ledger *ledger; /* borrowed; only to open */
    txpool *pool;
    consensus *consensus;
    sync_machine *sync;
    chain_view *view;
    uint64_t consensus_deadline_ms, sync_deadline_ms, cleanup_deadline_ms;

    /* Notes from one machine to the other, delivered between events. */
    bool sealing_noted, sync_state_noted, pool_grew;
    int64_t sealing_number;
    bool downloading;
    int64_t known_highest;
    bool failed;

    consensus_actions consensus_out;
    sync_actions sync_out;
};

/* ---- actions ---- */

static group_action *append(group_actions *out, group_action_kind kind)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? out->capacity * 2 : 32;
        out->items = memory_resize(out->items, out->capacity, sizeof *out->items);
    }
    group_action *action = &out->items[out->count++];
    *action = (group_action){.kind = kind};
    return action;
}

void group_actions_reset(group_actions *list)
{
    list->count = 0;
    arena_reset(&list->memory);
}

void group_actions_free(group_actions *list)
{
    arena_reset(&list->memory);
    free(list->items);
    *list = (group_actions){0};
}

static void append_log(group_actions *out, log_level level, const char *text)
{
    append(out, GROUP_LOG)->log = (__typeof__(out->items->log)){level, arena_copy_text(&out->memory, bytes_of_text(text))};
}

/* ---- consensus ---- */

static block_signature *copy_signatures(arena *a, const block_signature *signatures, size_t count)
{
    block_signature *copies = arena_take_array(a, count, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = (block_signature){signatures[i].sealer_index, arena_copy(a, signatures[i].signature)};
    return copies;
}

static group_job *commit_job(uint64_t ticket, bool for_sync, execution *executed, const block_signature *signatures, size_t count)
{
    group_job *j = group_job_new(JOB_COMMIT, ticket, for_sync);
    j->executed = execution_keep(executed);
    j->signatures = copy_signatures(&j->memory, signatures, count);
    j->signature_count = count;
    return j;
}

static group_job *bytes_job(group_job_kind kind, uint64_t ticket, bool for_sync, const bytes *values, size_t count)
{
    group_job *j = group_job_new(kind, ticket, for_sync);
    j->raw = arena_take_array(&j->memory, count, sizeof *j->raw);
    for (size_t i = 0; i < count; i++)
        j->raw[i] = arena_copy(&j->memory, values[i]);
    j->raw_count = count;
    return j;
}

static void perform_consensus(group *g, const consensus_action *action, group_actions *out)
{
    switch (action->kind) {
    case CONSENSUS_SEND:
        append(out, GROUP_SEND)->send = (__typeof__(out->items->send)){
            action->send.to, action->send.count, MODULE_PBFT, action->send.packet_type, action->send.payload};
        break;
    case CONSENSUS_EXECUTE: {
        group_job *j = group_job_new(JOB_EXECUTE, action->execute.ticket, false);
        j->proposal = block_keep(action->execute.proposal);
        append(out, GROUP_JOB)->job = j;
        break;
    }
    case CONSENSUS_PERSIST:
        append(out, GROUP_JOB)->job = bytes_job(JOB_PERSIST, action->persist.ticket, false, &action->persist.value, 1);
        break;
    case CONSENSUS_COMMIT:
        append(out, GROUP_JOB)->job = commit_job(action->commit.ticket, false, action->commit.result, action->commit.signatures,
                                                 action->commit.signature_count);
        break;
    case CONSENSUS_DEADLINE:
        g->consensus_deadline_ms = action->deadline_ms;
        break;
    case CONSENSUS_NOTE_SEALING:
        g->sealing_noted = true;
        g->sealing_number = action->note_sealing;
        break;
    case CONSENSUS_LOG:
        append(out, GROUP_LOG)->log = (__typeof__(out->items->log)){action->log.level, action->log.text};
        break;
    }
}

/* spec/consensus.md section 3 */
static uint64_t aligned_ms(const group *g, group_time now)
{
    return (uint64_t)((int64_t)now.utc_ms + sync_time_offset_ms(g->sync));
}

static void step_consensus(group *g, group_time now, consensus_event *event, group_actions *out)
{
    event->steady_ms = now.steady_ms;
    event->utc_ms = now.utc_ms;
    event->aligned_ms = aligned_ms(g, now);
    consensus_actions_reset(&g->consensus_out);
    consensus_step(g->consensus, event, &g->consensus_out);
    for (size_t i = 0; i < g->consensus_out.count; i++)
        perform_consensus(g, &g->consensus_out.items[i], out);
    arena_adopt(&out->memory, &g->consensus_out.memory); /* payloads and texts live on with our own actions */
}

/* ---- sync ---- */

static void perform_sync(group *g, const sync_action *action, group_actions *out)
{
    switch (action->kind) {
    case SYNC_SEND:
        append(out, GROUP_SEND)->send = (__typeof__(out->items->send)){
            action->send.to, action->send.count, MODULE_SYNC, action->send.packet_type, action->send.payload};
        break;
    case SYNC_VERIFY: {
        group_job *j = bytes_job(JOB_VERIFY, action->verify.ticket, true, action->verify.raw, action->verify.count);
        j->peer = action->verify.from;
        append(out, GROUP_JOB)->job = j;
        break;
    }
    case SYNC_IMPORT: {
        group_job *j = bytes_job(JOB_DECODE, action->import.ticket, true, &action->import.encoded, 1);
        j->peer = action->import.from;
        append(out, GROUP_JOB)->job = j;
        break;
    }
    case SYNC_SERVE: {
        group_job *j = group_job_new(JOB_SERVE, action->serve.ticket, true);
        j->peer = action->serve.to;
        j->from = action->serve.from;
        j->count = action->serve.count;
        append(out, GROUP_JOB)->job = j;
        break;
    }
    case SYNC_STATE:
        g->sync_state_noted = true;
        g->downloading = action->state.downloading;
        g->known_highest = action->state.known_highest;
        break;
    case SYNC_DEADLINE:
        g->sync_deadline_ms = action->deadline_ms;
        break;
    case SYNC_LOG:
        append(out, GROUP_LOG)->log = (__typeof__(out->items->log)){action->log.level, action->log.text};
        break;
    }
}

static void step_sync(group *g, group_time now, sync_event *event, group_actions *out)
{
    event->steady_ms = now.steady_ms;
    event->utc_ms = now.utc_ms;
    sync_actions_reset(&g->sync_out);
    sync_step(g->sync, event, &g->sync_out);
    for (size_t i = 0; i < g->sync_out.count; i++)
        perform_sync(g, &g->sync_out.items[i], out);
    arena_adopt(&out->memory, &g->sync_out.memory);
}

static void deliver_notes(group *g, group_time now, group_actions *out)
{
    for (int round = 0; (g->sealing_noted || g->sync_state_noted) && round < NOTES_MAX; round++) {
        if (g->sealing_noted) {
            g->sealing_noted = false;
            step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_SEALING, .sealing = g->sealing_number}, out);
        }
        if (g->sync_state_noted) {
            g->sync_state_noted = false;
            consensus_event event = {.kind = CONSENSUS_EVENT_SYNC, .sync = {g->downloading, g->known_highest}};
            step_consensus(g, now, &event, out);
        }
    }
}

/* ---- events ---- */

static void chain_to_consensus(group *g, group_time now, group_actions *out)
{
    step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &g->view->state}, out);
}

static void chain_to_sync(group *g, group_time now, group_actions *out)
{
    step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_CHAIN, .chain = &g->view->state}, out);
}

static void on_submit(group *g, group_time now, const group_event *event, group_actions *out)
{
    transaction_status status = STATUS_TRANSACTION_REFUSED;
    error_text why = {"ImportResult::NodeIsSyncing"};
    if (!chain_view_has_member(g->view, &g->self)) {
        status = STATUS_NOT_BELONG_TO_GROUP;
        error_set(&why, "%s", status_text(status));
    } else if (!sync_is_far_behind(g->sync)) {
        status = txpool_submit(g->pool, event->submit.tx, aligned_ms(g, now), &why);
    }
    g->pool_grew |= status == STATUS_OK;
    const char *reason = status == STATUS_OK ? "" : arena_copy_text(&out->memory, bytes_of_text(why.text));
    append(out, GROUP_ANSWER)->answer = (__typeof__(out->items->answer)){event->submit.token, status, reason};
}

static void on_frame(group *g, group_time now, const group_event *event, group_actions *out)
{
    if (event->frame.module == MODULE_PBFT) {
        consensus_event message = {.kind = CONSENSUS_EVENT_MESSAGE};
        message.message.from = event->frame.from;
        message.message.packet_type = event->frame.packet_type;
        message.message.payload = event->frame.payload;
        step_consensus(g, now, &message, out);
    } else if (event->frame.module == MODULE_SYNC) {
        sync_event message = {.kind = SYNC_EVENT_MESSAGE};
        message.message.from = event->frame.from;
        message.message.packet_type = event->frame.packet_type;
        message.message.payload = event->frame.payload;
        step_sync(g, now, &message, out);
    }
}

static void on_verified(group *g, group_time now, group_job *j, group_actions *out)
{
    transaction **admitted = arena_take_array(&j->memory, j->transaction_count, sizeof *admitted);
    size_t count = 0;
    for (size_t i = 0; i < j->transaction_count; i++)
        if (txpool_admit(g->pool, j->transactions[i], aligned_ms(g, now)) == STATUS_OK)
            admitted[count++] = j->transactions[i];
    g->pool_grew |= count > 0;
    step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_VERIFIED, .verified = {j->ticket, admitted, count}}, out);
}

static void import_failed(group *g, group_time now, const group_job *j, const char *reason, group_actions *out)
{
    append_log(out, LOG_WARNING, arena_print(&out->memory, "[SYNC]block from a peer is not taken,reason=%s", reason));
    step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {j->ticket, false}}, out);
}

static void on_decoded(group *g, group_time now, group_job *j, group_actions *out)
{
    if (!j->ok || (!IS_MUTANT(MUTANT_BLOCKS_NOT_CHECKED) && !consensus_check_block(g->consensus, j->decoded, &j->why))) {
        import_failed(g, now, j, j->why.text, out);
        return;
    }
    group_job *next = group_job_new(JOB_EXECUTE, j->ticket, true);
    next->proposal = block_keep(j->decoded);
    append(out, GROUP_JOB)->job = next;
}

static void on_executed(group *g, group_time now, group_job *j, group_actions *out)
{
    if (!j->ok)
        append_log(out, LOG_WARNING, arena_print(&out->memory, "[EXECUTOR]block not executed,reason=%s", j->why.text));
    if (!j->for_sync) {
        step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_EXECUTED, .executed = {j->ticket, j->result}}, out);
        return;
    }
    if (!j->ok) {
        import_failed(g, now, j, j->why.text, out);
        return;
    }
    append(out, GROUP_JOB)->job = commit_job(j->ticket, true, j->result, j->proposal->signatures, j->proposal->signature_count);
}

static void on_committed(group *g, group_time now, group_job *j, group_actions *out)
{
    if (j->ok) {
        txpool_on_block(g->pool, execution_block(j->executed));
        chain_view_drop(g->view);
        g->view = chain_view_keep(j->view);
        append(out, GROUP_COMMITTED)->committed = execution_keep(j->executed);
    } else {
        append_log(out, LOG_WARNING, arena_print(&out->memory, "[LEDGER]block not committed,reason=%s", j->why.text));
    }
    if (!j->for_sync)
        step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_COMMITTED, .committed = {j->ticket, j->ok}}, out);
    if (j->ok) {
        chain_to_consensus(g, now, out);
        chain_to_sync(g, now, out);
    }
    if (j->for_sync)
        step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {j->ticket, j->ok}}, out);
}

static void on_served(group *g, group_time now, group_job *j, group_actions *out)
{
    if (j->ok) {
        node_id *to = arena_take(&j->memory, sizeof *to);
        *to = j->peer;
        append(out, GROUP_SEND)->send = (__typeof__(out->items->send)){to, 1, MODULE_SYNC, 0, j->packet};
    }
    int64_t next = j->ok ? j->next : j->from;
    step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_SERVED, .served = {j->ticket, next}}, out);
    arena_adopt(&out->memory, &j->memory);
}

static void on_job_done(group *g, group_time now, group_job *j, group_actions *out)
{
    if (j->store_failed) {
        append_log(out, LOG_ERROR, arena_print(&out->memory, "[STORE]the group stops,reason=%s", j->why.text));
        append(out, GROUP_FAILED);
        g->failed = true;
    } else {
        switch (j->kind) {
        case JOB_VERIFY:
            on_verified(g, now, j, out);
            break;
        case JOB_DECODE:
            on_decoded(g, now, j, out);
            break;
        case JOB_SERVE:
            on_served(g, now, j, out);
            break;
        case JOB_EXECUTE:
            on_executed(g, now, j, out);
            break;
        case JOB_PERSIST:
            step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_PERSISTED, .persisted = {j->ticket, j->ok}}, out);
            break;
        case JOB_COMMIT:
            on_committed(g, now, j, out);
            break;
        }
    }
    group_job_free(j);
}

static void on_sessions(group *g, group_time now, const group_event *event, group_actions *out)
{
    consensus_event to_consensus = {.kind = CONSENSUS_EVENT_SESSIONS};
    to_consensus.sessions.nodes = event->sessions.nodes;
    to_consensus.sessions.count = event->sessions.count;
    step_consensus(g, now, &to_consensus, out);
    sync_event to_sync = {.kind = SYNC_EVENT_SESSIONS};
    to_sync.sessions.nodes = event->sessions.nodes;
    to_sync.sessions.count = event->sessions.count;
    step_sync(g, now, &to_sync, out);
}

static void on_time(group *g, group_time now, group_actions *out)
{
    if (now.steady_ms >= g->consensus_deadline_ms) {
        g->consensus_deadline_ms = NEVER;
        step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_TICK}, out);
    }
    if (now.steady_ms >= g->sync_deadline_ms) {
        g->sync_deadline_ms = NEVER;
        step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_TICK}, out);
    }
    if (now.steady_ms >= g->cleanup_deadline_ms) {
        g->cleanup_deadline_ms = NEVER;
        txpool_expire(g->pool, aligned_ms(g, now));
    }
}

/* What the events together left to do: spread and seal new transactions, tell the owners of dropped ones. */
static void settle(group *g, group_time now, group_actions *out)
{
    if (g->pool_grew) {
        g->pool_grew = false;
        step_sync(g, now, &(sync_event){.kind = SYNC_EVENT_TRANSACTIONS}, out);
        step_consensus(g, now, &(consensus_event){.kind = CONSENSUS_EVENT_TRANSACTIONS}, out);
        deliver_notes(g, now, out);
    }
    hash256 hash;
    while (txpool_take_refused(g->pool, &hash))
        append(out, GROUP_REFUSED)->refused = hash;
    if (g->cleanup_deadline_ms == NEVER && txpool_size(g->pool) > 0)
        g->cleanup_deadline_ms = now.steady_ms + POOL_CLEANUP_MS;
}

void group_step(group *g, group_time now, group_event *events, size_t count, group_actions *out)
{
    for (size_t i = 0; i < count; i++) {
        group_event *event = &events[i];
        if (g->failed) { /* nothing moves any more, but what was handed over is freed */
            if (event->kind == GROUP_EVENT_JOB_DONE)
                group_job_free(event->job);
            else if (event->kind == GROUP_EVENT_SUBMIT)
                append(out, GROUP_ANSWER)->answer =
                    (__typeof__(out->items->answer)){event->submit.token, STATUS_TRANSACTION_REFUSED, "the store of this group has failed"};
            continue;
        }
        switch (event->kind) {
        case GROUP_EVENT_TICK:
            break;
        case GROUP_EVENT_FRAME:
            on_frame(g, now, event, out);
            break;
        case GROUP_EVENT_SUBMIT:
            on_submit(g, now, event, out);
            break;
        case GROUP_EVENT_JOB_DONE:
            on_job_done(g, now, event->job, out);
            break;
        case GROUP_EVENT_SESSIONS:
            on_sessions(g, now, event, out);
            break;
        }
        deliver_notes(g, now, out);
    }
    if (g->failed)
        return;
    on_time(g, now, out);
    deliver_notes(g, now, out);
    settle(g, now, out);
}

uint64_t group_deadline_ms(const group *g)
{
    uint64_t first = g->consensus_deadline_ms < g->sync_deadline_ms ? g->consensus_deadline_ms : g->sync_deadline_ms;
    return g->failed ? NEVER : first < g->cleanup_deadline_ms ? first : g->cleanup_deadline_ms;
}

/* ---- life ---- */

/* The nonces of the last blocks, so that none of them can be used again (spec/data-model.md section 9). */
static bool load_nonce_window(group *g, error_text *why)
{
    int64_t head = g->view->state.tip.number;
    int64_t first = head > TXPOOL_BLOCK_LIMIT_WINDOW ? head - TXPOOL_BLOCK_LIMIT_WINDOW : 0;
    for (int64_t number = first; number <= head; number++) {
        arena a = {0};
        u256 *nonces = NULL;
        size_t count = 0;
        if (number > 0 && !IS_MUTANT(MUTANT_NONCES_NOT_LOADED) && !ledger_block_nonces(g->ledger, number, &a, &nonces, &count)) {
            arena_reset(&a);
            return error_set(why, "group %d: the nonces of block %lld cannot be read", g->rules->group_id, (long long)number);
        }
        txpool_load_block(g->pool, number, nonces, count);
        arena_reset(&a);
    }
    return true;
}

group *group_open(const group_config *config, ledger *l, error_text *why)
{
    group *g = memory_new(sizeof *g);
    g->rules = ledger_rules(l);
    g->self = config->consensus.self;
    g->ledger = l;
    g->consensus_deadline_ms = g->sync_deadline_ms = g->cleanup_deadline_ms = NEVER;
    g->view = chain_view_load(l, why);
    g->pool = txpool_new(&config->pool);
    if (g->view == NULL || !load_nonce_window(g, why)) {
        group_close(g);
        return NULL;
    }
    sync_config for_sync = config->sync;
    for_sync.pool = g->pool;
    for_sync.genesis_hash = g->view->state.tip.genesis_hash;
    g->sync = sync_new(&for_sync);
    consensus_config for_consensus = config->consensus;
    for_consensus.pool = g->pool;
    arena a = {0};
    bytes prepared = BYTES_EMPTY;
    if (!ledger_load_prepared(l, &a, &prepared) || IS_MUTANT(MUTANT_LOCK_FORGOTTEN))
        prepared = BYTES_EMPTY;
    g->consensus = consensus_new(&for_consensus, prepared, why);
    arena_reset(&a);
    if (g->consensus == NULL) {
        group_close(g);
        return NULL;
    }
    return g;
}

void group_close(group *g)
{
    if (g == NULL)
        return;
    if (g->consensus)
        consensus_free(g->consensus);
    if (g->sync)
        sync_free(g->sync);
    if (g->pool)
        txpool_free(g->pool);
    consensus_actions_reset(&g->consensus_out);
    sync_actions_reset(&g->sync_out);
    chain_view_drop(g->view);
    free(g);
}

void group_start(group *g, group_time now, group_actions *out)
{
    chain_to_consensus(g, now, out);
    chain_to_sync(g, now, out);
    deliver_notes(g, now, out);
}

/* ---- for the doors ---- */

consensus_status group_consensus_status(group *g, arena *a)
{
    return consensus_status_of(g->consensus, a);
}

sync_status group_sync_status(group *g, arena *a)
{
    return sync_status_of(g->sync, a);
}

size_t group_pending_count(const group *g)
{
    return txpool_size(g->pool);
}

group_held group_held_bytes(const group *g)
{
    return (group_held){txpool_memory_bytes(g->pool), consensus_held_bytes(g->consensus), sync_held_bytes(g->sync)};
}

size_t group_pending(const group *g, transaction **out, size_t max)
{
    size_t count = txpool_list(g->pool, out, max);
    for (size_t i = 0; i < count; i++)
        transaction_keep(out[i]);
    return count;
}

transaction *group_pending_find(const group *g, const hash256 *hash)
{
    transaction *tx = txpool_find(g->pool, hash);
    return tx ? transaction_keep(tx) : NULL;
}

chain_view *group_view(const group *g)
{
    return chain_view_keep(g->view);
}
