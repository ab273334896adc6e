/* Requests and answers as texts: validation (spec/interfaces.md 2.3), serialisation (2.4), errors (2.5), values (3.2). */
#include "support/rpc/peers.h"
#include "support/rpc/world.h"

#include "base/memory.h"
#include "codec/hex.h"

#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#define OK(id, result) "{\"id\":" id ",\"jsonrpc\":\"2.0\",\"result\":" result "}"
#define ERROR_(code, text, id) "{\"error\":{\"code\":" code ",\"message\":\"" text "\"},\"id\":" id ",\"jsonrpc\":\"2.0\"}"
#define THROWN(code, text, id) "{\"error\":{\"code\":" code ",\"data\":null,\"message\":\"" text "\"},\"id\":" id ",\"jsonrpc\":\"2.0\"}"
#define PARSE ERROR_("-32700", "JSON_PARSE_ERROR: The JSON-Object is not JSON-Valid", "null")
#define INVALID(id) ERROR_("-32600", "INVALID_JSON_REQUEST: The JSON sent is not a valid JSON-RPC Request object", id)
#define NO_METHOD(id) ERROR_("-32601", "METHOD_NOT_FOUND: The method being requested is not available on this server", id)
#define BAD_PARAMS(id) ERROR_("-32602", "INVALID_PARAMS: Invalid method parameters (invalid name and/or type) recognised", id)
#define NO_NOTIFICATION ERROR_("-32604", "PROCEDURE_IS_METHOD: The requested notification is declared as a method", "null")

