#include "support_tls.h"

#include "codec/hex.h"
#include "tls/private.h"

/* Shared by all tests: making them anew would only cost time. */
static arena memory;
static test_certified root, agency, node0, node1;

static int set_up(void **state)
{
    (void)state;
    root = test_certify(&(test_recipe){.name = "chain", .v1 = true}, NULL);
    agency = test_certify(&(test_recipe){.name = "agency", .constraints = "CA:TRUE"}, &root);
    node0 = test_certify(&(test_recipe){.name = "node0", .constraints = "CA:FALSE"}, &agency);
    node1 = test_certify(&(test_recipe){.name = "node1", .constraints = "CA:FALSE"}, &agency);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_certified_free(&root);
    test_certified_free(&agency);
    test_certified_free(&node0);
    test_certified_free(&node1);
    arena_reset(&memory);
    return 0;
}

static tls_context *context_of(tls_purpose purpose, const tls_identity *identity)
{
    error_text why;
    tls_context *c = tls_context_new(purpose, identity, &why);
    if (c == NULL)
        fail_msg("%s", why.text);
    return c;
}

static tls_context *peer_of(const test_certified *leaf)
{
    const test_certified *chain[] = {leaf, &agency, &root};
    tls_identity identity = test_identity_from(&memory, chain, 3, &root);
    return context_of(TLS_PEER, &identity);
}

static void two_nodes_shake_hands(void **state)
{
    (void)state;
    static const size_t pieces[] = {4096, 1, 7};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        tls_context *a = peer_of(&node0), *b = peer_of(&node1);
        tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
        assert_true(test_handshake(client, server, pieces[i]));
        assert_string_equal(tls_session_cipher(client), "ECDHE-ECDSA-AES256-GCM-SHA384");
        const tls_subject *seen = tls_session_peer(client), *own = tls_context_self(b);
        assert_true(seen->has_id);
        assert_true(node_id_equal(&seen->id, &own->id));
        assert_string_equal(seen->name, "node1");
        assert_string_equal(seen->agency, "agency");
        assert_string_equal(seen->issuer, "/CN=agency/O=fisco-bcos");
        assert_string_equal(tls_session_peer(server)->name, "node0");
        tls_session_free(client);
        tls_session_free(server);
        tls_context_free(a);
        tls_context_free(b);
    }
}

static void data_flows_and_the_end_is_told(void **state)
{
    (void)state;
    tls_context *a = peer_of(&node0), *b = peer_of(&node1);
    tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
    assert_true(test_handshake(client, server, 4096));
    static uint8_t sent[50000], got[50000];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7);
    assert_int_equal(tls_session_write(client, bytes_of(sent, sizeof sent)), TLS_OK);
    test_move(client, server, 1000);
    size_t total = 0, taken;
    do {
        assert_int_equal(tls_session_read(server, got + total, 3000 < sizeof got - total ? 3000 : sizeof got - total, &taken), TLS_OK);
        total += taken;
    } while (taken);
    assert_int_equal(total, sizeof sent);
    assert_memory_equal(sent, got, sizeof sent);
    assert_int_equal(tls_session_write(client, bytes_of("last", 4)), TLS_OK);
    tls_session_close(client);
    test_move(client, server, 4096);
    assert_int_equal(tls_session_read(server, got, sizeof got, &taken), TLS_OK);
    assert_int_equal(taken, 4);
    assert_int_equal(tls_session_read(server, got, sizeof got, &taken), TLS_CLOSED);
    assert_int_equal(taken, 0);
    tls_session_free(client);
    tls_session_free(server);
    tls_context_free(a);
    tls_context_free(b);
}

static void damaged_bytes_end_the_session(void **state)
{
    (void)state;
    tls_context *a = peer_of(&node0), *b = peer_of(&node1);
    tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
    assert_true(test_handshake(client, server, 4096));
    uint8_t wire[200], got[100];
    assert_int_equal(tls_session_write(client, bytes_of("hello", 5)), TLS_OK);
    size_t size = tls_session_take(client, wire, sizeof wire), taken;
    wire[size - 1] ^= 1;
    tls_session_feed(server, bytes_of(wire, size));
    assert_int_equal(tls_session_read(server, got, sizeof got, &taken), TLS_FAILED);
    assert_string_equal(tls_session_reason(server), "TLS: decryption failed or bad record mac");
    assert_int_equal(tls_session_read(server, got, sizeof got, &taken), TLS_FAILED);
    assert_int_equal(tls_session_write(server, bytes_of("x", 1)), TLS_FAILED);
    tls_session_free(client);
    tls_session_free(server);
    tls_context_free(a);
    tls_context_free(b);
}

