/* One sync machine and its pool in a bottle: events in, actions out as text. Node i has an id that begins with byte i +
   1, so ids sort like numbers. */
#ifndef HANSE_TESTS_SUPPORT_WORLD_H
#define HANSE_TESTS_SUPPORT_WORLD_H

#include "transactions.h"

#include "sync/packets.h"
#include "sync/sync.h"

typedef struct {
    sync_config config;
    txpool *pool;
    sync_machine *sync;
    sync_actions *out;
    uint64_t now_ms;     /* steady; the wall clock is this plus WALL_MS */
    uint64_t deadline_ms;
    node_id sealers[40], observers[40], working[40];
    size_t sealer_count, observer_count, working_count;
    buffer text;
} world;

#define WALL_MS 1700000000000u

node_id node_of(size_t i);
hash256 hash_of(uint8_t fill);
/* Node `self` of `sealers` sealers and `observers` observers behind them; defaults of the configuration, head 10. */
world *world_new(size_t self, size_t sealers, size_t observers);
/* Like world_new, but nothing is started: change config, then world_start. */
world *world_prepare(size_t self, size_t sealers, size_t observers);
void world_start(world *w);
void world_free(world *w);

/* Each applies one event and returns what came out, a line for each action, without logs and deadlines:
     send 1,2: Status 10              (f1 behind the nodes: frame type 1)
     send 3: Transactions 2 index 0
     verify 1: 3 txs from 2
     import 2: block 11 from 1
     serve 3: to 1, 5+8
     state: downloading, 20 */
const char *world_chain(world *w, int64_t number);
const char *world_sessions(world *w, uint64_t mask); /* bit i: node i is connected */
const char *world_packet(world *w, size_t from, uint16_t frame_type, const sync_packet *packet);
const char *world_status(world *w, size_t from, int64_t number);
const char *world_blocks(world *w, size_t from, int64_t first, int64_t last);
const char *world_transactions(world *w, size_t from, transaction *const *txs, size_t count, bool forward, uint64_t index);
const char *world_tick(world *w, uint64_t later_ms);
const char *world_event(world *w, sync_event event);
/* Ticks at every deadline up to the time, and collects all that came out. */
const char *world_run(world *w, uint64_t later_ms);

#endif
