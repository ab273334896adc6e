#include "world.h"

#include <assert.h>

#include "base/memory.h"

enum { SYNC_DELAY_MS = 200, TX_EXPIRES_MS = 600000 };

typedef enum { EVENT_FRAME, EVENT_JOB, EVENT_IMPORT } event_kind;

typedef struct world_event {
    uint64_t at_ms, sequence;
    event_kind kind;
    size_t node;
    unsigned life;
    /* frame */
    size_t from;
    uint16_t frame_type;
    buffer payload;
    bool is_held;
    /* job */
    world_job job;
    uint64_t ticket;
    bool fails;
    block *block; /* proposal, or block to import */
    execution *executed;
    block_signature signatures[WORLD_NODES_MAX];
    uint8_t signature_space[WORLD_NODES_MAX][SIGNATURE_MAX_BYTES];
    size_t signature_count;
} world_event;

/* ---- an execution that needs no state: roots follow from the parent's and the transactions */

struct execution {
    reference_count references;
    block *done;
};

const block *execution_block(const execution *e)
{
    return e->done;
}

execution *execution_keep(execution *e)
{
    reference_add(&e->references);
    return e;
}

void execution_drop(execution *e)
{
    if (e == NULL || !reference_drop(&e->references))
        return;
    block_drop(e->done);
    free(e);
}

static execution *execute(const chain_rules *rules, const block *proposal)
{
    execution *e = memory_new(sizeof *e);
    reference_init(&e->references);
    e->done = block_copy(proposal);
    block_header *h = &e->done->header;
    hash256 root = suite_hash2(rules->suite, BYTES_OF_VALUE(h->state_root), BYTES_OF_VALUE(h->transactions_root));
    h->receipts_root = suite_hash2(rules->suite, BYTES_OF_LITERAL("receipts"), BYTES_OF_VALUE(root));
    h->state_root = h->db_hash = root;
    block_seal_hash(rules, e->done);
    return e;
}

execution *world_execution_of(const block *executed)
{
    execution *e = memory_new(sizeof *e);
    reference_init(&e->references);
    e->done = block_keep((block *)executed);
    return e;
}

hash256 world_executed_hash(const world *w, const block *proposal)
{
    execution *e = execute(&w->rules, proposal);
    hash256 hash = e->done->hash;
    execution_drop(e);
    return hash;
}

/* ---- trace */

void world_print(world *w, const char *format, ...)
{
    if (w->trace == NULL)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_print(w->trace, "%5llu %s\n", (unsigned long long)(w->now_ms - WORLD_START_MS), text);
}

static const char *const kind_names[] = {"Prepare", "Sign", "Commit", "ViewChange"};

static bool read_request(const world *w, uint16_t frame_type, bytes payload, pbft_packet *packet, pbft_request *r,
                         arena *a)
{
    error_text why;
    bytes encoded;
    if (frame_type > PBFT_FRAME_PROPOSAL ||
        !pbft_packet_decode(payload, !w->options.no_ttl_optimization, a, packet, &why))
        return false;
    if (packet->kind == PBFT_PREPARE)
        return pbft_prepare_decode(packet->data, r, &encoded, &why);
    return pbft_request_decode(packet->data, r, &why);
}

static void trace_send(world *w, size_t from, const char *to, uint16_t frame_type, bytes payload)
{
    arena a = {0};
    pbft_packet packet;
    pbft_request r;
    if (read_request(w, frame_type, payload, &packet, &r, &a)) {
        const char *form = packet.kind != PBFT_PREPARE         ? ""
                           : frame_type == PBFT_FRAME_PROPOSAL ? " hashes"
                           : packet.is_empty                   ? " empty"
                                                               : " full";
        world_print(w, "%zu -> %s: %s h=%llu v=%llu%s hash=%s%s", from, to, kind_names[packet.kind],
                    (unsigned long long)r.height, (unsigned long long)r.view, form,
                    short_hex_of(BYTES_OF_VALUE(r.block_hash)).text,
                    r.idx == from ? "" : arena_print(&a, " of %u, ttl %u", r.idx, packet.ttl));
    } else {
        world_print(w, "%zu -> %s: %s, %zu bytes", from, to,
                    frame_type == PBFT_FRAME_GET_MISSED ? "GetMissedTxs" : "MissedTxs", payload.size);
    }
    arena_reset(&a);
}

