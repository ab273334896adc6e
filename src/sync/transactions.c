/* Spreading transactions and receiving them (consensus.md 8.4). Transactions of clients are pushed in the step that
   learns of them; what others brought is announced to some sealers after a short delay, in which a push may make that
   needless. */
#include "sync/machine.h"
#include "base/memory.h"

#include <stdlib.h>

/* How many of the first transactions go into one packet. */
static size_t packet_share(transaction *const *txs, size_t count)
{
    size_t taken = 0, size = 0;
    while (taken < count && taken < TXS_PER_ROUND) {
        size += txs[taken]->raw.size;
        if (taken > 0 && size > PUSH_PACKET_BYTES)
            break;
        taken++;
    }
    return taken;
}

static void send_transactions(sync_machine *s, const node_id *to, size_t to_count, transaction *const *txs, size_t count,
                              uint16_t frame_type, bool has_index, uint64_t index)
{
    for (size_t done = 0, taken; done < count && to_count > 0;) {
        taken = packet_share(txs + done, count - done);
        buffer list = buffer_init(BUFFER_NO_LIMIT);
        transactions_encode(txs + done, taken, &list);
        sync_packet packet = {.type = SYNC_PACKET_TRANSACTIONS};
        packet.transactions.list = buffer_bytes(&list);
        packet.transactions.has_index = has_index;
        packet.transactions.index = index;
        emit_packet(s, to, to_count, frame_type, &packet);
        buffer_free(&list);
        done += taken;
    }
}

/* ---- Push: step 2 of 8.4 */

/* To whom our clients' transactions go, and the index that says so. All of them are known to nobody, so it is one list
 * for all. */
static size_t push_targets(sync_machine *s, node_id *out, uint64_t *index)
{
    *index = 0;
    if (!s->config.send_txs_by_tree) {
        if (s->sealer_peers.count)
            memcpy(out, s->sealer_peers.ids, s->sealer_peers.count * sizeof *out);
        return s->sealer_peers.count;
    }
    ptrdiff_t root = node_span_find(span_of(&s->sealers), &s->config.self);
    if (root == NODE_ABSENT) { /* an observer begins at a random sealer; here, unlike the reference, at one that is connected */
        size_t chosen = (size_t)prng_below(&s->random, s->sealer_peers.count);
        root = node_span_find(span_of(&s->sealers), &s->sealer_peers.ids[chosen]);
    }
    *index = (uint64_t)root;
    tree t = {span_of(&s->sealers), span_of(&s->peer_ids), *index, TREE_WIDTH};
    return tree_select(&t, &s->config.self, true, out);
}

static void push(sync_machine *s, transaction *const *txs, size_t count)
{
    transaction **own = arena_take_array(&s->out->memory, count, sizeof *own);
    size_t own_count = 0;
    for (size_t i = 0; i < count; i++)
        if (txs[i]->from_rpc && !txpool_is_known_by_anybody(s->config.pool, &txs[i]->hash))
            own[own_count++] = txs[i];
    if (own_count == 0)
        return;
    node_id *to = arena_take_array(&s->out->memory, s->sealers.count, sizeof *to);
    uint64_t index;
    size_t to_count = push_targets(s, to, &index);
    if (to_count == 0)
        return; /* unmarked: they are announced instead */
    for (size_t i = 0; i < own_count; i++) {
        txpool_mark_known_by(s->config.pool, &own[i]->hash, &s->config.self);
        for (size_t j = 0; j < to_count; j++)
            txpool_mark_known_by(s->config.pool, &own[i]->hash, &to[j]);
    }
    send_transactions(s, to, to_count, own, own_count, SYNC_FRAME_FORWARD, s->config.send_txs_by_tree, index);
}

/* ---- Announcements: step 3 of 8.4 */

typedef struct {
    size_t target;
    const hash256 *hash;
} announcement;

static int compare_announcements(const void *a, const void *b)
{
    const announcement *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return memcmp(x->hash, y->hash, sizeof *x->hash);
}

/* Draws up to `wanted` sealers that do not know the transaction. `draw` is some permutation of them all; it stays one. */
static size_t draw_targets(sync_machine *s, const hash256 *hash, size_t *draw, size_t wanted)
{
    size_t count = s->sealer_peers.count, found = 0;
    for (size_t end = count; end > found && found < wanted;) {
        size_t at = found + (size_t)prng_below(&s->random, end - found), candidate = draw[at];
        if (txpool_is_known_by(s->config.pool, hash, &s->sealer_peers.ids[candidate])) {
            draw[at] = draw[--end];
            draw[end] = candidate;
        } else {
            draw[at] = draw[found];
            draw[found++] = candidate;
        }
    }
    return found;
}

