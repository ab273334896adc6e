#include "test.h"

#include "codec/abi.h"
#include "codec/hex.h"

static bytes unhex(arena *a, const char *text)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(text), &out));
    return out;
}

#define W "00000000000000000000000000000000000000000000000000000000000000"

/* The examples of the Contract ABI Specification ("Examples", "Use of Dynamic Types"). */
static const struct {
    const char *function;
    const char *arguments[4];
    size_t count;
    const char *json, *hex;
} examples[] = {
    {"baz(uint32,bool)", {"69", "true"}, 2, "[69,true]", W "45" W "01"},
    {"bar(bytes3[2])", {"[\"0x616263\",\"0x646566\"]"}, 1, "[[\"0x616263\",\"0x646566\"]]",
     "6162630000000000000000000000000000000000000000000000000000000000"
     "6465660000000000000000000000000000000000000000000000000000000000"},
    {"sam(bytes,bool,uint256[])", {"0x64617665", "true", "[1,2,3]"}, 3, "[\"0x64617665\",true,[\"1\",\"2\",\"3\"]]",
     W "60" W "01" W "a0" W "04" "6461766500000000000000000000000000000000000000000000000000000000" W "03" W "01" W "02" W "03"},
    {"f(uint256,uint32[],bytes10,bytes)", {"0x123", "[1110,\"0x789\"]", "0x31323334353637383930", "0x48656c6c6f2c20776f726c6421"}, 4,
     "[\"291\",[1110,1929],\"0x31323334353637383930\",\"0x48656c6c6f2c20776f726c6421\"]",
     "0000000000000000000000000000000000000000000000000000000000000123" W "80"
     "3132333435363738393000000000000000000000000000000000000000000000" W "e0" W "02"
     "0000000000000000000000000000000000000000000000000000000000000456"
     "0000000000000000000000000000000000000000000000000000000000000789" W "0d"
     "48656c6c6f2c20776f726c642100000000000000000000000000000000000000"},
    {"g(uint256[][],string[])", {"[[1,2],[3]]", "[\"one\",\"two\",\"three\"]"}, 2,
     "[[[\"1\",\"2\"],[\"3\"]],[\"one\",\"two\",\"three\"]]",
     W "40" "0000000000000000000000000000000000000000000000000000000000000140" W "02" W "40" W "a0" W "02" W "01" W "02" W "01" W "03"
     W "03" W "60" W "a0" W "e0" W "03" "6f6e650000000000000000000000000000000000000000000000000000000000" W "03"
     "74776f0000000000000000000000000000000000000000000000000000000000" W "05"
     "7468726565000000000000000000000000000000000000000000000000000000"},
    {"h((int8,(string,bool)),address)", {"[\"-2\",[\"x\",false]]", "0x00000000000000000000000000000000000000ff"}, 2,
     "[[-2,[\"x\",false]],\"0x00000000000000000000000000000000000000ff\"]",
     W "40" W "ff" "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe" W "40" W "40" W "00" W "01"
     "7800000000000000000000000000000000000000000000000000000000000000"},
};

static char *json_of(arena *a, const abi_value *value)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&b);
    abi_value_write_json(&w, value);
    char *text = arena_copy_text(a, buffer_bytes(&b));
    buffer_free(&b);
    return text;
}

static void examples_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        arena a = {0};
        error_text why = {""};
        abi_entry function;
        abi_value arguments, decoded;
        assert_true(abi_function_parse(&a, bytes_of_text(examples[i].function), &function, &why));
        assert_string_equal(function.signature, examples[i].function);
        if (!abi_values_from_texts(&a, &function.inputs, examples[i].arguments, examples[i].count, &arguments, &why))
            fail_msg("%s", why.text);
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        abi_encode(&arguments, &encoded);
        assert_bytes_equal(buffer_bytes(&encoded), unhex(&a, examples[i].hex));
        assert_true(abi_decode(&a, &function.inputs, buffer_bytes(&encoded), &decoded, &why));
        assert_string_equal(json_of(&a, &decoded), examples[i].json);
        /* Every truncation is refused, but for the padding behind the last item. */
        for (size_t size = 0; size + 32 <= encoded.size; size++) {
            uint8_t *copy = malloc(size + 1);
            memcpy(copy, encoded.data, size);
            assert_false(abi_decode(&a, &function.inputs, bytes_of(copy, size), &decoded, &why));
            free(copy);
        }
        buffer_free(&encoded);
        arena_reset(&a);
    }
}

