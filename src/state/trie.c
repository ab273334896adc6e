#include "state/trie.h"

#include "codec/rlp.h"

#include <assert.h>

hash256 trie_empty_root(const crypto_suite *suite)
{
    return suite_hash(suite, BYTES_OF_LITERAL("\x80"));
}

void trie_open(trie *t, const crypto_suite *suite, const hash256 *root, trie_read read, void *context, arena *memory)
{
    static const hash256 zero;
    hash256 empty = trie_empty_root(suite);
    *t = (trie){.suite = suite, .memory = memory, .read = read, .context = context};
    if (hash256_equal(root, &zero) || hash256_equal(root, &empty))
        return;
    t->root = arena_take(memory, sizeof *t->root);
    *t->root = (trie_node){.kind = TRIE_STUB, .has_hash = true, .hash = *root};
}

bool trie_failed(const trie *t, error_text *why)
{
    if (t->failure && why)
        *why = *t->failure;
    return t->failure != NULL;
}

/* Nodes. */

static bool fail(trie *t, const char *reason)
{
    error_text *why = arena_take(t->memory, sizeof *why);
    t->failure = why;
    return error_set(why, "%s", reason);
}

/* Makes a stub the node that it stands for. */
static bool expand(trie *t, trie_node *node)
{
    bytes encoded;
    error_text why = {""};
    if (node->kind != TRIE_STUB)
        return true;
    if (!t->read(t->context, &node->hash, t->memory, &encoded, &why))
        return fail(t, why.text);
    hash256 hash = node->hash;
    trie_node *decoded = trie_node_decode(encoded, t->memory);
    if (decoded == NULL)
        return fail(t, "a node of the trie is damaged");
    *node = *decoded;
    node->has_hash = true, node->hash = hash;
    return true;
}

static bool expand_below_extension(trie *t, trie_node *child)
{
    return expand(t, child) && (child->kind == TRIE_BRANCH || fail(t, "an extension of the trie leads to no branch"));
}

static trie_node *new_node(trie *t, trie_node node)
{
    trie_node *made = arena_take(t->memory, sizeof *made);
    *made = node;
    return made;
}

static trie_node *new_leaf(trie *t, trie_path path, bytes value)
{
    return new_node(t, (trie_node){.kind = TRIE_LEAF, .path = path, .value = value});
}

static trie_node *new_branch(trie *t)
{
    trie_node **children = arena_take_array(t->memory, TRIE_BRANCHES, sizeof(trie_node *));
    return new_node(t, (trie_node){.kind = TRIE_BRANCH, .children = children});
}

/* Paths. */

static trie_path write_nibbles(bytes key, uint8_t *out)
{
    for (size_t i = 0; i < key.size; i++) {
        out[2 * i] = key.data[i] >> 4;
        out[2 * i + 1] = key.data[i] & 15;
    }
    return (trie_path){out, 2 * key.size};
}

static trie_path tail(trie_path path, size_t from)
{
    assert(from <= path.size);
    return (trie_path){path.nibbles + from, path.size - from};
}

static size_t common_size(trie_path a, trie_path b)
{
    size_t common = 0;
    while (common < a.size && common < b.size && a.nibbles[common] == b.nibbles[common])
        common++;
    return common;
}

static trie_path join(trie *t, trie_path first, trie_path second)
{
    uint8_t *nibbles = arena_take(t->memory, first.size + second.size);
    memcpy(nibbles, first.nibbles, first.size);
    if (second.size)
        memcpy(nibbles + first.size, second.nibbles, second.size);
    return (trie_path){nibbles, first.size + second.size};
}

/* What leads to node by a path that is longer by prefix. A stub is taken for a branch. */
static trie_node *prepend(trie *t, trie_path prefix, trie_node *node)
{
    if (prefix.size == 0)
        return node;
    if (node->kind == TRIE_LEAF)
        return new_leaf(t, join(t, prefix, node->path), node->value);
    if (node->kind == TRIE_EXTENSION)
        return new_node(t, (trie_node){.kind = TRIE_EXTENSION, .path = join(t, prefix, node->path), .child = node->child});
    return new_node(t, (trie_node){.kind = TRIE_EXTENSION, .path = prefix, .child = node});
}

/* Reading. */

bool trie_get(trie *t, bytes key, bytes *value)
{
    uint8_t nibbles[2 * TRIE_KEY_MAX_BYTES];
    assert(key.size <= TRIE_KEY_MAX_BYTES);
    trie_path path = write_nibbles(key, nibbles);
    *value = BYTES_EMPTY;
    for (trie_node *node = t->root; node && !t->failure;) {
        if (!expand(t, node))
            return false;
        if (node->kind == TRIE_BRANCH) {
            if (path.size == 0) {
                *value = node->value;
                return true;
            }
            node = node->children[path.nibbles[0]];
            path = tail(path, 1);
            continue;
        }
        size_t common = common_size(node->path, path);
        if (common < node->path.size)
            return true;
        path = tail(path, common);
        if (node->kind == TRIE_LEAF) {
            if (path.size == 0)
                *value = node->value;
            return true;
        }
        node = node->child;
        if (!expand_below_extension(t, node))
            return false;
    }
    return t->failure == NULL;
}

/* Writing. Nodes are changed where they stand; a changed node loses its hash, and so does every node above it. */

static void hang(trie *t, trie_node *branch, trie_path path, bytes value)
{
    if (path.size == 0)
        branch->value = value;
    else
        branch->children[path.nibbles[0]] = new_leaf(t, tail(path, 1), value);
}

