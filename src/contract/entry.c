/* Entry and Entries objects. Source: spec/precompiled.md 7.2. */
#include "contract/number_text.h"
#include "contract/objects.h"

#include "state/address_text.h"

static bytes field_value(contract_call *c)
{
    const entry_object *self = c->object;
    return tx_state_field(c->state, self->row, abi_read_bytes(&c->arguments));
}

static contract_outcome get_number(contract_call *c)
{
    u256 number;
    if (!number_read_cast(field_value(c), &number))
        return CONTRACT_EXCEPTION;
    contract_charge(c, OPERATION_GET, 1);
    return contract_answer_u256(c, number);
}

static contract_outcome get_address(contract_call *c)
{
    address a;
    if (!address_read_text(field_value(c), &a))
        return CONTRACT_EXCEPTION;
    contract_charge(c, OPERATION_GET, 1);
    return contract_answer_u256(c, u256_from_be(BYTES_OF_VALUE(a)));
}

/* The first bytes of the value, zero-padded, as whole words. */
static contract_outcome answer_padded(contract_call *c, size_t size)
{
    bytes value = field_value(c);
    uint8_t *out = arena_take(c->memory, size);
    if (value.size)
        memcpy(out, value.data, value.size < size ? value.size : size);
    c->output = bytes_of(out, size);
    return CONTRACT_DONE;
}

static contract_outcome get_bytes64(contract_call *c)
{
    contract_charge(c, OPERATION_GET_BYTES64, 1);
    return answer_padded(c, 64);
}

static contract_outcome get_bytes32(contract_call *c)
{
    contract_charge(c, OPERATION_GET_BYTES32, 1);
    return answer_padded(c, 32);
}

static contract_outcome get_string(contract_call *c)
{
    contract_charge(c, OPERATION_GET, 1);
    return contract_answer_bytes(c, field_value(c));
}

static contract_outcome set_field(contract_call *c, bytes name, bytes value)
{
    const entry_object *self = c->object;
    if (name.size == 0)
        return CONTRACT_EXCEPTION; /* the reference's node dies of it (precompiled.md 5.2) */
    tx_state_set_field(c->state, self->row, name, value);
    contract_charge(c, OPERATION_SET, 1);
    return CONTRACT_DONE;
}

static contract_outcome set_u256(contract_call *c)
{
    bytes name = abi_read_bytes(&c->arguments);
    char digits[U256_DECIMAL_BYTES];
    size_t size = u256_to_decimal(abi_read_u256(&c->arguments), digits);
    return set_field(c, name, bytes_of(digits, size));
}

static contract_outcome set_int(contract_call *c)
{
    if (!rules_have(c->rules, GATE_SIGNED_ENTRIES))
        return set_u256(c);
    bytes name = abi_read_bytes(&c->arguments);
    return set_field(c, name, abi_signed_text(c->memory, abi_read_signed(&c->arguments)));
}

static contract_outcome set_address(contract_call *c)
{
    bytes name = abi_read_bytes(&c->arguments);
    address value = abi_read_address(&c->arguments);
    return set_field(c, name, contract_hex(c, &value));
}

static contract_outcome set_string(contract_call *c)
{
    bytes name = abi_read_bytes(&c->arguments);
    return set_field(c, name, abi_read_bytes(&c->arguments));
}

static const contract_method entry_methods[] = {
    {"getInt(string)", 0, false, get_number},
    {"getUInt(string)", 0, false, get_number},
    {"getAddress(string)", 0, false, get_address},
    {"getBytes64(string)", 0, false, get_bytes64},
    {"getBytes32(string)", 0, false, get_bytes32},
    {"getString(string)", 0, false, get_string},
    {"set(string,int256)", 0, false, set_int},
    {"set(string,uint256)", 0, false, set_u256},
    {"set(string,address)", 0, false, set_address},
    {"set(string,string)", 0, false, set_string},
};

const contract contract_entry = {.name = "Entry", .memory_of_call_data = true, .methods = entry_methods,
                                 .method_count = COUNT(entry_methods)};

static contract_outcome get_entry(contract_call *c)
{
    const entries_object *self = c->object;
    abi_signed index = abi_read_signed(&c->arguments);
    if (index.is_negative)
        return CONTRACT_EXCEPTION;
    if (index.magnitude.limb[0] >= self->rows.count)
        return contract_refuse_table(c, "Entries no exists: %llu", (unsigned long long)index.magnitude.limb[0]);
    return contract_answer_address(c, add_entry_object(c, self->rows.rows[index.magnitude.limb[0]]));
}

static contract_outcome size_of_entries(contract_call *c)
{
    const entries_object *self = c->object;
    return contract_answer_u256(c, u256_of(self->rows.count));
}

static const contract_method entries_methods[] = {
    {"get(int256)", 0, false, get_entry},
    {"size()", 0, false, size_of_entries},
};

const contract contract_entries = {.name = "Entries", .memory_of_call_data = true, .methods = entries_methods,
                                   .method_count = COUNT(entries_methods)};
