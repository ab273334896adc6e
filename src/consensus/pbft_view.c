#include <assert.h>

#include "consensus/pbft_state.h"
#include "base/mutant.h"

const char *change_row_text(change_row fired)
{
    static const char *const texts[CHANGE_ROWS] = {
        [CHANGE_VALID] = "valid",
        [CHANGE_KNOWN] = "known already",
        [CHANGE_OWN] = "own message",
        [CHANGE_PAST] = "height is behind",
        [CHANGE_OLD_VIEW] = "view is not ahead",
        [CHANGE_OTHER_CHAIN] = "names another block, or one not here",
        [CHANGE_BAD_SIGNATURE] = "wrong signature",
        [CHANGE_BACKWARDS] = "below the sealer's latest view",
        [CHANGE_NO_SUCH_SEALER] = "index is no sealer's",
    };
    return texts[fired];
}

static pbft_vote *find_change(const pbft_seat *seat, uint64_t view)
{
    for (size_t i = 0; i < PBFT_VIEWS_PER_SEALER; i++)
        if (seat->changes[i].is_set && seat->changes[i].request.view == view)
            return (pbft_vote *)&seat->changes[i];
    return NULL;
}

change_row pbft_judge_change(const pbft *p, const pbft_request *r, const node_id *from, bool *wants_catch_up)
{
    *wants_catch_up = false;
    if (r->idx >= p->count)
        return CHANGE_NO_SUCH_SEALER;
    const pbft_seat *seat = &p->seats[r->idx];
    if (find_change(seat, r->view))
        return CHANGE_KNOWN;
    if (r->idx == p->idx)
        return CHANGE_OWN;
    if (r->height < pbft_number(p))
        return CHANGE_PAST;
    *wants_catch_up = r->view < p->to_view && p->to_view - r->view > 1 && node_id_equal(&seat->node, from);
    if (r->view <= p->view)
        return CHANGE_OLD_VIEW;
    if (r->height > pbft_number(p) || !hash256_equal(&r->block_hash, &p->tip.hash))
        return CHANGE_OTHER_CHAIN;
    if (!pbft_verify_request(p, r))
        return CHANGE_BAD_SIGNATURE;
    if (seat->has_latest && r->view < seat->latest_view && !*wants_catch_up)
        return CHANGE_BACKWARDS;
    return CHANGE_VALID;
}

size_t pbft_count_changes(const pbft *p, uint64_t view)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++)
        count += find_change(&p->seats[i], view) != NULL;
    return count;
}

bool pbft_can_trigger(const pbft *p, uint64_t *smallest_view)
{
    size_t ahead = 0;
    *smallest_view = UINT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        bool is_ahead = false;
        for (size_t k = 0; k < PBFT_VIEWS_PER_SEALER; k++) {
            const pbft_vote *v = &p->seats[i].changes[k];
            if (!v->is_set || v->request.view <= p->to_view)
                continue;
            is_ahead = true;
            if (v->request.view < *smallest_view)
                *smallest_view = v->request.view;
        }
        ahead += is_ahead;
    }
    if (IS_MUTANT(MUTANT_TRIGGER_BY_ONE))
        return ahead > 0;
    return ahead > p->faulty + IS_MUTANT(MUTANT_TRIGGER_TOO_LATE);
}

/* addViewChange. The lowest view makes room: it is the one that q sealers leave behind first. */
static void store_change(pbft *p, const pbft_request *r)
{
    pbft_seat *seat = &p->seats[r->idx];
    pbft_vote *slot = &seat->changes[0];
    for (size_t i = 0; i < PBFT_VIEWS_PER_SEALER && slot->is_set; i++)
        if (!seat->changes[i].is_set || seat->changes[i].request.view < slot->request.view)
            slot = &seat->changes[i];
    if (!slot->is_set || slot->request.view < r->view)
        *slot = (pbft_vote){.is_set = true, .request = *r};
    seat->has_latest = true;
    seat->latest_view = r->view;
}

void pbft_forget_changes(pbft_seat *seat)
{
    memset(seat->changes, 0, sizeof seat->changes);
    seat->has_latest = false;
}

