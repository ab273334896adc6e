/* conflict_graph.h: which transactions of a block have to wait for which, from the keys they declare, and the order in which
   one worker takes them. Pure. Source: spec/execution.md 10.3, spec/precompiled.md 1.6. */
#ifndef HANSE_EXECUTOR_CONFLICT_GRAPH_H
#define HANSE_EXECUTOR_CONFLICT_GRAPH_H

#include "base/arena.h"

/* What one transaction declares. A barrier waits for all before it, and all behind it wait for it. QUIRK: a transaction with an
   empty list waits for nothing, not even for barriers, and nothing waits for it. */
typedef struct {
    bool is_barrier;
    const bytes *keys;
    size_t key_count;
} conflict_keys;

typedef struct {
    uint32_t from, to; /* `to` waits for `from`, which stands earlier in the block */
} conflict_edge;

/* An edge may stand there twice: for two keys. */
typedef struct {
    size_t count; /* of transactions: below UINT32_MAX */
    conflict_edge *edges; /* ascending by to; at most twice as many as keys and transactions together */
    size_t edge_count;
} conflict_graph;

/* The result lives in a, which is also used for what is needed on the way. seed: of the hash table (map.h). */
conflict_graph conflict_graph_build(const conflict_keys *transactions, size_t count, uint64_t seed, arena *a);
/* order: g->count numbers. A worker takes the first transaction that is ready; having run one it goes on with the first that has
   become ready by it, and puts the others at the end of the queue. */
void conflict_graph_order(const conflict_graph *g, arena *a, uint32_t *order);
/* Of all orders the graph allows, `first` being the least and orders compared from their beginning: the one that comes next after
   `order` and differs from it at position `last` or before. false: there is none. O(count * (count + edges)) at worst. */
bool conflict_graph_next_order(const conflict_graph *g, arena *a, const uint32_t *first, size_t last, uint32_t *order);

#endif
