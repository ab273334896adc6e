/* request.h: the run of one JSON-RPC 2.0 request text, single or batch, in the manner of a dialect: the reference's JSON-RPC
   (json_rpc.c) is one, Ethereum's (eth/) another. */
#ifndef HANSE_RPC_REQUEST_H
#define HANSE_RPC_REQUEST_H

#include "rpc/method.h"

/* The methods of one topic: a table of a file of its own. */
typedef struct {
    const rpc_method *methods;
    const size_t *count;
} rpc_topic;

/* What differs between dialects. Immutable. */
typedef struct {
    const rpc_topic *topics;
    size_t topic_count;
    /* What the error of a request says that is refused before any method runs; in a, or static. element may be NULL. */
    const char *(*refusal)(const json_t *element, int code, arena *a);
    const char *too_deep_answer; /* the whole answer to a text nested too deeply; NULL: a parse error like any other */
    bool refuses_notifications;  /* -32604 (QUIRK of interfaces.md 2.3); else they are run and not answered */
    bool null_data_in_errors;    /* errors from inside a method carry "data":null unless they have some (interfaces.md 2.5) */
} rpc_dialect;

/* Runs the request as json_rpc_start says. asker: becomes each call's; client: may be NULL; both live until done is
   called. on_wait is told when an element waits for the first time, before done. workers NULL: a batch
   never gives way, and nothing may wait. An answer of no bytes: the text held notifications only. */
void rpc_request_start(const rpc_dialect *dialect, void *asker, rpc_client *client, const rpc_backend *backend, worker_pool *workers,
                       bytes body, http_wait_notice on_wait, json_rpc_done done, void *context);

#endif
