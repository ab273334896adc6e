/* SystemConfig, 0x1000. Source: spec/precompiled.md 7.1. */
#include "contract/contract.h"

typedef struct {
    const char *key;
    gate since;              /* GATE_COUNT: always */
    int64_t least, below;
} config_limit;

static const config_limit limits[] = {
    {"tx_count_limit", GATE_COUNT, 1, INT64_MAX},
    {"tx_gas_limit", GATE_COUNT, 100000, INT64_MAX},
    {"rpbft_epoch_sealer_num", GATE_COUNT, 1, INT64_MAX},
    {"rpbft_epoch_block_num", GATE_COUNT, 1, INT64_MAX},
    {"consensus_timeout", GATE_CONSENSUS_TIMEOUT, 3, 4294967 - 1},
};

static bool is_allowed_switch(const contract_call *c, bytes value)
{
    return rules_have(c->rules, GATE_REMAIN_GAS) && c->rules->state == STATE_STORAGE &&
           (bytes_equal_text(value, "on") || bytes_equal_text(value, "off"));
}

static bool is_allowed(const contract_call *c, bytes key, bytes value)
{
    if (bytes_equal_text(key, "enable_charge_mgr"))
        return is_allowed_switch(c, value);
    for (size_t i = 0; i < COUNT(limits); i++) {
        int64_t number, least = limits[i].least;
        if (!bytes_equal_text(key, limits[i].key))
            continue;
        if (limits[i].since != GATE_COUNT && !rules_have(c->rules, limits[i].since))
            return false;
        if (bytes_equal_text(key, "rpbft_epoch_block_num") && rules_have(c->rules, GATE_VRF_SEALERS))
            least = 2;
        return number_read_int64(value, &number) && number >= least && number <= limits[i].below;
    }
    return false;
}

static contract_outcome set_value_by_key(contract_call *c)
{
    bytes key = contract_lower(c, abi_read_bytes(&c->arguments));
    bytes value = abi_read_bytes(&c->arguments);
    if (!is_allowed(c, key, value))
        return contract_answer_code(c, CODE_INVALID_CONFIGURATION_VALUES);
    state_table *table = tx_state_open(c->state, bytes_of_text(TABLE_CONFIG));
    const row_field fields[] = {field_of("enable_num", contract_decimal(c, contract_next_number(c))), field_of("key", key),
                                field_of("value", value)};
    int count = tx_state_find(c->state, table, key)
                    ? tx_state_update(c->state, table, key, fields, COUNT(fields), NULL, &c->origin)
                    : tx_state_insert(c->state, table, key, fields, COUNT(fields), &c->origin);
    return contract_answer_code(c, count);
}

static const contract_method methods[] = {
    {"setValueByKey(string,string)", 0, false, set_value_by_key},
};

const contract contract_system_config = {
    .address = 0x1000, .name = "SystemConfig", .unknown = UNKNOWN_WORD, .methods = methods, .method_count = COUNT(methods)};
