/* spec/interfaces.md 15.4. */
#include "test.h"

#include "console/sql.h"

static arena memory;

static sql_statement parse(const char *text)
{
    sql_statement q;
    error_text why = {""};
    if (!sql_parse(&memory, text, &q, &why))
        fail_msg("%s: %s", text, why.text);
    return q;
}

static void refuse(const char *text, const char *reason)
{
    sql_statement q;
    error_text why = {""};
    assert_false(sql_parse(&memory, text, &q, &why));
    if (strstr(why.text, reason) == NULL)
        fail_msg("%s: \"%s\" says nothing of \"%s\"", text, why.text, reason);
}

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

static void create_has_one_key_and_ignores_types(void **state)
{
    (void)state;
    sql_statement q = parse("create table t_demo(name varchar, item_id varchar(30) not null default 'a,b', item_name text, primary key(name))");
    assert_int_equal(q.kind, SQL_CREATE);
    assert_string_equal(q.table, "t_demo");
    assert_string_equal(q.key, "name");
    assert_int_equal(q.field_count, 2);
    assert_string_equal(q.fields[0], "item_id");
    assert_string_equal(q.fields[1], "item_name");
    q = parse("CREATE TABLE t (k varchar PRIMARY KEY, f int);");
    assert_string_equal(q.key, "k");
    assert_int_equal(q.field_count, 1);
    refuse("create table t(a varchar)", "exactly one primary key");
    refuse("create table t(a varchar primary key, b varchar, primary key(b))", "exactly one primary key");
    refuse("create table t(a varchar, primary key(b))", "none of the fields");
    refuse("create table t", "( was expected");
    refuse("create table t(", "a field was expected");
    refuse("create t(a varchar)", "table was expected");
}

static void insert_has_columns_or_not(void **state)
{
    (void)state;
    sql_statement q = parse("insert into t_demo (name, item_id, item_name) values (fruit, 1, \"apple, red\")");
    assert_int_equal(q.kind, SQL_INSERT);
    assert_int_equal(q.field_count, 3);
    assert_int_equal(q.value_count, 3);
    assert_string_equal(q.values[2], "apple, red");
    q = parse("insert into t values ('it''s', -5, 1.5, 苹果)");
    assert_int_equal(q.field_count, 0);
    assert_string_equal(q.values[0], "it's");
    assert_string_equal(q.values[1], "-5");
    assert_string_equal(q.values[2], "1.5");
    assert_string_equal(q.values[3], "苹果");
    refuse("insert into t (a, b) values (1)", "2 fields, but 1 values");
    refuse("insert into t values (a;b)", ") was expected");
    refuse("insert into t values (\"a)", "closing");
    refuse("insert into t values (1) where a = 1", "the end was expected");
}

static void select_knows_conditions_and_limits(void **state)
{
    (void)state;
    sql_statement q = parse("select * from t where name = fruit and id >= 1 and id!=2 and no<>3 and id < 9 and id <= 8 and id > 0 limit 2,5");
    static const char *const operations[] = {"eq", "ge", "ne", "ne", "lt", "le", "gt"};
    assert_int_equal(q.kind, SQL_SELECT);
    assert_int_equal(q.field_count, 0);
    assert_int_equal(q.condition_count, COUNT(operations));
    for (size_t i = 0; i < COUNT(operations); i++)
        assert_string_equal(q.conditions[i].operation, operations[i]);
    assert_string_equal(q.conditions[0].field, "name");
    assert_string_equal(q.conditions[0].value, "fruit");
    assert_true(q.has_limit);
    assert_int_equal(q.offset, 2);
    assert_int_equal(q.limit, 5);
    q = parse("select a, `b` from t where k=\"\" limit 1");
    assert_int_equal(q.field_count, 2);
    assert_string_equal(q.conditions[0].value, "");
    assert_int_equal(q.offset, 0);
    assert_int_equal(q.limit, 1);
}

static void the_rest_of_sql_is_refused(void **state)
{
    (void)state;
    refuse("select * from t", "where was expected");
    refuse("delete from t where k = a and f != x and f <> y", "two conditions \"ne\" on the field f");
    refuse("select * from t where k = a and k = b", "two conditions \"eq\" on the field k");
    refuse("select * from t where k = 1 or k = 2", "the end was expected");
    refuse("select * from t where k in (1)", "one of = ");
    refuse("select * from t where k like 'a%'", "one of = ");
    refuse("select * from t where not k = 1", "a field was expected");
    refuse("select * from t where k = 1 order by k", "the end was expected");
    refuse("select count(*) from t where k = 1", "from was expected");
    refuse("select distinct a from t where k = 1", "a field was expected");
    refuse("select * from a, b where k = 1", "where was expected");
    refuse("select * from t where k = 1 limit x", "a number of rows");
    refuse("select * from t where k = 1 limit 99999999999", "a number of rows");
    refuse("drop table t", "create, insert, select, update or delete");
    refuse("", "create, insert");
}

static void update_and_delete(void **state)
{
    (void)state;
    sql_statement q = parse("update t set a = 1, b = 'x y' where k = v and c = d");
    assert_int_equal(q.kind, SQL_UPDATE);
    assert_int_equal(q.field_count, 2);
    assert_string_equal(q.values[1], "x y");
    assert_int_equal(q.condition_count, 2);
    q = parse("delete from t where k = v;");
    assert_int_equal(q.kind, SQL_DELETE);
    assert_int_equal(q.condition_count, 1);
    refuse("update t set a where k = v", "= was expected");
    refuse("update t set a = 1", "where was expected");
    refuse("delete t where k = v", "from was expected");
}

/* Every beginning of a statement is refused or parsed, and never read past its end. */
static void every_beginning_ends(void **state)
{
    (void)state;
    static const char *const whole[] = {"create table t(a varchar(3), b int, primary key(a))", "insert into t (a, b) values ('x', \"y\")",
                                        "select a, b from t where k = \"v\" and b >= 1 limit 2, 3",
                                        "update t set a = 1, b = 2 where k = v", "delete from t where k != v"};
    for (size_t i = 0; i < COUNT(whole); i++)
        for (size_t size = 0; size < strlen(whole[i]); size++) {
            char *part = strndup(whole[i], size);
            sql_statement q;
            error_text why = {""};
            if (!sql_parse(&memory, part, &q, &why))
                assert_true(why.text[0]);
            free(part);
            arena_reset(&memory);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(create_has_one_key_and_ignores_types, forget), cmocka_unit_test_teardown(insert_has_columns_or_not, forget),
        cmocka_unit_test_teardown(select_knows_conditions_and_limits, forget), cmocka_unit_test_teardown(the_rest_of_sql_is_refused, forget),
        cmocka_unit_test_teardown(update_and_delete, forget), cmocka_unit_test_teardown(every_beginning_ends, forget)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