static void types_have_a_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical; /* NULL: refused */
    } cases[] = {
        {"uint", "uint256"},     {"int[]", "int256[]"},   {"uint8[3][]", "uint8[3][]"}, {"function", "bytes24"},
        {"tuple(bool)[2]", "(bool)[2]"}, {"()", "()"},     {"((uint))[][5]", "((uint256))[][5]"},
        {"bytes32", "bytes32"},  {"uint7", NULL},         {"uint264", NULL},           {"uint08", NULL},
        {"bytes0", NULL},        {"bytes33", NULL},       {"bytes032", NULL},          {"", NULL},
        {"(uint", NULL},         {"uint)", NULL},         {"uint[", NULL},             {"uint[0]", NULL},
        {"uint[x]", NULL},       {"uint[1048576]", NULL}, {"(,)", NULL},               {"Uint", NULL},
        {"address payable", NULL}, {"uint8 ", NULL},      {"uint[99999999999]", NULL}, {"tuple", NULL},
        {"((((((((((((((((uint))))))))))))))))", NULL}, {"bool[][][][][][][][][][][][][][][][]", NULL},
        {"bool[1024][1024]", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        abi_type type;
        error_text why = {""};
        bool ok = abi_type_parse(&a, bytes_of_text(cases[i].text), &type, &why);
        if (ok != (cases[i].canonical != NULL))
            fail_msg("%s: %s", cases[i].text, why.text);
        if (ok) {
            buffer b = buffer_init(BUFFER_NO_LIMIT);
            abi_type_print(&type, &b);
            assert_bytes_equal(buffer_bytes(&b), bytes_of_text(cases[i].canonical));
            buffer_free(&b);
        }
        arena_reset(&a);
    }
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
        bool ok;
    } cases[] = {
        {"uint8", "255", true},   {"uint8", "256", false},  {"uint8", "-1", false},   {"int8", "127", true},  {"int8", "128", false},
        {"int8", "-128", true},   {"int8", "-129", false},  {"uint256", "", false},   {"uint256", "x", false}, {"uint256", "0x", false},
        {"int256", "-57896044618658097711785492504343953926634992332820282019728792003956564819968", true},
        {"int256", "57896044618658097711785492504343953926634992332820282019728792003956564819968", false},
        {"int256", "-57896044618658097711785492504343953926634992332820282019728792003956564819969", false},
        {"uint256", "115792089237316195423570985008687907853269984665640564039457584007913129639935", true},
        {"uint256", "115792089237316195423570985008687907853269984665640564039457584007913129639936", false},
        {"uint256", "0x10000000000000000000000000000000000000000000000000000000000000000", false},
        {"bool", "true", true},   {"bool", "1", false},     {"address", "0x01", false}, {"address", "0x00000000000000000000000000000000000000", false},
        {"bytes4", "0x01020304", true}, {"bytes4", "0x010203", false}, {"bytes", "0x0", false}, {"bytes", "01", false}, {"bytes", "0x", true},
        {"uint8[2]", "[1]", false}, {"uint8[2]", "[1,2]", true}, {"uint8[]", "1", false}, {"uint8[]", "[300]", false}, {"(uint8)", "[]", false},
        {"uint8[]", "[1", false}, {"uint8[]", "[1.5]", false}, {"string", "", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        abi_type type;
        abi_value value;
        error_text why = {""};
        assert_true(abi_type_parse(&a, bytes_of_text(cases[i].type), &type, &why));
        if (abi_value_from_text(&a, &type, bytes_of_text(cases[i].text), &value, &why) != cases[i].ok)
            fail_msg("%s %s: %s", cases[i].type, cases[i].text, why.text);
        arena_reset(&a);
    }
}

