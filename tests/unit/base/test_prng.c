#include "test.h"

#include "base/prng.h"

/* State {1, 2, 3, 4}: the first outputs as the authors' published program prints them. */
static void known_outputs(void **state)
{
    (void)state;
    prng p = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(prng_next(&p), expected[i]);
    uint64_t counter = 1234567;
    assert_int_equal(prng_mix(&counter), 6457827717110365317u);
    assert_int_equal(prng_mix(&counter), 3203168211198807973u);
}

static void bounds_and_shuffles(void **state)
{
    (void)state;
    prng p = prng_of(7);
    size_t seen[5] = {0};
    for (int i = 0; i < 5000; i++) {
        uint64_t v = prng_below(&p, 5);
        assert_true(v < 5);
        seen[v]++;
    }
    for (size_t i = 0; i < 5; i++)
        assert_in_range(seen[i], 800, 1200);
    assert_int_equal(prng_below(&p, 1), 0);
    size_t order[50];
    bool present[50] = {false};
    prng_shuffle(&p, order, 50);
    for (size_t i = 0; i < 50; i++)
        present[order[i]] = true;
    for (size_t i = 0; i < 50; i++)
        assert_true(present[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_outputs), cmocka_unit_test(bounds_and_shuffles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
