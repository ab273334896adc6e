/* Any bytes: a node of a trie that is accepted writes back to exactly the bytes it came from; and a trie whose every node is these
   bytes may give anything, or fail, but not break. */
#include "codec/rlp.h"
#include "state/trie.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refer(void *context, trie_node *child, buffer *out)
{
    if (child->kind == TRIE_STUB)
        rlp_write_string(out, BYTES_OF_VALUE(child->hash));
    else
        trie_node_encode(child, refer, context, out);
}

static bool read_same(void *context, const hash256 *hash, arena *a, bytes *node, error_text *why)
{
    (void)hash, (void)a, (void)why;
    *node = *(const bytes *)context;
    return true;
}

static void drop(void *context, const hash256 *hash, bytes node)
{
    (void)context, (void)hash, (void)node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a = {0};
    bytes whole = bytes_of(data, size), value;
    trie_node *node = trie_node_decode(whole, &a);
    if (node) {
        buffer again = buffer_init(BUFFER_NO_LIMIT);
        trie_node_encode(node, refer, NULL, &again);
        assert(bytes_equal(buffer_bytes(&again), whole));
        buffer_free(&again);
    }
    hash256 root = {{1}}, key = {{0}};
    trie t;
    trie_open(&t, &crypto_standard, &root, read_same, &whole, &a);
    for (size_t i = 0; i < 4; i++) {
        memset(key.b, i < size ? data[size - 1 - i] : (int)i, sizeof key.b - i);
        (void)trie_get(&t, BYTES_OF_VALUE(key), &value);
        (void)(i % 2 ? trie_delete(&t, BYTES_OF_VALUE(key)) : trie_put(&t, BYTES_OF_VALUE(key), BYTES_OF_LITERAL("value")));
    }
    (void)trie_root(&t, drop);
    arena_reset(&a);
    return 0;
}
