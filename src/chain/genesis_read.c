#include "base/setting_rows.h"
#include "chain/genesis.h"
#include "codec/hex.h"

#include <stdlib.h>
#include <strings.h>

/* What the file says, before it is checked and put where it belongs. */
typedef struct {
    genesis g;
    const char *consensus_type, *state_type, *storage_type;
    int64_t group_id;
} genesis_values;

#define AT(member) offsetof(genesis_values, member)
#define TEXT(section, key, member, otherwise)                                                                          \
    {                                                                                                                  \
        section, NULL, key, SETTING_TEXT, AT(member), otherwise, 0, 0, 0, NULL                                         \
    }
#define INTEGER(section, key, member, otherwise, min, refusal)                                                         \
    {                                                                                                                  \
        section, NULL, key, SETTING_INTEGER, AT(member), NULL, otherwise, min, INT64_MAX, refusal                      \
    }

static const setting_row rows[] = {
    TEXT("consensus", "consensus_type", consensus_type, "pbft"),
    INTEGER("consensus", "max_trans_num", g.max_trans_num, 1000, 1, "Please set consensus.max_trans_num to positive !"),
    INTEGER("consensus", "consensus_timeout", g.consensus_timeout_s, 3, INT64_MIN, NULL), /* QUIRK of 5.3: no bound */
    INTEGER("consensus", "min_elect_time", g.min_elect_time_ms, 1000, 1,
            "Please set consensus.min_elect_time to positive !"),
    INTEGER("consensus", "max_elect_time", g.max_elect_time_ms, 2000, 1,
            "Please set consensus.max_elect_time to positive !"),
    INTEGER("consensus", "epoch_sealer_num", g.epoch_sealer_num, 0, 1,
            "Please set consensus.epoch_sealer_num to be larger than 0!"),
    INTEGER("consensus", "epoch_block_num", g.epoch_block_num, 1000, 1,
            "Please set consensus.epoch_block_num to positive !"),
    TEXT("state", "type", state_type, "storage"),
    TEXT("storage", "type", storage_type, "LevelDB"),
    INTEGER("tx", "gas_limit", g.gas_limit, 300000000, 0, "Please set tx.gas_limit to positive !"),
    {"group", NULL, "id", SETTING_INTEGER, AT(group_id), NULL, 0, 1, INT16_MAX, NULL},
    INTEGER("group", "timestamp", g.timestamp_ms, INT64_MAX, 0, "invalid group timestamp"),
    {"evm", NULL, "enable_free_storage", SETTING_BOOLEAN, AT(g.free_storage), NULL, false, 0, 1, NULL},
};

static bool keep_text(const ini *file, const char *key, const char *value, char out[16], error_text *why)
{
    if (strlen(value) > 15)
        return error_set(why, "%s: %s=%.64s: at most 15 characters", file->path, key, value);
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool keep_consensus(const ini *file, const char *text, genesis *g, error_text *why)
{
    static const char *const names[] = {
        [CONSENSUS_PBFT] = "pbft", [CONSENSUS_RPBFT] = "rpbft", [CONSENSUS_RAFT] = "raft"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(text, names[i]) == 0) {
            g->consensus = (consensus_kind)i;
            return keep_text(file, "[consensus] consensus_type", text, g->consensus_text, why);
        }
    return error_set(
        why,
        "%s: [consensus] consensus_type=%.64s: create consensusEngine failed, maybe unsupported consensus type %.64s, "
        "supported consensus type are pbft, raft, rpbft",
        file->path, text, text);
}

/* 128 hex digits, or 130 characters with 0x (data-model.md 1.2); not all zero. */
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
    if (count == 0 || count > HEADER_SEALERS_MAX)
        return error_set(why, "%s: [consensus] names %zu nodes: expected 1 to %d of node.N", file->path, count,
                         HEADER_SEALERS_MAX);
    g->sealers = arena_take_array(a, count, sizeof *g->sealers);
    for (size_t i = 0; i < entries; i++) {
        const ini_entry *entry = &section->entries[i];
        if (strncmp(entry->key, "node.", 5) != 0)
            continue;
        if (!read_node_id(entry->value, &g->sealers[g->sealer_count++]))
            return error_set(
                why, "%s:%u: load public key failed, invalid public key:%.130s, configuration section:consensus",
                file->path, entry->line, entry->value);
    }
    if (rules_have(rules, GATE_SORTED_SEALERS))
        qsort(g->sealers, g->sealer_count, sizeof *g->sealers, node_id_compare);
    return true;
}

bool genesis_read(const chain_rules *rules, const ini *file, arena *a, genesis *out, error_text *why)
{
    genesis_values values = {0};
    if (!settings_read_rows(file, rows, COUNT(rows), &values, a, why))
        return false;
    genesis *g = &values.g;
    if (!keep_consensus(file, values.consensus_type, g, why) ||
        !keep_text(file, "[state] type", values.state_type, g->state_text, why) ||
        !keep_text(file, "[storage] type", values.storage_type, g->storage_text, why) ||
        !read_sealers(rules, file, a, g, why))
        return false;
    if (values.group_id == 0)
        return error_set(why, "%s: [group] id is missing, expected 1 to %d", file->path, INT16_MAX);
    g->group_id = (int32_t)values.group_id;
    if (g->epoch_sealer_num == 0)
        g->epoch_sealer_num = (int64_t)g->sealer_count;
    if (rules_have(rules, GATE_VRF_SEALERS) && g->epoch_block_num <= 1)
        return error_set(why,
                         "%s: [consensus] epoch_block_num: Please set consensus.epoch_block_num to be larger than 1!",
                         file->path);
    g->free_storage = g->free_storage && rules_have(rules, GATE_EVM_FLAGS);
    *out = *g;
    return true;
}

state_kind genesis_state_kind(const genesis *g)
{
    return strcasecmp(g->state_text, "mpt") == 0 ? STATE_MPT : STATE_STORAGE;
}
