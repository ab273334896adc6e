/* The leader lives for its clients, but its frames reach nobody. The others change the view and go on without it; what
   its clients gave it is committed once it is heard again. */
#include "support_scenario.h"

enum { WITHIN_MS = 120000, ROUNDS = 6 };

static size_t leader_of(simulation *s)
{
    arena a = {0};
    consensus_status c = sim_consensus(s, 0, &a);
    size_t leader = (size_t)((c.view + (uint64_t)c.highest_number) % c.node_count);
    arena_reset(&a);
    return leader;
}

static void others_go_on(simulation *s, size_t cut, int64_t blocks)
{
    int64_t wanted = sim_highest(s) + blocks;
    uint64_t end = sim_now_ms(s) + WITHIN_MS;
    for (bool is_done = false; !is_done;) {
        for (size_t i = 0; i < 4; i++)
            sim_submit(s, i);
        sim_run(s, 500);
        must_hold(s);
        is_done = true;
        for (size_t i = 0; i < 4; i++)
            is_done &= i == cut || sim_height(s, i) >= wanted;
        if (!is_done && sim_now_ms(s) > end)
            fail_msg("the others do not go on without node %zu", cut);
    }
}

static void alive_for_clients_only(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 8, .nodes = 4});
    must_go_on(s, 2, WITHIN_MS, NULL, 0);
    for (int round = 0; round < ROUNDS; round++) {
        size_t leader = leader_of(s);
        cut_off(s, leader, true);
        hash256 given = sim_submit(s, leader);
        int64_t before = sim_height(s, leader);
        others_go_on(s, leader, 4);
        assert_int_equal(sim_height(s, leader), before); /* it commits nothing alone */
        assert_false(sim_is_committed(s, &given, NULL));
        cut_off(s, leader, false);
        must_go_on(s, 2, 4 * WITHIN_MS, NULL, 0);
        for (int i = 0; i < 120 && !sim_is_committed(s, &given, NULL); i++)
            must_go_on(s, 1, WITHIN_MS, NULL, 0);
        assert_true(sim_is_committed(s, &given, NULL));
    }
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alive_for_clients_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
