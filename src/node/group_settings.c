#include "codec/hex.h"
#include "node/setting_rows.h"
#include "node/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* What both files of a group give, before it is checked and put where it belongs. */
typedef struct {
    const char *consensus_type, *state_type, *storage_type;
    int64_t max_trans_num, consensus_timeout, epoch_sealer_num, epoch_block_num, gas_limit, group_id, timestamp;
    bool free_storage;
} genesis_values;

#define GENESIS(member) offsetof(genesis_values, member)
#define GENESIS_TEXT(section, key, member, otherwise) {section, NULL, key, SETTING_TEXT, GENESIS(member), otherwise, 0, 0, 0, NULL}
#define GENESIS_INTEGER(section, key, member, otherwise, min, refusal) \
    {section, NULL, key, SETTING_INTEGER, GENESIS(member), NULL, otherwise, min, INT64_MAX, refusal}

static const setting_row genesis_rows[] = {
    GENESIS_TEXT("consensus", "consensus_type", consensus_type, "pbft"),
    GENESIS_INTEGER("consensus", "max_trans_num", max_trans_num, 1000, 1, "Please set consensus.max_trans_num to positive !"),
    GENESIS_INTEGER("consensus", "consensus_timeout", consensus_timeout, 3, 0, NULL),
    GENESIS_INTEGER("consensus", "epoch_sealer_num", epoch_sealer_num, 0, 1, "Please set consensus.epoch_sealer_num to be larger than 0!"),
    GENESIS_INTEGER("consensus", "epoch_block_num", epoch_block_num, 1000, 1, "Please set consensus.epoch_block_num to be larger than 1!"),
    GENESIS_TEXT("state", "type", state_type, "storage"),
    GENESIS_INTEGER("tx", "gas_limit", gas_limit, 300000000, 0, "Please set tx.gas_limit to positive !"),
    {"group", NULL, "id", SETTING_INTEGER, GENESIS(group_id), NULL, 0, 1, 32767, NULL},
    GENESIS_INTEGER("group", "timestamp", timestamp, INT64_MAX, 0, "invalid group timestamp"),
    {"evm", NULL, "enable_free_storage", SETTING_BOOLEAN, GENESIS(free_storage), NULL, false, 0, 1, NULL},
};

#define GROUP(member) offsetof(group_settings, member)
#define GROUP_INTEGER(section, key, member, otherwise, min, max, refusal) \
    {section, NULL, key, SETTING_INTEGER, GROUP(member), NULL, otherwise, min, max, refusal}
#define GROUP_BOOLEAN(section, key, member, otherwise) {section, NULL, key, SETTING_BOOLEAN, GROUP(member), NULL, otherwise, 0, 1, NULL}

static const setting_row group_rows[] = {
    GROUP_INTEGER("consensus", "ttl", ttl, 2, 0, 5, "Please set consensus.ttl between 0 and 5 !"),
    GROUP_INTEGER("consensus", "min_block_generation_time", min_block_generation_time, 500, 0, UINT_MAX,
                  "Please set consensus.min_block_generation_time between 1 and 4294967295 !"),
    GROUP_BOOLEAN("consensus", "enable_dynamic_block_size", dynamic_block_size, true),
    GROUP_BOOLEAN("consensus", "enable_ttl_optimization", ttl_optimization, true),
    GROUP_BOOLEAN("consensus", "enable_prepare_with_txsHash", prepare_with_hashes, true),
    GROUP_BOOLEAN("storage", "durable", durable, true),
    GROUP_INTEGER("tx_pool", "limit", pool_limit, 102400, 1, 100000000, NULL),
    GROUP_INTEGER("tx_pool", "memory_limit", pool_memory_mb, 512, 1, 8796093022206, NULL),
    GROUP_INTEGER("tx_pool", "txs_expiration_time", pool_expiration_s, 600, 1, INT_MAX, NULL),
    GROUP_INTEGER("sync", "idle_wait_ms", idle_wait_ms, 200, 1, INT_MAX, NULL),
    GROUP_INTEGER("sync", "gossip_interval_ms", gossip_interval_ms, 1000, 1000, 3000,
                  "Please set sync.gossip_interval_ms to between 1000ms-3000ms!"),
    GROUP_INTEGER("sync", "gossip_peers_number", gossip_peers, 3, 1, INT_MAX, "Please set sync.gossip_peers_number to positive !"),
    GROUP_INTEGER("sync", "max_block_sync_memory_size", sync_memory_mb, 512, 32, 8796093022206,
                  "Please set max_block_sync_memory_size must be no smaller than 32MB and smaller than 8796093022207"),
    GROUP_INTEGER("sync", "txs_max_gossip_peers_num", txs_max_gossip_peers, 5, 0, INT_MAX,
                  "txs_gossip_max_peers_num must be no smaller than zero"),
    GROUP_BOOLEAN("sync", "send_txs_by_tree", send_txs_by_tree, true),
    GROUP_BOOLEAN("sync", "sync_block_by_tree", sync_block_by_tree, true),
    GROUP_BOOLEAN("sync", "allow_free_node", allow_free_node, false),
    GROUP_BOOLEAN("tx_execute", "enable_parallel", enable_parallel, true),
};

