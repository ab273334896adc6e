/* What nodes say, with every cut and some lies (client/answers.h; spec/network.md 10.1, 10.5, 11.1, 11.3). */
#include "test.h"

#include "client/answers.h"

static int64_t quantity(const char *text)
{
    json_error_t where;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &where);
    int64_t out = -2;
    bool ok = client_quantity(value, &out);
    json_decref(value);
    return ok ? out : -1;
}

static void quantities(void **state)
{
    (void)state;
    assert_int_equal(quantity("\"0x0\""), 0);
    assert_int_equal(quantity("\"0x12c\""), 300);
    assert_int_equal(quantity("\"300\""), 300);
    assert_int_equal(quantity("300"), 300);
    assert_true(quantity("\"0x7fffffffffffffff\"") == INT64_MAX);
    static const char *const bad[] = {"\"\"", "\"0x\"", "\"-1\"", "-1", "\"0x8000000000000000\"", "\"12g\"", "\"0x 1\"", "null", "\"99999999999999999999\"", "1.5"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(quantity(bad[i]), -1);
}

static void results(void **state)
{
    (void)state;
    hanse_error error = {0};
    json_t *result = client_answer_result(BYTES_OF_LITERAL("{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":null}\n"), &error);
    assert_true(json_is_null(result));
    json_decref(result);
    assert_null(client_answer_result(BYTES_OF_LITERAL("{\"error\":{\"code\":-40001,\"message\":\"GroupID does not exist\"},\"id\":1}"), &error));
    assert_int_equal(error.kind, HANSE_ERROR_RPC);
    assert_int_equal(error.rpc_code, -40001);
    assert_non_null(strstr(error.text, "GroupID does not exist"));
    assert_null(client_answer_result(BYTES_OF_LITERAL("{\"error\":{\"code\":-99999999999}}"), &error));
    assert_int_equal(error.rpc_code, 0);
    static const char whole[] = "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":[{\"a\":\"0x1\"}]}";
    for (size_t size = 0; size + 1 < sizeof whole - 1; size++) {
        assert_null(client_answer_result(bytes_of(whole, size), &error));
        assert_int_equal(error.kind, HANSE_ERROR_PROTOCOL);
    }
}

static void handshakes(void **state)
{
    (void)state;
    int protocol;
    assert_true(client_read_handshake(BYTES_OF_LITERAL("{\"nodeVersion\":\"2.11.0\",\"protocol\":3}\n"), &protocol));
    assert_int_equal(protocol, 3);
    assert_false(client_read_handshake(BYTES_OF_LITERAL("{\"protocol\":4}"), &protocol));
    assert_false(client_read_handshake(BYTES_OF_LITERAL("{\"protocol\":\"3\"}"), &protocol));
    assert_false(client_read_handshake(BYTES_EMPTY, &protocol));
}

static void block_pushes(void **state)
{
    (void)state;
    int group;
    int64_t number;
    static const char json[] = "\x10_block_notify_1{\"blockNumber\":12,\"groupID\":1}\n", text[] = "\x10_block_notify_11,12";
    assert_true(client_read_block_push(bytes_of(json, sizeof json - 1), &group, &number));
    assert_int_equal(group, 1);
    assert_int_equal(number, 12);
    assert_true(client_read_block_push(bytes_of(text, sizeof text - 1), &group, &number));
    assert_int_equal(group, 1);
    assert_int_equal(number, 12);
    for (size_t size = 0; size < sizeof json - 2; size++)
        assert_false(client_read_block_push(bytes_of(json, size), &group, &number));
    for (size_t size = 0; size < sizeof text - 2; size++) /* "1,1" is whole again */
        assert_false(client_read_block_push(bytes_of(text, size), &group, &number));
    assert_false(client_read_block_push(BYTES_OF_LITERAL("\x01" "0,5"), &group, &number));
    assert_false(client_read_block_push(BYTES_OF_LITERAL("\x01" "1,99999999999999999999"), &group, &number));
    assert_false(client_read_block_push(BYTES_OF_LITERAL("\x01" "1,-5"), &group, &number));
    assert_false(client_read_block_push(BYTES_OF_LITERAL("\x01{\"blockNumber\":-5,\"groupID\":1}"), &group, &number));
}

static void registrations(void **state)
{
    (void)state;
    int code;
    assert_true(client_read_registration(BYTES_OF_LITERAL("\x01{\"result\":0}\n"), &code));
    assert_int_equal(code, 0);
    assert_true(client_read_registration(BYTES_OF_LITERAL("\x01{\"result\":-41002}\n"), &code));
    assert_int_equal(code, -41002);
    assert_false(client_read_registration(BYTES_OF_LITERAL("{\"result\":0}\n"), &code));
    assert_false(client_read_registration(BYTES_OF_LITERAL("\x01{\"result\":\"0\"}\n"), &code));
}

static void event_pushes(void **state)
{
    (void)state;
    static const char whole[] = "{\"filterID\":\"ab\",\"logs\":[{\"blockNumber\":\"12\",\"transactionIndex\":\"0x1\",\"logIndex\":\"0xa\"}],\"result\":0}\n";
    client_event_push push;
    assert_true(client_read_event_push(bytes_of(whole, sizeof whole - 1), &push));
    assert_string_equal(push.id, "ab");
    assert_int_equal(push.result, 0);
    client_log_place place, next = {12, 2, 0};
    assert_true(client_log_place_of(json_array_get(push.logs, 0), &place));
    assert_int_equal(place.block, 12);
    assert_int_equal(place.transaction, 1);
    assert_int_equal(place.log, 10);
    assert_true(client_log_place_compare(&place, &next) < 0);
    assert_int_equal(client_log_place_compare(&place, &place), 0);
    json_decref(push.root);
    for (size_t size = 0; size < sizeof whole - 2; size++)
        assert_false(client_read_event_push(bytes_of(whole, size), &push));
    assert_true(client_read_event_push(BYTES_OF_LITERAL("{\"filterID\":\"ab\",\"logs\":null,\"result\":1}\n"), &push));
    assert_null(push.logs);
    json_decref(push.root);
    assert_false(client_read_event_push(BYTES_OF_LITERAL("{\"filterID\":\"ab\",\"logs\":null,\"result\":0}\n"), &push));
    assert_false(client_read_event_push(BYTES_OF_LITERAL("{\"filterID\":\"ab\",\"logs\":[{\"blockNumber\":\"x\"}],\"result\":0}\n"), &push));
    assert_false(client_read_event_push(BYTES_OF_LITERAL("{\"logs\":[],\"result\":0}\n"), &push));
}

/* The console makes the name of a folder of the contract's address. */
static void receipts_name_a_contract_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *contract;
        bool ok;
    } cases[] = {
        {"null", true},
        {"\"\"", true},
        {"\"0x\"", true},
        {"\"0x00000000000000000000000000000000000000aA\"", true},
        {"\"0x0000000000000000000000000000000000000aa\"", false},
        {"\"0x00000000000000000000000000000000000000aa0\"", false},
        {"\"../../../../../../../../../../../../etc/x00\"", false},
        {"\"0x../../../../../../../../../../../../etc/x\"", false},
        {"5", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        int size = snprintf(text, sizeof text, "{\"contractAddress\":%s,\"output\":\"0x\",\"status\":\"0x0\",\"transactionHash\":\"0x1\"}",
                            cases[i].contract);
        json_t *receipt = client_answer_object(bytes_of(text, (size_t)size));
        assert_non_null(receipt);
        assert_int_equal(client_is_receipt(receipt), cases[i].ok);
        json_decref(receipt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities),    cmocka_unit_test(results),       cmocka_unit_test(handshakes),
        cmocka_unit_test(block_pushes),  cmocka_unit_test(registrations), cmocka_unit_test(event_pushes),
        cmocka_unit_test(receipts_name_a_contract_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