static int open_world(void **state)
{
    *state = world_found();
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

/* expected: without the line end. */
static void check(world *w, const char *request, const char *expected)
{
    char *found = world_ask_text(w, request);
    size_t size = strlen(found);
    if (size == 0 || found[size - 1] != '\n')
        fail_msg("%s: no line end: %s", request, found);
    found[size - 1] = 0;
    if (strcmp(found, expected) != 0)
        fail_msg("%s\n expected %s\n found    %s", request, expected, found);
    free(found);
}

typedef struct {
    const char *request, *expected;
} case_row;

#define CHECK_ALL(w, rows)                                                                                                  \
    for (size_t i_ = 0; i_ < COUNT(rows); i_++)                                                                             \
    check(w, rows[i_].request, rows[i_].expected)

/* ---- 2.3 ---- */

#define CALL(rest) "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\"," rest "}"

static void roots_of_other_types_are_refused(void **state)
{
    static const case_row rows[] = {
        {"", PARSE},       {"{", PARSE},         {"{\"a\"}", PARSE},     {"nul", PARSE},
        {"5", INVALID("null")}, {"\"x\"", INVALID("null")}, {"null", INVALID("null")}, {"true", INVALID("null")},
        {"[]", INVALID("null")}, {"{}", INVALID("null")},
    };
    CHECK_ALL(*state, rows);
}

static void each_check_has_its_error_and_the_first_wins(void **state)
{
    static const case_row rows[] = {
        {"{\"jsonrpc\":\"2.0\",\"params\":[1],\"id\":1}", INVALID("1")},
        {"{\"jsonrpc\":\"2.0\",\"method\":7,\"params\":[1],\"id\":1}", INVALID("1")},
        {"{\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}", INVALID("1")},
        {"{\"jsonrpc\":2.0,\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}", INVALID("1")},
        {"{\"jsonrpc\":\"2\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}", INVALID("1")},
        {"{\"jsonrpc\":\"2.0\\u0000\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}", INVALID("1")},
        {CALL("\"params\":[1],\"id\":1.5"), INVALID("null")},
        {CALL("\"params\":[1],\"id\":true"), INVALID("null")},
        {CALL("\"params\":[1],\"id\":[1]"), INVALID("null")},
        {CALL("\"params\":[1],\"id\":{}"), INVALID("null")},
        {CALL("\"params\":\"1\",\"id\":1"), INVALID("1")},
        {CALL("\"params\":1,\"id\":1"), INVALID("1")},
        {CALL("\"params\":true,\"id\":1"), INVALID("1")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"nope\",\"params\":[1]}", NO_METHOD("null")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"nope\",\"params\":[1],\"id\":1}", NO_METHOD("1")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"\",\"params\":[1],\"id\":1}", NO_METHOD("1")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\\u0000\",\"params\":[1],\"id\":1}", NO_METHOD("1")},
        {CALL("\"params\":[1]"), NO_NOTIFICATION},
        {CALL("\"params\":[\"wrong\"]"), NO_NOTIFICATION},
        {CALL("\"params\":[\"1\"],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[1,1],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":{\"a\":1},\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":null,\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[1.5],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[null],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[true],\"id\":1"), BAD_PARAMS("1")},
        {CALL("\"params\":[[1]],\"id\":1"), BAD_PARAMS("1")},
    };
    CHECK_ALL(*state, rows);
}

static void ids_are_echoed_with_their_type(void **state)
{
    static const case_row rows[] = {
        {CALL("\"params\":[1],\"id\":0"), OK("0", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":-7"), OK("-7", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":9223372036854775807"), OK("9223372036854775807", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":\"\""), OK("\"\"", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":null"), OK("null", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":3.0"), OK("3", "\"0x0\"")},
        {CALL("\"params\":[1],\"id\":\"a\\\"\\\\\\n\\u0001\\u001f/\\u00e9\""),
         OK("\"a\\\"\\\\\\n\\u0001\\u001F/\xc3\xa9\"", "\"0x0\"")},
    };
    CHECK_ALL(*state, rows);
}

static void group_ids_are_narrowed(void **state)
{
    static const case_row rows[] = {
        {CALL("\"params\":[1.0],\"id\":1"), OK("1", "\"0x0\"")},
        {CALL("\"params\":[65537],\"id\":1"), OK("1", "\"0x0\"")}, /* QUIRK of 2.5 */
        {CALL("\"params\":[-65535],\"id\":1"), OK("1", "\"0x0\"")},
        {CALL("\"params\":[2],\"id\":1"), THROWN("-40001", "GroupID does not exist", "1")},
        {CALL("\"params\":[-1],\"id\":1"), THROWN("-40001", "GroupID does not exist", "1")},
        {CALL("\"params\":[2147483648],\"id\":1"),
         THROWN("-32602", "INVALID_PARAMS: Invalid method parameters (invalid name and/or type) recognised", "1")},
        {CALL("\"params\":[1e19],\"id\":1"),
         THROWN("-32602", "INVALID_PARAMS: Invalid method parameters (invalid name and/or type) recognised", "1")},
        {CALL("\"params\":[1e20],\"id\":1"), BAD_PARAMS("1")}, /* no integer of 64 bits */
    };
    CHECK_ALL(*state, rows);
}

static void methods_without_parameters_check_none(void **state)
{
    static const case_row rows[] = {
        {"{\"jsonrpc\":\"2.0\",\"method\":\"rpc_modules\",\"id\":1}", OK("1", "{\"FISCO BCOS\":\"2.0\"}")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"rpc_modules\",\"params\":[1,{}],\"id\":1}", OK("1", "{\"FISCO BCOS\":\"2.0\"}")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"getGroupList\",\"params\":{\"a\":1},\"id\":1}", OK("1", "[1]")},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"getGroupList\",\"params\":null,\"id\":1}", OK("1", "[1]")},
    };
    CHECK_ALL(*state, rows);
}

static void lenient_texts_are_read(void **state)
{
    static const case_row rows[] = {
        {"// who wrote this?\n" CALL("/* one */\"params\":[1],\"id\":1") " trailing", OK("1", "\"0x0\"")},
        {CALL("\"params\":[9],\"params\":[01],\"id\":5,\"id\":1"), OK("1", "\"0x0\"")},
    };
    CHECK_ALL(*state, rows);
}

static void too_deep_a_text_is_answered_without_json(void **state)
{
    char body[1200];
    memset(body, '[', sizeof body);
    char *found = world_ask(*state, bytes_of(body, sizeof body));
    assert_string_equal(found, "ERROR while handleRequest:Exceeded stackLimit in readValue().");
    free(found);
}

/* ---- batches ---- */

static void a_batch_is_answered_in_order_with_its_invalid_elements(void **state)
{
    check(*state,
          "[" CALL("\"params\":[1],\"id\":1") ",7," CALL("\"params\":[1]") ",{\"id\":\"x\"},[]," CALL("\"params\":[9],\"id\":2") "]",
          "[" OK("1", "\"0x0\"") "," INVALID("null") "," NO_NOTIFICATION "," INVALID("\"x\"") "," INVALID("null") ","
              THROWN("-40001", "GroupID does not exist", "2") "]");
    check(*state, "[" CALL("\"params\":[1],\"id\":1") "]", "[" OK("1", "\"0x0\"") "]");
}

static void a_batch_has_a_limit(void **state)
{
    enum { LIMIT = 10000 };
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_byte(&b, '[');
    for (size_t i = 0; i < LIMIT; i++)
        buffer_append_text(&b, i ? ",1" : "1");
    buffer_append_text(&b, "]");
    char *found = world_ask(*state, buffer_bytes(&b));
    assert_int_equal(strlen(found), LIMIT * (strlen(INVALID("null")) + 1) + 2);
    free(found);
    b.size--;
    buffer_append_text(&b, ",1]");
    found = world_ask(*state, buffer_bytes(&b));
    assert_string_equal(found, INVALID("null") "\n");
    free(found);
    buffer_free(&b);
}

/* ---- 3.2: how numbers, hashes, addresses and bytes are read ---- */

static void make_blocks(world *w)
{
    static const secret_key key = {{[31] = 1}};
    for (uint64_t n = 1; n <= 9; n++) {
        transaction_fields fields = {.nonce = u256_of(n), .gas = u256_of(100000000), .gas_price = u256_of(1),
                                     .block_limit = u256_of(500), .chain_id = u256_of(1), .group_id = u256_of(1),
                                     .data = BYTES_OF_LITERAL("data!")};
        memset(fields.to.b, 0x77, sizeof fields.to);
        transaction *tx = transaction_sign(&w->rules, &fields, &key);
        world_make_block(w, &tx, 1);
        transaction_drop(tx);
    }
}

static char *number_request(const char *text)
{
    static char request[256];
    snprintf(request, sizeof request,
             "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockHeaderByNumber\",\"params\":[1,\"%s\",false],\"id\":1}", text);
    return request;
}

static void block_numbers(void **state)
{
    world *w = *state;
    make_blocks(w);
    static const struct {
        const char *text;
        int number; /* or the error */
    } rows[] = {
        {"0", 0},          {"9", 9},          {"0x9", 9},       {"0x09", 9},
        {"0x009", 9},      {"010", 8},        {"07", 7},        {"00", 0},
        {"", 0},           {"0x", 0},         {"08", -32603},   {"10", -40004},
        {"0xA", -40004},   {"-1", -32603},    {"+1", -32603},   {" 1", -32603},
        {"1 ", -32603},    {"0X1", -32603},   {"0xg", -32603},  {"latest", -32603},
        {"1.0", -32603},   {"9223372036854775807", -40004},     {"9223372036854775808", -32603},
        {"0x8000000000000000", -32603},
        {"0x10000000000000000000000000000000000000000000000000000000000000002", 2}, /* modulo 2^256 */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char expected[64], *found = world_ask_text(w, number_request(rows[i].text));
        snprintf(expected, sizeof expected, rows[i].number < 0 ? "\"code\":%d," : "\"number\":%d,", rows[i].number);
        if (strstr(found, expected) == NULL)
            fail_msg("\"%s\": expected %s in %s", rows[i].text, expected, found);
        free(found);
    }
}

static void indexes(void **state)
{
    world *w = *state;
    make_blocks(w);
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"0x0", "\"transactionIndex\":\"0x0\""},
        {"", "\"transactionIndex\":\"0x0\""},
        {"0x10000000000000000", "\"transactionIndex\":\"0x0\""}, /* modulo 2^64 */
        {"1", "\"code\":-40005"},
        {"0xffffffffffffffff", "\"code\":-40005"}, /* -1: undefined in the reference */
        {"0x8000000000000000", "\"code\":-40005"},
        {"-1", "\"code\":-32603"},
        {"09", "\"code\":-32603"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "{\"jsonrpc\":\"2.0\",\"method\":\"getTransactionByBlockNumberAndIndex\",\"params\":[1,\"1\",\"%s\"],\"id\":1}",
                 rows[i].text);
        char *found = world_ask_text(w, request);
        if (strstr(found, rows[i].expected) == NULL)
            fail_msg("\"%s\": expected %s in %s", rows[i].text, rows[i].expected, found);
        free(found);
    }
}