/* One TxsStatus for each target and each TXS_PER_ROUND hashes. */
static void send_announcements(sync_machine *s, const announcement *all, size_t count)
{
    hash256 *list = arena_take_array(&s->out->memory, count, sizeof *list);
    for (size_t first = 0, i = 0; i < count; i++) {
        list[i] = *all[i].hash;
        size_t taken = i + 1 - first;
        if (i + 1 < count && all[i + 1].target == all[first].target && taken < TXS_PER_ROUND)
            continue;
        sync_packet packet = {.type = SYNC_PACKET_TXS_STATUS, .hashes = {s->number, list + first, taken}};
        emit_packet(s, &s->sealer_peers.ids[all[first].target], 1, SYNC_FRAME_PLAIN, &packet);
        first = i + 1;
    }
}

static void announce_some(sync_machine *s, const hash256 *hashes, size_t count, size_t *draw, size_t wanted)
{
    size_t found = 0;
    announcement *all = arena_take_array(&s->out->memory, count * wanted, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        if (!txpool_find(s->config.pool, &hashes[i]) || txpool_is_known_by(s->config.pool, &hashes[i], &s->config.self))
            continue;
        size_t targets = draw_targets(s, &hashes[i], draw, wanted);
        for (size_t j = 0; j < targets; j++) {
            all[found++] = (announcement){draw[j], &hashes[i]};
            txpool_mark_known_by(s->config.pool, &hashes[i], &s->sealer_peers.ids[draw[j]]);
        }
        txpool_mark_known_by(s->config.pool, &hashes[i], &s->config.self);
    }
    qsort(all, found, sizeof *all, compare_announcements);
    send_announcements(s, all, found);
}

/* As many as the action list has room for; the rest goes with the next step, at once. Without a sealer it waits for one. */
static void announce(sync_machine *s)
{
    transaction_flow *f = &s->flow;
    f->announce_at_ms = NEVER;
    if (s->sealer_peers.count == 0)
        return;
    size_t sealers = s->sealer_peers.count, wanted = (sealers * ANNOUNCE_PERCENT + 99) / 100, done = 0;
    if (wanted > s->config.txs_max_gossip_peers)
        wanted = s->config.txs_max_gossip_peers;
    size_t *draw = arena_take_array(&s->out->memory, sealers, sizeof *draw);
    for (size_t i = 0; i < sealers; i++)
        draw[i] = i;
    size_t slice = (sealers <= ANNOUNCE_FEW ? ANNOUNCEMENTS_TO_FEW : ANNOUNCEMENTS_TO_MANY) / (wanted + 1) + 1;
    while (done < f->announce_count && s->out->count + ANNOUNCE_FRAMES_MAX < SYNC_ACTIONS_MAX) {
        size_t left = f->announce_count - done, now = left < slice ? left : slice;
        announce_some(s, f->announce + done, now, draw, wanted);
        done += now;
    }
    f->announce_count -= done;
    if (f->announce_count == 0)
        return;
    memmove(f->announce, f->announce + done, f->announce_count * sizeof *f->announce);
    f->announce_at_ms = s->now_ms;
}

static void announce_later(sync_machine *s, transaction *const *txs, size_t count)
{
    transaction_flow *f = &s->flow;
    for (size_t i = 0; i < count; i++) {
        if (txpool_is_known_by(s->config.pool, &txs[i]->hash, &s->config.self))
            continue;
        if (f->announce_count == f->announce_capacity) {
            f->announce_capacity = f->announce_capacity ? f->announce_capacity * 2 : 256;
            f->announce = memory_resize(f->announce, f->announce_capacity, sizeof *f->announce);
        }
        if (f->announce_at_ms == NEVER)
            f->announce_at_ms = s->now_ms + ANNOUNCE_DELAY_MS;
        f->announce[f->announce_count++] = txs[i]->hash;
    }
}

/* HARDEN: without any sealer to send to, the transactions stay unannounced until there is one; the reference forgets
 * them. */
