#include "sim/plan.h"
#include "sim/liar.h"

#include <stdio.h>

enum { FAULT_MIN_MS = 1000, DAY_MS = 24 * 60 * 60 * 1000, FAULTS_PER_MINUTE = 5 };

static const char *const texts[FAULT_KINDS] = {
    [FAULT_LOSS] = "loss",           [FAULT_DELAY] = "delay",         [FAULT_REPEAT] = "repeat",
    [FAULT_REORDER] = "reorder",     [FAULT_PARTITION] = "partition", [FAULT_ONE_WAY] = "oneway",
    [FAULT_SLOW_LINK] = "slowlink",  [FAULT_FLAP] = "flap",           [FAULT_CRASH] = "crash",
    [FAULT_DISK] = "disk",           [FAULT_FULL_DISK] = "fulldisk",  [FAULT_CLOCK] = "clock",
    [FAULT_SLOW_NODE] = "slownode",  [FAULT_MEMBERS] = "members",     [FAULT_FLOOD] = "flood",
    [FAULT_BYZANTINE] = "byzantine", [FAULT_DRIFT] = "drift",
};

const char *fault_text(fault_kind kind)
{
    return texts[kind];
}

static bool parse_word(bytes word, unsigned *kinds, error_text *why)
{
    bool is_without = word.size && word.data[0] == '-';
    unsigned meant = 0;
    if (is_without)
        word = bytes_from(word, 1);
    if (bytes_equal_text(word, "all"))
        meant = (1u << FAULT_KINDS) - 1;
    for (size_t i = 0; i < FAULT_KINDS; i++)
        if (bytes_equal_text(word, texts[i]))
            meant = 1u << i;
    if (meant == 0 && !bytes_equal_text(word, "none"))
        return error_set(why, "there is no fault \"%.*s\"", (int)(word.size < 40 ? word.size : 40),
                         (const char *)word.data);
    *kinds = is_without ? *kinds & ~meant : *kinds | meant;
    return true;
}

bool plan_parse_kinds(const char *text, unsigned *kinds, error_text *why)
{
    *kinds = 0;
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, ",");
        if (!parse_word(bytes_of(at, size), kinds, why))
            return false;
        at += size + (at[size] == ',');
    }
    return true;
}

/* ---- drawing ---- */

static uint64_t between(prng *p, uint64_t low, uint64_t high)
{
    return low + prng_below(p, high - low + 1);
}

static void draw_side(sim_fault *f, const plan_shape *shape, prng *p)
{
    prng sides = prng_of(prng_next(p));
    for (size_t i = 0; i < shape->nodes; i++)
        f->side[i] = (uint8_t)prng_below(&sides, 2);
}

/* Small offsets, hours, days; forwards and back. */
static uint64_t draw_clock(prng *p)
{
    static const uint64_t most[] = {2000, 10 * 60 * 1000, 3 * (uint64_t)DAY_MS};
    return between(p, 1, most[prng_below(p, COUNT(most))]);
}

static void draw_amount(sim_fault *f, prng *p)
{
    f->is_hard = prng_below(p, 2);
    switch (f->kind) {
    case FAULT_LOSS:
        f->amount = between(p, 10, prng_below(p, 4) ? 200 : 700);
        break;
    case FAULT_REPEAT:
        f->amount = between(p, 50, 500);
        break;
    case FAULT_DELAY:
    case FAULT_REORDER:
        f->amount = between(p, 20, prng_below(p, 3) ? 1000 : 8000);
        break;
    case FAULT_SLOW_LINK:
        f->amount = between(p, 500, 20000);
        break;
    case FAULT_FLAP:
        f->amount = between(p, 300, 5000);
        break;
    case FAULT_CRASH: /* effects until then, or a boundary of the commit path */
        f->amount = between(p, 1, 60);
        if (prng_below(p, 2))
            f->boundary = PLAYED_DIES_SENDING + prng_below(p, PLAYED_DIES_BEFORE_TELLING - PLAYED_DIES_SENDING + 1);
        break;
    case FAULT_DRIFT: /* what cheap clocks do; what broken ones do */
        f->amount = between(p, 20, prng_below(p, 2) ? 500 : 300000);
        break;
    case FAULT_DISK:
        f->amount = prng_below(p, 6);
        break;
    case FAULT_CLOCK:
        f->amount = draw_clock(p);
        break;
    case FAULT_SLOW_NODE:
        f->amount = between(p, 5, prng_below(p, 3) ? 100 : 1500);
        break;
    case FAULT_FLOOD:
        f->amount = between(p, 5, 60);
        break;
    case FAULT_BYZANTINE:
        f->amount = UINT64_C(1) << prng_below(p, LIE_KINDS); /* one lie, or several at once */
        if (prng_below(p, 2))
            f->amount |= prng_next(p) & prng_next(p) & prng_next(p);
        f->amount &= (1u << LIE_KINDS) - 1;
        break;
    default:
        break;
    }
}

