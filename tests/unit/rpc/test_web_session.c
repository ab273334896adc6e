/* WebSocket sessions on a real port, with a service made for the purpose, and clients that behave and clients that do not. */
#include "support/rpc/ws_client.h"
#include "support/rpc/world.h"

#include "base/clock.h"
#include "base/memory.h"
#include "rpc/http_door.h"

#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a service: "echo X", "slow X" (20 ms), "hold X" (answered by release), "fill N C" (N times the letter C), "push N" (N texts besides the answer) ---- */

enum { HELD_MAX = 256 };

typedef struct {
    http_service_done done;
    void *context;
    char text[32];
} held_request;

typedef struct {
    pthread_mutex_t lock;
    held_request held[HELD_MAX];
    size_t held_count;
    http_session last; /* that was opened */
    atomic_int opened, closed, started;
} fake_service;

typedef struct {
    fake_service service;
    worker_pool *workers;
    http_door *door;
    unsigned port;
} fixture;

static void answer_text(http_service_done done, void *context, const char *text)
{
    done(context, bytes_of_text(text));
}

static void fill(http_service_done done, void *context, const char *arguments)
{
    char *letter;
    size_t size = strtoul(arguments, &letter, 10);
    char *text = memory_new(size + 1);
    memset(text, letter[1], size);
    done(context, bytes_of(text, size));
    free(text);
}

static void fake_start(void *context, const http_asker *from, worker_pool *workers, bytes body, http_service_done done, void *done_context)
{
    fake_service *s = context;
    (void)workers;
    char *text = memory_new(body.size + 1);
    memcpy(text, body.data, body.size);
    atomic_fetch_add(&s->started, 1);
    if (strncmp(text, "echo ", 5) == 0) {
        answer_text(done, done_context, text + 5);
    } else if (strcmp(text, "path") == 0) {
        answer_text(done, done_context, from->path);
    } else if (strcmp(text, "silence") == 0) {
        done(done_context, BYTES_EMPTY);
    } else if (strncmp(text, "slow ", 5) == 0) {
        usleep(20000);
        answer_text(done, done_context, text + 5);
    } else if (strncmp(text, "fill ", 5) == 0) {
        fill(done, done_context, text + 5);
    } else if (strncmp(text, "push ", 5) == 0) {
        answer_text(done, done_context, "pushing");
        for (int i = 0; i < atoi(text + 5); i++) {
            char one[32];
            http_session_send(from->session, bytes_of(one, (size_t)snprintf(one, sizeof one, "push %d", i)));
        }
    } else if (strncmp(text, "hold ", 5) == 0) {
        pthread_mutex_lock(&s->lock);
        assert_true(s->held_count < HELD_MAX);
        held_request *h = &s->held[s->held_count++];
        *h = (held_request){done, done_context, ""};
        snprintf(h->text, sizeof h->text, "%s", text + 5);
        from->on_wait.tell(from->on_wait.context);
        pthread_mutex_unlock(&s->lock);
    } else {
        answer_text(done, done_context, "?");
    }
    free(text);
}

static void fake_opened(void *context, http_session session)
{
    fake_service *s = context;
    pthread_mutex_lock(&s->lock);
    s->last = session;
    pthread_mutex_unlock(&s->lock);
    atomic_fetch_add(&s->opened, 1);
}

static void fake_closed(void *context, http_session session)
{
    fake_service *s = context;
    assert_false(http_session_send(session, BYTES_OF_LITERAL("too late")));
    atomic_fetch_add(&s->closed, 1);
}

static const http_service fake = {.name = "test", .start = fake_start, .opened = fake_opened, .closed = fake_closed};

static size_t held_count(fake_service *s)
{
    pthread_mutex_lock(&s->lock);
    size_t count = s->held_count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* Answers what is held, the newest first. */
static void release(fake_service *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->held_count) {
        held_request h = s->held[--s->held_count];
        answer_text(h.done, h.context, h.text);
    }
    pthread_mutex_unlock(&s->lock);
}

