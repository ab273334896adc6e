/* Fetching blocks (consensus.md 8.3). What is missing between our height and the highest one known is asked for in
   ranges, at most REQUESTS_PARALLEL at a time; each range has its own deadline. The reference asks for four ranges,
   imports them all, and only then asks again; here a finished range makes room for the next one at once. What a peer sees
   is the same kind of request. HARDEN: blocks are taken only from a peer that was asked for them; a peer that does not
   deliver what it claims to have, or delivers a bad block, is left alone for a while and its height is not believed
   meanwhile, so that it cannot keep a node waiting (a downloading node does not seal). */
#include "sync/machine.h"
#include "base/mutant.h"
#include "base/memory.h"

#include <stdlib.h>

static bool is_trusted(const sync_machine *s, const peer *p)
{
    return p->distrusted_until_ms <= s->now_ms;
}

static void note_failure(sync_machine *s, const node_id *id, bool is_bad_block)
{
    peer *p = peers_find(s, id);
    if (p == NULL)
        return;
    p->failures++;
    if (is_bad_block && p->failures < 2)
        p->failures = 2;
    if (p->failures < 2)
        return; /* one lost answer is no crime */
    uint64_t wait_ms = DISTRUST_FIRST_MS;
    for (unsigned i = 2; i < p->failures && wait_ms < DISTRUST_MAX_MS; i++)
        wait_ms *= 2;
    p->distrusted_until_ms = s->now_ms + (wait_ms < DISTRUST_MAX_MS ? wait_ms : DISTRUST_MAX_MS);
}

/* ---- The queue of received blocks */

