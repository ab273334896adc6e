/* inside.h: what the files of this floor share. Not for other floors. */
#ifndef HANSE_ETH_INSIDE_H
#define HANSE_ETH_INSIDE_H

#include "chain/log_pattern.h"
#include "eth/blooms.h"
#include "eth/eth.h"
#include "eth/filters.h"
#include "eth/render.h"
#include "eth/subscriptions.h"
#include "rpc/request.h"

/* EIP-1474, and what clients of other nodes know. */
enum {
    ETH_REVERTED = 3,             /* with the revert data */
    ETH_SERVER_ERROR = -32000,
    ETH_LIMIT_EXCEEDED = -32005
};

/* Who asks: the asker of an rpc_call. */
typedef struct {
    eth_service *service;
    http_session session;
    int32_t group_id;
    bool subscribed;              /* the request made subscriptions, which begin when it is answered */
} eth_asker;

static inline eth_asker *eth_asker_of(rpc_call *c)
{
    return c->asker;
}

extern const rpc_method eth_node_methods[], eth_chain_methods[], eth_state_methods[], eth_log_methods[], eth_send_methods[];
extern const size_t eth_node_method_count, eth_chain_method_count, eth_state_method_count, eth_log_method_count,
    eth_send_method_count;

/* ---- service.c ---- */
uint64_t eth_chain_id(const eth_service *s);
eth_blooms *eth_service_blooms(eth_service *s);
eth_filters *eth_service_filters(eth_service *s);
eth_subscriptions *eth_service_subscriptions(eth_service *s);
/* Holds the asker's group in c and checks, as the reference does, that this node belongs to it. NULL: the error is set. */
ledger *eth_take_group(rpc_call *c);
eth_rendering eth_rendering_of(const eth_service *s, ledger *l);

/* ---- params.c: false: the error is set ---- */
/* NULL when it is absent or null. */
const json_t *eth_param(const rpc_call *c, size_t index);
bool eth_bad_param(rpc_call *c, size_t index, const char *format, ...) PRINTF_LIKE(3, 4); /* always false */
bool eth_read_hash(rpc_call *c, size_t index, const json_t *value, hash256 *out) MUST_USE;
bool eth_read_address(rpc_call *c, size_t index, const json_t *value, address *out) MUST_USE;
bool eth_read_bytes(rpc_call *c, size_t index, const json_t *value, bytes *out) MUST_USE;
bool eth_read_quantity(rpc_call *c, size_t index, const json_t *value, u256 *out) MUST_USE;
bool eth_read_count(rpc_call *c, size_t index, const json_t *value, uint64_t *out) MUST_USE; /* beyond 64 bits: UINT64_MAX */
bool eth_read_flag(rpc_call *c, size_t index, bool otherwise, bool *out) MUST_USE;
/* A block by number or tag; it may be beyond the head. Tags: earliest is 0, all others are the head: blocks here are final. */
bool eth_read_block_number(rpc_call *c, size_t index, const json_t *value, int64_t head, int64_t *out) MUST_USE;
/* A block by number, tag, hash, or an object of EIP-1898. */
typedef struct {
    bool by_hash;
    hash256 hash;
    int64_t number;
} eth_block_name;
bool eth_read_block(rpc_call *c, size_t index, int64_t head, eth_block_name *out) MUST_USE;
/* The pattern and, unless out->by_hash, the range of a filter object. Everything in the memory of the request. */
typedef struct {
    log_pattern pattern;
    bool by_hash;
    hash256 block_hash;
    int64_t from, to;             /* blocks, both included; they may be beyond the head, or from > to: none yet */
    bool to_is_open;              /* the end is no number: the range goes on with the chain */
} eth_log_query;
bool eth_read_log_query(rpc_call *c, size_t index, ledger *l, eth_log_query *out) MUST_USE;

/* ---- logs.c ---- */
typedef struct {
    int64_t number;               /* of the next block to search */
    size_t logs;                  /* found */
    size_t transactions;          /* in blocks that were looked into */
    size_t read_bytes;            /* of blocks whose blooms were not known yet, and of the transactions of those looked into */
} eth_log_progress;

typedef enum { ETH_SEARCH_DONE, ETH_SEARCH_TOO_MANY_LOGS, ETH_SEARCH_TOO_MUCH, ETH_SEARCH_FAILED } eth_search_result;

/* Writes the matching logs of blocks p->number to `to` as items of an array; afterwards p->number is the first block not
   searched. A block whose logs would be too many is not begun. */
eth_search_result eth_search_logs(eth_blooms *blooms, ledger *l, const log_pattern *pattern, int64_t to, eth_log_progress *p,
                                  json_writer *out);

#endif