#define WAIT_UNTIL(condition)                                                   \
    do {                                                                        \
        for (int tries = 0; !(condition); tries++) {                            \
            if (tries > 20000)                                                  \
                fail_msg("waited in vain for %s", #condition);                  \
            usleep(1000);                                                       \
        }                                                                       \
    } while (0)

static fixture *open_with(http_door_config config)
{
    fixture *f = calloc(1, sizeof *f);
    error_text why = {""};
    pthread_mutex_init(&f->service.lock, NULL);
    f->workers = worker_pool_new("worker", 2, 100);
    config.service = &fake;
    config.service_context = &f->service;
    config.listen_ip = "127.0.0.1";
    f->door = http_door_start(&config, f->workers, NULL, &why);
    if (f->door == NULL)
        fail_msg("%s", why.text);
    f->port = http_door_port(f->door);
    return f;
}

static void close_fixture(fixture *f)
{
    http_door_stop(f->door);
    assert_int_equal(atomic_load(&f->service.opened), atomic_load(&f->service.closed));
    worker_pool_free(f->workers);
    pthread_mutex_destroy(&f->service.lock);
    free(f);
}

static int open_door(void **state)
{
    *state = open_with((http_door_config){0});
    return 0;
}

static int close_door(void **state)
{
    close_fixture(*state);
    return 0;
}

static void expect_works(unsigned port)
{
    http_client c = ws_connect(port);
    ws_send_text(&c, "echo well");
    ws_expect_text(&c, "well");
    http_close(&c);
    c = http_connect(port);
    http_post(&c, "", BYTES_OF_LITERAL("echo over HTTP"));
    http_response r = http_receive(&c);
    assert_string_equal(r.body, "over HTTP");
    http_response_free(&r);
    http_close(&c);
}

/* ---- what sessions do ---- */

static void requests_and_answers(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    for (int i = 0; i < 100; i++) {
        ws_send_text(&c, "echo one");
        ws_expect_text(&c, "one");
    }
    ws_send(&c, 0x01, BYTES_OF_LITERAL("echo "));
    ws_send(&c, 0x89, BYTES_OF_LITERAL("are you there?"));
    ws_send(&c, 0x00, BYTES_OF_LITERAL(""));
    ws_send(&c, 0x80, BYTES_OF_LITERAL("L\xC3\xBC" "beck"));
    ws_frame frame = {0};
    assert_true(ws_receive(&c, &frame));
    assert_int_equal(frame.opcode, WEBSOCKET_PONG);
    assert_true(bytes_equal_text(frame.payload, "are you there?"));
    buffer_consume(&c.received, frame.size);
    ws_expect_text(&c, "L\xC3\xBC" "beck");
    ws_send(&c, 0x88, BYTES_OF_LITERAL("\x0F\xA1 my own code"));
    ws_expect_close(&c, 4001);
    http_close(&c);
    WAIT_UNTIL(atomic_load(&f->service.closed) == 1);
    c = ws_connect(f->port); /* a client may also just leave */
    http_close(&c);
    WAIT_UNTIL(atomic_load(&f->service.closed) == 2);
    c = ws_connect(f->port);
    ws_send(&c, 0x88, BYTES_EMPTY);
    frame = (ws_frame){0};
    assert_true(ws_receive(&c, &frame));
    assert_int_equal(frame.opcode, WEBSOCKET_CLOSE);
    assert_int_equal(frame.payload.size, 0);
    http_close(&c);
}

static void the_service_knows_the_path(void **state)
{
    fixture *f = *state;
    static const char *const paths[][2] = {{"/", "/"}, {"/group/2?a=b", "/group/2"}, {"/x#y", "/x"}};
    for (size_t i = 0; i < COUNT(paths); i++) {
        http_client c = ws_connect_path(f->port, paths[i][0]);
        ws_send_text(&c, "path");
        ws_expect_text(&c, paths[i][1]);
        http_close(&c);
        char request[128];
        snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nContent-Length: 4\r\n\r\npath", paths[i][0]);
        c = http_connect(f->port);
        for (const char *at = request; *at; at++) /* in pieces */
            http_send(&c, bytes_of(at, 1));
        http_response r = http_receive(&c);
        assert_string_equal(r.body, paths[i][1]);
        http_response_free(&r);
        http_close(&c);
    }
    char path[400] = "/";
    memset(path + 1, 'a', sizeof path - 2);
    path[sizeof path - 1] = 0;
    http_client c = ws_connect_path(f->port, path);
    path[HTTP_PATH_MAX_BYTES] = 0;
    ws_send_text(&c, "path");
    ws_expect_text(&c, path);
    http_close(&c);
}

static void an_empty_answer_is_none(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    ws_send_text(&c, "silence");
    ws_send_text(&c, "echo next");
    ws_expect_text(&c, "next");
    http_close(&c);
}

static void answers_of_every_size(void **state)
{
    fixture *f = *state;
    static const size_t sizes[] = {1, 125, 126, 65535, 65536, 5000000};
    http_client c = ws_connect(f->port);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char request[64];
        ws_frame frame = {0};
        snprintf(request, sizeof request, "fill %zu x", sizes[i]);
        ws_send_text(&c, request);
        assert_true(ws_receive(&c, &frame));
        assert_int_equal(frame.payload.size, sizes[i]);
        buffer_consume(&c.received, frame.size);
        char *text = memory_new(sizes[i] + 6);
        memset(text, 'y', sizes[i] + 5);
        memcpy(text, "echo ", 5);
        ws_send(&c, 0x81, bytes_of(text, sizes[i] + 5));
        ws_expect_text(&c, text + 5);
        free(text);
    }
    http_close(&c);
}

