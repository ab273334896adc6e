/* Several sync machines, their pools and invented chains on an invented network, all from one seed: delays, repetitions,
   losses, damaged frames, links that go up and down, restarts, and nodes that lie. After every step the named checks of
   support_network.c run; a failing run prints its seed. */
#ifndef HANSE_TESTS_SUPPORT_NETWORK_H
#define HANSE_TESTS_SUPPORT_NETWORK_H

#include "transactions.h"

#include "base/prng.h"
#include "sync/packets.h"
#include "sync/sync.h"

enum { NODES_MAX = 20, BLOCKS_MAX = 4000, BLOCK_TXS_MAX = 50 };

typedef struct {
    size_t sealers, observers;
    uint64_t seed;
    uint64_t delay_min_ms, delay_max_ms;
    /* chances in a thousand, for each frame */
    unsigned lost, repeated, damaged;
    size_t liars;              /* the last so many sealers */
    bool is_small_memory;      /* sync.max_block_sync_memory_size for some ten blocks */
} network_config;

typedef struct network network;

network *network_new(network_config config);
void network_free(network *n);
void network_run(network *n, uint64_t later_ms); /* lets virtual time pass */
uint64_t network_now_ms(const network *n);
void network_stop_faults(network *n);            /* from now on every frame arrives unharmed, once; all links are up */

void network_link(network *n, size_t a, size_t b, bool is_up);
void network_isolate(network *n, size_t node, bool is_up);
void network_restart(network *n, size_t node);   /* loses the pool, keeps the chain */

/* A block by the invented consensus: `proposer`, at the newest height, picks from its pool; all honest sealers of that
   height that it is connected with commit it at the same time. false: the proposer is behind. */
bool network_seal(network *n, size_t proposer);
/* Blocks that everybody but the nodes of the mask has got from the start. */
void network_grow(network *n, int64_t blocks, uint64_t without_mask);
/* A client's transaction at a node; its number. */
uint64_t network_submit(network *n, size_t node);

int64_t network_height(const network *n, size_t node);
int64_t network_newest(const network *n);
size_t network_sealable(network *n,
                        size_t node); /* pending that could go into a block (a damaged twin of a committed one cannot) */
bool network_has_transaction(const network *n, size_t node, uint64_t number); /* pending there, or in its chain */
bool network_is_downloading(const network *n, size_t node);
uint64_t network_frames(const network *n);      /* sent so far */
uint64_t network_steps(const network *n, size_t node);

#endif
