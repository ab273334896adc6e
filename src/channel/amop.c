/* AMOP: messages between SDKs through the nodes (spec/network.md 6): what clients and peers ask for. The frames that go out to our
   clients and wait for an answer are in amop_push.c, private topics in private_topics.c. */
#include "channel/amop.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { RESULT_NO_NODE = 100, RESULT_BANDWIDTH = 103 };
enum { BANDWIDTH_STORED_BYTES = 5 * 1024 * 1024, PEER_HEADER_BYTES = 16 };

bytes amop_copy(bytes original)
{
    uint8_t *data = memory_resize(NULL, original.size + 1, 1);
    if (original.size)
        memcpy(data, original.data, original.size);
    return bytes_of(data, original.size);
}

bool amop_take_room(channel_door *d, size_t size)
{
    if (d->amop_count >= CHANNEL_AMOP_MAX || size > CHANNEL_AMOP_BYTES - d->amop_bytes)
        return false;
    d->amop_count++;
    d->amop_bytes += size;
    return true;
}

void amop_give_room(channel_door *d, size_t size)
{
    d->amop_count--;
    d->amop_bytes -= size;
}

/* ---- answers ---- */

void amop_free_request(channel_door *d, amop_request *r)
{
    map_remove(&d->amop, BYTES_OF_VALUE(r->ticket));
    amop_give_room(d, r->frame.size);
    free((uint8_t *)r->frame.data);
    free(r->candidates);
    free(r);
}

static void answer_client(channel_door *d, uint64_t session_id, const channel_seq *seq, int32_t result)
{
    channel_session *s = channel_session_find(d, session_id);
    if (s)
        channel_session_send(s, CHANNEL_AMOP_RESPONSE, seq, result, BYTES_EMPTY, BYTES_EMPTY);
}

/* ---- from clients ---- */

static bool peer_has_topic(const net_peer *peer, bytes topic)
{
    for (size_t i = 0; i < peer->topic_count; i++)
        if (peer->topics[i].status == NET_VERIFY_SUCCESS && bytes_equal_text(topic, peer->topics[i].text))
            return true;
    return false;
}

/* Peers with the topic; in a. */
static node_id *candidates_for(channel_door *d, bytes topic, arena *a, size_t *count)
{
    size_t peers = 0;
    const net_peer *list = d->backend->net ? net_peers(d->backend->net, a, &peers) : NULL;
    node_id *found = arena_take_array(a, peers, sizeof *found);
    *count = 0;
    for (size_t i = 0; i < peers; i++)
        if (peer_has_topic(&list[i], topic))
            found[(*count)++] = list[i].id;
    return found;
}

bool amop_has_local_client(channel_door *d, bytes topic, const channel_session *except)
{
    for (channel_session *s = d->first; s; s = s->next)
        if (s != except && s->state == CHANNEL_ACTIVE && channel_session_has_topic(s, topic))
            return true;
    return false;
}

static void push_locally(channel_door *d, amop_request *r)
{
    channel_frame f;
    size_t size;
    bytes topic = BYTES_EMPTY, rest;
    bool ok = channel_frame_decode(r->frame, &f, &size) == CHANNEL_FRAME_OK && channel_topic_body(f.body, &topic, &rest);
    assert(ok); /* checked when it came */
    (void)ok;
    amop_push *p = memory_new(sizeof *p);
    *p = (amop_push){.kind = PUSH_FOR_CLIENT, .request = r, .frame = r->frame, .seq = r->seq};
    p->tried[p->tried_count++] = r->session_id; /* it would take its own question for the answer */
    char *text = memory_new(topic.size + 1);
    memcpy(text, topic.data, topic.size);
    p->topic = text;
    amop_push_to_next(d, p);
}

void amop_try_next_candidate(channel_door *d, amop_request *r)
{
    while (!d->stopping && r->candidate_count + r->self_is_candidate) {
        size_t pick = (size_t)prng_below(&d->random, r->candidate_count + r->self_is_candidate);
        if (pick == r->candidate_count) {
            r->self_is_candidate = false;
            push_locally(d, r);
            return;
        }
        node_id to = r->candidates[pick];
        r->candidates[pick] = r->candidates[--r->candidate_count];
        if (net_request(d->backend->net, &to, 0, NET_MODULE_AMOP, AMOP_UNICAST, r->frame, d->amop_request_ms, r->ticket) == NET_SEND_OK)
            return;
    }
    answer_client(d, r->session_id, &r->seq, RESULT_NO_NODE);
    amop_free_request(d, r);
}