static void bytes_may_come_one_by_one_and_behind_the_handshake(void **state)
{
    fixture *f = *state;
    static const uint8_t frame[] = {0x81, 0x86, 0, 0, 0, 0, 'e', 'c', 'h', 'o', ' ', 'x'};
    buffer all = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&all, WS_HANDSHAKE "\r\n");
    buffer_append(&all, BYTES_OF_VALUE(frame));
    buffer_append(&all, BYTES_OF_VALUE(frame));
    for (size_t piece = 1; piece <= all.size; piece += all.size - 1) {
        http_client c = http_connect(f->port);
        for (size_t at = 0; at < all.size; at += piece) {
            http_send(&c, bytes_part(buffer_bytes(&all), at, piece));
            if (piece == 1)
                usleep(50);
        }
        http_response r = http_receive(&c);
        assert_int_equal(r.status, 101);
        http_response_free(&r);
        ws_expect_text(&c, "x");
        ws_expect_text(&c, "x");
        http_close(&c);
    }
    buffer_free(&all);
}

static void several_requests_are_under_way(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    ws_send_text(&c, "hold a");
    WAIT_UNTIL(held_count(&f->service) == 1);
    ws_send_text(&c, "hold b");
    WAIT_UNTIL(held_count(&f->service) == 2);
    ws_send_text(&c, "echo c");
    ws_expect_text(&c, "c");
    release(&f->service);
    ws_expect_text(&c, "b");
    ws_expect_text(&c, "a");
    http_close(&c);
}

static void no_more_than_the_limit_are_under_way(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    for (int i = 0; i < 3 * HTTP_SESSION_REQUESTS; i++)
        ws_send_text(&c, "hold x");
    for (int round = 0; round < 3; round++) {
        WAIT_UNTIL(held_count(&f->service) == HTTP_SESSION_REQUESTS);
        expect_works(f->port);
        usleep(5000);
        assert_int_equal(held_count(&f->service), HTTP_SESSION_REQUESTS);
        release(&f->service);
        for (int i = 0; i < HTTP_SESSION_REQUESTS; i++)
            ws_expect_text(&c, "x");
    }
    http_close(&c);
}

static void the_service_pushes(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    ws_send_text(&c, "push 1000");
    ws_expect_text(&c, "pushing"); /* first handed over, first sent */
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "push %d", i);
        ws_expect_text(&c, text);
    }
    WAIT_UNTIL(atomic_load(&f->service.opened) == 1);
    assert_true(http_session_send(f->service.last, BYTES_OF_LITERAL("from outside")));
    ws_expect_text(&c, "from outside");
    http_close(&c);
    WAIT_UNTIL(atomic_load(&f->service.closed) == 1);
    assert_false(http_session_send(f->service.last, BYTES_OF_LITERAL("too late")));
    assert_false(http_session_send((http_session){f->door, 12345}, BYTES_OF_LITERAL("nobody")));
    assert_false(http_session_send((http_session){f->door, 0}, BYTES_OF_LITERAL("no session")));
}

/* ---- handshakes ---- */

