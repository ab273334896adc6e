/* A running door and real TLS clients: handshake, heartbeats, requests, receipts, blocks, errors (spec/network.md 8-12). */
#include "support/channel/house.h"

#include "base/clock.h"
#include "base/memory.h"
#include "codec/hex.h"

#include <sys/socket.h>
#include <unistd.h>

static void test_handshake(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    static const struct {
        const char *body, *answer; /* NULL: none */
    } cases[] = {
        {"{}", "{\"nodeVersion\":\"2.11.1\",\"protocol\":1}\n"},
        {"not json", NULL},
        {"[]", NULL},
        {"{\"minimumSupport\":\"1\",\"maximumSupport\":3}", NULL},
        {"{\"maximumSupport\":2}", "{\"nodeVersion\":\"2.11.1\",\"protocol\":2}\n"},
        {"{\"minimumSupport\":2,\"maximumSupport\":9}", "{\"nodeVersion\":\"2.11.1\",\"protocol\":3}\n"},
    };
    channel_client *c = house_enter(h, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        channel_seq seq = channel_send_text(c, CHANNEL_HANDSHAKE, cases[i].body);
        if (cases[i].answer)
            channel_expect(c, CHANNEL_HANDSHAKE, &seq, cases[i].answer);
    }
    channel_disconnect(c);
    static const char *const refused[] = {"{\"minimumSupport\":4,\"maximumSupport\":5}", "{\"minimumSupport\":0,\"maximumSupport\":0}",
                                          "{\"minimumSupport\":-1,\"maximumSupport\":3}"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        c = house_enter(h, 0);
        channel_send_text(c, CHANNEL_HANDSHAKE, refused[i]);
        channel_expect_end(c);
        channel_disconnect(c);
    }
    assert_false(channel_is_let_in(channel_door_port(h->door), NULL));
    house_close(h);
}

static void test_heartbeats(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    channel_client *c = house_enter(h, 0);
    channel_send_text(c, CHANNEL_HEARTBEAT, "");
    channel_send_text(c, CHANNEL_HEARTBEAT, "{\"heartBeat\":0}");
    channel_seq seq = channel_send_text(c, CHANNEL_HEARTBEAT, "0");
    channel_expect(c, CHANNEL_HEARTBEAT, &seq, "1");
    channel_shake_hands(c, 2);
    seq = channel_send_text(c, CHANNEL_HEARTBEAT, "");
    channel_expect(c, CHANNEL_HEARTBEAT, &seq, "{\"heartBeat\":1}\n");
    channel_disconnect(c);
    house_close(h);
}

static void test_requests(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    channel_client *c = house_enter(h, 3);
    channel_seq seq = channel_send_text(c, CHANNEL_RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}");
    channel_expect(c, CHANNEL_RPC, &seq, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}\n");
    seq = channel_send_text(c, CHANNEL_RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1]}");
    channel_expect(c, CHANNEL_RPC, &seq,
                   "{\"error\":{\"code\":-32604,\"message\":\"PROCEDURE_IS_METHOD: The requested notification is declared as a method\"},"
                   "\"id\":null,\"jsonrpc\":\"2.0\"}\n");
    seq = channel_send_text(c, CHANNEL_RPC, "{not json");
    channel_expect(c, CHANNEL_RPC, &seq,
                   "{\"error\":{\"code\":-32700,\"message\":\"JSON_PARSE_ERROR: The JSON-Object is not JSON-Valid\"},\"id\":null,"
                   "\"jsonrpc\":\"2.0\"}\n");
    channel_send_text(c, 0x10, "x"); /* unknown: ignored */
    channel_send_text(c, CHANNEL_AMOP_RESPONSE, "");
    seq = channel_send_text(c, CHANNEL_RPC, "[{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":7}]");
    channel_expect(c, CHANNEL_RPC, &seq, "[{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}]\n");
    channel_disconnect(c);
    house_close(h);
}

/* ---- transactions ---- */

static channel_seq send_transaction(channel_client *c, const char *method, const transaction *tx)
{
    arena a = {0};
    char *body = arena_print(&a, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":[1,\"0x%s\"],\"id\":1}", method, hex_text(&a, tx->raw));
    channel_seq seq = channel_send_text(c, CHANNEL_RPC, body);
    arena_reset(&a);
    return seq;
}

static void expect_hash(channel_client *c, const channel_seq *seq, const transaction *tx)
{
    arena a = {0};
    channel_expect(c, CHANNEL_RPC, seq,
                   arena_print(&a, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x%s\"}\n", hex_text(&a, BYTES_OF_VALUE(tx->hash))));
    arena_reset(&a);
}

