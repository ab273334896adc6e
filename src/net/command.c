/* What other threads ask of the network thread: a bounded queue and a wake-up. */
#include "net/net_private.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

typedef enum { COMMAND_SEND, COMMAND_REQUEST, COMMAND_TOPICS, COMMAND_TOPIC_STATUS, COMMAND_WHITELIST, COMMAND_DIAL,
               COMMAND_RESUME, COMMAND_RESOLVED, COMMAND_STOP } command_kind;

typedef struct {
    queue_link link;
    command_kind kind;
    outgoing *frame;           /* SEND, REQUEST */
    uint32_t seq;              /* REQUEST */
    uint64_t ticket, timeout_ms;
    lookup *resolved;          /* RESOLVED */
    buffer text;               /* TOPICS: joined; TOPIC_STATUS: the topic with its zero */
    net_topic_status status;
    size_t count;              /* of nodes: SEND, REQUEST, TOPIC_STATUS, WHITELIST */
    node_id nodes[];
} command;

static command *command_new(command_kind kind, const node_id *nodes, size_t count)
{
    command *c = memory_new(sizeof *c + count * sizeof *nodes);
    c->kind = kind;
    c->count = count;
    c->text = buffer_init(BUFFER_NO_LIMIT);
    if (count)
        memcpy(c->nodes, nodes, count * sizeof *nodes);
    return c;
}

static void command_free(command *c)
{
    outgoing_drop(c->frame);
    if (c->resolved)
        lookup_free(c->resolved);
    buffer_free(&c->text);
    free(c);
}

static bool hand_over(net *n, command *c, bool bounded)
{
    c->link.item_bytes = sizeof *c + c->count * sizeof(node_id) + (c->frame ? c->frame->size : 0);
    queue_result result = bounded ? queue_push(n->commands, &c->link) : queue_push_unbounded(n->commands, &c->link);
    if (result == QUEUE_OK)
        uv_async_send(&n->wake);
    else
        command_free(c);
    return result == QUEUE_OK;
}

static net_send_result send_frame(net *n, command *c, const frame *f)
{
    c->frame = outgoing_new(n->format, f, n->compress);
    if (c->frame == NULL) {
        NET_LOG(n, LOG_WARNING, "[Service]frame not sent: above 100 MiB or beyond the old format,group=%u,module=%u,bytes=%zu", f->group,
                f->module, f->payload.size);
        command_free(c);
        return NET_SEND_FULL;
    }
    return hand_over(n, c, true) ? NET_SEND_OK : NET_SEND_FULL;
}

net_send_result net_send(net *n, const node_id *nodes, size_t count, uint16_t group, uint16_t module, uint16_t packet_type,
                         bytes payload)
{
    if (count == 0)
        return NET_SEND_OK;
    if (count > NET_SEND_NODES_MAX)
        count = NET_SEND_NODES_MAX;
    frame f = {.group = group, .module = module, .packet_type = packet_type, .seq = net_new_seq(n), .payload = payload};
    return send_frame(n, command_new(COMMAND_SEND, nodes, count), &f);
}

net_send_result net_answer(net *n, const node_id *node, uint16_t group, uint16_t module, uint16_t packet_type, uint32_t seq,
                           bytes payload)
{
    frame f = {.group = group, .module = module, .is_response = true, .packet_type = packet_type, .seq = seq, .payload = payload};
    return send_frame(n, command_new(COMMAND_SEND, node, 1), &f);
}

net_send_result net_request(net *n, const node_id *node, uint16_t group, uint16_t module, uint16_t packet_type, bytes payload,
                            uint64_t timeout_ms, uint64_t ticket)
{
    if (atomic_fetch_add(&n->request_count, 1) >= NET_REQUESTS_MAX) {
        atomic_fetch_sub(&n->request_count, 1);
        return NET_SEND_FULL;
    }
    frame f = {.group = group, .module = module, .packet_type = packet_type, .seq = net_new_seq(n), .payload = payload};
    command *c = command_new(COMMAND_REQUEST, node, 1);
    c->seq = f.seq;
    c->ticket = ticket;
    c->timeout_ms = timeout_ms;
    net_send_result result = send_frame(n, c, &f);
    if (result != NET_SEND_OK)
        atomic_fetch_sub(&n->request_count, 1);
    return result;
}

