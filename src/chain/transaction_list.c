/* The parallel encoding of transactions (data-model.md 6.2): count, count + 1 offsets, then the transactions; 32-bit
   little-endian numbers. */
#include "chain/transaction.h"

#include <assert.h>

enum { NUMBER_BYTES = 4 };

static void append_le32(buffer *out, size_t value)
{
    assert(value <= UINT32_MAX);
    uint8_t le[NUMBER_BYTES];
    write_le32(le, (uint32_t)value);
    buffer_append(out, bytes_of(le, sizeof le));
}

void transactions_encode(transaction *const *txs, size_t count, buffer *out)
{
    if (count == 0)
        return;
    append_le32(out, count);
    size_t offset = 0;
    append_le32(out, offset);
    for (size_t i = 0; i < count; i++)
        append_le32(out, offset += txs[i]->raw.size);
    for (size_t i = 0; i < count; i++)
        buffer_append(out, txs[i]->raw);
}

bool transactions_split(bytes list, size_t max_count, arena *a, bytes **out, size_t *count, error_text *why)
{
    *out = NULL;
    *count = 0;
    if (list.size == 0)
        return true;
    if (list.size < NUMBER_BYTES)
        return error_set(why, "Block transactions bytes is invalid: %zu bytes", list.size);
    size_t n = read_le32(list.data);
    if (n > max_count)
        return error_set(why, "Block transactions bytes is invalid: %zu transactions, at most %zu", n, max_count);
    size_t start = NUMBER_BYTES * (n + 2); /* n is below 2^32 */
    if (start >= list.size)
        return error_set(why, "Block transactions bytes is invalid: objectStart >= bytesSize");
    bytes data = bytes_from(list, start);
    bytes *parts = arena_take_array(a, n, sizeof *parts);
    const uint8_t *offsets = list.data + NUMBER_BYTES;
    for (size_t i = 0; i < n; i++) {
        size_t from = read_le32(offsets + NUMBER_BYTES * i), to = read_le32(offsets + NUMBER_BYTES * (i + 1));
        if (from > data.size - 1)
            return error_set(why, "Block transactions bytes is invalid: offset > maxOffset");
        if (to < from || to > data.size)
            return error_set(why, "Block transactions bytes is invalid: transaction %zu is out of range", i);
        parts[i] = bytes_of(data.data + from, to - from);
    }
    *out = parts;
    *count = n;
    return true;
}
