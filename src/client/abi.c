/* Contract interfaces: what codec/abi.h can, with texts in and texts out. */
#include "codec/abi.h"
#include "base/ini.h"
#include "base/memory.h"
#include "chain/transaction.h"
#include "client/inside.h"
#include "codec/hex.h"
#include "codec/json_read.h"

#include <stdlib.h>

struct hanse_abi {
    arena memory;
    const crypto_suite *suite; /* whose hash makes selectors and topics */
    abi_contract contract;
    hanse_abi_item *items;     /* without entries of other kinds */
    const abi_entry **entries; /* of the items */
    size_t count;
};

/* ---- parsing ---- */

static const char *type_text(arena *a, const abi_type *type)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    abi_type_print(type, &text);
    const char *copy = arena_copy_text(a, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static const char *const *type_texts(arena *a, const abi_type *tuple)
{
    const char **texts = arena_take_array(a, tuple->field_count, sizeof *texts);
    for (size_t i = 0; i < tuple->field_count; i++)
        texts[i] = type_text(a, &tuple->fields[i].type);
    return texts;
}

static const char *const *name_texts(arena *a, const abi_type *tuple)
{
    const char **texts = arena_take_array(a, tuple->field_count, sizeof *texts);
    for (size_t i = 0; i < tuple->field_count; i++)
        texts[i] = tuple->fields[i].name ? tuple->fields[i].name : "";
    return texts;
}

static hash256 hash_of(const hanse_abi *abi, const abi_entry *entry)
{
    return suite_hash(abi->suite, bytes_of_text(entry->signature));
}

static hanse_abi_item item_of(hanse_abi *abi, const abi_entry *entry)
{
    arena *a = &abi->memory;
    hanse_abi_item item = {
        .kind = entry->kind == ABI_FUNCTION ? HANSE_FUNCTION : entry->kind == ABI_EVENT ? HANSE_EVENT : HANSE_CONSTRUCTOR,
        .name = entry->kind == ABI_CONSTRUCTOR ? "" : entry->name,
        .signature = entry->kind == ABI_CONSTRUCTOR ? arena_print(a, "constructor%s", type_text(a, &entry->inputs)) : entry->signature,
        .id = "",
        .is_constant = entry->is_constant,
        .input_count = entry->inputs.field_count,
        .output_count = entry->outputs.field_count,
        .input_types = type_texts(a, &entry->inputs),
        .input_names = name_texts(a, &entry->inputs),
        .output_types = type_texts(a, &entry->outputs),
    };
    if (entry->kind != ABI_CONSTRUCTOR) {
        hash256 hash = hash_of(abi, entry);
        item.id = arena_print(a, "0x%s", hex_text(a, bytes_of(hash.b, entry->kind == ABI_FUNCTION ? 4 : sizeof hash.b)));
    }
    return item;
}

static void make_items(hanse_abi *abi)
{
    abi->items = arena_take_array(&abi->memory, abi->contract.count, sizeof *abi->items);
    abi->entries = arena_take_array(&abi->memory, abi->contract.count, sizeof *abi->entries);
    for (size_t i = 0; i < abi->contract.count; i++) {
        const abi_entry *entry = &abi->contract.entries[i];
        if (entry->kind == ABI_OTHER)
            continue;
        abi->entries[abi->count] = entry;
        abi->items[abi->count++] = item_of(abi, entry);
    }
}

static hanse_abi *new_abi(const crypto_suite *suite)
{
    hanse_abi *abi = memory_new(sizeof *abi);
    abi->suite = suite;
    return abi;
}

/* The abi itself, or NULL, it freed, when it could not be made. */
static hanse_abi *made(hanse_abi *abi, bool ok, const error_text *why, hanse_error *error)
{
    if (ok) {
        make_items(abi);
        client_succeed(error);
        return abi;
    }
    client_fail(error, HANSE_ERROR_USAGE, 0, "%s", why->text);
    hanse_abi_free(abi);
    return NULL;
}

static hanse_abi *parse(const crypto_suite *suite, const char *json, hanse_error *error)
{
    hanse_abi *abi = new_abi(suite);
    error_text why = {""};
    return made(abi, abi_contract_parse(&abi->memory, bytes_of_text(json), &abi->contract, &why), &why, error);
}

hanse_abi *hanse_abi_parse(const char *json, hanse_error *error)
{
    return parse(&crypto_standard, json, error);
}

hanse_abi *hanse_abi_parse_national(const char *json, hanse_error *error)
{
    return parse(&crypto_national, json, error);
}

hanse_abi *hanse_abi_read(const char *path, hanse_error *error)
{
    arena a = {0};
    bytes json;
    error_text why = {""};
    hanse_abi *abi = NULL;
    if (!file_read(&a, path, ABI_JSON_MAX_BYTES, &json, &why)) {
        client_fail(error, HANSE_ERROR_FILE, 0, "%s", why.text);
    } else {
        abi = parse(&crypto_standard, arena_copy_text(&a, json), error);
        if (abi == NULL && error)
            client_fail(error, HANSE_ERROR_FILE, 0, "%s: %s", path, error->text);
    }
    arena_reset(&a);
    return abi;
}

hanse_abi *hanse_abi_of_signature(const char *signature, hanse_error *error)
{
    hanse_abi *abi = new_abi(&crypto_standard);
    error_text why = {""};
    abi->contract.entries = arena_take(&abi->memory, sizeof *abi->contract.entries);
    abi->contract.count = 1;
    return made(abi, abi_function_parse(&abi->memory, bytes_of_text(signature), abi->contract.entries, &why), &why, error);
}

void hanse_abi_free(hanse_abi *abi)
{
    if (abi == NULL)
        return;
    arena_reset(&abi->memory);
    free(abi);
}

/* ---- finding ---- */

size_t hanse_abi_count(const hanse_abi *abi)
{
    return abi->count;
}

const hanse_abi_item *hanse_abi_item_at(const hanse_abi *abi, size_t index)
{
    return index < abi->count ? &abi->items[index] : NULL;
}

static const abi_entry *find(const hanse_abi *abi, abi_entry_kind kind, const char *name, hanse_error *error)
{
    error_text why = {""};
    /* A constructor has no name. */
    const abi_entry *entry = abi_contract_find(&abi->contract, kind, kind == ABI_CONSTRUCTOR ? BYTES_EMPTY : bytes_of_text(name ? name : ""), &why);
    if (entry == NULL)
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s", why.text);
    return entry;
}

const hanse_abi_item *hanse_abi_find(const hanse_abi *abi, hanse_abi_kind kind, const char *name, hanse_error *error)
{
    const abi_entry *entry = find(abi, kind == HANSE_FUNCTION ? ABI_FUNCTION : kind == HANSE_EVENT ? ABI_EVENT : ABI_CONSTRUCTOR, name, error);
    for (size_t i = 0; entry && i < abi->count; i++)
        if (abi->entries[i] == entry)
            return &abi->items[i];
    return NULL;
}

/* ---- encoding ---- */

/* prefix and the encoded arguments, as hex. */
static char *encode(const abi_type *inputs, const char *signature, bytes prefix, const char *const *arguments, size_t count, hanse_error *error)
{
    arena a = {0};
    error_text why = {""};
    abi_value values;
    char *text = NULL;
    buffer encoded = buffer_init(TRANSACTION_MAX_BYTES);
    if (!abi_values_from_texts(&a, inputs, arguments, count, &values, &why)) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s: %s", signature, why.text);
    } else {
        buffer_append(&encoded, prefix);
        abi_encode(&values, &encoded);
        if (encoded.overflowed) {
            client_fail(error, HANSE_ERROR_LIMIT, 0, "%s: the arguments take more than %d MiB", signature, TRANSACTION_MAX_BYTES >> 20);
        } else {
            text = memory_copy_text(arena_print(&a, "0x%s", hex_text(&a, buffer_bytes(&encoded))));
            client_succeed(error);
        }
    }
    buffer_free(&encoded);
    arena_reset(&a);
    return text;
}

