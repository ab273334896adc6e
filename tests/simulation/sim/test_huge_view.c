/* A malicious sealer asks for very large views, and for the next ones all the time. More than f sealers must be ahead
   before a correct one follows, so that one of them alone moves nobody: blocks come as ever, and views change no faster
   than without it. */
#include "support_scenario.h"

enum { CALM_BLOCKS = 30, WITHIN_MS = 60000 };

static uint64_t play(unsigned lies, size_t nodes, uint64_t *ms)
{
    simulation *s = sim_new(&(sim_options){.seed = 11, .nodes = nodes});
    liar *liars[] = {liar_new(s, 0, lies, 1)};
    sim_run(s, 1000);
    must_go_on(s, CALM_BLOCKS, WITHIN_MS, liars, 1);
    uint64_t views = views_of(s);
    *ms = sim_now_ms(s);
    for (size_t i = 1; i < nodes; i++) {
        arena a = {0};
        assert_true(sim_consensus(s, i, &a).view < 1000);
        assert_true(sim_consensus(s, i, &a).to_view < 1000);
        arena_reset(&a);
    }
    liar_free(liars[0]);
    sim_free(s);
    return views;
}

static void one_sealer_moves_nobody(void **state)
{
    (void)state;
    for (size_t nodes = 4; nodes <= 7; nodes += 3) {
        uint64_t ms, honest_ms, honest = play(0, nodes, &honest_ms);
        uint64_t views = play(1u << LIE_HUGE_VIEW | 1u << LIE_STORM, nodes, &ms);
        print_message("%zu nodes: %llu views in %llu s with the liar, %llu in %llu s without\n", nodes,
                      (unsigned long long)views, (unsigned long long)ms / 1000, (unsigned long long)honest,
                      (unsigned long long)honest_ms / 1000);
        assert_true(views <= 2 * honest + 10);
        assert_true(ms <= 2 * honest_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_sealer_moves_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
