/* engine_rocksdb.c: the default engine. Keys (docs/storage.md): 'd' length(table) table key -> row set, 'n' name -> note,
   'm' "applied" -> big-endian number of the last block. One write batch and one sync of the log for each block. */
#include "store/directory.h"
#include "store/engine.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Small on purpose: hundreds of groups must fit into one process, and a fresh node into 25 MB. */
enum {
    SHARED_CACHE_BYTES = 8 * 1024 * 1024,
    CACHE_SHARD_BITS = 2,                    /* shards of 2 MB: a large block does not empty its shard */
    WRITE_BUFFER_BYTES = 4 * 1024 * 1024,
    WRITE_BUFFERS = 2,
    ARENA_BYTES = 64 * 1024,                 /* what an idle store's write buffer takes */
    LEVEL_BASE_BYTES = 32 * 1024 * 1024,
    TABLE_FILE_BYTES = 16 * 1024 * 1024,     /* doubled with each level, so that few files must be open */
    MANIFEST_PREALLOCATION_BYTES = 64 * 1024,
    INFO_LOG_BYTES = 1024 * 1024,
    INFO_LOGS = 2,
    OPEN_FILES_MAX = 64,
    BACKGROUND_JOBS = 2,                     /* one flush, one compaction: the threads are shared by all stores */
    BLOOM_BITS = 10,
    METADATA_BLOCK_BYTES = 4096,
    READ_BATCH_KEYS = 128,                   /* values pinned at once */
    SCRATCH_KEPT_BYTES = 256 * 1024
};

enum { KIND_DATA = 'd', KIND_NOTE = 'n', KIND_META = 'm' };
static const char applied_key[] = "mapplied";

/* The only state of the process outside of an object: RocksDB's cache and threads are worth having once, and its default
   environment is process-wide anyway. Made by the first store, given back by the last. */
static struct {
    pthread_mutex_t lock;
    size_t users;
    rocksdb_cache_t *cache;
    rocksdb_env_t *env;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

typedef struct {
    store base;
    store_directory directory;
    char *path;
    rocksdb_cache_t *own_cache;
    rocksdb_options_t *options;
    rocksdb_t *db;
    rocksdb_column_family_handle_t *family;
    rocksdb_readoptions_t *newest;
    rocksdb_writeoptions_t *write;
    _Atomic int64_t last_applied;
    atomic_int stopped;   /* store_result of the write that failed, or STORE_OK */
    atomic_int users;     /* snapshots and cursors that must be gone before close */
    buffer scratch;       /* of the one thread that applies */
} rocksdb_store;

typedef struct {
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *read;
} rocksdb_store_snapshot;

typedef struct {
    rocksdb_store *s;
    rocksdb_readoptions_t *read;
    rocksdb_iterator_t *iterator;
    bytes table;
    buffer first, behind; /* the range; RocksDB keeps a view of behind */
    bool started;
    arena row_memory;
    store_result failure;
    error_text why;
} rocksdb_cursor;

static void share_take(rocksdb_cache_t **cache, rocksdb_env_t **env)
{
    pthread_mutex_lock(&shared.lock);
    if (shared.users++ == 0) {
        rocksdb_lru_cache_options_t *options = rocksdb_lru_cache_options_create();
        rocksdb_lru_cache_options_set_capacity(options, SHARED_CACHE_BYTES);
        rocksdb_lru_cache_options_set_num_shard_bits(options, CACHE_SHARD_BITS);
        shared.cache = rocksdb_cache_create_lru_opts(options);
        rocksdb_lru_cache_options_destroy(options);
        shared.env = rocksdb_create_default_env();
        rocksdb_env_set_background_threads(shared.env, 1);
        rocksdb_env_set_high_priority_background_threads(shared.env, 1);
    }
    *cache = shared.cache;
    *env = shared.env;
    pthread_mutex_unlock(&shared.lock);
}

static void share_give_back(void)
{
    pthread_mutex_lock(&shared.lock);
    if (--shared.users == 0) {
        rocksdb_cache_destroy(shared.cache);
        rocksdb_env_destroy(shared.env);
    }
    pthread_mutex_unlock(&shared.lock);
}

static bool mentions(const char *status, const char *text)
{
    return strstr(status, text) != NULL;
}

/* RocksDB tells its C callers what went wrong as a text only. Frees status. */
static store_result failure_of(const rocksdb_store *s, char *status, const char *doing, error_text *why)
{
    store_result result = STORE_IO;
    if (mentions(status, "No space left") || mentions(status, "Disk quota") || mentions(status, "File too large"))
        result = STORE_FULL;
    else if (mentions(status, "While lock file") || mentions(status, "lock hold by current process"))
        result = STORE_FENCED;
    else if (mentions(status, "Corruption") || mentions(status, "create_if_missing is false"))
        result = STORE_CORRUPT;
    error_set(why, "%s: cannot %s: %s", s->path, doing, status);
    rocksdb_free(status);
    return result;
}

static void set_table_format(rocksdb_options_t *options, rocksdb_cache_t *cache)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    /* Index and filters in small pieces inside the cache: memory stays bounded however large the chain is. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
    rocksdb_block_based_options_set_index_type(table, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(table, 1);
    rocksdb_block_based_options_set_metadata_block_size(table, METADATA_BLOCK_BYTES);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

static rocksdb_options_t *options_new(const store_config *config, rocksdb_cache_t *cache, rocksdb_env_t *env)
{
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_env(o, env);
    rocksdb_options_set_write_buffer_size(o, WRITE_BUFFER_BYTES);
    rocksdb_options_set_max_write_buffer_number(o, WRITE_BUFFERS);
    rocksdb_options_set_arena_block_size(o, ARENA_BYTES);
    rocksdb_options_set_max_total_wal_size(o, config->max_log_bytes ? config->max_log_bytes : STORE_LOG_DEFAULT_BYTES);
    rocksdb_options_set_max_bytes_for_level_base(o, LEVEL_BASE_BYTES);
    rocksdb_options_set_target_file_size_base(o, TABLE_FILE_BYTES);
    rocksdb_options_set_target_file_size_multiplier(o, 2);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    rocksdb_options_set_max_open_files(o, OPEN_FILES_MAX);
    rocksdb_options_set_max_file_opening_threads(o, 1);
    rocksdb_options_set_max_background_jobs(o, BACKGROUND_JOBS);
    rocksdb_options_set_manifest_preallocation_size(o, MANIFEST_PREALLOCATION_BYTES);
    /* An idle store sleeps: no periodic statistics. */
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_info_log_level(o, 2 /* warnings */);
    rocksdb_options_set_keep_log_file_num(o, INFO_LOGS);
    rocksdb_options_set_max_log_file_size(o, INFO_LOG_BYTES);
    /* After a power cut the last record of the log may be torn: keep every whole block before it. */
    rocksdb_options_set_wal_recovery_mode(o, rocksdb_point_in_time_recovery);
    set_table_format(o, cache);
    return o;
}

