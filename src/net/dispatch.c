/* What a received frame means: topics (spec/network.md 5), answers to requests, or work for the handler (4.2). */
#include "net/net_private.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOPIC_SEQ = 1, TOPIC_REQUEST = 2, TOPIC_LIST = 3 };

static const char private_topic_prefix[] = "#!$TopicNeedVerify_";

uint32_t net_new_seq(net *n)
{
    uint32_t seq;
    do
        seq = atomic_fetch_add(&n->next_seq, 1) + 1;
    while (seq == 0); /* 0 is for frames that expect nothing */
    return seq;
}

void dispatch_fill_peer(const session *s, net_peer *out)
{
    *out = (net_peer){.id = s->peer.id,
                      .we_dialled = s->we_dialled,
                      .queued_bytes = s->out_bytes,
                      .sent_bytes = s->sent_bytes,
                      .received_bytes = s->received_bytes,
                      .sent_frames = s->sent_frames,
                      .received_frames = s->received_frames,
                      .topics = s->topics,
                      .topic_count = s->topic_count};
    memcpy(out->endpoint, s->remote, sizeof out->endpoint);
    memcpy(out->agency, s->peer.agency, sizeof out->agency);
    memcpy(out->name, s->peer.name, sizeof out->name);
}

/* ---- topics ---- */

static void send_topic_frame(session *s, bool is_response, uint16_t packet_type, uint32_t seq, bytes payload)
{
    frame f = {.module = NET_MODULE_TOPIC, .is_response = is_response, .packet_type = packet_type, .seq = seq, .payload = payload};
    outgoing *o = outgoing_new(s->net->format, &f, s->net->compress);
    if (o)
        session_queue(s, o);
    outgoing_drop(o);
}

void dispatch_heartbeat(session *s)
{
    char text[16];
    snprintf(text, sizeof text, "%u", s->net->own_topic_seq);
    send_topic_frame(s, false, TOPIC_SEQ, 0, bytes_of_text(text));
}

static void send_topic_list(session *s, uint32_t seq)
{
    char number[16];
    snprintf(number, sizeof number, "%u", s->net->own_topic_seq);
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&payload, number);
    buffer_append(&payload, buffer_bytes(&s->net->own_topics));
    send_topic_frame(s, true, TOPIC_LIST, seq, buffer_bytes(&payload));
    buffer_free(&payload);
}

static bool read_topic_seq(bytes text, uint32_t *out)
{
    uint64_t value = 0;
    if (text.size == 0 || text.size > 10)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *out = (uint32_t)value;
    return value <= UINT32_MAX;
}

static bytes next_item(bytes *rest)
{
    const uint8_t *tab = rest->size ? memchr(rest->data, '\t', rest->size) : NULL;
    size_t size = tab ? (size_t)(tab - rest->data) : rest->size;
    bytes item = bytes_of(rest->data, size);
    *rest = tab ? bytes_from(*rest, size + 1) : BYTES_EMPTY;
    return item;
}

static net_topic_status first_status(const session *s, bytes topic)
{
    if (!bytes_start_with(topic, BYTES_OF_LITERAL(private_topic_prefix)))
        return NET_VERIFY_SUCCESS;
    for (size_t i = 0; i < s->topic_count; i++)
        if (bytes_equal_text(topic, s->topics[i].text))
            return s->topics[i].status;
    return NET_VERIFYING;
}

static void tell_topics(session *s)
{
    net *n = s->net;
    if (n->handler.on_topics == NULL)
        return;
    net_peer peer;
    dispatch_fill_peer(s, &peer);
    n->handler.on_topics(n->handler.context, &peer);
}

