#include "contract/tables.h"

#include "state/address_text.h"

#include <ctype.h>
#include <stdlib.h>

bytes user_table_name(contract_call *c, bytes name)
{
    bytes prefix = rules_have(c->rules, GATE_SHORT_TABLE_NAMES) ? BYTES_OF_LITERAL("u_") : BYTES_OF_LITERAL("_user_");
    uint8_t *text = arena_take(c->memory, prefix.size + name.size);
    memcpy(text, prefix.data, prefix.size);
    if (name.size)
        memcpy(text + prefix.size, name.data, name.size);
    return bytes_of(text, prefix.size + name.size);
}

bytes contract_table_name(contract_call *c, const address *a)
{
    char hex[ADDRESS_HEX_BYTES];
    address_write_hex(a, hex);
    return bytes_of_text(arena_print(c->memory, "c_%s", hex));
}

bool caller_may_write(contract_call *c)
{
    if (!rules_have(c->rules, GATE_AUTHORITY_ROWS))
        return true;
    state_table *table = tx_state_open(c->state, contract_table_name(c, &c->sender));
    return table == NULL || tx_state_may_write(table, &c->origin);
}

contract_outcome refuse_caller(contract_call *c)
{
    return contract_refuse(c, "Permission denied. %s can't call contract %s", (const char *)contract_hex(c, &c->origin).data,
                           (const char *)contract_hex(c, &c->sender).data);
}

contract_outcome refuse_parts(contract_call *c, contract_outcome kind, const bytes *parts, size_t count)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    uint8_t *text = arena_take(c->memory, size);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size)
            memcpy(text + at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    c->failure = bytes_of(text, size);
    return kind;
}

static contract_outcome refuse_about(contract_call *c, contract_outcome kind, const char *const around[2], bytes name)
{
    const bytes parts[] = {bytes_of_text(around[0]), name, bytes_of_text(around[1])};
    return refuse_parts(c, kind, parts, COUNT(parts));
}

static contract_outcome refuse_text(contract_call *c, contract_outcome kind, const char *text)
{
    const bytes parts[] = {bytes_of_text(text)};
    return refuse_parts(c, kind, parts, COUNT(parts));
}

bool key_fits(contract_call *c, bytes key, contract_outcome kind, contract_outcome *outcome)
{
    if (key.size <= KEY_VALUE_MAX_BYTES)
        return true;
    *outcome = refuse_text(c, kind, "size of value/key greater than255");
    return false;
}

bool values_fit(contract_call *c, const row_field *fields, size_t count, contract_outcome kind, contract_outcome *outcome)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].value.size > FIELD_VALUE_MAX_BYTES) {
            *outcome = refuse_text(c, kind, "size of value/key greater than16777215");
            return false;
        }
    return true;
}

