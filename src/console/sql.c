#include "console/sql.h"

#include <ctype.h>
#include <strings.h>

typedef enum { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SYMBOL } token_kind;

typedef struct {
    arena *a;
    const char *rest;
    token_kind kind;
    const char *text; /* of the token under the eye */
    error_text *why;
} parser;

/* ---- tokens ---- */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || strchr("_$@.", c) != NULL || (unsigned char)c >= 0x80;
}

static size_t word_size(const char *p)
{
    size_t size = *p == '-' && isdigit((unsigned char)p[1]);
    while (p[size] && is_word_byte(p[size]))
        size++;
    return size;
}

/* A quoted text; a quote doubled or behind \ is part of it. */
static bool read_quoted(parser *p)
{
    char quote = *p->rest++;
    char *to = arena_take(p->a, strlen(p->rest) + 1);
    p->kind = TOKEN_QUOTED;
    p->text = to;
    while (*p->rest) {
        if (*p->rest == '\\' && (p->rest[1] == quote || p->rest[1] == '\\')) {
            p->rest++;
        } else if (*p->rest == quote) {
            p->rest++;
            if (*p->rest != quote)
                return true;
        }
        *to++ = *p->rest++;
    }
    return error_set(p->why, "a closing %c is missing", quote);
}

static bool advance(parser *p)
{
    while (isspace((unsigned char)*p->rest))
        p->rest++;
    if (*p->rest == '\0') {
        p->kind = TOKEN_END;
        p->text = "the end";
        return true;
    }
    if (strchr("'\"`", *p->rest))
        return read_quoted(p);
    size_t size = word_size(p->rest);
    p->kind = size ? TOKEN_WORD : TOKEN_SYMBOL;
    if (size == 0)
        size = strchr("<>!", *p->rest) && (p->rest[1] == '=' || (*p->rest == '<' && p->rest[1] == '>')) ? 2 : 1;
    p->text = arena_copy_text(p->a, bytes_of(p->rest, size));
    p->rest += size;
    return true;
}

static bool is_word(const parser *p, const char *word)
{
    return p->kind == TOKEN_WORD && strcasecmp(p->text, word) == 0;
}

static bool is_symbol(const parser *p, const char *symbol)
{
    return p->kind == TOKEN_SYMBOL && strcmp(p->text, symbol) == 0;
}

static bool expected(parser *p, const char *what)
{
    return error_set(p->why, "%s was expected, not %s", what, p->text);
}

static bool take_word(parser *p, const char *word)
{
    return is_word(p, word) ? advance(p) : expected(p, word);
}

static bool take_symbol(parser *p, const char *symbol)
{
    return is_symbol(p, symbol) ? advance(p) : expected(p, symbol);
}

static bool is_reserved(const char *word)
{
    static const char *const reserved[] = {"select", "from", "where", "and", "or", "not", "in", "like", "between", "is", "null", "order",
                                           "group", "by", "having", "join", "union", "distinct", "top", "limit", "set", "values",
                                           "into", "table", "primary", "exists"};
    for (size_t i = 0; i < COUNT(reserved); i++)
        if (strcasecmp(word, reserved[i]) == 0)
            return true;
    return false;
}

static bool take_name(parser *p, const char *what, const char **out)
{
    if ((p->kind != TOKEN_WORD && p->kind != TOKEN_QUOTED) || p->text[0] == '\0' || (p->kind == TOKEN_WORD && is_reserved(p->text)))
        return expected(p, what);
    *out = p->text;
    return advance(p);
}

static bool take_value(parser *p, const char **out)
{
    if (p->kind != TOKEN_WORD && p->kind != TOKEN_QUOTED)
        return error_set(p->why, "a value was expected, not %s (put values with punctuation in double quotes)", p->text);
    *out = p->text;
    return advance(p);
}

/* ---- lists ---- */

static bool add_text(parser *p, const char ***list, size_t *count, const char *text)
{
    if (*count == SQL_FIELDS_MAX)
        return error_set(p->why, "there are more than %d fields", SQL_FIELDS_MAX);
    if (*list == NULL)
        *list = arena_take_array(p->a, SQL_FIELDS_MAX, sizeof **list);
    (*list)[(*count)++] = text;
    return true;
}