static void expect_receipt(channel_client *c, const channel_seq *seq, const char *status, const transaction *tx, bool with_proof)
{
    arena a = {0};
    channel_frame f = channel_receive(c);
    assert_int_equal(f.type, CHANNEL_RECEIPT);
    assert_memory_equal(&f.seq, seq, sizeof *seq);
    char *text = arena_copy_text(&a, f.body);
    if (strstr(text, arena_print(&a, "\n   \"status\" : \"%s\",\n", status)) == NULL)
        fail_msg("wanted status %s: %s", status, text);
    hash256 none = {{0}};
    const char *hash = hex_text(&a, tx ? BYTES_OF_VALUE(tx->hash) : BYTES_OF_VALUE(none));
    assert_non_null(strstr(text, arena_print(&a, "\"transactionHash\" : \"0x%s\"", hash)));
    assert_int_equal(strstr(text, "\"txProof\"") != NULL, with_proof);
    assert_int_equal(strstr(text, "\"receiptProof\"") != NULL, with_proof);
    arena_reset(&a);
}

static void test_receipts(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    transaction *good = house_transaction(h, 1, 1), *proven = house_transaction(h, 2, 1), *wrong = house_transaction(h, 3, 9);
    for (unsigned version = 1; version <= 3; version += 2) {
        channel_client *c = house_enter(h, version);
        channel_send_text(c, CHANNEL_TOPICS, "[\"_block_notify_1\", 5, \"\"]");
        transaction *tx = version == 1 ? good : proven;
        channel_seq seq = send_transaction(c, version == 1 ? "sendRawTransaction" : "sendRawTransactionAndGetProof", tx);
        /* The block comes before its receipts, the answer before the receipt; answer and block in any order. */
        channel_frame f;
        bool has_answer = false, has_block = false;
        while (!has_answer || !has_block) {
            f = channel_receive(c);
            assert_true(f.type == CHANNEL_RPC || f.type == CHANNEL_BLOCK);
            *(f.type == CHANNEL_RPC ? &has_answer : &has_block) = true;
        }
        expect_receipt(c, &seq, "0x1a", tx, version == 3); /* nothing is at the address that is called */
        /* Refusals: an error in versions 1 and 2, a receipt in version 3. */
        seq = send_transaction(c, "sendRawTransaction", tx);
        if (version == 1) {
            f = channel_receive(c);
            assert_int_equal(f.type, CHANNEL_RPC);
            assert_true(bytes_start_with(f.body, BYTES_OF_LITERAL("{\"error\":{\"code\":-32603,\"data\":null,")));
        } else {
            expect_hash(c, &seq, tx);
            expect_receipt(c, &seq, "0xf", NULL, false); /* its nonce is on the chain */
            seq = send_transaction(c, "sendRawTransaction", wrong);
            expect_hash(c, &seq, wrong);
            expect_receipt(c, &seq, "0x2712", NULL, false);
        }
        assert_false(channel_receive_within(c, 50, &f));
        channel_disconnect(c);
    }
    transaction_drop(good);
    transaction_drop(proven);
    transaction_drop(wrong);
    house_close(h);
}

/* QUIRK, findings-channel.md: java-sdk and go-sdk do not stand the receipt of a refusal that comes together with the answer. */
static void test_refusals_come_later(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    transaction *wrong = house_transaction(h, 1, 9);
    channel_client *c = house_enter(h, 0);
    channel_seq seq;
    static const char *const hands[] = {"{\"minimumSupport\":1,\"maximumSupport\":3,\"clientType\":\"java-sdk\"}",
                                        "{\"minimumSupport\":1,\"maximumSupport\":3,\"clientType\":\"Go-SDK\"}"};
    for (size_t i = 0; i < COUNT(hands); i++) {
        seq = channel_send_text(c, CHANNEL_HANDSHAKE, hands[i]);
        channel_expect(c, CHANNEL_HANDSHAKE, &seq, "{\"nodeVersion\":\"2.11.1\",\"protocol\":3}\n");
        uint64_t began = clock_steady_ms();
        seq = send_transaction(c, "sendRawTransaction", wrong);
        expect_hash(c, &seq, wrong);
        expect_receipt(c, &seq, "0x2712", NULL, false);
        assert_true(clock_steady_ms() - began >= 15);
    }
    seq = send_transaction(c, "sendRawTransaction", wrong);
    expect_hash(c, &seq, wrong);
    channel_disconnect(c); /* nobody waits for the last one */
    transaction_drop(wrong);
    house_close(h);
}

