#include "eth/subscriptions.h"
#include "base/memory.h"
#include "eth/inside.h"
#include "rpc/http_door.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    ROUND_BLOCKS_MAX = 16
}; /* of one group in one job; others of the workers' jobs have their turn before it goes on */

typedef struct subscription {
    struct subscription *next_one;
    http_session session;
    uint64_t id;
    eth_subscription_request what; /* next: the job's alone */
    size_t pattern_bytes;
    bool has_begun;
    atomic_bool is_removed;
} subscription;

struct eth_subscriptions {
    const eth_service *service;
    const rpc_backend *backend;
    worker_pool *workers;
    job work;
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t idle;
    subscription *all, *dead; /* dead: removed while the job may look at them */
    size_t count, pattern_bytes;
    uint64_t last_id;
    bool is_running; /* the job is on its way or at work */
    bool is_asked;   /* something happened since it last began to look */
    bool is_stopped;
};

static bool is_same(http_session a, http_session b)
{
    return a.door == b.door && a.id == b.id;
}

static void free_list(subscription *list)
{
    for (subscription *next; list; list = next) {
        next = list->next_one;
        free((void *)list->what.pattern);
        free(list);
    }
}

/* ---- the job ---- */

/* What one round works on: the subscriptions as they stood; none of them is freed while the job runs. */
typedef struct {
    subscription **list;
    size_t count;
} push_round;

static push_round begin_round(eth_subscriptions *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_asked = false;
    push_round r = {memory_new_array(s->count, sizeof *r.list), 0};
    for (subscription *one = s->all; one; one = one->next_one)
        if (one->has_begun)
            r.list[r.count++] = one;
    pthread_mutex_unlock(&s->lock);
    return r;
}

static void begin_push(buffer *text, json_writer *w)
{
    buffer_clear(text);
    *w = json_write_to(text);
    json_write_begin_object(w);
    json_write_key(w, "jsonrpc");
    json_write_text(w, "2.0");
    json_write_key(w, "method");
    json_write_text(w, "eth_subscription");
    json_write_key(w, "params");
    json_write_begin_object(w);
    json_write_key(w, "result");
}

static void end_push(const subscription *one, buffer *text, json_writer *w)
{
    json_write_key(w, "subscription");
    json_write_quantity_u64(w, one->id);
    json_write_end_object(w);
    json_write_end_object(w);
    if (!text->overflowed)
        (void)http_session_send(one->session,
                                buffer_bytes(text)); /* a session that has ended, or ends for it, is told no more */
}

static void tell_logs(const subscription *one, const block *b, buffer *text)
{
    size_t index = 0;
    json_writer w;
    for (size_t t = 0; t < b->receipt_count && t < b->transaction_count; t++)
        for (size_t i = 0; i < b->receipts[t].log_count; i++, index++) {
            if (!log_pattern_matches(one->what.pattern, &b->receipts[t].logs[i]))
                continue;
            begin_push(text, &w);
            eth_write_log(&w, b, t, &b->receipts[t].logs[i], index);
            end_push(one, text, &w);
        }
}

static void tell_head(const subscription *one, bytes head, buffer *text)
{
    json_writer w;
    begin_push(text, &w);
    json_write_raw(&w, head);
    end_push(one, text, &w);
}

static void tell_all(const push_round *r, int32_t group_id, const block *b, const eth_rendering *rendering,
                     buffer *text)
{
    buffer head = buffer_init(HTTP_PUSH_MAX_BYTES);
    json_writer w = json_write_to(&head);
    eth_write_block(&w, rendering, b, ETH_BLOCK_HEADER);
    for (size_t i = 0; i < r->count; i++) {
        subscription *one = r->list[i];
        if (one->what.group_id != group_id || one->what.next > b->header.number || atomic_load(&one->is_removed))
            continue;
        if (one->what.pattern)
            tell_logs(one, b, text);
        else
            tell_head(one, buffer_bytes(&head), text);
        one->what.next = b->header.number + 1;
    }
    buffer_free(&head);
}

/* The blocks that subscriptions of this group have not been told of. true: some are left. */
static bool serve_group(eth_subscriptions *s, const push_round *r, int32_t group_id, rpc_group *held, buffer *text)
{
    ledger *l = s->backend->ledger_of(held);
    int64_t head = ledger_head(l).number, number = INT64_MAX;
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i]->what.group_id == group_id && r->list[i]->what.next < number)
            number = r->list[i]->what.next;
    eth_rendering rendering = eth_rendering_of(s->service, l);
    for (int blocks = 0; number <= head && blocks < ROUND_BLOCKS_MAX; number++, blocks++) {
        block *b = ledger_block_by_number(l, number);
        if (b == NULL)
            return false; /* the store failed: the group stops */
        tell_all(r, group_id, b, &rendering, text);
        block_drop(b);
    }
    return number <= head;
}

