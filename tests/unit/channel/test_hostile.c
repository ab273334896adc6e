/* Clients that mean harm, with certificates in order: what they take is bounded (door.h names the limits; here they are small), the
   one who takes most pays for it, and the others are answered meanwhile. Memory of a real node under such clients:
   tests/e2e/test_hostile_sdks.py. */
#include "support/channel/house.h"

#include "base/clock.h"
#include "base/memory.h"
#include "codec/hex.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LATENCY_MAX_MS = 3000 }; /* for sanitizers on a loaded machine; alone it is a few milliseconds */

static const char small_request[] = "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}";

static void expect_service(channel_client *c)
{
    uint64_t began = clock_steady_ms();
    channel_seq seq = channel_send_text(c, CHANNEL_RPC, small_request);
    channel_frame f = channel_receive(c);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    assert_true(bytes_start_with(f.body, BYTES_OF_LITERAL("{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x")));
    assert_true(clock_steady_ms() - began < LATENCY_MAX_MS);
}

/* What the kernel takes of it, without waiting for more than 50 ms. false: the node closed. */
static bool push_bytes(channel_client *c, size_t size)
{
    static const uint8_t zeros[16 * 1024];
    struct pollfd p = {.fd = c->socket, .events = POLLOUT};
    while (size) {
        if (poll(&p, 1, 50) == 0)
            return true;
        size_t piece = size < sizeof zeros ? size : sizeof zeros;
        if (p.revents & (POLLERR | POLLHUP) || SSL_write(c->tls, zeros, (int)piece) <= 0)
            return false;
        size -= piece;
    }
    return true;
}

static bool is_closed(channel_client *c, unsigned within_ms)
{
    uint8_t byte;
    struct pollfd p = {.fd = c->socket, .events = POLLIN};
    while (poll(&p, 1, (int)within_ms) > 0) {
        ERR_clear_error();
        if (SSL_read(c->tls, &byte, 1) <= 0)
            return true;
    }
    return false;
}

/* Half a frame of a megabyte from each of several clients: the largest goes, small ones and newcomers stay. */
static void unfinished_frames(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.inbound_bytes = 1024 * 1024});
    channel_client *good = house_enter(h, 3), *bad[6];
    uint8_t header[CHANNEL_HEADER_BYTES];
    channel_frame_write_header(&(channel_frame){CHANNEL_RPC, {{0}}, 0, bytes_of(NULL, 2000000)}, header);
    size_t closed = 0;
    for (size_t i = 0; i < COUNT(bad); i++) {
        bad[i] = house_enter(h, 3);
        channel_write(bad[i], BYTES_OF_VALUE(header));
        push_bytes(bad[i], 400000);
        expect_service(good);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        closed += is_closed(bad[i], 100);
    assert_true(closed >= 3 && closed < COUNT(bad)); /* at most two of 512 KiB fit */
    channel_client *late = house_enter(h, 3);
    expect_service(late);
    expect_service(good);
    channel_disconnect(late);
    channel_disconnect(good);
    for (size_t i = 0; i < COUNT(bad); i++)
        channel_disconnect(bad[i]);
    house_close(h);
}

/* Clients that ask and do not read, until nothing more may wait for all together: whoever reads is not closed. */
static void clients_that_do_not_read(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.out_total_bytes = 12 * 1024 * 1024});
    house_make_blocks(h, 3);
    channel_client *good = house_enter(h, 3), *bad[8];
    /* Some 300 KiB of answer to 20 KiB of question. */
    buffer batch = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < 200; i++)
        buffer_print(&batch, "%c{\"jsonrpc\":\"2.0\",\"method\":\"getBlockByNumber\",\"params\":[1,\"1\",true],\"id\":1}", i ? ',' : '[');
    buffer_append_byte(&batch, ']');
    for (size_t i = 0; i < COUNT(bad); i++) {
        bad[i] = house_enter(h, 3);
        int small = 4096;
        setsockopt(bad[i]->socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        fcntl(bad[i]->socket, F_SETFL, O_NONBLOCK);
        for (size_t k = 0; k < 30; k++) {
            buffer whole = buffer_init(BUFFER_NO_LIMIT);
            channel_frame_write_header(&(channel_frame){CHANNEL_RPC, {{(uint8_t)k}}, 0, buffer_bytes(&batch)},
                                       buffer_extend(&whole, CHANNEL_HEADER_BYTES));
            buffer_append(&whole, buffer_bytes(&batch));
            ERR_clear_error();
            bool ok = SSL_write(bad[i]->tls, whole.data, (int)whole.size) > 0;
            buffer_free(&whole);
            if (!ok)
                break; /* it is not read any more, or was closed */
        }
        expect_service(good);
    }
    for (int i = 0; i < 5; i++)
        expect_service(good);
    channel_client *late = house_enter(h, 3);
    expect_service(late);
    expect_service(good);
    channel_disconnect(late);
    channel_disconnect(good);
    for (size_t i = 0; i < COUNT(bad); i++)
        channel_disconnect(bad[i]);
    buffer_free(&batch);
    house_close(h);
}

