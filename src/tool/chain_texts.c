#include "tool/chain_texts.h"
#include "base/buffer.h"

static const char *finish(arena *a, buffer *text)
{
    const char *copy = arena_copy_text(a, buffer_bytes(text));
    buffer_free(text);
    return copy;
}

static const char *bool_text(bool value)
{
    return value ? "true" : "false";
}

static void print_endpoints(buffer *out, const chain_plan *plan)
{
    for (size_t i = 0; i < plan->node_count; i++) {
        const planned_node *peer = &plan->nodes[i];
        bool v6 = strchr(peer->ip, ':') != NULL;
        buffer_print(out, "    node.%zu=%s%s%s:%u\n", i, v6 ? "[" : "", peer->ip, v6 ? "]" : "", peer->ports.p2p);
    }
}

const char *text_config_ini(arena *a, const chain_plan *plan, const planned_node *node)
{
    const char *everywhere = plan->ipv6 ? "::" : "0.0.0.0", *rpc_ip = plan->rpc_on_all_addresses ? "0.0.0.0" : "127.0.0.1";
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&b,
                 "[rpc]\n"
                 "    channel_listen_ip=%s\n"
                 "    channel_listen_port=%u\n"
                 "    jsonrpc_listen_ip=%s\n"
                 "    jsonrpc_listen_port=%u\n",
                 everywhere, node->ports.channel, rpc_ip, node->ports.rpc);
    if (node->ports.ethereum)
        buffer_print(&b, "    ethereum_listen_ip=%s\n    ethereum_listen_port=%u\n", rpc_ip, node->ports.ethereum);
    buffer_print(&b,
                 "    disable_dynamic_group=false\n"
                 "[p2p]\n"
                 "    listen_ip=%s\n"
                 "    listen_port=%u\n"
                 "    ; nodes to connect\n",
                 everywhere, node->ports.p2p);
    print_endpoints(&b, plan);
    buffer_print(&b,
                 "\n[certificate_blacklist]\n"
                 "    ; crl.0 should be nodeid, nodeid's length is 128\n"
                 "    ;crl.0=\n"
                 "\n[certificate_whitelist]\n"
                 "    ; cal.0 should be nodeid, nodeid's length is 128\n"
                 "    ;cal.0=\n"
                 "\n[group]\n"
                 "    group_data_path=data/\n"
                 "    group_config_path=conf/\n"
                 "\n[network_security]\n"
                 "    ; directory the certificates located in\n"
                 "    data_path=conf/\n"
                 "    ; the node private key file\n"
                 "    key=node.key\n"
                 "    ; the node certificate file\n"
                 "    cert=node.crt\n"
                 "    ; the ca certificate file\n"
                 "    ca_cert=ca.crt\n"
                 "\n[storage_security]\n"
                 "    enable=false\n"
                 "    key_manager_ip=\n"
                 "    key_manager_port=\n"
                 "    cipher_data_key=\n"
                 "\n[chain]\n"
                 "    id=%lu\n"
                 "    ; use SM crypto or not, should never be changed\n"
                 "    sm_crypto=false\n"
                 "    sm_crypto_channel=false\n"
                 "    rsa_crypto_channel=%s\n"
                 "\n[compatibility]\n"
                 "    ; supported_version should never be changed\n"
                 "    supported_version=%s\n",
                 plan->chain_id, bool_text(!plan->ec_channel), plan->version);
    buffer_print(&b,
                 "\n[log]\n"
                 "    enable=true\n"
                 "    enable_statistic=%s\n"
                 "    log_path=./log\n"
                 "    ; info debug trace\n"
                 "    level=%s\n"
                 "    ; MB\n"
                 "    max_log_file_size=200\n"
                 "    flush=%s\n"
                 "    stat_flush_interval=60\n"
                 "\n[flow_control]\n"
                 "    ; restrict QPS of the node\n"
                 "    ;limit_req=1000\n"
                 "    ; Mb, can be a decimal\n"
                 "    ;outgoing_bandwidth_limit=2\n",
                 bool_text(plan->statistics), plan->debug_log ? "debug" : "info", bool_text(!plan->no_flush));
    return finish(a, &b);
}

static size_t group_size(const chain_plan *plan, unsigned group_id)
{
    size_t size = 0;
    for (size_t i = 0; i < plan->node_count; i++)
        size += chain_node_has_group(&plan->nodes[i], group_id);
    return size;
}

const char *text_group_genesis(arena *a, const chain_plan *plan, unsigned group_id, const char *const *ids, int64_t timestamp_ms)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&b,
                 "[consensus]\n"
                 "    ; consensus algorithm now support PBFT(consensus_type=pbft), Raft(consensus_type=raft), rpbft(consensus_type=rpbft)\n"
                 "    consensus_type=%s\n"
                 "    ; the max number of transactions of a block\n"
                 "    max_trans_num=1000\n"
                 "    ; in seconds, block consensus timeout, at least 3s\n"
                 "    consensus_timeout=3\n"
                 "    ; rpbft related configuration\n"
                 "    epoch_sealer_num=%zu\n"
                 "    epoch_block_num=1000\n"
                 "    ; the node id of consensusers\n",
                 plan->consensus, group_size(plan, group_id));
    for (size_t i = 0, k = 0; i < plan->node_count; i++)
        if (chain_node_has_group(&plan->nodes[i], group_id))
            buffer_print(&b, "    node.%zu=%s\n", k++, ids[i]);
    buffer_print(&b,
                 "[state]\n"
                 "    type=storage\n"
                 "[tx]\n"
                 "    ; transaction gas limit\n"
                 "    gas_limit=300000000\n"
                 "[group]\n"
                 "    id=%u\n"
                 "    timestamp=%lld\n"
                 "[evm]\n"
                 "    enable_free_storage=%s\n",
                 group_id, (long long)timestamp_ms, bool_text(plan->free_storage));
    return finish(a, &b);
}

