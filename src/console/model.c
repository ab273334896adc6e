#include "console/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

const char *model_decimal(const char *quantity, char *out, size_t size)
{
    char *end;
    if (strncmp(quantity, "0x", 2) != 0 || quantity[2] == '\0' || strlen(quantity) > 18)
        return quantity;
    uint64_t value = strtoull(quantity + 2, &end, 16);
    if (*end)
        return quantity;
    snprintf(out, size, "%" PRIu64, value);
    return out;
}

static void append_scalar(const json_t *value, bool as_decimal, buffer *out)
{
    char decimal[32];
    if (json_is_string(value))
        buffer_append_text(out, as_decimal ? model_decimal(json_string_value(value), decimal, sizeof decimal) : json_string_value(value));
    else if (json_is_integer(value))
        buffer_print(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        buffer_append_text(out, json_is_true(value) ? "true" : "false");
    else if (json_is_real(value))
        buffer_print(out, "%.17g", json_real_value(value));
    else
        buffer_append_text(out, "null");
}

void model_print_texts(const json_t *values, buffer *out)
{
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (i)
            buffer_append_text(out, ", ");
        append_scalar(json_array_get(values, i), false, out);
    }
    buffer_append_byte(out, ']');
}

void model_print_list(const model *m, const json_t *values, buffer *out)
{
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *item = json_array_get(values, i);
        if (i)
            buffer_append_text(out, ", ");
        if (json_is_object(item)) {
            model_print(m, item, out);
        } else {
            buffer_append_text(out, "TransactionHash{value='");
            append_scalar(item, false, out);
            buffer_append_text(out, "'}");
        }
    }
    buffer_append_byte(out, ']');
}

static void print_field(const model_field *f, const json_t *value, buffer *out)
{
    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_DECIMAL:
        buffer_append_byte(out, '\'');
        append_scalar(value, f->kind == FIELD_DECIMAL, out);
        buffer_append_byte(out, '\'');
        return;
    case FIELD_BARE:
        append_scalar(value, false, out);
        return;
    case FIELD_QUOTED_TEXTS:
        buffer_append_byte(out, '\'');
        model_print_texts(value, out);
        buffer_append_byte(out, '\'');
        return;
    case FIELD_TEXTS:
    case FIELD_MODELS:
        if (!json_is_array(value))
            buffer_append_text(out, "null");
        else if (f->kind == FIELD_TEXTS)
            model_print_texts(value, out);
        else
            model_print_list(f->model, value, out);
        return;
    case FIELD_MODEL:
        if (json_is_object(value))
            model_print(f->model, value, out);
        else
            buffer_append_text(out, "null");
        return;
    }
}

void model_print(const model *m, const json_t *value, buffer *out)
{
    buffer_append_text(out, m->name);
    buffer_append_byte(out, '{');
    for (size_t i = 0; i < m->count; i++) {
        const model_field *f = &m->fields[i];
        buffer_print(out, "%s%s=", i ? ", " : "", f->name);
        print_field(f, json_object_get(value, f->key ? f->key : f->name), out);
    }
    buffer_append_byte(out, '}');
}

json_t *model_consensus_of(const json_t *answer)
{
    json_t *base = json_copy(json_array_get(answer, 0));
    if (!json_is_object(base)) {
        json_decref(base);
        return NULL;
    }
    json_t *sealers = json_array();
    for (size_t i = 0;; i++) {
        char key[32];
        snprintf(key, sizeof key, "sealer.%zu", i);
        json_t *sealer = json_object_get(base, key);
        if (sealer == NULL)
            break;
        json_array_append(sealers, sealer);
    }
    json_object_set_new(base, "sealerList", sealers);
    json_t *views = json_array_get(answer, 1);
    return json_pack("{s:o, s:O?}", "baseConsensusInfo", base, "viewInfos", views);
}
