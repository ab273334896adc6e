/* trie.h: a hexary Merkle-Patricia trie: keys and values as bytes, one hash for all of them. Source: spec/data-model.md 7.4,
   spec/execution.md section 9. Pure: nodes that are not in memory yet come from a source, new ones leave through a sink.
   The "secure" trie of the state is this one with keys that the caller hashed.

   After a failed read of the source (or a node that is none) the trie has failed for good: every later call answers false, and
   trie_failed says why; so who makes many calls may look once at the end. Nodes are never removed from where they are stored:
   old roots stay readable.
   Threads: one at a time. */
#ifndef HANSE_STATE_TRIE_H
#define HANSE_STATE_TRIE_H

#include "base/arena.h"
#include "crypto/suite.h"
#include "state/trie_node.h"

enum { TRIE_KEY_MAX_BYTES = 32 }; /* asserted; so no path through a trie is longer than 64 nodes */

/* The node stored under hash: into *node, in a. false with a reason: it is not there or cannot be read. */
typedef bool (*trie_read)(void *context, const hash256 *hash, arena *a, bytes *node, error_text *why);
/* node must be copied if it is to stay. */
typedef void (*trie_write)(void *context, const hash256 *hash, bytes node);

typedef struct {
    const crypto_suite *suite;
    arena *memory;
    trie_read read;
    void *context; /* of read and write */
    trie_node *root; /* NULL: empty */
    const error_text *failure; /* NULL: none; in memory */
} trie;

hash256 trie_empty_root(const crypto_suite *suite); /* H(RLP("")) */
/* Nothing is read yet. A root of zero bytes is the empty trie too. memory must outlive the trie; there is nothing to free. */
void trie_open(trie *t, const crypto_suite *suite, const hash256 *root, trie_read read, void *context, arena *memory);
bool trie_get(trie *t, bytes key, bytes *value); /* absent: empty; lives until the next put or delete */
bool trie_put(trie *t, bytes key, bytes value);  /* value is not empty (asserted); key and value are copied */
bool trie_delete(trie *t, bytes key);            /* absent: true, and nothing changes */
/* Hands every node that changed since the trie was opened or trie_root was called last to write, children first. */
hash256 trie_root(trie *t, trie_write write);
bool trie_failed(const trie *t, error_text *why);

#endif
