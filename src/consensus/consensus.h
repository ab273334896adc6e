/* consensus.h: the events and actions of a consensus algorithm, and the one interface behind which PBFT, rPBFT and Raft stand.
   A consensus is a pure function of (state, event): no socket, thread, clock, file or random source. Its shell feeds events and
   performs the actions in the order given. What must not leave the node before something is durable (the CommitReq of a
   prepared block) is not emitted before CONSENSUS_EVENT_PERSISTED came back, so the shell holds nothing back.
   Jobs: at most one EXECUTE, one PERSIST and one COMMIT are under way at a time, and never an EXECUTE beside a COMMIT. What a job's
   action points to belongs to the machine and lives until its answer came; each job is answered exactly once, with its ticket,
   also when the machine has lost interest meanwhile. Free the machine only when no job is under way.
   Source: spec/consensus.md sections 4, 5 and 5A. Thread: the group's engine, no other. */
#ifndef HANSE_CONSENSUS_CONSENSUS_H
#define HANSE_CONSENSUS_CONSENSUS_H

#include "base/log_level.h"
#include "executor/executor.h"
#include "ledger/ledger.h"
#include "txpool/txpool.h"

typedef struct consensus consensus;

typedef struct {
    const chain_rules *rules;
    consensus_kind kind;
    node_id self;
    secret_key key;                    /* signs; a copy stays inside and is wiped by consensus_free */
    txpool *pool;                      /* borrowed: picks transactions, finds proposed ones */
    uint64_t seed;                     /* of hash maps */
    unsigned ttl;                      /* consensus.ttl, 0..5 */
    uint64_t min_block_interval_ms;    /* consensus.min_block_generation_time */
    bool dynamic_block_size;
    double block_size_increase_ratio;
    bool ttl_optimization;
    bool prepare_with_hashes;          /* consensus.enable_prepare_with_txsHash */
} consensus_config;

/* What the chain says after a block (or at start): read by the shell from the ledger. */
typedef struct {
    ledger_tip tip;
    node_lists nodes;                  /* with enable_num <= tip.number; borrowed for the call */
    uint64_t tx_count_limit;           /* system config, effective for block tip.number + 1 */
    uint64_t consensus_timeout_ms;
} chain_state;

typedef enum {
    CONSENSUS_EVENT_TICK,              /* time has passed (a deadline, or anything else) */
    CONSENSUS_EVENT_CHAIN,             /* the chain advanced, by consensus or by sync; also the first event of all. The pool
                                          was told first (txpool_on_block), so that nothing committed is picked again */
    CONSENSUS_EVENT_MESSAGE,           /* a frame of this group's consensus module */
    CONSENSUS_EVENT_TRANSACTIONS,      /* the pool has new transactions */
    CONSENSUS_EVENT_EXECUTED,          /* answer to CONSENSUS_EXECUTE */
    CONSENSUS_EVENT_PERSISTED,         /* answer to CONSENSUS_PERSIST */
    CONSENSUS_EVENT_COMMITTED,         /* answer to CONSENSUS_COMMIT; a CHAIN event follows when it went well */
    CONSENSUS_EVENT_SESSIONS,          /* the set of connected nodes changed */
    CONSENSUS_EVENT_SYNC               /* sync state changed */
} consensus_event_kind;

typedef struct {
    consensus_event_kind kind;
    uint64_t steady_ms;                /* monotonic */
    uint64_t utc_ms;                   /* wall clock */
    uint64_t aligned_ms;               /* wall clock plus the median of the peers' offsets (consensus.md 3) */
    union {
        const chain_state *chain;
        struct {
            node_id from;
            uint16_t packet_type;
            bytes payload;             /* decompressed; borrowed for the call */
        } message;
        struct {
            uint64_t ticket;           /* of the action */
            execution *result;         /* NULL: not executable; the machine keeps its own reference */
        } executed;
        struct {
            uint64_t ticket;
            bool ok;
        } persisted, committed;
        struct {
            const node_id *nodes;      /* all connected, any order; borrowed */
            size_t count;
        } sessions;
        struct {
            bool downloading;
            int64_t known_highest;
        } sync;
    };
} consensus_event;

