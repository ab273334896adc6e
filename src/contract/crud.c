/* CRUD, 0x1002: tables by JSON texts. Source: spec/precompiled.md 7.4. */
#include "codec/json_write.h"
#include "contract/json_view.h"
#include "contract/tables.h"

/* How reading a text ended. */
typedef enum { TEXT_GOOD, TEXT_CODE, TEXT_EXCEPTION } text_result;

typedef struct {
    state_table *table;
    bytes name, key;
} target;

/* Reads the first two arguments and opens the table. The key is checked where rows are inserted. */
static target read_target(contract_call *c)
{
    target t = {.name = user_table_name(c, abi_read_bytes(&c->arguments))};
    t.key = abi_read_bytes(&c->arguments);
    return t;
}

static bool open_target(contract_call *c, target *t)
{
    contract_charge(c, OPERATION_OPEN_TABLE, 1);
    t->table = tx_state_open(c->state, t->name);
    return t->table != NULL;
}

static text_result read_entry(contract_call *c, bytes text, row_field **fields, size_t *count, int *code)
{
    const json_view *root = json_view_read(c->memory, text);
    *count = 0;
    if (root == NULL) {
        *code = CODE_PARSE_ENTRY_ERROR;
        return TEXT_CODE;
    }
    if (root->kind != JSON_VIEW_OBJECT)
        return root->kind == JSON_VIEW_NULL ? TEXT_GOOD : TEXT_EXCEPTION;
    *fields = arena_take_array(c->memory, root->member_count, sizeof **fields);
    for (size_t i = 0; i < root->member_count; i++) {
        const json_view *value = root->members[i].value;
        if (value->kind == JSON_VIEW_OBJECT || value->kind == JSON_VIEW_ARRAY)
            return TEXT_EXCEPTION;
        (*fields)[(*count)++] = (row_field){root->members[i].name, value->text};
    }
    return TEXT_GOOD;
}

static bool read_int32(bytes text, int64_t *out)
{
    return number_read_int64(text, out) && *out >= INT32_MIN && *out <= INT32_MAX;
}

static text_result add_limit(contract_call *c, condition *out, bytes text)
{
    size_t comma = 0, end;
    int64_t offset, count;
    while (comma < text.size && text.data[comma] != ',')
        comma++;
    if (comma == text.size)
        return TEXT_EXCEPTION; /* the reference reads past its list */
    for (end = comma + 1; end < text.size && text.data[end] != ',';)
        end++;
    if (!read_int32(bytes_part(text, 0, comma), &offset) ||
        !read_int32(bytes_part(text, comma + 1, end - comma - 1), &count))
        return TEXT_EXCEPTION;
    contract_charge(c, OPERATION_CONDITION, 1);
    condition_limit(out, (uint64_t)offset, (uint64_t)count);
    return TEXT_GOOD;
}

static text_result add_operation(contract_call *c, condition *out, bytes field, const json_view_member *m, int *code)
{
    static const char *const names[] = {[CONDITION_EQ] = "eq", [CONDITION_NE] = "ne", [CONDITION_GT] = "gt",
                                        [CONDITION_GE] = "ge", [CONDITION_LT] = "lt", [CONDITION_LE] = "le"};
    bool is_limit = bytes_equal_text(m->name, "limit");
    size_t op = 0;
    while (op < COUNT(names) && !bytes_equal_text(m->name, names[op]))
        op++;
    if (op == COUNT(names) && !is_limit) {
        *code = CODE_CONDITION_OPERATION_UNDEFINED;
        return TEXT_CODE;
    }
    if (m->value->kind == JSON_VIEW_OBJECT || m->value->kind == JSON_VIEW_ARRAY)
        return TEXT_EXCEPTION;
    if (is_limit)
        return add_limit(c, out, m->value->text);
    contract_charge(c, OPERATION_CONDITION, 1);
    condition_add(out, c->memory, (condition_operator)op, field, m->value->text);
    return TEXT_GOOD;
}

