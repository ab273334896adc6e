/* net_private.h: the network thread from inside. Who may touch what:
   - everything belongs to the network thread, except
   - commands (a queue), endpoints (own lock), next_seq, request_count and the counters of a session (atomic),
   - peers_lock guards what net_peers and net_own_topics read (by_node, the identity and topics of registered sessions, the own
     topics): the network thread takes it to change them, others take it to read. No handler is called under a lock. */
#ifndef HANSE_NET_NET_PRIVATE_H
#define HANSE_NET_NET_PRIVATE_H

#include "base/map.h"
#include "base/prng.h"
#include "base/queue.h"
#include "net/endpoint.h"
#include "net/lookup.h"
#include "net/net.h"
#include "net/outgoing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    READ_CHUNK_BYTES = 32 * 1024,       /* one read of a socket; libuv makes at most 32 of them for one socket in a row */
    WRITE_CHUNK_BYTES = 128 * 1024,     /* ciphertext in flight for one session */
    PLAIN_PIECE_BYTES = 16 * 1024,      /* plaintext given to TLS at once: one record */
    IN_BUFFER_BYTES = 32 * 1024,        /* kept for each session; larger frames take more while they arrive */
    QUEUED_FRAME_BYTES = 64,            /* what a queued frame counts besides its bytes */
    HANDSHAKES_MAX = 256,               /* inbound ones: the oldest is closed when one more comes */
    TOPIC_TEXT_MAX_BYTES = 255,         /* longer topics of a peer are ignored */
    LISTEN_BACKLOG = 128,
    RETRY_FIRST_MS = 100,               /* dialling again after a refused or lost connection, doubled each time */
    CONGESTION_RETRY_MS = 100,
    TOPIC_REQUEST_TIMEOUT_MS = 5000
};

typedef enum { SESSION_RESOLVING, SESSION_CONNECTING, SESSION_HANDSHAKE, SESSION_ACTIVE, SESSION_CLOSING } session_state;

typedef struct queued_frame {
    struct queued_frame *next;
    outgoing *o;
} queued_frame;

typedef struct session {
    net *net;
    struct session *previous, *next;    /* of all sessions, oldest first */
    session_state state;
    bool registered;                    /* in net->by_node */
    bool is_duplicate;                  /* closed because another session to the same node lives, or it is this node itself */
    bool we_dialled, row_is_dialling;
    endpoint dialled;

    uv_tcp_t tcp;
    uv_timer_t timer;                   /* handshake limit, then heartbeat and idle limits, whichever comes first */
    uv_connect_t connecting;
    uv_write_t writing;
    lookup *resolving;                  /* while SESSION_RESOLVING */
    unsigned open_handles;              /* tcp and timer */
    bool is_writing, is_paused;
    uint64_t opened_ms, last_read_ms, last_write_ms, next_heartbeat_ms;

    tls_session *tls;
    uint8_t *in;                        /* plaintext: in[in_start .. in_end) is not yet dispatched */
    size_t in_start, in_end, in_capacity;
    buffer plain;                       /* the decompressed payload of the frame at in_start, when has_plain */
    bool has_plain;

    queued_frame *out_first, **out_end;
    size_t out_offset;                  /* bytes of out_first already given to TLS */
    uint8_t *wire;                      /* ciphertext of the write under way */
    bool needs_flush;

    tls_subject peer;
    char remote[NET_ENDPOINT_BYTES];
    uint32_t topic_seq;                 /* of the peer, as last received */
    uint32_t topic_request_seq;         /* our request without an answer; 0: none */
    uint64_t topic_request_ms;
    char *topics_text;                  /* the texts of topics, each zero-terminated */
    net_topic *topics;
    size_t topic_count;
    atomic_size_t out_bytes;
    atomic_uint_fast64_t sent_bytes, received_bytes, sent_frames, received_frames;
} session;

typedef struct pending_request {
    struct pending_request *previous, *next;
    uint32_t seq;
    node_id node;
    uint64_t ticket, deadline_ms;       /* 0: none */
} pending_request;

