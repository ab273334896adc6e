/* Contract interfaces with texts in and texts out (hanse/client.h). The encodings are those of the Contract ABI Specification. */
#include "test.h"

#include "hanse/client.h"

static const char json[] =
    "[{\"type\":\"constructor\",\"inputs\":[{\"name\":\"first\",\"type\":\"uint256\"}]},"
    "{\"type\":\"function\",\"name\":\"baz\",\"inputs\":[{\"name\":\"x\",\"type\":\"uint32\"},{\"name\":\"y\",\"type\":\"bool\"}],"
    "\"outputs\":[{\"name\":\"r\",\"type\":\"bool\"}],\"stateMutability\":\"pure\"},"
    "{\"type\":\"function\",\"name\":\"f\",\"inputs\":[],\"outputs\":[]},"
    "{\"type\":\"function\",\"name\":\"f\",\"inputs\":[{\"name\":\"\",\"type\":\"string\"}],\"outputs\":[]},"
    "{\"type\":\"event\",\"name\":\"Transfer\",\"inputs\":[{\"name\":\"from\",\"type\":\"address\",\"indexed\":true},"
    "{\"name\":\"to\",\"type\":\"address\",\"indexed\":true},{\"name\":\"value\",\"type\":\"uint256\"}]},"
    "{\"type\":\"fallback\"}]";

static hanse_abi *parsed(void)
{
    hanse_error error = {0};
    hanse_abi *abi = hanse_abi_parse(json, &error);
    if (abi == NULL)
        fail_msg("%s", error.text);
    return abi;
}

static void items(void **state)
{
    (void)state;
    hanse_abi *abi = parsed();
    hanse_error error = {0};
    assert_int_equal(hanse_abi_count(abi), 5);
    const hanse_abi_item *baz = hanse_abi_find(abi, HANSE_FUNCTION, "baz", &error);
    assert_non_null(baz);
    assert_string_equal(baz->signature, "baz(uint32,bool)");
    assert_string_equal(baz->id, "0xcdcd77c0"); /* the specification's example */
    assert_true(baz->is_constant);
    assert_int_equal(baz->input_count, 2);
    assert_string_equal(baz->input_types[0], "uint32");
    assert_string_equal(baz->input_names[1], "y");
    assert_string_equal(baz->output_types[0], "bool");
    const hanse_abi_item *event = hanse_abi_find(abi, HANSE_EVENT, "Transfer", &error);
    assert_string_equal(event->id, "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    assert_int_equal(hanse_abi_find(abi, HANSE_CONSTRUCTOR, NULL, &error)->input_count, 1);
    assert_null(hanse_abi_find(abi, HANSE_FUNCTION, "f", &error)); /* two of them */
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_non_null(hanse_abi_find(abi, HANSE_FUNCTION, "f(string)", &error));
    assert_null(hanse_abi_item_at(abi, 5));
    hanse_abi_free(abi);
    hanse_abi *national = hanse_abi_parse_national(json, &error);
    assert_string_not_equal(hanse_abi_find(national, HANSE_FUNCTION, "baz", &error)->id, "0xcdcd77c0");
    hanse_abi_free(national);
    hanse_abi_free(NULL);
    assert_null(hanse_abi_parse("{}", &error));
    assert_null(hanse_abi_read("/nowhere", &error));
    assert_int_equal(error.kind, HANSE_ERROR_FILE);
}

#define WORD69 "0000000000000000000000000000000000000000000000000000000000000045"
#define WORD1 "0000000000000000000000000000000000000000000000000000000000000001"

static void calls(void **state)
{
    (void)state;
    hanse_abi *abi = parsed();
    hanse_error error = {0};
    const char *arguments[] = {"69", "true"};
    char *text = hanse_abi_encode_call(abi, "baz", arguments, 2, &error);
    assert_string_equal(text, "0xcdcd77c0" WORD69 WORD1);
    const char *function = NULL;
    char *values = hanse_abi_decode_input(abi, text, &function, &error);
    assert_string_equal(values, "[69,true]");
    assert_string_equal(function, "baz(uint32,bool)");
    hanse_free(values);
    hanse_free(text);
    values = hanse_abi_decode_output(abi, "baz", "0x" WORD1, &error);
    assert_string_equal(values, "[true]");
    hanse_free(values);
    assert_null(hanse_abi_encode_call(abi, "baz", arguments, 1, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    arguments[0] = "4294967296";
    assert_null(hanse_abi_encode_call(abi, "baz", arguments, 2, &error));
    assert_null(hanse_abi_decode_output(abi, "baz", "0x12", &error));
    assert_null(hanse_abi_decode_input(abi, "0x12345678", &function, &error));
    arguments[0] = "69";
    text = hanse_abi_encode_deployment(abi, "6001\n", arguments, 1, &error);
    assert_string_equal(text, "0x6001" WORD69);
    hanse_free(text);
    assert_null(hanse_abi_encode_deployment(abi, "", arguments, 1, &error));
    assert_null(hanse_abi_encode_deployment(abi, "600", arguments, 1, &error));
    hanse_abi_free(abi);
    abi = hanse_abi_of_signature("baz(uint32,bool)(bool)", &error);
    text = hanse_abi_encode_call(abi, "baz", arguments, 2, &error);
    assert_string_equal(text, "0xcdcd77c0" WORD69 WORD1);
    hanse_free(text);
    hanse_abi_free(abi);
    assert_null(hanse_abi_of_signature("baz(", &error));
}

#define TOPIC_OF_1 "0x" WORD1
static void logs(void **state)
{
    (void)state;
    hanse_abi *abi = parsed();
    hanse_error error = {0};
    char *text = hanse_abi_decode_log(abi,
                                      "{\"address\":\"0x0\",\"data\":\"0x" WORD69 "\",\"topics\":["
                                      "\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\",\"" TOPIC_OF_1 "\",\"" TOPIC_OF_1 "\"]}",
                                      &error);
    assert_string_equal(text, "{\"event\":\"Transfer\",\"values\":[\"0x0000000000000000000000000000000000000001\","
                              "\"0x0000000000000000000000000000000000000001\",\"69\"]}");
    hanse_free(text);
    assert_null(hanse_abi_decode_log(abi, "{\"data\":\"0x\",\"topics\":[\"" TOPIC_OF_1 "\"]}", &error));
    assert_int_equal(error.kind, HANSE_OK); /* an event of somebody else */
    static const char *const bad[] = {"", "[]", "{}", "{\"data\":\"0x\",\"topics\":[\"0x12\"]}", "{\"data\":\"zz\",\"topics\":[]}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(hanse_abi_decode_log(abi, bad[i], &error));
        assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    }
    hanse_abi_free(abi);
}

static void revert_reasons(void **state)
{
    (void)state;
    char *text = hanse_revert_reason("0x08c379a0"
                                     "0000000000000000000000000000000000000000000000000000000000000020"
                                     "000000000000000000000000000000000000000000000000000000000000001a"
                                     "4e6f7420656e6f7567682045746865722070726f76696465642e000000000000");
    assert_string_equal(text, "Not enough Ether provided."); /* the Solidity documentation's example */
    hanse_free(text);
    assert_null(hanse_revert_reason("0x"));
    assert_null(hanse_revert_reason("0x08c379a0"));
    assert_null(hanse_revert_reason(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(items), cmocka_unit_test(calls), cmocka_unit_test(logs), cmocka_unit_test(revert_reasons)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