static store_result open_database(rocksdb_store *s, error_text *why)
{
    static const char *const names[] = {"default"};
    const rocksdb_options_t *options[] = {s->options};
    char *status = NULL;
    /* A store that was once complete is never replaced by an empty one, whatever became of its files. */
    rocksdb_options_set_create_if_missing(s->options, s->directory.founding);
    s->db = rocksdb_open_column_families(s->options, s->path, 1, names, options, &s->family, &status);
    return status ? failure_of(s, status, "open the database", why) : STORE_OK;
}

static store_result read_applied(rocksdb_store *s, error_text *why)
{
    char *status = NULL;
    rocksdb_pinnableslice_t *found = rocksdb_get_pinned(s->db, s->newest, applied_key, sizeof applied_key - 1, &status);
    if (status)
        return failure_of(s, status, "read the number of the last block", why);
    size_t size = 0;
    const char *value = found ? rocksdb_pinnableslice_value(found, &size) : NULL;
    if (size == 8)
        s->last_applied = (int64_t)read_be64((const uint8_t *)value);
    if (found)
        rocksdb_pinnableslice_destroy(found);
    if (size == 8 && s->last_applied >= -1)
        return STORE_OK;
    error_set(why, "%s: the database holds no number of a last block", s->path);
    return STORE_CORRUPT;
}

static store_result write_sound(rocksdb_store *s, rocksdb_writebatch_t *batch, const char *doing, error_text *why)
{
    if (s->stopped != STORE_OK) {
        error_set(why, "%s: stopped writing after an earlier failure (%s)", s->path,
                  store_result_text((store_result)s->stopped));
        return (store_result)s->stopped;
    }
    char *status = NULL;
    rocksdb_write(s->db, s->write, batch, &status);
    if (status == NULL)
        return STORE_OK;
    store_result result = failure_of(s, status, doing, why);
    s->stopped = (int)result;
    return result;
}

