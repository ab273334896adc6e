#include "sync/machine.h"
#include "base/memory.h"

#include <stdlib.h>

enum { TIME_WARN_MS = 30 * 60 * 1000 };

static size_t place_of(const sync_machine *s, const node_id *id)
{
    size_t low = 0, high = s->peer_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&s->peers[middle].id, id, sizeof *id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

peer *peers_find(sync_machine *s, const node_id *id)
{
    size_t at = place_of(s, id);
    return at < s->peer_count && node_id_equal(&s->peers[at].id, id) ? &s->peers[at] : NULL;
}

bool is_group_member(const sync_machine *s, const node_id *id)
{
    return node_span_find(span_of(&s->members), id) != NODE_ABSENT;
}

static bool has_session(const sync_machine *s, const node_id *id)
{
    return node_span_find(span_of(&s->sessions), id) != NODE_ABSENT;
}

static bool is_sealer(const sync_machine *s, const node_id *id)
{
    return node_span_find(span_of(&s->sealers), id) != NODE_ABSENT;
}

static peer *add_peer(sync_machine *s, const node_id *id)
{
    if (s->peer_count >= PEERS_MAX)
        return NULL;
    if (s->peer_count == s->peer_capacity) {
        s->peer_capacity = s->peer_capacity ? s->peer_capacity * 2 : 16;
        s->peers = memory_resize(s->peers, s->peer_capacity, sizeof *s->peers);
    }
    size_t at = place_of(s, id);
    memmove(&s->peers[at + 1], &s->peers[at], (s->peer_count - at) * sizeof *s->peers);
    s->peer_count++;
    s->peers[at] = (peer){.id = *id, .genesis_hash = s->config.genesis_hash, .latest_hash = s->config.genesis_hash};
    return &s->peers[at];
}

/* The lists that the trees and the transaction flow work with. */
static void update_lists(sync_machine *s)
{
    node_id *ids = memory_new_array(s->peer_count, sizeof *ids);
    size_t sealers = 0;
    for (size_t i = 0; i < s->peer_count; i++)
        ids[i] = s->peers[i].id;
    id_list_assign(&s->peer_ids, ids, s->peer_count);
    for (size_t i = 0; i < s->peer_count; i++)
        if (s->peers[i].is_sealer)
            ids[sealers++] = s->peers[i].id;
    id_list_assign(&s->sealer_peers, ids, sealers);
    free(ids);
}

/* Who stays in the table (8.2): connected members, and connected others as long as they are ahead of us.
   HARDEN: a peer without a session leaves at once; the reference keeps asking it until its height is reached. */
static void remove_peers(sync_machine *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->peer_count; i++) {
        peer *p = &s->peers[i];
        bool is_wanted = s->config.allow_free_node || is_group_member(s, &p->id) || p->number > s->number;
        if (is_wanted && has_session(s, &p->id)) {
            s->peers[kept++] = *p;
            continue;
        }
        download_on_peer_gone(s, &p->id);
        free(p->ranges);
    }
    s->peer_count = kept;
}

static void refresh(sync_machine *s)
{
    remove_peers(s);
    const id_list *wanted = s->config.allow_free_node ? &s->sessions : &s->members;
    node_id *added = memory_new_array(wanted->count, sizeof *added);
    size_t added_count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const node_id *id = &wanted->ids[i];
        if (!has_session(s, id) || node_id_equal(id, &s->config.self) || peers_find(s, id) || add_peer(s, id) == NULL)
            continue;
        added[added_count++] = *id;
    }
    for (size_t i = 0; i < s->peer_count; i++) {
        s->peers[i].is_member = is_group_member(s, &s->peers[i].id);
        s->peers[i].is_sealer = is_sealer(s, &s->peers[i].id);
    }
    update_lists(s);
    if (s->reports)
        status_send(s, added, added_count);
    free(added);
    s->download.is_dirty = true;
}

void peers_on_sessions(sync_machine *s, const node_id *nodes, size_t count)
{
    id_list_assign(&s->sessions, nodes, count < SESSIONS_MAX ? count : SESSIONS_MAX);
    if (s->has_chain)
        refresh(s);
}

/* rPBFT (6.3): a node that left the working sealers gives its pending transactions to those that came in, or, where not
   connected, to the first connected working sealer. */
static void hand_over_pending(sync_machine *s, const id_list *before)
{
    ptrdiff_t own = node_span_find(span_of(before), &s->config.self);
    if (own == NODE_ABSENT || is_sealer(s, &s->config.self) || s->sealer_peers.count == 0)
        return;
    node_id *to = memory_new_array(s->sealers.count, sizeof *to);
    size_t count = 0;
    for (size_t i = 0; i < s->sealers.count; i++) {
        const node_id *id = &s->sealers.ids[i];
        if (node_span_find(span_of(before), id) == NODE_ABSENT)
            to[count++] = node_span_find(span_of(&s->sealer_peers), id) != NODE_ABSENT ? *id : s->sealer_peers.ids[0];
    }
    id_list targets = {0};
    id_list_assign(&targets, to, count);
    transactions_fast_forward(s, targets.ids, targets.count, (uint64_t)own);
    id_list_free(&targets);
    free(to);
}