/* A large answer for each of several clients that do not read: the total is reached, and the one with most waiting pays. */
static void the_total_of_waiting_output(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.out_total_bytes = 3 * 1024 * 1024});
    enum { TOPIC_BYTES = 1024 * 1024 };
    channel_client *good = house_enter(h, 3), *bad[5];
    house_subscribe(good, "[\"small\"]");
    uint8_t *large = memory_new(TOPIC_BYTES);
    memcpy(large, "\x06large", 6);
    for (size_t i = 0; i < COUNT(bad); i++) {
        bad[i] = house_enter(h, 3);
        int small = 4096;
        setsockopt(bad[i]->socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        house_subscribe(bad[i], "[\"large\"]");
    }
    /* Each multicast puts a megabyte into five queues. */
    for (int i = 0; i < 12; i++) {
        channel_seq seq = channel_send(good, CHANNEL_AMOP_MULTICAST, bytes_of(large, TOPIC_BYTES));
        channel_frame f = channel_receive(good);
        assert_int_equal(f.type, CHANNEL_AMOP_RESPONSE);
        assert_memory_equal(&f.seq, &seq, sizeof seq);
        expect_service(good);
    }
    size_t closed = 0;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t beat[CHANNEL_HEADER_BYTES];
        channel_frame_write_header(&(channel_frame){CHANNEL_HEARTBEAT, {{1}}, 0, BYTES_EMPTY}, beat);
        ERR_clear_error();
        bool ok = SSL_write(bad[i]->tls, beat, sizeof beat) > 0; /* what is closed answers with a reset */
        usleep(20000);
        ERR_clear_error();
        closed += !ok || SSL_write(bad[i]->tls, beat, sizeof beat) <= 0;
        channel_disconnect(bad[i]);
    }
    assert_true(closed >= 3);
    expect_service(good);
    channel_disconnect(good);
    free(large);
    house_close(h);
}

/* A synchronous request with `data_bytes` of input that waits for the pool's answer, and spaces up to `size` bytes. */
static void send_transaction(house *h, channel_client *c, uint64_t nonce, size_t data_bytes, size_t size)
{
    uint8_t *data = memory_new(data_bytes);
    memset(data, 1, data_bytes);
    secret_key key = {{0}};
    key.b[31] = 5;
    transaction_fields fields = {.nonce = u256_of(nonce), .gas_price = u256_of(1), .gas = u256_of(10000000),
                                 .block_limit = u256_of(100), .chain_id = u256_of(1), .group_id = u256_of(1),
                                 .data = bytes_of(data, data_bytes)};
    transaction *tx = transaction_sign(&h->w->rules, &fields, &key);
    arena a = {0};
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[1,\"0x");
    buffer_append_text(&body, hex_text(&a, tx->raw));
    buffer_append_text(&body, "\"],\"id\":1}");
    while (body.size < size)
        buffer_append_byte(&body, ' ');
    channel_send(c, CHANNEL_RPC, buffer_bytes(&body));
    buffer_free(&body);
    arena_reset(&a);
    transaction_drop(tx);
    free(data);
}

static channel_seq send_padded(channel_client *c, size_t spaces)
{
    buffer padded = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&padded, small_request);
    for (size_t i = 0; i < spaces; i++)
        buffer_append_byte(&padded, ' ');
    channel_seq seq = channel_send(c, CHANNEL_RPC, buffer_bytes(&padded));
    buffer_free(&padded);
    return seq;
}

static void wait_held(house *h, size_t count)
{
    for (size_t held = 0; held < count; usleep(1000)) {
        pthread_mutex_lock(&h->w->lock);
        held = h->w->held_count;
        pthread_mutex_unlock(&h->w->lock);
    }
}

