/* Half of the nodes lose their newest block, which a disk must never do. The others still have it: it comes back by
   sync, and no other block takes its place. */
#include "support_scenario.h"

enum { WITHIN_MS = 200000, SEEDS = 6 };

static void half_of_them(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4});
        must_go_on(s, 5, WITHIN_MS, NULL, 0);
        sim_run(s, 5000); /* quiet: all have the same height */
        int64_t height = sim_highest(s);
        for (size_t i = 0; i < 4; i++)
            sim_crash(s, i);
        for (size_t i = 0; i < 4; i++)
            if (i < 2)
                sim_restart_without_last_block(s, i);
            else
                sim_restart(s, i);
        assert_int_equal(sim_height(s, 0), height - 1);
        assert_int_equal(sim_height(s, 2), height);
        sim_run(s, 30000); /* no client says anything: the block must come all the same */
        must_hold(s);
        assert_int_equal(sim_height(s, 0), height);
        assert_int_equal(sim_height(s, 1), height);
        must_go_on(s, 3, WITHIN_MS, NULL, 0);
        sim_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(half_of_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