static text_result read_condition(contract_call *c, bytes text, condition *out, int *code)
{
    const json_view *root = json_view_read(c->memory, text);
    *out = (condition){0};
    if (root == NULL) {
        *code = CODE_PARSE_CONDITION_ERROR;
        return TEXT_CODE;
    }
    if (root->kind != JSON_VIEW_OBJECT)
        return root->kind == JSON_VIEW_NULL ? TEXT_GOOD : TEXT_EXCEPTION;
    for (size_t i = 0; i < root->member_count; i++) {
        const json_view *operations = root->members[i].value;
        if (!table_field_is_hashed(root->members[i].name))
            continue;
        if (operations->kind != JSON_VIEW_OBJECT && operations->kind != JSON_VIEW_NULL)
            return TEXT_EXCEPTION;
        for (size_t j = 0; j < operations->member_count; j++) {
            text_result result = add_operation(c, out, root->members[i].name, &operations->members[j], code);
            if (result != TEXT_GOOD)
                return result;
        }
    }
    return TEXT_GOOD;
}

static contract_outcome answer_bad_text(contract_call *c, text_result result, int code)
{
    return result == TEXT_CODE ? contract_answer_i64(c, code) : CONTRACT_EXCEPTION;
}

static contract_outcome answer_count(contract_call *c, int count, contract_operation operation)
{
    if (count == TABLE_INVALID_FIELD)
        return CONTRACT_EXCEPTION;
    if (count > 0)
        contract_charge(c, operation, (uint64_t)count);
    return contract_answer_i64(c, count);
}

static size_t fields_bytes(const row_field *fields, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fields[i].name.size + fields[i].value.size;
    return sum;
}

/* With the key field, which an insert sets. */
static size_t inserted_bytes(const target *t, const row_field *fields, size_t count)
{
    bytes key_field = tx_state_shape(t->table)->key_field;
    const bytes *given = fields_find(fields, count, key_field);
    return fields_bytes(fields, count) - (given ? given->size + key_field.size : 0) + key_field.size + t->key.size;
}

static contract_outcome insert(contract_call *c)
{
    contract_outcome refused;
    row_field *fields = NULL;
    size_t field_count;
    int code;
    target t = read_target(c);
    bytes text = abi_read_bytes(&c->arguments);
    if (!key_fits(c, t.key, CONTRACT_TABLE_REFUSED, &refused))
        return refused;
    if (!open_target(c, &t))
        return contract_answer_i64(c, CODE_TABLE_NOT_EXIST);
    text_result result = read_entry(c, text, &fields, &field_count, &code);
    if (result != TEXT_GOOD)
        return answer_bad_text(c, result, code);
    if (!values_fit(c, fields, field_count, CONTRACT_TABLE_REFUSED, &refused))
        return refused;
    int count = tx_state_insert(c->state, t.table, t.key, fields, field_count, &c->origin);
    if (count > 0)
        contract_raise_memory(c, inserted_bytes(&t, fields, field_count));
    return answer_count(c, count, OPERATION_INSERT);
}

static contract_outcome update(contract_call *c)
{
    contract_outcome refused;
    row_field *fields = NULL;
    size_t field_count;
    condition asked;
    int code;
    target t = read_target(c);
    bytes entry_text = abi_read_bytes(&c->arguments), condition_text = abi_read_bytes(&c->arguments);
    if (!open_target(c, &t))
        return contract_answer_i64(c, CODE_TABLE_NOT_EXIST);
    text_result result = read_entry(c, entry_text, &fields, &field_count, &code);
    if (result != TEXT_GOOD)
        return answer_bad_text(c, result, code);
    if (rules_have(c->rules, GATE_STRICT_ARGUMENTS) && fields_find(fields, field_count, tx_state_shape(t.table)->key_field))
        return contract_answer_i64(c, CODE_INVALID_UPDATE_TABLE_KEY);
    result = read_condition(c, condition_text, &asked, &code);
    if (result != TEXT_GOOD)
        return answer_bad_text(c, result, code);
    if (!values_fit(c, fields, field_count, CONTRACT_TABLE_REFUSED, &refused))
        return refused;
    int count = tx_state_update(c->state, t.table, t.key, fields, field_count, &asked, &c->origin);
    if (count > 0)
        contract_raise_memory(c, fields_bytes(fields, field_count) * (size_t)count);
    return answer_count(c, count, OPERATION_UPDATE);
}

