/* setting_rows.h: configuration keys as rows of a table: where a key stands, what it may be, where its value goes. */
#ifndef HANSE_BASE_SETTING_ROWS_H
#define HANSE_BASE_SETTING_ROWS_H

#include "base/ini.h"

typedef enum { SETTING_TEXT, SETTING_INTEGER, SETTING_BOOLEAN, SETTING_REAL } setting_type;

typedef struct {
    const char *section, *legacy_section; /* the legacy name counts only when section is absent; may be NULL */
    const char *key;
    setting_type type;
    size_t offset;                        /* of a const char *, int64_t, bool or double */
    const char *text_default;
    int64_t number_default;               /* also for booleans */
    int64_t min, max;                     /* integers: both included */
    const char *refusal;                  /* what the reference says when the value is out of range, or NULL */
} setting_row;

/* Reads every row into object. The first refused value ends it. */
bool settings_read_rows(const ini *file, const setting_row *rows, size_t count, void *object, arena *a, error_text *why) MUST_USE;
/* The section that counts: the first if present, else the legacy one, else NULL. */
const ini_section *setting_section(const ini *file, const char *section, const char *legacy_section);

#endif
