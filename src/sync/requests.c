/* Asking for transactions that others announced (consensus.md 8.5). HARDEN: the reference never asks twice for a hash,
   even when the answer is lost; here a request has a deadline, after which another announcer, or the same one, is asked
   again. */
#include "sync/machine.h"
#include "base/memory.h"
#include "base/mutant.h"

#include <stdlib.h>

static void append(tx_requests *q, tx_request *r)
{
    r->previous = q->newest;
    r->next = NULL;
    *(q->newest ? &q->newest->next : &q->oldest) = r;
    q->newest = r;
}

static void detach(tx_requests *q, tx_request *r)
{
    *(r->previous ? &r->previous->next : &q->oldest) = r->next;
    *(r->next ? &r->next->previous : &q->newest) = r->previous;
}

static void forget(tx_requests *q, tx_request *r)
{
    detach(q, r);
    map_remove(&q->by_hash, BYTES_OF_VALUE(r->hash));
    free(r);
}

static void send_request(sync_machine *s, const node_id *to, const hash256 *hashes, size_t count)
{
    sync_packet packet = {.type = SYNC_PACKET_TXS_REQUEST};
    packet.hashes.hashes = hashes;
    packet.hashes.count = count;
    emit_packet(s, to, 1, SYNC_FRAME_PLAIN, &packet);
}

/* Is this hash to be asked for now? Notes who has it. */
static bool note_announced(sync_machine *s, const node_id *from, const hash256 *hash)
{
    tx_requests *q = &s->requests;
    if (txpool_find(s->config.pool, hash)) {
        txpool_mark_known_by(s->config.pool, hash, from);
        return false;
    }
    tx_request *r = map_get(&q->by_hash, BYTES_OF_VALUE(*hash));
    if (r) {
        if (!node_id_equal(&r->asked, from)) {
            r->alternative = *from;
            r->has_alternative = true;
        }
        return false;
    }
    if (txpool_was_dropped(s->config.pool, hash) ||
        (q->by_hash.count >= TX_REQUESTS_MAX && !IS_MUTANT(MUTANT_REQUESTS_UNBOUNDED)))
        return false;
    r = memory_new(sizeof *r);
    *r = (tx_request){.hash = *hash, .asked = *from, .tries = 1, .deadline_ms = s->now_ms + TX_REQUEST_EXPIRES_MS};
    map_put(&q->by_hash, BYTES_OF_VALUE(r->hash), r);
    append(q, r);
    return true;
}

void requests_on_status(sync_machine *s, const node_id *from, const sync_packet *packet)
{
    if (txpool_is_full(s->config.pool))
        return; /* nothing that comes could be taken in */
    hash256 *unknown = arena_take_array(&s->out->memory, packet->hashes.count, sizeof *unknown);
    size_t count = 0;
    for (size_t i = 0; i < packet->hashes.count; i++)
        if (note_announced(s, from, &packet->hashes.hashes[i]))
            unknown[count++] = packet->hashes.hashes[i];
    if (count > 0)
        send_request(s, from, unknown, count);
}

void requests_on_arrival(sync_machine *s, const hash256 *hash)
{
    tx_request *r = map_get(&s->requests.by_hash, BYTES_OF_VALUE(*hash));
    if (r)
        forget(&s->requests, r);
}

/* Takes an expired request up again. false: it is given up. */
static bool retry(sync_machine *s, tx_request *r)
{
    if (txpool_find(s->config.pool, &r->hash) || r->tries >= TX_REQUEST_TRIES)
        return false;
    if (r->has_alternative)
        r->asked = r->alternative;
    r->has_alternative = false;
    if (peers_find(s, &r->asked) == NULL)
        return false;
    r->tries++;
    r->deadline_ms = s->now_ms + TX_REQUEST_EXPIRES_MS;
    detach(&s->requests, r);
    append(&s->requests, r);
    return true;
}

static int compare_asked(const void *a, const void *b)
{
    const tx_request *x = *(tx_request *const *)a, *y = *(tx_request *const *)b;
    int order = memcmp(&x->asked, &y->asked, sizeof x->asked);
    return order ? order : memcmp(&x->hash, &y->hash, sizeof x->hash);
}

void requests_on_time(sync_machine *s)
{
    tx_request *again[TXS_PER_ROUND];
    hash256 hashes[TXS_PER_ROUND];
    size_t count = 0;
    tx_request *oldest;
    while (count < TXS_PER_ROUND && (oldest = s->requests.oldest) && oldest->deadline_ms <= s->now_ms) {
        if (retry(s, oldest))
            again[count++] = oldest;
        else
            forget(&s->requests, oldest);
    }
    qsort(again, count, sizeof *again, compare_asked);
    for (size_t first = 0, i = 0; i < count; i++) {
        hashes[i - first] = again[i]->hash;
        if (i + 1 < count && node_id_equal(&again[i + 1]->asked, &again[first]->asked))
            continue;
        send_request(s, &again[first]->asked, hashes, i + 1 - first);
        first = i + 1;
    }
}

uint64_t requests_deadline_ms(const sync_machine *s)
{
    return s->requests.oldest ? s->requests.oldest->deadline_ms : NEVER;
}

void requests_free(sync_machine *s)
{
    while (s->requests.oldest)
        forget(&s->requests, s->requests.oldest);
    map_free(&s->requests.by_hash);
}
