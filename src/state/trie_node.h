/* trie_node.h: the nodes of a hexary Merkle-Patricia trie and their RLP. Source: spec/data-model.md 7.4, spec/execution.md
   section 9 (Ethereum's node encoding, yellow paper appendix D, with the chain's hash).

   A node is stored under the hash of its RLP; one whose RLP is shorter than a hash stands in its parent itself ("embedded"). */
#ifndef HANSE_STATE_TRIE_NODE_H
#define HANSE_STATE_TRIE_NODE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/suite.h"

enum { TRIE_BRANCHES = 16 };

typedef enum {
    TRIE_STUB,      /* known by its hash only */
    TRIE_LEAF,
    TRIE_EXTENSION, /* a path of at least one nibble to one child, which is a branch (or the stub of one) */
    TRIE_BRANCH     /* at least two of: sixteen children, a value */
} trie_node_kind;

typedef struct {
    const uint8_t *nibbles; /* one a byte, 0 to 15 */
    size_t size;
} trie_path;

typedef struct trie_node trie_node;
struct trie_node {
    trie_node_kind kind;
    bool has_hash;         /* as stored or written; false: new, changed, or embedded */
    hash256 hash;
    trie_path path;        /* leaf, extension */
    bytes value;           /* leaf; branch, where empty means none */
    trie_node *child;      /* extension */
    trie_node **children;  /* branch: TRIE_BRANCHES, NULL where there is none */
};

/* Strict: what it accepts is what trie_node_encode writes, except that the child of an extension may be a stub of anything.
   Nodes live in a, paths too; values are views into encoded. NULL: no node. The node has no hash yet. */
trie_node *trie_node_decode(bytes encoded, arena *a) MUST_USE;
/* Appends the RLP. reference is asked for each child that is not NULL and appends what stands for it: the RLP string of its
   hash, or the child's own RLP. */
typedef void (*trie_reference)(void *context, trie_node *child, buffer *out);
void trie_node_encode(const trie_node *node, trie_reference reference, void *context, buffer *out);

#endif