static void batch_applied(rocksdb_writebatch_t *batch, int64_t number)
{
    uint8_t value[8];
    write_be64(value, (uint64_t)number);
    rocksdb_writebatch_put(batch, applied_key, sizeof applied_key - 1, (const char *)value, sizeof value);
}

/* The number of the last block is there from the first moment on, so a database without it was not written by hanse. */
static store_result found_store(rocksdb_store *s, error_text *why)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    batch_applied(batch, -1);
    store_result result = write_sound(s, batch, "found the store", why);
    rocksdb_writebatch_destroy(batch);
    return result ? result : directory_founded(&s->directory, s->path, store_rocksdb.name, why);
}

static void rocksdb_store_close(store *base)
{
    rocksdb_store *s = (rocksdb_store *)base;
    assert(s->users == 0);
    if (s->family)
        rocksdb_column_family_handle_destroy(s->family);
    if (s->db)
        rocksdb_close(s->db);
    if (s->newest)
        rocksdb_readoptions_destroy(s->newest);
    if (s->write)
        rocksdb_writeoptions_destroy(s->write);
    if (s->options) {
        rocksdb_options_destroy(s->options);
        share_give_back();
    }
    if (s->own_cache)
        rocksdb_cache_destroy(s->own_cache);
    directory_release(&s->directory);
    buffer_free(&s->scratch);
    free(s->path);
    free(s);
}

static store_result rocksdb_store_open(store **out, const store_config *config, error_text *why)
{
    rocksdb_store *s = memory_new(sizeof *s);
    s->base.engine = &store_rocksdb;
    s->path = memory_copy_text(config->path);
    s->scratch = buffer_init(BUFFER_NO_LIMIT);
    s->last_applied = -1;
    store_result result = directory_take(&s->directory, s->path, store_rocksdb.name, why);
    if (result == STORE_OK) {
        rocksdb_cache_t *cache;
        rocksdb_env_t *env;
        share_take(&cache, &env);
        if (config->cache_bytes)
            cache = s->own_cache = rocksdb_cache_create_lru(config->cache_bytes);
        s->options = options_new(config, cache, env);
        s->newest = rocksdb_readoptions_create();
        s->write = rocksdb_writeoptions_create();
        rocksdb_writeoptions_set_sync(s->write, config->durable);
        result = open_database(s, why);
    }
    if (result == STORE_OK)
        result = s->directory.founding ? found_store(s, why) : read_applied(s, why);
    if (result != STORE_OK) {
        rocksdb_store_close(&s->base);
        return result;
    }
    *out = &s->base;
    return STORE_OK;
}

static void data_key(buffer *out, bytes table, bytes key)
{
    buffer_append_byte(out, KIND_DATA);
    store_join_key(out, table, key);
}

static store_result take_value(rocksdb_store *s, const row_key *key, rocksdb_pinnableslice_t *value, char *status, arena *a,
                               row_set *out, error_text *why)
{
    *out = (row_set){0};
    if (status)
        return failure_of(s, status, "read", why);
    if (value == NULL)
        return STORE_OK;
    size_t size;
    const char *data = rocksdb_pinnableslice_value(value, &size);
    return store_decode_rows(key, arena_copy(a, bytes_of(data, size)), a, out, why);
}

static store_result get_batch(rocksdb_store *s, const rocksdb_readoptions_t *read, const row_key *keys, size_t count, arena *a,
                              row_set *out, error_text *why)
{
    const char *names[READ_BATCH_KEYS] = {NULL};
    size_t starts[READ_BATCH_KEYS + 1], sizes[READ_BATCH_KEYS] = {0};
    rocksdb_pinnableslice_t *values[READ_BATCH_KEYS];
    char *statuses[READ_BATCH_KEYS];
    assert(count <= READ_BATCH_KEYS);
    buffer joined = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < count; i++) {
        starts[i] = joined.size;
        data_key(&joined, keys[i].table, keys[i].key);
    }
    starts[count] = joined.size;
    for (size_t i = 0; i < count; i++) {
        names[i] = (const char *)joined.data + starts[i];
        sizes[i] = starts[i + 1] - starts[i];
    }
    rocksdb_batched_multi_get_cf(s->db, read, s->family, count, names, sizes, values, statuses, false);
    store_result result = STORE_OK;
    for (size_t i = 0; i < count; i++) {
        if (result == STORE_OK)
            result = take_value(s, &keys[i], values[i], statuses[i], a, &out[i], why);
        else if (statuses[i])
            rocksdb_free(statuses[i]);
        if (values[i])
            rocksdb_pinnableslice_destroy(values[i]);
    }
    buffer_free(&joined);
    return result;
}