const char *text_group_ini(arena *a, const chain_plan *plan)
{
    return arena_print(a,
                       "[consensus]\n"
                       "    ; the ttl for broadcasting pbft message\n"
                       "    ttl=2\n"
                       "    ; min block generation time(ms)\n"
                       "    min_block_generation_time=500\n"
                       "    enable_dynamic_block_size=true\n"
                       "    enable_ttl_optimization=true\n"
                       "    enable_prepare_with_txsHash=true\n"
                       "    ; The following is the relevant configuration of rpbft\n"
                       "    broadcast_prepare_by_tree=true\n"
                       "    prepare_status_broadcast_percent=33\n"
                       "    max_request_missedTxs_waitTime=100\n"
                       "    max_request_prepare_waitTime=100\n"
                       "[storage]\n"
                       "    ; rocksdb, or memory for tests\n"
                       "    type=%s\n"
                       "[tx_pool]\n"
                       "    limit=150000\n"
                       "    ; transaction pool memory size limit, MB\n"
                       "    memory_limit=512\n"
                       "    notify_worker_num=2\n"
                       "    ; transaction expiration time(s)\n"
                       "    txs_expiration_time=600\n"
                       "[sync]\n"
                       "    ; max memory size used for block sync, must >= 32MB\n"
                       "    max_block_sync_memory_size=512\n"
                       "    idle_wait_ms=200\n"
                       "    sync_block_by_tree=true\n"
                       "    send_txs_by_tree=true\n"
                       "    ; must between 1000 to 3000\n"
                       "    gossip_interval_ms=1000\n"
                       "    gossip_peers_number=3\n"
                       "    txs_max_gossip_peers_num=5\n"
                       "[flow_control]\n"
                       "    ; restrict QPS of the group\n"
                       "    ;limit_req=1000\n"
                       "    ; Mb, can be a decimal\n"
                       "    ;outgoing_bandwidth_limit=2\n"
                       "[sdk_allowlist]\n"
                       "    ; When sdk_allowlist is empty, all SDKs can connect to this node\n"
                       "    ;public_key.0=\n",
                       plan->storage);
}

const char text_start_sh[] =
    "#!/bin/bash\n"
    "# Starts this node and waits until it runs.\n"
    "dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "name=$(basename \"$dir\")\n"
    "binary=$dir/../hanse\n"
    "pid=$(pgrep -f \"^$binary node \" | head -n 1)\n"
    "if [ -n \"$pid\" ]; then\n"
    "    echo \" $name is running, pid is $pid.\"\n"
    "    exit 0\n"
    "fi\n"
    "cd \"$dir\" || exit 1\n"
    "nohup \"$binary\" node -c config.ini >>nohup.out 2>&1 &\n"
    "pid=$!\n"
    "for _ in $(seq 70); do\n"
    "    if tail -n20 nohup.out | grep -q running && kill -0 $pid 2>/dev/null; then\n"
    "        echo -e \"\\033[32m $name start successfully\\033[0m\"\n"
    "        exit 0\n"
    "    fi\n"
    "    kill -0 $pid 2>/dev/null || break\n"
    "    sleep 0.05\n"
    "done\n"
    "echo -e \"\\033[31m  Exceed waiting time. Please try again to start $name \\033[0m\"\n"
    "tail -n20 nohup.out\n"
    "exit 1\n";

const char text_stop_sh[] =
    "#!/bin/bash\n"
    "# Stops this node and waits until it is gone.\n"
    "dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "name=$(basename \"$dir\")\n"
    "pid=$(pgrep -f \"^$dir/../hanse node \" | head -n 1)\n"
    "if [ -z \"$pid\" ]; then\n"
    "    echo \" $name isn't running.\"\n"
    "    exit 0\n"
    "fi\n"
    "kill $pid\n"
    "for _ in $(seq 240); do\n"
    "    if ! kill -0 $pid 2>/dev/null; then\n"
    "        echo -e \"\\033[32m stop $name success.\\033[0m\"\n"
    "        exit 0\n"
    "    fi\n"
    "    sleep 0.05\n"
    "done\n"
    "echo \"  Exceed maximum number of retries. Please try again to stop $name\"\n"
    "exit 1\n";

const char text_start_all_sh[] =
    "#!/bin/bash\n"
    "# Starts every node of this folder.\n"
    "dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "cd \"$dir\" || exit 1\n"
    "for node in */; do\n"
    "    if [ -f \"$node/config.ini\" ]; then\n"
    "        echo \"try to start $(basename \"$node\")\"\n"
    "        bash \"$node/start.sh\" &\n"
    "    fi\n"
    "done\n"
    "wait\n";

const char text_stop_all_sh[] =
    "#!/bin/bash\n"
    "# Stops every node of this folder.\n"
    "dir=$(cd \"$(dirname \"$0\")\" && pwd)\n"
    "cd \"$dir\" || exit 1\n"
    "for node in */; do\n"
    "    if [ -f \"$node/stop.sh\" ]; then\n"
    "        echo \"try to stop $(basename \"$node\")\"\n"
    "        bash \"$node/stop.sh\" &\n"
    "    fi\n"
    "done\n"
    "wait\n";