/* ---- events */

static world_event *add_event(world *w, event_kind kind, uint64_t delay_ms, size_t node)
{
    if (w->event_count == w->event_capacity) {
        w->event_capacity = w->event_capacity ? 2 * w->event_capacity : 64;
        w->events = memory_resize(w->events, w->event_capacity, sizeof *w->events);
    }
    world_event *e = &w->events[w->event_count++];
    memset(e, 0, sizeof *e);
    e->at_ms = w->now_ms + delay_ms;
    e->sequence = w->sequence++;
    e->kind = kind;
    e->node = node;
    e->life = w->nodes[node].life;
    return e;
}

static void end_event(world_event *e)
{
    buffer_free(&e->payload);
    block_drop(e->block);
    execution_drop(e->executed);
}

static uint64_t draw(world *w, uint64_t least, uint64_t most)
{
    return most > least ? least + prng_below(&w->random, most - least + 1) : least;
}

static bool matches(const world_match *rules, size_t count, size_t from, size_t to, int kind, int frame_type)
{
    for (size_t i = 0; i < count; i++)
        if ((rules[i].from < 0 || rules[i].from == (int)from) && (rules[i].to < 0 || rules[i].to == (int)to) &&
            (rules[i].kind < 0 || rules[i].kind == kind) &&
            (rules[i].frame_type < 0 || rules[i].frame_type == frame_type))
            return true;
    return false;
}

static void post(world *w, size_t from, size_t to, uint16_t frame_type, bytes payload, bool is_held)
{
    world_event *e = add_event(w, EVENT_FRAME, draw(w, w->options.net_min_ms, w->options.net_max_ms), to);
    e->from = from;
    e->frame_type = frame_type;
    e->payload = buffer_init(BUFFER_NO_LIMIT);
    e->is_held = is_held;
    buffer_append(&e->payload, payload);
}

void world_send(world *w, size_t from, size_t to, uint16_t frame_type, bytes payload)
{
    arena a = {0};
    pbft_packet packet;
    pbft_request r;
    int kind = read_request(w, frame_type, payload, &packet, &r, &a) ? (int)packet.kind : -2;
    arena_reset(&a);
    w->frames_sent++;
    if (w->is_cut[from][to] || matches(w->lose, w->lose_count, from, to, kind, frame_type) ||
        prng_below(&w->random, 100) < w->options.loss_percent)
        return;
    bool is_held = matches(w->hold, w->hold_count, from, to, kind, frame_type);
    post(w, from, to, frame_type, payload, is_held);
    if (prng_below(&w->random, 100) < w->options.duplicate_percent)
        post(w, from, to, frame_type, payload, is_held);
}

void world_release(world *w)
{
    w->hold_count = w->lose_count = 0;
    for (size_t i = 0; i < w->event_count; i++)
        if (w->events[i].is_held) {
            w->events[i].is_held = false;
            w->events[i].at_ms = w->now_ms;
        }
}

/* ---- what must hold after every step */

static void check_view(world_node *n)
{
    const pbft *p = n->machine;
    assert_true(p->to_view >= p->view); /* I5 */
    if (p->is_started && n->height_seen == p->next_height)
        assert_true(p->view >= n->view); /* I4 */
    n->view = p->view;
    n->height_seen = p->next_height;
}

/* I1, I2 and the durable lock, at the moment an own Commit leaves. */
static void check_own_commit(world *w, size_t node, const pbft_request *r)
{
    world_node *n = &w->nodes[node];
    const pbft *p = n->machine;
    assert_true(r->height < WORLD_HEIGHT_MAX);
    if (n->has_committed[r->height])
        assert_memory_equal(&n->committed_hash[r->height], &r->block_hash, sizeof r->block_hash);
    n->has_committed[r->height] = true;
    n->committed_hash[r->height] = r->block_hash;
    assert_true(p->view == r->view || p->next_height > r->height);
    assert_true(!p->prepared.is_set || pbft_count_votes(p, PBFT_SIGN, &r->block_hash, r->height, r->view) >= p->quorum);
    pbft_request lock;
    bytes encoded;
    error_text why;
    assert_true(pbft_prepare_decode(buffer_bytes(&n->prepared), &lock, &encoded, &why));
    assert_int_equal(lock.height, r->height);
    if (p->prepared.is_set)
        assert_memory_equal(&lock.block_hash, &p->prepared.proposal_hash, sizeof lock.block_hash);
}

