#include "txpool/txpool.h"
#include "base/mutant.h"
#include "base/memory.h"
#include "txpool/hash_queue.h"
#include "txpool/known_by.h"
#include "txpool/nonces.h"
#include "txpool/order.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    order_link by_time, unannounced;
    transaction *tx; /* one owner is the pool */
    bool is_announced;
    known_by known;
} pending;

struct txpool {
    txpool_config config;
    order by_time, unannounced;
    map by_hash;          /* -> pending */
    map by_nonce;         /* -> pending: "poolNonces" */
    nonce_window chain;   /* "chainNonces" */
    int64_t head_number;  /* B of consensus.md 2.2 */
    size_t memory_bytes;
    uint64_t sequence;
    hash_queue dropped, refused;
    node_numbers nodes;
};

#define PENDING_OF(link, member) ((pending *)((char *)(link) - offsetof(pending, member)))

txpool *txpool_new(const txpool_config *config)
{
    txpool *p = memory_new(sizeof *p);
    uint64_t seed = config->seed;
    *p = (txpool){
        .config = *config,
        .by_time = order_init(seed),
        .unannounced = order_init(~seed),
        .by_hash = map_init(seed),
        .by_nonce = map_init(seed),
        .chain = nonce_window_new(seed),
        .dropped = hash_queue_init(seed, TXPOOL_DROPPED_MAX),
        .refused = hash_queue_init(seed, TXPOOL_REFUSED_MAX),
        .nodes = {.by_id = map_init(seed)},
    };
    return p;
}

static size_t capacity_of(const transaction *tx)
{
    return tx->data.size + tx->raw.size + tx->extra_data.size;
}

static pending *find(const txpool *p, const hash256 *hash)
{
    return map_get(&p->by_hash, BYTES_OF_VALUE(*hash));
}

static void remove_pending(txpool *p, pending *item)
{
    transaction *tx = item->tx;
    order_remove(&p->by_time, &item->by_time);
    if (!item->is_announced)
        order_remove(&p->unannounced, &item->unannounced);
    map_remove(&p->by_hash, BYTES_OF_VALUE(tx->hash));
    map_remove(&p->by_nonce, BYTES_OF_VALUE(tx->nonce));
    p->memory_bytes -= capacity_of(tx);
    known_by_clear(&item->known);
    transaction_drop(tx);
    free(item);
}

/* "Invalid removal" of consensus.md 2.5. */
static void refuse_pending(txpool *p, pending *item)
{
    hash_queue_put(&p->dropped, &item->tx->hash);
    hash_queue_put(&p->refused, &item->tx->hash);
    remove_pending(p, item);
}

void txpool_free(txpool *p)
{
    if (p == NULL)
        return;
    while (p->by_time.first)
        remove_pending(p, PENDING_OF(p->by_time.first, by_time));
    map_free(&p->by_hash);
    map_free(&p->by_nonce);
    nonce_window_free(&p->chain);
    hash_queue_free(&p->dropped);
    hash_queue_free(&p->refused);
    node_numbers_free(&p->nodes);
    free(p);
}

void txpool_load_block(txpool *p, int64_t number, const u256 *nonces, size_t count)
{
    nonce_window_add(&p->chain, number, nonces, count);
    p->head_number = number;
}

void txpool_on_block(txpool *p, const block *b)
{
    u256 *nonces = memory_new_array(b->transaction_count, sizeof *nonces);
    for (size_t i = 0; i < b->transaction_count; i++) {
        nonces[i] = b->transactions[i]->nonce;
        pending *item = find(p, &b->transactions[i]->hash);
        if (item)
            remove_pending(p, item);
    }
    txpool_load_block(p, b->header.number, nonces, b->transaction_count);
    free(nonces);
}

static bool block_limit_is_valid(const txpool *p, const transaction *tx)
{
    /* 2^256 - 1, refused by name in the specification, is above every window. */
    if (IS_MUTANT(MUTANT_LIMIT_NOT_CHECKED))
        return true;
    return u256_fits_u64(tx->block_limit) && tx->block_limit.limb[0] > (uint64_t)p->head_number &&
           tx->block_limit.limb[0] <= (uint64_t)p->head_number + TXPOOL_BLOCK_LIMIT_WINDOW;
}

static bool is_expired(const txpool *p, const pending *item, uint64_t now_ms)
{
    return now_ms > item->by_time.time_ms && now_ms - item->by_time.time_ms > p->config.expiration_ms;
}

/* ---- Admission: the rows of consensus.md 2.2. Each check says whether the transaction passes; none changes the pool. */

