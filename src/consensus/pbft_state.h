/* pbft_state.h: the inside of the PBFT machine; for the files of consensus/ that make it up and for its tests.
   Variable names follow spec/consensus.md 5A.1; handlers carry the event names E1..E16 of 5A.3.
   Judges (pbft_judge_*) say which row of the spec's table fired and change nothing; handlers act on the row. */
#ifndef HANSE_CONSENSUS_PBFT_STATE_H
#define HANSE_CONSENSUS_PBFT_STATE_H

#include "consensus/block_size.h"
#include "consensus/pbft.h"
#include "consensus/pbft_filter.h"
#include "consensus/pbft_message.h"
#include "consensus/quorum.h"
#include "consensus/tree.h"

enum {
    PBFT_NOT_A_SEALER = 65535, /* own index of a node that is none */
    PBFT_VOTES_PER_SEALER = 4, /* HARDEN: Signs kept for one sealer, and Commits; beyond: the oldest goes */
    PBFT_VIEWS_PER_SEALER = 4, /* HARDEN: ViewChanges kept for one sealer; beyond: the lowest view goes */
    PBFT_VERIFIED_KEPT = 6,    /* good signatures remembered for one sealer */
    PBFT_FUTURE_PREPARES = 10, /* at most one for each sealer; beyond: the one farthest ahead goes */
    PBFT_FUTURE_HEIGHTS = 10,  /* messages farther ahead of the chain are dropped: block sync is the way to catch up */
    PBFT_FUTURE_BYTES_MAX = 256 * 1024 * 1024, /* of all future prepares together; beyond: dropped */
    PBFT_FAR_BEHIND_BLOCKS = 20,
    PBFT_FORWARD_BLOCKS = 10,
    PBFT_EMPTY_BLOCK_MS = 1000,
    PBFT_VIEW_TIMEOUT_MS = 3000,
    PBFT_CHANGE_CYCLE_MAX = 8 /* the reference: 20; docs/decisions/0004 */
};

/* A prepare and its block in full, not executed. proposal NULL: none. */
typedef struct {
    pbft_request request;
    bool is_empty; /* flagged empty on the wire */
    block *proposal;
    node_id *forward; /* forwardNodes of the packet, owned; for a prepare that is passed on later */
    size_t forward_count;
    uint8_t ttl;
    size_t encoded_bytes;
} pbft_proposal;

/* A proposal whose transactions are not all here yet (5.7). */
typedef struct {
    pbft_proposal proposal;
    hash256 *tx_hashes; /* in the proposal's block memory */
    transaction **txs;  /* NULL where missing; one reference each */
    size_t tx_count;
    pbft_missing_item *missing;
    size_t missing_count;
} pbft_partial;

typedef enum {
    RAW_NONE,
    RAW_EMPTY,   /* an empty block: a view change follows */
    RAW_REFUSED, /* checks or execution failed: nothing was signed */
    RAW_WAITING, /* to be executed when the job under way is done */
    RAW_EXECUTING,
    RAW_EXECUTED
} raw_state;

typedef struct {
    bool is_set;
    pbft_request request;
} pbft_vote;

typedef struct {
    hash256 digest;
    pbft_signature sig;
} pbft_verified;

/* What is remembered about one sealer, at its index in the sorted list. */
typedef struct {
    node_id node;
    bool is_connected;
    pbft_vote signs[PBFT_VOTES_PER_SEALER], commits[PBFT_VOTES_PER_SEALER]; /* signatures verified before storing */
    pbft_vote changes[PBFT_VIEWS_PER_SEALER];                               /* recv[view][idx] */
    bool has_latest;
    uint64_t latest_view; /* latest[idx] */
    bool has_seen;
    uint64_t seen_view; /* viewMap: for getConsensusStatus only */
    /* A cache, not state: the last good signatures. A Sign and the Commit on one block share theirs, as do the
       ViewChanges of one height; a prepare may be judged twice. */
    pbft_verified verified[PBFT_VERIFIED_KEPT];
    unsigned verified_next;
} pbft_seat;

/* The jobs that run elsewhere. */
typedef struct {
    bool is_active;
    uint64_t ticket;
    block *proposal;
} pbft_executing;

typedef struct {
    bool is_active;
    uint64_t ticket;
    uint64_t height;
    hash256 block_hash;
    buffer value;
} pbft_persisting;

