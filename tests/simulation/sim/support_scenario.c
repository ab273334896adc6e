#include "support_scenario.h"

enum { STEP_MS = 200 };

void must_hold(simulation *s)
{
    if (sim_failure(s))
        fail_msg("%s", sim_failure(s));
}

static void step(simulation *s, liar *const *liars, size_t liar_count)
{
    for (size_t i = 0; i < liar_count; i++)
        liar_act(liars[i]);
    sim_run(s, STEP_MS);
    must_hold(s);
}

void run_busy(simulation *s, uint64_t ms, liar *const *liars, size_t liar_count)
{
    for (uint64_t passed = 0; passed < ms; passed += STEP_MS) {
        sim_submit(s, passed / STEP_MS % sim_node_count(s));
        step(s, liars, liar_count);
    }
}

void must_go_on(simulation *s, int64_t blocks, uint64_t within_ms, liar *const *liars, size_t liar_count)
{
    int64_t wanted = sim_highest(s) + blocks;
    uint64_t end = sim_now_ms(s) + within_ms, next_submit = 0;
    for (bool is_done = false; !is_done;) {
        if (sim_now_ms(s) >= next_submit) {
            for (size_t i = 0; i < sim_node_count(s); i++)
                sim_submit(s, i);
            next_submit = sim_now_ms(s) + 1000;
        }
        step(s, liars, liar_count);
        is_done = true;
        for (size_t i = 0; i < sim_node_count(s); i++)
            is_done &= sim_is_liar(s, i) || sim_height(s, i) >= wanted;
        if (!is_done && sim_now_ms(s) > end)
            fail_msg("no block %lld on every correct node within %llu s", (long long)wanted,
                     (unsigned long long)within_ms / 1000);
    }
}

void cut_off(simulation *s, size_t node, bool is_cut)
{
    for (size_t i = 0; i < sim_node_count(s); i++)
        if (i != node) {
            sim_set_link(s, i, node, (sim_link){.is_cut = is_cut});
            sim_set_link(s, node, i, (sim_link){.is_cut = is_cut});
        }
}

uint64_t views_of(simulation *s)
{
    return sim_count(s).view_changes;
}
