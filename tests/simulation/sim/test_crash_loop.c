/* A node crashes and starts again in a loop, at any effect, while clients send conflicting transactions and copies of
   old ones. It must keep what it promised and what it committed, and the others must not wait for it. */
#include "support_scenario.h"

enum { CRASHES = 60, WITHIN_MS = 300000, SEEDS = 3 };

static void crashes_under_load(simulation *s, size_t node)
{
    for (unsigned i = 0; i < CRASHES; i++) {
        if (!sim_is_up(s, node))
            sim_restart(s, node);
        sim_crash_after(s, node, 1 + i);
        for (int k = 0; k < 6 && sim_is_up(s, node); k++) {
            for (size_t n = 0; n < sim_node_count(s); n++) {
                sim_submit(s, n);
                sim_submit_copy(s, n);
            }
            sim_run(s, 250);
            must_hold(s);
        }
        sim_run(s, 150);
        must_hold(s);
    }
}

static void in_a_loop(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4, .no_hashes = seed == 2});
        size_t node = seed % 4;
        crashes_under_load(s, node);
        assert_true(sim_count(s).crashes > CRASHES / 3);
        int64_t height = sim_highest(s);
        print_message("%llu crashes, %lld blocks\n", (unsigned long long)sim_count(s).crashes, (long long)height);
        assert_true(height > 20);
        if (!sim_is_up(s, node))
            sim_restart(s, node);
        sim_crash_after(s, node, 0);
        must_go_on(s, 3, WITHIN_MS, NULL, 0);
        sim_audit(s);
        must_hold(s);
        sim_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_a_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