static void test_block_pushes(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    channel_client *old = house_enter(h, 0), *young = house_enter(h, 3), *deaf = house_enter(h, 3);
    channel_send_text(old, CHANNEL_TOPICS, "[\"_block_notify_1\"]");
    channel_send_text(young, CHANNEL_TOPICS, "[\"_block_notify_1\"]");
    channel_send_text(deaf, CHANNEL_TOPICS, "[\"_block_notify_2\"]");
    channel_send_text(young, CHANNEL_TOPICS, "{\"a\":1}"); /* no list: ignored */
    channel_client *all[] = {old, young, deaf};
    for (size_t i = 0; i < COUNT(all); i++) { /* until the topics were taken */
        channel_seq seq = channel_send_text(all[i], CHANNEL_RPC, "[]");
        channel_frame f = channel_receive(all[i]);
        assert_memory_equal(&f.seq, &seq, sizeof seq);
    }
    world_make_block(h->w, NULL, 0);
    house_expect_block(old, "\x10_block_notify_1" "1,1");
    house_expect_block(young, "\x10_block_notify_1{\"blockNumber\":1,\"groupID\":1}\n");
    channel_send_text(old, CHANNEL_TOPICS, "[]");
    channel_seq seq = channel_send_text(old, CHANNEL_HEARTBEAT, "0");
    channel_expect(old, CHANNEL_HEARTBEAT, &seq, "1");
    world_make_block(h->w, NULL, 0);
    house_expect_block(young, "\x10_block_notify_1{\"blockNumber\":2,\"groupID\":1}\n");
    channel_frame f;
    assert_false(channel_receive_within(old, 50, &f));
    assert_false(channel_receive_within(deaf, 10, &f));
    for (size_t i = 0; i < COUNT(all); i++)
        channel_disconnect(all[i]);
    house_close(h);
}

/* A client that went away, a door that stops: receipts that are still awaited are dropped. */
static void test_receipt_without_client(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    h->w->seals = false;
    transaction *tx = house_transaction(h, 1, 1), *later = house_transaction(h, 2, 1);
    channel_client *c = house_enter(h, 3);
    channel_seq seq = send_transaction(c, "sendRawTransaction", tx);
    expect_hash(c, &seq, tx);
    channel_disconnect(c);
    world_make_block(h->w, &tx, 1);
    c = house_enter(h, 3);
    seq = send_transaction(c, "sendRawTransaction", later);
    expect_hash(c, &seq, later);
    while (h->w->waiting_count == 0)
        usleep(1000);
    channel_disconnect(c);
    transaction_drop(tx);
    transaction_drop(later);
    house_close(h);
}

static void test_limits(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.requests_per_second = 3});
    channel_client *c = house_enter(h, 3);
    size_t refused = 0;
    for (int i = 0; i < 12; i++) {
        channel_send_text(c, CHANNEL_RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":4}");
        channel_frame f = channel_receive(c);
        if (bytes_equal_text(f.body, "{\"error\":{\"code\":-40011,\"message\":\"getBlockNumber Over QPS limit\"},\"id\":4,\"jsonrpc\":\"2.0\"}\n"))
            refused++;
        else
            assert_true(bytes_equal_text(f.body, "{\"id\":4,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}\n"));
    }
    assert_true(refused >= 4 && refused < 12);
    channel_seq seq = channel_send_text(c, CHANNEL_RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"getClientVersion\",\"params\":[],\"id\":4}");
    channel_frame f = channel_receive(c);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    assert_true(bytes_start_with(f.body, BYTES_OF_LITERAL("{\"id\":4,\"jsonrpc\":\"2.0\",\"result\":{\"Build Time\"")));
    channel_disconnect(c);
    house_close(h);
}

