/* spec/interfaces.md 15.3: how values are written and shown; and the Java console's configuration files. */
#include "test.h"

#include "console/arguments.h"
#include "console/options.h"
#include "console/toml.h"

#include <unistd.h>

static arena memory;

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

static void check(const char *type, const char *text, const char *expected)
{
    error_text why = {""};
    const char *out = argument_convert(&memory, type, text, &why);
    if (out == NULL)
        fail_msg("%s %s: %s", type, text, why.text);
    assert_string_equal(out, expected);
}

static void plain_values_stay(void **state)
{
    (void)state;
    check("uint256", "12", "12");
    check("bool", "true", "true");
    check("string", "a text", "a text");
    check("string", "\"\"", "");
    check("address", "0x1aB", "0x00000000000000000000000000000000000001aB");
    check("address", "1", "1");
}

static void bytes_have_three_notations(void **state)
{
    (void)state;
    check("bytes", "hex://0x1234", "0x1234");
    check("bytes", "hex://1234", "0x1234");
    check("bytes", "base64://aGFuc2U=", "0x68616e7365");
    check("bytes", "base64://aGFuc2U", "0x68616e7365");
    check("bytes", "hanse", "0x68616e7365");
    check("bytes", "0x1234", "0x1234");
    check("bytes", "0x123", "0x3078313233");
    check("bytes4", "ab", "0x61620000");
    check("bytes2[]", "[\"a\",\"hex://0x0102\"]", "[\"0x6100\",\"0x0102\"]");
    error_text why;
    assert_null(argument_convert(&memory, "bytes", "base64://a*b=", &why));
    assert_non_null(strstr(why.text, "no base64"));
}

static void lists_keep_wide_numbers(void **state)
{
    (void)state;
    check("uint256[]", "[1,115792089237316195423570985008687907853269984665640564039457584007913129639935]",
          "[\"1\",\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"]");
    check("int256[2]", "[-1, 0x1f]", "[\"-1\",\"0x1f\"]");
    check("string[]", "[\"a 1\",\"b\\\"2\"]", "[\"a 1\",\"b\\\"2\"]");
    check("(uint8,bytes)[]", "[[1,\"x\"]]", "[[\"1\",\"0x78\"]]");
    error_text why;
    assert_null(argument_convert(&memory, "uint256[]", "1,2", &why));
    assert_null(argument_convert(&memory, "string[]", "[\"a", &why));
    assert_null(argument_convert(&memory, "string[]", "[a]", &why));
}

static void check_shown(const char *type, const char *json, const char *type_text, const char *value_text)
{
    buffer types = buffer_init(BUFFER_NO_LIMIT), values = buffer_init(BUFFER_NO_LIMIT);
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    argument_print_type(&memory, type, &types);
    argument_print_value(&memory, type, value, &values);
    assert_bytes_equal(buffer_bytes(&types), bytes_of_text(type_text));
    assert_bytes_equal(buffer_bytes(&values), bytes_of_text(value_text));
    json_decref(value);
    buffer_free(&types);
    buffer_free(&values);
}

static void values_are_shown(void **state)
{
    (void)state;
    check_shown("string", "\"Hello, World!\"", "STRING", "Hello, World!");
    check_shown("int256", "-1", "INT", "-1");
    check_shown("uint256", "\"99999999999999999999\"", "UINT", "99999999999999999999");
    check_shown("bytes32", "\"0x01\"", "BYTES", "hex://0x01");
    check_shown("bool", "true", "BOOL", "true");
    check_shown("string[]", "[\"fruit\",\"b\"]", "[STRING] ", "[fruit, b] ");
    check_shown("(uint8,bytes)", "[1,\"0x02\"]", "{UINT, DBYTES} ", "{1, hex://0x02} ");
}

static void toml_as_the_java_console_writes_it(void **state)
{
    (void)state;
    static const char text[] = "# comment\n[cryptoMaterial]\n\ncertPath = \"conf\"   # The path\n[network]\npeers=[\"127.0.0.1:20200\", # first\n"
                               "  '[::1]:20201',\n]\n[account]\nkeyStoreDir = \"account\"\n[threadPool]\nchannelProcessorThreadSize = 16\n";
    toml file;
    error_text why = {""};
    assert_true(toml_parse(&memory, "config.toml", bytes_of_text(text), &file, &why));
    assert_string_equal(toml_text(&file, "cryptoMaterial", "certPath"), "conf");
    assert_string_equal(toml_text(&file, "threadPool", "channelProcessorThreadSize"), "16");
    assert_null(toml_text(&file, "account", "password"));
    const toml_entry *peers = toml_find(&file, "network", "peers");
    assert_int_equal(peers->count, 2);
    assert_string_equal(peers->values[1], "[::1]:20201");
}

