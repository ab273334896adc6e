#include "store/row_codec.h"

#include <assert.h>

enum {
    VARINT_MAX_BYTES = 10,
    ROW_MIN_BYTES = 4,  /* id, num, status, field count */
    FIELD_MIN_BYTES = 2 /* two lengths */
};

void varint_write(buffer *out, uint64_t value)
{
    while (value >= 0x80) {
        buffer_append_byte(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    buffer_append_byte(out, (uint8_t)value);
}

static void write_sized(buffer *out, bytes value)
{
    varint_write(out, value.size);
    buffer_append(out, value);
}

static bool write_row(const row *r, buffer *out)
{
    if (r->field_count > ROW_FIELDS_MAX)
        return false;
    assert(r->status == ROW_NORMAL || r->status == ROW_REMOVED);
    varint_write(out, r->id);
    varint_write(out, r->num);
    buffer_append_byte(out, r->status);
    varint_write(out, r->field_count);
    for (size_t i = 0; i < r->field_count; i++) {
        assert(i == 0 || bytes_compare(r->fields[i - 1].name, r->fields[i].name) < 0);
        write_sized(out, r->fields[i].name);
        write_sized(out, r->fields[i].value);
    }
    return true;
}

bool row_set_encode(const row_set *rows, buffer *out)
{
    size_t start = out->size;
    if (rows->count > ROW_SET_ROWS_MAX)
        return false;
    buffer_append_byte(out, ROW_CODEC_VERSION);
    varint_write(out, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        assert(i == 0 || rows->rows[i - 1].id < rows->rows[i].id);
        if (!write_row(&rows->rows[i], out))
            return false;
    }
    return !out->overflowed && out->size - start <= ROW_SET_MAX_BYTES;
}

/* Reading keeps the first objection; after it everything read is empty. */
typedef struct {
    const uint8_t *at, *end;
    const char *objection;
} row_reader;

static size_t left(const row_reader *r)
{
    return (size_t)(r->end - r->at);
}

static void object(row_reader *r, const char *objection)
{
    if (r->objection == NULL)
        r->objection = objection;
    r->at = r->end;
}

static uint64_t read_varint(row_reader *r)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_MAX_BYTES; i++) {
        if (r->at == r->end) {
            object(r, "ends inside a number");
            return 0;
        }
        uint8_t byte = *r->at++;
        if (i == VARINT_MAX_BYTES - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            if (byte == 0 && i > 0)
                object(r, "number not in its shortest form");
            return r->objection ? 0 : value;
        }
    }
    object(r, "number above 64 bits");
    return 0;
}

/* A count of items that take at least item_bytes each: what follows a count that passed can be allocated. */
static size_t read_count(row_reader *r, size_t max, size_t item_bytes)
{
    uint64_t count = read_varint(r);
    if (count > max || count > left(r) / item_bytes) {
        object(r, "count larger than what follows");
        return 0;
    }
    return (size_t)count;
}

static bytes read_sized(row_reader *r)
{
    uint64_t size = read_varint(r);
    if (size > left(r)) {
        object(r, "length larger than what follows");
        return BYTES_EMPTY;
    }
    bytes value = bytes_of(r->at, (size_t)size);
    r->at += size;
    return value;
}

static void read_row(row_reader *r, arena *a, row *out)
{
    out->id = read_varint(r);
    uint64_t num = read_varint(r);
    if (num > UINT32_MAX)
        object(r, "block number above 32 bits");
    out->num = (uint32_t)num;
    if (r->at == r->end) {
        object(r, "ends before a row's status");
        return;
    }
    out->status = *r->at++;
    if (out->status != ROW_NORMAL && out->status != ROW_REMOVED)
        object(r, "unknown row status");
    out->field_count = read_count(r, ROW_FIELDS_MAX, FIELD_MIN_BYTES);
    out->fields = arena_take_array(a, out->field_count, sizeof *out->fields);
    for (size_t i = 0; i < out->field_count && !r->objection; i++) {
        out->fields[i].name = read_sized(r);
        out->fields[i].value = read_sized(r);
        if (i > 0 && bytes_compare(out->fields[i - 1].name, out->fields[i].name) >= 0)
            object(r, "fields not in ascending order");
    }
}

bool row_set_decode(bytes encoded, arena *a, row_set *out, error_text *why)
{
    *out = (row_set){0};
    if (encoded.size == 0 || encoded.size > ROW_SET_MAX_BYTES)
        return error_set(why, "a row set of %zu bytes cannot be", encoded.size);
    if (encoded.data[0] != ROW_CODEC_VERSION)
        return error_set(why, "row set of format %u, this program reads %d", encoded.data[0], ROW_CODEC_VERSION);
    row_reader r = {.at = encoded.data + 1, .end = encoded.data + encoded.size};
    row_set rows = {.count = read_count(&r, ROW_SET_ROWS_MAX, ROW_MIN_BYTES)};
    rows.rows = arena_take_array(a, rows.count, sizeof *rows.rows);
    for (size_t i = 0; i < rows.count && !r.objection; i++) {
        read_row(&r, a, &rows.rows[i]);
        if (i > 0 && rows.rows[i - 1].id >= rows.rows[i].id)
            object(&r, "ids not in ascending order");
    }
    if (r.at != r.end)
        object(&r, "bytes behind the last row");
    if (r.objection)
        return error_set(why, "damaged row set of %zu bytes: %s", encoded.size, r.objection);
    *out = rows;
    return true;
}
