#include "base/setting_rows.h"
#include "chain/genesis.h"

typedef struct {
    const char *version_text;
    int64_t chain_id;
    bool sm_crypto;
} config_values;

static const setting_row config_rows[] = {
    {"compatibility", NULL, "supported_version", SETTING_TEXT, offsetof(config_values, version_text), "2.0.0-rc1", 0, 0,
     0, NULL},
    {"chain", NULL, "id", SETTING_INTEGER, offsetof(config_values, chain_id), NULL, 1, 0, INT64_MAX, NULL},
    {"chain", NULL, "sm_crypto", SETTING_BOOLEAN, offsetof(config_values, sm_crypto), NULL, false, 0, 1, NULL},
};

typedef struct {
    bool enable_parallel, reconfirm_committee;
} group_values;

static const setting_row group_rows[] = {
    {"tx_execute", NULL, "enable_parallel", SETTING_BOOLEAN, offsetof(group_values, enable_parallel), NULL, true, 0, 1, NULL},
    {"storage", NULL, "enable_reconfirm_committee", SETTING_BOOLEAN, offsetof(group_values, reconfirm_committee), NULL, false, 0,
     1, NULL},
};

bool genesis_read_chain(const chain_files *files, arena *a, chain_rules *rules, genesis *g, error_text *why)
{
    static const ini no_group;
    config_values config;
    group_values group;
    *rules = (chain_rules){0};
    if (!settings_read_rows(files->config, config_rows, COUNT(config_rows), &config, a, why) ||
        !settings_read_rows(files->group ? files->group : &no_group, group_rows, COUNT(group_rows), &group, a,
                            why) ||
        !version_parse(bytes_of_text(config.version_text), &rules->version, why) ||
        !genesis_read(rules, files->genesis, a, g, why))
        return false;
    bool is_national = rules_have(rules, GATE_CHAIN_SM_CRYPTO) ? config.sm_crypto : files->has_national_key;
    rules->suite = suite_by_name(is_national ? BYTES_OF_LITERAL("national") : BYTES_OF_LITERAL("standard"), why);
    rules->chain_id = (uint64_t)config.chain_id;
    rules->group_id = g->group_id;
    rules->state = genesis_state_kind(g);
    rules->gas = g->free_storage ? GAS_FREE_STORAGE : GAS_NORMAL;
    rules->enable_parallel = group.enable_parallel && rules->state == STATE_STORAGE;
    rules->reconfirm_committee = group.reconfirm_committee;
    return rules->suite != NULL;
}
