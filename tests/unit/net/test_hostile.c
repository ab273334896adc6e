/* Peers that hold a good certificate and do not behave, strangers, and the frames of spec/network.md 4 and 5 byte by byte. */
#include "support_raw.h"

#include "net/net_private.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static test_chain chain;
static tls_identity node_identity, peer_identity;

static int set_up(void **state)
{
    (void)state;
    test_chain_make(&chain);
    node_identity = test_identity(&chain, "node0", NULL);
    peer_identity = test_identity(&chain, "raw", NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&chain.memory);
    return 0;
}

static test_node *start(const net_config *changes)
{
    test_node *t = test_node_new();
    net_config config = changes ? *changes : (net_config){0};
    config.listen_ip = "127.0.0.1";
    config.identity = node_identity;
    error_text why;
    if (!test_node_start(t, &config, &why))
        fail_msg("%s", why.text);
    return t;
}

static void connect_to(raw_peer *r, test_node *t)
{
    if (!raw_connect(r, net_port(t->net), &peer_identity))
        fail_msg("refused: %s", tls_session_reason(r->tls));
}

static void frame_is(const frame *f, int32_t protocol, uint16_t packet_type, const char *payload)
{
    uint32_t id = (uint32_t)f->group << 16 | f->module;
    assert_int_equal(f->is_response ? -(int32_t)id : (int32_t)id, protocol);
    assert_int_equal(f->packet_type, packet_type);
    assert_bytes_equal(f->payload, bytes_of_text(payload));
}

/* spec/network.md 5: the heartbeat comes at once with seq 0; a new number is asked for; the answer repeats the seq. */
static void the_topic_conversation(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    const char *const own[] = {"_block_notify_1", "t"};
    raw_peer r;
    frame f;
    connect_to(&r, t);
    assert_true(raw_receive(&r, &f));
    frame_is(&f, 2, 1, "0");
    assert_int_equal(f.seq, 0);
    assert_int_equal(f.version, 0);
    raw_send_frame(&r, 0, 2, 1, 0, BYTES_OF_LITERAL("0")); /* equal numbers: nothing is asked */
    raw_send_frame(&r, 0, 2, 2, 9, BYTES_EMPTY);
    assert_true(raw_receive(&r, &f));
    frame_is(&f, -2, 3, "0");
    assert_int_equal(f.seq, 9);
    net_set_topics(t->net, own, 2);
    do { /* until the network thread has heard of them */
        raw_send_frame(&r, 0, 2, 2, 10, BYTES_EMPTY);
        assert_true(raw_receive(&r, &f));
    } while (f.payload.size == 1);
    frame_is(&f, -2, 3, "1\t_block_notify_1\tt");
    raw_send_frame(&r, 0, 2, 1, 0, BYTES_OF_LITERAL("7"));
    assert_true(raw_receive(&r, &f));
    frame_is(&f, 2, 2, "");
    assert_int_equal(f.seq, 2);
    raw_send_frame(&r, 0, 2, 1, 0, BYTES_OF_LITERAL("7"));                         /* asked already */
    raw_send_frame(&r, 0, -2, 3, f.seq + 1, BYTES_OF_LITERAL("7\twrong number")); /* nobody asked: ignored */
    raw_send_frame(&r, 0, -2, 3, f.seq, BYTES_OF_LITERAL("7\ta\t\tb"));
    test_wait(t, topics_told, 1);
    assert_string_equal(t->last_topics, "a=1 b=1 ");
    /* Not numbers, unknown types, not lists: ignored, the session stays. */
    static const char *const odd[] = {"", "x", "-1", "4294967296", "7 ", "0x7"};
    for (size_t i = 0; i < COUNT(odd); i++)
        raw_send_frame(&r, 0, 2, 1, 0, bytes_of_text(odd[i]));
    raw_send_frame(&r, 0, 2, 4, 0, BYTES_EMPTY);
    raw_send_frame(&r, 0, 2, 2, 11, BYTES_EMPTY);
    assert_true(raw_receive(&r, &f));
    assert_int_equal(f.seq, 11);
    assert_int_equal(test_counter(t, &t->received, sizeof t->received), 0); /* topics are nobody else's business */
    raw_close(&r);
    test_node_stop(t);
}

