/* The graph against its definition (spec/execution.md 10.3), its order against a naive worker, and the other orders against all
   permutations. */
#include "test.h"

#include "base/prng.h"
#include "executor/conflict_graph.h"

enum { TRANSACTIONS_MAX = 24, KEYS_MAX = 3, KEY_COUNT = 5 };

typedef struct {
    conflict_keys items[TRANSACTIONS_MAX];
    bytes keys[TRANSACTIONS_MAX][KEYS_MAX];
    size_t count;
} sample;

static const char *const names[KEY_COUNT] = {"a", "b", "c", "d", ""};

/* Every byte of the text, which must live on, is a key. */
static void add_keys(sample *s, bytes keys)
{
    size_t at = s->count++;
    for (size_t k = 0; k < keys.size; k++)
        s->keys[at][k] = bytes_of(keys.data + k, 1);
    s->items[at] = (conflict_keys){.keys = s->keys[at], .key_count = keys.size};
}

static void add(sample *s, const char *keys)
{
    add_keys(s, bytes_of_text(keys));
}

static void add_barrier(sample *s)
{
    s->items[s->count++].is_barrier = true;
}

static void random_sample(sample *s, prng *p)
{
    *s = (sample){.count = prng_below(p, TRANSACTIONS_MAX + 1)};
    for (size_t i = 0; i < s->count; i++) {
        bool is_barrier = prng_below(p, 5) == 0;
        size_t count = is_barrier ? 0 : prng_below(p, KEYS_MAX + 1);
        for (size_t k = 0; k < count; k++)
            s->keys[i][k] = bytes_of_text(names[prng_below(p, KEY_COUNT)]);
        s->items[i] = (conflict_keys){is_barrier, s->keys[i], count};
    }
}

static bool share_key(const conflict_keys *a, const conflict_keys *b)
{
    for (size_t i = 0; i < a->key_count; i++)
        for (size_t k = 0; k < b->key_count; k++)
            if (bytes_equal(a->keys[i], b->keys[k]))
                return true;
    return false;
}

/* Whether `to` must run after `from`, straight from the definition: they share a key, or one is a barrier; an empty list means
   neither. */
static bool must_follow(const sample *s, size_t from, size_t to)
{
    const conflict_keys *a = &s->items[from], *b = &s->items[to];
    if ((!a->is_barrier && a->key_count == 0) || (!b->is_barrier && b->key_count == 0))
        return false;
    return a->is_barrier || b->is_barrier || share_key(a, b);
}

static bool is_reachable(const conflict_graph *g, size_t from, size_t to)
{
    bool reached[TRANSACTIONS_MAX] = {false};
    reached[from] = true;
    for (size_t i = 0; i < g->edge_count; i++) /* edges ascend by `to`: one pass is enough */
        reached[g->edges[i].to] |= reached[g->edges[i].from];
    return reached[to];
}

static bool is_allowed(const sample *s, const uint32_t *order)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = i + 1; k < s->count; k++)
            if (order[k] < order[i] && must_follow(s, order[k], order[i]))
                return false;
    return true;
}

/* The worker of the definition, with no list kept: what waits for a transaction is found by looking at all. */
static void naive_order(const conflict_graph *g, uint32_t *order)
{
    size_t waits[TRANSACTIONS_MAX] = {0}, queue[TRANSACTIONS_MAX], queued = 0, taken = 0, done = 0;
    for (size_t i = 0; i < g->edge_count; i++)
        waits[g->edges[i].to]++;
    for (size_t i = 0; i < g->count; i++)
        if (waits[i] == 0)
            queue[queued++] = i;
    bool has_next = false;
    size_t next = 0;
    while (has_next || taken < queued) {
        size_t at = has_next ? next : queue[taken++];
        has_next = false;
        order[done++] = (uint32_t)at;
        for (size_t i = 0; i < g->edge_count; i++) {
            if (g->edges[i].from != at || --waits[g->edges[i].to] > 0)
                continue;
            if (has_next)
                queue[queued++] = g->edges[i].to;
            else
                next = g->edges[i].to;
            has_next = true;
        }
    }
    assert_int_equal(done, g->count);
}

