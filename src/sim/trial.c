#include "sim/trial.h"
#include "sim/liar.h"
#include "base/memory.h"
#include "consensus/pbft_message.h"
#include "consensus/quorum.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_MIN_MS = 20,
    STEP_MAX_MS = 300,
    STORY_LINES = 160,
    CALM_STEP_MS = 500,
    CALM_SUBMIT_MS = 2000,
    CALM_TRANSACTIONS_MAX = 512, /* asked for in calm, for each node */
    DOWN_MIN_MS = 200,
    MEMBER_STEPS = 12 /* a change of members in so many steps, on average */
};

typedef struct {
    bool is_down; /* by a fault */
    uint64_t up_at_ms;
} trial_node;

typedef struct {
    const trial_options *options;
    simulation *s;
    sim_plan plan;
    bool is_active[PLAN_FAULTS_MAX];
    trial_node nodes[SIM_NODES_MAX];
    liar *liar_of[SIM_NODES_MAX];
    size_t sealers, node_count, liars; /* node_count: sealers, observers and twins; liars: without twins */
    prng random;
} trial;

/* ---- faults begin and end ---- */

static void fail_disk(trial *t, const sim_fault *f)
{
    static const store_result answers[] = {STORE_IO, STORE_FULL};
    store_fault_plan *d = sim_disk(t->s, f->node);
    fault_countdown c = {.calls_before = (unsigned)(f->amount / 2),
                         .answer = answers[f->kind == FAULT_FULL_DISK],
                         .moment = f->is_hard ? FAULT_AFTER : FAULT_BEFORE};
    if (f->kind == FAULT_FULL_DISK)
        d->applies = d->notes = (fault_countdown){.answer = STORE_FULL};
    else if (f->amount % 3 == 0)
        d->notes = c;
    else if (f->amount % 3 == 1)
        d->applies = c;
    else
        d->reads = (fault_countdown){.calls_before = (unsigned)(f->amount * 7), .answer = STORE_IO};
}

static void plan_crash(trial *t, const sim_fault *f, unsigned effects)
{
    if (f->boundary == PLAYED_KINDS)
        sim_crash_after(t->s, f->node, effects);
    else
        sim_crash_at(t->s, f->node, f->boundary);
}

static void begin(trial *t, const sim_fault *f)
{
    switch (f->kind) {
    case FAULT_CRASH:
        if (sim_is_up(t->s, f->node))
            plan_crash(t, f, (unsigned)f->amount);
        break;
    case FAULT_DISK:
    case FAULT_FULL_DISK:
        fail_disk(t, f);
        break;
    case FAULT_CLOCK:
        sim_set_clock(t->s, f->node, f->is_hard ? (int64_t)f->amount : -(int64_t)f->amount);
        break;
    case FAULT_DRIFT:
        sim_set_drift(t->s, f->node, f->is_hard ? (int64_t)f->amount : -(int64_t)f->amount);
        break;
    case FAULT_SLOW_NODE:
        sim_slow_down(t->s, f->node, (unsigned)f->amount, 1 + (unsigned)f->amount / 4);
        break;
    default:
        break;
    }
}

static void end(trial *t, const sim_fault *f)
{
    switch (f->kind) {
    case FAULT_CRASH:
        sim_crash_after(t->s, f->node, 0);
        sim_crash_at(t->s, f->node, PLAYED_KINDS);
        break;
    case FAULT_DISK:
    case FAULT_FULL_DISK:
        *sim_disk(t->s, f->node) = (store_fault_plan){0};
        if (sim_group(t->s, f->node) && !sim_is_up(t->s, f->node))
            sim_crash(t->s, f->node); /* the group has failed: somebody repairs the disk and starts the node again */
        break;
    case FAULT_CLOCK:
        sim_set_clock(t->s, f->node, 0);
        break;
    case FAULT_DRIFT: /* somebody sets the clock */
        sim_set_drift(t->s, f->node, 0);
        sim_set_clock(t->s, f->node, 0);
        break;
    case FAULT_SLOW_NODE:
        sim_slow_down(t->s, f->node, 0, 1);
        break;
    default:
        break;
    }
}

static void tell_fault(trial *t, const sim_fault *f, const char *what)
{
    if (!t->options->tells_story)
        return;
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    plan_describe(f, &text);
    sim_tell(t->s, "FAULT %s: %.*s", what, (int)text.size, (const char *)text.data);
    buffer_free(&text);
}

