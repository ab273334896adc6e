/* Any bytes as PBFT frames: what decodes encodes to something that decodes to the same; and a machine that hears them,
   and frames made of their parts, from any sealer in any order keeps its invariants. Every signature counts as good, so
   that what stands behind the signature check is reached. Executions fail here: results need an executor. Input:
   records of one operation byte, one argument byte and, for raw frames, a length byte and that many bytes. */
#include <assert.h>

#include "consensus/pbft.h"
#include "consensus/pbft_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEALERS = 4, SELF = 1 };

static void sign(const secret_key *key, const hash256 *digest, uint8_t *out)
{
    (void)key;
    memset(out, 0, 65);
    memcpy(out, digest->b, 32);
}

static bool always(const public_key *key, const hash256 *digest, bytes signature)
{
    (void)key, (void)digest;
    return signature.size == 65;
}

static bool never(const hash256 *digest, bytes signature, public_key *out)
{
    (void)digest, (void)signature, (void)out;
    return false;
}

static bool well_formed(bytes signature)
{
    return signature.size == 65;
}

static bool public_of(const secret_key *key, public_key *out)
{
    memset(out->b, key->b[0], sizeof out->b);
    return true;
}

static const crypto_suite suite = {.name = "standard",
                                   .signature_bytes = 65,
                                   .hash = DIGEST_KECCAK256,
                                   .old_table_hash = DIGEST_SHA256,
                                   .sign = sign,
                                   .recover = never,
                                   .verify = always,
                                   .is_well_formed = well_formed,
                                   .public_of = public_of};
static const chain_rules rules = {.suite = &suite, .version = VERSION_NEWEST, .chain_id = 1, .group_id = 1};

typedef struct {
    pbft *p;
    txpool *pool;
    node_id sealers[SEALERS];
    uint64_t now_ms, executing, persisting, view, height;
} bench;

static void step(bench *b, consensus_event *e)
{
    consensus_actions out = {0};
    e->steady_ms = b->now_ms;
    e->utc_ms = e->aligned_ms = 1700000000000u + b->now_ms;
    pbft_step(b->p, e, &out);
    for (size_t i = 0; i < out.count; i++) {
        if (out.items[i].kind == CONSENSUS_EXECUTE)
            b->executing = out.items[i].execute.ticket;
        if (out.items[i].kind == CONSENSUS_PERSIST)
            b->persisting = out.items[i].persist.ticket;
        assert(out.items[i].kind != CONSENSUS_COMMIT); /* nothing was executed */
    }
    consensus_actions_reset(&out);
    assert(b->p->to_view >= b->p->view);
    assert(b->p->next_height != b->height || b->p->view >= b->view);
    b->view = b->p->view;
    b->height = b->p->next_height;
}

static void chain(bench *b, int64_t number)
{
    chain_state s = {.tip = {.number = number, .hash = {{(uint8_t)(number + 1)}}, .timestamp_ms = 1},
                     .nodes = {.sealers = b->sealers, .sealer_count = SEALERS},
                     .tx_count_limit = 10,
                     .consensus_timeout_ms = 3000};
    step(b, &(consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &s});
}

static void begin(bench *b, bool with_hashes)
{
    error_text why;
    *b = (bench){.now_ms = 1};
    b->pool = txpool_new(&(txpool_config){
        .rules = &rules, .limit = 100, .memory_limit_bytes = 1 << 20, .expiration_ms = 1000, .seed = 1});
    for (size_t i = 0; i < SEALERS; i++)
        memset(b->sealers[i].b, (int)i + 1, sizeof b->sealers[i].b);
    consensus_config c = {.rules = &rules,
                          .kind = CONSENSUS_PBFT,
                          .self = b->sealers[SELF],
                          .key = {{SELF + 1}},
                          .pool = b->pool,
                          .ttl = 2,
                          .min_block_interval_ms = 500,
                          .ttl_optimization = with_hashes,
                          .prepare_with_hashes = with_hashes};
    b->p = pbft_new(&c, BYTES_EMPTY, &why);
    assert(b->p);
    step(b, &(consensus_event){.kind = CONSENSUS_EVENT_SESSIONS, .sessions = {b->sealers, SEALERS - 1}});
    chain(b, 0);
}

static void hear(bench *b, uint8_t from, uint16_t type, bytes payload)
{
    consensus_event e = {.kind = CONSENSUS_EVENT_MESSAGE};
    e.message.from = b->sealers[from % SEALERS];
    e.message.packet_type = type;
    e.message.payload = payload;
    step(b, &e);
}

