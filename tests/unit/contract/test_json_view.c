/* JSON as spec/precompiled.md 3.7 wants it. */
#include "test.h"

#include "contract/base64.h"
#include "contract/json_view.h"

static arena memory;

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

/* The members of an object as "name=text;", or the reason why it is none. */
static const char *shown(const char *text)
{
    const json_view *root = json_view_read(&memory, bytes_of_text(text));
    if (root == NULL)
        return "error";
    static const char *const kinds[] = {"null", "scalar", "object", "array"};
    if (root->kind != JSON_VIEW_OBJECT)
        return kinds[root->kind];
    char *out = arena_take(&memory, 1000);
    for (size_t i = 0; i < root->member_count; i++) {
        const json_view_member *m = &root->members[i];
        const char *value = m->value->kind == JSON_VIEW_SCALAR ? arena_copy_text(&memory, m->value->text) : kinds[m->value->kind];
        strcat(out, arena_print(&memory, "%.*s=%s;", (int)m->name.size, (const char *)m->name.data, value));
    }
    return out;
}

static void reads(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"{}", ""},
        {" { \"b\" : \"1\" , \"a\":\"2\" } ", "a=2;b=1;"},
        {"{\"a\":1,\"a\":2}", "a=2;"},
        {"{\"a\":true,\"b\":false,\"c\":null}", "a=true;b=false;c=null;"},
        {"{\"a\":{\"x\":1},\"b\":[1,2]}", "a=object;b=array;"},
        {"{\"a\":1}trailing", "a=1;"},
        {"{/* note */\"a\"://x\n1}", "a=1;"},
        {"{\"a\":0.1}", "a=0.10000000000000001;"},
        {"{\"a\":1.0}", "a=1;"},
        {"{\"a\":1e3}", "a=1000;"},
        {"{\"a\":-5}", "a=-5;"},
        {"{\"a\":-0}", "a=0;"},
        {"{\"a\":18446744073709551615}", "a=18446744073709551615;"},
        {"{\"a\":18446744073709551616}", "a=1.8446744073709552e+19;"},
        {"{\"a\":-9223372036854775808}", "a=-9223372036854775808;"},
        {"{\"a\":-9223372036854775809}", "a=-9.2233720368547758e+18;"},
        {"{\"a\":\"\\u0041\\u00e9\\ud83d\\ude00\\n\\/\"}", "a=A\xc3\xa9\xf0\x9f\x98\x80\n/;"},
        {"null", "null"},
        {"[]", "array"},
        {"5", "scalar"},
        {"-", "scalar"},
        {"[/**/]", "error"}, /* QUIRK */
        {"{\"a\"/**/:1}", "error"}, /* QUIRK */
        {"", "error"},
        {"{", "error"},
        {"{\"a\"}", "error"},
        {"{\"a\":}", "error"},
        {"{\"a\":1,}", "error"},
        {"{a:1}", "error"},
        {"{\"a\":\"x}", "error"},
        {"{\"a\":\"\\q\"}", "error"},
        {"{\"a\":\"\\u12\"}", "error"},
        {"{\"a\":\"\\ud800x\"}", "error"},
        {"/*", "error"},
        {"tru", "error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(shown(cases[i].text), cases[i].shown);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char *text = arena_take(&memory, 2 * 5000 + 1);
    memset(text, '[', 5000);
    memset(text + 5000, ']', 5000);
    assert_null(json_view_read(&memory, bytes_of_text(text)));
    assert_non_null(json_view_read(&memory, bytes_of(text + 4500, 1000)));
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"b\":[1,-2.5e+3,\"\\u0041\"],\"c\":null},\"d\":true}";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *copy = malloc(size + !size);
        memcpy(copy, text, size);
        assert_null(json_view_read(&memory, bytes_of(copy, size)));
        free(copy);
    }
    assert_non_null(json_view_read(&memory, bytes_of(text, sizeof text - 1)));
}

static void base64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *raw; /* raw NULL: error */
    } cases[] = {{"", ""},         {"YWJj", "abc"}, {"YWI=", "ab"},   {"YQ==", "a"},  {"YWI", "ab"},
                 {"YQ", "a"},      {"YWJjZ", "abc"}, {"YWI=YWI=", "ab"}, {"YW Jj", NULL}, {"YWJ-", NULL}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bytes raw;
        assert_int_equal(base64_read_until_padding(&memory, bytes_of_text(cases[i].text), &raw), cases[i].raw != NULL);
        if (cases[i].raw)
            assert_true(bytes_equal_text(raw, cases[i].raw));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),  cmocka_unit_test(depth_is_bounded), cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