static size_t place_in_queue(const download *d, int64_t number)
{
    size_t low = 0, high = d->queued;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->queue[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_queued(const download *d, int64_t number)
{
    size_t at = place_in_queue(d, number);
    return (at < d->queued && d->queue[at].number == number) || (d->is_importing && d->importing.number == number);
}

static queued_block take_from_queue(download *d, size_t at)
{
    queued_block b = d->queue[at];
    d->queued--;
    d->queued_bytes -= b.size;
    memmove(&d->queue[at], &d->queue[at + 1], (d->queued - at) * sizeof b);
    return b;
}

static void drop_queued_if(download *d, int64_t up_to, const node_id *from)
{
    for (size_t at = 0; at < d->queued;) {
        if (d->queue[at].number <= up_to || (from && node_id_equal(&d->queue[at].from, from)))
            free(take_from_queue(d, at).data);
        else
            at++;
    }
}

static bool has_room(const sync_machine *s, size_t size)
{
    const download *d = &s->download;
    size_t used = d->queued_bytes * MEMORY_PER_ENCODED_BYTE, limit = s->config.max_download_bytes;
    return d->queued < QUEUED_BLOCKS_MAX && used < limit && size <= (limit - used) / MEMORY_PER_ENCODED_BYTE;
}

/* A block that finds no room displaces later ones, which are asked for again; so the one that is imported next always
   gets in, whatever the limit. */
static void put_in_queue(sync_machine *s, const node_id *from, int64_t number, bytes encoded)
{
    download *d = &s->download;
    d->blocks_received++;
    d->mean_block_bytes += ((double)encoded.size - d->mean_block_bytes) / (double)d->blocks_received;
    while (d->queued > 0 && !has_room(s, encoded.size)) {
        s->dropped_packets++;
        if (d->queue[d->queued - 1].number < number)
            return;
        free(take_from_queue(d, d->queued - 1).data);
    }
    size_t at = place_in_queue(d, number);
    memmove(&d->queue[at + 1], &d->queue[at], (d->queued - at) * sizeof d->queue[0]);
    d->queue[at] = (queued_block){number, *from, memory_new(encoded.size), encoded.size};
    memcpy(d->queue[at].data, encoded.data, encoded.size);
    d->queued++;
    d->queued_bytes += encoded.size;
}

/* ---- Requests */

/* The request of this peer that covers a number, newest first; live ones and those whose time is over. */
static block_request *find_request(download *d, const node_id *from, int64_t number)
{
    for (size_t i = 0; i < REQUESTS_KEPT; i++) {
        block_request *r = &d->requests[(d->next_request + REQUESTS_KEPT - 1 - i) % REQUESTS_KEPT];
        if (r->to >= number && r->from <= number && r->to > 0 && node_id_equal(&r->peer, from))
            return r;
    }
    return NULL;
}

/* A request is finished when no number of its range is missing any more. */
static bool is_finished(const sync_machine *s, const block_request *r)
{
    for (int64_t number = r->from > s->number ? r->from : s->number + 1; number <= r->to; number++)
        if (!is_queued(&s->download, number))
            return false;
    return true;
}

/* The time of one request is over and nothing came: what else the peer was asked for is not waited for either. It counts
   as one failure, and the peer is asked for one block at a time until one arrives. Late answers are taken
   all the same. */
static void give_up_on(sync_machine *s, const node_id *id)
{
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        if (node_id_equal(&s->download.requests[i].peer, id))
            s->download.requests[i].is_live = false;
    note_failure(s, id, false);
}

static size_t settle_requests(sync_machine *s)
{
    size_t live = 0;
    for (size_t i = 0; i < REQUESTS_KEPT; i++) {
        block_request *r = &s->download.requests[i];
        if (!r->is_live)
            continue;
        if (is_finished(s, r) || (r->deadline_ms <= s->now_ms && r->has_answered))
            r->is_live = false;
        else if (r->deadline_ms <= s->now_ms)
            give_up_on(s, &r->peer);
    }
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        live += s->download.requests[i].is_live;
    return live;
}

static size_t live_requests_of(const download *d, const node_id *id)
{
    size_t count = 0;
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        count += d->requests[i].is_live && node_id_equal(&d->requests[i].peer, id);
    return count;
}

/* The last number of the run of numbers from `number` on that are asked for, or number - 1. */
static int64_t skip_asked(const download *d, int64_t number)
{
    for (size_t i = 0; i < REQUESTS_KEPT; i++) {
        const block_request *r = &d->requests[i];
        if (r->is_live && r->from <= number && number <= r->to)
            return r->to;
    }
    return number - 1;
}

/* The first number above `after` that is neither here nor asked for. */
static int64_t first_missing(const download *d, int64_t after)
{
    for (int64_t number = after + 1;; number++) {
        int64_t asked_to = skip_asked(d, number);
        if (asked_to >= number)
            number = asked_to;
        else if (!is_queued(d, number))
            return number;
    }
}

/* 8.3.1 */
static int64_t blocks_per_request(const sync_machine *s)
{
    const download *d = &s->download;
    if (d->blocks_received == 0)
        return REQUEST_BLOCKS_FIRST;
    double used = (double)d->queued_bytes * MEMORY_PER_ENCODED_BYTE, limit = (double)s->config.max_download_bytes;
    double mean = d->mean_block_bytes * MEMORY_PER_ENCODED_BYTE;
    double blocks = used < limit ? (limit - used) / (mean * REQUESTS_PARALLEL) : 1;
    return blocks < 1 ? 1 : blocks > REQUEST_BLOCKS_MAX ? REQUEST_BLOCKS_MAX : (int64_t)blocks;
}

/* A random one of the trusted peers that have block `number`, among those with the fewest requests under way. */
static peer *choose_peer(sync_machine *s, int64_t number)
{
    peer *best = NULL;
    size_t best_load = 0, equals = 0;
    for (size_t i = 0; i < s->peer_count; i++) {
        peer *p = &s->peers[i];
        if (p->number < number || !is_trusted(s, p))
            continue;
        size_t load = live_requests_of(&s->download, &p->id);
        if (p->failures > 0 && load > 0)
            continue;
        if (best == NULL || load < best_load) {
            best = p;
            best_load = load;
            equals = 1;
        } else if (load == best_load && prng_below(&s->random, ++equals) == 0) {
            best = p;
        }
    }
    return best;
}

static void ask(sync_machine *s, const peer *p, int64_t from, int64_t to, uint64_t timeout_ms)
{
    download *d = &s->download;
    block_request *r = &d->requests[d->next_request];
    d->next_request = (d->next_request + 1) % REQUESTS_KEPT;
    *r = (block_request){.peer = p->id, .from = from, .to = to, .deadline_ms = s->now_ms + timeout_ms, .is_live = true};
    sync_packet packet = {.type = SYNC_PACKET_BLOCKS_REQUEST, .request = {from, to - from + 1}};
    emit_packet(s, &p->id, 1, SYNC_FRAME_PLAIN, &packet);
}

/* The time a request is given (1.4): for its own blocks and those of the requests before it that are still under way. */
static uint64_t timeout_ms(const download *d, int64_t blocks)
{
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        if (d->requests[i].is_live)
            blocks += d->requests[i].to - d->requests[i].from + 1;
    uint64_t scaled = (uint64_t)blocks * REQUEST_TIMEOUT_PER_BLOCK_MS;
    return scaled > REQUEST_TIMEOUT_MS ? scaled : REQUEST_TIMEOUT_MS;
}

static void ask_for_missing(sync_machine *s, size_t live)
{
    download *d = &s->download;
    int64_t size = blocks_per_request(s), window = s->number + QUEUED_BLOCKS_MAX;
    int64_t last = d->known_highest < window ? d->known_highest : window;
    for (int64_t from = s->number; live < REQUESTS_PARALLEL; live++) {
        from = first_missing(d, from);
        if (from > last)
            return;
        peer *p = choose_peer(s, from);
        if (p == NULL)
            return;
        int64_t to = from, most = p->failures > 0 ? 1 : size;
        while (to < last && to < p->number && to - from + 1 < most && !is_queued(d, to + 1) && skip_asked(d, to + 1) == to)
            to++;
        ask(s, p, from, to, timeout_ms(d, to - from + 1));
        from = to;
    }
}

/* ---- The state */

static void stop(sync_machine *s)
{
    download *d = &s->download;
    d->is_downloading = false;
    drop_queued_if(d, INT64_MAX, NULL);
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        d->requests[i] = (block_request){0};
}

/* The highest trusted peer, the first in the order of ids among equals. */
static void note_highest(sync_machine *s)
{
    download *d = &s->download;
    d->known_highest = s->number;
    d->known_hash = s->latest_hash;
    for (size_t i = 0; i < s->peer_count; i++)
        if (s->peers[i].number > d->known_highest && is_trusted(s, &s->peers[i])) {
            d->known_highest = s->peers[i].number;
            d->known_hash = s->peers[i].latest_hash;
        }
}

static void import_next(sync_machine *s)
{
    download *d = &s->download;
    if (d->is_importing || d->queued == 0 || d->queue[0].number != s->number + 1)
        return;
    d->is_importing = true;
    d->importing = take_from_queue(d, 0);
    sync_action *action = emit_job(s, SYNC_IMPORT);
    d->import_ticket = s->next_ticket;
    action->import.ticket = s->next_ticket++;
    action->import.encoded = bytes_of(d->importing.data, d->importing.size);
    action->import.number = d->importing.number;
    action->import.from = d->importing.from;
}

static void tell_state(sync_machine *s)
{
    download *d = &s->download;
    if (d->told_downloading == d->is_downloading && d->told_highest == d->known_highest)
        return;
    d->told_downloading = d->is_downloading;
    d->told_highest = d->known_highest;
    sync_action *action = emit_job(s, SYNC_STATE);
    action->state.downloading = d->is_downloading;
    action->state.known_highest = d->known_highest;
}

static void reach_goal(sync_machine *s)
{
    download *d = &s->download;
    if (d->is_downloading && s->number == d->known_highest && !hash256_equal(&d->known_hash, &s->latest_hash))
        emit_log(s, LOG_ERROR, "[SYNC][Download]Block hash differs from the one that peers report,number=%lld",
                 (long long)s->number);
}

/* When a request's time is over, or a peer that claims to be ahead is believed again. */
static uint64_t next_wake_ms(const sync_machine *s)
{
    const download *d = &s->download;
    uint64_t first = NEVER;
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        if (d->requests[i].is_live && d->requests[i].deadline_ms < first)
            first = d->requests[i].deadline_ms;
    for (size_t i = 0; i < s->peer_count; i++) {
        const peer *p = &s->peers[i];
        if (p->distrusted_until_ms > s->now_ms && p->number > s->number && p->distrusted_until_ms < first)
            first = p->distrusted_until_ms;
    }
    return first;
}

void download_run(sync_machine *s)
{
    download *d = &s->download;
    if (!s->has_chain || (!d->is_dirty && s->now_ms < d->wake_at_ms))
        return;
    d->is_dirty = false;
    drop_queued_if(d, s->number, NULL);
    reach_goal(s);
    size_t live = settle_requests(s); /* may cost a peer its trust */
    note_highest(s);
    if (d->known_highest <= s->number + IS_MUTANT(MUTANT_SYNC_OFF_BY_ONE)) {
        if (d->is_downloading)
            stop(s);
    } else if (d->is_downloading || d->known_highest > d->sealing_number) { /* else consensus works on that very block */
        d->is_downloading = true;
        ask_for_missing(s, live);
    }
    if (d->is_downloading)
        import_next(s);
    tell_state(s);
    d->wake_at_ms = next_wake_ms(s);
}

void download_on_blocks(sync_machine *s, const node_id *from, const sync_packet *packet)
{
    download *d = &s->download;
    if (!d->is_downloading)
        return;
    for (size_t i = 0; i < packet->blocks.count; i++) {
        int64_t number;
        if (!sync_peek_block_number(packet->blocks.encoded[i], &number)) {
            refuse_packet(s, from, "Blocks packet with something that is no block");
            return;
        }
        block_request *r = find_request(d, from, number);
        if (r == NULL)
            continue; /* nobody asked */
        if (number > s->number && !is_queued(d, number)) {
            r->has_answered = true;
            put_in_queue(s, from, number, packet->blocks.encoded[i]);
        }
    }
    d->is_dirty = true;
}

void download_on_imported(sync_machine *s, uint64_t ticket, bool ok)
{
    download *d = &s->download;
    if (!d->is_importing || ticket != d->import_ticket)
        return;
    d->is_importing = false;
    d->is_dirty = true;
    queued_block b = d->importing;
    d->importing = (queued_block){0};
    free(b.data);
    peer *p = peers_find(s, &b.from);
    if (ok) {
        if (p)
            p->failures = 0;
        return;
    }
    if (b.number <= s->number)
        return; /* consensus was faster */
    note_failure(s, &b.from, true);
    drop_queued_if(d, s->number, &b.from);
    download_on_peer_gone(s, &b.from);
}

/* What it was asked for is to be asked from others. */
void download_on_peer_gone(sync_machine *s, const node_id *id)
{
    download *d = &s->download;
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        if (d->requests[i].to > 0 && node_id_equal(&d->requests[i].peer, id))
            d->requests[i] = (block_request){0};
    d->is_dirty = true;
}

uint64_t download_deadline_ms(const sync_machine *s)
{
    return s->download.wake_at_ms;
}

void download_free(sync_machine *s)
{
    free(s->download.importing.data);
    drop_queued_if(&s->download, INT64_MAX, NULL);
}
