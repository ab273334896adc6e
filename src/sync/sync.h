/* sync.h: block download, block status and transaction gossip of one group, as a pure state machine: no socket, thread,
   clock or random source inside (random choices come from a generator seeded at creation). Jobs (VERIFY, IMPORT, SERVE):
   at most SYNC_VERIFY_JOBS_MAX batches are verified, one block is imported and one request served at a time. What the
   action of a job points to belongs to the machine and lives until its answer came; each job is answered exactly once,
   with its ticket. Free the machine only when no job is under way. Source: spec/consensus.md sections 3 and 8. Thread:
   the group's engine, no other. */
#ifndef HANSE_SYNC_SYNC_H
#define HANSE_SYNC_SYNC_H

#include "consensus/consensus.h"
#include "txpool/txpool.h"

typedef struct sync_machine sync_machine;

typedef struct {
    const chain_rules *rules;
    node_id self;
    txpool *pool;                      /* borrowed */
    uint64_t seed;
    hash256 genesis_hash;
    bool send_txs_by_tree, sync_block_by_tree, allow_free_node;
    uint64_t gossip_interval_ms;
    unsigned gossip_peers;
    unsigned txs_max_gossip_peers;
    uint64_t idle_wait_ms;
    size_t max_download_bytes;         /* sync.max_block_sync_memory_size */
} sync_config;

typedef enum {
    SYNC_EVENT_TICK,                   /* time has passed */
    SYNC_EVENT_CHAIN,                  /* the chain advanced, or the first event of all; the pool was told first */
    SYNC_EVENT_MESSAGE,
    SYNC_EVENT_TRANSACTIONS,           /* the pool has new transactions to spread */
    SYNC_EVENT_VERIFIED,               /* answer to SYNC_VERIFY: admitted transactions are already in the pool */
    SYNC_EVENT_IMPORTED,               /* answer to SYNC_IMPORT; a CHAIN event comes first when it went well */
    SYNC_EVENT_SERVED,                 /* answer to SYNC_SERVE */
    SYNC_EVENT_SESSIONS,
    SYNC_EVENT_SEALING                 /* consensus works on this number (noteSealing) */
} sync_event_kind;

typedef struct {
    sync_event_kind kind;
    uint64_t steady_ms, utc_ms;
    union {
        const chain_state *chain;
        struct {
            node_id from;
            uint16_t packet_type;
            bytes payload;
        } message;
        struct {
            uint64_t ticket;
            transaction *const *admitted; /* those that got into the pool, best in the order of the action */
            size_t count;
        } verified;
        struct {
            uint64_t ticket;
            bool ok;
        } imported;
        struct {
            uint64_t ticket;
            int64_t next;              /* first number not sent */
        } served;
        struct {
            const node_id *nodes;
            size_t count;
        } sessions;
        int64_t sealing;
    };
} sync_event;

typedef enum {
    SYNC_SEND,
    SYNC_VERIFY,   /* decode and recover the senders of a list of raw transactions, admit them -> VERIFIED */
    SYNC_IMPORT,   /* decode (with full signature check), consensus_check_block, execute, commit -> CHAIN, IMPORTED */
    SYNC_SERVE,    /* read blocks [from, from + count) and send them to a node in Blocks packets -> SERVED */
    SYNC_STATE,    /* for the consensus: downloading, known highest */
    SYNC_DEADLINE, /* call again with a TICK at this steady time; replaces the earlier deadline. Absent: the earlier one
                      stays; SYNC_NO_DEADLINE: none. A TICK ends its deadline. */
    SYNC_LOG
} sync_action_kind;

typedef struct {
    sync_action_kind kind;
    union {
        struct {
            const node_id *to;
            size_t count;
            uint16_t packet_type;
            bytes payload;
        } send;
        struct {
            uint64_t ticket;
            bytes *raw;                /* raw transactions, from one or several packets */
            size_t count;
            node_id from;              /* sender of the first: for the log */
        } verify;
        struct {
            uint64_t ticket;
            bytes encoded;             /* one block, full form */
            int64_t number;
            node_id from;
        } import;
        struct {
            uint64_t ticket;
            node_id to;
            int64_t from;
            int64_t count;
        } serve;
        struct {
            bool downloading;
            int64_t known_highest;
        } state;
        uint64_t deadline_ms;
        struct {
            log_level level;
            const char *text;
        } log;
    };
} sync_action;

enum {
    SYNC_ACTIONS_MAX = 1024,                          /* frames beyond it are dropped, as a network may do */
    SYNC_PACKET_MAX_BYTES = 100 * 1024 * 1024 - 2048, /* sum of the blocks of one Blocks packet */
    SYNC_VERIFY_JOBS_MAX = 4
};

#define SYNC_NO_DEADLINE UINT64_MAX

/* Filled by one step; frames, node lists and log texts live in memory until the list is reset. */
typedef struct {
    sync_action items[SYNC_ACTIONS_MAX];
    size_t count;
    arena memory;
} sync_actions;

void sync_actions_reset(sync_actions *list);

sync_machine *sync_new(const sync_config *config) MUST_USE;
void sync_free(sync_machine *s); /* NULL is allowed */
/* Applies one event. Bad input from peers is counted and dropped, never fatal. */
void sync_step(sync_machine *s, const sync_event *event, sync_actions *out);

/* Median of the peers' clock offsets (consensus.md section 3): aligned time = utc + this. */
int64_t sync_time_offset_ms(const sync_machine *s);
/* May a client submit transactions? false while more than 20 blocks behind (consensus.md 2.2 b). */
bool sync_is_far_behind(const sync_machine *s);
/* A Blocks packet of already encoded blocks (consensus.md 8.1). */
void sync_encode_blocks(const bytes *encoded_blocks, size_t count, buffer *out);

typedef struct {
    node_id node;
    hash256 genesis_hash, latest_hash;
    int64_t number;
} sync_peer_status;

typedef struct {
    bool downloading;
    int64_t number, known_highest;
    hash256 latest_hash, known_latest_hash;
    size_t pool_size;
    sync_peer_status *peers; /* in order of node id */
    size_t peer_count;
    uint64_t refused_packets; /* malformed, or from nodes that may not send such */
    uint64_t dropped_packets; /* good ones that met a full buffer */
} sync_status;
sync_status sync_status_of(const sync_machine *s, arena *a);
/* About how much it holds of what peers sent: blocks, transactions, hashes, peers. */
size_t sync_held_bytes(const sync_machine *s);

#endif
