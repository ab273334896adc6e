/* A machine in the place of a recorded C++ node: it hears the frames which that node heard, at the same times, executes
   to the recorded results, and must say the same: every Prepare, Sign, Commit and ViewChange of the recording for the
   same height, view and hash. */
#include "golden.h"
#include "support/consensus/world.h"

#include <snappy-c.h>

enum { BLOCKS_MAX = 64, SAID_MAX = 4096, START_MS = 1000 };

typedef struct {
    pbft_kind kind;
    uint64_t height, view;
    hash256 hash; /* zero for empty prepares: their time differs */
} saying;

typedef struct {
    saying items[SAID_MAX];
    size_t count;
} sayings;

typedef struct {
    unsigned self, index; /* number of the node, and its place among the sealers */
    arena memory;
    buffer unpacked;
    chain_rules rules;
    node_id nodes[5], sealers[4];
    secret_key keys[5];
    block *blocks[BLOCKS_MAX];
    txpool *pool;
    pbft *p;
    uint64_t now_ms, aligned_ms, deadline_ms;
    int64_t height;
    sayings recorded, ours;
} stage;

static bytes payload_of(stage *s, bytes frame)
{
    bytes payload = bytes_from(frame, 16);
    size_t size;
    if (!(frame.data[4] & 0x80))
        return payload;
    assert_int_equal(snappy_uncompressed_length((const char *)payload.data, payload.size, &size), SNAPPY_OK);
    uint8_t *space = arena_take(&s->memory, size);
    assert_int_equal(snappy_uncompress((const char *)payload.data, payload.size, (char *)space, &size), SNAPPY_OK);
    return bytes_of(space, size);
}

static uint32_t module_of(bytes frame)
{
    return read_be32(frame.data + 6) >> 16 == 1 ? read_be32(frame.data + 6) & 0xffff : 0;
}

static void read_nodes(stage *s)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&s->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "node"))
            continue;
        uint64_t number = rlp_read_uint(&one.fields, 8);
        assert_true(number < 5);
        rlp_read_fixed(&one.fields, s->nodes[number].b, sizeof(node_id), RLP_EXACT);
        rlp_read_fixed(&one.fields, s->keys[number].b, sizeof(secret_key), RLP_EXACT);
        rlp_reader index = rlp_read_list(&one.fields);
        if (!rlp_at_end(&index))
            s->sealers[rlp_read_uint(&index, 2) & 3] = s->nodes[number];
    }
}

/* Executed blocks, from the block sync packets of the run (spec/consensus.md 8.1). */
static void read_blocks(stage *s)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&s->unpacked));
    golden_frame f;
    error_text why;
    while (golden_next_frame(&records, &f)) {
        if (f.is_channel || module_of(f.frame) != 9)
            continue;
        bytes payload = payload_of(s, f.frame);
        if (payload.data[0] != 3)
            continue;
        for (rlp_reader r = rlp_open_list(bytes_from(payload, 1)); !rlp_at_end(&r);) {
            block *b =
                block_decode(&s->rules, rlp_read_string(&r), (block_decode_options){TX_CHECK_EVERYTHING, false}, &why);
            assert_non_null(b);
            block **place = &s->blocks[b->header.number < BLOCKS_MAX ? b->header.number : 0];
            block_drop(*place);
            *place = b;
        }
    }
}

static void say(sayings *list, pbft_kind kind, const pbft_request *r, bool is_empty)
{
    saying one = {.kind = kind, .height = r->height, .view = r->view};
    if (!is_empty)
        one.hash = r->block_hash;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == kind && list->items[i].height == r->height && list->items[i].view == r->view &&
            hash256_equal(&list->items[i].hash, &one.hash))
            return;
    assert_true(list->count < SAID_MAX);
    list->items[list->count++] = one;
}

static bool read_own(stage *s, uint16_t type, bytes payload, pbft_packet *packet, pbft_request *r)
{
    error_text why;
    bytes encoded;
    if (type > PBFT_FRAME_PROPOSAL || !pbft_packet_decode(payload, true, &s->memory, packet, &why))
        return false;
    bool is_good = packet->kind == PBFT_PREPARE ? pbft_prepare_decode(packet->data, r, &encoded, &why)
                                                : pbft_request_decode(packet->data, r, &why);
    assert_true(is_good);
    return r->idx == s->index;
}

static void step(stage *s, consensus_event *e);

