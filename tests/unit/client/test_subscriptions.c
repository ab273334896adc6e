/* Every block and every log once and in order, from nodes that repeat, omit, cut, lag and die (hanse/client.h). */
#include "support_node.h"

#include <pthread.h>
#include <unistd.h>

static fake_chain *chain;

/* ---- a client of some nodes, and what it was told ---- */

enum { TOLD_MAX = 20000 };

typedef struct {
    pthread_mutex_t lock;
    size_t count;
    int64_t blocks[TOLD_MAX];
    int logs[TOLD_MAX];
    bool is_done;
} record;

static record told;

static void begin_record(void)
{
    memset(&told, 0, sizeof told);
    pthread_mutex_init(&told.lock, NULL);
}

static size_t told_count(void)
{
    pthread_mutex_lock(&told.lock);
    size_t count = told.count;
    pthread_mutex_unlock(&told.lock);
    return count;
}

static bool is_done(void)
{
    pthread_mutex_lock(&told.lock);
    bool done = told.is_done;
    pthread_mutex_unlock(&told.lock);
    return done;
}

static void on_block(void *context, int64_t number)
{
    assert_ptr_equal(context, &told);
    pthread_mutex_lock(&told.lock);
    assert_in_range(told.count, 0, TOLD_MAX - 1);
    told.blocks[told.count++] = number;
    pthread_mutex_unlock(&told.lock);
}

static void on_log(void *context, const char *log)
{
    assert_ptr_equal(context, &told);
    pthread_mutex_lock(&told.lock);
    assert_false(told.is_done);
    if (log == NULL) {
        told.is_done = true;
    } else {
        long long block;
        int index;
        const char *number = strstr(log, "\"blockNumber\":\""), *place = strstr(log, "\"logIndex\":\"0x");
        assert_non_null(number);
        assert_non_null(place);
        assert_int_equal(sscanf(number, "\"blockNumber\":\"%lld", &block), 1);
        assert_int_equal(sscanf(place, "\"logIndex\":\"0x%x", (unsigned *)&index), 1);
        assert_in_range(told.count, 0, TOLD_MAX - 1);
        told.blocks[told.count] = block;
        told.logs[told.count++] = index;
    }
    pthread_mutex_unlock(&told.lock);
}

static size_t logs_between(int64_t from, int64_t to)
{
    size_t count = 0;
    for (int64_t b = from; b <= to; b++)
        count += FAKE_LOGS(b);
    return count;
}

/* Exactly the logs of these blocks, once and in order. */
static void expect_logs(int64_t from, int64_t to)
{
    size_t wanted = logs_between(from, to), at = 0;
    WAIT_UNTIL(told_count() >= wanted);
    usleep(50000); /* for what must not come */
    pthread_mutex_lock(&told.lock);
    assert_int_equal(told.count, wanted);
    for (int64_t b = from; b <= to; b++)
        for (size_t i = 0; i < FAKE_LOGS(b); i++, at++) {
            assert_int_equal(told.blocks[at], b);
            assert_int_equal(told.logs[at], i);
        }
    pthread_mutex_unlock(&told.lock);
}

static void expect_blocks(int64_t from, int64_t to)
{
    WAIT_UNTIL(told_count() >= (size_t)(to - from + 1));
    usleep(50000);
    pthread_mutex_lock(&told.lock);
    assert_int_equal(told.count, to - from + 1);
    for (int64_t b = from; b <= to; b++)
        assert_int_equal(told.blocks[b - from], b);
    pthread_mutex_unlock(&told.lock);
}

static hanse_client *open_client(fake_node *a, fake_node *b, unsigned timeout_ms)
{
    char names[2][32];
    const char *nodes[2] = {names[0], names[1]};
    snprintf(names[0], sizeof names[0], "127.0.0.1:%u", fake_node_port(a));
    snprintf(names[1], sizeof names[1], "channel://127.0.0.1:%u", b ? fake_node_port(b) : 0);
    hanse_client_options options = {.nodes = nodes, .node_count = b ? 2 : 1, .certificates = fake_chain_folder(chain), .reconnect_ms = 50, .timeout_ms = timeout_ms};
    hanse_error error = {0};
    hanse_client *c = hanse_client_open(&options, &error);
    if (c == NULL)
        fail_msg("%s", error.text);
    return c;
}

