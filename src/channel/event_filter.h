/* event_filter.h: which logs a client wants to hear of: its request as JSON. Pure; any thread.
   Source: spec/network.md 11.1, 11.3. */
#ifndef HANSE_CHANNEL_EVENT_FILTER_H
#define HANSE_CHANNEL_EVENT_FILTER_H

#include "chain/block.h"
#include "chain/log_pattern.h"

enum {
    EVENT_FILTER_ID_BYTES = 256,   /* a longer id: refused */
    EVENT_FILTER_VALUES_MAX = 4096 /* addresses, or values of one topic; more: refused */
};

/* Answers to registrations (result codes of network.md 11.1). */
enum {
    EVENT_OK = 0,
    EVENT_COMPLETED = 1,
    EVENT_INVALID_REQUEST = -41001,
    EVENT_GROUP_NOT_EXIST = -41002,
    EVENT_INVALID_RANGE = -41003,
    EVENT_NOT_ALLOWED = -41006
};

typedef struct {
    arena memory;
    const char *id;
    size_t id_bytes;
    int32_t group_id;
    bool from_latest;          /* from is what the chain's height is when it is registered */
    int64_t from, to;          /* blocks, both included; to INT64_MAX: no end */
    log_pattern pattern;       /* sorted */
} event_filter;

/* EVENT_OK or EVENT_INVALID_REQUEST. To be freed in either case. */
int event_filter_parse(event_filter *f, bytes json);
void event_filter_free(event_filter *f);

#endif
