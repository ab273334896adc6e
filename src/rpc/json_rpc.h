/* json_rpc.h: one JSON-RPC 2.0 request text in, one answer text out, whichever door it came through.
   Source: spec/interfaces.md 2.3 to 2.5 (parsing, validation, serialisation, errors), sections 3 and 4 (formats, methods). */
#ifndef HANSE_RPC_JSON_RPC_H
#define HANSE_RPC_JSON_RPC_H

#include "rpc/backend.h"
#include "rpc/http_service.h"

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

/* The methods of the node behind an HTTP door; its context is a const rpc_backend. */
extern const http_service json_rpc_service;

/* ---- for a door that pushes receipts and limits its clients (spec/network.md 10.4, 12) ---- */

typedef enum {
    RPC_RECEIPT_STORED,  /* in block `number` at `index`, durable */
    RPC_RECEIPT_REFUSED, /* `status` says why; or it was dropped later */
    RPC_RECEIPT_NONE     /* the answer of the request says all there is */
} rpc_receipt_kind;

typedef struct {
    rpc_receipt_kind kind;
    transaction_status status;
    int64_t number;
    size_t index;
} rpc_receipt_outcome;

/* What becomes of one transaction; embedded in what the door remembers about it. */
typedef struct rpc_receipt_ticket {
    /* Exactly once, on any thread, also long after the request was answered: be quick. */
    void (*done)(struct rpc_receipt_ticket *ticket, rpc_receipt_outcome outcome);
} rpc_receipt_ticket;

/* Who asks. Lives until the request is answered. */
typedef struct rpc_client {
    bool is_asynchronous; /* protocol 3: sendRawTransaction answers as soon as the transaction is decoded */
    /* Both are asked for a single request with method and params, on the thread that runs it. group_id -1: none is meant. */
    bool (*may_use_group)(struct rpc_client *client, int32_t group_id);       /* false: -40012 */
    bool (*take_permits)(struct rpc_client *client, int32_t group_id);        /* false: -40011 */
    /* Before a decoded transaction is submitted. */
    rpc_receipt_ticket *(*expect_receipt)(struct rpc_client *client, int32_t group_id, bool with_proof);
} rpc_client;

/* client NULL: json_rpc_start. */
void json_rpc_start_for(rpc_client *client, const rpc_backend *backend, worker_pool *workers, bytes body, json_rpc_done done,
                        void *context);

#endif
