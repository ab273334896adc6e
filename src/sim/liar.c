#include "sim/liar.h"
#include "base/memory.h"
#include "consensus/pbft_message.h"
#include "sim/collect.h"

#include <stdlib.h>

enum { HEARD_MAX = 48, HEARD_BYTES_MAX = 65536 };

typedef struct {
    unsigned module;
    uint16_t packet_type;
    buffer payload;
} heard_message;

struct liar {
    simulation *s;
    size_t node;
    unsigned lies;
    prng random;
    forger forger;
    heard_message heard[HEARD_MAX];
    size_t next_heard;
    collection collected;
};

const char *lie_text(lie_kind kind)
{
    static const char *const texts[LIE_KINDS] = {
        [LIE_EQUIVOCATE] = "equivocate", [LIE_HEADER] = "header",       [LIE_STATE_ROOT] = "stateroot",
        [LIE_BLOCK_HASH] = "blockhash",  [LIE_OLD_TX] = "oldtx",        [LIE_BROKEN] = "broken",
        [LIE_REPLAY] = "replay",         [LIE_FUTURE] = "future",       [LIE_HUGE_VIEW] = "hugeview",
        [LIE_TAMPER] = "tamper",         [LIE_VIEW_HASH] = "viewhash",  [LIE_OUTSIDER] = "outsider",
        [LIE_SILENT] = "silent",         [LIE_SELECTIVE] = "selective", [LIE_STATUS] = "status",
        [LIE_BLOCKS] = "blocks",         [LIE_STORM] = "storm",         [LIE_WITHHOLD] = "withhold",
        [LIE_OTHER_VIEW] = "otherview",  [LIE_COLLECT] = "collect",     [LIE_OTHER_FORM] = "otherform",
    };
    return texts[kind];
}

static bool tells(const liar *l, lie_kind kind)
{
    return l->lies >> kind & 1;
}

static bool draw(liar *l, uint64_t one_in)
{
    return prng_below(&l->random, one_in) == 0;
}

static void pass(liar *l, const sim_message *m)
{
    sim_send(l->s, m);
}

static void lie(liar *l, lie_kind kind, size_t to, unsigned module, uint16_t packet_type, bytes payload)
{
    sim_note_lie(l->s, kind);
    sim_send(l->s, &(sim_message){l->node, to, module, packet_type, payload});
}

static void lie_request(liar *l, lie_kind which, size_t to, pbft_kind kind, const pbft_request *r)
{
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    forge_request_packet(&l->forger, kind, r, &payload);
    lie(l, which, to, MODULE_PBFT, PBFT_FRAME_ORDINARY, buffer_bytes(&payload));
    buffer_free(&payload);
}

static void lie_prepare(liar *l, lie_kind which, size_t to, const pbft_request *r, const block *b)
{
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    forge_prepare_packet(&l->forger, r, b, &payload);
    lie(l, which, to, MODULE_PBFT, PBFT_FRAME_ORDINARY, buffer_bytes(&payload));
    buffer_free(&payload);
}

/* ---- as leader ---- */

/* A prepare on b with the liar's Sign and Commit on what b would become. */
static void propose_instead(liar *l, lie_kind which, size_t to, const pbft_request *honest, block *b)
{
    pbft_request r = *honest;
    block_seal_hash(sim_rules(l->s), b);
    r.block_hash = b->hash;
    forge_sign(&l->forger, &r, sim_key(l->s, l->node));
    lie_prepare(l, which, to, &r, b);
    if (!forge_result(&l->forger, b, &r.block_hash))
        return;
    forge_sign(&l->forger, &r, sim_key(l->s, l->node));
    lie_request(l, which, to, PBFT_SIGN, &r);
    lie_request(l, which, to, PBFT_COMMIT, &r);
}

/* At every other height all hear the same lie: those who look at it too little could then agree on it. */
static void draw_alike(liar *l, const pbft_request *r)
{
    if (r->height % 2 == 0)
        l->random = l->forger.random = prng_of(r->height * 1000 + r->view);
}

