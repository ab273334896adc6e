/* map.h: a hash map from bytes to a pointer. The key's bytes are not copied: they must live, unchanged, as long as the entry
   (usually they are a member of the value). Hashing is keyed by a seed, so that outside keys cannot be chosen to collide.
   The order of iteration depends on seed and history: no protocol decision may depend on it. Thread: one at a time. */
#ifndef HANSE_BASE_MAP_H
#define HANSE_BASE_MAP_H

#include "base/bytes.h"

typedef struct {
    bytes key;
    void *value;   /* NULL: the slot is free */
    uint64_t hash; /* of the key: so that growing and probing seldom look at keys, which lie elsewhere in memory */
} map_entry;

typedef struct {
    map_entry *entries;
    size_t count, capacity;
    uint64_t seed;
} map;

static inline map map_init(uint64_t seed)
{
    return (map){.seed = seed};
}

void *map_get(const map *m, bytes key);               /* NULL when absent */
void *map_put(map *m, bytes key, void *value);        /* value != NULL; returns the replaced value or NULL; key is replaced too */
void *map_remove(map *m, bytes key);                  /* the removed value or NULL */
/* for (size_t i = 0; (entry = map_next(m, &i));) visits every entry; the map must not change meanwhile. */
map_entry *map_next(const map *m, size_t *position);
void map_clear(map *m);                               /* forgets the entries, keeps the memory */
void map_free(map *m);

uint64_t hash_bytes(bytes key, uint64_t seed);        /* keyed, for tables only: not a cryptographic hash */

#endif
