/* What the reference's parser takes for JSON (spec/interfaces.md 2.3); the rows were checked against jsoncpp. */
#include "codec/json_write.h"
#include "codec/json_read.h"
#include "test.h"

enum { VALUES_MAX = 100000 };

/* The value as text again, or "BAD", "DEEP"; free it. */
static char *read(bytes text)
{
    json_t *value;
    json_read_result result = json_read(text, VALUES_MAX, JSON_WIDE_AS_REAL, &value);
    if (result != JSON_READ_OK) {
        assert_null(value);
        return strdup(result == JSON_READ_BAD ? "BAD" : "DEEP");
    }
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&out);
    assert_true(json_write_value(&w, value));
    buffer_append_byte(&out, 0);
    json_decref(value);
    return (char *)out.data;
}

static void check(bytes text, const char *expected)
{
    char *found = read(text);
    if (strcmp(found, expected) != 0)
        fail_msg("%.*s: expected %s, found %s", (int)text.size, (const char *)text.data, expected, found);
    free(found);
}

typedef struct {
    const char *text, *expected;
} case_row;

#define CHECK_ALL(rows)                                                                                                     \
    for (size_t i_ = 0; i_ < COUNT(rows); i_++)                                                                             \
    check(bytes_of_text(rows[i_].text), rows[i_].expected)

static void numbers(void **state)
{
    (void)state;
    static const case_row rows[] = {
        {"1", "1"},
        {"-0", "0"},
        {"-", "0"},
        {"[-]", "[0]"},
        {"[007,01]", "[7,1]"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-9223372036854775809", "-9.2233720368547758e+18"},
        {"18446744073709551616", "1.8446744073709552e+19"},
        {"1.5", "1.5"},
        {"1.", "1"},
        {"-.5", "-0.5"},
        {"1E5", "100000"},
        {"1.e2", "100"},
        {"1e400", "1.7976931348623157e+308"},
        {"1e", "BAD"},
        {"[1e+]", "BAD"},
        {"[-e5]", "BAD"},
        {".5", "BAD"},
        {"+1", "BAD"},
        {"[1.5.5]", "BAD"},
        {"[--1]", "BAD"},
        {"NaN", "BAD"},
        {"Infinity", "BAD"},
    };
    CHECK_ALL(rows);
}

static void comments_and_what_follows(void **state)
{
    (void)state;
    static const case_row rows[] = {
        {"//x\n1", "1"},
        {"//x\r1", "1"},
        {"/*x*/1", "1"},
        {"/***/1", "1"},
        {"[1/*c*/,/**/2//\n]", "[1,2]"},
        {"{/*c*/\"a\":/*c*/1/*c*/}", "{\"a\":1}"},
        {"{/*c*/}", "{}"},
        {"[/*c*/]", "BAD"}, /* QUIRK */
        {"{\"a\"/*c*/:1}", "BAD"}, /* QUIRK */
        {"/*x1", "BAD"},
        {"/*/1", "BAD"},
        {"/", "BAD"},
        {"//x", "BAD"},
        {"/x", "BAD"},
        {"\"/*no*/\"", "\"/*no*/\""},
        {"1 garbage", "1"},
        {"{} {", "{}"},
        {"truex", "true"},
        {"1/*", "1"},
        {"[truex]", "BAD"},
    };
    CHECK_ALL(rows);
}

static void structure(void **state)
{
    (void)state;
    static const case_row rows[] = {
        {"", "BAD"},
        {" \t\r\n", "BAD"},
        {" [ ] ", "[]"},
        {"[1,]", "BAD"},
        {"[,1]", "BAD"},
        {"[1 2]", "BAD"},
        {"[1}", "BAD"},
        {"[1,2", "BAD"},
        {"{\"a\":1,}", "BAD"},
        {"{\"a\" : 1 , \"b\" : { } }", "{\"a\":1,\"b\":{}}"},
        {"{\"b\":1,\"a\":2,\"b\":[3]}", "{\"a\":2,\"b\":[3]}"}, /* the last of equal keys wins */
        {"{a:1}", "BAD"},
        {"{1:1}", "BAD"},
        {"{\"a\" 1}", "BAD"},
        {"{\"a\":}", "BAD"},
        {"{\"a\":1", "BAD"},
        {"{\"a\":1]", "BAD"},
        {"tru", "BAD"},
        {"nul", "BAD"},
        {"\xef\xbb\xbf""1", "BAD"},
    };
    CHECK_ALL(rows);
    check(bytes_of("\0001", 2), "BAD");
    check(bytes_of("1\0", 2), "1");
    check(bytes_of("[1\0]", 4), "BAD");
}

static void strings(void **state)
{
    (void)state;
    static const case_row rows[] = {
        {"\"a\nb\"", "\"a\\nb\""},
        {"\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"", "\"\\b\\f\\n\\r\\t\\\"\\\\/\""},
        {"\"\\u0041\\u00e9\\u20AC\"", "\"A\xc3\xa9\xe2\x82\xac\""},
        {"\"\\uD83D\\uDE00\"", "\"\xf0\x9f\x98\x80\""},
        {"\"\\uDC00\"", "\"\xed\xb0\x80\""},
        {"\"\\uD800\"", "BAD"},
        {"\"\\uD800x\"", "BAD"},
        {"\"\\u00g0\"", "BAD"},
        {"\"\\u12\"", "BAD"},
        {"\"\\x\"", "BAD"},
        {"\"abc", "BAD"},
        {"\"\\\"", "BAD"},
        {"\"\\", "BAD"},
        {"'a'", "BAD"},
        {"\"\xff\xfe\"", "\"\xff\xfe\""}, /* no check of UTF-8 */
        {"\"\\u0000x\"", "\"\\u0000x\""},
    };
    CHECK_ALL(rows);
    check(bytes_of("\"a\0b\"", 5), "\"a\\u0000b\"");
}

static char *repeated(const char *before, const char *middle, const char *after, size_t count)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&b, before);
    buffer_append_text(&b, middle);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&b, after);
    buffer_append_byte(&b, 0);
    return (char *)b.data;
}

