/* machine.h: the inside of the sync machine, shared by the files of this folder and by nobody else.
   peers.c: sessions, members, peer table, clock offsets. status.c: telling others our height. download.c: fetching blocks.
   serve.c: giving blocks. transactions.c: spreading and receiving transactions. requests.c: asking for announced ones.
   sync.c: the step that calls them, and the helpers below "Output". */
#ifndef HANSE_SYNC_MACHINE_H
#define HANSE_SYNC_MACHINE_H

#include "base/map.h"
#include "base/prng.h"
#include "consensus/tree.h"
#include "sync/packets.h"
#include "sync/sync.h"

/* Whatever a peer can make grow has its limit here. */
enum {
    SESSIONS_MAX = 4096, /* further sessions are not looked at */
    PEERS_MAX = 2048,    /* further peers are not taken up */
    OFFSETS_MAX = 1024,  /* clock offsets; only members have one */

    STATUS_RESEND_MS = 5000,
    FAR_BEHIND_BLOCKS = 20,
    TIME_CHANGE_MIN_MS = 180000,

    REQUEST_BLOCKS_FIRST = 8,
    REQUEST_BLOCKS_MAX = 32,
    REQUESTS_PARALLEL = 4,
    REQUESTS_KEPT = 64, /* asked ranges, also those whose time is over: late answers are taken */
    REQUEST_TIMEOUT_MS = 6400,
    REQUEST_TIMEOUT_PER_BLOCK_MS = 500,
    QUEUED_BLOCKS_MAX = 256,     /* a block that finds the queue full displaces later ones; they are asked for again */
    MEMORY_PER_ENCODED_BYTE = 3, /* estimate for a block while it is imported (8.3.1) */
    DISTRUST_FIRST_MS = 5000,    /* a peer that twice did not deliver is left alone, each time twice as long */
    DISTRUST_MAX_MS = 300000,

    SERVE_RANGES_MAX = 1000, /* of one peer; further requests are dropped */
    SERVE_SLICE_BLOCKS = 64, /* then it is another peer's turn */
    SERVE_TRIES_MAX = 25,    /* fruitless turns (bandwidth, missing block), then the peer's requests are dropped */

    TXS_PER_ROUND = 1000,                /* of one packet, push or announcement */
    ROUNDS_PER_STEP = 16,                /* the rest follows in the next step */
    PUSH_PACKET_BYTES = 8 * 1024 * 1024, /* a packet of transactions is closed when it is that large */
    ANNOUNCE_DELAY_MS = 50,
    ANNOUNCE_PERCENT = 25,
    ANNOUNCE_WAITING_MAX = 102400, /* hashes that wait for the delay; when full they go out at once */
    /* Announcements made together, so that they need at most ANNOUNCE_FRAMES_MAX frames: to few sealers one frame each and
       one for every TXS_PER_ROUND hashes, to many sealers one frame an announcement. */
    ANNOUNCE_FEW = 400,
    ANNOUNCEMENTS_TO_FEW = 300000,
    ANNOUNCEMENTS_TO_MANY = 500,
    ANNOUNCE_FRAMES_MAX = 800,
    RECEIVED_PACKETS_MAX = 4096, /* packets of transactions that wait for verification; further ones are dropped */
    RECEIVED_BYTES_MAX = 64 * 1024 * 1024,
    VERIFY_BATCH_TXS = 1000,
    TX_REQUESTS_MAX = 65536,      /* hashes asked for and not yet here; further ones are not asked for */
    TX_REQUEST_EXPIRES_MS = 3000, /* HARDEN of 8.5 */
    TX_REQUEST_TRIES = 3
};

#define NEVER SYNC_NO_DEADLINE

typedef struct {
    node_id *ids; /* ascending, no id twice */
    size_t count, capacity;
} id_list;

typedef struct {
    int64_t from, end; /* [from, end) */
} block_range;

typedef struct {
    node_id id;
    hash256 genesis_hash, latest_hash;
    int64_t number;
    bool is_member, is_sealer;
    unsigned failures;             /* requests in a row that brought nothing, or a bad block */
    uint64_t distrusted_until_ms;  /* 0: trusted */
    block_range *ranges;           /* what it asked for: ascending, disjoint, not adjacent */
    size_t range_count, range_capacity;
    unsigned fruitless;
} peer;

typedef struct {
    node_id id;
    int64_t offset_ms;
} clock_offset;

typedef struct {
    node_id peer;
    int64_t from, to;
    uint64_t deadline_ms;
    bool is_live;                  /* false: finished, or its time is over */
    bool has_answered;
} block_request;

typedef struct {
    int64_t number;
    node_id from;
    uint8_t *data;
    size_t size;
} queued_block;

typedef struct {
    bool is_downloading, is_dirty; /* dirty: something changed, look again in this step */
    int64_t known_highest, sealing_number;
    hash256 known_hash;
    block_request requests[REQUESTS_KEPT];
    size_t next_request;           /* a ring */
    queued_block queue[QUEUED_BLOCKS_MAX]; /* ascending, no number twice */
    size_t queued;
    size_t queued_bytes;
    double mean_block_bytes;       /* of what was received; 0: unknown */
    uint64_t blocks_received;
    bool is_importing;
    queued_block importing;
    uint64_t import_ticket;
    uint64_t wake_at_ms;
    bool told_downloading;
    int64_t told_highest;
} download;

typedef struct {
    bool is_busy;
    uint64_t ticket;
    node_id to;
    block_range range;
    uint64_t retry_at_ms;          /* NEVER: nothing waits */
} serving;

