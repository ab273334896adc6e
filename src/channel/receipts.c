/* Receipts on their way to clients: those of blocks are written by workers, in the order of blocks, after the block's own push. */
#include "channel/private.h"

#include "base/memory.h"
#include "rpc/receipt_text.h"

#include <assert.h>
#include <stdlib.h>

/* Receipts that one job writes. */
typedef struct {
    mail arrival;
    job work;
    channel_door *door;
    channel_group *group;
    channel_ticket *first;
} render_job;

static void send_receipt(channel_door *d, channel_ticket *t)
{
    channel_seq seq;
    channel_session *s = channel_session_find(d, channel_call_session(t->call, &seq));
    if (s && t->frame) {
        traffic_count(d->traffic, t->group_id, TRAFFIC_RECEIPTS_OUT, t->frame->size);
        channel_session_queue(s, t->frame);
        t->frame = NULL;
    }
    channel_ticket_free(t);
}

void channel_send_held(uv_timer_t *timer)
{
    channel_door *d = timer->data;
    uint64_t now = uv_now(&d->loop);
    while (d->held && d->held->due_ms <= now) {
        channel_ticket *t = d->held;
        d->held = t->next;
        if (d->held == NULL)
            d->held_end = &d->held;
        send_receipt(d, t);
    }
    if (d->held)
        uv_timer_start(&d->held_timer, channel_send_held, d->held->due_ms - now, 0);
}

static void hold(channel_door *d, channel_ticket *t)
{
    t->due_ms = uv_now(&d->loop) + CHANNEL_REFUSAL_DELAY_MS;
    t->next = NULL;
    if (d->held == NULL)
        uv_timer_start(&d->held_timer, channel_send_held, CHANNEL_REFUSAL_DELAY_MS, 0);
    *d->held_end = t;
    d->held_end = &t->next;
}

void channel_held_free(channel_door *d)
{
    while (d->held) {
        channel_ticket *t = d->held;
        d->held = t->next;
        channel_ticket_free(t);
    }
}

static void send_refusal(channel_door *d, channel_ticket *t)
{
    channel_seq seq;
    channel_session *s = channel_session_find(d, channel_call_session(t->call, &seq));
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    receipt_text_refused(t->outcome.status, &text);
    t->frame = channel_out_frame(CHANNEL_RECEIPT, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
    buffer_free(&text);
    if (s && s->delays_refusals)
        hold(d, t);
    else
        send_receipt(d, t);
}

void channel_receipt(channel_door *d, channel_ticket *t)
{
    channel_group *g = t->outcome.kind == RPC_RECEIPT_STORED ? channel_group_of(d, t->group_id) : NULL;
    if (t->outcome.kind == RPC_RECEIPT_REFUSED) {
        send_refusal(d, t);
    } else if (g == NULL) {
        channel_ticket_free(t);
    } else {
        *g->waiting_end = t;
        g->waiting_end = &t->next;
        channel_render_waiting(g);
    }
}

/* ---- the job ---- */

static void render_one(receipt_texts *texts, channel_ticket *t)
{
    channel_seq seq;
    (void)channel_call_session(t->call, &seq);
    buffer text = buffer_init(CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES);
    if (receipt_texts_write(texts, t->outcome.index, t->with_proof, &text) && !text.overflowed)
        t->frame = channel_out_frame(CHANNEL_RECEIPT, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
    buffer_free(&text);
}

static void run_render(job *work)
{
    render_job *r = (render_job *)((char *)work - offsetof(render_job, work));
    const rpc_backend *backend = r->door->backend;
    rpc_group *held = backend->find_group(backend->context, r->group->id);
    for (channel_ticket *t = r->first; held && t;) {
        int64_t number = t->outcome.number;
        receipt_texts texts = receipt_texts_of(backend->ledger_of(held), number);
        for (; t && t->outcome.number == number; t = t->next)
            render_one(&texts, t);
        receipt_texts_free(&texts);
    }
    if (held)
        backend->release_group(backend->context, held);
    mailbox_post(r->door->mail, &r->arrival);
}

static void on_rendered(channel_door *d, mail *m)
{
    render_job *r = (render_job *)m;
    for (channel_ticket *t = r->first, *next; t; t = next) {
        next = t->next;
        if (t->frame == NULL)
            CHANNEL_LOG(d, LOG_WARNING, "receipt cannot be read,group=%d,block=%lld,index=%zu", t->group_id, (long long)t->outcome.number,
                        t->outcome.index);
        send_receipt(d, t);
    }
    channel_group *g = r->group;
    g->renders--;
    free(r);
    channel_search_events(g);
    channel_job_done(d);
}

/* The door waits for its jobs before it closes the box. */
static void must_arrive(mail *m)
{
    (void)m;
    assert(false);
}

void channel_render_waiting(channel_group *g)
{
    channel_door *d = g->door;
    channel_ticket *due = NULL, **due_end = &due;
    for (channel_ticket **at = &g->waiting; *at;) {
        channel_ticket *t = *at;
        if (t->outcome.number > g->height) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        t->next = NULL;
        *due_end = t;
        due_end = &t->next;
    }
    g->waiting_end = &g->waiting;
    while (*g->waiting_end)
        g->waiting_end = &(*g->waiting_end)->next;
    if (due == NULL)
        return;
    render_job *r = memory_new(sizeof *r);
    *r = (render_job){.arrival = {.run = on_rendered, .drop = must_arrive}, .work = {.run = run_render}, .door = d, .group = g, .first = due};
    g->renders++;
    d->work++;
    bool accepted = worker_pool_submit_unbounded(d->workers, &r->work); /* no more than receipts that were awaited */
    assert(accepted);
    (void)accepted;
}
