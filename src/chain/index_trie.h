/* index_trie.h: the root of the hexary trie that holds RLP(i) -> value i: the roots of an rc1 block.
   Source: spec/data-model.md 6.3; the trie is the one of the Ethereum yellow paper, appendix D. */
#ifndef HANSE_CHAIN_INDEX_TRIE_H
#define HANSE_CHAIN_INDEX_TRIE_H

#include "crypto/suite.h"

hash256 index_trie_root(const crypto_suite *suite, const bytes *values, size_t count);

#endif
