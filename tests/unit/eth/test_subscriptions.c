/* eth_subscribe over a real WebSocket. */
#include "support/eth/ask.h"
#include "support/rpc/ws_client.h"

#include "codec/hex.h"
#include "rpc/http_door.h"

/* Logs its call data, with the first word as the only topic. */
#define CONTRACT "600e80600b6000396000f3" "366000600037600035366000a100"
#define TOPIC "0xaa00000000000000000000000000000000000000000000000000000000000000"

typedef struct {
    world *w;
    eth_service *service;
    http_door *door;
    unsigned port;
    secret_key key;
    address contract;
    uint64_t nonce;
} fixture;

static void make_block(fixture *f, const address *to, const uint8_t *data, size_t size, size_t count)
{
    transaction *txs[16] = {0};
    assert_true(count <= COUNT(txs));
    for (size_t i = 0; i < count; i++) {
        transaction_fields fields = {.nonce = u256_of(++f->nonce), .gas_price = u256_of(1), .gas = u256_of(1), .block_limit = u256_of(500),
                                     .chain_id = u256_of(1), .group_id = u256_of(1), .is_creation = to == NULL, .data = bytes_of(data, size)};
        if (to)
            fields.to = *to;
        txs[i] = transaction_sign(&f->w->rules, &fields, &f->key);
    }
    world_make_block(f->w, txs, count);
    for (size_t i = 0; i < count; i++)
        transaction_drop(txs[i]);
    eth_service_block(f->service);
}

static void call_contract(fixture *f, uint8_t first, size_t count)
{
    uint8_t data[32] = {first};
    make_block(f, &f->contract, data, sizeof data, count);
}

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    error_text why = {""};
    arena a = {0};
    bytes code;
    f->w = world_found();
    f->service = eth_service_new(&(eth_config){.chain_id = 1}, &f->w->backend, f->w->workers);
    f->door = http_door_start(&(http_door_config){.service = &eth_http_service, .service_context = f->service, .listen_ip = "127.0.0.1"},
                              f->w->workers, NULL, &why);
    if (f->door == NULL)
        fail_msg("%s", why.text);
    f->port = http_door_port(f->door);
    memset(f->key.b, 0x42, sizeof f->key.b);
    assert_true(hex_read_any(&a, bytes_of_text(CONTRACT), &code));
    make_block(f, NULL, code.data, code.size, 1);
    block *b = ledger_block_by_number(f->w->ledger, 1);
    f->contract = b->receipts[0].contract_address;
    block_drop(b);
    arena_reset(&a);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    eth_service_quiet(f->service);
    http_door_stop(f->door);
    eth_service_free(f->service);
    world_close(f->w);
    free(f);
    return 0;
}

/* The next text, parsed; the caller drops it. */
static json_t *next_text(http_client *c)
{
    ws_frame frame = {0};
    assert_true(ws_receive(c, &frame));
    assert_int_equal(frame.opcode, WEBSOCKET_TEXT);
    json_t *value = json_loadb((const char *)frame.payload.data, frame.payload.size, 0, NULL);
    assert_non_null(value);
    buffer_consume(&c->received, frame.size);
    return value;
}

static void ask(http_client *c, const char *method, const char *params)
{
    arena a = {0};
    ws_send_text(c, arena_print(&a, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params));
    arena_reset(&a);
}

static void subscribe(http_client *c, const char *params, char id[32])
{
    ask(c, "eth_subscribe", params);
    json_t *answer = next_text(c);
    const char *text = json_string_value(json_object_get(answer, "result"));
    if (text == NULL)
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(id, 32, "%s", text);
    json_decref(answer);
}

/* A push of this subscription comes; the caller drops what it tells. */
static json_t *next_push(http_client *c, const char *id)
{
    json_t *text = next_text(c);
    assert_string_equal(json_string_value(json_object_get(text, "method")), "eth_subscription");
    const json_t *params = json_object_get(text, "params");
    assert_string_equal(json_string_value(json_object_get(params, "subscription")), id);
    json_t *result = json_incref(json_object_get(params, "result"));
    json_decref(text);
    return result;
}

static void expect_head(http_client *c, const char *id, const char *number)
{
    json_t *head = next_push(c, id);
    assert_string_equal(json_string_value(json_object_get(head, "number")), number);
    assert_null(json_object_get(head, "transactions"));
    json_decref(head);
}

static void expect_nothing_more(http_client *c)
{
    ask(c, "eth_chainId", "[]");
    json_t *answer = next_text(c);
    assert_non_null(json_object_get(answer, "result"));
    json_decref(answer);
}

static void new_heads_come_in_order(void **state)
{
    fixture *f = *state;
    char id[32], number[16];
    http_client c = ws_connect(f->port);
    subscribe(&c, "[\"newHeads\"]", id);
    for (int i = 2; i < 60; i++)
        call_contract(f, 0xaa, 1);
    for (int i = 2; i < 60; i++) {
        snprintf(number, sizeof number, "0x%x", i);
        expect_head(&c, id, number);
    }
    http_close(&c);
}

