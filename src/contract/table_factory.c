/* TableFactory, 0x1001. Source: spec/precompiled.md 7.2. */
#include "contract/objects.h"
#include "contract/tables.h"

static contract_outcome open_table(contract_call *c)
{
    bytes name = user_table_name(c, abi_read_bytes(&c->arguments));
    contract_charge(c, OPERATION_OPEN_TABLE, 1);
    if (tx_state_open(c->state, name) == NULL)
        return contract_answer_address(c, 0);
    return contract_answer_address(c, add_table_object(c, &contract_table, name));
}

static contract_outcome create_table(contract_call *c)
{
#define CHARACTERS " name must be letters or numbers, and only supports \"{$, _, @}\" as special character set"
    static const factory_texts texts = {
        .kind = CONTRACT_TABLE_REFUSED,
        .bad_table = {"Invalid table name \"", "\", the table" CHARACTERS},
        .bad_field_start = {"Invalid field \"", "\", the size of the field must be larger than 0 and the field can't start with \"_\""},
        .bad_field = {"Invalid field \"", "\", the field" CHARACTERS},
        .duplicate = "duplicate field:",
    };
#undef CHARACTERS
    return factory_create_table(c, &texts);
}

static const contract_method methods[] = {
    {"openTable(string)", 0, false, open_table},
    {"createTable(string,string,string)", 0, false, create_table},
};

const contract contract_table_factory = {.address = 0x1001, .name = "TableFactory", .memory_of_call_data = true,
                                         .methods = methods, .method_count = COUNT(methods)};
