/* Which logs are wanted, one by one and by blooms. The bits are those of spec/data-model.md 4.4. */
#include "test.h"

#include "chain/log_pattern.h"

static log_entry entry_of(uint8_t from, size_t topic_count, uint8_t first_topic)
{
    log_entry e = {.topic_count = topic_count};
    memset(e.from.b, from, sizeof e.from.b);
    for (size_t i = 0; i < topic_count; i++)
        memset(e.topics[i].b, first_topic + (int)i, sizeof e.topics[i].b);
    return e;
}

/* The worked example: address 0x01 x 20 and topic 0x02 x 32 set bits 323, 357, 589, 788, 1610 and 1951. */
static void bits_are_those_of_the_specification(void **state)
{
    (void)state;
    log_entry e = entry_of(1, 1, 2);
    bool expected[2048] = {0}, found[2048] = {0};
    static const unsigned bits[] = {323, 357, 589, 788, 1610, 1951};
    for (size_t i = 0; i < COUNT(bits); i++)
        expected[bits[i]] = true;
    bloom_bits from = bloom_bits_of(&crypto_standard, BYTES_OF_VALUE(e.from));
    bloom_bits topic = bloom_bits_of(&crypto_standard, BYTES_OF_VALUE(e.topics[0]));
    for (int i = 0; i < 3; i++)
        found[from.bit[i]] = found[topic.bit[i]] = true;
    assert_memory_equal(found, expected, sizeof found);
    bloom b = {{0}};
    bloom_add_log(&crypto_standard, &b, &e);
    assert_true(bloom_has(&b, from) && bloom_has(&b, topic));
    for (size_t i = 0; i < COUNT(bits); i++) { /* each bit is needed */
        bloom less = b;
        less.b[BLOOM_BYTES - 1 - bits[i] / 8] ^= (uint8_t)(1u << bits[i] % 8);
        assert_false(bloom_has(&less, from) && bloom_has(&less, topic));
    }
}

/* A pattern of what is not 0, each value with a wrong one beside it. */
static log_pattern pattern_of(arena *a, uint8_t from, const uint8_t topics[LOG_TOPICS_MAX], size_t topics_min)
{
    log_pattern p = {.topics_min = topics_min};
    if (from) {
        p.addresses = arena_take_array(a, 2, sizeof *p.addresses);
        p.address_count = 2;
        memset(p.addresses[0].b, from, sizeof p.addresses[0].b);
        memset(p.addresses[1].b, 0xee, sizeof p.addresses[1].b);
    }
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        if (topics[t]) {
            p.topics[t].values = arena_take_array(a, 2, sizeof(hash256));
            p.topics[t].count = 2;
            memset(&p.topics[t].values[0], 0xdd, sizeof(hash256));
            memset(&p.topics[t].values[1], topics[t], sizeof(hash256));
        }
    log_pattern_prepare(&p, &crypto_standard, a);
    return p;
}

static void logs_match_in_every_part(void **state)
{
    (void)state;
    static const struct {
        uint8_t from, topics[LOG_TOPICS_MAX];
        size_t min;
        bool matches;
    } rows[] = {
        {0, {0}, 0, true},        {1, {0}, 0, true},        {9, {0}, 0, false},       {0, {2}, 0, true},
        {0, {3}, 0, false},       {0, {0, 3}, 0, true},     {0, {2, 3}, 2, true},     {0, {2, 2}, 2, false},
        {0, {0, 0, 4}, 0, false}, {1, {2, 3}, 2, true},     {9, {2, 3}, 2, false},    {0, {0}, 2, true},
        {0, {0}, 3, false},       {1, {2}, 3, false},
    };
    log_entry e = entry_of(1, 2, 2);
    bloom b = {{0}}, none = {{0}}, all;
    bloom_add_log(&crypto_standard, &b, &e);
    memset(&all, 0xff, sizeof all);
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena a = {0};
        log_pattern p = pattern_of(&a, rows[i].from, rows[i].topics, rows[i].min);
        assert_int_equal(log_pattern_matches(&p, &e), rows[i].matches);
        assert_true(log_pattern_may_match(&p, &all));
        if (rows[i].matches)
            assert_true(log_pattern_may_match(&p, &b));
        bool wants_a_value = rows[i].from || rows[i].topics[0] || rows[i].topics[1] || rows[i].topics[2];
        assert_int_equal(log_pattern_may_match(&p, &none), !wants_a_value);
        arena_reset(&a);
    }
}

static void a_copy_tells_the_same(void **state)
{
    (void)state;
    static const uint8_t topics[][LOG_TOPICS_MAX] = {{0}, {2}, {2, 3}, {0, 3}, {0, 0, 4, 5}, {9, 8, 7, 6}};
    log_entry e = entry_of(1, 2, 2);
    bloom b = {{0}};
    bloom_add_log(&crypto_standard, &b, &e);
    for (size_t i = 0; i < 2 * COUNT(topics); i++) {
        arena a = {0};
        size_t size;
        log_pattern p = pattern_of(&a, i % 2, topics[i / 2], i % 3);
        bool matches = log_pattern_matches(&p, &e), may = log_pattern_may_match(&p, &b);
        log_pattern *copy = log_pattern_copy(&p, &size);
        arena_reset(&a); /* the copy needs nothing of it */
        assert_true(size >= sizeof *copy);
        assert_int_equal(log_pattern_matches(copy, &e), matches);
        assert_int_equal(log_pattern_may_match(copy, &b), may);
        free(copy);
    }
}

static void blooms_rule_most_others_out(void **state)
{
    (void)state;
    enum { LOGS = 20, TRIES = 100 };
    bloom b = {{0}}, half = {{0}}, rest = {{0}};
    for (uint8_t i = 0; i < LOGS; i++) {
        log_entry e = entry_of(i, 1, (uint8_t)(100 + i));
        bloom_add_log(&crypto_standard, &b, &e);
        bloom_add_log(&crypto_standard, i % 2 ? &half : &rest, &e);
    }
    bloom_join(&half, &rest);
    assert_memory_equal(&half, &b, sizeof b);
    size_t wrong = 0;
    for (int i = 0; i < TRIES; i++) {
        arena a = {0};
        log_pattern p = pattern_of(&a, 0, (const uint8_t[LOG_TOPICS_MAX]){(uint8_t)(130 + i)}, 0);
        wrong += log_pattern_may_match(&p, &b);
        arena_reset(&a);
    }
    assert_true(wrong < TRIES / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_the_specification),
        cmocka_unit_test(logs_match_in_every_part),
        cmocka_unit_test(a_copy_tells_the_same),
        cmocka_unit_test(blooms_rule_most_others_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
