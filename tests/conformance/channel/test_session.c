/* Recorded sessions of clients, replayed against a running door on the same chain: the client's frames are sent as they were
   recorded, and each recorded answer and push must come, on the same connection, with the same type, seq, result and body, byte by
   byte. The chain is the recorded one from its genesis block on: each block is made from the proposal of the recorded leader, when
   the recording has its push, so that hashes, state roots and proofs are the recorded ones, too. The order of frames of one
   connection is not compared: the C++ node answers on several threads (the rules of order: tests/unit/channel).

   Not compared: what getClientVersion says of the build; the text of internal errors (their code is).

   wire-channel-rsa is a client with its own software (handshakes, heartbeats, requests, transactions in the three protocol versions,
   topics, events, malformed registrations); the others are public SDKs. AMOP needs other nodes: tests/unit/channel/test_amop_nodes.c,
   tests/interop. */
#include "support_recording.h"

#include "support/channel/client.h"
#include "support/rpc/world.h"

#include "base/memory.h"

#include <jansson.h>

enum { CONNECTIONS_MAX = 16, PENDING_MAX = 64 };

typedef struct {
    const char *name;
    bool has_rsa;
    bool by_client; /* the client's own record (kind "client"); else what node 0 saw (kind "frame") */
    uint64_t view;  /* what getPbftView said */
    size_t frames;  /* that are compared at least */
} run;

static const run runs[] = {
    {"wire-channel-rsa", true, true, 13, 272},           {"wire-channel-rsa-nodejs-sdk", true, false, 6, 23},
    {"wire-channel-ec-nodejs-sdk", false, false, 6, 23}, {"wire-channel-rsa-python-sdk", true, false, 6, 145},
    {"wire-channel-ec-python-sdk", false, false, 6, 24},
};

typedef struct {
    char name[40];
    channel_client *client;
    bytes pending[PENDING_MAX]; /* whole frames that came and were not expected yet; owned */
    size_t pending_count;
} connection;

typedef struct {
    recording *recording;
    world *w;
    channel_door *door;
    channel_certificates *certificates;
    connection connections[CONNECTIONS_MAX];
    size_t connection_count, compared;
} replay;

typedef struct {
    uint64_t t_ms;
    char name[40];
    bool is_sent; /* by the client */
    bytes frame;
} record;

