/* log_pattern.h: which logs are wanted: by contract and by topics; the test of one log, and of a bloom filter over many. Pure. */
#ifndef HANSE_CHAIN_LOG_PATTERN_H
#define HANSE_CHAIN_LOG_PATTERN_H

#include "chain/receipt.h"

typedef struct {
    address *addresses;        /* none: any */
    bloom_bits *address_bits;  /* by log_pattern_prepare */
    size_t address_count;
    struct {
        hash256 *values;       /* none: any, also an absent topic */
        bloom_bits *bits;
        size_t count;
    } topics[LOG_TOPICS_MAX];
    size_t topics_min;         /* logs with fewer topics are not wanted */
} log_pattern;

/* Before the test of logs: sorts the values. */
void log_pattern_sort(log_pattern *p);
/* Before either test: sorts them, and works out their bits, which live in a. */
void log_pattern_prepare(log_pattern *p, const crypto_suite *suite, arena *a);
/* A copy in one piece of memory, to be kept: free() it. *size_bytes: what it takes. p is prepared, or only sorted. */
log_pattern *log_pattern_copy(const log_pattern *p, size_t *size_bytes) MUST_USE;
/* A topic that the log does not have matches only "any". */
bool log_pattern_matches(const log_pattern *p, const log_entry *entry);
/* false: no log among those of the bloom is wanted. */
bool log_pattern_may_match(const log_pattern *p, const bloom *b);

#endif