static void batch_receipts(void **state)
{
    world *w = *state;
    make_blocks(w);
    static const struct {
        const char *number, *from, *count, *expected;
    } rows[] = {
        {"1", "0", "-1", "\"transactionIndex\":\"0x0\"}]}"},
        {"1", "0", "5", "\"transactionIndex\":\"0x0\"}]}"},
        {"1", "0", "0xffffffffffffffff", "\"transactionIndex\":\"0x0\"}]}"},
        {"1", "0", "0", "\"receiptsCount\":\"0x1\"}}}"}, /* an empty range: no list */
        {"1", "1", "-1", "\"code\":-40099,\"data\":null,\"message\":\"start index out of range, the number of receipt is 1\""},
        {"1", "0xffffffffffffffff", "-1", "\"code\":-40099"},
        {"0", "0", "-1", "\"code\":-40099,\"data\":null,\"message\":\"start index out of range, the number of receipt is 0\""},
        {"1", "-1", "-1", "\"code\":-32603"},
        {"1", "0", "-2", "\"code\":-32603"},
        {"10", "0", "-1", "\"code\":-40004"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "{\"jsonrpc\":\"2.0\",\"method\":\"getBatchReceiptsByBlockNumberAndRange\","
                 "\"params\":[1,\"%s\",\"%s\",\"%s\",false],\"id\":1}",
                 rows[i].number, rows[i].from, rows[i].count);
        char *found = world_ask_text(w, request);
        if (strstr(found, rows[i].expected) == NULL)
            fail_msg("%s: expected %s in %s", request, rows[i].expected, found);
        free(found);
    }
}

