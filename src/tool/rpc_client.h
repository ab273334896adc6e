/* rpc_client.h: a small JSON-RPC client for the tools: one HTTP/1.1 connection that is kept open. Thread: one at a time. */
#ifndef HANSE_TOOL_RPC_CLIENT_H
#define HANSE_TOOL_RPC_CLIENT_H

#include "base/error_text.h"

#include <jansson.h>

enum { RPC_CLIENT_ANSWER_MAX_BYTES = 256 * 1024 * 1024 };

typedef struct rpc_client rpc_client;

/* "host:port" or "http://host:port". Connects with the first call. */
rpc_client *rpc_client_new(const char *address, unsigned timeout_ms) MUST_USE;
void rpc_client_free(rpc_client *c); /* NULL is allowed */

/* Calls method with params (a JSON array; its reference is taken over). The result, to be given back with json_decref; NULL with a
   reason: no connection, no answer in time, or the error object's code and message. *code (may be NULL): the error's code, or 0. */
json_t *rpc_client_call(rpc_client *c, const char *method, json_t *params, int *code, error_text *why) MUST_USE;
/* The same without building or reading JSON: body is the request's text; *answer the answer's, a view that lives until the next call. */
bool rpc_client_post(rpc_client *c, const char *body, bytes *answer, error_text *why) MUST_USE;

#endif
