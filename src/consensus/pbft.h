/* pbft.h: PBFT of one group behind consensus.h, which explains events, actions and who owns what.
   Source: spec/consensus.md sections 4, 5 and 5A. Thread: the group's engine, no other. */
#ifndef HANSE_CONSENSUS_PBFT_H
#define HANSE_CONSENSUS_PBFT_H

#include "consensus/consensus.h"

typedef struct pbft pbft;

pbft *pbft_new(const consensus_config *config, bytes prepared, error_text *why) MUST_USE;
void pbft_free(pbft *p);
void pbft_step(pbft *p, const consensus_event *event, consensus_actions *out);
bool pbft_check_block(const pbft *p, const block *b, error_text *why) MUST_USE;
consensus_status pbft_status(pbft *p, arena *a);
size_t pbft_held_bytes(const pbft *p);

#endif
