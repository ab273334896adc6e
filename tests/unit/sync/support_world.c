#include "support_world.h"

#include "base/memory.h"

node_id node_of(size_t i)
{
    node_id id = {{0}};
    id.b[0] = (uint8_t)(i + 1);
    return id;
}

hash256 hash_of(uint8_t fill)
{
    hash256 h;
    memset(&h, fill, sizeof h);
    return h;
}

world *world_prepare(size_t self, size_t sealers, size_t observers)
{
    world *w = memory_new(sizeof *w);
    w->out = memory_new(sizeof *w->out);
    w->text = buffer_init(BUFFER_NO_LIMIT);
    w->now_ms = 100000;
    w->deadline_ms = SYNC_NO_DEADLINE;
    for (size_t i = 0; i < sealers; i++)
        w->sealers[w->sealer_count++] = node_of(i);
    for (size_t i = 0; i < observers; i++)
        w->observers[w->observer_count++] = node_of(sealers + i);
    w->pool = txpool_new(
        &(txpool_config){.rules = &test_rules, .limit = 5000, .memory_limit_bytes = 1 << 26, .expiration_ms = 600000});
    w->config = (sync_config){.rules = &test_rules,
                              .self = node_of(self),
                              .pool = w->pool,
                              .seed = 5,
                              .genesis_hash = hash_of(0xee),
                              .send_txs_by_tree = true,
                              .sync_block_by_tree = true,
                              .gossip_interval_ms = 1000,
                              .gossip_peers = 3,
                              .txs_max_gossip_peers = 5,
                              .idle_wait_ms = 200,
                              .max_download_bytes = 512u << 20};
    return w;
}

void world_start(world *w)
{
    w->sync = sync_new(&w->config);
    (void)world_chain(w, 10);
}

world *world_new(size_t self, size_t sealers, size_t observers)
{
    world *w = world_prepare(self, sealers, observers);
    world_start(w);
    return w;
}

void world_free(world *w)
{
    sync_free(w->sync);
    txpool_free(w->pool);
    sync_actions_reset(w->out);
    buffer_free(&w->text);
    free(w->out);
    free(w);
}

static void print_packet(world *w, bytes payload)
{
    static const char *const names[] = {"Status", "Transactions", "Blocks", "ReqBlocks", "TxsStatus", "TxsRequest"};
    sync_packet p;
    error_text why = {""};
    arena a = {0};
    if (!sync_packet_decode(payload, &a, &p, &why))
        fail_msg("%s", why.text);
    buffer_print(&w->text, "%s", names[p.type]);
    if (p.type == SYNC_PACKET_STATUS) {
        buffer_print(&w->text, " %lld", (long long)p.status.number);
        assert_int_equal(p.status.utc_ms, p.status.has_time ? w->now_ms + WALL_MS : 0);
    } else if (p.type == SYNC_PACKET_TRANSACTIONS) {
        bytes *raw;
        size_t count;
        assert_true(transactions_split(p.transactions.list, 100000, &a, &raw, &count, &why));
        buffer_print(&w->text, " %zu", count);
        if (p.transactions.has_index)
            buffer_print(&w->text, " index %llu", (unsigned long long)p.transactions.index);
    } else if (p.type == SYNC_PACKET_BLOCKS_REQUEST) {
        buffer_print(&w->text, " %lld+%lld", (long long)p.request.from, (long long)p.request.count);
    } else if (p.type == SYNC_PACKET_TXS_STATUS || p.type == SYNC_PACKET_TXS_REQUEST) {
        buffer_print(&w->text, " %zu", p.hashes.count);
        for (size_t i = 1; i < p.hashes.count; i++)
            assert_true(memcmp(&p.hashes.hashes[i - 1], &p.hashes.hashes[i], sizeof(hash256)) < 0);
    }
    arena_reset(&a);
}

static void print_action(world *w, const sync_action *a)
{
    switch (a->kind) {
    case SYNC_SEND:
        buffer_print(&w->text, "send ");
        for (size_t i = 0; i < a->send.count; i++)
            buffer_print(&w->text, "%s%d", i ? "," : "", a->send.to[i].b[0] - 1);
        buffer_print(&w->text, a->send.packet_type ? " f%u: " : ": ", a->send.packet_type);
        print_packet(w, a->send.payload);
        break;
    case SYNC_VERIFY:
        buffer_print(&w->text, "verify %llu: %zu txs from %d", (unsigned long long)a->verify.ticket, a->verify.count,
                     a->verify.from.b[0] - 1);
        break;
    case SYNC_IMPORT:
        buffer_print(&w->text, "import %llu: block %lld from %d", (unsigned long long)a->import.ticket,
                     (long long)a->import.number, a->import.from.b[0] - 1);
        break;
    case SYNC_SERVE:
        buffer_print(&w->text, "serve %llu: to %d, %lld+%lld", (unsigned long long)a->serve.ticket, a->serve.to.b[0] - 1,
                     (long long)a->serve.from, (long long)a->serve.count);
        break;
    case SYNC_STATE:
        buffer_print(&w->text, "state: %s, %lld", a->state.downloading ? "downloading" : "idle",
                     (long long)a->state.known_highest);
        break;
    case SYNC_DEADLINE:
        w->deadline_ms = a->deadline_ms;
        return;
    case SYNC_LOG:
        return;
    }
    buffer_append_byte(&w->text, '\n');
}