static bool has_bandwidth(channel_door *d, size_t frame_bytes, size_t targets)
{
    double cost = (double)(frame_bytes + PEER_HEADER_BYTES) * (double)targets / 4;
    return limiter_take(&d->bandwidth, cost, uv_now(&d->loop));
}

/* The frame as it came: it travels as a whole. */
static out_frame *whole_frame(const channel_frame *f)
{
    return channel_out_frame(f->type, &f->seq, f->result, BYTES_EMPTY, f->body);
}

void channel_amop_unicast(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    bytes topic, rest;
    if (!channel_topic_body(f->body, &topic, &rest) || memchr(f->body.data + 1, 0, topic.size))
        return; /* HARDEN */
    arena a = {0};
    size_t count;
    const node_id *found = candidates_for(d, topic, &a, &count);
    bool is_local = amop_has_local_client(d, topic, s);
    size_t size = f->body.size + CHANNEL_HEADER_BYTES;
    int32_t refused = 0;
    if (!has_bandwidth(d, size, 1))
        refused = RESULT_BANDWIDTH;
    else if ((count == 0 && !is_local) || !amop_take_room(d, size))
        refused = RESULT_NO_NODE;
    if (refused) {
        arena_reset(&a);
        answer_client(d, s->id, &f->seq, refused);
        return;
    }
    amop_request *r = memory_new(sizeof *r);
    out_frame *whole = whole_frame(f);
    *r = (amop_request){.ticket = ++d->next_ticket,
                        .session_id = s->id,
                        .seq = f->seq,
                        .candidate_count = count,
                        .self_is_candidate = is_local,
                        .frame = amop_copy(bytes_of(whole->data, whole->size))};
    free(whole);
    r->candidates = (node_id *)amop_copy(bytes_of(found, count * sizeof *found)).data;
    arena_reset(&a);
    map_put(&d->amop, BYTES_OF_VALUE(r->ticket), r);
    amop_try_next_candidate(d, r);
}

/* To every local client with the topic, but `except`. */
static void multicast_locally(channel_door *d, bytes topic, const channel_frame *f, const channel_session *except)
{
    for (channel_session *s = d->first, *next; s; s = next) {
        next = s->next;
        if (s != except && s->state == CHANNEL_ACTIVE && channel_session_has_topic(s, topic))
            channel_session_queue(s, whole_frame(f));
    }
}

void channel_amop_multicast(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    bytes topic, rest;
    if (!channel_topic_body(f->body, &topic, &rest))
        return; /* HARDEN */
    arena a = {0};
    size_t count;
    const node_id *found = candidates_for(d, topic, &a, &count);
    if (!has_bandwidth(d, f->body.size + CHANNEL_HEADER_BYTES, count)) {
        answer_client(d, s->id, &f->seq, RESULT_BANDWIDTH);
    } else {
        out_frame *whole = whole_frame(f);
        if (count && net_send(d->backend->net, found, count, 0, NET_MODULE_AMOP, AMOP_MULTICAST, bytes_of(whole->data, whole->size)) !=
                         NET_SEND_OK)
            CHANNEL_LOG(d, LOG_WARNING, "AMOP multicast not sent: the network's queue is full");
        free(whole);
        multicast_locally(d, topic, f, s);
        channel_session_send(s, CHANNEL_AMOP_RESPONSE, &f->seq, 0, BYTES_EMPTY, f->body);
    }
    arena_reset(&a);
}

/* ---- from peers ---- */

typedef struct {
    mail arrival;
    node_id from;
    uint32_t seq;
    uint16_t packet_type;
    size_t size;
    uint8_t frame[];
} peer_mail;

static void serve_unicast(channel_door *d, const peer_mail *m, const channel_frame *f, bytes topic)
{
    bytes whole = bytes_of(m->frame, m->size);
    if (!amop_take_room(d, whole.size)) {
        amop_refuse_peer(d, &m->from, m->seq, whole);
        return;
    }
    amop_push *p = memory_new(sizeof *p);
    *p = (amop_push){.kind = PUSH_FOR_PEER, .from = m->from, .peer_seq = m->seq, .frame = amop_copy(whole), .seq = f->seq};
    char *text = memory_new(topic.size + 1);
    memcpy(text, topic.data, topic.size);
    p->topic = text;
    amop_push_to_next(d, p);
}

