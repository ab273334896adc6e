#include "sim/inside.h"
#include "base/memory.h"

#include <stdlib.h>

sim_frame *frame_new(size_t from, unsigned module, uint16_t packet_type, bytes payload)
{
    sim_frame *f = memory_new(sizeof *f + payload.size);
    f->owners = 1;
    f->from = from;
    f->module = module;
    f->packet_type = packet_type;
    f->size = payload.size;
    if (payload.size)
        memcpy(f->data, payload.data, payload.size);
    return f;
}

void frame_drop(sim_frame *f)
{
    if (--f->owners == 0)
        free(f);
}

link_state *network_link(simulation *s, size_t from, size_t to)
{
    return &s->links[from * s->node_count + to];
}

void network_init(simulation *s)
{
    s->links = memory_new_array(s->node_count * s->node_count, sizeof *s->links);
    for (size_t i = 0; i < s->node_count * s->node_count; i++)
        s->links[i].random = prng_of(s->options.seed * 0x9e3779b97f4a7c15u + i + 1);
}

static bool has_session(simulation *s, size_t a, size_t b)
{
    return a != b && s->nodes[a].group && s->nodes[b].group && !network_link(s, a, b)->now.is_disconnected &&
           !network_link(s, b, a)->now.is_disconnected && !node_id_equal(&s->nodes[a].id, &s->nodes[b].id);
}

static void note_closed(simulation *s, size_t a, size_t b)
{
    const sim_link *there = &network_link(s, a, b)->now, *back = &network_link(s, b, a)->now;
    if (s->nodes[a].group && s->nodes[b].group)
        sim_note(s, there->is_flapping || back->is_flapping ? PLAYED_FLAPPED : PLAYED_CLOSED);
}

void network_update_sessions(simulation *s)
{
    for (size_t a = 0; a < s->node_count; a++) {
        bool is_changed = false;
        for (size_t b = 0; b < s->node_count; b++) {
            link_state *l = network_link(s, a, b);
            bool is_up = has_session(s, a, b);
            is_changed |= is_up != l->is_up;
            if (l->is_up && !is_up) {
                l->epoch++; /* what was under way is gone */
                note_closed(s, a, b);
            }
            l->is_up = is_up;
        }
        if (is_changed)
            sim_node_note_sessions(s, a);
    }
}

static uint64_t draw_delay(simulation *s, link_state *l, size_t size)
{
    uint64_t low = s->options.delay_min_ms, high = s->options.delay_max_ms;
    uint64_t delay = low + prng_below(&l->random, high - low + 1);
    if (l->now.extra_delay_ms) {
        delay += prng_below(&l->random, l->now.extra_delay_ms + 1);
        sim_note(s, PLAYED_DELAYED);
    }
    if (l->now.bytes_per_second) {
        delay += size * 1000 / l->now.bytes_per_second;
        sim_note(s, PLAYED_SLOWED);
    }
    return delay;
}

/* Within a session frames keep their order, unless the link is told otherwise. */
static void send_once(simulation *s, size_t to, sim_frame *frame, link_state *l)
{
    uint64_t at = s->now_ms + draw_delay(s, l, frame->size);
    if (at < l->last_arrival_ms && l->now.is_unordered)
        sim_note(s, PLAYED_OVERTAKEN);
    else if (at < l->last_arrival_ms)
        at = l->last_arrival_ms;
    else
        l->last_arrival_ms = at;
    story_frame(s, to, frame, at);
    sim_event *e = event_add(s, EVENT_FRAME, at - s->now_ms, to);
    frame->owners++;
    e->frame = frame;
    e->epoch = l->epoch;
}

void network_send(simulation *s, size_t from, size_t to, sim_frame *frame)
{
    link_state *l = network_link(s, from, to);
    s->counts.frames++;
    s->counts.frame_bytes += frame->size;
    if (frame->module == MODULE_PBFT) {
        s->counts.consensus_frames++;
        s->counts.consensus_bytes += frame->size;
    }
    if (!l->is_up || l->now.is_cut || (l->now.lost && prng_below(&l->random, 1000) < l->now.lost)) {
        s->counts.frames_lost++;
        if (l->is_up)
            sim_note(s, !l->now.is_cut                          ? PLAYED_LOST
                        : network_link(s, to, from)->now.is_cut ? PLAYED_CUT
                                                                : PLAYED_CUT_ONE_WAY);
        story_frame(s, to, frame, NEVER);
        return;
    }
    send_once(s, to, frame, l);
    if (l->now.repeated && prng_below(&l->random, 1000) < l->now.repeated) {
        sim_note(s, PLAYED_REPEATED);
        send_once(s, to, frame, l);
    }
}

bool network_arrives(simulation *s, const sim_event *e)
{
    const link_state *l = network_link(s, e->frame->from, e->node);
    return l->is_up && l->epoch == e->epoch;
}

void sim_set_link(simulation *s, size_t from, size_t to, sim_link link)
{
    network_link(s, from, to)->now = link;
    network_update_sessions(s);
}

void sim_set_links(simulation *s, sim_link (*draw)(void *context, size_t from, size_t to), void *context)
{
    for (size_t a = 0; a < s->node_count; a++)
        for (size_t b = 0; b < s->node_count; b++)
            if (a != b)
                network_link(s, a, b)->now = draw(context, a, b);
    network_update_sessions(s);
}