static sim_fault draw_fault(plan_shape *shape, const fault_kind *kinds, size_t kind_count)
{
    prng own = prng_of(prng_next(&shape->random)), *p = &own;
    sim_fault f = {.kind = kinds[prng_below(p, kind_count)], .boundary = PLAYED_KINDS};
    if (prng_below(p, 3) == 0 && shape->liars)
        f.kind = FAULT_BYZANTINE;
    uint64_t longest = prng_below(p, 4) ? 15000 : 90000;
    f.start_ms = prng_below(p, shape->length_ms);
    f.end_ms = f.start_ms + between(p, FAULT_MIN_MS, longest);
    if (f.end_ms > shape->length_ms)
        f.end_ms = shape->length_ms;
    f.node = prng_below(p, shape->nodes);
    f.other = prng_below(p, shape->nodes);
    draw_side(&f, shape, p);
    draw_amount(&f, p);
    if (f.kind == FAULT_BYZANTINE)
        f.node = prng_below(p, shape->liars);
    if (f.kind == FAULT_MEMBERS) { /* the first 3 f + 1 stay, else there were more than f of them */
        size_t fixed = shape->faulty ? 3 * shape->faulty + 1 : 2;
        if (fixed < shape->nodes)
            f.node = fixed + prng_below(p, shape->nodes - fixed);
        else
            f.kind = FAULT_FLOOD, f.amount = 20;
    }
    return f;
}

void plan_draw(sim_plan *plan, plan_shape shape)
{
    fault_kind kinds[FAULT_KINDS + 1];
    size_t kind_count = 0;
    for (unsigned k = 0; k < FAULT_KINDS; k++)
        if (shape.kinds >> k & 1 && (k != FAULT_BYZANTINE || shape.liars))
            kinds[kind_count++] = (fault_kind)k;
    if (shape.kinds >> FAULT_CRASH & 1) /* there are many boundaries to crash at: twice as often */
        kinds[kind_count++] = FAULT_CRASH;
    uint64_t wanted = 2 + shape.length_ms * FAULTS_PER_MINUTE / 60000;
    *plan = (sim_plan){0};
    while (kind_count && plan->count < PLAN_FAULTS_MAX && plan->count < wanted)
        plan->faults[plan->count++] = draw_fault(&shape, kinds, kind_count);
}

