/* backend.h: what the doors (JSON-RPC, later the SDK channel) ask of the node that stands above them. The node fills in this
   table; tests fill in another one. Threads: every function may be called from any door thread. Functions marked "waits" put a
   question to the group's engine and wait for its answer (well under a millisecond on a healthy node): never call them from a
   network loop. */
#ifndef HANSE_RPC_BACKEND_H
#define HANSE_RPC_BACKEND_H

#include "group/group.h"
#include "net/net.h"

/* A running group; held while it is used. */
typedef struct rpc_group rpc_group;

/* Called exactly once, on the engine's thread: be quick. reason: of a refusal, lives during the call. */
typedef void (*rpc_submit_answer)(void *context, transaction_status status, const char *reason);
/* Called exactly once after an answer of STATUS_OK, on the engine's thread: the transaction is in block `number` at `index` and
   durable, or (number < 0) it was dropped or the node stops. The calls for one block come before whatever the node tells about
   that block (channel_door_block). */
typedef void (*rpc_receipt_ready)(void *context, int64_t number, size_t index);

/* Of group.N.ini (spec/network.md 12, 11.4). */
typedef struct {
    int64_t requests_per_second;     /* [flow_control] limit_req; 0: off */
    int64_t event_blocks_max;        /* [event_filter] max_block_range; 0: unlimited */
    int64_t event_blocks_at_once;    /* [event_filter] max_block_per_process */
} rpc_group_limits;

/* Which files of a group the node's configuration folder holds. */
enum { RPC_GROUP_HAS_GENESIS = 1, RPC_GROUP_HAS_INI = 2 };

typedef struct {
    const char *supported_version;   /* as configured, e.g. "2.11.1" */
    uint32_t version;
    uint64_t chain_id;
    bool act_as_group_member, disable_dynamic_group;
    size_t peers_param_limit, max_nodes_limit;
    const char *p2p_ip, *jsonrpc_ip, *channel_ip;
    unsigned p2p_port, jsonrpc_port, channel_port;
    const char *protocol_version;    /* the reference release whose protocol is spoken, e.g. "2.11.1" */
    const char *build_time, *build_type, *build_branch, *build_commit;
    node_id self;
    const char *agency, *node_name;  /* of the node's own certificate */
    bool is_national;
} rpc_node_info;

typedef struct {
    void *context;
    const rpc_node_info *info;
    net *net;                        /* NULL in tests without a network */
    /* NULL: not running here. Give it back with release_group. */
    rpc_group *(*find_group)(void *context, int32_t group_id);
    void (*release_group)(void *context, rpc_group *group);
    size_t (*list_groups)(void *context, int32_t *out, size_t max); /* ascending ids of running groups */
    /* RPC_GROUP_HAS_* of group.N.genesis and group.N.ini; waits for the disk. NULL: nobody looks. */
    unsigned (*group_files)(void *context, int32_t group_id);
    ledger *(*ledger_of)(rpc_group *group);                        /* lives as long as the group is held */
    consensus_kind (*consensus_of)(rpc_group *group);
    /* Takes one more reference of tx. ready may be NULL; after a refusal it is not called. false: the group's inbox is full, and
       neither is called (the door says so). */
    bool (*submit)(rpc_group *group, transaction *tx, rpc_submit_answer answer, void *answer_context, rpc_receipt_ready ready,
                   void *ready_context);
    /* What the group's file says about clients of the channel port; lives as long as the group is held. NULL: no limits. */
    const rpc_group_limits *(*limits_of)(rpc_group *group);
    /* Is the key on the group's allow list, or has it none? It may change at run time. NULL: everyone may use every group. */
    bool (*is_sdk_allowed)(rpc_group *group, const node_id *key);
    chain_view *(*view)(rpc_group *group);                         /* waits; one reference for the caller */
    void (*consensus_status)(rpc_group *group, arena *a, consensus_status *out); /* waits; everything in a */
    void (*sync_status)(rpc_group *group, arena *a, sync_status *out);           /* waits */
    size_t (*pending)(rpc_group *group, transaction **out, size_t max);          /* waits; one reference each */
    size_t (*pending_count)(rpc_group *group);                                   /* waits */
    /* addPeers or erasePeers changed the endpoints: keep them in the configuration. May be NULL. The reason is the answer's text
       (spec/interfaces.md 4.2). */
    bool (*endpoints_changed)(void *context, error_text *why);
    transaction *(*pending_find)(rpc_group *group, const hash256 *hash);         /* waits; one reference, or NULL */
} rpc_backend;

#endif
