#include "test.h"

#include "state/node_cache.h"

static hash256 hash_of_number(uint32_t number)
{
    hash256 hash = {{0}};
    write_be32(hash.b, number);
    return hash;
}

static void keeps_what_is_used(void **state)
{
    (void)state;
    enum { LIMIT = 64 * 1024, VALUE = 500, MANY = 1000 };
    node_cache *c = node_cache_new(LIMIT, 1);
    uint8_t value[VALUE] = {0};
    arena a = {0};
    bytes got;
    hash256 first = hash_of_number(0);
    for (uint32_t i = 0; i < MANY; i++) {
        hash256 hash = hash_of_number(i);
        write_be32(value, i);
        node_cache_put(c, &hash, bytes_of(value, sizeof value));
        assert_true(node_cache_used_bytes(c) <= LIMIT);
        assert_true(node_cache_get(c, &first, &a, &got)); /* used again and again: it stays */
        assert_int_equal(read_be32(got.data), 0);
        assert_true(node_cache_get(c, &hash, &a, &got));
        assert_int_equal(read_be32(got.data), i);
    }
    hash256 second = hash_of_number(1);
    assert_false(node_cache_get(c, &second, &a, &got));
    assert_true(node_cache_used_bytes(c) > LIMIT / 2);
    node_cache_put(c, &first, bytes_of(value, sizeof value)); /* there already: what has a hash does not change */
    assert_true(node_cache_get(c, &first, &a, &got));
    assert_int_equal(read_be32(got.data), 0);
    arena_reset(&a);
    node_cache_free(c);
}

static void one_value_does_not_empty_it(void **state)
{
    (void)state;
    node_cache *c = node_cache_new(8000, 1);
    static const uint8_t value[1001];
    hash256 large = hash_of_number(1), small = hash_of_number(2), none = hash_of_number(3);
    arena a = {0};
    bytes got;
    node_cache_put(c, &small, bytes_of(value, 1000));
    node_cache_put(c, &large, bytes_of(value, 1001));
    node_cache_put(c, &none, BYTES_EMPTY);
    assert_true(node_cache_get(c, &small, &a, &got));
    assert_int_equal(got.size, 1000);
    assert_false(node_cache_get(c, &large, &a, &got));
    assert_false(node_cache_get(c, &none, &a, &got));
    arena_reset(&a);
    node_cache_free(c);
    node_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_used),
        cmocka_unit_test(one_value_does_not_empty_it),
    };
    return cmocka_run_group_tests_name("node_cache", tests, NULL, NULL);
}
