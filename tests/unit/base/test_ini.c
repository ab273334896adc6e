#include "test.h"

#include "base/ini.h"

static bool parse(arena *a, const char *text, ini *out, error_text *why)
{
    return ini_parse(a, "x.ini", bytes_of_text(text), out, why);
}

static void reads_what_the_reference_reads(void **state)
{
    (void)state;
    arena a = {0};
    ini file;
    error_text why;
    assert_true(parse(&a, "stray=1\n; comment\n [p2p] \r\n\tlisten_ip = 0.0.0.0 \n#x=1\nnode.0=a:1 ; kept\n[empty]\n[log]\nlevel=info",
                      &file, &why));
    assert_string_equal(ini_find(&file, "p2p", "listen_ip")->value, "0.0.0.0");
    assert_string_equal(ini_find(&file, "p2p", "node.0")->value, "a:1 ; kept");
    assert_int_equal(ini_find(&file, "p2p", "node.0")->line, 6);
    assert_string_equal(ini_find(&file, "log", "level")->value, "info");
    assert_null(ini_find_section(&file, "empty"));
    assert_null(ini_find(&file, "p2p", "absent"));
    arena_reset(&a);
}

static void refuses_with_file_and_line(void **state)
{
    (void)state;
    arena a = {0};
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"[a]\nx=1\nx=2\n", "x.ini:3: duplicate key name x in section [a]"},
        {"[a]\n[a]\n", "x.ini:2: duplicate section name [a]"},
        {"[a]\nnothing\n", "x.ini:2: a line without =: nothing"},
        {"[a\n", "x.ini:1: section header without ]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ini file;
        error_text why;
        assert_false(parse(&a, cases[i].text, &file, &why));
        assert_string_equal(why.text, cases[i].reason);
    }
    ini file;
    error_text why;
    assert_false(ini_read_file(&a, "/nonexistent/config.ini", &file, &why));
    assert_string_equal(why.text, "/nonexistent/config.ini: No such file or directory");
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_reference_reads),
        cmocka_unit_test(refuses_with_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
