#include "chain/merkle.h"
#include "base/memory.h"
#include "codec/rlp.h"

#include <assert.h>
#include <stdlib.h>

enum { LEAF_MAX_BYTES = RLP_HEADER_MAX_BYTES + sizeof(hash256) };

/* RLP(index) followed by the hash, into out; returns its length. */
static size_t make_leaf(size_t index, const hash256 *item, uint8_t out[LEAF_MAX_BYTES])
{
    uint8_t space[LEAF_MAX_BYTES];
    buffer b = {.data = space, .capacity = sizeof space, .max_bytes = sizeof space};
    rlp_write_uint(&b, index);
    buffer_append(&b, BYTES_OF_VALUE(*item));
    assert(b.data == space);
    memcpy(out, space, b.size);
    return b.size;
}

/* The parents of the leaves: one hash for each MERKLE_WIDTH of them. */
static size_t hash_leaves(const crypto_suite *suite, const hash256 *items, size_t count, hash256 *out)
{
    size_t groups = 0;
    for (size_t first = 0; first < count; first += MERKLE_WIDTH) {
        hash_stream s;
        hash_stream_begin(&s, suite->hash);
        for (size_t i = first; i < count && i < first + MERKLE_WIDTH; i++) {
            uint8_t leaf[LEAF_MAX_BYTES];
            hash_stream_add(&s, bytes_of(leaf, make_leaf(i, &items[i], leaf)));
        }
        out[groups++] = hash_stream_end(&s);
    }
    return groups;
}

/* The same for inner nodes; may work in place. */
static size_t hash_nodes(const crypto_suite *suite, const hash256 *nodes, size_t count, hash256 *out)
{
    size_t groups = 0;
    for (size_t first = 0; first < count; first += MERKLE_WIDTH) {
        size_t members = count - first < MERKLE_WIDTH ? count - first : MERKLE_WIDTH;
        out[groups++] = suite_hash(suite, bytes_of(&nodes[first], members * sizeof *nodes));
    }
    return groups;
}

hash256 merkle_root(const crypto_suite *suite, const hash256 *items, size_t count)
{
    if (count == 0)
        return suite_hash(suite, BYTES_EMPTY);
    hash256 *nodes = memory_new_array((count + MERKLE_WIDTH - 1) / MERKLE_WIDTH, sizeof *nodes);
    size_t left = hash_leaves(suite, items, count, nodes);
    /* QUIRK: a single leaf has no parent above it, every other last node is hashed once more. */
    while (left > 1)
        left = hash_nodes(suite, nodes, left, nodes);
    hash256 root = count == 1 ? nodes[0] : suite_hash(suite, BYTES_OF_VALUE(nodes[0]));
    free(nodes);
    return root;
}

/* The siblings of node `index` in its group. */
static void fill_leaf_level(const hash256 *items, size_t count, size_t index, arena *a, merkle_level *out)
{
    size_t first = index / MERKLE_WIDTH * MERKLE_WIDTH;
    for (size_t i = first; i < count && i < first + MERKLE_WIDTH; i++) {
        if (i == index)
            continue;
        uint8_t leaf[LEAF_MAX_BYTES];
        bytes copy = arena_copy(a, bytes_of(leaf, make_leaf(i, &items[i], leaf)));
        if (i < index)
            out->left[out->left_count++] = copy;
        else
            out->right[out->right_count++] = copy;
    }
}

static void fill_level(const hash256 *nodes, size_t count, size_t index, arena *a, merkle_level *out)
{
    size_t first = index / MERKLE_WIDTH * MERKLE_WIDTH;
    for (size_t i = first; i < count && i < first + MERKLE_WIDTH; i++) {
        if (i < index)
            out->left[out->left_count++] = arena_copy(a, BYTES_OF_VALUE(nodes[i]));
        else if (i > index)
            out->right[out->right_count++] = arena_copy(a, BYTES_OF_VALUE(nodes[i]));
    }
}

merkle_proof merkle_prove(const crypto_suite *suite, const hash256 *items, size_t count, size_t index, arena *a)
{
    assert(index < count);
    enum { LEVELS_MAX = 18 }; /* 16^16 leaves are more than size_t counts */
    merkle_proof proof = {.levels = arena_take_array(a, LEVELS_MAX, sizeof(merkle_level))};
    fill_leaf_level(items, count, index, a, &proof.levels[proof.level_count++]);
    if (count == 1)
        return proof;
    hash256 *nodes = memory_new_array((count + MERKLE_WIDTH - 1) / MERKLE_WIDTH, sizeof *nodes);
    size_t left = hash_leaves(suite, items, count, nodes);
    for (;;) {
        index /= MERKLE_WIDTH;
        assert(proof.level_count < LEVELS_MAX);
        fill_level(nodes, left, index, a, &proof.levels[proof.level_count++]);
        if (left == 1)
            break;
        left = hash_nodes(suite, nodes, left, nodes);
    }
    free(nodes);
    return proof;
}

bool merkle_verify(const crypto_suite *suite, const merkle_proof *proof, size_t index, const hash256 *item,
                   const hash256 *root)
{
    if (proof->level_count == 0)
        return false;
    uint8_t leaf[LEAF_MAX_BYTES];
    hash256 node = {{0}};
    bytes current = bytes_of(leaf, make_leaf(index, item, leaf));
    for (size_t i = 0; i < proof->level_count; i++) {
        const merkle_level *level = &proof->levels[i];
        hash_stream s;
        hash_stream_begin(&s, suite->hash);
        for (size_t k = 0; k < level->left_count; k++)
            hash_stream_add(&s, level->left[k]);
        hash_stream_add(&s, current);
        for (size_t k = 0; k < level->right_count; k++)
            hash_stream_add(&s, level->right[k]);
        node = hash_stream_end(&s);
        current = BYTES_OF_VALUE(node);
    }
    return hash256_equal(&node, root);
}
