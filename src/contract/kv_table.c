/* KVTable objects of KVTableFactory. Source: spec/precompiled.md 7.3. */
#include "contract/objects.h"
#include "contract/tables.h"

static state_table *open_object(contract_call *c)
{
    const table_object *self = c->object;
    return tx_state_open(c->state, self->name);
}

static state_rows select_key(contract_call *c, state_table *table, bytes key)
{
    state_rows rows = tx_state_select(c->state, table, key, NULL);
    size_t capacity = 0;
    for (size_t i = 0; i < rows.count; i++)
        capacity += tx_state_row_bytes(c->state, rows.rows[i]);
    contract_raise_memory(c, capacity);
    contract_charge(c, OPERATION_SELECT, rows.count);
    return rows;
}

static contract_outcome get(contract_call *c)
{
    bytes key = abi_read_bytes(&c->arguments);
    state_rows rows = select_key(c, open_object(c), key);
    abi_writer w = abi_writer_of(c->memory);
    abi_write_u256(&w, u256_of(rows.count > 0));
    abi_write_u256(&w, u256_of(rows.count ? add_entry_object(c, tx_state_held_row(c->state, rows.rows[0])) : 0));
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static contract_outcome refuse_write(contract_call *c, state_table *table)
{
    const bytes parts[] = {BYTES_OF_LITERAL("Permission denied. "), contract_hex(c, &c->origin), BYTES_OF_LITERAL(" can't write "),
                           tx_state_table_name(table)};
    return refuse_parts(c, CONTRACT_REFUSED, parts, COUNT(parts));
}

static int write_entry(contract_call *c, state_table *table, bytes key, state_row *r, bool exists)
{
    size_t field_count;
    if (!exists)
        return tx_state_insert_row(c->state, table, key, r, &c->origin);
    const row_field *fields = tx_state_fields(c->state, r, &field_count);
    return tx_state_update(c->state, table, key, fields, field_count, NULL, &c->origin);
}

static contract_outcome set(contract_call *c)
{
    contract_outcome refused;
    bytes key = abi_read_bytes(&c->arguments);
    address where = abi_read_address(&c->arguments);
    entry_object *entry = contract_object_at(c, &where, &contract_entry);
    if (!caller_may_write(c))
        return refuse_caller(c);
    if (entry == NULL)
        return CONTRACT_EXCEPTION;
    size_t field_count;
    const row_field *fields = tx_state_fields(c->state, entry->row, &field_count);
    if (!key_fits(c, key, CONTRACT_REFUSED, &refused) || !values_fit(c, fields, field_count, CONTRACT_REFUSED, &refused))
        return refused;
    state_table *table = open_object(c);
    bool exists = select_key(c, table, key).count > 0;
    int count = write_entry(c, table, key, entry->row, exists);
    if (count == TABLE_NOT_ALLOWED)
        return refuse_write(c, table);
    if (count == TABLE_INVALID_FIELD)
        return CONTRACT_EXCEPTION;
    if (count > 0) {
        c->memory_bytes = tx_state_row_bytes(c->state, entry->row) * (uint64_t)count;
        contract_charge(c, exists ? OPERATION_UPDATE : OPERATION_INSERT, (uint64_t)count);
    }
    return contract_answer_i64(c, count);
}

static contract_outcome new_entry(contract_call *c)
{
    return contract_answer_address(c, add_entry_object(c, tx_state_new_row(c->state, true)));
}

static const contract_method methods[] = {
    {"get(string)", 0, false, get},
    {"set(string,address)", 0, false, set},
    {"newEntry()", 0, false, new_entry},
};

const contract contract_kv_table = {.name = "KVTable", .memory_of_call_data = true, .methods = methods, .method_count = COUNT(methods)};