static void purge_changes(pbft *p, uint64_t up_to_view)
{
    for (size_t i = 0; i < p->count; i++) {
        pbft_seat *seat = &p->seats[i];
        for (size_t k = 0; k < PBFT_VIEWS_PER_SEALER; k++)
            if (seat->changes[k].is_set && seat->changes[k].request.view <= up_to_view)
                seat->changes[k].is_set = false;
        if (seat->has_latest && seat->latest_view <= up_to_view)
            seat->has_latest = false;
    }
}

/* E11: q sealers want this view. */
static void switch_view(pbft *p, uint64_t view)
{
    assert(view > p->view);
    actions_log(p->out, LOG_INFO,
                "[CONSENSUS][PBFT]checkAndChangeView: reached consensus,orgV=%llu,newV=%llu,curNum=%llu,nodeIdx=%u",
                (unsigned long long)p->view, (unsigned long long)view, (unsigned long long)pbft_number(p), p->idx);
    p->leader_failed = false;
    p->last_consensus_ms = p->steady_ms;
    p->view = p->to_view = view;
    pbft_clear_raw(p);
    pbft_clear_prepared(p);
    pbft_partial_clear(&p->partial_raw);
    pbft_purge_votes(p, NULL, view);
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++) {
        pbft_proposal *f = &p->future[i];
        if (f->proposal && f->request.height == p->next_height && f->request.view < view)
            pbft_proposal_clear(f);
    }
    purge_changes(p, view);
    pbft_note_sealing(p, p->tip.number);
}

/* checkAndChangeView */
static bool try_switch(pbft *p, uint64_t view)
{
    if (view <= p->view || pbft_count_changes(p, view) < p->quorum)
        return false;
    switch_view(p, view);
    return true;
}

/* Row 4 of 5.5.6: a sealer that starts again far below hears at once where we are. */
static void catch_up(pbft *p, size_t idx)
{
    pbft_request own = pbft_own_request(p, pbft_number(p), p->to_view, &p->tip.hash);
    pbft_send_request(p, PBFT_VIEW_CHANGE, &own, idx);
    p->seats[idx].has_latest = false;
}

void pbft_on_change(pbft *p, const pbft_packet *packet, const node_id *from)
{
    pbft_request r;
    error_text why;
    if (!pbft_request_decode(packet->data, &r, &why)) {
        pbft_drop(p, "ViewChangeReq", why.text);
        return;
    }
    bool wants_catch_up;
    change_row fired = pbft_judge_change(p, &r, from, &wants_catch_up);
    if (wants_catch_up)
        catch_up(p, r.idx);
    if (fired != CHANGE_VALID) { /* E8 */
        pbft_drop(p, "ViewChangeReq", change_row_text(fired));
        return;
    }
    store_change(p, &r);
    uint64_t smallest;
    if (!try_switch(p, r.view) && r.view > p->to_view && pbft_can_trigger(p, &smallest)) { /* E8b */
        p->to_view = smallest - 1;
        pbft_change_view(p, CHANGE_BY_PEERS);
    }
    pbft_forward(p, packet, &r, from);
}

void pbft_change_view(pbft *p, change_cause cause)
{
    bool is_executed = p->prepared.is_set && p->prepared.height > pbft_number(p);
    if (cause == CHANGE_BY_TIMEOUT && is_executed)
        block_size_on_timeout(&p->size, p->sealing_tx, p->tx_count_limit, p->is_downloading, p->known_highest);
    if (p->change_cycle < PBFT_CHANGE_CYCLE_MAX)
        p->change_cycle++;
    p->to_view++;
    p->leader_failed = true;
    p->last_consensus_ms = p->steady_ms;
    pbft_note_sealing(p, p->tip.number);
    if (cause != CHANGE_BY_EMPTY_BLOCK)
        actions_log(p->out, LOG_WARNING,
                    "[CONSENSUS][PBFT]ViewChangeWarning: not caused by omit empty block ,v=%llu,toV=%llu,curNum=%llu,"
                    "hash=%s,nodeIdx=%u,myNode=%s",
                    (unsigned long long)p->view, (unsigned long long)p->to_view, (unsigned long long)pbft_number(p),
                    short_hex_of(BYTES_OF_VALUE(p->tip.hash)).text, p->idx,
                    short_hex_of(BYTES_OF_VALUE(p->config.self)).text);
    pbft_request own = pbft_own_request(p, pbft_number(p), p->to_view, &p->tip.hash);
    pbft_broadcast_request(p, PBFT_VIEW_CHANGE, &own);
    store_change(p, &own);
    try_switch(p, p->to_view);
}