void peers_on_chain(sync_machine *s, const chain_state *chain)
{
    const node_lists *nodes = &chain->nodes;
    bool was_member = s->is_member, rotates = nodes->working_count > 0;
    id_list sealers_before = {0};
    id_list_assign(&sealers_before, s->sealers.ids, s->sealers.count);

    s->number = chain->tip.number;
    s->latest_hash = chain->tip.hash;
    id_list_assign(&s->sealers, rotates ? nodes->working_sealers : nodes->sealers,
                   rotates ? nodes->working_count : nodes->sealer_count);
    node_id *all = memory_new_array(nodes->sealer_count + nodes->observer_count, sizeof *all);
    if (nodes->sealer_count)
        memcpy(all, nodes->sealers, nodes->sealer_count * sizeof *all);
    if (nodes->observer_count)
        memcpy(all + nodes->sealer_count, nodes->observers, nodes->observer_count * sizeof *all);
    id_list_assign(&s->members, all, nodes->sealer_count + nodes->observer_count);
    free(all);

    s->is_member = is_group_member(s, &s->config.self);
    s->reports = s->is_member || was_member;
    s->has_chain = true;
    refresh(s);
    if (was_member && !s->is_member)
        transactions_forget(s);
    if (rotates)
        hand_over_pending(s, &sealers_before);
    id_list_free(&sealers_before);
}

/* ---- Clock offsets (section 3) */

static int compare_offsets(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void update_median(sync_machine *s)
{
    int64_t *sorted = memory_new_array(s->offset_count, sizeof *sorted);
    for (size_t i = 0; i < s->offset_count; i++)
        sorted[i] = s->offsets[i].offset_ms;
    qsort(sorted, s->offset_count, sizeof *sorted, compare_offsets);
    size_t middle = s->offset_count / 2;
    s->median_offset_ms = s->offset_count % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    free(sorted);
}

/* A later report changes an offset only when it differs by more than three minutes. HARDEN: only members are heard, and a
   clock that is further off than any real one can be is not a clock. */
static void note_time(sync_machine *s, const node_id *from, uint64_t peer_ms)
{
    if (!is_group_member(s, from) || peer_ms > INT64_MAX / 4 || s->utc_ms > INT64_MAX / 4)
        return;
    int64_t offset = (int64_t)peer_ms - (int64_t)s->utc_ms;
    size_t i = 0;
    while (i < s->offset_count && !node_id_equal(&s->offsets[i].id, from))
        i++;
    if (i < s->offset_count) {
        int64_t change = s->offsets[i].offset_ms - offset;
        if (change <= TIME_CHANGE_MIN_MS && change >= -TIME_CHANGE_MIN_MS)
            return;
    } else if (s->offset_count >= OFFSETS_MAX) {
        return;
    } else {
        s->offsets = memory_resize(s->offsets, s->offset_count + 1, sizeof *s->offsets);
        s->offset_count++;
    }
    s->offsets[i] = (clock_offset){*from, offset};
    update_median(s);
    if (offset > TIME_WARN_MS || offset < -TIME_WARN_MS)
        emit_log(s, LOG_WARNING, "[SYNC][Time]Invalid node time,peer=%02x%02x%02x%02x,offset=%lld,medianOffset=%lld",
                 from->b[0], from->b[1], from->b[2], from->b[3], (long long)offset, (long long)s->median_offset_ms);
}

void peers_on_status(sync_machine *s, const node_id *from, const sync_packet *packet)
{
    if (packet->status.has_time != s->has_time) {
        refuse_packet(s, from, "status packet of another version");
        return;
    }
    if (!s->has_chain || !has_session(s, from) || !hash256_equal(&packet->status.genesis_hash, &s->config.genesis_hash))
        return;
    peer *p = peers_find(s, from);
    bool is_new = p == NULL;
    if (is_new && packet->status.number > s->number)
        p = add_peer(s, from);
    if (p) {
        s->download.is_dirty |= packet->status.number > p->number;
        p->number = packet->status.number;
        p->latest_hash = packet->status.latest_hash;
        if (is_new)
            update_lists(s);
    }
    if (s->has_time)
        note_time(s, from, packet->status.utc_ms);
}

void peers_free(sync_machine *s)
{
    for (size_t i = 0; i < s->peer_count; i++)
        free(s->peers[i].ranges);
    free(s->peers);
    free(s->offsets);
    id_list_free(&s->sealers);
    id_list_free(&s->members);
    id_list_free(&s->sessions);
    id_list_free(&s->peer_ids);
    id_list_free(&s->sealer_peers);
}