/* One lie about the block to one of the others. false: none was told. */
static bool twist_block(liar *l, const sim_message *m, const pbft_request *honest, block *b)
{
    draw_alike(l, honest);
    if (tells(l, LIE_OLD_TX) && forge_old_transactions(&l->forger, b)) {
        propose_instead(l, LIE_OLD_TX, m->to, honest, b);
        return true;
    }
    if (tells(l, LIE_OTHER_FORM) && forge_other_form(&l->forger, b)) {
        propose_instead(l, LIE_OTHER_FORM, m->to, honest, b);
        return true;
    }
    if (tells(l, LIE_EQUIVOCATE) && m->to % 2) {
        b->header.timestamp_ms += 1;
        propose_instead(l, LIE_EQUIVOCATE, m->to, honest, b);
        return true;
    }
    if (tells(l, LIE_HEADER) && draw(l, 2)) {
        forge_header(&l->forger, b);
        propose_instead(l, LIE_HEADER, m->to, honest, b);
        return true;
    }
    pbft_request r = *honest;
    if (tells(l, LIE_STATE_ROOT) && draw(l, 2)) { /* the executed form of the very block, with a result of its own */
        forge_claim(&l->forger, b);
        lie_prepare(l, LIE_STATE_ROOT, m->to, &r, b);
        return true;
    }
    if (tells(l, LIE_BLOCK_HASH) && draw(l, 2)) {
        r.block_hash.b[prng_below(&l->random, 32)] ^= 1;
        forge_sign(&l->forger, &r, sim_key(l->s, l->node));
        lie_prepare(l, LIE_BLOCK_HASH, m->to, &r, b);
        return true;
    }
    return false;
}

/* The block of an earlier view, with the Signs from there. */
static bool bring_again(liar *l, const sim_message *m, const pbft_request *honest)
{
    block *b = tells(l, LIE_COLLECT) ? collect_block(&l->collected, honest->height, honest->view) : NULL;
    if (b == NULL)
        return false;
    propose_instead(l, LIE_COLLECT, m->to, honest, b);
    for (size_t i = 0; i < l->collected.sign_count; i++)
        lie(l, LIE_COLLECT, m->to, MODULE_PBFT, PBFT_FRAME_ORDINARY, buffer_bytes(&l->collected.signs[i]));
    return true;
}

static void twist_prepare(liar *l, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    block *b = packet->is_empty ? NULL : forge_read_block(&l->forger, m, packet, &r);
    if (b == NULL || (!bring_again(l, m, &r) && !twist_block(l, m, &r, b)))
        pass(l, m);
    block_drop(b);
}

static bool is_own(const liar *l, const pbft_request *r)
{
    return sim_rules(l->s)->suite->verify(sim_node_id(l->s, l->node), &r->block_hash, pbft_signature_bytes(&r->sig));
}

static void twist_vote(liar *l, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    error_text why;
    if (tells(l, LIE_STATE_ROOT) && draw(l, 2) && pbft_request_decode(packet->data, &r, &why)) {
        r.block_hash.b[0] ^= 0x80;
        forge_sign(&l->forger, &r, sim_key(l->s, l->node));
        lie_request(l, LIE_STATE_ROOT, m->to, packet->kind, &r);
        return;
    }
    if (tells(l, LIE_OTHER_VIEW) && pbft_request_decode(packet->data, &r, &why) && is_own(l, &r)) {
        r.view += 1 + prng_below(&l->random, 3);
        forge_sign(&l->forger, &r, sim_key(l->s, l->node));
        lie_request(l, LIE_OTHER_VIEW, m->to, packet->kind, &r);
        return;
    }
    pass(l, m);
}

static void twist_change(liar *l, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    error_text why;
    if (!tells(l, LIE_VIEW_HASH) || !pbft_request_decode(packet->data, &r, &why)) {
        pass(l, m);
        return;
    }
    r.block_hash =
        sim_hash(l->s, (int64_t)r.height > 0 && (int64_t)r.height - 1 <= sim_highest(l->s) ? (int64_t)r.height - 1 : 0);
    forge_sign(&l->forger, &r, sim_key(l->s, l->node));
    lie_request(l, LIE_VIEW_HASH, m->to, PBFT_VIEW_CHANGE, &r);
}