typedef enum {
    CONSENSUS_SEND,                    /* one payload to the listed nodes */
    CONSENSUS_EXECUTE,                 /* -> EXECUTED. Transactions that did not come from the pool have no sender yet: the
                                          job recovers them first (nobody else sees these values meanwhile) */
    CONSENSUS_PERSIST,                 /* ledger_save_prepared -> PERSISTED */
    CONSENSUS_COMMIT,                  /* ledger_commit -> COMMITTED, then CHAIN */
    CONSENSUS_DEADLINE,                /* call again with a TICK at this steady time; replaces the earlier deadline. Absent: the
                                          earlier one stays; CONSENSUS_NO_DEADLINE: none. A TICK ends its deadline. */
    CONSENSUS_NOTE_SEALING,            /* tell sync (consensus.md 8.3, sealingNumber) */
    CONSENSUS_LOG
} consensus_action_kind;

typedef struct {
    consensus_action_kind kind;
    union {
        struct {
            const node_id *to;         /* in the list's arena */
            size_t count;
            uint16_t packet_type;
            bytes payload;
        } send;
        struct {
            uint64_t ticket;
            block *proposal;           /* borrowed until EXECUTED */
        } execute;
        struct {
            uint64_t ticket;
            bytes value;               /* borrowed until PERSISTED */
        } persist;
        struct {
            uint64_t ticket;
            execution *result;         /* borrowed until COMMITTED, as are the signatures: distinct sealers, all verified */
            const block_signature *signatures;
            size_t signature_count;
        } commit;
        uint64_t deadline_ms;
        int64_t note_sealing;
        struct {
            log_level level;
            const char *text;          /* badges, text and ,key=value pairs as interfaces.md 7.3 wants them */
        } log;
    };
} consensus_action;

#define CONSENSUS_NO_DEADLINE UINT64_MAX

enum { CONSENSUS_ACTIONS_MAX = 256 };

/* Filled by one step; frames, node lists and log texts live in memory until the list is reset. */
typedef struct {
    consensus_action items[CONSENSUS_ACTIONS_MAX];
    size_t count;
    arena memory;
} consensus_actions;

void consensus_actions_reset(consensus_actions *list);

/* NULL with a reason: kind not supported, a key that is none, or a prepared block that cannot be read (forgetting that lock
   could help to fork the chain, so the node must not start without it). */
consensus *consensus_new(const consensus_config *config, bytes prepared /* from ledger_load_prepared, or empty */,
                         error_text *why) MUST_USE;
void consensus_free(consensus *c); /* NULL is allowed */
/* Applies one event. Bad input from peers is counted and dropped, never fatal. */
void consensus_step(consensus *c, const consensus_event *event, consensus_actions *out);

/* Is this block, fetched from a peer, signed by a quorum of distinct sealers and built by the rules of consensus.md 5.13?
   Pure; uses the sealer list of the last CHAIN event, so number must be tip + 1. */
bool consensus_check_block(const consensus *c, const block *b, error_text *why) MUST_USE;

/* For getConsensusStatus and getPbftView (consensus.md 5.14). Views into the machine: valid until the next step. */
typedef struct {
    size_t node_count;
    uint32_t node_index;               /* 65535: not a sealer */
    size_t max_faulty;
    int64_t consensused_number;        /* K */
    int64_t highest_number;
    hash256 highest_hash;
    bool is_sealer, config_error, leader_failed;
    uint64_t view, to_view;
    size_t connected_nodes;
    const node_id *sealers;
    size_t sealer_count;
    struct {
        node_id node;
        uint64_t view;
    } *views;                          /* ascending index */
    size_t view_count;
} consensus_status;
consensus_status consensus_status_of(consensus *c, arena *a);
/* About how much it holds of what peers sent: proposals, votes, lists. */
size_t consensus_held_bytes(const consensus *c);

#endif