/* Safety: one block a height, whatever else happens (I3). */
static void check_decided(world *w, const block *b)
{
    size_t height = (size_t)b->header.number;
    if (w->decided[height]) {
        assert_memory_equal(&w->decided[height]->hash, &b->hash, sizeof b->hash);
        return;
    }
    assert_int_equal(height, w->decided_height + 1);
    w->decided[height] = block_keep((block *)b);
    w->decided_height = height;
}

/* ---- actions */

static size_t node_of(const world *w, const node_id *id)
{
    for (size_t i = 0; i < w->options.nodes; i++)
        if (node_id_equal(&w->nodes[i].id, id))
            return i;
    fail_msg("a frame goes to a node nobody knows");
    return 0;
}

static void perform_send(world *w, size_t node, const consensus_action *a)
{
    arena memory = {0};
    pbft_packet packet;
    pbft_request r;
    if (read_request(w, a->send.packet_type, a->send.payload, &packet, &r, &memory) && packet.kind == PBFT_COMMIT &&
        r.idx == node)
        check_own_commit(w, node, &r);
    char to[64] = "";
    for (size_t i = 0; i < a->send.count; i++)
        snprintf(to + strlen(to), sizeof to - strlen(to), "%s%zu", i ? "," : "", node_of(w, &a->send.to[i]));
    trace_send(w, node, to, a->send.packet_type, a->send.payload);
    for (size_t i = 0; i < a->send.count; i++) {
        size_t target = node_of(w, &a->send.to[i]);
        assert_true(target != node);
        if (w->twist)
            w->twist(w, node, target, a->send.packet_type, a->send.payload);
        else
            world_send(w, node, target, a->send.packet_type, a->send.payload);
    }
    arena_reset(&memory);
}

static world_event *begin_job(world *w, size_t node, world_job job, uint64_t ticket)
{
    world_node *n = &w->nodes[node];
    assert_false(n->is_busy[job]); /* consensus.h: one of each kind */
    n->is_busy[job] = true;
    assert_false(n->is_busy[JOB_EXECUTE] && n->is_busy[JOB_COMMIT]);
    uint64_t delay = draw(w, w->options.job_min_ms, w->options.job_max_ms) + n->job_extra_ms[job];
    world_event *e = add_event(w, EVENT_JOB, delay, node);
    e->job = job;
    e->ticket = ticket;
    if (n->fail_next[job]) {
        n->fail_next[job]--;
        e->fails = true;
    }
    return e;
}

static void perform_commit(world *w, size_t node, const consensus_action *a)
{
    world_event *e = begin_job(w, node, JOB_COMMIT, a->commit.ticket);
    e->executed = execution_keep(a->commit.result);
    e->signature_count = a->commit.signature_count;
    for (size_t i = 0; i < a->commit.signature_count; i++) {
        memcpy(e->signature_space[i], a->commit.signatures[i].signature.data, a->commit.signatures[i].signature.size);
        e->signatures[i] = a->commit.signatures[i];
    }
    world_print(w, "%zu commits h=%lld hash=%s, %zu signatures", node, (long long)e->executed->done->header.number,
                short_hex_of(BYTES_OF_VALUE(e->executed->done->hash)).text, a->commit.signature_count);
}

