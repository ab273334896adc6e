/* Greeting, 0x5100: keeps one greeting for each account. */
#include "contract/contract.h"

static const bytes table_name = {(const uint8_t *)"u_greeting", 10};

static contract_outcome set(contract_call *c)
{
    bytes text = abi_read_bytes(&c->arguments), account = contract_hex(c, &c->sender);
    state_table *table = tx_state_open(c->state, table_name);
    if (text.size == 0)
        return contract_refuse(c, "a greeting has at least one letter");
    if (table == NULL)
        (void)tx_state_create_table(c->state, table_name, BYTES_OF_LITERAL("account"), BYTES_OF_LITERAL("text"), NULL, &table);
    const row_field fields[] = {{BYTES_OF_LITERAL("account"), account}, field_of("text", text)};
    contract_charge(c, OPERATION_UPDATE, 1);
    if (tx_state_find(c->state, table, account))
        return contract_answer_i64(c, tx_state_update(c->state, table, account, fields, COUNT(fields), NULL, &c->origin));
    return contract_answer_i64(c, tx_state_insert(c->state, table, account, fields, COUNT(fields), &c->origin));
}

static contract_outcome get(contract_call *c)
{
    address account = abi_read_address(&c->arguments);
    state_table *table = tx_state_open(c->state, table_name);
    state_row *found = table ? tx_state_find(c->state, table, contract_hex(c, &account)) : NULL;
    contract_charge(c, OPERATION_SELECT, 1);
    return contract_answer_bytes(c, found ? tx_state_field_named(c->state, found, "text") : BYTES_EMPTY);
}

static const contract_method methods[] = {
    {"set(string)", 0, false, set},
    {"get(address)", 0, false, get},
};

const contract contract_greeting = {.address = 0x5100, .name = "Greeting", .methods = methods, .method_count = COUNT(methods)};
