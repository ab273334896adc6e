#include "console/toml.h"
#include "base/ini.h"

#include <ctype.h>

typedef struct {
    arena *a;
    const char *path, *rest;
    unsigned line;
    const char *section;
    toml *out;
    size_t value_count;
    error_text *why;
} reader;

static bool bad(reader *r, const char *what)
{
    return error_set(r->why, "%s: line %u: %s", r->path, r->line, what);
}

static void skip_blanks(reader *r)
{
    while (*r->rest == ' ' || *r->rest == '\t' || *r->rest == '\r')
        r->rest++;
}

/* Blanks, line ends and comments. */
static void skip_space(reader *r)
{
    for (;; r->rest++) {
        skip_blanks(r);
        if (*r->rest == '#')
            r->rest += strcspn(r->rest, "\n");
        if (*r->rest != '\n')
            return;
        r->line++;
    }
}

static bool read_line_end(reader *r)
{
    skip_blanks(r);
    if (*r->rest == '#')
        r->rest += strcspn(r->rest, "\n");
    return *r->rest == '\n' || *r->rest == '\0' || bad(r, "the end of the line was expected");
}

static bool read_text(reader *r, const char **out)
{
    char quote = *r->rest++;
    char *to = arena_take(r->a, strcspn(r->rest, "\n") + 1);
    *out = to;
    for (; *r->rest != quote; r->rest++) {
        if (*r->rest == '\n' || *r->rest == '\0')
            return bad(r, "a closing quote is missing");
        if (quote == '"' && *r->rest == '\\' && r->rest[1] && strchr("\"\\nt", r->rest[1])) {
            r->rest++;
            *to++ = *r->rest == 'n' ? '\n' : *r->rest == 't' ? '\t' : *r->rest;
        } else {
            *to++ = *r->rest;
        }
    }
    r->rest++;
    return true;
}

static bool read_scalar(reader *r, const char **out)
{
    if (++r->value_count > TOML_VALUES_MAX)
        return bad(r, "the file has too many values");
    if (*r->rest == '"' || *r->rest == '\'')
        return read_text(r, out);
    size_t size = strcspn(r->rest, " \t\r\n#,]");
    if (size == 0)
        return bad(r, "a value was expected");
    *out = arena_copy_text(r->a, bytes_of(r->rest, size));
    r->rest += size;
    return true;
}

static size_t count_commas(const char *text)
{
    size_t count = 0;
    char quote = 0;
    for (size_t i = 0; text[i] && (quote || text[i] != ']'); i++) {
        if (quote == 0 && (text[i] == '"' || text[i] == '\''))
            quote = text[i];
        else if (quote && (text[i] == quote || text[i] == '\n'))
            quote = 0;
        count += text[i] == ',';
    }
    return count;
}

static bool read_array(reader *r, toml_entry *e)
{
    r->rest++;
    e->is_array = true;
    size_t max = count_commas(r->rest) + 1;
    e->values = arena_take_array(r->a, max, sizeof *e->values);
    for (;;) {
        skip_space(r);
        if (*r->rest == ']')
            break;
        if (e->count == max)
            return bad(r, "a ] was expected");
        if (!read_scalar(r, &e->values[e->count++]))
            return false;
        skip_space(r);
        if (*r->rest == ',')
            r->rest++;
        else if (*r->rest != ']')
            return bad(r, "a , or ] was expected");
    }
    r->rest++;
    return true;
}

static bool read_entry(reader *r, toml_entry *e)
{
    size_t size = strcspn(r->rest, " \t\r\n=");
    e->section = r->section;
    e->key = arena_copy_text(r->a, bytes_of(r->rest, size));
    r->rest += size;
    skip_blanks(r);
    if (size == 0 || *r->rest != '=')
        return bad(r, "key = value was expected");
    r->rest++;
    skip_blanks(r);
    if (*r->rest == '[')
        return read_array(r, e) && read_line_end(r);
    e->values = arena_take_array(r->a, 1, sizeof *e->values);
    e->count = 1;
    return read_scalar(r, &e->values[0]) && read_line_end(r);
}

static bool read_section(reader *r)
{
    size_t size = strcspn(r->rest + 1, "]\n");
    if (r->rest[1 + size] != ']')
        return bad(r, "a ] was expected");
    r->section = arena_copy_text(r->a, bytes_of(r->rest + 1, size));
    r->rest += size + 2;
    return read_line_end(r);
}

static size_t count_equals(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '=';
    return count;
}

bool toml_parse(arena *a, const char *path, bytes text, toml *out, error_text *why)
{
    reader r = {.a = a, .path = path, .rest = arena_copy_text(a, text), .line = 1, .section = "", .out = out, .why = why};
    size_t max = count_equals(r.rest);
    *out = (toml){.entries = arena_take_array(a, max ? max : 1, sizeof *out->entries)};
    for (;;) {
        skip_space(&r);
        if (*r.rest == '\0')
            return true;
        if (*r.rest == '[') {
            if (!read_section(&r))
                return false;
            continue;
        }
        toml_entry e = {0};
        if (!read_entry(&r, &e))
            return false;
        out->entries[out->count++] = e;
    }
}

bool toml_read(arena *a, const char *path, toml *out, error_text *why)
{
    bytes text;
    return file_read(a, path, TOML_FILE_MAX_BYTES, &text, why) && toml_parse(a, path, text, out, why);
}

const toml_entry *toml_find(const toml *file, const char *section, const char *key)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].section, section) == 0 && strcmp(file->entries[i].key, key) == 0)
            return &file->entries[i];
    return NULL;
}

const char *toml_text(const toml *file, const char *section, const char *key)
{
    const toml_entry *e = toml_find(file, section, key);
    return e && e->count ? e->values[0] : NULL;
}
