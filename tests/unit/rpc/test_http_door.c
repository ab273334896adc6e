/* The HTTP door on a real port (spec/interfaces.md 2.2), with clients that behave and clients that do not. */
#include "rpc/http_door.h"
#include "support/rpc/http_client.h"
#include "support/rpc/world.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_NUMBER "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}"
#define BLOCK_NUMBER_IS "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}\n"

typedef struct {
    world *w;
    http_door *door;
    unsigned port;
} fixture;

static http_door *start_door(world *w, size_t connections_max)
{
    error_text why = {""};
    http_door_config config = {&json_rpc_service, &w->backend, .listen_ip = "127.0.0.1", .connections_max = connections_max};
    http_door *door = http_door_start(&config, w->workers, NULL, &why);
    if (door == NULL)
        fail_msg("%s", why.text);
    return door;
}

static int open_door(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->w = world_found();
    f->door = start_door(f->w, 32);
    f->port = http_door_port(f->door);
    *state = f;
    return 0;
}

static int close_door(void **state)
{
    fixture *f = *state;
    http_door_stop(f->door);
    world_close(f->w);
    free(f);
    return 0;
}

static void expect(http_client *c, int status, const char *body)
{
    http_response r = http_receive(c);
    assert_int_equal(r.status, status);
    assert_string_equal(r.body, body);
    http_response_free(&r);
}

static void expect_works(unsigned port)
{
    http_client c = http_connect(port);
    http_post(&c, "", BYTES_OF_LITERAL(BLOCK_NUMBER));
    expect(&c, 200, BLOCK_NUMBER_IS);
    http_close(&c);
}

/* ---- connections and messages ---- */

static void a_connection_is_kept(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    for (int i = 0; i < 3; i++) {
        http_post(&c, "", BYTES_OF_LITERAL(BLOCK_NUMBER));
        http_response r = http_receive(&c);
        assert_string_equal(http_header(&r, "Connection"), "Keep-Alive");
        assert_string_equal(http_header(&r, "Content-Type"), "application/json");
        assert_non_null(http_header(&r, "Date"));
        assert_string_equal(r.body, BLOCK_NUMBER_IS);
        http_response_free(&r);
    }
    http_close(&c);
}

static void a_connection_is_closed_when_the_client_says_so(void **state)
{
    fixture *f = *state;
    static const char *const heads[] = {"POST / HTTP/1.1\r\nConnection: close\r\n", "POST / HTTP/1.0\r\n"};
    for (size_t i = 0; i < COUNT(heads); i++) {
        char request[256];
        snprintf(request, sizeof request, "%sContent-Length: %zu\r\n\r\n%s", heads[i], strlen(BLOCK_NUMBER), BLOCK_NUMBER);
        http_client c = http_connect(f->port);
        http_send_text(&c, request);
        http_response r = http_receive(&c);
        assert_string_equal(http_header(&r, "Connection"), "close");
        http_response_free(&r);
        http_expect_end(&c);
        http_close(&c);
    }
    http_client old = http_connect(f->port);
    for (int i = 0; i < 2; i++) {
        char request[256];
        snprintf(request, sizeof request, "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(BLOCK_NUMBER), BLOCK_NUMBER);
        http_send_text(&old, request);
        expect(&old, 200, BLOCK_NUMBER_IS);
    }
    http_close(&old);
}

/* More than the door reads at once, so that requests are cut at every kind of place. */
static void pipelined_requests_are_answered_in_order(void **state)
{
    fixture *f = *state;
    enum { REQUESTS = 3000 };
    http_client c = http_connect(f->port);
    buffer all = buffer_init(BUFFER_NO_LIMIT);
    for (int i = 0; i < REQUESTS; i++) {
        char body[128];
        int size = snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"method\":\"rpc_modules\",\"id\":%d}", i);
        buffer_print(&all, "POST /%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", i, size, body);
    }
    http_send(&c, buffer_bytes(&all));
    buffer_free(&all);
    for (int i = 0; i < REQUESTS; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"id\":%d,\"jsonrpc\":\"2.0\",\"result\":{\"FISCO BCOS\":\"2.0\"}}\n", i);
        expect(&c, 200, body);
    }
    http_close(&c);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    char request[256];
    snprintf(request, sizeof request, "\r\nPOST /any?path HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", strlen(BLOCK_NUMBER),
             BLOCK_NUMBER);
    for (const char *at = request; *at; at++) {
        http_send(&c, bytes_of(at, 1));
        usleep(100);
    }
    expect(&c, 200, BLOCK_NUMBER_IS);
    http_close(&c);
}

