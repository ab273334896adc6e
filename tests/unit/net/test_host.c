#include "support_net.h"

#include <fcntl.h>
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

static test_node *start_node(const char *name, const test_node *dials)
{
    test_node *t = test_node_new();
    const char *to[] = {dials ? test_endpoint(&chain.memory, dials) : NULL};
    net_config config = test_config(test_identity(&chain, name, NULL), to, dials != NULL);
    error_text why;
    if (!test_node_start(t, &config, &why))
        fail_msg("%s", why.text);
    return t;
}

static void connects_and_exchanges_frames(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    assert_int_equal(net_send(a->net, &b->id, 1, 1, NET_MODULE_PBFT, 3, BYTES_OF_LITERAL("hello")), NET_SEND_OK);
    test_wait(b, received, 1);
    const test_received *f = &b->frames[0];
    assert_int_equal(f->group, 1);
    assert_int_equal(f->module, 8);
    assert_int_equal(f->packet_type, 3);
    assert_int_equal(f->seq, 2); /* the first number a process gives: spec/network.md 4.3 */
    assert_false(f->is_response);
    assert_true(node_id_equal(&f->from, &a->id));
    assert_memory_equal(f->head, "hello", 5);
    assert_true(net_is_connected(a->net, &b->id));
    assert_false(net_is_connected(a->net, &a->id));
    test_node_stop(b);
    test_wait(a, down, 1);
    test_node_stop(a);
}

static void every_payload_size_arrives_whole(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(b, up, 1);
    static const size_t sizes[] = {0, 1, 1023, 1024, 1025, 16367, 16368, 16369, 100000, 5000000};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int random = 0; random < 2; random++) {
            uint8_t *payload = malloc(sizes[i] + 1);
            uint32_t x = 12345;
            for (size_t k = 0; k < sizes[i]; k++)
                payload[k] = random ? (uint8_t)((x = x * 1664525 + 1013904223) >> 24) : 7;
            assert_int_equal(net_send(b->net, &a->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, sizes[i])), NET_SEND_OK);
            test_wait(a, received, 2 * i + (size_t)random + 1);
            const test_received *f = &a->frames[2 * i + (size_t)random];
            assert_int_equal(f->size, sizes[i]);
            assert_int_equal(f->sum, test_sum(bytes_of(payload, sizes[i])));
            free(payload);
        }
    test_node_stop(b);
    test_node_stop(a);
}

static void peers_are_described(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    arena memory = {0};
    size_t count;
    const net_peer *peer = net_peers(b->net, &memory, &count);
    assert_int_equal(count, 1);
    assert_string_equal(peer->endpoint, test_endpoint(&memory, a));
    assert_string_equal(peer->agency, "agency");
    assert_string_equal(peer->name, "node0");
    assert_true(peer->we_dialled);
    peer = net_peers(a->net, &memory, &count);
    assert_string_equal(peer->name, "node1");
    assert_false(peer->we_dialled);
    assert_string_equal(net_self(a->net)->name, "node0");
    assert_string_equal(net_self(a->net)->agency, "agency");
    arena_reset(&memory);
    test_node_stop(b);
    test_node_stop(a);
}

/* Every node lists every node, itself too, as the deployment script writes it; all start at once. */
static void a_full_mesh_connects_quickly(void **state)
{
    (void)state;
    enum { NODES = 4 };
    test_node *nodes[NODES];
    const char *list[NODES];
    for (int i = 0; i < NODES; i++) {
        nodes[i] = start_node(arena_print(&chain.memory, "node%d", i), NULL);
        list[i] = test_endpoint(&chain.memory, nodes[i]);
    }
    size_t bad;
    for (int i = 0; i < NODES; i++)
        assert_int_equal(net_add_endpoints(nodes[i]->net, list, NODES, 100, &bad), NET_ENDPOINTS_CHANGED);
    for (int round = 0; round < 200; round++) {
        size_t total = 0, count;
        arena memory = {0};
        for (int i = 0; i < NODES; i++) {
            net_peers(nodes[i]->net, &memory, &count);
            total += count;
        }
        arena_reset(&memory);
        if (total == NODES * (NODES - 1))
            break;
        assert_true(round < 199);
        test_sleep_ms(50);
    }
    for (int i = 0; i < NODES; i++)
        test_node_stop(nodes[i]);
}