static void frames_arrive_whatever_the_records(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    raw_peer r;
    connect_to(&r, t);
    uint8_t wire[3 * 20];
    for (uint32_t i = 0; i < 3; i++) {
        frame f = {.group = 1, .module = 8, .seq = i, .payload = bytes_of("abcd", 4)};
        frame_write_header(FRAME_CURRENT, &f, wire + 20 * i);
        memcpy(wire + 20 * i + 16, "abcd", 4);
    }
    raw_send(&r, bytes_of(wire, sizeof wire)); /* three frames in one record */
    for (size_t i = 0; i < sizeof wire; i++)   /* a record for each byte */
        raw_send(&r, bytes_of(wire + i, 1));
    for (size_t i = 0; i < sizeof wire; i += 15)
        raw_send(&r, bytes_of(wire + i, 15));
    test_wait(t, received, 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(t->frames[i].seq, i % 3);
        assert_memory_equal(t->frames[i].head, "abcd", 4);
    }
    raw_send_frame(&r, 0, -(1 << 16 | 8), 1, 77, BYTES_EMPTY); /* a response nobody waits for */
    raw_send_frame(&r, 0, 0, 1, 78, BYTES_EMPTY);
    test_wait(t, received, 11);
    assert_true(t->frames[9].is_response);
    assert_int_equal(t->frames[9].group, 1);
    raw_close(&r);
    test_wait(t, down, 1);
    test_node_stop(t);
}

static void a_wrong_length_ends_the_session(void **state)
{
    (void)state;
    static const struct {
        uint32_t length;
        const char *reason;
    } rows[] = {{0, "below the header"}, {15, "below the header"}, {FRAME_MAX_BYTES + 1, "above 100 MiB"}, {0xffffffff, "above 100 MiB"}};
    test_node *t = start(NULL);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        raw_peer r;
        connect_to(&r, t);
        test_wait(t, up, i + 1);
        uint8_t field[4];
        write_be32(field, rows[i].length);
        raw_send(&r, bytes_of(field, 4));
        test_wait(t, down, i + 1);
        assert_non_null(strstr(t->last_reason, rows[i].reason));
        assert_true(raw_is_closed(&r));
        raw_close(&r);
    }
    test_node_stop(t);
}

static void an_announced_length_takes_no_memory(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    raw_peer r;
    connect_to(&r, t);
    uint8_t header[FRAME_HEADER_BYTES];
    frame f = {.group = 1, .module = 9, .payload = bytes_of(NULL, FRAME_MAX_BYTES - FRAME_HEADER_BYTES)};
    frame_write_header(FRAME_CURRENT, &f, header);
    raw_send(&r, bytes_of(header, sizeof header));
    static uint8_t some[100000];
    raw_send(&r, bytes_of(some, sizeof some));
    test_sleep_ms(100);
    assert_true(t->net->inbound_bytes > 0);
    assert_true(t->net->inbound_bytes <= 3 * sizeof some);
    raw_close(&r);
    test_wait(t, down, 1);
    test_node_stop(t);
}

/* The session keeps nothing of a large frame, and the bytes are counted back to zero. */
static void memory_of_large_frames_is_given_back(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    raw_peer r;
    connect_to(&r, t);
    uint8_t *large = calloc(1, 3000000);
    buffer compressed = buffer_init(BUFFER_NO_LIMIT);
    frame_compress(bytes_of(large, 3000000), &compressed);
    for (unsigned i = 0; i < 3; i++) {
        raw_send_frame(&r, 0, 1 << 16 | 9, 0, i, bytes_of(large, 3000000));
        raw_send_frame(&r, FRAME_COMPRESSED, 1 << 16 | 9, 0, i, buffer_bytes(&compressed));
    }
    test_wait(t, received, 6);
    assert_int_equal(t->frames[5].size, 3000000);
    raw_send_frame(&r, 0, 1 << 16 | 9, 0, 4, BYTES_EMPTY);
    test_wait(t, received, 7);
    test_sleep_ms(20);
    assert_true(t->net->inbound_bytes <= 3 * IN_BUFFER_BYTES);
    raw_close(&r);
    test_wait(t, down, 1);
    test_sleep_ms(20);
    assert_int_equal(t->net->inbound_bytes, 0);
    buffer_free(&compressed);
    free(large);
    test_node_stop(t);
}

/* Dropped with a note; the session stays (spec/network.md 3.2 leaves it open, "better: drop the message"). */
static void damaged_compression_costs_the_message_only(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    raw_peer r;
    connect_to(&r, t);
    raw_send_frame(&r, FRAME_COMPRESSED, 1 << 16 | 9, 0, 1, BYTES_OF_LITERAL("\xff\xff\xff\xff\x7f"));
    raw_send_frame(&r, FRAME_COMPRESSED, 1 << 16 | 9, 0, 2, BYTES_EMPTY);
    raw_send_frame(&r, FRAME_COMPRESSED | 5, 1 << 16 | 9, 0, 3, BYTES_OF_LITERAL("\x03\x08" "abc"));
    test_wait(t, received, 1);
    assert_int_equal(t->frames[0].seq, 3);
    assert_memory_equal(t->frames[0].head, "abc", 3);
    raw_close(&r);
    test_node_stop(t);
}