/* rest: the items behind the number. The new list is built aside and put in place under the lock. */
static void replace_topics(session *s, uint32_t seq, bytes rest)
{
    size_t count = 0, text_bytes = 0;
    for (bytes at = rest; at.size && count < NET_TOPICS_MAX;) {
        bytes topic = next_item(&at);
        bool is_kept = topic.size && topic.size <= TOPIC_TEXT_MAX_BYTES && memchr(topic.data, 0, topic.size) == NULL;
        count += is_kept;
        text_bytes += is_kept ? topic.size + 1 : 0;
    }
    char *text = memory_new(text_bytes), *end = text;
    net_topic *topics = memory_new_array(count, sizeof *topics);
    size_t filled = 0;
    for (bytes at = rest; filled < count;) {
        bytes topic = next_item(&at);
        if (topic.size == 0 || topic.size > TOPIC_TEXT_MAX_BYTES || memchr(topic.data, 0, topic.size))
            continue;
        memcpy(end, topic.data, topic.size); /* memory_new put the zero behind it */
        topics[filled++] = (net_topic){end, first_status(s, topic)};
        end += topic.size + 1;
    }
    char *old_text = s->topics_text;
    net_topic *old_topics = s->topics;
    pthread_mutex_lock(&s->net->peers_lock);
    s->topic_seq = seq;
    s->topics_text = text;
    s->topics = topics;
    s->topic_count = count;
    pthread_mutex_unlock(&s->net->peers_lock);
    free(old_text);
    free(old_topics);
    tell_topics(s);
}

static void on_topic_seq(session *s, bytes payload)
{
    uint32_t seq;
    if (!read_topic_seq(payload, &seq)) {
        NET_LOG(s->net, LOG_DEBUG, "[Topic]heartbeat without a number ignored,node=%s", s->peer.name);
        return;
    }
    if (seq == s->topic_seq) {
        for (size_t i = 0; i < s->topic_count; i++)
            if (s->topics[i].status == NET_VERIFYING) {
                tell_topics(s);
                return;
            }
        return;
    }
    uint64_t now = uv_now(&s->net->loop);
    if (s->topic_request_seq && now - s->topic_request_ms < TOPIC_REQUEST_TIMEOUT_MS)
        return;
    s->topic_request_seq = net_new_seq(s->net);
    s->topic_request_ms = now;
    send_topic_frame(s, false, TOPIC_REQUEST, s->topic_request_seq, BYTES_EMPTY);
}

static void on_topic_list(session *s, bytes payload)
{
    s->topic_request_seq = 0;
    uint32_t seq;
    bytes rest = payload;
    if (read_topic_seq(next_item(&rest), &seq))
        replace_topics(s, seq, rest);
    else
        NET_LOG(s->net, LOG_DEBUG, "[Topic]topic list without a number ignored,node=%s", s->peer.name);
}

static void on_topic_frame(session *s, const frame *f, bytes payload)
{
    if (f->packet_type == TOPIC_SEQ)
        on_topic_seq(s, payload);
    else if (f->packet_type == TOPIC_REQUEST)
        send_topic_list(s, f->seq);
    else
        NET_LOG(s->net, LOG_DEBUG, "[Topic]packet type %u ignored,node=%s", f->packet_type, s->peer.name);
    session_flush(s);
}

void dispatch_set_topics(net *n, bytes joined)
{
    n->own_topic_seq++;
    pthread_mutex_lock(&n->peers_lock);
    buffer_clear(&n->own_topics);
    buffer_append(&n->own_topics, joined);
    pthread_mutex_unlock(&n->peers_lock);
}

void dispatch_set_topic_status(net *n, const node_id *node, const char *topic, net_topic_status status)
{
    session *s = net_session_of(n, node);
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->topic_count; i++)
        if (s->topics[i].status == NET_VERIFYING && strcmp(s->topics[i].text, topic) == 0) {
            pthread_mutex_lock(&n->peers_lock);
            s->topics[i].status = status;
            pthread_mutex_unlock(&n->peers_lock);
        }
}

/* ---- requests ---- */

