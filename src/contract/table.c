/* Table objects of TableFactory. Source: spec/precompiled.md 7.2. */
#include "contract/objects.h"
#include "contract/tables.h"

static state_table *open_object(contract_call *c)
{
    const table_object *self = c->object;
    return tx_state_open(c->state, self->name);
}

static condition *read_condition(contract_call *c)
{
    address where = abi_read_address(&c->arguments);
    condition_object *object = contract_object_at(c, &where, &contract_condition);
    return object ? &object->condition : NULL;
}

static entry_object *read_entry(contract_call *c)
{
    address where = abi_read_address(&c->arguments);
    return contract_object_at(c, &where, &contract_entry);
}

/* Codes below 0 are answers but for an unknown field, which is an exception. */
static contract_outcome answer_count(contract_call *c, int count)
{
    return count == TABLE_INVALID_FIELD ? CONTRACT_EXCEPTION : contract_answer_i64(c, count);
}

static contract_outcome select_rows(contract_call *c)
{
    bytes key = abi_read_bytes(&c->arguments);
    condition *asked = read_condition(c);
    if (asked == NULL)
        return CONTRACT_EXCEPTION;
    state_rows rows = held_rows(c, tx_state_select(c->state, open_object(c), key, asked));
    size_t capacity = 0;
    for (size_t i = 0; i < rows.count; i++)
        capacity += tx_state_row_bytes(c->state, rows.rows[i]);
    contract_raise_memory(c, capacity);
    contract_charge(c, OPERATION_SELECT, rows.count);
    return contract_answer_address(c, add_entries_object(c, rows));
}

static contract_outcome insert(contract_call *c)
{
    contract_outcome refused;
    bytes key = abi_read_bytes(&c->arguments);
    entry_object *entry = read_entry(c);
    if (!caller_may_write(c))
        return refuse_caller(c);
    if (entry == NULL)
        return CONTRACT_EXCEPTION;
    size_t field_count;
    const row_field *fields = tx_state_fields(c->state, entry->row, &field_count);
    if (!key_fits(c, key, CONTRACT_TABLE_REFUSED, &refused) ||
        !values_fit(c, fields, field_count, CONTRACT_TABLE_REFUSED, &refused))
        return refused;
    int count = tx_state_insert_row(c->state, open_object(c), key, entry->row, &c->origin);
    if (count > 0) {
        contract_raise_memory(c, tx_state_row_bytes(c->state, entry->row) * (size_t)count);
        contract_charge(c, OPERATION_INSERT, (uint64_t)count);
    }
    return answer_count(c, count);
}

static contract_outcome update(contract_call *c)
{
    contract_outcome refused;
    bytes key = abi_read_bytes(&c->arguments);
    entry_object *entry = read_entry(c);
    condition *asked = read_condition(c);
    if (!caller_may_write(c))
        return refuse_caller(c);
    if (entry == NULL || asked == NULL)
        return CONTRACT_EXCEPTION;
    size_t field_count;
    const row_field *fields = tx_state_fields(c->state, entry->row, &field_count);
    if (!values_fit(c, fields, field_count, CONTRACT_TABLE_REFUSED, &refused))
        return refused;
    uint64_t capacity = tx_state_row_bytes(c->state, entry->row);
    int count = tx_state_update(c->state, open_object(c), key, fields, field_count, asked, &c->origin);
    if (count > 0) {
        c->memory_bytes = capacity * (uint64_t)count; /* QUIRK: replaces, where insert raises */
        contract_charge(c, OPERATION_UPDATE, (uint64_t)count);
    }
    return answer_count(c, count);
}

static contract_outcome remove_rows(contract_call *c)
{
    bytes key = abi_read_bytes(&c->arguments);
    condition *asked = read_condition(c);
    if (!caller_may_write(c))
        return refuse_caller(c);
    if (asked == NULL)
        return CONTRACT_EXCEPTION;
    int count = tx_state_remove(c->state, open_object(c), key, asked, &c->origin);
    if (count > 0)
        contract_charge(c, OPERATION_REMOVE, (uint64_t)count);
    return answer_count(c, count);
}

static contract_outcome new_entry(contract_call *c)
{
    return contract_answer_address(c, add_entry_object(c, tx_state_new_row(c->state, false)));
}

static contract_outcome new_condition(contract_call *c)
{
    return contract_answer_address(c, add_condition_object(c));
}

static const contract_method methods[] = {
    {"select(string,address)", 0, false, select_rows},
    {"insert(string,address)", 0, false, insert},
    {"update(string,address,address)", 0, false, update},
    {"remove(string,address)", 0, false, remove_rows},
    {"newEntry()", 0, false, new_entry},
    {"newCondition()", 0, false, new_condition},
};

const contract contract_table = {.name = "Table", .memory_of_call_data = true, .methods = methods, .method_count = COUNT(methods)};