static void a_body_may_come_in_chunks(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    for (int i = 0; i < 2; i++) {
        buffer b = buffer_init(BUFFER_NO_LIMIT);
        buffer_append_text(&b, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const char *at = BLOCK_NUMBER; *at; at++)
            buffer_print(&b, "1;x=y\r\n%c\r\n", *at);
        buffer_append_text(&b, "0\r\nTrailer: x\r\n\r\n");
        http_send(&c, buffer_bytes(&b));
        buffer_free(&b);
        expect(&c, 200, BLOCK_NUMBER_IS);
    }
    http_close(&c);
}

static void a_body_may_be_empty_or_large(void **state)
{
    fixture *f = *state;
    enum { BLANKS = 3000000 };
    http_client c = http_connect(f->port);
    http_post(&c, "", BYTES_EMPTY);
    http_response r = http_receive(&c);
    assert_non_null(strstr(r.body, "\"code\":-32700"));
    http_response_free(&r);
    char *body = malloc(BLANKS + sizeof BLOCK_NUMBER);
    memset(body, ' ', BLANKS);
    memcpy(body + BLANKS, BLOCK_NUMBER, sizeof BLOCK_NUMBER);
    http_post(&c, "", bytes_of_text(body));
    expect(&c, 200, BLOCK_NUMBER_IS);
    free(body);
    http_close(&c);
}

static void leave_to_send_the_body_is_given(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    char head[128];
    for (int i = 0; i < 2; i++) {
        snprintf(head, sizeof head, "POST / HTTP/1.1\r\nExpect: 100-%s\r\nContent-Length: %zu\r\n\r\n", i ? "CONTINUE" : "continue",
                 strlen(BLOCK_NUMBER));
        http_send_text(&c, head);
        http_response r = http_receive(&c);
        assert_int_equal(r.status, 100);
        http_response_free(&r);
        http_send_text(&c, BLOCK_NUMBER);
        expect(&c, 200, BLOCK_NUMBER_IS);
    }
    /* Not to a client that would not understand it, nor where nobody asked. */
    snprintf(head, sizeof head, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nConnection: keep-alive\r\nContent-Length: %zu\r\n\r\n",
             strlen(BLOCK_NUMBER));
    http_send_text(&c, head);
    http_send_text(&c, BLOCK_NUMBER);
    expect(&c, 200, BLOCK_NUMBER_IS);
    http_post(&c, "Expect: something\r\n", BYTES_OF_LITERAL(BLOCK_NUMBER));
    expect(&c, 200, BLOCK_NUMBER_IS);
    /* A body that will be refused is refused before it is sent. */
    http_send_text(&c, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 999999999999\r\n\r\n");
    expect(&c, 413, "");
    http_expect_end(&c);
    http_close(&c);
}

static void other_verbs(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    http_send_text(&c, "OPTIONS * HTTP/1.1\r\n\r\n");
    http_response r = http_receive(&c);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_bytes, 0);
    assert_string_equal(http_header(&r, "Allow"), "POST, OPTIONS");
    assert_string_equal(http_header(&r, "Access-Control-Allow-Headers"), "origin, content-type, accept");
    assert_string_equal(http_header(&r, "DAV"), "1");
    assert_null(http_header(&r, "Access-Control-Allow-Origin"));
    assert_null(http_header(&r, "Content-Type"));
    http_response_free(&r);
    static const char *const refused[] = {"GET / HTTP/1.1\r\n\r\n", "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                                          "DELETE / HTTP/1.1\r\n\r\n", "PATCH / HTTP/1.1\r\n\r\n",
                                          "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        http_send_text(&c, refused[i]);
        expect(&c, 405, "Not allowed HTTP Method");
    }
    http_send_text(&c, "HEAD / HTTP/1.1\r\n\r\n");
    r = http_receive_head(&c);
    assert_int_equal(r.status, 405);
    http_response_free(&r);
    http_post(&c, "Connection: Upgrade\r\nUpgrade: h2c\r\n", BYTES_OF_LITERAL(BLOCK_NUMBER));
    expect(&c, 200, BLOCK_NUMBER_IS); /* HEAD had no body, and the body of PUT is gone */
    http_send_text(&c, "CONNECT a:1 HTTP/1.1\r\n\r\n");
    expect(&c, 405, "Not allowed HTTP Method");
    http_close(&c);
}

