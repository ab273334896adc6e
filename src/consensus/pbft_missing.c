#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

void pbft_partial_clear(pbft_partial *s)
{
    for (size_t i = 0; i < s->tx_count; i++)
        transaction_drop(s->txs[i]);
    free(s->txs);
    free(s->missing);
    pbft_proposal_clear(&s->proposal);
    *s = (pbft_partial){0};
}

void pbft_adopt_pool_transactions(const pbft *p, block *b)
{
    for (size_t i = 0; i < b->transaction_count; i++) {
        transaction *known = txpool_find(p->config.pool, &b->transactions[i]->hash);
        /* The raw bytes of a block are hashed by nobody (QUIRK of data-model.md 6.1), so a proposal may carry other raw
           bytes for the same hash; ours mean the same. */
        if (known && known->sender_known) {
            transaction_drop(b->transactions[i]);
            b->transactions[i] = transaction_keep(known);
        }
    }
}

/* Takes what the pool has; lists the rest as missing. */
static void fill_from_pool(pbft *p, pbft_partial *s)
{
    for (size_t i = 0; i < s->tx_count; i++) {
        transaction *known = txpool_find(p->config.pool, &s->tx_hashes[i]);
        if (known)
            s->txs[i] = transaction_keep(known);
        else
            s->missing[s->missing_count++] = (pbft_missing_item){.hash = s->tx_hashes[i], .index = (uint32_t)i};
    }
}

static void request_missing(pbft *p, const pbft_partial *s)
{
    const pbft_request *r = &s->proposal.request;
    pbft_missed ask = {
        .number = r->height, .block_hash = r->block_hash, .items = s->missing, .count = s->missing_count};
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    pbft_get_missed_encode(&ask, &payload);
    pbft_send_raw(p, &p->seats[r->idx].node, PBFT_FRAME_GET_MISSED, &payload);
    buffer_free(&payload);
    actions_log(p->out, LOG_DEBUG, "[CONSENSUS][PBFT]requestMissedTxs,num=%llu,missed=%zu,hash=%s",
                (unsigned long long)r->height, s->missing_count, short_hex_of(BYTES_OF_VALUE(r->block_hash)).text);
}

/* A completed proposal travels on as an ordinary prepare with its full block (5.8). */
static void forward_completed(pbft *p, const pbft_proposal *s)
{
    if (p->config.ttl_optimization ? s->forward_count == 0 : s->ttl <= 1)
        return;
    buffer data = buffer_init(BUFFER_NO_LIMIT);
    pbft_proposal_encode(p, s, &data);
    pbft_packet packet = {.kind = PBFT_PREPARE,
                          .ttl = s->ttl,
                          .data = buffer_bytes(&data),
                          .forward = s->forward,
                          .forward_count = s->forward_count};
    pbft_forward(p, &packet, &s->request, &p->seats[s->request.idx].node);
    buffer_free(&data);
}

/* All transactions are here: the prepare is judged again from the start. Ends the partial. */
static void complete(pbft *p, pbft_partial *s)
{
    pbft_proposal full = s->proposal;
    s->proposal = (pbft_proposal){0};
    block_set_transactions(full.proposal, s->txs, s->tx_count);
    for (size_t i = 0; i < s->tx_count; i++) {
        full.encoded_bytes += s->txs[i]->raw.size;
        s->txs[i] = NULL; /* the block owns it now */
    }
    pbft_partial_clear(s);
    prepare_row fired = pbft_judge_prepare(p, &full.request, full.is_empty);
    if (fired != PREPARE_VALID && fired != PREPARE_FUTURE) {
        pbft_drop(p, "PrepareReq", prepare_row_text(fired));
        pbft_proposal_clear(&full);
        return;
    }
    forward_completed(p, &full);
    if (fired == PREPARE_FUTURE)
        pbft_store_future(p, &full);
    else
        pbft_accept_prepare(p, &full);
}

static bool is_known_partial(const pbft_partial *s, const pbft_request *r)
{
    return s->proposal.proposal && hash256_equal(&s->proposal.request.block_hash, &r->block_hash);
}