static void expect_status(unsigned port, const char *request, int status, const char *header, const char *value)
{
    http_client c = http_connect(port);
    http_send_text(&c, request);
    http_response r = http_receive(&c);
    if (r.status != status)
        fail_msg("%s: %d", request, r.status);
    if (header)
        assert_string_equal(http_header(&r, header), value);
    http_response_free(&r);
    http_close(&c);
}

#define UPGRADE "GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static void handshakes(void **state)
{
    fixture *f = *state;
    expect_status(f->port, UPGRADE "upgrade: WebSocket\r\n" KEY VERSION "\r\n", 101, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect_status(f->port, UPGRADE "Upgrade: websocket\r\n" KEY "\r\n", 426, "Sec-WebSocket-Version", "13");
    expect_status(f->port, UPGRADE "Upgrade: websocket\r\n" KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426, NULL, NULL);
    expect_status(f->port, UPGRADE "Upgrade: websocket\r\n" VERSION "\r\n", 400, NULL, NULL);
    expect_status(f->port, UPGRADE "Upgrade: websocket\r\n" KEY KEY VERSION "\r\n", 400, NULL, NULL);
    expect_status(f->port, UPGRADE "Upgrade: websocket\r\nSec-WebSocket-Key: short\r\n" VERSION "\r\n", 400, NULL, NULL);
    expect_status(f->port, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n" KEY VERSION "\r\n", 405, NULL, NULL); /* no Connection: Upgrade */
    expect_status(f->port, "PUT / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" KEY VERSION "\r\n", 405, NULL, NULL);
    expect_works(f->port);
}

static void pages_of_other_origins(void **state)
{
    (void)state;
    static const char *const allowed[] = {"https://wallet.example"};
    fixture *f = open_with((http_door_config){.origins = {allowed, COUNT(allowed)}});
    static const struct {
        const char *origin;
        bool may;
    } rows[] = {{"https://wallet.example", true}, {"https://evil.example", false}, {"http://wallet.example", false},
                {"null", false}, {"chrome-extension://abc", true}, {"http://localhost", true}, {"http://localhost:1", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char request[1024];
        snprintf(request, sizeof request, WS_HANDSHAKE "Origin: %s\r\n\r\n", rows[i].origin);
        expect_status(f->port, request, rows[i].may ? 101 : 403, NULL, NULL);
        http_client c = http_connect(f->port);
        snprintf(request, sizeof request, "Origin: %s\r\n", rows[i].origin);
        http_post(&c, request, BYTES_OF_LITERAL("echo x"));
        http_response r = http_receive(&c);
        assert_int_equal(r.status, rows[i].may ? 200 : 403);
        const char *leave = http_header(&r, "Access-Control-Allow-Origin");
        if (i == 0)
            assert_string_equal(leave, rows[i].origin);
        else
            assert_null(leave);
        http_response_free(&r);
        http_close(&c);
    }
    assert_int_equal(atomic_load(&f->service.started), 3);
    expect_status(f->port, "OPTIONS / HTTP/1.1\r\nOrigin: https://wallet.example\r\n\r\n", 200, "Access-Control-Allow-Methods", "POST, OPTIONS");
    expect_status(f->port, "OPTIONS / HTTP/1.1\r\nOrigin: https://wallet.example\r\n\r\n", 200, "Vary", "Origin");
    close_fixture(f);
}

static void sessions_are_limited(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.sessions_max = 3, .connections_max = 2});
    http_client all[3];
    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = ws_connect(f->port);
    expect_status(f->port, WS_HANDSHAKE "\r\n", 503, NULL, NULL);
    http_client c = http_connect(f->port); /* connections without a session are counted apart */
    http_post(&c, "", BYTES_OF_LITERAL("echo x"));
    http_response r = http_receive(&c);
    assert_int_equal(r.status, 200);
    http_response_free(&r);
    http_close(&c);
    for (size_t i = 0; i < COUNT(all); i++) {
        ws_send_text(&all[i], "echo still here");
        ws_expect_text(&all[i], "still here");
        http_close(&all[i]);
    }
    WAIT_UNTIL(atomic_load(&f->service.closed) == 3);
    expect_works(f->port);
    close_fixture(f);
}

/* ---- clients that do not behave ---- */

static void broken_frames_end_the_session(void **state)
{
    fixture *f = *state;
    static const struct {
        unsigned code;
        bytes sent;
    } rows[] = {{1002, BYTES_OF_LITERAL("\x81\x05hello")},
                {1002, BYTES_OF_LITERAL("\xFF\xFF")},
                {1003, BYTES_OF_LITERAL("\x82\x80mask")},
                {1007, BYTES_OF_LITERAL("\x81\x81\0\0\0\0\xFF")},
                {1009, BYTES_OF_LITERAL("\x81\xFF\0\0\0\0\x04\0\0\x01mask")}}; /* 64 MiB and one */
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_client c = ws_connect(f->port);
        http_send(&c, rows[i].sent);
        for (int more = 0; more < 100; more++) /* what is still sent does not cost the client the reason */
            ws_send_text(&c, "echo never answered");
        ws_expect_close(&c, rows[i].code);
        http_close(&c);
        expect_works(f->port);
    }
}