static bool is_first_of_group(const push_round *r, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (r->list[i]->what.group_id == r->list[index]->what.group_id)
            return false;
    return true;
}

static bool run_round(eth_subscriptions *s)
{
    push_round r = begin_round(s);
    buffer text = buffer_init(HTTP_PUSH_MAX_BYTES);
    bool more = false;
    for (size_t i = 0; i < r.count; i++) {
        int32_t id = r.list[i]->what.group_id;
        rpc_group *held = is_first_of_group(&r, i) ? s->backend->find_group(s->backend->context, id) : NULL;
        if (held == NULL)
            continue;
        more |= serve_group(s, &r, id, held, &text);
        s->backend->release_group(s->backend->context, held);
    }
    buffer_free(&text);
    free(r.list);
    return more;
}

static void submit(eth_subscriptions *s);

static void run_job(job *work)
{
    eth_subscriptions *s = (eth_subscriptions *)((char *)work - offsetof(eth_subscriptions, work));
    bool more = run_round(s);
    pthread_mutex_lock(&s->lock);
    free_list(s->dead);
    s->dead = NULL;
    s->is_running = false;
    if ((more || s->is_asked) && !s->is_stopped)
        submit(s);
    if (!s->is_running)
        pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
}

/* With the lock. */
static void submit(eth_subscriptions *s)
{
    s->is_asked = true;
    if (s->is_running || s->is_stopped)
        return;
    s->work.run = run_job;
    s->is_running = worker_pool_submit_unbounded(s->workers, &s->work); /* one at a time */
}

/* ---- the list ---- */

eth_subscriptions *eth_subscriptions_new(const eth_service *service, const rpc_backend *backend, worker_pool *workers)
{
    eth_subscriptions *s = memory_new(sizeof *s);
    s->service = service;
    s->backend = backend;
    s->workers = workers;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->idle, NULL);
    return s;
}

void eth_subscriptions_stop(eth_subscriptions *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_stopped = true;
    while (s->is_running)
        pthread_cond_wait(&s->idle, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void eth_subscriptions_free(eth_subscriptions *s)
{
    eth_subscriptions_stop(s);
    free_list(s->all);
    free_list(s->dead);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool eth_subscriptions_add(eth_subscriptions *s, http_session session, const eth_subscription_request *request,
                           uint64_t *id)
{
    size_t size = 0;
    log_pattern *copy = request->pattern ? log_pattern_copy(request->pattern, &size) : NULL;
    pthread_mutex_lock(&s->lock);
    size_t of_session = 0;
    for (const subscription *one = s->all; one; one = one->next_one)
        of_session += is_same(one->session, session);
    bool has_room = s->count < ETH_SUBSCRIPTIONS_MAX && of_session < ETH_SESSION_SUBSCRIPTIONS_MAX &&
                    s->pattern_bytes + size <= ETH_PATTERNS_MAX_BYTES;
    if (has_room) {
        subscription *one = memory_new(sizeof *one);
        *one = (subscription){
            .next_one = s->all, .session = session, .id = ++s->last_id, .what = *request, .pattern_bytes = size};
        one->what.pattern = copy;
        s->all = one;
        s->count++;
        s->pattern_bytes += size;
        *id = one->id;
    }
    pthread_mutex_unlock(&s->lock);
    if (!has_room)
        free(copy);
    return has_room;
}

void eth_subscriptions_begin(eth_subscriptions *s, http_session session, const void *asker)
{
    pthread_mutex_lock(&s->lock);
    for (subscription *one = s->all; one; one = one->next_one)
        if (!one->has_begun && is_same(one->session, session) && one->what.asker == asker) {
            one->has_begun = true;
            one->what.asker = NULL;
        }
    submit(s); /* for blocks that came meanwhile */
    pthread_mutex_unlock(&s->lock);
}

/* id 0: all of the session. How many there were. */
static size_t remove_some(eth_subscriptions *s, http_session session, uint64_t id)
{
    size_t removed = 0;
    pthread_mutex_lock(&s->lock);
    for (subscription **at = &s->all; *at;) {
        subscription *one = *at;
        if (!is_same(one->session, session) || (id && one->id != id)) {
            at = &one->next_one;
            continue;
        }
        *at = one->next_one;
        atomic_store(&one->is_removed, true);
        one->next_one = s->dead;
        s->dead = one;
        s->count--;
        s->pattern_bytes -= one->pattern_bytes;
        removed++;
    }
    if (!s->is_running) {
        free_list(s->dead);
        s->dead = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return removed;
}

bool eth_subscriptions_remove(eth_subscriptions *s, http_session session, uint64_t id)
{
    return id && remove_some(s, session, id) > 0;
}

void eth_subscriptions_close(eth_subscriptions *s, http_session session)
{
    remove_some(s, session, 0);
}

void eth_subscriptions_block(eth_subscriptions *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->all)
        submit(s);
    pthread_mutex_unlock(&s->lock);
}