static store_result rocksdb_store_get_many(store *base, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a,
                                           row_set *out, error_text *why)
{
    rocksdb_store *s = (rocksdb_store *)base;
    const rocksdb_readoptions_t *read = snapshot ? ((rocksdb_store_snapshot *)snapshot)->read : s->newest;
    store_result result = STORE_OK;
    for (size_t done = 0; done < count && result == STORE_OK;) {
        size_t part = count - done < READ_BATCH_KEYS ? count - done : READ_BATCH_KEYS;
        result = get_batch(s, read, keys + done, part, a, out + done, why);
        done += part;
    }
    return result;
}

/* The smallest bytes behind every key that begins with prefix: the prefix with its last byte below 0xff counted up. */
static void range_end(buffer *out, bytes prefix)
{
    size_t size = prefix.size;
    while (prefix.data[size - 1] == 0xff)
        size--; /* ends at the kind's letter at the latest */
    buffer_append(out, bytes_of(prefix.data, size));
    out->data[size - 1]++;
}

static store_result rocksdb_store_scan(store *base, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why)
{
    (void)why;
    rocksdb_store *s = (rocksdb_store *)base;
    rocksdb_cursor *c = memory_new(sizeof *c);
    c->s = s;
    c->first = buffer_init(BUFFER_NO_LIMIT);
    c->behind = buffer_init(BUFFER_NO_LIMIT);
    data_key(&c->first, table, BYTES_EMPTY);
    range_end(&c->behind, buffer_bytes(&c->first));
    c->table = bytes_from(buffer_bytes(&c->first), c->first.size - table.size);
    c->read = rocksdb_readoptions_create();
    if (snapshot)
        rocksdb_readoptions_set_snapshot(c->read, ((rocksdb_store_snapshot *)snapshot)->snapshot);
    rocksdb_readoptions_set_fill_cache(c->read, 0); /* a scan of a large table would empty the shared cache */
    rocksdb_readoptions_set_iterate_upper_bound(c->read, (const char *)c->behind.data, c->behind.size);
    c->iterator = rocksdb_create_iterator(s->db, c->read);
    s->users++;
    *out = (store_cursor *)c;
    return STORE_OK;
}

static bool rocksdb_cursor_next(store_cursor *cursor, bytes *key, row_set *rows)
{
    rocksdb_cursor *c = (rocksdb_cursor *)cursor;
    if (c->failure != STORE_OK)
        return false;
    if (!c->started)
        rocksdb_iter_seek(c->iterator, (const char *)c->first.data, c->first.size);
    else if (rocksdb_iter_valid(c->iterator))
        rocksdb_iter_next(c->iterator);
    c->started = true;
    if (!rocksdb_iter_valid(c->iterator)) {
        char *status = NULL;
        rocksdb_iter_get_error(c->iterator, &status);
        if (status)
            c->failure = failure_of(c->s, status, "scan a table", &c->why);
        return false;
    }
    size_t size;
    const char *data = rocksdb_iter_key(c->iterator, &size);
    *key = bytes_from(bytes_of(data, size), c->first.size);
    data = rocksdb_iter_value(c->iterator, &size);
    arena_reset(&c->row_memory);
    row_key where = {.table = c->table, .key = *key};
    c->failure = store_decode_rows(&where, bytes_of(data, size), &c->row_memory, rows, &c->why);
    return c->failure == STORE_OK;
}

static store_result rocksdb_cursor_close(store_cursor *cursor, error_text *why)
{
    rocksdb_cursor *c = (rocksdb_cursor *)cursor;
    store_result result = c->failure;
    if (result != STORE_OK && why)
        *why = c->why;
    rocksdb_iter_destroy(c->iterator);
    rocksdb_readoptions_destroy(c->read);
    arena_reset(&c->row_memory);
    buffer_free(&c->first);
    buffer_free(&c->behind);
    c->s->users--;
    free(c);
    return result;
}

static store_result batch_put(rocksdb_store *s, rocksdb_writebatch_t *batch, const store_put *put, error_text *why)
{
    buffer_clear(&s->scratch);
    data_key(&s->scratch, put->where.table, put->where.key);
    size_t key_bytes = s->scratch.size;
    if (put->rows.count == 0) {
        rocksdb_writebatch_delete(batch, (const char *)s->scratch.data, key_bytes);
        return STORE_OK;
    }
    store_result result = store_encode_rows(put, &s->scratch, why);
    if (result == STORE_OK)
        rocksdb_writebatch_put(batch, (const char *)s->scratch.data, key_bytes, (const char *)s->scratch.data + key_bytes,
                               s->scratch.size - key_bytes);
    return result;
}

