/* Condition objects. Source: spec/precompiled.md 5.4, 7.2. */
#include "contract/objects.h"

static contract_outcome add(contract_call *c, condition_operator op, bytes field, bytes value)
{
    condition_object *self = c->object;
    condition_add(&self->condition, c->memory, op, field, value);
    contract_charge(c, OPERATION_CONDITION, 1);
    return CONTRACT_DONE;
}

static contract_outcome add_number(contract_call *c, condition_operator op)
{
    bytes field = abi_read_bytes(&c->arguments);
    return add(c, op, field, abi_signed_text(c->memory, abi_read_signed(&c->arguments)));
}

static contract_outcome add_string(contract_call *c, condition_operator op)
{
    bytes field = abi_read_bytes(&c->arguments);
    return add(c, op, field, abi_read_bytes(&c->arguments));
}

static contract_outcome eq_number(contract_call *c) { return add_number(c, CONDITION_EQ); }
static contract_outcome ne_number(contract_call *c) { return add_number(c, CONDITION_NE); }
static contract_outcome gt_number(contract_call *c) { return add_number(c, CONDITION_GT); }
static contract_outcome ge_number(contract_call *c) { return add_number(c, CONDITION_GE); }
static contract_outcome lt_number(contract_call *c) { return add_number(c, CONDITION_LT); }
static contract_outcome le_number(contract_call *c) { return add_number(c, CONDITION_LE); }
static contract_outcome eq_string(contract_call *c) { return add_string(c, CONDITION_EQ); }
static contract_outcome ne_string(contract_call *c) { return add_string(c, CONDITION_NE); }

static contract_outcome eq_address(contract_call *c)
{
    bytes field = abi_read_bytes(&c->arguments);
    address value = abi_read_address(&c->arguments);
    return add(c, CONDITION_EQ, field, contract_hex(c, &value));
}

static contract_outcome limit(contract_call *c, abi_signed offset, abi_signed count)
{
    condition_object *self = c->object;
    if (offset.is_negative || count.is_negative)
        return CONTRACT_EXCEPTION;
    condition_limit(&self->condition, offset.magnitude.limb[0], count.magnitude.limb[0]);
    contract_charge(c, OPERATION_CONDITION, 1);
    return CONTRACT_DONE;
}

static contract_outcome limit_count(contract_call *c)
{
    return limit(c, (abi_signed){0}, abi_read_signed(&c->arguments));
}

static contract_outcome limit_range(contract_call *c)
{
    abi_signed offset = abi_read_signed(&c->arguments);
    return limit(c, offset, abi_read_signed(&c->arguments));
}

static const contract_method methods[] = {
    {"EQ(string,int256)", 0, false, eq_number},
    {"EQ(string,string)", 0, false, eq_string},
    {"EQ(string,address)", VERSION_OF(2, 7, 0), true, eq_address},
    {"NE(string,int256)", 0, false, ne_number},
    {"NE(string,string)", 0, false, ne_string},
    {"GT(string,int256)", 0, false, gt_number},
    {"GE(string,int256)", 0, false, ge_number},
    {"LT(string,int256)", 0, false, lt_number},
    {"LE(string,int256)", 0, false, le_number},
    {"limit(int256)", 0, false, limit_count},
    {"limit(int256,int256)", 0, false, limit_range},
};

const contract contract_condition = {.name = "Condition", .memory_of_call_data = true, .methods = methods,
                                     .method_count = COUNT(methods)};