void transactions_spread(sync_machine *s)
{
    transaction_flow *f = &s->flow;
    f->more_to_spread = false;
    if (!s->is_member || s->sealer_peers.count == 0)
        return;
    if (f->announce_count > 0 && f->announce_at_ms == NEVER)
        f->announce_at_ms = s->now_ms + ANNOUNCE_DELAY_MS;
    if (txpool_unannounced(s->config.pool) == 0)
        return;
    transaction **txs = memory_new_array(TXS_PER_ROUND, sizeof *txs);
    for (int round = 0; round < ROUNDS_PER_STEP; round++) {
        if (f->announce_count > ANNOUNCE_WAITING_MAX - TXS_PER_ROUND)
            announce(s);
        if (f->announce_count > ANNOUNCE_WAITING_MAX - TXS_PER_ROUND)
            break; /* no room in this step: go on in the next */
        size_t count = txpool_take_unannounced(s->config.pool, TXS_PER_ROUND, txs);
        if (count == 0)
            break;
        push(s, txs, count);
        announce_later(s, txs, count);
    }
    free(txs);
    f->more_to_spread = txpool_unannounced(s->config.pool) > 0;
}

void transactions_on_time(sync_machine *s)
{
    if (s->flow.more_to_spread)
        transactions_spread(s);
    if (s->flow.announce_at_ms <= s->now_ms)
        announce(s);
}

uint64_t transactions_deadline_ms(const sync_machine *s)
{
    return s->flow.more_to_spread ? s->now_ms : s->flow.announce_at_ms;
}

void transactions_fast_forward(sync_machine *s, const node_id *to, size_t count, uint64_t index)
{
    size_t pending = txpool_size(s->config.pool);
    transaction **txs = memory_new_array(pending, sizeof *txs);
    pending = txpool_list(s->config.pool, txs, pending);
    send_transactions(s, to, count, txs, pending, SYNC_FRAME_PLAIN, s->config.send_txs_by_tree, index);
    free(txs);
}

void transactions_on_request(sync_machine *s, const node_id *from, const sync_packet *packet)
{
    transaction **found = arena_take_array(&s->out->memory, packet->hashes.count, sizeof *found);
    size_t count = 0;
    for (size_t i = 0; i < packet->hashes.count; i++) {
        transaction *tx = txpool_find(s->config.pool, &packet->hashes.hashes[i]);
        if (tx == NULL)
            continue;
        found[count++] = tx;
        txpool_mark_known_by(s->config.pool, &tx->hash, from);
    }
    send_transactions(s, from, 1, found, count, SYNC_FRAME_PLAIN, false, 0);
}

/* ---- Receiving */

static void free_packet(received_packet *p)
{
    free(p->list);
    arena_reset(&p->memory);
    free(p);
}

/* A client's transactions travel on along the tree before they are looked at (8.4). Notes who will know them. */
static void forward(sync_machine *s, const node_id *from, bytes payload, uint64_t index, received_packet *p)
{
    tree t = {span_of(&s->sealers), span_of(&s->peer_ids), index, TREE_WIDTH};
    size_t room = 2 * s->sealers.count;
    p->knowers = arena_take_array(&p->memory, room, sizeof *p->knowers);
    size_t targets = tree_select(&t, &s->config.self, false, p->knowers), kept = 0;
    for (size_t i = 0; i < targets; i++)
        if (!node_id_equal(&p->knowers[i], from))
            p->knowers[kept++] = p->knowers[i];
    emit_frame(s, p->knowers, kept, SYNC_FRAME_FORWARD, arena_copy(&s->out->memory, payload));
    p->knower_count = kept + tree_ancestors(&t, &s->config.self, p->knowers + kept);
}

static void start_batch(sync_machine *s, verify_batch *b)
{
    transaction_flow *f = &s->flow;
    received_packet **end = &b->packets;
    size_t count = 0;
    while (f->oldest && count < VERIFY_BATCH_TXS) {
        received_packet *p = f->oldest;
        f->oldest = p->next;
        f->waiting--;
        f->waiting_bytes -= p->list_bytes;
        p->next = NULL;
        *end = p;
        end = &p->next;
        count += p->raw_count;
    }
    if (f->oldest == NULL)
        f->newest = NULL;
    b->raw = memory_new_array(count, sizeof *b->raw);
    for (received_packet *p = b->packets; p; p = p->next) {
        memcpy(b->raw + b->raw_count, p->raw, p->raw_count * sizeof *b->raw);
        b->raw_count += p->raw_count;
    }
    b->is_busy = true;
    b->ticket = s->next_ticket++;
    sync_action *action = emit_job(s, SYNC_VERIFY);
    action->verify.ticket = b->ticket;
    action->verify.raw = b->raw;
    action->verify.count = b->raw_count;
    action->verify.from = b->packets->from;
}