static void a_client_may_leave_at_any_time(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 4; i++) {
        http_client c = ws_connect(f->port);
        ws_send_text(&c, "hold x");
        ws_send_text(&c, "hold y");
        WAIT_UNTIL(held_count(&f->service) == 2);
        if (i & 1)
            http_reset(&c);
        else
            http_close(&c);
        if (i & 2)
            usleep(20000);
        int closed = atomic_load(&f->service.closed);
        release(&f->service);
        WAIT_UNTIL(atomic_load(&f->service.closed) > closed); /* after the last answer */
        expect_works(f->port);
        int opened = atomic_load(&f->service.opened);
        WAIT_UNTIL(atomic_load(&f->service.closed) == opened);
    }
}

static void an_idle_client_is_pinged(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.ping_ms = 1000});
    http_client alive = ws_connect(f->port), dead = ws_connect(f->port);
    for (int i = 0; i < 3; i++) {
        ws_frame frame = {0};
        assert_true(ws_receive(&alive, &frame));
        assert_int_equal(frame.opcode, WEBSOCKET_PING);
        ws_send(&alive, 0x8A, frame.payload);
        buffer_consume(&alive.received, frame.size);
    }
    ws_expect_close(&dead, 1008);
    ws_send_text(&alive, "hold x"); /* requests that take long are no silence of a client that answers pings */
    WAIT_UNTIL(held_count(&f->service) == 1);
    release(&f->service);
    ws_expect_text(&alive, "x");
    http_close(&alive);
    http_close(&dead);
    close_fixture(f);
}

/* Half a header, half a body, half a frame, half a message: nobody is waited for for ever. */
static void half_of_something(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.request_ms = 200, .close_ms = 100});
    static const char *const halves[] = {"POST / HT", "POST / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\necho "};
    for (size_t i = 0; i < COUNT(halves); i++) {
        http_client c = http_connect(f->port);
        http_send_text(&c, halves[i]);
        http_response r = http_receive(&c);
        assert_int_equal(r.status, 408);
        http_response_free(&r);
        http_expect_end(&c);
        http_close(&c);
    }
    static const bytes half_frames[] = {BYTES_OF_LITERAL("\x81"), BYTES_OF_LITERAL("\x81\x85mas"), BYTES_OF_LITERAL("\x81\x85maskabc"),
                                        BYTES_OF_LITERAL("\x01\x80mask")};
    for (size_t i = 0; i < COUNT(half_frames); i++) {
        http_client c = ws_connect(f->port);
        http_send(&c, half_frames[i]);
        ws_expect_close(&c, 1008);
        http_close(&c);
    }
    /* Byte by byte is too slow as well. */
    http_client c = http_connect(f->port);
    http_send_text(&c, "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    char received;
    int sent = 0;
    while (recv(c.socket, &received, 1, MSG_DONTWAIT | MSG_PEEK) != 1) {
        http_send_text(&c, "x");
        usleep(10000);
        assert_true(++sent < 1000);
    }
    http_response r = http_receive(&c);
    assert_int_equal(r.status, 408);
    http_response_free(&r);
    http_close(&c);
    close_fixture(f);
}

