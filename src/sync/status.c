#include "sync/machine.h"
#include "base/memory.h"

#include <stdlib.h>

void status_send(sync_machine *s, const node_id *to, size_t count)
{
    sync_packet packet = {.type = SYNC_PACKET_STATUS};
    packet.status.number = s->number;
    packet.status.genesis_hash = s->config.genesis_hash;
    packet.status.latest_hash = s->latest_hash;
    packet.status.has_time = s->has_time;
    packet.status.utc_ms = s->utc_ms; /* the raw clock: the median is not added (section 3) */
    emit_packet(s, to, count, SYNC_FRAME_PLAIN, &packet);
}

static void send_to_all(sync_machine *s)
{
    s->status_sent_ms = s->now_ms;
    if (!s->config.sync_block_by_tree) {
        status_send(s, s->peer_ids.ids, s->peer_ids.count);
        return;
    }
    status_tree t = {span_of(&s->members), span_of(&s->sealers), span_of(&s->peer_ids), TREE_WIDTH};
    node_id *to = memory_new_array(s->members.count, sizeof *to);
    status_send(s, to, status_tree_targets(&t, &s->config.self, to));
    free(to);
}

void status_on_new_block(sync_machine *s)
{
    if (s->reports)
        send_to_all(s);
}

static bool has_somebody_to_tell(const sync_machine *s)
{
    return s->reports && s->peer_count > 0;
}

static void gossip(sync_machine *s)
{
    s->gossip_at_ms = s->now_ms + s->config.gossip_interval_ms;
    size_t *order_of_peers = memory_new_array(s->peer_count, sizeof *order_of_peers);
    prng_shuffle(&s->random, order_of_peers, s->peer_count);
    size_t count = s->config.gossip_peers < s->peer_count ? s->config.gossip_peers : s->peer_count;
    node_id *to = memory_new_array(count, sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = s->peer_ids.ids[order_of_peers[i]];
    status_send(s, to, count);
    free(to);
    free(order_of_peers);
}

void status_on_time(sync_machine *s)
{
    if (!has_somebody_to_tell(s))
        return;
    if (s->now_ms - s->status_sent_ms >= STATUS_RESEND_MS)
        send_to_all(s);
    if (s->config.sync_block_by_tree && s->now_ms >= s->gossip_at_ms)
        gossip(s);
}

uint64_t status_deadline_ms(const sync_machine *s)
{
    if (!has_somebody_to_tell(s))
        return NEVER;
    uint64_t resend = s->status_sent_ms + STATUS_RESEND_MS;
    return s->config.sync_block_by_tree && s->gossip_at_ms < resend ? s->gossip_at_ms : resend;
}
