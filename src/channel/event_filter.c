#include "channel/event_filter.h"
#include "base/u256.h"
#include "codec/hex.h"
#include "codec/json_read.h"

#include <stdio.h>

enum { JSON_VALUES_MAX = 5 * EVENT_FILTER_VALUES_MAX + 100 };

/* A scalar as text, in out of 32 bytes or where the string stands. NULL: no scalar. */
static bool scalar_text(const json_t *value, char *out, bytes *text)
{
    if (json_is_string(value)) {
        *text = bytes_of(json_string_value(value), json_string_length(value));
        return true;
    }
    if (json_is_integer(value))
        snprintf(out, 32, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(out, 32, "%s", json_is_true(value) ? "true" : "false");
    else
        return false;
    *text = bytes_of_text(out);
    return true;
}

/* Decimal or 0x-hex, 0 .. 2^63 - 1. */
static bool read_number(const json_t *value, int64_t *out)
{
    char scratch[32];
    bytes text;
    if (!scalar_text(value, scratch, &text))
        return false;
    unsigned base = 10;
    if (bytes_start_with(text, BYTES_OF_LITERAL("0x"))) {
        base = 16;
        text = bytes_from(text, 2);
    }
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit((char)text.data[i]);
        if (digit < 0 || (unsigned)digit >= base || number > ((uint64_t)INT64_MAX - (unsigned)digit) / base)
            return false;
        number = number * base + (unsigned)digit;
    }
    *out = (int64_t)number;
    return text.size > 0;
}

static bool is_latest(const json_t *value)
{
    return value == NULL || (json_is_string(value) && strcmp(json_string_value(value), "latest") == 0);
}

static bool read_range(event_filter *f, const json_t *root)
{
    const json_t *from = json_object_get(root, "fromBlock"), *to = json_object_get(root, "toBlock");
    f->from_latest = is_latest(from);
    f->to = INT64_MAX;
    return (f->from_latest || read_number(from, &f->from)) && (is_latest(to) || read_number(to, &f->to));
}

static bool read_address(const json_t *value, address *out)
{
    if (!json_is_string(value))
        return false;
    bytes digits = bytes_of(json_string_value(value), json_string_length(value));
    if (bytes_start_with(digits, BYTES_OF_LITERAL("0x")))
        digits = bytes_from(digits, 2);
    return hex_read(digits, out->b, sizeof out->b);
}

static bool read_addresses(event_filter *f, const json_t *value)
{
    bool is_one = json_is_string(value);
    if (!is_one && !json_is_array(value))
        return false;
    size_t count = is_one ? 1 : json_array_size(value);
    if (count > EVENT_FILTER_VALUES_MAX)
        return false;
    f->pattern.addresses = arena_take_array(&f->memory, count, sizeof *f->pattern.addresses);
    for (size_t i = 0; i < count; i++)
        if (!read_address(is_one ? value : json_array_get(value, i), &f->pattern.addresses[i]))
            return false;
    f->pattern.address_count = count;
    return true;
}

/* QUIRK of network.md 11.1: shorter hex, and text that is no number, is the zero topic. */
static bool read_topic(const json_t *value, hash256 *out)
{
    char scratch[32];
    bytes text;
    if (!scalar_text(value, scratch, &text))
        return false;
    *out = (hash256){{0}};
    if (bytes_start_with(text, BYTES_OF_LITERAL("0x"))) {
        bytes digits = bytes_from(text, 2);
        for (size_t i = 0; i < digits.size; i++)
            if (hex_digit((char)digits.data[i]) < 0)
                return false;
        if (digits.size >= 64)
            return hex_read(bytes_from(digits, digits.size - 64), out->b, sizeof out->b);
        return true;
    }
    u256 number;
    if (u256_from_decimal(text, &number))
        u256_to_be(number, out->b);
    return true;
}

/* null: any; a scalar; or an array of alternatives, nulls among them skipped. */
static bool read_alternatives(event_filter *f, size_t index, const json_t *value)
{
    bool is_many = json_is_array(value);
    if (json_is_null(value))
        return true;
    size_t count = is_many ? json_array_size(value) : 1, kept = 0;
    if (count > EVENT_FILTER_VALUES_MAX)
        return false;
    hash256 *values = arena_take_array(&f->memory, count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = is_many ? json_array_get(value, i) : value;
        if (json_is_null(one))
            continue;
        if (!read_topic(one, &values[kept++]))
            return false;
    }
    f->pattern.topics[index].values = values;
    f->pattern.topics[index].count = kept;
    return true;
}

static bool read_topics(event_filter *f, const json_t *value)
{
    if (value == NULL || json_is_object(value) || json_is_null(value))
        return false;
    if (!json_is_array(value))
        return read_alternatives(f, 0, value);
    if (json_array_size(value) > LOG_TOPICS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!read_alternatives(f, i, json_array_get(value, i)))
            return false;
    return true;
}

static bool read_identity(event_filter *f, const json_t *root)
{
    char scratch[32];
    bytes id;
    int64_t group;
    if (!scalar_text(json_object_get(root, "filterID"), scratch, &id) || id.size == 0 || id.size > EVENT_FILTER_ID_BYTES ||
        !read_number(json_object_get(root, "groupID"), &group) || group < 1 || group > INT16_MAX)
        return false;
    f->id = (const char *)arena_copy(&f->memory, id).data;
    f->id_bytes = id.size;
    f->group_id = (int32_t)group;
    return true;
}

int event_filter_parse(event_filter *f, bytes json)
{
    *f = (event_filter){0};
    json_t *root;
    if (json_read(json, JSON_VALUES_MAX, JSON_WIDE_AS_TEXT, &root) != JSON_READ_OK)
        return EVENT_INVALID_REQUEST;
    bool ok = json_is_object(root) && read_identity(f, root) && read_range(f, root) &&
              read_addresses(f, json_object_get(root, "addresses")) && read_topics(f, json_object_get(root, "topics"));
    json_decref(root);
    if (ok) /* HARDEN: the reference dies of a log with fewer topics than the filter names */
        log_pattern_sort(&f->pattern);
    return ok ? EVENT_OK : EVENT_INVALID_REQUEST;
}

void event_filter_free(event_filter *f)
{
    arena_reset(&f->memory);
    *f = (event_filter){0};
}
