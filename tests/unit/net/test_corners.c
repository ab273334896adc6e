/* Less usual ways to connect, and what happens at the limits. */
#include "support_net.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static test_chain chain;

static int set_up(void **state)
{
    (void)state;
    test_chain_make(&chain);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&chain.memory);
    return 0;
}

static test_node *start_with(const char *name, net_config config, const char *to)
{
    test_node *t = test_node_new();
    if (config.listen_ip == NULL)
        config.listen_ip = "127.0.0.1";
    config.identity = test_identity(&chain, name, NULL);
    config.endpoints = &to;
    config.endpoint_count = to != NULL;
    error_text why;
    if (!test_node_start(t, &config, &why))
        fail_msg("%s", why.text);
    return t;
}

static void names_are_looked_up(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){0}, NULL);
    test_node *b = start_with("node1", (net_config){0}, arena_print(&chain.memory, "localhost:%u", net_port(a->net)));
    test_wait(b, up, 1);
    test_wait(a, up, 1);
    test_node_stop(b);
    test_node_stop(a);
}

/* The resolver may take long for such a name: the node stops without waiting for it. */
static void a_lookup_under_way_does_not_delay_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        test_node *a = start_with("node0", (net_config){.handshake_ms = 5}, "no-such-host.invalid:30300");
        test_sleep_ms(i * 4u);
        test_node_stop(a);
    }
}

static void ipv6_works_where_the_machine_has_it(void **state)
{
    (void)state;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    bool has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (fd >= 0)
        close(fd);
    if (!has_v6)
        skip();
    test_node *a = start_with("node0", (net_config){.listen_ip = "::"}, NULL);
    test_node *b = start_with("node1", (net_config){0}, arena_print(&chain.memory, "[::1]:%u", net_port(a->net)));
    test_node *c = start_with("node2", (net_config){0}, test_endpoint(&chain.memory, a)); /* :: takes IPv4 too */
    test_wait(b, up, 1);
    test_wait(c, up, 1);
    arena memory = {0};
    size_t count;
    const net_peer *peer = net_peers(b->net, &memory, &count);
    assert_string_equal(peer->endpoint, arena_print(&memory, "[::1]:%u", net_port(a->net)));
    arena_reset(&memory);
    test_node_stop(c);
    test_node_stop(b);
    test_node_stop(a);
}

/* supported_version 2.0.0-rc1: 12-byte headers. */
static void old_chains_use_old_frames(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){.old_frames = true}, NULL);
    test_node *b = start_with("node1", (net_config){.old_frames = true}, test_endpoint(&chain.memory, a));
    test_wait(a, up, 1);
    static uint8_t payload[5000];
    assert_int_equal(net_send(a->net, &b->id, 1, 127, NET_MODULE_SYNC, 1, bytes_of(payload, sizeof payload)), NET_SEND_OK);
    test_wait(b, received, 1);
    assert_int_equal(b->frames[0].group, 127);
    assert_int_equal(b->frames[0].module, 9);
    assert_int_equal(b->frames[0].size, 5000);
    assert_int_equal(net_send(a->net, &b->id, 1, 128, NET_MODULE_SYNC, 1, BYTES_EMPTY), NET_SEND_FULL); /* cannot be written */
    test_node_stop(b);
    test_node_stop(a);
}

static void who_is_not_connected_is_left_out(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){0}, NULL);
    test_node *b = start_with("node1", (net_config){0}, test_endpoint(&chain.memory, a));
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    node_id targets[4] = {a->id, b->id, a->id, a->id};
    targets[2].b[0] ^= 1;
    assert_int_equal(net_send(a->net, targets, 4, 1, NET_MODULE_PBFT, 0, BYTES_OF_LITERAL("x")), NET_SEND_OK);
    assert_int_equal(net_send(a->net, NULL, 0, 1, NET_MODULE_PBFT, 0, BYTES_OF_LITERAL("x")), NET_SEND_OK);
    test_wait(b, received, 1);
    assert_int_equal(test_counter(a, &a->received, sizeof a->received), 0);
    uint8_t *large = calloc(1, NET_FRAME_MAX_BYTES);
    assert_int_equal(net_send(a->net, &b->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(large, NET_FRAME_MAX_BYTES)), NET_SEND_FULL);
    free(large);
    test_node_stop(b);
    test_node_stop(a);
}

