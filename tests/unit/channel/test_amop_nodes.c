/* AMOP between the SDKs of several nodes: real doors on real peer networks (spec/network.md 5, 6, 7). */
#include "support/channel/house.h"
#include "support/rpc/peers.h"

#include "base/memory.h"
#include "codec/hex.h"

#include <pthread.h>
#include <unistd.h>

enum { NODES = 3, ANSWER_MS = 300, REQUEST_MS = 1500 };

typedef struct {
    world *w;
    pthread_mutex_t lock; /* guards door */
    channel_door *door;
} town;

typedef struct {
    peers *network;
    channel_certificates *certificates;
    town towns[NODES];
} league;

/* ---- what a node does with its net's events (node/node.c) ---- */

static net_verdict on_frame(void *context, const net_frame *frame)
{
    town *t = context;
    pthread_mutex_lock(&t->lock);
    if (t->door && frame->module == NET_MODULE_AMOP)
        channel_door_frame(t->door, frame);
    pthread_mutex_unlock(&t->lock);
    return NET_TAKEN;
}

static void on_response(void *context, uint64_t ticket, net_response result, const node_id *from, bytes payload)
{
    town *t = context;
    (void)from;
    pthread_mutex_lock(&t->lock);
    if (t->door)
        channel_door_response(t->door, ticket, result, payload);
    pthread_mutex_unlock(&t->lock);
}

static void on_topics(void *context, const net_peer *peer)
{
    town *t = context;
    pthread_mutex_lock(&t->lock);
    if (t->door)
        channel_door_topics(t->door, peer);
    pthread_mutex_unlock(&t->lock);
}

static void open_door(league *l, size_t node)
{
    town *t = &l->towns[node];
    error_text why = {""};
    t->w->backend.net = l->network->nodes[node].net;
    channel_door_config config = {.listen_ip = "127.0.0.1", .identity = l->certificates->identity, .seed = node + 1,
                                  .amop_answer_ms = ANSWER_MS, .amop_request_ms = REQUEST_MS};
    channel_door *d = channel_door_start(&config, &t->w->backend, t->w->workers, NULL, &why);
    if (d == NULL)
        fail_msg("%s", why.text);
    pthread_mutex_lock(&t->lock);
    t->door = d;
    pthread_mutex_unlock(&t->lock);
}

static void close_door(town *t)
{
    pthread_mutex_lock(&t->lock);
    channel_door *d = t->door;
    t->door = NULL;
    pthread_mutex_unlock(&t->lock);
    channel_door_stop(d);
}

static int open_league(void **state)
{
    league *l = memory_new(sizeof *l);
    net_handler handlers[NODES];
    l->certificates = channel_certificates_rsa();
    l->network = peers_make(NODES, NULL);
    for (size_t i = 0; i < NODES; i++) {
        l->towns[i].w = world_found();
        pthread_mutex_init(&l->towns[i].lock, NULL);
        handlers[i] = (net_handler){.context = &l->towns[i], .on_frame = on_frame, .on_response = on_response, .on_topics = on_topics};
    }
    peers_start(l->network, handlers);
    for (size_t i = 0; i < NODES; i++)
        open_door(l, i);
    *state = l;
    return 0;
}

static int close_league(void **state)
{
    league *l = *state;
    for (size_t i = 0; i < NODES; i++)
        close_door(&l->towns[i]);
    peers_close(l->network);
    for (size_t i = 0; i < NODES; i++) {
        world_close(l->towns[i].w);
        pthread_mutex_destroy(&l->towns[i].lock);
    }
    channel_certificates_free(l->certificates);
    free(l);
    return 0;
}

static channel_client *enter(league *l, size_t node)
{
    channel_client *c = channel_connect(channel_door_port(l->towns[node].door), l->certificates);
    channel_shake_hands(c, 3);
    return c;
}

/* ---- what node 0 knows ---- */