/* A node that is down by crash or failure comes back after a while; one that crashes again and again gets its next
 * crash. */
static void mind_nodes(trial *t, bool is_calm)
{
    uint64_t now = sim_now_ms(t->s);
    for (size_t i = 0; i < t->node_count; i++) {
        trial_node *n = &t->nodes[i];
        if (sim_group(t->s, i)) {
            n->is_down = false;
            if (is_calm && !sim_is_up(t->s, i))
                sim_crash(t->s, i);
            continue;
        }
        if (!n->is_down) {
            n->is_down = true;
            n->up_at_ms = now + DOWN_MIN_MS + prng_below(&t->random, 8000);
        }
        if (!is_calm && now < n->up_at_ms)
            continue;
        sim_restart(t->s, i);
        n->is_down = false;
        for (size_t k = 0; k < t->plan.count; k++)
            if (t->is_active[k] && t->plan.faults[k].kind == FAULT_CRASH && t->plan.faults[k].is_hard &&
                t->plan.faults[k].node == i)
                plan_crash(t, &t->plan.faults[k], 1 + (unsigned)prng_below(&t->random, 60));
    }
}

static void mind_faults(trial *t)
{
    uint64_t now = sim_now_ms(t->s);
    bool needs_links = false;
    for (size_t i = 0; i < t->plan.count; i++) {
        const sim_fault *f = &t->plan.faults[i];
        bool is_due = now >= f->start_ms && now < f->end_ms && t->options->keep >> i & 1;
        needs_links |= is_due != t->is_active[i] || (is_due && f->kind == FAULT_FLAP);
        if (is_due == t->is_active[i])
            continue;
        t->is_active[i] = is_due;
        tell_fault(t, f, is_due ? "begins" : "ends");
        if (is_due)
            begin(t, f);
        else
            end(t, f);
    }
    if (needs_links)
        plan_apply_links(&t->plan, t->is_active, t->s);
}

/* The liars lie as the active faults say, all of them together. */
static void mind_liars(trial *t)
{
    for (size_t i = 0; i < t->liars; i++) {
        unsigned lies = 0;
        for (size_t k = 0; k < t->plan.count; k++)
            if (t->is_active[k] && t->plan.faults[k].kind == FAULT_BYZANTINE && t->plan.faults[k].node == i)
                lies |= (unsigned)(t->plan.faults[k].amount & ((1u << LIE_KINDS) - 1));
        liar_set(t->liar_of[i], lies);
        liar_act(t->liar_of[i]);
    }
}

/* ---- clients ---- */

static void flood(trial *t, uint64_t transactions)
{
    for (uint64_t i = 0; i < transactions; i++) {
        size_t node = prng_below(&t->random, t->node_count);
        switch (prng_below(&t->random, 8)) {
        case 0:
        case 1:
            sim_submit_copy(t->s, node);
            break;
        case 2:
            sim_submit_expired(t->s, node);
            break;
        default:
            sim_submit(t->s, node);
        }
    }
}

static void change_members(trial *t, const sim_fault *f)
{
    static const char *const kinds[] = {"addSealer", "addObserver", "remove"};
    if (prng_below(&t->random, MEMBER_STEPS) == 0)
        sim_submit_membership(t->s, prng_below(&t->random, t->node_count), kinds[prng_below(&t->random, COUNT(kinds))],
                              f->node);
}

static void run_clients(trial *t)
{
    if (prng_below(&t->random, 5) == 0)
        sim_submit(t->s, prng_below(&t->random, t->node_count));
    for (size_t i = 0; i < t->plan.count; i++)
        if (t->is_active[i] && t->plan.faults[i].kind == FAULT_FLOOD)
            flood(t, t->plan.faults[i].amount);
        else if (t->is_active[i] && t->plan.faults[i].kind == FAULT_MEMBERS)
            change_members(t, &t->plan.faults[i]);
}

/* ---- calm ---- */

typedef struct {
    hash256 asked[CALM_TRANSACTIONS_MAX];
    size_t count;
    bool is_done;
} calm_node;

