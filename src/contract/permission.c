/* Permission, 0x1005. Source: spec/precompiled.md 7.7. */
#include "codec/json_write.h"
#include "contract/committee.h"
#include "contract/tables.h"

#include "state/address_text.h"

enum { PERMISSION_NAME_MAX_BYTES = 64 };

static bytes table_argument(contract_call *c)
{
    static const char *const system_names[] = {TABLE_ACCESS, TABLE_CONSENSUS, TABLE_TABLES, TABLE_CNS, TABLE_CONFIG};
    bytes name = abi_read_bytes(&c->arguments);
    for (size_t i = 0; i < COUNT(system_names); i++)
        if (bytes_equal_text(name, system_names[i]))
            return name;
    return user_table_name(c, name);
}

static bytes address_argument(contract_call *c)
{
    bytes text = abi_read_bytes(&c->arguments);
    return rules_have(c->rules, GATE_GOVERNANCE) ? contract_lower(c, text) : text;
}

static bool is_one_of(bytes table, const char *first, const char *second)
{
    return bytes_equal_text(table, first) || bytes_equal_text(table, second);
}

static contract_outcome insert(contract_call *c)
{
    bytes table = table_argument(c), who = address_argument(c);
    address ignored;
    open_access(c);
    bool governed = rules_have(c->rules, GATE_GOVERNANCE);
    if (governed && bytes_equal_text(table, TABLE_ACCESS))
        return contract_answer_code(c, CODE_COMMITTEE_PERMISSION);
    if (governed && is_one_of(table, TABLE_TABLES, TABLE_CNS) && is_member_text(c, who))
        return contract_answer_code(c, rules_have(c->rules, GATE_PERMISSION_CODES) ? CODE_COMMITTEE_MEMBER_CANNOT_BE_OPERATOR
                                                                                   : CODE_OPERATOR_CANNOT_BE_COMMITTEE_MEMBER);
    if (access_rows(c, table, who).count)
        return contract_answer_code(c, CODE_TABLE_AND_ADDRESS_EXIST);
    if (table.size > PERMISSION_NAME_MAX_BYTES)
        return contract_answer_code(c, CODE_TABLE_NAME_OVERFLOW);
    if (!address_read_text(who, &ignored))
        return contract_answer_code(c, CODE_ADDRESS_INVALID);
    return contract_answer_code(c, insert_access(c, table, who, &c->origin));
}

static contract_outcome remove_permission(contract_call *c)
{
    bytes table = table_argument(c), who = address_argument(c);
    open_access(c);
    if (rules_have(c->rules, GATE_GOVERNANCE) && bytes_equal_text(table, TABLE_ACCESS))
        return contract_answer_code(c, CODE_COMMITTEE_PERMISSION);
    if (rules_have(c->rules, GATE_PERMISSION_CODES) && is_one_of(table, TABLE_CONSENSUS, TABLE_CONFIG) && is_member_text(c, who))
        return contract_answer_code(c, CODE_NO_AUTHORIZED);
    if (access_rows(c, table, who).count == 0)
        return contract_answer_code(c, CODE_TABLE_AND_ADDRESS_NOT_EXIST);
    return contract_answer_code(c, remove_access(c, table, who, &c->origin));
}

static contract_outcome answer_rows(contract_call *c, bytes table)
{
    static const char *const names[] = {"address", "enable_num", "table_name"};
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    state_rows rows = tx_state_select(c->state, open_access(c), table, NULL);
    buffer_append_byte(&out, '[');
    for (size_t i = 0; i < rows.count; i++) {
        buffer_append_byte(&out, i ? ',' : '{');
        if (i)
            buffer_append_byte(&out, '{');
        for (size_t j = 0; j < COUNT(names); j++) {
            buffer_print(&out, "%s\"%s\":", j ? "," : "", names[j]);
            json_append_quoted(&out, tx_state_field_named(c->state, rows.rows[i], names[j]));
        }
        buffer_append_byte(&out, '}');
    }
    buffer_append_text(&out, "]\n");
    contract_outcome outcome = contract_answer_bytes(c, buffer_bytes(&out));
    buffer_free(&out);
    return outcome;
}

static contract_outcome query_by_name(contract_call *c)
{
    return answer_rows(c, table_argument(c));
}

static contract_outcome query_permission(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    return answer_rows(c, contract_table_name(c, &target));
}

/* Who manages a contract: its `authority` rows. Committee members have no right here (QUIRK). */
static bool is_manager(contract_call *c, const address *target)
{
    condition same = {0};
    condition_add(&same, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("value"), contract_hex(c, &c->origin));
    state_table *table = tx_state_open(c->state, contract_table_name(c, target));
    return table && tx_state_select(c->state, table, BYTES_OF_LITERAL("authority"), &same).count > 0;
}

static const address *checked_origin(const contract_call *c)
{
    return rules_have(c->rules, GATE_PERMISSION_CODES) ? NULL : &c->origin;
}

static contract_outcome grant_write(contract_call *c)
{
    address target = abi_read_address(&c->arguments), user = abi_read_address(&c->arguments);
    bytes table = contract_table_name(c, &target), who = contract_prefixed(c, &user);
    if (access_rows(c, table, who).count)
        return contract_answer_code(c, CODE_TABLE_AND_ADDRESS_EXIST);
    if (tx_state_open(c->state, table) == NULL)
        return contract_answer_code(c, CODE_CONTRACT_NOT_EXIST);
    if (rules_have(c->rules, GATE_GOVERNANCE) && !is_manager(c, &target))
        return contract_answer_code(c, CODE_NO_AUTHORIZED);
    return contract_answer_code(c, insert_access(c, table, who, checked_origin(c)));
}

static contract_outcome revoke_write(contract_call *c)
{
    address target = abi_read_address(&c->arguments), user = abi_read_address(&c->arguments);
    bytes table = contract_table_name(c, &target), who = contract_prefixed(c, &user);
    if (access_rows(c, table, who).count == 0)
        return contract_answer_i64(c, CODE_TABLE_AND_ADDRESS_NOT_EXIST);
    if (rules_have(c->rules, GATE_GOVERNANCE) && !is_manager(c, &target))
        return contract_answer_i64(c, CODE_NO_AUTHORIZED);
    return contract_answer_i64(c, remove_access(c, table, who, checked_origin(c)));
}

static const contract_method methods[] = {
    {"insert(string,string)", 0, false, insert},
    {"remove(string,string)", 0, false, remove_permission},
    {"queryByName(string)", 0, false, query_by_name},
    {"grantWrite(address,address)", VERSION_OF(2, 3, 0), true, grant_write},
    {"revokeWrite(address,address)", VERSION_OF(2, 3, 0), false, revoke_write},
    {"queryPermission(address)", VERSION_OF(2, 3, 0), false, query_permission},
};

const contract contract_permission = {.address = 0x1005, .name = "Permission", .methods = methods, .method_count = COUNT(methods)};
