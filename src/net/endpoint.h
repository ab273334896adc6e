/* endpoint.h: where a peer listens: "host:port" or "[v6]:port", and the table of those this node dials.
   Source: spec/network.md 2.1. */
#ifndef HANSE_NET_ENDPOINT_H
#define HANSE_NET_ENDPOINT_H

#include "base/error_text.h"
#include "crypto/suite.h"
#include "net/net.h"

#include <pthread.h>

enum { ENDPOINT_HOST_BYTES = 256, ENDPOINT_PORT_MIN = 1025, ENDPOINT_PORT_MAX = 65535 };

typedef struct {
    char host[ENDPOINT_HOST_BYTES]; /* without brackets */
    char port[6];
} endpoint;

bool endpoint_parse(const char *text, endpoint *out, error_text *why) MUST_USE;
void endpoint_print(const endpoint *e, char out[NET_ENDPOINT_BYTES]);
/* By host and port texts put together: two endpoints are one when those are equal (QUIRK of spec/network.md 2.1). */
int endpoint_compare(const endpoint *a, const endpoint *b);

/* One row of the table. What follows `where` belongs to the network thread. */
typedef struct {
    endpoint where;
    node_id remembered;      /* who answered there; zero: not known */
    bool dialling;
    uint64_t delay_ms;       /* grows with each failure in a row */
    uint64_t retry_at_ms;    /* loop time; 0: wait for the next sweep */
} endpoint_row;

/* Sorted by endpoint_compare. Every access under the lock: other threads add and remove rows. */
typedef struct {
    pthread_mutex_t lock;
    endpoint_row *rows;
    size_t count;
} endpoint_table;

void endpoint_table_init(endpoint_table *table);
void endpoint_table_free(endpoint_table *table);
/* Under the lock: the row, or NULL. Valid until the lock is given back. */
endpoint_row *endpoint_table_find(endpoint_table *table, const endpoint *where);
/* Take the lock themselves; all or nothing. */
net_endpoints_result endpoint_table_add(endpoint_table *table, const char *const *texts, size_t count, size_t max_total,
                                        size_t *bad_index, error_text *why);
net_endpoints_result endpoint_table_erase(endpoint_table *table, const char *const *texts, size_t count, size_t *bad_index);

#endif