static void perform(world *w, size_t node, const consensus_action *a)
{
    switch (a->kind) {
    case CONSENSUS_SEND:
        perform_send(w, node, a);
        break;
    case CONSENSUS_EXECUTE: {
        world_event *e = begin_job(w, node, JOB_EXECUTE, a->execute.ticket);
        e->block = block_keep(a->execute.proposal);
        world_print(w, "%zu executes h=%lld tx=%zu", node, (long long)e->block->header.number,
                    e->block->transaction_count);
        break;
    }
    case CONSENSUS_PERSIST: {
        world_event *e = begin_job(w, node, JOB_PERSIST, a->persist.ticket);
        e->payload = buffer_init(BUFFER_NO_LIMIT);
        buffer_append(&e->payload, a->persist.value);
        world_print(w, "%zu persists the prepared block", node);
        break;
    }
    case CONSENSUS_COMMIT:
        perform_commit(w, node, a);
        break;
    case CONSENSUS_DEADLINE:
        w->nodes[node].deadline_ms = a->deadline_ms;
        if (w->trace_all)
            world_print(w, "%zu deadline %lld", node,
                        a->deadline_ms == CONSENSUS_NO_DEADLINE ? -1 : (long long)(a->deadline_ms - WORLD_START_MS));
        break;
    case CONSENSUS_NOTE_SEALING:
        if (w->trace_all)
            world_print(w, "%zu notes sealing %lld", node, (long long)a->note_sealing);
        break;
    case CONSENSUS_LOG:
        if (a->log.level >= LOG_INFO || w->trace_all)
            world_print(w, "%zu %s", node, a->log.text);
        break;
    }
}

void world_step(world *w, size_t node, consensus_event *event)
{
    world_node *n = &w->nodes[node];
    event->steady_ms = w->now_ms;
    event->utc_ms = event->aligned_ms = 1700000000000u + w->now_ms;
    if (event->kind == CONSENSUS_EVENT_TICK)
        n->deadline_ms = CONSENSUS_NO_DEADLINE;
    consensus_actions actions = {0}; /* a step may not lead to another one */
    pbft_step(n->machine, event, &actions);
    check_view(n);
    for (size_t i = 0; i < actions.count; i++)
        perform(w, node, &actions.items[i]);
    consensus_actions_reset(&actions);
}

/* ---- the life of a node */

static ledger_tip tip_of(const world_node *n)
{
    const block *b = n->chain[n->height];
    return (ledger_tip){.number = b->header.number,
                        .hash = b->hash,
                        .genesis_hash = n->chain[0]->hash,
                        .parent_hash = b->header.parent_hash,
                        .state_root = b->header.state_root,
                        .timestamp_ms = b->header.timestamp_ms,
                        .sealer = b->header.sealer,
                        .transaction_count = b->transaction_count};
}

static void tell_chain(world *w, size_t node)
{
    world_node *n = &w->nodes[node];
    node_id sealers[WORLD_NODES_MAX];
    for (size_t i = 0; i < w->options.nodes; i++)
        sealers[i] = w->nodes[i].id;
    chain_state state = {.tip = tip_of(n),
                         .nodes = {.sealers = sealers, .sealer_count = w->options.nodes},
                         .tx_count_limit = w->options.tx_count_limit,
                         .consensus_timeout_ms = 3000};
    world_step(w, node, &(consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &state});
}

static void tell_sessions(world *w, size_t node)
{
    node_id connected[WORLD_NODES_MAX];
    size_t count = 0;
    if (w->nodes[node].machine == NULL)
        return;
    for (size_t i = 0; i < w->options.nodes; i++)
        if (i != node && w->nodes[i].machine && !w->is_cut[node][i])
            connected[count++] = w->nodes[i].id;
    world_step(w, node, &(consensus_event){.kind = CONSENSUS_EVENT_SESSIONS, .sessions = {connected, count}});
}

static void tell_everybody(world *w)
{
    for (size_t i = 0; i < w->options.nodes; i++)
        tell_sessions(w, i);
}

void world_cut(world *w, size_t a, size_t b, bool is_cut)
{
    if (w->is_cut[a][b] == is_cut)
        return;
    w->is_cut[a][b] = w->is_cut[b][a] = is_cut;
    tell_sessions(w, a);
    tell_sessions(w, b);
}

