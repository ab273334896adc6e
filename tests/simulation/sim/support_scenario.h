/* support_scenario.h: what the named scenarios have in common. */
#ifndef HANSE_TESTS_SUPPORT_SCENARIO_H
#define HANSE_TESTS_SUPPORT_SCENARIO_H

#include "test.h"

#include "sim/liar.h"
#include "sim/sim.h"

void must_hold(simulation *s); /* no rule is broken */
/* Submits to every correct node each second until all of them are so many blocks further, or fails. */
void must_go_on(simulation *s, int64_t blocks, uint64_t within_ms, liar *const *liars, size_t liar_count);
/* Lets time pass with clients; liars speak. */
void run_busy(simulation *s, uint64_t ms, liar *const *liars, size_t liar_count);
void cut_off(simulation *s, size_t node, bool is_cut); /* silently: sessions stay */
/* Views that the correct nodes went through, all together. */
uint64_t views_of(simulation *s);

#endif
