/* order.h: the order of pending transactions: oldest millisecond first and, QUIRK, newest first inside one millisecond
   (spec/consensus.md 2.1). A treap with its nodes also chained in order: insert and remove in O(log n), first and next in
   O(1). A link lives inside its owner's structure and is in at most one order. Thread: one at a time. */
#ifndef HANSE_TXPOOL_ORDER_H
#define HANSE_TXPOOL_ORDER_H

#include "base/bytes.h"

typedef struct order_link order_link;
struct order_link {
    order_link *left, *right, *previous, *next;
    uint64_t time_ms, sequence; /* sequence: grows with every transaction */
    uint64_t priority;
};

typedef struct {
    order_link *root, *first;
    size_t count;
    uint64_t priorities; /* state of the generator */
} order;

static inline order order_init(uint64_t seed)
{
    return (order){.priorities = seed};
}

void order_insert(order *o, order_link *link, uint64_t time_ms, uint64_t sequence); /* the pair is not yet in the order */
void order_remove(order *o, order_link *link);                                      /* link is in the order */

#endif
