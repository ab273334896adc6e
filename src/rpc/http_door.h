/* http_door.h: a service over HTTP/1.1 with keep-alive, and over WebSocket (RFC 6455) on the same port. One thread (libuv) owns the
   sockets and parses; the service runs on the worker pool; answers go back through the loop. Source: spec/interfaces.md 2.1, 2.2.

   HTTP: a connection has one request under way at a time; what a client sends ahead waits in the kernel, but for the chunk that was
   being read. "Expect: 100-continue" is honoured.
   WebSocket: each text message is a request, each answer a text message; answers come in the order in which they are ready. The server
   sends pings; no extensions, no subprotocols. */
#ifndef HANSE_RPC_HTTP_DOOR_H
#define HANSE_RPC_HTTP_DOOR_H

#include "base/log.h"
#include "rpc/http_message.h"
#include "rpc/http_origins.h"
#include "rpc/json_rpc.h"

typedef struct http_door http_door;

/* Limits. Reached: what the comment says. To close a session is to send a close frame with this code and a reason, as far as the
   client still reads, and to leave a line in the log. */
enum {
    HTTP_CONNECTIONS_MAX = 1020,         /* besides sessions. The one that waits longest for a request goes; if all work: the new one */
    HTTP_BODY_MAX_BYTES = RPC_REQUEST_MAX_BYTES, /* more: 413 and close */
    HTTP_REQUEST_MS = 60000,             /* a request that is being read brings HTTP_PACE_BYTES more, or its end, in this time: else 408 and */
    HTTP_PACE_BYTES = 64 * 1024,         /* close. A client takes as much of its answer: else closed. Sessions as well (1008) */
    HTTP_IDLE_MS = 600000,               /* no request: closed */
    HTTP_CLOSE_MS = 5000,                /* what a client may send or take after the last word */

    HTTP_SESSIONS_MAX = 4096,            /* WebSocket sessions; more: 503 */
    HTTP_SESSION_REQUESTS = 32,          /* under way of one session: it is not read until there are less */
    HTTP_SESSION_PING_MS = 30000,        /* after such a silence a ping is sent; after as much again: closed */
    HTTP_PUSH_MAX_BYTES = 16 * 1024 * 1024,  /* a text sent unasked; a longer one is not sent */
    HTTP_OUT_PAUSE_BYTES = 4 * 1024 * 1024,  /* waiting for a client of a session: it is not read until it reads */
    HTTP_OUT_SOFT_BYTES = 16 * 1024 * 1024,  /* waiting for it, for HTTP_OUT_SOFT_MS: 1008 */
    HTTP_OUT_SOFT_MS = 20000,
    HTTP_OUT_HARD_BYTES = 128 * 1024 * 1024, /* one text may be longer; whatever comes then: 1008 */

    /* Of all connections together. */
    HTTP_READING_MAX_BYTES = 256 * 1024 * 1024,   /* requests not complete yet. The largest of them goes: 413, 1013 */
    HTTP_UNDER_WAY_MAX_BYTES = 256 * 1024 * 1024, /* requests under way: nobody is read until it is less */
    HTTP_OUT_CROWDED_BYTES = 384 * 1024 * 1024,   /* answers: the client that has not read for longest is closed */
    HTTP_OUT_TOTAL_BYTES = 512 * 1024 * 1024,     /* the same, and texts of sessions are refused: 1008 */
    HTTP_STOP_WRITE_MS = 2000            /* what an answer may still take to be written when the door stops */
};

typedef struct {
    const http_service *service; /* borrowed for the door's life, as are its context and the origins */
    void *service_context;
    const char *listen_ip;    /* IPv4 or IPv6 text */
    unsigned listen_port;     /* 0: any free port (tests); http_door_port tells */
    /* Browser pages that may ask (CORS) and open sessions. A page of another origin that is not among them gets 403; requests
       without Origin are no page's. */
    http_origins origins;
    /* 0: as above, and no more than that; other values are for tests. */
    size_t connections_max, sessions_max, out_soft_bytes, out_hard_bytes, reading_max_bytes;
    uint64_t request_ms, idle_ms, close_ms, ping_ms, out_soft_ms;
} http_door_config;

/* Listens and starts the thread. NULL with a reason that names service, address and port (e.g. in use). workers and l are borrowed
   for the door's life. */
http_door *http_door_start(const http_door_config *config, worker_pool *workers, logger *l, error_text *why) MUST_USE;
unsigned http_door_port(const http_door *d);
/* Sends a UTF-8 text to the client of a session. Any thread, never waits; not after http_door_stop was called. Texts leave in the order
   in which they were handed over, answers of requests among them. false: nothing was sent, for the text is too long, the session has
   ended, or it ends now because its client reads too slowly. */
bool http_session_send(http_session to, bytes text);

/* Takes no more requests, waits for those under way, closes the connections (sessions with 1001), ends the thread. The workers must
   still run. NULL is allowed. */
void http_door_stop(http_door *d);

#endif
