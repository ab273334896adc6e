#include "consensus/pbft.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

bool pbft_leader(const pbft *p, size_t *leader)
{
    if (!pbft_is_sealer(p) || p->leader_failed || u256_equal(p->tip.sealer, U256_MAX))
        return false;
    *leader = quorum_leader(p->view, p->next_height, p->count);
    return true;
}

bool pbft_is_leader(const pbft *p)
{
    size_t leader;
    return pbft_leader(p, &leader) && leader == p->idx;
}

ptrdiff_t pbft_seat_of(const pbft *p, const node_id *node)
{
    return node_span_find((node_span){p->sealers, p->count}, node);
}

bool pbft_is_behind(const pbft *p, uint64_t height)
{
    if (p->known_highest - p->tip.number > PBFT_FAR_BEHIND_BLOCKS)
        return true;
    return p->is_downloading && p->known_highest >= 0 && height <= (uint64_t)p->known_highest;
}

void pbft_note_sealing(pbft *p, int64_t number)
{
    if (p->noted_sealing == number)
        return;
    p->noted_sealing = number;
    actions_add(p->out, CONSENSUS_NOTE_SEALING)->note_sealing = number;
}

void pbft_drop(pbft *p, const char *what, const char *why)
{
    p->dropped_messages++;
    actions_log(p->out, LOG_TRACE, "[CONSENSUS][PBFT]drop %s: %s", what, why);
}

void pbft_see_view(pbft *p, const pbft_request *r)
{
    p->seats[r->idx].has_seen = true;
    p->seats[r->idx].seen_view = r->view;
}

void pbft_proposal_clear(pbft_proposal *s)
{
    block_drop(s->proposal);
    free(s->forward);
    *s = (pbft_proposal){0};
}

void pbft_proposal_encode(const pbft *p, const pbft_proposal *s, buffer *out)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(p->rules, s->proposal, BLOCK_FULL, &encoded);
    pbft_prepare_encode(&s->request, buffer_bytes(&encoded), out);
    buffer_free(&encoded);
}

/* The lock of the last run (5.11). */
static bool load_prepared(pbft *p, bytes encoded, error_text *why)
{
    bytes inner;
    if (!pbft_prepare_decode(encoded, &p->committed.request, &inner, why)) {
        error_prefix(why, "stored prepared block");
        return false;
    }
    block *b = block_decode(p->rules, inner, (block_decode_options){.checks = TX_CHECK_NOTHING}, why);
    if (b == NULL) {
        error_prefix(why, "stored prepared block");
        return false;
    }
    p->committed.proposal = b;
    if (!hash256_equal(&b->hash, &p->committed.request.block_hash))
        return error_set(why, "stored prepared block: its hash is not the one it was prepared under");
    p->is_durable = true;
    p->durable_height = p->committed.request.height;
    p->durable_hash = p->committed.request.block_hash;
    return true;
}

pbft *pbft_new(const consensus_config *config, bytes prepared, error_text *why)
{
    public_key own;
    const crypto_suite *suite = config->rules->suite;
    if (!suite->public_of(&config->key, &own) || !node_id_equal(&own, &config->self)) {
        error_set(why, "consensus: the node id is not the public key of the node's key");
        return NULL;
    }
    pbft *p = memory_new(sizeof *p);
    p->config = *config;
    p->rules = config->rules;
    p->suite = suite;
    p->idx = PBFT_NOT_A_SEALER;
    p->filter = pbft_filter_new(config->seed);
    p->size = block_size_new(config->dynamic_block_size, config->block_size_increase_ratio);
    p->consensus_timeout_ms = PBFT_VIEW_TIMEOUT_MS;
    p->deadline_ms = CONSENSUS_NO_DEADLINE;
    p->noted_sealing = -1;
    if (prepared.size && !load_prepared(p, prepared, why)) {
        pbft_free(p);
        return NULL;
    }
    return p;
}

void pbft_free(pbft *p)
{
    if (p == NULL)
        return;
    pbft_clear_raw(p);
    pbft_clear_prepared(p);
    pbft_proposal_clear(&p->committed);
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        pbft_proposal_clear(&p->future[i]);
    pbft_partial_clear(&p->partial_raw);
    pbft_partial_clear(&p->partial_future);
    if (p->executing.is_active)
        block_drop(p->executing.proposal);
    if (p->persisting.is_active)
        buffer_free(&p->persisting.value);
    if (p->committing.is_active) {
        execution_drop(p->committing.result);
        free(p->committing.signatures);
        free(p->committing.signature_space);
    }
    pbft_filter_free(p->filter);
    free(p->sessions);
    free(p->seats);
    free(p->sealers);
    secret_key_wipe(&p->config.key);
    free(p);
}

