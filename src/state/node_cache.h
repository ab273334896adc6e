/* node_cache.h: values by their hash: nodes of tries, codes. What has a hash never changes, so an entry is never wrong; the
   least recently used goes when the cache holds more than its limit, and a value larger than an eighth of that is not kept.
   Any thread. */
#ifndef HANSE_STATE_NODE_CACHE_H
#define HANSE_STATE_NODE_CACHE_H

#include "base/arena.h"
#include "crypto/suite.h"

typedef struct node_cache node_cache;

node_cache *node_cache_new(size_t max_bytes, uint64_t hash_seed) MUST_USE;
void node_cache_free(node_cache *c); /* NULL is allowed */
bool node_cache_get(node_cache *c, const hash256 *hash, arena *a, bytes *out); /* out: a copy in a */
void node_cache_put(node_cache *c, const hash256 *hash, bytes value);          /* copied */
size_t node_cache_used_bytes(node_cache *c);

#endif