static size_t connection_count(hanse_client *c)
{
    char *list = hanse_client_connections(c);
    size_t count = *list != '\0';
    for (const char *at = list; *at; at++)
        count += *at == '\n';
    hanse_free(list);
    return count;
}

/* ---- blocks ---- */

static void lost_pushes_leave_no_gap(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 5);
    hanse_client *c = open_client(a, NULL, 0);
    hanse_error error;
    assert_non_null(hanse_blocks_subscribe(c, 3, on_block, &told, &error));
    expect_blocks(3, 5);
    fake_node_set_habits(a, (fake_habits){.omits_block_pushes = true});
    fake_node_set_height(a, 9);
    usleep(50000);
    fake_node_set_habits(a, (fake_habits){0});
    fake_node_set_height(a, 10);
    expect_blocks(3, 10);
    fake_node_cut(a); /* blocks that come while nobody is connected */
    fake_node_set_height(a, 700);
    expect_blocks(3, 700);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void the_next_block_is_the_one_after_the_height(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 41);
    hanse_client *c = open_client(a, NULL, 0);
    hanse_subscription *s = hanse_blocks_subscribe(c, -1, on_block, &told, NULL);
    fake_node_set_height(a, 43);
    expect_blocks(42, 43);
    hanse_unsubscribe(s);
    fake_node_set_height(a, 50);
    usleep(100000);
    expect_blocks(42, 43);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void text_pushes_of_old_nodes_are_understood(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 1);
    fake_node_set_habits(a, (fake_habits){.protocol = 1});
    hanse_client *c = open_client(a, NULL, 0);
    assert_non_null(hanse_blocks_subscribe(c, 1, on_block, &told, NULL));
    fake_node_set_height(a, 4);
    expect_blocks(1, 4);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* After the first node died, a node that is behind tells nothing twice. */
static void a_node_that_is_behind_repeats_no_block(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 100), *b = fake_node_start(chain, 0, 60);
    hanse_client *c = open_client(a, b, 0);
    WAIT_UNTIL(connection_count(c) == 2);
    assert_non_null(hanse_blocks_subscribe(c, 1, on_block, &told, NULL));
    expect_blocks(1, 100);
    fake_node_stop(a);
    fake_node_set_height(b, 80);
    usleep(100000);
    expect_blocks(1, 100);
    fake_node_set_height(b, 103);
    expect_blocks(1, 103);
    hanse_client_close(c);
    fake_node_stop(b);
}

/* The first node is a little behind: it is still the one that is asked, so its height is what counts. */
static void a_block_is_told_when_it_can_be_read(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 48), *b = fake_node_start(chain, 0, 50);
    hanse_client *c = open_client(a, b, 0);
    WAIT_UNTIL(connection_count(c) == 2);
    assert_non_null(hanse_blocks_subscribe(c, 40, on_block, &told, NULL));
    expect_blocks(40, 48);
    fake_node_set_height(b, 51); /* too far behind: the other one is asked */
    expect_blocks(40, 51);
    hanse_client_close(c);
    fake_node_stop(a);
    fake_node_stop(b);
}

/* ---- events ---- */

static void subscribe(hanse_client *c, int64_t from, int64_t to)
{
    hanse_error error = {0};
    hanse_event_filter filter = {.from_block = from, .to_block = to};
    if (hanse_events_subscribe(c, &filter, on_log, &told, &error) == NULL)
        fail_msg("%s", error.text);
}

static void logs_come_once_though_they_are_repeated(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 50);
    fake_node_set_habits(a, (fake_habits){.repeats_event_pushes = true});
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, 2, -1);
    expect_logs(2, 50);
    fake_node_set_height(a, 77);
    expect_logs(2, 77);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void a_cut_in_the_middle_of_a_push_loses_nothing(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 200);
    fake_node_cut_in_push(a, 7);
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, 0, 150);
    WAIT_UNTIL(fake_node_registrations(a) == 2);
    fake_node_cut_in_push(a, 9);
    WAIT_UNTIL(fake_node_registrations(a) == 3);
    expect_logs(0, 150);
    WAIT_UNTIL(is_done());
    hanse_client_close(c);
    fake_node_stop(a);
}

