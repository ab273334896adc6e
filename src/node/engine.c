#include "node/engine.h"
#include "base/clock.h"
#include "base/memory.h"
#include "node/group_host.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct engine {
    queue *inbox;
    group_host *hosts; /* the thread's own: linked through group_host_engine_slot */
    atomic_bool stopping;
    atomic_bool was_congested;
    void (*inbox_drained)(void *context);
    void *context;
    char name[16];
    pthread_t thread;
};

static void attach(engine *e, group_host *h)
{
    group_host_place(h)->next = e->hosts;
    e->hosts = h;
}

static void detach(engine *e, group_host *h)
{
    group_host **slot = &e->hosts;
    while (*slot != h)
        slot = &group_host_place(*slot)->next;
    *slot = group_host_place(h)->next;
}

/* Gives each host its items in the order of arrival. */
static void deliver(engine *e, queue_link *batch)
{
    for (queue_link *link = batch, *next; link; link = next) {
        next = link->next;
        engine_item *item = (engine_item *)link;
        engine_place *place = group_host_place(item->host);
        if (item->kind == ENGINE_ATTACH)
            attach(e, item->host);
        if (place->end == NULL)
            place->end = &place->first;
        link->next = NULL;
        *place->end = link;
        place->end = &link->next;
    }
}

/* Steps every host that has something to do; returns the earliest deadline of all. */
static uint64_t step_hosts(engine *e)
{
    uint64_t now = clock_steady_ms(), first = UINT64_MAX;
    for (group_host *h = e->hosts, *next; h; h = next) {
        engine_place *place = group_host_place(h);
        next = place->next;
        queue_link *batch = place->first;
        place->first = NULL;
        place->end = NULL;
        if (batch || group_host_deadline_ms(h) <= now)
            group_host_step(h, batch, now);
        if (group_host_may_leave(h)) {
            detach(e, h);
            group_host_left(h);
        } else if (group_host_deadline_ms(h) < first) {
            first = group_host_deadline_ms(h);
        }
    }
    return first;
}

static void *run(void *argument)
{
    engine *e = argument;
    pthread_setname_np(pthread_self(), e->name);
    uint64_t deadline = UINT64_MAX;
    enum { LONGEST_SLEEP_MS = 60000 };
    while (!atomic_load(&e->stopping)) {
        uint64_t sleep_until = clock_steady_ms() + LONGEST_SLEEP_MS;
        queue_link *batch = queue_wait(e->inbox, deadline < sleep_until ? deadline : sleep_until);
        deliver(e, batch);
        deadline = step_hosts(e);
        if (atomic_exchange(&e->was_congested, false) && e->inbox_drained)
            e->inbox_drained(e->context);
    }
    return NULL;
}

engine *engine_start(const char *thread_name, void (*inbox_drained)(void *context), void *context)
{
    engine *e = memory_new(sizeof *e);
    e->inbox = queue_new(ENGINE_INBOX_ITEMS, ENGINE_INBOX_BYTES);
    e->inbox_drained = inbox_drained;
    e->context = context;
    snprintf(e->name, sizeof e->name, "%s", thread_name);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&e->thread, NULL, run, e);
    assert(!failed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

void engine_stop(engine *e)
{
    if (e == NULL)
        return;
    atomic_store(&e->stopping, true);
    queue_close(e->inbox);
    pthread_join(e->thread, NULL);
    assert(e->hosts == NULL);
    queue_free(e->inbox);
    free(e);
}

queue_result engine_offer(engine *e, engine_item *item)
{
    queue_result result = queue_push(e->inbox, &item->link);
    if (result != QUEUE_FULL)
        return result;
    /* Noted before the last try: when that fails too, the thread has yet to empty the inbox, and will see the note. */
    atomic_store(&e->was_congested, true);
    return queue_push(e->inbox, &item->link);
}

queue_result engine_post(engine *e, engine_item *item)
{
    return queue_push_unbounded(e->inbox, &item->link);
}