static contract_outcome remove_rows(contract_call *c)
{
    condition asked;
    int code;
    target t = read_target(c);
    bytes condition_text = abi_read_bytes(&c->arguments);
    if (!open_target(c, &t))
        return contract_answer_i64(c, CODE_TABLE_NOT_EXIST);
    text_result result = read_condition(c, condition_text, &asked, &code);
    if (result != TEXT_GOOD)
        return answer_bad_text(c, result, code);
    return answer_count(c, tx_state_remove(c->state, t.table, t.key, &asked, &c->origin), OPERATION_REMOVE);
}

/* "Styled" JSON of precompiled.md 3.7. */
static void write_rows(contract_call *c, buffer *out, state_rows rows)
{
    if (rows.count == 0)
        buffer_append_text(out, "[]\n");
    for (size_t i = 0; i < rows.count; i++) {
        size_t count;
        const row_field *fields = tx_state_fields(c->state, rows.rows[i], &count);
        buffer_append_text(out, i ? ",\n   {\n" : "[\n   {\n");
        for (size_t j = 0; j < count; j++) {
            buffer_append_text(out, "      ");
            json_append_quoted(out, fields[j].name);
            buffer_append_text(out, " : ");
            json_append_quoted(out, fields[j].value);
            buffer_append_text(out, j + 1 < count ? ",\n" : "\n");
        }
        buffer_append_text(out, i + 1 < rows.count ? "   }" : "   }\n]\n");
    }
}

static contract_outcome select_rows(contract_call *c)
{
    condition asked;
    int code;
    bytes given = abi_read_bytes(&c->arguments);
    target t = {.name = bytes_equal_text(given, TABLE_TABLES) ? given : user_table_name(c, given)};
    t.key = abi_read_bytes(&c->arguments);
    bytes condition_text = abi_read_bytes(&c->arguments);
    if (!open_target(c, &t))
        return contract_answer_i64(c, CODE_TABLE_NOT_EXIST);
    text_result result = read_condition(c, condition_text, &asked, &code);
    if (result != TEXT_GOOD)
        return answer_bad_text(c, result, code);
    state_rows rows = tx_state_select(c->state, t.table, t.key, &asked);
    contract_charge(c, OPERATION_SELECT, rows.count);
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    write_rows(c, &out, rows);
    contract_outcome outcome = contract_answer_bytes(c, buffer_bytes(&out));
    buffer_free(&out);
    return outcome;
}

static contract_outcome desc(contract_call *c)
{
    bytes name = user_table_name(c, abi_read_bytes(&c->arguments)), key_field = BYTES_EMPTY, value_fields = BYTES_EMPTY;
    state_table *tables = tx_state_open(c->state, bytes_of_text(TABLE_TABLES));
    contract_charge(c, OPERATION_OPEN_TABLE, 1);
    state_rows rows = tx_state_select(c->state, tables, name, NULL);
    contract_charge(c, OPERATION_SELECT, rows.count);
    if (rows.count) {
        key_field = tx_state_field_named(c->state, rows.rows[0], "key_field");
        value_fields = tx_state_field_named(c->state, rows.rows[0], "value_field");
    }
    abi_writer w = abi_writer_of(c->memory);
    abi_write_bytes(&w, key_field);
    abi_write_bytes(&w, value_fields);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static const contract_method methods[] = {
    {"insert(string,string,string,string)", 0, false, insert},
    {"update(string,string,string,string,string)", 0, false, update},
    {"remove(string,string,string,string)", 0, false, remove_rows},
    {"select(string,string,string,string)", 0, false, select_rows},
    {"desc(string)", 0, false, desc},
};

const contract contract_crud = {.address = 0x1002, .name = "CRUD", .memory_of_call_data = true, .unknown = UNKNOWN_WORD,
                                .unknown_code = CODE_UNKNOW_FUNCTION_CALL, .methods = methods, .method_count = COUNT(methods)};
