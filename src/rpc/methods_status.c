/* Methods about the state of a group: height, lists, consensus, sync, configuration (spec/interfaces.md 4.3 to 4.5). */
#include "rpc/method.h"

#include <stdio.h>
#include <stdlib.h>

static void get_block_number(rpc_call *c)
{
    if (rpc_take_group(c, RPC_GROUP_MEMBER))
        json_write_quantity_u64(&c->out, (uint64_t)ledger_head(c->backend->ledger_of(c->group)).number);
}

static void get_pbft_view(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    if (c->backend->consensus_of(c->group) == CONSENSUS_RAFT) {
        rpc_error(c, RPC_ONLY_PBFT, "Only pbft consensus supports the view property");
        return;
    }
    consensus_status status;
    c->backend->consensus_status(c->group, c->memory, &status);
    json_write_quantity_u64(&c->out, status.view);
}

static void write_node_ids(json_writer *w, const node_id *ids, size_t count)
{
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++)
        rpc_write_node_id(w, &ids[i]);
    json_write_end_array(w);
}

static bool stored_lists(rpc_call *c, node_lists *out)
{
    ledger *l = c->backend->ledger_of(c->group);
    return ledger_node_lists_stored_order(l, ledger_head(l).number, c->memory, out) ||
           rpc_internal_error(c, "the node lists cannot be read");
}

static void get_sealer_list(rpc_call *c)
{
    node_lists lists;
    if (rpc_take_group(c, RPC_GROUP_MEMBER) && stored_lists(c, &lists))
        write_node_ids(&c->out, lists.sealers, lists.sealer_count);
}

static void get_observer_list(rpc_call *c)
{
    node_lists lists;
    if (rpc_take_group(c, RPC_GROUP_MEMBER) && stored_lists(c, &lists))
        write_node_ids(&c->out, lists.observers, lists.observer_count);
}

static const char *consensus_text(consensus_kind kind)
{
    return kind == CONSENSUS_PBFT ? "pbft" : kind == CONSENSUS_RPBFT ? "rpbft" : "raft";
}

static void get_epoch_sealers_list(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    consensus_kind kind = c->backend->consensus_of(c->group);
    if (kind != CONSENSUS_RPBFT) {
        rpc_error(c, RPC_NOT_A_MEMBER,
                  "method getEpochSealersList only supported when rpbft is used, current consensus type is %s", consensus_text(kind));
        return;
    }
    chain_view *v = c->backend->view(c->group);
    write_node_ids(&c->out, v->state.nodes.working_sealers, v->state.nodes.working_count);
    chain_view_drop(v);
}

/* Sealers and observers in ascending order. */
static void get_group_peers(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    chain_view *v = c->backend->view(c->group);
    const node_lists *lists = &v->state.nodes;
    size_t count = lists->sealer_count + lists->observer_count;
    node_id *all = arena_take_array(c->memory, count, sizeof *all);
    if (lists->sealer_count)
        memcpy(all, lists->sealers, lists->sealer_count * sizeof *all);
    if (lists->observer_count)
        memcpy(all + lists->sealer_count, lists->observers, lists->observer_count * sizeof *all);
    qsort(all, count, sizeof *all, node_id_compare);
    write_node_ids(&c->out, all, count);
    chain_view_drop(v);
}

static void key_int(json_writer *w, const char *key, int64_t value)
{
    json_write_key(w, key);
    json_write_int(w, value);
}