/* ---- refusals ---- */

static void malformed_messages_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const rows[] = {
        "hello\r\n\r\n",
        "POST / HTTP/1.1\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        "POST / HTTP/1.1\r\nno colon here\r\n\r\n",
        "POST / HTTP/x\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03", /* TLS */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_client c = http_connect(f->port);
        http_send_text(&c, rows[i]);
        http_response r = http_receive(&c);
        if (r.status != 400)
            fail_msg("%s: %d", rows[i], r.status);
        http_response_free(&r);
        http_expect_end(&c);
        http_close(&c);
    }
    expect_works(f->port);
}

static void long_headers_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const starts[] = {"POST /", "POST / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nX"};
    for (size_t i = 0; i < COUNT(starts); i++) {
        char *filler = malloc(HTTP_HEADER_MAX_BYTES + 2);
        memset(filler, 'a', HTTP_HEADER_MAX_BYTES + 1);
        filler[HTTP_HEADER_MAX_BYTES + 1] = 0;
        http_client c = http_connect(f->port);
        http_send_text(&c, starts[i]);
        http_send_text(&c, filler);
        expect(&c, 431, "");
        http_expect_end(&c);
        http_close(&c);
        free(filler);
    }
    /* Many short ones; and the count begins anew with each request. */
    http_client c = http_connect(f->port);
    for (int i = 0; i < 10; i++) {
        char *filler = malloc(4001);
        memset(filler, 'a', 4000);
        filler[4000] = 0;
        char head[5000];
        snprintf(head, sizeof head, "X: %s\r\n", filler);
        http_post(&c, head, BYTES_OF_LITERAL(BLOCK_NUMBER));
        expect(&c, 200, BLOCK_NUMBER_IS);
        free(filler);
    }
    http_send_text(&c, "POST / HTTP/1.1\r\n");
    for (int i = 0; i < HTTP_HEADER_MAX_BYTES / 4 + 1; i++)
        http_send_text(&c, "ab: cd\r\n");
    expect(&c, 431, "");
    http_close(&c);
}

static void large_bodies_are_refused(void **state)
{
    fixture *f = *state;
    http_client c = http_connect(f->port);
    http_send_text(&c, "POST / HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n");
    expect(&c, 413, "");
    http_expect_end(&c);
    http_close(&c);
    /* In chunks the length is not known before. The last byte allowed is followed by one too many. */
    enum { CHUNK = 1 << 20 };
    uint8_t *blanks = malloc(CHUNK);
    memset(blanks, ' ', CHUNK);
    c = http_connect(f->port);
    http_send_text(&c, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t sent = 0; sent < HTTP_BODY_MAX_BYTES; sent += CHUNK) {
        http_send_text(&c, "100000\r\n");
        http_send(&c, bytes_of(blanks, CHUNK));
        http_send_text(&c, "\r\n");
    }
    http_send_text(&c, "1\r\n \r\n");
    expect(&c, 413, "");
    http_close(&c);
    free(blanks);
    expect_works(f->port);
}

/* ---- requests that take their time ---- */

static void print_transaction(buffer *b, world *w, uint64_t nonce)
{
    static const secret_key key = {{[31] = 2}};
    transaction_fields fields = {.nonce = u256_of(nonce), .gas = u256_of(1), .gas_price = u256_of(1), .block_limit = u256_of(500),
                                 .chain_id = u256_of(1), .group_id = u256_of(1), .data = BYTES_OF_LITERAL("data!")};
    transaction *tx = transaction_sign(&w->rules, &fields, &key);
    buffer_append_text(b, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[1,\"0x");
    for (size_t i = 0; i < tx->raw.size; i++)
        buffer_print(b, "%02x", tx->raw.data[i]);
    buffer_append_text(b, "\"],\"id\":1}");
    transaction_drop(tx);
}

static void post_transaction(http_client *c, world *w, uint64_t nonce)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    print_transaction(&b, w, nonce);
    http_post(c, "", buffer_bytes(&b));
    buffer_free(&b);
}

