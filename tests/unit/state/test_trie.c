/* The trie against known roots of Ethereum, against its definition, and against hostile nodes. */
#include "support_trie.h"

#include "base/prng.h"
#include "codec/rlp.h"

typedef struct {
    node_shelf shelf;
    arena memory;
    trie t;
} world;

static void open_at(world *w, const crypto_suite *suite, const hash256 *root)
{
    trie_open(&w->t, suite, root, shelf_read, &w->shelf, &w->memory);
}

static void world_end(world *w)
{
    shelf_free(&w->shelf);
    arena_reset(&w->memory);
}

/* Forgets all that is in memory. */
static hash256 reopen(world *w)
{
    const crypto_suite *suite = w->t.suite;
    hash256 root = trie_root(&w->t, shelf_write);
    arena_reset(&w->memory);
    open_at(w, suite, &root);
    return root;
}

static void assert_hash_text(hash256 hash, const char *expected)
{
    arena a = {0};
    assert_string_equal(hex_text(&a, BYTES_OF_VALUE(hash)), expected);
    arena_reset(&a);
}

/* Known roots. Steps are "key=value", or "key=" for a deletion. */

enum { STEPS_MAX = 8 };

typedef struct {
    const char *root, *secure_root; /* secure_root: the same with hashed keys; NULL: not known */
    const char *steps[STEPS_MAX];
} vector;

