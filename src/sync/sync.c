#include "sync/sync.h"
#include "base/memory.h"
#include "sync/machine.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { JOBS_RESERVED = 16, LOG_TEXT_MAX = 512 };

/* ---- Output */

/* The last places belong to what must not be lost: a step has at most SYNC_VERIFY_JOBS_MAX + 4 of those. */
static sync_action *append(sync_machine *s, sync_action_kind kind, bool may_be_dropped)
{
    if (may_be_dropped && s->out->count >= SYNC_ACTIONS_MAX - JOBS_RESERVED)
        return NULL;
    assert(s->out->count < SYNC_ACTIONS_MAX);
    sync_action *action = &s->out->items[s->out->count++];
    *action = (sync_action){.kind = kind};
    return action;
}

sync_action *emit_job(sync_machine *s, sync_action_kind kind)
{
    return append(s, kind, false);
}

void emit_frame(sync_machine *s, const node_id *to, size_t count, uint16_t frame_type, bytes payload)
{
    sync_action *action = count ? append(s, SYNC_SEND, true) : NULL;
    if (action == NULL)
        return;
    node_id *copy = arena_take_array(&s->out->memory, count, sizeof *copy);
    memcpy(copy, to, count * sizeof *copy);
    action->send.to = copy;
    action->send.count = count;
    action->send.packet_type = frame_type;
    action->send.payload = payload;
}

void emit_packet(sync_machine *s, const node_id *to, size_t count, uint16_t frame_type, const sync_packet *packet)
{
    if (count == 0)
        return;
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    sync_packet_encode(packet, &encoded);
    emit_frame(s, to, count, frame_type, arena_copy(&s->out->memory, buffer_bytes(&encoded)));
    buffer_free(&encoded);
}

void emit_log(sync_machine *s, log_level level, const char *format, ...)
{
    sync_action *action = append(s, SYNC_LOG, true);
    if (action == NULL)
        return;
    char text[LOG_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    action->log.level = level;
    action->log.text = arena_copy_text(&s->out->memory, bytes_of_text(text));
}

void refuse_packet(sync_machine *s, const node_id *from, const char *why)
{
    s->refused_packets++;
    emit_log(s, LOG_DEBUG, "[SYNC][Rcv]Packet refused,peer=%02x%02x%02x%02x,reason=%s", from->b[0], from->b[1], from->b[2],
             from->b[3], why);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(node_id));
}

void id_list_assign(id_list *list, const node_id *ids, size_t count)
{
    if (count > list->capacity) {
        list->ids = memory_resize(list->ids, count, sizeof *list->ids);
        list->capacity = count;
    }
    if (count)
        memcpy(list->ids, ids, count * sizeof *ids);
    list->count = 0;
    if (count)
        qsort(list->ids, count, sizeof *list->ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !node_id_equal(&list->ids[i], &list->ids[list->count - 1]))
            list->ids[list->count++] = list->ids[i];
}

void id_list_free(id_list *list)
{
    free(list->ids);
    *list = (id_list){0};
}

void sync_actions_reset(sync_actions *list)
{
    list->count = 0;
    arena_reset(&list->memory);
}

/* ---- Life */

sync_machine *sync_new(const sync_config *config)
{
    sync_machine *s = memory_new(sizeof *s);
    s->config = *config;
    s->has_time = rules_have(config->rules, GATE_TIME_ALIGNMENT);
    s->random = prng_of(config->seed);
    s->next_ticket = 1;
    s->latest_hash = s->download.known_hash = config->genesis_hash;
    s->download.wake_at_ms = s->serving.retry_at_ms = s->flow.announce_at_ms = s->armed_ms = NEVER;
    s->requests.by_hash = map_init(config->seed);
    return s;
}

void sync_free(sync_machine *s)
{
    if (s == NULL)
        return;
    transactions_free(s);
    requests_free(s);
    download_free(s);
    peers_free(s);
    free(s);
}

/* ---- The step */

static void on_chain(sync_machine *s, const chain_state *chain)
{
    bool is_new = s->has_chain && chain->tip.number > s->number;
    if (!s->has_chain) { /* every peer gets a status when it comes: the clock starts now */
        s->status_sent_ms = s->now_ms;
        s->gossip_at_ms = s->now_ms + s->config.gossip_interval_ms;
    }
    peers_on_chain(s, chain);
    if (is_new)
        status_on_new_block(s);
    s->reports = s->is_member; /* the status of the block that put us out of the group was the last one */
    transactions_spread(s);
}

/* Who may send what (8.1): transactions come from members, blocks and status from anybody connected, requests for blocks
   from sync peers. A free node discards transactions (9.2). */
