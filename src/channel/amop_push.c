/* Frames that one of our clients is to answer: from a peer, from a client of this very node (HARDEN: the reference loses those since
   2.8.0), or of this node's own for a private topic (spec/network.md 6.2, 6.4, 7). */
#include "channel/amop.h"

#include "base/memory.h"

#include <stdlib.h>

enum { RESULT_NO_CLIENT = 104 };

/* ---- answers to peers ---- */

static void answer_peer(channel_door *d, const node_id *to, uint32_t seq, const channel_frame *f)
{
    out_frame *whole = channel_out_frame(f->type, &f->seq, f->result, BYTES_EMPTY, f->body);
    if (net_answer(d->backend->net, to, 0, NET_MODULE_AMOP, AMOP_UNICAST, seq, bytes_of(whole->data, whole->size)) != NET_SEND_OK)
        CHANNEL_LOG(d, LOG_WARNING, "AMOP answer not sent: the network's queue is full");
    free(whole);
}

/* The request itself comes back, as an answer with result 104. */
void amop_refuse_peer(channel_door *d, const node_id *to, uint32_t seq, bytes frame)
{
    channel_frame f;
    size_t size;
    if (channel_frame_decode(frame, &f, &size) != CHANNEL_FRAME_OK)
        return;
    f.type = CHANNEL_AMOP_RESPONSE;
    f.result = RESULT_NO_CLIENT;
    answer_peer(d, to, seq, &f);
}

/* ---- pushes ---- */

void amop_free_push(channel_door *d, amop_push *p)
{
    if (p->kind != PUSH_FOR_CLIENT) {
        amop_give_room(d, p->frame.size);
        free((uint8_t *)p->frame.data);
    }
    free((char *)p->topic);
    free(p);
}

void amop_unlink_push(channel_door *d, amop_push *p)
{
    *(p->previous ? &p->previous->next : &d->push_first) = p->next;
    *(p->next ? &p->next->previous : &d->push_last) = p->previous;
    p->previous = p->next = NULL;
}

static bool was_tried(const amop_push *p, uint64_t session_id)
{
    for (size_t i = 0; i < p->tried_count; i++)
        if (p->tried[i] == session_id)
            return true;
    return false;
}

/* A client with the topic, at random; NULL: nobody is left. */
static channel_session *pick_client(channel_door *d, const amop_push *p)
{
    channel_session *picked = NULL;
    size_t seen = 0;
    for (channel_session *s = d->first; s && p->tried_count < PUSH_TRIES_MAX; s = s->next)
        if (s->state == CHANNEL_ACTIVE && channel_session_has_topic(s, bytes_of_text(p->topic)) && !was_tried(p, s->id) &&
            map_get(&s->asked, BYTES_OF_VALUE(p->seq)) == NULL && prng_below(&d->random, ++seen) == 0)
            picked = s;
    return picked;
}

static void arm_timer(channel_door *d)
{
    uint64_t now = uv_now(&d->loop);
    if (d->push_first && !d->stopping)
        uv_timer_start(&d->amop_timer, channel_amop_on_timer,
                       d->push_first->deadline_ms > now ? d->push_first->deadline_ms - now : 0, 0);
}

/* Nobody here answers. */
static void give_up(channel_door *d, amop_push *p)
{
    if (p->kind == PUSH_FOR_PEER)
        amop_refuse_peer(d, &p->from, p->peer_seq, p->frame);
    amop_request *r = p->kind == PUSH_FOR_CLIENT ? p->request : NULL;
    amop_free_push(d, p);
    if (r)
        amop_try_next_candidate(d, r);
}

void amop_push_to_next(channel_door *d, amop_push *p)
{
    channel_session *s = pick_client(d, p);
    if (s == NULL || d->stopping) {
        give_up(d, p);
        return;
    }
    p->session_id = s->id;
    p->tried[p->tried_count++] = s->id;
    p->deadline_ms = uv_now(&d->loop) + d->amop_answer_ms; /* one span for all: the list stays in order */
    p->previous = d->push_last;
    *(d->push_last ? &d->push_last->next : &d->push_first) = p;
    d->push_last = p;
    map_put(&s->asked, BYTES_OF_VALUE(p->seq), p);
    if (d->push_first == p)
        arm_timer(d);
    out_frame *f = memory_resize(NULL, sizeof *f + p->frame.size, 1);
    *f = (out_frame){.size = p->frame.size};
    memcpy(f->data, p->frame.data, p->frame.size);
    channel_session_queue(s, f); /* may close s, and with it move p on: not touched any more */
}

void channel_amop_on_timer(uv_timer_t *timer)
{
    channel_door *d = timer->data;
    uint64_t now = uv_now(&d->loop);
    while (d->push_first && d->push_first->deadline_ms <= now) {
        amop_push *p = d->push_first;
        channel_session *s = channel_session_find(d, p->session_id);
        amop_unlink_push(d, p);
        if (s)
            map_remove(&s->asked, BYTES_OF_VALUE(p->seq));
        amop_push_to_next(d, p);
    }
    arm_timer(d);
}

void channel_amop_session_closed(channel_session *s)
{
    channel_door *d = s->door;
    for (size_t i = 0; s->asked.count && i < s->asked.capacity; i++) {
        amop_push *p = s->asked.entries[i].value;
        if (p == NULL)
            continue;
        map_remove(&s->asked, BYTES_OF_VALUE(p->seq));
        amop_unlink_push(d, p);
        amop_push_to_next(d, p);
        i = (size_t)-1; /* removing may move entries */
    }
}

bool channel_amop_answered(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    amop_push *p = s->asked.count ? map_remove(&s->asked, BYTES_OF_VALUE(f->seq)) : NULL;
    if (p == NULL)
        return false;
    amop_unlink_push(d, p);
    channel_frame passed = *f;
    if (!amop_may_answer(f->type))
        passed.type = CHANNEL_AMOP_RESPONSE;
    if (p->kind == PUSH_FOR_PEER) {
        answer_peer(d, &p->from, p->peer_seq, &passed);
    } else if (p->kind == PUSH_FOR_CLIENT) {
        channel_session *asker = channel_session_find(d, p->request->session_id);
        if (asker)
            channel_session_send(asker, passed.type, &passed.seq, passed.result, BYTES_EMPTY, passed.body);
        amop_free_request(d, p->request);
    }
    amop_free_push(d, p);
    return true;
}