static bool next_of_client(rlp_reader *records, record *out)
{
    pack_record one;
    while (pack_next(records, &one)) {
        if (!pack_is(&one, "client"))
            continue;
        out->t_ms = rlp_read_uint(&one.fields, 8);
        bytes name = rlp_read_string(&one.fields);
        snprintf(out->name, sizeof out->name, "%.*s", (int)name.size, (const char *)name.data);
        out->is_sent = bytes_equal_text(rlp_read_string(&one.fields), "send");
        (void)rlp_read_string(&one.fields); /* a label */
        out->frame = rlp_read_string(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
        return true;
    }
    return false;
}

static bool next_of_node(rlp_reader *records, record *out)
{
    golden_frame f;
    while (golden_next_frame(records, &f)) {
        if (!f.is_channel || f.recorder != 0)
            continue;
        *out = (record){.t_ms = f.t_ms, .is_sent = !f.is_sent, .frame = f.frame};
        snprintf(out->name, sizeof out->name, "%.*s", (int)f.peer.size, (const char *)f.peer.data);
        return true;
    }
    return false;
}

static connection *connection_of(replay *r, const char *name)
{
    for (size_t i = 0; i < r->connection_count; i++)
        if (strcmp(r->connections[i].name, name) == 0)
            return &r->connections[i];
    assert_true(r->connection_count < CONNECTIONS_MAX);
    connection *c = &r->connections[r->connection_count++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->client = channel_connect(channel_door_port(r->door), r->certificates);
    return c;
}

/* ---- comparing ---- */

static bool has_code(const json_t *answer, json_int_t code)
{
    return json_integer_value(json_object_get(json_object_get(answer, "error"), "code")) == code;
}

/* What is told about the build. */
static void drop_build(json_t *answer)
{
    static const char *const keys[] = {"Build Time", "Build Type", "Git Branch", "Git Commit Hash"};
    json_t *result = json_object_get(answer, "result");
    for (size_t i = 0; i < COUNT(keys); i++)
        if (json_is_string(json_object_get(result, keys[i])))
            json_object_set_new(result, keys[i], json_null());
}

static bool same_body(const channel_frame *wanted, const channel_frame *came)
{
    if (bytes_equal(wanted->body, came->body))
        return true;
    if (wanted->type != CHANNEL_RPC)
        return false;
    json_t *a = json_loadb((const char *)wanted->body.data, wanted->body.size, JSON_DISABLE_EOF_CHECK, NULL);
    json_t *b = json_loadb((const char *)came->body.data, came->body.size, JSON_DISABLE_EOF_CHECK, NULL);
    drop_build(a);
    drop_build(b);
    bool same = (has_code(a, -32603) && has_code(b, -32603) && json_equal(json_object_get(a, "id"), json_object_get(b, "id"))) ||
                (json_object_get(json_object_get(a, "result"), "Build Time") && json_equal(a, b));
    json_decref(a);
    json_decref(b);
    return same;
}

static bool is_wanted(bytes wanted_frame, bytes came_frame)
{
    channel_frame wanted, came;
    size_t size;
    assert_int_equal(channel_frame_decode(wanted_frame, &wanted, &size), CHANNEL_FRAME_OK);
    assert_int_equal(channel_frame_decode(came_frame, &came, &size), CHANNEL_FRAME_OK);
    return wanted.type == came.type && memcmp(&wanted.seq, &came.seq, sizeof wanted.seq) == 0 && wanted.result == came.result &&
           same_body(&wanted, &came);
}

/* ---- the run ---- */

/* A recorded block push of a block that is not there yet: now is the time to seal it. */
static void seal_if_pushed(replay *r, bytes frame)
{
    channel_frame f;
    size_t size;
    assert_int_equal(channel_frame_decode(frame, &f, &size), CHANNEL_FRAME_OK);
    if (f.type != CHANNEL_BLOCK)
        return;
    bytes topic, data;
    assert_true(channel_topic_body(f.body, &topic, &data));
    long long number = 0;
    char text[96];
    snprintf(text, sizeof text, "%.*s", (int)data.size, (const char *)data.data);
    assert_true(sscanf(text, "1,%lld", &number) == 1 || sscanf(text, "{\"blockNumber\":%lld", &number) == 1);
    for (int64_t next; (next = ledger_head(r->w->ledger).number + 1) <= number;) {
        const recorded_proposal *p = &r->recording->proposals[next];
        assert_non_null(p->header_only);
        world_make_block_as(r->w, &p->header_only->header, p->hashes, p->count);
    }
}

static void expect_frame(replay *r, connection *c, const record *one)
{
    r->compared++;
    for (size_t i = 0;; i++) {
        if (i == c->pending_count) {
            channel_frame f;
            if (!channel_receive_within(c->client, 5000, &f) || c->pending_count == PENDING_MAX)
                fail_msg("%llu ms, %s: did not come: %.*s", (unsigned long long)one->t_ms, c->name,
                         (int)(one->frame.size - CHANNEL_HEADER_BYTES > 1500 ? 1500 : one->frame.size - CHANNEL_HEADER_BYTES),
                         (const char *)one->frame.data + CHANNEL_HEADER_BYTES);
            bytes whole = buffer_bytes(&c->client->received);
            uint8_t *copy = malloc(whole.size);
            memcpy(copy, whole.data, whole.size);
            c->pending[c->pending_count++] = bytes_of(copy, whole.size);
        }
        if (!is_wanted(one->frame, c->pending[i]))
            continue;
        free((uint8_t *)c->pending[i].data);
        memmove(&c->pending[i], &c->pending[i + 1], (--c->pending_count - i) * sizeof *c->pending);
        return;
    }
}

static void on_block(void *context, int32_t group_id, int64_t number)
{
    channel_door_block(((replay *)context)->door, group_id, number);
}

static replay *open_replay(const run *one)
{
    replay *r = memory_new(sizeof *r);
    error_text why = {""};
    r->recording = recording_open(one->name);
    r->w = world_found_as(&r->recording->rules, &r->recording->genesis, &r->recording->self);
    r->certificates = one->has_rsa ? channel_certificates_rsa() : channel_certificates_ec(false);
    channel_door_config config = {.listen_ip = "127.0.0.1", .identity = r->certificates->identity, .check_issuer = true};
    r->door = channel_door_start(&config, &r->w->backend, r->w->workers, NULL, &why);
    if (r->door == NULL)
        fail_msg("%s", why.text);
    r->w->view = one->view;
    r->w->on_block = on_block;
    r->w->on_block_context = r;
    return r;
}

static void close_replay(replay *r)
{
    for (size_t i = 0; i < r->connection_count; i++) {
        connection *c = &r->connections[i];
        for (size_t k = 0; k < c->pending_count; k++) {
            print_message("%s: not recorded: type 0x%x, %.*s\n", c->name, channel_frame_peek_type(c->pending[k]), 300,
                          (const char *)c->pending[k].data + CHANNEL_HEADER_BYTES);
            free((uint8_t *)c->pending[k].data);
        }
        assert_int_equal(c->pending_count, 0);
        channel_disconnect(c->client);
    }
    r->w->on_block = NULL;
    channel_door_stop(r->door);
    world_close(r->w);
    channel_certificates_free(r->certificates);
    recording_close(r->recording);
    free(r);
}

/* Connections of the AMOP phases are named after their nodes; those with wrong lengths end (tests/unit/channel). */
static bool is_replayed(const char *name)
{
    return strcmp(name, "crash@node2") == 0 || (strchr(name, '@') == NULL && strstr(name, "-length") == NULL);
}

static void replay_run(const run *what)
{
    replay *r = open_replay(what);
    rlp_reader records = rlp_reader_of(buffer_bytes(&r->recording->unpacked));
    record one;
    while (what->by_client ? next_of_client(&records, &one) : next_of_node(&records, &one)) {
        if (!is_replayed(one.name))
            continue;
        connection *c = connection_of(r, one.name);
        if (one.is_sent) {
            channel_write(c->client, one.frame);
            continue;
        }
        seal_if_pushed(r, one.frame);
        expect_frame(r, c, &one);
    }
    if (what->by_client) { /* the filter that kills the reference (network.md 11.3) does nothing here */
        connection *c = connection_of(r, "crash@node2");
        channel_seq seq = channel_send_text(c->client, CHANNEL_HEARTBEAT, "");
        channel_expect(c->client, CHANNEL_HEARTBEAT, &seq, "{\"heartBeat\":1}\n");
    }
    print_message("%s: %zu frames compared, blocks 1 to %lld\n", what->name, r->compared, (long long)ledger_head(r->w->ledger).number);
    assert_true(r->compared >= what->frames);
    close_replay(r);
}

static void test_recorded_sessions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++)
        replay_run(&runs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
