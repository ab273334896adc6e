#include "contract/accounts.h"

account_condition account_condition_of(contract_call *c, const address *a)
{
    if (account_table(c->state, a) == NULL)
        return ACCOUNT_NONEXISTENT;
    bool frozen = account_is_frozen(c->state, a);
    if (!account_has_code(c->state, a))
        return frozen ? ACCOUNT_FROZEN_WITHOUT_CODE : ACCOUNT_WITHOUT_CODE;
    return frozen ? ACCOUNT_CONTRACT_FROZEN : ACCOUNT_CONTRACT_AVAILABLE;
}

int account_set_frozen(contract_call *c, const address *a, bool frozen)
{
    static const bytes key = {(const uint8_t *)"frozen", 6};
    state_table *table = account_table(c->state, a);
    const row_field fields[] = {field_of("key", key), field_of("value", bytes_of_text(frozen ? "true" : "false"))};
    if (tx_state_find(c->state, table, key))
        return tx_state_update(c->state, table, key, fields, COUNT(fields), NULL, NULL);
    return tx_state_insert(c->state, table, key, fields, COUNT(fields), NULL);
}

static condition *same_value(contract_call *c, bytes value)
{
    condition *same = arena_take(c->memory, sizeof *same);
    condition_add(same, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("value"), value);
    return same;
}

bool account_has_manager(contract_call *c, const address *a, bytes manager_hex)
{
    state_table *table = account_table(c->state, a);
    return table && tx_state_select(c->state, table, BYTES_OF_LITERAL("authority"), same_value(c, manager_hex)).count > 0;
}

int account_remove_manager(contract_call *c, const address *a, bytes manager_hex)
{
    return tx_state_remove(c->state, account_table(c->state, a), BYTES_OF_LITERAL("authority"), same_value(c, manager_hex), NULL);
}
