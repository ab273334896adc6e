/* dataset.h: a recorded chain: what `hanse replay` reads. Two forms: a pack (tests/golden/README.md), or the folder a recording
   was made in:
     nodes/nodeN/config.ini, conf/group.M.genesis, conf/group.M.ini    of the first node, and of its first group
     raw_blocks.txt       lines "number hash hex", from block 0 or, with raw_genesis.hex beside it, from block 1
     blocks/NNNNN.json    may be absent: {"block", "header", "receipts", "txProofs", "receiptProofs"} as RPC answered
     db/TABLE.json        may be absent: {key: [{column: value}]}, values that are not printable as "hex:..."
     workload.json, code.json   may be absent
   Thread: one at a time. */
#ifndef HANSE_TOOL_DATASET_H
#define HANSE_TOOL_DATASET_H

#include "chain/genesis.h"
#include "codec/pack.h"
#include "store/store.h"

#include <jansson.h>

enum { DATASET_TEXT_MAX_BYTES = 512 * 1024 * 1024 };

typedef struct {
    uint64_t number;
    hash256 hash; /* as recorded, not recomputed */
    bytes raw;
} dataset_block;

/* What was sent to a node, and where it landed. */
typedef struct {
    uint64_t block;
    size_t index;
    bytes raw;
    bytes signing_hash; /* empty: not recorded */
    const char *label;
} dataset_submission;

typedef struct {
    bytes table, key;
    uint64_t id; /* 0: not recorded */
    row_field *columns; /* with _id_, _num_, _status_ */
    size_t column_count;
} dataset_row;

typedef struct {
    address contract;
    bytes code;
} dataset_code;

typedef struct {
    arena memory;
    buffer unpacked;    /* a pack's records; empty for a folder */
    const char *folder; /* NULL: a pack */
    struct pack_index *index; /* of a pack */
    chain_rules rules;
    genesis genesis;
    dataset_block *blocks; /* numbers 0, 1, 2, ... */
    size_t block_count;
    dataset_submission *submissions; /* that landed in a block, ascending by block */
    size_t submission_count;
    dataset_code *codes; /* of contracts after the last block */
    size_t code_count;
} dataset;

/* false and a reason; free in either case. */
bool dataset_open(dataset *d, const char *path, error_text *why) MUST_USE;
void dataset_free(dataset *d);

/* What a node answered about a block, as far as it was recorded: an object with the members of blocks/NNNNN.json. The caller
   gives it back with json_decref. *out is NULL when nothing was recorded. false: what stands there cannot be read. */
bool dataset_answers(dataset *d, uint64_t number, json_t **out, error_text *why) MUST_USE;

/* Every row of the database after the last block, logically removed ones too, ascending by table, key and id. No rows: not recorded. */
bool dataset_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why) MUST_USE;

#endif