static void edges_are_those_of_the_definition(void **state)
{
    (void)state;
    prng p = prng_of(1);
    for (int round = 0; round < 2000; round++) {
        sample s;
        arena a = {0};
        random_sample(&s, &p);
        conflict_graph g = conflict_graph_build(s.items, s.count, (uint64_t)round, &a);
        for (size_t i = 0; i < g.edge_count; i++) {
            assert_true(g.edges[i].from < g.edges[i].to && g.edges[i].to < s.count);
            assert_true(must_follow(&s, g.edges[i].from, g.edges[i].to));
            assert_true(i == 0 || g.edges[i - 1].to <= g.edges[i].to);
        }
        for (size_t to = 0; to < s.count; to++)
            for (size_t from = 0; from < to; from++)
                if (must_follow(&s, from, to))
                    assert_true(is_reachable(&g, from, to));
        uint32_t order[TRANSACTIONS_MAX], expected[TRANSACTIONS_MAX];
        conflict_graph_order(&g, &a, order);
        naive_order(&g, expected);
        assert_memory_equal(order, expected, s.count * sizeof *order);
        assert_true(is_allowed(&s, order));
        arena_reset(&a);
    }
}

/* Every key is a cell; a transaction mixes its number into its cells, a barrier into all: what an order leaves behind. */
static void apply(const sample *s, const uint32_t *order, uint64_t cells[KEY_COUNT])
{
    for (size_t i = 0; i < s->count; i++) {
        size_t at = order ? order[i] : i;
        const conflict_keys *t = &s->items[at];
        uint64_t sum = at + 1;
        for (int pass = 0; pass < 2; pass++)
            for (size_t c = 0; c < KEY_COUNT; c++) {
                bool touches = t->is_barrier;
                for (size_t k = 0; k < t->key_count; k++)
                    touches |= bytes_equal_text(t->keys[k], names[c]);
                if (touches && pass == 0)
                    sum = prng_mix(&sum) + cells[c];
                else if (touches)
                    cells[c] = sum;
            }
    }
}

static void rightly_declared_keys_give_what_block_order_gives(void **state)
{
    (void)state;
    prng p = prng_of(2);
    for (int round = 0; round < 2000; round++) {
        sample s;
        arena a = {0};
        uint32_t order[TRANSACTIONS_MAX];
        uint64_t expected[KEY_COUNT] = {0}, found[KEY_COUNT] = {0};
        random_sample(&s, &p);
        conflict_graph g = conflict_graph_build(s.items, s.count, (uint64_t)round, &a);
        conflict_graph_order(&g, &a, order);
        apply(&s, NULL, expected);
        apply(&s, order, found);
        assert_memory_equal(expected, found, sizeof expected);
        arena_reset(&a);
    }
}

static void assert_order(const sample *s, const char *expected)
{
    arena a = {0};
    uint32_t order[TRANSACTIONS_MAX];
    conflict_graph g = conflict_graph_build(s->items, s->count, 1, &a);
    conflict_graph_order(&g, &a, order);
    assert_int_equal(strlen(expected), s->count);
    for (size_t i = 0; i < s->count; i++)
        assert_int_equal(order[i], expected[i] - '0');
    arena_reset(&a);
}

/* Block 242 of the recorded standard workloads: six calls with the keys p0, p1, p2 (here a, b, c) in the order they arrived. */
static void recorded_orders(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *order;
    } blocks[] = {{"abcbca", "051324"}, /* ecdsa1 */
                  {"bacabc", "041325"}, /* ecdsa4, gm4 */
                  {"abcabc", "031425"}, /* free1 */
                  {"acbabc", "031524"}, /* v290 */
                  {"acbcba", "051324"}, /* v200 */
                  {"abacbc", "021435"}};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        sample s = {.count = 0};
        for (const char *key = blocks[i].keys; *key; key++)
            add_keys(&s, bytes_of(key, 1));
        assert_order(&s, blocks[i].order);
    }
}

