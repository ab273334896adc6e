/* AMOP: messages between SDKs through the nodes, and the verification of private topics (spec/network.md 6, 7).

   amop_request: a client's unicast; it goes to one candidate after the other until one answers.
   amop_push:    a frame that one of our clients is to answer: from a peer, from a client of this very node (HARDEN: the reference
                 loses those since 2.8.0), or of this node's own for a private topic. */
#include "channel/private.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "codec/json_read.h"
#include "codec/json_write.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { RESULT_NO_NODE = 100, RESULT_BANDWIDTH = 103, RESULT_NO_CLIENT = 104 };
enum { AMOP_UNICAST = 0, AMOP_MULTICAST = 1 };
enum { BANDWIDTH_STORED_BYTES = 5 * 1024 * 1024, PEER_HEADER_BYTES = 16, PUSH_TRIES_MAX = 64 };

typedef struct {
    uint64_t ticket;
    uint64_t session_id;
    channel_seq seq;
    node_id *candidates;
    size_t candidate_count;  /* peers; this node itself comes on top */
    bool self_is_candidate;
    bytes frame;             /* owned */
} amop_request;

typedef enum { PUSH_FOR_PEER, PUSH_FOR_CLIENT, PUSH_FOR_TOPIC } push_kind;

typedef struct amop_push {
    struct amop_push *previous, *next; /* while it waits for a client, by deadline */
    push_kind kind;
    node_id from;            /* PUSH_FOR_PEER */
    uint32_t peer_seq;
    amop_request *request;   /* PUSH_FOR_CLIENT; owned */
    bytes frame;             /* owned, but for PUSH_FOR_CLIENT */
    channel_seq seq;
    const char *topic;       /* zero-terminated; owned */
    uint64_t session_id;     /* who has it now */
    uint64_t deadline_ms;
    uint64_t tried[PUSH_TRIES_MAX];
    size_t tried_count;
} amop_push;

static void try_next_candidate(channel_door *d, amop_request *r);

static bytes copy_bytes(bytes original)
{
    uint8_t *data = memory_resize(NULL, original.size + 1, 1);
    if (original.size)
        memcpy(data, original.data, original.size);
    return bytes_of(data, original.size);
}

static bool take_room(channel_door *d, size_t size)
{
    if (d->amop_count >= CHANNEL_AMOP_MAX || size > CHANNEL_AMOP_BYTES - d->amop_bytes)
        return false;
    d->amop_count++;
    d->amop_bytes += size;
    return true;
}

static void give_room(channel_door *d, size_t size)
{
    d->amop_count--;
    d->amop_bytes -= size;
}

/* ---- answers ---- */

static void free_request(channel_door *d, amop_request *r)
{
    map_remove(&d->amop, BYTES_OF_VALUE(r->ticket));
    give_room(d, r->frame.size);
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

static void answer_peer(channel_door *d, const node_id *to, uint32_t seq, const channel_frame *f)
{
    out_frame *whole = channel_out_frame(f->type, &f->seq, f->result, BYTES_EMPTY, f->body);
    if (net_answer(d->backend->net, to, 0, NET_MODULE_AMOP, AMOP_UNICAST, seq, bytes_of(whole->data, whole->size)) != NET_SEND_OK)
        CHANNEL_LOG(d, LOG_WARNING, "AMOP answer not sent: the network's queue is full");
    free(whole);
}

/* The request itself comes back, as an answer with result 104. */
static void refuse_peer(channel_door *d, const node_id *to, uint32_t seq, bytes frame)
{
    channel_frame f;
    size_t size;
    if (channel_frame_decode(frame, &f, &size) != CHANNEL_FRAME_OK)
        return;
    f.type = CHANNEL_AMOP_RESPONSE;
    f.result = RESULT_NO_CLIENT;
    answer_peer(d, to, seq, &f);
}

/* ---- frames that our clients are to answer ---- */

static void free_push(channel_door *d, amop_push *p)
{
    if (p->kind != PUSH_FOR_CLIENT) {
        give_room(d, p->frame.size);
        free((uint8_t *)p->frame.data);
    }
    free((char *)p->topic);
    free(p);
}

static void unlink_push(channel_door *d, amop_push *p)
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
        refuse_peer(d, &p->from, p->peer_seq, p->frame);
    amop_request *r = p->kind == PUSH_FOR_CLIENT ? p->request : NULL;
    free_push(d, p);
    if (r)
        try_next_candidate(d, r);
}

