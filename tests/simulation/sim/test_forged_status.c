/* A liar tells of heights that nobody has, up to 2^63 - 1, of hashes and clocks that are none, and answers no request for such blocks. The
 * others may ask it now and then, but must not stop sealing for it. */
#include "support_scenario.h"

enum { BLOCKS = 20, WITHIN_MS = 300000, SEEDS = 4 };

static void nobody_waits_for_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4, .no_trees = seed % 2});
        liar *liars[] = {liar_new(s, seed % 4, 1u << LIE_STATUS, seed)};
        run_busy(s, 2000, liars, 1);
        uint64_t start = sim_now_ms(s);
        must_go_on(s, BLOCKS, WITHIN_MS, liars, 1);
        print_message("seed %llu: %d blocks in %llu s, %llu lies\n", (unsigned long long)seed, BLOCKS,
                      (unsigned long long)(sim_now_ms(s) - start) / 1000, (unsigned long long)sim_count(s).lies);
        liar_free(liars[0]);
        sim_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_waits_for_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
