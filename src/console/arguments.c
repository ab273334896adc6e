#include "console/arguments.h"
#include "codec/abi.h"
#include "codec/hex.h"

#include <stdlib.h>

enum { LIST_VALUES_MAX = 1 << 18 };

/* ---- bytes ---- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Padding at the end is optional. */
static bool read_base64(arena *a, const char *text, bytes *out)
{
    size_t size = strcspn(text, "=");
    uint8_t *data = arena_take(a, size * 3 / 4 + 1), *to = data;
    uint32_t bits = 0;
    int count = 0;
    if (strspn(text + size, "=") != strlen(text + size) || strlen(text + size) > 2 || size % 4 == 1)
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *to++ = (uint8_t)(bits >> count);
        }
    }
    *out = bytes_of(data, (size_t)(to - data));
    return true;
}

static bool is_hex_bytes(const char *text)
{
    size_t size = strlen(text);
    return size >= 2 && size % 2 == 0 && strncmp(text, "0x", 2) == 0 && strspn(text + 2, "0123456789abcdefABCDEF") == size - 2;
}

static const char *convert_bytes(arena *a, const abi_type *type, const char *text, error_text *why)
{
    bytes data = bytes_of_text(text);
    if (strncmp(text, "hex://", 6) == 0)
        return strncmp(text + 6, "0x", 2) == 0 ? text + 6 : arena_print(a, "0x%s", text + 6);
    if (strncmp(text, "base64://", 9) == 0) {
        if (!read_base64(a, text + 9, &data)) {
            error_set(why, "%s is no base64", text);
            return NULL;
        }
    } else if (is_hex_bytes(text)) {
        return text;
    }
    if (type->kind == ABI_FIXED_BYTES && data.size < type->size) {
        uint8_t *padded = arena_take(a, type->size);
        memcpy(padded, data.data, data.size);
        data = bytes_of(padded, type->size);
    }
    return arena_print(a, "0x%s", hex_text(a, data));
}

/* The Java console fills short addresses with zeros. */
static const char *convert_address(arena *a, const char *text)
{
    size_t size = strlen(text);
    if (size < 3 || size >= 42 || strncmp(text, "0x", 2) != 0 || strspn(text + 2, "0123456789abcdefABCDEF") != size - 2)
        return text;
    return arena_print(a, "0x%.*s%s", (int)(42 - size), "0000000000000000000000000000000000000000", text + 2);
}

/* ---- arguments ---- */

static const abi_type *item_type(const abi_type *type, size_t index)
{
    if (type->kind == ABI_ARRAY)
        return type->item;
    return index < type->field_count ? &type->fields[index].type : NULL;
}

/* A new reference; NULL: why. */
static json_t *convert_json(arena *a, const abi_type *type, const json_t *value, error_text *why)
{
    bool is_list = type->kind == ABI_ARRAY || type->kind == ABI_TUPLE;
    if (json_is_string(value) && (type->kind == ABI_BYTES || type->kind == ABI_FIXED_BYTES)) {
        const char *text = convert_bytes(a, type, json_string_value(value), why);
        return text ? json_string(text) : NULL;
    }
    if (!json_is_array(value) || !is_list)
        return json_incref((json_t *)value);
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        const abi_type *inner = item_type(type, i);
        const json_t *item = json_array_get(value, i);
        json_t *converted = inner ? convert_json(a, inner, item, why) : json_incref((json_t *)item);
        if (converted == NULL) {
            json_decref(out);
            return NULL;
        }
        json_array_append_new(out, converted);
    }
    return out;
}

/* Numbers of lists as texts: JSON's would lose digits past 64 bits. */
static bool quote_numbers(arena *a, const char *text, char **out)
{
    size_t size = strlen(text);
    char *to = arena_take(a, size * 3 + 1);
    *out = to;
    for (const char *p = text; *p;) {
        if (*p == '"') {
            do {
                if (*p == '\\' && p[1])
                    *to++ = *p++;
                *to++ = *p++;
            } while (*p && *p != '"');
            if (*p == '\0')
                return false;
            *to++ = *p++;
        } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
            size_t digits = 1 + strspn(p + 1, "0123456789abcdefxABCDEF");
            *to++ = '"';
            memcpy(to, p, digits);
            to += digits;
            *to++ = '"';
            p += digits;
        } else {
            *to++ = *p++;
        }
    }
    return true;
}