/* Requests under way beyond the limit: small ones of others are read all the same, larger ones wait. */
static void requests_under_way(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.request_bytes = 300000});
    h->w->manner = WORLD_HOLDS_ANSWERS;
    channel_client *bad = house_enter(h, 1), *good = house_enter(h, 3), *large = house_enter(h, 3);
    for (uint64_t i = 0; i < 3; i++) {
        send_transaction(h, bad, i + 1, 100000, 0);
        if (i < 2)
            wait_held(h, i + 1);
    }
    for (int i = 0; i < 5; i++)
        expect_service(good);
    channel_seq seq = send_padded(large, 20000); /* more than what is read beyond the limit */
    house_expect_silence(large, 200);
    expect_service(good);
    while (world_answer_held(h->w) == 0)
        usleep(1000);
    h->w->manner = WORLD_ANSWERS_AT_ONCE;
    channel_frame f = channel_receive(large);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    while (world_answer_held(h->w)) /* the third, if it was begun before */
        ;
    channel_disconnect(bad);
    channel_disconnect(good);
    channel_disconnect(large);
    house_close(h);
}

/* The limit is kept again because somebody goes away, whose request was not begun: who waited for that is read on, though nothing was
   answered. */
static void requests_that_are_dropped(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.request_bytes = 300000, .running_max = 1});
    h->w->manner = WORLD_HOLDS_ANSWERS;
    channel_client *most = house_enter(h, 1), *leaver = house_enter(h, 1), *large = house_enter(h, 3);
    send_transaction(h, most, 1, 100, 293000);
    wait_held(h, 1);
    send_transaction(h, leaver, 2, 100, 0);
    wait_held(h, 2);
    send_padded(leaver, 8000); /* has its turn after the one before it */
    channel_seq seq = channel_send_text(leaver, CHANNEL_HEARTBEAT, "0"); /* answered at once: what came before was read */
    channel_expect(leaver, CHANNEL_HEARTBEAT, &seq, "1");
    seq = send_padded(large, 20000);
    house_expect_silence(large, 200);
    channel_disconnect(leaver);
    channel_frame f = channel_receive(large);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    h->w->manner = WORLD_ANSWERS_AT_ONCE;
    assert_int_equal(world_answer_held(h->w), 2);
    channel_disconnect(most);
    channel_disconnect(large);
    house_close(h);
}

/* One client has hundreds of slow requests under way; another one's is answered as if there were one. */
static void a_flood_of_requests(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.running_max = 4});
    house_make_blocks(h, 2);
    channel_client *bad = house_enter(h, 3), *good = house_enter(h, 3);
    buffer batch = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < 60; i++)
        buffer_print(&batch, "%c{\"jsonrpc\":\"2.0\",\"method\":\"getBlockByNumber\",\"params\":[1,\"9\",true],\"id\":1}", i ? ',' : '[');
    buffer_append_byte(&batch, ']');
    enum { FLOOD = 600 };
    for (size_t i = 0; i < FLOOD; i++)
        channel_send(bad, CHANNEL_RPC, buffer_bytes(&batch));
    for (int i = 0; i < 3; i++)
        expect_service(good);
    size_t answered = 0;
    channel_frame f;
    while (channel_receive_within(bad, 0, &f) && answered < FLOOD)
        answered++;
    print_message("%zu of %d answered before three of the other client\n", answered, FLOOD);
    assert_true(answered < FLOOD / 2);
    channel_disconnect(bad); /* what was not begun is forgotten, else the door would not close in time */
    uint64_t began = clock_steady_ms();
    expect_service(good);
    channel_disconnect(good);
    house_close(h);
    assert_true(clock_steady_ms() - began < 10000);
    buffer_free(&batch);
}

static int connect_silently(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    return fd;
}

static bool ends_within(int fd, int ms)
{
    char byte;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

/* Connections without a word: the oldest give way, and all end when the time for a handshake is over. */
static void handshakes_left_open(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.handshakes_max = 8, .handshake_ms = 2000});
    channel_client *good = house_enter(h, 3);
    int silent[30];
    for (size_t i = 0; i < COUNT(silent); i++)
        silent[i] = connect_silently(channel_door_port(h->door));
    expect_service(good);
    channel_client *late = house_enter(h, 3);
    expect_service(late);
    size_t ended = 0;
    for (size_t i = 0; i < COUNT(silent); i++)
        ended += ends_within(silent[i], 0);
    assert_true(ended >= COUNT(silent) - 8);
    for (size_t i = 0; i < COUNT(silent); i++) {
        if (i >= COUNT(silent) - 7)
            assert_true(ends_within(silent[i], 5000));
        close(silent[i]);
    }
    expect_service(good);
    expect_service(late);
    channel_disconnect(good);
    channel_disconnect(late);
    house_close(h);
}