/* One row: the client's chain against a server that trusts `trusted`. */
typedef struct {
    const char *what;
    test_recipe root, agency, leaf; /* agency.name NULL: the two-level form */
    bool other_root;                /* the server trusts another root */
    bool accepted, has_id;
    const char *reason;             /* part of the server's reason */
} matrix_row;

#define ROOT {.name = "chain", .v1 = true}
#define AGENCY {.name = "agency", .constraints = "CA:TRUE"}
#define LEAF {.name = "node", .constraints = "CA:FALSE"}

static const matrix_row matrix[] = {
    {"as the script makes it", ROOT, AGENCY, LEAF, .accepted = true, .has_id = true},
    {"v3 root", {.name = "chain", .constraints = "CA:TRUE"}, AGENCY, LEAF, .accepted = true, .has_id = true},
    {"two levels", ROOT, {0}, LEAF, .accepted = true, .has_id = true},
    {"RSA root and agency", {.name = "chain", .v1 = true, .kind = KEY_RSA},
     {.name = "agency", .constraints = "CA:TRUE", .kind = KEY_RSA}, LEAF, .accepted = true, .has_id = true},
    {"another root", {.name = "elsewhere", .v1 = true}, AGENCY, LEAF, .other_root = true,
     .reason = "/CN=elsewhere/O=fisco-bcos: self-signed certificate in certificate chain"},
    {"another root of the same name", ROOT, AGENCY, LEAF, .other_root = true, .reason = "certificate signature failure"},
    {"expired leaf", ROOT, AGENCY, {.name = "node", .constraints = "CA:FALSE", .from_days = -10, .to_days = -1},
     .reason = "certificate has expired"},
    {"leaf of tomorrow", ROOT, AGENCY, {.name = "node", .constraints = "CA:FALSE", .from_days = 1, .to_days = 10},
     .reason = "certificate is not yet valid"},
    {"expired agency", ROOT, {.name = "agency", .constraints = "CA:TRUE", .from_days = -10, .to_days = -1}, LEAF,
     .reason = "certificate has expired"},
    {"agency that is no CA", ROOT, {.name = "agency", .constraints = "CA:FALSE"}, LEAF, .reason = "invalid CA certificate"},
    /* spec/network.md 1.4: accepted by TLS, but without a node id; the network then drops the session. */
    {"leaf without basicConstraints", ROOT, AGENCY, {.name = "node"}, .accepted = true, .has_id = false},
    {"v1 leaf", ROOT, AGENCY, {.name = "node", .v1 = true}, .accepted = true, .has_id = false},
    {"leaf that is a CA", ROOT, AGENCY, {.name = "node", .constraints = "CA:TRUE"}, .accepted = true, .has_id = false},
};

/* The client's side is made by hand: its own context refuses some of these leaves. */
static tls_context *client_of(const test_certified *const *chain, size_t count)
{
    tls_context *c = peer_of(&node1);
    SSL_CTX_clear_chain_certs(c->ssl);
    assert_int_equal(SSL_CTX_use_certificate(c->ssl, chain[0]->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(c->ssl, chain[0]->key), 1);
    for (size_t i = 1; i < count; i++)
        SSL_CTX_add1_chain_cert(c->ssl, chain[i]->certificate);
    return c;
}

static void certificate_matrix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(matrix); i++) {
        const matrix_row *row = &matrix[i];
        test_certified top = test_certify(&row->root, NULL), middle = {0};
        if (row->agency.name)
            middle = test_certify(&row->agency, &top);
        test_certified leaf = test_certify(&row->leaf, row->agency.name ? &middle : &top);
        const test_certified *three[] = {&leaf, &middle, &top}, *two[] = {&leaf, &top};
        tls_context *a = row->agency.name ? client_of(three, 3) : client_of(two, 2);
        const test_certified *own[] = {&node0, &agency, &root};
        tls_identity identity = test_identity_from(&memory, own, 3, row->other_root ? &root : &top);
        tls_context *b = context_of(TLS_PEER, &identity);
        tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
        bool ok = test_handshake(client, server, 4096);
        if (ok != row->accepted)
            fail_msg("%s: %s", row->what, tls_session_reason(server));
        if (ok)
            assert_int_equal(tls_session_peer(server)->has_id, row->has_id);
        else if (strstr(tls_session_reason(server), row->reason) == NULL)
            fail_msg("%s: %s", row->what, tls_session_reason(server));
        if (!ok) /* the refused side learns it from an alert */
            assert_non_null(strstr(tls_session_reason(client), "alert"));
        tls_session_free(client);
        tls_session_free(server);
        tls_context_free(a);
        tls_context_free(b);
        test_certified_free(&leaf);
        test_certified_free(&middle);
        test_certified_free(&top);
    }
}

