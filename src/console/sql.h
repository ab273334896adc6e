/* sql.h: the SQL subset of the console (spec/interfaces.md 15.4), parsed. What needs the table (its key field) is not checked here. */
#ifndef HANSE_CONSOLE_SQL_H
#define HANSE_CONSOLE_SQL_H

#include "base/arena.h"
#include "base/error_text.h"

enum { SQL_FIELDS_MAX = 1024, SQL_TABLE_NAME_MAX = 48, SQL_KEY_MAX = 255, SQL_FIELD_NAME_MAX = 64, SQL_FIELDS_MAX_BYTES = 1024 };

typedef enum { SQL_CREATE, SQL_INSERT, SQL_SELECT, SQL_UPDATE, SQL_DELETE } sql_kind;

typedef struct {
    const char *field;
    const char *operation; /* as the CRUD contract names it: eq ne gt ge lt le */
    const char *value;
} sql_condition;

typedef struct {
    sql_kind kind;
    const char *table;
    const char *key;          /* create: the primary key */
    const char **fields;      /* create: the others; insert: the columns, none: all; select: none: *; update: what is set */
    size_t field_count;
    const char **values;      /* insert; update: of fields */
    size_t value_count;
    sql_condition *conditions;
    size_t condition_count;
    bool has_limit;
    uint32_t offset, limit;
} sql_statement;

/* All of out lives in a. why says what was expected where. */
bool sql_parse(arena *a, const char *text, sql_statement *out, error_text *why) MUST_USE;

#endif
