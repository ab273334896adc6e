/* engine_memory.c: a store in memory, for tests, simulation and chains that need not outlive the process. Each key holds its
   versions, newest first, so that a snapshot is a number; versions that no snapshot can see go at the key's next write. */
#include "store/engine.h"

#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct version {
    struct version *older;
    uint64_t sequence;
    size_t size; /* 0: the key is gone (an encoded row set is never empty) */
    uint8_t data[];
} version;

typedef struct {
    bytes key; /* store_join_key(table, key), owned */
    version *newest;
} entry;

typedef struct memory_snapshot {
    uint64_t sequence;
    struct memory_snapshot *next;
} memory_snapshot;

typedef struct {
    store base;
    pthread_rwlock_t lock; /* everything below */
    map entries;
    map notes; /* entry, whose version has no older one */
    memory_snapshot *snapshots;
    uint64_t sequence;
    int64_t last_applied;
} memory_store;

typedef struct {
    memory_store *s;
    memory_snapshot *own; /* keeps the versions that this scan will come to */
    arena keys_memory, row_memory;
    bytes *keys; /* joined, ascending */
    size_t count, at, prefix_bytes;
    store_result failure;
    error_text why;
} memory_cursor;

static store_result memory_open(store **out, const store_config *config, error_text *why)
{
    (void)config, (void)why;
    memory_store *s = memory_new(sizeof *s);
    /* The seeds are constant so that a simulation replays; the keys of a test are no attack. */
    *s = (memory_store){.base.engine = &store_memory, .entries = map_init(1), .notes = map_init(2), .last_applied = -1};
    pthread_rwlock_init(&s->lock, NULL);
    *out = &s->base;
    return STORE_OK;
}

static version *version_new(uint64_t sequence, bytes data)
{
    version *v = memory_new(sizeof *v + data.size);
    v->sequence = sequence;
    v->size = data.size;
    if (data.size)
        memcpy(v->data, data.data, data.size);
    return v;
}

static void versions_free(version *v)
{
    while (v) {
        version *older = v->older;
        free(v);
        v = older;
    }
}

static entry *entry_of(map *m, bytes key)
{
    entry *e = map_get(m, key);
    if (e == NULL) {
        e = memory_new(sizeof *e);
        uint8_t *copy = memory_new(key.size);
        if (key.size)
            memcpy(copy, key.data, key.size);
        e->key = bytes_of(copy, key.size);
        map_put(m, e->key, e);
    }
    return e;
}

static void entries_free(map *m)
{
    map_entry *slot;
    for (size_t i = 0; (slot = map_next(m, &i));) {
        entry *e = slot->value;
        versions_free(e->newest);
        free((void *)e->key.data);
        free(e);
    }
    map_free(m);
}

static void memory_close(store *base)
{
    memory_store *s = (memory_store *)base;
    assert(s->snapshots == NULL);
    entries_free(&s->entries);
    entries_free(&s->notes);
    pthread_rwlock_destroy(&s->lock);
    free(s);
}

/* What the key held at that sequence, copied: a version may be freed as soon as the lock is given back. */
static bytes read_at(const map *m, bytes key, uint64_t sequence, arena *a)
{
    const entry *e = map_get(m, key);
    for (const version *v = e ? e->newest : NULL; v; v = v->older)
        if (v->sequence <= sequence)
            return arena_copy(a, bytes_of(v->data, v->size));
    return BYTES_EMPTY;
}

static store_result memory_get_many(store *base, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a,
                                    row_set *out, error_text *why)
{
    memory_store *s = (memory_store *)base;
    buffer joined = buffer_init(BUFFER_NO_LIMIT);
    bytes *encoded = arena_take_array(a, count, sizeof *encoded);
    pthread_rwlock_rdlock(&s->lock);
    uint64_t sequence = snapshot ? ((memory_snapshot *)snapshot)->sequence : s->sequence;
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&joined);
        store_join_key(&joined, keys[i].table, keys[i].key);
        encoded[i] = read_at(&s->entries, buffer_bytes(&joined), sequence, a);
    }
    pthread_rwlock_unlock(&s->lock);
    buffer_free(&joined);
    store_result result = STORE_OK;
    for (size_t i = 0; i < count && result == STORE_OK; i++) {
        out[i] = (row_set){0};
        if (encoded[i].size)
            result = store_decode_rows(&keys[i], encoded[i], a, &out[i], why);
    }
    return result;
}

