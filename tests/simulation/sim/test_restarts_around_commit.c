/* All four nodes stop at different moments around a commit - before the prepared block is kept, after it, before and
   after the block is written, between two frames of one broadcast - and start again. Whatever each of them still has,
   they agree and go on. */
#include "support_scenario.h"

enum { ROUNDS = 40, WITHIN_MS = 400000 };

static void stop_all(simulation *s, unsigned round)
{
    for (size_t i = 0; i < 4; i++) {
        sim_submit(s, i);
        sim_crash_after(s, i, 1 + (round * 7 + (unsigned)i * (1 + round % 11)) % 45);
    }
    for (int k = 0; k < 200; k++) {
        bool is_any_up = false;
        for (size_t i = 0; i < 4; i++)
            is_any_up |= sim_is_up(s, i);
        if (!is_any_up)
            break;
        sim_run(s, 50);
        must_hold(s);
    }
}

static void at_different_moments(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 21, .nodes = 4});
    must_go_on(s, 1, WITHIN_MS, NULL, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        stop_all(s, round);
        for (size_t i = 0; i < 4; i++) {
            sim_crash_after(s, i, 0);
            if (!sim_is_up(s, i))
                sim_restart(s, i);
        }
        for (int k = 0; k < 30; k++) /* old transactions once more: nobody may have forgotten them */
            sim_submit_copy(s, (size_t)k % 4);
        must_go_on(s, 1, WITHIN_MS, NULL, 0);
    }
    print_message("%llu crashes, %lld blocks\n", (unsigned long long)sim_count(s).crashes, (long long)sim_highest(s));
    assert_true(sim_count(s).crashes > 2 * ROUNDS);
    sim_audit(s);
    must_hold(s);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_different_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