static bool fits_memory(const txpool *p, transaction *tx)
{
    size_t used = p->memory_bytes, limit = p->config.memory_limit_bytes;
    return used <= limit && capacity_of(tx) <= limit - used;
}

static bool fits_count(const txpool *p, transaction *tx)
{
    (void)tx;
    return !txpool_is_full(p);
}

static bool is_new(const txpool *p, transaction *tx)
{
    return find(p, &tx->hash) == NULL;
}

static bool was_not_dropped(const txpool *p, transaction *tx)
{
    return !hash_queue_has(&p->dropped, &tx->hash);
}

static bool is_nonce_fresh_in_chain(const txpool *p, transaction *tx)
{
    return !u256_equal(tx->nonce, U256_MAX) && !nonce_window_has(&p->chain, &tx->nonce);
}

static bool is_block_limit_valid(const txpool *p, transaction *tx)
{
    return block_limit_is_valid(p, tx);
}

static bool has_sender(const txpool *p, transaction *tx)
{
    return tx->sender_known || transaction_recover_sender(p->config.rules, tx);
}

static bool is_chain_id_right(const txpool *p, transaction *tx)
{
    return !rules_have(p->config.rules, GATE_RC2_ENCODING) ||
           u256_equal(tx->chain_id, u256_of(p->config.rules->chain_id));
}

static bool is_group_id_right(const txpool *p, transaction *tx)
{
    return !rules_have(p->config.rules, GATE_RC2_ENCODING) ||
           u256_equal(tx->group_id, u256_of((uint64_t)p->config.rules->group_id));
}

static bool is_nonce_fresh_in_pool(const txpool *p, transaction *tx)
{
    return map_get(&p->by_nonce, BYTES_OF_VALUE(tx->nonce)) == NULL;
}

typedef struct {
    const char *name; /* the text of the synchronous path */
    bool (*passes)(const txpool *p, transaction *tx);
    transaction_status status;
} admission_row;

static const admission_row admission[] = {
    {"OverGroupMemoryLimit", fits_memory, STATUS_OVER_GROUP_MEMORY_LIMIT},
    {"TransactionPoolIsFull", fits_count, STATUS_TX_POOL_IS_FULL},
    {"TransactionAlreadyKown", is_new, STATUS_ALREADY_KNOWN}, /* sic */
    {"TransactionAlreadyInChain", was_not_dropped, STATUS_ALREADY_IN_CHAIN},
    {"TransactionNonceCheckFail", is_nonce_fresh_in_chain, STATUS_NONCE_CHECK_FAIL},
    {"BlockLimitCheckFailed", is_block_limit_valid, STATUS_BLOCK_LIMIT_CHECK_FAIL},
    {"TransactionSubmitFailed", has_sender, STATUS_MALFORMED_TX},
    {"InvalidChainId", is_chain_id_right, STATUS_INVALID_CHAIN_ID},    /* HARDEN: these two stand behind the pool's */
    {"InvalidGroupId", is_group_id_right, STATUS_INVALID_GROUP_ID},    /* nonce check in the reference */
    {"TxPoolNonceCheckFail", is_nonce_fresh_in_pool, STATUS_NONCE_CHECK_FAIL},
};

static void take_in(txpool *p, transaction *tx, uint64_t now_ms)
{
    pending *item = memory_new(sizeof *item);
    item->tx = transaction_keep(tx);
    p->sequence++;
    order_insert(&p->by_time, &item->by_time, now_ms, p->sequence);
    order_insert(&p->unannounced, &item->unannounced, now_ms, p->sequence);
    map_put(&p->by_hash, BYTES_OF_VALUE(tx->hash), item);
    map_put(&p->by_nonce, BYTES_OF_VALUE(tx->nonce), item);
    p->memory_bytes += capacity_of(tx);
}

static const admission_row *admit(txpool *p, transaction *tx, uint64_t now_ms)
{
    for (size_t i = 0; i < COUNT(admission); i++)
        if (!admission[i].passes(p, tx))
            return &admission[i];
    take_in(p, tx, now_ms);
    return NULL;
}

transaction_status txpool_admit(txpool *p, transaction *tx, uint64_t now_ms)
{
    const admission_row *refusal = admit(p, tx, now_ms);
    return refusal ? refusal->status : STATUS_OK;
}

