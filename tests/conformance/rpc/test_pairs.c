/* The request and response pairs recorded from the C++ node (tests/golden/README.md), replayed in their order against a ledger that
   holds the same chain. Texts are compared byte for byte, but for what stands in the tables below.

   The recording began two blocks behind the recorded rows (an earlier round of the same requests had sent two transactions); these
   two blocks are made here with the same transactions. Their times, and so their hashes, are not those of the recording.

   The other nodes of the recorded chain are here too, as far as the network sees them: nets with certificates of their own, whose
   ids stand in the same order, on other ports. Where an answer names them, the recorded text is compared with our ids and ports in
   the place of the recorded ones. */
#include "codec/hex.h"
#include "support/rpc/http_client.h"
#include "support/rpc/peers.h"
#include "rpc/http_door.h"
#include "support/rpc/world.h"

#include <jansson.h>
#include <strings.h>

/* ---- what is not compared ---- */

/* Values of one key, in answers of one method. */
static const struct {
    const char *method, *key, *reason;
} ignored_values[] = {
    {"getConsensusStatus", "highestblockHash", "the last block's time is not recorded"},
    {"getConsensusStatus", "view", "each node's view moves by itself"},
    {"getSyncStatus", "latestHash", "the last block's time is not recorded"},
    {"getSyncStatus", "knownLatestHash", "the last block's time is not recorded"},
    {"getTransactionReceipt", "blockHash", "of a transaction sent here: the block's time is not recorded"},
};

/* Their answers name other nodes or their ports. */
static const char *const network_methods[] = {"getPeers", "getNodeIDList", "queryPeers", "addPeers", "erasePeers"};

/* Whole answers, by note. */
static const struct {
    const char *note, *reason;
} ignored_answers[] = {
    {"generateGroup ok", "groups are not made at run time"},
    {"generateGroup again", "follows generateGroup ok"},
    {"startGroup", "follows generateGroup ok"},
    {"startGroup again", "follows generateGroup ok"},
    {"queryGroupStatus running", "follows generateGroup ok"},
    {"getGroupList two", "follows generateGroup ok"},
    {"group 5 genesis", "follows generateGroup ok"},
    {"removeGroup running", "follows generateGroup ok"},
    {"stopGroup", "follows generateGroup ok"},
    {"stopGroup again", "follows generateGroup ok"},
    {"queryGroupStatus stopped", "follows generateGroup ok"},
    {"removeGroup", "follows generateGroup ok"},
    {"queryGroupStatus deleted", "follows generateGroup ok"},
    {"recoverGroup", "follows generateGroup ok"},
    {"queryGroupStatus recovered", "follows generateGroup ok"},
};

/* `call` of contracts that are not there yet; by note. */
static const char *const missing_contracts[] = {NULL};

/* ---- pairs ---- */

typedef struct {
    size_t number;
    char *note, *method;
    bytes request;
    int http_status;
    char *headers, *response;
} recorded_pair;

typedef struct {
    world *w;
    peers *network;
    const size_t *ranks;    /* the place of each recorded node's id among all */
    unsigned recorded_port; /* of node 0; the others follow */
    http_door *door;
    http_client client;
    arena memory; /* of one pair */
    size_t compared, ignored, failed;
} round_trip;

static char *method_of(arena *a, bytes request)
{
    char *text = arena_copy_text(a, request), *from = strstr(text, "\"method\":\"");
    if (from == NULL)
        return arena_copy_text(a, BYTES_EMPTY);
    from += strlen("\"method\":\"");
    from[strcspn(from, "\"")] = 0;
    return from;
}

static recorded_pair read_pair(pack_record *record, size_t number, arena *a)
{
    recorded_pair p = {.number = number};
    p.note = arena_copy_text(a, rlp_read_string(&record->fields));
    p.request = rlp_read_string(&record->fields);
    p.http_status = (int)rlp_read_uint(&record->fields, 2);
    p.headers = arena_copy_text(a, rlp_read_string(&record->fields));
    p.response = arena_copy_text(a, rlp_read_string(&record->fields));
    assert_int_equal(record->fields.error, RLP_OK);
    p.method = method_of(a, p.request);
    return p;
}

