#include "codec/abi.h"
#include "codec/abi_private.h"

#include <assert.h>
#include <stdlib.h>

enum { WORD_BYTES = ABI_WORD_BYTES };

typedef struct {
    arena *a;
    const uint8_t *at, *end;
    const json_t *components; /* what "tuple" stands for in a JSON ABI; NULL otherwise */
    unsigned depth;
    error_text *why;
} type_parser;

static bool parse_type(type_parser *p, abi_type *out);

static bool take(type_parser *p, char c)
{
    if (p->at == p->end || *p->at != (uint8_t)c)
        return false;
    p->at++;
    return true;
}

static bytes take_word(type_parser *p)
{
    const uint8_t *start = p->at;
    while (p->at < p->end && ((*p->at >= 'a' && *p->at <= 'z') || (*p->at >= '0' && *p->at <= '9')))
        p->at++;
    return bytes_of(start, (size_t)(p->at - start));
}

/* A decimal number without leading zero, at most `most`. */
static bool read_number(bytes digits, size_t most, size_t *out)
{
    size_t value = 0;
    if (digits.size == 0 || digits.size > 9 || digits.data[0] == '0')
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (size_t)(digits.data[i] - '0');
    }
    *out = value;
    return value <= most;
}

static bool set_integer(abi_type *out, abi_kind kind, bytes digits)
{
    size_t bits = 256;
    if (digits.size && (!read_number(digits, 256, &bits) || bits % 8))
        return false;
    *out = (abi_type){.kind = kind, .bits = (unsigned)bits, .head_bytes = WORD_BYTES};
    return true;
}

static bool set_elementary(abi_type *out, bytes word)
{
    static const struct {
        const char *name;
        abi_type type;
    } simple[] = {
        {"address", {.kind = ABI_ADDRESS, .head_bytes = WORD_BYTES}},
        {"bool", {.kind = ABI_BOOL, .head_bytes = WORD_BYTES}},
        {"bytes", {.kind = ABI_BYTES, .is_dynamic = true, .head_bytes = WORD_BYTES}},
        {"string", {.kind = ABI_STRING, .is_dynamic = true, .head_bytes = WORD_BYTES}},
        {"function", {.kind = ABI_FIXED_BYTES, .size = 24, .head_bytes = WORD_BYTES}},
    };
    for (size_t i = 0; i < COUNT(simple); i++)
        if (bytes_equal_text(word, simple[i].name)) {
            *out = simple[i].type;
            return true;
        }
    if (bytes_start_with(word, BYTES_OF_LITERAL("uint")))
        return set_integer(out, ABI_UINT, bytes_from(word, 4));
    if (bytes_start_with(word, BYTES_OF_LITERAL("int")))
        return set_integer(out, ABI_INT, bytes_from(word, 3));
    *out = (abi_type){.kind = ABI_FIXED_BYTES, .head_bytes = WORD_BYTES};
    return bytes_start_with(word, BYTES_OF_LITERAL("bytes")) && read_number(bytes_from(word, 5), 32, &out->size);
}

bool abi_tuple_of(const abi_field *fields, size_t count, abi_type *out, error_text *why)
{
    *out = (abi_type){.kind = ABI_TUPLE, .fields = fields, .field_count = count};
    for (size_t i = 0; i < count; i++) {
        out->is_dynamic |= fields[i].type.is_dynamic;
        out->head_bytes += fields[i].type.head_bytes;
        if (out->head_bytes > ABI_HEAD_MAX_BYTES)
            return error_set(why, "ABI type: a tuple of more than %d bytes", ABI_HEAD_MAX_BYTES);
    }
    if (out->is_dynamic)
        out->head_bytes = WORD_BYTES;
    return true;
}

/* Behind the opening bracket, up to and with the closing one. */
static bool parse_tuple(type_parser *p, abi_type *out)
{
    buffer fields = buffer_init(BUFFER_NO_LIMIT);
    size_t count = 0;
    bool ok = true;
    if (!take(p, ')')) {
        do {
            abi_field field = {.name = ""};
            ok = count++ < ABI_FIELDS_MAX ? parse_type(p, &field.type)
                                          : error_set(p->why, "ABI type: more than %d fields", ABI_FIELDS_MAX);
            buffer_append(&fields, BYTES_OF_VALUE(field));
        } while (ok && take(p, ','));
        if (ok && !take(p, ')'))
            ok = error_set(p->why, "ABI type: a tuple without )");
    }
    const void *kept = arena_copy(p->a, buffer_bytes(&fields)).data;
    buffer_free(&fields);
    return ok && abi_tuple_of(kept, count, out, p->why);
}

static bool parse_base(type_parser *p, abi_type *out)
{
    if (take(p, '('))
        return parse_tuple(p, out);
    bytes word = take_word(p);
    if (bytes_equal_text(word, "tuple")) {
        if (p->components)
            return abi_fields_parse(p->a, p->components, p->depth, out, p->why);
        if (take(p, '('))
            return parse_tuple(p, out);
    }
    return set_elementary(out, word) || error_set(p->why, "ABI type: %.*s is no type", SHOWN(word));
}