static void tell_chain(stage *s)
{
    const block *b = s->blocks[s->height];
    chain_state state = {.tip = {.number = s->height,
                                 .hash = b->hash,
                                 .state_root = b->header.state_root,
                                 .timestamp_ms = b->header.timestamp_ms,
                                 .sealer = b->header.sealer,
                                 .transaction_count = b->transaction_count},
                         .nodes = {.sealers = s->sealers, .sealer_count = 4},
                         .tx_count_limit = 1000,
                         .consensus_timeout_ms = 3000};
    step(s, &(consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &state});
}

static void perform(stage *s, const consensus_action *a)
{
    pbft_packet packet;
    pbft_request r;
    if (a->kind == CONSENSUS_SEND && read_own(s, a->send.packet_type, a->send.payload, &packet, &r)) {
        say(&s->ours, packet.kind, &r, packet.is_empty);
    } else if (a->kind == CONSENSUS_DEADLINE) {
        s->deadline_ms = a->deadline_ms;
    } else if (a->kind == CONSENSUS_EXECUTE) {
        const block *known = s->blocks[a->execute.proposal->header.number];
        execution *result = known ? world_execution_of(known) : NULL;
        uint64_t ticket = a->execute.ticket;
        step(s, &(consensus_event){.kind = CONSENSUS_EVENT_EXECUTED, .executed = {ticket, result}});
        execution_drop(result);
    } else if (a->kind == CONSENSUS_PERSIST) {
        step(s, &(consensus_event){.kind = CONSENSUS_EVENT_PERSISTED, .persisted = {a->persist.ticket, true}});
    } else if (a->kind == CONSENSUS_COMMIT) {
        assert_int_equal(execution_block(a->commit.result)->header.number, s->height + 1);
        s->height++;
        txpool_on_block(s->pool, s->blocks[s->height]);
        step(s, &(consensus_event){.kind = CONSENSUS_EVENT_COMMITTED, .committed = {a->commit.ticket, true}});
        tell_chain(s);
    }
}

static void step(stage *s, consensus_event *e)
{
    consensus_actions out = {0};
    e->steady_ms = s->now_ms;
    e->utc_ms = s->now_ms;
    e->aligned_ms = s->aligned_ms;
    pbft_step(s->p, e, &out);
    for (size_t i = 0; i < out.count; i++)
        perform(s, &out.items[i]);
    consensus_actions_reset(&out);
}

static void wait_until(stage *s, uint64_t t_ms)
{
    while (s->deadline_ms <= t_ms) {
        s->now_ms = s->deadline_ms;
        s->deadline_ms = CONSENSUS_NO_DEADLINE;
        step(s, &(consensus_event){.kind = CONSENSUS_EVENT_TICK});
    }
    s->now_ms = t_ms;
}

/* What gossip had brought to the recorded node. */
static void fill_pool(stage *s, uint64_t height)
{
    const block *b = height < BLOCKS_MAX ? s->blocks[height] : NULL;
    for (size_t i = 0; b && i < b->transaction_count; i++)
        if (txpool_find(s->pool, &b->transactions[i]->hash) == NULL)
            assert_int_equal(txpool_admit(s->pool, b->transactions[i], b->header.timestamp_ms - 1000 + i), STATUS_OK);
}

/* The recorded node proposes: give our machine the same transactions and the same clock. */
static void propose_like(stage *s, const pbft_request *r)
{
    const block *b = s->blocks[r->height];
    if (b == NULL || r->height != (uint64_t)s->height + 1)
        return;
    fill_pool(s, r->height);
    s->aligned_ms = b->header.timestamp_ms;
    step(s, &(consensus_event){.kind = CONSENSUS_EVENT_TRANSACTIONS});
}

static void replay(stage *s, uint64_t until_ms)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&s->unpacked));
    golden_frame f;
    while (golden_next_frame(&records, &f) && f.t_ms < until_ms) {
        if (f.is_channel || f.recorder != s->self || module_of(f.frame) != 8)
            continue;
        bytes payload = payload_of(s, f.frame);
        uint16_t type = read_be16(f.frame.data + 10);
        wait_until(s, START_MS + f.t_ms);
        pbft_packet packet;
        pbft_request r;
        if (!f.is_sent) {
            if (type == PBFT_FRAME_PROPOSAL && !read_own(s, type, payload, &packet, &r))
                fill_pool(s, r.height);
            consensus_event e = {.kind = CONSENSUS_EVENT_MESSAGE};
            e.message.from = s->nodes[f.peer.size ? f.peer.data[0] : 0];
            e.message.packet_type = type;
            e.message.payload = payload;
            step(s, &e);
        } else if (read_own(s, type, payload, &packet, &r)) {
            if (packet.kind == PBFT_PREPARE && !packet.is_empty)
                propose_like(s, &r);
            say(&s->recorded, packet.kind, &r, packet.is_empty);
        }
    }
}