static const char *ignore_reason(const recorded_pair *p)
{
    for (size_t i = 0; i < COUNT(ignored_answers); i++)
        if (strcmp(ignored_answers[i].note, p->note) == 0)
            return ignored_answers[i].reason;
    for (size_t i = 0; i < COUNT(missing_contracts); i++)
        if (missing_contracts[i] && strcmp(missing_contracts[i], p->note) == 0)
            return "CONTRACT MISSING";
    return NULL;
}

/* Puts one '*' in the place of every value of the key. */
static void blank(char *text, const char *key)
{
    char name[64];
    snprintf(name, sizeof name, "\"%s\":", key);
    for (char *at = strstr(text, name); at; at = strstr(at, name)) {
        at += strlen(name);
        size_t size = *at == '"' ? strcspn(at + 1, "\"") + 2 : strcspn(at, ",}]");
        memmove(at + 1, at + size, strlen(at + size) + 1);
        *at = '*';
    }
}

static void blank_ignored(char *text, const recorded_pair *p)
{
    bool is_old_receipt = strcmp(p->method, "getTransactionReceipt") == 0 && strcmp(p->note, "receipt of it") != 0;
    for (size_t i = 0; i < COUNT(ignored_values) && !is_old_receipt; i++)
        if (strcmp(ignored_values[i].method, p->method) == 0)
            blank(text, ignored_values[i].key);
}

/* -32603: the prefix and the bracketed comment are kept, the rest of the dump is cut out (interfaces.md 2.5). */
static void keep_comment(char *text)
{
    static const char prefix[] = "INTERNAL_ERROR: : INTERNAL_ERROR: : ", tag[] = "[dev::tag_comment*] = ";
    char *from = strstr(text, prefix);
    if (from == NULL || strstr(text, "\"code\":-32603") == NULL)
        return;
    from += strlen(prefix);
    char *end = strstr(from, "\"},\"id\""), *comment = strstr(from, tag);
    if (end == NULL)
        return;
    if (comment == NULL)
        comment = end;
    memmove(from, comment, strlen(comment) + 1);
}

/* Where the reference gives no comment, ours is free. */
static void drop_comment(char *text)
{
    char *from = strstr(text, "[dev::tag_comment*] = "), *end = strstr(text, "\"},\"id\"");
    if (from && end > from)
        memmove(from, end, strlen(end) + 1);
}

static void replace_all(char *text, const char *old, const char *new)
{
    assert_int_equal(strlen(old), strlen(new));
    for (char *at = text; (at = strstr(at, old)); at += strlen(new))
        memcpy(at, new, strlen(new));
}

/* Our ids and ports in the place of the recorded ones. This node itself goes by its recorded id. */
static void name_own_network(round_trip *t, const recorded_pair *p, char *text)
{
    bool is_meant = false;
    for (size_t i = 0; i < COUNT(network_methods); i++)
        is_meant |= strcmp(network_methods[i], p->method) == 0;
    arena *a = &t->memory;
    for (size_t i = 0; is_meant && i < t->network->count; i++) {
        replace_all(text, arena_print(a, "127.0.0.1:%u", t->recorded_port + (unsigned)i),
                    arena_print(a, "127.0.0.1:%u", t->network->base_port + (unsigned)i));
        if (i > 0)
            replace_all(text, hex_text(a, BYTES_OF_VALUE(t->w->golden->genesis.sealers[t->ranks[i]])),
                        hex_text(a, BYTES_OF_VALUE(t->network->nodes[i].id)));
    }
}

static void compare(round_trip *t, const recorded_pair *p, const char *door, const char *found_text)
{
    char *expected = arena_copy_text(&t->memory, bytes_of_text(p->response));
    char *found = arena_copy_text(&t->memory, bytes_of_text(found_text));
    name_own_network(t, p, expected);
    blank_ignored(expected, p);
    blank_ignored(found, p);
    keep_comment(expected);
    keep_comment(found);
    if (strstr(expected, "[dev::tag_comment*]") == NULL)
        drop_comment(found);
    t->compared++;
    if (strcmp(expected, found) == 0)
        return;
    t->failed++;
    size_t same = 0;
    while (expected[same] && expected[same] == found[same])
        same++;
    size_t from = same > 100 ? same - 100 : 0;
    print_error("pair %zu (%s) by %s: %.*s\n  expected ...%.400s\n  found    ...%.400s\n", p->number, p->note, door,
                (int)(p->request.size < 300 ? p->request.size : 300), (const char *)p->request.data, expected + from, found + from);
}