struct net {
    net_handler handler;
    logger *log;
    traffic *traffic;
    tls_context *tls;
    frame_format format;
    bool compress;
    log_level handshake_level;
    size_t session_out_bytes;
    uint64_t heartbeat_ms, redial_ms, idle_ms, handshake_ms;

    uv_thread_t thread;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_timer_t sweep_timer, dial_timer, resume_timer, request_timer;
    bool stopping;
    uint16_t port;
    prng random;
    uint8_t *read_chunk;                /* READ_CHUNK_BYTES, for whichever socket is read */

    session *first, *last;
    size_t session_count, inbound_handshakes, paused_count;
    atomic_size_t inbound_bytes;        /* input buffers of all sessions; atomic for the tests */
    pthread_mutex_t peers_lock;
    map by_node;                        /* registered sessions */
    endpoint_table endpoints;

    queue *commands;
    atomic_uint next_seq;
    atomic_size_t request_count;
    map requests;                       /* by seq */
    pending_request *request_first;
    uint32_t own_topic_seq;
    buffer own_topics;                  /* TAB and text for each; changed under peers_lock */
};

#define NET_LOG(n, level, ...) log_write((n)->log, level, 0, "[P2P]" __VA_ARGS__)

/* command.c */
void net_on_wake(uv_async_t *wake);
void net_ask_to_stop(net *n);
void net_on_lookup(void *context, lookup *l); /* context: the net; on the resolver's thread */
void net_drop_commands(net *n);         /* after the thread has ended */

/* host.c */
bool host_listen(net *n, const char *ip, uint16_t port, error_text *why);
void host_start(net *n);                /* first sweep and the timer of the next ones */
void host_on_sweep(uv_timer_t *timer);
void host_on_dial(uv_timer_t *timer);
void host_dial_new(net *n);             /* dials endpoints that were never tried */
void host_dial_soon(net *n);            /* arms the dial timer for the earliest retry */
void host_on_resolved(net *n, lookup *l); /* frees l */
void host_stop(net *n);                 /* closes everything; the loop ends when the last handle is gone */
void host_on_authenticated(session *s); /* network.md 2.2 */
void host_on_session_lost(session *s, const char *reason);
void host_on_resume(uv_timer_t *timer);
void host_resume(net *n);
void host_drop_unwanted(net *n);        /* sessions the white list no longer allows */

/* session.c */
session *session_new(net *n, bool we_dialled);
void session_connect(session *s, const struct sockaddr *to);
void session_accept(session *s);        /* tcp is connected: starts the TLS server */
void session_close(session *s, const char *reason, ...) PRINTF_LIKE(2, 3);
void session_queue(session *s, outgoing *o); /* takes no ownership; the frame leaves with the next session_flush */
void session_flush(session *s);
void session_pump(session *s);          /* gives on what is buffered, then reads on */
void session_resume(session *s);        /* after a pause */
void session_arm(session *s);           /* sets the timer to what is due first */
void session_release(session *s);       /* a handle was closed: frees the session after the last one */

/* dispatch.c */
net_verdict dispatch_frame(session *s, const frame *f, bytes payload);
void dispatch_heartbeat(session *s);
void dispatch_set_topics(net *n, bytes joined);
void dispatch_set_topic_status(net *n, const node_id *node, const char *topic, net_topic_status status);
void dispatch_request_sent(net *n, const node_id *node, uint32_t seq, uint64_t ticket, uint64_t timeout_ms);
void dispatch_request_refused(net *n, uint64_t ticket, const node_id *node); /* the node stops */
void dispatch_requests_lost(net *n, const node_id *node);     /* NULL: all */
void dispatch_on_request_timer(uv_timer_t *timer);
void dispatch_fill_peer(const session *s, net_peer *out);     /* out borrows from s */

session *net_session_of(net *n, const node_id *node);         /* network thread */
uint32_t net_new_seq(net *n);                                 /* any thread */

#endif
