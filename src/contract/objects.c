#include "contract/objects.h"

uint64_t add_table_object(contract_call *c, const contract *kind, bytes name)
{
    table_object *made = arena_take(c->memory, sizeof *made);
    made->name = name;
    return contract_add_object(c, &made->head, kind);
}

uint64_t add_entry_object(contract_call *c, state_row *r)
{
    entry_object *made = arena_take(c->memory, sizeof *made);
    made->row = r;
    return contract_add_object(c, &made->head, &contract_entry);
}

uint64_t add_entries_object(contract_call *c, state_rows rows)
{
    entries_object *made = arena_take(c->memory, sizeof *made);
    made->rows = rows;
    return contract_add_object(c, &made->head, &contract_entries);
}

uint64_t add_condition_object(contract_call *c)
{
    condition_object *made = arena_take(c->memory, sizeof *made);
    return contract_add_object(c, &made->head, &contract_condition);
}

state_rows held_rows(contract_call *c, state_rows rows)
{
    state_row **held = arena_take_array(c->memory, rows.count, sizeof(state_row *));
    for (size_t i = 0; i < rows.count; i++)
        held[i] = tx_state_held_row(c->state, rows.rows[i]);
    return (state_rows){held, rows.count};
}