static void black_list_before_white_list(void **state)
{
    (void)state;
    tls_context *a = peer_of(&node0), *b = peer_of(&node1);
    node_id id0 = tls_context_self(a)->id, id1 = tls_context_self(b)->id;
    static const struct {
        bool black, white, other_white, accepted;
        const char *reason;
    } rows[] = {
        {false, false, false, true, NULL},
        {true, false, false, false, "node0: its node id is on the black list"},
        {false, false, true, false, "node0: its node id is not on the white list"},
        {false, true, false, true, NULL},
        {true, true, false, false, "black list"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        node_id other = id1;
        other.b[0] ^= 1;
        node_id white[2] = {rows[i].white ? id0 : other, other};
        assert_true(tls_context_set_blacklist(b, &id0, rows[i].black));
        assert_true(tls_context_set_whitelist(b, white, rows[i].white || rows[i].other_white ? 2 : 0));
        assert_int_equal(tls_context_allows(b, &id0), rows[i].accepted);
        for (int b_is_server = 0; b_is_server < 2; b_is_server++) {
            tls_session *client = tls_session_new(b_is_server ? a : b, false), *server = tls_session_new(b_is_server ? b : a, true);
            assert_int_equal(test_handshake(client, server, 4096), rows[i].accepted);
            if (rows[i].reason)
                assert_non_null(strstr(tls_session_reason(b_is_server ? server : client), rows[i].reason));
            tls_session_free(client);
            tls_session_free(server);
        }
    }
    node_id *many = calloc(TLS_LIST_MAX + 1, sizeof *many);
    assert_false(tls_context_set_whitelist(b, many, TLS_LIST_MAX + 1));
    free(many);
    tls_context_free(a);
    tls_context_free(b);
}

static void assert_refused(tls_purpose purpose, const tls_identity *identity, const char *part)
{
    error_text why = {""};
    assert_null(tls_context_new(purpose, identity, &why));
    if (strstr(why.text, part) == NULL)
        fail_msg("message \"%s\" lacks \"%s\"", why.text, part);
}

static void bad_identities_name_the_file(void **state)
{
    (void)state;
    const test_certified *chain[] = {&node0, &agency, &root};
    const tls_identity good = test_identity_from(&memory, chain, 3, &root);
    tls_identity bad = good;
    bad.key.pem = test_key_pem(&memory, &node1);
    assert_refused(TLS_PEER, &bad, "node.crt: the first certificate does not belong to the private key node.key");
    bad = good;
    bad.key.pem = BYTES_OF_LITERAL("no key");
    assert_refused(TLS_PEER, &bad, "node.key: not an unencrypted private key in PEM form");
    bad.key.pem = bytes_of(good.key.pem.data, good.key.pem.size - 60);
    assert_refused(TLS_PEER, &bad, "node.key: ");
    bad.key.pem = BYTES_EMPTY;
    assert_refused(TLS_PEER, &bad, "node.key: is empty");
    bad = good;
    bad.certificate.pem = good.key.pem;
    assert_refused(TLS_PEER, &bad, "node.crt: certificate 1 is not in PEM form");
    bad.certificate.pem = bytes_of(good.certificate.pem.data, good.certificate.pem.size - 60);
    assert_refused(TLS_PEER, &bad, "node.crt: certificate 3 is not in PEM form");
    bad = good;
    bad.authorities.pem = BYTES_OF_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_refused(TLS_PEER, &bad, "ca.crt: certificate 1");
    test_certified rsa = test_certify(&(test_recipe){.name = "r", .kind = KEY_RSA}, &root);
    test_certified p256 = test_certify(&(test_recipe){.name = "p", .kind = KEY_P256}, &root);
    const test_certified *wrong[] = {&rsa};
    bad = test_identity_from(&memory, wrong, 1, &root);
    assert_refused(TLS_PEER, &bad, "node.key: peers need an EC key on secp256k1, this one is rsaEncryption");
    wrong[0] = &p256;
    bad = test_identity_from(&memory, wrong, 1, &root);
    assert_refused(TLS_PEER, &bad, "this one is prime256v1");
    assert_refused(TLS_CHANNEL, &bad, "needs an RSA key or an EC key on secp256k1");
    test_certified_free(&rsa);
    test_certified_free(&p256);
    tls_pem file;
    error_text why;
    assert_false(tls_read_file(&memory, "/does/not/exist", &file, &why));
    assert_string_equal(why.text, "/does/not/exist: cannot be opened: No such file or directory");
    assert_false(tls_read_file(&memory, "/", &file, &why));
    assert_non_null(strstr(why.text, "regular file"));
}

/* spec/network.md 8.1: SDKs of the same agency only; leaves without basicConstraints skip the check. */
static void channel_checks_the_issuer(void **state)
{
    (void)state;
    test_certified other = test_certify(&(test_recipe){.name = "other", .constraints = "CA:TRUE"}, &root);
    test_certified stranger = test_certify(&(test_recipe){.name = "sdk", .constraints = "CA:FALSE"}, &other);
    test_certified plain = test_certify(&(test_recipe){.name = "sdk"}, &other);
    const test_certified *own[] = {&node0, &agency, &root};
    tls_identity identity = test_identity_from(&memory, own, 3, &root);
    tls_context *server_context = context_of(TLS_CHANNEL, &identity);
    const struct {
        const test_certified *leaf, *issuer;
        bool check, accepted;
    } rows[] = {
        {&node1, &agency, true, true}, {&stranger, &other, true, false}, {&stranger, &other, false, true}, {&plain, &other, true, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const test_certified *chain[] = {rows[i].leaf, rows[i].issuer, &root};
        tls_context *a = client_of(chain, 3);
        tls_context_check_issuer(server_context, rows[i].check);
        tls_session *client = tls_session_new(a, false), *server = tls_session_new(server_context, true);
        assert_int_equal(test_handshake(client, server, 4096), rows[i].accepted);
        if (!rows[i].accepted)
            assert_non_null(strstr(tls_session_reason(server), "issuer"));
        tls_session_free(client);
        tls_session_free(server);
        tls_context_free(a);
    }
    tls_context_free(server_context);
    test_certified_free(&plain);
    test_certified_free(&stranger);
    test_certified_free(&other);
}

/* ---- the recorded world ---- */

static bytes golden_pem(const char *name)
{
    tls_pem pem;
    error_text why;
    if (!tls_read_file(&memory, arena_print(&memory, "%s/%s", GOLDEN("certificates"), name), &pem, &why))
        fail_msg("%s", why.text);
    return pem.pem;
}

static tls_context *golden_context(tls_purpose purpose, const char *name, const char *ca)
{
    tls_identity identity = {.key = {name, golden_pem(arena_print(&memory, "%s.key", name))},
                             .certificate = {name, golden_pem(arena_print(&memory, "%s.crt", name))},
                             .authorities = {ca, golden_pem(ca)}};
    tls_context *c = context_of(purpose, &identity);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(c->ssl), 1800000000); /* whatever today is: they hold in 2027 */
    return c;
}

static void certificates_of_the_deployment_script_work(void **state)
{
    (void)state;
    tls_context *a = golden_context(TLS_PEER, "node0", "ca.crt"), *b = golden_context(TLS_PEER, "node1", "ca.crt");
    tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
    if (!test_handshake(client, server, 4096))
        fail_msg("%s / %s", tls_session_reason(client), tls_session_reason(server));
    assert_string_equal(hex_text(&memory, BYTES_OF_VALUE(tls_session_peer(server)->id)),
                        "90a6829b66fa2a24c26c37171f7cc9814589c84444fb5a17daaa8fb0cc7aef27"
                        "8b83974b9c873a150b9e920bfe8ca17c7e195a6919583d9d1533804a129270ef");
    assert_string_equal(tls_session_peer(server)->name, "node0");
    assert_string_equal(tls_session_peer(server)->agency, "agency");
    tls_session_free(client);
    tls_session_free(server);
    tls_context_free(a);
    tls_context_free(b);
}

static void rsa_certificates_of_the_deployment_script_work(void **state)
{
    (void)state;
    tls_context *a = golden_context(TLS_CHANNEL, "rsa-sdk", "rsa-ca.crt"), *b = golden_context(TLS_CHANNEL, "rsa-node", "rsa-ca.crt");
    tls_session *client = tls_session_new(a, false), *server = tls_session_new(b, true);
    if (!test_handshake(client, server, 4096))
        fail_msg("%s / %s", tls_session_reason(client), tls_session_reason(server));
    assert_false(tls_session_peer(server)->has_id);
    assert_false(tls_context_self(b)->has_id);
    tls_session_free(client);
    tls_session_free(server);
    tls_context_free(a);
    tls_context_free(b);
}

/* A ClientHello as a C++ node sent it (group 29 first: the SM2 curve to it, X25519 to everyone else). */
static const char reference_hello[] =
    "16030101520100014e0303e376d5eaeaaa1d619851992581a04ded79b07a97fb312da37bc556fea0f7dc2a0000cac030c02cc028c024c014c00a00a5"
    "00a300a1009f006b006a0069006800390038003700360088008700860085c01900a7006d003a0089c032c02ec02ac026c00fc005009d003d00350084c0"
    "2fc02bc027c023c013c00900a400a200a0009e00670040003f003e0033003200310030e013009a0099009800970045004400430042c01800a6006c0034"
    "009b0046c031c02dc029c025c00ec004009c003c002f009600410007c011c007c0160018c00cc00200050004c012001600130010000dc017001bc00dc0"
    "03000a00ff0100005b000b000403000102000a001e001c001d00170019001c001b0018001a0016000e000d000b000c0009000a00230000000d00240022"
    "07010703060106020603050105020503040104020403030103020303020102020203000f000101";

/* The handshake messages of a flight; type and body. */
typedef struct {
    uint8_t type;
    bytes body;
} handshake_message;

static size_t split_flight(bytes wire, handshake_message *out, size_t max)
{
    buffer joined = buffer_init(1 << 20);
    while (wire.size) {
        assert_true(wire.size >= 5 && wire.data[0] == 22 && read_be16(wire.data + 3) <= wire.size - 5);
        buffer_append(&joined, bytes_of(wire.data + 5, read_be16(wire.data + 3)));
        wire = bytes_from(wire, 5u + read_be16(wire.data + 3));
    }
    bytes rest = arena_copy(&memory, buffer_bytes(&joined));
    buffer_free(&joined);
    size_t count = 0;
    while (rest.size) {
        assert_true(count < max && rest.size >= 4);
        size_t length = read_be32(rest.data) & 0xffffff;
        assert_true(length <= rest.size - 4);
        out[count++] = (handshake_message){rest.data[0], bytes_of(rest.data + 4, length)};
        rest = bytes_from(rest, 4 + length);
    }
    return count;
}

static void a_reference_hello_gets_what_it_can_use(void **state)
{
    (void)state;
    tls_context *b = golden_context(TLS_PEER, "node0", "ca.crt");
    tls_session *server = tls_session_new(b, true);
    bytes hello;
    assert_true(hex_read_any(&memory, bytes_of_text(reference_hello), &hello));
    tls_session_feed(server, hello);
    bool done;
    assert_int_equal(tls_session_handshake(server, &done), TLS_OK);
    static uint8_t flight[16384];
    size_t size = tls_session_take(server, flight, sizeof flight);
    handshake_message m[8];
    assert_int_equal(split_flight(bytes_of(flight, size), m, 8), 5);
    assert_int_equal(m[0].type, 2); /* ServerHello: TLS 1.2, no session id, suite 0xC02C */
    assert_int_equal(read_be16(m[0].body.data), 0x0303);
    assert_int_equal(m[0].body.data[34], 0);
    assert_int_equal(read_be16(m[0].body.data + 35), 0xc02c);
    assert_int_equal(m[1].type, 11);
    uint8_t lengths[3];
    size_t at = 3, count = 0; /* Certificate: leaf, agency, root */
    for (; at < m[1].body.size; count++) {
        memcpy(lengths, m[1].body.data + at, 3);
        at += 3 + (size_t)(lengths[0] << 16 | lengths[1] << 8 | lengths[2]);
    }
    assert_int_equal(count, 3);
    assert_int_equal(m[2].type, 12); /* ServerKeyExchange: named curve 23 = the first common one of its list, never 29 */
    assert_int_equal(m[2].body.data[0], 3);
    assert_int_equal(read_be16(m[2].body.data + 1), 23);
    assert_int_equal(m[2].body.data[3], 65);
    assert_int_equal(m[2].body.data[4 + 65 + 1], 3); /* ecdsa */
    assert_int_equal(m[3].type, 13);                 /* CertificateRequest with an empty list of authorities */
    assert_int_equal(read_be16(m[3].body.data + m[3].body.size - 2), 0);
    assert_int_equal(m[4].type, 14);
    tls_session_free(server);
    tls_context_free(b);
}

/* What the reference's server checks in a ClientHello (spec/network.md 1.3). */
static void our_hello_offers_what_a_reference_needs(void **state)
{
    (void)state;
    tls_context *a = peer_of(&node0);
    tls_session *client = tls_session_new(a, false);
    bool done;
    assert_int_equal(tls_session_handshake(client, &done), TLS_OK);
    uint8_t wire[1024];
    size_t size = tls_session_take(client, wire, sizeof wire);
    handshake_message m;
    assert_int_equal(split_flight(bytes_of(wire, size), &m, 1), 1);
    assert_int_equal(read_be16(m.body.data), 0x0303);
    assert_int_equal(m.body.data[34], 0);
    const uint8_t *suites = m.body.data + 35, *extensions = suites + 2 + read_be16(suites) + 2 + 2;
    assert_int_equal(read_be16(suites + 2), 0xc02c);
    bool has_groups = false;
    for (const uint8_t *e = extensions; e < m.body.data + m.body.size; e += 4 + read_be16(e + 2)) {
        assert_int_not_equal(read_be16(e), 35); /* no session ticket */
        assert_int_not_equal(read_be16(e), 43); /* no supported_versions: TLS 1.2 only */
        if (read_be16(e) != 10)
            continue;
        has_groups = true;
        assert_int_equal(read_be16(e + 4), 4); /* secp256k1, secp256r1 and nothing else */
        assert_int_equal(read_be16(e + 6), 22);
        assert_int_equal(read_be16(e + 8), 23);
    }
    assert_true(has_groups);
    tls_session_free(client);
    tls_context_free(a);
}

static void names_follow_the_one_line_rule(void **state)
{
    (void)state;
    static const struct {
        const char *names[3][2]; /* type, value */
        const char *expected;
    } rows[] = {
        {{{"CN", "agency"}, {"O", "fisco-bcos"}, {"OU", "agency"}}, "agency"},
        {{{"O", "fisco-bcos"}, {"CN", "x"}}, "x"},
        {{{"O", "my CN corp"}, {"CN", "x"}}, "x"},   /* contains CN, but the left part is O */
        {{{"CN", "a=b"}}, "a"},                      /* the second part of a split at "=" */
        {{{"O", "nobody"}}, "/O=nobody"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        test_certified c = test_certify(&(test_recipe){.name = "x", .constraints = "CA:FALSE"}, NULL);
        X509_NAME *name = X509_NAME_new();
        for (size_t k = 0; k < 3 && rows[i].names[k][0]; k++)
            X509_NAME_add_entry_by_txt(name, rows[i].names[k][0], MBSTRING_ASC, (const unsigned char *)rows[i].names[k][1], -1, -1, 0);
        X509_set_subject_name(c.certificate, name);
        tls_subject s;
        tls_subject_of(c.certificate, &s);
        assert_string_equal(s.name, rows[i].expected);
        X509_NAME_free(name);
        test_certified_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_shake_hands),
        cmocka_unit_test(data_flows_and_the_end_is_told),
        cmocka_unit_test(damaged_bytes_end_the_session),
        cmocka_unit_test(certificate_matrix),
        cmocka_unit_test(black_list_before_white_list),
        cmocka_unit_test(bad_identities_name_the_file),
        cmocka_unit_test(channel_checks_the_issuer),
        cmocka_unit_test(certificates_of_the_deployment_script_work),
        cmocka_unit_test(rsa_certificates_of_the_deployment_script_work),
        cmocka_unit_test(a_reference_hello_gets_what_it_can_use),
        cmocka_unit_test(our_hello_offers_what_a_reference_needs),
        cmocka_unit_test(names_follow_the_one_line_rule),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
