/* http_door.h: a service over HTTP/1.1 with keep-alive. One thread (libuv) owns the sockets and parses requests; the service runs
   on the worker pool; answers go back through the loop. A connection has one request under way at a time; what a client sends
   ahead waits in the kernel, but for the chunk that was being read. "Expect: 100-continue" is honoured. Source: spec/interfaces.md 2.1, 2.2. */
#ifndef HANSE_RPC_HTTP_DOOR_H
#define HANSE_RPC_HTTP_DOOR_H

#include "base/log.h"
#include "rpc/json_rpc.h"

typedef struct http_door http_door;

enum {
    HTTP_CONNECTIONS_MAX = 1020,         /* further ones are closed at once */
    HTTP_HEADER_MAX_BYTES = 32 * 1024,   /* more: 431 and close */
    HTTP_BODY_MAX_BYTES = RPC_REQUEST_MAX_BYTES, /* more: 413 and close */
    HTTP_BODIES_MAX_BYTES = 256 * 1024 * 1024,   /* of all connections together; more: 413 and close */
    HTTP_PUSH_MAX_BYTES = 16 * 1024 * 1024,
    HTTP_STOP_WRITE_MS = 2000            /* what an answer may still take to be written when the door stops */
};

typedef struct {
    const http_service *service; /* borrowed for the door's life, as is its context */
    void *service_context;
    const char *listen_ip;    /* IPv4 or IPv6 text */
    unsigned listen_port;     /* 0: any free port (tests); http_door_port tells */
    size_t connections_max;   /* 0: HTTP_CONNECTIONS_MAX, and no more than that */
} http_door_config;

/* Listens and starts the thread. NULL with a reason that names service, address and port (e.g. in use). workers and l are borrowed
   for the door's life. */
http_door *http_door_start(const http_door_config *config, worker_pool *workers, logger *l, error_text *why) MUST_USE;
unsigned http_door_port(const http_door *d);
/* Sends a text of at most HTTP_PUSH_MAX_BYTES, UTF-8, to the client of a session. Any thread, never waits; not after http_door_stop
   was called. Texts leave in the order in which they were handed over, answers of requests among them. false: nothing was sent, for
   the session has ended or ends now because its client reads too slowly. */
bool http_session_send(http_session to, bytes text);

/* Takes no more requests, waits for those under way, closes the connections, ends the thread. The workers must still run.
   NULL is allowed. */
void http_door_stop(http_door *d);

#endif
