/* queryPeers, addPeers, erasePeers (spec/interfaces.md 4.2) with a real network and a real config.ini. */
#include "tls/certificates.h"
#include "node/backend.h"
#include "rpc/json_rpc.h"
#include "test.h"

#include "base/ini.h"
#include "base/memory.h"

#include <unistd.h>

typedef struct {
    arena memory;
    char directory[64], path[96];
    rpc_node_info info;
    node_backend_context context;
    rpc_backend backend;
    worker_pool *workers;
    char *answer;
} peers;

static void start_net(peers *p)
{
    error_text why = {""};
    certificate_pair root, agency, leaf;
    arena *a = &p->memory;
    assert_true(certificate_make_chain(a, CERTIFICATE_DAYS_USUAL, &root, &why));
    assert_true(certificate_make_agency(a, &root, "agency", CERTIFICATE_DAYS_USUAL, &agency, &why));
    assert_true(certificate_make_leaf(a, &agency, CERTIFICATE_NODE, "node0", CERTIFICATE_DAYS_USUAL, &leaf, &why));
    static const char *const endpoints[] = {"127.0.0.1:1026", "127.0.0.1:1025"};
    net_config config = {.listen_ip = "127.0.0.1",
                         .endpoints = endpoints,
                         .endpoint_count = COUNT(endpoints),
                         .identity = {.key = {"node.key", bytes_of_text(leaf.key)},
                                      .certificate = {"node.crt", bytes_of_text(certificate_chain_text(a, &leaf, &agency, &root))},
                                      .authorities = {"ca.crt", bytes_of_text(root.certificate)}}};
    p->context.net = net_start(&config, &(net_handler){0}, &why);
    if (p->context.net == NULL)
        fail_msg("%s", why.text);
}