static void reconnects_after_the_peer_was_restarted(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(b, up, 1);
    uint16_t port = net_port(a->net);
    test_node_stop(a);
    test_wait(b, down, 1);
    test_node *again = test_node_new();
    net_config config = test_config(test_identity(&chain, "node0", NULL), NULL, 0);
    config.listen_port = port;
    error_text why;
    assert_true(test_node_start(again, &config, &why));
    test_wait(b, up, 2);
    test_node_stop(again);
    test_node_stop(b);
}

static void one_port_serves_one_node(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = test_node_new();
    net_config config = test_config(test_identity(&chain, "node1", NULL), NULL, 0);
    config.listen_port = net_port(a->net);
    error_text why;
    assert_false(test_node_start(b, &config, &why));
    assert_non_null(strstr(why.text, "address already in use"));
    config.listen_ip = "not-an-address";
    assert_false(test_node_start(b, &config, &why));
    assert_non_null(strstr(why.text, "not-an-address: not an IPv4 or IPv6 address"));
    const char *const wrong[] = {"127.0.0.1"};
    config.listen_ip = "127.0.0.1";
    config.listen_port = 0;
    config.endpoints = wrong;
    config.endpoint_count = 1;
    assert_false(test_node_start(b, &config, &why));
    assert_non_null(strstr(why.text, "endpoint 127.0.0.1: "));
    test_node_stop(b);
    test_node_stop(a);
}

static void requests_are_answered_or_time_out(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    b->answers = true;
    assert_int_equal(net_request(a->net, &b->id, 0, NET_MODULE_AMOP, 0, BYTES_OF_LITERAL("abc"), 5000, 77), NET_SEND_OK);
    test_wait(a, responses[NET_RESPONSE_OK], 1);
    assert_int_equal(a->last_ticket, 77);
    assert_bytes_equal(a->last_response, BYTES_OF_LITERAL("cba"));
    pthread_mutex_lock(&b->lock);
    b->answers = false;
    pthread_mutex_unlock(&b->lock);
    assert_int_equal(net_request(a->net, &b->id, 0, NET_MODULE_AMOP, 0, BYTES_OF_LITERAL("abc"), 50, 78), NET_SEND_OK);
    test_wait(a, responses[NET_RESPONSE_TIMEOUT], 1);
    assert_int_equal(net_request(a->net, &a->id, 0, NET_MODULE_AMOP, 0, BYTES_OF_LITERAL("abc"), 5000, 79), NET_SEND_OK);
    test_wait(a, responses[NET_RESPONSE_DISCONNECTED], 1);
    assert_int_equal(net_request(a->net, &b->id, 0, NET_MODULE_AMOP, 0, BYTES_OF_LITERAL("abc"), 5000, 80), NET_SEND_OK);
    test_wait(b, received, 3);
    test_node_stop(b);
    test_wait(a, responses[NET_RESPONSE_DISCONNECTED], 2);
    test_node_stop(a);
}

