#include "sim/collect.h"

static void see_prepare(collection *c, forger *f, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    block *b = packet->is_empty ? NULL : forge_read_proposal(f, m, packet, &r);
    if (b && b->transaction_count && (c->proposal == NULL || r.height > c->height)) {
        collect_forget(c);
        c->height = r.height;
        c->view = r.view;
        c->proposal = b;
        return;
    }
    block_drop(b);
}

static void see_sign(collection *c, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    error_text why;
    if (c->proposal == NULL || c->sign_count == COLLECT_SIGNS_MAX || !pbft_request_decode(packet->data, &r, &why) ||
        r.height != c->height || r.view != c->view)
        return;
    buffer *copy = &c->signs[c->sign_count++];
    *copy = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(copy, m->payload);
}

void collect_see(collection *c, forger *f, const sim_message *m)
{
    arena a = {0};
    pbft_packet packet;
    error_text why;
    if (m->module == MODULE_PBFT && m->packet_type <= PBFT_FRAME_PROPOSAL &&
        pbft_packet_decode(m->payload, !f->no_ttl_optimization, &a, &packet, &why)) {
        if (packet.kind == PBFT_PREPARE)
            see_prepare(c, f, m, &packet);
        else if (packet.kind == PBFT_SIGN)
            see_sign(c, m, &packet);
    }
    arena_reset(&a);
}

block *collect_block(const collection *c, uint64_t height, uint64_t view)
{
    return c->proposal && c->height == height && c->view < view ? c->proposal : NULL;
}

void collect_forget(collection *c)
{
    block_drop(c->proposal);
    for (size_t i = 0; i < c->sign_count; i++)
        buffer_free(&c->signs[i]);
    *c = (collection){0};
}