/* A frame of plausible parts, chosen by two bytes. */
static void hear_made(bench *b, uint8_t op, uint8_t arg)
{
    pbft_kind kind = (pbft_kind)(op >> 2 & 3);
    pbft_request r = {
        .height = b->p->next_height - 1 + (arg & 3), .view = b->p->view + (arg >> 2 & 3), .idx = (arg >> 4) % 5};
    r.sig.size = r.sig2.size = 65;
    r.sig2.b[0] = arg;
    if (kind == PBFT_VIEW_CHANGE) {
        r.height -= 1;
        r.block_hash = b->p->tip.hash;
    } else {
        r.block_hash.b[0] = op >> 4;
    }
    buffer data = buffer_init(BUFFER_NO_LIMIT), payload = buffer_init(BUFFER_NO_LIMIT),
           encoded = buffer_init(BUFFER_NO_LIMIT);
    if (kind == PBFT_PREPARE) {
        block *made = block_new();
        made->header.number = (int64_t)r.height;
        made->header.parent_hash = b->p->tip.hash;
        made->header.sealers = b->sealers;
        made->header.sealer_count = SEALERS;
        made->header.timestamp_ms = op;
        made->header.transactions_root = block_transactions_root(&rules, made);
        block_seal_hash(&rules, made);
        r.block_hash = made->hash;
        block_encode(&rules, made, arg & 0x80 ? BLOCK_PROPOSAL : BLOCK_FULL, &encoded);
        pbft_prepare_encode(&r, buffer_bytes(&encoded), &data);
        block_drop(made);
    } else {
        pbft_request_encode(&r, &data);
    }
    pbft_packet packet = {.kind = kind,
                          .ttl = op >> 6,
                          .is_empty = op & 0x20,
                          .data = buffer_bytes(&data),
                          .forward = b->sealers,
                          .forward_count = op & 0x10 ? 2 : 0};
    pbft_packet_encode(&packet, b->p->config.ttl_optimization, &payload);
    hear(b, arg >> 6, PBFT_FRAME_ORDINARY, buffer_bytes(&payload));
    buffer_free(&data);
    buffer_free(&payload);
    buffer_free(&encoded);
}

static void round_trip(bytes frame, bool optimization)
{
    arena a = {0};
    pbft_packet first, second;
    error_text why;
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    if (pbft_packet_decode(frame, optimization, &a, &first, &why)) {
        pbft_packet_encode(&first, optimization, &again);
        assert(pbft_packet_decode(buffer_bytes(&again), optimization, &a, &second, &why));
        assert(first.kind == second.kind && first.ttl == second.ttl && first.is_empty == second.is_empty);
        assert(bytes_equal(first.data, second.data) && first.forward_count == second.forward_count);
        pbft_request r;
        bytes encoded;
        if (pbft_prepare_decode(first.data, &r, &encoded, &why))
            assert(r.sig.size <= SIGNATURE_MAX_BYTES && encoded.size <= first.data.size);
    }
    pbft_missed m;
    if (pbft_get_missed_decode(frame, &a, &m, &why))
        assert(m.count <= frame.size / 34);
    if (pbft_missed_decode(frame, &m, &why))
        assert(m.transactions.size <= frame.size);
    buffer_free(&again);
    arena_reset(&a);
}

static void operate(bench *b, uint8_t op, uint8_t arg, bytes raw)
{
    if (op & 3) {
        hear_made(b, op, arg);
    } else if (op < 128) {
        round_trip(raw, arg & 1);
        hear(b, arg >> 2, op >> 2 & 7, raw);
    } else if (op < 160) {
        b->now_ms += (uint64_t)arg * 16;
        step(b, &(consensus_event){.kind = CONSENSUS_EVENT_TICK});
    } else if (op < 192) {
        step(b, &(consensus_event){.kind = CONSENSUS_EVENT_EXECUTED, .executed = {b->executing, NULL}});
    } else if (op < 224) {
        step(b, &(consensus_event){.kind = CONSENSUS_EVENT_PERSISTED, .persisted = {b->persisting, arg & 1}});
    } else {
        chain(b, (int64_t)b->p->next_height - 1 + (arg & 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    bench b;
    begin(&b, data[0] & 1);
    for (size_t at = 1; size - at >= 3;) {
        uint8_t op = data[at], arg = data[at + 1];
        size_t length = data[at + 2], left = size - at - 3;
        bytes raw = bytes_of(data + at + 3, length < left ? length : left);
        operate(&b, op, arg, raw);
        at += 3 + (op & 3 ? 0 : raw.size);
    }
    pbft_free(b.p);
    txpool_free(b.pool);
    return 0;
}
