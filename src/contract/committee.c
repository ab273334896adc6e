#include "contract/committee.h"

state_table *open_access(contract_call *c)
{
    return tx_state_open(c->state, bytes_of_text(TABLE_ACCESS));
}

static condition *same_address(contract_call *c, bytes address_text)
{
    condition *same = arena_take(c->memory, sizeof *same);
    condition_add(same, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("address"), address_text);
    return same;
}

state_rows access_rows(contract_call *c, bytes table, bytes address_text)
{
    return tx_state_select(c->state, open_access(c), table, same_address(c, address_text));
}

bool has_access_row(contract_call *c, const char *table, bytes address_text)
{
    return access_rows(c, bytes_of_text(table), address_text).count > 0;
}

bool is_member_text(contract_call *c, bytes address_text)
{
    return has_access_row(c, TABLE_ACCESS, address_text);
}

bool is_member(contract_call *c, const address *a)
{
    return is_member_text(c, contract_prefixed(c, a));
}

int insert_access(contract_call *c, bytes table, bytes address_text, const address *origin)
{
    const row_field fields[] = {field_of("address", address_text),
                                field_of("enable_num", contract_decimal(c, contract_next_number(c))),
                                field_of("table_name", table)};
    return tx_state_insert(c->state, open_access(c), table, fields, COUNT(fields), origin);
}

int remove_access(contract_call *c, bytes table, bytes address_text, const address *origin)
{
    return tx_state_remove(c->state, open_access(c), table, same_address(c, address_text), origin);
}
