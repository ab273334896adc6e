#include <assert.h>

#include "consensus/pbft_state.h"
#include "base/mutant.h"

const char *vote_row_text(vote_row fired)
{
    static const char *const texts[VOTE_ROWS] = {
        [VOTE_VALID] = "valid",
        [VOTE_FUTURE] = "for a block not executed here yet",
        [VOTE_KNOWN] = "known already",
        [VOTE_PAST] = "height or view is behind",
        [VOTE_SYNCING] = "blocks are being downloaded",
        [VOTE_OWN] = "own message",
        [VOTE_OTHER_VIEW] = "for another view of the prepared block",
        [VOTE_BAD_SIGNATURE] = "wrong signature",
        [VOTE_NO_SUCH_SEALER] = "index is no sealer's",
        [VOTE_TOO_FAR] = "height is too far ahead",
    };
    return texts[fired];
}

static pbft_vote *votes_of(pbft_seat *seat, pbft_kind kind)
{
    assert(kind == PBFT_SIGN || kind == PBFT_COMMIT);
    return kind == PBFT_SIGN ? seat->signs : seat->commits;
}

static bool is_on(const pbft_vote *v, const hash256 *hash, uint64_t view)
{
    return v->is_set && (v->request.view == view || IS_MUTANT(MUTANT_VOTES_OF_ANY_VIEW)) &&
           (hash256_equal(&v->request.block_hash, hash) || IS_MUTANT(MUTANT_VOTES_OF_ANY_BLOCK));
}

static bool has_vote(const pbft *p, pbft_kind kind, const pbft_request *r)
{
    const pbft_vote *votes = votes_of(&p->seats[r->idx], kind);
    for (size_t i = 0; i < PBFT_VOTES_PER_SEALER; i++)
        if (is_on(&votes[i], &r->block_hash, r->view))
            return true;
    return false;
}

vote_row pbft_judge_vote(const pbft *p, pbft_kind kind, const pbft_request *r)
{
    if (r->idx >= p->count)
        return VOTE_NO_SUCH_SEALER;
    if (has_vote(p, kind, r))
        return VOTE_KNOWN;
    if (r->height < p->next_height || (r->height == p->next_height && r->view < p->view))
        return VOTE_PAST;
    if (pbft_is_behind(p, r->height))
        return VOTE_SYNCING;
    if (r->idx == p->idx)
        return VOTE_OWN;
    if (r->height - p->next_height > PBFT_FUTURE_HEIGHTS)
        return VOTE_TOO_FAR;
    bool is_prepared = p->prepared.is_set && hash256_equal(&p->prepared.block_hash, &r->block_hash);
    /* HARDEN: a vote on the prepared block from a higher view is kept for that view; the reference drops it (fired 6).
     */
    bool is_future = !is_prepared || r->view > p->view;
    if (!is_future && (p->prepared.view != r->view || p->prepared.height != r->height))
        return VOTE_OTHER_VIEW;
    if (!pbft_verify_request(p, r))
        return VOTE_BAD_SIGNATURE;
    return is_future ? VOTE_FUTURE : VOTE_VALID;
}

static bool is_before(const pbft_request *a, const pbft_request *b)
{
    return a->height != b->height ? a->height < b->height : a->view < b->view;
}

void pbft_store_vote(pbft *p, pbft_kind kind, const pbft_request *r)
{
    pbft_vote *votes = votes_of(&p->seats[r->idx], kind), *slot = &votes[0];
    for (size_t i = 0; i < PBFT_VOTES_PER_SEALER && slot->is_set; i++)
        if (!votes[i].is_set || is_before(&votes[i].request, &slot->request))
            slot = &votes[i];
    if (!slot->is_set || !is_before(r, &slot->request))
        *slot = (pbft_vote){.is_set = true, .request = *r};
}

size_t pbft_count_votes(const pbft *p, pbft_kind kind, const hash256 *hash, uint64_t height, uint64_t view)
{
    size_t count = 0;
    for (size_t s = 0; s < p->count; s++) {
        const pbft_vote *votes = votes_of(&p->seats[s], kind);
        for (size_t i = 0; i < PBFT_VOTES_PER_SEALER; i++)
            if (is_on(&votes[i], hash, view) && votes[i].request.height == height) {
                count++;
                break;
            }
    }
    return count;
}

void pbft_purge_votes(pbft *p, const hash256 *hash, uint64_t below_view)
{
    static const pbft_kind kinds[] = {PBFT_SIGN, PBFT_COMMIT};
    for (size_t n = 0; n < p->count * COUNT(kinds); n++) {
        pbft_vote *votes = votes_of(&p->seats[n / COUNT(kinds)], kinds[n % COUNT(kinds)]);
        for (size_t i = 0; i < PBFT_VOTES_PER_SEALER; i++) {
            const pbft_request *r = &votes[i].request;
            bool is_meant = hash ? hash256_equal(hash, &r->block_hash) : r->height == p->next_height;
            if (r->height < p->next_height || (is_meant && r->view < below_view))
                votes[i].is_set = false;
        }
    }
}

void pbft_on_vote(pbft *p, const pbft_packet *packet, const node_id *from)
{
    const char *name = packet->kind == PBFT_SIGN ? "SignReq" : "CommitReq";
    pbft_request r;
    error_text why;
    if (!pbft_request_decode(packet->data, &r, &why)) {
        pbft_drop(p, name, why.text);
        return;
    }
    vote_row fired = pbft_judge_vote(p, packet->kind, &r);
    if (fired != VOTE_VALID && fired != VOTE_FUTURE) {
        pbft_drop(p, name, vote_row_text(fired));
        return;
    }
    pbft_see_view(p, &r);
    pbft_store_vote(p, packet->kind, &r);
    pbft_forward(p, packet, &r, from);
    if (fired == VOTE_FUTURE) /* E4a, E6a */
        return;
    if (packet->kind == PBFT_SIGN)
        pbft_check_commit(p); /* E4b */
    else
        pbft_check_save(p); /* E6b */
}
