/* door.h: the SDK door: what FISCO BCOS 2 SDKs connect to (mutual TLS, frames of 42 bytes and a body). One thread (libuv) owns the
   sockets, TLS and every queue; requests, receipts and event searches run on the worker pool; answers come back through a mailbox.
   Source: spec/network.md 6-13, spec/interfaces.md 2.6, 4.10.

   Order on one session: the answer of a request before its receipt; of one block: the block push, then receipts, then events.
   What a block brought is pushed only after it is durable. */
#ifndef HANSE_CHANNEL_DOOR_H
#define HANSE_CHANNEL_DOOR_H

#include "base/log.h"
#include "rpc/json_rpc.h"

typedef struct channel_door channel_door;

/* Limits. Reached: what the comment says; closing a session leaves a line with the reason in the log. */
enum {
    CHANNEL_SESSIONS_MAX = 8192,                    /* further connections closed at once */
    CHANNEL_HANDSHAKES_MAX = 1024,                  /* one more: the one that shakes hands longest is closed */
    CHANNEL_INBOUND_BYTES = 256 * 1024 * 1024,      /* unfinished frames of all sessions: the one that holds most is closed */
    CHANNEL_REQUEST_BYTES = 256 * 1024 * 1024,      /* requests under way of all: until it is less, only who has at most */
    CHANNEL_SMALL_BYTES = 16 * 1024,                /* ... this under way, with the next one, is read */
    CHANNEL_SESSION_REQUEST_BYTES = 64 * 1024 * 1024, /* of one session: it is not read until it is less */
    CHANNEL_SESSION_CALLS = 1000,                   /* requests under way of one session: it is not read until there are less */
    CHANNEL_RUNNING_MAX = 16,                       /* requests given to the workers at a time: sessions take turns, but each may have one */
    CHANNEL_OUT_PAUSE_BYTES = 4 * 1024 * 1024,      /* waiting for a client: it is not read until it reads */
    CHANNEL_OUT_SOFT_BYTES = 16 * 1024 * 1024,      /* waiting for a client, for CHANNEL_OUT_SOFT_MS: closed */
    CHANNEL_OUT_SOFT_MS = 20000,
    CHANNEL_OUT_HARD_BYTES = 128 * 1024 * 1024,     /* waiting for a client: closed at once */
    CHANNEL_OUT_TOTAL_BYTES = 512 * 1024 * 1024,    /* waiting for all: the one for whom most waits is closed */
    CHANNEL_SESSION_TOPICS = 1024,                  /* the rest of a list is ignored */
    CHANNEL_TOPICS_MAX = 65536,                     /* of all: the same */
    CHANNEL_TOPICS_MS = 100,                        /* other nodes hear of new topics no more often */
    CHANNEL_SESSION_FILTERS = 1024,                 /* event filters of one session: -41001 */
    CHANNEL_FILTERS_MAX = 65536,                    /* of all */
    CHANNEL_AMOP_MAX = 65536,                       /* AMOP messages under way: answered 100 (to SDKs), 104 (to nodes) */
    CHANNEL_AMOP_BYTES = 256 * 1024 * 1024,         /* the same */
    CHANNEL_MAIL_ITEMS = 65536,                     /* frames of peers waiting for the door's thread: answered 104 */
    CHANNEL_MAIL_BYTES = 128 * 1024 * 1024,
    CHANNEL_STOP_WRITE_MS = 1000
};

typedef struct {
    const char *listen_ip;             /* IPv4 or IPv6 text */
    unsigned listen_port;              /* 0: any free port (tests); channel_door_port tells */
    tls_identity identity;             /* borrowed during the call */
    bool check_issuer;                 /* network_security.check_cert_issuer */
    int64_t requests_per_second;       /* of the node; 0: off */
    double amop_bytes_per_second;      /* 0: off */
    traffic *traffic;                  /* borrowed for the door's life; NULL: nobody counts */
    uint64_t seed;
    /* 0: 60000, 20000, 5000, 30000; other values are for tests. */
    uint64_t idle_ms, handshake_ms, amop_answer_ms, amop_request_ms;
    size_t out_soft_bytes, out_hard_bytes, out_total_bytes, inbound_bytes, request_bytes; /* 0: as above; other values are for tests */
    size_t handshakes_max, running_max;
    uint64_t out_soft_ms;
} channel_door_config;

/* Listens and starts the thread. NULL with a reason that names address, port or file. backend, workers and l are borrowed for the
   door's life. */
channel_door *channel_door_start(const channel_door_config *config, const rpc_backend *backend, worker_pool *workers, logger *l,
                                 error_text *why) MUST_USE;
unsigned channel_door_port(const channel_door *d);

/* What the node tells, from any thread; quick. Nothing may be told after channel_door_stop was called. */
void channel_door_block(channel_door *d, int32_t group_id, int64_t number); /* durable, in order of each group */
void channel_door_frame(channel_door *d, const net_frame *frame);           /* module NET_MODULE_AMOP */
void channel_door_response(channel_door *d, uint64_t ticket, net_response result, bytes payload);
void channel_door_topics(channel_door *d, const net_peer *peer);
void channel_door_allowlists_changed(channel_door *d);                      /* who paused for them may go on */

/* Takes no more requests, waits for those under way, closes the sessions, ends the thread. The workers must still run; receipts
   that are still awaited may come later. NULL is allowed. */
void channel_door_stop(channel_door *d);

#endif
