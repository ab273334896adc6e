/* eth.h: Ethereum's JSON-RPC over a hanse chain, for ethers, viem, cast and what else speaks it: a service for an HTTP door, with
   subscriptions over WebSocket. docs/ethereum.md says what each method and each field means on a chain that is no Ethereum chain.
   Source: Ethereum's execution API (JSON-RPC), EIP-1474 (errors, quantities), EIP-1898 (blocks by object). */
#ifndef HANSE_ETH_ETH_H
#define HANSE_ETH_ETH_H

#include "rpc/backend.h"
#include "rpc/http_service.h"

typedef struct eth_service eth_service;

enum {
    ETH_GROUP_DEFAULT = 1,                /* of the path "/"; "/group/N" names another */
    ETH_LOGS_BLOCKS_MAX = 10000,          /* of one eth_getLogs; more: error -32005 */
    ETH_LOGS_MAX = 10000,                 /* of one answer; more: error -32005 */
    /* In the blocks looked into for one answer, for their blooms do not rule logs out; more: -32005. */
    ETH_LOGS_TRANSACTIONS_MAX = 200000,
    /* Of blocks read for one answer to learn their blooms; more: -32005, and what was learnt is kept. */
    ETH_LOGS_READ_MAX_BYTES = 512 * 1024 * 1024,
    ETH_PATTERN_VALUES_MAX = 1000,        /* addresses, or values of one topic; more: -32602 */
    ETH_FILTERS_MAX = 1000,               /* installed by eth_newFilter and the like; more: -32005 */
    ETH_FILTER_IDLE_MS = 5 * 60 * 1000,   /* a filter not asked for that long is forgotten */
    ETH_SUBSCRIPTIONS_MAX = 10000,        /* of all sessions; more: -32005 */
    ETH_SESSION_SUBSCRIPTIONS_MAX = 100,  /* of one; more: -32005 */
    ETH_PATTERNS_MAX_BYTES = 32 * 1024 * 1024, /* of all filters, and as much of all subscriptions; more: -32005 */
    ETH_FEE_HISTORY_MAX = 1024,           /* blocks of one eth_feeHistory; further ones are left out */
    ETH_BLOOM_PAGES_MAX = 128             /* of 1024 blocks and 256 KiB each: blooms remembered for eth_getLogs, all groups */
};

typedef struct {
    uint64_t chain_id;                    /* what eth_chainId and transactions say */
    uint64_t (*now_ms)(void);             /* for idle filters; NULL: clock_steady_ms */
} eth_config;

/* backend and workers are borrowed for the service's life. */
eth_service *eth_service_new(const eth_config *config, const rpc_backend *backend, worker_pool *workers) MUST_USE;
/* Nothing is sent to sessions any more: before their door is stopped. Requests are still answered. */
void eth_service_quiet(eth_service *s);
/* When no door uses it any more and no block is told to it. NULL is allowed. */
void eth_service_free(eth_service *s);

/* For http_door_config; context: an eth_service. */
extern const http_service eth_http_service;

/* Some group has a new block, and it is durable. Any thread: quick. */
void eth_service_block(eth_service *s);

#endif
