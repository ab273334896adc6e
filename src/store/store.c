#include "store/engine.h"

enum { SHOWN_KEY_BYTES = 80 };

static const store_engine *const engines[] = {&store_rocksdb, &store_memory};

const store_engine *store_engine_named(bytes name)
{
    for (size_t i = 0; i < COUNT(engines); i++)
        if (bytes_equal_text(name, engines[i]->name))
            return engines[i];
    return NULL;
}

const bytes *row_find(const row *r, bytes name)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (bytes_equal(r->fields[i].name, name))
            return &r->fields[i].value;
    return NULL;
}

const char *store_result_text(store_result result)
{
    switch (result) {
    case STORE_OK:
        return "ok";
    case STORE_IO:
        return "storage failed";
    case STORE_FULL:
        return "storage is full";
    case STORE_CORRUPT:
        return "storage is damaged";
    case STORE_FENCED:
        return "storage is in use by another node";
    case STORE_CONFLICT:
        return "not the block that comes next";
    case STORE_FOREIGN:
        return "not a hanse store";
    }
    return "unknown";
}

batch_place store_place_batch(int64_t last_applied, const store_batch *batch, error_text *why)
{
    if (batch->number == last_applied && last_applied >= 0)
        return BATCH_ALREADY_THERE;
    if (batch->number == last_applied + 1)
        return BATCH_NEXT;
    error_set(why, "batch of block %lld, but the store expects block %lld", (long long)batch->number,
              (long long)last_applied + 1);
    return BATCH_CONFLICT;
}

/* A key for a message: what does not print is shown as '?', the rest is cut. */
static void show(bytes key, char out[SHOWN_KEY_BYTES + 1])
{
    size_t shown = key.size < SHOWN_KEY_BYTES ? key.size : SHOWN_KEY_BYTES;
    for (size_t i = 0; i < shown; i++)
        out[i] = key.data[i] >= 0x20 && key.data[i] < 0x7f ? (char)key.data[i] : '?';
    out[shown] = 0;
}

static void name_place(const row_key *where, error_text *why)
{
    char table[SHOWN_KEY_BYTES + 1], key[SHOWN_KEY_BYTES + 1];
    show(where->table, table);
    show(where->key, key);
    error_prefix(why, "table %s, key %s", table, key);
}

store_result store_decode_rows(const row_key *where, bytes encoded, arena *a, row_set *out, error_text *why)
{
    if (row_set_decode(encoded, a, out, why))
        return STORE_OK;
    name_place(where, why);
    return STORE_CORRUPT;
}

store_result store_encode_rows(const store_put *put, buffer *out, error_text *why)
{
    if (row_set_encode(&put->rows, out))
        return STORE_OK;
    error_set(why, "%zu rows are more than one key may hold", put->rows.count);
    name_place(&put->where, why);
    return STORE_IO;
}

void store_join_key(buffer *out, bytes table, bytes key)
{
    varint_write(out, table.size);
    buffer_append(out, table);
    buffer_append(out, key);
}