/* "text=status,text=status," of node n's topics, as node 0 sees them. */
static const char *topics_seen(league *l, size_t n, arena *a)
{
    size_t count;
    const net_peer *list = net_peers(l->network->nodes[0].net, a, &count);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; node_id_equal(&list[i].id, &l->network->nodes[n].id) && k < list[i].topic_count; k++)
            text = arena_print(a, "%s%s=%d,", text, list[i].topics[k].text, list[i].topics[k].status);
    return text;
}

static void wait_topics(league *l, size_t n, const char *wanted)
{
    arena a = {0};
    const char *seen = "";
    for (int i = 0; i < 2000; i++) {
        arena_reset(&a);
        seen = topics_seen(l, n, &a);
        if (strcmp(seen, wanted) == 0) {
            arena_reset(&a);
            return;
        }
        usleep(5000);
    }
    fail_msg("node 0 sees the topics %s of node %zu, wanted %s", seen, n, wanted);
}

static json_t *call(channel_client *c, const char *method, const char *params)
{
    char body[128];
    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method, params);
    channel_send_text(c, CHANNEL_RPC, body);
    channel_frame f = channel_receive(c);
    json_t *root = json_loadb((const char *)f.body.data, f.body.size, 0, NULL), *result = json_incref(json_object_get(root, "result"));
    assert_non_null(result);
    json_decref(root);
    return result;
}

static void expect_list(const json_t *list, const char *const *texts, size_t count)
{
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(json_string_value(json_array_get(list, i)), texts[i]);
}

/* getNodeInfo names the topics of the node's own clients, sorted, each once; getPeers those of the others that may be used. */
static void topics_in_answers(void **state)
{
    league *l = *state;
    channel_client *a = enter(l, 0), *b = enter(l, 1), *c = enter(l, 1);
    static const char *const wanted[] = {"_block_notify_1", "a", "b"};
    house_subscribe(b, "[\"b\",\"_block_notify_1\",\"a\"]");
    house_subscribe(c, "[\"a\",\"#!$TopicNeedVerify_secret\"]");
    wait_topics(l, 1, "#!$TopicNeedVerify_secret=0,_block_notify_1=1,a=1,b=1,");
    json_t *list = call(a, "getPeers", "[1]");
    assert_int_equal(json_array_size(list), NODES - 1);
    for (size_t i = 0; i < NODES - 1; i++) {
        const json_t *peer = json_array_get(list, i);
        bool is_b = strcmp(json_string_value(json_object_get(peer, "Node")), "node1") == 0;
        expect_list(json_object_get(peer, "Topic"), wanted, is_b ? COUNT(wanted) : 0);
    }
    json_decref(list);
    channel_disconnect(c);
    wait_topics(l, 1, "_block_notify_1=1,a=1,b=1,");
    json_t *info = call(b, "getNodeInfo", "[]");
    expect_list(json_object_get(info, "Topic"), wanted, COUNT(wanted));
    json_decref(info);
    house_subscribe(b, "[]");
    wait_topics(l, 1, "");
    info = call(b, "getNodeInfo", "[]");
    expect_list(json_object_get(info, "Topic"), NULL, 0);
    json_decref(info);
    channel_disconnect(a);
    channel_disconnect(b);
}

