/* store.h: tables of rows that leave the machine. The one contract that every engine (memory, RocksDB; later MySQL and Redis
   protocol) fulfils; tests/unit/store runs the same suite against each.

   A table has keys; under a key stand one or more rows in ascending order of id; a row is a set of named fields.
   A block's changes are applied at once: after STORE_OK all of it is durable (unless opened with durable = false), after any
   other answer nothing of it is. Source: spec/data-model.md sections 8.1, 10, 11.

   Threads: one thread applies; any number read meanwhile, each read sees a key before or after an apply, never between.
   Reads with a snapshot all see the store as it was when the snapshot was taken.
   After STORE_IO or STORE_FULL from apply or note_put the store answers every later write with the same: what is on disk is
   known again when it is opened anew, and then it is the state before or after that write. Reads go on.
   A scan, a snapshot and the arena of a get_many must be given back before the store is closed. */
#ifndef HANSE_STORE_STORE_H
#define HANSE_STORE_STORE_H

#include "base/arena.h"
#include "base/error_text.h"

typedef enum {
    STORE_OK,
    STORE_IO,       /* the disk or server failed: nothing was changed; the reason is in why */
    STORE_FULL,     /* no space: nothing was changed */
    STORE_CORRUPT,  /* what was read is not what was written */
    STORE_FENCED,   /* another process (or another part of this one) has this store open */
    STORE_CONFLICT, /* apply: the batch is not the one that comes next */
    STORE_FOREIGN   /* open: what stands at the path is not a hanse store, or one of a newer format; nothing was touched */
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

/* The complete content of one key after a block; no rows: the key is gone. Rows ascend by id, fields by name (asserted).
   written[i] tells an engine that keeps rows singly which ones changed; NULL: all of them. */
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
    const char *path;            /* directory of an embedded engine; made when absent (its parent must exist). memory: unused */
    bool durable;                /* apply and note_put return only after the data is on disk; false is for tests and imports */
    size_t cache_bytes;          /* a read cache of this store's own; 0: the one that all stores of the process share */
    size_t max_log_bytes;        /* bound of the write-ahead log, 0: STORE_LOG_DEFAULT_BYTES */
} store_config;

enum { STORE_LOG_DEFAULT_BYTES = 16 * 1024 * 1024 };

typedef struct store store;
typedef struct store_snapshot store_snapshot;
typedef struct store_cursor store_cursor;

typedef struct store_engine {
    const char *name; /* as written in group.N.ini: "rocksdb", "memory" */
    store_result (*open)(store **out, const store_config *config, error_text *why);
    /* out[i] for keys[i], in a; an absent key gives a set of 0 rows. snapshot may be NULL: the newest state. */
    store_result (*get_many)(store *s, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a, row_set *out,
                             error_text *why);
    /* Every key of one table in bytewise order of keys, as of the moment of the call (or of the snapshot, which may be released
       before the cursor is). */
    store_result (*scan)(store *s, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why);
    bool (*cursor_next)(store_cursor *c, bytes *key, row_set *rows); /* views live until the next call; false: end or failure */
    store_result (*cursor_close)(store_cursor *c, error_text *why);  /* STORE_OK unless a failure ended the cursor */
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

static inline store_result store_scan(store *s, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why)
{
    return s->engine->scan(s, snapshot, table, out, why);
}

static inline int64_t store_last_applied(store *s)
{
    return s->engine->last_applied(s);
}

static inline store_result store_note_put(store *s, const char *name, bytes value, error_text *why)
{
    return s->engine->note_put(s, name, value, why);
}

static inline store_result store_note_get(store *s, const char *name, arena *a, bytes *value, error_text *why)
{
    return s->engine->note_get(s, name, a, value, why);
}

static inline store_snapshot *store_snapshot_take(store *s)
{
    return s->engine->snapshot_take(s);
}

static inline void store_snapshot_release(store *s, store_snapshot *snapshot)
{
    s->engine->snapshot_release(s, snapshot);
}

static inline void store_close(store *s)
{
    if (s)
        s->engine->close(s);
}

const store_engine *store_engine_named(bytes name); /* NULL: no such engine in this build */
const bytes *row_find(const row *r, bytes name);    /* NULL: no such field */
const char *store_result_text(store_result result);

#endif