static void hashes_and_addresses(void **state)
{
    world *w = *state;
    make_blocks(w);
    arena a = {0};
    ledger_tip tip = ledger_head(w->ledger);
    char digits[65];
    for (size_t i = 0; i < sizeof tip.hash; i++)
        snprintf(digits + 2 * i, 3, "%02x", tip.hash.b[i]);
    const struct {
        const char *text, *expected;
    } rows[] = {
        {arena_print(&a, "0x%s", digits), "\"number\":9,"},
        {arena_print(&a, "0xabcdef%s", digits), "\"number\":9,"}, /* the last 64 digits */
        {digits, "\"code\":-40003,"},
        {arena_print(&a, "0x%.62s", digits), "\"code\":-40003,"},
        {"0xzz", "\"code\":-32603,"},
        {"zz", "\"code\":-40003,"},
        {"", "\"code\":-40003,"},
        {"123", "\"code\":-40003,"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *found = world_ask_text(w, arena_print(&a,
                                                    "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockHeaderByHash\","
                                                    "\"params\":[1,\"%s\",true],\"id\":1}",
                                                    rows[i].text));
        if (strstr(found, rows[i].expected) == NULL)
            fail_msg("\"%s\": expected %s in %s", rows[i].text, rows[i].expected, found);
        free(found);
    }
    static const char *const bad_addresses[] = {"", "0x", "12", "zz", "0x7777777777777777777777777777777777777777ff", "0X77"};
    for (size_t i = 0; i < COUNT(bad_addresses); i++) {
        char *found = world_ask_text(w, arena_print(&a, "{\"jsonrpc\":\"2.0\",\"method\":\"getCode\",\"params\":[1,\"%s\"],\"id\":1}",
                                                    bad_addresses[i]));
        assert_non_null(strstr(found, "\"code\":-32603,"));
        free(found);
    }
    arena_reset(&a);
}

typedef struct {
    char *text;
    sem_t done;
} answer_box;

static void take(void *context, bytes response)
{
    answer_box *box = context;
    box->text = memory_new(response.size + 1);
    memcpy(box->text, response.data, response.size);
    sem_post(&box->done);
}

static void wait_for(answer_box *box)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    if (sem_timedwait(&box->done, &until) != 0)
        fail_msg("no answer");
    sem_destroy(&box->done);
}

/* ---- the allow list of the channel port (interfaces.md 2.6) ---- */

static bool refuse_group_1(rpc_client *client, int32_t group_id)
{
    (void)client;
    return group_id != 1;
}

static bool permit(rpc_client *client, int32_t group_id)
{
    (void)client, (void)group_id;
    return true;
}

