#include "tool/dataset.h"
#include "codec/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODE_FOLDER "node0/"
static const char config_name[] = NODE_FOLDER "config.ini", group_name[] = NODE_FOLDER "conf/group.1.ini",
                  genesis_name[] = NODE_FOLDER "conf/group.1.genesis",
                  national_key_name[] = NODE_FOLDER "conf/gmnode.key";

static bool add_block(dataset *d, dataset_block b, error_text *why)
{
    if (b.number != d->block_count)
        return error_set(why, "block %" PRIu64 " stands where block %zu is expected", b.number, d->block_count);
    d->blocks[d->block_count++] = b;
    return true;
}

/* --- packs --- */

static bool find_file(const dataset *d, const char *name, bytes *out)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&d->unpacked));
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "file") && bytes_equal_text(rlp_read_string(&one.fields), name)) {
            *out = rlp_read_string(&one.fields);
            return one.fields.error == RLP_OK;
        }
    return false;
}

static bool parse_packed_ini(dataset *d, const char *name, ini *out, error_text *why)
{
    bytes text;
    if (!find_file(d, name, &text))
        return error_set(why, "the pack has no file %s: not a recorded chain", name);
    return ini_parse(&d->memory, name, text, out, why);
}

static bool read_packed_blocks(dataset *d, error_text *why)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&d->unpacked));
    d->blocks = arena_take_array(&d->memory, rlp_count_items(&records), sizeof *d->blocks);
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "block"))
            continue;
        dataset_block b = {.number = rlp_read_uint(&one.fields, 8)};
        rlp_read_fixed(&one.fields, b.hash.b, sizeof b.hash, RLP_EXACT);
        b.raw = rlp_read_string(&one.fields);
        if (one.fields.error)
            return error_set(why, "block record %zu: %s", d->block_count, rlp_error_text(one.fields.error));
        if (!add_block(d, b, why))
            return false;
    }
    return records.error == RLP_OK || error_set(why, "record: %s", rlp_error_text(records.error));
}

static bool open_pack(dataset *d, const char *path, error_text *why)
{
    ini config, group, genesis_file;
    bytes key;
    if (!pack_read_file(path, &d->unpacked, why) || !parse_packed_ini(d, config_name, &config, why) ||
        !parse_packed_ini(d, group_name, &group, why) || !parse_packed_ini(d, genesis_name, &genesis_file, why))
        return false;
    chain_files files = {&config, &group, &genesis_file, find_file(d, national_key_name, &key)};
    return genesis_read_chain(&files, &d->memory, &d->rules, &d->genesis, why) && read_packed_blocks(d, why);
}

/* --- folders --- */

static bytes take_word(bytes *rest, uint8_t end)
{
    const uint8_t *at = rest->size ? memchr(rest->data, end, rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    bytes word = bytes_of(rest->data, size);
    *rest = bytes_from(*rest, size + (at != NULL));
    return word;
}

static bool parse_line(dataset *d, bytes line, error_text *why)
{
    bytes number = take_word(&line, ' '), hash = take_word(&line, ' ');
    dataset_block b;
    u256 value;
    if (!u256_from_decimal(number, &value) || !u256_fits_u64(value) || !hex_read(hash, b.hash.b, sizeof b.hash) ||
        line.size % 2 || !hex_read_any(&d->memory, line, &b.raw))
        return error_set(why, "raw_blocks.txt:%zu: expected \"number hash hex\"", d->block_count + 1);
    b.number = value.limb[0];
    return add_block(d, b, why);
}

static bool read_lines(dataset *d, bytes text, error_text *why)
{
    size_t lines = 0;
    for (bytes rest = text; rest.size; lines++)
        take_word(&rest, '\n');
    d->blocks = arena_take_array(&d->memory, lines, sizeof *d->blocks);
    while (text.size)
        if (!parse_line(d, take_word(&text, '\n'), why))
            return false;
    return true;
}

static bool open_folder(dataset *d, const char *path, error_text *why)
{
    ini config, group, genesis_file;
    arena scratch = {0};
    bytes text;
    const char *nodes = arena_print(&d->memory, "%s/nodes/", path);
    if (!ini_read_file(&d->memory, arena_print(&d->memory, "%s%s", nodes, config_name), &config, why) ||
        !ini_read_file(&d->memory, arena_print(&d->memory, "%s%s", nodes, group_name), &group, why) ||
        !ini_read_file(&d->memory, arena_print(&d->memory, "%s%s", nodes, genesis_name), &genesis_file, why))
        return false;
    bool has_national_key = access(arena_print(&d->memory, "%s%s", nodes, national_key_name), F_OK) == 0;
    chain_files files = {&config, &group, &genesis_file, has_national_key};
    bool ok =
        genesis_read_chain(&files, &d->memory, &d->rules, &d->genesis, why) &&
        file_read(&scratch, arena_print(&d->memory, "%s/raw_blocks.txt", path), DATASET_TEXT_MAX_BYTES, &text, why) &&
        read_lines(d, text, why);
    arena_reset(&scratch);
    return ok;
}

bool dataset_open(dataset *d, const char *path, error_text *why)
{
    struct stat status;
    *d = (dataset){0};
    bool is_folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (!(is_folder ? open_folder(d, path, why) : open_pack(d, path, why))) {
        error_prefix(why, "%s", path);
        return false;
    }
    return d->block_count > 0 || error_set(why, "%s: no blocks", path);
}

void dataset_free(dataset *d)
{
    arena_reset(&d->memory);
    buffer_free(&d->unpacked);
    *d = (dataset){0};
}
