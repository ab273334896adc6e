/* Frames of the sync module from a hostile peer: the decoder, and a whole machine that is fed with them. The input is cut into
   frames: one byte sender, one byte frame type, two bytes length, payload. A packet that decodes must encode to something that
   decodes to the same again. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sync/packets.h"
#include "sync/sync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const chain_rules rules = {.suite = &crypto_standard, .version = VERSION_NEWEST, .chain_id = 1, .group_id = 1};

static void round_trip(bytes payload)
{
    arena a = {0};
    sync_packet packet, again;
    error_text why;
    if (sync_packet_decode(payload, &a, &packet, &why)) {
        buffer first = buffer_init(BUFFER_NO_LIMIT), second = buffer_init(BUFFER_NO_LIMIT);
        sync_packet_encode(&packet, &first);
        bool ok = sync_packet_decode(buffer_bytes(&first), &a, &again, &why);
        assert(ok && again.type == packet.type);
        sync_packet_encode(&again, &second);
        assert(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        buffer_free(&first);
        buffer_free(&second);
        for (size_t i = 0; packet.type == SYNC_PACKET_BLOCKS && i < packet.blocks.count; i++) {
            int64_t number;
            if (sync_peek_block_number(packet.blocks.encoded[i], &number))
                assert(packet.blocks.encoded[i].size > 0);
        }
    }
    arena_reset(&a);
}

typedef struct {
    sync_machine *sync;
    txpool *pool;
    sync_actions *out;
    uint64_t now_ms;
} machine;

static void step(machine *m, sync_event event)
{
    event.steady_ms = event.utc_ms = m->now_ms;
    sync_actions_reset(m->out);
    sync_step(m->sync, &event, m->out);
    for (size_t i = 0; i < m->out->count; i++)
        if (m->out->items[i].kind == SYNC_SEND)
            round_trip(m->out->items[i].send.payload);
}

/* Answers one job of the last step; what jobs bring is never more than "nothing". */
static void answer(machine *m)
{
    for (size_t i = 0; i < m->out->count; i++) {
        sync_action *a = &m->out->items[i];
        if (a->kind == SYNC_VERIFY)
            step(m, (sync_event){.kind = SYNC_EVENT_VERIFIED, .verified = {a->verify.ticket, NULL, 0}});
        else if (a->kind == SYNC_IMPORT)
            step(m, (sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {a->import.ticket, false}});
        else if (a->kind == SYNC_SERVE)
            step(m, (sync_event){.kind = SYNC_EVENT_SERVED, .served = {a->serve.ticket, a->serve.from + a->serve.count}});
        else
            continue;
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    round_trip(bytes_of(data, size));
    node_id nodes[5] = {{{1}}, {{2}}, {{3}}, {{4}}, {{5}}};
    machine m = {.now_ms = 100000, .out = memory_new(sizeof *m.out)};
    m.pool = txpool_new(&(txpool_config){.rules = &rules, .limit = 100, .memory_limit_bytes = 1 << 20, .expiration_ms = 1000});
    m.sync = sync_new(&(sync_config){.rules = &rules, .self = nodes[0], .pool = m.pool, .send_txs_by_tree = true,
                                     .sync_block_by_tree = true, .gossip_interval_ms = 1000, .gossip_peers = 3,
                                     .txs_max_gossip_peers = 5, .idle_wait_ms = 200, .max_download_bytes = 1 << 20});
    chain_state chain = {.tip = {.number = 10}, .nodes = {.sealers = nodes, .sealer_count = 4}};
    step(&m, (sync_event){.kind = SYNC_EVENT_CHAIN, .chain = &chain});
    step(&m, (sync_event){.kind = SYNC_EVENT_SESSIONS, .sessions = {nodes + 1, 4}});
    while (size >= 4) {
        size_t length = read_be16(data + 2);
        if (length > size - 4)
            length = size - 4;
        step(&m, (sync_event){.kind = SYNC_EVENT_MESSAGE,
                              .message = {nodes[data[0] % 5], data[1] & 1, bytes_of(data + 4, length)}});
        m.now_ms += data[1] >> 1;
        answer(&m);
        if (data[0] & 0x80)
            m.now_ms += 3000;
        step(&m, (sync_event){.kind = SYNC_EVENT_TICK});
        data += 4 + length;
        size -= 4 + length;
    }
    sync_free(m.sync);
    txpool_free(m.pool);
    sync_actions_reset(m.out);
    free(m.out);
    return 0;
}
