/* Requests, transactions and AMOP against a node made of script: answers, refusals, lost connections, limits (hanse/client.h). */
#include "support_node.h"

#include "chain/transaction.h"
#include "codec/channel_frame.h"
#include "codec/hex.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static fake_chain *chain;
static hanse_account *account;

static hanse_client *open_client(const hanse_client_options *more, fake_node *a, fake_node *b)
{
    char names[2][32];
    const char *nodes[2] = {names[0], names[1]};
    snprintf(names[0], sizeof names[0], "127.0.0.1:%u", fake_node_port(a));
    snprintf(names[1], sizeof names[1], "127.0.0.1:%u", b ? fake_node_port(b) : 0);
    hanse_client_options options = more ? *more : (hanse_client_options){0};
    options.nodes = nodes;
    options.node_count = b ? 2 : 1;
    options.certificates = fake_chain_folder(chain);
    options.reconnect_ms = 50;
    hanse_error error = {0};
    hanse_client *c = hanse_client_open(&options, &error);
    if (c == NULL)
        fail_msg("%s", error.text);
    return c;
}

#define CONTRACT "0x00000000000000000000000000000000000000aa"

/* ---- opening ---- */

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 0);
    char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%u", fake_node_port(a));
    hanse_error error = {0};
    const char *nodes[] = {name, "http://127.0.0.1:1"};
    hanse_client_options options = {.nodes = nodes, .node_count = 1, .timeout_ms = 500};
    assert_null(hanse_client_open(&options, &error)); /* no certificates */
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    options.certificates = "/nowhere";
    assert_null(hanse_client_open(&options, &error));
    assert_int_equal(error.kind, HANSE_ERROR_FILE);
    options.certificates = fake_chain_folder(chain);
    options.node_count = 2;
    assert_null(hanse_client_open(&options, &error)); /* two kinds */
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    options.node_count = 0;
    assert_null(hanse_client_open(&options, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    options.node_count = 1;
    options.group = 40000;
    assert_null(hanse_client_open(&options, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    options.group = 1;
    const char *bad[] = {"", "127.0.0.1", "127.0.0.1:", ":8545", "127.0.0.1:99999", "127.0.0.1:12x"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        nodes[0] = bad[i];
        assert_null(hanse_client_open(&options, &error));
        assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    }
    nodes[0] = name;
    fake_node_set_habits(a, (fake_habits){.is_silent = true});
    assert_null(hanse_client_open(&options, &error));
    assert_true(error.kind == HANSE_ERROR_TIMEOUT || error.kind == HANSE_ERROR_CONNECTION);
    fake_node_stop(a);
    assert_null(hanse_client_open(&options, &error)); /* nobody listens: told at once */
    assert_int_equal(error.kind, HANSE_ERROR_CONNECTION);
    assert_non_null(strstr(error.text, name));
}

static void certificates_of_another_chain_are_refused(void **state)
{
    (void)state;
    fake_chain *other = fake_chain_new(false);
    fake_node *a = fake_node_start(other, 0, 0);
    char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%u", fake_node_port(a));
    const char *nodes[] = {name};
    hanse_error error = {0};
    hanse_client_options options = {.nodes = nodes, .node_count = 1, .certificates = fake_chain_folder(chain), .timeout_ms = 2000};
    assert_null(hanse_client_open(&options, &error));
    assert_int_equal(error.kind, HANSE_ERROR_CONNECTION);
    assert_non_null(strstr(error.text, "certificate"));
    fake_node_stop(a);
    fake_chain_free(other);
}

static void rsa_certificates_are_taken(void **state)
{
    (void)state;
    fake_chain *kept = chain;
    chain = fake_chain_new(true);
    fake_node *a = fake_node_start(chain, 0, 9);
    hanse_client *c = open_client(NULL, a, NULL);
    assert_int_equal(hanse_block_number(c, NULL), 9);
    hanse_client_close(c);
    fake_node_stop(a);
    fake_chain_free(chain);
    chain = kept;
}

/* ---- JSON-RPC ---- */

static void answers_and_errors(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 300);
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_error error = {0};
    char *text = hanse_rpc(c, "getBlockNumber", "[1]", &error);
    assert_string_equal(text, "\"0x12c\"");
    hanse_free(text);
    assert_null(hanse_rpc(c, "noSuchMethod", NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_RPC);
    assert_int_equal(error.rpc_code, -32601);
    assert_null(hanse_rpc(c, "getBlockNumber", "{\"no\":\"array\"}", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    char deep[2 * 100 + 1];
    memset(deep, '[', 100), memset(deep + 100, ']', 100), deep[200] = '\0';
    assert_null(hanse_rpc(c, "getBlockNumber", deep, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_null(hanse_rpc_at(c, "127.0.0.1:1", "getBlockNumber", "[1]", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    static const char *const odd[] = {"", "[]", "null", "{\"result\"", "{\"id\":1}", "{\"error\":5}", "\xff\xfe"};
    for (size_t i = 0; i < COUNT(odd); i++) {
        fake_node_set_habits(a, (fake_habits){.raw_answer = odd[i]});
        assert_null(hanse_rpc(c, "getSyncStatus", "[1]", &error));
        assert_int_equal(error.kind, HANSE_ERROR_PROTOCOL);
    }
    hanse_client_close(c);
    fake_node_stop(a);
}

static void a_request_ends_in_time(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(&(hanse_client_options){.timeout_ms = 300}, a, NULL);
    fake_node_set_habits(a, (fake_habits){.ignores_calls = true});
    hanse_error error = {0};
    assert_null(hanse_call(c, NULL, CONTRACT, "0x", NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_TIMEOUT);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void *ask_and_wait(void *argument)
{
    hanse_error error = {0};
    assert_null(hanse_call(argument, NULL, CONTRACT, "0x", NULL, &error));
    return (void *)(intptr_t)error.kind;
}

static hanse_error_kind end_of(pthread_t thread)
{
    void *kind;
    pthread_join(thread, &kind);
    return (hanse_error_kind)(intptr_t)kind;
}

static void requests_under_way_are_limited_and_end_with_the_connection(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(&(hanse_client_options){.requests_max = 2}, a, NULL);
    fake_node_set_habits(a, (fake_habits){.ignores_calls = true});
    pthread_t threads[2];
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, ask_and_wait, c);
    usleep(200000);
    hanse_error error = {0};
    assert_null(hanse_call(c, NULL, CONTRACT, "0x", NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_LIMIT);
    fake_node_cut(a);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(end_of(threads[i]), HANSE_ERROR_CONNECTION);
    WAIT_UNTIL(hanse_block_number(c, &error) == 1); /* it is connected again, and there is room again */
    hanse_client_close(c);
    fake_node_stop(a);
}

/* Whoever waits is told, and may still look at what it was told while the client goes. */
static void closing_ends_what_others_wait_for(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    for (int round = 0; round < 5; round++) {
        hanse_client *c = open_client(NULL, a, NULL);
        fake_node_set_habits(a, (fake_habits){.ignores_calls = true});
        pthread_t threads[8];
        for (size_t i = 0; i < COUNT(threads); i++)
            pthread_create(&threads[i], NULL, ask_and_wait, c);
        usleep(100000);
        hanse_client_close(c);
        for (size_t i = 0; i < COUNT(threads); i++)
            assert_int_equal(end_of(threads[i]), HANSE_ERROR_CONNECTION);
    }
    fake_node_stop(a);
}

static void garbage_ends_the_connection_not_the_client(void **state)
{
    (void)state;
    static const uint8_t short_frame[] = {0, 0, 0, 5, 0, 0x12, 1, 2, 3, 4}, long_frame[] = {0x7f, 0xff, 0xff, 0xff, 0, 0x12};
    uint8_t odd[42 + 3] = {0, 0, 0, 45, 0x10, 0x01};
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    for (uint16_t type = 0x1000; type <= 0x1003; type++) { /* pushes whose bodies mean nothing: ignored */
        odd[4] = (uint8_t)(type >> 8), odd[5] = (uint8_t)type;
        fake_node_send_raw(a, bytes_of(odd, sizeof odd));
    }
    usleep(50000);
    assert_int_equal(hanse_block_number(c, NULL), 1);
    assert_int_equal(fake_node_connections(a), 1);
    fake_node_send_raw(a, bytes_of(short_frame, sizeof short_frame));
    WAIT_UNTIL(fake_node_connections(a) == 2);
    WAIT_UNTIL(hanse_block_number(c, NULL) == 1);
    fake_node_send_raw(a, bytes_of(long_frame, sizeof long_frame));
    WAIT_UNTIL(fake_node_connections(a) == 3);
    WAIT_UNTIL(hanse_block_number(c, NULL) == 1);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* ---- transactions ---- */

static hanse_receipt *send_one(hanse_client *c, hanse_error *error)
{
    return hanse_send(c, account, CONTRACT, "0x01020304", error);
}

static void receipts_come_before_or_after_the_answer(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    for (int first = 0; first < 2; first++) {
        fake_node_set_habits(a, (fake_habits){.receipt_comes_first = first});
        hanse_error error = {0};
        hanse_receipt *r = send_one(c, &error);
        assert_non_null(r);
        assert_int_equal(hanse_receipt_status(r), 0);
        assert_string_equal(hanse_receipt_status_text(r), "None");
        assert_int_equal(hanse_receipt_block(r), 7);
        assert_int_equal(strlen(hanse_receipt_transaction(r)), 66);
        hanse_receipt_free(r);
    }
    hanse_client_close(c);
    fake_node_stop(a);
}

static void a_refused_transaction_has_a_receipt(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    fake_node_set_habits(a, (fake_habits){.refuses_with_status = 16, .receipt_comes_first = true});
    hanse_error error = {0};
    hanse_receipt *r = send_one(c, &error);
    assert_non_null(r);
    assert_int_equal(hanse_receipt_status(r), 16);
    assert_string_equal(hanse_receipt_status_text(r), "BlockLimitCheckFail");
    assert_null(strstr(hanse_receipt_transaction(r), "0x00000000000000000000")); /* ours, though the node says zero */
    hanse_receipt_free(r);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void *send_and_wait(void *argument)
{
    hanse_error error = {0};
    hanse_receipt *r = send_one(argument, &error);
    intptr_t status = r ? hanse_receipt_status(r) : -1;
    hanse_receipt_free(r);
    return (void *)status;
}

/* The node took it and the connection broke: it is sent again, and "already known" means that it goes on. */
static void a_transaction_outlives_its_connection(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    fake_node_set_habits(a, (fake_habits){.omits_receipts = true});
    pthread_t thread;
    pthread_create(&thread, NULL, send_and_wait, c);
    WAIT_UNTIL(fake_node_transactions(a) == 1);
    fake_node_cut(a);
    void *status;
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, 0);
    assert_int_equal(fake_node_transactions(a), 2);
    hanse_client_close(c);
    fake_node_stop(a);
}

typedef struct {
    pthread_mutex_t lock;
    size_t receipts, errors;
} outcome;

static size_t receipts_of(outcome *o)
{
    pthread_mutex_lock(&o->lock);
    size_t count = o->receipts;
    pthread_mutex_unlock(&o->lock);
    return count;
}

static void on_receipt(void *context, const char *hash, const hanse_receipt *receipt, const hanse_error *error)
{
    outcome *o = context;
    assert_int_equal(strlen(hash), 66);
    assert_true((receipt == NULL) != (error == NULL));
    pthread_mutex_lock(&o->lock);
    o->receipts += receipt != NULL;
    o->errors += error != NULL;
    pthread_mutex_unlock(&o->lock);
}

static void transactions_without_waiting(void **state)
{
    (void)state;
    outcome o = {.receipts = 0};
    pthread_mutex_init(&o.lock, NULL);
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    for (int i = 0; i < 50; i++) {
        char *hash = hanse_send_start(c, account, CONTRACT, "0x", on_receipt, &o, NULL);
        assert_non_null(hash);
        hanse_free(hash);
    }
    WAIT_UNTIL(receipts_of(&o) == 50);
    fake_node_set_habits(a, (fake_habits){.omits_receipts = true});
    for (int i = 0; i < 5; i++)
        hanse_free(hanse_send_start(c, account, CONTRACT, "0x", on_receipt, &o, NULL));
    usleep(50000);
    hanse_client_close(c); /* each ends, with an error */
    assert_int_equal(o.receipts + o.errors, 55);
    fake_node_stop(a);
    pthread_mutex_destroy(&o.lock);
}

/* done sends the next one when there was an error, as applications do. */
typedef struct {
    hanse_client *client;
    atomic_size_t receipts, errors, refused;
    atomic_int depth, depth_max, last_error;
    atomic_bool is_over;
} resender;

static void send_anew(void *context, const char *hash, const hanse_receipt *receipt, const hanse_error *error)
{
    resender *s = context;
    (void)hash;
    if (++s->depth > s->depth_max)
        s->depth_max = s->depth;
    if (receipt) {
        s->receipts++;
    } else {
        s->last_error = (int)error->kind;
        s->errors++;
        char *next = s->is_over ? NULL : hanse_send_start(s->client, account, CONTRACT, "0x", send_anew, s, NULL);
        s->refused += next == NULL;
        if (next == NULL && !s->is_over) /* closing: nothing is begun any more */
            assert_null(hanse_blocks_subscribe(s->client, 1, NULL, NULL, NULL));
        hanse_free(next);
    }
    s->depth--;
}

static void sending_anew_in_the_callback_does_not_recurse(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    unsigned port = fake_node_port(a);
    hanse_client *c = open_client(NULL, a, NULL);
    fake_node_stop(a);
    char *list;
    bool is_alone;
    WAIT_UNTIL((list = hanse_client_connections(c), is_alone = *list == '\0', hanse_free(list), is_alone));
    resender s = {.client = c};
    hanse_free(hanse_send_start(c, account, CONTRACT, "0x", send_anew, &s, NULL));
    WAIT_UNTIL(s.errors >= 20);
    assert_int_equal(s.last_error, HANSE_ERROR_CONNECTION);
    assert_int_equal(s.depth_max, 1);
    a = fake_node_start(chain, port, 1); /* the loop still looks after its connections */
    WAIT_UNTIL(s.receipts == 1);
    assert_int_equal(s.refused, 0);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void sending_anew_does_not_keep_a_client_from_closing(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    fake_node_set_habits(a, (fake_habits){.omits_receipts = true});
    resender first = {.client = hanse_client_of_group(c, 1, NULL)}, second = {.client = c};
    hanse_free(hanse_send_start(first.client, account, CONTRACT, "0x", send_anew, &first, NULL));
    WAIT_UNTIL(fake_node_transactions(a) == 1);
    hanse_client_close(first.client);
    assert_int_equal(first.errors, 1);
    assert_int_equal(first.refused, 1);
    assert_int_equal(first.last_error, HANSE_ERROR_TIMEOUT); /* a node has it */
    fake_node_cut(a);
    hanse_free(hanse_send_start(c, account, CONTRACT, "0x", send_anew, &second, NULL));
    hanse_client_close(c);
    assert_int_equal(second.errors + second.receipts, 1);
    assert_int_equal(second.refused, second.errors);
    fake_node_stop(a);
}

/* The first node took it and died; what the second one's pool says is not the end (spec/network.md 10.4). */
static void a_refusal_by_the_next_node_is_not_the_end(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1), *b = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, b);
    char *list;
    bool is_both;
    WAIT_UNTIL((list = hanse_client_connections(c), is_both = strchr(list, '\n') != NULL, hanse_free(list), is_both));
    fake_node_set_habits(a, (fake_habits){.omits_receipts = true});
    fake_node_set_habits(b, (fake_habits){.refuses_with_status = 28});
    pthread_t thread;
    pthread_create(&thread, NULL, send_and_wait, c);
    WAIT_UNTIL(fake_node_transactions(a) == 1);
    fake_node_stop(a);
    void *status;
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, 0);
    assert_int_equal(fake_node_transactions(b), 1);
    hanse_receipt *r = send_one(c, NULL); /* one that no other node can have is refused at once */
    assert_int_equal(hanse_receipt_status(r), 28);
    hanse_receipt_free(r);
    hanse_client_close(c);
    fake_node_stop(b);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_error error = {0};
    hanse_account *national = hanse_account_new_national(NULL);
    assert_null(hanse_send(c, national, CONTRACT, "0x", &error)); /* this chain is none of theirs */
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    hanse_account_free(national);
    assert_null(hanse_send(c, account, "0x12", "0x", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_null(hanse_send(c, account, CONTRACT, "0x123", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_null(hanse_send_raw(c, "0xc0", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_null(hanse_call(c, NULL, "nobody", "0x", NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    char *hash = NULL, *raw = hanse_sign(c, account, NULL, "0x60", &hash, &error);
    assert_non_null(raw);
    hanse_receipt *r = hanse_send_raw(c, raw, &error);
    assert_non_null(r);
    assert_string_equal(hanse_receipt_transaction(r), hash);
    hanse_receipt_free(r);
    hanse_free(raw);
    hanse_free(hash);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* What is signed for a chain with national algorithms is a transaction of its suite, by the account. */
static void national_chains_get_national_signatures(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    fake_node_set_habits(a, (fake_habits){.is_national = true});
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_error error = {0};
    assert_true(hanse_client_is_national(c));
    assert_null(hanse_send(c, account, CONTRACT, "0x", &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    hanse_account *national = hanse_account_new_national(&error);
    char *raw = hanse_sign(c, national, CONTRACT, "0x1234", NULL, &error);
    assert_non_null(raw);
    arena memory = {0};
    bytes data;
    assert_true(hex_read_any(&memory, bytes_of_text(raw), &data));
    chain_rules rules = {.suite = &crypto_national, .version = VERSION_OF(2, 11, 1)};
    transaction *tx = transaction_decode(&rules, data, TX_CHECK_EVERYTHING, NULL, NULL);
    assert_non_null(tx);
    assert_string_equal(arena_print(&memory, "0x%s", hex_text(&memory, BYTES_OF_VALUE(tx->sender))), hanse_account_address(national));
    transaction_drop(tx);
    hanse_receipt *r = hanse_send_raw(c, raw, &error);
    assert_non_null(r);
    hanse_receipt_free(r);
    arena_reset(&memory);
    hanse_free(raw);
    hanse_account_free(national);
    hanse_client_close(c);
    fake_node_stop(a);
}

static uint64_t block_limit(hanse_client *c)
{
    char *raw = hanse_sign(c, account, CONTRACT, "0x", NULL, NULL);
    arena memory = {0};
    bytes data;
    assert_true(hex_read_any(&memory, bytes_of_text(raw), &data));
    chain_rules rules = {.suite = &crypto_standard, .version = VERSION_OF(2, 11, 1)};
    transaction *tx = transaction_decode(&rules, data, TX_CHECK_NOTHING, NULL, NULL);
    assert_non_null(tx);
    uint64_t limit = tx->block_limit.limb[0];
    transaction_drop(tx);
    arena_reset(&memory);
    hanse_free(raw);
    return limit;
}

static void push_height(fake_node *n, const char *height)
{
    char frame[CHANNEL_HEADER_BYTES + 64] = {0, 0, 0, 0, 0x10, 0x01};
    memset(frame + 6, '0', 32);
    int size = snprintf(frame + CHANNEL_HEADER_BYTES, 64, "\x10_block_notify_1{\"blockNumber\":%s,\"groupID\":1}", height);
    frame[3] = (char)(CHANNEL_HEADER_BYTES + size);
    fake_node_send_raw(n, bytes_of(frame, CHANNEL_HEADER_BYTES + (size_t)size));
}

/* A wrong height must not keep every transaction from being taken for ever. */
static void a_wrong_height_does_not_stay(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 7);
    hanse_client *c = open_client(NULL, a, NULL);
    WAIT_UNTIL(block_limit(c) == 507);
    push_height(a, "9223372036854775807"); /* of no chain */
    push_height(a, "8");
    WAIT_UNTIL(block_limit(c) == 508);
    push_height(a, "1000000000");
    WAIT_UNTIL(block_limit(c) == 1000000500);
    fake_node_cut(a);
    WAIT_UNTIL(block_limit(c) == 507);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* ---- callbacks ---- */

static hanse_error in_callback;
static atomic_bool was_called;

static void wait_in_callback(void *context, int64_t number)
{
    (void)number;
    assert_int_equal(hanse_block_number(context, &in_callback), -1);
    assert_null(hanse_send(context, account, CONTRACT, "0x", NULL));
    was_called = true;
}

static void waiting_in_a_callback_is_refused(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_subscription *s = hanse_blocks_subscribe(c, 1, wait_in_callback, c, NULL);
    WAIT_UNTIL(was_called);
    hanse_unsubscribe(s);
    assert_int_equal(in_callback.kind, HANSE_ERROR_USAGE);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* ---- groups ---- */

static void clients_of_groups_share_connections(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_error error = {0};
    hanse_client *other = hanse_client_of_group(c, 2, &error);
    assert_non_null(other);
    assert_int_equal(hanse_client_group(other), 2);
    assert_int_equal(hanse_client_group(c), 1);
    char topics[256];
    WAIT_UNTIL((fake_node_topics(a, topics, sizeof topics), strstr(topics, "_block_notify_2") != NULL));
    assert_null(hanse_client_of_group(c, 0, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_int_equal(fake_node_connections(a), 1);
    hanse_client_close(other);
    assert_int_equal(hanse_block_number(c, NULL), 1);
    hanse_client_close(c);
    hanse_client_close(NULL);
    fake_node_stop(a);
}

/* ---- AMOP ---- */

static void on_message(void *context, const char *topic, const void *data, size_t size, hanse_amop_message *message)
{
    *(size_t *)context = size;
    assert_string_equal(topic, "news");
    assert_memory_equal(data, "hello", size);
    hanse_amop_answer(message, "yes", 3);
}

static void messages_are_answered(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, NULL);
    hanse_error error = {0};
    size_t size = 0;
    char text[256];
    assert_true(hanse_amop_listen(c, "news", on_message, &size, &error));
    WAIT_UNTIL((fake_node_topics(a, text, sizeof text), strstr(text, "\"news\"") != NULL));
    uint8_t frame[42 + 5 + 5] = {0, 0, 0, 52, 0, 0x30};
    memset(frame + 6, 'q', 32);
    memcpy(frame + 42, "\x05newshello", 10);
    fake_node_send_raw(a, bytes_of(frame, sizeof frame));
    WAIT_UNTIL(fake_node_amop_answer(a, text, sizeof text));
    assert_string_equal(text, "\x05newsyes");
    assert_int_equal(size, 5);
    assert_null(hanse_amop_send(c, "news", "x", 1, NULL, &error)); /* the script has no listener */
    assert_int_equal(error.kind, HANSE_ERROR_RPC);
    assert_int_equal(error.rpc_code, 100);
    assert_true(hanse_amop_broadcast(c, "news", "x", 1, &error));
    char long_topic[300];
    memset(long_topic, 'a', sizeof long_topic);
    long_topic[255] = '\0';
    assert_false(hanse_amop_listen(c, long_topic, on_message, NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    long_topic[254] = '\0';
    assert_true(hanse_amop_broadcast(c, long_topic, NULL, 0, &error));
    assert_true(hanse_amop_stop_listening(c, "news", &error));
    WAIT_UNTIL((fake_node_topics(a, text, sizeof text), strstr(text, "\"news\"") == NULL));
    hanse_client_close(c);
    fake_node_stop(a);
}

/* At one node only, so that a message to all comes once; at the next one when that is gone. */
static void topics_move_with_their_node(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 1), *b = fake_node_start(chain, 0, 1);
    hanse_client *c = open_client(NULL, a, b);
    char at_a[256], at_b[256];
    size_t size;
    assert_true(hanse_amop_listen(c, "news", on_message, &size, NULL));
    WAIT_UNTIL((fake_node_topics(a, at_a, sizeof at_a), fake_node_topics(b, at_b, sizeof at_b), *at_a && *at_b));
    usleep(50000);
    fake_node_topics(a, at_a, sizeof at_a), fake_node_topics(b, at_b, sizeof at_b);
    assert_true((strstr(at_a, "news") != NULL) != (strstr(at_b, "news") != NULL));
    bool was_at_a = strstr(at_a, "news") != NULL;
    fake_node_stop(was_at_a ? a : b);
    fake_node *rest = was_at_a ? b : a;
    WAIT_UNTIL((fake_node_topics(rest, at_b, sizeof at_b), strstr(at_b, "news") != NULL));
    hanse_client_close(c);
    fake_node_stop(rest);
}

static int set_up(void **state)
{
    (void)state;
    chain = fake_chain_new(false);
    account = hanse_account_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_chain_free(chain);
    hanse_account_free(account);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(certificates_of_another_chain_are_refused),
        cmocka_unit_test(rsa_certificates_are_taken),
        cmocka_unit_test(answers_and_errors),
        cmocka_unit_test(a_request_ends_in_time),
        cmocka_unit_test(requests_under_way_are_limited_and_end_with_the_connection),
        cmocka_unit_test(closing_ends_what_others_wait_for),
        cmocka_unit_test(garbage_ends_the_connection_not_the_client),
        cmocka_unit_test(receipts_come_before_or_after_the_answer),
        cmocka_unit_test(a_refused_transaction_has_a_receipt),
        cmocka_unit_test(a_transaction_outlives_its_connection),
        cmocka_unit_test(transactions_without_waiting),
        cmocka_unit_test(sending_anew_in_the_callback_does_not_recurse),
        cmocka_unit_test(sending_anew_does_not_keep_a_client_from_closing),
        cmocka_unit_test(a_refusal_by_the_next_node_is_not_the_end),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(national_chains_get_national_signatures),
        cmocka_unit_test(a_wrong_height_does_not_stay),
        cmocka_unit_test(waiting_in_a_callback_is_refused),
        cmocka_unit_test(clients_of_groups_share_connections),
        cmocka_unit_test(messages_are_answered),
        cmocka_unit_test(topics_move_with_their_node),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