static void depth_is_limited(void **state)
{
    (void)state;
    static const struct {
        const char *before, *middle, *after;
        size_t count;
        json_read_result expected;
    } rows[] = {
        {"[", "", "]", 1000, JSON_READ_OK},         {"[", "", "]", 1001, JSON_READ_TOO_DEEP},
        {"[", "1", "]", 999, JSON_READ_OK},         {"[", "1", "]", 1000, JSON_READ_TOO_DEEP},
        {"{\"a\":", "1", "}", 999, JSON_READ_OK},   {"{\"a\":", "1", "}", 1000, JSON_READ_TOO_DEEP},
        {"[", "", "", 999, JSON_READ_BAD},          {"[", "", "", 1000000, JSON_READ_TOO_DEEP},
        {"[{\"a\":", "1", "}]", 2000, JSON_READ_TOO_DEEP},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = repeated(rows[i].before, rows[i].middle, rows[i].after, rows[i].count);
        json_t *value;
        assert_int_equal(json_read(bytes_of_text(text), VALUES_MAX, JSON_WIDE_AS_REAL, &value), rows[i].expected);
        json_decref(value);
        free(text);
    }
}

static void the_number_of_values_is_limited(void **state)
{
    (void)state;
    json_t *value;
    char *text = repeated("", "[0", "", 1), *many = repeated(",0", "", "", VALUES_MAX - 1);
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&b, text);
    buffer_append_text(&b, many + 2); /* so that array and items are as many as allowed */
    buffer_append_byte(&b, ']');
    assert_int_equal(json_read(buffer_bytes(&b), VALUES_MAX, JSON_WIDE_AS_REAL, &value), JSON_READ_OK);
    json_decref(value);
    b.size--;
    buffer_append_text(&b, ",0]");
    assert_int_equal(json_read(buffer_bytes(&b), VALUES_MAX, JSON_WIDE_AS_REAL, &value), JSON_READ_BAD);
    buffer_free(&b);
    free(text);
    free(many);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"params\":[1,\"\\u0041\",true,null,{\"a\":-1.5e3}]/*c*/,\"id\":null}";
    json_t *value;
    for (size_t size = 0; size < strlen(text); size++)
        assert_int_equal(json_read(bytes_of(text, size), VALUES_MAX, JSON_WIDE_AS_REAL, &value), JSON_READ_BAD);
    assert_int_equal(json_read(bytes_of_text(text), VALUES_MAX, JSON_WIDE_AS_REAL, &value), JSON_READ_OK);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),          cmocka_unit_test(comments_and_what_follows),
        cmocka_unit_test(structure),        cmocka_unit_test(strings),
        cmocka_unit_test(depth_is_limited), cmocka_unit_test(the_number_of_values_is_limited),
        cmocka_unit_test(every_truncation_is_refused),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
