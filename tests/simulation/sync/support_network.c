#include "support_network.h"

#include "base/memory.h"

#define WALL_MS 1700000000000u

typedef struct {
    bytes encoded; /* [header, transactions' numbers ...] */
    transaction *txs[BLOCK_TXS_MAX];
    size_t tx_count;
} fake_block;

typedef enum { ON_FRAME, ON_VERIFIED, ON_IMPORTED, ON_SERVED } occurrence_kind;

typedef struct {
    uint64_t at_ms, sequence;
    occurrence_kind kind;
    size_t node, from;
    unsigned life;      /* of the node: results for an earlier life are thrown away */
    uint64_t ticket;
    uint16_t frame_type;
    uint8_t *payload;
    size_t size;
    bytes *raw;         /* VERIFIED: the machine's own, valid until answered */
    size_t raw_count;
    int64_t first, count;
} occurrence;

typedef struct {
    sync_machine *sync;
    txpool *pool;
    unsigned life;
    int64_t height;
    uint64_t deadline_ms, steps;
    unsigned verifying, importing, serving;
    bool is_liar;
    bool links[NODES_MAX];
} node;

struct network {
    network_config config;
    prng random;
    uint64_t now_ms, sequence, next_nonce, frames;
    size_t count;
    node nodes[NODES_MAX];
    fake_block blocks[BLOCKS_MAX];
    int64_t newest;
    occurrence *heap;
    size_t heap_count, heap_capacity;
    transaction **submitted;
    arena memory;
    sync_actions *out;
    node_id ids[NODES_MAX];
};

#define CHECK(name, condition)                                                                                           \
    do {                                                                                                                 \
        if (!(condition))                                                                                                \
            fail_msg("check '%s' failed, seed %llu, time %llu, node %zu", name, (unsigned long long)n->config.seed,      \
                     (unsigned long long)n->now_ms, at);                                                                 \
    } while (0)

/* ---- The agenda: a heap by time, then by order of entry */