static void send_broken(liar *l, const sim_message *m)
{
    buffer copy = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(&copy, m->payload);
    if (draw(l, 2)) {
        copy.size = prng_below(&l->random, copy.size);
        sim_note(l->s, m->module == MODULE_PBFT ? PLAYED_CUT_CONSENSUS : PLAYED_CUT_SYNC);
    } else {
        copy.data[prng_below(&l->random, copy.size)] ^= (uint8_t)(1 << prng_below(&l->random, 8));
    }
    lie(l, LIE_BROKEN, m->to, m->module, m->packet_type, buffer_bytes(&copy));
    buffer_free(&copy);
}

/* Who collects wants the view to change: few hear its proposals, unless there is something to bring again, and its
 * votes. */
static bool is_obstructing(const liar *l, const sim_message *m, const pbft_packet *packet)
{
    pbft_request r;
    bytes inner;
    error_text why;
    if (packet->kind == PBFT_PREPARE)
        return m->to % 2 && pbft_prepare_decode(packet->data, &r, &inner, &why) &&
               collect_block(&l->collected, r.height, r.view) == NULL;
    return packet->kind != PBFT_VIEW_CHANGE && m->to % 2;
}

/* Does it keep the packet for itself? */
static bool is_kept_back(liar *l, const sim_message *m, const pbft_packet *packet)
{
    if (tells(l, LIE_SILENT)) {
        sim_note_lie(l->s, LIE_SILENT);
        if (packet->kind == PBFT_PREPARE)
            sim_note(l->s, PLAYED_LEADER_SILENT);
        return true;
    }
    if (tells(l, LIE_COLLECT) && is_obstructing(l, m, packet)) {
        sim_note_lie(l->s, LIE_SELECTIVE);
        return true;
    }
    if (tells(l, LIE_SELECTIVE) && m->to % 2 == (size_t)sim_highest(l->s) % 2) {
        sim_note_lie(l->s, LIE_SELECTIVE);
        return true;
    }
    return false;
}

static void twist_packet(liar *l, const sim_message *m)
{
    arena a = {0};
    pbft_packet packet;
    error_text why;
    if (pbft_packet_decode(m->payload, !l->forger.no_ttl_optimization, &a, &packet, &why) &&
        !is_kept_back(l, m, &packet)) {
        if (packet.kind == PBFT_PREPARE)
            twist_prepare(l, m, &packet);
        else if (packet.kind == PBFT_VIEW_CHANGE)
            twist_change(l, m, &packet);
        else
            twist_vote(l, m, &packet);
    }
    arena_reset(&a);
}

static void twist_pbft(liar *l, const sim_message *m)
{
    if (m->packet_type <= PBFT_FRAME_PROPOSAL) {
        if (m->packet_type == PBFT_FRAME_PROPOSAL && tells(l, LIE_WITHHOLD))
            sim_note(l->s, PLAYED_HASHES_WITHHELD);
        twist_packet(l, m);
    } else if (tells(l, LIE_WITHHOLD)) {
        sim_note_lie(l->s, LIE_WITHHOLD);
    } else {
        pass(l, m);
    }
}

static void twist_sync(liar *l, const sim_message *m)
{
    arena a = {0};
    sync_packet p;
    error_text why;
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    bool is_read = sync_packet_decode(m->payload, &a, &p, &why);
    if (is_read && tells(l, LIE_BLOCKS) && p.type == SYNC_PACKET_BLOCKS && forge_blocks(&l->forger, &p, &payload))
        lie(l, LIE_BLOCKS, m->to, MODULE_SYNC, m->packet_type, buffer_bytes(&payload));
    else if (is_read && tells(l, LIE_WITHHOLD) &&
             (p.type == SYNC_PACKET_TRANSACTIONS || p.type == SYNC_PACKET_TXS_STATUS))
        sim_note_lie(l->s, LIE_WITHHOLD);
    else
        pass(l, m);
    buffer_free(&payload);
    arena_reset(&a);
}

static void keep(liar *l, const sim_message *m)
{
    heard_message *h = &l->heard[l->next_heard];
    if (m->payload.size > HEARD_BYTES_MAX)
        return;
    l->next_heard = (l->next_heard + 1) % HEARD_MAX;
    h->module = m->module;
    h->packet_type = m->packet_type;
    buffer_clear(&h->payload);
    buffer_append(&h->payload, m->payload);
}

