#include "codec/rlp.h"

#include <assert.h>

const char *rlp_error_text(rlp_error error)
{
    static const char *const texts[] = {
        [RLP_OK] = "ok",
        [RLP_TRUNCATED] = "item is truncated or missing",
        [RLP_NOT_CANONICAL] = "not in the shortest form",
        [RLP_NOT_A_LIST] = "not a list",
        [RLP_NOT_A_STRING] = "not a string",
        [RLP_WRONG_SIZE] = "wrong size",
        [RLP_TRAILING_BYTES] = "trailing bytes",
    };
    return texts[error];
}

rlp_reader rlp_reader_of(bytes payload)
{
    static const uint8_t nothing[1];
    const uint8_t *at = payload.data ? payload.data : nothing;
    return (rlp_reader){.at = at, .end = at + payload.size};
}

void rlp_fail(rlp_reader *r, rlp_error error)
{
    if (r->error == RLP_OK) {
        r->error = error;
        r->item = r->item ? r->item - 1 : 0;
    }
}

static rlp_item fail_item(rlp_reader *r, rlp_error error)
{
    r->item++;
    rlp_fail(r, error);
    return (rlp_item){0};
}

/* Reads a big-endian length of `size` bytes; SIZE_MAX when it does not fit or is not the shortest form. */
static size_t long_length(const uint8_t *at, size_t size)
{
    if (size > sizeof(size_t) || at[0] == 0)
        return SIZE_MAX;
    size_t length = 0;
    for (size_t i = 0; i < size; i++)
        length = length << 8 | at[i];
    return length < 56 ? SIZE_MAX : length;
}

rlp_item rlp_read_item(rlp_reader *r)
{
    if (r->error)
        return (rlp_item){0};
    size_t left = (size_t)(r->end - r->at);
    if (left == 0)
        return fail_item(r, RLP_TRUNCATED);
    const uint8_t *start = r->at;
    uint8_t first = start[0];
    bool is_list = first >= 0xc0;
    size_t header = 1, size;
    if (first < 0x80) {
        header = 0;
        size = 1;
    } else {
        uint8_t base = is_list ? 0xc0 : 0x80;
        size = (size_t)(first - base);
        if (size > 55) {
            size_t length_bytes = size - 55;
            if (length_bytes > left - 1)
                return fail_item(r, RLP_TRUNCATED);
            size = long_length(start + 1, length_bytes);
            if (size == SIZE_MAX)
                return fail_item(r, RLP_NOT_CANONICAL);
            header += length_bytes;
        }
    }
    if (size > left - header)
        return fail_item(r, RLP_TRUNCATED);
    if (!is_list && header == 1 && size == 1 && start[1] < 0x80)
        return fail_item(r, RLP_NOT_CANONICAL);
    r->at = start + header + size;
    r->item++;
    return (rlp_item){is_list, bytes_of(start + header, size), bytes_of(start, header + size)};
}

rlp_reader rlp_open_list(bytes whole)
{
    rlp_reader outer = rlp_reader_of(whole);
    rlp_reader inner = rlp_read_list(&outer);
    if (outer.error)
        rlp_fail(&inner, outer.error);
    else if (!rlp_at_end(&outer))
        rlp_fail(&inner, RLP_TRAILING_BYTES);
    return inner;
}

rlp_reader rlp_open_boxed(bytes whole)
{
    rlp_reader list = rlp_open_list(whole);
    bytes payload = rlp_read_string(&list);
    rlp_reader inner = rlp_reader_of(payload);
    if (list.error)
        rlp_fail(&inner, list.error);
    return inner;
}

bool rlp_at_end(const rlp_reader *r)
{
    return r->error != RLP_OK || r->at == r->end;
}

size_t rlp_count_items(const rlp_reader *r)
{
    rlp_reader copy = *r;
    size_t count = 0;
    while (!rlp_at_end(&copy)) {
        rlp_read_item(&copy);
        count += copy.error == RLP_OK;
    }
    return count;
}

bool rlp_peek_is_list(const rlp_reader *r)
{
    return r->error == RLP_OK && r->at < r->end && *r->at >= 0xc0;
}

rlp_reader rlp_read_list(rlp_reader *r)
{
    rlp_item item = rlp_read_item(r);
    if (r->error == RLP_OK && !item.is_list)
        rlp_fail(r, RLP_NOT_A_LIST);
    rlp_reader inner = rlp_reader_of(r->error ? BYTES_EMPTY : item.payload);
    inner.error = r->error;
    return inner;
}

