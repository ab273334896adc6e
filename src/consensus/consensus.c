#include "consensus/consensus.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft.h"

struct consensus {
    consensus_kind kind;
    pbft *pbft;
};

consensus *consensus_new(const consensus_config *config, bytes prepared, error_text *why)
{
    static const char *const names[] = {
        [CONSENSUS_PBFT] = "pbft", [CONSENSUS_RPBFT] = "rpbft", [CONSENSUS_RAFT] = "raft"};
    if (config->kind != CONSENSUS_PBFT) {
        error_set(why, "consensus_type %s is not supported yet, only pbft is", names[config->kind]);
        return NULL;
    }
    pbft *p = pbft_new(config, prepared, why);
    if (p == NULL)
        return NULL;
    consensus *c = memory_new(sizeof *c);
    *c = (consensus){.kind = config->kind, .pbft = p};
    return c;
}

void consensus_free(consensus *c)
{
    if (c == NULL)
        return;
    pbft_free(c->pbft);
    free(c);
}

void consensus_step(consensus *c, const consensus_event *event, consensus_actions *out)
{
    pbft_step(c->pbft, event, out);
}

bool consensus_check_block(const consensus *c, const block *b, error_text *why)
{
    return pbft_check_block(c->pbft, b, why);
}

size_t consensus_held_bytes(const consensus *c)
{
    return pbft_held_bytes(c->pbft);
}

consensus_status consensus_status_of(consensus *c, arena *a)
{
    return pbft_status(c->pbft, a);
}