/* Decodes the proposal and takes from the pool what is there. false: dropped. */
static bool begin_partial(pbft *p, const pbft_packet *packet, const pbft_request *r, bytes encoded, pbft_partial *out)
{
    error_text why;
    *out = (pbft_partial){0};
    block *b = block_decode_proposal(p->rules, encoded, &out->tx_hashes, &out->tx_count, &why);
    if (b == NULL) {
        pbft_drop(p, "partial PrepareReq", why.text);
        return false;
    }
    block_row fired = pbft_judge_block(p, r, b, packet->is_empty);
    if (fired != BLOCK_VALID || out->tx_count == 0 || out->tx_count > p->tx_count_limit) {
        pbft_drop(p, "partial PrepareReq",
                  fired != BLOCK_VALID ? block_row_text(fired) : "wrong number of transactions");
        block_drop(b);
        return false;
    }
    out->proposal = (pbft_proposal){
        .request = *r, .is_empty = packet->is_empty, .proposal = b, .ttl = packet->ttl, .encoded_bytes = encoded.size};
    if (packet->forward_count) {
        out->proposal.forward = memory_new_array(packet->forward_count, sizeof(node_id));
        memcpy(out->proposal.forward, packet->forward, packet->forward_count * sizeof(node_id));
        out->proposal.forward_count = packet->forward_count;
    }
    out->txs = memory_new_array(out->tx_count, sizeof *out->txs);
    out->missing = memory_new_array(out->tx_count, sizeof *out->missing);
    fill_from_pool(p, out);
    return true;
}

/* Of two partial prepares ahead of us the one farther ahead is kept (5.7 step 2). */
static bool is_farther(const pbft_request *a, const pbft_request *b)
{
    return a->height != b->height ? a->height > b->height : a->view > b->view;
}

void pbft_on_partial(pbft *p, const pbft_packet *packet, const node_id *from)
{
    (void)from;
    pbft_request r;
    bytes encoded;
    error_text why;
    if (packet->kind != PBFT_PREPARE || !pbft_prepare_decode(packet->data, &r, &encoded, &why)) {
        pbft_drop(p, "partial PrepareReq", packet->kind != PBFT_PREPARE ? "not a prepare" : why.text);
        return;
    }
    prepare_row fired = pbft_judge_prepare(p, &r, packet->is_empty);
    if (fired != PREPARE_VALID && fired != PREPARE_FUTURE) {
        pbft_drop(p, "partial PrepareReq", prepare_row_text(fired));
        return;
    }
    pbft_partial *place = fired == PREPARE_VALID ? &p->partial_raw : &p->partial_future, fresh;
    if (is_known_partial(place, &r) || !begin_partial(p, packet, &r, encoded, &fresh))
        return;
    pbft_see_view(p, &r);
    if (fresh.missing_count == 0) {
        complete(p, &fresh);
    } else if (fired == PREPARE_FUTURE && place->proposal.proposal && !is_farther(&r, &place->proposal.request)) {
        pbft_partial_clear(&fresh);
    } else {
        pbft_partial_clear(place);
        *place = fresh;
        request_missing(p, place);
    }
}

static void retry(pbft *p, pbft_partial *s)
{
    if (s->proposal.proposal == NULL)
        return;
    for (size_t i = 0; i < s->missing_count; i++) {
        transaction **tx = &s->txs[s->missing[i].index], *known = NULL;
        if (*tx == NULL && (known = txpool_find(p->config.pool, &s->missing[i].hash)) == NULL)
            return;
        if (*tx == NULL)
            *tx = transaction_keep(known);
    }
    complete(p, s);
}

/* Gossip may bring what a lost answer did not. */
void pbft_retry_partial(pbft *p)
{
    retry(p, &p->partial_raw);
    retry(p, &p->partial_future);
}

