/* GasChargeManage, 0x1009: gas that accounts hold. Source: spec/precompiled.md 7.11. */
#include "contract/accounts.h"
#include "contract/committee.h"

#include "state/address_text.h"

#include <stdlib.h>

typedef struct {
    address *items; /* ascending */
    size_t count;
} charger_list;

static int by_address(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address));
}

/* QUIRK: from the committed state, so that several changes in one block do not see each other. */
static charger_list read_chargers(contract_call *c)
{
    int64_t enable_number;
    bytes text = block_state_config(tx_state_block(c->state), "charger_list", &enable_number);
    if (enable_number > block_state_parent_number(tx_state_block(c->state)))
        text = BYTES_EMPTY;
    size_t most = 2, start = 0; /* one more, for grantCharger */
    for (size_t i = 0; i < text.size; i++)
        most += text.data[i] == ',';
    charger_list list = {.items = arena_take_array(c->memory, most, sizeof(address))};
    for (size_t i = 0; i <= text.size; i++)
        if (i == text.size || text.data[i] == ',') {
            if (i > start)
                address_read_text(bytes_part(text, start, i - start), &list.items[list.count++]);
            start = i + 1;
        }
    if (list.count)
        qsort(list.items, list.count, sizeof(address), by_address);
    return list;
}

static address *find_charger(const charger_list *list, const address *a)
{
    return list->count ? bsearch(a, list->items, list->count, sizeof(address), by_address) : NULL;
}

static void write_chargers(contract_call *c, const charger_list *list)
{
    static const bytes key = {(const uint8_t *)"charger_list", 12};
    char *text = arena_take(c->memory, list->count * ADDRESS_HEX_BYTES);
    for (size_t i = 0; i < list->count; i++) {
        address_write_hex(&list->items[i], text + i * ADDRESS_HEX_BYTES);
        text[(i + 1) * ADDRESS_HEX_BYTES - 1] = ',';
    }
    const row_field fields[] = {field_of("enable_num", contract_decimal(c, contract_next_number(c))), field_of("key", key),
                                field_of("value", bytes_of(text, list->count * ADDRESS_HEX_BYTES))};
    state_table *table = tx_state_open(c->state, bytes_of_text(TABLE_CONFIG));
    if (tx_state_find(c->state, table, key))
        (void)tx_state_update(c->state, table, key, fields, COUNT(fields), NULL, NULL);
    else
        (void)tx_state_insert(c->state, table, key, fields, COUNT(fields), NULL);
}

static int account_code_of(account_condition state)
{
    if (account_is_contract(state))
        return CODE_INVALID_ACCOUNT_ADDRESS;
    if (state == ACCOUNT_FROZEN_WITHOUT_CODE)
        return CODE_ACCOUNT_FROZEN;
    return state == ACCOUNT_NONEXISTENT ? CODE_ACCOUNT_NOT_EXIST : CODE_SUCCESS;
}

static contract_outcome answer_remain(contract_call *c, int code, u256 remain)
{
    abi_writer w = abi_writer_of(c->memory);
    abi_write_i64(&w, code);
    abi_write_u256(&w, remain);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static contract_outcome change_gas(contract_call *c, bool adds)
{
    address target = abi_read_address(&c->arguments);
    u256 value = abi_read_u256(&c->arguments), remain;
    if (u256_is_zero(value))
        return answer_remain(c, CODE_GCM_INVALID_ZERO_GAS_VALUE, U256_ZERO);
    int code = account_code_of(account_condition_of(c, &target));
    if (code != CODE_SUCCESS && code != CODE_ACCOUNT_NOT_EXIST)
        return answer_remain(c, code, U256_ZERO);
    charger_list chargers = read_chargers(c);
    if (find_charger(&chargers, &c->origin) == NULL)
        return answer_remain(c, CODE_GCM_PERMISSION_DENIED, U256_ZERO);
    account_remaining_gas(c->state, &target, &remain);
    if (!adds && u256_compare(remain, value) < 0)
        return answer_remain(c, CODE_GCM_NOT_ENOUGH_REMAIN_GAS, U256_ZERO);
    u256 changed = adds ? u256_add(remain, value) : u256_sub(remain, value);
    if (adds && u256_compare(changed, remain) < 0)
        return answer_remain(c, CODE_GCM_CHARGED_GAS_OVERFLOW, U256_ZERO);
    account_set_remaining_gas(c->state, &target, changed);
    account_remaining_gas(c->state, &target, &remain); /* MPT chains keep none: 0 after a charge too */
    return answer_remain(c, CODE_SUCCESS, remain);
}

static contract_outcome charge(contract_call *c)
{
    return change_gas(c, true);
}

static contract_outcome deduct(contract_call *c)
{
    return change_gas(c, false);
}

static contract_outcome query_remain_gas(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    u256 remain = U256_ZERO;
    int code = account_code_of(account_condition_of(c, &target));
    if (code == CODE_SUCCESS)
        account_remaining_gas(c->state, &target, &remain);
    return answer_remain(c, code, remain);
}

static contract_outcome grant_charger(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    int code = account_code_of(account_condition_of(c, &target));
    if (code != CODE_SUCCESS && code != CODE_ACCOUNT_NOT_EXIST)
        return contract_answer_i64(c, code);
    if (!is_member(c, &c->origin))
        return contract_answer_i64(c, CODE_GCM_GRANT_PERMISSION_DENIED);
    charger_list chargers = read_chargers(c);
    if (find_charger(&chargers, &target))
        return contract_answer_i64(c, CODE_GCM_CHARGER_ALREADY_EXISTS);
    chargers.items[chargers.count++] = target;
    qsort(chargers.items, chargers.count, sizeof(address), by_address);
    write_chargers(c, &chargers);
    return contract_answer_i64(c, CODE_SUCCESS);
}

static contract_outcome revoke_charger(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    if (!is_member(c, &c->origin))
        return contract_answer_i64(c, CODE_GCM_REVOKE_PERMISSION_DENIED);
    charger_list chargers = read_chargers(c);
    address *found = find_charger(&chargers, &target);
    if (found == NULL)
        return contract_answer_i64(c, CODE_GCM_CHARGER_NOT_EXISTS);
    chargers.count--;
    memmove(found, found + 1, (size_t)(chargers.items + chargers.count - found) * sizeof(address));
    write_chargers(c, &chargers);
    return contract_answer_i64(c, CODE_SUCCESS);
}

static contract_outcome list_chargers(contract_call *c)
{
    charger_list chargers = read_chargers(c);
    abi_writer w = abi_writer_of(c->memory);
    abi_write_addresses(&w, chargers.items, chargers.count);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static const contract_method methods[] = {
    {"charge(address,uint256)", 0, false, charge},
    {"deduct(address,uint256)", 0, false, deduct},
    {"queryRemainGas(address)", 0, false, query_remain_gas},
    {"grantCharger(address)", 0, false, grant_charger},
    {"revokeCharger(address)", 0, false, revoke_charger},
    {"listChargers()", 0, false, list_chargers},
};

const contract contract_gas_charge = {.address = 0x1009, .name = "GasChargeManage", .since = VERSION_OF(2, 9, 0),
                                      .unknown = UNKNOWN_WORD, .unknown_code = CODE_GCM_UNDEFINED_FUNCTION, .methods = methods,
                                      .method_count = COUNT(methods)};
