#include "codec/abi.h"
#include "codec/abi_private.h"
#include "codec/hex.h"

#include <inttypes.h>

/* --- types of a JSON ABI --- */

static bytes text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? bytes_of(json_string_value(value), json_string_length(value)) : BYTES_EMPTY;
}

bool abi_fields_parse(arena *a, const json_t *list, unsigned depth, abi_type *out, error_text *why)
{
    size_t count = json_array_size(list);
    if (count > ABI_FIELDS_MAX)
        return error_set(why, "ABI type: %zu fields, at most %d", count, ABI_FIELDS_MAX);
    abi_field *fields = arena_take_array(a, count, sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        const json_t *field = json_array_get(list, i), *components = json_object_get(field, "components");
        fields[i].name = arena_copy_text(a, text_of(field, "name"));
        fields[i].is_indexed = json_is_true(json_object_get(field, "indexed"));
        if (!abi_type_parse_at(a, text_of(field, "type"), json_is_array(components) ? components : NULL, depth,
                               &fields[i].type, why))
            return false;
    }
    return abi_tuple_of(fields, count, out, why);
}

static bool parse_entry(arena *a, const json_t *json, abi_entry *out, error_text *why)
{
    bytes type = text_of(json, "type"), mutability = text_of(json, "stateMutability");
    *out = (abi_entry){.name = arena_copy_text(a, text_of(json, "name"))};
    out->kind = type.size == 0 || bytes_equal_text(type, "function") ? ABI_FUNCTION
                : bytes_equal_text(type, "constructor")              ? ABI_CONSTRUCTOR
                : bytes_equal_text(type, "event")                    ? ABI_EVENT
                                                                     : ABI_OTHER;
    out->is_constant = json_is_true(json_object_get(json, "constant")) || bytes_equal_text(mutability, "view") ||
                       bytes_equal_text(mutability, "pure");
    out->is_anonymous = json_is_true(json_object_get(json, "anonymous"));
    if (!abi_fields_parse(a, json_object_get(json, "inputs"), 0, &out->inputs, why) ||
        !abi_fields_parse(a, json_object_get(json, "outputs"), 0, &out->outputs, why)) {
        error_prefix(why, "ABI entry %.64s", out->name);
        return false;
    }
    abi_entry_sign(a, out);
    return true;
}

bool abi_contract_parse(arena *a, bytes json, abi_contract *out, error_text *why)
{
    *out = (abi_contract){0};
    if (json.size > ABI_JSON_MAX_BYTES)
        return error_set(why, "ABI of %zu bytes, at most %d", json.size, ABI_JSON_MAX_BYTES);
    json_error_t error;
    json_t *list = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &error);
    if (list == NULL)
        return error_set(why, "ABI: line %d: %s", error.line, error.text);
    size_t count = json_array_size(list);
    bool ok = json_is_array(list) || error_set(why, "ABI: not a JSON array");
    if (ok && count > ABI_ENTRIES_MAX)
        ok = error_set(why, "ABI: %zu entries, at most %d", count, ABI_ENTRIES_MAX);
    out->entries = arena_take_array(a, ok ? count : 0, sizeof *out->entries);
    for (size_t i = 0; ok && i < count; i++)
        ok = parse_entry(a, json_array_get(list, i), &out->entries[out->count++], why);
    json_decref(list);
    return ok;
}

const abi_entry *abi_contract_find(const abi_contract *contract, abi_entry_kind kind, bytes wanted, error_text *why)
{
    const abi_entry *found = NULL;
    for (size_t i = 0; i < contract->count; i++) {
        const abi_entry *entry = &contract->entries[i];
        if (entry->kind != kind)
            continue;
        if (bytes_equal_text(wanted, entry->signature))
            return entry;
        if (!bytes_equal_text(wanted, entry->name))
            continue;
        if (found) {
            error_set(why, "%s has several forms, name one of them in full, such as %s", entry->name, entry->signature);
            return NULL;
        }
        found = entry;
    }
    if (found == NULL)
        error_set(why, "the contract has no %.*s", SHOWN(wanted));
    return found;
}

/* --- values --- */

