#include "base/setting_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const ini_section *setting_section(const ini *file, const char *section, const char *legacy_section)
{
    const ini_section *found = ini_find_section(file, section);
    return found || legacy_section == NULL ? found : ini_find_section(file, legacy_section);
}

static const ini_entry *find_entry(const ini *file, const setting_row *row)
{
    const ini_section *section = setting_section(file, row->section, row->legacy_section);
    for (size_t i = 0; section && i < section->count; i++)
        if (strcmp(section->entries[i].key, row->key) == 0)
            return section->entries[i].value[0] ? &section->entries[i] : NULL;
    return NULL;
}

static bool refuse(const ini *file, const setting_row *row, const ini_entry *entry, const char *expected, error_text *why)
{
    return error_set(why, "%s:%u: [%s] %s=%s: %s%s%s", file->path, entry->line, row->section, row->key, entry->value,
                     row->refusal ? row->refusal : "", row->refusal ? "; " : "", expected);
}

static bool read_integer(const ini *file, const setting_row *row, const ini_entry *entry, int64_t *out, error_text *why)
{
    char *end, expected[80];
    errno = 0;
    long long value = strtoll(entry->value, &end, 10);
    if (errno || *end || value < row->min || value > row->max) {
        snprintf(expected, sizeof expected, "expected a number from %lld to %lld", (long long)row->min, (long long)row->max);
        return refuse(file, row, entry, expected, why);
    }
    *out = value;
    return true;
}

static bool read_boolean(const ini *file, const setting_row *row, const ini_entry *entry, bool *out, error_text *why)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true}, {"1", true}, {"false", false}, {"0", false}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(entry->value, words[i].text) == 0) {
            *out = words[i].value;
            return true;
        }
    return refuse(file, row, entry, "expected true or false", why);
}

static bool read_real(const ini *file, const setting_row *row, const ini_entry *entry, double *out, error_text *why)
{
    char *end;
    double value = strtod(entry->value, &end);
    if (*end || !(value >= (double)row->min && value <= (double)row->max))
        return refuse(file, row, entry, "expected a number in range", why);
    *out = value;
    return true;
}

static bool read_row(const ini *file, const setting_row *row, uint8_t *object, arena *a, error_text *why)
{
    const ini_entry *entry = find_entry(file, row);
    void *where = object + row->offset;
    switch (row->type) {
    case SETTING_TEXT: {
        const char *text = entry ? entry->value : row->text_default;
        *(const char **)where = text ? arena_copy_text(a, bytes_of_text(text)) : NULL;
        return true;
    }
    case SETTING_INTEGER:
        *(int64_t *)where = row->number_default;
        return entry == NULL || read_integer(file, row, entry, where, why);
    case SETTING_BOOLEAN:
        *(bool *)where = row->number_default != 0;
        return entry == NULL || read_boolean(file, row, entry, where, why);
    case SETTING_REAL:
        *(double *)where = (double)row->number_default;
        return entry == NULL || read_real(file, row, entry, where, why);
    }
    return false;
}

bool settings_read_rows(const ini *file, const setting_row *rows, size_t count, void *object, arena *a, error_text *why)
{
    for (size_t i = 0; i < count; i++)
        if (!read_row(file, &rows[i], object, a, why))
            return false;
    return true;
}
