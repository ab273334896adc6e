/* support_recording.h: a recorded run of wire-*.pack as a client's replay needs it: the chain's genesis, and what the leaders
   proposed for each height (from the recorded frames between the nodes), so that the very same blocks can be made again. */
#ifndef HANSE_TESTS_SUPPORT_RECORDING_H
#define HANSE_TESTS_SUPPORT_RECORDING_H

#include "golden.h"

enum { RECORDING_BLOCKS_MAX = 256 };

typedef struct {
    block *header_only; /* NULL: nothing with transactions was proposed for this height */
    hash256 *hashes;    /* of its transactions, in order; in header_only's memory */
    size_t count;
} recorded_proposal;

typedef struct {
    arena memory;
    buffer unpacked;
    chain_rules rules;
    genesis genesis;
    node_id self;                                       /* node 0 */
    recorded_proposal proposals[RECORDING_BLOCKS_MAX];  /* by height: the last one before the block was committed */
} recording;

recording *recording_open(const char *name);
void recording_close(recording *r);

#endif