char *hanse_abi_encode_call(const hanse_abi *abi, const char *function, const char *const *arguments, size_t count, hanse_error *error)
{
    const abi_entry *entry = find(abi, ABI_FUNCTION, function, error);
    if (entry == NULL)
        return NULL;
    hash256 hash = hash_of(abi, entry);
    return encode(&entry->inputs, entry->signature, bytes_of(hash.b, 4), arguments, count, error);
}

/* Compilers end the file with a line end. */
static bytes without_line_end(const char *text)
{
    bytes code = bytes_of_text(text);
    while (code.size && (code.data[code.size - 1] == '\n' || code.data[code.size - 1] == '\r'))
        code.size--;
    return code;
}

char *hanse_abi_encode_deployment(const hanse_abi *abi, const char *code, const char *const *arguments, size_t count, hanse_error *error)
{
    static const abi_entry no_constructor = {.kind = ABI_CONSTRUCTOR, .inputs = {.kind = ABI_TUPLE}};
    arena a = {0};
    bytes digits = code ? without_line_end(code) : BYTES_EMPTY, binary;
    char *text = NULL;
    if (digits.size == 0 || digits.size % 2 || !hex_read_any(&a, digits, &binary)) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "the code is not pairs of hex digits");
    } else {
        const abi_entry *entry = abi_contract_find(&abi->contract, ABI_CONSTRUCTOR, BYTES_EMPTY, NULL);
        text = encode(entry ? &entry->inputs : &no_constructor.inputs, "constructor", binary, arguments, count, error);
    }
    arena_reset(&a);
    return text;
}

