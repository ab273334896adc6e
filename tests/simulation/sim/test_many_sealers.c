/* A hundred sealers commit blocks; so do sixteen when their number changes under load. */
#include "support_scenario.h"

#include "sim/scale.h"

static void a_hundred(void **state)
{
    (void)state;
    scale_result r;
    error_text why = {""};
    if (!scale_measure(100, 1, &r, &why))
        fail_msg("%s", why.text);
    print_message("100 sealers: %.0f frames, %.0f bytes for a block\n", r.consensus_frames + r.other_frames,
                  r.consensus_bytes + r.other_bytes);
    assert_true(r.blocks >= SCALE_BLOCKS);
    assert_true(r.consensus_frames < 3 * 100 * 100);
}

static void members_change_under_load(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 4, .nodes = 4, .observers = 3});
    static const struct {
        const char *kind;
        size_t node;
        size_t sealers, observers; /* after it */
    } changes[] = {{"addObserver", 4, 4, 1}, {"addSealer", 4, 5, 0},   {"addSealer", 5, 6, 0}, {"addSealer", 6, 7, 0},
                   {"remove", 0, 6, 0},      {"addObserver", 1, 5, 1}, {"addSealer", 0, 6, 1}, {"addSealer", 1, 7, 0}};
    for (size_t i = 0; i < COUNT(changes); i++) {
        hash256 hash = sim_submit_membership(s, 2, changes[i].kind, changes[i].node);
        for (int k = 0; k < 60 && !sim_is_committed(s, &hash, NULL); k++)
            run_busy(s, 1000, NULL, 0);
        assert_true(sim_is_committed(s, &hash, NULL));
        run_busy(s, 3000, NULL, 0);
        chain_view *v = group_view(sim_group(s, 2));
        assert_int_equal(v->state.nodes.sealer_count, changes[i].sealers);
        assert_int_equal(v->state.nodes.observer_count, changes[i].observers);
        chain_view_drop(v);
    }
    must_go_on(s, 5, 120000, NULL, 0);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_hundred), cmocka_unit_test(members_change_under_load)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