/* From the published trie tests of Ethereum (trieanyorder, trieanyorder_secureTrie, trietest). */
static const vector vectors[] = {
    {"d23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab",
     "e9e2935138352776cad724d31c9fa5266a5c593bb97726dd2a908fe6d53284df",
     {"A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
    {"8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3",
     "d4cd937e4a4368d7931a9cf51686b7e10abb3dce38a39000fd7902a092b64585",
     {"doe=reindeer", "dog=puppy", "dogglesworth=cat"}},
    {"5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84",
     "29b235a58c3c25ab83010c327d5932bcf05324b7d6b1185e650798034783ca9d",
     {"do=verb", "horse=stallion", "doge=coin", "dog=puppy"}},
    {"17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3",
     "1385f23a33021025d9e87cca5c66c00de06178807b96a9acc92b7d651ccde842",
     {"foo=bar", "food=bass"}},
    {"3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b", NULL, {"be=e", "dog=puppy", "bed=d"}},
    {"8452568af70d8d140f58d941338542f645fcca50094b20f3c3d8c3df49337928", NULL, {"test=test", "te=testy"}},
    {"5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84",
     "29b235a58c3c25ab83010c327d5932bcf05324b7d6b1185e650798034783ca9d",
     {"do=verb", "ether=wookiedoo", "horse=stallion", "shaman=horse", "doge=coin", "ether=", "dog=puppy", "shaman="}},
    {"7a320748f780ad9ad5b0837302075ce0eeba6c26e3d8562c67ccc0f1b273298a", NULL, {"abc=123", "abcd=abcd", "abc=abc"}},
    {"cb65032e2f76c48b82b5c24b3db8f670ce73982869d38cd39a624f23d62a9e89",
     NULL,
     {"key1aa=0123456789012345678901234567890123456789xxx", "key1=0123456789012345678901234567890123456789Very_Long",
      "key2bb=aval3", "key2=short", "key3cc=aval3", "key3=1234567890123456789012345678901"}},
};

static void run_step(trie *t, const char *step, bool is_secure)
{
    const char *equals = strchr(step, '=');
    bytes key = bytes_of(step, (size_t)(equals - step)), value = bytes_of_text(equals + 1), got;
    hash256 hashed = suite_hash(t->suite, key);
    if (is_secure)
        key = BYTES_OF_VALUE(hashed);
    assert_true(value.size ? trie_put(t, key, value) : trie_delete(t, key));
    assert_true(trie_get(t, key, &got));
    assert_bytes_equal(got, value);
}

static void check_vector(const vector *v, bool is_secure, bool reopens)
{
    world w = {0};
    open_at(&w, &crypto_standard, &(hash256){{0}});
    for (size_t i = 0; i < STEPS_MAX && v->steps[i]; i++) {
        run_step(&w.t, v->steps[i], is_secure);
        if (reopens)
            reopen(&w);
    }
    assert_hash_text(trie_root(&w.t, shelf_write), is_secure ? v->secure_root : v->root);
    world_end(&w);
}

static void known_roots(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        check_vector(&vectors[i], false, false);
        check_vector(&vectors[i], false, true);
        if (vectors[i].secure_root) {
            check_vector(&vectors[i], true, false);
            check_vector(&vectors[i], true, true);
        }
    }
}

/* spec/data-model.md 1.1: EmptyTrie of both suites. */
static void empty_roots(void **state)
{
    (void)state;
    assert_hash_text(trie_empty_root(&crypto_standard), "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    assert_hash_text(trie_empty_root(&crypto_national), "995b949869f80fa1465a9d8b6fa759ec65c3020d59c2624662bdff059bdf19b3");
    world w = {0};
    bytes value;
    hash256 empty = trie_empty_root(&crypto_standard);
    open_at(&w, &crypto_standard, &empty); /* nothing is read for it */
    assert_true(trie_get(&w.t, BYTES_OF_LITERAL("a"), &value));
    assert_int_equal(value.size, 0);
    assert_true(trie_delete(&w.t, BYTES_OF_LITERAL("a")));
    hash256 root = trie_root(&w.t, shelf_write);
    assert_memory_equal(&root, &empty, sizeof root);
    assert_int_equal(w.shelf.written, 0);
    world_end(&w);
}

/* Each: what stands there, and the key that goes. The root must be that of a trie which never had it. */
static void deletions_leave_no_trace(void **state)
{
    (void)state;
    static const struct {
        const char *keys[6], *gone;
    } cases[] = {
        {{"a"}, "a"},                           /* the last one */
        {{"a", "b"}, "a"},                      /* a branch becomes a leaf */
        {{"a", "ab"}, "ab"},                    /* ... with its value */
        {{"a", "ab"}, "a"},                     /* a value goes, one child stays */
        {{"a", "abcd", "abce"}, "a"},           /* ... which is an extension */
        {{"a", "b", "1"}, "b"},                 /* an extension below a branch becomes a leaf */
        {{"ax", "ay", "1"}, "1"},               /* a branch with an extension left: they join */
        {{"aa", "ab", "ba", "bb"}, "aa"},       /* a leaf joins the path above it */
        {{"aaaa", "aaab", "aaba", "1"}, "aaba"}, /* two extensions join */
        {{"aq", "bq", "cq", "dq"}, "cq"},       /* a branch stays */
        {{"a", "ab", "abc", "abcd"}, "abc"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int closes = 0; closes < 2; closes++) {
            world with = {0}, without = {0};
            open_at(&with, &crypto_standard, &(hash256){{0}});
            open_at(&without, &crypto_standard, &(hash256){{0}});
            /* long values keep nodes apart, so that closing makes stubs of them */
            for (size_t k = 0; cases[i].keys[k]; k++) {
                bytes key = bytes_of_text(cases[i].keys[k]), value = BYTES_OF_LITERAL("0123456789012345678901234567890123456789");
                assert_true(trie_put(&with.t, key, value));
                if (strcmp(cases[i].keys[k], cases[i].gone) != 0)
                    assert_true(trie_put(&without.t, key, value));
            }
            if (closes)
                reopen(&with);
            assert_true(trie_delete(&with.t, bytes_of_text(cases[i].gone)));
            hash256 left = trie_root(&with.t, shelf_write), right = trie_root(&without.t, shelf_write);
            assert_memory_equal(&left, &right, sizeof left);
            reopen(&with);
            for (size_t k = 0; cases[i].keys[k]; k++) {
                bytes value;
                assert_true(trie_get(&with.t, bytes_of_text(cases[i].keys[k]), &value));
                assert_int_equal(value.size > 0, strcmp(cases[i].keys[k], cases[i].gone) != 0);
            }
            world_end(&with);
            world_end(&without);
        }
}

static void nothing_is_written_for_what_did_not_change(void **state)
{
    (void)state;
    world w = {0};
    open_at(&w, &crypto_standard, &(hash256){{0}});
    for (uint8_t i = 0; i < 100; i++) {
        hash256 key = suite_hash(&crypto_standard, bytes_of(&i, 1));
        assert_true(trie_put(&w.t, BYTES_OF_VALUE(key), BYTES_OF_LITERAL("0123456789012345678901234567890123456789")));
    }
    hash256 root = reopen(&w), again;
    w.shelf.written = 0;
    assert_true(trie_delete(&w.t, BYTES_OF_LITERAL("absent")));
    again = trie_root(&w.t, shelf_write);
    assert_memory_equal(&root, &again, sizeof root);
    assert_int_equal(w.shelf.written, 0);
    /* one item: the nodes on its path, no others */
    hash256 key = suite_hash(&crypto_standard, bytes_of("\5", 1));
    assert_true(trie_put(&w.t, BYTES_OF_VALUE(key), BYTES_OF_LITERAL("another")));
    (void)trie_root(&w.t, shelf_write);
    assert_in_range(w.shelf.written, 2, 5);
    /* the old root is still readable */
    bytes value;
    open_at(&w, &crypto_standard, &root);
    assert_true(trie_get(&w.t, BYTES_OF_VALUE(key), &value));
    assert_int_equal(value.size, 40);
    world_end(&w);
}

/* Random work on a sorted array and on the trie. Short keys over few letters: prefixes of each other; long ones: as hashes are,
   half of them with a long common beginning. */

enum { ITEMS_MAX = 120, STEPS = 1500 };

typedef struct {
    uint8_t key[TRIE_KEY_MAX_BYTES], value[40];
    size_t key_size, value_size;
} model_item;

typedef struct {
    model_item items[ITEMS_MAX + 1];
    size_t count;
} model;

static bytes item_key(const model_item *item)
{
    return bytes_of(item->key, item->key_size);
}

static size_t model_place(const model *m, bytes key)
{
    size_t at = 0;
    while (at < m->count && bytes_compare(item_key(&m->items[at]), key) < 0)
        at++;
    return at;
}

static bool model_has(const model *m, size_t place, bytes key)
{
    return place < m->count && bytes_equal(item_key(&m->items[place]), key);
}

static void model_put(model *m, size_t place, const model_item *item)
{
    if (!model_has(m, place, item_key(item))) {
        memmove(&m->items[place + 1], &m->items[place], (m->count - place) * sizeof *item);
        m->count++;
    }
    m->items[place] = *item;
}

static void model_delete(model *m, size_t place)
{
    memmove(&m->items[place], &m->items[place + 1], (m->count - place - 1) * sizeof(model_item));
    m->count--;
}

static hash256 model_root(const model *m, const crypto_suite *suite)
{
    trie_item items[ITEMS_MAX + 1];
    for (size_t i = 0; i < m->count; i++)
        items[i] = (trie_item){item_key(&m->items[i]), bytes_of(m->items[i].value, m->items[i].value_size)};
    return naive_root(suite, items, m->count);
}

static model_item random_item(prng *random, bool is_long)
{
    model_item item = {.key_size = is_long ? TRIE_KEY_MAX_BYTES : 1 + prng_below(random, 4),
                       .value_size = 1 + prng_below(random, sizeof item.value)};
    size_t equal = is_long && prng_below(random, 2) ? 1 + prng_below(random, 31) : 0;
    for (size_t i = equal; i < item.key_size; i++)
        item.key[i] = is_long ? (uint8_t)prng_below(random, i == equal ? 3 : 256) : (uint8_t)"\x11\x12\x21\x22"[prng_below(random, 4)];
    for (size_t i = 0; i < item.value_size; i++)
        item.value[i] = (uint8_t)(1 + prng_below(random, 255));
    return item;
}

static void work_at_random(const crypto_suite *suite, uint64_t seed, bool is_long)
{
    static model m;
    prng random = prng_of(seed);
    world w = {0};
    open_at(&w, suite, &(hash256){{0}});
    m.count = 0;
    for (size_t step = 0; step < STEPS; step++) {
        model_item item = random_item(&random, is_long);
        if (m.count && (m.count >= ITEMS_MAX || prng_below(&random, 2))) { /* one that is there, mostly */
            const model_item *there = &m.items[prng_below(&random, m.count)];
            item.key_size = there->key_size;
            memcpy(item.key, there->key, there->key_size);
        }
        size_t place = model_place(&m, item_key(&item));
        bytes got;
        assert_true(trie_get(&w.t, item_key(&item), &got));
        assert_int_equal(got.size > 0, model_has(&m, place, item_key(&item)));
        bool grows = (step / 300) % 2 == 0 && m.count < ITEMS_MAX;
        if (prng_below(&random, 4) == 0 ? grows : !grows) {
            assert_true(trie_delete(&w.t, item_key(&item)));
            if (model_has(&m, place, item_key(&item)))
                model_delete(&m, place);
        } else if (m.count < ITEMS_MAX || model_has(&m, place, item_key(&item))) {
            assert_true(trie_put(&w.t, item_key(&item), bytes_of(item.value, item.value_size)));
            model_put(&m, place, &item);
        }
        if (prng_below(&random, 3) == 0) {
            hash256 want = model_root(&m, suite), root = trie_root(&w.t, shelf_write);
            assert_memory_equal(&root, &want, sizeof root);
        }
        if (prng_below(&random, 40) == 0)
            reopen(&w);
    }
    world_end(&w);
}

static void equals_its_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        work_at_random(&crypto_standard, seed, seed % 2);
        work_at_random(&crypto_national, seed + 100, seed % 2);
    }
}

/* Nodes. */

static void reading_fails_for_good(void **state)
{
    (void)state;
    world w = {0};
    error_text why;
    bytes value;
    hash256 absent = {{1}};
    open_at(&w, &crypto_standard, &absent);
    assert_false(trie_failed(&w.t, NULL));
    assert_false(trie_get(&w.t, BYTES_OF_LITERAL("a"), &value));
    assert_true(trie_failed(&w.t, &why));
    assert_string_equal(why.text, "no such node");
    assert_false(trie_put(&w.t, BYTES_OF_LITERAL("a"), BYTES_OF_LITERAL("b")));
    assert_false(trie_delete(&w.t, BYTES_OF_LITERAL("a")));
    shelf_write(&w.shelf, &absent, BYTES_OF_LITERAL("\xc2\x80\x80"));
    open_at(&w, &crypto_standard, &absent);
    assert_false(trie_put(&w.t, BYTES_OF_LITERAL("a"), BYTES_OF_LITERAL("b")));
    assert_true(trie_failed(&w.t, &why));
    assert_string_equal(why.text, "a node of the trie is damaged");
    world_end(&w);
}

/* An extension that leads to the hash of a leaf: no trie writes it. */
static void extension_to_a_leaf_is_damage(void **state)
{
    (void)state;
    world w = {0};
    uint8_t leaf[] = {0xc3, 0x31, 0x81, 0xff}, extension[] = {0xe2, 0x16, 0xa0, [3 + 31] = 0};
    hash256 leaf_hash = suite_hash(&crypto_standard, bytes_of(leaf, sizeof leaf)), root = {{7}};
    memcpy(extension + 3, leaf_hash.b, sizeof leaf_hash);
    shelf_write(&w.shelf, &leaf_hash, bytes_of(leaf, sizeof leaf));
    shelf_write(&w.shelf, &root, bytes_of(extension, sizeof extension));
    error_text why;
    for (int operation = 0; operation < 3; operation++) {
        bytes value;
        open_at(&w, &crypto_standard, &root);
        bool ok = operation == 0   ? trie_get(&w.t, BYTES_OF_LITERAL("\x61"), &value)
                  : operation == 1 ? trie_put(&w.t, BYTES_OF_LITERAL("\x61"), BYTES_OF_LITERAL("v"))
                                   : trie_delete(&w.t, BYTES_OF_LITERAL("\x61"));
        assert_false(ok);
        assert_true(trie_failed(&w.t, &why));
        assert_string_equal(why.text, "an extension of the trie leads to no branch");
    }
    world_end(&w);
}

static void malformed_nodes_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "80",
        "c0",
        "c131",
        "c3313132",           /* three items */
        "c28080",             /* no path */
        "c24132",             /* unknown flag */
        "c22132",             /* even path with a nibble in its first byte */
        "c28032",
        "c22080",             /* leaf without value */
        "c231c0",             /* a list as value */
        "c231" "31" "00",     /* bytes behind the node */
        "c33181" "31",        /* not the shortest form */
        "c20032",             /* extension without path: 00 */
        "c21180",             /* extension without child */
        "c311c0" "80",
        "c41182" "0000",      /* a child of 2 bytes */
        "c411c2" "3131",      /* extension to a leaf */
        "d1" "80808080808080808080808080808080" "80", /* empty branch */
        "d1" "80808080808080808080808080808080" "31", /* branch with its value only */
        "d3" "c2" "3131" "808080808080808080808080808080" "80", /* ... with one child only */
        "d2" "8231" "80808080808080808080808080808031", /* a list header that claims too much */
    };
    arena a = {0};
    for (size_t i = 0; i < COUNT(refused); i++) {
        bytes node;
        assert_true(hex_read_any(&a, bytes_of_text(refused[i]), &node));
        if (trie_node_decode(node, &a))
            fail_msg("accepted: %s", refused[i]);
    }
    arena_reset(&a);
}