/* ---- decoding ---- */

static char *value_text(const abi_value *values)
{
    buffer json = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&json);
    abi_value_write_json(&w, values);
    buffer_append_byte(&json, '\0');
    return (char *)json.data;
}

static bool read_hex(arena *a, const char *text, bytes *out, hanse_error *error)
{
    bytes digits = bytes_of_text(text ? text : "");
    return (digits.size % 2 == 0 && hex_read_any(a, digits, out)) ||
           client_fail(error, HANSE_ERROR_USAGE, 0, "%.40s: not pairs of hex digits", text ? text : "(none)");
}

static char *decode(const abi_type *tuple, const char *signature, arena *a, bytes data, hanse_error *error)
{
    abi_value values;
    error_text why = {""};
    if (!abi_decode(a, tuple, data, &values, &why)) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s: %s", signature, why.text);
        return NULL;
    }
    client_succeed(error);
    return value_text(&values);
}

char *hanse_abi_decode_output(const hanse_abi *abi, const char *function, const char *data, hanse_error *error)
{
    arena a = {0};
    bytes raw;
    const abi_entry *entry = find(abi, ABI_FUNCTION, function, error);
    char *text = entry && read_hex(&a, data, &raw, error) ? decode(&entry->outputs, entry->signature, &a, raw, error) : NULL;
    arena_reset(&a);
    return text;
}

char *hanse_abi_decode_input(const hanse_abi *abi, const char *data, const char **function, hanse_error *error)
{
    arena a = {0};
    bytes raw;
    char *text = NULL;
    const abi_entry *found = NULL;
    bool ok = read_hex(&a, data, &raw, error);
    for (size_t i = 0; ok && found == NULL && i < abi->count; i++) {
        if (abi->entries[i]->kind != ABI_FUNCTION)
            continue;
        hash256 hash = hash_of(abi, abi->entries[i]);
        if (raw.size >= 4 && memcmp(raw.data, hash.b, 4) == 0)
            found = abi->entries[i];
    }
    if (ok && found == NULL)
        client_fail(error, HANSE_ERROR_USAGE, 0, "%.10s: no function of this interface", data);
    if (found)
        text = decode(&found->inputs, found->signature, &a, bytes_from(raw, 4), error);
    if (text && function)
        *function = found->signature;
    arena_reset(&a);
    return text;
}

