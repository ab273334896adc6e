/* method.h: the inside of the RPC floor: a method as a row of a table, and what it works with while it runs. A method reads its
   parameters, then either writes one JSON value, or names an error, or says that it waits. Only request.c makes text of it. */
#ifndef HANSE_RPC_METHOD_H
#define HANSE_RPC_METHOD_H

#include "rpc/json_rpc.h"
#include "rpc/render.h"

#include <jansson.h>

/* spec/interfaces.md 2.5 */
enum {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_PROCEDURE_IS_METHOD = -32604,
    RPC_NO_GROUP = -40001,
    RPC_NO_BLOCK_HASH = -40003,
    RPC_NO_BLOCK_NUMBER = -40004,
    RPC_BAD_INDEX = -40005,
    RPC_CALL_NEEDS_FROM = -40006,
    RPC_ONLY_PBFT = -40007,
    RPC_BAD_SYSTEM_CONFIG = -40008,
    RPC_NOT_A_MEMBER = -40009,
    RPC_OVER_QPS_LIMIT = -40011,
    RPC_SDK_NOT_ALLOWED = -40012,
    RPC_RECEIPT_RANGE = -40099,
    RPC_DYNAMIC_GROUP_FORBIDDEN = -100001
};

typedef struct rpc_call {
    const rpc_backend *backend;
    void *asker;            /* what the dialect's methods know of who asks; NULL in the reference's */
    rpc_client *client;     /* NULL: one without receipts */
    arena *memory;          /* of the request */
    const json_t *params;   /* array, checked against the row's types; NULL for methods without parameters */
    rpc_group *group;       /* held, once rpc_take_group succeeded */
    chain_view *view;       /* of that group, when membership was checked */
    transaction *sent;      /* by sendRawTransaction: dropped with the call */
    rpc_receipt_ticket *ticket; /* of sent; NULL: nobody waits for its receipt */
    json_writer out;        /* where the result goes */
    int error_code;         /* 0: none */
    char *error_message;    /* in memory */
    bool error_has_data;    /* as hexadecimal text */
    bytes error_data;       /* in memory */
    bool waits;             /* the method will call rpc_call_resume */
} rpc_call;

typedef struct {
    const char *name;
    const char *params;     /* one letter each: i integer, s string, b boolean, o object; NULL: no check at all */
    void (*run)(rpc_call *c);
} rpc_method;

/* The methods of each topic of the reference's dialect; the table in json_rpc.c joins them. */
extern const rpc_method rpc_node_methods[], rpc_status_methods[], rpc_chain_methods[], rpc_send_methods[], rpc_group_methods[];
extern const size_t rpc_node_method_count, rpc_status_method_count, rpc_chain_method_count, rpc_send_method_count,
    rpc_group_method_count;

/* Names the call's error; the first one counts. Always false. */
bool rpc_error(rpc_call *c, int code, const char *format, ...) PRINTF_LIKE(3, 4);
/* -32603 in the reference's wording around a comment (QUIRK of interfaces.md 2.5). */
bool rpc_internal_error(rpc_call *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- parameters (interfaces.md 3.2); false: the error is set ---- */
enum rpc_group_check { RPC_GROUP_EXISTS, RPC_GROUP_MEMBER };
/* Parameter 0 is a group id: holds the group and, for RPC_GROUP_MEMBER, checks that this node belongs to it. */
bool rpc_take_group(rpc_call *c, enum rpc_group_check check) MUST_USE;
bool rpc_number_text(rpc_call *c, const char *text, u256 *out) MUST_USE;     /* "0x..", decimal, octal with leading 0 */
bool rpc_block_number(rpc_call *c, size_t index, int64_t *out) MUST_USE;
bool rpc_index(rpc_call *c, size_t index, uint64_t *out) MUST_USE;           /* UINT64_MAX / 2 and above: never in range */
bool rpc_hash(rpc_call *c, size_t index, hash256 *out) MUST_USE;             /* what does not decode is the zero hash */
bool rpc_address_text(rpc_call *c, const char *text, address *out) MUST_USE;
bool rpc_bytes_text(rpc_call *c, const char *text, bytes *out) MUST_USE;
bool rpc_flag(rpc_call *c, size_t index);
const char *rpc_text(rpc_call *c, size_t index);

/* ---- clients of the channel port (admission.c) ---- */
/* 0, or the code of the refusal with *message in a. element: one request (spec/interfaces.md 2.6). */
int rpc_admit(rpc_client *client, const json_t *element, arena *a, const char **message);

/* ---- waiting ---- */
/* Ends the wait of a call whose method set c->waits: writes the answer and goes on with the request. Any thread. */
void rpc_call_resume(rpc_call *c);

#endif
