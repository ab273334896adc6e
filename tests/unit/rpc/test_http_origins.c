/* Which page may do what; the list of the configuration. */
#include "rpc/http_origins.h"

#include "test.h"

static void pages(void **state)
{
    (void)state;
    static const char *const list[] = {"https://wallet.example", "http://localhost:3000"}, *const all[] = {"*"};
    const http_origins none = {0}, some = {list, COUNT(list)}, any = {all, COUNT(all)};
    static const struct {
        const char *origin, *host;
        http_origin_kind of_none, of_some;
    } rows[] = {
        {NULL, "a", HTTP_ORIGIN_NONE, HTTP_ORIGIN_NONE},
        {"https://wallet.example", "127.0.0.1:8545", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_ALLOWED},
        {"HTTPS://Wallet.example", "127.0.0.1:8545", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_ALLOWED},
        {"https://wallet.example.evil", "127.0.0.1:8545", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"http://localhost", "127.0.0.1:8545", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"http://node:8545", "node:8545", HTTP_ORIGIN_SAME, HTTP_ORIGIN_SAME},
        {"https://explorer.example", "explorer.example", HTTP_ORIGIN_SAME, HTTP_ORIGIN_SAME},
        {"http://node:8545", NULL, HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"http://node:1", "node:8545", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"null", "null", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"", "", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
        {"chrome-extension://abcdef", "a", HTTP_ORIGIN_NONE, HTTP_ORIGIN_NONE},
        {"chrome-extension://abcdef, http://evil", "a", HTTP_ORIGIN_FOREIGN, HTTP_ORIGIN_FOREIGN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(http_origins_judge(&none, rows[i].origin, rows[i].host), rows[i].of_none);
        assert_int_equal(http_origins_judge(&some, rows[i].origin, rows[i].host), rows[i].of_some);
        assert_int_equal(http_origins_judge(&any, rows[i].origin, rows[i].host), rows[i].origin ? HTTP_ORIGIN_ALLOWED : HTTP_ORIGIN_NONE);
    }
}

static void lists(void **state)
{
    (void)state;
    arena a = {0};
    http_origins o;
    error_text why;
    assert_true(http_origins_read(&a, NULL, &o, &why));
    assert_int_equal(o.count, 0);
    assert_true(http_origins_read(&a, "  ", &o, &why));
    assert_int_equal(o.count, 0);
    assert_true(http_origins_read(&a, "*", &o, &why));
    assert_int_equal(o.count, 1);
    assert_true(http_origins_read(&a, " https://a.example ,http://localhost:3000", &o, &why));
    assert_int_equal(o.count, 2);
    assert_string_equal(o.allowed[0], "https://a.example");
    assert_string_equal(o.allowed[1], "http://localhost:3000");
    static const char *const bad[] = {"a.example", "https://a.example/", "https://a.example/path", "https://", "://a", "https://a,", ",", "null"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(http_origins_read(&a, bad[i], &o, &why));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages), cmocka_unit_test(lists)};
    return cmocka_run_group_tests_name("http_origins", tests, NULL, NULL);
}
