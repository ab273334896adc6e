/* world.h: a node's answers to the RPC floor without a node: one group on a ledger in memory, with a real pool. Blocks are made
   here, by the real executor, in the thread that submits; there is no network. */
#ifndef HANSE_TESTS_SUPPORT_RPC_WORLD_H
#define HANSE_TESTS_SUPPORT_RPC_WORLD_H

#include "golden.h"

#include "rpc/json_rpc.h"

#include <pthread.h>
#include <stdatomic.h>

typedef enum {
    WORLD_ANSWERS_AT_ONCE, /* before the method that submitted returns */
    WORLD_HOLDS_ANSWERS,   /* world_answer_held gives them */
    WORLD_IS_BUSY          /* submissions are refused */
} world_manner;

enum { WORLD_HELD_MAX = 256 };

typedef struct {
    transaction *tx;
    rpc_submit_answer answer;
    void *context;
    rpc_receipt_ready ready;
    void *ready_context;
} held_submission;

typedef struct {
    golden_chain *golden; /* NULL: an own small chain */
    chain_rules rules;
    store *store;
    ledger *ledger;
    txpool *pool;
    worker_pool *workers;
    rpc_node_info info;
    rpc_backend backend;
    world_manner manner;
    bool seals;                   /* an admitted transaction is in a block before it is answered */
    uint64_t view;                /* what getPbftView says */
    consensus_kind consensus;
    pthread_mutex_t lock;         /* pool, blocks, held */
    held_submission held[WORLD_HELD_MAX];
    size_t held_count;
    held_submission waiting[WORLD_HELD_MAX]; /* admitted, somebody waits for the receipt */
    size_t waiting_count;
    rpc_group_limits limits;
    node_id allowed[4];           /* keys of SDKs; under lock */
    size_t allowed_count;
    void (*on_block)(void *context, int32_t group_id, int64_t number); /* after each block; may be NULL */
    void *on_block_context;
    atomic_int groups_in_use;     /* found and not released */
} world;

/* A chain of one sealer (this node) at block 0, group 1, chain 1. */
world *world_found(void);
/* Another chain at block 0. rules and g are copied, what g points to is borrowed. */
world *world_found_as(const chain_rules *rules, const genesis *g, const node_id *self);
/* A recorded chain at its last block: the recorded rows put into the store as they are. self: node 0 of the recording. */
world *world_recorded(const char *name, const node_id *self);
void world_close(world *w); /* asserts that every group was given back */

/* The group's allow list of SDKs; 0: everyone. */
void world_allow(world *w, const node_id *keys, size_t count);
/* Answers what is held, in order of submission; how many. */
size_t world_answer_held(world *w);
/* Puts these transactions into the next block, executes and commits it. */
void world_make_block(world *w, transaction *const *txs, size_t count);
/* The next block is this one: its header as the leader proposed it, and these transactions of the pool (waits until they are
   there). */
void world_make_block_as(world *w, const block_header *header, const hash256 *hashes, size_t count);
/* Puts all pending ones into the next block. */
void world_seal(world *w);

/* Runs one request to its end; the text is the caller's to free. */
char *world_ask(world *w, bytes body);
char *world_ask_text(world *w, const char *body);

#endif
