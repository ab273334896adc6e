/* ContractLifeCycle, 0x1007: freezing contracts, and who may. Source: spec/precompiled.md 7.9. */
#include "contract/accounts.h"
#include "contract/committee.h"

#include "state/address_text.h"

/* What is common to functions that change something. false: *code is the answer. */
static bool may_manage(contract_call *c, const address *target, int *code)
{
    account_condition state = account_condition_of(c, target);
    if (state == ACCOUNT_NONEXISTENT)
        *code = CODE_CONTRACT_TABLE_NOT_EXIST;
    else if (state == ACCOUNT_WITHOUT_CODE || state == ACCOUNT_FROZEN_WITHOUT_CODE)
        *code = CODE_INVALID_CONTRACT_ADDRESS;
    else if (!account_has_manager(c, target, contract_hex(c, &c->origin)) &&
             !(rules_have(c->rules, GATE_GOVERNANCE) && is_member(c, &c->origin)))
        *code = CODE_INVALID_NO_AUTHORIZED;
    else
        return true;
    return false;
}

static contract_outcome set_frozen(contract_call *c, bool frozen)
{
    int code;
    address target = abi_read_address(&c->arguments);
    if (!may_manage(c, &target, &code))
        return contract_answer_code(c, code);
    if (account_is_frozen(c->state, &target) == frozen)
        return contract_answer_code(c, frozen ? CODE_CONTRACT_FROZEN : CODE_CONTRACT_AVAILABLE);
    return contract_answer_code(c, account_set_frozen(c, &target, frozen));
}

static contract_outcome freeze(contract_call *c)
{
    return set_frozen(c, true);
}

static contract_outcome unfreeze(contract_call *c)
{
    return set_frozen(c, false);
}

static contract_outcome grant_manager(contract_call *c)
{
    int code;
    address target = abi_read_address(&c->arguments), user = abi_read_address(&c->arguments);
    if (!may_manage(c, &target, &code))
        return contract_answer_code(c, code);
    if (account_has_manager(c, &target, contract_hex(c, &user)))
        return contract_answer_code(c, CODE_CONTRACT_REPEAT_AUTHORIZATION);
    account_add_manager(c->state, &target, contract_hex(c, &user));
    return contract_answer_code(c, 1);
}

static contract_outcome revoke_manager(contract_call *c)
{
    int code;
    address target = abi_read_address(&c->arguments), user = abi_read_address(&c->arguments);
    if (!may_manage(c, &target, &code))
        return contract_answer_code(c, code);
    if (account_managers(c->state, &target).count == 1)
        return contract_answer_code(c, CODE_REVOKE_LAST_AUTHORIZATION);
    if (!account_has_manager(c, &target, contract_hex(c, &user)))
        return contract_answer_code(c, CODE_NON_EXIST_AUTHORIZATION);
    return contract_answer_code(c, account_remove_manager(c, &target, contract_hex(c, &user)));
}

static contract_outcome get_status(contract_call *c)
{
    static const char *const texts[] = {
        [ACCOUNT_NONEXISTENT] = "The address is nonexistent.",
        [ACCOUNT_WITHOUT_CODE] = "This is not a contract address.",
        [ACCOUNT_FROZEN_WITHOUT_CODE] = "This is not a contract address.",
        [ACCOUNT_CONTRACT_AVAILABLE] = "The contract is available.",
        [ACCOUNT_CONTRACT_FROZEN] = "The contract has been frozen. You can invoke this contract after unfreezing it.",
    };
    address target = abi_read_address(&c->arguments);
    abi_writer w = abi_writer_of(c->memory);
    abi_write_i64(&w, CODE_SUCCESS);
    abi_write_bytes(&w, bytes_of_text(texts[account_condition_of(c, &target)]));
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static contract_outcome answer_managers(contract_call *c, int code, const address *managers, size_t count)
{
    abi_writer w = abi_writer_of(c->memory);
    abi_write_i64(&w, code);
    abi_write_addresses(&w, managers, count);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static contract_outcome list_manager(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    account_condition state = account_condition_of(c, &target);
    if (state == ACCOUNT_NONEXISTENT)
        return answer_managers(c, CODE_CONTRACT_TABLE_NOT_EXIST, NULL, 0);
    if (state == ACCOUNT_WITHOUT_CODE || state == ACCOUNT_FROZEN_WITHOUT_CODE)
        return answer_managers(c, CODE_INVALID_CONTRACT_ADDRESS, NULL, 0);
    state_rows rows = account_managers(c->state, &target);
    address *managers = arena_take_array(c->memory, rows.count, sizeof *managers);
    for (size_t i = 0; i < rows.count; i++)
        if (!address_read_exact(tx_state_field_named(c->state, rows.rows[i], "value"), &managers[i]))
            return CONTRACT_EXCEPTION;
    return answer_managers(c, CODE_SUCCESS, managers, rows.count);
}

static const contract_method methods[] = {
    {"freeze(address)", 0, false, freeze},
    {"unfreeze(address)", 0, false, unfreeze},
    {"grantManager(address,address)", 0, false, grant_manager},
    {"revokeManager(address,address)", VERSION_OF(2, 7, 0), false, revoke_manager},
    {"getStatus(address)", 0, false, get_status},
    {"listManager(address)", 0, false, list_manager},
};

const contract contract_life_cycle = {.address = 0x1007, .name = "ContractLifeCycle", .since = VERSION_OF(2, 3, 0),
                                      .methods = methods, .method_count = COUNT(methods)};