static void start(world *w, size_t node)
{
    world_node *n = &w->nodes[node];
    txpool_config pool = {.rules = &w->rules,
                          .limit = 100000,
                          .memory_limit_bytes = 1 << 28,
                          .expiration_ms = TX_EXPIRES_MS,
                          .seed = w->options.seed};
    n->pool = txpool_new(&pool);
    for (size_t h = 1; h <= n->height; h++)
        txpool_on_block(n->pool, n->chain[h]);
    consensus_config config = {.rules = &w->rules,
                               .kind = CONSENSUS_PBFT,
                               .self = n->id,
                               .key = n->key,
                               .pool = n->pool,
                               .seed = w->options.seed + node,
                               .ttl = w->options.ttl,
                               .min_block_interval_ms = w->options.min_block_interval_ms,
                               .dynamic_block_size = true,
                               .block_size_increase_ratio = 0.5,
                               .ttl_optimization = !w->options.no_ttl_optimization,
                               .prepare_with_hashes = !w->options.no_hashes};
    error_text why;
    n->deadline_ms = CONSENSUS_NO_DEADLINE;
    n->height_seen = 0;
    n->machine = pbft_new(&config, buffer_bytes(&n->prepared), &why);
    assert_non_null(n->machine);
}

void world_restart(world *w, size_t node)
{
    assert_null(w->nodes[node].machine);
    world_print(w, "%zu starts at height %zu", node, w->nodes[node].height);
    start(w, node);
    tell_everybody(w);
    tell_chain(w, node);
}

void world_crash(world *w, size_t node)
{
    world_node *n = &w->nodes[node];
    world_print(w, "%zu crashes", node);
    pbft_free(n->machine);
    txpool_free(n->pool);
    n->machine = NULL;
    n->pool = NULL;
    n->life++;
    n->is_importing = false;
    memset(n->is_busy, 0, sizeof n->is_busy);
    /* What the disk was writing may have arrived there or not: each job that is under way gets its turn half of the
     * time. */
    for (size_t i = 0; i < w->event_count; i++) {
        world_event *e = &w->events[i];
        if (e->kind == EVENT_JOB && e->node == node && e->job == JOB_PERSIST && prng_below(&w->random, 2)) {
            buffer_clear(&n->prepared);
            buffer_append(&n->prepared, buffer_bytes(&e->payload));
        }
    }
    tell_everybody(w);
}

static block *first_block(const world *w)
{
    block *b = block_new();
    b->header.timestamp_ms = 1700000000000u;
    block_seal_hash(&w->rules, b);
    return b;
}

static void make_keys(world *w)
{
    const crypto_suite *suite = w->rules.suite;
    for (size_t i = 0; i < w->options.nodes; i++) {
        world_node *n = &w->nodes[i];
        memset(n->key.b, 0x11, 32);
        n->key.b[0] = (uint8_t)(i + 1);
        assert_true(suite->public_of(&n->key, &n->id));
        for (size_t k = i; k > 0 && node_id_compare(&w->nodes[k - 1].id, &w->nodes[k].id) > 0; k--) {
            world_node swap = {.key = w->nodes[k].key, .id = w->nodes[k].id};
            w->nodes[k].key = w->nodes[k - 1].key, w->nodes[k].id = w->nodes[k - 1].id;
            w->nodes[k - 1].key = swap.key, w->nodes[k - 1].id = swap.id;
        }
    }
    memset(w->client.b, 0x77, 32);
}

world *world_new(const world_options *options)
{
    world *w = memory_new(sizeof *w);
    w->options = *options;
    w->options.ttl = options->ttl ? options->ttl : 2;
    w->options.min_block_interval_ms = options->min_block_interval_ms ? options->min_block_interval_ms : 500;
    w->options.tx_count_limit = options->tx_count_limit ? options->tx_count_limit : 1000;
    w->rules = (chain_rules){.suite = options->suite ? options->suite : &world_suite,
                             .version = VERSION_NEWEST,
                             .enable_parallel = true,
                             .chain_id = 1,
                             .group_id = 1};
    w->random = prng_of(options->seed);
    w->now_ms = WORLD_START_MS;
    make_keys(w);
    block *first = first_block(w);
    for (size_t i = 0; i < w->options.nodes; i++) {
        w->nodes[i].chain[0] = block_keep(first);
        w->nodes[i].prepared = buffer_init(BUFFER_NO_LIMIT);
        start(w, i);
    }
    block_drop(first);
    tell_everybody(w);
    for (size_t i = 0; i < w->options.nodes; i++)
        tell_chain(w, i);
    return w;
}

