/* trie_store.h: where nodes of tries and codes of MPT chains stand in the store: table h_trie, key: the hash, one row with one
   field. The table is hanse's own (docs/storage.md): no root covers it, and its rows have no id. */
#ifndef HANSE_STATE_TRIE_STORE_H
#define HANSE_STATE_TRIE_STORE_H

#include "state/node_cache.h"
#include "store/store.h"

#define TABLE_TRIE "h_trie"

typedef struct {
    store *store;
    store_snapshot *snapshot; /* NULL: the newest state */
    node_cache *cache;        /* NULL: none */
} trie_store;

/* What is stored under hash, in a. false with a reason: nothing, or the store failed. */
bool trie_store_read(const trie_store *from, const hash256 *hash, arena *a, bytes *out, error_text *why) MUST_USE;
/* hash and value must outlive the put. */
store_put trie_store_put(arena *a, const hash256 *hash, bytes value, int64_t block_number);

#endif
