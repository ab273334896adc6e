#include "contract/abi.h"

#include <assert.h>

enum { WORD = 32 };

/* QUIRK: positions are 64-bit and wrap; a position is good when it is below the size (precompiled.md 3.1). */
static bool is_valid(const abi_reader *r, uint64_t position)
{
    return position < r->data.size;
}

/* The word at a position, zero-filled past the end. */
static u256 word_at(const abi_reader *r, uint64_t position)
{
    uint8_t word[WORD] = {0};
    if (position < r->data.size) {
        size_t left = r->data.size - (size_t)position;
        memcpy(word, r->data.data + position, left < WORD ? left : WORD);
    }
    return u256_from_be(BYTES_OF_VALUE(word));
}

static u256 next_head(abi_reader *r)
{
    if (r->failed || !is_valid(r, (uint64_t)r->head + WORD - 1)) {
        r->failed = true;
        return U256_ZERO;
    }
    u256 word = word_at(r, r->head);
    r->head += WORD;
    return word;
}

bytes abi_read_bytes(abi_reader *r)
{
    uint64_t offset = next_head(r).limb[0];
    if (r->failed)
        return BYTES_EMPTY;
    uint64_t length = 0;
    bool fits = is_valid(r, offset + WORD - 1);
    if (fits) {
        length = word_at(r, offset).limb[0];
        fits = is_valid(r, offset + WORD + length - 1);
    }
    if (!fits) {
        r->failed = true;
        return BYTES_EMPTY;
    }
    /* QUIRK: a sum that wrapped passed the test and means the empty string. */
    if (offset > r->data.size || r->data.size - offset < WORD || r->data.size - offset - WORD < length)
        return BYTES_EMPTY;
    return bytes_of(r->data.data + offset + WORD, (size_t)length);
}

u256 abi_read_u256(abi_reader *r)
{
    return next_head(r);
}

abi_signed abi_read_signed(abi_reader *r)
{
    u256 raw = next_head(r), boundary = U256_MAX;
    boundary.limb[3] = UINT64_C(0x8fffffffffffffff);
    if (u256_compare(raw, boundary) > 0)
        return (abi_signed){true, u256_sub(U256_ZERO, raw)};
    return (abi_signed){false, raw};
}

address abi_read_address(abi_reader *r)
{
    uint8_t word[WORD];
    u256_to_be(next_head(r), word);
    address a;
    memcpy(a.b, word + WORD - sizeof a.b, sizeof a.b);
    return a;
}

hash256 abi_read_bytes32(abi_reader *r)
{
    hash256 value;
    u256_to_be(next_head(r), value.b);
    return value;
}

bytes abi_signed_text(arena *a, abi_signed value)
{
    char digits[U256_DECIMAL_BYTES];
    u256_to_decimal(value.magnitude, digits);
    return bytes_of_text(arena_print(a, "%s%s", value.is_negative ? "-" : "", digits));
}

u256 u256_of_i64(int64_t value)
{
    uint64_t high = value < 0 ? UINT64_MAX : 0;
    return (u256){{(uint64_t)value, high, high, high}};
}

void abi_write_u256(abi_writer *w, u256 value)
{
    assert(w->count < ABI_VALUES_MAX);
    u256_to_be(value, w->values[w->count++].head);
}

void abi_write_i64(abi_writer *w, int64_t value)
{
    abi_write_u256(w, u256_of_i64(value));
}

void abi_write_address(abi_writer *w, const address *value)
{
    abi_write_u256(w, u256_from_be(BYTES_OF_VALUE(*value)));
}

void abi_write_bytes32(abi_writer *w, const hash256 *value)
{
    abi_write_u256(w, u256_from_be(BYTES_OF_VALUE(*value)));
}

static uint8_t *begin_tail(abi_writer *w, size_t count, size_t content_bytes)
{
    assert(w->count < ABI_VALUES_MAX);
    size_t padded = (content_bytes + WORD - 1) / WORD * WORD;
    uint8_t *tail = arena_take(w->memory, WORD + padded);
    u256_to_be(u256_of(count), tail);
    w->values[w->count].tail = bytes_of(tail, WORD + padded);
    w->values[w->count++].is_dynamic = true;
    return tail + WORD;
}

void abi_write_bytes(abi_writer *w, bytes value)
{
    uint8_t *content = begin_tail(w, value.size, value.size);
    if (value.size)
        memcpy(content, value.data, value.size);
}

void abi_write_addresses(abi_writer *w, const address *values, size_t count)
{
    uint8_t *content = begin_tail(w, count, count * WORD);
    for (size_t i = 0; i < count; i++)
        u256_to_be(u256_from_be(BYTES_OF_VALUE(values[i])), content + i * WORD);
}

bytes abi_written(abi_writer *w)
{
    size_t size = w->count * WORD, at = size;
    for (size_t i = 0; i < w->count; i++)
        size += w->values[i].tail.size;
    uint8_t *out = arena_take(w->memory, size);
    for (size_t i = 0; i < w->count; i++) {
        if (!w->values[i].is_dynamic) {
            memcpy(out + i * WORD, w->values[i].head, WORD);
            continue;
        }
        u256_to_be(u256_of(at), out + i * WORD);
        memcpy(out + at, w->values[i].tail.data, w->values[i].tail.size);
        at += w->values[i].tail.size;
    }
    return bytes_of(out, size);
}

uint32_t abi_selector(const crypto_suite *suite, const char *signature)
{
    return read_be32(suite_hash(suite, bytes_of_text(signature)).b);
}

bytes abi_written_call(abi_writer *w, const crypto_suite *suite, const char *signature)
{
    bytes body = abi_written(w);
    uint8_t *out = arena_take(w->memory, 4 + body.size);
    write_be32(out, abi_selector(suite, signature));
    if (body.size)
        memcpy(out + 4, body.data, body.size);
    return bytes_of(out, 4 + body.size);
}

bytes abi_error(const crypto_suite *suite, arena *a, bytes text)
{
    abi_writer w = abi_writer_of(a);
    abi_write_bytes(&w, text);
    return abi_written_call(&w, suite, "Error(string)");
}
