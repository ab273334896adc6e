/* support_trie.h: a place for the nodes of a trie, and the root of a set of items by the definition alone. */
#ifndef HANSE_TESTS_SUPPORT_TRIE_H
#define HANSE_TESTS_SUPPORT_TRIE_H

#include "test.h"

#include "base/map.h"
#include "codec/hex.h"
#include "state/trie.h"

typedef struct {
    arena memory;
    map by_hash;        /* hash -> stored_node */
    size_t written;
    bool refuses_reads;
} node_shelf;

typedef struct {
    hash256 hash;
    bytes value;
} stored_node;

void shelf_free(node_shelf *s);
bool shelf_read(void *context, const hash256 *hash, arena *a, bytes *node, error_text *why);
void shelf_write(void *context, const hash256 *hash, bytes node);

typedef struct {
    bytes key, value;
} trie_item;

/* Yellow paper, appendix D: from the sorted items to the root, without any tree. Items ascend by key. */
hash256 naive_root(const crypto_suite *suite, const trie_item *items, size_t count);

#endif
