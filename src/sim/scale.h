/* scale.h: what a block costs in messages and bytes, by the number of sealers. Thread: one at a time. */
#ifndef HANSE_SIM_SCALE_H
#define HANSE_SIM_SCALE_H

#include "sim/sim.h"

enum { SCALE_BLOCKS = 5, SCALE_TRANSACTIONS = 10 /* for each block */ };

typedef struct {
    size_t nodes;
    double consensus_frames, consensus_bytes, other_frames, other_bytes; /* for one block: all nodes together */
    double block_ms;                                                     /* simulated, links of 1 to 10 ms */
    int64_t blocks;
} scale_result;

/* false: the rules did not hold, or no block came. */
bool scale_measure(size_t nodes, uint64_t seed, scale_result *out, error_text *why);

#endif
