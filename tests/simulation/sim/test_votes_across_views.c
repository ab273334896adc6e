/* A sealer votes on the right block in views that are still to come, and as leader brings the block of an earlier view
   again, with the Signs that it got there. Votes count for one view only: the rule "votes" of sim/check.c counts what
   each node heard. */
#include "support_scenario.h"

enum { SEEDS = 6, BUSY_MS = 60000, BLOCKS = 3, WITHIN_MS = 400000 };

static sim_link lossy(void *context, size_t from, size_t to)
{
    (void)from, (void)to;
    return (sim_link){.lost = *(unsigned *)context, .extra_delay_ms = 200};
}

static void one_view_at_a_time(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        unsigned lost = 100;
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4});
        liar *liars[] = {liar_new(s, seed % 4, 1u << LIE_OTHER_VIEW | (seed % 2 ? 1u << LIE_COLLECT : 0), seed)};
        sim_set_links(s, lossy, &lost);
        run_busy(s, BUSY_MS, liars, COUNT(liars));
        assert_true(sim_count(s).lies_by_kind[LIE_OTHER_VIEW] > 0);
        lost = 0;
        sim_set_links(s, lossy, &lost);
        liar_set(liars[0], 0);
        must_go_on(s, BLOCKS, WITHIN_MS, liars, COUNT(liars));
        liar_free(liars[0]);
        sim_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_view_at_a_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
