/* block_state.h: the tables and accounts of one group while one block runs: what the store holds, and what the block's transactions did to
   it. Transactions run on a tx_state (tx_state.h); merging one makes its effects part of the block, in the order of merging.
   Merging also takes over what a transaction undid: touched rows, dirty tables, opened tables (the QUIRKs of
   spec/execution.md 8.5 that decide the state root).

   Threads: one at a time. Everything handed out lives as long as the block_state. */
#ifndef HANSE_STATE_BLOCK_STATE_H
#define HANSE_STATE_BLOCK_STATE_H

#include "base/buffer.h"
#include "base/u256.h"
#include "chain/rules.h"
#include "state/node_cache.h"
#include "store/store.h"

typedef struct block_state block_state;
typedef struct tx_state tx_state;

/* rules, s and snapshot (NULL: the newest state) must outlive it. hash_seed: any number that outsiders do not know. */
block_state *block_state_new(const chain_rules *rules, store *s, store_snapshot *snapshot, int64_t parent_number,
                             uint64_t hash_seed) MUST_USE;
void block_state_free(block_state *b); /* NULL is allowed */
/* MPT chains: before anything runs, the state root of the parent (zero: an empty trie, as at the start), and a cache of nodes
   (NULL: none) that outlives b's reads. Without effect on other chains. */
void block_state_open_accounts(block_state *b, const hash256 *parent_root, node_cache *nodes);

const chain_rules *block_state_rules(const block_state *b);
int64_t block_state_parent_number(const block_state *b);
arena *block_state_memory(block_state *b);

/* Reads committed rows as they stood before the block, whatever the block did since. Removed rows are not given. */
bool block_state_committed(block_state *b, const char *table, bytes key, row_set *out);
/* A value of _sys_config_ as committed: "" unless exactly one row exists (precompiled.md 7.1). *enable_number: 0 without one. */
bytes block_state_config(block_state *b, const char *key, int64_t *enable_number);

/* t must not be used afterwards but for tx_state_free. */
void block_state_merge(block_state *b, tx_state *t);

/* true: the store failed while this state was read; whatever was computed is void. */
bool block_state_failed(const block_state *b, error_text *why);

/* The root of the merged tables: execution.md 8.6. */
hash256 block_state_root(block_state *b);

typedef struct {
    hash256 state_root, db_hash; /* of the header: data-model.md section 7 */
} block_roots;

/* When everything is merged, before block_state_changes. Reads the store: ask block_state_failed afterwards. */
block_roots block_state_roots(block_state *b);
/* The state root in a receipt below version 2.2.0, where the block still runs: zero, or on MPT chains the trie's root so far. */
hash256 block_state_running_root(block_state *b);

/* The rows to write, nodes of the accounts' trie among them. Ids continue after *last_id. Puts live in a; views in them live
   as long as b. Reads nothing. */
void block_state_changes(block_state *b, arena *a, int64_t block_number, uint64_t *last_id, store_put **puts, size_t *count);

/* The rows the root covers, as text for a person or a diff: a line for each table and each row. */
void block_state_dump(block_state *b, buffer *out);

#endif
