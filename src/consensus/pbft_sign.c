#include <assert.h>

#include "consensus/pbft_state.h"
#include "base/mutant.h"

void pbft_sign(pbft *p)
{
    assert(p->prepared.is_set);
    pbft_request own = pbft_own_request(p, p->prepared.height, p->prepared.view, &p->prepared.block_hash);
    pbft_broadcast_request(p, PBFT_SIGN, &own);
    pbft_store_vote(p, PBFT_SIGN, &own);
    pbft_check_commit(p);
}

static bool is_lock_durable(const pbft *p)
{
    return IS_MUTANT(MUTANT_COMMIT_BEFORE_DURABLE) || (p->is_durable && p->durable_height == p->committed.request.height &&
           hash256_equal(&p->durable_hash, &p->committed.request.block_hash));
}

/* committed := raw. The block is shared; the packet's other fields are not needed any more. */
static void take_lock(pbft *p)
{
    assert(p->raw.proposal && hash256_equal(&p->raw.request.block_hash, &p->prepared.proposal_hash));
    bool is_same = p->committed.proposal && p->committed.request.height == p->raw.request.height;
    assert(!is_same || hash256_equal(&p->committed.request.block_hash, &p->raw.request.block_hash)); /* I1 */
    block *keep = block_keep(p->raw.proposal);
    pbft_proposal_clear(&p->committed);
    p->committed = (pbft_proposal){.request = p->raw.request, .proposal = keep};
}

static void start_persist(pbft *p)
{
    if (p->persisting.is_active)
        return; /* its answer leads here again */
    buffer value = buffer_init(BUFFER_NO_LIMIT);
    pbft_proposal_encode(p, &p->committed, &value);
    p->persisting = (pbft_persisting){.is_active = true,
                                      .ticket = ++p->last_ticket,
                                      .height = p->committed.request.height,
                                      .block_hash = p->committed.request.block_hash,
                                      .value = value};
    consensus_action *a = actions_add(p->out, CONSENSUS_PERSIST);
    a->persist.ticket = p->persisting.ticket;
    a->persist.value = buffer_bytes(&p->persisting.value);
}

static void send_commit(pbft *p)
{
    pbft_request own = pbft_own_request(p, p->prepared.height, p->prepared.view, &p->prepared.block_hash);
    p->prepared.is_commit_sent = true;
    p->last_sign_ms = p->steady_ms;
    pbft_broadcast_request(p, PBFT_COMMIT, &own);
    pbft_store_vote(p, PBFT_COMMIT, &own);
    pbft_check_save(p);
}

/* E5. HARDEN: the lock is on disk before the Commit leaves. */
void pbft_check_commit(pbft *p)
{
    if (!p->prepared.is_set || p->prepared.has_quorum || p->prepared.view != p->view ||
        pbft_count_votes(p, PBFT_SIGN, &p->prepared.block_hash, p->prepared.height, p->prepared.view) < p->quorum)
        return;
    p->prepared.has_quorum = true;
    take_lock(p);
    p->last_sign_ms = p->steady_ms;
    if (is_lock_durable(p)) {
        send_commit(p); /* the same block, prepared again in a later view */
        return;
    }
    start_persist(p);
    pbft_check_save(p);
}

void pbft_on_persisted(pbft *p, uint64_t ticket, bool ok)
{
    if (!p->persisting.is_active || p->persisting.ticket != ticket)
        return;
    p->persisting.is_active = false;
    buffer_free(&p->persisting.value);
    if (ok) {
        p->is_durable = true;
        p->durable_height = p->persisting.height;
        p->durable_hash = p->persisting.block_hash;
    } else {
        actions_log(p->out, LOG_ERROR,
                    "[CONSENSUS][PBFT]prepared block could not be stored, no commit is sent,num=%llu,hash=%s",
                    (unsigned long long)p->persisting.height,
                    short_hex_of(BYTES_OF_VALUE(p->persisting.block_hash)).text);
    }
    if (!ok || !p->prepared.is_set || !p->prepared.has_quorum || p->prepared.is_commit_sent ||
        p->prepared.view != p->view)
        return;
    if (is_lock_durable(p))
        send_commit(p);
    else
        start_persist(p);
}
