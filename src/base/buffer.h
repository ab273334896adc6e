/* buffer.h: bytes that grow at the end up to a stated maximum. Writing past the maximum sets `overflowed` and drops the
   bytes; check it once when done. A zeroed buffer has no maximum set: use buffer_init. Thread: one at a time. */
#ifndef HANSE_BASE_BUFFER_H
#define HANSE_BASE_BUFFER_H

#include "base/bytes.h"

typedef struct {
    uint8_t *data;
    size_t size, capacity, max_bytes;
    bool overflowed;
} buffer;

#define BUFFER_NO_LIMIT SIZE_MAX /* only for what the node itself produces from bounded input */

static inline buffer buffer_init(size_t max_bytes)
{
    return (buffer){.max_bytes = max_bytes};
}

uint8_t *buffer_extend(buffer *b, size_t size); /* room for size bytes, already counted; NULL past the maximum */
void buffer_append(buffer *b, bytes more);
void buffer_append_byte(buffer *b, uint8_t byte);
void buffer_append_text(buffer *b, const char *text);
void buffer_print(buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_consume(buffer *b, size_t size);    /* drops from the front; size <= b->size */
void buffer_clear(buffer *b);                   /* keeps the memory */
void buffer_free(buffer *b);

static inline bytes buffer_bytes(const buffer *b)
{
    return bytes_of(b->data, b->size);
}

#endif