static int compare_keys(const void *a, const void *b)
{
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

/* Another snapshot of what `same` shows, or of the newest state. */
static memory_snapshot *snapshot_of(memory_store *s, const memory_snapshot *same)
{
    memory_snapshot *taken = memory_new(sizeof *taken);
    pthread_rwlock_wrlock(&s->lock);
    *taken = (memory_snapshot){.sequence = same ? same->sequence : s->sequence, .next = s->snapshots};
    s->snapshots = taken;
    pthread_rwlock_unlock(&s->lock);
    return taken;
}

static store_snapshot *memory_snapshot_take(store *base)
{
    return (store_snapshot *)snapshot_of((memory_store *)base, NULL);
}

static void memory_snapshot_release(store *base, store_snapshot *snapshot)
{
    memory_store *s = (memory_store *)base;
    pthread_rwlock_wrlock(&s->lock);
    memory_snapshot **at = &s->snapshots;
    while (*at != (memory_snapshot *)snapshot) {
        assert(*at);
        at = &(*at)->next;
    }
    *at = (*at)->next;
    pthread_rwlock_unlock(&s->lock);
    free(snapshot);
}

static store_result memory_scan(store *base, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why)
{
    (void)why;
    memory_store *s = (memory_store *)base;
    memory_cursor *c = memory_new(sizeof *c);
    c->s = s;
    c->own = snapshot_of(s, (memory_snapshot *)snapshot);
    buffer prefix = buffer_init(BUFFER_NO_LIMIT);
    store_join_key(&prefix, table, BYTES_EMPTY);
    c->prefix_bytes = prefix.size;
    pthread_rwlock_rdlock(&s->lock);
    c->keys = memory_new_array(s->entries.count, sizeof *c->keys);
    map_entry *slot;
    for (size_t i = 0; (slot = map_next(&s->entries, &i));)
        if (bytes_start_with(slot->key, buffer_bytes(&prefix)))
            c->keys[c->count++] = arena_copy(&c->keys_memory, slot->key);
    pthread_rwlock_unlock(&s->lock);
    qsort(c->keys, c->count, sizeof *c->keys, compare_keys);
    buffer_free(&prefix);
    *out = (store_cursor *)c;
    return STORE_OK;
}

static bool memory_cursor_next(store_cursor *cursor, bytes *key, row_set *rows)
{
    memory_cursor *c = (memory_cursor *)cursor;
    while (c->failure == STORE_OK && c->at < c->count) {
        bytes joined = c->keys[c->at++];
        arena_reset(&c->row_memory);
        pthread_rwlock_rdlock(&c->s->lock);
        bytes encoded = read_at(&c->s->entries, joined, c->own->sequence, &c->row_memory);
        pthread_rwlock_unlock(&c->s->lock);
        if (encoded.size == 0)
            continue;
        *key = bytes_from(joined, c->prefix_bytes);
        row_key where = {.key = *key};
        c->failure = store_decode_rows(&where, encoded, &c->row_memory, rows, &c->why);
        return c->failure == STORE_OK;
    }
    return false;
}

static store_result memory_cursor_close(store_cursor *cursor, error_text *why)
{
    memory_cursor *c = (memory_cursor *)cursor;
    store_result result = c->failure;
    if (result != STORE_OK && why)
        *why = c->why;
    memory_snapshot_release(&c->s->base, (store_snapshot *)c->own);
    arena_reset(&c->keys_memory);
    arena_reset(&c->row_memory);
    free(c->keys);
    free(c);
    return result;
}

/* Drops the versions that are hidden from every snapshot by a newer one. */
static void prune(const memory_store *s, entry *e)
{
    uint64_t oldest = s->sequence;
    for (const memory_snapshot *k = s->snapshots; k; k = k->next)
        if (k->sequence < oldest)
            oldest = k->sequence;
    version *v = e->newest;
    while (v && v->sequence > oldest)
        v = v->older;
    if (v) {
        versions_free(v->older);
        v->older = NULL;
    }
}

static store_result memory_apply(store *base, const store_batch *batch, error_text *why)
{
    memory_store *s = (memory_store *)base;
    pthread_rwlock_rdlock(&s->lock);
    int64_t last = s->last_applied;
    pthread_rwlock_unlock(&s->lock);
    batch_place place = store_place_batch(last, batch, why);
    if (place != BATCH_NEXT)
        return place == BATCH_CONFLICT ? STORE_CONFLICT : STORE_OK;

    /* Everything that can fail or takes long happens before the lock. */
    version **fresh = memory_new_array(batch->put_count, sizeof *fresh);
    buffer scratch = buffer_init(BUFFER_NO_LIMIT);
    store_result result = STORE_OK;
    for (size_t i = 0; i < batch->put_count && result == STORE_OK; i++) {
        buffer_clear(&scratch);
        if (batch->puts[i].rows.count)
            result = store_encode_rows(&batch->puts[i], &scratch, why);
        fresh[i] = version_new(0, buffer_bytes(&scratch));
    }
    if (result == STORE_OK) {
        pthread_rwlock_wrlock(&s->lock);
        uint64_t sequence = s->sequence + 1;
        for (size_t i = 0; i < batch->put_count; i++) {
            buffer_clear(&scratch);
            store_join_key(&scratch, batch->puts[i].where.table, batch->puts[i].where.key);
            entry *e = entry_of(&s->entries, buffer_bytes(&scratch));
            prune(s, e);
            fresh[i]->sequence = sequence;
            fresh[i]->older = e->newest;
            e->newest = fresh[i];
            fresh[i] = NULL;
        }
        s->sequence = sequence;
        s->last_applied = batch->number;
        pthread_rwlock_unlock(&s->lock);
    }
    for (size_t i = 0; i < batch->put_count; i++)
        free(fresh[i]);
    free(fresh);
    buffer_free(&scratch);
    return result;
}

static int64_t memory_last_applied(store *base)
{
    memory_store *s = (memory_store *)base;
    pthread_rwlock_rdlock(&s->lock);
    int64_t last = s->last_applied;
    pthread_rwlock_unlock(&s->lock);
    return last;
}

static store_result memory_note_put(store *base, const char *name, bytes value, error_text *why)
{
    (void)why;
    memory_store *s = (memory_store *)base;
    pthread_rwlock_wrlock(&s->lock);
    entry *e = entry_of(&s->notes, bytes_of_text(name));
    versions_free(e->newest);
    e->newest = version_new(0, value);
    pthread_rwlock_unlock(&s->lock);
    return STORE_OK;
}

static store_result memory_note_get(store *base, const char *name, arena *a, bytes *value, error_text *why)
{
    (void)why;
    memory_store *s = (memory_store *)base;
    pthread_rwlock_rdlock(&s->lock);
    *value = read_at(&s->notes, bytes_of_text(name), UINT64_MAX, a);
    pthread_rwlock_unlock(&s->lock);
    return STORE_OK;
}

const store_engine store_memory = {
    .name = "memory",
    .open = memory_open,
    .get_many = memory_get_many,
    .scan = memory_scan,
    .cursor_next = memory_cursor_next,
    .cursor_close = memory_cursor_close,
    .apply = memory_apply,
    .last_applied = memory_last_applied,
    .note_put = memory_note_put,
    .note_get = memory_note_get,
    .snapshot_take = memory_snapshot_take,
    .snapshot_release = memory_snapshot_release,
    .close = memory_close,
};
