#include "chain/genesis.h"
#include "codec/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* interfaces.md 5.1: what does not convert is as good as absent. */
static int64_t read_integer(const ini *file, const char *section, const char *key, int64_t otherwise)
{
    const ini_entry *entry = ini_find(file, section, key);
    if (entry == NULL || *entry->value == 0)
        return otherwise;
    char *end;
    errno = 0;
    long long value = strtoll(entry->value, &end, 10);
    return errno || *end ? otherwise : value;
}

static bool read_text(const ini *file, const char *section, const char *key, const char *otherwise, char out[16], error_text *why)
{
    const ini_entry *entry = ini_find(file, section, key);
    const char *value = entry ? entry->value : otherwise;
    if (strlen(value) > 15)
        return error_set(why, "%s: %s.%s=%.64s: at most 15 characters", file->path, section, key, value);
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool read_consensus(const ini *file, genesis *g, error_text *why)
{
    static const char *const names[] = {[CONSENSUS_PBFT] = "pbft", [CONSENSUS_RPBFT] = "rpbft", [CONSENSUS_RAFT] = "raft"};
    if (!read_text(file, "consensus", "consensus_type", "pbft", g->consensus_text, why))
        return false;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(g->consensus_text, names[i]) == 0) {
            g->consensus = (consensus_kind)i;
            return true;
        }
    return error_set(why, "create consensusEngine failed, maybe unsupported consensus type %s, supported consensus type are pbft, "
                          "raft, rpbft", g->consensus_text);
}

/* 128 hex digits, or 130 characters with 0x; not all zero. */
static bool read_node_id(const char *text, node_id *out)
{
    static const node_id zero;
    if (strlen(text) == 130 && strncasecmp(text, "0x", 2) == 0)
        text += 2;
    return hex_read(bytes_of_text(text), out->b, sizeof out->b) && !node_id_equal(out, &zero);
}

static bool read_sealers(const chain_rules *rules, const ini *file, arena *a, genesis *g, error_text *why)
{
    const ini_section *section = ini_find_section(file, "consensus");
    size_t entries = section ? section->count : 0, count = 0;
    for (size_t i = 0; i < entries; i++)
        count += strncmp(section->entries[i].key, "node.", 5) == 0;
    if (count > HEADER_SEALERS_MAX)
        return error_set(why, "%s: %zu nodes in section consensus, at most %d", file->path, count, HEADER_SEALERS_MAX);
    g->sealers = arena_take_array(a, count, sizeof *g->sealers);
    for (size_t i = 0; i < entries; i++) {
        const ini_entry *entry = &section->entries[i];
        if (strncmp(entry->key, "node.", 5) != 0)
            continue;
        if (!read_node_id(entry->value, &g->sealers[g->sealer_count++]))
            return error_set(why, "load public key failed, invalid public key:%.130s, configuration section:consensus", entry->value);
    }
    if (rules_have(rules, GATE_SORTED_SEALERS) && g->sealer_count)
        qsort(g->sealers, g->sealer_count, sizeof *g->sealers, node_id_compare);
    return true;
}

static bool read_free_storage(const chain_rules *rules, const ini *file)
{
    const ini_entry *entry = rules_have(rules, GATE_EVM_FLAGS) ? ini_find(file, "evm", "enable_free_storage") : NULL;
    return entry && (strcmp(entry->value, "true") == 0 || strcmp(entry->value, "1") == 0);
}

static bool check_bounds(const chain_rules *rules, const genesis *g, error_text *why)
{
    if (g->timestamp_ms < 0)
        return error_set(why, "invalid group timestamp");
    if (g->max_trans_num <= 0)
        return error_set(why, "Please set consensus.max_trans_num to positive !");
    if (g->min_elect_time_ms <= 0)
        return error_set(why, "Please set consensus.min_elect_time to positive !");
    if (g->max_elect_time_ms <= 0)
        return error_set(why, "Please set consensus.max_elect_time to positive !");
    if (g->epoch_sealer_num <= 0)
        return error_set(why, "Please set consensus.epoch_sealer_num to be larger than 0!");
    if (rules_have(rules, GATE_VRF_SEALERS) && g->epoch_block_num <= 1)
        return error_set(why, "Please set consensus.epoch_block_num to be larger than 1!");
    if (g->epoch_block_num <= 0)
        return error_set(why, "Please set consensus.epoch_block_num to positive !");
    return g->gas_limit >= 0 || error_set(why, "Please set tx.gas_limit to positive !");
}

bool genesis_read(const chain_rules *rules, const ini *file, arena *a, genesis *out, error_text *why)
{
    genesis g = {0};
    if (!read_consensus(file, &g, why) || !read_text(file, "state", "type", "storage", g.state_text, why) ||
        !read_text(file, "storage", "type", "LevelDB", g.storage_text, why) || !read_sealers(rules, file, a, &g, why))
        return false;
    int64_t group_id = read_integer(file, "group", "id", 0);
    if (group_id < 1 || group_id > INT16_MAX)
        return error_set(why, "%s: group.id must be between 1 and %d", file->path, INT16_MAX);
    g.group_id = (int32_t)group_id;
    g.timestamp_ms = read_integer(file, "group", "timestamp", INT64_MAX);
    g.max_trans_num = read_integer(file, "consensus", "max_trans_num", 1000);
    g.consensus_timeout_s = read_integer(file, "consensus", "consensus_timeout", 3); /* QUIRK of 5.3: any integer passes */
    g.min_elect_time_ms = read_integer(file, "consensus", "min_elect_time", 1000);
    g.max_elect_time_ms = read_integer(file, "consensus", "max_elect_time", 2000);
    g.epoch_sealer_num = read_integer(file, "consensus", "epoch_sealer_num", (int64_t)g.sealer_count);
    g.epoch_block_num = read_integer(file, "consensus", "epoch_block_num", 1000);
    g.gas_limit = read_integer(file, "tx", "gas_limit", 300000000);
    g.free_storage = read_free_storage(rules, file);
    if (!check_bounds(rules, &g, why))
        return false;
    *out = g;
    return true;
}

state_kind genesis_state_kind(const genesis *g)
{
    return strcasecmp(g->state_text, "mpt") == 0 ? STATE_MPT : STATE_STORAGE;
}
