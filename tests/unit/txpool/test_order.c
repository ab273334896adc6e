#include "test.h"

#include "base/prng.h"
#include "txpool/order.h"

enum { LINKS = 400, TURNS = 20000 };

static bool comes_before(const order_link *a, const order_link *b)
{
    return a->time_ms < b->time_ms || (a->time_ms == b->time_ms && a->sequence > b->sequence);
}

/* Random insertions and removals; after each the chain is the sorted set, in both directions. */
static void random_course(void **state)
{
    (void)state;
    static order_link links[LINKS];
    bool is_in[LINKS] = {false};
    prng p = prng_of(11);
    order o = order_init(5);
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        size_t i = prng_below(&p, LINKS);
        if (is_in[i])
            order_remove(&o, &links[i]);
        else
            order_insert(&o, &links[i], prng_below(&p, 50), turn);
        is_in[i] = !is_in[i];
        size_t count = 0, expected = 0;
        for (size_t j = 0; j < LINKS; j++)
            expected += is_in[j];
        assert_int_equal(o.count, expected);
        for (order_link *link = o.first; link; link = link->next, count++) {
            assert_true(is_in[link - links]);
            assert_true(link->previous == NULL ? link == o.first : comes_before(link->previous, link));
        }
        assert_int_equal(count, expected);
    }
    for (size_t j = 0; j < LINKS; j++)
        if (is_in[j])
            order_remove(&o, &links[j]);
    assert_null(o.root);
    assert_null(o.first);
}

static size_t depth(const order_link *link)
{
    size_t left = link ? depth(link->left) : 0, right = link ? depth(link->right) : 0;
    return link ? 1 + (left > right ? left : right) : 0;
}

/* Whatever the order of arrival, the tree stays shallow. */
static void stays_balanced(void **state)
{
    (void)state;
    enum { MANY = 50000 };
    order_link *links = malloc(MANY * sizeof *links);
    for (int kind = 0; kind < 3; kind++) {
        order o = order_init(9);
        for (uint64_t i = 0; i < MANY; i++)
            order_insert(&o, &links[i], kind == 0 ? i : kind == 1 ? MANY - i : 7, i);
        assert_in_range(depth(o.root), 16, 64);
        for (size_t i = 0; i < MANY; i++)
            order_remove(&o, &links[i]);
    }
    free(links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_course), cmocka_unit_test(stays_balanced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
