#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint8_t *buffer_extend(buffer *b, size_t size)
{
    if (b->overflowed || size > b->max_bytes - b->size) {
        b->overflowed = true;
        return NULL;
    }
    if (b->data == NULL || size > b->capacity - b->size) {
        size_t wanted = b->capacity ? b->capacity * 2 : 256;
        while (wanted - b->size < size)
            wanted *= 2;
        b->data = memory_resize(b->data, wanted, 1);
        b->capacity = wanted;
    }
    uint8_t *room = b->data + b->size;
    b->size += size;
    return room;
}

void buffer_append(buffer *b, bytes more)
{
    if (more.size == 0)
        return;
    uint8_t *room = buffer_extend(b, more.size);
    if (room)
        memcpy(room, more.data, more.size);
}

void buffer_append_byte(buffer *b, uint8_t byte)
{
    buffer_append(b, bytes_of(&byte, 1));
}

void buffer_append_text(buffer *b, const char *text)
{
    buffer_append(b, bytes_of_text(text));
}

void buffer_print(buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    char *room = (char *)buffer_extend(b, (size_t)length + 1);
    if (room == NULL)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)length + 1, format, args);
    va_end(args);
    b->size--; /* the terminating zero is not content */
}

void buffer_consume(buffer *b, size_t size)
{
    assert(size <= b->size);
    b->size -= size;
    if (b->size)
        memmove(b->data, b->data + size, b->size);
}

void buffer_clear(buffer *b)
{
    b->size = 0;
    b->overflowed = false;
}

void buffer_free(buffer *b)
{
    free(b->data);
    *b = buffer_init(b->max_bytes);
}
