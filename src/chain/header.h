/* header.h: a block header; its hash is the block hash. Source: spec/data-model.md section 5. */
#ifndef HANSE_CHAIN_HEADER_H
#define HANSE_CHAIN_HEADER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/u256.h"
#include "chain/receipt.h"

enum { HEADER_SEALERS_MAX = 1000, HEADER_EXTRA_ITEMS_MAX = 16 };

typedef struct block_header {
    hash256 parent_hash, state_root, transactions_root, receipts_root, db_hash;
    bloom logs_bloom;
    int64_t number;
    u256 gas_limit, gas_used;
    uint64_t timestamp_ms;
    bytes *extra_data;
    size_t extra_count;
    u256 sealer;             /* index of the proposer; 2^256-1: not sealed */
    node_id *sealers;
    size_t sealer_count;
} block_header;

void header_encode(const block_header *h, buffer *out);
hash256 header_hash(const crypto_suite *suite, const block_header *h);
/* encoded: exactly one RLP list. Views point into it, arrays live in `a`. */
bool header_decode(bytes encoded, arena *a, block_header *out, error_text *why) MUST_USE;
/* A header with its arrays in `a`. */
block_header header_copy(arena *a, const block_header *h);

#endif
