/* A recording as the folder it was made in: dataset.h describes the files. */
#include "codec/hex.h"
#include "tool/dataset_inside.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* --- files --- */

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The first name, bytewise, of those in a folder that the test likes; NULL: none. In d->memory. */
static const char *first_name(dataset *d, const char *folder, bool (*is_wanted)(dataset *d, const char *folder, const char *name))
{
    const char *least = NULL;
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && (entry = readdir(open));)
        if (is_wanted(d, folder, entry->d_name) && (least == NULL || strcmp(entry->d_name, least) < 0))
            least = arena_copy_text(&d->memory, bytes_of_text(entry->d_name));
    if (open)
        closedir(open);
    return least;
}

static bool is_node(dataset *d, const char *folder, const char *name)
{
    return name[0] != '.' && exists(arena_print(&d->memory, "%s/%s/config.ini", folder, name));
}

static bool is_genesis(dataset *d, const char *folder, const char *name)
{
    const char *beside;
    (void)folder;
    return dataset_is_genesis(d, name, &beside);
}

static bool read_settings(dataset *d, error_text *why)
{
    dataset_settings s = {0};
    const char *nodes = arena_print(&d->memory, "%s/nodes", d->folder), *node = first_name(d, nodes, is_node);
    if (node == NULL)
        return error_set(why, "nodes/*/config.ini is missing: not a recorded chain");
    const char *conf = arena_print(&d->memory, "%s/%s/conf", nodes, node), *genesis_name = first_name(d, conf, is_genesis);
    if (genesis_name == NULL)
        return error_set(why, "nodes/%s/conf/group.N.genesis is missing: not a recorded chain", node);
    s.config_name = arena_print(&d->memory, "%s/%s/config.ini", nodes, node);
    s.genesis_name = arena_print(&d->memory, "%s/%s", conf, genesis_name);
    s.has_national_key = exists(arena_print(&d->memory, "%s/gmnode.key", conf));
    (void)dataset_is_genesis(d, s.genesis_name, &s.group_name);
    return file_read(&d->memory, s.config_name, INI_FILE_MAX_BYTES, &s.config, why) &&
           file_read(&d->memory, s.genesis_name, INI_FILE_MAX_BYTES, &s.genesis, why) &&
           (!exists(s.group_name) || file_read(&d->memory, s.group_name, INI_FILE_MAX_BYTES, &s.group, why)) &&
           dataset_read_settings(d, &s, why);
}

/* NULL with an empty reason: there is no such file. */
static json_t *load_json(const char *path, error_text *why)
{
    json_error_t error;
    if (!exists(path))
        return NULL;
    json_t *found = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (found == NULL)
        error_set(why, "%s:%d: %s", path, error.line, error.text);
    return found;
}

static bytes text_of(const json_t *value)
{
    return json_is_string(value) ? bytes_of(json_string_value(value), json_string_length(value)) : BYTES_EMPTY;
}

/* --- blocks --- */