/* A packet of transactions on its way through verification. */
typedef struct received_packet received_packet;
struct received_packet {
    received_packet *next;
    node_id from;
    node_id *knowers;              /* who else knows them: where it was forwarded to, and the tree's ancestors */
    size_t knower_count;
    uint8_t *list;
    size_t list_bytes;
    bytes *raw;                    /* views into list, in memory */
    size_t raw_count;
    arena memory;
};

typedef struct {
    bool is_busy;
    uint64_t ticket;
    received_packet *packets;
    bytes *raw;                    /* of all packets, in their order */
    size_t raw_count;
} verify_batch;

typedef struct {
    received_packet *oldest, *newest;
    size_t waiting, waiting_bytes;
    verify_batch batches[SYNC_VERIFY_JOBS_MAX];
    hash256 *announce;             /* wait for announce_at_ms */
    size_t announce_count, announce_capacity;
    uint64_t announce_at_ms;       /* NEVER: none */
    bool more_to_spread;
} transaction_flow;

typedef struct tx_request tx_request;
struct tx_request {
    tx_request *previous, *next;   /* in order of deadline */
    hash256 hash;
    node_id asked, alternative;
    bool has_alternative;
    unsigned tries;
    uint64_t deadline_ms;
};

typedef struct {
    map by_hash;
    tx_request *oldest, *newest;
} tx_requests;

struct sync_machine {
    sync_config config;
    bool has_time;                 /* status packets carry the clock */
    prng random;
    uint64_t next_ticket;

    bool has_chain;
    int64_t number;
    hash256 latest_hash;
    id_list sealers;               /* rPBFT: the working ones */
    id_list members;               /* sealers and observers */
    bool is_member;
    bool reports;                  /* is a member, or was one until this step's block */

    id_list sessions;
    peer *peers;                   /* ascending id */
    size_t peer_count, peer_capacity;
    id_list peer_ids;              /* the same, as a span for the trees */
    id_list sealer_peers;          /* R of 8.4 */
    clock_offset *offsets;
    size_t offset_count;
    int64_t median_offset_ms;

    uint64_t status_sent_ms;
    uint64_t gossip_at_ms;

    download download;
    serving serving;
    transaction_flow flow;
    tx_requests requests;
    uint64_t refused_packets, dropped_packets;

    /* Of the step under way. */
    uint64_t now_ms, utc_ms;
    sync_actions *out;
    uint64_t armed_ms;             /* the deadline the shell knows of */
};

static inline node_span span_of(const id_list *list)
{
    return (node_span){list->ids, list->count};
}

/* ---- sync.c: Output. An action list that is full drops frames and log lines, never jobs. */
void emit_frame(sync_machine *s, const node_id *to, size_t count, uint16_t frame_type,
                bytes payload); /* payload: in out->memory */
void emit_packet(sync_machine *s, const node_id *to, size_t count, uint16_t frame_type, const sync_packet *packet);
sync_action *emit_job(sync_machine *s, sync_action_kind kind);
void emit_log(sync_machine *s, log_level level, const char *format, ...) PRINTF_LIKE(3, 4);
void refuse_packet(sync_machine *s, const node_id *from, const char *why);
void id_list_assign(id_list *list, const node_id *ids, size_t count); /* sorts, drops repetitions */
void id_list_free(id_list *list);

/* ---- peers.c */
void peers_on_chain(sync_machine *s, const chain_state *chain); /* takes over lists and tip */
void peers_on_sessions(sync_machine *s, const node_id *nodes, size_t count);
void peers_on_status(sync_machine *s, const node_id *from, const sync_packet *packet);
peer *peers_find(sync_machine *s, const node_id *id); /* NULL: not in the table */
bool is_group_member(const sync_machine *s, const node_id *id);
void peers_free(sync_machine *s);

/* ---- status.c */
void status_send(sync_machine *s, const node_id *to, size_t count);
void status_on_new_block(sync_machine *s);
void status_on_time(sync_machine *s);
uint64_t status_deadline_ms(const sync_machine *s);

/* ---- download.c */
void download_on_blocks(sync_machine *s, const node_id *from, const sync_packet *packet);
void download_on_imported(sync_machine *s, uint64_t ticket, bool ok);
void download_on_peer_gone(sync_machine *s, const node_id *id);
void download_run(sync_machine *s); /* once at the end of each step */
uint64_t download_deadline_ms(const sync_machine *s);
void download_free(sync_machine *s);

/* ---- serve.c */
void serve_on_request(sync_machine *s, const node_id *from, const sync_packet *packet);
void serve_on_served(sync_machine *s, uint64_t ticket, int64_t next);
void serve_run(sync_machine *s);
uint64_t serve_deadline_ms(const sync_machine *s);

/* ---- transactions.c */
void transactions_spread(sync_machine *s);
void transactions_on_time(sync_machine *s);
void transactions_on_packet(sync_machine *s, const node_id *from, uint16_t frame_type, bytes payload,
                            const sync_packet *packet);
void transactions_on_verified(sync_machine *s, uint64_t ticket, transaction *const *admitted, size_t count);
void transactions_on_request(sync_machine *s, const node_id *from, const sync_packet *packet);
/* All pending, whoever knows them. index: our place in the tree until now (written, and not looked at by anybody). */
void transactions_fast_forward(sync_machine *s, const node_id *to, size_t count, uint64_t index);
void transactions_forget(sync_machine *s); /* the node left the group */
uint64_t transactions_deadline_ms(const sync_machine *s);
void transactions_free(sync_machine *s);

/* ---- requests.c */
void requests_on_status(sync_machine *s, const node_id *from, const sync_packet *packet);
void requests_on_arrival(sync_machine *s, const hash256 *hash);
void requests_on_time(sync_machine *s);
uint64_t requests_deadline_ms(const sync_machine *s);
void requests_free(sync_machine *s);

#endif