/* One [] or [n] behind a type. */
static bool wrap_array(type_parser *p, abi_type *type)
{
    bytes digits = take_word(p);
    abi_type *item = arena_take(p->a, sizeof *item);
    *item = *type;
    *type = (abi_type){
        .kind = ABI_ARRAY, .item = item, .size = ABI_ANY_LENGTH, .is_dynamic = true, .head_bytes = WORD_BYTES};
    if (digits.size) {
        if (!read_number(digits, ABI_HEAD_MAX_BYTES, &type->size))
            return error_set(p->why, "ABI type: %.*s is no array length", SHOWN(digits));
        type->is_dynamic = item->is_dynamic;
        if (type->size * item->head_bytes > ABI_HEAD_MAX_BYTES) /* both at most 2^20 */
            return error_set(p->why, "ABI type: an array of more than %d bytes", ABI_HEAD_MAX_BYTES);
        if (!type->is_dynamic)
            type->head_bytes = type->size * item->head_bytes;
    }
    return take(p, ']') || error_set(p->why, "ABI type: an array without ]");
}

static bool parse_type(type_parser *p, abi_type *out)
{
    if (++p->depth > ABI_NESTING_MAX)
        return error_set(p->why, "ABI type: nested more than %d levels", ABI_NESTING_MAX);
    if (!parse_base(p, out))
        return false;
    unsigned base_depth = p->depth;
    while (take(p, '[')) {
        if (++p->depth > ABI_NESTING_MAX)
            return error_set(p->why, "ABI type: nested more than %d levels", ABI_NESTING_MAX);
        if (!wrap_array(p, out))
            return false;
    }
    p->depth = base_depth - 1;
    return true;
}

bool abi_type_parse_at(arena *a, bytes text, const json_t *components, unsigned depth, abi_type *out, error_text *why)
{
    static const uint8_t nothing[1];
    type_parser p = {
        .a = a, .at = text.size ? text.data : nothing, .components = components, .depth = depth, .why = why};
    p.end = p.at + text.size;
    if (!parse_type(&p, out))
        return false;
    bytes rest = bytes_of(p.at, (size_t)(p.end - p.at));
    return rest.size == 0 || error_set(why, "ABI type: unexpected %.*s", SHOWN(rest));
}

bool abi_type_parse(arena *a, bytes text, abi_type *out, error_text *why)
{
    return abi_type_parse_at(a, text, NULL, 0, out, why);
}

void abi_type_print(const abi_type *type, buffer *out)
{
    switch (type->kind) {
    case ABI_UINT:
        buffer_print(out, "uint%u", type->bits);
        return;
    case ABI_INT:
        buffer_print(out, "int%u", type->bits);
        return;
    case ABI_ADDRESS:
        buffer_append_text(out, "address");
        return;
    case ABI_BOOL:
        buffer_append_text(out, "bool");
        return;
    case ABI_FIXED_BYTES:
        buffer_print(out, "bytes%zu", type->size);
        return;
    case ABI_BYTES:
        buffer_append_text(out, "bytes");
        return;
    case ABI_STRING:
        buffer_append_text(out, "string");
        return;
    case ABI_ARRAY:
        abi_type_print(type->item, out);
        if (type->size == ABI_ANY_LENGTH)
            buffer_append_text(out, "[]");
        else
            buffer_print(out, "[%zu]", type->size);
        return;
    case ABI_TUPLE:
        buffer_append_byte(out, '(');
        for (size_t i = 0; i < type->field_count; i++) {
            if (i)
                buffer_append_byte(out, ',');
            abi_type_print(&type->fields[i].type, out);
        }
        buffer_append_byte(out, ')');
        return;
    }
    assert(!"an ABI kind");
}

bool abi_function_parse(arena *a, bytes text, abi_entry *out, error_text *why)
{
    const uint8_t *open = text.size ? memchr(text.data, '(', text.size) : NULL;
    if (open == NULL || open == text.data)
        return error_set(why, "expected a function such as set(string): %.*s", SHOWN(text));
    size_t name_size = (size_t)(open - text.data);
    type_parser p = {.a = a, .at = open, .end = text.data + text.size, .why = why};
    *out = (abi_entry){.kind = ABI_FUNCTION,
                       .name = arena_copy_text(a, bytes_of(text.data, name_size)),
                       .outputs = {.kind = ABI_TUPLE}};
    if (!parse_type(&p, &out->inputs) || (p.at != p.end && !parse_type(&p, &out->outputs)))
        return false;
    if (p.at != p.end || out->inputs.kind != ABI_TUPLE || out->outputs.kind != ABI_TUPLE)
        return error_set(why, "expected a function such as get(uint256)(string): %.*s", SHOWN(text));
    abi_entry_sign(a, out);
    return true;
}

void abi_entry_sign(arena *a, abi_entry *entry)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&text, entry->name);
    abi_type_print(&entry->inputs, &text);
    entry->signature = arena_copy_text(a, buffer_bytes(&text));
    buffer_free(&text);
}