typedef struct {
    bool is_active;
    uint64_t ticket;
    uint64_t height;
    execution *result;
    block_signature *signatures;
    uint8_t *signature_space;
} pbft_committing;

struct pbft {
    consensus_config config;
    const chain_rules *rules;
    const crypto_suite *suite;

    /* The chain: N, hash(N), K = N + 1. */
    bool is_started; /* the first CHAIN event came */
    ledger_tip tip;
    uint64_t next_height; /* K */
    uint64_t tx_count_limit;
    pbft_seat *seats;
    node_id *sealers;             /* ascending; the same order as seats */
    size_t count, faulty, quorum; /* n, f, q */
    uint32_t idx;                 /* own, or PBFT_NOT_A_SEALER */

    /* The view and its clock (5.10); times are steady milliseconds. */
    uint64_t view, to_view;
    bool leader_failed;
    uint64_t last_consensus_ms, last_sign_ms, last_add_raw_ms, last_exec_ms; /* C, G, A, X */
    unsigned change_cycle;                                                   /* c */
    uint64_t consensus_timeout_ms;                                           /* T */

    /* The block under consensus. */
    pbft_proposal raw;
    raw_state raw_state;
    size_t sealing_tx;
    struct {
        bool is_set, has_quorum, is_commit_sent;
        uint64_t height, view;
        hash256 proposal_hash, block_hash; /* before and after execution */
        execution *result;
    } prepared;
    pbft_proposal committed; /* the lock: q signs were seen on it. Any other block of its height is refused */
    bool is_durable;         /* the lock (durable_height, durable_hash) is on disk */
    uint64_t durable_height;
    hash256 durable_hash;
    uint64_t decided_height; /* its commit is under way or done: nothing else of this height matters */

    pbft_proposal future[PBFT_FUTURE_PREPARES];
    pbft_partial partial_raw, partial_future;

    uint64_t last_ticket;
    pbft_executing executing;
    pbft_persisting persisting;
    pbft_committing committing;

    pbft_filter *filter;
    node_id *sessions; /* connected nodes, ascending */
    size_t session_count, sessions_at_broadcast;
    bool is_downloading;
    int64_t known_highest;
    block_size size;
    int64_t noted_sealing;
    uint64_t deadline_ms;   /* as last told to the shell */
    pbft_signature own_sig; /* over own_sig_digest: the same block hash is signed several times */
    hash256 own_sig_digest;
    uint64_t dropped_messages;

    /* The step under way. */
    uint64_t steady_ms, utc_ms, aligned_ms;
    consensus_actions *out;
};

/* ---- helpers (pbft.c, actions.c) */

static inline uint64_t pbft_number(const pbft *p) /* N */
{
    return (uint64_t)p->tip.number;
}

static inline bool pbft_is_sealer(const pbft *p)
{
    return p->idx != PBFT_NOT_A_SEALER;
}

bool pbft_leader(const pbft *p, size_t *leader); /* false: unknown (5.1) */
bool pbft_is_leader(const pbft *p);
ptrdiff_t pbft_seat_of(const pbft *p, const node_id *node); /* index, or NODE_ABSENT */
bool pbft_is_behind(const pbft *p, uint64_t height);        /* 5.5.2 row 2 */
void pbft_note_sealing(pbft *p, int64_t number);
void pbft_drop(pbft *p, const char *what, const char *why); /* counts and logs a message that is not used */
void pbft_proposal_clear(pbft_proposal *s);
/* Encodes the prepare with its full block. */
void pbft_proposal_encode(const pbft *p, const pbft_proposal *s, buffer *out);
void pbft_see_view(pbft *p, const pbft_request *r);

consensus_action *actions_add(consensus_actions *out, consensus_action_kind kind);
void actions_log(consensus_actions *out, log_level level, const char *format, ...) PRINTF_LIKE(3, 4);
/* "1a2b3c4d...": how hashes and node ids stand in log lines (interfaces.md 7.2). */
typedef struct {
    char text[12];
} short_hex;
short_hex short_hex_of(bytes value);

/* ---- signatures (pbft_signature.c) */
void pbft_sign_request(pbft *p, pbft_request *r);                        /* fills sig and sig2 from the other fields */
bool pbft_verify_request(const pbft *p, const pbft_request *r) MUST_USE; /* r->idx < count */
pbft_request pbft_own_request(pbft *p, uint64_t height, uint64_t view, const hash256 *hash);