static void verify_next(sync_machine *s)
{
    for (size_t i = 0; i < SYNC_VERIFY_JOBS_MAX && s->flow.oldest; i++)
        if (!s->flow.batches[i].is_busy)
            start_batch(s, &s->flow.batches[i]);
}

void transactions_on_packet(sync_machine *s, const node_id *from, uint16_t frame_type, bytes payload,
                            const sync_packet *packet)
{
    transaction_flow *f = &s->flow;
    received_packet *p = memory_new(sizeof *p);
    p->from = *from;
    if (frame_type == SYNC_FRAME_FORWARD && s->config.send_txs_by_tree && packet->transactions.has_index)
        forward(s, from, payload, packet->transactions.index, p);
    size_t size = packet->transactions.list.size;
    if (txpool_is_full(s->config.pool) || f->waiting >= RECEIVED_PACKETS_MAX ||
        size > RECEIVED_BYTES_MAX - f->waiting_bytes) {
        s->dropped_packets++;
        free_packet(p);
        return;
    }
    p->list = memory_new(size);
    if (size)
        memcpy(p->list, packet->transactions.list.data, size);
    p->list_bytes = size;
    error_text why;
    if (!transactions_split(bytes_of(p->list, size), SYNC_PACKET_TXS_MAX, &p->memory, &p->raw, &p->raw_count, &why)) {
        refuse_packet(s, from, why.text);
        free_packet(p);
        return;
    }
    if (p->raw_count == 0) {
        free_packet(p);
        return;
    }
    *(f->newest ? &f->newest->next : &f->oldest) = p;
    f->newest = p;
    f->waiting++;
    f->waiting_bytes += size;
    verify_next(s);
}

static void mark_knowers(sync_machine *s, const received_packet *p, const transaction *tx)
{
    txpool_mark_known_by(s->config.pool, &tx->hash, &p->from);
    for (size_t i = 0; i < p->knower_count; i++)
        txpool_mark_known_by(s->config.pool, &tx->hash, &p->knowers[i]);
    requests_on_arrival(s, &tx->hash);
}

/* Finds the packet of each admitted transaction by its raw bytes; one pass when they come in the order of the batch. */
static void mark_admitted(sync_machine *s, const verify_batch *b, transaction *const *admitted, size_t count)
{
    received_packet *p = b->packets;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t looked = 0; looked < b->raw_count; looked++) {
            bool is_it = bytes_equal(admitted[i]->raw, p->raw[at]);
            if (is_it)
                mark_knowers(s, p, admitted[i]);
            if (++at == p->raw_count) {
                p = p->next ? p->next : b->packets;
                at = 0;
            }
            if (is_it)
                break;
        }
    }
}

static void end_batch(verify_batch *b)
{
    for (received_packet *p = b->packets, *next; p; p = next) {
        next = p->next;
        free_packet(p);
    }
    free(b->raw);
    *b = (verify_batch){0};
}

void transactions_on_verified(sync_machine *s, uint64_t ticket, transaction *const *admitted, size_t count)
{
    for (size_t i = 0; i < SYNC_VERIFY_JOBS_MAX; i++) {
        verify_batch *b = &s->flow.batches[i];
        if (!b->is_busy || b->ticket != ticket)
            continue;
        mark_admitted(s, b, admitted, count);
        end_batch(b);
        verify_next(s);
        transactions_spread(s);
        return;
    }
}

void transactions_forget(sync_machine *s)
{
    s->flow.announce_count = 0;
    s->flow.announce_at_ms = NEVER;
    requests_free(s);
    s->requests = (tx_requests){.by_hash = map_init(s->config.seed)};
    txpool_forget_marks(s->config.pool);
}

void transactions_free(sync_machine *s)
{
    for (size_t i = 0; i < SYNC_VERIFY_JOBS_MAX; i++)
        end_batch(&s->flow.batches[i]);
    for (received_packet *p = s->flow.oldest, *next; p; p = next) {
        next = p->next;
        free_packet(p);
    }
    free(s->flow.announce);
}
