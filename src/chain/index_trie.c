#include "chain/index_trie.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "codec/rlp.h"

#include <assert.h>
#include <stdlib.h>

enum { KEY_MAX_BYTES = RLP_HEADER_MAX_BYTES, NIBBLES_MAX = 2 * KEY_MAX_BYTES };

typedef struct {
    uint8_t nibbles[NIBBLES_MAX];
    size_t size;
    bytes value;
} trie_item;

static trie_item make_item(size_t index, bytes value)
{
    uint8_t space[KEY_MAX_BYTES];
    buffer key = {.data = space, .capacity = sizeof space, .max_bytes = sizeof space};
    rlp_write_uint(&key, index);
    trie_item item = {.size = 2 * key.size, .value = value};
    for (size_t i = 0; i < key.size; i++) {
        item.nibbles[2 * i] = space[i] >> 4;
        item.nibbles[2 * i + 1] = space[i] & 15;
    }
    return item;
}

/* The hex-prefix form of nibbles (yellow paper, appendix C). */
static void write_path(const uint8_t *nibbles, size_t size, bool is_leaf, buffer *out)
{
    uint8_t path[1 + KEY_MAX_BYTES];
    size_t at = 0, odd = size % 2;
    path[at++] = (uint8_t)((is_leaf ? 0x20 : 0) | (odd ? 0x10 | nibbles[0] : 0));
    for (size_t i = odd; i < size; i += 2)
        path[at++] = (uint8_t)(nibbles[i] << 4 | nibbles[i + 1]);
    rlp_write_string(out, bytes_of(path, at));
}

/* Items are sorted and agree in their first `depth` nibbles; no key is the beginning of another. The recursion is at
   most NIBBLES_MAX deep. */
static void encode_node(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out);

static void write_reference(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out)
{
    buffer node = buffer_init(BUFFER_NO_LIMIT);
    encode_node(suite, items, count, depth, &node);
    if (node.size < sizeof(hash256)) {
        buffer_append(out, buffer_bytes(&node));
    } else {
        hash256 hash = suite_hash(suite, buffer_bytes(&node));
        rlp_write_string(out, BYTES_OF_VALUE(hash));
    }
    buffer_free(&node);
}

static void encode_branch(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out)
{
    size_t first = 0;
    for (uint8_t nibble = 0; nibble < 16; nibble++) {
        size_t end = first;
        while (end < count && items[end].nibbles[depth] == nibble)
            end++;
        if (end == first)
            rlp_write_string(out, BYTES_EMPTY);
        else
            write_reference(suite, items + first, end - first, depth + 1, out);
        first = end;
    }
    rlp_write_string(out, BYTES_EMPTY);
}

static void encode_node(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out)
{
    size_t list = rlp_begin_list(out);
    const trie_item *first = &items[0], *last = &items[count - 1];
    if (count == 1) {
        write_path(first->nibbles + depth, first->size - depth, true, out);
        rlp_write_string(out, first->value);
    } else {
        size_t common = depth;
        while (first->nibbles[common] == last->nibbles[common])
            common++;
        assert(common < first->size && common < last->size);
        if (common > depth) {
            write_path(first->nibbles + depth, common - depth, false, out);
            write_reference(suite, items, count, common, out);
        } else {
            encode_branch(suite, items, count, depth, out);
        }
    }
    rlp_end_list(out, list);
}

hash256 index_trie_root(const crypto_suite *suite, const bytes *values, size_t count)
{
    if (count == 0)
        return suite_hash(suite, BYTES_OF_LITERAL("\x80"));
    /* In the order of their keys: RLP(0) is 0x80 and stands between 0x7f and 0x8180. */
    trie_item *items = memory_new_array(count, sizeof *items);
    size_t at = 0;
    for (size_t i = 1; i < count && i < 0x80; i++)
        items[at++] = make_item(i, values[i]);
    items[at++] = make_item(0, values[0]);
    for (size_t i = 0x80; i < count; i++)
        items[at++] = make_item(i, values[i]);
    buffer node = buffer_init(BUFFER_NO_LIMIT);
    encode_node(suite, items, count, 0, &node);
    hash256 root = suite_hash(suite, buffer_bytes(&node));
    buffer_free(&node);
    free(items);
    return root;
}