/* 5.5: from sealers to sealers only. */
static void on_message(pbft *p, const node_id *from, uint16_t type, bytes payload)
{
    if (!p->is_started || !pbft_is_sealer(p) || payload.size == 0 || node_id_equal(from, &p->config.self) ||
        pbft_seat_of(p, from) == NODE_ABSENT) {
        p->dropped_messages++;
        return;
    }
    if (p->config.prepare_with_hashes && type == PBFT_FRAME_GET_MISSED) {
        pbft_on_get_missed(p, payload, from);
        return;
    }
    if (p->config.prepare_with_hashes && type == PBFT_FRAME_MISSED) {
        pbft_on_missed(p, payload);
        return;
    }
    if (p->config.prepare_with_hashes && type > PBFT_FRAME_MISSED) {
        pbft_drop(p, "frame", "unknown packet type");
        return;
    }
    pbft_packet packet;
    error_text why;
    if (!pbft_packet_decode(payload, p->config.ttl_optimization, &p->out->memory, &packet, &why))
        pbft_drop(p, "packet", why.text);
    else if (p->config.prepare_with_hashes && type == PBFT_FRAME_PROPOSAL)
        pbft_on_partial(p, &packet, from);
    else if (packet.kind == PBFT_PREPARE)
        pbft_on_prepare(p, &packet, from);
    else if (packet.kind == PBFT_VIEW_CHANGE)
        pbft_on_change(p, &packet, from);
    else
        pbft_on_vote(p, &packet, from);
}

static void on_event(pbft *p, const consensus_event *e)
{
    switch (e->kind) {
    case CONSENSUS_EVENT_TICK:
        break;
    case CONSENSUS_EVENT_CHAIN:
        pbft_on_chain(p, e->chain);
        break;
    case CONSENSUS_EVENT_MESSAGE:
        on_message(p, &e->message.from, e->message.packet_type, e->message.payload);
        break;
    case CONSENSUS_EVENT_TRANSACTIONS:
        if (p->is_started && pbft_is_sealer(p))
            pbft_retry_partial(p);
        break;
    case CONSENSUS_EVENT_EXECUTED:
        pbft_on_executed(p, e->executed.ticket, e->executed.result);
        break;
    case CONSENSUS_EVENT_PERSISTED:
        pbft_on_persisted(p, e->persisted.ticket, e->persisted.ok);
        break;
    case CONSENSUS_EVENT_COMMITTED:
        pbft_on_committed(p, e->committed.ticket, e->committed.ok);
        break;
    case CONSENSUS_EVENT_SESSIONS:
        pbft_on_sessions(p, e->sessions.nodes, e->sessions.count);
        break;
    case CONSENSUS_EVENT_SYNC:
        p->is_downloading = e->sync.downloading;
        p->known_highest = e->sync.known_highest;
        break;
    }
}

static void set_deadline(pbft *p, bool is_tick)
{
    uint64_t timeout = p->is_started ? pbft_timeout_at(p) : CONSENSUS_NO_DEADLINE, sealer = sealer_wakes_at(p);
    uint64_t next = timeout < sealer ? timeout : sealer;
    assert(next > p->steady_ms); /* else the node would spin */
    if (next == p->deadline_ms && !is_tick)
        return;
    p->deadline_ms = next;
    actions_add(p->out, CONSENSUS_DEADLINE)->deadline_ms = next;
}

void pbft_step(pbft *p, const consensus_event *event, consensus_actions *out)
{
    p->out = out;
    if (event->steady_ms > p->steady_ms)
        p->steady_ms = event->steady_ms;
    p->utc_ms = event->utc_ms;
    p->aligned_ms = event->aligned_ms;
    on_event(p, event);
    if (p->is_started && pbft_is_sealer(p)) {
        /* E9, E12, E13 in this order (5A.3). E15 has no work of its own: what it would remove goes with E10. */
        pbft_check_timeout(p);
        pbft_use_future(p);
        sealer_run(p);
    }
    set_deadline(p, event->kind == CONSENSUS_EVENT_TICK);
    p->out = NULL;
}

consensus_status pbft_status(pbft *p, arena *a)
{
    consensus_status s = {.node_count = p->count,
                          .node_index = p->idx,
                          .max_faulty = p->faulty,
                          .consensused_number = (int64_t)p->next_height,
                          .highest_number = p->tip.number,
                          .highest_hash = p->tip.hash,
                          .is_sealer = pbft_is_sealer(p),
                          .config_error = !pbft_is_sealer(p),
                          .leader_failed = p->leader_failed,
                          .view = p->view,
                          .to_view = p->to_view,
                          .connected_nodes = p->sessions_at_broadcast,
                          .sealers = p->sealers,
                          .sealer_count = p->count};
    s.views = arena_take_array(a, p->count, sizeof *s.views);
    for (size_t i = 0; i < p->count; i++) {
        if (i != p->idx && !p->seats[i].has_seen)
            continue;
        s.views[s.view_count].node = p->sealers[i];
        s.views[s.view_count++].view = i == p->idx ? p->view : p->seats[i].seen_view;
    }
    return s;
}

/* ---- memory ---- */

static size_t proposal_bytes(const pbft_proposal *s)
{
    return s->encoded_bytes + (s->proposal ? s->proposal->memory.used_bytes : 0) + s->forward_count * sizeof *s->forward;
}

static size_t partial_bytes(const pbft_partial *s)
{
    return proposal_bytes(&s->proposal) + s->tx_count * sizeof *s->txs + s->missing_count * sizeof *s->missing;
}

size_t pbft_held_bytes(const pbft *p)
{
    size_t total = p->count * (sizeof *p->seats + sizeof *p->sealers) + p->session_count * sizeof *p->sessions;
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        total += proposal_bytes(&p->future[i]);
    total += proposal_bytes(&p->raw) + proposal_bytes(&p->committed);
    total += partial_bytes(&p->partial_raw) + partial_bytes(&p->partial_future);
    return total + (p->persisting.is_active ? p->persisting.value.size : 0);
}
