#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/mutant.h"
#include "consensus/pbft_state.h"

static bool is_same_list(const pbft *p, const node_lists *lists)
{
    return lists->sealer_count == p->count &&
           (p->count == 0 || memcmp(lists->sealers, p->sealers, p->count * sizeof *p->sealers) == 0);
}

static bool is_connected(const pbft *p, const node_id *node)
{
    return node_span_find((node_span){p->sessions, p->session_count}, node) != NODE_ABSENT;
}

/* What is stored about a sealer names it by its index: it stays with those that keep theirs. */
static void change_sealers(pbft *p, const node_lists *lists)
{
    size_t count = lists->sealer_count;
    if (count > HEADER_SEALERS_MAX) {
        actions_log(p->out, LOG_ERROR, "[CONSENSUS][PBFT]too many sealers,count=%zu,limit=%d", count,
                    HEADER_SEALERS_MAX);
        count = 0;
    }
    pbft_seat *seats = memory_new_array(count, sizeof *seats);
    node_id *sealers = memory_new_array(count, sizeof *sealers);
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || node_id_compare(&lists->sealers[i - 1], &lists->sealers[i]) < 0);
        sealers[i] = lists->sealers[i];
        if (i < p->count && node_id_equal(&p->seats[i].node, &sealers[i]))
            seats[i] = p->seats[i];
        seats[i].node = sealers[i];
        seats[i].is_connected = is_connected(p, &sealers[i]);
    }
    free(p->seats);
    free(p->sealers);
    p->seats = seats;
    p->sealers = sealers;
    p->count = count;
    p->faulty = count ? quorum_faulty(count) : 0;
    p->quorum = count ? quorum_size(count) - IS_MUTANT(MUTANT_SMALL_QUORUM) : 0;
    ptrdiff_t own = pbft_seat_of(p, &p->config.self);
    p->idx = own == NODE_ABSENT ? PBFT_NOT_A_SEALER : (uint32_t)own;
    pbft_filter_clear(p->filter);
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++) /* signed by whoever had that index */
        pbft_proposal_clear(&p->future[i]);
    pbft_partial_clear(&p->partial_future);
}

static void drop_past(pbft *p)
{
    /* raw stays for peers that still ask for its transactions, until the next prepare replaces it. */
    p->raw_state = RAW_NONE;
    pbft_clear_prepared(p);
    pbft_partial_clear(&p->partial_raw);
    pbft_purge_votes(p, NULL, 0);
    for (size_t i = 0; i < p->count; i++)
        pbft_forget_changes(&p->seats[i]);
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        if (p->future[i].proposal && p->future[i].request.height < p->next_height)
            pbft_proposal_clear(&p->future[i]);
    if (p->partial_future.proposal.proposal && p->partial_future.proposal.request.height < p->next_height)
        pbft_partial_clear(&p->partial_future);
    if (p->committed.proposal && p->committed.request.height < p->next_height)
        pbft_proposal_clear(&p->committed);
}

static void start_clock(pbft *p)
{
    if (!p->is_started)
        p->last_add_raw_ms = p->last_exec_ms = p->steady_ms;
    p->is_started = true;
    p->last_consensus_ms = p->steady_ms;
    p->view = p->to_view = 0;
    p->leader_failed = false;
    p->change_cycle = 0;
}

static void report(pbft *p)
{
    size_t next = 0;
    uint8_t sealer[32];
    pbft_leader(p, &next);
    u256_to_be(p->tip.sealer, sealer);
    actions_log(p->out, LOG_INFO,
                "[CONSENSUS][PBFT]^^^^^^^^Report,num=%lld,sealerIdx=%u,hash=%s,next=%zu,tx=%zu,nodeIdx=%u",
                (long long)p->tip.number, read_be32(sealer + 28), short_hex_of(BYTES_OF_VALUE(p->tip.hash)).text, next,
                p->tip.transaction_count, p->idx);
}

void pbft_on_chain(pbft *p, const chain_state *chain)
{
    assert(chain->tip.number >= 0);
    bool is_advance = !p->is_started || chain->tip.number > p->tip.number;
    if (is_advance) {
        p->tip = chain->tip;
        p->next_height = pbft_number(p) + 1;
        drop_past(p);
        start_clock(p);
    }
    /* 5.9 resetConfig. The quirk that a time-out of 3 s is never set again (5.10) is not kept: it is local. */
    p->tx_count_limit = chain->tx_count_limit;
    p->consensus_timeout_ms =
        rules_have(p->rules, GATE_CONSENSUS_TIMEOUT) ? chain->consensus_timeout_ms : PBFT_VIEW_TIMEOUT_MS;
    if (!is_same_list(p, &chain->nodes))
        change_sealers(p, &chain->nodes);
    if (!is_advance)
        return;
    block_size_on_commit(&p->size, p->tip.number, p->tip.transaction_count, p->tx_count_limit, p->is_downloading,
                         p->known_highest);
    report(p);
    pbft_note_sealing(p, p->tip.number);
}

void pbft_on_sessions(pbft *p, const node_id *nodes, size_t count)
{
    free(p->sessions);
    p->sessions = memory_new_array(count, sizeof *p->sessions);
    p->session_count = count;
    if (count) {
        memcpy(p->sessions, nodes, count * sizeof *nodes);
        qsort(p->sessions, count, sizeof *p->sessions, node_id_compare);
    }
    for (size_t i = 0; i < p->count; i++) {
        pbft_seat *seat = &p->seats[i];
        bool was_connected = seat->is_connected;
        seat->is_connected = is_connected(p, &seat->node);
        if (was_connected && !seat->is_connected)
            seat->has_latest = false; /* E14: it may come back with a smaller view */
    }
}