static bool complain(error_text *why, const abi_type *type, const char *what)
{
    buffer name = buffer_init(128);
    abi_type_print(type, &name);
    error_set(why, "%.*s: %s", (int)name.size, (const char *)name.data, what);
    buffer_free(&name);
    return false;
}

static u256 negate(u256 value)
{
    return u256_sub(U256_ZERO, value);
}

static bool read_number(bytes text, u256 *out)
{
    bool is_negative = text.size && text.data[0] == '-';
    bytes digits = bytes_from(text, is_negative);
    if (bytes_start_with(digits, BYTES_OF_LITERAL("0x"))) {
        arena scratch = {0};
        bytes value;
        bool ok = digits.size > 2 && digits.size <= 2 + 64 && hex_read_any(&scratch, digits, &value);
        if (ok)
            *out = u256_from_be(value);
        arena_reset(&scratch);
        if (!ok)
            return false;
    } else if (!u256_from_decimal(digits, out)) {
        return false;
    }
    /* -2^255 is the smallest that there is. */
    if (is_negative && u256_bits(*out) == 256 && !u256_equal(*out, u256_shift_left(u256_of(1), 255)))
        return false;
    if (is_negative)
        *out = negate(*out);
    return true;
}

static bool number_from_json(const abi_type *type, const json_t *json, abi_value *out, error_text *why)
{
    bool is_negative = false, ok = true;
    if (json_is_integer(json)) {
        json_int_t value = json_integer_value(json);
        is_negative = value < 0;
        out->number = is_negative ? negate(u256_of(-(uint64_t)value)) : u256_of((uint64_t)value);
    } else if (json_is_string(json)) {
        bytes text = bytes_of(json_string_value(json), json_string_length(json));
        is_negative = text.size && text.data[0] == '-' && !bytes_equal_text(text, "-0");
        ok = read_number(text, &out->number);
    } else {
        ok = false;
    }
    if (!ok)
        return complain(why, type, "expected a number, decimal or 0x hex");
    /* The top bit is a sign only where the text has one: 2^255 as int256 is too large, not negative. */
    bool top_bit = u256_bits(out->number) == 256;
    if ((type->kind == ABI_UINT && is_negative) || (type->kind == ABI_INT && top_bit != is_negative) ||
        !abi_number_fits(type, out->number))
        return complain(why, type, "the number does not fit");
    return true;
}

static bool bool_from_json(const abi_type *type, const json_t *json, abi_value *out, error_text *why)
{
    const char *text = json_string_value(json);
    bool is_true = json_is_true(json) || (text && strcmp(text, "true") == 0);
    if (!is_true && !json_is_false(json) && !(text && strcmp(text, "false") == 0))
        return complain(why, type, "expected true or false");
    out->number = u256_of(is_true);
    return true;
}

static bool bytes_from_json(arena *a, const abi_type *type, const json_t *json, abi_value *out, error_text *why)
{
    bytes text = json_is_string(json) ? bytes_of(json_string_value(json), json_string_length(json)) : BYTES_EMPTY,
          value;
    if (type->kind == ABI_STRING) {
        if (!json_is_string(json))
            return complain(why, type, "expected a string");
        out->data = arena_copy(a, text);
        return true;
    }
    if (!bytes_start_with(text, BYTES_OF_LITERAL("0x")) || text.size % 2 || !hex_read_any(a, text, &value))
        return complain(why, type, "expected 0x and pairs of hex digits");
    size_t exact = type->kind == ABI_ADDRESS ? 20 : type->size;
    if (type->kind != ABI_BYTES && value.size != exact)
        return complain(why, type, "wrong number of bytes");
    if (type->kind == ABI_ADDRESS)
        out->number = u256_from_be(value);
    else
        out->data = value;
    return true;
}

static bool items_from_json(arena *a, const abi_type *type, const json_t *json, abi_value *out, error_text *why)
{
    bool is_by_name = type->kind == ABI_TUPLE && json_is_object(json);
    size_t count = is_by_name ? json_object_size(json) : json_array_size(json);
    size_t wanted = type->kind == ABI_TUPLE ? type->field_count : type->size;
    if (!is_by_name && !json_is_array(json))
        return complain(why, type, "expected an array");
    if (wanted != ABI_ANY_LENGTH && count != wanted)
        return complain(why, type, "wrong number of items");
    if (count > ABI_VALUES_MAX)
        return complain(why, type, "too many items");
    out->count = count;
    out->items = arena_take_array(a, count, sizeof *out->items);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = is_by_name ? json_object_get(json, type->fields[i].name) : json_array_get(json, i);
        if (item == NULL)
            return complain(why, type, "a field of the tuple is missing");
        if (!abi_value_from_json(a, abi_item_type(type, i), item, &out->items[i], why))
            return false;
    }
    return true;
}

