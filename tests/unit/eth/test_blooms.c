/* The memory of blooms: pages, and which of them goes. */
#include "test.h"

#include "eth/blooms.h"

static const hash256 chain_a = {{1}}, chain_b = {{2}};

static bloom bloom_of_number(int64_t number)
{
    bloom b = {{0}};
    memcpy(b.b, &number, sizeof number);
    b.b[BLOOM_BYTES - 1] = 1;
    return b;
}

static void put(eth_blooms *c, const hash256 *chain, int64_t number)
{
    bloom b = bloom_of_number(number);
    eth_blooms_put(c, chain, number, &b);
}

static bool has(eth_blooms *c, const hash256 *chain, int64_t number)
{
    bloom found, expected = bloom_of_number(number);
    if (!eth_blooms_get(c, chain, number, &found))
        return false;
    assert_memory_equal(&found, &expected, sizeof found);
    return true;
}

static void blooms_are_found_again(void **state)
{
    (void)state;
    eth_blooms *c = eth_blooms_new(4);
    static const int64_t numbers[] = {0, 1, ETH_BLOOM_PAGE_BLOCKS - 1, ETH_BLOOM_PAGE_BLOCKS, INT64_MAX};
    assert_false(has(c, &chain_a, 0));
    for (size_t i = 0; i < COUNT(numbers); i++)
        put(c, &chain_a, numbers[i]);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_true(has(c, &chain_a, numbers[i]));
        assert_false(has(c, &chain_b, numbers[i]));
    }
    assert_false(has(c, &chain_a, 2));
    put(c, &chain_b, 5);
    assert_true(has(c, &chain_b, 5));
    assert_false(has(c, &chain_a, 5));
    eth_blooms_free(c);
}

static void the_page_not_used_for_longest_goes(void **state)
{
    (void)state;
    eth_blooms *c = eth_blooms_new(3);
    for (int64_t page = 0; page < 3; page++)
        put(c, &chain_a, page * ETH_BLOOM_PAGE_BLOCKS + 7);
    assert_true(has(c, &chain_a, 7)); /* page 1 is the oldest now */
    put(c, &chain_b, 7);
    assert_true(has(c, &chain_a, 7));
    assert_false(has(c, &chain_a, ETH_BLOOM_PAGE_BLOCKS + 7));
    assert_true(has(c, &chain_a, 2 * ETH_BLOOM_PAGE_BLOCKS + 7));
    assert_true(has(c, &chain_b, 7));
    assert_false(has(c, &chain_b, 8)); /* nothing is left of the page that went */
    eth_blooms_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blooms_are_found_again),
        cmocka_unit_test(the_page_not_used_for_longest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