static bytes trimmed(bytes text)
{
    while (text.size && isspace(text.data[0]))
        text = bytes_from(text, 1);
    while (text.size && isspace(text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool has_good_characters(bytes name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum(name.data[i]) && name.data[i] != '$' && name.data[i] != '_' && name.data[i] != '@')
            return false;
    return true;
}

typedef struct {
    bytes name, key_field;
    bytes *fields;
    size_t field_count;
    bytes joined;
} new_table;

static bool field_is_good(contract_call *c, const factory_texts *texts, bytes field, contract_outcome *outcome)
{
    if (field.size == 0 || field.data[0] == '_') {
        *outcome = refuse_about(c, texts->kind, texts->bad_field_start, field);
        return false;
    }
    if (!has_good_characters(field)) {
        *outcome = refuse_about(c, texts->kind, texts->bad_field, field);
        return false;
    }
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

/* Whether any of the fields repeats an earlier one or the key: found by sorting, told for the first in order. */
static bool may_repeat(contract_call *c, const new_table *t)
{
    bytes *sorted = arena_take_array(c->memory, t->field_count + 1, sizeof *sorted);
    memcpy(sorted, t->fields, t->field_count * sizeof *sorted);
    sorted[t->field_count] = t->key_field;
    qsort(sorted, t->field_count + 1, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < t->field_count; i++)
        if (bytes_equal(sorted[i], sorted[i + 1]))
            return true;
    return false;
}

static bool repeats(const new_table *t, size_t index)
{
    if (bytes_equal(t->fields[index], t->key_field))
        return true;
    for (size_t i = 0; i < index; i++)
        if (bytes_equal(t->fields[i], t->fields[index]))
            return true;
    return false;
}

/* Steps 4 to 6 of precompiled.md 7.2. */
static bool names_are_good(contract_call *c, const factory_texts *texts, const new_table *t, contract_outcome *outcome)
{
    if (!rules_have(c->rules, GATE_SHORT_TABLE_NAMES))
        return true;
    if (!has_good_characters(t->name)) {
        *outcome = refuse_about(c, texts->kind, texts->bad_table, t->name);
        return false;
    }
    if (!field_is_good(c, texts, t->key_field, outcome))
        return false;
    bool look = may_repeat(c, t);
    for (size_t i = 0; i < t->field_count; i++) {
        if (look && repeats(t, i)) {
            const char *const around[2] = {texts->duplicate, ""};
            *outcome = refuse_about(c, texts->kind, around, t->fields[i]);
            return false;
        }
        if (!field_is_good(c, texts, t->fields[i], outcome))
            return false;
    }
    return true;
}

static bool read_fields(contract_call *c, const factory_texts *texts, new_table *t, bytes value_fields, contract_outcome *outcome)
{
    static const char too_long[] = "table field name length overflow 64";
    bytes key_and_fields = value_fields;
    size_t count = 1, start = 0;
    for (size_t i = 0; i < value_fields.size; i++)
        count += value_fields.data[i] == ',';
    t->fields = arena_take_array(c->memory, count, sizeof *t->fields);
    bool fits = t->key_field.size <= FIELD_NAME_MAX_BYTES;
    for (size_t i = 0; fits && i <= key_and_fields.size; i++)
        if (i == value_fields.size || value_fields.data[i] == ',') {
            bytes field = trimmed(bytes_part(value_fields, start, i - start));
            t->fields[t->field_count++] = field;
            start = i + 1;
            fits = field.size <= FIELD_NAME_MAX_BYTES;
        }
    if (!fits)
        *outcome = refuse_text(c, texts->kind, too_long);
    return fits;
}

static void join_fields(contract_call *c, new_table *t)
{
    size_t size = t->field_count - 1, at = 0;
    for (size_t i = 0; i < t->field_count; i++)
        size += t->fields[i].size;
    uint8_t *text = arena_take(c->memory, size);
    for (size_t i = 0; i < t->field_count; i++) {
        if (i)
            text[at++] = ',';
        if (t->fields[i].size)
            memcpy(text + at, t->fields[i].data, t->fields[i].size);
        at += t->fields[i].size;
    }
    t->joined = bytes_of(text, size);
}

/* Steps 2 to 8. */
static bool read_new_table(contract_call *c, const factory_texts *texts, new_table *t, contract_outcome *outcome)
{
    t->name = abi_read_bytes(&c->arguments);
    t->key_field = trimmed(abi_read_bytes(&c->arguments));
    bytes value_fields = abi_read_bytes(&c->arguments);
    if (!read_fields(c, texts, t, value_fields, outcome) || !names_are_good(c, texts, t, outcome))
        return false;
    join_fields(c, t);
    if (t->joined.size > FIELDS_MAX_BYTES) {
        *outcome = refuse_text(c, texts->kind, "total table field name length overflow 1024");
        return false;
    }
    size_t most = rules_have(c->rules, GATE_TABLE_NAME_50) ? 50 : 64;
    if (user_table_name(c, t->name).size > most) {
        /* QUIRK: below 2.9.0 the text names the older limit. */
        bool says_50 = rules_have(c->rules, GATE_TABLE_NAME_TEXT);
        *outcome = refuse_text(c, texts->kind, says_50 ? "tableName length overflow 50" : "tableName length overflow 64");
        return false;
    }
    return true;
}

contract_outcome factory_create_table(contract_call *c, const factory_texts *texts)
{
    contract_outcome outcome;
    new_table t = {0};
    if (!caller_may_write(c))
        return refuse_caller(c);
    if (!read_new_table(c, texts, &t, &outcome))
        return outcome;
    bytes name = user_table_name(c, t.name);
    int result = tx_state_create_table(c->state, name, t.key_field, t.joined, &c->origin, NULL);
    if (result == TABLE_NOT_ALLOWED && texts->refuses_denied) {
        const bytes parts[] = {BYTES_OF_LITERAL("Permission denied. "), contract_hex(c, &c->origin),
                               BYTES_OF_LITERAL(" can't create table "), name};
        return refuse_parts(c, CONTRACT_REFUSED, parts, COUNT(parts));
    }
    if (result == TABLE_OK)
        contract_charge(c, OPERATION_CREATE_TABLE, 1);
    return contract_answer_code(c, result);
}
