/* fault.h: a store around a store that fails where it is told to, for tests and the simulator: a wrapper is an engine too, and
   what is above it notices no difference until the plan says so. Threads: as the inner store; the plan is changed between calls
   only. */
#ifndef HANSE_STORE_FAULT_H
#define HANSE_STORE_FAULT_H

#include "store/store.h"

typedef enum {
    FAULT_BEFORE, /* nothing reaches the inner store */
    FAULT_AFTER   /* the write is done, and then its answer is lost: what a power cut right after the sync looks like */
} fault_moment;

typedef struct {
    unsigned calls_before; /* this many calls pass, the next one fails */
    store_result answer;   /* STORE_OK: never fails */
    fault_moment moment;   /* of writes */
    bool kills;            /* of writes: instead of an answer the process ends, as by kill -9 */
} fault_countdown;

typedef struct {
    fault_countdown reads;  /* get_many, scan (at its end), note_get */
    fault_countdown applies;
    fault_countdown notes;  /* note_put */
} store_fault_plan;

/* plan stays the caller's and may be changed at any time. After a failed write every later one fails alike (store.h), until
   the wrapper is closed. store_close closes the wrapper only: the inner store stays, so that a test can "restart" on it. */
store *store_faulty(store *inner, store_fault_plan *plan);

#endif
