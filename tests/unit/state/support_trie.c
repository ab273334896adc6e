#include "support_trie.h"

#include "codec/rlp.h"

void shelf_free(node_shelf *s)
{
    map_free(&s->by_hash);
    arena_reset(&s->memory);
}

bool shelf_read(void *context, const hash256 *hash, arena *a, bytes *node, error_text *why)
{
    node_shelf *s = context;
    const stored_node *found = map_get(&s->by_hash, BYTES_OF_VALUE(*hash));
    if (s->refuses_reads)
        return error_set(why, "the shelf is locked");
    if (found == NULL)
        return error_set(why, "no such node");
    *node = arena_copy(a, found->value);
    return true;
}

void shelf_write(void *context, const hash256 *hash, bytes node)
{
    node_shelf *s = context;
    stored_node *stored = arena_take(&s->memory, sizeof *stored);
    *stored = (stored_node){*hash, arena_copy(&s->memory, node)};
    map_put(&s->by_hash, BYTES_OF_VALUE(stored->hash), stored);
    s->written++;
}

static uint8_t nibble(bytes key, size_t at)
{
    return at % 2 ? key.data[at / 2] & 15 : key.data[at / 2] >> 4;
}

static void write_hex_prefix(bytes key, size_t from, size_t to, bool is_leaf, buffer *out)
{
    uint8_t packed[1 + TRIE_KEY_MAX_BYTES];
    size_t size = 0, odd = (to - from) % 2;
    packed[size++] = (uint8_t)((is_leaf ? 0x20 : 0) + (odd ? 0x10 + nibble(key, from) : 0));
    for (size_t i = from + odd; i < to; i += 2)
        packed[size++] = (uint8_t)(nibble(key, i) * 16 + nibble(key, i + 1));
    rlp_write_string(out, bytes_of(packed, size));
}

static void compose(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out);

static void compose_reference(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out)
{
    buffer node = buffer_init(BUFFER_NO_LIMIT);
    compose(suite, items, count, depth, &node);
    hash256 hash = suite_hash(suite, buffer_bytes(&node));
    if (node.size < 32)
        buffer_append(out, buffer_bytes(&node));
    else
        rlp_write_string(out, BYTES_OF_VALUE(hash));
    buffer_free(&node);
}

static void compose(const crypto_suite *suite, const trie_item *items, size_t count, size_t depth, buffer *out)
{
    size_t list = rlp_begin_list(out), common = depth, shortest = 2 * items[0].key.size; /* sorted: the first may be a prefix */
    bytes first = items[0].key, last = items[count - 1].key;
    if (count == 1) {
        write_hex_prefix(first, depth, 2 * first.size, true, out);
        rlp_write_string(out, items[0].value);
        rlp_end_list(out, list);
        return;
    }
    while (common < shortest && nibble(first, common) == nibble(last, common))
        common++;
    if (common > depth) {
        write_hex_prefix(first, depth, common, false, out);
        compose_reference(suite, items, count, common, out);
    } else {
        size_t at = 2 * first.size == depth; /* the first one ends here */
        for (unsigned n = 0; n < 16; n++) {
            size_t begin = at;
            while (at < count && nibble(items[at].key, depth) == n)
                at++;
            if (at == begin)
                rlp_write_string(out, BYTES_EMPTY);
            else
                compose_reference(suite, items + begin, at - begin, depth + 1, out);
        }
        rlp_write_string(out, 2 * first.size == depth ? items[0].value : BYTES_EMPTY);
    }
    rlp_end_list(out, list);
}

hash256 naive_root(const crypto_suite *suite, const trie_item *items, size_t count)
{
    if (count == 0)
        return suite_hash(suite, BYTES_OF_LITERAL("\x80"));
    buffer node = buffer_init(BUFFER_NO_LIMIT);
    compose(suite, items, count, 0, &node);
    hash256 root = suite_hash(suite, buffer_bytes(&node));
    buffer_free(&node);
    return root;
}