static bytes take_word(bytes *rest, uint8_t end)
{
    const uint8_t *at = rest->size ? memchr(rest->data, end, rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    bytes word = bytes_of(rest->data, size);
    *rest = bytes_from(*rest, size + (at != NULL));
    return word;
}

static bool parse_line(dataset *d, bytes line, dataset_block *out)
{
    bytes number = take_word(&line, ' '), hash = take_word(&line, ' ');
    u256 value;
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    if (!u256_from_decimal(number, &value) || !u256_fits_u64(value) || !hex_read(hash, out->hash.b, sizeof out->hash) ||
        line.size % 2 || !hex_read_any(&d->memory, line, &out->raw))
        return false;
    out->number = value.limb[0];
    return true;
}

/* Block 0 from raw_genesis.hex; its hash is the third item. */
static bool add_genesis(dataset *d, error_text *why)
{
    bytes text;
    dataset_block b = {0};
    if (!file_read(&d->memory, arena_print(&d->memory, "%s/raw_genesis.hex", d->folder), DATASET_TEXT_MAX_BYTES, &text, why))
        return false;
    if (text.size && text.data[text.size - 1] == '\n')
        text.size--;
    if (!hex_read_any(&d->memory, text, &b.raw))
        return error_set(why, "raw_genesis.hex: expected hexadecimal digits");
    rlp_reader items = rlp_open_list(b.raw);
    (void)rlp_read_item(&items);
    (void)rlp_read_item(&items);
    rlp_read_fixed(&items, b.hash.b, sizeof b.hash, RLP_EXACT);
    return items.error == RLP_OK ? dataset_add_block(d, b, why) : error_set(why, "raw_genesis.hex: not a block");
}

static bool read_lines(dataset *d, bytes text, error_text *why)
{
    size_t lines = 1, line = 0;
    for (bytes rest = text; rest.size; lines++)
        take_word(&rest, '\n');
    d->blocks = arena_take_array(&d->memory, lines, sizeof *d->blocks);
    while (text.size) {
        dataset_block b;
        line++;
        if (!parse_line(d, take_word(&text, '\n'), &b))
            return error_set(why, "raw_blocks.txt:%zu: expected \"number hash hex\"", line);
        if ((b.number == 1 && d->block_count == 0 && !add_genesis(d, why)) || !dataset_add_block(d, b, why))
            return false;
    }
    return true;
}

static bool read_blocks(dataset *d, error_text *why)
{
    arena scratch = {0};
    bytes text;
    bool ok = file_read(&scratch, arena_print(&d->memory, "%s/raw_blocks.txt", d->folder), DATASET_TEXT_MAX_BYTES, &text, why) &&
              read_lines(d, text, why);
    arena_reset(&scratch);
    return ok;
}

/* --- submissions, codes --- */

static bool read_submission(dataset *d, const json_t *record, error_text *why)
{
    const json_t *number = json_object_get(record, "block"), *index = json_object_get(record, "index");
    bytes raw = text_of(json_object_get(record, "raw")), hash = text_of(json_object_get(record, "signingHash"));
    if (!json_is_integer(number) || !json_is_integer(index) || raw.size == 0)
        return true; /* not on the chain */
    dataset_submission *s = &d->submissions[d->submission_count++];
    s->block = (uint64_t)json_integer_value(number);
    s->index = (size_t)json_integer_value(index);
    s->label = arena_copy_text(&d->memory, text_of(json_object_get(record, "label")));
    return (hex_read_any(&d->memory, raw, &s->raw) && hex_read_any(&d->memory, hash, &s->signing_hash)) ||
           error_set(why, "workload.json: submission %s: expected hexadecimal digits", s->label);
}

static bool read_submissions(dataset *d, error_text *why)
{
    *why = (error_text){""};
    json_t *workload = load_json(arena_print(&d->memory, "%s/workload.json", d->folder), why);
    const json_t *list = json_object_get(workload, "txs");
    bool ok = why->text[0] == '\0';
    d->submissions = arena_take_array(&d->memory, json_array_size(list), sizeof *d->submissions);
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = read_submission(d, json_array_get(list, i), why);
    json_decref(workload);
    return ok;
}

static bool read_codes(dataset *d, error_text *why)
{
    json_t *codes = load_json(arena_print(&d->memory, "%s/code.json", d->folder), why), *value;
    const char *key;
    bool ok = why->text[0] == '\0';
    d->codes = arena_take_array(&d->memory, json_object_size(codes), sizeof *d->codes);
    json_object_foreach(codes, key, value) {
        dataset_code *c = &d->codes[d->code_count++];
        bytes name = bytes_of_text(key), text = text_of(json_is_object(value) ? json_object_get(value, "result") : value);
        if (ok && (name.size != 42 || !hex_read(bytes_from(name, 2), c->contract.b, sizeof c->contract.b) ||
                   !hex_read_any(&d->memory, text, &c->code)))
            ok = error_set(why, "code.json: %s: expected an address and its code", key);
    }
    json_decref(codes);
    return ok;
}

bool dataset_folder_open(dataset *d, const char *path, error_text *why)
{
    d->folder = arena_copy_text(&d->memory, bytes_of_text(path));
    return read_settings(d, why) && read_blocks(d, why) && read_submissions(d, why) && read_codes(d, why);
}

bool dataset_folder_answers(dataset *d, uint64_t number, json_t **out, error_text *why)
{
    arena scratch = {0};
    *why = (error_text){""};
    *out = load_json(arena_print(&scratch, "%s/blocks/%05" PRIu64 ".json", d->folder, number), why);
    arena_reset(&scratch);
    return why->text[0] == '\0';
}

/* --- rows --- */

/* "hex:..." for what is not printable. */
static bytes stored_value(arena *a, bytes text)
{
    bytes raw;
    if (bytes_start_with(text, BYTES_OF_LITERAL("hex:")) && hex_read_any(a, bytes_from(text, 4), &raw))
        return raw;
    return arena_copy(a, text);
}

typedef struct {
    arena *a;
    dataset_row *rows;
    size_t count, capacity;
} row_list;

static dataset_row *add_row(row_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 1024;
        dataset_row *larger = arena_take_array(list->a, capacity, sizeof *larger);
        if (list->count)
            memcpy(larger, list->rows, list->count * sizeof *larger);
        list->rows = larger;
        list->capacity = capacity;
    }
    return &list->rows[list->count++];
}

static void read_row(row_list *list, bytes table, bytes key, json_t *columns)
{
    dataset_row *r = add_row(list);
    const char *name;
    json_t *value;
    *r = (dataset_row){.table = table, .key = key};
    r->columns = arena_take_array(list->a, json_object_size(columns), sizeof *r->columns);
    json_object_foreach(columns, name, value) {
        row_field *c = &r->columns[r->column_count++];
        u256 id;
        *c = (row_field){arena_copy(list->a, bytes_of_text(name)), stored_value(list->a, text_of(value))};
        if (strcmp(name, "_id_") == 0 && u256_from_decimal(c->value, &id))
            r->id = id.limb[0];
    }
}

/* file: TABLE.json */
static bool read_table(dataset *d, row_list *list, const char *file, error_text *why)
{
    const char *path = arena_print(list->a, "%s/db/%s", d->folder, file), *key;
    bytes table = bytes_of(arena_copy_text(list->a, bytes_of_text(file)), strlen(file) - strlen(".json"));
    json_t *content = load_json(path, why), *rows;
    if (!json_is_object(content)) {
        json_decref(content);
        return why->text[0] ? false : error_set(why, "%s: expected an object of keys", path);
    }
    json_object_foreach(content, key, rows) {
        bytes stored_key = stored_value(list->a, bytes_of_text(key));
        for (size_t i = 0; i < json_array_size(rows); i++)
            read_row(list, table, stored_key, json_array_get(rows, i));
    }
    json_decref(content);
    return true;
}

bool dataset_folder_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why)
{
    row_list list = {.a = a};
    DIR *open = opendir(arena_print(a, "%s/db", d->folder));
    bool ok = true;
    *why = (error_text){""};
    for (struct dirent *entry; ok && open && (entry = readdir(open));) {
        size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0)
            ok = read_table(d, &list, entry->d_name, why);
    }
    if (open)
        closedir(open);
    *out = list.rows;
    *count = list.count;
    return ok;
}