static void wait_for_held(world *w, size_t wanted)
{
    for (int tries = 0; tries < 10000; tries++) {
        pthread_mutex_lock(&w->lock);
        size_t held = w->held_count;
        pthread_mutex_unlock(&w->lock);
        if (held >= wanted)
            return;
        usleep(1000);
    }
    fail_msg("the request did not arrive");
}

static void expect_sent(http_client *c)
{
    http_response r = http_receive(c);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "\"result\":\"0x"));
    http_response_free(&r);
}

static void a_waiting_request_holds_up_only_its_own_connection(void **state)
{
    fixture *f = *state;
    f->w->manner = WORLD_HOLDS_ANSWERS;
    http_client slow = http_connect(f->port);
    post_transaction(&slow, f->w, 1);
    http_post(&slow, "", BYTES_OF_LITERAL(BLOCK_NUMBER)); /* pipelined behind it */
    wait_for_held(f->w, 1);
    expect_works(f->port);
    assert_int_equal(world_answer_held(f->w), 1);
    expect_sent(&slow);
    expect(&slow, 200, BLOCK_NUMBER_IS);
    http_close(&slow);
}

/* The one that waits longest for a request makes way; if all work, the new one does. */
static void connections_are_limited(void **state)
{
    fixture *f = *state;
    enum { MAX = 32 };
    http_client all[MAX], silent = http_connect(f->port);
    for (size_t i = 0; i < MAX; i++) {
        all[i] = http_connect(f->port);
        http_post(&all[i], "", BYTES_OF_LITERAL(BLOCK_NUMBER));
        expect(&all[i], 200, BLOCK_NUMBER_IS);
    }
    http_expect_end(&silent);
    http_close(&silent);
    f->w->manner = WORLD_HOLDS_ANSWERS;
    for (size_t i = 0; i < MAX; i++)
        post_transaction(&all[i], f->w, i + 1);
    wait_for_held(f->w, MAX);
    http_client more = http_connect(f->port);
    http_expect_end(&more);
    http_close(&more);
    assert_int_equal(world_answer_held(f->w), MAX);
    for (size_t i = 0; i < MAX; i++) {
        expect_sent(&all[i]);
        http_close(&all[i]);
    }
    expect_works(f->port);
}

static void a_client_may_leave_while_its_request_runs(void **state)
{
    fixture *f = *state;
    f->w->manner = WORLD_HOLDS_ANSWERS;
    for (uint64_t i = 0; i < 4; i++) {
        http_client c = http_connect(f->port);
        post_transaction(&c, f->w, 1 + i);
        wait_for_held(f->w, 1);
        if (i % 2)
            http_reset(&c);
        else
            http_close(&c);
        if (i / 2)
            usleep(20000);
        assert_int_equal(world_answer_held(f->w), 1);
        expect_works(f->port);
    }
    assert_int_equal(txpool_size(f->w->pool), 4);
}

static void a_client_may_close_its_half_after_asking(void **state)
{
    fixture *f = *state;
    f->w->manner = WORLD_HOLDS_ANSWERS;
    http_client c = http_connect(f->port);
    post_transaction(&c, f->w, 1);
    shutdown(c.socket, SHUT_WR);
    wait_for_held(f->w, 1);
    world_answer_held(f->w);
    expect_sent(&c);
    http_expect_end(&c);
    http_close(&c);
}

/* ---- the end ---- */

static void *stop_door(void *context)
{
    http_door_stop(context);
    return NULL;
}

static void stop_waits_for_what_is_under_way(void **state)
{
    (void)state;
    world *w = world_found();
    http_door *door = start_door(w, 0);
    w->manner = WORLD_HOLDS_ANSWERS;
    http_client busy[3], idle = http_connect(http_door_port(door));
    for (size_t i = 0; i < COUNT(busy); i++) {
        busy[i] = http_connect(http_door_port(door));
        post_transaction(&busy[i], w, 1 + i);
        http_post(&busy[i], "", BYTES_OF_LITERAL(BLOCK_NUMBER)); /* will not be answered any more */
    }
    wait_for_held(w, COUNT(busy));
    http_reset(&busy[2]);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_door, door), 0);
    http_expect_end(&idle);
    assert_int_equal(world_answer_held(w), COUNT(busy));
    for (size_t i = 0; i < 2; i++) {
        expect_sent(&busy[i]);
        http_close(&busy[i]);
    }
    pthread_join(stopper, NULL);
    http_close(&idle);
    world_close(w);
}

