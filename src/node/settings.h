/* settings.h: the configuration of a node, read from the files of a FISCO BCOS 2 node directory. Source: spec/interfaces.md 5.
   Paths are relative to the working directory, as the reference has it. A value that is missing or empty takes its default;
   one that cannot be read or is out of range is refused with file, line, section, key, value and what is allowed (HARDEN: the
   reference takes the default silently). Unknown sections and keys are ignored. */
#ifndef HANSE_NODE_SETTINGS_H
#define HANSE_NODE_SETTINGS_H

#include "base/log_level.h"
#include "chain/genesis.h"
#include "rpc/backend.h"
#include "rpc/http_origins.h"

enum {
    NODE_GROUPS_MAX = 1024,
    PORT_MIN = 1025,
    PORT_MAX = 65535
};

typedef struct {
    arena memory;
    const char *path; /* config.ini as named by the user */

    const char *rpc_ip, *jsonrpc_ip, *channel_ip, *ethereum_ip;
    int64_t jsonrpc_port, channel_port;
    int64_t ethereum_port;      /* 0: Ethereum's JSON-RPC is off */
    int64_t ethereum_chain_id;
    const char *jsonrpc_origins_text, *ethereum_origins_text;
    http_origins jsonrpc_origins, ethereum_origins; /* browser pages that may ask */
    bool act_as_group_member, disable_dynamic_group;

    const char *p2p_ip;
    int64_t p2p_port;
    const char **endpoints; /* p2p.node.*, file order */
    size_t endpoint_count;
    bool enable_compress, connection_warning;
    int64_t peers_param_limit, max_nodes_limit;
    const node_id *blacklist, *whitelist;
    size_t blacklist_count, whitelist_count;

    const char *group_config_path; /* folder of group.N.genesis and group.N.ini, ends with / */
    const char *hanse_data_path;   /* hanse's own: [hanse] data_path */

    const char *key_path, *certificate_path, *ca_path, *ca_folder; /* already prefixed with data_path */
    const char *security_path;     /* network_security.data_path, ends with / */
    bool rsa_channel, check_cert_issuer;
    const char *channel_key_path, *channel_certificate_path, *channel_ca_path;

    int64_t requests_per_second;   /* [flow_control] limit_req, 0: off */
    double amop_bytes_per_second;  /* [flow_control] outgoing_bandwidth_limit, 0: off */

    int64_t chain_id;
    uint32_t version;              /* compatibility.supported_version */
    const char *version_text;
    bool sm_crypto;

    bool log_enabled, log_to_console;
    const char *log_path;
    log_level log_threshold;
    int64_t log_file_mb;
    bool enable_statistic;
    int64_t stat_flush_s;          /* log.stat_flush_interval */

    bool storage_security;
    int64_t worker_threads;        /* [hanse] worker_threads; 0: as many as cores, at most 4 */
} node_settings;

/* false and a reason; the object is to be freed in either case. */
bool node_settings_read(node_settings *s, const char *path, error_text *why) MUST_USE;
void node_settings_free(node_settings *s);

/* The white list of peers alone, which may be read again at run time; in a. */
bool node_settings_read_whitelist(const char *path, arena *a, const node_id **ids, size_t *count, error_text *why) MUST_USE;

typedef enum { STORAGE_ROCKSDB, STORAGE_MEMORY } storage_kind;

typedef struct {
    arena memory;
    const char *genesis_path, *ini_path;
    genesis genesis;
    chain_rules rules;

    int64_t ttl, min_block_generation_time;
    bool dynamic_block_size, ttl_optimization, prepare_with_hashes;
    double block_size_increase_ratio;

    storage_kind storage;
    const char *storage_note;      /* something to tell the operator about storage.type, or NULL */
    bool durable;                  /* storage.durable, hanse's own; default true */

    int64_t pool_limit, pool_memory_mb, pool_expiration_s;
    int64_t idle_wait_ms, gossip_interval_ms, gossip_peers, sync_memory_mb, txs_max_gossip_peers;
    bool send_txs_by_tree, sync_block_by_tree, allow_free_node;
    rpc_group_limits limits;       /* of SDKs */
} group_settings;

/* Reads group.N.genesis and, when it is there, group.N.ini beside it. */
bool group_settings_read(group_settings *g, const node_settings *node, const char *genesis_path, error_text *why) MUST_USE;
void group_settings_free(group_settings *g);

/* Names of the *.genesis files in the node's group folder, ascending; in a. */
bool node_settings_list_groups(const node_settings *s, arena *a, const char ***paths, size_t *count, error_text *why) MUST_USE;

#endif
