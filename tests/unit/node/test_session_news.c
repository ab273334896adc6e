/* Sessions that come and go faster than a group looks: one list waits, and who was away in between is seen to go. */
#include "test.h"

#include "node/session_news.h"

#include <malloc.h>

static node_id ids[8];

static void put(session_news *n, const char *who, bool calls)
{
    node_id list[8];
    size_t count = strlen(who);
    for (size_t i = 0; i < count; i++)
        list[i] = ids[who[i] - '0'];
    assert_int_equal(session_news_put(n, list, count), calls);
}

/* The machines are called: they see this list. */
static void see(session_news *n, const char *who, bool again)
{
    size_t count;
    const node_id *list = session_news_take(n, &count);
    assert_int_equal(count, strlen(who));
    for (size_t i = 0; i < count; i++)
        assert_true(node_id_equal(&list[i], &ids[who[i] - '0']));
    assert_true(session_news_waits(n));
    assert_int_equal(session_news_seen(n), again);
    assert_int_equal(session_news_waits(n), again);
}

static int set_up(void **state)
{
    for (size_t i = 0; i < COUNT(ids); i++)
        memset(ids[i].b, (int)(i * 0x1f), sizeof ids[i].b);
    *state = session_news_new();
    return 0;
}

static int tear_down(void **state)
{
    session_news_free(*state);
    return 0;
}

static void one_list_waits(void **state)
{
    session_news *n = *state;
    assert_false(session_news_waits(n));
    put(n, "", true);
    see(n, "", false);
    put(n, "31", true);
    put(n, "312", false); /* in any order; more come */
    put(n, "12", false);  /* 3 was never seen */
    see(n, "12", false);
    put(n, "1", true);
    put(n, "14", false);
    see(n, "14", false); /* 2 went, 4 came: no flapping */
}

static void who_was_away_is_seen_to_go(void **state)
{
    session_news *n = *state;
    put(n, "123", true);
    see(n, "123", false);
    put(n, "13", true); /* 2 goes, comes back; 4 comes */
    put(n, "132", false);
    put(n, "1324", false);
    see(n, "13", true);
    see(n, "1234", false);
    put(n, "", true); /* all go and come back */
    put(n, "1234", false);
    see(n, "", true);
    put(n, "123", false); /* while the rest waits */
    see(n, "123", false);
    /* Away again between the two lists. */
    put(n, "23", true);
    put(n, "123", false);
    see(n, "23", true);
    put(n, "13", false);
    put(n, "123", false);
    see(n, "3", true);
    see(n, "123", false);
}

/* While it is looked at, something new comes. */
static void news_during_a_look(void **state)
{
    session_news *n = *state;
    put(n, "1", true);
    size_t count;
    session_news_take(n, &count);
    put(n, "12", false);
    assert_true(session_news_seen(n));
    see(n, "12", false);
    put(n, "1", true);
    session_news_drop(n);
    assert_false(session_news_waits(n));
}

/* A million changes while nobody looks: no more memory than for a few lists. */
static void flapping_takes_no_memory(void **state)
{
    session_news *n = *state;
    put(n, "01234567", true);
    for (int i = 0; i < 1000; i++)
        put(n, i % 2 ? "01234567" : "0123456", false);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 200000; i++)
        put(n, i % 2 ? "01234567" : "0123456", false);
    assert_true(mallinfo2().uordblks <= before + 65536);
    see(n, "01234567", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_list_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_away_is_seen_to_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(news_during_a_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flapping_takes_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("session_news", tests, NULL, NULL);
}