void plan_describe(const sim_fault *f, buffer *out)
{
    buffer_print(out, "%.3f to %.3f s: %s", (double)f->start_ms / 1000, (double)f->end_ms / 1000, texts[f->kind]);
    switch (f->kind) {
    case FAULT_LOSS:
    case FAULT_REPEAT:
        buffer_print(out, " of %llu in a thousand frames", (unsigned long long)f->amount);
        break;
    case FAULT_DELAY:
    case FAULT_REORDER:
        buffer_print(out, " by up to %llu ms", (unsigned long long)f->amount);
        break;
    case FAULT_SLOW_LINK:
        buffer_print(out, " %zu - %zu, %llu bytes/s", f->node, f->other, (unsigned long long)f->amount);
        break;
    case FAULT_PARTITION:
    case FAULT_ONE_WAY:
        buffer_append_text(out, f->is_hard ? ", sessions close, side" : ", silent, side");
        for (size_t i = 0; i < SIM_NODES_MAX; i++)
            if (f->side[i])
                buffer_print(out, " %zu", i);
        break;
    case FAULT_CRASH:
        if (f->boundary != PLAYED_KINDS)
            buffer_print(out, " of node %zu, the next \"%s\"", f->node, played_text(f->boundary));
        else
            buffer_print(out, " of node %zu after %llu effects", f->node, (unsigned long long)f->amount);
        buffer_append_text(out, f->is_hard ? ", again and again" : "");
        break;
    case FAULT_CLOCK:
        buffer_print(out, " of node %zu %s%llu ms", f->node, f->is_hard ? "+" : "-", (unsigned long long)f->amount);
        break;
    case FAULT_DRIFT:
        buffer_print(out, " of node %zu, %s%llu millionths", f->node, f->is_hard ? "+" : "-",
                     (unsigned long long)f->amount);
        break;
    case FAULT_BYZANTINE:
        buffer_print(out, ": node %zu lies:", f->node);
        for (unsigned k = 0; k < LIE_KINDS; k++)
            if (f->amount >> k & 1)
                buffer_print(out, " %s", lie_text((lie_kind)k));
        break;
    default:
        buffer_print(out, " of node %zu, %llu%s", f->node, (unsigned long long)f->amount, f->is_hard ? ", hard" : "");
    }
}

/* ---- links ---- */

static void add_to_link(const sim_fault *f, size_t a, size_t b, sim_link *l)
{
    bool is_touched = f->side[a] || f->side[b],
         is_pair = (a == f->node && b == f->other) || (a == f->other && b == f->node);
    switch (f->kind) {
    case FAULT_LOSS:
        if (is_touched && f->amount > l->lost)
            l->lost = (unsigned)f->amount;
        break;
    case FAULT_REPEAT:
        if (is_touched)
            l->repeated = (unsigned)f->amount;
        break;
    case FAULT_REORDER:
        l->is_unordered |= is_touched;
        __attribute__((fallthrough)); /* what overtakes is also late */
    case FAULT_DELAY:
        if (is_touched && f->amount > l->extra_delay_ms)
            l->extra_delay_ms = f->amount;
        break;
    case FAULT_PARTITION:
        l->is_cut |= f->side[a] != f->side[b];
        l->is_disconnected |= f->is_hard && f->side[a] != f->side[b];
        break;
    case FAULT_ONE_WAY:
        l->is_cut |= f->side[a] && !f->side[b];
        break;
    case FAULT_SLOW_LINK:
        if (is_pair)
            l->bytes_per_second = f->amount;
        break;
    default:
        break;
    }
}

/* Half of the time, in turns of f->amount. */
static bool is_flapped(const sim_fault *f, uint64_t now_ms)
{
    return (now_ms - f->start_ms) / f->amount % 2 == 0;
}

typedef struct {
    const sim_plan *plan;
    const bool *is_active;
    uint64_t now_ms;
} link_context;

static sim_link draw_link(void *context, size_t a, size_t b)
{
    const link_context *c = context;
    sim_link l = {0};
    for (size_t i = 0; i < c->plan->count; i++) {
        const sim_fault *f = &c->plan->faults[i];
        if (!c->is_active[i])
            continue;
        add_to_link(f, a, b, &l);
        bool is_its = a == f->node || b == f->node, is_pair = is_its && (a == f->other || b == f->other);
        if (f->kind == FAULT_FLAP && (is_pair || (f->is_hard && is_its)))
            l.is_disconnected |= l.is_flapping |= is_flapped(f, c->now_ms);
    }
    return l;
}

void plan_apply_links(const sim_plan *plan, const bool *is_active, simulation *s)
{
    sim_set_links(s, draw_link, &(link_context){plan, is_active, sim_now_ms(s)});
}
