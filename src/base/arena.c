#include "base/arena.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BLOCK_BYTES = 16 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    arena_block *older;
    size_t size, used;
    _Alignas(ARENA_ALIGN) uint8_t data[];
};

void *arena_take(arena *a, size_t size)
{
    assert(size <= SIZE_MAX / 2);
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    arena_block *block = a->newest;
    if (block == NULL || block->size - block->used < rounded) {
        /* Blocks grow with the arena, so that a large one needs few of them. */
        size_t wanted = a->used_bytes > ARENA_BLOCK_BYTES ? a->used_bytes : ARENA_BLOCK_BYTES;
        if (wanted > 1024 * 1024)
            wanted = 1024 * 1024;
        if (wanted < rounded)
            wanted = rounded;
        block = memory_new(sizeof *block + wanted);
        *block = (arena_block){.older = a->newest, .size = wanted};
        a->newest = block;
    }
    void *taken = block->data + block->used;
    block->used += rounded;
    a->used_bytes += rounded;
    return taken;
}

void *arena_take_array(arena *a, size_t count, size_t item_size)
{
    assert(item_size == 0 || count <= SIZE_MAX / 2 / item_size);
    return arena_take(a, count * item_size);
}

bytes arena_copy(arena *a, bytes original)
{
    if (original.size == 0)
        return BYTES_EMPTY;
    uint8_t *copy = arena_take(a, original.size);
    memcpy(copy, original.data, original.size);
    return bytes_of(copy, original.size);
}

char *arena_copy_text(arena *a, bytes original)
{
    char *copy = arena_take(a, original.size + 1);
    if (original.size)
        memcpy(copy, original.data, original.size);
    return copy;
}

char *arena_print(arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    char *text = arena_take(a, (size_t)length + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_adopt(arena *a, arena *other)
{
    if (other->newest == NULL)
        return;
    arena_block *oldest = other->newest;
    while (oldest->older)
        oldest = oldest->older;
    oldest->older = a->newest;
    a->newest = other->newest;
    a->used_bytes += other->used_bytes;
    *other = (arena){0};
}

void arena_reset(arena *a)
{
    for (arena_block *block = a->newest, *older; block; block = older) {
        older = block->older;
        free(block);
    }
    *a = (arena){0};
}