static void a_connection_without_requests_is_closed(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.idle_ms = 100});
    http_client silent = http_connect(f->port), asked = http_connect(f->port), waits = http_connect(f->port);
    http_post(&asked, "", BYTES_OF_LITERAL("echo x"));
    http_post(&waits, "", BYTES_OF_LITERAL("hold x"));
    http_response r = http_receive(&asked);
    http_response_free(&r);
    http_expect_end(&asked);
    http_expect_end(&silent);
    usleep(200000);
    release(&f->service); /* its silence was ours */
    r = http_receive(&waits);
    assert_string_equal(r.body, "x");
    http_response_free(&r);
    http_close(&silent);
    http_close(&asked);
    http_close(&waits);
    close_fixture(f);
}

static size_t heap_bytes(void)
{
    return mallinfo2().uordblks;
}

/* Texts for a client that reads nothing: up to the hard limit, then it is closed and the memory is free again. */
static void a_client_that_does_not_read(void **state)
{
    (void)state;
    enum { HARD = 1 << 20, TEXT = 10000 };
    fixture *f = open_with((http_door_config){.out_hard_bytes = HARD, .close_ms = 200});
    http_client c = ws_connect(f->port);
    WAIT_UNTIL(atomic_load(&f->service.opened) == 1);
    char *text = memory_new(TEXT);
    memset(text, 'x', TEXT);
    size_t sent = 0;
    while (http_session_send(f->service.last, bytes_of(text, TEXT)))
        assert_true(++sent < 100000); /* what the kernel takes is not counted */
    assert_true(sent >= HARD / (TEXT + 100));
    WAIT_UNTIL(atomic_load(&f->service.closed) == 1);
    expect_works(f->port);
    http_close(&c);
    free(text);
    close_fixture(f);
}

static void a_client_that_reads_too_slowly_for_long(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.out_soft_bytes = 100000, .out_soft_ms = 200});
    http_client c = ws_connect(f->port);
    for (int i = 0; i < 20; i++)
        ws_send_text(&c, "fill 1000000 x");
    usleep(500000);
    ws_expect_close(&c, 1008); /* it reads now: what had begun, then the reason */
    http_close(&c);
    close_fixture(f);
}

static bool is_served(unsigned port)
{
    http_client c = http_connect(port);
    http_post(&c, "", BYTES_OF_LITERAL("echo x"));
    bool served = http_wait_for(&c, 1);
    http_close(&c);
    return served;
}

/* An answer that nobody takes, over HTTP. */
static void an_answer_that_is_not_taken(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){.request_ms = 200, .connections_max = 1});
    http_client c = http_connect(f->port);
    http_post(&c, "", BYTES_OF_LITERAL("fill 30000000 x"));
    WAIT_UNTIL(atomic_load(&f->service.started) == 1);
    WAIT_UNTIL(is_served(f->port)); /* there was room for one */
    size_t taken = 0;
    char chunk[65536];
    for (ssize_t got; (got = recv(c.socket, chunk, sizeof chunk, 0)) > 0;)
        taken += (size_t)got;
    assert_true(taken < 30000000);
    http_close(&c);
    close_fixture(f);
}

