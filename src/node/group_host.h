/* group_host.h: one running group in the process: its store, ledger and machines, the jobs under way, the doors' questions.
   It performs what group_step asks for: frames go to the net, jobs to the pools, answers to whoever asked. */
#ifndef HANSE_NODE_GROUP_HOST_H
#define HANSE_NODE_GROUP_HOST_H

#include "base/log.h"
#include "base/worker_pool.h"
#include "node/engine.h"
#include "node/settings.h"
#include "rpc/backend.h"

typedef struct group_host group_host;

/* What a host shares with the rest of the node; outlives every host. */
typedef struct {
    logger *log;
    logger *statistics;    /* NULL: off */
    engine *engine;
    worker_pool *workers;  /* decoding, signatures, execution */
    worker_pool *committers; /* the disk */
    net *net;              /* set before the first group starts; NULL in tests without a network */
    node_id self;
    secret_key key;
    /* A block is durable, and everybody who waited for a receipt of it was told. On the engine's thread: be quick. May be NULL. */
    void (*on_block)(void *context, int32_t group_id, int64_t number);
    void *on_block_context;
} host_services;

/* Opens store and ledger under data_path/group<N>/ and the machines on them; nothing runs yet. */
/* services is borrowed for the host's life. */
group_host *group_host_open(const host_services *services, const node_settings *node, const group_settings *settings,
                            uint64_t seed, error_text *why) MUST_USE;
/* Hands the group to its engine: it starts to work. */
void group_host_start(group_host *h);
/* Takes it from the engine, if it was started, and waits until no job is under way; then frees everything. Nobody may give it
   frames, submissions or questions any more (group_table.h sees to that). NULL is allowed. */
void group_host_stop(group_host *h);

int32_t group_host_id(const group_host *h);
ledger *group_host_ledger(group_host *h);
consensus_kind group_host_consensus(const group_host *h);

/* From the net thread. */
net_verdict group_host_frame(group_host *h, const net_frame *frame);
void group_host_sessions(group_host *h, const node_id *nodes, size_t count);

/* For the doors (rpc/backend.h says what each does). */
bool group_host_submit(group_host *h, transaction *tx, rpc_submit_answer answer, void *context, rpc_receipt_ready ready,
                       void *ready_context);
const rpc_group_limits *group_host_limits(const group_host *h);
bool group_host_allows_sdk(group_host *h, const node_id *key);
/* Reads the group's allow list of SDKs again. false: the old one stays. Any thread. */
bool group_host_reload_allowlist(group_host *h, error_text *why) MUST_USE;
/* Runs `look` on the engine's thread and waits for it. */
void group_host_query(group_host *h, void (*look)(group *g, void *context), void *context);

/* Engine only: the host's place in its engine's list, the items collected for it, and its turn. */
typedef struct {
    group_host *next;
    queue_link *first, **end; /* end is NULL while there is nothing */
} engine_place;
engine_place *group_host_place(group_host *h);
void group_host_step(group_host *h, queue_link *batch, uint64_t now_steady_ms);
uint64_t group_host_deadline_ms(const group_host *h);
bool group_host_may_leave(const group_host *h); /* asked to leave, and nothing is under way */
void group_host_left(group_host *h);            /* tells whoever waits in group_host_stop; h is not touched afterwards */

#endif
