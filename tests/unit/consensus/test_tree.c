#include "test.h"

#include "consensus/tree.h"

enum { NODES_MAX = 40 };

/* Node i of a sorted list is the id whose first byte is i + 1. */
static node_id node(size_t i)
{
    node_id id = {{0}};
    id.b[0] = (uint8_t)(i + 1);
    return id;
}

typedef struct {
    node_id ids[NODES_MAX];
    size_t count;
} list;

static list all_but(size_t count, uint64_t left_out)
{
    list l = {.count = 0};
    for (size_t i = 0; i < count; i++)
        if (!(left_out >> i & 1))
            l.ids[l.count++] = node(i);
    return l;
}

static node_span span(const list *l)
{
    return (node_span){l->ids, l->count};
}

/* Positions written as text, so that a failing case shows both sides. */
static const char *text_of(const node_id *ids, size_t count, char *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++)
        sprintf(out + strlen(out), "%s%d", i ? "," : "", ids[i].b[0] - 1);
    return out;
}

/* spec/consensus.md 8.7: w=2, 13 members, 2 sealers: slot 7; position 0 sends to 2,3; 1 to 4,5; 2 to 6; parents of 1,2 are 0;
   3,4: 1; 5: 2. An observer's targets are its parent, then its children. */
static void block_status_example(void **state)
{
    (void)state;
    list members = all_but(13, 0), sealers = {.ids = {node(6), node(12)}, .count = 2};
    static const struct {
        size_t self;
        uint64_t gone;
        const char *targets;
    } cases[] = {
        {0, 0, "2,3"},    {1, 0, "0,4,5"},   {2, 0, "0,6"},     {3, 0, "1"},      {4, 0, "1"},   {5, 0, "2"},
        {6, 0, "12,0,1"}, /* sealer 0: the other sealer, then the head of slot 0 .. 6 */
        {12, 0, "6,7,8"}, /* sealer 1: slot 7 .. 12 */
        {7, 0, "6,9,10"}, /* QUIRK: number 0 as a parent is the node before the slot */
        {8, 0, "7,11,12"},
        {0, 1 << 2, "6,3"},         /* 2 is gone: its child 6 takes its place */
        {3, 1 << 1, ""},            /* QUIRK: from 1 (number 2) up to number 0, which is nothing in the first slot */
        {5, 1 << 2, "0"},           /* from 2 (number 3) up to 0 (number 1) */
        {6, 1 << 12 | 1, "2,3,1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        list peers = all_but(13, cases[i].gone | 1u << cases[i].self);
        node_id self = node(cases[i].self), out[NODES_MAX];
        status_tree t = {span(&members), span(&sealers), span(&peers), 2};
        char text[200];
        assert_string_equal(text_of(out, status_tree_targets(&t, &self, out), text), cases[i].targets);
    }
    node_id stranger = node(20), out[NODES_MAX];
    status_tree t = {span(&members), span(&sealers), span(&members), TREE_WIDTH};
    assert_int_equal(status_tree_targets(&t, &stranger, out), 0);
}

/* More slots than nodes: every start stays inside the list. */
static void block_status_of_sealers_only(void **state)
{
    (void)state;
    for (size_t count = 1; count < 12; count++) {
        list members = all_but(count, 0);
        for (size_t i = 0; i < count; i++) {
            list peers = all_but(count, 1u << i);
            node_id self = node(i), out[NODES_MAX];
            status_tree t = {span(&members), span(&members), span(&peers), TREE_WIDTH};
            assert_int_equal(status_tree_targets(&t, &self, out), count - 1);
        }
    }
}

static void transaction_tree(void **state)
{
    (void)state;
    list nodes = all_but(13, 0);
    static const struct {
        size_t self;
        uint64_t root, gone;
        const char *targets, *parent, *ancestors;
    } cases[] = {
        {0, 0, 0, "1,2,3", "", ""},
        {1, 0, 0, "4,5,6", "0", "0"},
        {2, 0, 0, "7,8,9", "1", "1,0"},     /* QUIRK: not 0 */
        {3, 0, 0, "10,11,12", "1", "1,0"},  /* QUIRK */
        {4, 0, 0, "", "1", "1,0"},
        {7, 0, 0, "", "2", "2,0"},
        {12, 0, 0, "", "4", "4,1,0"},       /* QUIRK: the true parent is 3 */
        {5, 5, 0, "6,7,8", "", ""},
        {6, 5, 0, "9,10,11", "5", "5"},
        {0, 5, 0, "", "8", "8,5"},          /* number 8, whose first step up is number 3 */
        {0, 0, 1 << 1, "4,5,6,2,3", "", ""},
        {12, 0, 1 << 4, "", "1", "1,0"},
        {12, 0, 1 << 4 | 1 << 1, "", "0", "0"},
        {12, 0, 1 << 4 | 1 << 1 | 1, "", "", ""},
        {0, 0, 0x1ffe, "", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        list peers = all_but(13, cases[i].gone | 1u << cases[i].self);
        node_id self = node(cases[i].self), out[NODES_MAX];
        tree t = {span(&nodes), span(&peers), cases[i].root, TREE_WIDTH};
        char text[200];
        assert_string_equal(text_of(out, tree_select(&t, &self, false, out), text), cases[i].targets);
        assert_string_equal(text_of(out, tree_parent(&t, &self, out), text), cases[i].parent);
        assert_string_equal(text_of(out, tree_ancestors(&t, &self, out), text), cases[i].ancestors);
    }
}

static void outsiders(void **state)
{
    (void)state;
    list nodes = all_but(13, 0), without_2 = all_but(13, 1 << 2);
    node_id stranger = node(30), out[NODES_MAX];
    char text[200];
    tree t = {span(&nodes), span(&nodes), 2, TREE_WIDTH};
    assert_string_equal(text_of(out, tree_select(&t, &stranger, true, out), text), "2");
    assert_int_equal(tree_select(&t, &stranger, false, out), 0);
    assert_int_equal(tree_parent(&t, &stranger, out), 0);
    t.peers = span(&without_2); /* QUIRK: children of number 2 (7, 8, 9), shifted by the root */
    assert_string_equal(text_of(out, tree_select(&t, &stranger, true, out), text), "9,10,11");
    t.nodes.count = 0;
    assert_int_equal(tree_select(&t, &stranger, true, out), 0);
}

/* Whoever is missing and whatever the root claims to be: every reachable node gets the transaction. */
static void everybody_is_reached(void **state)
{
    (void)state;
    static const uint64_t roots[] = {0, 1, 6, 12, 13, 1000, UINT32_MAX, UINT64_MAX};
    list nodes = all_but(13, 0);
    for (uint64_t gone = 0; gone < 1 << 13; gone += 37)
        for (size_t r = 0; r < 4; r++) {
            size_t root = (size_t)roots[r];
            if (gone >> root & 1)
                continue;
            uint64_t reached = 1u << root, fresh = reached;
            while (fresh) {
                size_t self_at = (size_t)__builtin_ctzll(fresh);
                fresh &= fresh - 1;
                list peers = all_but(13, gone | 1u << self_at);
                node_id self = node(self_at), out[NODES_MAX];
                tree t = {span(&nodes), span(&peers), roots[r], TREE_WIDTH};
                size_t count = tree_select(&t, &self, false, out);
                for (size_t i = 0; i < count; i++) {
                    uint64_t bit = 1u << (out[i].b[0] - 1);
                    fresh |= bit & ~reached;
                    reached |= bit;
                }
            }
            assert_int_equal(reached, 0x1fff & ~gone);
        }
    for (size_t r = 0; r < COUNT(roots); r++) {
        node_id self = node(4), out[NODES_MAX];
        tree t = {span(&nodes), span(&nodes), roots[r], TREE_WIDTH};
        assert_true(tree_select(&t, &self, false, out) <= 13);
        assert_true(tree_ancestors(&t, &self, out) <= 13);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_status_example), cmocka_unit_test(block_status_of_sealers_only),
        cmocka_unit_test(transaction_tree),     cmocka_unit_test(outsiders),
        cmocka_unit_test(everybody_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
