/* The openssl command against a node, both ways, with the cases that were recorded against the C++ node: what connects there
   connects here, and what is refused there is refused here. */
#include "support_net.h"

#include <sys/wait.h>
#include <unistd.h>

static test_chain chain;
static char folder[] = "/tmp/hanse-test-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    fclose(f);
}

static int set_up(void **state)
{
    (void)state;
    test_chain_make(&chain);
    assert_non_null(mkdtemp(folder));
    certificate_pair leaf;
    error_text why;
    assert_true(certificate_make_leaf(&chain.memory, &chain.agency, CERTIFICATE_NODE, "openssl", 100, &leaf, &why));
    write_file("node.key", leaf.key);
    write_file("node.crt", certificate_chain_text(&chain.memory, &leaf, &chain.agency, &chain.root));
    write_file("ca.crt", chain.root.certificate);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&chain.memory);
    static const char *const names[] = {"node.key", "node.crt", "ca.crt"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

/* The whole output of a command. */
static const char *output_of(const char *command)
{
    static char text[200000];
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(text, 1, sizeof text - 1, pipe);
    text[size] = 0;
    pclose(pipe);
    return text;
}

static void s_client_against_a_node(void **state)
{
    (void)state;
    static const char identity[] = "-cert node.crt -cert_chain node.crt -key node.key";
    static const struct {
        const char *options;
        bool without_certificate;
        const char *expected[3];
    } rows[] = {
        {"-tls1_2 -groups secp256k1", false,
         {"Cipher is ECDHE-ECDSA-AES256-GCM-SHA384", "ECDH, secp256k1, 256 bits", "Verification: OK"}},
        {"-tls1_2 -groups X25519:secp256k1", false,
         {"Cipher is ECDHE-ECDSA-AES256-GCM-SHA384", "ECDH, secp256k1, 256 bits", "Verification: OK"}},
        {"-groups X25519:P-256:secp256k1", false, {"Cipher is ECDHE-ECDSA-AES256-GCM-SHA384", "Protocol  : TLSv1.2", "Verification: OK"}},
        {"-tls1_2 -groups secp256k1 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", false, {"Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"}},
        {"-tls1_2 -groups secp256k1 -cipher ECDHE-ECDSA-AES128-SHA", false, {"Cipher is ECDHE-ECDSA-AES128-SHA"}},
        {"-tls1_2", false, {"alert handshake failure"}}, /* no secp256k1: not even the certificate can be shown */
        {"-tls1_2 -groups P-256", false, {"alert handshake failure"}},
        {"-tls1_3", false, {"alert protocol version"}},
        {"-tls1_1 -cipher DEFAULT@SECLEVEL=0 -groups secp256k1", false, {"alert protocol version"}},
        {"-tls1_2 -groups secp256k1", true, {"alert handshake failure"}},
    };
    test_node *t = test_node_new();
    net_config config = test_config(test_identity(&chain, "node0", NULL), NULL, 0);
    error_text why;
    assert_true(test_node_start(t, &config, &why));
    for (size_t i = 0; i < COUNT(rows); i++) {
        char command[512];
        snprintf(command, sizeof command, "cd %s && sleep 0.2 | timeout 10 openssl s_client -connect 127.0.0.1:%u -CAfile ca.crt %s %s 2>&1",
                 folder, net_port(t->net), rows[i].without_certificate ? "" : identity, rows[i].options);
        const char *output = output_of(command);
        for (size_t k = 0; k < 3 && rows[i].expected[k]; k++)
            if (strstr(output, rows[i].expected[k]) == NULL)
                fail_msg("%s: no \"%s\" in:\n%s", rows[i].options, rows[i].expected[k], output);
        if (strstr(rows[i].expected[0], "Cipher is")) { /* the heartbeat came through */
            assert_non_null(strstr(output, "Certificate chain\n 0 s:CN = node0, O = fisco-bcos, OU = node\n"));
            assert_non_null(strstr(output, "No client certificate CA names sent"));
            assert_non_null(strstr(output, " 2 s:CN = chain, O = fisco-bcos, OU = chain\n"));
        }
    }
    test_wait(t, up, 5);
    test_node_stop(t);
}

static void a_node_dials_s_server(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        bool connects;
    } rows[] = {
        {"-groups secp256k1", true},
        {"-groups P-256:secp256k1", true},
        {"-groups X25519:P-256:secp256k1", true}, /* the C++ node fails here: group 29 is SM2 to it */
        {"-groups P-256", false},                 /* s_server refuses a secp256k1 certificate then */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        test_node *t = test_node_new();
        unsigned port = 20000 + (unsigned)getpid() % 20000 + (unsigned)i;
        const char *const to[] = {arena_print(&chain.memory, "127.0.0.1:%u", port)};
        net_config config = test_config(test_identity(&chain, "node0", NULL), to, 1);
        error_text why;
        assert_true(test_node_start(t, &config, &why)); /* refused until s_server is there: tried again soon */
        char command[512];
        snprintf(command, sizeof command,
                 "cd %s && timeout 20 openssl s_server -accept %u -naccept 1 -rev -tls1_2 -CAfile ca.crt -cert node.crt -cert_chain "
                 "node.crt -key node.key -Verify 4 %s 2>&1",
                 folder, port, rows[i].options);
        FILE *server = popen(command, "r");
        if (rows[i].connects)
            test_wait(t, up, 1);
        bool came_up = test_counter(t, &t->up, sizeof t->up) > 0;
        if (came_up)
            test_node_stop(t); /* s_server ends with its only connection */
        static char text[100000];
        text[fread(text, 1, sizeof text - 1, server)] = 0;
        pclose(server);
        if (rows[i].connects)
            assert_non_null(strstr(text, "Ciphersuite: ECDHE-ECDSA-AES256-GCM-SHA384"));
        else
            assert_non_null(strstr(text, "wrong curve"));
        assert_int_equal(came_up, rows[i].connects);
        if (!came_up)
            test_node_stop(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s_client_against_a_node),
        cmocka_unit_test(a_node_dials_s_server),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