static void topics_travel_with_the_heartbeat(void **state)
{
    (void)state;
    test_node *a = test_node_new(), *b = test_node_new();
    net_config config = test_config(test_identity(&chain, "node0", NULL), NULL, 0);
    config.heartbeat_ms = 30;
    error_text why;
    assert_true(test_node_start(a, &config, &why));
    const char *to[] = {test_endpoint(&chain.memory, a)};
    config = test_config(test_identity(&chain, "node1", NULL), to, 1);
    config.heartbeat_ms = 30;
    assert_true(test_node_start(b, &config, &why));
    test_wait(a, up, 1);
    const char *const topics[] = {"#!$TopicNeedVerify_secret", "_block_notify_1", "news"};
    net_set_topics(a->net, topics, 3);
    test_wait(b, topics_told, 1);
    assert_string_equal(b->last_topics, "#!$TopicNeedVerify_secret=0 _block_notify_1=1 news=1 ");
    test_wait(b, topics_told, 3); /* told again with each heartbeat while a topic waits for its verification */
    net_set_topic_status(b->net, &a->id, topics[0], NET_VERIFY_SUCCESS);
    net_set_topic_status(b->net, &a->id, topics[0], NET_VERIFY_FAILED); /* no longer VERIFYING: without effect */
    test_sleep_ms(100);
    unsigned told = (unsigned)test_counter(b, &b->topics_told, sizeof b->topics_told);
    net_set_topics(a->net, topics, 2); /* the same topic keeps its status */
    test_wait(b, topics_told, told + 1);
    assert_string_equal(b->last_topics, "#!$TopicNeedVerify_secret=1 _block_notify_1=1 ");
    arena memory = {0};
    size_t count;
    const net_peer *peer = net_peers(b->net, &memory, &count);
    assert_int_equal(peer->topic_count, 2);
    assert_string_equal(peer->topics[1].text, "_block_notify_1");
    arena_reset(&memory);
    test_node_stop(b);
    test_node_stop(a);
}

static void a_congested_receiver_pauses_its_peer(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    a->congested = true;
    enum { FRAMES = 500 };
    static uint8_t payload[20000];
    for (unsigned i = 0; i < FRAMES; i++) {
        write_be32(payload, i);
        for (size_t k = 4; k < sizeof payload; k++)
            payload[k] = (uint8_t)(i * k * 2654435761u >> 11);
        assert_int_equal(net_send(b->net, &a->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, sizeof payload)), NET_SEND_OK);
    }
    test_wait(a, refused, 3); /* offered again by itself */
    assert_int_equal(test_counter(a, &a->received, sizeof a->received), 0);
    pthread_mutex_lock(&a->lock);
    a->congested = false;
    pthread_mutex_unlock(&a->lock);
    net_resume(a->net);
    test_wait(a, received, FRAMES);
    for (unsigned i = 0; i < FRAMES; i++)
        assert_int_equal(read_be32(a->frames[i].head), i); /* nothing lost, nothing twice, in order */
    test_node_stop(b);
    test_node_stop(a);
}

static void a_peer_that_does_not_read_is_dropped(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = test_node_new();
    const char *to[] = {test_endpoint(&chain.memory, a)};
    net_config config = test_config(test_identity(&chain, "node1", NULL), to, 1);
    config.session_out_bytes = 4 * 1024 * 1024;
    config.disable_compress = true;
    error_text why;
    assert_true(test_node_start(b, &config, &why));
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    a->congested = true;
    static uint8_t payload[1000000];
    for (int i = 0; i < 200 && test_counter(b, &b->down, sizeof b->down) == 0; i++) {
        assert_int_equal(net_send(b->net, &a->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, sizeof payload)), NET_SEND_OK);
        test_sleep_ms(5);
    }
    test_wait(b, down, 1);
    assert_non_null(strstr(b->last_reason, "reads too slowly"));
    test_node_stop(b);
    test_node_stop(a);
}

static void lists_decide_who_may_connect(void **state)
{
    (void)state;
    node_id id0, id1;
    tls_identity identity0 = test_identity(&chain, "node0", &id0), identity1 = test_identity(&chain, "node1", &id1);
    test_node *a = test_node_new(), *b = test_node_new();
    net_config config = test_config(identity0, NULL, 0);
    config.blacklist = &id1;
    config.blacklist_count = 1;
    error_text why;
    assert_true(test_node_start(a, &config, &why));
    const char *to[] = {test_endpoint(&chain.memory, a)};
    config = test_config(identity1, to, 1);
    config.redial_ms = 50;
    assert_true(test_node_start(b, &config, &why));
    test_sleep_ms(300);
    assert_int_equal(test_counter(b, &b->up, sizeof b->up), 0);
    assert_int_equal(test_counter(a, &a->up, sizeof a->up), 0);
    test_node_stop(a);

    a = test_node_new();
    config = test_config(identity0, NULL, 0);
    config.listen_port = (uint16_t)atoi(strchr(to[0], ':') + 1);
    assert_true(test_node_start(a, &config, &why));
    test_wait(a, up, 1);
    assert_true(net_set_whitelist(a->net, &id0, 1));
    test_wait(a, down, 1);
    assert_non_null(strstr(a->last_reason, "white list"));
    unsigned up = (unsigned)test_counter(a, &a->up, sizeof a->up);
    test_sleep_ms(200);
    assert_int_equal(test_counter(a, &a->up, sizeof a->up), up);
    assert_true(net_set_whitelist(a->net, &id1, 1));
    test_wait(a, up, up + 1);
    test_node_stop(b);
    test_node_stop(a);
}