/* ---- prepare (pbft_prepare.c) */
typedef enum {
    PREPARE_VALID,
    PREPARE_FUTURE,         /* row 5 */
    PREPARE_KNOWN,          /* row 1 */
    PREPARE_SYNCING,        /* row 2 */
    PREPARE_PAST,           /* row 3 */
    PREPARE_LOCKED,         /* row 4 */
    PREPARE_NOT_LEADER,     /* row 6 */
    PREPARE_BAD_SIGNATURE,  /* row 7; HARDEN: also for FUTURE */
    PREPARE_NO_SUCH_SEALER, /* HARDEN: index out of range */
    PREPARE_DECIDED,        /* the block of this height is being written */
    PREPARE_SECOND,         /* HARDEN: another block of this view was signed or is being executed */
    PREPARE_TOO_FAR,        /* HARDEN: height beyond PBFT_FUTURE_HEIGHTS */
    PREPARE_NEVER_LEADER,   /* HARDEN: FUTURE, but this sealer does not lead that height and view */
    PREPARE_ROWS
} prepare_row;
prepare_row pbft_judge_prepare(const pbft *p, const pbft_request *r, bool is_empty) MUST_USE;

/* The block inside a prepare: is it the one that block_hash names? */
typedef enum {
    BLOCK_VALID,
    BLOCK_EXECUTED_FORM, /* the executed header of the block that block_hash names (QUIRK of 5.3) */
    BLOCK_OTHER_HASH,
    BLOCK_OTHER_NUMBER,
    BLOCK_NOT_EMPTY, /* flagged empty, but is not */
    BLOCK_ROWS
} block_row;
block_row pbft_judge_block(const pbft *p, const pbft_request *r, const block *b, bool is_empty) MUST_USE;

/* The checks before execution (5.5.3). */
typedef enum {
    CONTENT_VALID,
    CONTENT_TOO_MANY,
    CONTENT_OTHER_PARENT,
    CONTENT_OTHER_SEALERS,
    CONTENT_BAD_SEALER, /* HARDEN: such a block could never be synced (5.13) */
    CONTENT_OTHER_ROOT, /* HARDEN: transactionsRoot */
    CONTENT_OLD_TRANSACTION,         /* HARDEN: pbft_may_run */
    CONTENT_ROWS
} content_row;
content_row pbft_judge_content(const pbft *p, const block *b) MUST_USE;
/* HARDEN: may all transactions of a proposal run now, and each only once? Not asked of blocks that others have decided. */
bool pbft_may_run(const pbft *p, const block *b) MUST_USE;
const char *prepare_row_text(prepare_row fired);
const char *block_row_text(block_row fired);
const char *content_row_text(content_row fired);

void pbft_on_prepare(pbft *p, const pbft_packet *packet, const node_id *from); /* E2 */
void pbft_accept_prepare(pbft *p, pbft_proposal *s); /* E2b..E2e: judged VALID; takes the proposal over */
void pbft_store_future(pbft *p, pbft_proposal *s);   /* E2a; takes it over */
void pbft_use_future(pbft *p);                       /* E12 */
void pbft_start_execution(pbft *p);
void pbft_on_executed(pbft *p, uint64_t ticket, execution *result);
void pbft_clear_raw(pbft *p);
void pbft_clear_prepared(pbft *p);

/* ---- sign and commit (pbft_vote.c, pbft_sign.c, pbft_commit.c) */
typedef enum {
    VOTE_VALID,
    VOTE_FUTURE,         /* row 4 */
    VOTE_KNOWN,          /* row 1 */
    VOTE_PAST,           /* row 2 */
    VOTE_SYNCING,        /* row 3 */
    VOTE_OWN,            /* row 5; HARDEN: before row 4 */
    VOTE_OTHER_VIEW,     /* row 6 */
    VOTE_BAD_SIGNATURE,  /* row 7; HARDEN: also for FUTURE */
    VOTE_NO_SUCH_SEALER, /* HARDEN: index out of range */
    VOTE_TOO_FAR,        /* HARDEN: height beyond PBFT_FUTURE_HEIGHTS */
    VOTE_ROWS
} vote_row;
vote_row pbft_judge_vote(const pbft *p, pbft_kind kind, const pbft_request *r) MUST_USE;
const char *vote_row_text(vote_row fired);
void pbft_store_vote(pbft *p, pbft_kind kind, const pbft_request *r);
/* Distinct sealers with a vote on exactly this block, height and view. */
size_t pbft_count_votes(const pbft *p, pbft_kind kind, const hash256 *hash, uint64_t height, uint64_t view);
void pbft_purge_votes(pbft *p, const hash256 *hash, uint64_t below_view);   /* hash NULL: every vote of height K */
void pbft_on_vote(pbft *p, const pbft_packet *packet, const node_id *from); /* E4, E6 */
void pbft_sign(pbft *p);         /* broadcasts the own Sign on what is prepared; E5 follows */
void pbft_check_commit(pbft *p); /* E5 */
void pbft_on_persisted(pbft *p, uint64_t ticket, bool ok);
void pbft_check_save(pbft *p);                             /* E7 */
void pbft_on_committed(pbft *p, uint64_t ticket, bool ok); /* E7a, E7b */

