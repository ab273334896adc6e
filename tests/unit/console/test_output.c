/* spec/interfaces.md 15.1 and 15.2: the pretty printer, the table of permissions, return codes, failures. */
#include "test.h"

#include "console/builtin.h"
#include "console/pretty.h"
#include "console/table.h"

static void check_pretty(const char *text, bool with_colours, const char *expected)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    pretty_print(bytes_of_text(text), with_colours, &out);
    assert_bytes_equal(buffer_bytes(&out), bytes_of_text(expected));
    buffer_free(&out);
}

static void structure_is_laid_out(void **state)
{
    (void)state;
    check_pretty("{\"code\":1, \"msg\":\"Success\"}", false, "{\n    \"code\":1,\n    \"msg\":\"Success\"\n}");
    check_pretty("[a, b]", false, "[\n    a,\n    b\n]");
    check_pretty("Name{list=[X{a='1'}], b=null}", false, "Name{\n    list=[\n        X{\n            a='1'\n        }\n    ],\n    b=null\n}");
}

static void an_empty_list_has_an_indented_blank_line(void **state)
{
    (void)state;
    check_pretty("[]", false, "[\n    \n]");
    check_pretty("{topic=[]}", false, "{\n    topic=[\n        \n    ]\n}");
}

static void inside_double_quotes_nothing_changes(void **state)
{
    (void)state;
    check_pretty("\"a,{ [b]\\\" , c\"", false, "\"a,{ [b]\\\" , c\"");
    check_pretty("{\"a\":\"x, y\"}\n", false, "{\n    \"a\":\"x, y\"\n}");
    check_pretty("\"no end, {", false, "\"no end, {");
}

static void line_ends_are_dropped_and_one_blank_behind_a_comma(void **state)
{
    (void)state;
    check_pretty("a,  b\\nc\nd", false, "a,\n b" "cd");
    check_pretty("}]", false, "\n}\n]");
}

static void colours_are_around_values_alone(void **state)
{
    (void)state;
    check_pretty("{\"k\":\"v\"}", true, "{\n    \"k\":\033[32m\"v\"\033[0m\n}");
}

/* A session that prints into memory and has no chain. */
typedef struct {
    session s;
    char *text;
    size_t size;
} printing;

static printing *begin(void)
{
    printing *p = calloc(1, sizeof *p);
    p->s.out = open_memstream(&p->text, &p->size);
    return p;
}

static void end(printing *p, const char *expected)
{
    fclose(p->s.out);
    assert_string_equal(p->text, expected);
    arena_reset(&p->s.memory);
    free(p->text);
    free(p);
}

#define DASHES "---------------------------------------------------------------------------------------------\n"

static void permissions_are_centred(void **state)
{
    (void)state;
    printing *p = begin();
    assert_true(builtin_show_permissions(
        &p->s, "[{\"address\":\"0xc0d0e6ccc0b44c12196266548bec4a3616160e7d\",\"enable_num\":\"2\",\"table_name\":\"u_t\"}]\n"));
    end(p, DASHES "|                   address                   |                 enable_num                  |\n"
                  "| 0xc0d0e6ccc0b44c12196266548bec4a3616160e7d  |                      2                      |\n" DASHES);
    p = begin();
    assert_true(builtin_show_permissions(&p->s, "[]\n"));
    end(p, "Empty set.\n");
    p = begin();
    assert_false(builtin_show_permissions(&p->s, "nonsense"));
    end(p, "The contract's answer is no list: nonsense\n");
}

static void return_codes_have_texts(void **state)
{
    (void)state;
    assert_string_equal(builtin_message(1), "Success");
    assert_string_equal(builtin_message(0), "Success");
    assert_string_equal(builtin_message(-50000), "Permission denied");
    assert_string_equal(builtin_message(-51100), "Invalid node ID");
    assert_string_equal(builtin_message(-53007), "The revoked account does not exists in the charger list");
    assert_string_equal(builtin_message(-1), "Unknown error");
    printing *p = begin();
    assert_true(builtin_show_code(&p->s, "0xab", 1));
    assert_false(builtin_show_code(&p->s, NULL, -51000));
    end(p, "TransactionHash: 0xab\n{\n    \"code\":1,\n    \"msg\":\"Success\"\n}\n"
           "{\n    \"code\":-51000,\n    \"msg\":\"The table name and address already exist\"\n}\n");
}

static void errors_of_the_node_show_code_and_message(void **state)
{
    (void)state;
    printing *p = begin();
    assert_false(console_fail_with(&p->s, &(hanse_error){.kind = HANSE_ERROR_RPC, .rpc_code = -40001, .text = "-40001 GroupID does not exist"}));
    assert_false(console_fail_with(&p->s, &(hanse_error){.kind = HANSE_ERROR_TIMEOUT, .text = "no answer"}));
    end(p, "{\n    \"code\":-40001,\n    \"msg\":\"GroupID does not exist\"\n}\nno answer\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure_is_laid_out), cmocka_unit_test(an_empty_list_has_an_indented_blank_line),
        cmocka_unit_test(inside_double_quotes_nothing_changes), cmocka_unit_test(line_ends_are_dropped_and_one_blank_behind_a_comma),
        cmocka_unit_test(colours_are_around_values_alone), cmocka_unit_test(permissions_are_centred),
        cmocka_unit_test(return_codes_have_texts), cmocka_unit_test(errors_of_the_node_show_code_and_message)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
