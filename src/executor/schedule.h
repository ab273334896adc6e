/* schedule.h: the order in which a block's transactions take effect. Inside of the executor. Source: spec/execution.md 10. */
#ifndef HANSE_EXECUTOR_SCHEDULE_H
#define HANSE_EXECUTOR_SCHEDULE_H

#include "executor/conflict_graph.h"
#include "executor/run.h"

enum {
    SCHEDULE_ORDERS_MAX = 256,       /* how many orders are tried for one block ... */
    SCHEDULE_TRANSACTIONS_MAX = 20000 /* ... and how many transactions are run for that, whichever is reached first */
};

/* The orders tried for one block. Zeroed at first. */
typedef struct {
    arena memory;
    conflict_graph graph;
    uint32_t *first; /* that of one worker */
    uint32_t *order; /* to be run; NULL: that of the block, and there is no other */
    const receipt *expected; /* those of the block as received, checked against its header; NULL: unknown */
    size_t differs_at; /* position in order: where the first receipt came that is not the expected one */
    size_t orders, transactions; /* tried so far */
} schedule;

/* Before the first transaction runs: look-ups see the state before the block. At the first call sets the order.
   QUIRK: below 2.5.0 the tables it opens count for the root (execution.md 8.6). */
void schedule_begin(schedule *s, block_run *run, const block *b);
/* Goes on to the next order; false: that was the last, or enough of them. */
bool schedule_next(schedule *s);
void schedule_free(schedule *s);

#endif
