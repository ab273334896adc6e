#include "sim/inside.h"

#include <assert.h>
#include <stdlib.h>

enum { MILLION = 1000000, FAR_MS = 60 * 60 * 1000 };

/* Milliseconds that the node's own clock has counted since the beginning. */
static uint64_t counted_ms(const simulation *s, const sim_node *n)
{
    uint64_t passed = s->now_ms - n->drift_since_ms;
    return n->clock_then_ms + passed * (uint64_t)(MILLION + n->drift) / MILLION;
}

group_time clock_of(const simulation *s, const sim_node *n)
{
    uint64_t counted = counted_ms(s, n);
    return (group_time){.steady_ms = n->steady_base_ms + counted,
                        .utc_ms = (uint64_t)((int64_t)(START_UTC_MS + counted) + n->clock_offset_ms)};
}

uint64_t clock_true_ms(const sim_node *n, uint64_t steady_ms)
{
    if (steady_ms <= n->steady_base_ms + n->clock_then_ms)
        return n->drift_since_ms;
    uint64_t rate = (uint64_t)(MILLION + n->drift), wanted = steady_ms - n->steady_base_ms - n->clock_then_ms;
    return n->drift_since_ms + (wanted * MILLION + rate - 1) / rate;
}

void sim_set_clock(simulation *s, size_t node, int64_t offset_ms)
{
    sim_node *n = &s->nodes[node];
    int64_t before = n->clock_offset_ms;
    n->clock_offset_ms = offset_ms - ((int64_t)counted_ms(s, n) - (int64_t)s->now_ms);
    int64_t jump = n->clock_offset_ms - before;
    if (jump)
        sim_note(s, llabs(jump) < FAR_MS ? PLAYED_CLOCK_JUMP : PLAYED_CLOCK_FAR);
    if (jump < 0)
        sim_note(s, PLAYED_CLOCK_BACK);
}

void sim_set_drift(simulation *s, size_t node, int64_t millionths)
{
    assert(millionths > -MILLION);
    sim_node *n = &s->nodes[node];
    n->clock_then_ms = counted_ms(s, n);
    n->drift_since_ms = s->now_ms;
    n->drift = millionths;
    sim_node_poke(s, node); /* its next deadline comes at another time now */
}
