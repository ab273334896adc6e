#include "state/table.h"

#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

static const bytes value_only[] = {TEXT("value")};
static const bytes tables_fields[] = {TEXT("key_field"), TEXT("value_field")};
static const bytes consensus_fields[] = {TEXT("type"), TEXT("node_id"), TEXT("enable_num")};
static const bytes access_fields[] = {TEXT("address"), TEXT("enable_num")};
static const bytes config_fields[] = {TEXT("value"), TEXT("enable_num")};
static const bytes cns_fields[] = {TEXT("version"), TEXT("address"), TEXT("abi")};
static const bytes header_fields[] = {TEXT("value"), TEXT("sigs")};
static const bytes place_fields[] = {TEXT("value"), TEXT("index")};

static const struct {
    bytes name;
    table_shape shape;
} system_tables[] = {
    {TEXT(TABLE_TABLES), {TEXT("table_name"), tables_fields, COUNT(tables_fields), true}},
    {TEXT(TABLE_CONSENSUS), {TEXT("name"), consensus_fields, COUNT(consensus_fields), true}},
    {TEXT(TABLE_ACCESS), {TEXT("table_name"), access_fields, COUNT(access_fields), true}},
    {TEXT(TABLE_CONFIG), {TEXT("key"), config_fields, COUNT(config_fields), true}},
    {TEXT(TABLE_CNS), {TEXT("name"), cns_fields, COUNT(cns_fields), true}},
    {TEXT(TABLE_NUMBER_TO_HASH), {TEXT("number"), value_only, COUNT(value_only), true}},
    {TEXT("_sys_current_state_"), {TEXT("key"), value_only, COUNT(value_only), false}},
    {TEXT("_sys_tx_hash_2_block_"), {TEXT("hash"), place_fields, COUNT(place_fields), false}},
    {TEXT("_sys_hash_2_block_"), {TEXT("hash"), value_only, COUNT(value_only), false}},
    {TEXT("_sys_hash_2_header_"), {TEXT("hash"), header_fields, COUNT(header_fields), false}},
    {TEXT("_sys_block_2_nonces_"), {TEXT("number"), value_only, COUNT(value_only), false}},
};

bool table_system_shape(bytes name, table_shape *out)
{
    for (size_t i = 0; i < COUNT(system_tables); i++)
        if (bytes_equal(system_tables[i].name, name)) {
            *out = system_tables[i].shape;
            return true;
        }
    return false;
}

table_shape table_shape_of(arena *a, bytes key_field, bytes value_fields)
{
    size_t count = 1;
    for (size_t i = 0; i < value_fields.size; i++)
        count += value_fields.data[i] == ',';
    bytes *fields = arena_take_array(a, count, sizeof *fields);
    bytes copy = arena_copy(a, value_fields);
    size_t at = 0, start = 0;
    for (size_t i = 0; i <= copy.size; i++)
        if (i == copy.size || copy.data[i] == ',') {
            fields[at++] = bytes_part(copy, start, i - start);
            start = i + 1;
        }
    return (table_shape){arena_copy(a, key_field), fields, count, true};
}

bool table_has_field(const table_shape *shape, bytes name)
{
    if (bytes_equal(name, shape->key_field))
        return true;
    for (size_t i = 0; i < shape->value_count; i++)
        if (bytes_equal(name, shape->value_fields[i]))
            return true;
    return bytes_equal_text(name, "_status_") || bytes_equal_text(name, "_num_") || bytes_equal_text(name, "_id_");
}

bool table_field_is_hashed(bytes name)
{
    return name.size > 0 && name.data[0] != '_' && name.data[name.size - 1] != '_';
}