static bool take_names(parser *p, const char ***list, size_t *count)
{
    do {
        const char *name = NULL;
        if ((*count && !advance(p)) || !take_name(p, "a field", &name) || !add_text(p, list, count, name))
            return false;
    } while (is_symbol(p, ","));
    return true;
}

static bool take_values(parser *p, const char ***list, size_t *count)
{
    do {
        const char *value = NULL;
        if ((*count && !advance(p)) || !take_value(p, &value) || !add_text(p, list, count, value))
            return false;
    } while (is_symbol(p, ","));
    return true;
}

/* ---- clauses ---- */

static const char *operation_name(const parser *p)
{
    static const struct {
        const char *symbol, *name;
    } operations[] = {{"=", "eq"}, {"!=", "ne"}, {"<>", "ne"}, {">", "gt"}, {">=", "ge"}, {"<", "lt"}, {"<=", "le"}};
    for (size_t i = 0; i < COUNT(operations); i++)
        if (is_symbol(p, operations[i].symbol))
            return operations[i].name;
    return NULL;
}

static bool take_condition(parser *p, sql_statement *s)
{
    if (s->condition_count == SQL_FIELDS_MAX)
        return error_set(p->why, "there are more than %d conditions", SQL_FIELDS_MAX);
    if (s->conditions == NULL)
        s->conditions = arena_take_array(p->a, SQL_FIELDS_MAX, sizeof *s->conditions);
    sql_condition *c = &s->conditions[s->condition_count];
    if (!take_name(p, "a field", &c->field))
        return false;
    c->operation = operation_name(p);
    if (c->operation == NULL)
        return expected(p, "one of = != > >= < <=");
    for (size_t i = 0; i < s->condition_count; i++) /* what the contract takes has one place for each operator of a field */
        if (strcmp(s->conditions[i].field, c->field) == 0 && strcmp(s->conditions[i].operation, c->operation) == 0)
            return error_set(p->why, "there are two conditions \"%s\" on the field %s, and the contract takes one", c->operation, c->field);
    s->condition_count++;
    return advance(p) && take_value(p, &c->value);
}

static bool take_where(parser *p, sql_statement *s)
{
    if (!take_word(p, "where"))
        return false;
    do {
        if ((s->condition_count && !advance(p)) || !take_condition(p, s))
            return false;
    } while (is_word(p, "and"));
    return true;
}

static bool take_count(parser *p, uint32_t *out)
{
    uint64_t value = 0;
    for (const char *c = p->text; *c; c++) {
        if (p->kind != TOKEN_WORD || !isdigit((unsigned char)*c) || (value = value * 10 + (uint64_t)(*c - '0')) > INT32_MAX)
            return expected(p, "a number of rows");
    }
    *out = (uint32_t)value;
    return advance(p);
}

static bool take_limit(parser *p, sql_statement *s)
{
    if (!is_word(p, "limit"))
        return true;
    s->has_limit = true;
    if (!advance(p) || !take_count(p, &s->limit))
        return false;
    if (!is_symbol(p, ","))
        return true;
    s->offset = s->limit;
    return advance(p) && take_count(p, &s->limit);
}

/* ---- statements ---- */

/* Of a column's type and what follows it nothing but a primary key counts. */
static bool skip_column_type(parser *p, bool *is_key)
{
    size_t depth = 0;
    while (p->kind != TOKEN_END && (depth || (!is_symbol(p, ",") && !is_symbol(p, ")")))) {
        bool is_primary = is_word(p, "primary");
        depth = is_symbol(p, "(") ? depth + 1 : is_symbol(p, ")") ? depth - 1 : depth;
        if (!advance(p))
            return false;
        *is_key |= is_primary && is_word(p, "key");
    }
    return true;
}

static bool set_key(parser *p, sql_statement *s, const char *key)
{
    if (s->key)
        return error_set(p->why, "there must be exactly one primary key");
    s->key = key;
    return true;
}

