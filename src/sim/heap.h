/* heap.h: what happens next: a binary heap of events by time, then by the order in which they were added, so that a run
 * replays. */
#ifndef HANSE_SIM_HEAP_H
#define HANSE_SIM_HEAP_H

#include "base/bytes.h"

typedef struct {
    uint64_t at_ms, sequence;
    void *event;
} heap_item;

typedef struct {
    heap_item *items;
    size_t count, capacity;
    uint64_t sequence;
} heap;

void heap_push(heap *h, uint64_t at_ms, void *event);
void *heap_pop(heap *h, uint64_t *at_ms);       /* the earliest; NULL: empty */
bool heap_peek(const heap *h, uint64_t *at_ms); /* false: empty */
void heap_free(heap *h);                        /* the events themselves are the caller's */

#endif
