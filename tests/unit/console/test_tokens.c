/* spec/interfaces.md 15.1, tokenising. */
#include "test.h"

#include "console/tokens.h"

static void check(const char *line, size_t count, const char *const *expected)
{
    arena a = {0};
    tokens t = tokens_split(&a, line);
    assert_int_equal(t.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(t.texts[i], expected[i]);
    assert_null(t.texts[count]);
    arena_reset(&a);
}
#define CHECK(line, ...) check((line), COUNT(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

static void words_are_separated_by_blanks(void **state)
{
    (void)state;
    check("", 0, NULL);
    check(" \t ", 0, NULL);
    CHECK("getBlockNumber", "getBlockNumber");
    CHECK("  getBlockByNumber   1\ttrue \n", "getBlockByNumber", "1", "true");
}

static void quotes_hold_blanks_and_are_taken_off(void **state)
{
    (void)state;
    CHECK("call HelloWorld latest set \"Hello, FISCO BCOS\"", "call", "HelloWorld", "latest", "set", "Hello, FISCO BCOS");
    CHECK("set 'a b' \"c\"", "set", "a b", "c");
    CHECK("set \"\"", "set", "");
    CHECK("set \"say \\\"hi\\\" \\\\ \\n\"", "set", "say \"hi\" \\ \n");
    CHECK("set \"C:\\dir\"", "set", "C:\\dir");
    CHECK("set \"it's\"", "set", "it's");
}

static void a_missing_quote_is_thought_of_at_the_end(void **state)
{
    (void)state;
    CHECK("set \"a b", "set", "a b");
    CHECK("set 'a b ", "set", "a b ");
}

/* Of the two ways to cut, the one that yields fewer words wins. */
static void a_quote_inside_a_word_is_a_character(void **state)
{
    (void)state;
    CHECK("set\"Hello\"", "set\"Hello\"");
    CHECK("set it's fine", "set", "it's", "fine");
    CHECK("set \"a\"\"b\"", "set", "\"a\"\"b\"");
}

static void lists_are_one_word(void **state)
{
    (void)state;
    CHECK("call C latest f [1,2] [\"a b\",\"c\"] {\"x\": [1, 2]}", "call", "C", "latest", "f", "[1,2]", "[\"a b\",\"c\"]", "{\"x\": [1, 2]}");
    CHECK("f [1, 2", "f", "[1,", "2");
    CHECK("f [\"]\"] x", "f", "[\"]\"]", "x");
    CHECK("f ]x", "f", "]x");
}

static void check_commands(const char *line, size_t count, const char *const *expected)
{
    arena a = {0};
    tokens t = tokens_split_commands(&a, line);
    assert_int_equal(t.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(t.texts[i], expected[i]);
    arena_reset(&a);
}
#define CHECK_COMMANDS(line, ...)                                                                                          \
    check_commands((line), COUNT(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

static void semicolons_separate_commands(void **state)
{
    (void)state;
    check_commands(" ; ;", 0, NULL);
    CHECK_COMMANDS("a; b c ;d", "a", "b c ", "d");
    CHECK_COMMANDS("set \"a;b\";next", "set \"a;b\"", "next");
    CHECK_COMMANDS("f [\"a;b\",\";\"]; g", "f [\"a;b\",\";\"]", "g");
    CHECK_COMMANDS("select * from t where k=\"a;b\"; desc t", "select * from t where k=\"a;b\"", "desc t");
    CHECK_COMMANDS("set it's; b", "set it's", "b");
}

static void the_last_word_is_where_completion_begins(void **state)
{
    (void)state;
    assert_int_equal(tokens_last_start(""), 0);
    assert_int_equal(tokens_last_start("getB"), 0);
    assert_int_equal(tokens_last_start("call He"), 5);
    assert_int_equal(tokens_last_start("call "), 5);
    assert_int_equal(tokens_last_start("call \"a b\""), 10);
}

static void there_is_an_end_to_words(void **state)
{
    (void)state;
    arena a = {0};
    char *line = malloc(2 * CONSOLE_TOKENS_MAX + 64);
    for (size_t i = 0; i < CONSOLE_TOKENS_MAX + 10; i++)
        memcpy(line + 2 * i, "x ", 3);
    tokens t = tokens_split(&a, line);
    assert_int_equal(t.count, CONSOLE_TOKENS_MAX);
    assert_string_equal(t.texts[CONSOLE_TOKENS_MAX - 1], line + 2 * (CONSOLE_TOKENS_MAX - 1));
    free(line);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_separated_by_blanks), cmocka_unit_test(quotes_hold_blanks_and_are_taken_off),
        cmocka_unit_test(a_missing_quote_is_thought_of_at_the_end), cmocka_unit_test(a_quote_inside_a_word_is_a_character),
        cmocka_unit_test(lists_are_one_word), cmocka_unit_test(semicolons_separate_commands),
        cmocka_unit_test(the_last_word_is_where_completion_begins), cmocka_unit_test(there_is_an_end_to_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
