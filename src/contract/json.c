#include "contract/json.h"

#include "codec/hex.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    arena *memory;
    const uint8_t *at, *end;
    unsigned depth;
} json_reader;

static bool at_text(json_reader *r, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, text, size) != 0)
        return false;
    r->at += size;
    return true;
}

static bool skip_comment(json_reader *r)
{
    if (at_text(r, "//")) {
        while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
            r->at++;
        return true;
    }
    if (!at_text(r, "/*"))
        return false;
    while (r->at < r->end && !at_text(r, "*/"))
        r->at++;
    return true;
}

static void skip_blanks(json_reader *r)
{
    for (;;) {
        while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
            r->at++;
        if (r->at == r->end || *r->at != '/' || !skip_comment(r))
            return;
    }
}

static bool read_hex4(json_reader *r, unsigned *out)
{
    if (r->end - r->at < 4)
        return false;
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit((char)r->at[i]);
        if (digit < 0)
            return false;
        *out = *out * 16 + (unsigned)digit;
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
    if (code < 0x800) {
        buffer_append_byte(out, (uint8_t)(0xc0 | code >> 6));
    } else {
        if (code < 0x10000) {
            buffer_append_byte(out, (uint8_t)(0xe0 | code >> 12));
        } else {
            buffer_append_byte(out, (uint8_t)(0xf0 | code >> 18));
            buffer_append_byte(out, (uint8_t)(0x80 | (code >> 12 & 0x3f)));
        }
        buffer_append_byte(out, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
    }
    buffer_append_byte(out, (uint8_t)(0x80 | (code & 0x3f)));
}

static bool read_unicode(json_reader *r, buffer *out)
{
    unsigned code, low;
    if (!read_hex4(r, &code))
        return false;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!at_text(r, "\\u") || !read_hex4(r, &low))
            return false;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    append_utf8(out, code);
    return true;
}

static bool read_escape(json_reader *r, buffer *out)
{
    static const char letters[] = "\"/\\bfnrt", meanings[] = "\"/\\\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    char letter = (char)*r->at++;
    if (letter == 'u')
        return read_unicode(r, out);
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found)
        buffer_append_byte(out, (uint8_t)meanings[found - letters]);
    return found != NULL;
}

/* Behind the opening quote. */
static bool read_string(json_reader *r, bytes *out)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    bool closed = false, good = true;
    while (good && r->at < r->end && !closed) {
        uint8_t byte = *r->at++;
        if (byte == '"')
            closed = true;
        else if (byte == '\\')
            good = read_escape(r, &text);
        else
            buffer_append_byte(&text, byte);
    }
    *out = arena_copy(r->memory, buffer_bytes(&text));
    buffer_free(&text);
    return good && closed;
}

static size_t count_digits(json_reader *r)
{
    size_t count = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        count++;
    return count;
}

static bool number_fits(bytes digits, bool negative, uint64_t *out)
{
    uint64_t value = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = digits.data[i] - '0';
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Integers of 64 bits keep their digits, everything else becomes a double with 17 digits. */
static bool read_number(json_reader *r, bytes *out)
{
    const uint8_t *start = r->at;
    bool negative = *r->at == '-', is_integer = true;
    r->at += negative;
    bytes digits = {r->at, 0};
    digits.size = count_digits(r);
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        count_digits(r);
        is_integer = false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        count_digits(r);
        is_integer = false;
    }
    uint64_t value;
    if (is_integer && number_fits(digits, negative, &value)) {
        *out = bytes_of_text(arena_print(r->memory, "%s%llu", negative && value ? "-" : "", (unsigned long long)value));
        return true;
    }
    char *text = arena_copy_text(r->memory, bytes_of(start, (size_t)(r->at - start))), *end;
    double number = strtod(text, &end);
    *out = bytes_of_text(arena_print(r->memory, "%.17g", number));
    return *end == '\0' && end != text;
}

static json_value *read_value(json_reader *r);

