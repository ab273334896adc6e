/* CNS, 0x1004: contracts by name and version. Source: spec/precompiled.md 7.6. */
#include "codec/json_write.h"
#include "contract/tables.h"

#include "state/address_text.h"

enum { CNS_TEXT_MAX_BYTES = 128 };

static state_table *open_cns(contract_call *c)
{
    contract_charge(c, OPERATION_OPEN_TABLE, 1);
    return tx_state_open(c->state, bytes_of_text(TABLE_CNS));
}

static bytes field(contract_call *c, const state_row *r, const char *name)
{
    return tx_state_field_named(c->state, r, name);
}

/* From 2.2.0 on. */
static bool address_is_invalid(const contract_call *c, bytes text)
{
    address ignored;
    return rules_have(c->rules, GATE_SHORT_TABLE_NAMES) && !address_read_text(text, &ignored);
}

static bool version_exists(contract_call *c, state_rows rows, bytes version)
{
    for (size_t i = 0; i < rows.count; i++)
        if (bytes_equal(field(c, rows.rows[i], "version"), version))
            return true;
    return false;
}

/* The reference looks at the contract's state to log it, which opens its account below 2.5.0 (precompiled.md 5.5). */
static void look_at_contract(contract_call *c, bytes text)
{
    address a;
    if (address_read_text(text, &a))
        (void)tx_state_open(c->state, contract_table_name(c, &a));
}

static contract_outcome insert(contract_call *c)
{
    bytes name = abi_read_bytes(&c->arguments), version = abi_read_bytes(&c->arguments);
    bytes where = abi_read_bytes(&c->arguments), abi = abi_read_bytes(&c->arguments);
    state_table *table = open_cns(c);
    bool invalid = address_is_invalid(c, where);
    if (rules_have(c->rules, GATE_SHORT_TABLE_NAMES))
        look_at_contract(c, where);
    if (rules_have(c->rules, GATE_STRICT_ARGUMENTS) && !invalid) {
        if (name.size > CNS_TEXT_MAX_BYTES)
            return contract_refuse_table(c, "size of value/key greater than%d", CNS_TEXT_MAX_BYTES);
        if (abi.size > FIELD_VALUE_MAX_BYTES)
            return contract_refuse_table(c, "size of value/key greater than%d", FIELD_VALUE_MAX_BYTES);
    }
    state_rows rows = tx_state_select(c->state, table, name, NULL);
    contract_charge(c, OPERATION_SELECT, rows.count);
    if (version.size > CNS_TEXT_MAX_BYTES)
        return contract_answer_code(c, CODE_VERSION_LENGTH_OVERFLOW);
    if (version_exists(c, rows, version))
        return contract_answer_code(c, CODE_ADDRESS_AND_VERSION_EXIST);
    if (invalid)
        return contract_answer_code(c, CODE_ADDRESS_INVALID);
    const row_field fields[] = {field_of("abi", abi), field_of("address", where), field_of("name", name), field_of("version", version)};
    int count = tx_state_insert(c->state, table, name, fields, COUNT(fields), &c->origin);
    if (count > 0) {
        contract_raise_memory(c, COUNT(fields) * (size_t)count); /* QUIRK: the number of fields, not their size */
        contract_charge(c, OPERATION_INSERT, (uint64_t)count);
    }
    return contract_answer_code(c, count);
}

static void write_contract(contract_call *c, buffer *out, const state_row *r, bytes name)
{
    buffer_append_text(out, "{\"abi\":");
    json_append_quoted(out, field(c, r, "abi"));
    buffer_append_text(out, ",\"address\":");
    json_append_quoted(out, field(c, r, "address"));
    buffer_append_text(out, ",\"name\":");
    json_append_quoted(out, name);
    buffer_append_text(out, ",\"version\":");
    json_append_quoted(out, field(c, r, "version"));
    buffer_append_byte(out, '}');
}

static contract_outcome answer_contracts(contract_call *c, state_rows rows, bytes name)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_byte(&out, '[');
    for (size_t i = 0; i < rows.count; i++) {
        if (i)
            buffer_append_byte(&out, ',');
        write_contract(c, &out, rows.rows[i], name);
    }
    buffer_append_text(&out, "]\n");
    contract_outcome outcome = contract_answer_bytes(c, buffer_bytes(&out));
    buffer_free(&out);
    return outcome;
}

static contract_outcome select_by_name(contract_call *c)
{
    bytes name = abi_read_bytes(&c->arguments);
    state_rows rows = tx_state_select(c->state, open_cns(c), name, NULL);
    contract_charge(c, OPERATION_SET, rows.count); /* QUIRK: counted as Set */
    return answer_contracts(c, rows, name);
}

static state_rows select_version(contract_call *c, bytes *name)
{
    *name = abi_read_bytes(&c->arguments);
    bytes version = abi_read_bytes(&c->arguments);
    condition asked = {0};
    condition_add(&asked, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("version"), version);
    state_rows rows = tx_state_select(c->state, open_cns(c), *name, &asked);
    contract_charge(c, OPERATION_SELECT, rows.count);
    return rows;
}

static contract_outcome select_by_name_and_version(contract_call *c)
{
    bytes name;
    state_rows rows = select_version(c, &name);
    contract_charge(c, OPERATION_CONDITION, 1);
    if (rows.count > 1)
        rows.count = 1;
    return answer_contracts(c, rows, name);
}

static contract_outcome get_contract_address(contract_call *c)
{
    bytes name;
    address found;
    state_rows rows = select_version(c, &name);
    if (rows.count == 0)
        return contract_refuse_table(c, "Entries no exists: 0");
    if (!address_read_text(field(c, rows.rows[0], "address"), &found))
        return CONTRACT_EXCEPTION;
    return contract_answer_u256(c, u256_from_be(BYTES_OF_VALUE(found)));
}

static const contract_method methods[] = {
    {"insert(string,string,string,string)", 0, false, insert},
    {"selectByName(string)", 0, false, select_by_name},
    {"selectByNameAndVersion(string,string)", 0, false, select_by_name_and_version},
    {"getContractAddress(string,string)", 0, false, get_contract_address},
};

const contract contract_cns = {.address = 0x1004, .name = "CNS", .memory_of_call_data = true, .methods = methods,
                               .method_count = COUNT(methods)};
