/* Event filters (spec/network.md 11.1, 11.3): what is understood, what is refused, what matches. */
#include "test.h"

#include "channel/event_filter.h"

static int parse(event_filter *f, const char *json)
{
    return event_filter_parse(f, bytes_of_text(json));
}

#define START "{\"filterID\":\"f\",\"groupID\":1,"
#define ANY "\"addresses\":[],\"topics\":[]}"
#define A "\"a333d9b68b975196029e23679f69c2b78c54c6b3\""

static void test_what_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool ok;
    } cases[] = {
        {START ANY, true},
        {"{\"filterID\":7,\"groupID\":\"0x1\"," ANY, true},
        {"{\"filterID\":\"\",\"groupID\":1," ANY, false},
        {"{\"groupID\":1," ANY, false},
        {"{\"filterID\":\"f\"," ANY, false},
        {"{\"filterID\":\"f\",\"groupID\":0," ANY, false},
        {"{\"filterID\":\"f\",\"groupID\":32768," ANY, false},
        {"{\"filterID\":\"f\",\"groupID\":-1," ANY, false},
        {START "\"fromBlock\":\"0x1f\",\"toBlock\":12," ANY, true},
        {START "\"fromBlock\":\"0X1f\"," ANY, false},
        {START "\"fromBlock\":\"abc\"," ANY, false},
        {START "\"fromBlock\":\"9223372036854775807\"," ANY, true},
        {START "\"fromBlock\":\"9223372036854775808\"," ANY, false},
        {START "\"fromBlock\":null," ANY, false},
        {START "\"topics\":[]}", false},
        {START "\"addresses\":[]}", false},
        {START "\"addresses\":" A ",\"topics\":[]}", true},
        {START "\"addresses\":5,\"topics\":[]}", false},
        {START "\"addresses\":[\"0xab\"],\"topics\":[]}", false},
        {START "\"addresses\":[],\"topics\":[null,null,null,null]}", true},
        {START "\"addresses\":[],\"topics\":[null,null,null,null,null]}", false},
        {START "\"addresses\":[],\"topics\":7}", true},
        {START "\"addresses\":[],\"topics\":[\"0xzz\"]}", false},
        {START "\"addresses\":[],\"topics\":[[[]]]}", false},
        {"[]", false},
        {"5", false},
        {"not json", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        event_filter f;
        int wanted = cases[i].ok ? EVENT_OK : EVENT_INVALID_REQUEST;
        if (parse(&f, cases[i].json) != wanted)
            fail_msg("%s: wanted %d", cases[i].json, wanted);
        event_filter_free(&f);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    event_filter f;
    assert_int_equal(parse(&f, START "\"fromBlock\":\"latest\",\"toBlock\":\"latest\"," ANY), EVENT_OK);
    assert_true(f.from_latest && f.to == INT64_MAX);
    event_filter_free(&f);
    assert_int_equal(parse(&f, START "\"fromBlock\":\"0x10\",\"toBlock\":\"20\"," ANY), EVENT_OK);
    assert_true(!f.from_latest && f.from == 16 && f.to == 20);
    event_filter_free(&f);
}

static void test_limits(void **state)
{
    (void)state;
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    for (size_t count = EVENT_FILTER_VALUES_MAX; count <= EVENT_FILTER_VALUES_MAX + 1; count++) {
        buffer_clear(&text);
        buffer_append_text(&text, START "\"addresses\":[");
        for (size_t i = 0; i < count; i++)
            buffer_print(&text, "%s\"%040zx\"", i ? "," : "", i);
        buffer_append_text(&text, "],\"topics\":[]}");
        event_filter f;
        assert_int_equal(event_filter_parse(&f, buffer_bytes(&text)),
                         count == EVENT_FILTER_VALUES_MAX ? EVENT_OK : EVENT_INVALID_REQUEST);
        event_filter_free(&f);
    }
    buffer_free(&text);
}

static log_entry entry_of(uint8_t from, size_t topics)
{
    log_entry entry = {.topic_count = topics};
    entry.from.b[19] = from;
    for (size_t i = 0; i < topics; i++)
        entry.topics[i].b[31] = (uint8_t)(i + 1);
    return entry;
}

static void test_matching(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        uint8_t from;
        size_t topics;
        bool wanted;
    } cases[] = {
        {START ANY, 9, 0, true},
        {START "\"addresses\":[\"0000000000000000000000000000000000000009\"],\"topics\":[]}", 9, 2, true},
        {START "\"addresses\":[\"0000000000000000000000000000000000000008\"],\"topics\":[]}", 9, 2, false},
        {START "\"addresses\":[],\"topics\":[\"1\"]}", 9, 1, true},
        {START "\"addresses\":[],\"topics\":[1,\"2\",3,[4,5]]}", 9, 4, true},
        {START "\"addresses\":[],\"topics\":[1,\"2\",3,[null]]}", 9, 3, true},
        {START "\"addresses\":[],\"topics\":[null,3]}", 9, 2, false},
        /* A topic that the log does not have: no match (it kills the reference). */
        {START "\"addresses\":[],\"topics\":[1]}", 9, 0, false},
        {START "\"addresses\":[],\"topics\":[1,2,3,4]}", 9, 3, false},
        {START "\"addresses\":[],\"topics\":[null,null,null,4]}", 9, 0, false},
        /* QUIRK: short hex is the zero topic. */
        {START "\"addresses\":[],\"topics\":[\"0x01\"]}", 9, 1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        event_filter f;
        assert_int_equal(parse(&f, cases[i].filter), EVENT_OK);
        log_entry entry = entry_of(cases[i].from, cases[i].topics);
        if (log_pattern_matches(&f.pattern, &entry) != cases[i].wanted)
            fail_msg("case %zu: %s", i, cases[i].filter);
        event_filter_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_understood),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
