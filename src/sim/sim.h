/* sim.h: a whole network in one process and one thread: complete nodes (pool, consensus, sync, executor, ledger, real
   encodings and signatures) on simulated clocks, disks and links, all driven by one seed. A run is repeated by its
   options alone. After every step the rules of check.c are looked at: no two blocks at one height, nothing that was
   committed is lost, every block has a quorum of distinct sealers, no transaction runs twice, bounds hold. The first
   rule that is broken ends the run. Thread: one at a time for each simulation; the memory of signatures (memo.h)
   belongs to the thread. */
#ifndef HANSE_SIM_SIM_H
#define HANSE_SIM_SIM_H

#include "base/buffer.h"
#include "group/group.h"
#include "base/prng.h"
#include "sim/memo.h"
#include "sim/played.h"
#include "store/fault.h"

enum {
    SIM_NODES_MAX = 128,
    SIM_NODES_DEFAULT = 4,
    SIM_WHY_BYTES = 512,
    SIM_LIES_MAX = 32,
    SIM_NODE_BYTES_MAX = 16 * 1024 * 1024, /* held of what others sent: pool, consensus, sync; check.c */
    SIM_STEPS_PER_SECOND_MAX =
        20000 /* of one node, on average over the simulated second: more means that somebody spins */
};

typedef struct simulation simulation;

/* How the network is before anything goes wrong. */
typedef struct {
    uint64_t seed;
    size_t nodes;     /* sealers of the genesis block; 1..SIM_NODES_MAX */
    size_t observers; /* further nodes that are no members at first */
    size_t twins;     /* further instances with the keys of the last sealers */
    bool no_hashes;   /* proposals carry their transactions */
    bool no_ttl_optimization;
    bool no_trees;                       /* transactions and status go to everybody directly */
    uint64_t min_block_interval_ms;      /* 0: 500 */
    uint64_t tx_count_limit;             /* 0: 50 */
    size_t pool_limit;                   /* 0: 4000 */
    uint64_t delay_min_ms, delay_max_ms; /* of a frame; both 0: 1..10 */
    uint64_t job_max_ms;                 /* 0: 8 */
    memo *memory;                        /* borrowed; NULL: the simulation makes its own */
    bool tells_story;
} sim_options;

simulation *sim_new(const sim_options *options) MUST_USE; /* every node is up and connected */
void sim_free(simulation *s);

