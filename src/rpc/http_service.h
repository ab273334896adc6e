/* http_service.h: what stands behind an HTTP door: takes the text of a request and gives the text of an answer. Over HTTP each request
   stands alone; over WebSocket requests belong to a session, and the service may also send texts unasked (http_session_send). */
#ifndef HANSE_RPC_HTTP_SERVICE_H
#define HANSE_RPC_HTTP_SERVICE_H

#include "base/worker_pool.h"

/* A WebSocket connection. A value to keep: after the connection has ended it names nothing, and is never used again. */
typedef struct {
    struct http_door *door;
    uint64_t id; /* 0: a plain HTTP request, there is no session */
} http_session;

enum { HTTP_PATH_MAX_BYTES = 127 }; /* of what a service is told of a path; the rest is cut */

/* Tells a door that a request waits for something else than a worker: another takes its place among the running ones. */
typedef struct {
    void (*tell)(void *context); /* any thread: be quick; NULL: nobody wants to know */
    void *context;
} http_wait_notice;

/* Who asks. */
typedef struct {
    http_session session;
    http_wait_notice on_wait; /* to be told at most once, before the answer; a value to keep until then */
    const char *path; /* of the URL, as sent: "/group/2"; of a session: that of its handshake. Lives during the call. */
} http_asker;

/* answer lives until the function returns; empty: over WebSocket nothing is sent. Any thread: be quick. */
typedef void (*http_service_done)(void *context, bytes answer);

typedef struct {
    const char *name; /* for messages and the log, e.g. "JSON-RPC" */
    /* Runs one request (the body of a POST, a text message), on a worker; what must wait goes on elsewhere, and says so
       (on_wait); what only gives way to other jobs does not: the door counts it as running. body is borrowed during the call only. done is called exactly once, sooner or later, on any thread. Several requests of one session run at the same time. */
    void (*start)(void *context, const http_asker *from, worker_pool *workers, bytes body, http_service_done done, void *done_context);
    /* The life of a session, on the door's thread: be quick. opened comes before the first request. closed comes exactly once, after
       the last request was answered; nothing can be sent any more. Either may be NULL. */
    void (*opened)(void *context, http_session s);
    void (*closed)(void *context, http_session s);
} http_service;

#endif
