#include "state/node_cache.h"

#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct cache_entry {
    hash256 hash;
    struct cache_entry *newer, *older;
    size_t size;
    uint8_t value[];
} cache_entry;

struct node_cache {
    size_t max_bytes, used_bytes;
    map by_hash;
    cache_entry *newest, *oldest;
    pthread_mutex_t lock;
};

enum { ENTRY_OVERHEAD_BYTES = sizeof(cache_entry) + 2 * sizeof(map_entry), LARGEST_SHARE = 8 };

node_cache *node_cache_new(size_t max_bytes, uint64_t hash_seed)
{
    node_cache *c = memory_new(sizeof *c);
    *c = (node_cache){.max_bytes = max_bytes, .by_hash = map_init(hash_seed)};
    int failed = pthread_mutex_init(&c->lock, NULL);
    assert(!failed);
    (void)failed;
    return c;
}

static void unlink_entry(node_cache *c, cache_entry *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(node_cache *c, cache_entry *e)
{
    e->older = c->newest, e->newer = NULL;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void drop(node_cache *c, cache_entry *e)
{
    unlink_entry(c, e);
    map_remove(&c->by_hash, BYTES_OF_VALUE(e->hash));
    c->used_bytes -= e->size + ENTRY_OVERHEAD_BYTES;
    free(e);
}

void node_cache_free(node_cache *c)
{
    if (c == NULL)
        return;
    while (c->oldest)
        drop(c, c->oldest);
    map_free(&c->by_hash);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

bool node_cache_get(node_cache *c, const hash256 *hash, arena *a, bytes *out)
{
    pthread_mutex_lock(&c->lock);
    cache_entry *e = map_get(&c->by_hash, BYTES_OF_VALUE(*hash));
    if (e) {
        unlink_entry(c, e);
        link_newest(c, e);
        *out = arena_copy(a, bytes_of(e->value, e->size));
    }
    pthread_mutex_unlock(&c->lock);
    return e != NULL;
}

void node_cache_put(node_cache *c, const hash256 *hash, bytes value)
{
    if (value.size == 0 || value.size > c->max_bytes / LARGEST_SHARE)
        return;
    pthread_mutex_lock(&c->lock);
    if (map_get(&c->by_hash, BYTES_OF_VALUE(*hash)) == NULL) {
        cache_entry *e = memory_new(sizeof *e + value.size);
        e->hash = *hash, e->size = value.size;
        memcpy(e->value, value.data, value.size);
        map_put(&c->by_hash, BYTES_OF_VALUE(e->hash), e);
        link_newest(c, e);
        c->used_bytes += e->size + ENTRY_OVERHEAD_BYTES;
        while (c->used_bytes > c->max_bytes)
            drop(c, c->oldest);
    }
    pthread_mutex_unlock(&c->lock);
}

size_t node_cache_used_bytes(node_cache *c)
{
    pthread_mutex_lock(&c->lock);
    size_t used = c->used_bytes;
    pthread_mutex_unlock(&c->lock);
    return used;
}
