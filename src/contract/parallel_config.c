/* ParallelConfig, 0x1006: which functions of a contract may run in parallel. Source: spec/precompiled.md 7.8. */
#include "contract/number_text.h"
#include "contract/parallel.h"
#include "state/address_text.h"

static const bytes row_key_text = {(const uint8_t *)"parallel", 8};

static const chain_rules *rules_of(const tx_state *t)
{
    return block_state_rules(tx_state_block(t));
}

static bytes table_name(tx_state *t, const address *target)
{
    char hex[ADDRESS_HEX_BYTES];
    address_write_hex(target, hex);
    bool is_short = rules_have(rules_of(t), GATE_SHORT_TABLE_NAMES);
    return bytes_of_text(arena_print(tx_state_memory(t), is_short ? "cp_%s" : "_contract_parafunc_%s_", hex));
}

static state_table *open_or_create(contract_call *c, const address *target)
{
    bytes name = table_name(c->state, target);
    state_table *table = tx_state_open_without_authority(c->state, name);
    if (table == NULL)
        (void)tx_state_create_table(c->state, name, row_key_text, BYTES_OF_LITERAL("selector,functionName,criticalSize"), NULL,
                                    &table);
    return table;
}

static bytes selector_text(contract_call *c, bytes function)
{
    return contract_decimal(c, read_be32(suite_hash(c->rules->suite, function).b));
}

static condition *same_selector(arena *a, bytes selector)
{
    condition *same = arena_take(a, sizeof *same);
    condition_add(same, a, CONDITION_EQ, BYTES_OF_LITERAL("selector"), selector);
    return same;
}

static bytes size_text(contract_call *c, u256 size)
{
    if (!rules_have(c->rules, GATE_TX_GAS_IS_NO_LIMIT)) { /* up to rc3: 32 bytes */
        uint8_t *raw = arena_take(c->memory, 32);
        u256_to_be(size, raw);
        return bytes_of(raw, 32);
    }
    char *digits = arena_take(c->memory, U256_DECIMAL_BYTES);
    size_t length = u256_to_decimal(size, digits);
    return bytes_of(digits, length);
}

static bool read_size(const chain_rules *rules, bytes text, uint64_t *out)
{
    u256 size;
    if (!rules_have(rules, GATE_TX_GAS_IS_NO_LIMIT)) {
        if (text.size != 32)
            return false;
        size = u256_from_be(text);
    } else if (!number_read_cast(text, &size)) {
        return false;
    }
    *out = size.limb[0]; /* QUIRK: the low 64 bits */
    return true;
}

static contract_outcome register_function(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes function = abi_read_bytes(&c->arguments);
    u256 critical_size = abi_read_u256(&c->arguments);
    bytes selector = selector_text(c, function);
    state_table *table = open_or_create(c, &target);
    if (table == NULL)
        return CONTRACT_DONE;
    const row_field fields[] = {field_of("criticalSize", size_text(c, critical_size)), field_of("functionName", function),
                                field_of("selector", selector)};
    if (tx_state_select(c->state, table, row_key_text, same_selector(c->memory, selector)).count == 0)
        (void)tx_state_insert(c->state, table, row_key_text, fields, COUNT(fields), NULL);
    else
        (void)tx_state_update(c->state, table, row_key_text, fields, COUNT(fields), same_selector(c->memory, selector), NULL);
    return contract_answer_i64(c, CODE_SUCCESS);
}

static contract_outcome unregister_function(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes selector = selector_text(c, abi_read_bytes(&c->arguments));
    state_table *table = open_or_create(c, &target);
    if (table)
        (void)tx_state_remove(c->state, table, row_key_text, same_selector(c->memory, selector), NULL);
    return contract_answer_i64(c, CODE_SUCCESS);
}

bool parallel_find_function(tx_state *t, const address *target, uint32_t selector, parallel_function *out)
{
    arena *a = tx_state_memory(t);
    state_table *table = tx_state_open_without_authority(t, table_name(t, target));
    if (table == NULL)
        return false;
    bytes text = bytes_of_text(arena_print(a, "%u", selector));
    state_rows found = tx_state_select(t, table, row_key_text, same_selector(a, text));
    if (found.count == 0)
        return false;
    out->signature = tx_state_field_named(t, found.rows[0], "functionName");
    return read_size(rules_of(t), tx_state_field_named(t, found.rows[0], "criticalSize"), &out->critical_size);
}

static const contract_method methods[] = {
    {"registerParallelFunctionInternal(address,string,uint256)", 0, false, register_function},
    {"unregisterParallelFunctionInternal(address,string)", 0, false, unregister_function},
};

const contract contract_parallel_config = {.address = 0x1006, .name = "ParallelConfig", .methods = methods,
                                           .method_count = COUNT(methods)};
