/* filters.h: filters that clients install and then ask again and again (eth_newFilter, eth_newBlockFilter). Any thread.
 */
#ifndef HANSE_ETH_FILTERS_H
#define HANSE_ETH_FILTERS_H

#include "chain/log_pattern.h"

typedef struct eth_filters eth_filters;

typedef struct {
    int32_t group_id;
    const log_pattern *pattern; /* NULL: it is about blocks */
    int64_t first, last;        /* blocks it is about, both included; last INT64_MAX: no end */
    int64_t next;               /* not told yet; changed by whoever took it */
} eth_filter;

/* now_ms: steady. */
eth_filters *eth_filters_new(uint64_t (*now_ms)(void)) MUST_USE;
void eth_filters_free(eth_filters *f); /* NULL is allowed */

/* Keeps a copy of the pattern. false: too many are installed. *id cannot be guessed; never 0. */
bool eth_filters_add(eth_filters *f, const eth_filter *one, uint64_t *id) MUST_USE;
bool eth_filters_remove(eth_filters *f, uint64_t id);

typedef enum { ETH_FILTER_TAKEN, ETH_FILTER_UNKNOWN, ETH_FILTER_BUSY } eth_filter_result;
/* One taker at a time: it gives the filter back. */
eth_filter_result eth_filters_take(eth_filters *f, uint64_t id, eth_filter **out) MUST_USE;
void eth_filters_give_back(eth_filters *f, eth_filter *one);

#endif
