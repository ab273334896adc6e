/* txpool.h: the transactions that wait for a block. Pure: no clock, thread, socket or random source inside.
   Source: spec/consensus.md section 2 (order of checks, texts, quirks), spec/data-model.md 3.2 and section 9.
   Thread: the group's engine, no other. */
#ifndef HANSE_TXPOOL_TXPOOL_H
#define HANSE_TXPOOL_TXPOOL_H

#include "base/map.h"
#include "chain/block.h"
#include "ledger/ledger.h"

enum {
    TXPOOL_LIMIT_DEFAULT = 102400,
    TXPOOL_BLOCK_LIMIT_WINDOW = 1000,
    TXPOOL_DROPPED_MAX = 102400 /* HARDEN: remembered hashes of dropped transactions, oldest forgotten first */
};

typedef struct {
    const chain_rules *rules;
    size_t limit;             /* tx_pool.limit, in transactions */
    size_t memory_limit_bytes;
    uint64_t expiration_ms;
    uint64_t seed;            /* of the hash maps */
} txpool_config;

typedef struct txpool txpool;

txpool *txpool_new(const txpool_config *config) MUST_USE;
void txpool_free(txpool *p);

/* Nonces of one committed block, oldest block first, to fill the window at start (data-model.md section 9). */
void txpool_load_block(txpool *p, int64_t number, const u256 *nonces, size_t count);
/* A block was committed: its transactions leave, the window slides. */
void txpool_on_block(txpool *p, const block *b);

/* Checks in the order of consensus.md 2.2 and takes the transaction in (one more owner). The sender must be known or
   recoverable. STATUS_OK or the status of the first check that failed. now_ms is aligned time. */
transaction_status txpool_admit(txpool *p, transaction *tx, uint64_t now_ms) MUST_USE;
/* The text that a synchronous submission answers with (consensus.md 2.2, last column), e.g.
   "TransactionNonceCheckFail, txHash=1a2b3c4d...". */
void txpool_refusal_text(transaction_status status, const transaction *tx, error_text *out);

size_t txpool_size(const txpool *p);
size_t txpool_memory_bytes(const txpool *p);
bool txpool_is_full(const txpool *p);
transaction *txpool_find(const txpool *p, const hash256 *hash); /* borrowed; NULL when absent */
/* Up to limit transactions in pool order that may go into block head + 1; skips those whose hash is in avoid (may be NULL).
   Borrowed. Expired and block-limit-invalid ones it meets are removed (2.4). */
size_t txpool_pick(txpool *p, size_t limit, const map *avoid, uint64_t now_ms, transaction **out);
/* All pending in pool order, borrowed, at most max. */
size_t txpool_list(const txpool *p, transaction **out, size_t max);
/* Removes expired transactions; at most TXPOOL scan limit at once (2.5, the 3 s timer). */
void txpool_expire(txpool *p, uint64_t now_ms);

/* What left the pool without being committed, so that its sender can be told (status 29): one at a time; false: none. */
bool txpool_take_refused(txpool *p, hash256 *hash);

/* Marks that sync keeps on a pending transaction. */
typedef struct {
    bool announced; /* "synced" of consensus.md 2.1 */
    node_id *known_by;
    size_t known_count;
} txpool_marks;
txpool_marks *txpool_marks_of(txpool *p, const hash256 *hash); /* NULL when absent */
void txpool_mark_known_by(txpool *p, const hash256 *hash, const node_id *node);
bool txpool_is_known_by(const txpool *p, const hash256 *hash, const node_id *node);

#endif
