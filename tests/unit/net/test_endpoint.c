#include "test.h"

#include "net/endpoint.h"

static void endpoints_are_read_and_printed(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:30300", "node-1.example.org:65535", "localhost:1025", "[::1]:30300",
                                       "[fe80::1:2]:30301"};
    for (size_t i = 0; i < COUNT(good); i++) {
        endpoint e;
        char text[NET_ENDPOINT_BYTES];
        assert_true(endpoint_parse(good[i], &e, NULL));
        endpoint_print(&e, text);
        assert_string_equal(text, good[i]);
    }
}

/* The reference crashes on some of these (spec/interfaces.md 4.2); all are refused here. */
static void malformed_endpoints_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           ":",           "127.0.0.1",       "127.0.0.1:",      "127.0.0.1:0",
                                      "a:1024",     "a:65536",     "a:99999",         "a:100000",        "a:-1",
                                      "a:30300 ",   "a: 30300",    "a:0x7530",        ":30300",          "a b:30300",
                                      "::1:30300",  "[::1]30300",  "[::1]",           "[::1",            "[]:30300",
                                      "[1.2.3.4]:30300", "[::1]]:30300", "[::1]:30300]", "a/b:30300",     "a:30300:30301",
                                      "[::g]:30300", "a:30300\n",  "%s%n:30300",      "a:18446744073709581916"};
    char longest[600];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + sizeof longest - 7, ":30300", 7);
    endpoint e;
    error_text why;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (endpoint_parse(bad[i], &e, &why))
            fail_msg("accepted %s", bad[i]);
        assert_true(why.text[0] != 0);
    }
    assert_false(endpoint_parse(longest, &e, &why));
    memcpy(longest + 255, ":30300", 7);
    assert_true(endpoint_parse(longest, &e, &why));
    memmove(longest + 1, longest, 300);
    assert_false(endpoint_parse(longest, &e, &why));
}

static void the_table_is_sorted_and_all_or_nothing(void **state)
{
    (void)state;
    endpoint_table t;
    endpoint_table_init(&t);
    size_t bad = 99;
    const char *const first[] = {"b:30300", "a:30301", "a:30300", "a:30301"}; /* one stands twice */
    assert_int_equal(endpoint_table_add(&t, first, 4, 100, &bad, NULL), NET_ENDPOINTS_CHANGED);
    assert_int_equal(t.count, 3);
    assert_string_equal(t.rows[0].where.port, "30300");
    assert_string_equal(t.rows[1].where.port, "30301");
    assert_string_equal(t.rows[2].where.host, "b");
    /* QUIRK of spec/network.md 2.1: equal when host and port put together are equal. */
    const char *const same[] = {"a1:1234", "a11:2345", "a1:12345"};
    assert_int_equal(endpoint_table_add(&t, same + 1, 2, 100, &bad, NULL), NET_ENDPOINTS_CHANGED);
    assert_int_equal(t.count, 4);
    const char *const mixed[] = {"c:30300", "nonsense"};
    assert_int_equal(endpoint_table_add(&t, mixed, 2, 100, &bad, NULL), NET_ENDPOINTS_MALFORMED);
    assert_int_equal(bad, 1);
    assert_int_equal(endpoint_table_erase(&t, mixed, 2, &bad), NET_ENDPOINTS_MALFORMED);
    assert_int_equal(endpoint_table_add(&t, mixed, 1, 4, &bad, NULL), NET_ENDPOINTS_TOO_MANY);
    assert_int_equal(t.count, 4);
    assert_int_equal(endpoint_table_add(&t, first, 4, 2, &bad, NULL), NET_ENDPOINTS_SAME);
    assert_int_equal(endpoint_table_erase(&t, mixed, 1, &bad), NET_ENDPOINTS_SAME);
    assert_int_equal(endpoint_table_erase(&t, first, 4, &bad), NET_ENDPOINTS_CHANGED);
    assert_int_equal(t.count, 1);
    endpoint_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_read_and_printed),
        cmocka_unit_test(malformed_endpoints_are_refused),
        cmocka_unit_test(the_table_is_sorted_and_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
