/* Giving blocks (consensus.md 8.3, "Serving"): each peer's requests are kept merged, and a random peer is served a slice
 * at a time. */
#include "sync/machine.h"
#include "base/memory.h"


/* Puts a range in; what overlaps or touches becomes one. */
static bool add_range(peer *p, block_range range)
{
    size_t first = 0;
    while (first < p->range_count && p->ranges[first].end < range.from)
        first++;
    size_t last = first;
    for (; last < p->range_count && p->ranges[last].from <= range.end; last++) {
        if (p->ranges[last].from < range.from)
            range.from = p->ranges[last].from;
        if (p->ranges[last].end > range.end)
            range.end = p->ranges[last].end;
    }
    if (first == last && p->range_count >= SERVE_RANGES_MAX)
        return false;
    if (p->range_count == p->range_capacity) {
        p->range_capacity = p->range_capacity ? p->range_capacity * 2 : 8;
        p->ranges = memory_resize(p->ranges, p->range_capacity, sizeof range);
    }
    memmove(&p->ranges[first + 1], &p->ranges[last], (p->range_count - last) * sizeof range);
    p->ranges[first] = range;
    p->range_count = p->range_count - (last - first) + 1;
    return true;
}

void serve_on_request(sync_machine *s, const node_id *from, const sync_packet *packet)
{
    peer *p = peers_find(s, from);
    if (p == NULL) {
        refuse_packet(s, from, "ReqBlocks from a node that is no sync peer");
        return;
    }
    /* What we do not have is not kept for later: nobody asks for more than the height we told. */
    int64_t end = s->number + 1;
    if (packet->request.from >= end || packet->request.count <= 0)
        return;
    if (packet->request.count < end - packet->request.from)
        end = packet->request.from + packet->request.count;
    if (!add_range(p, (block_range){packet->request.from, end}))
        s->dropped_packets++;
}

/* Up to SERVE_SLICE_BLOCKS of the lowest range. */
static block_range take_slice(peer *p)
{
    block_range *lowest = &p->ranges[0], slice = *lowest;
    if (slice.end - slice.from > SERVE_SLICE_BLOCKS) {
        slice.end = slice.from + SERVE_SLICE_BLOCKS;
        lowest->from = slice.end;
        return slice;
    }
    p->range_count--;
    memmove(&p->ranges[0], &p->ranges[1], p->range_count * sizeof slice);
    return slice;
}

static peer *choose_waiting(sync_machine *s)
{
    peer *chosen = NULL;
    size_t waiting = 0;
    for (size_t i = 0; i < s->peer_count; i++)
        if (s->peers[i].range_count > 0 && prng_below(&s->random, ++waiting) == 0)
            chosen = &s->peers[i];
    return chosen;
}

void serve_run(sync_machine *s)
{
    serving *v = &s->serving;
    if (v->is_busy || (v->retry_at_ms != NEVER && s->now_ms < v->retry_at_ms))
        return;
    v->retry_at_ms = NEVER;
    peer *p = choose_waiting(s);
    if (p == NULL)
        return;
    v->is_busy = true;
    v->ticket = s->next_ticket++;
    v->to = p->id;
    v->range = take_slice(p);
    sync_action *action = emit_job(s, SYNC_SERVE);
    action->serve.ticket = v->ticket;
    action->serve.to = p->id;
    action->serve.from = v->range.from;
    action->serve.count = v->range.end - v->range.from;
}

void serve_on_served(sync_machine *s, uint64_t ticket, int64_t next)
{
    serving *v = &s->serving;
    if (!v->is_busy || ticket != v->ticket)
        return;
    v->is_busy = false;
    peer *p = peers_find(s, &v->to);
    if (p == NULL)
        return;
    if (next > v->range.from) {
        p->fruitless = 0;
    } else {
        v->retry_at_ms = s->now_ms + s->config.idle_wait_ms;
        if (++p->fruitless >= SERVE_TRIES_MAX) {
            p->fruitless = 0;
            p->range_count = 0;
            return;
        }
    }
    if (next < v->range.end)
        (void)add_range(p, (block_range){next > v->range.from ? next : v->range.from, v->range.end});
}

uint64_t serve_deadline_ms(const sync_machine *s)
{
    return s->serving.is_busy ? NEVER : s->serving.retry_at_ms;
}