static void on_sent(simulation *s, void *context, const sim_message *m)
{
    (void)s;
    liar *l = context;
    if (tells(l, LIE_REPLAY) && draw(l, 3))
        keep(l, m);
    if (tells(l, LIE_COLLECT))
        collect_see(&l->collected, &l->forger, m);
    if (l->lies == 0)
        pass(l, m);
    else if (tells(l, LIE_BROKEN) && draw(l, 3) && m->payload.size)
        send_broken(l, m);
    else if (m->module == MODULE_PBFT)
        twist_pbft(l, m);
    else
        twist_sync(l, m);
}

static void on_heard(simulation *s, void *context, const sim_message *m)
{
    (void)s;
    liar *l = context;
    if ((tells(l, LIE_REPLAY) || tells(l, LIE_TAMPER)) && draw(l, 3))
        keep(l, m);
    if (tells(l, LIE_COLLECT))
        collect_see(&l->collected, &l->forger, m);
}

/* ---- its own initiative ---- */

static void say_to_all(liar *l, lie_kind which, pbft_kind kind, const pbft_request *r)
{
    for (size_t to = 0; to < sim_node_count(l->s); to++)
        if (to != l->node)
            lie_request(l, which, to, kind, r);
}

static pbft_request own_request(liar *l, const consensus_status *c, uint64_t height, uint64_t view, hash256 hash)
{
    pbft_request r = {
        .height = height, .view = view, .idx = c->node_index, .timestamp_ms = u256_of(1), .block_hash = hash};
    forge_sign(&l->forger, &r, sim_key(l->s, l->node));
    return r;
}

static uint64_t huge_view(liar *l)
{
    static const uint64_t views[] = {1000,           UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 62,
                                     UINT64_MAX - 1, UINT64_MAX};
    return views[prng_below(&l->random, COUNT(views))];
}

static void change_views(liar *l, const consensus_status *c)
{
    uint64_t n = (uint64_t)c->highest_number;
    pbft_request r;
    if (tells(l, LIE_HUGE_VIEW)) {
        r = own_request(l, c, n, huge_view(l), c->highest_hash);
        say_to_all(l, LIE_HUGE_VIEW, PBFT_VIEW_CHANGE, &r);
    }
    if (tells(l, LIE_STORM))
        for (uint64_t view = c->to_view + 1; view < c->to_view + 6; view++) {
            r = own_request(l, c, n, view, c->highest_hash);
            say_to_all(l, LIE_STORM, PBFT_VIEW_CHANGE, &r);
        }
}

static void speak_of_future(liar *l, const consensus_status *c)
{
    static const pbft_kind kinds[] = {PBFT_SIGN, PBFT_COMMIT, PBFT_VIEW_CHANGE};
    hash256 hash = c->highest_hash;
    hash.b[3] = (uint8_t)prng_next(&l->random);
    uint64_t height = (uint64_t)c->consensused_number + prng_below(&l->random, 14),
             view = c->view + prng_below(&l->random, 6);
    pbft_request r = own_request(l, c, height, draw(l, 8) ? huge_view(l) : view, hash);
    say_to_all(l, LIE_FUTURE, kinds[prng_below(&l->random, COUNT(kinds))], &r);
    block *b = forge_new_block(&l->forger, c, height);
    r.block_hash = b->hash;
    forge_sign(&l->forger, &r, sim_key(l->s, l->node));
    for (size_t to = 0; to < sim_node_count(l->s); to++)
        if (to != l->node)
            lie_prepare(l, LIE_FUTURE, to, &r, b);
    block_drop(b);
}

