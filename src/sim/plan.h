/* plan.h: what goes wrong in a trial: a list of faults, each with its time, drawn from the seed alone before the trial
   begins. A trial that plays only some of them is a shorter story of the same failure: that is how shrinking works.
   Thread: one at a time. */
#ifndef HANSE_SIM_PLAN_H
#define HANSE_SIM_PLAN_H

#include "sim/sim.h"

typedef enum {
    FAULT_LOSS, /* of frames, on some links */
    FAULT_DELAY,
    FAULT_REPEAT,
    FAULT_REORDER,
    FAULT_PARTITION, /* two sides; silent, or with their sessions closed */
    FAULT_ONE_WAY,   /* one side does not hear the other */
    FAULT_SLOW_LINK, /* bytes per second */
    FAULT_FLAP,      /* a node's sessions come and go */
    FAULT_CRASH,     /* between any two effects, and back later; also again and again */
    FAULT_DISK,      /* a write or read that fails, before or after it is done */
    FAULT_FULL_DISK,
    FAULT_CLOCK, /* offsets and jumps, up to days */
    FAULT_DRIFT, /* clocks that go too fast or too slowly */
    FAULT_SLOW_NODE,
    FAULT_MEMBERS,   /* sealers and observers come, go and change */
    FAULT_FLOOD,     /* transactions: conflicts, copies, expired limits */
    FAULT_BYZANTINE, /* up to f liars */
    FAULT_KINDS
} fault_kind;

enum { PLAN_FAULTS_MAX = 64 };

typedef struct {
    fault_kind kind;
    uint64_t start_ms, end_ms;
    size_t node, other;
    played_kind boundary;        /* CRASH: where, or PLAYED_KINDS: after so many effects */
    uint8_t side[SIM_NODES_MAX]; /* 1: on that side of a partition, or a node whose links are meant */
    uint64_t amount;
    bool is_hard; /* PARTITION: sessions close; CRASH: again and again; CLOCK, DRIFT: forwards, fast; DISK: the write is
                     done first */
} sim_fault;

typedef struct {
    sim_fault faults[PLAN_FAULTS_MAX];
    size_t count;
} sim_plan;

typedef struct {
    prng random;
    size_t nodes, liars, faulty; /* nodes: all; liars: the first sealers; faulty: liars and those that have twins */
    unsigned kinds;              /* bits: 1u << fault_kind */
    uint64_t length_ms;
} plan_shape;

const char *fault_text(fault_kind kind);
/* "loss,crash", "all", "none", "all,-disk". */
bool plan_parse_kinds(const char *text, unsigned *kinds, error_text *why) MUST_USE;
/* As few draws as possible depend on the number of nodes, so that a smaller network meets about the same plan
 * (trial_shrink). */
void plan_draw(sim_plan *plan, plan_shape shape);
void plan_describe(const sim_fault *f, buffer *out); /* one line, without its end */

/* The links as the faults that are active make them. */
void plan_apply_links(const sim_plan *plan, const bool *is_active, simulation *s);

#endif