static bool parse_consensus(const char *path, const genesis_values *values, genesis *g, error_text *why)
{
    static const struct {
        const char *text;
        consensus_kind kind;
    } kinds[] = {{"pbft", CONSENSUS_PBFT}, {"rpbft", CONSENSUS_RPBFT}, {"raft", CONSENSUS_RAFT}};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcasecmp(values->consensus_type, kinds[i].text) == 0) {
            g->consensus = kinds[i].kind;
            snprintf(g->consensus_text, sizeof g->consensus_text, "%s", values->consensus_type);
            return true;
        }
    return error_set(why,
                     "%s: [consensus] consensus_type=%s: create consensusEngine failed, maybe unsupported consensus type %s, "
                     "supported consensus type are pbft, raft, rpbft",
                     path, values->consensus_type, values->consensus_type);
}

/* consensus.node.*: hex of the public key, 0x allowed (spec/data-model.md 1.2). */
static bool read_sealers(group_settings *g, const ini *file, uint32_t version, error_text *why)
{
    const ini_section *consensus = ini_find_section(file, "consensus");
    genesis *target = &g->genesis;
    target->sealers = arena_take_array(&g->memory, consensus ? consensus->count : 0, sizeof *target->sealers);
    for (size_t i = 0; consensus && i < consensus->count; i++) {
        const ini_entry *entry = &consensus->entries[i];
        if (strncmp(entry->key, "node.", 5) != 0)
            continue;
        bytes text = bytes_of_text(entry->value);
        if (text.size == 130 && bytes_start_with(text, BYTES_OF_LITERAL("0x")))
            text = bytes_from(text, 2);
        if (!hex_read(text, target->sealers[target->sealer_count++].b, sizeof(node_id)))
            return error_set(why, "%s:%u: load public key failed, invalid public key:%s, configuration section:consensus", file->path,
                             entry->line, entry->value);
    }
    if (target->sealer_count == 0)
        return error_set(why, "%s: [consensus] names no node: at least one node.N is needed", file->path);
    if (version_has(version, GATE_SORTED_SEALERS))
        qsort(target->sealers, target->sealer_count, sizeof *target->sealers, node_id_compare);
    return true;
}

static bool read_genesis(group_settings *g, const node_settings *node, error_text *why)
{
    ini file;
    genesis_values values;
    genesis *target = &g->genesis;
    if (!ini_read_file(&g->memory, g->genesis_path, &file, why) ||
        !settings_read_rows(&file, genesis_rows, COUNT(genesis_rows), &values, &g->memory, why) ||
        !parse_consensus(g->genesis_path, &values, target, why) || !read_sealers(g, &file, node->version, why))
        return false;
    if (values.group_id == 0)
        return error_set(why, "%s: [group] id is missing, expected 1 to 32767", g->genesis_path);
    snprintf(target->state_text, sizeof target->state_text, "%s", values.state_type);
    target->group_id = (int32_t)values.group_id;
    target->timestamp_ms = values.timestamp;
    target->max_trans_num = values.max_trans_num;
    target->gas_limit = values.gas_limit;
    target->consensus_timeout_s = values.consensus_timeout;
    target->epoch_sealer_num = values.epoch_sealer_num ? values.epoch_sealer_num : (int64_t)target->sealer_count;
    target->epoch_block_num = values.epoch_block_num;
    target->free_storage = values.free_storage && version_has(node->version, GATE_EVM_FLAGS);
    return true;
}