static void finish_request(net *n, pending_request *r, net_response result, bytes payload)
{
    map_remove(&n->requests, BYTES_OF_VALUE(r->seq));
    *(r->previous ? &r->previous->next : &n->request_first) = r->next;
    if (r->next)
        r->next->previous = r->previous;
    atomic_fetch_sub(&n->request_count, 1);
    if (n->handler.on_response)
        n->handler.on_response(n->handler.context, r->ticket, result, &r->node, payload);
    free(r);
}

static void arm_request_timer(net *n)
{
    uint64_t earliest = 0, now = uv_now(&n->loop);
    for (pending_request *r = n->request_first; r; r = r->next)
        if (r->deadline_ms && (earliest == 0 || r->deadline_ms < earliest))
            earliest = r->deadline_ms;
    if (earliest && !n->stopping)
        uv_timer_start(&n->request_timer, dispatch_on_request_timer, earliest > now ? earliest - now : 0, 0);
}

void dispatch_request_sent(net *n, const node_id *node, uint32_t seq, uint64_t ticket, uint64_t timeout_ms)
{
    pending_request *r = memory_new(sizeof *r);
    *r = (pending_request){.seq = seq, .node = *node, .ticket = ticket, .next = n->request_first};
    r->deadline_ms = timeout_ms ? uv_now(&n->loop) + timeout_ms : 0;
    if (r->next)
        r->next->previous = r;
    n->request_first = r;
    map_put(&n->requests, BYTES_OF_VALUE(r->seq), r);
    if (net_session_of(n, node) == NULL)
        finish_request(n, r, NET_RESPONSE_DISCONNECTED, BYTES_EMPTY);
    else if (r->deadline_ms && (!uv_is_active((uv_handle_t *)&n->request_timer) ||
                                timeout_ms < uv_timer_get_due_in(&n->request_timer)))
        uv_timer_start(&n->request_timer, dispatch_on_request_timer, timeout_ms, 0);
}

void dispatch_request_refused(net *n, uint64_t ticket, const node_id *node)
{
    atomic_fetch_sub(&n->request_count, 1);
    if (n->handler.on_response)
        n->handler.on_response(n->handler.context, ticket, NET_RESPONSE_DISCONNECTED, node, BYTES_EMPTY);
}

void dispatch_on_request_timer(uv_timer_t *timer)
{
    net *n = timer->data;
    uint64_t now = uv_now(&n->loop);
    for (pending_request *r = n->request_first, *next; r; r = next) {
        next = r->next;
        if (r->deadline_ms && r->deadline_ms <= now)
            finish_request(n, r, NET_RESPONSE_TIMEOUT, BYTES_EMPTY);
    }
    arm_request_timer(n);
}

void dispatch_requests_lost(net *n, const node_id *node)
{
    for (pending_request *r = n->request_first, *next; r; r = next) {
        next = r->next;
        if (node == NULL || node_id_equal(&r->node, node))
            finish_request(n, r, NET_RESPONSE_DISCONNECTED, BYTES_EMPTY);
    }
}

/* ---- frames ---- */

net_verdict dispatch_frame(session *s, const frame *f, bytes payload)
{
    net *n = s->net;
    if (f->is_response && s->topic_request_seq && f->seq == s->topic_request_seq) {
        on_topic_list(s, payload);
        return NET_TAKEN;
    }
    if (f->module == NET_MODULE_TOPIC && f->group == 0) {
        on_topic_frame(s, f, payload);
        return NET_TAKEN;
    }
    pending_request *r = f->is_response ? map_get(&n->requests, BYTES_OF_VALUE(f->seq)) : NULL;
    if (r && node_id_equal(&r->node, &s->peer.id)) {
        finish_request(n, r, NET_RESPONSE_OK, payload);
        return NET_TAKEN;
    }
    if (n->handler.on_frame == NULL)
        return NET_TAKEN;
    net_frame given = {.from = s->peer.id,
                       .group = f->group,
                       .module = f->module,
                       .packet_type = f->packet_type,
                       .seq = f->seq,
                       .is_response = f->is_response,
                       .payload = payload};
    return n->handler.on_frame(n->handler.context, &given);
}