static bool take_column(parser *p, sql_statement *s)
{
    const char *name;
    bool is_key = false;
    if (is_word(p, "primary")) {
        return advance(p) && take_word(p, "key") && take_symbol(p, "(") && take_name(p, "the key field", &name) &&
               take_symbol(p, ")") && set_key(p, s, name);
    }
    return take_name(p, "a field", &name) && add_text(p, &s->fields, &s->field_count, name) && skip_column_type(p, &is_key) &&
           (!is_key || set_key(p, s, name));
}

/* The key is one of the columns; it is taken out of them. */
static bool split_key(parser *p, sql_statement *s)
{
    if (s->key == NULL)
        return error_set(p->why, "there must be exactly one primary key");
    size_t kept = 0;
    for (size_t i = 0; i < s->field_count; i++)
        if (strcmp(s->fields[i], s->key) != 0)
            s->fields[kept++] = s->fields[i];
    if (kept == s->field_count)
        return error_set(p->why, "the primary key %s is none of the fields", s->key);
    s->field_count = kept;
    return true;
}

static bool parse_create(parser *p, sql_statement *s)
{
    if (!take_word(p, "table") || !take_name(p, "a table", &s->table) || !take_symbol(p, "("))
        return false;
    for (;;) {
        if (!take_column(p, s))
            return false;
        if (!is_symbol(p, ","))
            break;
        if (!advance(p))
            return false;
    }
    return take_symbol(p, ")") && split_key(p, s);
}

static bool parse_insert(parser *p, sql_statement *s)
{
    if (!take_word(p, "into") || !take_name(p, "a table", &s->table))
        return false;
    if (is_symbol(p, "(") && !(advance(p) && take_names(p, &s->fields, &s->field_count) && take_symbol(p, ")")))
        return false;
    if (!take_word(p, "values") || !take_symbol(p, "(") || !take_values(p, &s->values, &s->value_count) || !take_symbol(p, ")"))
        return false;
    if (s->field_count && s->field_count != s->value_count)
        return error_set(p->why, "there are %zu fields, but %zu values", s->field_count, s->value_count);
    return true;
}

static bool parse_select(parser *p, sql_statement *s)
{
    if (is_symbol(p, "*") ? !advance(p) : !take_names(p, &s->fields, &s->field_count))
        return false;
    return take_word(p, "from") && take_name(p, "a table", &s->table) && take_where(p, s) && take_limit(p, s);
}

static bool parse_update(parser *p, sql_statement *s)
{
    if (!take_name(p, "a table", &s->table) || !take_word(p, "set"))
        return false;
    do {
        const char *field = NULL, *value = NULL;
        if ((s->field_count && !advance(p)) || !take_name(p, "a field", &field) || !take_symbol(p, "=") || !take_value(p, &value) ||
            !add_text(p, &s->fields, &s->field_count, field) || !add_text(p, &s->values, &s->value_count, value))
            return false;
    } while (is_symbol(p, ","));
    return take_where(p, s) && take_limit(p, s);
}

static bool parse_delete(parser *p, sql_statement *s)
{
    return take_word(p, "from") && take_name(p, "a table", &s->table) && take_where(p, s) && take_limit(p, s);
}

bool sql_parse(arena *a, const char *text, sql_statement *out, error_text *why)
{
    static const struct {
        const char *word;
        bool (*parse)(parser *p, sql_statement *s);
    } kinds[] = {
        [SQL_CREATE] = {"create", parse_create}, [SQL_INSERT] = {"insert", parse_insert}, [SQL_SELECT] = {"select", parse_select},
        [SQL_UPDATE] = {"update", parse_update}, [SQL_DELETE] = {"delete", parse_delete}};
    parser p = {.a = a, .rest = text, .why = why};
    *out = (sql_statement){0};
    if (!advance(&p))
        return false;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!is_word(&p, kinds[i].word))
            continue;
        out->kind = (sql_kind)i;
        if (!advance(&p) || !kinds[i].parse(&p, out))
            return false;
        while (is_symbol(&p, ";"))
            if (!advance(&p))
                return false;
        return p.kind == TOKEN_END || expected(&p, "the end");
    }
    return expected(&p, "create, insert, select, update or delete");
}
