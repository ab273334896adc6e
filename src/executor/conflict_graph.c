#include "executor/conflict_graph.h"

#include "base/map.h"

#include <assert.h>

enum { NONE = UINT32_MAX };

/* The last transaction with a key. Barriers make all entries before them void: instead of emptying the map they begin a new era. */
typedef struct {
    uint32_t last;
    uint32_t era;
} key_entry;

typedef struct {
    arena *a;
    conflict_graph graph;
    map entries; /* key -> key_entry */
    key_entry **current; /* of this era */
    size_t current_count;
    uint32_t era, last_barrier;
} builder;

static void add_edge(builder *b, uint32_t from, uint32_t to)
{
    b->graph.edges[b->graph.edge_count++] = (conflict_edge){from, to};
}

static key_entry *entry_of(builder *b, bytes key)
{
    key_entry *e = map_get(&b->entries, key);
    if (e == NULL) {
        e = arena_take(b->a, sizeof *e);
        e->era = NONE;
        map_put(&b->entries, key, e);
    }
    return e;
}

static void add_keyed(builder *b, const conflict_keys *t, uint32_t at)
{
    for (size_t k = 0; k < t->key_count; k++) {
        const key_entry *e = entry_of(b, t->keys[k]);
        uint32_t before = e->era == b->era ? e->last : b->last_barrier;
        if (before != NONE)
            add_edge(b, before, at);
    }
    for (size_t k = 0; k < t->key_count; k++) {
        key_entry *e = entry_of(b, t->keys[k]);
        if (e->era != b->era)
            b->current[b->current_count++] = e;
        *e = (key_entry){at, b->era};
    }
}

static void add_barrier(builder *b, uint32_t at)
{
    for (size_t k = 0; k < b->current_count; k++)
        add_edge(b, b->current[k]->last, at);
    if (b->last_barrier != NONE)
        add_edge(b, b->last_barrier, at);
    b->last_barrier = at;
    b->current_count = 0;
    b->era++;
}

conflict_graph conflict_graph_build(const conflict_keys *transactions, size_t count, uint64_t seed, arena *a)
{
    assert(count < NONE);
    size_t keys = 0;
    for (size_t i = 0; i < count; i++)
        keys += transactions[i].key_count;
    builder b = {.a = a, .graph.count = count, .entries = map_init(seed), .last_barrier = NONE};
    /* A key gives an edge to its transaction, and one to the next barrier; a barrier gives one to the next barrier. */
    b.graph.edges = arena_take_array(a, 2 * keys + count, sizeof *b.graph.edges);
    b.current = arena_take_array(a, keys, sizeof(key_entry *));
    for (size_t i = 0; i < count; i++) {
        if (transactions[i].is_barrier)
            add_barrier(&b, (uint32_t)i);
        else
            add_keyed(&b, &transactions[i], (uint32_t)i);
    }
    map_free(&b.entries);
    return b.graph;
}

typedef struct {
    uint32_t *waits_for; /* how many edges into a transaction are left */
    size_t *end;         /* successors of i: from end[i - 1] (0: from 0) to end[i] */
    uint32_t *successors;
} adjacency;

/* Edges ascend by `to`, and so does each list of successors. */
static adjacency adjacency_of(const conflict_graph *g, arena *a)
{
    adjacency out = {arena_take_array(a, g->count, sizeof(uint32_t)), arena_take_array(a, g->count + 1, sizeof(size_t)),
                     arena_take_array(a, g->edge_count, sizeof(uint32_t))};
    for (size_t i = 0; i < g->edge_count; i++) {
        out.waits_for[g->edges[i].to]++;
        out.end[g->edges[i].from + 1]++;
    }
    for (size_t i = 1; i <= g->count; i++)
        out.end[i] += out.end[i - 1];
    /* Now end[i] is where the list of i begins; filling the lists moves it to where it ends. */
    for (size_t i = 0; i < g->edge_count; i++)
        out.successors[out.end[g->edges[i].from]++] = g->edges[i].to;
    return out;
}

static size_t first_successor(const adjacency *next, uint32_t at)
{
    return at ? next->end[at - 1] : 0;
}

void conflict_graph_order(const conflict_graph *g, arena *a, uint32_t *order)
{
    adjacency next = adjacency_of(g, a);
    uint32_t *queue = arena_take_array(a, g->count, sizeof *queue);
    size_t taken = 0, queued = 0, done = 0;
    for (uint32_t i = 0; i < g->count; i++)
        if (next.waits_for[i] == 0)
            queue[queued++] = i;
    while (taken < queued) {
        for (uint32_t at = queue[taken++], following; at != NONE; at = following) {
            order[done++] = at;
            following = NONE;
            for (size_t k = first_successor(&next, at); k < next.end[at]; k++) {
                uint32_t successor = next.successors[k];
                if (--next.waits_for[successor] > 0)
                    continue;
                if (following == NONE)
                    following = successor;
                else
                    queue[queued++] = successor;
            }
        }
    }
    assert(done == g->count);
}

/* The least transaction by rank, behind `rank`, that is free to run; NONE. */
static uint32_t next_ready(const adjacency *next, const bool *is_taken, const uint32_t *first, size_t count, size_t rank)
{
    for (size_t i = rank + 1; i < count; i++)
        if (!is_taken[first[i]] && next->waits_for[first[i]] == 0)
            return first[i];
    return NONE;
}

bool conflict_graph_next_order(const conflict_graph *g, arena *a, const uint32_t *first, size_t last, uint32_t *order)
{
    adjacency next = adjacency_of(g, a);
    size_t *rank = arena_take_array(a, g->count, sizeof *rank), at = g->count;
    bool *is_taken = arena_take_array(a, g->count, sizeof *is_taken);
    for (size_t i = 0; i < g->count; i++) {
        rank[first[i]] = i;
        next.waits_for[i] = 0;
        is_taken[i] = true;
    }
    uint32_t other = NONE;
    while (other == NONE && at > 0) {
        uint32_t undone = order[--at];
        is_taken[undone] = false;
        for (size_t k = first_successor(&next, undone); k < next.end[undone]; k++)
            next.waits_for[next.successors[k]]++;
        if (at <= last)
            other = next_ready(&next, is_taken, first, g->count, rank[undone]);
    }
    if (other == NONE)
        return false;
    order[at++] = other;
    is_taken[other] = true;
    /* In `first` nothing stands before what it waits for: so the rest may follow in its order. */
    for (size_t i = 0; i < g->count; i++)
        if (!is_taken[first[i]])
            order[at++] = first[i];
    return true;
}
