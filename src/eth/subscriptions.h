/* subscriptions.h: what WebSocket sessions are told of unasked: new blocks, and the logs in them (eth_subscribe). A job
   on the workers writes the texts; the session's door sends them. Any thread. */
#ifndef HANSE_ETH_SUBSCRIPTIONS_H
#define HANSE_ETH_SUBSCRIPTIONS_H

#include "base/worker_pool.h"
#include "chain/log_pattern.h"
#include "eth/eth.h"

typedef struct eth_subscriptions eth_subscriptions;

eth_subscriptions *eth_subscriptions_new(const eth_service *s, const rpc_backend *backend,
                                         worker_pool *workers) MUST_USE;
/* Sends nothing more; waits for the job under way. */
void eth_subscriptions_stop(eth_subscriptions *s);
void eth_subscriptions_free(eth_subscriptions *s);

typedef struct {
    int32_t group_id;
    const log_pattern *pattern; /* NULL: it is about blocks */
    int64_t next;               /* the first block to be told */
    const void *asker;          /* the request that made it, until it begins; only compared */
} eth_subscription_request;

/* Keeps a copy of the pattern. false: there are too many. Nothing is sent before eth_subscriptions_begin. */
bool eth_subscriptions_add(eth_subscriptions *s, http_session session, const eth_subscription_request *one,
                           uint64_t *id) MUST_USE;
/* Those that this request made: its answer is on its way. */
void eth_subscriptions_begin(eth_subscriptions *s, http_session session, const void *asker);
bool eth_subscriptions_remove(eth_subscriptions *s, http_session session, uint64_t id);
void eth_subscriptions_close(eth_subscriptions *s, http_session session);

/* Some group has a new block: it is looked up. */
void eth_subscriptions_block(eth_subscriptions *s);

#endif
