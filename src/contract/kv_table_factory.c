/* KVTableFactory, 0x1010. Source: spec/precompiled.md 7.3. */
#include "contract/objects.h"
#include "contract/tables.h"

static contract_outcome open_table(contract_call *c)
{
    bytes name = user_table_name(c, abi_read_bytes(&c->arguments));
    contract_charge(c, OPERATION_OPEN_TABLE, 1);
    if (tx_state_open(c->state, name))
        return contract_answer_address(c, add_table_object(c, &contract_kv_table, name));
    const bytes parts[] = {name, BYTES_OF_LITERAL(" does not exist")};
    return refuse_parts(c, CONTRACT_REFUSED, parts, COUNT(parts));
}

static contract_outcome create_table(contract_call *c)
{
    static const factory_texts texts = {
        .kind = CONTRACT_REFUSED,
        .bad_table = {"invalid tablename:", ""},
        .bad_field_start = {"invalid field:", ""},
        .bad_field = {"invalid field:", ""},
        .duplicate = "dumplicate field:", /* sic */
        .refuses_denied = true,
    };
    return factory_create_table(c, &texts);
}

static const contract_method methods[] = {
    {"openTable(string)", 0, false, open_table},
    {"createTable(string,string,string)", 0, false, create_table},
};

const contract contract_kv_table_factory = {.address = 0x1010, .name = "KVTableFactory", .since = VERSION_OF(2, 3, 0),
                                            .memory_of_call_data = true, .methods = methods, .method_count = COUNT(methods)};