/* ---- HTTP ---- */

/* The recorded headers, but for the date, are among ours. */
static void compare_headers(round_trip *t, const recorded_pair *p, const http_response *r)
{
    json_t *headers = json_loads(p->headers, 0, NULL);
    const char *name;
    json_t *value;
    assert_non_null(headers);
    json_object_foreach(headers, name, value)
    {
        const char *found = http_header(r, name);
        bool is_length_of_other_text = strcasecmp(name, "content-length") == 0 && r->body_bytes != strlen(p->response);
        if (strcasecmp(name, "date") == 0 || is_length_of_other_text)
            continue;
        if (found && strcmp(found, json_string_value(value)) == 0)
            continue;
        t->failed++;
        print_error("pair %zu (%s): header %s: expected %s, found %s\n", p->number, p->note, name, json_string_value(value),
                    found ? found : "none");
    }
    bool has_type = json_object_get(headers, "content-type") != NULL;
    if (has_type != (http_header(r, "content-type") != NULL)) {
        t->failed++;
        print_error("pair %zu (%s): a content type that the reference does not send\n", p->number, p->note);
    }
    json_decref(headers);
}

/* Pairs whose note is "HTTP <verb> <path>" have no request recorded. */
static void send_by_http(round_trip *t, const recorded_pair *p)
{
    char verb[16], path[64];
    if (sscanf(p->note, "HTTP %15s %63s", verb, path) != 2) {
        http_post(&t->client, "Content-Type: application/json\r\n", p->request);
        return;
    }
    const char *body = strcmp(verb, "GET") == 0 || strcmp(verb, "OPTIONS") == 0
                           ? ""
                           : "{\"jsonrpc\":\"2.0\",\"method\":\"getBlockNumber\",\"params\":[1],\"id\":1}";
    http_send_text(&t->client, arena_print(&t->memory, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", verb, path,
                                           strlen(body), body));
}

static void replay_by_http(round_trip *t, const recorded_pair *p)
{
    send_by_http(t, p);
    http_response r = http_receive(&t->client);
    if (r.status != p->http_status) {
        t->failed++;
        print_error("pair %zu (%s): HTTP status %d, expected %d\n", p->number, p->note, r.status, p->http_status);
    }
    compare_headers(t, p, &r);
    compare(t, p, "HTTP", r.body);
    http_response_free(&r);
}

/* ---- the replay ---- */

/* A request that changes something is sent once. */
static bool sends(const recorded_pair *p)
{
    return strncmp(p->method, "sendRaw", 7) == 0 || strcmp(p->method, "addPeers") == 0 || strcmp(p->method, "erasePeers") == 0;
}

static void replay_pair(round_trip *t, const recorded_pair *p)
{
    const char *reason = ignore_reason(p);
    if (reason) {
        t->ignored++;
        print_message("not compared: pair %zu (%s): %s\n", p->number, p->note, reason);
        return;
    }
    if (!sends(p) && strncmp(p->note, "HTTP ", 5) != 0) {
        char *found = world_ask(t->w, p->request);
        compare(t, p, "call", found);
        free(found);
    }
    replay_by_http(t, p);
}

/* The texts in the rows and answers below are what the recorder's first round wrote. */
static transaction *sign_set(world *w, uint64_t nonce, const secret_key *key, const address *to)
{
    enum { GAS = 300000000, TEXT_BYTES = 18 };
    uint8_t data[4 + 3 * 32] = {0x4e, 0xd3, 0x88, 0x5e, [35] = 0x20, [67] = TEXT_BYTES};
    char text[32];
    snprintf(text, sizeof text, "rpc pair %09llu", (unsigned long long)nonce);
    memcpy(data + 68, text, TEXT_BYTES);
    transaction_fields fields = {.nonce = u256_of(nonce), .gas_price = u256_of(GAS), .gas = u256_of(GAS),
                                 .block_limit = u256_of(943), .to = *to, .data = BYTES_OF_VALUE(data),
                                 .chain_id = u256_of(1), .group_id = u256_of(1)};
    return transaction_sign(&w->rules, &fields, key);
}

