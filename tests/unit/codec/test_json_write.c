#include "test.h"

#include "codec/json_write.h"

#define assert_json(b, text) assert_bytes_equal(buffer_bytes(&(b)), bytes_of_text(text))

/* spec/interfaces.md 2.4 */
static void documents_of_the_specification(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    assert_false(json_write_is_done(&w));
    json_write_begin_object(&w);
    json_write_key(&w, "id");
    json_write_int(&w, 1);
    json_write_key(&w, "jsonrpc");
    json_write_text(&w, "2.0");
    json_write_key(&w, "result");
    json_write_quantity_u64(&w, 1);
    json_write_end_object(&w);
    assert_true(json_write_is_done(&w));
    assert_json(b, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x1\"}");
    buffer_free(&b);
}

static void strings_are_escaped_as_jsoncpp_does(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    json_write_string(&w, BYTES_OF_LITERAL("a\"\\\b\f\n\r\t/\x01\x1f\x7f\xc3\xa9\x00z"));
    assert_json(b, "\"a\\\"\\\\\\b\\f\\n\\r\\t/\\u0001\\u001F\x7f\xc3\xa9\\u0000z\"");
    buffer_free(&b);
}

/* spec/interfaces.md 3.1 */
static void values_have_the_formats_of_rpc(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    json_write_begin_array(&w);
    json_write_quantity_u64(&w, 0);
    json_write_quantity_u64(&w, 0x10);
    json_write_quantity_u64(&w, 0x123);
    json_write_quantity_u64(&w, UINT64_MAX);
    json_write_quantity(&w, U256_MAX);
    json_write_hex(&w, BYTES_EMPTY);
    json_write_hex(&w, BYTES_OF_LITERAL("\x00\xab"));
    json_write_plain_hex(&w, BYTES_OF_LITERAL("\x00\xab"));
    json_write_int(&w, INT64_MIN);
    json_write_uint(&w, UINT64_MAX);
    json_write_real(&w, 0.1);
    json_write_real(&w, 1.0 / 0.0);
    json_write_bool(&w, true);
    json_write_bool(&w, false);
    json_write_null(&w);
    json_write_begin_array(&w);
    json_write_end_array(&w);
    json_write_begin_object(&w);
    json_write_end_object(&w);
    json_write_end_array(&w);
    assert_json(b, "[\"0x0\",\"0x10\",\"0x123\",\"0xffffffffffffffff\","
                   "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\",\"0x\",\"0x00ab\",\"00ab\","
                   "-9223372036854775808,18446744073709551615,0.10000000000000001,null,true,false,null,[],{}]");
    buffer_free(&b);
}

static void parsed_values_come_out_with_sorted_keys(void **state)
{
    (void)state;
    json_t *value = json_loads("{\"b\":[1,2.5,{\"z\":null,\"Z\":true}],\"a\":\"\\u0000\",\"\":false}", JSON_ALLOW_NUL, NULL);
    assert_non_null(value);
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    assert_true(json_write_value(&w, value));
    assert_json(b, "{\"\":false,\"a\":\"\\u0000\",\"b\":[1,2.5,{\"Z\":true,\"z\":null}]}");
    json_decref(value);
    buffer_free(&b);
}

/* Jansson finds such a key only by its length; json_read.h lets it through. */
static void keys_may_hold_zeros(void **state)
{
    (void)state;
    json_t *value = json_object();
    json_object_setn_new_nocheck(value, "a\0b", 3, json_integer(1));
    json_object_setn_new_nocheck(value, "a", 1, json_integer(2));
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    assert_true(json_write_value(&w, value));
    assert_json(b, "{\"a\":2,\"a\\u0000b\":1}");
    json_decref(value);
    buffer_free(&b);
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[4 * JSON_DEPTH_MAX + 1] = "";
    memset(text, '[', 2 * JSON_DEPTH_MAX);
    memset(text + 2 * JSON_DEPTH_MAX, ']', 2 * JSON_DEPTH_MAX);
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    assert_false(json_write_value(&w, value));
    assert_true(json_write_is_done(&w));
    json_decref(value);
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_the_specification),
        cmocka_unit_test(strings_are_escaped_as_jsoncpp_does),
        cmocka_unit_test(values_have_the_formats_of_rpc),
        cmocka_unit_test(parsed_values_come_out_with_sorted_keys),
        cmocka_unit_test(keys_may_hold_zeros), cmocka_unit_test(depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
