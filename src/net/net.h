/* net.h: the peers of this node: mutual TLS sessions over TCP, frames, topics. One thread of its own (the network loop) owns
   every socket; it never executes, never waits for a disk. Source: spec/network.md 0-5.
   Threads: every function may be called from any thread, unless it says otherwise. The handler's functions run on the network
   thread, one at a time; they must be quick and must not call net_stop. */
#ifndef HANSE_NET_NET_H
#define HANSE_NET_NET_H

#include "base/log.h"
#include "net/traffic.h"
#include "tls/tls.h"

typedef struct net net;

enum {
    NET_MODULE_AMOP = 1,
    NET_MODULE_TOPIC = 2, /* handled inside: never given to the handler */
    NET_MODULE_PBFT = 8,  /* rPBFT too */
    NET_MODULE_SYNC = 9,
    NET_MODULE_RAFT = 11
};

/* Limits. Reached: what the comment says, and a line in the log. */
enum {
    NET_FRAME_MAX_BYTES = 100 * 1024 * 1024,  /* session closed */
    NET_SESSIONS_MAX = 1024,                  /* further connections closed at once */
    NET_SEND_NODES_MAX = 1024,                /* nodes of one net_send: the rest is not served */
    NET_SEND_QUEUE_ITEMS = 65536,             /* net_send answers NET_SEND_FULL */
    NET_SEND_QUEUE_BYTES = 256 * 1024 * 1024, /* the same */
    NET_SESSION_OUT_BYTES = 256 * 1024 * 1024, /* waiting for one slow peer: its session is dropped */
    NET_INBOUND_BYTES = 512 * 1024 * 1024,    /* unfinished and refused frames of all sessions: the session that asks for more is dropped */
    NET_ENDPOINTS_MAX = 4096,                 /* net_start and net_add_endpoints refuse */
    NET_TOPICS_MAX = 4096,                    /* topics of one peer: the rest is ignored */
    NET_REQUESTS_MAX = 65536,                 /* pending net_request: NET_SEND_FULL */
    NET_ENDPOINT_BYTES = 280,                 /* text of an endpoint with its zero */
    NET_AGENCY_BYTES = TLS_NAME_BYTES
};

/* A received frame. payload is decompressed and lives until on_frame returns. */
typedef struct {
    node_id from;
    uint16_t group, module;   /* of |protocolID|; group 0 for AMOP */
    uint16_t packet_type;
    uint32_t seq;
    bool is_response;         /* protocolID < 0: only late or unasked responses arrive here; others go to on_response */
    bytes payload;
} net_frame;

typedef enum {
    NET_TAKEN,                /* also when the handler dropped it */
    NET_CONGESTED             /* not taken: the session stops reading (its peer feels it through TCP) and gives the same frame
                                 again after net_resume, or 100 ms later */
} net_verdict;

typedef enum {
    NET_VERIFYING = 0,
    NET_VERIFY_SUCCESS = 1,
    NET_VERIFY_FAILED = 2
} net_topic_status;

typedef struct {
    const char *text;
    net_topic_status status;
} net_topic;

typedef struct {
    node_id id;
    char endpoint[NET_ENDPOINT_BYTES]; /* remote side: "ip:port" or "[v6]:port"; ephemeral port when the peer dialled */
    char agency[NET_AGENCY_BYTES], name[NET_AGENCY_BYTES];
    bool we_dialled;
    size_t queued_bytes;               /* waiting to be sent to this peer */
    uint64_t sent_bytes, received_bytes, sent_frames, received_frames;
    const net_topic *topics;           /* sorted as received */
    size_t topic_count;
} net_peer;

typedef enum {
    NET_RESPONSE_OK,
    NET_RESPONSE_TIMEOUT,
    NET_RESPONSE_DISCONNECTED          /* the session went away, or there was none */
} net_response;

/* What the owner of the net does with events. Every function may be NULL. */
typedef struct {
    void *context;
    net_verdict (*on_frame)(void *context, const net_frame *frame);
    void (*on_session_up)(void *context, const net_peer *peer);                     /* peer lives until return */
    void (*on_session_down)(void *context, const node_id *node, const char *reason);
    /* Answer to net_request; exactly once for each NET_SEND_OK. payload lives until return. */
    void (*on_response)(void *context, uint64_t ticket, net_response result, const node_id *from, bytes payload);
    /* A peer's topics were replaced, or an equal heartbeat came while some are VERIFYING (network.md 5, 7). */
    void (*on_topics)(void *context, const net_peer *peer);
} net_handler;

