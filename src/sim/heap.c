#include "sim/heap.h"
#include "base/memory.h"

#include <stdlib.h>

static bool is_before(const heap_item *a, const heap_item *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

void heap_push(heap *h, uint64_t at_ms, void *event)
{
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 256;
        h->items = memory_resize(h->items, h->capacity, sizeof *h->items);
    }
    heap_item item = {at_ms, h->sequence++, event};
    size_t i = h->count++;
    for (; i > 0 && is_before(&item, &h->items[(i - 1) / 2]); i = (i - 1) / 2)
        h->items[i] = h->items[(i - 1) / 2];
    h->items[i] = item;
}

void *heap_pop(heap *h, uint64_t *at_ms)
{
    if (h->count == 0)
        return NULL;
    void *event = h->items[0].event;
    *at_ms = h->items[0].at_ms;
    heap_item last = h->items[--h->count];
    size_t i = 0;
    for (size_t child = 1; child < h->count; child = 2 * i + 1) {
        if (child + 1 < h->count && is_before(&h->items[child + 1], &h->items[child]))
            child++;
        if (!is_before(&h->items[child], &last))
            break;
        h->items[i] = h->items[child];
        i = child;
    }
    if (h->count)
        h->items[i] = last;
    return event;
}

bool heap_peek(const heap *h, uint64_t *at_ms)
{
    if (h->count)
        *at_ms = h->items[0].at_ms;
    return h->count > 0;
}

void heap_free(heap *h)
{
    free(h->items);
    *h = (heap){0};
}
