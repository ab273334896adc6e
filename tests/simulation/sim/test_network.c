/* Four whole nodes in one process: real pools, consensus, sync, executor and ledgers. They must agree whatever the
   network loses, delays and reorders, and whenever a node crashes; sim/check.c looks after every step. */
#include "test.h"

#include "sim/sim.h"

static void must_hold(simulation *s)
{
    if (sim_failure(s))
        fail_msg("%s", sim_failure(s));
}

/* Submits to everybody until all nodes are at the same, higher block. */
static void must_go_on(simulation *s, int64_t blocks, uint64_t within_ms)
{
    int64_t wanted = sim_highest(s) + blocks;
    uint64_t end = sim_now_ms(s) + within_ms;
    for (bool done = false; !done;) {
        for (size_t i = 0; i < sim_node_count(s); i++)
            sim_submit(s, i);
        sim_run(s, 1000);
        must_hold(s);
        done = true;
        for (size_t i = 0; i < sim_node_count(s); i++)
            done &= sim_height(s, i) >= wanted;
        if (!done && sim_now_ms(s) > end)
            fail_msg("no block %lld on every node within %llu s", (long long)wanted,
                     (unsigned long long)within_ms / 1000);
    }
}

static void nothing_goes_wrong(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 1, .nodes = 4});
    must_go_on(s, 10, 60000);
    sim_counts c = sim_count(s);
    print_message("%lld blocks, %llu of %llu transactions, %llu frames\n", (long long)c.blocks,
                  (unsigned long long)c.committed_transactions, (unsigned long long)c.submitted,
                  (unsigned long long)c.frames);
    assert_true(c.committed_transactions > 10 && c.accepted >= c.committed_transactions);
    sim_free(s);
}

static void frames_are_lost_and_reordered(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        simulation *s =
            sim_new(&(sim_options){.seed = seed, .nodes = 4, .no_hashes = seed % 2, .no_trees = seed % 4 > 1});
        for (size_t a = 0; a < 4; a++)
            for (size_t b = 0; b < 4; b++)
                if (a != b)
                    sim_set_link(s, a, b,
                                 (sim_link){.lost = 100, .repeated = 100, .is_unordered = true, .extra_delay_ms = 200});
        must_go_on(s, 5, 600000);
        assert_true(sim_count(s).frames_lost > 0);
        sim_free(s);
    }
}

static void a_node_crashes_and_comes_back(void **state)
{
    (void)state;
    for (unsigned effects = 1; effects <= 12; effects++) {
        simulation *s = sim_new(&(sim_options){.seed = effects, .nodes = 4});
        must_go_on(s, 2, 60000);
        sim_crash_after(s, 1, effects);
        for (int i = 0; i < 10; i++) {
            sim_submit(s, 0);
            sim_run(s, 1000);
        }
        assert_false(sim_is_up(s, 1));
        sim_restart(s, 1);
        must_go_on(s, 3, 120000);
        sim_free(s);
    }
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    sim_counts counts[2];
    hash256 hashes[2];
    for (int i = 0; i < 2; i++) {
        simulation *s = sim_new(&(sim_options){.seed = 42, .nodes = 4});
        must_go_on(s, 5, 60000);
        counts[i] = sim_count(s);
        hashes[i] = sim_hash(s, 5);
        sim_free(s);
    }
    assert_memory_equal(&counts[0], &counts[1], sizeof counts[0]);
    assert_memory_equal(&hashes[0], &hashes[1], sizeof hashes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_wrong),
        cmocka_unit_test(frames_are_lost_and_reordered),
        cmocka_unit_test(a_node_crashes_and_comes_back),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