static void toml_says_where_it_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {{"[a\n", "line 1: a ] was expected"}, {"[a]\nb\n", "line 2: key = value"}, {"[a]\nb = \"c\n", "line 2: a closing quote"},
                 {"b = [\"a\" \"b\"]", "a , or ] was expected"}, {"b = [\"a\"", "a , or ] was expected"}, {"b = 1 2", "end of the line"}, {"b = ", "a value"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        toml file;
        error_text why = {""};
        assert_false(toml_parse(&memory, "f", bytes_of_text(cases[i].text), &file, &why));
        if (strstr(why.text, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].text, why.text);
    }
}

static console_options read_options(char **argv)
{
    console_options o;
    error_text why = {""};
    int argc = 0;
    while (argv[argc])
        argc++;
    if (!options_read(&o, &memory, argc, argv, &why))
        fail_msg("%s", why.text);
    return o;
}
#define OPTIONS(...) read_options((char *[]){(char *)"console", __VA_ARGS__, NULL})

static void options_stand_before_the_command(void **state)
{
    (void)state;
    char *none[] = {(char *)"console", NULL};
    unsetenv("HANSE_KEY");
    console_options o = read_options(none);
    assert_string_equal(o.nodes[0], "127.0.0.1:20200");
    assert_string_equal(o.certificates, "nodes/127.0.0.1/sdk");
    assert_int_equal(o.group, 1);
    assert_null(o.command);
    o = OPTIONS((char *)"2", (char *)"-pem", (char *)"k.pem", (char *)"getBlockByNumber", (char *)"1", (char *)"--stop");
    assert_int_equal(o.group, 2);
    assert_string_equal(o.key, "k.pem");
    assert_false(o.key_is_p12);
    assert_int_equal(o.command_count, 3);
    assert_string_equal(o.command[0], "getBlockByNumber");
    assert_false(o.stop_at_failure);
    o = OPTIONS((char *)"--node", (char *)"a:1", (char *)"--node", (char *)"b:2", (char *)"--key", (char *)"k.p12", (char *)"-e", (char *)"x; y", (char *)"-l");
    assert_int_equal(o.node_count, 2);
    assert_true(o.key_is_p12);
    assert_int_equal(o.script_count, 1);
    assert_true(o.no_editing);
}

static void options_that_are_none_are_refused(void **state)
{
    (void)state;
    static char *const cases[][3] = {{(char *)"console", (char *)"--bogus", NULL}, {(char *)"console", (char *)"--node", NULL},
                                     {(char *)"console", (char *)"0", NULL},       {(char *)"console", (char *)"40000", NULL}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        console_options o;
        error_text why = {""};
        assert_false(options_read(&o, &memory, 2, (char **)cases[i], &why));
        assert_true(why.text[0]);
    }
}

static void the_java_consoles_configuration_is_read(void **state)
{
    (void)state;
    char path[] = "/tmp/hanse-console-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "[cryptoMaterial]\ncertPath = \"certs\"\n[network]\npeers=[\"h:1\", \"h:2\"]\n[account]\nkeyStoreDir = \"keys\"\n"
                               "accountFileFormat = \"p12\"\naccountAddress = \"\"\naccountFilePath = \"k\"\npassword = \"pw\"\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    console_options o = OPTIONS((char *)"--config", path);
    assert_string_equal(o.certificates, "certs");
    assert_int_equal(o.node_count, 2);
    assert_string_equal(o.key_store, "keys");
    assert_string_equal(o.key, "k");
    assert_true(o.key_is_p12);
    assert_string_equal(o.password, "pw");
    assert_null(o.account);
    o = OPTIONS((char *)"--config", path, (char *)"--node", (char *)"n:9", (char *)"--sdk", (char *)"s", (char *)"--key", (char *)"x.pem");
    assert_int_equal(o.node_count, 1);
    assert_string_equal(o.nodes[0], "n:9");
    assert_string_equal(o.certificates, "s");
    assert_string_equal(o.key, "x.pem");
    assert_false(o.key_is_p12);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(plain_values_stay, forget),
        cmocka_unit_test_teardown(bytes_have_three_notations, forget),
        cmocka_unit_test_teardown(lists_keep_wide_numbers, forget),
        cmocka_unit_test_teardown(values_are_shown, forget),
        cmocka_unit_test_teardown(toml_as_the_java_console_writes_it, forget),
        cmocka_unit_test_teardown(toml_says_where_it_is_wrong, forget),
        cmocka_unit_test_teardown(options_stand_before_the_command, forget),
        cmocka_unit_test_teardown(options_that_are_none_are_refused, forget),
        cmocka_unit_test_teardown(the_java_consoles_configuration_is_read, forget)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