static void endpoints_change_at_run_time(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", NULL);
    size_t bad = 99, count;
    const char *const wrong[] = {"127.0.0.1:30300", "127.0.0.1:99999"};
    assert_int_equal(net_add_endpoints(b->net, wrong, 2, 100, &bad), NET_ENDPOINTS_MALFORMED);
    assert_int_equal(bad, 1);
    const char *const right[] = {test_endpoint(&chain.memory, a)};
    assert_int_equal(net_add_endpoints(b->net, right, 1, 0, &bad), NET_ENDPOINTS_TOO_MANY);
    assert_int_equal(net_add_endpoints(b->net, right, 1, 1, &bad), NET_ENDPOINTS_CHANGED);
    assert_int_equal(net_add_endpoints(b->net, right, 1, 1, &bad), NET_ENDPOINTS_SAME);
    test_wait(b, up, 1);
    arena memory = {0};
    assert_string_equal(net_endpoints(b->net, &memory, &count)[0], right[0]);
    assert_int_equal(count, 1);
    assert_int_equal(net_erase_endpoints(b->net, right, 1, &bad), NET_ENDPOINTS_CHANGED);
    assert_int_equal(net_erase_endpoints(b->net, right, 1, &bad), NET_ENDPOINTS_SAME);
    net_endpoints(b->net, &memory, &count);
    assert_int_equal(count, 0);
    assert_true(net_is_connected(b->net, &a->id)); /* erasing closes no session */
    arena_reset(&memory);
    test_node_stop(b);
    test_node_stop(a);
}

static void many_frames_flow_both_ways(void **state)
{
    (void)state;
    test_node *a = start_node("node0", NULL), *b = start_node("node1", a);
    test_wait(a, up, 1);
    test_wait(b, up, 1);
    enum { FRAMES = 2000 };
    static uint8_t payload[30000];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * i >> 3);
    for (unsigned i = 0; i < FRAMES; i++) {
        while (net_send(a->net, &b->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, sizeof payload - i)) != NET_SEND_OK)
            test_sleep_ms(1);
        while (net_send(b->net, &a->id, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, 100 + i)) != NET_SEND_OK)
            test_sleep_ms(1);
    }
    test_wait(a, received, FRAMES);
    test_wait(b, received, FRAMES);
    for (unsigned i = 0; i < FRAMES; i++) {
        assert_int_equal(b->frames[i].size, sizeof payload - i);
        assert_int_equal(a->frames[i].size, 100 + i);
    }
    assert_int_equal(b->frames[FRAMES - 1].sum, test_sum(bytes_of(payload, sizeof payload - FRAMES + 1)));
    test_node_stop(b);
    test_node_stop(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_and_exchanges_frames),
        cmocka_unit_test(every_payload_size_arrives_whole),
        cmocka_unit_test(peers_are_described),
        cmocka_unit_test(a_full_mesh_connects_quickly),
        cmocka_unit_test(reconnects_after_the_peer_was_restarted),
        cmocka_unit_test(one_port_serves_one_node),
        cmocka_unit_test(requests_are_answered_or_time_out),
        cmocka_unit_test(topics_travel_with_the_heartbeat),
        cmocka_unit_test(a_congested_receiver_pauses_its_peer),
        cmocka_unit_test(a_peer_that_does_not_read_is_dropped),
        cmocka_unit_test(lists_decide_who_may_connect),
        cmocka_unit_test(endpoints_change_at_run_time),
        cmocka_unit_test(many_frames_flow_both_ways),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