void world_free(world *w)
{
    for (size_t i = 0; i < w->event_count; i++)
        end_event(&w->events[i]);
    free(w->events);
    transaction_drop(w->last_submitted);
    for (size_t i = 0; i < w->options.nodes; i++) {
        world_node *n = &w->nodes[i];
        pbft_free(n->machine);
        if (n->pool)
            txpool_free(n->pool);
        for (size_t h = 0; h <= n->height; h++)
            block_drop(n->chain[h]);
        buffer_free(&n->prepared);
    }
    for (size_t h = 1; h <= w->decided_height; h++)
        block_drop(w->decided[h]);
    free(w);
}

void world_gossip(world *w, unsigned node_mask)
{
    for (size_t i = 0; i < w->options.nodes; i++) {
        if (!(node_mask >> i & 1) || w->nodes[i].machine == NULL)
            continue;
        if (txpool_admit(w->nodes[i].pool, w->last_submitted, 1700000000000u + w->now_ms) == STATUS_OK)
            world_step(w, i, &(consensus_event){.kind = CONSENSUS_EVENT_TRANSACTIONS});
    }
}

uint64_t world_submit(world *w, unsigned node_mask)
{
    transaction_fields fields = {.nonce = u256_of(++w->next_nonce),
                                 .gas_price = u256_of(1),
                                 .gas = u256_of(1),
                                 .block_limit = u256_of(w->decided_height + 500),
                                 .chain_id = u256_of(1),
                                 .group_id = u256_of(1),
                                 .data = BYTES_OF_VALUE(w->next_nonce)};
    transaction_drop(w->last_submitted);
    w->last_submitted = transaction_sign(&w->rules, &fields, &w->client);
    world_gossip(w, node_mask);
    return w->next_nonce;
}

/* ---- time */

/* A block becomes durable. */
static bool append(world *w, size_t node, const block *b, const block_signature *signatures, size_t count)
{
    world_node *n = &w->nodes[node];
    if (b->header.number != (int64_t)n->height + 1 ||
        !hash256_equal(&b->header.parent_hash, &n->chain[n->height]->hash))
        return false;
    assert_true(n->height + 1 < WORLD_HEIGHT_MAX);
    check_decided(w, b);
    block *stored = block_copy(b);
    block_set_signatures(stored, signatures, count);
    n->chain[++n->height] = stored;
    txpool_on_block(n->pool, stored);
    return true;
}

static void end_execute(world *w, world_event *e)
{
    execution *done = e->fails ? NULL : execute(&w->rules, e->block);
    world_step(w, e->node, &(consensus_event){.kind = CONSENSUS_EVENT_EXECUTED, .executed = {e->ticket, done}});
    execution_drop(done);
}

static void end_persist(world *w, world_event *e)
{
    world_node *n = &w->nodes[e->node];
    if (!e->fails) {
        buffer_clear(&n->prepared);
        buffer_append(&n->prepared, buffer_bytes(&e->payload));
    }
    world_step(w, e->node, &(consensus_event){.kind = CONSENSUS_EVENT_PERSISTED, .persisted = {e->ticket, !e->fails}});
}

static void end_commit(world *w, world_event *e)
{
    for (size_t i = 0; i < e->signature_count; i++)
        e->signatures[i].signature.data = e->signature_space[i];
    bool ok = !e->fails && append(w, e->node, e->executed->done, e->signatures, e->signature_count);
    world_step(w, e->node, &(consensus_event){.kind = CONSENSUS_EVENT_COMMITTED, .committed = {e->ticket, ok}});
    if (ok)
        tell_chain(w, e->node);
}

static void end_job(world *w, world_event *e)
{
    w->nodes[e->node].is_busy[e->job] = false;
    if (e->job == JOB_EXECUTE)
        end_execute(w, e);
    else if (e->job == JOB_PERSIST)
        end_persist(w, e);
    else
        end_commit(w, e);
}

static void end_import(world *w, world_event *e)
{
    world_node *n = &w->nodes[e->node];
    n->is_importing = false;
    error_text why;
    if (e->block->header.number != (int64_t)n->height + 1)
        return;
    if (!pbft_check_block(n->machine, e->block, &why))
        fail_msg("a committed block is refused: %s", why.text);
    world_print(w, "%zu imports h=%lld", e->node, (long long)e->block->header.number);
    if (append(w, e->node, e->block, e->block->signatures, e->block->signature_count))
        tell_chain(w, e->node);
}