static void speak_for_others(liar *l, const consensus_status *c)
{
    static const pbft_kind kinds[] = {PBFT_SIGN, PBFT_COMMIT, PBFT_VIEW_CHANGE};
    secret_key outsider = *sim_key(l->s, l->node);
    outsider.b[31] ^= 1;
    outsider.b[30] ^= (uint8_t)prng_below(&l->random, 4);
    bool is_foreign = draw(l, 2); /* a key of nobody; or its own key in the name of another */
    pbft_request r = own_request(l, c, (uint64_t)c->consensused_number, c->view, c->highest_hash);
    r.idx = draw(l, 4) ? (uint32_t)c->node_count + (uint32_t)prng_below(&l->random, 3)
                       : (uint32_t)prng_below(&l->random, c->node_count);
    pbft_kind kind = kinds[prng_below(&l->random, COUNT(kinds))];
    if (kind == PBFT_VIEW_CHANGE) {
        r.height = (uint64_t)c->highest_number;
        r.view = c->to_view + 1;
    }
    forge_sign(&l->forger, &r, is_foreign ? &outsider : sim_key(l->s, l->node));
    say_to_all(l, LIE_OUTSIDER, kind, &r);
}

static void say_again(liar *l)
{
    const heard_message *h = &l->heard[prng_below(&l->random, HEARD_MAX)];
    for (size_t to = 0; h->payload.size && to < sim_node_count(l->s); to++)
        if (to != l->node)
            lie(l, LIE_REPLAY, to, h->module, h->packet_type, buffer_bytes(&h->payload));
}

/* The words of another, with fields that it never signed. */
static void say_otherwise(liar *l, const consensus_status *c)
{
    arena a = {0};
    const heard_message *h = &l->heard[prng_below(&l->random, HEARD_MAX)];
    pbft_packet packet;
    pbft_request r;
    error_text why;
    if (h->payload.size && h->module == MODULE_PBFT && h->packet_type == PBFT_FRAME_ORDINARY &&
        pbft_packet_decode(buffer_bytes(&h->payload), !l->forger.no_ttl_optimization, &a, &packet, &why) &&
        packet.kind != PBFT_PREPARE && pbft_request_decode(packet.data, &r, &why)) {
        if (packet.kind == PBFT_VIEW_CHANGE && r.height == (uint64_t)c->highest_number)
            r.view = c->to_view + 1 + prng_below(&l->random, 50);
        else
            r.view++;
        say_to_all(l, LIE_TAMPER, packet.kind, &r);
    }
    arena_reset(&a);
}

static void claim_status(liar *l)
{
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    forge_status(&l->forger, &payload);
    for (size_t to = 0; to < sim_node_count(l->s); to++)
        if (to != l->node)
            lie(l, LIE_STATUS, to, MODULE_SYNC, SYNC_FRAME_PLAIN, buffer_bytes(&payload));
    buffer_free(&payload);
}

void liar_act(liar *l)
{
    arena a = {0};
    if (l->lies == 0 || sim_group(l->s, l->node) == NULL)
        return;
    memo_use(l->forger.memory);
    consensus_status c = sim_consensus(l->s, l->node, &a);
    if (c.is_sealer) {
        change_views(l, &c);
        if (tells(l, LIE_FUTURE))
            speak_of_future(l, &c);
        if (tells(l, LIE_OUTSIDER))
            speak_for_others(l, &c);
        for (int i = 0; i < 4 && tells(l, LIE_TAMPER); i++)
            say_otherwise(l, &c);
    }
    if (tells(l, LIE_REPLAY))
        say_again(l);
    if (tells(l, LIE_STATUS) && draw(l, 3))
        claim_status(l);
    memo_use(NULL);
    arena_reset(&a);
}

liar *liar_new(simulation *s, size_t node, unsigned lies, uint64_t seed)
{
    liar *l = memory_new(sizeof *l);
    l->s = s;
    l->node = node;
    l->lies = lies;
    l->random = prng_of(seed);
    l->forger = forger_of(s, node, seed + 1);
    for (size_t i = 0; i < HEARD_MAX; i++)
        l->heard[i].payload = buffer_init(BUFFER_NO_LIMIT);
    sim_make_liar(s, node, on_sent, on_heard, l);
    return l;
}

void liar_set(liar *l, unsigned lies)
{
    l->lies = lies;
}

void liar_free(liar *l)
{
    if (l == NULL)
        return;
    sim_stop_lying(l->s, l->node);
    for (size_t i = 0; i < HEARD_MAX; i++)
        buffer_free(&l->heard[i].payload);
    collect_forget(&l->collected);
    free(l);
}