static void numbers_of_every_form_name_a_group(void **state)
{
    world *w = *state;
    rpc_client client = {.may_use_group = refuse_group_1, .take_permits = permit};
    static const struct {
        const char *params;
        bool refused;
    } cases[] = {{"[1]", true}, {"[1.0]", true}, {"[1e0]", true}, {"[65537]", true}, {"[65537.0]", true}, {"[2]", false},
                 {"[2.0]", false}, {"[1e300]", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[128];
        int size = snprintf(text, sizeof text, CALL("\"params\":%s,\"id\":7"), cases[i].params);
        answer_box box = {0};
        sem_init(&box.done, 0, 0);
        json_rpc_start_for(&client, &w->backend, w->workers, bytes_of(text, (size_t)size), take, &box);
        wait_for(&box);
        assert_int_equal(strstr(box.text, "-40012") != NULL, cases[i].refused);
        free(box.text);
    }
}

/* ---- submissions: both orders of "answered" and "the method returned" ---- */

static char *send_request(world *w, arena *a, uint64_t nonce, unsigned id)
{
    static const secret_key key = {{[31] = 2}};
    transaction_fields fields = {.nonce = u256_of(nonce), .gas = u256_of(1), .gas_price = u256_of(1), .block_limit = u256_of(500),
                                 .chain_id = u256_of(1), .group_id = u256_of(1), .data = BYTES_OF_LITERAL("data!")};
    transaction *tx = transaction_sign(&w->rules, &fields, &key);
    char *hex = arena_take(a, 2 * tx->raw.size + 1);
    for (size_t i = 0; i < tx->raw.size; i++)
        snprintf(hex + 2 * i, 3, "%02x", tx->raw.data[i]);
    transaction_drop(tx);
    return arena_print(a, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[1,\"0x%s\"],\"id\":%u}", hex, id);
}

static void a_submission_answered_at_once(void **state)
{
    world *w = *state;
    arena a = {0};
    char *request = send_request(w, &a, 1, 5), *found = world_ask_text(w, request);
    assert_non_null(strstr(found, "{\"id\":5,\"jsonrpc\":\"2.0\",\"result\":\"0x"));
    free(found);
    found = world_ask_text(w, request);
    assert_non_null(strstr(found, "[dev::tag_comment*] = TransactionAlreadyKown"));
    free(found);
    arena_reset(&a);
}

static void a_submission_answered_later(void **state)
{
    world *w = *state;
    arena a = {0};
    answer_box box = {0};
    sem_init(&box.done, 0, 0);
    w->manner = WORLD_HOLDS_ANSWERS;
    json_rpc_start(&w->backend, w->workers, bytes_of_text(send_request(w, &a, 1, 5)), take, &box);
    assert_null(box.text);
    assert_int_equal(world_answer_held(w), 1);
    wait_for(&box);
    assert_non_null(strstr(box.text, "{\"id\":5,\"jsonrpc\":\"2.0\",\"result\":\"0x"));
    free(box.text);
    arena_reset(&a);
}

static void a_submission_refused_by_a_busy_node(void **state)
{
    world *w = *state;
    arena a = {0};
    w->manner = WORLD_IS_BUSY;
    char *found = world_ask_text(w, send_request(w, &a, 1, 5));
    assert_non_null(strstr(found, "\"code\":-32603,"));
    free(found);
    arena_reset(&a);
}

/* A batch of submissions and other requests: each waits for its own answer, the rest goes on, on the workers. */
static void a_batch_waits_for_each_of_its_submissions(void **state)
{
    world *w = *state;
    arena a = {0};
    enum { SENDS = 20 };
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    for (unsigned i = 0; i < SENDS; i++)
        buffer_print(&b, "%s%s," CALL("\"params\":[1],\"id\":100"), i ? "," : "[", send_request(w, &a, 1 + i, i));
    buffer_append_byte(&b, ']');
    answer_box box = {0};
    sem_init(&box.done, 0, 0);
    w->manner = WORLD_HOLDS_ANSWERS;
    json_rpc_start(&w->backend, w->workers, buffer_bytes(&b), take, &box);
    buffer_free(&b); /* the text is not needed any more */
    for (size_t answered = 0; answered < SENDS; usleep(100))
        answered += world_answer_held(w);
    wait_for(&box);
    const char *at = box.text;
    for (unsigned i = 0; i < SENDS; i++) {
        at = strstr(at, arena_print(&a, "{\"id\":%u,\"jsonrpc\":\"2.0\",\"result\":\"0x", i));
        assert_non_null(at);
        at = strstr(at, OK("100", "\"0x0\""));
        assert_non_null(at);
    }
    assert_int_equal(txpool_size(w->pool), SENDS);
    free(box.text);
    arena_reset(&a);
}

typedef struct {
    world *w;
    atomic_bool stop;
} answerer;

static void *answer_all(void *context)
{
    answerer *self = context;
    while (!atomic_load(&self->stop))
        if (world_answer_held(self->w) == 0)
            sched_yield();
    return NULL;
}

/* The race itself, many times: the answer comes from another thread while the method returns. */
static void answers_may_come_at_any_moment(void **state)
{
    world *w = *state;
    enum { ROUNDS = 200 };
    answerer other = {.w = w};
    pthread_t thread;
    w->manner = WORLD_HOLDS_ANSWERS;
    assert_int_equal(pthread_create(&thread, NULL, answer_all, &other), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        arena a = {0};
        char *found = world_ask_text(w, send_request(w, &a, i + 1, i));
        assert_non_null(strstr(found, arena_print(&a, "{\"id\":%u,\"jsonrpc\":\"2.0\",\"result\":\"0x", i)));
        free(found);
        arena_reset(&a);
    }
    atomic_store(&other.stop, true);
    pthread_join(thread, NULL);
}

static void malformed_transactions_are_answered(void **state)
{
    static const char *const rows[] = {"",     "0x",   "zz",   "0x1",  "0xc0", "0xff", "0xf8d3830f4241", "0xbfffffffffffffffff",
                                       "0xf90000", "0xc1c0", "0x80"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char request[256];
        snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[1,\"%s\"],\"id\":1}",
                 rows[i]);
        char *found = world_ask_text(*state, request);
        if (strstr(found, "\"code\":-32603,\"data\":null,\"message\":\"INTERNAL_ERROR: : INTERNAL_ERROR: : ") == NULL)
            fail_msg("%s: %s", rows[i], found);
        free(found);
    }
}

/* ---- calls ---- */

static void calls_need_a_sender_and_well_formed_fields(void **state)
{
    static const struct {
        const char *object, *expected;
    } rows[] = {
        {"{}", "\"code\":-40006"},
        {"{\"from\":\"\"}", "\"code\":-40006"},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\"}", "\"status\":\"0x1a\""}, /* QUIRK: the zero address is called */
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"to\":\"0x\"}", "\"status\":\"0x1a\""},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"data\":5}", "\"status\":\"0x1a\""},
        {"{\"from\":\"zz\"}", "\"code\":-32603"},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"to\":\"0x12\"}", "\"code\":-32603"},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"value\":\"zz\"}", "\"code\":-32603"},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"gas\":\"08\"}", "\"code\":-32603"},
        {"{\"from\":\"0x1212121212121212121212121212121212121212\",\"data\":\"0xz\"}", "\"code\":-32603"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char request[512];
        snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"method\":\"call\",\"params\":[1,%s],\"id\":1}", rows[i].object);
        char *found = world_ask_text(*state, request);
        if (strstr(found, rows[i].expected) == NULL)
            fail_msg("%s: expected %s in %s", rows[i].object, rows[i].expected, found);
        free(found);
    }
}