/* ---- view change (pbft_view.c, pbft_timer.c) */
typedef enum {
    CHANGE_VALID,
    CHANGE_KNOWN,          /* row 1 */
    CHANGE_OWN,            /* row 2 */
    CHANGE_PAST,           /* row 3 */
    CHANGE_OLD_VIEW,       /* row 5 */
    CHANGE_OTHER_CHAIN,    /* row 6 */
    CHANGE_BAD_SIGNATURE,  /* row 7 */
    CHANGE_BACKWARDS,      /* below the sealer's latest one (addViewChange) */
    CHANGE_NO_SUCH_SEALER, /* HARDEN: index out of range */
    CHANGE_ROWS
} change_row;
/* wants_catch_up: row 4 fired on the way: the sender, `from`, is to be told our toView. */
change_row pbft_judge_change(const pbft *p, const pbft_request *r, const node_id *from, bool *wants_catch_up) MUST_USE;
const char *change_row_text(change_row fired);
size_t pbft_count_changes(const pbft *p, uint64_t view);
/* canTrigger: more than f sealers are ahead of toView; the smallest such view. */
bool pbft_can_trigger(const pbft *p, uint64_t *smallest_view);
void pbft_on_change(pbft *p, const pbft_packet *packet, const node_id *from); /* E8 */

typedef enum { CHANGE_BY_TIMEOUT, CHANGE_BY_EMPTY_BLOCK, CHANGE_BY_PEERS } change_cause;
void pbft_change_view(pbft *p, change_cause cause); /* E9 */
void pbft_check_timeout(pbft *p);                   /* E9, when its time has come */
uint64_t pbft_timeout_at(const pbft *p);            /* steady ms; CONSENSUS_NO_DEADLINE: never */
void pbft_forget_changes(pbft_seat *seat);

/* ---- chain, sessions (pbft_chain.c) */
void pbft_on_chain(pbft *p, const chain_state *chain);              /* E10 */
void pbft_on_sessions(pbft *p, const node_id *nodes, size_t count); /* E14 */

/* ---- transactions missing in a proposal (pbft_missing.c) */
void pbft_on_partial(pbft *p, const pbft_packet *packet, const node_id *from); /* E3 */
void pbft_on_get_missed(pbft *p, bytes payload, const node_id *from);          /* E16 */
void pbft_on_missed(pbft *p, bytes payload);                                   /* E16 */
void pbft_retry_partial(pbft *p);                                              /* the pool has new transactions */
void pbft_partial_clear(pbft_partial *s);
/* Replaces transactions by the pool's own values where it has them: their senders are known. */
void pbft_adopt_pool_transactions(const pbft *p, block *b);

/* ---- sending (pbft_forward.c) */
/* To every connected sealer that has not got it. */
void pbft_broadcast(pbft *p, pbft_kind kind, const pbft_request *r, bytes data, bool is_empty, uint16_t frame_type);
void pbft_broadcast_request(pbft *p, pbft_kind kind, const pbft_request *r);
void pbft_send_request(pbft *p, pbft_kind kind, const pbft_request *r, size_t to); /* ttl 1, no forward nodes */
void pbft_send_raw(pbft *p, const node_id *to, uint16_t frame_type, const buffer *payload);
/* Passes a message on that came in `packet` (5.8). */
void pbft_forward(pbft *p, const pbft_packet *packet, const pbft_request *r, const node_id *from);

/* ---- sealer (sealer.c) */
void sealer_run(pbft *p);                /* E1, E13: proposes when it is time */
uint64_t sealer_wakes_at(const pbft *p); /* steady ms; CONSENSUS_NO_DEADLINE: never */

#endif
