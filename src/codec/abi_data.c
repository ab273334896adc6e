#include "codec/abi.h"
#include "codec/abi_private.h"

#include <assert.h>

enum { WORD_BYTES = ABI_WORD_BYTES };

bool abi_number_fits(const abi_type *type, u256 number)
{
    switch (type->kind) {
    case ABI_UINT:
        return u256_bits(number) <= type->bits;
    case ABI_INT: {
        /* In range exactly when all bits from the sign bit on are equal. */
        u256 high = u256_shift_right(number, type->bits - 1);
        return u256_is_zero(high) || u256_equal(high, u256_shift_right(U256_MAX, type->bits - 1));
    }
    case ABI_ADDRESS:
        return u256_bits(number) <= 160;
    case ABI_BOOL:
        return u256_bits(number) <= 1;
    default:
        return false;
    }
}

/* --- encoding --- */

static void append_word(buffer *out, u256 value)
{
    uint8_t word[WORD_BYTES];
    u256_to_be(value, word);
    buffer_append(out, bytes_of(word, sizeof word));
}

static void append_padded(buffer *out, bytes data)
{
    static const uint8_t zeros[WORD_BYTES];
    buffer_append(out, data);
    buffer_append(out, bytes_of(zeros, (WORD_BYTES - data.size % WORD_BYTES) % WORD_BYTES));
}

static void encode_value(const abi_value *v, buffer *out);

static void encode_items(const abi_value *items, size_t count, buffer *out)
{
    size_t start = out->size, at = start;
    for (size_t i = 0; i < count; i++) {
        if (items[i].type->is_dynamic)
            append_word(out, U256_ZERO); /* its offset, when it is known */
        else
            encode_value(&items[i], out);
    }
    for (size_t i = 0; i < count && !out->overflowed; at += items[i++].type->head_bytes) {
        if (!items[i].type->is_dynamic)
            continue;
        u256_to_be(u256_of(out->size - start), out->data + at);
        encode_value(&items[i], out);
    }
}

static void encode_value(const abi_value *v, buffer *out)
{
    switch (v->type->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
    case ABI_BOOL:
        assert(abi_number_fits(v->type, v->number));
        append_word(out, v->number);
        return;
    case ABI_FIXED_BYTES:
        assert(v->data.size == v->type->size);
        append_padded(out, v->data);
        return;
    case ABI_BYTES:
    case ABI_STRING:
        append_word(out, u256_of(v->data.size));
        append_padded(out, v->data);
        return;
    case ABI_ARRAY:
        if (v->type->size == ABI_ANY_LENGTH)
            append_word(out, u256_of(v->count));
        else
            assert(v->count == v->type->size);
        encode_items(v->items, v->count, out);
        return;
    case ABI_TUPLE:
        assert(v->count == v->type->field_count);
        encode_items(v->items, v->count, out);
        return;
    }
}

void abi_encode(const abi_value *tuple, buffer *out)
{
    assert(tuple->type->kind == ABI_TUPLE);
    encode_value(tuple, out);
}

/* --- decoding --- */

typedef struct {
    arena *a;
    size_t values_left; /* QUOTA: offsets may point at the same bytes again and again */
    error_text *why;
} decoder;

static bool decode_value(decoder *d, const abi_type *type, bytes from, abi_value *out);

/* A word as a size; false when it is above `most`. */
static bool read_size(bytes from, size_t most, size_t *out)
{
    u256 value = u256_from_be(bytes_of(from.data, WORD_BYTES));
    *out = value.limb[0];
    return u256_fits_u64(value) && value.limb[0] <= most;
}

static bool take_items(decoder *d, const abi_type *type, size_t count, abi_value *out)
{
    if (count > d->values_left)
        return error_set(d->why, "ABI data: more than %d values", ABI_VALUES_MAX);
    d->values_left -= count;
    *out = (abi_value){.type = type, .count = count, .items = arena_take_array(d->a, count, sizeof *out->items)};
    return true;
}

static bool decode_items(decoder *d, const abi_type *type, size_t count, bytes area, abi_value *out)
{
    if (!take_items(d, type, count, out))
        return false;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const abi_type *item = abi_item_type(type, i);
        bytes from = bytes_from(area, at);
        if (from.size < item->head_bytes)
            return error_set(d->why, "ABI data: %zu bytes, item %zu is missing", area.size, i);
        if (item->is_dynamic) {
            size_t offset;
            if (!read_size(from, area.size, &offset))
                return error_set(d->why, "ABI data: the offset of item %zu points outside", i);
            from = bytes_from(area, offset);
        }
        if (!decode_value(d, item, from, &out->items[i]))
            return false;
        at += item->head_bytes;
    }
    return true;
}