typedef struct {
    logger *log;                       /* borrowed until net_stop returns; NULL: silent */
    const char *listen_ip;             /* IPv4 or IPv6 text */
    uint16_t listen_port;              /* 0: any free port (tests); net_port tells */
    const char *const *endpoints;      /* "host:port" or "[v6]:port"; at most NET_ENDPOINTS_MAX */
    size_t endpoint_count;
    tls_identity identity;
    const node_id *blacklist, *whitelist; /* whitelist_count 0: everyone with a certificate */
    size_t blacklist_count, whitelist_count;
    bool disable_compress;             /* p2p.enable_compress=false: never compress; received flags are always honoured */
    bool quiet_handshakes;             /* p2p.connection_warning=false: failed inbound handshakes at debug level */
    size_t session_out_bytes;          /* 0: NET_SESSION_OUT_BYTES */
    traffic *traffic;                  /* borrowed until net_stop returns; NULL: nobody counts */
    bool old_frames;                   /* supported_version 2.0.0-rc1: 12-byte headers, groups below 128 */
    uint64_t heartbeat_ms, redial_ms, idle_ms, handshake_ms; /* 0: 5000, 10000, 60000, 50000; other values are for tests */
} net_config;

/* Listens, starts the thread, dials. config and what it points to are borrowed during the call. NULL and a reason that names
   the file, address or endpoint to blame. The handler may be called before net_start returns. */
net *net_start(const net_config *config, const net_handler *handler, error_text *why);
/* Closes every session (on_session_down is called for each), ends the thread, frees. Call it once; the others not after it. */
void net_stop(net *n);

const tls_subject *net_self(const net *n); /* id, agency and name of this node; lives as long as n */
uint16_t net_port(const net *n);           /* the listening port */

typedef enum {
    NET_SEND_OK,      /* queued; delivery is not promised */
    NET_SEND_FULL     /* a limit of the queue: nothing was queued */
} net_send_result;

/* Sends one frame (one seq, one copy, one compression) to each node that has a session when the loop gets to it; the others, and
   this node itself, are left out silently (network.md 4.3). payload is copied: at most NET_FRAME_MAX_BYTES - 16, more is
   answered with NET_SEND_FULL. Frames to one node leave in the order of the calls of one thread. */
net_send_result net_send(net *n, const node_id *nodes, size_t count, uint16_t group, uint16_t module, uint16_t packet_type,
                         bytes payload);
/* The same with an answer: on_response(ticket) within timeout_ms (0: none). */
net_send_result net_request(net *n, const node_id *node, uint16_t group, uint16_t module, uint16_t packet_type, bytes payload,
                            uint64_t timeout_ms, uint64_t ticket);
/* Answers a frame that was a request: negated protocolID, same seq. */
net_send_result net_answer(net *n, const node_id *node, uint16_t group, uint16_t module, uint16_t packet_type, uint32_t seq,
                           bytes payload);
/* A receiver that answered NET_CONGESTED has room again. */
void net_resume(net *n);

/* The sessions right now, copied into the arena; ascending node ids. */
const net_peer *net_peers(net *n, arena *a, size_t *count);
bool net_is_connected(net *n, const node_id *node);

/* The configured endpoints as text, in the order of host text + port text (queryPeers). */
const char *const *net_endpoints(net *n, arena *a, size_t *count);
typedef enum {
    NET_ENDPOINTS_CHANGED,
    NET_ENDPOINTS_SAME,       /* all were there already / none was there */
    NET_ENDPOINTS_TOO_MANY,   /* the table would be larger than max_total; nothing changed */
    NET_ENDPOINTS_MALFORMED   /* *bad_index names the first wrong one; nothing changed */
} net_endpoints_result;
/* addPeers, erasePeers (interfaces.md 4.2). Erasing closes no session. New endpoints are dialled at once. */
net_endpoints_result net_add_endpoints(net *n, const char *const *texts, size_t count, size_t max_total, size_t *bad_index);
net_endpoints_result net_erase_endpoints(net *n, const char *const *texts, size_t count, size_t *bad_index);
/* "host:port" or "[v6]:port" with a port of 1025..65535 (network.md 0, 2.1). */
bool net_endpoint_is_valid(const char *text, error_text *why);

/* Replaces the white list (count 0: disabled) and drops sessions that are not on it. false: more than TLS_LIST_MAX ids. */
bool net_set_whitelist(net *n, const node_id *ids, size_t count) MUST_USE;

/* The topics of this node's SDKs (sorted, without TAB); the own topic number goes up by one with each call (network.md 5). */
void net_set_topics(net *n, const char *const *topics, size_t count);
/* Those of the last net_set_topics that the network thread has seen, copied into the arena (getNodeInfo). */
const char *const *net_own_topics(net *n, arena *a, size_t *count);
/* Result of a private topic's verification: only if the topic of that peer is VERIFYING (network.md 7). */
void net_set_topic_status(net *n, const node_id *node, const char *topic, net_topic_status status);

#endif