static bool is_member(trial *t, size_t i)
{
    size_t best = t->node_count;
    for (size_t k = 0; k < t->node_count; k++)
        if (sim_is_up(t->s, k) && !sim_is_liar(t->s, k) &&
            (best == t->node_count || sim_height(t->s, k) > sim_height(t->s, best)))
            best = k;
    if (best == t->node_count)
        return true;
    chain_view *v = group_view(sim_group(t->s, best));
    bool is_in = chain_view_has_member(v, sim_node_id(t->s, i));
    chain_view_drop(v);
    return is_in;
}

/* Has every correct member every block up to one with a transaction that was given to this node in calm? */
static bool is_served(trial *t, const calm_node *c)
{
    for (size_t k = 0; k < c->count; k++) {
        int64_t number;
        bool has_all = sim_is_committed(t->s, &c->asked[k], &number);
        for (size_t i = 0; has_all && i < t->node_count; i++)
            has_all = sim_is_liar(t->s, i) || sim_height(t->s, i) >= number || !is_member(t, i);
        if (has_all)
            return true;
    }
    return false;
}

static bool is_all_served(trial *t, calm_node *nodes)
{
    bool is_all = true;
    for (size_t i = 0; i < t->node_count; i++) {
        calm_node *c = &nodes[i];
        c->is_done = c->is_done || sim_is_liar(t->s, i) || is_served(t, c) || !is_member(t, i);
        is_all &= c->is_done;
    }
    return is_all;
}

static void submit_calm(trial *t, calm_node *nodes)
{
    for (size_t i = 0; i < t->node_count; i++)
        if (!nodes[i].is_done && nodes[i].count < CALM_TRANSACTIONS_MAX && sim_is_up(t->s, i))
            nodes[i].asked[nodes[i].count++] = sim_submit(t->s, i);
}

static void end_faults(trial *t)
{
    sim_tell(t->s, "CALM");
    for (size_t i = 0; i < t->plan.count; i++)
        if (t->is_active[i]) {
            t->is_active[i] = false;
            end(t, &t->plan.faults[i]);
        }
    plan_apply_links(&t->plan, t->is_active, t->s);
    for (size_t i = 0; i < t->node_count; i++)
        if (sim_is_up(t->s, i)) {
            sim_crash_after(t->s, i, 0);
            sim_crash_at(t->s, i, PLAYED_KINDS);
        }
    for (size_t i = 0; i < t->liars; i++)
        liar_set(t->liar_of[i], 0);
}

/* true: every correct node has committed what it was given. */
static bool calm(trial *t, uint64_t *took_ms)
{
    calm_node *nodes = memory_new_array(t->node_count, sizeof *nodes);
    uint64_t start = sim_now_ms(t->s), next_submit = start;
    bool is_done = false;
    end_faults(t);
    while (!is_done && !sim_failure(t->s) && sim_now_ms(t->s) - start < TRIAL_CALM_MS) {
        mind_nodes(t, true);
        if (sim_now_ms(t->s) >= next_submit) {
            submit_calm(t, nodes);
            next_submit += CALM_SUBMIT_MS;
        }
        sim_run(t->s, CALM_STEP_MS);
        is_done = is_all_served(t, nodes);
    }
    *took_ms = sim_now_ms(t->s) - start;
    free(nodes);
    return is_done;
}

/* ---- why does it not go on? ---- */

/* The block of the next height that this node is locked on. */
static bool lock_of(trial *t, size_t i, hash256 *out)
{
    arena a = {0};
    bytes stored, inner;
    pbft_request r;
    error_text why;
    bool is_locked = sim_ledger(t->s, i) && ledger_load_prepared(sim_ledger(t->s, i), &a, &stored) &&
                     pbft_prepare_decode(stored, &r, &inner, &why) && (int64_t)r.height == sim_highest(t->s) + 1;
    if (is_locked)
        *out = r.block_hash;
    arena_reset(&a);
    return is_locked;
}

/* The sealers of the next block, as the highest node sees them; bits by node. Their number. */
static size_t next_sealers(trial *t, bool *is_sealer)
{
    size_t best = t->node_count, count = 0;
    for (size_t k = 0; k < t->node_count; k++)
        if (sim_is_up(t->s, k) && (best == t->node_count || sim_height(t->s, k) > sim_height(t->s, best)))
            best = k;
    if (best == t->node_count)
        return 0;
    chain_view *v = group_view(sim_group(t->s, best));
    count = v->state.nodes.sealer_count;
    for (size_t k = 0; k < t->node_count; k++)
        for (size_t i = 0; i < count; i++)
            is_sealer[k] |= node_id_equal(&v->state.nodes.sealers[i], sim_node_id(t->s, k));
    chain_view_drop(v);
    return count;
}