static const char *convert_list(arena *a, const abi_type *type, const char *text, error_text *why)
{
    char *quoted;
    json_t *list = quote_numbers(a, text, &quoted) ? json_loads(quoted, 0, NULL) : NULL;
    if (list == NULL) {
        error_set(why, "%.200s is no list like [1,2] or [\"a\",\"b\"]", text);
        return NULL;
    }
    json_t *converted = convert_json(a, type, list, why);
    json_decref(list);
    char *dumped = converted ? json_dumps(converted, JSON_COMPACT) : NULL;
    json_decref(converted);
    const char *out = dumped ? arena_copy_text(a, bytes_of_text(dumped)) : NULL;
    free(dumped);
    return out;
}

const char *argument_convert(arena *a, const char *type_text, const char *text, error_text *why)
{
    abi_type type;
    if (!abi_type_parse(a, bytes_of_text(type_text), &type, why))
        return NULL;
    switch (type.kind) {
    case ABI_BYTES:
    case ABI_FIXED_BYTES:
        return convert_bytes(a, &type, text, why);
    case ABI_ARRAY:
    case ABI_TUPLE:
        return convert_list(a, &type, text, why);
    case ABI_ADDRESS:
        return convert_address(a, text);
    case ABI_STRING:
        return strcmp(text, "\"\"") == 0 || strcmp(text, "''") == 0 ? "" : text;
    default:
        return text;
    }
}

/* ---- showing ---- */

static void print_type(const abi_type *type, buffer *out)
{
    static const char *const names[] = {[ABI_UINT] = "UINT", [ABI_INT] = "INT", [ABI_ADDRESS] = "ADDRESS", [ABI_BOOL] = "BOOL",
                                        [ABI_FIXED_BYTES] = "BYTES", [ABI_BYTES] = "DBYTES", [ABI_STRING] = "STRING"};
    if (type->kind == ABI_ARRAY) {
        buffer_append_byte(out, '[');
        print_type(type->item, out);
        buffer_append_text(out, "] ");
    } else if (type->kind == ABI_TUPLE) {
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < type->field_count; i++) {
            buffer_append_text(out, i ? ", " : "");
            print_type(&type->fields[i].type, out);
        }
        buffer_append_text(out, "} ");
    } else {
        buffer_append_text(out, names[type->kind]);
    }
}

void argument_print_type(arena *a, const char *type_text, buffer *out)
{
    abi_type type;
    if (abi_type_parse(a, bytes_of_text(type_text), &type, NULL))
        print_type(&type, out);
    else
        buffer_append_text(out, type_text);
}

static void print_value(const abi_type *type, const json_t *value, buffer *out)
{
    bool is_bytes = type && (type->kind == ABI_BYTES || type->kind == ABI_FIXED_BYTES);
    if (json_is_string(value)) {
        buffer_print(out, "%s%s", is_bytes ? "hex://" : "", json_string_value(value));
    } else if (json_is_integer(value)) {
        buffer_print(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        buffer_append_text(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_array(value)) {
        bool is_tuple = type && type->kind == ABI_TUPLE;
        buffer_append_byte(out, is_tuple ? '{' : '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            buffer_append_text(out, i ? ", " : "");
            print_value(type ? item_type(type, i) : NULL, json_array_get(value, i), out);
        }
        buffer_append_text(out, is_tuple ? "} " : "] ");
    } else {
        buffer_append_text(out, "null");
    }
}

void argument_print_value(arena *a, const char *type_text, const json_t *value, buffer *out)
{
    abi_type type;
    bool is_known = abi_type_parse(a, bytes_of_text(type_text), &type, NULL);
    print_value(is_known ? &type : NULL, value, out);
}