bytes rlp_read_string(rlp_reader *r)
{
    rlp_item item = rlp_read_item(r);
    if (item.is_list) {
        rlp_fail(r, RLP_NOT_A_STRING);
        return BYTES_EMPTY;
    }
    return item.payload;
}

bytes rlp_read_bytes_lenient(rlp_reader *r)
{
    rlp_item item = rlp_read_item(r);
    return item.is_list ? BYTES_EMPTY : item.payload;
}

static bytes read_integer(rlp_reader *r, size_t max_bytes)
{
    bytes payload = rlp_read_string(r);
    if (r->error)
        return BYTES_EMPTY;
    if (payload.size > max_bytes)
        rlp_fail(r, RLP_WRONG_SIZE);
    else if (payload.size && payload.data[0] == 0)
        rlp_fail(r, RLP_NOT_CANONICAL);
    return r->error ? BYTES_EMPTY : payload;
}

u256 rlp_read_u256(rlp_reader *r)
{
    return u256_from_be(read_integer(r, 32));
}

uint64_t rlp_read_uint(rlp_reader *r, size_t max_bytes)
{
    assert(max_bytes >= 1 && max_bytes <= 8);
    return u256_from_be(read_integer(r, max_bytes)).limb[0];
}

void rlp_read_fixed(rlp_reader *r, uint8_t *out, size_t size, rlp_fit fit)
{
    memset(out, 0, size);
    bytes payload = rlp_read_string(r);
    if (r->error)
        return;
    bool fits = fit == RLP_EXACT ? payload.size == size : fit == RLP_PAD_LEFT ? payload.size <= size : true;
    if (!fits) {
        rlp_fail(r, RLP_WRONG_SIZE);
        return;
    }
    size_t used = payload.size < size ? payload.size : size;
    if (used)
        memcpy(out + size - used, payload.data, used);
}

/* Header of an item with `size` payload bytes into out (at most 9 bytes); base is 0x80 or 0xc0. */
static size_t make_header(uint8_t out[9], uint8_t base, size_t size)
{
    if (size < 56) {
        out[0] = (uint8_t)(base + size);
        return 1;
    }
    uint8_t length[32];
    size_t length_bytes = u256_to_be_minimal(u256_of(size), length);
    out[0] = (uint8_t)(base + 55 + length_bytes);
    memcpy(out + 1, length, length_bytes);
    return 1 + length_bytes;
}

size_t rlp_list_header(size_t payload_bytes, uint8_t out[RLP_HEADER_MAX_BYTES])
{
    return make_header(out, 0xc0, payload_bytes);
}

size_t rlp_list_size(size_t payload_bytes)
{
    uint8_t header[9];
    return make_header(header, 0xc0, payload_bytes) + payload_bytes;
}

void rlp_write_string(buffer *out, bytes payload)
{
    if (payload.size == 1 && payload.data[0] < 0x80) {
        buffer_append(out, payload);
        return;
    }
    uint8_t header[9];
    buffer_append(out, bytes_of(header, make_header(header, 0x80, payload.size)));
    buffer_append(out, payload);
}

void rlp_write_u256(buffer *out, u256 value)
{
    uint8_t minimal[32];
    rlp_write_string(out, bytes_of(minimal, u256_to_be_minimal(value, minimal)));
}

void rlp_write_uint(buffer *out, uint64_t value)
{
    rlp_write_u256(out, u256_of(value));
}

void rlp_write_u32(buffer *out, uint64_t value)
{
    rlp_write_uint(out, value & UINT32_MAX);
}

size_t rlp_begin_list(buffer *out)
{
    return out->size;
}

static void end_item(buffer *out, size_t mark, uint8_t base)
{
    if (out->overflowed)
        return;
    uint8_t header[9];
    size_t payload = out->size - mark;
    size_t size = make_header(header, base, payload);
    if (buffer_extend(out, size) == NULL)
        return;
    memmove(out->data + mark + size, out->data + mark, payload);
    memcpy(out->data + mark, header, size);
}

void rlp_end_list(buffer *out, size_t mark)
{
    end_item(out, mark, 0xc0);
}

void rlp_end_string(buffer *out, size_t mark)
{
    if (out->size - mark == 1 && out->data[mark] < 0x80)
        return;
    end_item(out, mark, 0x80);
}