static void key_bool(json_writer *w, const char *key, bool value)
{
    json_write_key(w, key);
    json_write_bool(w, value);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* sealer.0, sealer.1, sealer.10, sealer.2, ...: keys in bytewise order. */
static void write_sealer_keys(rpc_call *c, const consensus_status *status)
{
    const char **names = arena_take_array(c->memory, status->sealer_count, sizeof *names);
    for (size_t i = 0; i < status->sealer_count; i++)
        names[i] = arena_print(c->memory, "sealer.%zu", i);
    qsort(names, status->sealer_count, sizeof *names, compare_names);
    for (size_t i = 0; i < status->sealer_count; i++) {
        json_write_key(&c->out, names[i]);
        rpc_write_node_id(&c->out, &status->sealers[strtoul(names[i] + strlen("sealer."), NULL, 10)]);
    }
}

static void write_consensus_object(rpc_call *c, const consensus_status *status)
{
    json_writer *w = &c->out;
    int64_t id = ledger_rules(c->backend->ledger_of(c->group))->group_id;
    json_write_begin_object(w);
    key_int(w, "accountType", status->is_sealer);
    key_bool(w, "allowFutureBlocks", true);
    key_bool(w, "cfgErr", status->config_error);
    key_int(w, "connectedNodes", (int64_t)status->connected_nodes);
    key_int(w, "consensusedBlockNumber", status->consensused_number);
    key_int(w, "currentView", (int64_t)status->view);
    key_int(w, "groupId", id);
    json_write_key(w, "highestblockHash");
    rpc_write_hash(w, &status->highest_hash);
    key_int(w, "highestblockNumber", status->highest_number);
    key_bool(w, "leaderFailed", status->leader_failed);
    key_int(w, "max_faulty_leader", (int64_t)status->max_faulty);
    json_write_key(w, "nodeId");
    rpc_write_node_id(w, &c->backend->info->self);
    key_int(w, "nodeNum", (int64_t)status->node_count);
    key_int(w, "node_index", status->node_index);
    key_bool(w, "omitEmptyBlock", true);
    key_int(w, "protocolId", id << 16 | MODULE_PBFT);
    write_sealer_keys(c, status);
    key_int(w, "toView", (int64_t)status->to_view);
    json_write_end_object(w);
}

static void get_consensus_status(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    consensus_status status;
    c->backend->consensus_status(c->group, c->memory, &status);
    json_writer *w = &c->out;
    json_write_begin_array(w);
    write_consensus_object(c, &status);
    json_write_begin_array(w);
    for (size_t i = 0; i < status.view_count; i++) {
        json_write_begin_object(w);
        json_write_key(w, "nodeId");
        rpc_write_node_id(w, &status.views[i].node);
        key_int(w, "view", (int64_t)status.views[i].view);
        json_write_end_object(w);
    }
    json_write_end_array(w);
    json_write_end_array(w);
}

static void key_plain_hash(json_writer *w, const char *key, const hash256 *hash)
{
    json_write_key(w, key);
    json_write_plain_hex(w, BYTES_OF_VALUE(*hash));
}

static void get_sync_status(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    sync_status status;
    c->backend->sync_status(c->group, c->memory, &status);
    ledger *l = c->backend->ledger_of(c->group);
    hash256 genesis_hash = ledger_head(l).genesis_hash;
    json_writer *w = &c->out;
    json_write_begin_object(w);
    key_int(w, "blockNumber", status.number);
    key_plain_hash(w, "genesisHash", &genesis_hash);
    key_bool(w, "isSyncing", status.downloading);
    key_int(w, "knownHighestNumber", status.known_highest);
    key_plain_hash(w, "knownLatestHash", &status.known_latest_hash);
    key_plain_hash(w, "latestHash", &status.latest_hash);
    json_write_key(w, "nodeId");
    rpc_write_node_id(w, &c->backend->info->self);
    json_write_key(w, "peers");
    json_write_begin_array(w);
    for (size_t i = 0; i < status.peer_count; i++) {
        json_write_begin_object(w);
        key_int(w, "blockNumber", status.peers[i].number);
        key_plain_hash(w, "genesisHash", &status.peers[i].genesis_hash);
        key_plain_hash(w, "latestHash", &status.peers[i].latest_hash);
        json_write_key(w, "nodeId");
        rpc_write_node_id(w, &status.peers[i].node);
        json_write_end_object(w);
    }
    json_write_end_array(w);
    key_int(w, "protocolId", (int64_t)ledger_rules(l)->group_id << 16 | MODULE_SYNC);
    json_write_key(w, "txPoolSize");
    json_write_text(w, arena_print(c->memory, "%zu", status.pool_size));
    json_write_end_object(w);
}

static void get_system_config_by_key(rpc_call *c)
{
    static const char *const keys[] = {"tx_count_limit",       "tx_gas_limit",      "rpbft_epoch_block_num",
                                       "rpbft_epoch_sealer_num", "consensus_timeout", "enable_charge_mgr"};
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    const char *key = rpc_text(c, 1);
    bool known = false;
    for (size_t i = 0; i < COUNT(keys); i++)
        known |= strcmp(key, keys[i]) == 0;
    if (!known) {
        rpc_error(c, RPC_BAD_SYSTEM_CONFIG, "Invalid System Config");
        return;
    }
    ledger *l = c->backend->ledger_of(c->group);
    bytes value = BYTES_EMPTY;
    int64_t enable_number;
    if (!ledger_system_config(l, key, ledger_head(l).number + 1, c->memory, &value, &enable_number))
        value = BYTES_EMPTY;
    json_write_string(&c->out, value);
}

static void get_pending_tx_size(rpc_call *c)
{
    if (rpc_take_group(c, RPC_GROUP_EXISTS))
        json_write_quantity_u64(&c->out, c->backend->pending_count(c->group));
}

static void get_pending_transactions(rpc_call *c)
{
    enum { PENDING_ANSWERED_MAX = 150000 };
    if (!rpc_take_group(c, RPC_GROUP_EXISTS))
        return;
    size_t max = c->backend->pending_count(c->group);
    max = max < PENDING_ANSWERED_MAX ? max : PENDING_ANSWERED_MAX;
    transaction **pending = arena_take_array(c->memory, max, sizeof *pending);
    size_t count = c->backend->pending(c->group, pending, max);
    const crypto_suite *suite = ledger_rules(c->backend->ledger_of(c->group))->suite;
    json_write_begin_array(&c->out);
    for (size_t i = 0; i < count; i++) {
        rpc_write_transaction(&c->out, pending[i], suite, &(rpc_place){0});
        transaction_drop(pending[i]);
    }
    json_write_end_array(&c->out);
}

static void get_total_transaction_count(rpc_call *c)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    ledger *l = c->backend->ledger_of(c->group);
    u256 total = U256_ZERO, failed = U256_ZERO;
    if (!ledger_totals(l, &total, &failed))
        total = failed = U256_ZERO;
    json_writer *w = &c->out;
    json_write_begin_object(w);
    json_write_key(w, "blockNumber");
    json_write_quantity_u64(w, (uint64_t)ledger_head(l).number);
    json_write_key(w, "failedTxSum");
    json_write_quantity(w, failed);
    json_write_key(w, "txSum");
    json_write_quantity(w, total);
    json_write_end_object(w);
}

const rpc_method rpc_status_methods[] = {
    {"getBlockNumber", "i", get_block_number},
    {"getPbftView", "i", get_pbft_view},
    {"getSealerList", "i", get_sealer_list},
    {"getObserverList", "i", get_observer_list},
    {"getEpochSealersList", "i", get_epoch_sealers_list},
    {"getGroupPeers", "i", get_group_peers},
    {"getConsensusStatus", "i", get_consensus_status},
    {"getSyncStatus", "i", get_sync_status},
    {"getSystemConfigByKey", "is", get_system_config_by_key},
    {"getPendingTxSize", "i", get_pending_tx_size},
    {"getPendingTransactions", "i", get_pending_transactions},
    {"getTotalTransactionCount", "i", get_total_transaction_count},
};
const size_t rpc_status_method_count = COUNT(rpc_status_methods);