bool abi_value_from_json(arena *a, const abi_type *type, const json_t *json, abi_value *out, error_text *why)
{
    *out = (abi_value){.type = type};
    switch (type->kind) {
    case ABI_UINT:
    case ABI_INT:
        return number_from_json(type, json, out, why);
    case ABI_BOOL:
        return bool_from_json(type, json, out, why);
    case ABI_ADDRESS:
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
    case ABI_STRING:
        return bytes_from_json(a, type, json, out, why);
    case ABI_ARRAY:
    case ABI_TUPLE:
        break;
    }
    return items_from_json(a, type, json, out, why);
}

bool abi_value_from_text(arena *a, const abi_type *type, bytes text, abi_value *out, error_text *why)
{
    bool is_elementary = type->kind != ABI_ARRAY && type->kind != ABI_TUPLE;
    if (type->kind == ABI_STRING) { /* any bytes: what JSON could not hold too */
        *out = (abi_value){.type = type, .data = arena_copy(a, text)};
        return true;
    }
    if (text.size > ABI_JSON_MAX_BYTES)
        return complain(why, type, "the text is too long");
    json_error_t error;
    json_t *json = is_elementary ? json_stringn(text.size ? (const char *)text.data : "", text.size)
                                 : json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return complain(why, type, is_elementary ? "not UTF-8" : "expected JSON");
    bool ok = abi_value_from_json(a, type, json, out, why);
    json_decref(json);
    return ok;
}

bool abi_values_from_texts(arena *a, const abi_type *tuple, const char *const *texts, size_t count, abi_value *out,
                           error_text *why)
{
    if (count != tuple->field_count)
        return error_set(why, "%zu arguments, expected %zu", count, tuple->field_count);
    *out = (abi_value){.type = tuple, .count = count, .items = arena_take_array(a, count, sizeof *out->items)};
    for (size_t i = 0; i < count; i++)
        if (!abi_value_from_text(a, &tuple->fields[i].type, bytes_of_text(texts[i]), &out->items[i], why)) {
            error_prefix(why, "argument %zu", i + 1);
            return false;
        }
    return true;
}

static void write_number(json_writer *w, const abi_value *v)
{
    char text[1 + U256_DECIMAL_BYTES] = "-";
    bool is_negative = v->type->kind == ABI_INT && u256_bits(v->number) == 256;
    u256_to_decimal(is_negative ? negate(v->number) : v->number, text + 1);
    const char *shown = is_negative ? text : text + 1;
    if (v->type->bits <= 48)
        json_write_raw(w, bytes_of_text(shown));
    else
        json_write_text(w, shown);
}

static void write_string(json_writer *w, bytes text)
{
    json_t *checked = json_stringn((const char *)text.data, text.size); /* NULL: not UTF-8 */
    if (checked || text.size == 0)
        json_write_string(w, text);
    else
        json_write_hex(w, text);
    json_decref(checked);
}

void abi_value_write_json(json_writer *w, const abi_value *value)
{
    uint8_t word[ABI_WORD_BYTES];
    switch (value->type->kind) {
    case ABI_UINT:
    case ABI_INT:
        write_number(w, value);
        return;
    case ABI_ADDRESS:
        u256_to_be(value->number, word);
        json_write_hex(w, bytes_of(word + 12, 20));
        return;
    case ABI_BOOL:
        json_write_bool(w, !u256_is_zero(value->number));
        return;
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
        json_write_hex(w, value->data);
        return;
    case ABI_STRING:
        write_string(w, value->data);
        return;
    case ABI_ARRAY:
    case ABI_TUPLE:
        break;
    }
    json_write_begin_array(w);
    for (size_t i = 0; i < value->count; i++)
        abi_value_write_json(w, &value->items[i]);
    json_write_end_array(w);
}
