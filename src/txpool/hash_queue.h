/* hash_queue.h: the last so many hashes, first in first out, each at most once. Thread: one at a time. */
#ifndef HANSE_TXPOOL_HASH_QUEUE_H
#define HANSE_TXPOOL_HASH_QUEUE_H

#include "base/map.h"
#include "crypto/digest.h"

typedef struct hash_queue_item hash_queue_item;
typedef struct {
    map by_hash;
    hash_queue_item *oldest, *newest;
    size_t max;
} hash_queue;

static inline hash_queue hash_queue_init(uint64_t seed, size_t max)
{
    return (hash_queue){.by_hash = map_init(seed), .max = max};
}

void hash_queue_free(hash_queue *q);
void hash_queue_put(hash_queue *q, const hash256 *hash); /* a full queue forgets its oldest */
bool hash_queue_take(hash_queue *q, hash256 *out);       /* the oldest; false: empty */
bool hash_queue_has(const hash_queue *q, const hash256 *hash);

#endif
