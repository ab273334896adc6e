/* JSON-RPC in frames: a request runs on the workers, its answer and its receipts come back through the mailbox. Also who may ask,
   and how often (spec/network.md 12). */
#include "channel/private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/reference.h"

#include <assert.h>
#include <stdlib.h>

enum { CALL_BYTES = 2048 }; /* what a request counts besides its body */

/* Lives until it is answered and every receipt of it came. */
struct channel_call {
    mail arrival;             /* of the answer */
    reference_count references;
    rpc_client client;
    job work;
    channel_door *door;       /* valid until the answer has arrived */
    mailbox *mail;            /* counted */
    uint64_t session_id;
    channel_seq seq;
    tls_subject *who;         /* until the answer has arrived */
    bytes body;               /* the same; owned */
    out_frame *answer;
    bool is_answered;
    int32_t group_id;         /* whose traffic it is; -1: of none */
    channel_ticket *early;    /* receipts that came before the answer */
    struct channel_call *next; /* while it is delayed, or waits for a worker */
    uint64_t due_ms;
};

static void drop_call(channel_call *c)
{
    if (!reference_drop(&c->references))
        return;
    mailbox_release(c->mail);
    free(c);
}

/* ---- receipts ---- */

void channel_ticket_free(channel_ticket *t)
{
    drop_call(t->call);
    free(t->frame);
    free(t);
}

static void on_ticket(channel_door *d, mail *m)
{
    channel_ticket *t = (channel_ticket *)m;
    if (t->call->is_answered) {
        channel_receipt(d, t);
    } else {
        t->next = t->call->early;
        t->call->early = t;
    }
}

static void drop_ticket(mail *m)
{
    channel_ticket_free((channel_ticket *)m);
}

/* Any thread. */
static void on_ticket_done(rpc_receipt_ticket *base, rpc_receipt_outcome outcome)
{
    channel_ticket *t = (channel_ticket *)((char *)base - offsetof(channel_ticket, base));
    t->outcome = outcome;
    mailbox_post(t->call->mail, &t->arrival); /* as many as the pools of the groups have transactions */
}

static channel_call *call_of(rpc_client *client)
{
    return (channel_call *)((char *)client - offsetof(channel_call, client));
}

static rpc_receipt_ticket *expect_receipt(rpc_client *client, int32_t group_id, bool with_proof)
{
    channel_call *c = call_of(client);
    channel_ticket *t = memory_new(sizeof *t);
    *t = (channel_ticket){.arrival = {.run = on_ticket, .drop = drop_ticket},
                          .base = {on_ticket_done},
                          .call = c,
                          .group_id = group_id,
                          .with_proof = with_proof};
    reference_add(&c->references);
    return &t->base;
}

uint64_t channel_call_session(const channel_call *c, channel_seq *seq)
{
    *seq = c->seq;
    return c->session_id;
}

/* ---- limits ---- */

bool channel_may_use_group(channel_door *d, const tls_subject *who, int32_t group_id)
{
    if (!who->has_id || d->backend->is_sdk_allowed == NULL) /* QUIRK: RSA certificates pass (network.md 12.1) */
        return true;
    rpc_group *held = d->backend->find_group(d->backend->context, group_id);
    if (held == NULL)
        return true;
    bool ok = d->backend->is_sdk_allowed(held, &who->id);
    d->backend->release_group(d->backend->context, held);
    return ok;
}

static bool may_use_group(rpc_client *client, int32_t group_id)
{
    const channel_call *c = call_of(client);
    return channel_may_use_group(c->door, c->who, group_id);
}

/* Of a group that runs; under the lock. The list is as long as the groups ever asked for are many. */
static limiter *limiter_of_group(channel_door *d, int32_t group_id, uint64_t now)
{
    for (size_t i = 0; i < d->group_limiter_count; i++)
        if (d->group_limiters[i].group_id == group_id)
            return &d->group_limiters[i].requests;
    rpc_group *held = d->backend->find_group(d->backend->context, group_id);
    if (held == NULL)
        return NULL;
    const rpc_group_limits *limits = d->backend->limits_of ? d->backend->limits_of(held) : NULL;
    double rate = limits ? (double)limits->requests_per_second : 0;
    d->backend->release_group(d->backend->context, held);
    d->group_limiters = memory_resize(d->group_limiters, d->group_limiter_count + 1, sizeof *d->group_limiters);
    d->group_limiters[d->group_limiter_count].group_id = group_id;
    d->group_limiters[d->group_limiter_count].requests = limiter_of(rate, rate, now);
    return &d->group_limiters[d->group_limiter_count++].requests;
}

