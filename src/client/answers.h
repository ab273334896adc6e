/* answers.h: what nodes say, read with care. Pure: no loop, no client; any thread. Source: spec/network.md 10 and 11,
   spec/interfaces.md 2-4. */
#ifndef HANSE_CLIENT_ANSWERS_H
#define HANSE_CLIENT_ANSWERS_H

#include "base/bytes.h"
#include "hanse/client.h"

#include <jansson.h>

/* A JSON object, to be given back with json_decref; NULL: it is none. */
json_t *client_answer_object(bytes text) MUST_USE;

/* The result of a JSON-RPC answer, to be given back with json_decref; NULL: its error, or why it is no such answer. */
json_t *client_answer_result(bytes text, hanse_error *error) MUST_USE;

/* A quantity of at most 63 bits: 0x hex or decimal text, or a JSON integer. */
bool client_quantity(const json_t *value, int64_t *out) MUST_USE;

/* Handshake answer (network.md 10.1): the protocol that counts from now on, 1 to 3. */
bool client_read_handshake(bytes body, int *protocol) MUST_USE;

/* Block push 0x1001, JSON or text form (network.md 10.5). */
bool client_read_block_push(bytes body, int *group, int64_t *number) MUST_USE;

/* The answer to an event registration (network.md 11.1): its code. */
bool client_read_registration(bytes body, int *code) MUST_USE;

/* Where a log stands: what orders logs and tells two of them apart. */
typedef struct {
    int64_t block, transaction, log;
} client_log_place;
bool client_log_place_of(const json_t *log, client_log_place *out) MUST_USE;
int client_log_place_compare(const client_log_place *a, const client_log_place *b);

/* Event push 0x1002 (network.md 11.3). *root is to be given back with json_decref; id and logs live as long. logs: NULL when
   result is 1 (completed); every log has a place. */
typedef struct {
    json_t *root;
    const char *id;
    int result;
    const json_t *logs;
} client_event_push;
bool client_read_event_push(bytes body, client_event_push *out) MUST_USE;

/* The keys of a receipt that callers ask for (interfaces.md 4.8, network.md 10.4). */
bool client_is_receipt(const json_t *value) MUST_USE;

#endif