/* Lets simulated time pass, at most until something fails. false: it has failed. */
bool sim_run(simulation *s, uint64_t ms);
uint64_t sim_now_ms(const simulation *s);
/* What was broken first, or NULL. */
const char *sim_failure(const simulation *s);
/* Executes the chain of the highest correct node that is up anew from genesis: it must come to the same hashes. */
void sim_audit(simulation *s);
void sim_fail(simulation *s, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_fail_at(simulation *s, int64_t height, const char *format, ...)
    PRINTF_LIKE(3, 4); /* height: what the story is about */
/* The last lines of the story, at most max; of the frames only those about the height of
   the failure, when it has one. */
void sim_print_story(const simulation *s, size_t max_lines, buffer *out);

/* ---- looking ---- */

size_t sim_node_count(const simulation *s); /* sealers, observers, twins */
bool sim_is_up(const simulation *s, size_t node);
int64_t sim_height(const simulation *s, size_t node); /* of what it told; of a node that is down too */
int64_t sim_highest(const simulation *s);
hash256 sim_hash(const simulation *s, int64_t number); /* of the decided block; number <= sim_highest */
uint64_t sim_timestamp(const simulation *s, int64_t number);
group *sim_group(simulation *s, size_t node); /* NULL: down */
ledger *sim_ledger(simulation *s, size_t node);
consensus_status sim_consensus(simulation *s, size_t node, arena *a); /* the node is up */
const node_id *sim_node_id(const simulation *s, size_t node);

typedef struct {
    uint64_t steps, frames, frame_bytes, frames_lost, jobs, crashes, restarts, disk_failures;
    uint64_t submitted, accepted, committed_transactions, view_changes, lies, congested;
    uint64_t consensus_frames, consensus_bytes; /* of frames and frame_bytes */
    uint64_t played[PLAYED_KINDS], lies_by_kind[SIM_LIES_MAX];
    uint64_t held_bytes_max; /* the most that one node held of what others sent */
    int64_t blocks;
} sim_counts;
sim_counts sim_count(const simulation *s);

/* ---- clients ---- */

/* A copy of one of the newest transactions, once more; nothing when there is none yet. */
void sim_submit_copy(simulation *s, size_t node);
/* A transaction whose block limit is past, or too far ahead. */
void sim_submit_expired(simulation *s, size_t node);
/* A fresh transaction to one node; its hash. What it does is drawn: transfers between few accounts, a counter that
 * everybody raises. */
hash256 sim_submit(simulation *s, size_t node);
/* Through the Consensus contract. kind: "addSealer", "addObserver" or "remove". */
hash256 sim_submit_membership(simulation *s, size_t node, const char *kind, size_t member);
bool sim_is_committed(const simulation *s, const hash256 *tx_hash, int64_t *number);

/* ---- what goes wrong ---- */

void sim_crash(simulation *s, size_t node);
/* After so many further effects of the node (a frame to one peer, a job done, an answer), 1: before the next one. */
void sim_crash_after(simulation *s, size_t node, unsigned effects);
void sim_restart(simulation *s, size_t node);
/* A restart on a disk that has lost its newest block: more than a store may ever lose. */
void sim_restart_without_last_block(simulation *s, size_t node);
void sim_set_clock(simulation *s, size_t node, int64_t offset_ms); /* from the true time, as of now */
/* From now on both of its clocks go faster (or, below 0, more slowly) by so many millionths; > -1000000. */
void sim_set_drift(simulation *s, size_t node, int64_t millionths);
/* It dies at the next boundary of that kind (PLAYED_DIES_...); PLAYED_KINDS: at none. */
void sim_crash_at(simulation *s, size_t node, played_kind boundary);
store_fault_plan *sim_disk(simulation *s, size_t node);
void sim_slow_down(simulation *s, size_t node, unsigned step_ms, unsigned job_factor); /* 0, 1: as fast as ever */

typedef struct {
    unsigned lost, repeated; /* in a thousand */
    bool is_cut;             /* frames vanish, the session stays */
    bool is_unordered;
    bool is_disconnected;      /* there is no session; either direction means both */
    bool is_flapping;          /* and that by a link that comes and goes */
    uint64_t extra_delay_ms;   /* at most, drawn for each frame */
    uint64_t bytes_per_second; /* 0: any */
} sim_link;
/* Of the direction from -> to, until it is set anew. */
void sim_set_link(simulation *s, size_t from, size_t to, sim_link link);
/* All links at once: what `draw` says about each. */
void sim_set_links(simulation *s, sim_link (*draw)(void *context, size_t from, size_t to), void *context);

/* What a node sends is given to `sent` instead, which may send anything with sim_send; what it hears is shown to
   `heard` (may be NULL). The node counts as faulty: what it commits is not judged. */
typedef struct {
    size_t from, to;
    unsigned module;
    uint16_t packet_type;
    bytes payload;
} sim_message;
typedef void (*sim_twist)(simulation *s, void *context, const sim_message *m);
void sim_make_liar(simulation *s, size_t node, sim_twist sent, sim_twist heard, void *context);
void sim_stop_lying(simulation *s, size_t node); /* its frames are its own again; it is still not judged */
bool sim_is_liar(const simulation *s, size_t node);
void sim_send(simulation *s, const sim_message *m);
void sim_note_lie(simulation *s, unsigned kind); /* lie_kind */
void sim_note(simulation *s, played_kind kind);
const secret_key *sim_key(const simulation *s, size_t node);
const chain_rules *sim_rules(const simulation *s);
prng *sim_random(simulation *s);

void sim_tell(simulation *s, const char *format, ...) PRINTF_LIKE(2, 3); /* a line of the story */

#endif