/* ---- membership, versions, management ---- */

static void only_members_answer_unless_told_to(void **state)
{
    world *w = *state;
    memset(w->info.self.b, 0x99, sizeof w->info.self.b);
    check(w, CALL("\"params\":[1],\"id\":1"),
          THROWN("-40009", "Don't send request to this node who doesn't belong to the group", "1"));
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getGroupList\",\"params\":[],\"id\":1}", OK("1", "[]"));
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getPendingTxSize\",\"params\":[1],\"id\":1}", OK("1", "\"0x0\""));
    w->info.act_as_group_member = true;
    check(w, CALL("\"params\":[1],\"id\":1"), OK("1", "\"0x0\""));
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getGroupList\",\"params\":[],\"id\":1}", OK("1", "[1]"));
}

static void raft_has_no_view(void **state)
{
    world *w = *state;
    w->consensus = CONSENSUS_RAFT;
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getPbftView\",\"params\":[1],\"id\":1}",
          THROWN("-40007", "Only pbft consensus supports the view property", "1"));
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getEpochSealersList\",\"params\":[1],\"id\":1}",
          THROWN("-40009", "method getEpochSealersList only supported when rpbft is used, current consensus type is raft", "1"));
}

#define MANAGE(method, params) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":" params ",\"id\":1}"
#define CODE(code, text) OK("1", "{\"code\":\"" code "\",\"message\":\"" text "\"}")
#define NOT_YET "this node takes its groups from its configuration folder when it starts"
#define SELF64 "1111111111111111111111111111111111111111111111111111111111111111"
#define SELF SELF64 SELF64 /* the world's node */
#define TAIL "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd" ID64
#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void group_management_checks_its_parameters(void **state)
{
    world *w = *state;
    static const case_row rows[] = {
        {MANAGE("startGroup", "[0]"), CODE("0x7", "GroupID should be between 1 and 32767")},
        {MANAGE("startGroup", "[32768]"), CODE("0x7", "GroupID should be between 1 and 32767")},
        {MANAGE("startGroup", "[65537]"), CODE("0x7", "GroupID should be between 1 and 32767")},
        {MANAGE("startGroup", "[1]"), CODE("0x3", "Group 1 is already running")},
        {MANAGE("removeGroup", "[1]"), CODE("0x3", "Group 1 is running")},
        {MANAGE("recoverGroup", "[1]"), CODE("0xe", "Group 1 has not been deleted")},
        {MANAGE("startGroup", "[2]"), CODE("0xb", "Genesis config file for group 2 not found")},
        {MANAGE("stopGroup", "[2]"), CODE("0x6", "Group 2 not found")},
        {MANAGE("queryGroupStatus", "[0]"),
         OK("1", "{\"code\":\"0x7\",\"message\":\"GroupID should be between 1 and 32767\",\"status\":\"\"}")},
        {MANAGE("generateGroup", "[2,{}]"), CODE("0x7", "invalid `timestamp` field")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":1}]"), CODE("0x7", "invalid `timestamp` field")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"01\"}]"), CODE("0x7", "invalid timestamp: 01")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"-1\"}]"), CODE("0x7", "invalid timestamp: -1")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"9223372036854775808\"}]"), CODE("0x7", "invalid timestamp: 9223372036854775808")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\"}]"), CODE("0x7", "invalid `sealers` field")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[]}]"),
         CODE("0x7", "GenerateGroup failed for empty sealer list, expect at least one sealer")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[\"" ID64 ID64 "\",7]}]"),
         CODE("0x7", "invalid sealer ID at position 2")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[\"" ID64 "\"],\"enable_free_storage\":1}]"),
         CODE("0x7", "invalid sealer ID at position 1")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[\"" ID64 ID64 "\"],\"enable_free_storage\":1}]"),
         CODE("0x7", "invalid `enable_free_storage` field")},
        {MANAGE("generateGroup", "[1,{\"timestamp\":\"1\",\"sealers\":[\"" SELF "\"]}]"), CODE("0x2", "Group 1 already exists")},
        /* Not connected: each once, in string order, this node left out; before the group's existence. */
        {MANAGE("generateGroup", "[1,{\"timestamp\":\"1\",\"sealers\":[\"ff" TAIL "\",\"" SELF "\",\"0a" TAIL "\",\"ff" TAIL "\"]}]"),
         CODE("0x8", "Peer(s) not connected: 0a" TAIL ", ff" TAIL)},
        {MANAGE("generateGroup", "[0,{\"timestamp\":\"1\",\"sealers\":[\"ff" TAIL "\"]}]"),
         CODE("0x7", "GroupID should be between 1 and 32767")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[\"0x" ID64 ID64 "\"]}]"),
         CODE("0x7", "invalid sealer ID at position 1")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"0\",\"sealers\":[\"" SELF "\"],\"enable_free_storage\":true}]"), CODE("0x1", NOT_YET)},
        {MANAGE("stopGroup", "[1]"), CODE("0x1", NOT_YET)},
        {MANAGE("stopGroup", "[\"1\"]"), BAD_PARAMS("1")},
        {MANAGE("stopGroup", "[1,2]"), BAD_PARAMS("1")},
        {MANAGE("removeGroup", "[2]"), CODE("0x6", "Group 2 not found")},
        {MANAGE("recoverGroup", "[2]"), CODE("0x6", "Group 2 not found")},
        {MANAGE("queryGroupStatus", "[1]"), OK("1", "{\"code\":\"0x0\",\"message\":\"\",\"status\":\"RUNNING\"}")},
        {MANAGE("queryGroupStatus", "[32767]"), OK("1", "{\"code\":\"0x0\",\"message\":\"\",\"status\":\"INEXISTENT\"}")},
    };
    CHECK_ALL(w, rows);
    static const char *const methods[] = {"generateGroup", "startGroup", "stopGroup", "removeGroup", "recoverGroup"};
    w->info.disable_dynamic_group = true;
    w->info.version = VERSION_OF(2, 1, 0);
    for (size_t i = 0; i < COUNT(methods); i++) { /* before the version and the range */
        char request[128];
        snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":[0%s],\"id\":1}", methods[i],
                 i == 0 ? ",{}" : "");
        check(w, request, THROWN("-100001", "Dynamic group related interfaces are forbidden to access", "1"));
    }
    check(w, MANAGE("queryGroupStatus", "[1]"), THROWN("-40009", "method stopGroup not support this version", "1"));
    w->info.version = VERSION_NEWEST;
    check(w, MANAGE("queryGroupStatus", "[1]"), OK("1", "{\"code\":\"0x0\",\"message\":\"\",\"status\":\"RUNNING\"}"));
    w->info.disable_dynamic_group = true;
    check(w, MANAGE("stopGroup", "[1]"), THROWN("-100001", "Dynamic group related interfaces are forbidden to access", "1"));
    w->info.disable_dynamic_group = false;
    w->info.version = VERSION_OF(2, 1, 0);
    check(w, MANAGE("startGroup", "[1]"), THROWN("-40009", "method stopGroup not support this version", "1"));
    check(w, "{\"jsonrpc\":\"2.0\",\"method\":\"getTransactionByHashWithProof\",\"params\":[1,\"0x\"],\"id\":1}",
          THROWN("-40009", "method getTransactionByHashWithProof not support this version", "1"));
}