static secret_key key_of(const golden_chain *chain, const char *address_text)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    address wanted;
    assert_true(hex_read(bytes_of_text(address_text), wanted.b, sizeof wanted));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "account"))
            continue;
        secret_key key;
        bytes secret = rlp_read_string(&one.fields);
        (void)rlp_read_string(&one.fields);
        bytes found = rlp_read_string(&one.fields);
        if (!bytes_equal(found, BYTES_OF_VALUE(wanted)))
            continue;
        assert_int_equal(secret.size, sizeof key);
        memcpy(&key, secret.data, sizeof key);
        return key;
    }
    fail_msg("no account %s", address_text);
    return (secret_key){{0}};
}

static void make_first_round(world *w, const char *sender, const char *contract)
{
    secret_key key = key_of(w->golden, sender);
    address to;
    assert_true(hex_read(bytes_of_text(contract), to.b, sizeof to));
    for (uint64_t nonce = 777000001; nonce <= 777000002; nonce++) {
        transaction *tx = sign_set(w, nonce, &key, &to);
        world_make_block(w, &tx, 1);
        transaction_drop(tx);
    }
}

static node_id self_of(const char *text)
{
    node_id id;
    assert_true(hex_read(bytes_of_text(text), id.b, sizeof id));
    return id;
}

static void replay_pairs(world *w, const char *path, size_t node_count, const size_t *ranks, unsigned recorded_port)
{
    round_trip t = {.w = w, .network = peers_make(node_count, ranks), .ranks = ranks, .recorded_port = recorded_port};
    peers_start(t.network, NULL);
    w->backend.net = t.network->nodes[0].net;
    error_text why = {""};
    buffer unpacked;
    t.door = http_door_start(&(http_door_config){&json_rpc_service, &w->backend, .listen_ip = "127.0.0.1"}, w->workers, NULL, &why);
    if (t.door == NULL || !pack_read_file(path, &unpacked, &why))
        fail_msg("%s", why.text);
    t.client = http_connect(http_door_port(t.door));
    rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
    pack_record one;
    size_t number = 0;
    for (; pack_next(&records, &one); number++) {
        assert_true(pack_is(&one, "pair"));
        recorded_pair p = read_pair(&one, number, &t.memory);
        replay_pair(&t, &p);
        arena_reset(&t.memory);
    }
    http_close(&t.client);
    http_door_stop(t.door);
    peers_close(t.network);
    buffer_free(&unpacked);
    print_message("%zu answers compared, %zu of %zu pairs left out, %zu differences\n", t.compared, t.ignored, number, t.failed);
    assert_int_equal(t.ignored, COUNT(ignored_answers));
    assert_int_equal(t.failed, 0);
}

static void pairs_of_ecdsa4(void **state)
{
    (void)state;
    node_id self = self_of("b836342037c0dc00be81a270c8e1fae6c415ab5ecee4a8b8b7fb12d8d7230f29805ecc9cd8d4bb768197bc2492a2e0fc7c55f2ebf"
                           "bcf3f341082031a8708f286");
    world *w = world_recorded("ecdsa4", &self);
    w->view = 87;
    make_first_round(w, "2ec491df585a93b59d690c55ca21d3fe26b3b2dd", "5565903fa77aa721255f38dd8aacc088a91fa9b4");
    static const size_t ranks[] = {1, 3, 2, 0};
    replay_pairs(w, GOLDEN("rpc_pairs_ecdsa4.pack"), COUNT(ranks), ranks, 30300);
    world_close(w);
}

/* National cryptography; here the recording begins at the last recorded block. */
static void pairs_of_gm1(void **state)
{
    (void)state;
    node_id self = self_of("9b2816023543b479dfda43e48c8ce421c26d4a144289edaf08f1c09c515caa8ab533825b636c53546fb84583339ad72020fb674fd"
                           "a3d19f96890cc5a29731e59");
    world *w = world_recorded("gm1", &self);
    w->view = 3;
    w->info.agency = "agency-gm";
    w->info.p2p_port = 30330;
    static const size_t ranks[] = {0};
    replay_pairs(w, GOLDEN("rpc_pairs_gm1.pack"), COUNT(ranks), ranks, 30330);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs_of_ecdsa4), cmocka_unit_test(pairs_of_gm1)};
    return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