static void write_config(const peers *p, const char *text)
{
    FILE *file = fopen(p->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int open_peers(void **state)
{
    peers *p = memory_new(sizeof *p);
    snprintf(p->directory, sizeof p->directory, "/tmp/hanse-peers-XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    snprintf(p->path, sizeof p->path, "%s/config.ini", p->directory);
    write_config(p, "[p2p]\n    listen_port=30300\n    node.0=127.0.0.1:1026\n    node.1=127.0.0.1:1025\n[log]\n");
    start_net(p);
    p->context.groups = group_table_new();
    p->context.config_path = p->path;
    pthread_mutex_init(&p->context.config_lock, NULL);
    p->workers = worker_pool_new("worker", 2, 100);
    p->backend = node_backend(&p->context);
    p->info = (rpc_node_info){.peers_param_limit = 4, .max_nodes_limit = 6};
    p->backend.info = &p->info;
    *state = p;
    return 0;
}

static int close_peers(void **state)
{
    peers *p = *state;
    worker_pool_free(p->workers);
    net_stop(p->context.net);
    group_table_free(p->context.groups);
    pthread_mutex_destroy(&p->context.config_lock);
    unlink(p->path);
    int failed = rmdir(p->directory); /* no temporary file is left */
    arena_reset(&p->memory);
    free(p);
    return failed;
}

static void take_answer(void *context, bytes response)
{
    peers *p = context;
    p->answer = arena_copy_text(&p->memory, response);
}

/* expected: the result, or the beginning of the error. */
static void ask(peers *p, const char *method, const char *params, const char *expected)
{
    p->answer = NULL;
    char *body = arena_print(&p->memory, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method, params);
    json_rpc_start(&p->backend, p->workers, bytes_of_text(body), take_answer, p);
    assert_non_null(p->answer); /* nothing here waits */
    if (expected[0] == '-') {
        char *begin = arena_print(&p->memory, "{\"error\":{\"code\":%s,", expected);
        if (strncmp(p->answer, begin, strlen(begin)) != 0)
            fail_msg("%s %s: %s", method, params, p->answer);
    } else {
        assert_string_equal(p->answer, arena_print(&p->memory, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":%s}\n", expected));
    }
}

static void assert_config(const peers *p, const char *expected)
{
    arena a = {0};
    bytes text;
    error_text why = {""};
    assert_true(file_read(&a, p->path, 4096, &text, &why));
    assert_bytes_equal(text, bytes_of_text(expected));
    arena_reset(&a);
}

#define DONE(verb) "{\"code\":\"0x0\",\"message\":\"" verb " peers :update config file successfully\"}"

static void adding_and_erasing_changes_table_and_file(void **state)
{
    peers *p = *state;
    ask(p, "queryPeers", "[]", "[\"127.0.0.1:1025\",\"127.0.0.1:1026\"]");
    ask(p, "addPeers", "[[\"127.0.0.1:1028\",\"[::1]:1027\"]]", DONE("add"));
    ask(p, "queryPeers", "[]", "[\"127.0.0.1:1025\",\"127.0.0.1:1026\",\"127.0.0.1:1028\",\"[::1]:1027\"]");
    assert_config(p, "[p2p]\n    node.0=127.0.0.1:1025\n    node.1=127.0.0.1:1026\n    node.2=127.0.0.1:1028\n"
                     "    node.3=[::1]:1027\n    listen_port=30300\n[log]\n");
    ask(p, "erasePeers", "[[\"127.0.0.1:1025\",\"127.0.0.1:1028\",\"[::1]:1027\"]]", DONE("erase"));
    assert_config(p, "[p2p]\n    node.0=127.0.0.1:1026\n    listen_port=30300\n[log]\n");
    ask(p, "queryPeers", "[]", "[\"127.0.0.1:1026\"]");
}

static void nothing_to_do_is_said_and_leaves_the_file_alone(void **state)
{
    peers *p = *state;
    write_config(p, "not even an ini file");
    ask(p, "addPeers", "[[\"127.0.0.1:1025\"]]", "{\"code\":\"0x0\",\"message\":\"add peers :all the inserted peers already exist\"}");
    ask(p, "erasePeers", "[[\"127.0.0.1:1999\"]]", "{\"code\":\"0x0\",\"message\":\"erase peers :none of the erased peers exist\"}");
    assert_config(p, "not even an ini file");
}

static void every_malformed_parameter_is_answered(void **state)
{
    peers *p = *state;
    static const struct {
        const char *params, *expected;
    } rows[] = {
        {"[\"x\"]", "{\"code\":\"0x7\",\"message\":\"invalid params field, not array format json\"}"},
        {"[]", "{\"code\":\"0x7\",\"message\":\"invalid params field, not array format json\"}"},
        {"{\"a\":1}", "{\"code\":\"0x7\",\"message\":\"invalid params field, not array format json\"}"},
        {"null", "{\"code\":\"0x7\",\"message\":\"invalid params field, not array format json\"}"},
        {"[[]]", "{\"code\":\"0x7\",\"message\":\"failed for empty host list, expect at least one peer\"}"},
        {"[[5]]", "{\"code\":\"0x7\",\"message\":\"invalid peer at position 1\"}"},
        {"[[\"127.0.0.1:1030\",null]]", "{\"code\":\"0x7\",\"message\":\"invalid peer at position 2\"}"},
        {"[[\"[::1]]:1030\"]]", "{\"code\":\"0x7\",\"message\":\"invalid peer at position 1\"}"},
        {"[[\"127.0.0.1\"]]", "-32603"},
        {"[[\"\"]]", "-32603"},
        {"[[\":1030\"]]", "-32603"},
        {"[[\"127.0.0.1:\"]]", "-32603"},
        {"[[\"127.0.0.1:99999\"]]", "-32603"},
        {"[[\"127.0.0.1:80\"]]", "-32603"},
        {"[[\"127.0.0.1:-1030\"]]", "-32603"},
        {"[[\"[::zz]:1030\"]]", "-32603"},
        {"[[\"[::1\"]]", "-32603"},
        {"[[\"a\\nnode.9=b:1030\"]]", "-32603"},
        {"[[\"h:1\",\"h:2\",\"h:3\",\"h:4\",\"h:5\"]]", "{\"code\":\"0x1\",\"message\":\"refused for too many param peers. peers_param_limit: 4\"}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask(p, "addPeers", rows[i].params, rows[i].expected);
        ask(p, "erasePeers", rows[i].params, rows[i].expected);
    }
    ask(p, "addPeers", "[[\"h:2001\",\"h:2002\",\"h:2003\",\"h:2004\"]]", DONE("add"));
    ask(p, "addPeers", "[[\"h:2005\"]]", "{\"code\":\"0x1\",\"message\":\"refused for too many peers. max_nodes_limit: 6\"}");
}

static void a_file_that_cannot_be_rewritten_is_reported(void **state)
{
    peers *p = *state;
    write_config(p, "[other]\n");
    ask(p, "addPeers", "[[\"127.0.0.1:1040\"]]", "{\"code\":\"0x1\",\"message\":\"fail to insert peers' data into config file\"}");
    unlink(p->path);
    ask(p, "erasePeers", "[[\"127.0.0.1:1040\"]]", "{\"code\":\"0x1\",\"message\":\"fail to open config file\"}");
}

static void group_files_are_looked_for(void **state)
{
    peers *p = *state;
    p->context.group_config_path = arena_print(&p->memory, "%s/", p->directory);
    assert_int_equal(p->backend.group_files(p->backend.context, 12), 0);
    const char *first = arena_print(&p->memory, "%s/group.12.genesis", p->directory);
    const char *second = arena_print(&p->memory, "%s/group.12.ini", p->directory);
    fclose(fopen(first, "w"));
    assert_int_equal(p->backend.group_files(p->backend.context, 12), RPC_GROUP_HAS_GENESIS);
    fclose(fopen(second, "w"));
    assert_int_equal(p->backend.group_files(p->backend.context, 12), RPC_GROUP_HAS_GENESIS | RPC_GROUP_HAS_INI);
    assert_int_equal(p->backend.group_files(p->backend.context, 1), 0);
    unlink(first);
    assert_int_equal(p->backend.group_files(p->backend.context, 12), RPC_GROUP_HAS_INI);
    unlink(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adding_and_erasing_changes_table_and_file, open_peers, close_peers),
        cmocka_unit_test_setup_teardown(nothing_to_do_is_said_and_leaves_the_file_alone, open_peers, close_peers),
        cmocka_unit_test_setup_teardown(every_malformed_parameter_is_answered, open_peers, close_peers),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_rewritten_is_reported, open_peers, close_peers),
        cmocka_unit_test_setup_teardown(group_files_are_looked_for, open_peers, close_peers),
    };
    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