/* A leaf or extension whose path leaves `path` after `common` nibbles. */
static trie_node *split(trie *t, trie_node *node, size_t common, trie_path path, bytes value)
{
    trie_node *branch = new_branch(t);
    trie_path rest = tail(node->path, common);
    if (node->kind == TRIE_LEAF)
        hang(t, branch, rest, node->value);
    else
        branch->children[rest.nibbles[0]] = prepend(t, tail(rest, 1), node->child);
    hang(t, branch, tail(path, common), value);
    return prepend(t, (trie_path){path.nibbles, common}, branch);
}

/* What stands in node's place with the value added. NULL: failed. As deep as path is long. */
static trie_node *insert(trie *t, trie_node *node, trie_path path, bytes value)
{
    if (node == NULL)
        return new_leaf(t, path, value);
    if (!expand(t, node))
        return NULL;
    trie_node **below;
    if (node->kind == TRIE_BRANCH) {
        node->has_hash = false;
        if (path.size == 0) {
            node->value = value;
            return node;
        }
        below = &node->children[path.nibbles[0]];
        path = tail(path, 1);
    } else {
        size_t common = common_size(node->path, path);
        if (node->kind == TRIE_LEAF && common == node->path.size && common == path.size) {
            node->has_hash = false;
            node->value = value;
            return node;
        }
        if (node->kind == TRIE_LEAF || common < node->path.size)
            return split(t, node, common, path, value);
        if (!expand_below_extension(t, node->child))
            return NULL;
        node->has_hash = false;
        below = &node->child;
        path = tail(path, common);
    }
    trie_node *made = insert(t, *below, path, value);
    if (made)
        *below = made;
    return made ? node : NULL;
}

bool trie_put(trie *t, bytes key, bytes value)
{
    assert(key.size <= TRIE_KEY_MAX_BYTES && value.size > 0);
    if (t->failure)
        return false;
    trie_path path = write_nibbles(key, arena_take(t->memory, 2 * key.size));
    trie_node *root = insert(t, t->root, path, arena_copy(t->memory, value));
    if (root)
        t->root = root;
    return root != NULL;
}

/* A branch that lost something: with one thing left it is no branch any more. */
static bool collapse(trie *t, trie_node **at)
{
    static const uint8_t all_nibbles[TRIE_BRANCHES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    trie_node *branch = *at, *last = NULL;
    size_t count = branch->value.size > 0, index = 0;
    for (size_t i = 0; i < TRIE_BRANCHES; i++)
        if (branch->children[i]) {
            last = branch->children[i];
            index = i;
            count++;
        }
    if (count > 1)
        return true;
    assert(count == 1);
    if (last == NULL) {
        *at = new_leaf(t, (trie_path){all_nibbles, 0}, branch->value);
        return true;
    }
    if (!expand(t, last))
        return false;
    *at = prepend(t, (trie_path){all_nibbles + index, 1}, last);
    return true;
}

typedef enum { UNCHANGED, CHANGED, FAILED } outcome;

static outcome take_out(trie *t, trie_node **at, trie_path path)
{
    trie_node *node = *at;
    if (node == NULL)
        return UNCHANGED;
    if (!expand(t, node))
        return FAILED;
    if (node->kind == TRIE_BRANCH) {
        outcome below = CHANGED;
        if (path.size)
            below = take_out(t, &node->children[path.nibbles[0]], tail(path, 1));
        else if (node->value.size == 0)
            return UNCHANGED;
        else
            node->value = BYTES_EMPTY;
        if (below != CHANGED)
            return below;
        node->has_hash = false;
        return collapse(t, at) ? CHANGED : FAILED;
    }
    size_t common = common_size(node->path, path);
    if (common < node->path.size || (node->kind == TRIE_LEAF && common < path.size))
        return UNCHANGED;
    if (node->kind == TRIE_LEAF) {
        *at = NULL;
        return CHANGED;
    }
    if (!expand_below_extension(t, node->child))
        return FAILED;
    outcome below = take_out(t, &node->child, tail(path, common));
    if (below == CHANGED)
        *at = prepend(t, node->path, node->child); /* what was a branch may be a leaf or an extension now */
    return below;
}

bool trie_delete(trie *t, bytes key)
{
    uint8_t nibbles[2 * TRIE_KEY_MAX_BYTES];
    assert(key.size <= TRIE_KEY_MAX_BYTES);
    return t->failure == NULL && take_out(t, &t->root, write_nibbles(key, nibbles)) != FAILED;
}

/* Hashing. */

typedef struct {
    trie *t;
    trie_write write;
} hashing;

static void refer(void *context, trie_node *child, buffer *out);

static void hash_node(hashing *h, trie_node *node, bytes encoded)
{
    node->hash = suite_hash(h->t->suite, encoded);
    node->has_hash = true;
    h->write(h->t->context, &node->hash, encoded);
}

/* As deep as there are changed nodes below each other. */
static void refer(void *context, trie_node *child, buffer *out)
{
    hashing *h = context;
    if (!child->has_hash) {
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        trie_node_encode(child, refer, h, &encoded);
        if (encoded.size < sizeof(hash256))
            buffer_append(out, buffer_bytes(&encoded));
        else
            hash_node(h, child, buffer_bytes(&encoded));
        buffer_free(&encoded);
    }
    if (child->has_hash)
        rlp_write_string(out, BYTES_OF_VALUE(child->hash));
}

hash256 trie_root(trie *t, trie_write write)
{
    if (t->root == NULL)
        return trie_empty_root(t->suite);
    if (!t->root->has_hash) {
        hashing h = {t, write};
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        trie_node_encode(t->root, refer, &h, &encoded);
        hash_node(&h, t->root, buffer_bytes(&encoded));
        buffer_free(&encoded);
    }
    return t->root->hash;
}
