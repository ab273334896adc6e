#include "base/ini.h"
#include "base/buffer.h"

#include <errno.h>
#include <stdio.h>

bool file_read(arena *a, const char *path, size_t max_bytes, bytes *out, error_text *why)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(why, "%s: %s", path, strerror(errno));
    buffer whole = buffer_init(max_bytes);
    uint8_t chunk[16384];
    size_t got;
    while (!whole.overflowed && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(&whole, bytes_of(chunk, got));
    bool ok = true;
    if (ferror(file))
        ok = error_set(why, "%s: %s", path, strerror(errno));
    else if (whole.overflowed)
        ok = error_set(why, "%s: larger than %zu bytes", path, max_bytes);
    if (ok)
        *out = arena_copy(a, buffer_bytes(&whole));
    buffer_free(&whole);
    fclose(file);
    return ok;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bytes trim(bytes text)
{
    while (text.size && is_space(text.data[0]))
        text = bytes_from(text, 1);
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* The next line, without its end, and the rest. */
static bytes take_line(bytes *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    bytes line = bytes_of(rest->data, size);
    *rest = bytes_from(*rest, end ? size + 1 : size);
    return line;
}

/* Arrays in an arena grow by doubling at powers of two: room for one more after `count` items. */
static void *grow(arena *a, void *items, size_t count, size_t item_size)
{
    if (count & (count - 1))
        return items;
    void *larger = arena_take_array(a, count ? count * 2 : 1, item_size);
    if (count)
        memcpy(larger, items, count * item_size);
    return larger;
}

static bool begin_section(arena *a, ini *out, bytes line, unsigned number, error_text *why)
{
    const uint8_t *end = memchr(line.data, ']', line.size);
    if (end == NULL)
        return error_set(why, "%s:%u: section header without ]", out->path, number);
    char *name = arena_copy_text(a, trim(bytes_of(line.data + 1, (size_t)(end - line.data - 1))));
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->sections[i].name, name) == 0)
            return error_set(why, "%s:%u: duplicate section name [%s]", out->path, number, name);
    out->sections = grow(a, out->sections, out->count, sizeof *out->sections);
    out->sections[out->count++] = (ini_section){.name = name};
    return true;
}

static bool add_entry(arena *a, ini *out, bytes line, unsigned number, error_text *why)
{
    const uint8_t *equals = memchr(line.data, '=', line.size);
    if (equals == NULL)
        return error_set(why, "%s:%u: a line without =: %.*s", out->path, number, (int)(line.size < 80 ? line.size : 80),
                         (const char *)line.data);
    if (out->count == 0)
        return true;
    ini_section *section = &out->sections[out->count - 1];
    size_t key_size = (size_t)(equals - line.data);
    ini_entry entry = {.key = arena_copy_text(a, trim(bytes_of(line.data, key_size))),
                       .value = arena_copy_text(a, trim(bytes_from(line, key_size + 1))),
                       .line = number};
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->entries[i].key, entry.key) == 0)
            return error_set(why, "%s:%u: duplicate key name %s in section [%s]", out->path, number, entry.key, section->name);
    section->entries = grow(a, section->entries, section->count, sizeof *section->entries);
    section->entries[section->count++] = entry;
    return true;
}

bool ini_parse(arena *a, const char *path, bytes text, ini *out, error_text *why)
{
    *out = (ini){.path = arena_copy_text(a, bytes_of_text(path))};
    for (unsigned number = 1; text.size; number++) {
        bytes line = trim(take_line(&text));
        if (line.size == 0 || line.data[0] == ';' || line.data[0] == '#')
            continue;
        bool ok = line.data[0] == '[' ? begin_section(a, out, line, number, why) : add_entry(a, out, line, number, why);
        if (!ok)
            return false;
    }
    return true;
}

bool ini_read_file(arena *a, const char *path, ini *out, error_text *why)
{
    bytes text;
    return file_read(a, path, INI_FILE_MAX_BYTES, &text, why) && ini_parse(a, path, text, out, why);
}

const ini_section *ini_find_section(const ini *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->sections[i].name, name) == 0)
            return file->sections[i].count ? &file->sections[i] : NULL;
    return NULL;
}

const ini_entry *ini_find(const ini *file, const char *section, const char *key)
{
    const ini_section *found = ini_find_section(file, section);
    for (size_t i = 0; found && i < found->count; i++)
        if (strcmp(found->entries[i].key, key) == 0)
            return &found->entries[i];
    return NULL;
}