static void logs_come_one_by_one(void **state)
{
    fixture *f = *state;
    char wanted[32], all[32];
    http_client c = ws_connect_path(f->port, "/group/1");
    subscribe(&c, "[\"logs\",{\"topics\":[\"" TOPIC "\"]}]", wanted);
    call_contract(f, 0xbb, 3);
    call_contract(f, 0xaa, 2);
    for (int i = 0; i < 2; i++) {
        json_t *log = next_push(&c, wanted);
        assert_string_equal(json_string_value(json_array_get(json_object_get(log, "topics"), 0)), TOPIC);
        assert_string_equal(json_string_value(json_object_get(log, "blockNumber")), "0x3");
        assert_string_equal(json_string_value(json_object_get(log, "logIndex")), i ? "0x1" : "0x0");
        json_decref(log);
    }
    subscribe(&c, "[\"logs\"]", all);
    assert_string_not_equal(wanted, all);
    call_contract(f, 0xbb, 1);
    json_decref(next_push(&c, all));
    http_close(&c);
}

static void a_subscription_ends_when_asked(void **state)
{
    fixture *f = *state;
    char heads[32], logs[32], params[64];
    http_client c = ws_connect(f->port), other = ws_connect(f->port);
    subscribe(&c, "[\"newHeads\"]", heads);
    subscribe(&c, "[\"logs\",{}]", logs);
    snprintf(params, sizeof params, "[\"%s\"]", heads);
    ask(&other, "eth_unsubscribe", params); /* not its own */
    json_t *answer = next_text(&other);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")), -32000);
    json_decref(answer);
    ask(&c, "eth_unsubscribe", params);
    answer = next_text(&c);
    assert_true(json_is_true(json_object_get(answer, "result")));
    json_decref(answer);
    call_contract(f, 0xaa, 1);
    json_decref(next_push(&c, logs));
    expect_nothing_more(&c);
    http_close(&c);
    http_close(&other);
}

static void subscriptions_are_limited_and_go_with_their_session(void **state)
{
    fixture *f = *state;
    char id[32];
    for (int round = 0; round < 2; round++) {
        http_client c = ws_connect(f->port);
        for (int i = 0; i < ETH_SESSION_SUBSCRIPTIONS_MAX; i++)
            subscribe(&c, "[\"logs\",{\"topics\":[[\"" TOPIC "\"]]}]", id);
        ask(&c, "eth_subscribe", "[\"newHeads\"]");
        json_t *answer = next_text(&c);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")), -32005);
        json_decref(answer);
        call_contract(f, 0xaa, 1);
        for (int i = 0; i < ETH_SESSION_SUBSCRIPTIONS_MAX; i++)
            json_decref(next_text(&c));
        call_contract(f, 0xaa, 2); /* texts on their way when the client leaves */
        http_close(&c);
    }
}

static void wrong_kinds_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const rows[] = {"[]", "[\"newPendingTransactions\"]", "[\"logs\",{\"address\":\"0x1\"}]", "[\"logs\",5]"};
    http_client c = ws_connect(f->port);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask(&c, "eth_subscribe", rows[i]);
        json_t *answer = next_text(&c);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")), -32602);
        json_decref(answer);
    }
    http_close(&c);
    c = ws_connect_path(f->port, "/group/2");
    ask(&c, "eth_subscribe", "[\"newHeads\"]");
    json_t *answer = next_text(&c);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")), -32000);
    json_decref(answer);
    http_close(&c);
}

/* Blocks come while clients subscribe: the id is always there before the first push, and no block after it is missing. */
static void *make_blocks(void *context)
{
    for (int i = 0; i < 100; i++)
        call_contract(context, 0xbb, 1);
    return NULL;
}

static void the_answer_comes_before_the_first_push(void **state)
{
    fixture *f = *state;
    pthread_t maker;
    char id[32];
    assert_int_equal(pthread_create(&maker, NULL, make_blocks, f), 0);
    for (int i = 0; i < 20; i++) {
        http_client c = ws_connect(f->port);
        subscribe(&c, "[\"newHeads\"]", id); /* fails when something else comes first */
        http_close(&c);
    }
    http_client c = ws_connect(f->port);
    subscribe(&c, "[\"newHeads\"]", id);
    pthread_join(maker, NULL);
    call_contract(f, 0xbb, 1);
    int64_t head = ledger_head(f->w->ledger).number;
    int64_t expected = 0;
    for (int64_t number = 0; number < head; expected = number + 1) {
        json_t *one = next_push(&c, id);
        number = strtoll(json_string_value(json_object_get(one, "number")), NULL, 16);
        assert_true(expected == 0 || number == expected);
        json_decref(one);
    }
    http_close(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_heads_come_in_order),
        TEST(logs_come_one_by_one),
        TEST(a_subscription_ends_when_asked),
        TEST(subscriptions_are_limited_and_go_with_their_session),
        TEST(wrong_kinds_are_refused),
        TEST(the_answer_comes_before_the_first_push),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
