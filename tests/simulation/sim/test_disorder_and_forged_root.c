/* Consensus packets arrive in any order while a node that was away fetches blocks from a liar that forges them:
   transactions that the header does not name, roots that are none, one signature as often as a quorum, blocks cut
   short. */
#include "support_scenario.h"

enum { BLOCKS = 12, WITHIN_MS = 400000, SEEDS = 8, AWAY_MS = 30000 };

static void set_disorder(simulation *s, bool is_unordered)
{
    for (size_t a = 0; a < sim_node_count(s); a++)
        for (size_t b = 0; b < sim_node_count(s); b++)
            if (a != b)
                sim_set_link(s, a, b,
                             (sim_link){.is_unordered = is_unordered, .extra_delay_ms = is_unordered ? 300 : 0});
}

/* The node that comes back reaches the liar only, until it has asked it for blocks. */
static void isolate_with(simulation *s, size_t node, size_t friend, bool is_alone)
{
    for (size_t i = 0; i < sim_node_count(s); i++)
        if (i != node && i != friend) {
            sim_set_link(s, i, node,
                         (sim_link){.is_disconnected = is_alone, .is_unordered = true, .extra_delay_ms = 300});
            sim_set_link(s, node, i,
                         (sim_link){.is_disconnected = is_alone, .is_unordered = true, .extra_delay_ms = 300});
        }
}

static void blocks_from_a_liar(void **state)
{
    (void)state;
    uint64_t lies = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4});
        liar *liars[] = {liar_new(s, 0, 1u << LIE_BLOCKS, seed)};
        set_disorder(s, true);
        sim_crash(s, 1);
        run_busy(s, AWAY_MS, liars, 1);
        sim_restart(s, 1);
        isolate_with(s, 1, 0, true);
        run_busy(s, AWAY_MS, liars, 1);
        isolate_with(s, 1, 0, false);
        must_go_on(s, BLOCKS, WITHIN_MS, liars, 1);
        lies += sim_count(s).lies;
        liar_free(liars[0]);
        sim_free(s);
    }
    print_message("%llu forged answers\n", (unsigned long long)lies);
    assert_true(lies > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_from_a_liar)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
