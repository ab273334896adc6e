/* Tables by SQL, through the CRUD contract (spec/precompiled.md 7.4, spec/interfaces.md 15.4). */
#include "console/builtin.h"
#include "console/sql.h"

#include <stdlib.h>

typedef struct {
    const char *key, *fields; /* comma-joined */
} table_shape;

/* false: it is said why. */
static bool describe(session *s, const char *table, table_shape *out)
{
    json_t *values = builtin_call(s, BUILTIN_CRUD, "desc(string)(string,string)", &table, 1);
    if (values == NULL)
        return false;
    out->key = arena_copy_text(&s->memory, bytes_of_text(builtin_text(values, 0)));
    out->fields = arena_copy_text(&s->memory, bytes_of_text(builtin_text(values, 1)));
    json_decref(values);
    return out->key[0] || console_fail(s, "The table \"%s\" doesn't exist!", table);
}

static bool fail_sql(session *s, const char *sql, long code)
{
    console_fail(s, "call %s failed!", sql);
    say(s, "* code: %ld", code);
    say(s, "* message: %s", builtin_message(code));
    return false;
}

static bool has_field(const table_shape *shape, const char *field)
{
    size_t size = strlen(field);
    for (const char *p = shape->fields;; p += strcspn(p, ",") + 1) {
        if (strcspn(p, ",") == size && memcmp(p, field, size) == 0)
            return true;
        if (p[strcspn(p, ",")] == '\0')
            return strcmp(field, shape->key) == 0;
    }
}

static bool check_fields(session *s, const sql_statement *q, const table_shape *shape)
{
    for (size_t i = 0; i < q->field_count; i++)
        if (!has_field(shape, q->fields[i]))
            return console_fail(s, "Unknown field '%s' of table '%s'.", q->fields[i], q->table);
    for (size_t i = 0; i < q->condition_count; i++)
        if (!has_field(shape, q->conditions[i].field))
            return console_fail(s, "Unknown field '%s' of table '%s'.", q->conditions[i].field, q->table);
    return true;
}

static char *dump(session *s, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    char *copy = text ? arena_copy_text(&s->memory, bytes_of_text(text)) : NULL;
    free(text);
    json_decref(value);
    return copy;
}

/* The value the key field must equal; NULL: it is said why. */
static const char *key_value(session *s, const sql_statement *q, const char *key)
{
    for (size_t i = 0; i < q->condition_count; i++)
        if (strcmp(q->conditions[i].field, key) == 0 && strcmp(q->conditions[i].operation, "eq") == 0)
            return q->conditions[i].value;
    console_fail(s, "Please provide a equal condition for the key field '%s' in where clause.", key);
    return NULL;
}

/* {"field":{"gt":"1","lt":"5"},"limit":{"limit":"0,10"}} */
static const char *condition_json(session *s, const sql_statement *q)
{
    json_t *all = json_object();
    for (size_t i = 0; i < q->condition_count; i++) {
        const sql_condition *c = &q->conditions[i];
        if (json_object_get(all, c->field) == NULL)
            json_object_set_new(all, c->field, json_object());
        json_object_set_new(json_object_get(all, c->field), c->operation, json_string(c->value));
    }
    if (q->has_limit)
        json_object_set_new(all, "limit", json_pack("{s:s}", "limit", arena_print(&s->memory, "%u,%u", q->offset, q->limit)));
    return dump(s, all);
}

/* Sends; the number of rows, or what the contract said instead. false: it is said why. */
static bool send(session *s, const char *sql, const char *signature, const char *const *arguments, size_t count, long *rows)
{
    const char *hash;
    json_t *values = builtin_send(s, BUILTIN_CRUD, signature, arguments, count, &hash);
    if (values == NULL)
        return false;
    *rows = builtin_number(values, 0);
    json_decref(values);
    say(s, "TransactionHash: %s", hash);
    return *rows >= 0 || fail_sql(s, sql, *rows);
}

static void say_affected(session *s, const char *what, long rows)
{
    say(s, "%s%ld row%s affected.\n", what, rows, rows == 1 ? "" : "s");
}

/* ---- statements ---- */

