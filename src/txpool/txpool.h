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
    TXPOOL_DROPPED_MAX = 102400,  /* HARDEN: remembered hashes of dropped transactions, oldest forgotten first */
    TXPOOL_REFUSED_MAX = 102400,  /* removed ones whose sender waits to be told */
    TXPOOL_EXPIRE_MAX = 10001,    /* expired transactions removed by one timer turn */
    TXPOOL_KNOWN_NODES_MAX = 1024 /* nodes whose knowledge is marked; marks of further ones are not kept */
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
   recoverable. STATUS_OK or the status of the first check that failed. now_ms is aligned time.
   HARDEN: chain and group id are checked before the nonce is taken, so that a refused transaction blocks no nonce. */
transaction_status txpool_admit(txpool *p, transaction *tx, uint64_t now_ms) MUST_USE;
/* The same; a refusal also says what a synchronous submission answers with (consensus.md 2.2, last column), e.g.
   "TransactionNonceCheckFail, txHash=1a2b3c4d...". The status alone cannot tell: 15 has two texts. */
transaction_status txpool_submit(txpool *p, transaction *tx, uint64_t now_ms, error_text *why) MUST_USE;

size_t txpool_size(const txpool *p);
size_t txpool_memory_bytes(const txpool *p);
bool txpool_is_full(const txpool *p);
transaction *txpool_find(const txpool *p, const hash256 *hash); /* borrowed; NULL when absent */
/* Up to limit transactions in pool order that may go into block head + 1; skips those whose hash is in avoid (may be NULL).
   Borrowed. Expired and block-limit-invalid ones it meets are removed (2.4). */
size_t txpool_pick(txpool *p, size_t limit, const map *avoid, uint64_t now_ms, transaction **out);
/* May the next block hold this transaction, which some leader proposes? Not if its nonce is in the window, nor if its block limit is
   past or too far ahead: else it could run twice. HARDEN: the reference looks at neither (consensus.md 2.2), so that one lying leader can
   run any old transaction again. A limit of just the head's number passes: a reference leader that packs early may have it. */
bool txpool_may_run_next(const txpool *p, const transaction *tx);
/* All pending in pool order, borrowed, at most max. */
size_t txpool_list(const txpool *p, transaction **out, size_t max);
/* Removes expired transactions, at most TXPOOL_EXPIRE_MAX at once (2.5, the 3 s timer of a node that does not seal). */
void txpool_expire(txpool *p, uint64_t now_ms);
/* Was it removed as expired or invalid? Such a hash is answered with 10001 and not asked for again. */
bool txpool_was_dropped(const txpool *p, const hash256 *hash);

/* What left the pool without being committed, so that its sender can be told (status 29): one at a time; false: none.
   At most TXPOOL_REFUSED_MAX wait here, the oldest are forgotten first. */
bool txpool_take_refused(txpool *p, hash256 *hash);

/* Marks that sync keeps on pending transactions (consensus.md 2.1): "synced", here announced, and which nodes know it. */

/* Up to limit transactions that were not announced yet, in pool order, borrowed; they count as announced from now on. */
size_t txpool_take_unannounced(txpool *p, size_t limit, transaction **out);
size_t txpool_unannounced(const txpool *p);
void txpool_mark_known_by(txpool *p, const hash256 *hash, const node_id *node); /* nothing when it is not pending */
bool txpool_is_known_by(const txpool *p, const hash256 *hash, const node_id *node);
bool txpool_is_known_by_anybody(const txpool *p, const hash256 *hash);
/* All pending become unannounced and known by nobody: the node left the group (2.5). */
void txpool_forget_marks(txpool *p);

#endif