static bool take_permits(rpc_client *client, int32_t group_id)
{
    channel_call *c = call_of(client);
    channel_door *d = c->door;
    uint64_t now = clock_steady_ms();
    pthread_mutex_lock(&d->limits_lock);
    bool ok = limiter_take(&d->requests, 1, now);
    limiter *of_group = ok && group_id != -1 ? limiter_of_group(d, group_id, now) : NULL;
    if (of_group)
        ok = limiter_take(of_group, 1, now);
    pthread_mutex_unlock(&d->limits_lock);
    c->group_id = ok ? group_id : -1;
    return ok;
}

/* ---- requests ---- */

static void join_ready(channel_session *s)
{
    s->is_ready = true;
    s->next_ready = NULL;
    *s->door->ready_end = s;
    s->door->ready_end = &s->next_ready;
}

static void leave_ready(channel_door *d)
{
    channel_session *s = d->ready_first;
    s->is_ready = false;
    d->ready_first = s->next_ready;
    if (d->ready_first == NULL)
        d->ready_end = &d->ready_first;
}

/* It was answered, or never will be. */
static void settle(channel_door *d, channel_session *s, channel_call *c)
{
    bool was_full = d->request_bytes > d->request_max;
    d->request_bytes -= c->body.size + CALL_BYTES;
    d->may_continue |= was_full && d->request_bytes <= d->request_max;
    if (s) {
        s->calls--;
        s->request_bytes -= c->body.size + CALL_BYTES;
    }
    free((uint8_t *)c->body.data);
    free(c->who);
    c->is_answered = true;
    c->door = NULL;
}

static void begin_next(channel_session *s)
{
    channel_door *d = s->door;
    channel_call *c = s->call_first;
    s->call_first = c->next;
    if (s->call_first == NULL)
        s->call_end = &s->call_first;
    s->running++;
    d->running++;
    bool accepted = worker_pool_submit_unbounded(d->workers, &c->work);
    assert(accepted); /* the workers outlive the door */
    (void)accepted;
}

/* Gives requests to the workers: a session that has none there may always have one, the others take turns for what is left, so that a
   client with many slow requests delays nobody else for long. */
static void begin_waiting(channel_door *d)
{
    while (d->running < d->running_max && d->ready_first) {
        channel_session *s = d->ready_first;
        leave_ready(d);
        if (s->call_first == NULL)
            continue; /* begun out of turn */
        begin_next(s);
        if (s->call_first)
            join_ready(s);
    }
}

static void on_answer(channel_door *d, mail *m)
{
    channel_call *c = (channel_call *)m;
    channel_session *s = channel_session_find(d, c->session_id);
    d->running--;
    settle(d, s, c);
    if (s && --s->running == 0 && s->call_first)
        begin_next(s);
    if (s) {
        channel_session_queue(s, c->answer);
    } else {
        free(c->answer);
    }
    c->answer = NULL;
    for (channel_ticket *t = c->early, *next; t; t = next) {
        next = t->next;
        t->next = NULL;
        channel_receipt(d, t);
    }
    c->early = NULL;
    drop_call(c);
    begin_waiting(d);
    channel_job_done(d);
    if (s && s->state == CHANNEL_ACTIVE)
        channel_session_continue(s);
}

/* The door waits for its requests before it closes the box. */
static void answer_must_arrive(mail *m)
{
    (void)m;
    assert(false);
}

