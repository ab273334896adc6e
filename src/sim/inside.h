/* inside.h: the inside of a simulation, shared by the files of this folder.
   world.c: time, life, looking. node.c: one node's turn, its jobs and actions. network.c: links. check.c: the rules.
   load.c: clients. story.c: who sent what when. heard.c: which votes a node has heard. clock.c: what it takes for the
   time. */
#ifndef HANSE_SIM_INSIDE_H
#define HANSE_SIM_INSIDE_H

#include "base/map.h"
#include "base/prng.h"
#include "sim/heap.h"
#include "sim/sim.h"
#include "store/fault.h"

enum {
    START_STEADY_MS = 100000,
    INBOX_BYTES_MAX =
        64 * 1024 * 1024, /* frames beyond it are dropped, as a session that stops reading would make them wait */
    EVENTS_PER_STEP = 1024,
    ORDERED_JOBS_MAX = 8, /* check.c: more waiting jobs than consensus and sync may have between them */
    RECENT_MAX = 64,
    SESSION_NOTICE_MS = 400 /* a node hears of a session within that time */
};

#define START_UTC_MS UINT64_C(1700000000000)
#define NEVER        UINT64_MAX

typedef struct {
    unsigned owners;
    size_t from;
    unsigned module;
    uint16_t packet_type;
    size_t story_line; /* 1 + its place in the story; 0: not told yet */
    size_t size;
    uint8_t data[];
} sim_frame;

typedef enum { EVENT_FRAME, EVENT_WAKE, EVENT_JOB_RUN, EVENT_JOB_DONE, EVENT_SESSIONS, EVENT_SUBMIT } sim_event_kind;

typedef struct {
    sim_event_kind kind;
    size_t node;
    unsigned life; /* of the node: what was meant for an earlier one is lost */
    union {
        struct {
            sim_frame *frame;
            unsigned epoch; /* of the session it travels in */
        };
        group_job *job;
        transaction *tx;
    };
} sim_event;

/* A Sign or Commit with good signatures that came to a node. */
typedef struct {
    node_id sealer;
    hash256 block_hash;
    uint64_t height, view;
    bool is_commit;
} heard_vote;

typedef struct {
    secret_key key;
    node_id id;
    store *disk; /* survives */
    store_fault_plan disk_plan;

    /* One life. */
    unsigned life;
    store *store;
    ledger *ledger;
    group *group; /* NULL: down */
    group_actions actions;
    sim_event **inbox;
    size_t inbox_count, inbox_capacity, inbox_bytes;
    uint64_t wakes_at_ms, busy_until_ms, steady_base_ms;
    group_job *ordered[ORDERED_JOBS_MAX];
    size_t ordered_count;
    bool ordered_running;
    group_job *in_flight; /* given to the disk, not yet done */
    size_t jobs_under_way;
    bool is_dying, has_failed, sessions_noted;

    int64_t clock_offset_ms; /* of utc, beside what drift has made of it */
    int64_t drift;           /* millionths */
    uint64_t drift_since_ms; /* true time */
    uint64_t clock_then_ms;  /* what the node's clock had counted by then */
    played_kind crash_at;    /* PLAYED_KINDS: nowhere */
    heard_vote *heard;       /* in this life; heard.c */
    size_t heard_count, heard_capacity;
    unsigned crash_after, step_ms, job_factor;
    int64_t told; /* highest block told to anybody, over all lives */
    hash256 told_hash;
    uint64_t last_view;
    int64_t promised; /* height of its newest Commit message, over all lives */
    hash256 promised_hash;
    bool is_liar;
    sim_twist twist, hear;
    void *twist_context;
} sim_node;

typedef struct {
    sim_link now;
    prng random;
    uint64_t last_arrival_ms;
    unsigned epoch;
    bool is_up;
} link_state;

typedef struct {
    hash256 hash;
    uint64_t timestamp_ms;
    size_t first_node;
} decided_block;

typedef struct {
    hash256 hash;
    int64_t number;
} decided_transaction;

