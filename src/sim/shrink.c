#include "sim/trial.h"

enum { SEALERS_MIN = 4, STOP_TRIES = 7, STOP_MIN_MS = 1000 };

typedef struct {
    trial_options failing;
    bool (*fails)(const trial_options *options, void *context);
    void *context;
} shrinking;

static bool try_this(shrinking *s, const trial_options *smaller)
{
    bool still_fails = s->fails(smaller, s->context);
    if (still_fails)
        s->failing = *smaller;
    return still_fails;
}

static void drop_faults(shrinking *s)
{
    for (unsigned chunk = PLAN_FAULTS_MAX / 2; chunk > 0;) {
        bool is_smaller = false;
        for (unsigned first = 0; first < PLAN_FAULTS_MAX; first += chunk) {
            trial_options fewer = s->failing;
            fewer.keep &= ~(((UINT64_C(1) << chunk) - 1) << first);
            if (fewer.keep != s->failing.keep)
                is_smaller |= try_this(s, &fewer);
        }
        if (!is_smaller)
            chunk /= 2;
    }
}

static void drop_nodes(shrinking *s, size_t sealers)
{
    for (size_t others = 0; others < TRIAL_OTHERS_ALL && others < s->failing.others; others++) {
        trial_options fewer = s->failing;
        fewer.others = others;
        if (try_this(s, &fewer) || others == 2) /* there are never more than a few */
            break;
    }
    for (size_t nodes = SEALERS_MIN; nodes < sealers; nodes++) {
        trial_options fewer = s->failing;
        fewer.nodes = nodes;
        if (try_this(s, &fewer))
            break;
    }
}

/* Calm as early as it may begin, within a hundredth of the time. */
static void shorten(shrinking *s)
{
    uint64_t low = 0, high = s->failing.stop_ms ? s->failing.stop_ms : s->failing.length_ms;
    for (int i = 0; i < STOP_TRIES && high - low > STOP_MIN_MS; i++) {
        trial_options sooner = s->failing;
        sooner.stop_ms = low + (high - low) / 2;
        if (try_this(s, &sooner))
            high = sooner.stop_ms;
        else
            low = sooner.stop_ms;
    }
}

trial_options trial_shrink(trial_options failing, bool (*fails)(const trial_options *options, void *context),
                           void *context)
{
    size_t sealers, faults = trial_plan_of(&failing, &sealers);
    shrinking s = {failing, fails, context};
    if (faults < PLAN_FAULTS_MAX)
        s.failing.keep &= (UINT64_C(1) << faults) - 1;
    drop_faults(&s);
    drop_nodes(&s, sealers);
    shorten(&s);
    drop_faults(&s);
    return s.failing;
}
