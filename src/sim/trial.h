/* trial.h: one seed played to its end: a network drawn from the seed, a plan of faults, clients, then calm. While there
   are faults the rules of check.c must hold; in calm every correct node must commit new transactions within
   TRIAL_CALM_MS. Thread: one at a time. */
#ifndef HANSE_SIM_TRIAL_H
#define HANSE_SIM_TRIAL_H

#include "sim/plan.h"

enum {
    TRIAL_OTHERS_ALL = SIM_NODES_MAX,
    TRIAL_LONGEST_BACKOFF_MS = 77000, /* 3 s * 1.5^8, docs/decisions/0004 */
    TRIAL_CALM_MS = 10 * TRIAL_LONGEST_BACKOFF_MS
};

typedef struct {
    uint64_t seed;
    size_t nodes;       /* sealers; 0: drawn, 4 to 7 */
    size_t others;      /* at most so many observers and twins of those that are drawn */
    uint64_t length_ms; /* of the time with faults: the plan is drawn for it */
    uint64_t stop_ms;   /* calm begins then, if that is earlier; 0: it does not */
    unsigned faults;    /* bits: 1u << fault_kind */
    uint64_t keep;      /* bits: which faults of the plan are played; UINT64_MAX: all */
    memo *memory;       /* borrowed; may be NULL */
    bool tells_story;
    simulation *
        *expose; /* set to the simulation while it runs, for whoever wants its story after a crash; may be NULL */
} trial_options;

typedef enum { TRIAL_GOOD, TRIAL_BROKEN, TRIAL_STUCK, TRIAL_HELD } trial_outcome;
/* HELD: no progress, because liars made correct nodes prepare blocks of which none can win any more: a known limit of
   the protocol (docs/protocol/findings-consensus.md). It is counted, and no failure. */

typedef struct {
    trial_outcome outcome;
    char why[SIM_WHY_BYTES];
    sim_counts counts;
    uint64_t simulated_ms, calm_ms;     /* calm_ms: until every node had committed */
    size_t sealers, nodes, fault_count; /* nodes: all */
    unsigned kinds_played;              /* bits */
} trial_result;

/* story may be NULL; otherwise the plan and the last lines are put there. */
void trial_run(const trial_options *options, trial_result *out, buffer *story);
/* How many faults the plan has, and how many sealers there are. */
size_t trial_plan_of(const trial_options *options, size_t *sealers);
/* Looks for a smaller trial that still fails: fewer faults (leaves out neighbours, many at once, then fewer), fewer
   nodes, calm that begins earlier, and then once more fewer faults. `fails` plays one (in another process, when the
   failure may be an assertion). */
trial_options trial_shrink(trial_options failing, bool (*fails)(const trial_options *options, void *context),
                           void *context);

#endif