/* No block is left that a quorum may sign: every candidate is refused by more than f sealers, liars counted as
   unwilling (one that has filled its places for votes with lies is not heard any more even if it wants to be). */
static bool is_held_by_locks(trial *t)
{
    size_t n = t->node_count, locked = 0, faulty = 0;
    hash256 locks[SIM_NODES_MAX];
    bool is_locked[SIM_NODES_MAX] = {0}, is_sealer[SIM_NODES_MAX] = {0};
    size_t sealers = next_sealers(t, is_sealer);
    for (size_t i = 0; i < t->sealers; i++) /* without the twins: they share a vote with their sealer */
        faulty += is_sealer[i] && sim_is_liar(t->s, i);
    for (size_t i = 0; i < n; i++)
        if (is_sealer[i] && !sim_is_liar(t->s, i) && (is_locked[i] = lock_of(t, i, &locks[i])))
            locked++;
    for (size_t i = 0; i < n; i++) {
        size_t others = 0;
        for (size_t k = 0; is_locked[i] && k < n; k++)
            others += is_locked[k] && !hash256_equal(&locks[i], &locks[k]);
        if (is_locked[i] && others + faulty <= quorum_faulty(sealers))
            return false;
    }
    return sealers > 0 && locked > 0 && faulty > 0;
}

static void tell_states(trial *t)
{
    for (size_t i = 0; i < t->node_count; i++) {
        arena a = {0};
        hash256 lock = {0};
        if (sim_group(t->s, i)) {
            consensus_status c = sim_consensus(t->s, i, &a);
            sync_status y = group_sync_status(sim_group(t->s, i), &a);
            bool is_locked = lock_of(t, i, &lock);
            sim_tell(t->s,
                     "%zu%s: height %lld, view %llu, toView %llu, sealer %d, peers %zu, known highest %lld%s, %zu "
                     "pending, lock %08x%s",
                     i, sim_is_liar(t->s, i) ? " (liar)" : "", (long long)sim_height(t->s, i),
                     (unsigned long long)c.view, (unsigned long long)c.to_view, c.is_sealer, y.peer_count,
                     (long long)y.known_highest, y.downloading ? ", downloading" : "",
                     group_pending_count(sim_group(t->s, i)), read_be32(lock.b), is_locked ? "" : " (none)");
        } else {
            sim_tell(t->s, "%zu: down at height %lld", i, (long long)sim_height(t->s, i));
        }
        arena_reset(&a);
    }
}

/* ---- the whole trial ---- */

typedef struct {
    size_t nodes, observers, faulty, twins;
    uint64_t variant;
} trial_shape;

/* Every number is drawn, whether it is used or not: what the options change leaves the others as they are. */
static trial_shape draw_shape(const trial_options *o)
{
    prng p = prng_of(o->seed ^ 0x7472696c);
    size_t drawn = 4 + prng_below(&p, 4), observers = prng_below(&p, 3);
    bool has_liars = prng_below(&p, 2);
    uint64_t liars = prng_next(&p);
    bool has_twin = prng_below(&p, 4) == 0;
    trial_shape shape = {.nodes = o->nodes ? o->nodes : drawn, .variant = prng_next(&p)};
    if (o->faults >> FAULT_BYZANTINE & 1 && has_liars && quorum_faulty(shape.nodes) > 0)
        shape.faulty = 1 + liars % quorum_faulty(shape.nodes);
    shape.twins = shape.faulty && has_twin && o->others;
    shape.observers = o->faults >> FAULT_MEMBERS & 1 ? observers : 0;
    if (shape.observers > o->others - shape.twins)
        shape.observers = o->others - shape.twins;
    return shape;
}