static void deliver(world *w, world_event *e)
{
    if (w->is_cut[e->from][e->node])
        return;
    consensus_event event = {.kind = CONSENSUS_EVENT_MESSAGE};
    event.message.from = w->nodes[e->from].id;
    event.message.packet_type = e->frame_type;
    event.message.payload = buffer_bytes(&e->payload);
    world_step(w, e->node, &event);
}

/* Nodes below a connected one begin to download its next block. */
static void look_for_blocks(world *w)
{
    for (size_t i = 0; i < w->options.nodes; i++) {
        world_node *n = &w->nodes[i];
        size_t best = i;
        for (size_t k = 0; k < w->options.nodes; k++)
            if (k != i && w->nodes[k].machine && !w->is_cut[i][k] && w->nodes[k].height > w->nodes[best].height)
                best = k;
        if (n->machine == NULL || n->is_importing || best == i)
            continue;
        n->is_importing = true;
        bool is_far = w->nodes[best].height > n->height + 1;
        world_event *e = add_event(w, EVENT_IMPORT, is_far ? 1 : SYNC_DELAY_MS, i);
        e->block = block_keep(w->nodes[best].chain[n->height + 1]);
        if (w->options.tell_downloads)
            world_step(
                w, i,
                &(consensus_event){.kind = CONSENSUS_EVENT_SYNC, .sync = {is_far, (int64_t)w->nodes[best].height}});
    }
}

static bool next_event(const world *w, uint64_t until_ms, size_t *index)
{
    bool found = false;
    for (size_t i = 0; i < w->event_count; i++) {
        const world_event *e = &w->events[i], *best = &w->events[found ? *index : i];
        if (e->is_held || e->at_ms > until_ms)
            continue;
        if (!found || e->at_ms < best->at_ms || (e->at_ms == best->at_ms && e->sequence < best->sequence)) {
            *index = i;
            found = true;
        }
    }
    return found;
}

static bool next_deadline(const world *w, uint64_t until_ms, size_t *node)
{
    bool found = false;
    for (size_t i = 0; i < w->options.nodes; i++)
        if (w->nodes[i].machine && w->nodes[i].deadline_ms <= until_ms &&
            (!found || w->nodes[i].deadline_ms < w->nodes[*node].deadline_ms)) {
            *node = i;
            found = true;
        }
    return found;
}

static void happen(world *w, world_event *e)
{
    if (w->nodes[e->node].machine == NULL || (e->kind != EVENT_FRAME && e->life != w->nodes[e->node].life))
        return;
    if (e->kind == EVENT_FRAME)
        deliver(w, e);
    else if (e->kind == EVENT_JOB)
        end_job(w, e);
    else
        end_import(w, e);
}

void world_run(world *w, uint64_t ms)
{
    uint64_t until = w->now_ms + ms;
    for (;;) {
        size_t index = 0, node = 0;
        if (w->options.sync)
            look_for_blocks(w);
        bool has_event = next_event(w, until, &index), has_deadline = next_deadline(w, until, &node);
        if (!has_event && !has_deadline)
            break;
        if (has_event && (!has_deadline || w->events[index].at_ms <= w->nodes[node].deadline_ms)) {
            world_event e = w->events[index];
            w->events[index] = w->events[--w->event_count];
            if (e.at_ms > w->now_ms)
                w->now_ms = e.at_ms;
            happen(w, &e);
            end_event(&e);
        } else {
            if (w->nodes[node].deadline_ms > w->now_ms)
                w->now_ms = w->nodes[node].deadline_ms;
            w->ticks++;
            world_step(w, node, &(consensus_event){.kind = CONSENSUS_EVENT_TICK});
        }
    }
    w->now_ms = until;
}

size_t world_lowest(const world *w)
{
    size_t lowest = SIZE_MAX;
    for (size_t i = 0; i < w->options.nodes; i++)
        if (w->nodes[i].machine && w->nodes[i].height < lowest)
            lowest = w->nodes[i].height;
    return lowest;
}
