/* store.h: tables of rows that leave the machine. The one contract that every engine (memory, RocksDB; later MySQL and Redis
   protocol) fulfils; tests/unit/store runs the same suite against each.

   A table has keys; under a key stand one or more rows in ascending order of id; a row is a set of named fields.
   A block's changes are applied at once: after STORE_OK all of it is durable (unless opened with durable = false), after any
   other answer nothing of it is. Source: spec/data-model.md sections 8.1, 10, 11.

   Threads: one thread applies; any number read meanwhile, each read sees a key before or after an apply, never between.
   Reads with a snapshot all see the store as it was when the snapshot was taken. */
#ifndef HANSE_STORE_STORE_H
#define HANSE_STORE_STORE_H

#include "base/arena.h"
#include "base/error_text.h"

typedef enum {
    STORE_OK,
    STORE_IO,       /* the disk or server failed: nothing was changed; the reason is in why */
    STORE_FULL,     /* no space: nothing was changed */
    STORE_CORRUPT,  /* what was read is not what was written */
    STORE_FENCED,   /* another process owns this store */
    STORE_CONFLICT  /* apply: the batch is not the one that comes next */
} store_result;

enum { ROW_NORMAL = 0, ROW_REMOVED = 1 };

typedef struct {
    bytes name, value;
} row_field;

typedef struct {
    uint64_t id;       /* unique in the store; fixes the order of select results */
    uint32_t num;      /* block number of the last write */
    uint8_t status;    /* ROW_NORMAL or ROW_REMOVED: removed rows stay stored */
    row_field *fields; /* ascending bytewise by name, key field included; without _id_, _num_, _status_ */
    size_t field_count;
} row;

typedef struct {
    row *rows; /* ascending id */
    size_t count;
} row_set;

typedef struct {
    bytes table, key;
} row_key;

/* The complete content of one key after a block. written[i] tells an engine that keeps rows singly which ones changed. */
typedef struct {
    row_key where;
    row_set rows;
    const bool *written;
} store_put;

typedef struct {
    int64_t number;    /* of the block: last + 1, or 0 for genesis */
    const store_put *puts;
    size_t put_count;
} store_batch;

typedef struct {
    const char *path;            /* directory of an embedded engine */
    bool durable;                /* apply returns only after the data is on disk; default true */
    size_t cache_bytes;          /* read cache of this store, 0: engine's choice */
    size_t max_log_bytes;        /* bound of the write-ahead log */
} store_config;

typedef struct store store;
typedef struct store_snapshot store_snapshot;
typedef struct store_cursor store_cursor;

typedef struct store_engine {
    const char *name; /* as written in group.N.ini: "rocksdb", "memory" */
    store_result (*open)(store **out, const store_config *config, error_text *why);
    /* out[i] for keys[i], in a; an absent key gives a set of 0 rows. snapshot may be NULL: the newest state. */
    store_result (*get_many)(store *s, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a, row_set *out,
                             error_text *why);
    /* Every key of one table in bytewise order of keys. */
    store_result (*scan)(store *s, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why);
    bool (*cursor_next)(store_cursor *c, bytes *key, row_set *rows); /* views live until the next call */
    void (*cursor_close)(store_cursor *c);
    /* number == last applied: already there, STORE_OK without effect; number == last + 1: applied; else STORE_CONFLICT. */
    store_result (*apply)(store *s, const store_batch *batch, error_text *why);
    int64_t (*last_applied)(store *s); /* -1: nothing yet */
    /* Small named values beside the tables (a prepared block, a format mark): durable on STORE_OK. An empty value removes. */
    store_result (*note_put)(store *s, const char *name, bytes value, error_text *why);
    store_result (*note_get)(store *s, const char *name, arena *a, bytes *value, error_text *why); /* absent: empty */
    store_snapshot *(*snapshot_take)(store *s);
    void (*snapshot_release)(store *s, store_snapshot *snapshot);
    void (*close)(store *s);
} store_engine;

/* Every engine's object begins with its engine; the store_... calls below go through it. */
struct store {
    const store_engine *engine;
};

extern const store_engine store_memory, store_rocksdb;

static inline store_result store_get_many(store *s, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a,
                                          row_set *out, error_text *why)
{
    return s->engine->get_many(s, snapshot, keys, count, a, out, why);
}

static inline store_result store_apply(store *s, const store_batch *batch, error_text *why)
{
    return s->engine->apply(s, batch, why);
}

static inline void store_close(store *s)
{
    if (s)
        s->engine->close(s);
}

const bytes *row_find(const row *r, bytes name); /* NULL: no such field */
const char *store_result_text(store_result result);

#endif