/* EC certificates: the agency is checked, and the key counts against a group's allow list (network.md 8.1, 12.1). */
static void test_who_may_come(void **state)
{
    (void)state;
    for (int other = 0; other <= 1; other++) {
        house *h = house_open_with((channel_door_config){0}, channel_certificates_ec(other));
        assert_int_equal(channel_is_let_in(channel_door_port(h->door), h->certificates), !other);
        house_close(h);
    }
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}";
    static const char registration[] = "\x01{\"filterID\":\"f\",\"groupID\":1,\"addresses\":[],\"topics\":[]}";
    for (size_t count = 0; count <= 2; count++) { /* no list; a list without the key; one with it */
        house *h = house_open_with((channel_door_config){0}, channel_certificates_ec(false));
        node_id allowed[2] = {{{1}}, h->certificates->sdk.id};
        world_allow(h->w, allowed, count);
        channel_client *c = house_enter(h, 3);
        channel_seq seq = channel_send_text(c, CHANNEL_RPC, request);
        channel_expect(c, CHANNEL_RPC, &seq,
                       count == 1 ? "{\"error\":{\"code\":-40012,\"message\":\"getBlockNumber The SDK is not allowed to access this group\"},"
                                    "\"id\":null,\"jsonrpc\":\"2.0\"}\n"
                                  : "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":\"0x0\"}\n");
        seq = channel_send_text(c, CHANNEL_REGISTER_EVENTS, registration);
        channel_expect(c, CHANNEL_REGISTER_EVENTS, &seq, count == 1 ? "\x01{\"result\":-41006}\n" : "\x01{\"result\":0}\n");
        channel_disconnect(c);
        house_close(h);
    }
}

static void test_event_limits(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){0});
    h->w->limits.event_blocks_max = 2;
    for (int i = 0; i < 3; i++)
        world_make_block(h->w, NULL, 0);
    channel_client *c = house_enter(h, 3);
    static const struct {
        const char *range, *result;
    } cases[] = {{"\"fromBlock\":1", "\x01{\"result\":-41003}\n"}, {"\"fromBlock\":2", "\x01{\"result\":0}\n"},
                 {"\"fromBlock\":9,\"toBlock\":8", "\x01{\"result\":-41003}\n"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[200];
        snprintf(body, sizeof body, "\x01{\"filterID\":\"f\",\"groupID\":1,\"addresses\":[],\"topics\":[],%s}", cases[i].range);
        channel_seq seq = channel_send_text(c, CHANNEL_REGISTER_EVENTS, body);
        channel_expect(c, CHANNEL_REGISTER_EVENTS, &seq, cases[i].result);
    }
    /* As many filters as one client may have. */
    size_t accepted = 1;
    for (int i = 0; i < CHANNEL_SESSION_FILTERS + 1; i++) {
        channel_send_text(c, CHANNEL_REGISTER_EVENTS,
                          "\x01{\"filterID\":\"f\",\"groupID\":1,\"fromBlock\":99,\"addresses\":[],\"topics\":[]}");
        channel_frame f = channel_receive(c);
        accepted += bytes_equal_text(f.body, "\x01{\"result\":0}\n");
    }
    assert_int_equal(accepted, CHANNEL_SESSION_FILTERS);
    channel_disconnect(c);
    house_close(h);
}

static void test_hostile_frames(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.idle_ms = 300});
    static const uint8_t lengths[][6] = {
        {0, 0, 0, 10, 0, 0x12}, {0x06, 0x40, 0, 1, 0, 0x12}, {0xff, 0xff, 0xff, 0xff, 0, 0}, {0, 1, 0x40, 0, 0, 0x13}};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        channel_client *c = house_enter(h, 0);
        channel_write(c, bytes_of(lengths[i], 6));
        channel_expect_end(c);
        channel_disconnect(c);
    }
    /* A frame in single bytes, then half a frame and silence. */
    channel_client *c = house_enter(h, 0);
    channel_seq seq = {{1}};
    uint8_t frame[CHANNEL_HEADER_BYTES + 1];
    channel_frame_write_header(&(channel_frame){CHANNEL_HEARTBEAT, seq, 0, bytes_of(NULL, 1)}, frame);
    frame[CHANNEL_HEADER_BYTES] = '0';
    for (size_t i = 0; i < sizeof frame; i++)
        channel_write(c, bytes_of(frame + i, 1));
    channel_expect(c, CHANNEL_HEARTBEAT, &seq, "1");
    channel_write(c, bytes_of(frame, 20));
    channel_expect_end(c); /* idle, with close_notify */
    channel_disconnect(c);
    house_close(h);
}

