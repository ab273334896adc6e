/* Two halves lose sight of each other until their waiting times stop growing, one half starts again in between: they
   stand at views far apart, and both wait equally long for the next one. Only the rule that f + 1 sealers ahead pull
   the others along brings them together again (consensus.md 5.5.6): had it to be more, they would go on side by side
   for ever. */
#include "support_scenario.h"

#include "sim/trial.h"

enum { NODES = 4, FIRST_MS = 900000, SECOND_MS = 250000, BLOCKS = 2, APART_MIN = 6 };

static sim_link between_halves(void *context, size_t from, size_t to)
{
    return (sim_link){.is_cut = *(bool *)context && (from < NODES / 2) != (to < NODES / 2)};
}

static uint64_t to_view_of(simulation *s, size_t node)
{
    arena a = {0};
    uint64_t view = sim_consensus(s, node, &a).to_view;
    arena_reset(&a);
    return view;
}

static void halves_meet(void **state)
{
    (void)state;
    bool is_cut = true;
    simulation *s = sim_new(&(sim_options){.seed = 21, .nodes = NODES});
    must_go_on(s, BLOCKS, 60000, NULL, 0);
    sim_set_links(s, between_halves, &is_cut);
    sim_run(s, FIRST_MS);
    for (size_t i = NODES / 2; i < NODES; i++) {
        sim_crash(s, i);
        sim_restart(s, i);
    }
    sim_run(s, SECOND_MS);
    must_hold(s);
    print_message("views %llu and %llu\n", (unsigned long long)to_view_of(s, 0),
                  (unsigned long long)to_view_of(s, NODES - 1));
    assert_true(to_view_of(s, 0) >= to_view_of(s, NODES - 1) + APART_MIN);
    is_cut = false;
    sim_set_links(s, between_halves, &is_cut);
    must_go_on(s, BLOCKS, TRIAL_CALM_MS, NULL, 0);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(halves_meet)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