static void refer_again(void *context, trie_node *child, buffer *out)
{
    if (child->kind == TRIE_STUB)
        rlp_write_string(out, BYTES_OF_VALUE(child->hash));
    else
        trie_node_encode(child, refer_again, context, out);
}

/* Every node of a trie reads and writes back; every truncation of it is refused. */
static void nodes_read_and_write_back(void **state)
{
    (void)state;
    world w = {0};
    open_at(&w, &crypto_standard, &(hash256){{0}});
    prng random = prng_of(5);
    for (int i = 0; i < 200; i++) {
        model_item item = random_item(&random, i % 2);
        assert_true(trie_put(&w.t, item_key(&item), bytes_of(item.value, item.value_size)));
    }
    (void)trie_root(&w.t, shelf_write);
    size_t at = 0, nodes = 0;
    for (map_entry *entry; (entry = map_next(&w.shelf.by_hash, &at)); nodes++) {
        const stored_node *stored = entry->value;
        arena a = {0};
        buffer again = buffer_init(BUFFER_NO_LIMIT);
        trie_node *node = trie_node_decode(stored->value, &a);
        assert_non_null(node);
        trie_node_encode(node, refer_again, NULL, &again);
        assert_bytes_equal(buffer_bytes(&again), stored->value);
        for (size_t size = 0; size < stored->value.size; size++)
            assert_null(trie_node_decode(bytes_of(stored->value.data, size), &a));
        buffer_free(&again);
        arena_reset(&a);
    }
    assert_true(nodes > 50);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_roots),
        cmocka_unit_test(empty_roots),
        cmocka_unit_test(deletions_leave_no_trace),
        cmocka_unit_test(nothing_is_written_for_what_did_not_change),
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(reading_fails_for_good),
        cmocka_unit_test(extension_to_a_leaf_is_damage),
        cmocka_unit_test(malformed_nodes_are_refused),
        cmocka_unit_test(nodes_read_and_write_back),
    };
    return cmocka_run_group_tests_name("trie", tests, NULL, NULL);
}