void net_resume(net *n)
{
    hand_over(n, command_new(COMMAND_RESUME, NULL, 0), false);
}

bool net_set_whitelist(net *n, const node_id *ids, size_t count)
{
    return count <= TLS_LIST_MAX && hand_over(n, command_new(COMMAND_WHITELIST, ids, count), false);
}

void net_set_topics(net *n, const char *const *topics, size_t count)
{
    command *c = command_new(COMMAND_TOPICS, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        assert(strchr(topics[i], '\t') == NULL);
        buffer_append_byte(&c->text, '\t');
        buffer_append_text(&c->text, topics[i]);
    }
    hand_over(n, c, false);
}

void net_set_topic_status(net *n, const node_id *node, const char *topic, net_topic_status status)
{
    command *c = command_new(COMMAND_TOPIC_STATUS, node, 1);
    buffer_append(&c->text, bytes_of(topic, strlen(topic) + 1));
    c->status = status;
    hand_over(n, c, false);
}

net_endpoints_result net_add_endpoints(net *n, const char *const *texts, size_t count, size_t max_total, size_t *bad_index)
{
    net_endpoints_result result = endpoint_table_add(&n->endpoints, texts, count, max_total, bad_index, NULL);
    if (result == NET_ENDPOINTS_CHANGED)
        hand_over(n, command_new(COMMAND_DIAL, NULL, 0), false);
    return result;
}

net_endpoints_result net_erase_endpoints(net *n, const char *const *texts, size_t count, size_t *bad_index)
{
    return endpoint_table_erase(&n->endpoints, texts, count, bad_index);
}

void net_on_lookup(void *context, lookup *l)
{
    command *c = command_new(COMMAND_RESOLVED, NULL, 0);
    c->resolved = l;
    bool taken = hand_over(context, c, false);
    assert(taken); /* lookups are abandoned before the queue is closed */
    (void)taken;
}

/* ---- on the network thread ---- */

static void queue_frame(net *n, const command *c)
{
    for (size_t i = 0; i < c->count; i++) {
        session *s = net_session_of(n, &c->nodes[i]);
        if (s)
            session_queue(s, c->frame);
    }
}

static void perform(net *n, command *c)
{
    switch (c->kind) {
    case COMMAND_SEND:
        queue_frame(n, c);
        break;
    case COMMAND_REQUEST:
        dispatch_request_sent(n, c->nodes, c->seq, c->ticket, c->timeout_ms);
        queue_frame(n, c);
        break;
    case COMMAND_TOPICS:
        dispatch_set_topics(n, buffer_bytes(&c->text));
        break;
    case COMMAND_TOPIC_STATUS:
        dispatch_set_topic_status(n, c->nodes, (const char *)c->text.data, c->status);
        break;
    case COMMAND_WHITELIST: {
        bool ok = tls_context_set_whitelist(n->tls, c->nodes, c->count);
        assert(ok); /* the count was checked where it was asked */
        (void)ok;
        host_drop_unwanted(n);
        break;
    }
    case COMMAND_DIAL:
        host_dial_new(n);
        break;
    case COMMAND_RESUME:
        host_resume(n);
        break;
    case COMMAND_RESOLVED:
        host_on_resolved(n, c->resolved);
        c->resolved = NULL;
        break;
    case COMMAND_STOP:
        host_stop(n);
        break;
    }
}

void net_on_wake(uv_async_t *wake)
{
    net *n = wake->data;
    for (queue_link *link = queue_pop_all(n->commands), *next; link; link = next) {
        next = link->next;
        command *c = (command *)link;
        if (!n->stopping)
            perform(n, c);
        else if (c->kind == COMMAND_REQUEST)
            dispatch_request_refused(n, c->ticket, c->nodes);
        command_free(c);
    }
    for (session *s = n->first; s; s = s->next)
        if (s->needs_flush)
            session_flush(s);
}

void net_ask_to_stop(net *n)
{
    hand_over(n, command_new(COMMAND_STOP, NULL, 0), false);
}

void net_drop_commands(net *n)
{
    queue_close(n->commands);
    for (queue_link *link = queue_pop_all(n->commands), *next; link; link = next) {
        next = link->next;
        command *c = (command *)link;
        if (c->kind == COMMAND_REQUEST)
            dispatch_request_refused(n, c->ticket, c->nodes);
        command_free(c);
    }
}