static void step(world *w, sync_event event)
{
    event.steady_ms = w->now_ms;
    event.utc_ms = w->now_ms + WALL_MS;
    sync_actions_reset(w->out);
    sync_step(w->sync, &event, w->out);
    for (size_t i = 0; i < w->out->count; i++)
        print_action(w, &w->out->items[i]);
}

static const char *text(world *w)
{
    buffer_append_byte(&w->text, 0);
    return (const char *)w->text.data;
}

const char *world_event(world *w, sync_event event)
{
    buffer_clear(&w->text);
    step(w, event);
    return text(w);
}

const char *world_chain(world *w, int64_t number)
{
    chain_state chain = {
        .tip = {.number = number, .hash = hash_of((uint8_t)number), .genesis_hash = w->config.genesis_hash},
        .nodes = {.sealers = w->sealers,
                  .observers = w->observers,
                  .working_sealers = w->working,
                  .sealer_count = w->sealer_count,
                  .observer_count = w->observer_count,
                  .working_count = w->working_count}};
    return world_event(w, (sync_event){.kind = SYNC_EVENT_CHAIN, .chain = &chain});
}

const char *world_sessions(world *w, uint64_t mask)
{
    node_id nodes[64];
    size_t count = 0;
    for (size_t i = 64; i-- > 0;)
        if (mask >> i & 1)
            nodes[count++] = node_of(i);
    return world_event(w, (sync_event){.kind = SYNC_EVENT_SESSIONS, .sessions = {nodes, count}});
}

const char *world_packet(world *w, size_t from, uint16_t frame_type, const sync_packet *packet)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    sync_packet_encode(packet, &b);
    const char *result = world_event(
        w, (sync_event){.kind = SYNC_EVENT_MESSAGE, .message = {node_of(from), frame_type, buffer_bytes(&b)}});
    buffer_free(&b);
    return result;
}

const char *world_status(world *w, size_t from, int64_t number)
{
    return world_packet(
        w, from, 0,
        &(sync_packet){.type = SYNC_PACKET_STATUS,
                       .status = {number, w->config.genesis_hash, hash_of((uint8_t)number), true, w->now_ms + WALL_MS}});
}

const char *world_blocks(world *w, size_t from, int64_t first, int64_t last)
{
    buffer all = buffer_init(BUFFER_NO_LIMIT);
    bytes encoded[300];
    size_t starts[301] = {0}, count = 0;
    for (int64_t number = first; number <= last; number++) {
        size_t whole = rlp_begin_list(&all), header = rlp_begin_list(&all);
        for (int i = 0; i < 6; i++)
            rlp_write_string(&all, BYTES_EMPTY);
        rlp_write_uint(&all, (uint64_t)number);
        rlp_end_list(&all, header);
        rlp_end_list(&all, whole);
        starts[++count] = all.size;
    }
    for (size_t i = 0; i < count; i++)
        encoded[i] = bytes_of(all.data + starts[i], starts[i + 1] - starts[i]);
    const char *result = world_packet(w, from, 0, &(sync_packet){.type = SYNC_PACKET_BLOCKS, .blocks = {encoded, count}});
    buffer_free(&all);
    return result;
}

const char *world_transactions(world *w, size_t from, transaction *const *txs, size_t count, bool forward, uint64_t index)
{
    buffer list = buffer_init(BUFFER_NO_LIMIT);
    transactions_encode(txs, count, &list);
    sync_packet packet = {.type = SYNC_PACKET_TRANSACTIONS, .transactions = {buffer_bytes(&list), forward, index}};
    const char *result = world_packet(w, from, forward, &packet);
    buffer_free(&list);
    return result;
}

const char *world_tick(world *w, uint64_t later_ms)
{
    w->now_ms += later_ms;
    return world_event(w, (sync_event){.kind = SYNC_EVENT_TICK});
}

const char *world_run(world *w, uint64_t later_ms)
{
    uint64_t until = w->now_ms + later_ms;
    buffer_clear(&w->text);
    while (w->deadline_ms <= until) {
        assert_true(w->deadline_ms >= w->now_ms);
        w->now_ms = w->deadline_ms;
        w->deadline_ms = SYNC_NO_DEADLINE;
        step(w, (sync_event){.kind = SYNC_EVENT_TICK});
    }
    w->now_ms = until;
    return text(w);
}
