/* traffic.h: bytes that went through a node, by group and kind: what its statistics log tells (spec/interfaces.md 7.4; what counts
   as what: docs/protocol/findings-channel.md). Threads: any; counters are atomic. */
#ifndef HANSE_NET_TRAFFIC_H
#define HANSE_NET_TRAFFIC_H

#include "base/bytes.h"

typedef enum {
    TRAFFIC_CONSENSUS_IN, /* frames of peers: PBFT, rPBFT, Raft */
    TRAFFIC_CONSENSUS_OUT,
    TRAFFIC_SYNC_IN,      /* frames of peers: blocks, status, transactions */
    TRAFFIC_SYNC_OUT,
    TRAFFIC_RPC_IN,       /* JSON-RPC texts on the channel port that mean a group */
    TRAFFIC_RPC_OUT,
    TRAFFIC_REGISTER_IN,  /* frames of SDKs: event filters */
    TRAFFIC_UNREGISTER_IN,
    TRAFFIC_RECEIPTS_OUT, /* pushes to SDKs */
    TRAFFIC_EVENTS_OUT,
    TRAFFIC_AMOP_IN,      /* AMOP frames of SDKs and to them; of no group: group_id 0 */
    TRAFFIC_AMOP_OUT,
    TRAFFIC_KINDS
} traffic_kind;

typedef struct traffic traffic;

traffic *traffic_new(void) MUST_USE; /* counts group 0 */
void traffic_free(traffic *t);       /* NULL is allowed */
/* From now on bytes of this group are counted. group_id: 0 to 32767. */
void traffic_add_group(traffic *t, int32_t group_id);
/* NULL: nobody counts. Bytes of groups that were not added are not counted. */
void traffic_count(traffic *t, int32_t group_id, traffic_kind kind, size_t size);
/* What was counted since the last time: the counters start again at 0. */
void traffic_take(traffic *t, int32_t group_id, uint64_t out[TRAFFIC_KINDS]);

#endif
