#include "state/trie_node.h"

#include "codec/rlp.h"

#include <assert.h>

enum { IS_LEAF = 0x20, IS_ODD = 0x10, PATH_ITEMS = 2, BRANCH_ITEMS = TRIE_BRANCHES + 1 };

/* The hex-prefix form of a path (yellow paper, appendix C). */
static bool read_path(bytes packed, arena *a, trie_path *out, bool *is_leaf)
{
    if (packed.size == 0 || packed.data[0] & ~(IS_LEAF | IS_ODD | 15))
        return false;
    uint8_t first = packed.data[0];
    bool is_odd = first & IS_ODD;
    if (!is_odd && first & 15)
        return false;
    size_t size = 0;
    uint8_t *nibbles = arena_take(a, packed.size * 2);
    if (is_odd)
        nibbles[size++] = first & 15;
    for (size_t i = 1; i < packed.size; i++) {
        nibbles[size++] = packed.data[i] >> 4;
        nibbles[size++] = packed.data[i] & 15;
    }
    *out = (trie_path){nibbles, size};
    *is_leaf = first & IS_LEAF;
    return true;
}

static void write_path(trie_path path, bool is_leaf, buffer *out)
{
    size_t mark = rlp_begin_string(out), odd = path.size % 2;
    buffer_append_byte(out, (uint8_t)((is_leaf ? IS_LEAF : 0) | (odd ? IS_ODD | path.nibbles[0] : 0)));
    for (size_t i = odd; i < path.size; i += 2)
        buffer_append_byte(out, (uint8_t)(path.nibbles[i] << 4 | path.nibbles[i + 1]));
    rlp_end_string(out, mark);
}

/* A child as its parent names it. Embedded nodes nest, but each is shorter than a hash and holds the next: the depth is bounded
   by that. false: neither. *out stays NULL for "none". */
static bool read_child(const rlp_item *item, arena *a, trie_node **out)
{
    *out = NULL;
    if (item->is_list)
        return item->whole.size < sizeof(hash256) && (*out = trie_node_decode(item->whole, a)) != NULL;
    if (item->payload.size == 0)
        return true;
    if (item->payload.size != sizeof(hash256))
        return false;
    *out = arena_take(a, sizeof **out);
    **out = (trie_node){.kind = TRIE_STUB, .has_hash = true};
    memcpy((*out)->hash.b, item->payload.data, sizeof(hash256));
    return true;
}

static bool read_branch(rlp_reader *items, arena *a, trie_node *node)
{
    size_t count = 0;
    node->kind = TRIE_BRANCH;
    node->children = arena_take_array(a, TRIE_BRANCHES, sizeof *node->children);
    for (size_t i = 0; i < TRIE_BRANCHES; i++) {
        rlp_item item = rlp_read_item(items);
        if (items->error || !read_child(&item, a, &node->children[i]))
            return false;
        count += node->children[i] != NULL;
    }
    node->value = rlp_read_string(items);
    return items->error == RLP_OK && count + (node->value.size > 0) >= 2;
}

static bool read_short(rlp_reader *items, arena *a, trie_node *node)
{
    bool is_leaf;
    if (!read_path(rlp_read_string(items), a, &node->path, &is_leaf))
        return false;
    if (is_leaf) {
        node->kind = TRIE_LEAF;
        node->value = rlp_read_string(items);
        return items->error == RLP_OK && node->value.size > 0;
    }
    node->kind = TRIE_EXTENSION;
    rlp_item item = rlp_read_item(items);
    return items->error == RLP_OK && node->path.size > 0 && read_child(&item, a, &node->child) && node->child &&
           (node->child->kind == TRIE_BRANCH || node->child->kind == TRIE_STUB);
}

trie_node *trie_node_decode(bytes encoded, arena *a)
{
    rlp_reader items = rlp_open_list(encoded);
    size_t count = rlp_count_items(&items);
    if (items.error || (count != PATH_ITEMS && count != BRANCH_ITEMS))
        return NULL;
    trie_node *node = arena_take(a, sizeof *node);
    bool ok = count == PATH_ITEMS ? read_short(&items, a, node) : read_branch(&items, a, node);
    return ok && rlp_at_end(&items) && items.error == RLP_OK ? node : NULL;
}

void trie_node_encode(const trie_node *node, trie_reference reference, void *context, buffer *out)
{
    size_t list = rlp_begin_list(out);
    assert(node->kind != TRIE_STUB);
    if (node->kind == TRIE_BRANCH) {
        for (size_t i = 0; i < TRIE_BRANCHES; i++)
            if (node->children[i])
                reference(context, node->children[i], out);
            else
                rlp_write_string(out, BYTES_EMPTY);
        rlp_write_string(out, node->value);
    } else {
        write_path(node->path, node->kind == TRIE_LEAF, out);
        if (node->kind == TRIE_LEAF)
            rlp_write_string(out, node->value);
        else
            reference(context, node->child, out);
    }
    rlp_end_list(out, list);
}