/* An answer of about 20 MB that nobody takes. */
static void stop_does_not_wait_for_clients_that_do_not_read(void **state)
{
    (void)state;
    enum { ELEMENTS = 10000, ID_BYTES = 2000 };
    world *w = world_found();
    http_door *door = start_door(w, 0);
    char *id = malloc(ID_BYTES + 1);
    memset(id, 'x', ID_BYTES);
    id[ID_BYTES] = 0;
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < ELEMENTS; i++)
        buffer_print(&body, "%s{\"id\":\"%s\"}", i ? "," : "[", id);
    buffer_append_byte(&body, ']');
    http_client c = http_connect(http_door_port(door));
    http_post(&c, "", buffer_bytes(&body));
    char first;
    assert_int_equal(recv(c.socket, &first, 1, MSG_PEEK), 1); /* the answer has begun */
    uint64_t from_ms = clock_steady_ms();
    http_door_stop(door);
    assert_true(clock_steady_ms() - from_ms < 5 * HTTP_STOP_WRITE_MS);
    http_close(&c);
    buffer_free(&body);
    free(id);
    world_close(w);
}

static void a_port_in_use_is_named(void **state)
{
    fixture *f = *state;
    error_text why = {""};
    char text[64];
    http_door_config config = {&json_rpc_service, &f->w->backend, .listen_ip = "127.0.0.1", .listen_port = f->port};
    assert_null(http_door_start(&config, f->w->workers, NULL, &why));
    snprintf(text, sizeof text, "127.0.0.1:%u", f->port);
    assert_non_null(strstr(why.text, text));
    config.listen_ip = "nowhere";
    assert_null(http_door_start(&config, f->w->workers, NULL, &why));
    assert_non_null(strstr(why.text, "nowhere"));
    http_door_stop(NULL);
}

/* ---- all at once, for the thread sanitizer ---- */

static atomic_bool crowd_is_gone;

typedef struct {
    fixture *f;
    uint64_t first_nonce;
    pthread_t thread;
} crowd_member;

static void *be_a_client(void *context)
{
    crowd_member *self = context;
    enum { ROUNDS = 20 };
    for (uint64_t i = 0; i < ROUNDS; i++) {
        http_client c = http_connect(self->f->port);
        http_post(&c, "", BYTES_OF_LITERAL(BLOCK_NUMBER));
        expect(&c, 200, BLOCK_NUMBER_IS);
        post_transaction(&c, self->f->w, self->first_nonce + i);
        if (i % 4 == 3) {
            http_reset(&c);
            continue;
        }
        expect_sent(&c);
        http_close(&c);
    }
    return NULL;
}

static void *answer_all(void *context)
{
    fixture *f = context;
    while (!atomic_load(&crowd_is_gone))
        if (world_answer_held(f->w) == 0)
            usleep(100);
    return NULL;
}

/* Once answered by the submitting thread, once by a thread of its own, which goes on until the door has stopped: the request of
   a client that left may begin after all clients are gone. */
static void a_crowd_of_clients(void **state)
{
    (void)state;
    static const world_manner manners[] = {WORLD_ANSWERS_AT_ONCE, WORLD_HOLDS_ANSWERS};
    for (size_t round = 0; round < COUNT(manners); round++) {
        crowd_member clients[6];
        pthread_t engine;
        fixture f = {.w = world_found()};
        f.door = start_door(f.w, 0);
        f.port = http_door_port(f.door);
        f.w->manner = manners[round];
        atomic_store(&crowd_is_gone, false);
        assert_int_equal(pthread_create(&engine, NULL, answer_all, &f), 0);
        for (size_t i = 0; i < COUNT(clients); i++) {
            clients[i] = (crowd_member){.f = &f, .first_nonce = 1000 * (i + 1)};
            assert_int_equal(pthread_create(&clients[i].thread, NULL, be_a_client, &clients[i]), 0);
        }
        for (size_t i = 0; i < COUNT(clients); i++)
            pthread_join(clients[i].thread, NULL);
        http_door_stop(f.door);
        atomic_store(&crowd_is_gone, true);
        pthread_join(engine, NULL);
        world_close(f.w);
    }
}

/* ---- batches that take many turns ---- */

