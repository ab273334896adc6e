#include "consensus/pbft_state.h"

/* Nodes that one message goes to, in the action list's memory. */
typedef struct {
    node_id *nodes;
    size_t count;
} targets;

static targets targets_new(pbft *p)
{
    return (targets){.nodes = arena_take_array(&p->out->memory, p->count, sizeof(node_id))};
}

static void add_target(pbft *p, targets *t, pbft_kind kind, const pbft_request *r, size_t idx)
{
    if (!p->seats[idx].is_connected || pbft_filter_has(p->filter, kind, r, idx))
        return;
    pbft_filter_mark(p->filter, kind, r, idx);
    t->nodes[t->count++] = p->seats[idx].node;
}

static void send_packet(pbft *p, const targets *t, const pbft_packet *packet, uint16_t frame_type)
{
    if (t->count == 0)
        return;
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    pbft_packet_encode(packet, p->config.ttl_optimization, &payload);
    consensus_action *a = actions_add(p->out, CONSENSUS_SEND);
    a->send.to = t->nodes;
    a->send.count = t->count;
    a->send.packet_type = frame_type;
    a->send.payload = arena_copy(&p->out->memory, buffer_bytes(&payload));
    buffer_free(&payload);
}

void pbft_broadcast(pbft *p, pbft_kind kind, const pbft_request *r, bytes data, bool is_empty, uint16_t frame_type)
{
    targets t = targets_new(p);
    pbft_packet packet = {.kind = kind, .ttl = (uint8_t)p->config.ttl, .is_empty = is_empty, .data = data};
    packet.forward = arena_take_array(&p->out->memory, p->count, sizeof(node_id));
    for (size_t i = 0; i < p->count; i++) {
        if (i == p->idx)
            continue;
        if (!p->seats[i].is_connected)
            packet.forward[packet.forward_count++] = p->seats[i].node;
        add_target(p, &t, kind, r, i);
    }
    p->sessions_at_broadcast = p->session_count;
    send_packet(p, &t, &packet, frame_type);
}

void pbft_broadcast_request(pbft *p, pbft_kind kind, const pbft_request *r)
{
    buffer data = buffer_init(BUFFER_NO_LIMIT);
    pbft_request_encode(r, &data);
    pbft_broadcast(p, kind, r, buffer_bytes(&data), false, PBFT_FRAME_ORDINARY);
    buffer_free(&data);
}

void pbft_send_request(pbft *p, pbft_kind kind, const pbft_request *r, size_t to)
{
    targets t = targets_new(p);
    add_target(p, &t, kind, r, to);
    buffer data = buffer_init(BUFFER_NO_LIMIT);
    pbft_request_encode(r, &data);
    send_packet(p, &t, &(pbft_packet){.kind = kind, .ttl = 1, .data = buffer_bytes(&data)}, PBFT_FRAME_ORDINARY);
    buffer_free(&data);
}

void pbft_send_raw(pbft *p, const node_id *to, uint16_t frame_type, const buffer *payload)
{
    consensus_action *a = actions_add(p->out, CONSENSUS_SEND);
    a->send.to = (const node_id *)arena_copy(&p->out->memory, BYTES_OF_VALUE(*to)).data;
    a->send.count = 1;
    a->send.packet_type = frame_type;
    a->send.payload = arena_copy(&p->out->memory, buffer_bytes(payload));
}

static bool is_session(const pbft *p, const node_id *node)
{
    return node_span_find((node_span){p->sessions, p->session_count}, node) != NODE_ABSENT;
}

/* forwardMsgByNodeInfo: to those nodes that its creator does not reach. QUIRK: the empty flag is lost. */
static void forward_by_nodes(pbft *p, const pbft_packet *packet, const pbft_request *r)
{
    targets t = targets_new(p);
    pbft_packet next = {.kind = packet->kind, .ttl = 1, .data = packet->data};
    next.forward = arena_take_array(&p->out->memory, packet->forward_count, sizeof(node_id));
    for (size_t i = 0; i < packet->forward_count; i++) {
        const node_id *node = &packet->forward[i];
        ptrdiff_t seat = pbft_seat_of(p, node);
        if (!is_session(p, node) && !node_id_equal(node, &p->config.self))
            next.forward[next.forward_count++] = *node;
        if (seat != NODE_ABSENT && t.count < p->count)
            add_target(p, &t, packet->kind, r, (size_t)seat);
    }
    send_packet(p, &t, &next, PBFT_FRAME_ORDINARY);
}

/* forwardMsgByTTL: to all who may not have it. */
static void forward_by_ttl(pbft *p, const pbft_packet *packet, const pbft_request *r, const node_id *from)
{
    targets t = targets_new(p);
    ptrdiff_t sender = pbft_seat_of(p, from);
    if (sender != NODE_ABSENT)
        pbft_filter_mark(p->filter, packet->kind, r, (size_t)sender);
    pbft_filter_mark(p->filter, packet->kind, r, r->idx);
    for (size_t i = 0; i < p->count; i++)
        if (i != p->idx)
            add_target(p, &t, packet->kind, r, i);
    pbft_packet next = *packet;
    next.ttl--;
    send_packet(p, &t, &next, PBFT_FRAME_ORDINARY);
}

void pbft_forward(pbft *p, const pbft_packet *packet, const pbft_request *r, const node_id *from)
{
    if (r->height <= pbft_number(p) && pbft_number(p) - r->height >= PBFT_FORWARD_BLOCKS)
        return;
    if (p->config.ttl_optimization) {
        if (packet->forward_count > 0)
            forward_by_nodes(p, packet, r);
    } else if (packet->ttl > 1) { /* HARDEN: ttl 0 is not passed on (the reference wraps it to 255) */
        forward_by_ttl(p, packet, r, from);
    }
}