/* The transactions of an answer, in the order asked for, each with the hash asked for. */
static bool take_answer(pbft *p, pbft_partial *s, const pbft_missed *m, error_text *why)
{
    arena a = {0};
    bytes *raw;
    size_t count, taken = 0;
    bool is_good = transactions_split(m->transactions, s->missing_count, &a, &raw, &count, why);
    if (is_good && count != s->missing_count)
        is_good = error_set(why, "%zu transactions instead of %zu", count, s->missing_count);
    transaction **txs = arena_take_array(&a, s->missing_count, sizeof *txs);
    for (; is_good && taken < count; taken++) {
        txs[taken] = transaction_decode(p->rules, raw[taken], TX_CHECK_NOTHING, NULL, why);
        if (txs[taken] == NULL)
            is_good = false;
        else if (!hash256_equal(&txs[taken]->hash, &s->missing[taken].hash))
            is_good = error_set(why, "transaction %zu is not the one asked for", taken);
    }
    for (size_t i = 0; i < taken; i++) {
        transaction **place = &s->txs[s->missing[i].index];
        if (is_good && *place == NULL)
            *place = txs[i];
        else
            transaction_drop(txs[i]);
    }
    arena_reset(&a);
    return is_good;
}

void pbft_on_missed(pbft *p, bytes payload)
{
    pbft_missed m;
    error_text why;
    if (!pbft_missed_decode(payload, &m, &why)) {
        pbft_drop(p, "MissedTxs", why.text);
        return;
    }
    pbft_partial *s = &p->partial_future;
    if (s->proposal.proposal == NULL || !hash256_equal(&s->proposal.request.block_hash, &m.block_hash))
        s = &p->partial_raw;
    if (s->proposal.proposal == NULL || !hash256_equal(&s->proposal.request.block_hash, &m.block_hash) ||
        s->proposal.request.height != m.number) {
        pbft_drop(p, "MissedTxs", "nothing is missing in that block");
        return;
    }
    if (!take_answer(p, s, &m, &why)) {
        pbft_drop(p, "MissedTxs", why.text);
        return;
    }
    complete(p, s);
}

/* HARDEN: indexes ascend, so that an answer is never larger than the block; sealers only. */
static bool can_serve(const block *b, const pbft_missed *m, error_text *why)
{
    for (size_t i = 0; i < m->count; i++) {
        uint32_t index = m->items[i].index;
        if (index >= b->transaction_count)
            return error_set(why, "index %u of %zu transactions", index, b->transaction_count);
        if (i > 0 && index <= m->items[i - 1].index)
            return error_set(why, "indexes do not ascend");
        if (!hash256_equal(&b->transactions[index]->hash, &m->items[i].hash))
            return error_set(why, "transaction %u has another hash", index);
    }
    return true;
}

void pbft_on_get_missed(pbft *p, bytes payload, const node_id *from)
{
    arena a = {0};
    pbft_missed m;
    error_text why = {""};
    const block *b = p->raw.proposal;
    bool is_good = pbft_get_missed_decode(payload, &a, &m, &why);
    if (is_good && (b == NULL || m.number != p->raw.request.height || m.count == 0 ||
                    !hash256_equal(&m.block_hash, &p->raw.request.block_hash)))
        is_good = error_set(&why, "not the block under consensus");
    if (!is_good || !can_serve(b, &m, &why)) {
        pbft_drop(p, "GetMissedTxs", why.text);
        arena_reset(&a);
        return;
    }
    transaction **txs = arena_take_array(&a, m.count, sizeof *txs);
    for (size_t i = 0; i < m.count; i++)
        txs[i] = b->transactions[m.items[i].index];
    buffer list = buffer_init(BUFFER_NO_LIMIT), answer = buffer_init(BUFFER_NO_LIMIT);
    transactions_encode(txs, m.count, &list);
    m.transactions = buffer_bytes(&list);
    pbft_missed_encode(&m, &answer);
    pbft_send_raw(p, from, PBFT_FRAME_MISSED, &answer);
    buffer_free(&list);
    buffer_free(&answer);
    arena_reset(&a);
}