transaction_status txpool_submit(txpool *p, transaction *tx, uint64_t now_ms, error_text *why)
{
    const admission_row *refusal = admit(p, tx, now_ms);
    if (refusal == NULL)
        return STATUS_OK;
    char limit[U256_DECIMAL_BYTES];
    bool names_limit = refusal->status == STATUS_BLOCK_LIMIT_CHECK_FAIL;
    if (names_limit)
        u256_to_decimal(tx->block_limit, limit);
    const uint8_t *h = tx->hash.b;
    error_set(why, "%s%s%s, txHash=%02x%02x%02x%02x...", refusal->name, names_limit ? ", txBlockLimit=" : "",
              names_limit ? limit : "", h[0], h[1], h[2], h[3]);
    return refusal->status;
}

/* ---- Looking and picking */

size_t txpool_size(const txpool *p)
{
    return p->by_hash.count;
}

size_t txpool_memory_bytes(const txpool *p)
{
    return p->memory_bytes;
}

bool txpool_is_full(const txpool *p)
{
    return p->by_hash.count >= p->config.limit;
}

transaction *txpool_find(const txpool *p, const hash256 *hash)
{
    pending *item = find(p, hash);
    return item ? item->tx : NULL;
}

size_t txpool_pick(txpool *p, size_t limit, const map *avoid, uint64_t now_ms, transaction **out)
{
    size_t count = 0;
    for (order_link *link = p->by_time.first, *next; link && count < limit; link = next) {
        next = link->next;
        pending *item = PENDING_OF(link, by_time);
        if (nonce_window_has(&p->chain, &item->tx->nonce))
            continue; /* QUIRK of 2.4: kept until its block limit or time is over */
        if (!block_limit_is_valid(p, item->tx) || is_expired(p, item, now_ms))
            refuse_pending(p, item);
        else if (avoid == NULL || map_get(avoid, BYTES_OF_VALUE(item->tx->hash)) == NULL)
            out[count++] = item->tx;
    }
    return count;
}

bool txpool_may_run_next(const txpool *p, const transaction *tx)
{
    uint64_t head = (uint64_t)p->head_number;
    if (IS_MUTANT(MUTANT_LIMIT_NOT_CHECKED))
        return !nonce_window_has(&p->chain, &tx->nonce);
    return !nonce_window_has(&p->chain, &tx->nonce) && u256_fits_u64(tx->block_limit) && tx->block_limit.limb[0] >= head &&
           tx->block_limit.limb[0] <= head + TXPOOL_BLOCK_LIMIT_WINDOW;
}

size_t txpool_list(const txpool *p, transaction **out, size_t max)
{
    size_t count = 0;
    for (order_link *link = p->by_time.first; link && count < max; link = link->next)
        out[count++] = PENDING_OF(link, by_time)->tx;
    return count;
}

void txpool_expire(txpool *p, uint64_t now_ms)
{
    for (size_t turn = 0; turn < TXPOOL_EXPIRE_MAX && p->by_time.first; turn++) {
        pending *oldest = PENDING_OF(p->by_time.first, by_time);
        if (!is_expired(p, oldest, now_ms))
            return;
        refuse_pending(p, oldest);
    }
}

bool txpool_was_dropped(const txpool *p, const hash256 *hash)
{
    return hash_queue_has(&p->dropped, hash);
}

bool txpool_take_refused(txpool *p, hash256 *hash)
{
    return hash_queue_take(&p->refused, hash);
}

/* ---- Marks */

size_t txpool_take_unannounced(txpool *p, size_t limit, transaction **out)
{
    size_t count = 0;
    while (count < limit && p->unannounced.first) {
        pending *item = PENDING_OF(p->unannounced.first, unannounced);
        order_remove(&p->unannounced, &item->unannounced);
        item->is_announced = true;
        out[count++] = item->tx;
    }
    return count;
}

size_t txpool_unannounced(const txpool *p)
{
    return p->unannounced.count;
}

void txpool_mark_known_by(txpool *p, const hash256 *hash, const node_id *node)
{
    pending *item = find(p, hash);
    if (item)
        known_by_add(&item->known, &p->nodes, node);
}

bool txpool_is_known_by(const txpool *p, const hash256 *hash, const node_id *node)
{
    const pending *item = find(p, hash);
    return item && known_by_has(&item->known, &p->nodes, node);
}

bool txpool_is_known_by_anybody(const txpool *p, const hash256 *hash)
{
    const pending *item = find(p, hash);
    return item && !known_by_is_empty(&item->known);
}

void txpool_forget_marks(txpool *p)
{
    for (order_link *link = p->by_time.first; link; link = link->next) {
        pending *item = PENDING_OF(link, by_time);
        known_by_clear(&item->known);
        if (item->is_announced) {
            item->is_announced = false;
            order_insert(&p->unannounced, &item->unannounced, link->time_ms, link->sequence);
        }
    }
}