/* Between two logs of one block: the block was begun, not passed. */
static void a_cut_inside_a_block_loses_nothing(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 30);
    fake_node_set_habits(a, (fake_habits){.splits_blocks = true});
    fake_node_cut_in_push(a, 5); /* after the first log of block 5, which has two */
    assert_int_equal(logs_between(0, 4) + 1, 5);
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, 0, -1);
    WAIT_UNTIL(fake_node_registrations(a) == 2);
    expect_logs(0, 30);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* The one that is behind knows nothing of the last logs, and repeats others as soon as it has caught up. */
static void logs_go_on_at_a_node_that_is_behind(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 90), *b = fake_node_start(chain, 0, 40);
    fake_node_set_habits(b, (fake_habits){.repeats_event_pushes = true});
    hanse_client *c = open_client(a, b, 0);
    WAIT_UNTIL(connection_count(c) == 2);
    subscribe(c, 1, -1);
    expect_logs(1, 90);
    fake_node_stop(a);
    WAIT_UNTIL(fake_node_registrations(b) == 1);
    fake_node_set_height(b, 89);
    usleep(50000);
    expect_logs(1, 90);
    fake_node_set_height(b, 120);
    expect_logs(1, 120);
    hanse_client_close(c);
    fake_node_stop(b);
}

/* The only node dies and comes back on its port, with more blocks. */
static void logs_go_on_when_a_node_comes_back(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 30);
    unsigned port = fake_node_port(a);
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, -1, -1);
    fake_node_set_height(a, 33);
    expect_logs(31, 33);
    fake_node_stop(a);
    a = fake_node_start(chain, port, 60);
    expect_logs(31, 60);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void long_ranges_are_registered_in_stretches(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 2500);
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, 0, 2400);
    expect_logs(0, 2400);
    WAIT_UNTIL(is_done());
    assert_int_equal(fake_node_registrations(a), 3);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void a_refused_registration_is_told(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 10);
    hanse_client *c = open_client(a, NULL, 300);
    hanse_error error = {0};
    hanse_event_filter filter = {.from_block = 1, .to_block = -1};
    fake_node_set_habits(a, (fake_habits){.registration_code = -41003});
    assert_null(hanse_events_subscribe(c, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_RPC);
    assert_int_equal(error.rpc_code, -41003);
    fake_node_set_habits(a, (fake_habits){.ignores_registrations = true}); /* network.md 11.1: a node that is starting */
    assert_null(hanse_events_subscribe(c, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_TIMEOUT);
    assert_int_equal(told_count(), 0);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* A node that takes no registration after a reconnect: its receipts are read instead. */
static void a_registration_refused_later_does_not_stop_the_logs(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 20);
    hanse_client *c = open_client(a, NULL, 0);
    subscribe(c, 1, 60);
    expect_logs(1, 20);
    fake_node_set_habits(a, (fake_habits){.registration_code = -41003});
    fake_node_cut(a);
    WAIT_UNTIL(fake_node_registrations(a) == 2);
    fake_node_set_height(a, 70);
    expect_logs(1, 60);
    WAIT_UNTIL(is_done());
    hanse_client_close(c);
    fake_node_stop(a);
}

static void a_registration_without_an_answer_is_tried_again(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 20);
    hanse_client *c = open_client(a, NULL, 200);
    subscribe(c, 1, -1);
    expect_logs(1, 20);
    fake_node_set_habits(a, (fake_habits){.ignores_registrations = true});
    fake_node_cut(a);
    WAIT_UNTIL(fake_node_registrations(a) >= 3);
    fake_node_set_habits(a, (fake_habits){0});
    fake_node_set_height(a, 33);
    expect_logs(1, 33);
    hanse_client_close(c);
    fake_node_stop(a);
}

static hanse_subscription *to_be_ended;

static void end_in_callback(void *context, const char *log)
{
    on_log(context, log);
    hanse_unsubscribe(to_be_ended);
    to_be_ended = NULL;
}

