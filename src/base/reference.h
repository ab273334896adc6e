/* reference.h: a count of owners, for values that never change after they were built (transactions, blocks) and are shared
   between threads. The last owner frees. */
#ifndef HANSE_BASE_REFERENCE_H
#define HANSE_BASE_REFERENCE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    atomic_int owners;
} reference_count;

static inline void reference_init(reference_count *r)
{
    atomic_init(&r->owners, 1);
}

static inline void reference_add(reference_count *r)
{
    int before = atomic_fetch_add_explicit(&r->owners, 1, memory_order_relaxed);
    assert(before > 0);
    (void)before;
}

/* true: that was the last owner, and the caller must free the value. */
static inline bool reference_drop(reference_count *r)
{
    int before = atomic_fetch_sub_explicit(&r->owners, 1, memory_order_acq_rel);
    assert(before > 0);
    return before == 1;
}

#endif
