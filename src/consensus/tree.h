/* tree.h: who passes a transaction, a proposal or a block status on to whom: trees over sorted node lists.
   Pure functions of their arguments. Source: spec/consensus.md 8.7, whose names are used. */
#ifndef HANSE_CONSENSUS_TREE_H
#define HANSE_CONSENSUS_TREE_H

#include "crypto/suite.h"

enum { TREE_WIDTH = 3 };

typedef struct {
    const node_id *nodes; /* ascending bytewise, no node twice */
    size_t count;
} node_span;

enum { NODE_ABSENT = -1 };
/* Position of a node, or NODE_ABSENT. O(log count). */
ptrdiff_t node_span_find(node_span span, const node_id *node);

/* The transaction and proposal tree: nodes C with the root at position `root` (any value: it counts modulo the size where
   it matters). Every `out` has room for C.count nodes; the functions return how many they wrote, without repetition. */
typedef struct {
    node_span nodes; /* C */
    node_span peers; /* who can be reached */
    uint64_t root;   /* r, the consIndex */
    unsigned width;  /* w >= 2 */
} tree;

/* selectNodes: to whom `self` sends. `start`: a node outside C may begin at the root. */
size_t tree_select(const tree *t, const node_id *self, bool start, node_id *out);
/* The nearest reachable parent (0 or 1 nodes), and all reachable ones up to the root. */
size_t tree_parent(const tree *t, const node_id *self, node_id *out);
size_t tree_ancestors(const tree *t, const node_id *self, node_id *out);

/* The block status tree: to whom `self` reports a new block. members: sealers and observers; sealers: rPBFT's working ones
   where the consensus has such. out has room for members.count nodes. */
typedef struct {
    node_span members, sealers, peers;
    unsigned width;
} status_tree;

size_t status_tree_targets(const status_tree *t, const node_id *self, node_id *out);

#endif