static store_result rocksdb_store_apply(store *base, const store_batch *batch, error_text *why)
{
    rocksdb_store *s = (rocksdb_store *)base;
    batch_place place = store_place_batch(s->last_applied, batch, why);
    if (place != BATCH_NEXT)
        return place == BATCH_CONFLICT ? STORE_CONFLICT : STORE_OK;
    rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
    store_result result = STORE_OK;
    for (size_t i = 0; i < batch->put_count && result == STORE_OK; i++)
        result = batch_put(s, writes, &batch->puts[i], why);
    if (result == STORE_OK) {
        batch_applied(writes, batch->number);
        result = write_sound(s, writes, "write a block", why);
    }
    rocksdb_writebatch_destroy(writes);
    if (s->scratch.capacity > SCRATCH_KEPT_BYTES)
        buffer_free(&s->scratch), s->scratch = buffer_init(BUFFER_NO_LIMIT);
    if (result == STORE_OK)
        s->last_applied = batch->number;
    return result;
}

static int64_t rocksdb_store_last_applied(store *base)
{
    return ((rocksdb_store *)base)->last_applied;
}

static void note_key(buffer *out, const char *name)
{
    buffer_append_byte(out, KIND_NOTE);
    buffer_append_text(out, name);
}

static store_result rocksdb_store_note_put(store *base, const char *name, bytes value, error_text *why)
{
    rocksdb_store *s = (rocksdb_store *)base;
    buffer key = buffer_init(BUFFER_NO_LIMIT);
    note_key(&key, name);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    if (value.size)
        rocksdb_writebatch_put(batch, (const char *)key.data, key.size, (const char *)value.data, value.size);
    else
        rocksdb_writebatch_delete(batch, (const char *)key.data, key.size);
    store_result result = write_sound(s, batch, "write a note", why);
    rocksdb_writebatch_destroy(batch);
    buffer_free(&key);
    return result;
}

static store_result rocksdb_store_note_get(store *base, const char *name, arena *a, bytes *value, error_text *why)
{
    rocksdb_store *s = (rocksdb_store *)base;
    *value = BYTES_EMPTY;
    buffer key = buffer_init(BUFFER_NO_LIMIT);
    note_key(&key, name);
    char *status = NULL;
    rocksdb_pinnableslice_t *found = rocksdb_get_pinned(s->db, s->newest, (const char *)key.data, key.size, &status);
    buffer_free(&key);
    if (status)
        return failure_of(s, status, "read a note", why);
    if (found) {
        size_t size;
        const char *data = rocksdb_pinnableslice_value(found, &size);
        *value = arena_copy(a, bytes_of(data, size));
        rocksdb_pinnableslice_destroy(found);
    }
    return STORE_OK;
}

static store_snapshot *rocksdb_store_snapshot_take(store *base)
{
    rocksdb_store *s = (rocksdb_store *)base;
    rocksdb_store_snapshot *taken = memory_new(sizeof *taken);
    taken->snapshot = rocksdb_create_snapshot(s->db);
    taken->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(taken->read, taken->snapshot);
    s->users++;
    return (store_snapshot *)taken;
}

static void rocksdb_store_snapshot_release(store *base, store_snapshot *snapshot)
{
    rocksdb_store *s = (rocksdb_store *)base;
    rocksdb_store_snapshot *taken = (rocksdb_store_snapshot *)snapshot;
    rocksdb_release_snapshot(s->db, taken->snapshot);
    rocksdb_readoptions_destroy(taken->read);
    free(taken);
    s->users--;
}

const store_engine store_rocksdb = {
    .name = "rocksdb",
    .open = rocksdb_store_open,
    .get_many = rocksdb_store_get_many,
    .scan = rocksdb_store_scan,
    .cursor_next = rocksdb_cursor_next,
    .cursor_close = rocksdb_cursor_close,
    .apply = rocksdb_store_apply,
    .last_applied = rocksdb_store_last_applied,
    .note_put = rocksdb_store_note_put,
    .note_get = rocksdb_store_note_get,
    .snapshot_take = rocksdb_store_snapshot_take,
    .snapshot_release = rocksdb_store_snapshot_release,
    .close = rocksdb_store_close,
};