static void unicast(void **state)
{
    league *l = *state;
    channel_client *a = enter(l, 0), *b = enter(l, 1);
    house_subscribe(b, "[\"t\"]");
    wait_topics(l, 1, "t=1,");
    channel_seq seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_expect(b, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    channel_send_with(b, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x02tho"));
    house_expect_amop(a, &seq, 0, "\x02tho");
    /* So does it when its type means something else to the one who asked (HARDEN). */
    seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_expect(b, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    channel_send_with(b, CHANNEL_BLOCK, &seq, 0, BYTES_OF_LITERAL("\x02tho"));
    house_expect_amop(a, &seq, 0, "\x02tho");
    /* A large one, several TLS records and compressed between the nodes; the client's own result passes through. */
    uint8_t *large = memory_new(300000);
    large[0] = 2;
    large[1] = 't';
    for (size_t i = 2; i < 300000; i++)
        large[i] = (uint8_t)(i * i >> 7);
    seq = channel_send(a, CHANNEL_AMOP_REQUEST, bytes_of(large, 300000));
    channel_frame f = channel_receive(b);
    assert_bytes_equal(f.body, bytes_of(large, 300000));
    channel_send_with(b, CHANNEL_AMOP_RESPONSE, &seq, 105, bytes_of(large, 250000));
    f = channel_receive(a);
    assert_int_equal(f.result, 105);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    assert_bytes_equal(f.body, bytes_of(large, 250000));
    free(large);
    /* Nobody has it; the client is silent (104, the request comes back); the same with another one that answers. */
    seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02uhi");
    house_expect_amop(a, &seq, 100, "");
    seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_expect(b, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    house_expect_amop(a, &seq, 104, "\x02thi");
    channel_send_with(b, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x02tlate")); /* nobody waits any more */
    channel_client *other = enter(l, 1);
    house_subscribe(other, "[\"t\"]");
    for (int i = 0; i < 4; i++) {
        seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
        channel_frame first;
        if (channel_receive_within(b, ANSWER_MS / 2, &first))
            assert_memory_equal(&first.seq, &seq, sizeof seq); /* and b stays silent */
        channel_expect(other, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
        channel_send_with(other, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x02tok"));
        house_expect_amop(a, &seq, 0, "\x02tok");
    }
    house_expect_silence(a, 20);
    channel_disconnect(a);
    channel_disconnect(b);
    channel_disconnect(other);
}

/* The node that was asked goes away, or says nothing in time: another one is asked, and when there is none, 100. */
static void nodes_that_fail(void **state)
{
    league *l = *state;
    channel_client *a = enter(l, 0), *b = enter(l, 1), *c = enter(l, 2);
    house_subscribe(b, "[\"t\"]");
    house_subscribe(c, "[\"t\"]");
    wait_topics(l, 1, "t=1,");
    wait_topics(l, 2, "t=1,");
    /* Deaf nodes: their doors take no frames any more. */
    channel_door *doors[NODES];
    for (size_t i = 1; i < NODES; i++) {
        pthread_mutex_lock(&l->towns[i].lock);
        doors[i] = l->towns[i].door;
        l->towns[i].door = NULL;
        pthread_mutex_unlock(&l->towns[i].lock);
    }
    channel_seq seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    house_expect_silence(a, REQUEST_MS); /* both are asked, one after the other */
    house_expect_amop(a, &seq, 100, "");
    for (size_t i = 1; i < NODES; i++) {
        pthread_mutex_lock(&l->towns[i].lock);
        l->towns[i].door = doors[i];
        pthread_mutex_unlock(&l->towns[i].lock);
    }
    /* Whoever is asked first loses its node: its session ends. */
    seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_frame f;
    bool is_b = channel_receive_within(b, 100, &f);
    if (!is_b)
        f = channel_receive(c);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    size_t last = is_b ? 2 : 1;
    assert_true(net_set_whitelist(l->network->nodes[0].net, &l->network->nodes[last].id, 1));
    channel_client *left = is_b ? c : b;
    channel_expect(left, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    channel_send_with(left, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x02tok"));
    house_expect_amop(a, &seq, 0, "\x02tok");
    seq = channel_send_text(a, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_expect(left, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    assert_true(net_set_whitelist(l->network->nodes[0].net, &l->network->nodes[0].id, 1)); /* nobody else */
    house_expect_amop(a, &seq, 100, "");
    channel_disconnect(a);
    channel_disconnect(b);
    channel_disconnect(c);
}

static void multicast(void **state)
{
    league *l = *state;
    channel_client *a = enter(l, 0), *near = enter(l, 0), *b = enter(l, 1), *b2 = enter(l, 1), *c = enter(l, 2), *deaf = enter(l, 2);
    channel_seq seq = channel_send_text(a, CHANNEL_AMOP_MULTICAST, "\x02tall"); /* nobody: the echo all the same (6.3) */
    house_expect_amop(a, &seq, 0, "\x02tall");
    channel_client *all[] = {a, near, b, b2, c};
    for (size_t i = 0; i < COUNT(all); i++)
        house_subscribe(all[i], "[\"t\"]");
    house_subscribe(deaf, "[\"tt\"]");
    wait_topics(l, 1, "t=1,");
    wait_topics(l, 2, "t=1,tt=1,");
    seq = channel_send_text(a, CHANNEL_AMOP_MULTICAST, "\x02tall");
    house_expect_amop(a, &seq, 0, "\x02tall");
    for (size_t i = 1; i < COUNT(all); i++)
        channel_expect(all[i], CHANNEL_AMOP_MULTICAST, &seq, "\x02tall");
    for (size_t i = 0; i < COUNT(all); i++)
        house_expect_silence(all[i], 10); /* once each; not to the sender */
    house_expect_silence(deaf, 10);
    for (size_t i = 0; i < COUNT(all); i++)
        channel_disconnect(all[i]);
    channel_disconnect(deaf);
}

/* ---- private topics (network.md 7) ---- */

#define SECRET "#!$TopicNeedVerify_s"
#define CERT_TOPIC "#!$VerifyChannel_" SECRET "_00112233445566778899aabbccddeeff"

static void send_topic(channel_client *c, uint16_t type, const char *topic, const char *data, channel_seq *seq)
{
    arena a = {0};
    *seq = channel_send_text(c, type, arena_print(&a, "%c%s%s", (int)(1 + strlen(topic)), topic, data));
    arena_reset(&a);
}

/* The publisher is asked to verify node 1's subscriber, talks with it, and says what it thinks. */
static void verify(league *l, channel_client *publisher, channel_client *subscriber, int check_result)
{
    arena a = {0};
    channel_frame f = channel_receive(publisher);
    assert_int_equal(f.type, CHANNEL_VERIFY_TOPIC);
    const char *id = hex_text(&a, BYTES_OF_VALUE(l->network->nodes[1].id));
    const char *wanted = arena_print(&a, "{\"nodeId\":\"%s\",\"topic\":\"" SECRET "\",\"topicForCert\":\"" CERT_TOPIC "\"}\n", id);
    if (!bytes_equal_text(f.body, wanted))
        fail_msg("%.*s", (int)f.body.size, (const char *)f.body.data);
    for (size_t i = 0; i < CHANNEL_SEQ_BYTES; i++) /* a decimal counter */
        assert_true(f.seq.b[i] >= '0' && f.seq.b[i] <= '9');
    channel_send_with(publisher, CHANNEL_VERIFY_TOPIC, &f.seq, 0, BYTES_EMPTY);
    channel_seq seq;
    send_topic(publisher, CHANNEL_AMOP_REQUEST, CERT_TOPIC, "random", &seq);
    f = channel_receive(subscriber);
    assert_int_equal(f.type, CHANNEL_AMOP_REQUEST);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    channel_send_with(subscriber, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x01signature"));
    /* While it is VERIFYING, every heartbeat of the peer asks anew (step 7). */
    do
        f = channel_receive(publisher);
    while (f.type == CHANNEL_VERIFY_TOPIC);
    assert_int_equal(f.type, CHANNEL_AMOP_RESPONSE);
    channel_send_text(publisher, CHANNEL_TOPIC_VERIFIED,
                      arena_print(&a, "{\"checkResult\":%d,\"nodeId\":\"%s\",\"topic\":\"" SECRET "\"}", check_result, id));
    arena_reset(&a);
}

/* Frames of repeated verification may be under way. */
static void drain(channel_client *c)
{
    channel_frame f;
    while (channel_receive_within(c, 120, &f))
        assert_int_equal(f.type, CHANNEL_VERIFY_TOPIC);
}

static void private_topics(void **state)
{
    league *l = *state;
    channel_client *publisher = enter(l, 0), *stranger = enter(l, 0), *subscriber = enter(l, 1);
    house_subscribe(subscriber, "[\"" SECRET "\",\"" CERT_TOPIC "\"]");
    wait_topics(l, 1, SECRET "=0," CERT_TOPIC "=1,");
    channel_seq seq;
    send_topic(publisher, CHANNEL_AMOP_REQUEST, SECRET, "hi", &seq); /* not verified: nobody */
    house_expect_amop(publisher, &seq, 100, "");
    house_expect_silence(publisher, 120); /* no publisher of that topic yet: nobody is asked to verify */
    channel_send_text(publisher, CHANNEL_TOPICS, "[\"#!$PushChannel_" SECRET "\"]");
    static const char *const wrong[] = {"", "{}", "[]", "{\"checkResult\":\"0\",\"nodeId\":\"ab\",\"topic\":\"" SECRET "\"}"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        channel_send_text(stranger, CHANNEL_TOPIC_VERIFIED, wrong[i]);
    verify(l, publisher, subscriber, 1); /* failed: stays so until the topic comes anew */
    wait_topics(l, 1, SECRET "=2," CERT_TOPIC "=1,");
    drain(publisher);
    send_topic(publisher, CHANNEL_AMOP_REQUEST, SECRET, "hi", &seq);
    house_expect_amop(publisher, &seq, 100, "");
    house_expect_silence(publisher, 120);
    house_subscribe(subscriber, "[]");
    wait_topics(l, 1, "");
    house_subscribe(subscriber, "[\"" SECRET "\",\"" CERT_TOPIC "\"]");
    verify(l, publisher, subscriber, 0);
    wait_topics(l, 1, SECRET "=1," CERT_TOPIC "=1,");
    drain(publisher);
    send_topic(publisher, CHANNEL_AMOP_REQUEST, SECRET, "hi", &seq);
    channel_frame f = channel_receive(subscriber);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    channel_send_with(subscriber, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x01ok"));
    house_expect_amop(publisher, &seq, 0, "\x01ok");
    /* QUIRK: the status is the node's: every client of node 0 may now. */
    send_topic(stranger, CHANNEL_AMOP_MULTICAST, SECRET, "all", &seq);
    (void)channel_receive(stranger); /* the echo */
    f = channel_receive(subscriber);
    assert_int_equal(f.type, CHANNEL_AMOP_MULTICAST);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    channel_disconnect(publisher);
    channel_disconnect(stranger);
    channel_disconnect(subscriber);
}

/* A publisher that does not acknowledge 0x37 within the time of an answer: another one is asked. */
static void another_publisher_is_asked(void **state)
{
    league *l = *state;
    channel_client *publishers[2] = {enter(l, 0), enter(l, 0)}, *subscriber = enter(l, 1);
    for (size_t i = 0; i < 2; i++)
        house_subscribe(publishers[i], "[\"#!$PushChannel_" SECRET "\"]");
    house_subscribe(subscriber, "[\"" SECRET "\",\"" CERT_TOPIC "\"]");
    channel_seq seqs[2][64];
    size_t counts[2] = {0};
    bool same = false;
    for (int round = 0; round < 100 && !same; round++) {
        channel_frame f;
        for (size_t i = 0; i < 2 && !same; i++)
            if (counts[i] < 64 && channel_receive_within(publishers[i], 20, &f))
                seqs[i][counts[i]++] = f.seq;
        for (size_t i = 0; i < counts[0]; i++)
            for (size_t k = 0; k < counts[1]; k++)
                same |= memcmp(&seqs[0][i], &seqs[1][k], sizeof(channel_seq)) == 0;
    }
    assert_true(same); /* one question went to both */
    channel_disconnect(publishers[0]);
    channel_disconnect(publishers[1]);
    channel_disconnect(subscriber);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(topics_in_answers, open_league, close_league),
        cmocka_unit_test_setup_teardown(unicast, open_league, close_league),
        cmocka_unit_test_setup_teardown(nodes_that_fail, open_league, close_league),
        cmocka_unit_test_setup_teardown(multicast, open_league, close_league),
        cmocka_unit_test_setup_teardown(private_topics, open_league, close_league),
        cmocka_unit_test_setup_teardown(another_publisher_is_asked, open_league, close_league),
    };
    return cmocka_run_group_tests_name("amop_nodes", tests, NULL, NULL);
}
