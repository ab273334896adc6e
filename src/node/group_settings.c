#include "base/setting_rows.h"
#include "node/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

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
    GROUP_INTEGER("flow_control", "limit_req", limits.requests_per_second, 0, 1, INT64_MAX, "flow_control.limit_req must be positive"),
    GROUP_INTEGER("event_filter", "max_block_range", limits.event_blocks_max, 0, 0, INT64_MAX, NULL),
    GROUP_INTEGER("event_filter", "max_block_per_process", limits.event_blocks_at_once, 3, INT64_MIN, INT64_MAX, NULL),
};

static bool choose_storage(group_settings *g, const ini *file, error_text *why)
{
    const ini_entry *entry = ini_find(file, "storage", "type");
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

static bool read_group_ini(group_settings *g, const node_settings *node, const ini *file, error_text *why)
{
    if (!settings_read_rows(file, group_rows, COUNT(group_rows), g, &g->memory, why) || !choose_storage(g, file, why))
        return false;
    if (!version_has(node->version, GATE_NETWORK_OPTIMIZATION)) {
        /* Older chains: these are off unless the file turns them on (spec/consensus.md 0.3). */
        g->ttl_optimization &= ini_find(file, "consensus", "enable_ttl_optimization") != NULL;
        g->prepare_with_hashes &= ini_find(file, "consensus", "enable_prepare_with_txsHash") != NULL;
        g->send_txs_by_tree &= ini_find(file, "sync", "send_txs_by_tree") != NULL;
        g->sync_block_by_tree &= ini_find(file, "sync", "sync_block_by_tree") != NULL;
    }
    if (g->min_block_generation_time >= 1000)
        g->min_block_generation_time = 999; /* QUIRK of spec/consensus.md 1.2 */
    g->block_size_increase_ratio = 1.0;     /* QUIRK of spec/consensus.md 1.2: any non-zero ratio acts as 1 */
    return true;
}

bool group_settings_read(group_settings *g, const node_settings *node, const char *genesis_path, error_text *why)
{
    *g = (group_settings){0};
    arena *a = &g->memory;
    g->genesis_path = arena_copy_text(a, bytes_of_text(genesis_path));
    g->ini_path = ini_beside(a, genesis_path);
    ini config, genesis_file, group_file = {.path = g->ini_path}; /* group.N.ini may be absent: defaults */
    if (!ini_read_file(a, node->path, &config, why) || !ini_read_file(a, g->genesis_path, &genesis_file, why) ||
        (access(g->ini_path, F_OK) == 0 && !ini_read_file(a, g->ini_path, &group_file, why)))
        return false;
    const char *national_key = arena_print(a, "%s/gmnode.key", node->security_path);
    chain_files files = {.config = &config,
                         .genesis = &genesis_file,
                         .group = &group_file,
                         .has_national_key = access(national_key, F_OK) == 0};
    if (!genesis_read_chain(&files, a, &g->rules, &g->genesis, why) || !read_group_ini(g, node, &group_file, why))
        return false;
    if (g->rules.suite->is_national)
        return error_set(why, "%s: a chain with national algorithms (%s) is not supported yet", node->path, national_key);
    return true;
}

void group_settings_free(group_settings *g)
{
    arena_reset(&g->memory);
    *g = (group_settings){0};
}
