/* toml.h: as much of TOML as the Java console's files hold: [sections], key = "text", number, true/false, or an array of texts (also
   over several lines), comments. Escapes in texts: \" \\ \n \t. */
#ifndef HANSE_CONSOLE_TOML_H
#define HANSE_CONSOLE_TOML_H

#include "base/arena.h"
#include "base/error_text.h"

enum { TOML_FILE_MAX_BYTES = 1024 * 1024, TOML_VALUES_MAX = 4096 };

typedef struct {
    const char *section, *key;
    const char **values; /* one, unless it is an array */
    size_t count;
    bool is_array;
} toml_entry;

typedef struct {
    toml_entry *entries;
    size_t count;
} toml;

/* All of out lives in a; path is for messages. */
bool toml_parse(arena *a, const char *path, bytes text, toml *out, error_text *why) MUST_USE;
bool toml_read(arena *a, const char *path, toml *out, error_text *why) MUST_USE;
const toml_entry *toml_find(const toml *file, const char *section, const char *key); /* NULL: not there */
const char *toml_text(const toml *file, const char *section, const char *key);       /* its first value; NULL: not there */

#endif
