/* world.h: a group of consensus machines in a world of their own: virtual time, a network, disks that execute, keep
   prepared blocks and commit, block download between nodes, crashes and restarts. Nothing is real but the machines and
   their pools, and everything that happens follows from the options, the calls and the seed. After every step of a
   machine the world checks what must hold whatever happens (spec/consensus.md 5A.3, I1 to I5, and the rules of
   consensus.h); a violation ends the test. */
#ifndef HANSE_TESTS_WORLD_H
#define HANSE_TESTS_WORLD_H

#include "test.h"

#include "base/prng.h"
#include "consensus/pbft.h"
#include "consensus/pbft_state.h"

enum { WORLD_NODES_MAX = 8, WORLD_HEIGHT_MAX = 4096, WORLD_START_MS = 1000000 };

extern const crypto_suite world_suite; /* signatures that cost nothing and prove nothing */

typedef struct {
    size_t nodes;
    const crypto_suite *suite;
    uint64_t seed;
    bool no_hashes, no_ttl_optimization;
    unsigned ttl;                                   /* 0: 2 */
    uint64_t min_block_interval_ms, tx_count_limit; /* 0: 500; 1000 */
    /* Job times and network, each drawn between the two; all zero: everything is done at once, in order. */
    uint64_t job_min_ms, job_max_ms, net_min_ms, net_max_ms;
    unsigned loss_percent, duplicate_percent;
    bool sync;           /* nodes that are behind download blocks */
    bool tell_downloads; /* ... and their consensus hears of it */
} world_options;

typedef enum { JOB_EXECUTE, JOB_PERSIST, JOB_COMMIT, JOB_KINDS } world_job;

typedef struct {
    secret_key key;
    node_id id;
    txpool *pool;
    pbft *machine;                  /* NULL: down */
    block *chain[WORLD_HEIGHT_MAX]; /* with signatures; chain[0] is the genesis block */
    size_t height;
    buffer prepared; /* what the disk holds */
    uint64_t deadline_ms;
    uint64_t view, height_seen;               /* as of the last step, for I4 */
    hash256 committed_hash[WORLD_HEIGHT_MAX]; /* of own Commits, over all lives (I1) */
    bool has_committed[WORLD_HEIGHT_MAX];
    unsigned life; /* answers of an earlier life are lost */
    bool is_busy[JOB_KINDS];
    bool is_importing;
    uint64_t job_extra_ms[JOB_KINDS];
    unsigned fail_next[JOB_KINDS]; /* so many jobs of this kind fail */
} world_node;

/* What a rule of the network says about a frame: -1 means any. */
typedef struct {
    int from, to, kind, frame_type;
} world_match;

typedef struct world world;
struct world {
    world_options options;
    chain_rules rules;
    world_node nodes[WORLD_NODES_MAX]; /* in order of node id: the index is the sealer index */
    bool is_cut[WORLD_NODES_MAX][WORLD_NODES_MAX];
    uint64_t now_ms, sequence;
    prng random;
    struct world_event *events;
    size_t event_count, event_capacity;
    world_match lose[16], hold[16]; /* frames that vanish, or wait for world_release */
    size_t lose_count, hold_count;
    block *decided[WORLD_HEIGHT_MAX];
    size_t decided_height;
    uint64_t next_nonce;
    secret_key client;
    transaction *last_submitted;
    size_t frames_sent, ticks, last_sends;
    /* A Byzantine node: called instead of sending its frame; may send others with world_send. */
    void (*twist)(world *w, size_t from, size_t to, uint16_t frame_type, bytes payload);
    void *twist_with;
    buffer *trace;  /* one line for each action, when set */
    bool trace_all; /* also drops and deadlines */
};

world *world_new(const world_options *options);
void world_free(world *w);

void world_cut(world *w, size_t a, size_t b, bool is_cut);
void world_crash(world *w, size_t node);
void world_restart(world *w, size_t node);
/* A new transaction, put into the pools of the nodes of the mask. Returns its nonce. */
uint64_t world_submit(world *w, unsigned node_mask);
void world_gossip(world *w, unsigned node_mask); /* the last transaction once more, to other nodes */
void world_send(world *w, size_t from, size_t to, uint16_t frame_type, bytes payload);
void world_release(world *w); /* what was held is delivered; rules are forgotten */
void world_step(world *w, size_t node, consensus_event *event);
/* Runs what happens until now + ms. */
void world_run(world *w, uint64_t ms);
size_t world_lowest(const world *w);                  /* height of the lowest running node */
execution *world_execution_of(const block *executed); /* a result that somebody else computed */
hash256 world_executed_hash(const world *w, const block *proposal);
void world_print(world *w, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