typedef struct {
    uint64_t at_ms;
    int64_t height; /* of a frame about one; -1: any */
    bool is_frame;
    size_t from;
    const char *to, *text;
} story_line;

struct simulation {
    sim_options options;
    chain_rules rules;
    genesis genesis;
    memo *memory;
    bool owns_memory;
    prng random; /* of everything but links and clients */
    heap events;
    uint64_t now_ms;
    sim_node *nodes;
    size_t node_count;
    link_state *links; /* node_count * node_count, from * node_count + to */
    map by_id;         /* node id -> sim_node; twins are found by from */

    decided_block *decided; /* [number]; 0: the genesis block */
    size_t decided_count, decided_capacity;
    map transactions;          /* hash -> decided_transaction */
    arena transactions_memory; /* of the values */

    secret_key client;
    prng client_random;
    uint64_t next_nonce;
    unsigned accounts;

    sim_counts counts;
    transaction *recent[RECENT_MAX]; /* made last; NULL: none yet */
    size_t next_recent;
    uint64_t second, steps_before_second; /* check_pace */
    bool has_failed;
    int64_t failed_height; /* -1: none */
    char why[SIM_WHY_BYTES];
    story_line *story;
    size_t story_count, story_capacity;
    arena story_memory;
};

/* ---- world.c */
sim_event *event_add(simulation *s, sim_event_kind kind, uint64_t delay_ms, size_t node);
void event_free(simulation *s, sim_event *e);

/* ---- network.c */
void network_init(simulation *s);
link_state *network_link(simulation *s, size_t from, size_t to);
void network_update_sessions(simulation *s);                                /* after a change of links or lives */
void network_send(simulation *s, size_t from, size_t to, sim_frame *frame); /* borrows it */
bool network_arrives(simulation *s, const sim_event *e);
sim_frame *frame_new(size_t from, unsigned module, uint16_t packet_type, bytes payload) MUST_USE;
void frame_drop(sim_frame *f);

/* ---- node.c */
void sim_node_start(simulation *s, size_t i);
void sim_node_stop(simulation *s, size_t i);
void sim_node_accept(simulation *s, sim_event *e); /* into the inbox; takes it over */
void sim_node_wake(simulation *s, size_t i);
void sim_node_run_job(simulation *s, sim_event *e);
void sim_node_note_sessions(simulation *s, size_t i);
void sim_node_poke(simulation *s, size_t i); /* it takes a step soon */

/* ---- clock.c */
group_time clock_of(const simulation *s, const sim_node *n);
uint64_t clock_true_ms(const sim_node *n, uint64_t steady_ms); /* when the node's steady clock will show that */

/* ---- check.c */
/* lists: the members before the block. */
void check_durable(simulation *s, size_t node, const group_job *commit, const node_lists *lists);
void check_told(simulation *s, size_t node, const block *b);
void check_restarted(simulation *s, size_t node);
void check_bounds(simulation *s, size_t node);
void check_pace(simulation *s);
void check_promise(simulation *s, size_t node, bytes payload); /* a PBFT packet that is about to leave */

/* ---- heard.c */
void heard_note(simulation *s, size_t node, const sim_frame *f);
void heard_forget(simulation *s, size_t node, uint64_t below_height); /* UINT64_MAX: all */
/* Is there a quorum of the sealers for this very block, height and view among what the node heard, its own vote
 * counted? */
bool heard_quorum(const simulation *s, size_t node, bool is_commit, const hash256 *hash, uint64_t height, uint64_t view,
                  const node_id *sealers, size_t sealer_count);
/* The same in any one view. */
bool heard_quorum_somewhere(const simulation *s, size_t node, bool is_commit, const hash256 *hash, uint64_t height,
                            const node_id *sealers, size_t sealer_count);

/* ---- load.c */
transaction *load_transaction(simulation *s, int64_t height);
transaction *load_membership(simulation *s, const char *kind, const node_id *member, int64_t height);

/* ---- story.c */
void story_frame(simulation *s, size_t to, sim_frame *f, uint64_t arrival_ms); /* NEVER: lost */
void story_job(simulation *s, size_t node, const group_job *j);

#endif