static void data_from_outside_is_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *types, *hex;
    } cases[] = {
        {"(uint8)", "0000000000000000000000000000000000000000000000000000000000000100"},
        {"(bool)", W "02"},
        {"(address)", "0000000000000000000000010000000000000000000000000000000000000000"},
        {"(int8)", W "80"},
        {"(bytes)", W "20" "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
        {"(bytes)", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"},
        {"(uint256[])", W "20" "000000000000000000000000000000000000000000000000000000000003ffff"},
        {"(uint256[])", W "20" "00000000000000000000000000000000000000000000000000000000ffffffff"},
        {"(()[])", W "20" "0000000000000000000000000000000000000000000000000000000000040000"},
        {"(()[][])", W "20" W "02" W "40" W "40" "0000000000000000000000000000000000000000000000000000000000030000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        abi_type type;
        abi_value value;
        error_text why = {""};
        assert_true(abi_type_parse(&a, bytes_of_text(cases[i].types), &type, &why));
        assert_false(abi_decode(&a, &type, unhex(&a, cases[i].hex), &value, &why));
        assert_true(why.text[0] != 0);
        arena_reset(&a);
    }
}

static const char contract_json[] =
    "[{\"type\":\"constructor\",\"inputs\":[{\"name\":\"n\",\"type\":\"uint256\"}]},"
    "{\"constant\":true,\"name\":\"get\",\"inputs\":[],\"outputs\":[{\"name\":\"\",\"type\":\"string\"}],\"type\":\"function\"},"
    "{\"name\":\"set\",\"inputs\":[{\"name\":\"p\",\"type\":\"tuple[]\",\"components\":[{\"name\":\"x\",\"type\":\"uint8\"},"
    "{\"name\":\"y\",\"type\":\"tuple\",\"components\":[{\"name\":\"z\",\"type\":\"bytes\"}]}]}],\"outputs\":[]},"
    "{\"name\":\"set\",\"inputs\":[],\"type\":\"function\",\"stateMutability\":\"nonpayable\"},"
    "{\"type\":\"event\",\"name\":\"E\",\"inputs\":[{\"name\":\"a\",\"type\":\"address\",\"indexed\":true},{\"name\":\"s\",\"type\":\"string\","
    "\"indexed\":true},{\"name\":\"v\",\"type\":\"uint256\",\"indexed\":false}]},{\"type\":\"fallback\"}]";

static void contracts_are_read_from_json(void **state)
{
    (void)state;
    arena a = {0};
    abi_contract contract;
    error_text why = {""};
    assert_true(abi_contract_parse(&a, bytes_of_text(contract_json), &contract, &why));
    assert_int_equal(contract.count, 6);
    const abi_entry *get = abi_contract_find(&contract, ABI_FUNCTION, BYTES_OF_LITERAL("get"), &why);
    assert_non_null(get);
    assert_true(get->is_constant);
    assert_null(abi_contract_find(&contract, ABI_FUNCTION, BYTES_OF_LITERAL("set"), &why));
    assert_null(abi_contract_find(&contract, ABI_FUNCTION, BYTES_OF_LITERAL("none"), &why));
    const abi_entry *set = abi_contract_find(&contract, ABI_FUNCTION, BYTES_OF_LITERAL("set((uint8,(bytes))[])"), &why);
    assert_non_null(set);
    abi_value value;
    json_t *json = json_loads("[{\"y\":{\"z\":\"0x01\"},\"x\":3}]", 0, NULL);
    assert_true(abi_value_from_json(&a, &set->inputs.fields[0].type, json, &value, &why));
    assert_string_equal(json_of(&a, &value), "[[3,[\"0x01\"]]]");
    json_decref(json);
    json = json_loads("[{\"y\":{\"q\":\"0x01\"},\"x\":3}]", 0, NULL);
    assert_false(abi_value_from_json(&a, &set->inputs.fields[0].type, json, &value, &why));
    json_decref(json);
    static const char *const bad[] = {"", "{}", "[{\"name\":\"f\",\"inputs\":[{\"type\":\"tuple\"}]}]", "[{\"name\":\"f\",\"inputs\":[{}]}]", "[1,"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(abi_contract_parse(&a, bytes_of_text(bad[i]), &contract, &why));
    arena_reset(&a);
}

static void events_join_topics_and_data(void **state)
{
    (void)state;
    arena a = {0};
    abi_contract contract;
    error_text why = {""};
    assert_true(abi_contract_parse(&a, bytes_of_text(contract_json), &contract, &why));
    const abi_entry *event = abi_contract_find(&contract, ABI_EVENT, BYTES_OF_LITERAL("E"), &why);
    assert_string_equal(event->signature, "E(address,string,uint256)");
    bytes topics[3] = {unhex(&a, W "aa"), unhex(&a, W "bb"), unhex(&a, W "cc")};
    abi_value value;
    assert_true(abi_decode_event(&a, event, topics, 3, unhex(&a, W "07"), &value, &why));
    assert_string_equal(json_of(&a, &value), "[\"0x00000000000000000000000000000000000000bb\",\"0x" W "cc\",\"7\"]");
    assert_false(abi_decode_event(&a, event, topics, 2, unhex(&a, W "07"), &value, &why));
    assert_false(abi_decode_event(&a, event, topics, 3, BYTES_EMPTY, &value, &why));
    topics[1].size = 31;
    assert_false(abi_decode_event(&a, event, topics, 3, unhex(&a, W "07"), &value, &why));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_specification),
        cmocka_unit_test(types_have_a_canonical_form),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(data_from_outside_is_bounded),
        cmocka_unit_test(contracts_are_read_from_json),
        cmocka_unit_test(events_join_topics_and_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
