/* dataset.h: a recorded chain: what `hanse replay` reads. Two forms: a pack (tests/golden/README.md), or the folder a recording was
   made in (nodes/node0/..., raw_blocks.txt with lines "number hash hex"). */
#ifndef HANSE_TOOL_DATASET_H
#define HANSE_TOOL_DATASET_H

#include "chain/genesis.h"
#include "codec/pack.h"

enum { DATASET_TEXT_MAX_BYTES = 512 * 1024 * 1024 };

typedef struct {
    uint64_t number;
    hash256 hash; /* as recorded, not recomputed */
    bytes raw;
} dataset_block;

typedef struct {
    arena memory;
    buffer unpacked; /* a pack's records, for rows and submissions; empty for a folder */
    chain_rules rules;
    genesis genesis;
    dataset_block *blocks; /* numbers 0, 1, 2, ... */
    size_t block_count;
} dataset;

/* false and a reason; free in either case. */
bool dataset_open(dataset *d, const char *path, error_text *why) MUST_USE;
void dataset_free(dataset *d);

#endif