static bool run_create(session *s, const sql_statement *q)
{
    const char *hash;
    buffer fields = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < q->field_count; i++)
        buffer_print(&fields, "%s%s", i ? "," : "", q->fields[i]);
    const char *arguments[] = {q->table, q->key, arena_copy_text(&s->memory, buffer_bytes(&fields))};
    size_t fields_size = fields.size;
    buffer_free(&fields);
    if (strlen(q->table) > SQL_TABLE_NAME_MAX)
        return builtin_show_code(s, NULL, -50002);
    if (fields_size > SQL_FIELDS_MAX_BYTES)
        return builtin_show_code(s, NULL, -50004);
    json_t *values = builtin_send(s, BUILTIN_TABLE_FACTORY, "createTable(string,string,string)(int256)", arguments, 3, &hash);
    if (values == NULL)
        return false;
    long code = builtin_number(values, 0);
    json_decref(values);
    if (code == 0) {
        say(s, "TransactionHash: %s", hash);
        say(s, "Create '%s' Ok.\n", q->table);
        return true;
    }
    builtin_show_code(s, hash, code);
    return console_fail(s, "Create '%s' failed ", q->table);
}

/* Columns without names: the key and then the fields, in the order in which they were created. */
static const char **all_columns(session *s, const table_shape *shape, size_t *count)
{
    const char **columns = arena_take_array(&s->memory, strlen(shape->fields) + 2, sizeof *columns);
    *count = 0;
    columns[(*count)++] = shape->key;
    for (const char *p = shape->fields; *p;) {
        size_t size = strcspn(p, ",");
        columns[(*count)++] = arena_copy_text(&s->memory, bytes_of(p, size));
        p += size + (p[size] == ',');
    }
    return columns;
}

static bool run_insert(session *s, const sql_statement *q, const table_shape *shape, const char *sql)
{
    size_t count = q->field_count;
    const char *const *columns = q->fields, *key = NULL;
    if (count == 0)
        columns = all_columns(s, shape, &count);
    if (count != q->value_count)
        return console_fail(s, "Table '%s' has %zu fields, but there are %zu values.", q->table, count, q->value_count);
    json_t *entry = json_object();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i], shape->key) == 0)
            key = q->values[i];
        json_object_set_new(entry, columns[i], json_string(q->values[i]));
    }
    const char *entry_text = dump(s, entry);
    if (key == NULL)
        return console_fail(s, "Please insert the key field '%s'.", shape->key);
    if (strlen(key) > SQL_KEY_MAX)
        return builtin_show_code(s, NULL, -50005);
    const char *arguments[] = {q->table, key, entry_text, ""};
    long rows;
    if (!send(s, sql, "insert(string,string,string,string)(int256)", arguments, 4, &rows))
        return false;
    say(s, "Insert OK: ");
    say_affected(s, "", rows);
    return true;
}

static bool run_update(session *s, const sql_statement *q, const table_shape *shape, const char *sql)
{
    json_t *entry = json_object();
    bool sets_key = false;
    for (size_t i = 0; i < q->field_count; i++) {
        sets_key |= strcmp(q->fields[i], shape->key) == 0;
        json_object_set_new(entry, q->fields[i], json_string(q->values[i]));
    }
    const char *entry_text = dump(s, entry), *key = key_value(s, q, shape->key);
    if (sets_key)
        return console_fail(s, "Please don't set the key field \"%s\".", shape->key);
    if (key == NULL)
        return false;
    const char *arguments[] = {q->table, key, entry_text, condition_json(s, q), ""};
    long rows;
    if (!send(s, sql, "update(string,string,string,string,string)(int256)", arguments, 5, &rows))
        return false;
    say_affected(s, "", rows);
    return true;
}

static bool run_delete(session *s, const sql_statement *q, const table_shape *shape, const char *sql)
{
    const char *key = key_value(s, q, shape->key);
    if (key == NULL)
        return false;
    const char *arguments[] = {q->table, key, condition_json(s, q), ""};
    long rows;
    if (!send(s, sql, "remove(string,string,string,string)(int256)", arguments, 4, &rows))
        return false;
    say_affected(s, "Remove OK, ", rows);
    return true;
}