static bool is_in(const sayings *list, const saying *one)
{
    for (size_t i = 0; i < list->count; i++)
        if (memcmp(&list->items[i], one, sizeof *one) == 0)
            return true;
    return false;
}

static size_t count_missing(const char *what, const sayings *from, const sayings *in)
{
    static const char *const names[] = {"Prepare", "Sign", "Commit", "ViewChange"};
    size_t missing = 0;
    for (size_t i = 0; i < from->count; i++)
        if (!is_in(in, &from->items[i])) {
            missing++;
            print_message("%s: %s h=%llu v=%llu %s\n", what, names[from->items[i].kind],
                          (unsigned long long)from->items[i].height, (unsigned long long)from->items[i].view,
                          short_hex_of(BYTES_OF_VALUE(from->items[i].hash)).text);
        }
    return missing;
}

static void take_the_place_of(unsigned node, unsigned index, uint64_t until_ms, int64_t height, size_t said)
{
    error_text why = {""};
    stage *s = calloc(1, sizeof *s);
    s->self = node;
    s->index = index;
    s->rules = (chain_rules){
        .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    assert_true(pack_read_file(GOLDEN("wire-p2p-ecdsa-4.pack"), &s->unpacked, &why));
    read_nodes(s);
    read_blocks(s);
    s->pool = txpool_new(&(txpool_config){
        .rules = &s->rules, .limit = 1000, .memory_limit_bytes = 1 << 26, .expiration_ms = 600000, .seed = 1});
    consensus_config c = {.rules = &s->rules,
                          .kind = CONSENSUS_PBFT,
                          .self = s->nodes[s->self],
                          .key = s->keys[s->self],
                          .pool = s->pool,
                          .ttl = 2,
                          .min_block_interval_ms = 500,
                          .dynamic_block_size = true,
                          .block_size_increase_ratio = 0.5,
                          .ttl_optimization = true,
                          .prepare_with_hashes = true};
    s->p = pbft_new(&c, BYTES_EMPTY, &why);
    assert_non_null(s->p);
    /* Block 0: its hash is block 1's parent; nothing else of it matters but the zero state root. */
    block *first = block_new();
    first->hash = s->blocks[1]->header.parent_hash;
    block_drop(s->blocks[0]);
    s->blocks[0] = first;
    s->now_ms = START_MS;
    s->deadline_ms = CONSENSUS_NO_DEADLINE;
    step(s, &(consensus_event){.kind = CONSENSUS_EVENT_SESSIONS, .sessions = {s->nodes, 4}});
    tell_chain(s);
    replay(s, until_ms);
    print_message("recorded %zu, ours %zu, height %lld\n", s->recorded.count, s->ours.count, (long long)s->height);
    size_t unsaid = count_missing("only recorded", &s->recorded, &s->ours),
           extra = count_missing("only ours", &s->ours, &s->recorded);
    assert_int_equal(s->height, height);
    assert_int_equal(s->recorded.count, said);
    assert_int_equal(unsaid, 0);
    assert_int_equal(extra, 0);
    pbft_free(s->p);
    txpool_free(s->pool);
    for (size_t i = 0; i < BLOCKS_MAX; i++)
        block_drop(s->blocks[i]);
    buffer_free(&s->unpacked);
    arena_reset(&s->memory);
    free(s);
}

/* Node 1 ran from the start to the end: 62 blocks, idle time, a stopped leader, 46 blocks with three nodes. */
static void the_whole_run_of_node_1(void **state)
{
    (void)state;
    take_the_place_of(1, 1, 230000, 62, 339);
}

/* Node 2 until it is stopped. */
static void node_2_until_it_is_stopped(void **state)
{
    (void)state;
    take_the_place_of(2, 0, 169000, 59, 262);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_run_of_node_1),
        cmocka_unit_test(node_2_until_it_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