/* A flood without reading the answers: the session is not read on, and costs no more than its limits. */
static void a_flood(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    struct timeval limit = {.tv_usec = 200000};
    setsockopt(c.socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    char *text = memory_new(65536);
    memset(text, 'x', 65535);
    memcpy(text, "echo ", 5);
    for (uint64_t from_ms = clock_steady_ms(); clock_steady_ms() - from_ms < 200;) { /* until it is not read any more */
        from_ms = clock_steady_ms();
        ws_send(&c, 0x81, bytes_of(text, 65535));
        assert_true(atomic_load(&f->service.started) < 1000);
    }
    expect_works(f->port);
    http_close(&c);
    free(text);
}

/* Requests are taken from the clients by turns. */
static void many_requests_of_some_do_not_hold_up_others(void **state)
{
    fixture *f = *state;
    http_client flood[3], c = ws_connect(f->port), http = http_connect(f->port);
    for (size_t i = 0; i < COUNT(flood); i++) {
        flood[i] = ws_connect(f->port);
        for (int n = 0; n < HTTP_SESSION_REQUESTS; n++)
            ws_send_text(&flood[i], "slow x");
    }
    WAIT_UNTIL(atomic_load(&f->service.started) > 4);
    for (int i = 0; i < 2; i++) {
        int before = atomic_load(&f->service.started);
        if (i) {
            ws_send_text(&c, "echo x");
            ws_expect_text(&c, "x");
        } else {
            http_post(&http, "", BYTES_OF_LITERAL("echo x"));
            http_response r = http_receive(&http);
            http_response_free(&r);
        }
        assert_true(atomic_load(&f->service.started) - before < 20); /* not 96 */
    }
    for (size_t i = 0; i < COUNT(flood); i++)
        http_close(&flood[i]);
    http_close(&c);
    http_close(&http);
}

static void a_flood_of_pings(void **state)
{
    fixture *f = *state;
    http_client c = ws_connect(f->port);
    for (int i = 0; i < 100000; i++)
        ws_send(&c, 0x89, BYTES_OF_LITERAL("ping"));
    ws_send_text(&c, "echo after the pings");
    ws_frame frame = {0};
    int pongs = 0;
    for (;; pongs++) {
        assert_true(ws_receive(&c, &frame));
        if (frame.opcode == WEBSOCKET_TEXT)
            break;
        assert_int_equal(frame.opcode, WEBSOCKET_PONG);
    }
    assert_true(pongs >= 1 && pongs <= 100000);
    assert_true(bytes_equal_text(frame.payload, "after the pings"));
    http_close(&c);
}

/* Clients that begin long messages and do not end them: the largest goes, others are served. */
static void unfinished_messages_of_all(void **state)
{
    (void)state;
    enum { LIMIT = 8 << 20, PIECE = 1 << 20 };
    fixture *f = open_with((http_door_config){.reading_max_bytes = LIMIT});
    char *text = memory_new(PIECE);
    memset(text, 'x', PIECE);
    http_client c[3];
    for (size_t i = 0; i < COUNT(c); i++)
        c[i] = i == 1 ? http_connect(f->port) : ws_connect(f->port);
    http_send_text(&c[1], "POST / HTTP/1.1\r\nContent-Length: 60000000\r\n\r\n");
    for (size_t i = 0; i < COUNT(c); i++)
        for (int piece = 0; piece < 6; piece++) {
            if (i == 1)
                http_send(&c[i], bytes_of(text, PIECE));
            else
                ws_send(&c[i], piece ? 0x00 : 0x01, bytes_of(text, PIECE));
        }
    size_t gone = 0;
    for (int tries = 0; gone < 2 && tries < 10000; tries++, usleep(1000)) {
        gone = 0;
        for (size_t i = 0; i < COUNT(c); i++) {
            char first;
            gone += recv(c[i].socket, &first, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
        }
    }
    assert_true(gone >= 2);
    expect_works(f->port);
    for (size_t i = 0; i < COUNT(c); i++)
        http_close(&c[i]);
    free(text);
    close_fixture(f);
}

/* ---- the end ---- */

static void *stop_door(void *context)
{
    http_door_stop(context);
    return NULL;
}

static void stop_tells_the_clients(void **state)
{
    (void)state;
    fixture *f = open_with((http_door_config){0});
    http_client idle = ws_connect(f->port), busy = ws_connect(f->port);
    ws_send_text(&busy, "hold the last answer");
    WAIT_UNTIL(held_count(&f->service) == 1);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_door, f->door), 0);
    ws_expect_close(&idle, 1001);
    release(&f->service);
    ws_expect_text(&busy, "the last answer");
    ws_expect_close(&busy, 1001);
    pthread_join(stopper, NULL);
    http_close(&idle);
    http_close(&busy);
    f->door = NULL;
    close_fixture(f);
}

/* ---- what sessions cost ---- */

static void idle_sessions_are_small(void **state)
{
    (void)state;
    enum { SESSIONS = 400, SESSION_MAX_BYTES = 4096 };
    fixture *f = open_with((http_door_config){0});
    static http_client c[SESSIONS];
    expect_works(f->port);
    WAIT_UNTIL(atomic_load(&f->service.closed) == 1);
    size_t before = heap_bytes();
    for (size_t i = 0; i < SESSIONS; i++) {
        c[i] = ws_connect(f->port);
        ws_send_text(&c[i], "echo x");
        ws_expect_text(&c[i], "x");
        buffer_free(&c[i].received);
    }
    size_t each = (heap_bytes() - before) / SESSIONS;
    print_message("an idle session takes %zu bytes of heap\n", each);
    if (before) /* the sanitizer's heap does not tell */
        assert_true(each < SESSION_MAX_BYTES);
    for (size_t i = 0; i < SESSIONS; i++)
        http_close(&c[i]);
    close_fixture(f);
}