static void on_packet(sync_machine *s, const node_id *from, uint16_t frame_type, bytes payload, const sync_packet *packet)
{
    bool takes_transactions = s->is_member && is_group_member(s, from);
    switch (packet->type) {
    case SYNC_PACKET_STATUS:
        peers_on_status(s, from, packet);
        break;
    case SYNC_PACKET_BLOCKS:
        download_on_blocks(s, from, packet);
        break;
    case SYNC_PACKET_BLOCKS_REQUEST:
        serve_on_request(s, from, packet);
        break;
    case SYNC_PACKET_TRANSACTIONS:
        if (takes_transactions)
            transactions_on_packet(s, from, frame_type, payload, packet);
        break;
    case SYNC_PACKET_TXS_STATUS:
        if (takes_transactions)
            requests_on_status(s, from, packet);
        break;
    case SYNC_PACKET_TXS_REQUEST:
        if (takes_transactions)
            transactions_on_request(s, from, packet);
        break;
    case SYNC_PACKET_TYPES:
        assert(false);
    }
}

static void on_message(sync_machine *s, const node_id *from, uint16_t frame_type, bytes payload)
{
    error_text why;
    sync_packet packet;
    if (node_id_equal(from, &s->config.self))
        refuse_packet(s, from, "sent by this node");
    else if (sync_packet_decode(payload, &s->out->memory, &packet, &why))
        on_packet(s, from, frame_type, payload, &packet);
    else
        refuse_packet(s, from, why.text);
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void arm_deadline(sync_machine *s)
{
    uint64_t next =
        earliest(earliest(status_deadline_ms(s), download_deadline_ms(s)),
                 earliest(serve_deadline_ms(s), earliest(transactions_deadline_ms(s), requests_deadline_ms(s))));
    if (next == s->armed_ms)
        return;
    s->armed_ms = next;
    emit_job(s, SYNC_DEADLINE)->deadline_ms = next;
}

static void dispatch(sync_machine *s, const sync_event *event)
{
    switch (event->kind) {
    case SYNC_EVENT_TICK:
        s->armed_ms = NEVER; /* the shell has forgotten it */
        break;
    case SYNC_EVENT_CHAIN:
        on_chain(s, event->chain);
        break;
    case SYNC_EVENT_MESSAGE:
        on_message(s, &event->message.from, event->message.packet_type, event->message.payload);
        break;
    case SYNC_EVENT_TRANSACTIONS:
        transactions_spread(s);
        break;
    case SYNC_EVENT_VERIFIED:
        transactions_on_verified(s, event->verified.ticket, event->verified.admitted, event->verified.count);
        break;
    case SYNC_EVENT_IMPORTED:
        download_on_imported(s, event->imported.ticket, event->imported.ok);
        break;
    case SYNC_EVENT_SERVED:
        serve_on_served(s, event->served.ticket, event->served.next);
        break;
    case SYNC_EVENT_SESSIONS:
        peers_on_sessions(s, event->sessions.nodes, event->sessions.count);
        transactions_spread(s);
        break;
    case SYNC_EVENT_SEALING:
        s->download.sealing_number = event->sealing;
        s->download.is_dirty = true;
        break;
    }
}

void sync_step(sync_machine *s, const sync_event *event, sync_actions *out)
{
    s->now_ms = event->steady_ms;
    s->utc_ms = event->utc_ms;
    s->out = out;
    dispatch(s, event);
    status_on_time(s);
    transactions_on_time(s);
    requests_on_time(s);
    download_run(s);
    serve_run(s);
    arm_deadline(s);
    s->out = NULL;
}

/* ---- Answers */

int64_t sync_time_offset_ms(const sync_machine *s)
{
    return s->median_offset_ms;
}

bool sync_is_far_behind(const sync_machine *s)
{
    return s->download.known_highest - s->number > FAR_BEHIND_BLOCKS;
}

static size_t batch_bytes(const verify_batch *b)
{
    size_t total = b->raw_count * sizeof *b->raw;
    for (const received_packet *r = b->packets; r; r = r->next)
        total += sizeof *r + r->list_bytes + r->memory.used_bytes;
    return total;
}

size_t sync_held_bytes(const sync_machine *s)
{
    size_t total = s->download.queued_bytes + s->flow.waiting_bytes + s->flow.announce_count * sizeof(hash256);
    if (s->download.is_importing)
        total += s->download.importing.size;
    for (size_t i = 0; i < SYNC_VERIFY_JOBS_MAX; i++)
        total += batch_bytes(&s->flow.batches[i]);
    for (size_t i = 0; i < s->peer_count; i++)
        total += sizeof *s->peers + s->peers[i].range_count * sizeof *s->peers[i].ranges;
    return total + s->requests.by_hash.count * sizeof(tx_request) + s->sessions.count * sizeof(node_id);
}

sync_status sync_status_of(const sync_machine *s, arena *a)
{
    sync_status status = {
        .downloading = s->download.is_downloading,
        .number = s->number,
        .known_highest = s->download.known_highest,
        .latest_hash = s->latest_hash,
        .known_latest_hash = s->download.known_hash,
        .pool_size = txpool_size(s->config.pool),
        .peers = arena_take_array(a, s->peer_count, sizeof *status.peers),
        .peer_count = s->peer_count,
        .refused_packets = s->refused_packets,
        .dropped_packets = s->dropped_packets,
    };
    for (size_t i = 0; i < s->peer_count; i++) {
        const peer *p = &s->peers[i];
        status.peers[i] = (sync_peer_status){p->id, p->genesis_hash, p->latest_hash, p->number};
    }
    return status;
}