static bool is_earlier(const occurrence *a, const occurrence *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

static void schedule(network *n, occurrence o)
{
    o.sequence = n->sequence++;
    if (n->heap_count == n->heap_capacity) {
        n->heap_capacity = n->heap_capacity ? 2 * n->heap_capacity : 64;
        n->heap = memory_resize(n->heap, n->heap_capacity, sizeof o);
    }
    size_t i = n->heap_count++;
    while (i > 0 && is_earlier(&o, &n->heap[(i - 1) / 2])) {
        n->heap[i] = n->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    n->heap[i] = o;
}

static occurrence take_first(network *n)
{
    occurrence first = n->heap[0], last = n->heap[--n->heap_count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n->heap_count)
            break;
        if (child + 1 < n->heap_count && is_earlier(&n->heap[child + 1], &n->heap[child]))
            child++;
        if (!is_earlier(&n->heap[child], &last))
            break;
        n->heap[i] = n->heap[child];
        i = child;
    }
    if (n->heap_count)
        n->heap[i] = last;
    return first;
}

static bool happens(network *n, unsigned in_a_thousand)
{
    return prng_below(&n->random, 1000) < in_a_thousand;
}

static uint64_t delay(network *n)
{
    return n->config.delay_min_ms + prng_below(&n->random, n->config.delay_max_ms - n->config.delay_min_ms + 1);
}

/* ---- Frames */

static size_t index_of(const network *n, const node_id *id)
{
    size_t i = 0;
    while (i < n->count && !node_id_equal(&n->ids[i], id))
        i++;
    return i;
}

static void carry(network *n, size_t from, size_t to, uint16_t frame_type, bytes payload)
{
    n->frames++;
    if (happens(n, n->config.lost))
        return;
    size_t copies = 1 + happens(n, n->config.repeated);
    for (size_t i = 0; i < copies; i++) {
        uint8_t *copy = memory_new(payload.size);
        memcpy(copy, payload.data, payload.size);
        if (happens(n, n->config.damaged))
            copy[prng_below(&n->random, payload.size)] ^= (uint8_t)(1u << prng_below(&n->random, 8));
        schedule(n, (occurrence){.at_ms = n->now_ms + delay(n), .kind = ON_FRAME, .node = to, .from = from,
                                 .frame_type = frame_type, .payload = copy, .size = payload.size});
    }
}

/* A liar claims too much, and gives blocks that are not the chain's. */
static bytes falsify(network *n, bytes payload, arena *a)
{
    sync_packet p;
    error_text why;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    if (!sync_packet_decode(payload, a, &p, &why))
        return payload;
    if (p.type == SYNC_PACKET_STATUS && happens(n, 500))
        p.status.number += (int64_t)prng_below(&n->random, happens(n, 100) ? 1000000 : 5);
    else if (p.type == SYNC_PACKET_BLOCKS && happens(n, 500))
        for (size_t i = 0; i < p.blocks.count; i++) {
            bytes wrong = arena_copy(a, p.blocks.encoded[i]);
            ((uint8_t *)wrong.data)[wrong.size - 1] ^= 1;
            ((bytes *)p.blocks.encoded)[i] = wrong;
        }
    sync_packet_encode(&p, &b);
    bytes result = arena_copy(a, buffer_bytes(&b));
    buffer_free(&b);
    return result;
}

static void send_frame(network *n, size_t at, const sync_action *a)
{
    arena scratch = {0};
    bytes payload = n->nodes[at].is_liar ? falsify(n, a->send.payload, &scratch) : a->send.payload;
    for (size_t i = 0; i < a->send.count; i++) {
        size_t to = index_of(n, &a->send.to[i]);
        CHECK("sends go to connected nodes", to < n->count && to != at && n->nodes[at].links[to]);
        carry(n, at, to, a->send.packet_type, payload);
    }
    arena_reset(&scratch);
}

/* ---- Steps */

static void step(network *n, size_t at, sync_event event);

static void perform(network *n, size_t at, const sync_action *a)
{
    node *self = &n->nodes[at];
    occurrence job = {.at_ms = n->now_ms + 1 + prng_below(&n->random, 10), .node = at, .life = self->life};
    switch (a->kind) {
    case SYNC_SEND:
        send_frame(n, at, a);
        break;
    case SYNC_VERIFY:
        CHECK("few verifications at a time", ++self->verifying <= SYNC_VERIFY_JOBS_MAX);
        job.kind = ON_VERIFIED;
        job.ticket = a->verify.ticket;
        job.raw = a->verify.raw;
        job.raw_count = a->verify.count;
        schedule(n, job);
        break;
    case SYNC_IMPORT:
        CHECK("one import at a time", ++self->importing <= 1);
        CHECK("imports the next block", a->import.number == self->height + 1);
        job.kind = ON_IMPORTED;
        job.ticket = a->import.ticket;
        job.first = a->import.number;
        job.raw = (bytes *)a->import.encoded.data; /* read when the job is done */
        job.size = a->import.encoded.size;
        schedule(n, job);
        break;
    case SYNC_SERVE:
        CHECK("one serving at a time", ++self->serving <= 1);
        CHECK("serves what it has",
              a->serve.from >= 0 && a->serve.count > 0 && a->serve.from + a->serve.count <= self->height + 1);
        job.kind = ON_SERVED;
        job.ticket = a->serve.ticket;
        job.from = index_of(n, &a->serve.to);
        job.first = a->serve.from;
        job.count = a->serve.count;
        schedule(n, job);
        break;
    case SYNC_DEADLINE:
        CHECK("no deadline in the past", a->deadline_ms >= n->now_ms);
        self->deadline_ms = a->deadline_ms;
        break;
    case SYNC_STATE:
    case SYNC_LOG:
        break;
    }
}

static void step(network *n, size_t at, sync_event event)
{
    node *self = &n->nodes[at];
    event.steady_ms = n->now_ms;
    event.utc_ms = n->now_ms + WALL_MS;
    sync_actions_reset(n->out);
    self->steps++;
    sync_step(self->sync, &event, n->out);
    for (size_t i = 0; i < n->out->count; i++)
        perform(n, at, &n->out->items[i]);
    sync_status status = sync_status_of(self->sync, &n->memory);
    CHECK("knows its own height", status.number == self->height);
    CHECK("downloads only what is ahead", !status.downloading || status.known_highest > self->height);
}

static void tell_chain(network *n, size_t at)
{
    hash256 hash = {{0}};
    write_be64(hash.b, (uint64_t)n->nodes[at].height);
    chain_state chain = {.tip = {.number = n->nodes[at].height, .hash = hash},
                         .nodes = {.sealers = n->ids,
                                   .observers = n->ids + n->config.sealers,
                                   .sealer_count = n->config.sealers,
                                   .observer_count = n->config.observers}};
    step(n, at, (sync_event){.kind = SYNC_EVENT_CHAIN, .chain = &chain});
}

static void tell_sessions(network *n, size_t at)
{
    node_id connected[NODES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n->count; i++)
        if (n->nodes[at].links[i])
            connected[count++] = n->ids[i];
    step(n, at, (sync_event){.kind = SYNC_EVENT_SESSIONS, .sessions = {connected, count}});
}

static void commit(network *n, size_t at, int64_t number)
{
    node *self = &n->nodes[at];
    fake_block *b = &n->blocks[number];
    block *value = block_new();
    value->header.number = number;
    for (size_t i = 0; i < b->tx_count; i++)
        transaction_keep(b->txs[i]);
    block_set_transactions(value, b->txs, b->tx_count);
    txpool_on_block(self->pool, value);
    block_drop(value);
    self->height = number;
    tell_chain(n, at);
}

static void on_verified(network *n, const occurrence *o)
{
    node *self = &n->nodes[o->node];
    transaction **admitted = memory_new_array(o->raw_count, sizeof *admitted);
    size_t count = 0;
    for (size_t i = 0; i < o->raw_count; i++) {
        transaction *tx = transaction_decode(&test_rules, o->raw[i], TX_CHECK_NOTHING, NULL, NULL);
        if (tx == NULL)
            continue;
        tx->sender_known = true;
        if (txpool_admit(self->pool, tx, n->now_ms) == STATUS_OK)
            admitted[count++] = tx; /* the pool owns it */
        transaction_drop(tx);
    }
    self->verifying--;
    step(n, o->node, (sync_event){.kind = SYNC_EVENT_VERIFIED, .verified = {o->ticket, admitted, count}});
    free(admitted);
}

static void on_imported(network *n, const occurrence *o)
{
    node *self = &n->nodes[o->node];
    bool ok = self->height + 1 == o->first && o->first <= n->newest &&
              bytes_equal(bytes_of(o->raw, o->size), n->blocks[o->first].encoded);
    if (ok)
        commit(n, o->node, o->first);
    self->importing--;
    step(n, o->node, (sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {o->ticket, ok}});
}

static void on_served(network *n, const occurrence *o)
{
    int64_t served = happens(n, 100) ? (int64_t)prng_below(&n->random, (uint64_t)o->count + 1) : o->count;
    size_t at = o->node;
    if (served > 0 && o->from < n->count && n->nodes[at].links[o->from]) {
        bytes *blocks = memory_new_array((size_t)served, sizeof *blocks);
        for (int64_t i = 0; i < served; i++)
            blocks[i] = n->blocks[o->first + i].encoded;
        buffer packet = buffer_init(BUFFER_NO_LIMIT);
        sync_encode_blocks(blocks, (size_t)served, &packet);
        send_frame(n, at, &(sync_action){.kind = SYNC_SEND, .send = {&n->ids[o->from], 1, 0, buffer_bytes(&packet)}});
        buffer_free(&packet);
        free(blocks);
    }
    n->nodes[at].serving--;
    step(n, at, (sync_event){.kind = SYNC_EVENT_SERVED, .served = {o->ticket, o->first + served}});
}

static void happen(network *n, const occurrence *o)
{
    if (o->kind == ON_FRAME) {
        if (n->nodes[o->node].links[o->from])
            step(n, o->node, (sync_event){.kind = SYNC_EVENT_MESSAGE,
                                          .message = {n->ids[o->from], o->frame_type, bytes_of(o->payload, o->size)}});
        free(o->payload);
        return;
    }
    if (o->life != n->nodes[o->node].life)
        return;
    if (o->kind == ON_VERIFIED)
        on_verified(n, o);
    else if (o->kind == ON_IMPORTED)
        on_imported(n, o);
    else
        on_served(n, o);
}

void network_run(network *n, uint64_t later_ms)
{
    uint64_t until = n->now_ms + later_ms;
    for (;;) {
        size_t first = 0;
        for (size_t i = 1; i < n->count; i++)
            if (n->nodes[i].deadline_ms < n->nodes[first].deadline_ms)
                first = i;
        uint64_t deadline = n->nodes[first].deadline_ms, next = n->heap_count ? n->heap[0].at_ms : UINT64_MAX;
        if (deadline > until && next > until)
            break;
        if (deadline < next) {
            n->now_ms = deadline;
            n->nodes[first].deadline_ms = SYNC_NO_DEADLINE;
            step(n, first, (sync_event){.kind = SYNC_EVENT_TICK});
        } else {
            n->now_ms = next;
            occurrence o = take_first(n);
            happen(n, &o);
        }
        arena_reset(&n->memory);
    }
    n->now_ms = until;
}

/* ---- Life */

static void start(network *n, size_t at)
{
    node *self = &n->nodes[at];
    self->pool = txpool_new(
        &(txpool_config){.rules = &test_rules, .limit = 5000, .memory_limit_bytes = 1 << 26, .expiration_ms = 6000000});
    txpool_load_block(self->pool, self->height, NULL, 0);
    sync_config config = {.rules = &test_rules,
                          .self = n->ids[at],
                          .pool = self->pool,
                          .seed = prng_next(&n->random),
                          .send_txs_by_tree = true,
                          .sync_block_by_tree = true,
                          .gossip_interval_ms = 1000,
                          .gossip_peers = 3,
                          .txs_max_gossip_peers = 5,
                          .idle_wait_ms = 200,
                          .max_download_bytes = n->config.is_small_memory ? 1000 : 512u << 20};
    self->sync = sync_new(&config);
    self->deadline_ms = SYNC_NO_DEADLINE;
    self->verifying = self->importing = self->serving = 0;
    self->life++;
    tell_chain(n, at);
}

static void stop(node *self)
{
    sync_free(self->sync);
    txpool_free(self->pool);
}

static void add_block(network *n, transaction *const *txs, size_t count)
{
    assert_true(n->newest + 1 < BLOCKS_MAX);
    fake_block *b = &n->blocks[++n->newest];
    buffer e = buffer_init(BUFFER_NO_LIMIT);
    size_t whole = rlp_begin_list(&e), header = rlp_begin_list(&e);
    for (int i = 0; i < 6; i++)
        rlp_write_string(&e, BYTES_EMPTY);
    rlp_write_uint(&e, (uint64_t)n->newest);
    rlp_end_list(&e, header);
    for (size_t i = 0; i < count; i++)
        rlp_write_string(&e, txs[i]->raw);
    uint64_t mark = prng_next(&n->random);
    rlp_write_string(&e, BYTES_OF_VALUE(mark));
    rlp_end_list(&e, whole);
    b->encoded = bytes_of(e.data, e.size);
    for (size_t i = 0; i < count; i++)
        b->txs[b->tx_count++] = transaction_keep(txs[i]);
}

network *network_new(network_config config)
{
    network *n = memory_new(sizeof *n);
    n->config = config;
    n->random = prng_of(config.seed);
    n->now_ms = 1000;
    n->out = memory_new(sizeof *n->out);
    n->count = config.sealers + config.observers;
    n->newest = -1;
    add_block(n, NULL, 0);
    for (size_t i = 0; i < n->count; i++)
        n->ids[i] = (node_id){{(uint8_t)(i + 1), 7}};
    for (size_t i = 0; i < n->count; i++) {
        n->nodes[i].is_liar = i < config.sealers && i + config.liars >= config.sealers;
        start(n, i);
    }
    for (size_t i = 0; i < n->count; i++)
        for (size_t j = 0; j < i; j++)
            network_link(n, i, j, true);
    return n;
}

void network_free(network *n)
{
    while (n->heap_count)
        free(take_first(n).payload);
    for (size_t i = 0; i < n->count; i++)
        stop(&n->nodes[i]);
    for (int64_t i = 0; i <= n->newest; i++) {
        for (size_t j = 0; j < n->blocks[i].tx_count; j++)
            transaction_drop(n->blocks[i].txs[j]);
        free((uint8_t *)n->blocks[i].encoded.data);
    }
    for (uint64_t i = 0; i < n->next_nonce; i++)
        transaction_drop(n->submitted[i]);
    free(n->submitted);
    free(n->heap);
    sync_actions_reset(n->out);
    free(n->out);
    arena_reset(&n->memory);
    free(n);
}

void network_link(network *n, size_t a, size_t b, bool is_up)
{
    if (a == b || n->nodes[a].links[b] == is_up)
        return;
    n->nodes[a].links[b] = n->nodes[b].links[a] = is_up;
    tell_sessions(n, a);
    tell_sessions(n, b);
}

void network_isolate(network *n, size_t at, bool is_up)
{
    for (size_t i = 0; i < n->count; i++)
        network_link(n, at, i, is_up);
}

void network_restart(network *n, size_t at)
{
    bool links[NODES_MAX];
    memcpy(links, n->nodes[at].links, sizeof links);
    network_isolate(n, at, false);
    stop(&n->nodes[at]);
    start(n, at);
    for (size_t i = 0; i < n->count; i++)
        if (links[i])
            network_link(n, at, i, true);
}

void network_stop_faults(network *n)
{
    n->config.lost = n->config.repeated = n->config.damaged = 0;
    for (size_t i = 0; i < n->count; i++)
        network_isolate(n, i, true);
}

bool network_seal(network *n, size_t proposer)
{
    node *leader = &n->nodes[proposer];
    if (leader->height != n->newest || leader->is_liar)
        return false;
    transaction *txs[BLOCK_TXS_MAX];
    size_t count = txpool_pick(leader->pool, BLOCK_TXS_MAX, NULL, n->now_ms, txs);
    add_block(n, txs, count);
    int64_t number = n->newest;
    bool takes_part[NODES_MAX] = {false};
    for (size_t i = 0; i < n->config.sealers; i++)
        takes_part[i] = (i == proposer || leader->links[i]) && n->nodes[i].height == number - 1 && !n->nodes[i].is_liar &&
                        (i == proposer || happens(n, 800));
    for (size_t i = 0; i < n->config.sealers; i++) /* noteSealing, then the commit a little later */
        if (takes_part[i])
            step(n, i, (sync_event){.kind = SYNC_EVENT_SEALING, .sealing = number});
    for (size_t i = 0; i < n->config.sealers; i++)
        if (takes_part[i] && n->nodes[i].height == number - 1)
            commit(n, i, number);
    return true;
}

void network_grow(network *n, int64_t blocks, uint64_t without_mask)
{
    for (int64_t b = 0; b < blocks; b++) {
        add_block(n, NULL, 0);
        for (size_t i = 0; i < n->count; i++)
            if (!(without_mask >> i & 1)) {
                txpool_load_block(n->nodes[i].pool, n->newest, NULL, 0);
                n->nodes[i].height = n->newest;
            }
    }
    for (size_t i = 0; i < n->count; i++)
        tell_chain(n, i);
}

uint64_t network_submit(network *n, size_t at)
{
    uint64_t number = n->next_nonce++;
    /* far from each other, so that damage to one makes no other */
    u256 nonce = {{number, prng_next(&n->random), 0, 0}}, limit = u256_of((uint64_t)n->nodes[at].height + 900);
    size_t size = prng_below(&n->random, 300);
    transaction *tx = test_transaction((test_fields){.nonce = nonce, .block_limit = limit, .data_bytes = size});
    tx->from_rpc = true;
    n->submitted = memory_resize(n->submitted, n->next_nonce, sizeof *n->submitted);
    n->submitted[number] = tx;
    assert_int_equal(txpool_admit(n->nodes[at].pool, tx, n->now_ms), STATUS_OK);
    step(n, at, (sync_event){.kind = SYNC_EVENT_TRANSACTIONS});
    return number;
}

uint64_t network_now_ms(const network *n)
{
    return n->now_ms;
}

int64_t network_height(const network *n, size_t at)
{
    return n->nodes[at].height;
}

int64_t network_newest(const network *n)
{
    return n->newest;
}

size_t network_sealable(network *n, size_t at)
{
    transaction *txs[BLOCK_TXS_MAX];
    return txpool_pick(n->nodes[at].pool, BLOCK_TXS_MAX, NULL, n->now_ms, txs);
}

bool network_has_transaction(const network *n, size_t at, uint64_t number)
{
    const transaction *tx = n->submitted[number];
    if (txpool_find(n->nodes[at].pool, &tx->hash))
        return true;
    for (int64_t b = 0; b <= n->nodes[at].height; b++)
        for (size_t i = 0; i < n->blocks[b].tx_count; i++)
            if (hash256_equal(&n->blocks[b].txs[i]->hash, &tx->hash))
                return true;
    return false;
}

bool network_is_downloading(const network *n, size_t at)
{
    arena a = {0};
    bool result = sync_status_of(n->nodes[at].sync, &a).downloading;
    arena_reset(&a);
    return result;
}

uint64_t network_frames(const network *n)
{
    return n->frames;
}

uint64_t network_steps(const network *n, size_t at)
{
    return n->nodes[at].steps;
}