/* The network thread is held in a handler while others go on sending: the queue answers, it does not grow. */
static void a_full_queue_says_so(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){0}, NULL);
    test_node *b = start_with("node1", (net_config){0}, test_endpoint(&chain.memory, a));
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    pthread_mutex_lock(&a->lock); /* on_frame waits for it */
    assert_int_equal(net_send(b->net, &a->id, 1, 1, NET_MODULE_PBFT, 0, BYTES_EMPTY), NET_SEND_OK);
    test_sleep_ms(50);
    size_t accepted = 0;
    static uint8_t payload[1000];
    while (net_send(a->net, &b->id, 1, 1, NET_MODULE_PBFT, 0, bytes_of(payload, sizeof payload)) == NET_SEND_OK && accepted < 100000)
        accepted++;
    pthread_mutex_unlock(&a->lock);
    assert_in_range(accepted, NET_SEND_QUEUE_ITEMS - 1000, NET_SEND_QUEUE_ITEMS + 1);
    test_wait(b, received, accepted); /* what was accepted arrives */
    test_node_stop(b);
    test_node_stop(a);
}

/* Requests that are still open when the node stops are answered, each once. */
static void open_requests_are_answered_at_the_end(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){0}, NULL);
    test_node *b = start_with("node1", (net_config){0}, test_endpoint(&chain.memory, a));
    test_wait(a, up, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(net_request(a->net, &b->id, 0, NET_MODULE_AMOP, 0, BYTES_OF_LITERAL("q"), i % 2 ? 60000 : 0, 1), NET_SEND_OK);
    net_stop(a->net);
    a->net = NULL;
    assert_int_equal(a->responses[NET_RESPONSE_DISCONNECTED], 100);
    test_node_stop(a);
    test_node_stop(b);
}

typedef struct {
    test_node *from;
    node_id to;
    unsigned number;
} sender;

enum { SENDERS = 4, SENT_BY_EACH = 500 };

static void *send_many(void *argument)
{
    sender *s = argument;
    for (unsigned i = 0; i < SENT_BY_EACH; i++) {
        uint8_t payload[8];
        write_be32(payload, s->number);
        write_be32(payload + 4, i);
        while (net_send(s->from->net, &s->to, 1, 1, NET_MODULE_PBFT, 0, bytes_of(payload, sizeof payload)) != NET_SEND_OK)
            test_sleep_ms(1);
        arena memory = {0};
        size_t count;
        net_peers(s->from->net, &memory, &count); /* RPC asks meanwhile */
        arena_reset(&memory);
    }
    return NULL;
}

/* The order of one thread's calls is the order of arrival. */
static void many_threads_send(void **state)
{
    (void)state;
    test_node *a = start_with("node0", (net_config){.heartbeat_ms = 5}, NULL);
    test_node *b = start_with("node1", (net_config){.heartbeat_ms = 5}, test_endpoint(&chain.memory, a));
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    sender senders[SENDERS];
    pthread_t threads[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (sender){i % 2 ? a : b, i % 2 ? b->id : a->id, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
    }
    const char *const topics[] = {"one", "two"};
    for (int i = 0; i < 50; i++)
        net_set_topics(a->net, topics, 1 + (size_t)i % 2);
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    test_wait(a, received, SENDERS / 2 * SENT_BY_EACH);
    test_wait(b, received, SENDERS / 2 * SENT_BY_EACH);
    uint32_t next[SENDERS] = {0};
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < SENDERS / 2 * SENT_BY_EACH; i++) {
            const uint8_t *head = (side ? b : a)->frames[i].head;
            assert_int_equal(read_be32(head + 4), next[read_be32(head)]++);
        }
    test_wait(b, topics_told, 1);
    test_node_stop(b);
    test_node_stop(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_looked_up),
        cmocka_unit_test(a_lookup_under_way_does_not_delay_the_end),
        cmocka_unit_test(ipv6_works_where_the_machine_has_it),
        cmocka_unit_test(old_chains_use_old_frames),
        cmocka_unit_test(who_is_not_connected_is_left_out),
        cmocka_unit_test(a_full_queue_says_so),
        cmocka_unit_test(open_requests_are_answered_at_the_end),
        cmocka_unit_test(many_threads_send),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
