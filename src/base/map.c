#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

static inline uint64_t rotate_left(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

typedef struct {
    uint64_t v0, v1, v2, v3;
} sip_state;

static inline void sip_round(sip_state *s)
{
    s->v0 += s->v1, s->v1 = rotate_left(s->v1, 13) ^ s->v0, s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3, s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3, s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1, s->v1 = rotate_left(s->v1, 17) ^ s->v2, s->v2 = rotate_left(s->v2, 32);
}

/* SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", with the reduced rounds of the hash-table variant). */
uint64_t hash_bytes(bytes key, uint64_t seed)
{
    uint64_t k0 = seed, k1 = seed * 0x9e3779b97f4a7c15u + 1;
    sip_state s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    size_t whole = key.size / 8;
    for (size_t i = 0; i < whole; i++) {
        uint64_t word;
        memcpy(&word, key.data + 8 * i, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    uint64_t last = (uint64_t)key.size << 56;
    for (size_t i = 0; i < key.size % 8; i++)
        last |= (uint64_t)key.data[8 * whole + i] << 8 * i;
    s.v3 ^= last;
    sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The slot of the key, or the free one where it would go. */
static size_t slot_of(const map *m, bytes key, uint64_t hash)
{
    size_t mask = m->capacity - 1, slot = hash & mask;
    for (const map_entry *e; (e = &m->entries[slot])->value; slot = (slot + 1) & mask)
        if (e->hash == hash && bytes_equal(e->key, key))
            break;
    return slot;
}

static void grow(map *m)
{
    map old = *m;
    m->capacity = old.capacity ? old.capacity * 2 : 16;
    m->entries = memory_new_array(m->capacity, sizeof *m->entries);
    size_t mask = m->capacity - 1;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].value == NULL)
            continue;
        size_t slot = old.entries[i].hash & mask;
        while (m->entries[slot].value)
            slot = (slot + 1) & mask;
        m->entries[slot] = old.entries[i];
    }
    free(old.entries);
}

void *map_get(const map *m, bytes key)
{
    return m->count ? m->entries[slot_of(m, key, hash_bytes(key, m->seed))].value : NULL;
}

void *map_put(map *m, bytes key, void *value)
{
    assert(value != NULL);
    if (m->count + 1 > m->capacity / 4 * 3)
        grow(m);
    uint64_t hash = hash_bytes(key, m->seed);
    map_entry *entry = &m->entries[slot_of(m, key, hash)];
    void *old = entry->value;
    *entry = (map_entry){key, value, hash};
    m->count += old == NULL;
    return old;
}

void *map_remove(map *m, bytes key)
{
    if (m->count == 0)
        return NULL;
    size_t mask = m->capacity - 1, hole = slot_of(m, key, hash_bytes(key, m->seed));
    void *old = m->entries[hole].value;
    if (old == NULL)
        return NULL;
    /* Close the gap: move back every later entry of the run whose home lies at or before the hole. */
    for (size_t next = (hole + 1) & mask; m->entries[next].value; next = (next + 1) & mask) {
        size_t home = m->entries[next].hash & mask;
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            m->entries[hole] = m->entries[next];
            hole = next;
        }
    }
    m->entries[hole] = (map_entry){0};
    m->count--;
    return old;
}

map_entry *map_next(const map *m, size_t *position)
{
    while (*position < m->capacity) {
        map_entry *entry = &m->entries[(*position)++];
        if (entry->value)
            return entry;
    }
    return NULL;
}

void map_clear(map *m)
{
    if (m->capacity)
        memset(m->entries, 0, m->capacity * sizeof *m->entries);
    m->count = 0;
}

void map_free(map *m)
{
    free(m->entries);
    *m = map_init(m->seed);
}