static void on_peer_mail(channel_door *d, mail *arrival)
{
    peer_mail *m = (peer_mail *)arrival;
    channel_frame f;
    size_t size;
    bytes topic, rest;
    bool ok = channel_frame_decode(bytes_of(m->frame, m->size), &f, &size) == CHANNEL_FRAME_OK && size == m->size &&
              (f.type == CHANNEL_AMOP_REQUEST || f.type == CHANNEL_AMOP_MULTICAST) && channel_topic_body(f.body, &topic, &rest);
    if (!ok)
        CHANNEL_LOG(d, LOG_WARNING, "AMOP message of a node ignored: it is no such frame");
    else if (m->packet_type == AMOP_UNICAST && f.type == CHANNEL_AMOP_REQUEST)
        serve_unicast(d, m, &f, topic);
    else if (m->packet_type == AMOP_MULTICAST && f.type == CHANNEL_AMOP_MULTICAST)
        multicast_locally(d, topic, &f, NULL);
    free(m);
}

static void drop_mail(mail *m)
{
    free(m);
}

void channel_door_frame(channel_door *d, const net_frame *frame)
{
    if (frame->is_response || frame->payload.size < CHANNEL_HEADER_BYTES)
        return;
    peer_mail *m = memory_new(sizeof *m + frame->payload.size);
    *m = (peer_mail){.arrival = {.link = {.item_bytes = sizeof *m + frame->payload.size}, .run = on_peer_mail, .drop = drop_mail},
                     .from = frame->from,
                     .seq = frame->seq,
                     .packet_type = frame->packet_type,
                     .size = frame->payload.size};
    memcpy(m->frame, frame->payload.data, frame->payload.size);
    if (mailbox_offer(d->mail, &m->arrival))
        return;
    if (frame->packet_type == AMOP_UNICAST)
        amop_refuse_peer(d, &frame->from, frame->seq, frame->payload);
    free(m);
}

typedef struct {
    mail arrival;
    uint64_t ticket;
    net_response result;
    size_t size;
    uint8_t frame[];
} response_mail;

static void on_response_mail(channel_door *d, mail *arrival)
{
    response_mail *m = (response_mail *)arrival;
    amop_request *r = map_get(&d->amop, BYTES_OF_VALUE(m->ticket));
    channel_frame f;
    size_t size;
    /* HARDEN: an answer must be one to this request, and no frame that means something else to the client. */
    bool ok = r && m->result == NET_RESPONSE_OK &&
              channel_frame_decode(bytes_of(m->frame, m->size), &f, &size) == CHANNEL_FRAME_OK && size == m->size &&
              memcmp(&f.seq, &r->seq, sizeof f.seq) == 0 && amop_may_answer(f.type);
    if (ok) {
        channel_session *s = channel_session_find(d, r->session_id);
        if (s)
            channel_session_send(s, f.type, &f.seq, f.result, BYTES_EMPTY, f.body);
        amop_free_request(d, r);
    } else if (r) {
        amop_try_next_candidate(d, r);
    }
    free(m);
}

void channel_door_response(channel_door *d, uint64_t ticket, net_response result, bytes payload)
{
    response_mail *m = memory_new(sizeof *m + payload.size);
    *m = (response_mail){.arrival = {.run = on_response_mail, .drop = drop_mail}, .ticket = ticket, .result = result, .size = payload.size};
    if (payload.size)
        memcpy(m->frame, payload.data, payload.size);
    mailbox_post(d->mail, &m->arrival); /* no more than requests under way */
}

void channel_amop_free(channel_door *d)
{
    while (d->push_first) {
        amop_push *p = d->push_first;
        amop_unlink_push(d, p);
        amop_free_push(d, p);
    }
    for (size_t i = 0; d->amop.count && i < d->amop.capacity; i++) {
        amop_request *r = d->amop.entries[i].value;
        if (r == NULL)
            continue;
        amop_free_request(d, r);
        i = (size_t)-1; /* removing may move entries */
    }
    map_free(&d->amop);
}
