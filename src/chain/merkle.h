/* merkle.h: the width-16 tree over transactions or receipts, and proofs. Source: spec/data-model.md 6.3 and 6.4.
   Leaf i is RLP(i) followed by the hash of item i; the last remaining node is hashed once more (QUIRK). */
#ifndef HANSE_CHAIN_MERKLE_H
#define HANSE_CHAIN_MERKLE_H

#include "base/arena.h"
#include "crypto/suite.h"

enum { MERKLE_WIDTH = 16 };

typedef struct {
    bytes left[MERKLE_WIDTH], right[MERKLE_WIDTH];
    size_t left_count, right_count;
} merkle_level;

typedef struct {
    merkle_level *levels; /* leaf level first */
    size_t level_count;
} merkle_proof;

hash256 merkle_root(const crypto_suite *suite, const hash256 *items, size_t count);
merkle_proof merkle_prove(const crypto_suite *suite, const hash256 *items, size_t count, size_t index, arena *a); /* index < count */
bool merkle_verify(const crypto_suite *suite, const merkle_proof *proof, size_t index, const hash256 *item,
                   const hash256 *root) MUST_USE;

#endif