/* A client that asks and never reads: closed at once when the hard limit is reached, after a while above the soft one. */
static void expect_close_of_slow_reader(channel_door_config config)
{
    house *h = house_open(config);
    channel_client *c = house_enter(h, 3);
    int small = 4096;
    setsockopt(c->socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    bool closed = false;
    for (int i = 0; i < 2000000 && !closed; i++) {
        uint8_t frame[CHANNEL_HEADER_BYTES];
        channel_frame_write_header(&(channel_frame){CHANNEL_HEARTBEAT, {{1}}, 0, BYTES_EMPTY}, frame);
        closed = SSL_write(c->tls, frame, sizeof frame) <= 0;
    }
    assert_true(closed);
    channel_disconnect(c);
    c = house_enter(h, 3); /* the door goes on */
    channel_disconnect(c);
    house_close(h);
}

static void test_slow_reader(void **state)
{
    (void)state;
    expect_close_of_slow_reader((channel_door_config){.out_hard_bytes = 64 * 1024});
    expect_close_of_slow_reader((channel_door_config){.out_soft_bytes = 64 * 1024, .out_soft_ms = 200});
}

/* ---- AMOP without other nodes ---- */

static void test_amop(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.amop_answer_ms = 200});
    channel_client *asker = house_enter(h, 3), *first = house_enter(h, 3), *second = house_enter(h, 1);
    channel_seq seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02thi");
    house_expect_amop(asker, &seq, 100, "");
    house_subscribe(asker, "[\"t\"]"); /* the only one: nobody else to ask */
    seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02thi");
    house_expect_amop(asker, &seq, 100, "");
    house_subscribe(first, "[\"t\",\"u\"]");
    seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02thi");
    channel_expect(first, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
    channel_send_with(first, CHANNEL_AMOP_RESPONSE, &seq, 105, BYTES_OF_LITERAL("\x02tho")); /* its own result passes through */
    house_expect_amop(asker, &seq, 105, "\x02tho");
    /* An answer of a type that means something else to the asker comes as what it is (HARDEN). */
    static const uint16_t forged[] = {CHANNEL_RPC, CHANNEL_HANDSHAKE, CHANNEL_RECEIPT, CHANNEL_BLOCK, CHANNEL_EVENTS};
    for (size_t i = 0; i < COUNT(forged); i++) {
        seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02thi");
        channel_expect(first, CHANNEL_AMOP_REQUEST, &seq, "\x02thi");
        channel_send_with(first, forged[i], &seq, 0, BYTES_OF_LITERAL("\x02tho"));
        house_expect_amop(asker, &seq, 0, "\x02tho");
    }
    /* One does not answer, the other one does; then one goes away while it is asked. */
    house_subscribe(second, "[\"t\"]");
    bool was_asked[2] = {false};
    for (int i = 0; i < 40 && !(was_asked[0] && was_asked[1]); i++) {
        seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02thi");
        channel_frame f;
        bool is_first = channel_receive_within(first, 50, &f);
        was_asked[!is_first] = true;
        channel_client *silent = is_first ? first : second, *other = is_first ? second : first;
        if (!is_first)
            f = channel_receive(silent);
        assert_memory_equal(&f.seq, &seq, sizeof seq);
        channel_expect(other, CHANNEL_AMOP_REQUEST, &seq, "\x02thi"); /* after 200 ms */
        channel_send_with(other, CHANNEL_AMOP_RESPONSE, &seq, 0, BYTES_OF_LITERAL("\x02tok"));
        house_expect_amop(asker, &seq, 0, "\x02tok");
    }
    seq = channel_send_text(asker, CHANNEL_AMOP_REQUEST, "\x02uhi");
    channel_expect(first, CHANNEL_AMOP_REQUEST, &seq, "\x02uhi");
    channel_disconnect(first);
    house_expect_amop(asker, &seq, 100, "");
    /* Multicast: to all with the topic but the sender, whose own body comes back. */
    seq = channel_send_text(asker, CHANNEL_AMOP_MULTICAST, "\x02tall");
    house_expect_amop(asker, &seq, 0, "\x02tall");
    channel_expect(second, CHANNEL_AMOP_MULTICAST, &seq, "\x02tall");
    static const char *const broken[] = {"", "\x09t", "\xff"}; /* HARDEN: ignored */
    for (size_t i = 0; i < COUNT(broken); i++) {
        channel_send_text(asker, CHANNEL_AMOP_REQUEST, broken[i]);
        channel_send_text(asker, CHANNEL_AMOP_MULTICAST, broken[i]);
        channel_send_text(asker, CHANNEL_REGISTER_EVENTS, broken[i]);
    }
    channel_frame f;
    assert_false(channel_receive_within(asker, 50, &f));
    channel_disconnect(asker);
    channel_disconnect(second);
    house_close(h);
}