/* ---- select ---- */

static void append_field(buffer *out, const char *field, const json_t *row)
{
    const char *value = json_string_value(json_object_get(row, field));
    buffer_print(out, "%s%s=%s", out->size > 1 ? ", " : "", field, value ? value : "");
}

static void show_row(session *s, const char *const *columns, size_t count, const json_t *row)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_byte(&text, '{');
    for (size_t i = 0; i < count; i++)
        append_field(&text, columns[i], row);
    say(s, "%.*s}", (int)text.size, (const char *)text.data);
    buffer_free(&text);
}

static bool run_select(session *s, const sql_statement *q, const table_shape *shape)
{
    const char *key = key_value(s, q, shape->key);
    if (key == NULL)
        return false;
    size_t column_count = q->field_count;
    const char *const *columns = column_count ? q->fields : all_columns(s, shape, &column_count);
    const char *arguments[] = {q->table, key, condition_json(s, q), ""};
    json_t *values = builtin_call(s, BUILTIN_CRUD, "select(string,string,string,string)(string)", arguments, 4);
    json_t *rows = values ? json_loads(builtin_text(values, 0), 0, NULL) : NULL;
    bool ok = json_is_array(rows);
    size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++)
        show_row(s, columns, column_count, json_array_get(rows, i));
    if (ok && count == 0)
        say(s, "Empty set.\n");
    else if (ok)
        say(s, "%zu row%s in set.\n", count, count == 1 ? "" : "s");
    else if (values)
        console_fail(s, "The contract's answer is no list of rows.");
    json_decref(rows);
    json_decref(values);
    return ok;
}

/* ---- commands ---- */

static bool run_sql(session *s, const command *c, int argc, char **argv)
{
    sql_statement q;
    table_shape shape;
    error_text why;
    (void)c, (void)argc;
    json_t *text = json_string(argv[0]); /* what is no UTF-8 cannot be put into the contract's JSON */
    json_decref(text);
    if (text == NULL)
        return console_fail(s, "Could not parse SQL statement.\nIt is no UTF-8 text.");
    if (!sql_parse(&s->memory, argv[0], &q, &why)) {
        console_fail(s, "Could not parse SQL statement.");
        return console_fail(s, "%s.", why.text);
    }
    if (q.kind == SQL_CREATE)
        return run_create(s, &q);
    if (!describe(s, q.table, &shape) || !check_fields(s, &q, &shape))
        return false;
    switch (q.kind) {
    case SQL_INSERT: return run_insert(s, &q, &shape, argv[0]);
    case SQL_UPDATE: return run_update(s, &q, &shape, argv[0]);
    case SQL_DELETE: return run_delete(s, &q, &shape, argv[0]);
    default: return run_select(s, &q, &shape);
    }
}

static bool run_desc(session *s, const command *c, int argc, char **argv)
{
    table_shape shape;
    (void)c, (void)argc;
    if (!describe(s, argv[0], &shape))
        return false;
    json_t *list = json_pack("[{s:s, s:s}]", "key_field", shape.key, "value_field", shape.fields);
    char *text = dump(s, list);
    say_pretty(s, bytes_of_text(text ? text : "[]"));
    return true;
}

#define SQL(text) .run = run_sql, .takes_line = true, .parameters = {{PARAMETER_TEXT, (text), "The rest of the statement.", false}}

static const command rows[] = {
    {.name = "desc", .help = "Description table information", .run = run_desc,
     .parameters = {{PARAMETER_TEXT, "tableName", "The name of the table.", false}}},
    {.name = "create", .help = "Create table by sql", SQL("table T(k varchar, f varchar, primary key(k))")},
    {.name = "insert", .help = "Insert records by sql", SQL("into T [(k, f)] values (v, w)")},
    {.name = "select", .help = "Select records by sql", SQL("f, g | * from T where k = v [and f > w] [limit [offset,] count]")},
    {.name = "update", .help = "Update records by sql", SQL("T set f = v where k = w [and ...]")},
    {.name = "delete", .help = "Remove records by sql", SQL("from T where k = v [and ...]")}};
const command_family family_tables = FAMILY("Tables (CRUD)", "表（CRUD）", rows);