/* JSON-RPC, but it counts how many requests are begun and not answered. */
typedef struct {
    const rpc_backend *backend;
    atomic_int begun, most;
} counting_service;

typedef struct {
    counting_service *service;
    http_service_done done;
    void *context;
} counted_request;

static void count_answer(void *context, bytes answer)
{
    counted_request r = *(counted_request *)context;
    free(context);
    atomic_fetch_sub(&r.service->begun, 1); /* before another may begin */
    r.done(r.context, answer);
}

static void count_start(void *context, const http_asker *from, worker_pool *workers, bytes body, http_service_done done,
                        void *done_context)
{
    counting_service *s = context;
    counted_request *r = memory_new(sizeof *r);
    *r = (counted_request){s, done, done_context};
    int now = atomic_fetch_add(&s->begun, 1) + 1, most = atomic_load(&s->most);
    while (now > most && !atomic_compare_exchange_weak(&s->most, &most, now)) {
    }
    json_rpc_service.start((void *)s->backend, from, workers, body, count_answer, r);
}

/* Long batches of many connections at once, the last element of each: a transaction whose answer the world holds. */
static void long_batches_run_only_as_many_as_the_workers_may_have(void **state)
{
    fixture *f = *state;
    enum { CLIENTS = 24, ELEMENTS = 9000 };
    static const http_service counting = {.name = "counting", .start = count_start};
    counting_service s = {.backend = &f->w->backend};
    error_text why = {""};
    http_door *door = http_door_start(&(http_door_config){&counting, &s, .listen_ip = "127.0.0.1"}, f->w->workers, NULL, &why);
    assert_non_null(door);
    int allowed = 2 * (int)worker_pool_threads(f->w->workers);
    assert_true(allowed < CLIENTS);
    http_client all[CLIENTS];
    for (int waits = 0; waits < 2; waits++) {
        atomic_store(&s.most, 0);
        f->w->manner = WORLD_HOLDS_ANSWERS;
        for (size_t i = 0; i < CLIENTS; i++) {
            buffer b = buffer_init(BUFFER_NO_LIMIT);
            for (size_t e = 0; e < ELEMENTS; e++)
                buffer_print(&b, "%s{\"jsonrpc\":\"2.0\",\"method\":\"getClientVersion\",\"id\":%zu}", e ? "," : "[", e);
            if (waits) {
                buffer_append_byte(&b, ',');
                print_transaction(&b, f->w, i + 1);
            }
            buffer_append_byte(&b, ']');
            all[i] = http_connect(http_door_port(door));
            http_post(&all[i], "", buffer_bytes(&b));
            buffer_free(&b);
        }
        if (waits) { /* those that wait make room for all others */
            wait_for_held(f->w, CLIENTS);
            assert_int_equal(world_answer_held(f->w), CLIENTS);
        }
        for (size_t i = 0; i < CLIENTS; i++) {
            http_response r = http_receive(&all[i]);
            assert_int_equal(r.status, 200);
            assert_true(!waits || strstr(r.body, "\"result\":\"0x"));
            http_response_free(&r);
            http_close(&all[i]);
        }
        assert_true(waits ? atomic_load(&s.most) == CLIENTS : atomic_load(&s.most) <= allowed);
    }
    http_door_stop(door);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_door, close_door)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_kept),
        TEST(a_connection_is_closed_when_the_client_says_so),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_request_may_come_byte_by_byte),
        TEST(a_body_may_come_in_chunks),
        TEST(a_body_may_be_empty_or_large),
        TEST(leave_to_send_the_body_is_given),
        TEST(other_verbs),
        TEST(malformed_messages_are_refused),
        TEST(long_headers_are_refused),
        TEST(large_bodies_are_refused),
        TEST(connections_are_limited),
        TEST(a_waiting_request_holds_up_only_its_own_connection),
        TEST(a_client_may_leave_while_its_request_runs),
        TEST(a_client_may_close_its_half_after_asking),
        TEST(long_batches_run_only_as_many_as_the_workers_may_have),
        cmocka_unit_test(stop_waits_for_what_is_under_way),
        cmocka_unit_test(stop_does_not_wait_for_clients_that_do_not_read),
        TEST(a_port_in_use_is_named),
        cmocka_unit_test(a_crowd_of_clients),
    };
    return cmocka_run_group_tests_name("http_door", tests, NULL, NULL);
}