/* Group 1 runs from both files, 2 has a genesis file only, 3 an ini file only, 4 both and was not there when the node started. */
static unsigned files_of(void *context, int32_t group_id)
{
    (void)context;
    static const unsigned files[] = {0, RPC_GROUP_HAS_GENESIS | RPC_GROUP_HAS_INI, RPC_GROUP_HAS_GENESIS, RPC_GROUP_HAS_INI,
                                     RPC_GROUP_HAS_GENESIS | RPC_GROUP_HAS_INI};
    return (size_t)group_id < COUNT(files) ? files[group_id] : 0;
}

static void group_management_looks_at_files(void **state)
{
    world *w = *state;
    w->backend.group_files = files_of;
    static const case_row rows[] = {
        {MANAGE("startGroup", "[1]"), CODE("0x3", "Group 1 is already running")},
        {MANAGE("startGroup", "[2]"), CODE("0xc", "Group config file for group 2 not found")},
        {MANAGE("startGroup", "[3]"), CODE("0xb", "Genesis config file for group 3 not found")},
        {MANAGE("startGroup", "[4]"), CODE("0x1", NOT_YET)},
        {MANAGE("startGroup", "[5]"), CODE("0xb", "Genesis config file for group 5 not found")},
        {MANAGE("generateGroup", "[1,{\"timestamp\":\"1\",\"sealers\":[\"" SELF "\"]}]"), CODE("0x2", "Group 1 already exists")},
        {MANAGE("generateGroup", "[2,{\"timestamp\":\"1\",\"sealers\":[\"" SELF "\"]}]"),
         CODE("0x9", "Genesis config file for group 2 already exists")},
        {MANAGE("generateGroup", "[3,{\"timestamp\":\"1\",\"sealers\":[\"" SELF "\"]}]"),
         CODE("0xa", "Group config file for group 3 already exists")},
        {MANAGE("generateGroup", "[5,{\"timestamp\":\"1\",\"sealers\":[\"" SELF "\"]}]"), CODE("0x1", NOT_YET)},
    };
    CHECK_ALL(w, rows);
}

