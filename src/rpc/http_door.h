/* http_door.h: JSON-RPC 2.0 over HTTP/1.1 with keep-alive. One thread (libuv) owns the sockets and parses requests; methods run
   on the worker pool; answers go back through the loop. Source: spec/interfaces.md 2.1, 2.2. */
#ifndef HANSE_RPC_HTTP_DOOR_H
#define HANSE_RPC_HTTP_DOOR_H

#include "base/log.h"
#include "base/worker_pool.h"
#include "rpc/backend.h"

typedef struct http_door http_door;

typedef struct {
    const char *listen_ip;    /* IPv4 or IPv6 text */
    unsigned listen_port;     /* 0: any free port (tests); http_door_port tells */
    size_t max_connections;   /* 0: HTTP_CONNECTIONS_MAX */
} http_door_config;

/* Listens and starts the thread. NULL with a reason that names address and port (e.g. in use). Everything but config is borrowed
   for the door's life. */
http_door *http_door_start(const http_door_config *config, const rpc_backend *backend, worker_pool *workers, log *log,
                           error_text *why) MUST_USE;
unsigned http_door_port(const http_door *d);
/* Answers nothing new, waits for methods under way, closes the connections, ends the thread. NULL is allowed. */
void http_door_stop(http_door *d);

#endif
