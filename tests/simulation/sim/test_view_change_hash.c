/* View changes whose hash does not belong to their fields: a liar repeats what others said with other views and heights
   under their signatures, and names old blocks in its own. What a signature covers must be worked out anew from the
   fields received; else one liar speaks with the voices of all, and views change without end. */
#include "support_scenario.h"

enum { BLOCKS = 20, WITHIN_MS = 60000 };

static void signed_fields_cannot_be_changed(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 5, .nodes = 4});
    liar *liars[] = {liar_new(s, 2, 1u << LIE_TAMPER | 1u << LIE_VIEW_HASH, 1)};
    must_go_on(s, BLOCKS, WITHIN_MS, liars, 1);
    sim_run(s, 30000); /* idle: each second somebody asks for the next view, and the liar hears it */
    for (int i = 0; i < 300; i++) {
        liar_act(liars[0]);
        sim_run(s, 100);
    }
    must_hold(s);
    assert_true(sim_count(s).lies > 1000);
    for (size_t i = 0; i < 4; i++) {
        arena a = {0};
        consensus_status c = sim_consensus(s, i, &a);
        assert_true(i == 2 || c.to_view <= 100); /* one in a second, at most */
        arena_reset(&a);
    }
    must_go_on(s, BLOCKS, WITHIN_MS, liars, 1);
    liar_free(liars[0]);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signed_fields_cannot_be_changed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