/* As many filters as a client may have, over all of the chain and far into the future; the client does not read. Another client's
   requests, and its own filter, are served meanwhile. */
static void filters_without_end(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    address emitter = house_deploy_emitter(h, 1);
    for (uint64_t i = 0; i < 60; i++)
        house_emit(h, &emitter, i + 1, 4);
    channel_client *bad = house_enter(h, 3), *good = house_enter(h, 3);
    int small = 4096;
    setsockopt(bad->socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (size_t i = 0; i < CHANNEL_SESSION_FILTERS; i++)
        channel_send_text(bad, CHANNEL_REGISTER_EVENTS,
                          "\x01{\"filterID\":\"f\",\"groupID\":1,\"addresses\":[],\"topics\":[],\"fromBlock\":0,\"toBlock\":1000000}");
    for (int i = 0; i < 5; i++)
        expect_service(good);
    assert_int_equal(house_register_events(good, "mine", ",\"fromBlock\":1"), 0);
    uint64_t began = clock_steady_ms();
    size_t logs = 0;
    while (logs < 240) {
        json_t *push = house_receive_events(good, "mine");
        logs += json_array_size(json_object_get(push, "logs"));
        json_decref(push);
    }
    assert_int_equal(logs, 240);
    print_message("its own filter was served in %llu ms\n", (unsigned long long)(clock_steady_ms() - began));
    expect_service(good);
    channel_disconnect(bad);
    house_emit(h, &emitter, 1000, 1);
    json_t *push = house_receive_events(good, "mine");
    assert_int_equal(json_array_size(json_object_get(push, "logs")), 1);
    json_decref(push);
    channel_disconnect(good);
    house_close(h);
}

/* Topics of all clients together are limited: the rest of a list is ignored. */
static void topics_of_all(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    enum { CLIENTS = CHANNEL_TOPICS_MAX / CHANNEL_SESSION_TOPICS };
    channel_client *c[CLIENTS], *last = house_enter(h, 3);
    buffer list = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < CLIENTS; i++) {
        c[i] = house_enter(h, 3);
        buffer_clear(&list);
        for (size_t k = 0; k < CHANNEL_SESSION_TOPICS + 10; k++)
            buffer_print(&list, "%c\"t%zu.%zu\"", k ? ',' : '[', i, k);
        buffer_append_byte(&list, ']');
        channel_send(c[i], CHANNEL_TOPICS, buffer_bytes(&list));
        house_sync(c[i]);
    }
    house_subscribe(last, "[\"too late\"]");
    channel_seq seq = channel_send_text(c[0], CHANNEL_AMOP_REQUEST, "\x09too latehi");
    house_expect_amop(c[0], &seq, 100, "");
    seq = channel_send_text(last, CHANNEL_AMOP_REQUEST, "\x09t0.1024.hi"); /* beyond what one client may have; no such topic */
    house_expect_amop(last, &seq, 100, "");
    channel_disconnect(c[1]);
    for (int i = 0; i < 100; i++) { /* room again, once the node has seen it */
        house_subscribe(last, "[\"too late\"]");
        seq = channel_send_text(c[0], CHANNEL_AMOP_REQUEST, "\x09too latehi");
        channel_frame f;
        if (channel_receive_within(last, 20, &f)) {
            assert_memory_equal(&f.seq, &seq, sizeof seq);
            channel_send_with(last, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x01ok"));
            house_expect_amop(c[0], &seq, 0, "\x01ok");
            break;
        }
        house_expect_amop(c[0], &seq, 100, "");
        assert_true(i < 99);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (i != 1)
            channel_disconnect(c[i]);
    channel_disconnect(last);
    buffer_free(&list);
    house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfinished_frames),           cmocka_unit_test(clients_that_do_not_read),
        cmocka_unit_test(the_total_of_waiting_output), cmocka_unit_test(requests_under_way),
        cmocka_unit_test(a_flood_of_requests),         cmocka_unit_test(handshakes_left_open),
        cmocka_unit_test(filters_without_end),         cmocka_unit_test(topics_of_all),
        cmocka_unit_test(requests_that_are_dropped),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