static void barriers_and_empty_lists(void **state)
{
    (void)state;
    sample s = {.count = 0};
    add_barrier(&s);
    add(&s, "a");
    add(&s, "b");
    add(&s, ""); /* waits for nothing: it is in the queue from the start, but the worker goes on with what became ready */
    add_barrier(&s);
    add(&s, "a");
    assert_order(&s, "013245");
    sample two = {.count = 0};
    add(&two, "ab");
    add(&two, "ba"); /* two edges from the same transaction */
    add(&two, "b");
    add(&two, "aa");
    assert_order(&two, "0123");
    sample none = {.count = 0};
    assert_order(&none, "");
}

/* Number of all allowed orders, by trying every permutation. */
static size_t count_allowed(const sample *s, uint32_t *order, bool *used, size_t at)
{
    if (at == s->count)
        return is_allowed(s, order);
    size_t sum = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        if (used[i])
            continue;
        used[i] = true;
        order[at] = i;
        sum += count_allowed(s, order, used, at + 1);
        used[i] = false;
    }
    return sum;
}

static int compare_ranks(const sample *s, const uint32_t *first, const uint32_t *a, const uint32_t *b)
{
    size_t rank[TRANSACTIONS_MAX];
    for (size_t i = 0; i < s->count; i++)
        rank[first[i]] = i;
    for (size_t i = 0; i < s->count; i++)
        if (a[i] != b[i])
            return rank[a[i]] < rank[b[i]] ? -1 : 1;
    return 0;
}

static void next_order_visits_every_allowed_order_once(void **state)
{
    (void)state;
    prng p = prng_of(3);
    for (int round = 0; round < 200; round++) {
        sample s;
        arena a = {0};
        random_sample(&s, &p);
        s.count %= 7;
        uint32_t first[TRANSACTIONS_MAX], order[TRANSACTIONS_MAX], before[TRANSACTIONS_MAX], scratch[TRANSACTIONS_MAX];
        bool used[TRANSACTIONS_MAX] = {false};
        conflict_graph g = conflict_graph_build(s.items, s.count, 1, &a);
        conflict_graph_order(&g, &a, first);
        memcpy(order, first, sizeof order);
        size_t visited = 1, expected = count_allowed(&s, scratch, used, 0);
        memcpy(before, order, sizeof before);
        while (conflict_graph_next_order(&g, &a, first, s.count, order)) {
            assert_true(is_allowed(&s, order));
            assert_true(compare_ranks(&s, first, before, order) < 0);
            memcpy(before, order, sizeof before);
            visited++;
        }
        assert_int_equal(visited, expected);
        arena_reset(&a);
    }
}

static void next_order_leaves_a_failed_beginning(void **state)
{
    (void)state;
    sample s = {.count = 0};
    static const char *const keys[] = {"a", "b", "c", "a", "b", "c"};
    arena a = {0};
    uint32_t first[6], order[6];
    for (size_t i = 0; i < 6; i++)
        add(&s, keys[i]);
    conflict_graph g = conflict_graph_build(s.items, s.count, 1, &a);
    conflict_graph_order(&g, &a, first);
    memcpy(order, first, sizeof order);
    assert_true(conflict_graph_next_order(&g, &a, first, 1, order));
    assert_memory_equal(order, ((const uint32_t[]){0, 1, 3, 4, 2, 5}), sizeof order);
    assert_true(conflict_graph_next_order(&g, &a, first, 0, order));
    assert_memory_equal(order, ((const uint32_t[]){1, 0, 3, 4, 2, 5}), sizeof order);
    assert_true(conflict_graph_next_order(&g, &a, first, 0, order));
    assert_int_equal(order[0], 2);
    assert_false(conflict_graph_next_order(&g, &a, first, 0, order));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_those_of_the_definition),
        cmocka_unit_test(rightly_declared_keys_give_what_block_order_gives),
        cmocka_unit_test(recorded_orders),
        cmocka_unit_test(barriers_and_empty_lists),
        cmocka_unit_test(next_order_visits_every_allowed_order_once),
        cmocka_unit_test(next_order_leaves_a_failed_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
