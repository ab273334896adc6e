/* The recorded session of a client with its own software (wire-channel-rsa: handshakes, heartbeats, requests, transactions in the
   three protocol versions, topics, events, malformed registrations), replayed against a running door. Each recorded answer must
   come, on the same connection, with the same type, seq, result and body; blocks are sealed where the recording has them.
   What depends on the chain's other history (state roots, block hashes, proofs, names of certificates) is left out of the
   comparison, and so is the text of internal errors. AMOP needs a second node: tests/interop. */
#include "golden.h"

#include "support/channel/client.h"
#include "support/rpc/world.h"

#include "base/memory.h"

#include <jansson.h>

enum { CONNECTIONS_MAX = 16, PENDING_MAX = 64 };

typedef struct {
    char name[40];
    channel_client *client;
    bytes pending[PENDING_MAX]; /* whole frames that came and were not expected yet; owned */
    size_t pending_count;
} connection;

typedef struct {
    world *w;
    channel_door *door;
    channel_certificates *certificates;
    connection connections[CONNECTIONS_MAX];
    size_t connection_count, compared;
} replay;

typedef struct {
    uint64_t t_ms;
    char name[40], label[128];
    bool is_sent;
    bytes frame;
} record;

static bool next_record(rlp_reader *records, record *out)
{
    pack_record one;
    while (pack_next(records, &one)) {
        if (!pack_is(&one, "client"))
            continue;
        out->t_ms = rlp_read_uint(&one.fields, 8);
        bytes name = rlp_read_string(&one.fields);
        snprintf(out->name, sizeof out->name, "%.*s", (int)name.size, (const char *)name.data);
        out->is_sent = bytes_equal_text(rlp_read_string(&one.fields), "send");
        bytes label = rlp_read_string(&one.fields);
        snprintf(out->label, sizeof out->label, "%.*s", (int)label.size, (const char *)label.data);
        out->frame = rlp_read_string(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
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

/* Values that the history of the recorded chain decides. */
static void blank(json_t *value)
{
    static const char *const keys[] = {"blockHash", "root", "receiptProof", "txProof"};
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            blank(json_array_get(value, i));
        return;
    }
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
        blank(member);
    if (json_object_get(value, "txProof")) /* of several transactions sent at once: any order */
        json_object_set_new(value, "transactionIndex", json_null());
    for (size_t i = 0; i < COUNT(keys); i++)
        if (json_object_get(value, keys[i]))
            json_object_set_new(value, keys[i], json_null());
}

/* Requests whose results tell about the recorded node; that an answer comes is enough. */
static bool is_own_result(const json_t *a, const json_t *b)
{
    const json_t *x = json_object_get(a, "result"), *y = json_object_get(b, "result");
    const json_t *error = json_object_get(a, "error"), *other = json_object_get(b, "error");
    if (error && other && json_integer_value(json_object_get(error, "code")) == -32603)
        return json_integer_value(json_object_get(other, "code")) == -32603;
    bool is_version = json_object_get(x, "Build Time") && json_object_get(y, "Build Time");
    bool is_block = json_object_get(x, "dbHash") && json_object_get(y, "dbHash");
    bool is_list = json_is_string(json_array_get(x, 0)) && json_is_string(json_array_get(y, 0)); /* sealers */
    return is_version || is_block || is_list;
}

static bool same_body(const channel_frame *wanted, const channel_frame *came)
{
    if (bytes_equal(wanted->body, came->body))
        return true;
    json_t *a = json_loadb((const char *)wanted->body.data, wanted->body.size, JSON_DISABLE_EOF_CHECK, NULL);
    json_t *b = json_loadb((const char *)came->body.data, came->body.size, JSON_DISABLE_EOF_CHECK, NULL);
    bool same = a && b;
    if (same && !(wanted->type == CHANNEL_RPC && is_own_result(a, b))) {
        blank(a);
        blank(b);
        same = json_equal(a, b) != 0;
    }
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
    while (ledger_head(r->w->ledger).number < number)
        world_seal(r->w);
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

static replay *open_replay(void)
{
    replay *r = memory_new(sizeof *r);
    error_text why = {""};
    r->w = world_found();
    r->certificates = channel_certificates_rsa();
    channel_door_config config = {.listen_ip = "127.0.0.1", .identity = r->certificates->identity, .check_issuer = true};
    r->door = channel_door_start(&config, &r->w->backend, r->w->workers, NULL, &why);
    if (r->door == NULL)
        fail_msg("%s", why.text);
    r->w->view = 13; /* as recorded */
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
    free(r);
}

/* Connections of the AMOP phases are named after their nodes; those with wrong lengths end (tests/unit/channel). */
static bool is_replayed(const char *name)
{
    return strcmp(name, "crash@node2") == 0 || (strchr(name, '@') == NULL && strstr(name, "-length") == NULL);
}

static void test_recorded_session(void **state)
{
    (void)state;
    buffer unpacked;
    error_text why = {""};
    if (!pack_read_file(GOLDEN("wire-channel-rsa.pack"), &unpacked, &why))
        fail_msg("%s", why.text);
    replay *r = open_replay();
    rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
    record one;
    while (next_record(&records, &one)) {
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
    /* The filter that kills the reference (network.md 11.3) does nothing here. */
    connection *c = connection_of(r, "crash@node2");
    channel_seq seq = channel_send_text(c->client, CHANNEL_HEARTBEAT, "");
    channel_expect(c->client, CHANNEL_HEARTBEAT, &seq, "{\"heartBeat\":1}\n");
    print_message("%zu frames compared\n", r->compared);
    assert_true(r->compared > 200);
    close_replay(r);
    buffer_free(&unpacked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
