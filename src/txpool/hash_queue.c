#include "txpool/hash_queue.h"
#include "base/memory.h"

#include <stdlib.h>

struct hash_queue_item {
    hash_queue_item *next;
    hash256 hash;
};

void hash_queue_free(hash_queue *q)
{
    for (hash_queue_item *item = q->oldest, *next; item; item = next) {
        next = item->next;
        free(item);
    }
    map_free(&q->by_hash);
    *q = (hash_queue){0};
}

bool hash_queue_take(hash_queue *q, hash256 *out)
{
    hash_queue_item *item = q->oldest;
    if (item == NULL)
        return false;
    *out = item->hash;
    map_remove(&q->by_hash, BYTES_OF_VALUE(item->hash));
    q->oldest = item->next;
    if (item->next == NULL)
        q->newest = NULL;
    free(item);
    return true;
}

void hash_queue_put(hash_queue *q, const hash256 *hash)
{
    if (hash_queue_has(q, hash))
        return;
    hash256 forgotten;
    if (q->by_hash.count >= q->max)
        (void)hash_queue_take(q, &forgotten);
    hash_queue_item *item = memory_new(sizeof *item);
    item->hash = *hash;
    *(q->newest ? &q->newest->next : &q->oldest) = item;
    q->newest = item;
    map_put(&q->by_hash, BYTES_OF_VALUE(item->hash), item);
}

bool hash_queue_has(const hash_queue *q, const hash256 *hash)
{
    return map_get(&q->by_hash, BYTES_OF_VALUE(*hash)) != NULL;
}
