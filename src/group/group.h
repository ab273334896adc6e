/* group.h: one ledger group as a pure state machine: the transaction pool, the consensus and the sync machine put together.
   Events go in, actions come out; jobs (job.h) are named, not done. The process shell (node/) and the simulator drive the very
   same code.

       frames, submissions, finished jobs, time
                       |
                  group_step
              /        |        \
          txpool   consensus    sync          (they never call each other; notes between them travel through here)
              \        |        /
        frames to send, jobs to run, answers

   Thread: one at a time (the group's engine). Source: spec/consensus.md; what each machine does stands in its own header. */
#ifndef HANSE_GROUP_GROUP_H
#define HANSE_GROUP_GROUP_H

#include "group/job.h"
#include "sync/sync.h"

typedef struct group group;

/* Module numbers of the peer protocol (spec/consensus.md 0.2). */
enum { MODULE_PBFT = 8, MODULE_SYNC = 9, MODULE_RAFT = 11 };

typedef struct {
    consensus_config consensus; /* .pool is filled in by the group */
    sync_config sync;           /* .pool, .genesis_hash likewise */
    txpool_config pool;
} group_config;

typedef enum {
    GROUP_EVENT_TICK,     /* time has passed */
    GROUP_EVENT_FRAME,
    GROUP_EVENT_SUBMIT,   /* a client's transaction, decoded and with its sender */
    GROUP_EVENT_JOB_DONE,
    GROUP_EVENT_SESSIONS  /* the set of connected nodes changed */
} group_event_kind;

typedef struct {
    group_event_kind kind;
    union {
        struct {
            node_id from;
            unsigned module;
            uint16_t packet_type;
            bytes payload;          /* decompressed; borrowed for the call */
        } frame;
        struct {
            transaction *tx;        /* borrowed */
            void *token;            /* comes back with the answer */
        } submit;
        group_job *job;             /* taken over */
        struct {
            const node_id *nodes;   /* borrowed for the call */
            size_t count;
        } sessions;
    };
} group_event;

typedef enum {
    GROUP_SEND,
    GROUP_JOB,
    GROUP_ANSWER,    /* to a SUBMIT */
    GROUP_COMMITTED, /* a block is durable */
    GROUP_REFUSED,   /* a pending transaction was dropped (status 29) */
    GROUP_FAILED,    /* the store failed: the group must not go on; the reason is in the log */
    GROUP_LOG
} group_action_kind;

typedef struct {
    group_action_kind kind;
    union {
        struct {
            const node_id *to;
            size_t count;
            unsigned module;
            uint16_t packet_type;
            bytes payload;
        } send;
        group_job *job;             /* the shell owns it until it comes back */
        struct {
            void *token;
            transaction_status status;
            const char *reason;     /* of a refusal: what a synchronous submission answers with (spec/consensus.md 2.2) */
        } answer;
        execution *committed;       /* one reference, the shell's to drop */
        hash256 refused;
        struct {
            log_level level;
            const char *text;
        } log;
    };
} group_action;

/* Filled by one step; what it points to lives until the next reset. Actions are performed in order. */
typedef struct {
    group_action *items;
    size_t count, capacity;
    arena memory;
} group_actions;

void group_actions_reset(group_actions *list); /* before each step */
void group_actions_free(group_actions *list);

typedef struct {
    uint64_t steady_ms, utc_ms;
} group_time;

/* Reads the chain's present state, the nonce window and the prepared block from l, which stays the caller's. */
group *group_open(const group_config *config, ledger *l, error_text *why) MUST_USE;
void group_close(group *g); /* NULL is allowed */

/* Starts the machines: call once before the first step. */
void group_start(group *g, group_time now, group_actions *out);
/* Applies the events in order, then lets the machines act on what has come together. */
void group_step(group *g, group_time now, group_event *events, size_t count, group_actions *out);
/* The steady time at which group_step must be called with a TICK at the latest. */
uint64_t group_deadline_ms(const group *g);

/* For the doors. */
consensus_status group_consensus_status(group *g, arena *a);
sync_status group_sync_status(group *g, arena *a);
size_t group_pending_count(const group *g);
/* About how much the machines hold of what clients and peers sent, in bytes. */
typedef struct {
    size_t pool, consensus, sync;
} group_held;
group_held group_held_bytes(const group *g);
/* Pending transactions in pool order, one reference each, at most max. */
size_t group_pending(const group *g, transaction **out, size_t max);
transaction *group_pending_find(const group *g, const hash256 *hash); /* one reference, or NULL */
chain_view *group_view(const group *g); /* one reference for the caller */

#endif
