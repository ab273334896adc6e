#include "codec/json_read.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "codec/hex.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

typedef struct {
    const uint8_t *at, *end;
    size_t depth, values, values_max;
    json_wide_integers wide;
    json_read_result result; /* the first failure; nothing is read after it */
    buffer scratch;          /* the string or number under way */
} reader;

static json_t *fail(reader *r, json_read_result why)
{
    if (r->result == JSON_READ_OK)
        r->result = why;
    return NULL;
}

/* ---- between tokens ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* at stands behind the opening of a comment. false: it is not closed. */
static bool skip_block_comment(reader *r)
{
    for (; r->end - r->at >= 2; r->at++)
        if (r->at[0] == '*' && r->at[1] == '/') {
            r->at += 2;
            return true;
        }
    return false;
}

static void skip_line_comment(reader *r)
{
    while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
        r->at++;
}

/* The next byte that is neither space nor comment, or -1. */
static int peek(reader *r)
{
    for (;;) {
        while (r->at < r->end && is_space(*r->at))
            r->at++;
        if (r->at == r->end)
            return -1;
        if (*r->at != '/')
            return *r->at;
        if (r->end - r->at < 2 || (r->at[1] != '*' && r->at[1] != '/'))
            return -1;
        bool is_line = r->at[1] == '/';
        r->at += 2;
        if (is_line)
            skip_line_comment(r);
        else if (!skip_block_comment(r))
            return -1;
    }
}

/* ---- strings ---- */

static bool read_unit(reader *r, unsigned *unit)
{
    if (r->end - r->at < 4)
        return false;
    *unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit((char)r->at[i]);
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (unsigned)digit;
    }
    r->at += 4;
    return true;
}

static void append_utf8(buffer *out, unsigned code)
{
    if (code < 0x80) {
        buffer_append_byte(out, (uint8_t)code);
        return;
    }
    unsigned rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    buffer_append_byte(out, (uint8_t)(first[rest] | code >> 6 * rest));
    while (rest-- > 0)
        buffer_append_byte(out, (uint8_t)(0x80 | (code >> 6 * rest & 0x3f)));
}

