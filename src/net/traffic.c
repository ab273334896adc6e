#include "net/traffic.h"
#include "base/memory.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { GROUP_IDS = 32768 };

typedef struct {
    atomic_uint_fast64_t counts[TRAFFIC_KINDS];
} group_counters;

struct traffic {
    _Atomic(group_counters *) groups[GROUP_IDS]; /* set once */
};

traffic *traffic_new(void)
{
    traffic *t = memory_new(sizeof *t);
    traffic_add_group(t, 0);
    return t;
}

void traffic_free(traffic *t)
{
    for (size_t i = 0; t && i < GROUP_IDS; i++)
        free(atomic_load(&t->groups[i]));
    free(t);
}

void traffic_add_group(traffic *t, int32_t group_id)
{
    assert(group_id >= 0 && group_id < GROUP_IDS);
    group_counters *none = NULL, *c = memory_new(sizeof *c);
    if (!atomic_compare_exchange_strong(&t->groups[group_id], &none, c))
        free(c); /* it was there */
}

static group_counters *counters_of(traffic *t, int32_t group_id)
{
    return t && group_id >= 0 && group_id < GROUP_IDS ? atomic_load(&t->groups[group_id]) : NULL;
}

void traffic_count(traffic *t, int32_t group_id, traffic_kind kind, size_t size)
{
    group_counters *c = counters_of(t, group_id);
    if (c)
        atomic_fetch_add_explicit(&c->counts[kind], size, memory_order_relaxed);
}

void traffic_take(traffic *t, int32_t group_id, uint64_t out[TRAFFIC_KINDS])
{
    group_counters *c = counters_of(t, group_id);
    for (size_t i = 0; i < TRAFFIC_KINDS; i++)
        out[i] = c ? atomic_exchange(&c->counts[i], 0) : 0;
}