static void put_member(json_reader *r, json_value *object, size_t *capacity, bytes name, json_value *value)
{
    if (object->member_count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 8;
        json_member *members = arena_take_array(r->memory, *capacity, sizeof *members);
        if (object->member_count)
            memcpy(members, object->members, object->member_count * sizeof *members);
        object->members = members;
    }
    object->members[object->member_count] = (json_member){name, value, object->member_count};
    object->member_count++;
}

static int by_name(const void *left, const void *right)
{
    const json_member *a = left, *b = right;
    int order = bytes_compare(a->name, b->name);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* Of members with the same name the last one counts. */
static bool sort_members(json_value *object)
{
    size_t kept = 0;
    if (object->member_count)
        qsort(object->members, object->member_count, sizeof *object->members, by_name);
    for (size_t i = 0; i < object->member_count; i++)
        if (i + 1 == object->member_count || !bytes_equal(object->members[i].name, object->members[i + 1].name))
            object->members[kept++] = object->members[i];
    object->member_count = kept;
    return true;
}

static bool read_object(json_reader *r, json_value *object)
{
    size_t capacity = 0;
    object->kind = JSON_OBJECT;
    skip_blanks(r);
    if (at_text(r, "}"))
        return true;
    for (;;) {
        bytes name;
        skip_blanks(r);
        if (!at_text(r, "\"") || !read_string(r, &name))
            return false;
        skip_blanks(r);
        if (!at_text(r, ":"))
            return false;
        json_value *value = read_value(r);
        if (value == NULL)
            return false;
        put_member(r, object, &capacity, name, value);
        skip_blanks(r);
        if (at_text(r, "}"))
            return sort_members(object);
        if (!at_text(r, ","))
            return false;
    }
}

static bool read_array(json_reader *r, json_value *array)
{
    array->kind = JSON_ARRAY;
    skip_blanks(r);
    if (at_text(r, "]"))
        return true;
    for (;;) {
        if (read_value(r) == NULL)
            return false;
        skip_blanks(r);
        if (at_text(r, "]"))
            return true;
        if (!at_text(r, ","))
            return false;
    }
}

static bool read_scalar(json_reader *r, json_value *out)
{
    static const char *const words[] = {"true", "false"};
    out->kind = JSON_SCALAR;
    for (size_t i = 0; i < COUNT(words); i++)
        if (at_text(r, words[i])) {
            out->text = bytes_of_text(words[i]);
            return true;
        }
    if (at_text(r, "\""))
        return read_string(r, &out->text);
    if (r->at < r->end && (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')))
        return read_number(r, &out->text);
    return false;
}

static json_value *read_value(json_reader *r)
{
    json_value *value = arena_take(r->memory, sizeof *value);
    bool good;
    if (r->depth >= JSON_DEPTH_MAX)
        return NULL;
    r->depth++;
    skip_blanks(r);
    if (at_text(r, "{"))
        good = read_object(r, value);
    else if (at_text(r, "["))
        good = read_array(r, value);
    else
        good = at_text(r, "null") || read_scalar(r, value);
    r->depth--;
    return good ? value : NULL;
}

json_value *json_read(arena *a, bytes text)
{
    if (text.size == 0)
        return NULL;
    json_reader r = {.memory = a, .at = text.data, .end = text.data + text.size};
    return read_value(&r);
}

const json_value *json_member_of(const json_value *object, bytes name)
{
    for (size_t low = 0, high = object->member_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(object->members[middle].name, name);
        if (order == 0)
            return object->members[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void json_write_quoted(buffer *out, bytes text)
{
    static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        const char *found = byte ? strchr(meanings, byte) : NULL;
        if (found)
            buffer_print(out, "\\%c", letters[found - meanings]);
        else if (byte < 0x20)
            buffer_print(out, "\\u%04X", byte);
        else
            buffer_append_byte(out, byte);
    }
    buffer_append_byte(out, '"');
}