/* ---- events ---- */

typedef struct {
    bytes topics[4], data;
    size_t topic_count;
} raw_log;

static bool read_log(arena *a, const char *text, raw_log *out, hanse_error *error)
{
    json_t *root = NULL;
    *out = (raw_log){0};
    bool ok = json_read(bytes_of_text(text), CLIENT_JSON_VALUES_MAX, JSON_WIDE_AS_REAL, &root) == JSON_READ_OK && json_is_object(root);
    const json_t *topics = json_object_get(root, "topics");
    const char *data = json_string_value(json_object_get(root, "data"));
    ok = ok && json_is_array(topics) && json_array_size(topics) <= COUNT(out->topics) && data && hex_read_any(a, bytes_of_text(data), &out->data);
    for (size_t i = 0; ok && i < json_array_size(topics); i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        ok = topic && hex_read_any(a, bytes_of_text(topic), &out->topics[i]) && out->topics[i].size == 32;
        out->topic_count++;
    }
    json_decref(root);
    return ok || client_fail(error, HANSE_ERROR_USAGE, 0, "not a log: %.200s", text);
}

static const abi_entry *event_of(const hanse_abi *abi, const raw_log *log)
{
    for (size_t i = 0; log->topic_count && i < abi->count; i++) {
        const abi_entry *entry = abi->entries[i];
        if (entry->kind != ABI_EVENT || entry->is_anonymous)
            continue;
        hash256 hash = hash_of(abi, entry);
        if (memcmp(log->topics[0].data, hash.b, sizeof hash.b) == 0)
            return entry;
    }
    return NULL;
}

char *hanse_abi_decode_log(const hanse_abi *abi, const char *log, hanse_error *error)
{
    arena a = {0};
    raw_log raw;
    abi_value values;
    error_text why = {""};
    char *text = NULL;
    client_succeed(error);
    const abi_entry *event = read_log(&a, log, &raw, error) ? event_of(abi, &raw) : NULL;
    if (event && !abi_decode_event(&a, event, raw.topics, raw.topic_count, raw.data, &values, &why)) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s: %s", event->signature, why.text);
    } else if (event) {
        buffer json = buffer_init(BUFFER_NO_LIMIT);
        json_writer w = json_write_to(&json);
        json_write_begin_object(&w);
        json_write_key(&w, "event");
        json_write_text(&w, event->name);
        json_write_key(&w, "values");
        abi_value_write_json(&w, &values);
        json_write_end_object(&w);
        buffer_append_byte(&json, '\0');
        text = (char *)json.data;
    }
    arena_reset(&a);
    return text;
}

/* Error(string), whose selector is 0x08c379a0; on national chains too the compiler writes its SM3 form. */
char *hanse_revert_reason(const char *output)
{
    arena a = {0};
    bytes raw;
    char *text = NULL;
    abi_entry entry;
    abi_value values;
    if (output && hex_read_any(&a, bytes_of_text(output), &raw) && raw.size > 4 &&
        abi_function_parse(&a, BYTES_OF_LITERAL("Error(string)"), &entry, NULL)) {
        hash256 standard = suite_hash(&crypto_standard, bytes_of_text(entry.signature));
        hash256 national = suite_hash(&crypto_national, bytes_of_text(entry.signature));
        if ((memcmp(raw.data, standard.b, 4) == 0 || memcmp(raw.data, national.b, 4) == 0) &&
            abi_decode(&a, &entry.inputs, bytes_from(raw, 4), &values, NULL)) {
            text = memory_new(values.items[0].data.size + 1);
            memcpy(text, values.items[0].data.data, values.items[0].data.size);
        }
    }
    arena_reset(&a);
    return text;
}
