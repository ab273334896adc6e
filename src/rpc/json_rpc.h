/* json_rpc.h: one JSON-RPC 2.0 request text in, one answer text out, whichever door it came through.
   Source: spec/interfaces.md 2.3 to 2.5 (parsing, validation, serialisation, errors), sections 3 and 4 (formats, methods). */
#ifndef HANSE_RPC_JSON_RPC_H
#define HANSE_RPC_JSON_RPC_H

#include "base/worker_pool.h"
#include "rpc/backend.h"

enum {
    RPC_REQUEST_MAX_BYTES = 64 * 1024 * 1024,   /* doors refuse longer bodies before they get here */
    RPC_RESPONSE_MAX_BYTES = 512 * 1024 * 1024  /* a longer answer becomes error -32603 */
};

/* response lives until the function returns. Called exactly once, on a worker or on an engine's thread: be quick. */
typedef void (*json_rpc_done)(void *context, bytes response);

/* Runs the request (single or batch) on the calling thread as far as it goes without waiting; what must wait (a submission's
   answer, a receipt) continues on `workers` or finishes on the engine's thread. Call it on a worker. body is borrowed during the
   call only. backend outlives the request. */
void json_rpc_start(const rpc_backend *backend, worker_pool *workers, bytes body, json_rpc_done done, void *context);

#endif