static void test_bandwidth(void **state)
{
    (void)state;
    house *h = house_open((channel_door_config){.amop_bytes_per_second = 1});
    channel_client *c = house_enter(h, 3);
    uint8_t *body = memory_new(6 * 1024 * 1024);
    body[0] = 1;
    for (int i = 0; i < 5; i++) { /* a quarter of each counts; 5 MiB are stored */
        channel_seq seq = channel_send(c, CHANNEL_AMOP_REQUEST, bytes_of(body, 6 * 1024 * 1024));
        house_expect_amop(c, &seq, i < 3 ? 100 : 103, "");
    }
    free(body);
    channel_disconnect(c);
    house_close(h);
}

/* What the statistics log tells (interfaces.md 7.4): texts of requests that mean a group, frames of registrations, pushes, AMOP. */
static void test_traffic(void **state)
{
    (void)state;
    traffic *t = traffic_new();
    traffic_add_group(t, 1);
    house *h = house_open((channel_door_config){.traffic = t});
    channel_client *c = house_enter(h, 3);
    uint64_t wanted[TRAFFIC_KINDS] = {0}, found[TRAFFIC_KINDS];
    static const char *const uncounted[] = {"[]", "{\"jsonrpc\":\"2.0\",\"method\":\"getGroupList\",\"params\":[],\"id\":1}",
                                            "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[2],\"id\":1}", "not json"};
    for (size_t i = 0; i < COUNT(uncounted); i++) {
        channel_send_text(c, CHANNEL_RPC, uncounted[i]);
        (void)channel_receive(c);
    }
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}";
    channel_send_text(c, CHANNEL_RPC, request);
    wanted[TRAFFIC_RPC_IN] += strlen(request);
    wanted[TRAFFIC_RPC_OUT] += channel_receive(c).body.size;
    assert_int_equal(house_register_events(c, "f", ",\"fromBlock\":5,\"toBlock\":0"), -41003); /* whatever comes of it */
    wanted[TRAFFIC_REGISTER_IN] +=
        CHANNEL_HEADER_BYTES + strlen("\x01{\"filterID\":\"f\",\"groupID\":1,\"addresses\":[],\"topics\":[],\"fromBlock\":5,\"toBlock\":0}");
    static const char leave[] = "\x01{\"filterID\":\"f\",\"groupID\":1,\"addresses\":[],\"topics\":[]}";
    channel_send_text(c, CHANNEL_UNREGISTER_EVENTS, leave);
    wanted[TRAFFIC_UNREGISTER_IN] += CHANNEL_HEADER_BYTES + strlen(leave);
    (void)channel_receive(c);
    transaction *tx = house_transaction(h, 1, 1);
    arena a = {0};
    wanted[TRAFFIC_RPC_IN] += strlen("{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[1,\"0x\"],\"id\":1}") + 2 * tx->raw.size;
    (void)send_transaction(c, "sendRawTransaction", tx);
    wanted[TRAFFIC_RPC_OUT] += channel_receive(c).body.size;
    wanted[TRAFFIC_RECEIPTS_OUT] += CHANNEL_HEADER_BYTES + channel_receive(c).body.size;
    channel_send_text(c, CHANNEL_AMOP_REQUEST, "\x02thi");
    (void)channel_receive(c); /* 100, empty */
    house_sync(c);
    traffic_take(t, 1, found);
    for (size_t i = 0; i < TRAFFIC_KINDS; i++)
        assert_int_equal(found[i], wanted[i]);
    traffic_take(t, 1, found);
    for (size_t i = 0; i < TRAFFIC_KINDS; i++)
        assert_int_equal(found[i], 0);
    traffic_take(t, 0, found);
    assert_int_equal(found[TRAFFIC_AMOP_IN], CHANNEL_HEADER_BYTES + 4);
    assert_int_equal(found[TRAFFIC_AMOP_OUT], CHANNEL_HEADER_BYTES);
    transaction_drop(tx);
    arena_reset(&a);
    channel_disconnect(c);
    house_close(h);
    traffic_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),      cmocka_unit_test(test_heartbeats), cmocka_unit_test(test_requests),
        cmocka_unit_test(test_receipts),       cmocka_unit_test(test_refusals_come_later),
        cmocka_unit_test(test_block_pushes),
        cmocka_unit_test(test_receipt_without_client),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_hostile_frames), cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_amop),           cmocka_unit_test(test_bandwidth),
        cmocka_unit_test(test_who_may_come),   cmocka_unit_test(test_event_limits), cmocka_unit_test(test_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