static void push_to_next(channel_door *d, amop_push *p)
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
        unlink_push(d, p);
        if (s)
            map_remove(&s->asked, BYTES_OF_VALUE(p->seq));
        push_to_next(d, p);
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
        unlink_push(d, p);
        push_to_next(d, p);
        i = (size_t)-1; /* removing may move entries */
    }
}

bool channel_amop_answered(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    amop_push *p = s->asked.count ? map_remove(&s->asked, BYTES_OF_VALUE(f->seq)) : NULL;
    if (p == NULL)
        return false;
    unlink_push(d, p);
    if (p->kind == PUSH_FOR_PEER) {
        answer_peer(d, &p->from, p->peer_seq, f);
    } else if (p->kind == PUSH_FOR_CLIENT) {
        channel_session *asker = channel_session_find(d, p->request->session_id);
        if (asker)
            channel_session_send(asker, f->type, &f->seq, f->result, BYTES_EMPTY, f->body);
        free_request(d, p->request);
    }
    free_push(d, p);
    return true;
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

static bool has_local_client(channel_door *d, bytes topic, const channel_session *except)
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
    push_to_next(d, p);
}

static void try_next_candidate(channel_door *d, amop_request *r)
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
    free_request(d, r);
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
    bool is_local = has_local_client(d, topic, s);
    size_t size = f->body.size + CHANNEL_HEADER_BYTES;
    int32_t refused = 0;
    if (!has_bandwidth(d, size, 1))
        refused = RESULT_BANDWIDTH;
    else if ((count == 0 && !is_local) || !take_room(d, size))
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
                        .frame = copy_bytes(bytes_of(whole->data, whole->size))};
    free(whole);
    r->candidates = (node_id *)copy_bytes(bytes_of(found, count * sizeof *found)).data;
    arena_reset(&a);
    map_put(&d->amop, BYTES_OF_VALUE(r->ticket), r);
    try_next_candidate(d, r);
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
    if (!take_room(d, whole.size)) {
        refuse_peer(d, &m->from, m->seq, whole);
        return;
    }
    amop_push *p = memory_new(sizeof *p);
    *p = (amop_push){.kind = PUSH_FOR_PEER, .from = m->from, .peer_seq = m->seq, .frame = copy_bytes(whole), .seq = f->seq};
    char *text = memory_new(topic.size + 1);
    memcpy(text, topic.data, topic.size);
    p->topic = text;
    push_to_next(d, p);
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
        refuse_peer(d, &frame->from, frame->seq, frame->payload);
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
              memcmp(&f.seq, &r->seq, sizeof f.seq) == 0 && f.type >= CHANNEL_AMOP_REQUEST && f.type <= CHANNEL_TOPIC_VERIFIED;
    if (ok) {
        channel_session *s = channel_session_find(d, r->session_id);
        if (s)
            channel_session_send(s, f.type, &f.seq, f.result, BYTES_EMPTY, f.body);
        free_request(d, r);
    } else if (r) {
        try_next_candidate(d, r);
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

/* ---- private topics ---- */

#define VERIFY_PREFIX "#!$VerifyChannel_"
#define PUBLISHER_PREFIX "#!$PushChannel_"

typedef struct {
    mail arrival;
    arena memory;
    node_id node;
    size_t count;
    struct {
        const char *topic, *topic_for_cert;
    } *pairs;
} topics_mail;

static void ask_to_verify(channel_door *d, const node_id *node, const char *topic, const char *topic_for_cert)
{
    arena a = {0};
    char *publishers = arena_print(&a, PUBLISHER_PREFIX "%s", topic);
    if (!has_local_client(d, bytes_of_text(publishers), NULL)) {
        arena_reset(&a);
        return;
    }
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    json_write_begin_object(&w);
    json_write_key(&w, "nodeId");
    json_write_text(&w, hex_text(&a, BYTES_OF_VALUE(*node)));
    json_write_key(&w, "topic");
    json_write_text(&w, topic);
    json_write_key(&w, "topicForCert");
    json_write_text(&w, topic_for_cert);
    json_write_end_object(&w);
    buffer_append_byte(&text, '\n');
    char counter[CHANNEL_SEQ_BYTES + 1];
    snprintf(counter, sizeof counter, "%032llu", (unsigned long long)++d->next_verification);
    channel_seq seq;
    memcpy(seq.b, counter, sizeof seq.b);
    out_frame *whole = channel_out_frame(CHANNEL_VERIFY_TOPIC, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
    if (take_room(d, whole->size)) {
        amop_push *p = memory_new(sizeof *p);
        *p = (amop_push){.kind = PUSH_FOR_TOPIC, .frame = copy_bytes(bytes_of(whole->data, whole->size)), .seq = seq};
        p->topic = memory_copy_text(publishers);
        push_to_next(d, p);
    }
    free(whole);
    buffer_free(&text);
    arena_reset(&a);
}

static void drop_topics_mail(mail *arrival)
{
    topics_mail *m = (topics_mail *)arrival;
    arena_reset(&m->memory);
    free(m);
}

static void on_topics_mail(channel_door *d, mail *arrival)
{
    topics_mail *m = (topics_mail *)arrival;
    for (size_t i = 0; i < m->count; i++)
        ask_to_verify(d, &m->node, m->pairs[i].topic, m->pairs[i].topic_for_cert);
    drop_topics_mail(arrival);
}

/* The first topic in the peer's list by which the subscriber of a private topic can be reached. */
static const char *find_topic_for_cert(const net_peer *peer, const char *topic)
{
    bytes prefix = BYTES_OF_LITERAL(VERIFY_PREFIX), wanted = bytes_of_text(topic);
    for (size_t i = 0; i < peer->topic_count; i++) {
        bytes text = bytes_of_text(peer->topics[i].text);
        if (bytes_start_with(text, prefix) && bytes_start_with(bytes_from(text, prefix.size), wanted))
            return peer->topics[i].text;
    }
    return NULL;
}

void channel_door_topics(channel_door *d, const net_peer *peer)
{
    size_t verifying = 0;
    for (size_t i = 0; i < peer->topic_count; i++)
        verifying += peer->topics[i].status == NET_VERIFYING;
    if (verifying == 0)
        return;
    topics_mail *m = memory_new(sizeof *m);
    *m = (topics_mail){.arrival = {.link = {.item_bytes = 4096}, .run = on_topics_mail, .drop = drop_topics_mail}, .node = peer->id};
    m->pairs = arena_take_array(&m->memory, verifying, sizeof *m->pairs);
    for (size_t i = 0; i < peer->topic_count; i++) {
        const char *topic_for_cert = peer->topics[i].status == NET_VERIFYING ? find_topic_for_cert(peer, peer->topics[i].text) : NULL;
        if (topic_for_cert == NULL)
            continue;
        m->pairs[m->count].topic = arena_copy_text(&m->memory, bytes_of_text(peer->topics[i].text));
        m->pairs[m->count++].topic_for_cert = arena_copy_text(&m->memory, bytes_of_text(topic_for_cert));
    }
    if (!mailbox_offer(d->mail, &m->arrival))
        drop_topics_mail(&m->arrival); /* the next heartbeat brings it again */
}

void channel_topic_verified(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    json_t *root = NULL;
    node_id node;
    if (json_read(f->body, CHANNEL_JSON_VALUES, JSON_WIDE_AS_REAL, &root) == JSON_READ_OK && json_is_object(root)) {
        const json_t *result = json_object_get(root, "checkResult");
        const char *id = json_string_value(json_object_get(root, "nodeId"));
        const char *topic = json_string_value(json_object_get(root, "topic"));
        if (json_is_integer(result) && id && topic && hex_read(bytes_of_text(id), node.b, sizeof node.b) && d->backend->net)
            net_set_topic_status(d->backend->net, &node, topic, json_integer_value(result) == 0 ? NET_VERIFY_SUCCESS : NET_VERIFY_FAILED);
    }
    json_decref(root);
}

void channel_amop_free(channel_door *d)
{
    while (d->push_first) {
        amop_push *p = d->push_first;
        unlink_push(d, p);
        free_push(d, p);
    }
    for (size_t i = 0; d->amop.count && i < d->amop.capacity; i++) {
        amop_request *r = d->amop.entries[i].value;
        if (r == NULL)
            continue;
        free_request(d, r);
        i = (size_t)-1; /* removing may move entries */
    }
    map_free(&d->amop);
}
