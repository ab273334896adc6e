#include "consensus/pbft_state.h"
#include "base/mutant.h"

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t pbft_timeout_at(const pbft *p)
{
    /* The reference commits under its lock: no timer fires meanwhile, and the height is decided. */
    if (!pbft_is_sealer(p) || p->decided_height == p->next_height)
        return CONSENSUS_NO_DEADLINE;
    uint64_t base = most(p->last_consensus_ms, p->last_sign_ms), limit = PBFT_VIEW_TIMEOUT_MS;
    if (p->last_add_raw_ms > base) {
        if (p->last_add_raw_ms > p->last_exec_ms) {
            limit = p->consensus_timeout_ms; /* a prepare is being executed, or could not be */
            base = p->last_add_raw_ms;
        } else {
            base = p->last_exec_ms; /* executed, waiting for signatures */
        }
    }
    if (IS_MUTANT(MUTANT_NO_TIMEOUT) && p->raw_state == RAW_NONE && !p->leader_failed)
        return CONSENSUS_NO_DEADLINE;
    double wait = (double)limit;
    for (unsigned i = 0; i < p->change_cycle; i++)
        wait *= 1.5;
    return base + (uint64_t)wait;
}

void pbft_check_timeout(pbft *p)
{
    if (p->steady_ms >= pbft_timeout_at(p))
        pbft_change_view(p, CHANGE_BY_TIMEOUT);
}