/* Behind \u. The second half of a pair is not looked at closely, and a lone second half stands for itself. */
static bool read_unicode(reader *r)
{
    unsigned code, low;
    if (!read_unit(r, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
            return false;
        r->at += 2;
        if (!read_unit(r, &low))
            return false;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    append_utf8(&r->scratch, code);
    return true;
}

static bool read_escape(reader *r)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    uint8_t c = *r->at++;
    if (c == 'u')
        return read_unicode(r);
    const char *found = c ? strchr(names, c) : NULL;
    if (found)
        buffer_append_byte(&r->scratch, (uint8_t)meanings[found - names]);
    return found != NULL;
}

/* at stands on the opening quote; the text is left in scratch. */
static bool read_string(reader *r)
{
    buffer_clear(&r->scratch);
    r->at++;
    for (;;) {
        const uint8_t *from = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\')
            r->at++;
        buffer_append(&r->scratch, bytes_of(from, (size_t)(r->at - from)));
        if (r->at == r->end)
            return false;
        if (*r->at++ == '"')
            return true;
        if (!read_escape(r))
            return false;
    }
}

static json_t *read_text(reader *r)
{
    if (!read_string(r))
        return fail(r, JSON_READ_BAD);
    return json_stringn_nocheck(r->scratch.size ? (const char *)r->scratch.data : "", r->scratch.size);
}

/* ---- numbers ---- */

static void skip_digits(reader *r)
{
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
}

static bool skip_one_of(reader *r, const char *set)
{
    if (r->at == r->end || *r->at == 0 || strchr(set, *r->at) == NULL)
        return false;
    r->at++;
    return true;
}

/* Digits only, with a sign perhaps; NULL: no 64-bit integer. */
static json_t *read_integer(const reader *r, bytes token)
{
    bool negative = token.data[0] == '-';
    uint64_t value = 0, most = negative ? (uint64_t)INT64_MAX + 1 : r->wide == JSON_WIDE_AS_TEXT ? UINT64_MAX : INT64_MAX;
    for (size_t i = negative; i < token.size; i++) {
        unsigned digit = token.data[i] - (unsigned)'0';
        if (value > (most - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    if (negative || value <= INT64_MAX)
        return json_integer(negative ? (json_int_t)(0 - value) : (json_int_t)value);
    return json_sprintf("%" PRIu64, value);
}

static json_t *read_number(reader *r)
{
    const uint8_t *from = r->at;
    skip_one_of(r, "-");
    skip_digits(r);
    bool is_real = skip_one_of(r, ".");
    if (is_real)
        skip_digits(r);
    if (skip_one_of(r, "eE")) {
        is_real = true;
        skip_one_of(r, "+-");
        skip_digits(r);
    }
    bytes token = bytes_of(from, (size_t)(r->at - from));
    json_t *integer = is_real ? NULL : read_integer(r, token);
    if (integer)
        return integer;
    buffer_clear(&r->scratch);
    buffer_append(&r->scratch, token);
    buffer_append_byte(&r->scratch, 0);
    char *rest;
    double real = strtod((const char *)r->scratch.data, &rest);
    if (*rest)
        return fail(r, JSON_READ_BAD);
    return json_real(isinf(real) ? copysign(DBL_MAX, real) : real);
}

/* ---- values ---- */

static json_t *read_value(reader *r);

static json_t *read_word(reader *r, const char *word, json_t *value)
{
    size_t size = strlen(word);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
        return fail(r, JSON_READ_BAD);
    r->at += size;
    return value;
}

/* at stands on '['. A comment alone in an array is refused like a missing value. */
static json_t *read_array(reader *r)
{
    json_t *array = json_array();
    r->at++;
    while (r->at < r->end && is_space(*r->at))
        r->at++;
    if (r->at < r->end && *r->at == ']') {
        r->at++;
        return array;
    }
    for (;;) {
        json_t *item = read_value(r);
        int next = item && json_array_append_new(array, item) == 0 ? peek(r) : -1;
        if (next == ',' || next == ']')
            r->at++;
        if (next == ']')
            return array;
        if (next != ',') {
            json_decref(array);
            return fail(r, JSON_READ_BAD);
        }
    }
}

/* One "key": value. false: not well-formed. */
static bool read_member(reader *r, json_t *object)
{
    if (++r->values > r->values_max || peek(r) != '"' || !read_string(r))
        return false;
    size_t key_size = r->scratch.size;
    char *key = memory_new(key_size + 1); /* scratch is needed for the value */
    if (key_size)
        memcpy(key, r->scratch.data, key_size);
    while (r->at < r->end && is_space(*r->at))
        r->at++; /* a comment is not allowed here */
    bool ok = r->at < r->end && *r->at == ':';
    if (ok) {
        r->at++;
        json_t *value = read_value(r);
        ok = value && json_object_setn_new_nocheck(object, key, key_size, value) == 0;
    }
    free(key);
    return ok;
}

/* at stands on '{'. */
static json_t *read_object(reader *r)
{
    json_t *object = json_object();
    r->at++;
    if (peek(r) == '}') {
        r->at++;
        return object;
    }
    while (read_member(r, object)) {
        int next = peek(r);
        if (next != ',' && next != '}')
            break;
        r->at++;
        if (next == '}')
            return object;
    }
    json_decref(object);
    return fail(r, JSON_READ_BAD);
}

static json_t *read_known(reader *r, int first)
{
    switch (first) {
    case '{':
        return read_object(r);
    case '[':
        return read_array(r);
    case '"':
        return read_text(r);
    case 't':
        return read_word(r, "true", json_true());
    case 'f':
        return read_word(r, "false", json_false());
    case 'n':
        return read_word(r, "null", json_null());
    default:
        return first == '-' || (first >= '0' && first <= '9') ? read_number(r) : fail(r, JSON_READ_BAD);
    }
}

static json_t *read_value(reader *r)
{
    if (r->depth == JSON_READ_DEPTH_MAX)
        return fail(r, JSON_READ_TOO_DEEP);
    if (++r->values > r->values_max)
        return fail(r, JSON_READ_BAD);
    r->depth++;
    json_t *value = read_known(r, peek(r));
    r->depth--;
    return value;
}

json_read_result json_read(bytes text, size_t values_max, json_wide_integers wide, json_t **out)
{
    *out = NULL;
    if (text.size == 0)
        return JSON_READ_BAD;
    reader r = {.at = text.data, .end = text.data + text.size, .scratch = buffer_init(text.size + 1), .values_max = values_max,
                .wide = wide};
    *out = read_value(&r);
    buffer_free(&r.scratch);
    return *out ? JSON_READ_OK : r.result;
}