/* On a worker or an engine's thread. */
static void on_json_rpc_done(void *context, bytes response)
{
    channel_call *c = context;
    static const char too_large[] =
        "{\"error\":{\"code\":-32603,\"data\":null,\"message\":\"INTERNAL_ERROR: : the answer is larger than a frame\"},\"id\":null,"
        "\"jsonrpc\":\"2.0\"}\n";
    if (response.size > CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES)
        response = BYTES_OF_LITERAL(too_large);
    traffic_count(c->door->traffic, c->group_id, TRAFFIC_RPC_IN, c->body.size);
    traffic_count(c->door->traffic, c->group_id, TRAFFIC_RPC_OUT, response.size);
    c->answer = channel_out_frame(CHANNEL_RPC, &c->seq, 0, BYTES_EMPTY, response);
    mailbox_post(c->mail, &c->arrival);
}

static void run_call(job *work)
{
    channel_call *c = (channel_call *)((char *)work - offsetof(channel_call, work));
    json_rpc_start_for(&c->client, c->door->backend, c->door->workers, c->body, on_json_rpc_done, c);
}

/* Appends it to those of its session that no worker has yet. */
static void enqueue(channel_door *d, channel_session *s, channel_call *c)
{
    c->next = NULL;
    *s->call_end = c;
    s->call_end = &c->next;
    if (s->running == 0)
        begin_next(s);
    if (s->call_first && !s->is_ready)
        join_ready(s);
    begin_waiting(d);
}

static void drop_unasked(channel_door *d, channel_session *s, channel_call *c)
{
    settle(d, s, c);
    drop_call(c);
    channel_job_done(d);
}

void channel_forget_calls(channel_session *s)
{
    channel_door *d = s->door;
    for (channel_session **at = &d->ready_first; s->is_ready && *at; at = &(*at)->next_ready)
        if (*at == s) {
            *at = s->next_ready;
            if (d->ready_end == &s->next_ready)
                d->ready_end = at;
            s->is_ready = false;
            break;
        }
    while (s->call_first) {
        channel_call *c = s->call_first;
        s->call_first = c->next;
        drop_unasked(d, s, c);
    }
    s->call_end = &s->call_first;
}

void channel_start_delayed(uv_timer_t *timer)
{
    channel_door *d = timer->data;
    uint64_t now = uv_now(&d->loop);
    while (d->delayed && d->delayed->due_ms <= now) {
        channel_call *c = d->delayed;
        d->delayed = c->next;
        if (d->delayed == NULL)
            d->delayed_end = &d->delayed;
        channel_session *s = channel_session_find(d, c->session_id);
        if (s)
            enqueue(d, s, c);
        else
            drop_unasked(d, NULL, c);
    }
    if (d->delayed)
        uv_timer_start(&d->delay_timer, channel_start_delayed, d->delayed->due_ms - now, 0);
}

static void delay(channel_door *d, channel_call *c)
{
    c->due_ms = uv_now(&d->loop) + CHANNEL_DELAY_MS;
    if (d->delayed == NULL)
        uv_timer_start(&d->delay_timer, channel_start_delayed, CHANNEL_DELAY_MS, 0);
    *d->delayed_end = c;
    d->delayed_end = &c->next;
}

void channel_start_call(channel_session *s, const channel_frame *f)
{
    enum { ASYNCHRONOUS_SINCE = 3 };
    channel_door *d = s->door;
    channel_call *c = memory_new(sizeof *c);
    uint8_t *body = memory_resize(NULL, f->body.size + 1, 1);
    if (f->body.size)
        memcpy(body, f->body.data, f->body.size);
    *c = (channel_call){.arrival = {.run = on_answer, .drop = answer_must_arrive},
                        .client = {.is_asynchronous = s->version >= ASYNCHRONOUS_SINCE,
                                   .may_use_group = may_use_group,
                                   .take_permits = take_permits,
                                   .expect_receipt = expect_receipt},
                        .work = {.run = run_call},
                        .door = d,
                        .mail = mailbox_keep(d->mail),
                        .session_id = s->id,
                        .seq = f->seq,
                        .group_id = -1,
                        .who = memory_new(sizeof *c->who),
                        .body = bytes_of(body, f->body.size)};
    reference_init(&c->references);
    *c->who = s->peer;
    s->calls++;
    s->request_bytes += f->body.size + CALL_BYTES;
    d->request_bytes += f->body.size + CALL_BYTES;
    d->work++;
    if (s->needs_delay)
        delay(d, c);
    else
        enqueue(d, s, c);
}
