#include "consensus/tree.h"

#include <assert.h>

ptrdiff_t node_span_find(node_span span, const node_id *node)
{
    size_t low = 0, high = span.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&span.nodes[middle], node, sizeof *node);
        if (order == 0)
            return (ptrdiff_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NODE_ABSENT;
}

/* Both trees number their nodes 0 .. last; they differ in which node stands behind a number. */
typedef struct {
    node_span list;
    node_span peers;
    int64_t shift; /* number e is list[(e + shift) mod count] */
    int64_t last;
    int64_t width;
} numbering;

typedef struct {
    node_id *nodes;
    size_t count, room;
} picked;

static void pick(picked *out, const node_id *node)
{
    for (size_t i = 0; i < out->count; i++)
        if (node_id_equal(&out->nodes[i], node))
            return;
    assert(out->count < out->room);
    out->nodes[out->count++] = *node;
}

static const node_id *node_at(const numbering *n, int64_t number)
{
    int64_t m = (int64_t)n->list.count, at = (number + n->shift) % m;
    return &n->list.nodes[at < 0 ? at + m : at];
}

static const node_id *peer_at(const numbering *n, int64_t number)
{
    const node_id *node = node_at(n, number);
    return node_span_find(n->peers, node) == NODE_ABSENT ? NULL : node;
}

/* children(k): an unreachable child is replaced by its own children. The recursion goes down a tree of width >= 2 with at
   most `last` nodes, so it is no deeper than the bits of `last`. */
static void add_children(const numbering *n, int64_t k, picked *out)
{
    for (int64_t i = 0; i < n->width; i++) {
        int64_t child = k * n->width + i + 1;
        if (child > n->last)
            return;
        const node_id *node = peer_at(n, child);
        if (node)
            pick(out, node);
        else if (child < n->last)
            add_children(n, child, out);
    }
}

/* QUIRK: the first step up is the ceiling of (k - 1) / w, not the true parent, for most k. -1: there is none. */
static int64_t first_parent(const numbering *n, int64_t k)
{
    int64_t p = (k + n->width - 2) / n->width;
    return p == k ? -1 : p;
}

static int64_t next_parent(const numbering *n, int64_t p)
{
    return p == 0 ? -1 : (p - 1) / n->width;
}

static numbering tree_numbering(const tree *t)
{
    assert(t->width >= 2);
    size_t m = t->nodes.count;
    return (numbering){.list = t->nodes, .peers = t->peers, .shift = m ? (int64_t)(t->root % m) : 0,
                       .last = (int64_t)m - 1, .width = t->width};
}

/* The tree's number of the node at a position of the list. */
static int64_t tree_number(const tree *t, ptrdiff_t position)
{
    uint64_t p = (uint64_t)position, m = t->nodes.count, r = t->root;
    return (int64_t)(p >= r ? p - r : (p + m - r % m) % m);
}

size_t tree_select(const tree *t, const node_id *self, bool start, node_id *out)
{
    picked result = {out, 0, t->nodes.count};
    if (t->nodes.count == 0)
        return 0;
    numbering n = tree_numbering(t);
    ptrdiff_t own = node_span_find(t->nodes, self);
    if (own != NODE_ABSENT) {
        add_children(&n, tree_number(t, own), &result);
    } else if (start) {
        const node_id *root = peer_at(&n, 0);
        if (root)
            pick(&result, root);
        else /* QUIRK: the children of number r, not of number 0 */
            add_children(&n, n.shift, &result);
    }
    return result.count;
}

static size_t climb(const tree *t, const node_id *self, bool all, node_id *out)
{
    picked result = {out, 0, t->nodes.count};
    ptrdiff_t own = node_span_find(t->nodes, self);
    if (own == NODE_ABSENT)
        return 0;
    numbering n = tree_numbering(t);
    for (int64_t p = first_parent(&n, tree_number(t, own)); p >= 0; p = next_parent(&n, p)) {
        const node_id *node = peer_at(&n, p);
        if (node)
            pick(&result, node);
        if (node && !all)
            break;
    }
    return result.count;
}

size_t tree_parent(const tree *t, const node_id *self, node_id *out)
{
    return climb(t, self, false, out);
}

size_t tree_ancestors(const tree *t, const node_id *self, node_id *out)
{
    return climb(t, self, true, out);
}

/* Numbers inside a slot begin with 1; 0 stands for the slot's sealer but, QUIRK, does not resolve to it: it is the node
   before the slot, or nothing when the slot is the first. */
static const node_id *slot_parent(const numbering *n, int64_t k)
{
    for (int64_t p = first_parent(n, k); p >= 0; p = next_parent(n, p)) {
        const node_id *node = p == 0 && n->shift < 0 ? NULL : peer_at(n, p);
        if (node)
            return node;
    }
    return NULL;
}

size_t status_tree_targets(const status_tree *t, const node_id *self, node_id *out)
{
    assert(t->width >= 2);
    picked result = {out, 0, t->members.count};
    ptrdiff_t member = node_span_find(t->members, self), sealer = node_span_find(t->sealers, self);
    if (member == NODE_ABSENT || t->sealers.count == 0)
        return 0;
    int64_t m = (int64_t)t->members.count, s = (int64_t)t->sealers.count, slot = (m + s - 1) / s;
    int64_t start = sealer != NODE_ABSENT ? slot * sealer : member / slot * slot;
    if (start > m - 1)
        start = m - 1;
    int64_t end = start + slot - 1 < m - 1 ? start + slot - 1 : m - 1;
    numbering n = {.list = t->members, .peers = t->peers, .shift = start - 1, .last = end - start + 1, .width = t->width};
    if (sealer != NODE_ABSENT) {
        for (size_t i = 0; i < t->sealers.count; i++)
            if ((ptrdiff_t)i != sealer && node_span_find(t->peers, &t->sealers.nodes[i]) != NODE_ABSENT)
                pick(&result, &t->sealers.nodes[i]);
        add_children(&n, 0, &result);
    } else {
        const node_id *parent = slot_parent(&n, member + 1 - start);
        if (parent)
            pick(&result, parent);
        add_children(&n, member + 1 - start, &result);
    }
    return result.count;
}
