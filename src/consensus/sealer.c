/* sealer.c: when the leader proposes, and what. Source: spec/consensus.md 4.2, 5.5.1, 5.11.
   The reference fills a block while consensus runs (next-leader packing, avoid sets); here a block is picked from the
   pool in the step that proposes it, so there is nothing to keep, reset or avoid. */
#include "consensus/pbft_state.h"
#include "base/mutant.h"

#include <stdlib.h>

#include "base/memory.h"

static bool holds_lock(const pbft *p)
{
    return p->committed.proposal && p->committed.request.height == p->next_height;
}

static bool is_proposed(const pbft *p)
{
    return p->raw.proposal && p->raw.request.height == p->next_height && p->raw.request.view == p->view;
}

/* shouldSeal */
static bool may_propose(const pbft *p)
{
    return p->is_started && pbft_is_leader(p) && !p->is_downloading && p->decided_height != p->next_height &&
           !is_proposed(p);
}

static uint64_t smallest_interval(const pbft *p)
{
    return p->config.min_block_interval_ms < PBFT_EMPTY_BLOCK_MS ? p->config.min_block_interval_ms
                                                                 : PBFT_EMPTY_BLOCK_MS;
}

/* finalise: QUIRK of 4.2: an empty proposal's header names no sealer. */
static block *build(pbft *p, transaction *const *txs, size_t count)
{
    block *b = block_new();
    for (size_t i = 0; i < count; i++)
        transaction_keep(txs[i]);
    block_set_transactions(b, txs, count);
    block_header *h = &b->header;
    h->parent_hash = p->tip.hash;
    h->number = p->tip.number + 1;
    h->state_root = p->tip.state_root;
    h->gas_limit = p->tip.gas_limit;
    h->timestamp_ms = p->aligned_ms > p->tip.timestamp_ms || IS_MUTANT(MUTANT_TIMESTAMP_BACK) ? p->aligned_ms : p->tip.timestamp_ms + 1;
    h->sealers = (node_id *)arena_copy(&b->memory, bytes_of(p->sealers, p->count * sizeof *p->sealers)).data;
    h->sealer_count = p->count;
    h->sealer = count ? u256_of(p->idx) : U256_MAX;
    h->transactions_root = block_transactions_root(p->rules, b);
    block_seal_hash(p->rules, b);
    return b;
}

static void broadcast_prepare(pbft *p, const pbft_request *r, const block *b, block_form form)
{
    bool is_empty = b->transaction_count == 0;
    buffer encoded = buffer_init(BUFFER_NO_LIMIT), data = buffer_init(BUFFER_NO_LIMIT);
    block_encode(p->rules, b, form, &encoded);
    pbft_prepare_encode(r, buffer_bytes(&encoded), &data);
    uint16_t type = form == BLOCK_PROPOSAL && !is_empty ? PBFT_FRAME_PROPOSAL : PBFT_FRAME_ORDINARY;
    pbft_broadcast(p, PBFT_PREPARE, r, buffer_bytes(&data), is_empty, type);
    buffer_free(&encoded);
    buffer_free(&data);
}

/* E1: generatePrepare */
static void propose(pbft *p, transaction *const *txs, size_t count)
{
    block *b = build(p, txs, count);
    actions_log(p->out, LOG_INFO,
                "[CONSENSUS][SEALER]++++++++++++++++ Generating seal on,blkNum=%llu,tx=%zu,nodeIdx=%u,hash=%s",
                (unsigned long long)p->next_height, count, p->idx, short_hex_of(BYTES_OF_VALUE(b->hash)).text);
    pbft_request r = pbft_own_request(p, p->next_height, p->view, &b->hash);
    broadcast_prepare(p, &r, b, p->config.prepare_with_hashes ? BLOCK_PROPOSAL : BLOCK_FULL);
    if (count == 0) { /* E1a */
        block_drop(b);
        p->change_cycle = 0;
        pbft_change_view(p, CHANGE_BY_EMPTY_BLOCK);
        return;
    }
    pbft_see_view(p, &r);
    pbft_proposal s = {.request = r, .proposal = b};
    pbft_accept_prepare(p, &s); /* E1b */
}

/* E13: the prepared block is proposed again, signed anew. */
static void replay(pbft *p)
{
    pbft_filter_clear(p->filter);
    block *b = block_keep(p->committed.proposal);
    pbft_request r = pbft_own_request(p, p->next_height, p->view, &p->committed.request.block_hash);
    actions_log(p->out, LOG_INFO,
                "[CONSENSUS][PBFT]rehandleCommittedPrepareCache,num=%llu,view=%llu,nodeIdx=%u,hash=%s",
                (unsigned long long)p->next_height, (unsigned long long)p->view, p->idx,
                short_hex_of(BYTES_OF_VALUE(b->hash)).text);
    broadcast_prepare(p, &r, b, BLOCK_FULL);
    pbft_proposal s = {.request = r, .proposal = b};
    pbft_accept_prepare(p, &s);
}

void sealer_run(pbft *p)
{
    if (!may_propose(p))
        return;
    if (holds_lock(p)) {
        replay(p);
        return;
    }
    uint64_t since = p->steady_ms - p->last_consensus_ms, limit = block_size_now(&p->size, p->tx_count_limit);
    size_t waiting = txpool_size(p->config.pool);
    bool is_time = since >= PBFT_EMPTY_BLOCK_MS, may_be_short = since >= smallest_interval(p);
    if (!is_time && !(waiting > 0 && may_be_short) && waiting < limit)
        return;
    size_t room = waiting < limit ? waiting : (size_t)limit;
    transaction **txs = memory_new_array(room, sizeof *txs);
    size_t count = room ? txpool_pick(p->config.pool, room, NULL, p->aligned_ms, txs) : 0;
    if (is_time || (count > 0 && (may_be_short || count >= limit)))
        propose(p, txs, count);
    free(txs);
}

uint64_t sealer_wakes_at(const pbft *p)
{
    if (!may_propose(p))
        return CONSENSUS_NO_DEADLINE;
    uint64_t soon = p->last_consensus_ms + smallest_interval(p);
    bool may_be_short = txpool_size(p->config.pool) > 0 && soon > p->steady_ms;
    return may_be_short ? soon : p->last_consensus_ms + PBFT_EMPTY_BLOCK_MS;
}
