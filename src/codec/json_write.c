#include "codec/json_write.h"
#include "base/memory.h"
#include "codec/hex.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

json_writer json_write_to(buffer *out)
{
    return (json_writer){.out = out};
}

bool json_write_is_done(const json_writer *w)
{
    return w->depth == 0 && w->level[0].has_items;
}

/* The comma before a value of an array; the place of a value of an object was made by its key. */
static void before_value(json_writer *w)
{
    if (w->level[w->depth].is_object) {
        assert(w->level[w->depth].key_is_written);
        w->level[w->depth].key_is_written = false;
    } else {
        assert(w->depth || !w->level[0].has_items);
        if (w->level[w->depth].has_items)
            buffer_append_byte(w->out, ',');
        w->level[w->depth].has_items = true;
    }
}

static void begin(json_writer *w, char bracket, bool is_object)
{
    before_value(w);
    assert(w->depth < JSON_DEPTH_MAX);
    w->depth++;
    memset(&w->level[w->depth], 0, sizeof w->level[w->depth]);
    w->level[w->depth].is_object = is_object;
    buffer_append_byte(w->out, (uint8_t)bracket);
}

static void end(json_writer *w, char bracket, bool is_object)
{
    assert(w->depth > 0 && w->level[w->depth].is_object == is_object && !w->level[w->depth].key_is_written);
    w->depth--;
    buffer_append_byte(w->out, (uint8_t)bracket);
}

void json_write_begin_object(json_writer *w)
{
    begin(w, '{', true);
}

void json_write_end_object(json_writer *w)
{
    end(w, '}', true);
}

void json_write_begin_array(json_writer *w)
{
    begin(w, '[', false);
}

void json_write_end_array(json_writer *w)
{
    end(w, ']', false);
}

static void append_escape(buffer *out, uint8_t c)
{
    static const char short_escapes[] =
        "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, the letter behind the backslash */
    for (size_t i = 0; short_escapes[i]; i += 2)
        if (c == (uint8_t)short_escapes[i]) {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, (uint8_t)short_escapes[i + 1]);
            return;
        }
    buffer_print(out, "\\u%04X", c);
}

void json_append_quoted(buffer *out, bytes text)
{
    buffer_append_byte(out, '"');
    size_t plain = 0; /* start of the run that is copied as it is */
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(out, bytes_of(text.data + plain, i - plain));
        append_escape(out, c);
        plain = i + 1;
    }
    buffer_append(out, bytes_from(text, plain));
    buffer_append_byte(out, '"');
}

void json_write_key_bytes(json_writer *w, bytes key)
{
    assert(w->level[w->depth].is_object && !w->level[w->depth].key_is_written);
    if (w->level[w->depth].has_items) {
        assert(bytes_compare(w->level[w->depth].last_key, key) < 0);
        buffer_append_byte(w->out, ',');
    }
    w->level[w->depth].has_items = true;
    w->level[w->depth].key_is_written = true;
    w->level[w->depth].last_key = key;
    json_append_quoted(w->out, key);
    buffer_append_byte(w->out, ':');
}

void json_write_key(json_writer *w, const char *key)
{
    json_write_key_bytes(w, bytes_of_text(key));
}

void json_write_string(json_writer *w, bytes text)
{
    before_value(w);
    json_append_quoted(w->out, text);
}

void json_write_text(json_writer *w, const char *text)
{
    json_write_string(w, bytes_of_text(text));
}

void json_write_int(json_writer *w, int64_t value)
{
    before_value(w);
    buffer_print(w->out, "%" PRId64, value);
}

void json_write_uint(json_writer *w, uint64_t value)
{
    before_value(w);
    buffer_print(w->out, "%" PRIu64, value);
}

void json_write_real(json_writer *w, double value)
{
    if (!isfinite(value)) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buffer_print(w->out, "%.17g", value);
}

void json_write_bool(json_writer *w, bool value)
{
    json_write_raw(w, value ? BYTES_OF_LITERAL("true") : BYTES_OF_LITERAL("false"));
}

void json_write_null(json_writer *w)
{
    json_write_raw(w, BYTES_OF_LITERAL("null"));
}

void json_write_raw(json_writer *w, bytes json)
{
    before_value(w);
    buffer_append(w->out, json);
}

void json_write_hex(json_writer *w, bytes value)
{
    before_value(w);
    buffer_append_text(w->out, "\"0x");
    hex_append(w->out, value);
    buffer_append_byte(w->out, '"');
}

void json_write_plain_hex(json_writer *w, bytes value)
{
    before_value(w);
    buffer_append_byte(w->out, '"');
    hex_append(w->out, value);
    buffer_append_byte(w->out, '"');
}

void json_write_quantity(json_writer *w, u256 value)
{
    uint8_t minimal[32];
    char text[2 + 64 + 1] = "0x0";
    size_t size = u256_to_be_minimal(value, minimal);
    if (size) {
        hex_write(bytes_of(minimal, size), text + 2);
        if (text[2] == '0')
            memmove(text + 2, text + 3, 2 * size - 1);
        text[2 + 2 * size - (minimal[0] < 16)] = 0;
    }
    json_write_text(w, text);
}

void json_write_quantity_u64(json_writer *w, uint64_t value)
{
    json_write_quantity(w, u256_of(value));
}

typedef struct {
    bytes key; /* any bytes, zeros too */
    const json_t *value;
} member;

static int compare_members(const void *a, const void *b)
{
    return bytes_compare(((const member *)a)->key, ((const member *)b)->key);
}

static bool write_object(json_writer *w, const json_t *value)
{
    size_t count = json_object_size(value), at = 0, size;
    member *members = memory_new_array(count, sizeof *members);
    const char *key;
    json_t *one;
    json_object_keylen_foreach((json_t *)value, key, size, one) members[at++] = (member){bytes_of(key, size), one};
    qsort(members, count, sizeof *members, compare_members);
    bool ok = true;
    json_write_begin_object(w);
    for (size_t i = 0; i < count; i++) {
        json_write_key_bytes(w, members[i].key);
        ok &= json_write_value(w, members[i].value);
    }
    json_write_end_object(w);
    free(members);
    return ok;
}

bool json_write_value(json_writer *w, const json_t *value)
{
    bool ok = true;
    size_t i;
    json_t *item;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (w->depth == JSON_DEPTH_MAX) {
            json_write_null(w);
            return false;
        }
        if (json_is_object(value))
            return write_object(w, value);
        json_write_begin_array(w);
        json_array_foreach(value, i, item) ok &= json_write_value(w, item);
        json_write_end_array(w);
        return ok;
    case JSON_STRING:
        json_write_string(w, bytes_of(json_string_value(value), json_string_length(value)));
        return true;
    case JSON_INTEGER:
        json_write_int(w, json_integer_value(value));
        return true;
    case JSON_REAL:
        json_write_real(w, json_real_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        json_write_bool(w, json_is_true(value));
        return true;
    case JSON_NULL:
        break;
    }
    json_write_null(w);
    return true;
}