static void a_subscription_may_end_in_its_callback(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 0);
    hanse_client *c = open_client(a, NULL, 0);
    hanse_event_filter filter = {.from_block = 1, .to_block = -1};
    to_be_ended = hanse_events_subscribe(c, &filter, end_in_callback, &told, NULL);
    fake_node_set_height(a, 20);
    WAIT_UNTIL(told_count() == 1);
    usleep(100000);
    assert_int_equal(told_count(), 1);
    hanse_client_close(c);
    fake_node_stop(a);
}

/* The client has asked for the group's height just now. */
static void the_next_event_waits_for_the_height(void **state)
{
    (void)state;
    begin_record();
    fake_node *a = fake_node_start(chain, 0, 10);
    fake_node_set_habits(a, (fake_habits){.has_group_2 = true});
    hanse_client *c = open_client(a, NULL, 300);
    hanse_error error = {0};
    hanse_event_filter filter = {.from_block = -1, .to_block = -1};
    fake_node_set_habits(a, (fake_habits){.has_group_2 = true, .ignores_heights = true});
    hanse_client *other = hanse_client_of_group(c, 2, &error);
    assert_null(hanse_events_subscribe(other, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_TIMEOUT);
    fake_node_set_habits(a, (fake_habits){.has_group_2 = true});
    hanse_client_close(other);
    other = hanse_client_of_group(c, 2, &error);
    if (hanse_events_subscribe(other, &filter, on_log, &told, &error) == NULL)
        fail_msg("%s", error.text);
    fake_node_set_height(a, 14);
    expect_logs(11, 14);
    hanse_client *none = hanse_client_of_group(c, 3, &error);
    assert_null(hanse_events_subscribe(none, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_CONNECTION);
    hanse_client_close(none);
    hanse_client_close(other);
    hanse_client_close(c);
    fake_node_stop(a);
}

static void filters_are_checked(void **state)
{
    (void)state;
    fake_node *a = fake_node_start(chain, 0, 0);
    hanse_client *c = open_client(a, NULL, 0);
    hanse_error error = {0};
    const char *bad[] = {"0x1234"};
    const char *good[] = {"0x00000000000000000000000000000000000000Aa"};
    hanse_event_filter filter = {.from_block = 5, .to_block = 4};
    assert_null(hanse_events_subscribe(c, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    filter = (hanse_event_filter){.from_block = 1, .to_block = -1, .addresses = bad, .address_count = 1};
    assert_null(hanse_events_subscribe(c, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    filter = (hanse_event_filter){.from_block = 1, .to_block = -1, .topics = {NULL, good}, .topic_count = {0, 1}};
    assert_null(hanse_events_subscribe(c, &filter, on_log, &told, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    filter = (hanse_event_filter){.from_block = 1, .to_block = -1, .addresses = good, .address_count = 1};
    hanse_subscription *s = hanse_events_subscribe(c, &filter, on_log, &told, &error);
    assert_non_null(s);
    hanse_unsubscribe(s);
    hanse_unsubscribe(NULL);
    hanse_client_close(c);
    fake_node_stop(a);
}

static int set_up(void **state)
{
    (void)state;
    chain = fake_chain_new(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_chain_free(chain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_pushes_leave_no_gap),
        cmocka_unit_test(the_next_block_is_the_one_after_the_height),
        cmocka_unit_test(text_pushes_of_old_nodes_are_understood),
        cmocka_unit_test(a_node_that_is_behind_repeats_no_block),
        cmocka_unit_test(a_block_is_told_when_it_can_be_read),
        cmocka_unit_test(logs_come_once_though_they_are_repeated),
        cmocka_unit_test(a_cut_in_the_middle_of_a_push_loses_nothing),
        cmocka_unit_test(a_cut_inside_a_block_loses_nothing),
        cmocka_unit_test(logs_go_on_at_a_node_that_is_behind),
        cmocka_unit_test(logs_go_on_when_a_node_comes_back),
        cmocka_unit_test(long_ranges_are_registered_in_stretches),
        cmocka_unit_test(a_refused_registration_is_told),
        cmocka_unit_test(a_registration_refused_later_does_not_stop_the_logs),
        cmocka_unit_test(a_registration_without_an_answer_is_tried_again),
        cmocka_unit_test(a_subscription_may_end_in_its_callback),
        cmocka_unit_test(the_next_event_waits_for_the_height),
        cmocka_unit_test(filters_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