static void draw(trial *t, const trial_options *o)
{
    trial_shape shape = draw_shape(o);
    size_t nodes = shape.nodes, observers = shape.observers, twins = shape.twins, faulty = shape.faulty;
    uint64_t variant = shape.variant;
    t->sealers = nodes;
    t->liars = faulty - twins;
    t->node_count = nodes + observers + twins;
    t->random = prng_of(o->seed + 17);
    t->s = sim_new(&(sim_options){.seed = o->seed,
                                  .nodes = nodes,
                                  .observers = observers,
                                  .twins = twins,
                                  .no_hashes = variant & 1,
                                  .no_ttl_optimization = (variant & 6) == 0,
                                  .no_trees = (variant & 24) == 0,
                                  .delay_min_ms = 1,
                                  .delay_max_ms = 1 + (variant >> 8) % 40,
                                  .memory = o->memory,
                                  .tells_story = o->tells_story});
    for (size_t i = 0; i < t->liars; i++)
        t->liar_of[i] = liar_new(t->s, i, 0, o->seed + 1000 + i);
    plan_draw(&t->plan, (plan_shape){.random = prng_of(o->seed ^ 0x706c616e),
                                     .nodes = t->node_count,
                                     .liars = t->liars,
                                     .faulty = faulty,
                                     .kinds = o->faults,
                                     .length_ms = o->length_ms});
}

static uint64_t fault_time(const trial_options *o)
{
    return o->stop_ms && o->stop_ms < o->length_ms ? o->stop_ms : o->length_ms;
}

static void print_plan(const trial *t, buffer *story)
{
    buffer_print(story, "seed %llu, %zu nodes, %zu of them liars; faults:\n", (unsigned long long)t->options->seed,
                 t->node_count, t->liars);
    for (size_t i = 0; i < t->plan.count; i++)
        if (t->options->keep >> i & 1 && t->plan.faults[i].start_ms < fault_time(t->options)) {
            buffer_print(story, "  [%zu] ", i);
            plan_describe(&t->plan.faults[i], story);
            buffer_append_byte(story, '\n');
        }
}

static void judge(trial *t, bool is_alive, trial_result *out)
{
    if (!sim_failure(t->s) && is_alive)
        sim_audit(t->s);
    if (!sim_failure(t->s) && !is_alive) {
        tell_states(t);
        out->outcome = is_held_by_locks(t) ? TRIAL_HELD : TRIAL_STUCK;
        sim_fail(t->s,
                 "liveness: not every node has committed a new transaction %d s after the faults ended; the highest "
                 "block is %lld",
                 TRIAL_CALM_MS / 1000, (long long)sim_highest(t->s));
    } else {
        out->outcome = sim_failure(t->s) ? TRIAL_BROKEN : TRIAL_GOOD;
    }
    if (sim_failure(t->s))
        snprintf(out->why, sizeof out->why, "%s", sim_failure(t->s));
}

static void release(trial *t)
{
    for (size_t i = 0; i < t->liars; i++)
        liar_free(t->liar_of[i]);
    sim_free(t->s);
    free(t);
}

void trial_run(const trial_options *options, trial_result *out, buffer *story)
{
    trial *t = memory_new(sizeof *t);
    *out = (trial_result){0};
    t->options = options;
    draw(t, options);
    if (options->expose)
        *options->expose = t->s;
    while (sim_now_ms(t->s) < fault_time(options) && !sim_failure(t->s)) {
        mind_faults(t);
        mind_nodes(t, false);
        mind_liars(t);
        run_clients(t);
        for (size_t i = 0; i < t->plan.count; i++)
            if (t->is_active[i])
                out->kinds_played |= 1u << t->plan.faults[i].kind;
        sim_run(t->s, STEP_MIN_MS + prng_below(&t->random, STEP_MAX_MS - STEP_MIN_MS));
    }
    bool is_alive = !sim_failure(t->s) && calm(t, &out->calm_ms);
    judge(t, is_alive, out);
    out->counts = sim_count(t->s);
    out->simulated_ms = sim_now_ms(t->s);
    out->nodes = t->node_count;
    out->sealers = t->sealers;
    for (size_t i = 0; i < t->plan.count; i++)
        out->fault_count += options->keep >> i & 1;
    if (story) {
        print_plan(t, story);
        sim_print_story(t->s, STORY_LINES, story);
    }
    release(t);
}

size_t trial_plan_of(const trial_options *o, size_t *sealers)
{
    trial *t = memory_new(sizeof *t);
    trial_options quiet = *o;
    quiet.tells_story = false;
    t->options = &quiet;
    draw(t, &quiet);
    size_t count = t->plan.count;
    *sealers = t->sealers;
    release(t);
    return count;
}
