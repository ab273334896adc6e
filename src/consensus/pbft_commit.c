#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/mutant.h"
#include "consensus/pbft_state.h"

/* The signature list of the block: one entry for each sealer whose Commit was verified. */
static size_t collect_signatures(pbft *p)
{
    size_t count = 0;
    pbft_committing *c = &p->committing;
    c->signatures = memory_new_array(p->count, sizeof *c->signatures);
    c->signature_space = memory_new_array(p->count, SIGNATURE_MAX_BYTES);
    for (size_t s = 0; s < p->count; s++)
        for (size_t i = 0; i < PBFT_VOTES_PER_SEALER; i++) {
            const pbft_vote *v = &p->seats[s].commits[i];
            if (!v->is_set || (v->request.view != p->prepared.view && !IS_MUTANT(MUTANT_VOTES_OF_ANY_VIEW)) ||
                v->request.height != p->prepared.height ||
                !hash256_equal(&v->request.block_hash, &p->prepared.block_hash))
                continue;
            uint8_t *space = c->signature_space + s * SIGNATURE_MAX_BYTES;
            memcpy(space, v->request.sig.b, v->request.sig.size);
            c->signatures[count++] =
                (block_signature){.sealer_index = s, .signature = bytes_of(space, v->request.sig.size)};
            break;
        }
    return count;
}

void pbft_check_save(pbft *p)
{
    if (!p->prepared.is_set || !p->prepared.has_quorum || p->prepared.view != p->view || p->committing.is_active ||
        p->prepared.height != p->next_height || p->decided_height == p->next_height ||
        pbft_count_votes(p, PBFT_COMMIT, &p->prepared.block_hash, p->prepared.height, p->prepared.view) < p->quorum)
        return;
    assert(!p->executing.is_active); /* what is prepared was executed last */
    p->committing = (pbft_committing){.is_active = true,
                                      .ticket = ++p->last_ticket,
                                      .height = p->prepared.height,
                                      .result = execution_keep(p->prepared.result)};
    p->decided_height = p->prepared.height;
    size_t count = collect_signatures(p);
    assert(count >= p->quorum);
    consensus_action *a = actions_add(p->out, CONSENSUS_COMMIT);
    a->commit.ticket = p->committing.ticket;
    a->commit.result = p->committing.result;
    a->commit.signatures = p->committing.signatures;
    a->commit.signature_count = count;
}

void pbft_on_committed(pbft *p, uint64_t ticket, bool ok)
{
    pbft_committing *c = &p->committing;
    if (!c->is_active || c->ticket != ticket)
        return;
    uint64_t height = c->height;
    c->is_active = false;
    execution_drop(c->result);
    free(c->signatures);
    free(c->signature_space);
    if (ok) {
        pbft_note_sealing(p, (int64_t)height); /* E7a; the caches go with the CHAIN event that follows */
    } else {
        actions_log(p->out, LOG_ERROR, "[CONSENSUS][PBFT]commitBlock failed,num=%llu", (unsigned long long)height);
        if (height == p->next_height) {
            p->decided_height = 0;
            pbft_note_sealing(p, p->tip.number); /* E7b */
        }
    }
    pbft_start_execution(p);
}