static bool choose_storage(group_settings *g, const ini *file, error_text *why)
{
    const ini_entry *entry = file ? ini_find(file, "storage", "type") : NULL;
    const char *type = entry && entry->value[0] ? entry->value : "rocksdb";
    g->storage = STORAGE_ROCKSDB;
    if (strcasecmp(type, "rocksdb") == 0)
        return true;
    if (strcasecmp(type, "memory") == 0) {
        g->storage = STORAGE_MEMORY;
        return true;
    }
    if (strcasecmp(type, "leveldb") == 0 || strcasecmp(type, "scalable") == 0) {
        g->storage_note = arena_print(&g->memory, "storage.type=%s: hanse uses RocksDB instead", type);
        return true;
    }
    return error_set(why, "%s:%u: [storage] type=%s: not supported by this version, expected rocksdb or memory", file->path,
                     entry->line, type);
}

static const char *ini_beside(arena *a, const char *genesis_path)
{
    size_t stem = strlen(genesis_path) - strlen(".genesis");
    return arena_print(a, "%.*s.ini", (int)stem, genesis_path);
}

static bool read_group_ini(group_settings *g, const node_settings *node, error_text *why)
{
    ini file = {.path = g->ini_path};
    bool present = access(g->ini_path, F_OK) == 0;
    if (present && !ini_read_file(&g->memory, g->ini_path, &file, why))
        return false;
    if (!settings_read_rows(&file, group_rows, COUNT(group_rows), g, &g->memory, why) ||
        !choose_storage(g, present ? &file : NULL, why))
        return false;
    if (!version_has(node->version, GATE_NETWORK_OPTIMIZATION)) {
        /* Older chains: these are off unless the file turns them on (spec/consensus.md 0.3). */
        g->ttl_optimization &= ini_find(&file, "consensus", "enable_ttl_optimization") != NULL;
        g->prepare_with_hashes &= ini_find(&file, "consensus", "enable_prepare_with_txsHash") != NULL;
        g->send_txs_by_tree &= ini_find(&file, "sync", "send_txs_by_tree") != NULL;
        g->sync_block_by_tree &= ini_find(&file, "sync", "sync_block_by_tree") != NULL;
    }
    if (g->min_block_generation_time >= 1000)
        g->min_block_generation_time = 999; /* QUIRK of spec/consensus.md 1.2 */
    g->block_size_increase_ratio = 1.0;     /* QUIRK of spec/consensus.md 1.2: any non-zero ratio acts as 1 */
    return true;
}

bool group_settings_read(group_settings *g, const node_settings *node, const char *genesis_path, error_text *why)
{
    *g = (group_settings){0};
    g->genesis_path = arena_copy_text(&g->memory, bytes_of_text(genesis_path));
    g->ini_path = ini_beside(&g->memory, genesis_path);
    if (!read_genesis(g, node, why) || !read_group_ini(g, node, why))
        return false;
    bool mpt = strcmp(g->genesis.state_text, "mpt") == 0;
    g->rules = (chain_rules){
        .suite = &crypto_standard,
        .version = node->version,
        .enable_parallel = g->enable_parallel && !mpt,
        .gas = g->genesis.free_storage ? GAS_FREE_STORAGE : GAS_NORMAL,
        .state = mpt ? STATE_MPT : STATE_STORAGE,
        .chain_id = (uint64_t)node->chain_id,
        .group_id = g->genesis.group_id,
    };
    return true;
}

void group_settings_free(group_settings *g)
{
    arena_reset(&g->memory);
    *g = (group_settings){0};
}