static bool decode_bytes(decoder *d, const abi_type *type, bytes from, abi_value *out)
{
    size_t size;
    if (from.size < WORD_BYTES || !read_size(from, from.size - WORD_BYTES, &size))
        return error_set(d->why, "ABI data: a length points outside");
    *out = (abi_value){.type = type, .data = bytes_of(from.data + WORD_BYTES, size)};
    return true;
}

static bool decode_array(decoder *d, const abi_type *type, bytes from, abi_value *out)
{
    if (type->size != ABI_ANY_LENGTH)
        return decode_items(d, type, type->size, from, out);
    size_t count;
    if (from.size < WORD_BYTES || !read_size(from, ABI_VALUES_MAX, &count))
        return error_set(d->why, "ABI data: an array length is missing or above %d", ABI_VALUES_MAX);
    bytes area = bytes_from(from, WORD_BYTES);
    if (count * type->item->head_bytes > area.size) /* both at most 2^20 */
        return error_set(d->why, "ABI data: an array of %zu items in %zu bytes", count, area.size);
    return decode_items(d, type, count, area, out);
}

/* The recursion is as deep as the type: ABI_NESTING_MAX. */
static bool decode_value(decoder *d, const abi_type *type, bytes from, abi_value *out)
{
    switch (type->kind) {
    case ABI_BYTES:
    case ABI_STRING:
        return decode_bytes(d, type, from, out);
    case ABI_ARRAY:
        return decode_array(d, type, from, out);
    case ABI_TUPLE:
        return decode_items(d, type, type->field_count, from, out);
    default:
        break;
    }
    if (from.size < WORD_BYTES)
        return error_set(d->why, "ABI data: a value is missing");
    *out = (abi_value){.type = type};
    if (type->kind == ABI_FIXED_BYTES) {
        out->data = bytes_of(from.data, type->size);
        return true;
    }
    out->number = u256_from_be(bytes_of(from.data, WORD_BYTES));
    return abi_number_fits(type, out->number) || error_set(d->why, "ABI data: a number does not fit its type");
}

bool abi_decode(arena *a, const abi_type *tuple, bytes data, abi_value *out, error_text *why)
{
    assert(tuple->kind == ABI_TUPLE);
    decoder d = {.a = a, .values_left = ABI_VALUES_MAX, .why = why};
    return decode_items(&d, tuple, tuple->field_count, data, out);
}

/* --- events --- */

static const abi_type hash_type = {.kind = ABI_FIXED_BYTES, .size = 32, .head_bytes = WORD_BYTES};

bool abi_decode_event(arena *a, const abi_entry *event, const bytes *topics, size_t topic_count, bytes data,
                      abi_value *out, error_text *why)
{
    const abi_type *inputs = &event->inputs;
    size_t topic = event->is_anonymous ? 0 : 1, in_data = 0;
    abi_field *unindexed = arena_take_array(a, inputs->field_count, sizeof *unindexed);
    abi_type *data_type = arena_take(a, sizeof *data_type);
    for (size_t i = 0; i < inputs->field_count; i++)
        if (!inputs->fields[i].is_indexed)
            unindexed[in_data++] = inputs->fields[i];
    if (topic_count != topic + inputs->field_count - in_data)
        return error_set(why, "event %s: %zu topics, expected %zu", event->signature, topic_count,
                         topic + inputs->field_count - in_data);
    abi_value rest;
    if (!abi_tuple_of(unindexed, in_data, data_type, why) || !abi_decode(a, data_type, data, &rest, why))
        return false;
    decoder d = {.a = a, .values_left = ABI_VALUES_MAX, .why = why};
    if (!take_items(&d, inputs, inputs->field_count, out))
        return false;
    in_data = 0;
    for (size_t i = 0; i < inputs->field_count; i++) {
        if (!inputs->fields[i].is_indexed) {
            out->items[i] = rest.items[in_data++];
            continue;
        }
        const abi_type *type = &inputs->fields[i].type;
        bool is_hashed = type->is_dynamic || type->kind == ABI_ARRAY || type->kind == ABI_TUPLE;
        if (!decode_value(&d, is_hashed ? &hash_type : type, topics[topic++], &out->items[i]))
            return false;
    }
    return true;
}