/* A sealer with a session is no reason to refuse. */
static void group_management_asks_the_network(void **state)
{
    world *w = *state;
    arena a = {0};
    peers *p = peers_make(2, NULL);
    peers_start(p, NULL);
    w->backend.net = p->nodes[0].net;
    const char *connected = hex_text(&a, BYTES_OF_VALUE(p->nodes[1].id));
    const char *text = arena_print(&a, "{\"jsonrpc\":\"2.0\",\"method\":\"generateGroup\",\"params\":[2,{\"timestamp\":\"1\",\"sealers\":"
                                       "[\"" SELF "\",\"%s\"]}],\"id\":1}", connected);
    check(w, text, CODE("0x1", NOT_YET));
    peers_stop(p, 1);
    while (net_is_connected(p->nodes[0].net, &p->nodes[1].id))
        usleep(1000);
    check(w, text, arena_print(&a, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"code\":\"0x8\",\"message\":\"Peer(s) not connected: %s\"}}", connected));
    w->backend.net = NULL;
    peers_close(p);
    arena_reset(&a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(roots_of_other_types_are_refused),
        TEST(each_check_has_its_error_and_the_first_wins),
        TEST(ids_are_echoed_with_their_type),
        TEST(group_ids_are_narrowed),
        TEST(methods_without_parameters_check_none),
        TEST(lenient_texts_are_read),
        TEST(too_deep_a_text_is_answered_without_json),
        TEST(a_batch_is_answered_in_order_with_its_invalid_elements),
        TEST(a_batch_has_a_limit),
        TEST(block_numbers),
        TEST(indexes),
        TEST(batch_receipts),
        TEST(hashes_and_addresses),
        TEST(numbers_of_every_form_name_a_group),
        TEST(a_submission_answered_at_once),
        TEST(a_submission_answered_later),
        TEST(a_submission_refused_by_a_busy_node),
        TEST(a_batch_waits_for_each_of_its_submissions),
        TEST(answers_may_come_at_any_moment),
        TEST(malformed_transactions_are_answered),
        TEST(calls_need_a_sender_and_well_formed_fields),
        TEST(only_members_answer_unless_told_to),
        TEST(raft_has_no_view),
        TEST(group_management_checks_its_parameters),
        TEST(group_management_looks_at_files),
        TEST(group_management_asks_the_network),
    };
    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