/* First come, first served; a duplicate is closed without a word (spec/network.md 2.2). */
static void a_second_connection_of_a_node_is_closed(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    raw_peer first, second, self;
    frame f;
    connect_to(&first, t);
    test_wait(t, up, 1);
    connect_to(&second, t);
    assert_false(raw_receive(&second, &f));
    assert_true(raw_connect(&self, net_port(t->net), &node_identity)); /* this node's own certificate */
    assert_false(raw_receive(&self, &f));
    raw_send_frame(&first, 0, 2, 2, 1, BYTES_EMPTY);
    assert_true(raw_receive(&first, &f));
    assert_true(raw_receive(&first, &f));
    frame_is(&f, -2, 3, "0");
    assert_int_equal(test_counter(t, &t->up, sizeof t->up), 1);
    assert_int_equal(test_counter(t, &t->down, sizeof t->down), 0);
    raw_close(&first);
    raw_close(&second);
    raw_close(&self);
    test_node_stop(t);
}

static void strangers_stay_outside(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    test_chain other;
    test_chain_make(&other);
    tls_identity stranger = test_identity(&other, "node0", NULL);
    stranger.authorities = node_identity.authorities; /* it trusts us, we do not trust it */
    raw_peer r;
    assert_false(raw_connect(&r, net_port(t->net), &stranger));
    assert_non_null(strstr(tls_session_reason(r.tls), "alert"));
    raw_close(&r);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* no TLS at all */
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(net_port(t->net)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    char answer[100];
    while (recv(fd, answer, sizeof answer, 0) > 0) {
    }
    close(fd);
    assert_int_equal(test_counter(t, &t->up, sizeof t->up), 0);
    arena_reset(&other.memory);
    test_node_stop(t);
}

static void silence_ends_a_session(void **state)
{
    (void)state;
    net_config config = {.idle_ms = 150, .heartbeat_ms = 30, .handshake_ms = 100};
    test_node *t = start(&config);
    raw_peer r;
    frame f;
    connect_to(&r, t);
    unsigned heartbeats = 0;
    while (raw_receive(&r, &f)) {
        frame_is(&f, 2, 1, "0");
        heartbeats++;
    }
    test_wait(t, down, 1);
    assert_non_null(strstr(t->last_reason, "nothing came from the peer"));
    assert_in_range(heartbeats, 2, 8);
    raw_close(&r);
    /* A connection that never begins its handshake. */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(net_port(t->net)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
    test_node_stop(t);
}

/* More unfinished handshakes than HANDSHAKES_MAX: the oldest go, a real peer gets in. */
static void waiting_strangers_do_not_lock_a_peer_out(void **state)
{
    (void)state;
    test_node *t = start(NULL);
    static int fds[HANDSHAKES_MAX + 20];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(net_port(t->net)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&to, sizeof to), 0);
    }
    raw_peer r;
    frame f;
    connect_to(&r, t);
    assert_true(raw_receive(&r, &f));
    char byte;
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0); /* closed by the node */
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    raw_close(&r);
    test_node_stop(t);
}

static uint64_t process_cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void an_idle_network_costs_nothing(void **state)
{
    (void)state;
    const char *nowhere[] = {"127.0.0.1:1025"}; /* refused: retried ever more rarely */
    net_config config = {.endpoints = nowhere, .endpoint_count = 1};
    test_node *t = start(&config);
    raw_peer r;
    connect_to(&r, t);
    test_wait(t, up, 1);
    uint64_t before = process_cpu_ms();
    test_sleep_ms(1000);
    assert_true(process_cpu_ms() - before < 100);
    raw_close(&r);
    test_node_stop(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_topic_conversation),
        cmocka_unit_test(frames_arrive_whatever_the_records),
        cmocka_unit_test(a_wrong_length_ends_the_session),
        cmocka_unit_test(an_announced_length_takes_no_memory),
        cmocka_unit_test(memory_of_large_frames_is_given_back),
        cmocka_unit_test(damaged_compression_costs_the_message_only),
        cmocka_unit_test(a_second_connection_of_a_node_is_closed),
        cmocka_unit_test(strangers_stay_outside),
        cmocka_unit_test(silence_ends_a_session),
        cmocka_unit_test(waiting_strangers_do_not_lock_a_peer_out),
        cmocka_unit_test(an_idle_network_costs_nothing),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
