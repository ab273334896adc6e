/* ini.h: the configuration files of a node. Rules: spec/interfaces.md 5.1 (no inline comments, first character ; or # begins a
   comment line, duplicate sections or keys are errors, keys outside a section are ignored). */
#ifndef HANSE_BASE_INI_H
#define HANSE_BASE_INI_H

#include "base/arena.h"
#include "base/error_text.h"

enum { INI_FILE_MAX_BYTES = 1024 * 1024 };

typedef struct {
    const char *key, *value; /* trimmed */
    unsigned line;
} ini_entry;

typedef struct {
    const char *name;
    ini_entry *entries; /* in file order */
    size_t count;
} ini_section;

typedef struct {
    const char *path; /* for messages */
    ini_section *sections;
    size_t count;
} ini;

/* Everything in the result lives in a. The reason names file and line. */
bool ini_parse(arena *a, const char *path, bytes text, ini *out, error_text *why) MUST_USE;
bool ini_read_file(arena *a, const char *path, ini *out, error_text *why) MUST_USE;
const ini_section *ini_find_section(const ini *file, const char *name); /* NULL when absent or without keys */
const ini_entry *ini_find(const ini *file, const char *section, const char *key);

/* A whole file of at most max_bytes, into a. */
bool file_read(arena *a, const char *path, size_t max_bytes, bytes *out, error_text *why) MUST_USE;

#endif
