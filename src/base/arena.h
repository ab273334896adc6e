/* arena.h: memory with one life time: a block, a message, a request. Blocks are taken from the system as needed and given
   back together. Thread: one at a time. A zeroed arena is a valid empty one. */
#ifndef HANSE_BASE_ARENA_H
#define HANSE_BASE_ARENA_H

#include "base/bytes.h"

typedef struct arena_block arena_block;
typedef struct {
    arena_block *newest;
    size_t used_bytes; /* sum of what was handed out: what a limit is compared with */
} arena;

void *arena_take(arena *a, size_t size);                       /* zeroed, aligned to 16; never NULL (memory.h) */
void *arena_take_array(arena *a, size_t count, size_t item_size);
bytes arena_copy(arena *a, bytes original);
char *arena_copy_text(arena *a, bytes original);               /* with a terminating zero */
char *arena_print(arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
/* What was taken from `other` lives on in a; other is empty afterwards. */
void arena_adopt(arena *a, arena *other);
void arena_reset(arena *a);                                    /* frees everything; the arena may be used again */

#endif