/* ---- JSON-RPC over it ---- */

static void json_rpc(void **state)
{
    (void)state;
    world *w = world_found();
    error_text why = {""};
    http_door *door = http_door_start(&(http_door_config){&json_rpc_service, &w->backend, .listen_ip = "127.0.0.1"}, w->workers, NULL, &why);
    assert_non_null(door);
    http_client c = ws_connect(http_door_port(door));
    ws_send_text(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}");
    ws_expect_text(&c, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}\n");
    ws_send_text(&c, "[]");
    ws_expect_text(&c, "{\"error\":{\"code\":-32600,\"message\":\"INVALID_JSON_REQUEST: The JSON sent is not a valid JSON-RPC Request "
                       "object\"},\"id\":null,\"jsonrpc\":\"2.0\"}\n");
    http_close(&c);
    http_door_stop(door);
    world_close(w);
}

/* ---- all at once, for the thread sanitizer ---- */

static void *be_a_client(void *context)
{
    fixture *f = context;
    for (int round = 0; round < 20; round++) {
        http_client c = ws_connect(f->port);
        for (int i = 0; i < 10; i++)
            ws_send_text(&c, i % 2 ? "echo x" : "push 3");
        ws_frame frame = {0};
        for (int i = 0; i < 10 && round % 2; i++)
            assert_true(ws_receive(&c, &frame));
        if (round % 3)
            http_close(&c);
        else
            http_reset(&c);
    }
    return NULL;
}

static atomic_bool crowd_is_gone;

static void *push_to_the_last(void *context)
{
    fixture *f = context;
    while (!atomic_load(&crowd_is_gone)) {
        pthread_mutex_lock(&f->service.lock);
        http_session last = f->service.last;
        pthread_mutex_unlock(&f->service.lock);
        if (last.door)
            http_session_send(last, BYTES_OF_LITERAL("push"));
        usleep(20);
    }
    return NULL;
}

static void a_crowd(void **state)
{
    fixture *f = *state;
    pthread_t clients[5], pusher;
    atomic_store(&crowd_is_gone, false);
    assert_int_equal(pthread_create(&pusher, NULL, push_to_the_last, f), 0);
    for (size_t i = 0; i < COUNT(clients); i++)
        assert_int_equal(pthread_create(&clients[i], NULL, be_a_client, f), 0);
    for (size_t i = 0; i < COUNT(clients); i++)
        pthread_join(clients[i], NULL);
    atomic_store(&crowd_is_gone, true);
    pthread_join(pusher, NULL);
    expect_works(f->port);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_door, close_door)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_and_answers),
        TEST(the_service_knows_the_path),
        TEST(an_empty_answer_is_none),
        TEST(answers_of_every_size),
        TEST(bytes_may_come_one_by_one_and_behind_the_handshake),
        TEST(several_requests_are_under_way),
        TEST(no_more_than_the_limit_are_under_way),
        TEST(the_service_pushes),
        TEST(handshakes),
        cmocka_unit_test(pages_of_other_origins),
        cmocka_unit_test(sessions_are_limited),
        TEST(broken_frames_end_the_session),
        TEST(a_client_may_leave_at_any_time),
        cmocka_unit_test(an_idle_client_is_pinged),
        cmocka_unit_test(half_of_something),
        cmocka_unit_test(a_connection_without_requests_is_closed),
        cmocka_unit_test(a_client_that_does_not_read),
        cmocka_unit_test(a_client_that_reads_too_slowly_for_long),
        cmocka_unit_test(an_answer_that_is_not_taken),
        TEST(a_flood),
        TEST(many_requests_of_some_do_not_hold_up_others),
        TEST(a_flood_of_pings),
        cmocka_unit_test(unfinished_messages_of_all),
        cmocka_unit_test(stop_tells_the_clients),
        cmocka_unit_test(idle_sessions_are_small),
        cmocka_unit_test(json_rpc),
        TEST(a_crowd),
    };
    return cmocka_run_group_tests_name("web_session", tests, NULL, NULL);
}
