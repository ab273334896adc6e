#include "store/fault.h"

#include "base/memory.h"

#include <signal.h>
#include <stdlib.h>

typedef struct {
    store base;
    store *inner;
    store_fault_plan *plan;
    store_result stopped;
} faulty_store;

typedef struct {
    store_cursor *inner;
    store *inner_store;
    store_result failure;
} faulty_cursor;

static const store_engine store_faulty_engine;

store *store_faulty(store *inner, store_fault_plan *plan)
{
    faulty_store *s = memory_new(sizeof *s);
    *s = (faulty_store){.base.engine = &store_faulty_engine, .inner = inner, .plan = plan};
    return &s->base;
}

/* The answer when this call is the one that fails, else STORE_OK. */
static store_result count_down(fault_countdown *c, error_text *why)
{
    if (c->answer == STORE_OK || c->calls_before-- > 0)
        return STORE_OK;
    store_result answer = c->answer;
    *c = (fault_countdown){0};
    error_set(why, "planned failure: %s", store_result_text(answer));
    return answer;
}

static store_result faulty_get_many(store *base, store_snapshot *snapshot, const row_key *keys, size_t count, arena *a,
                                    row_set *out, error_text *why)
{
    faulty_store *s = (faulty_store *)base;
    store_result result = count_down(&s->plan->reads, why);
    return result ? result : store_get_many(s->inner, snapshot, keys, count, a, out, why);
}

static store_result faulty_scan(store *base, store_snapshot *snapshot, bytes table, store_cursor **out, error_text *why)
{
    faulty_store *s = (faulty_store *)base;
    store_cursor *inner;
    store_result result = store_scan(s->inner, snapshot, table, &inner, why);
    if (result != STORE_OK)
        return result;
    faulty_cursor *c = memory_new(sizeof *c);
    *c = (faulty_cursor){.inner = inner, .inner_store = s->inner, .failure = count_down(&s->plan->reads, why)};
    *out = (store_cursor *)c;
    return STORE_OK;
}

static bool faulty_cursor_next(store_cursor *cursor, bytes *key, row_set *rows)
{
    faulty_cursor *c = (faulty_cursor *)cursor;
    return c->failure == STORE_OK && c->inner_store->engine->cursor_next(c->inner, key, rows);
}

static store_result faulty_cursor_close(store_cursor *cursor, error_text *why)
{
    faulty_cursor *c = (faulty_cursor *)cursor;
    store_result result = c->inner_store->engine->cursor_close(c->inner, why);
    if (c->failure) {
        result = c->failure;
        error_set(why, "planned failure: %s", store_result_text(result));
    }
    free(c);
    return result;
}

static store_result refuse_when_stopped(const faulty_store *s, error_text *why)
{
    if (s->stopped)
        error_set(why, "stopped writing after an earlier failure (%s)", store_result_text(s->stopped));
    return s->stopped;
}

/* What the plan makes of a write that is its turn: STORE_OK passes it on; else *reaches_inner says whether it is done first. */
static store_result plan_write(faulty_store *s, fault_countdown *c, bool *reaches_inner, bool *kills, error_text *why)
{
    store_result result = refuse_when_stopped(s, why);
    *reaches_inner = result == STORE_OK && c->moment == FAULT_AFTER;
    *kills = result == STORE_OK && c->kills;
    if (result == STORE_OK)
        result = s->stopped = count_down(c, why);
    return result;
}

static store_result faulty_apply(store *base, const store_batch *batch, error_text *why)
{
    faulty_store *s = (faulty_store *)base;
    bool reaches_inner, kills;
    store_result result = plan_write(s, &s->plan->applies, &reaches_inner, &kills, why);
    if (result == STORE_OK)
        return store_apply(s->inner, batch, why);
    if (reaches_inner)
        (void)store_apply(s->inner, batch, NULL);
    if (kills)
        raise(SIGKILL);
    return result;
}

static store_result faulty_note_put(store *base, const char *name, bytes value, error_text *why)
{
    faulty_store *s = (faulty_store *)base;
    bool reaches_inner, kills;
    store_result result = plan_write(s, &s->plan->notes, &reaches_inner, &kills, why);
    if (result == STORE_OK)
        return store_note_put(s->inner, name, value, why);
    if (reaches_inner)
        (void)store_note_put(s->inner, name, value, NULL);
    if (kills)
        raise(SIGKILL);
    return result;
}

static int64_t faulty_last_applied(store *base)
{
    return store_last_applied(((faulty_store *)base)->inner);
}

static store_result faulty_note_get(store *base, const char *name, arena *a, bytes *value, error_text *why)
{
    faulty_store *s = (faulty_store *)base;
    *value = BYTES_EMPTY;
    store_result result = count_down(&s->plan->reads, why);
    return result ? result : store_note_get(s->inner, name, a, value, why);
}

static store_snapshot *faulty_snapshot_take(store *base)
{
    return store_snapshot_take(((faulty_store *)base)->inner);
}

static void faulty_snapshot_release(store *base, store_snapshot *snapshot)
{
    store_snapshot_release(((faulty_store *)base)->inner, snapshot);
}

static void faulty_close(store *base)
{
    free(base);
}

static const store_engine store_faulty_engine = {
    .name = "faulty",
    .open = NULL, /* store_faulty */
    .get_many = faulty_get_many,
    .scan = faulty_scan,
    .cursor_next = faulty_cursor_next,
    .cursor_close = faulty_cursor_close,
    .apply = faulty_apply,
    .last_applied = faulty_last_applied,
    .note_put = faulty_note_put,
    .note_get = faulty_note_get,
    .snapshot_take = faulty_snapshot_take,
    .snapshot_release = faulty_snapshot_release,
    .close = faulty_close,
};
