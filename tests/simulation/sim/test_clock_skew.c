/* Clocks that are a day off, forwards and back, jump, and go too fast or too slowly while the chain runs. Timers run on
   the steady clock, so nothing waits for a day; the time of a block is never before that of its parent; transactions do
   not expire by somebody's wrong clock alone. */
#include "support_scenario.h"

enum { BLOCKS = 12, WITHIN_MS = 120000, DAY_MS = 24 * 60 * 60 * 1000 };

static void time_goes_forward(simulation *s)
{
    for (int64_t number = 1; number <= sim_highest(s); number++)
        assert_true(sim_timestamp(s, number) > sim_timestamp(s, number - 1));
}

static void one_day_off(void **state)
{
    (void)state;
    static const int64_t offsets[] = {DAY_MS, -(int64_t)DAY_MS};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        simulation *s = sim_new(&(sim_options){.seed = 3 + i, .nodes = 4});
        sim_set_clock(s, 1, offsets[i]);
        must_go_on(s, BLOCKS, WITHIN_MS, NULL, 0);
        time_goes_forward(s);
        sim_free(s);
    }
}

static void jumps_of_a_day(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 9, .nodes = 4});
    for (int round = 0; round < 12; round++) {
        sim_set_clock(s, (size_t)round % 4, round % 3 == 0 ? 0 : round % 2 ? DAY_MS : -(int64_t)DAY_MS);
        must_go_on(s, 2, WITHIN_MS, NULL, 0);
    }
    time_goes_forward(s);
    sim_free(s);
}

static void too_fast_and_too_slow(void **state)
{
    (void)state;
    static const int64_t millionths[] = {250000, -250000, 100, 0};
    simulation *s = sim_new(&(sim_options){.seed = 12, .nodes = 4});
    for (size_t i = 0; i < COUNT(millionths); i++)
        sim_set_drift(s, i, millionths[i]);
    uint64_t begin = sim_now_ms(s);
    must_go_on(s, BLOCKS, WITHIN_MS, NULL, 0);
    sim_run(s, 600000); /* their clocks are five minutes apart from the others', and their timers a quarter */
    must_go_on(s, BLOCKS, WITHIN_MS, NULL, 0);
    time_goes_forward(s);
    assert_true(sim_count(s).played[PLAYED_DRIFT] > 100);
    assert_true(sim_now_ms(s) - begin >= 600000);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_day_off), cmocka_unit_test(jumps_of_a_day),
                                       cmocka_unit_test(too_fast_and_too_slow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
