#include "test.h"

#include "base/buffer.h"
#include "base/error_text.h"
#include "base/map.h"

static void map_behaves_like_a_table_of_flags(void **state)
{
    (void)state;
    enum { KEYS = 500 };
    static uint32_t keys[KEYS];
    bool present[KEYS] = {false};
    map m = map_init(7);
    uint32_t random = 1;
    for (int i = 0; i < KEYS; i++)
        keys[i] = (uint32_t)i;
    for (int step = 0; step < 50000; step++) {
        random = random * 1664525u + 1013904223u;
        int i = (int)(random >> 8) % KEYS;
        bytes key = BYTES_OF_VALUE(keys[i]);
        if (random & 1) {
            assert_ptr_equal(map_put(&m, key, &keys[i]), present[i] ? &keys[i] : NULL);
            present[i] = true;
        } else {
            assert_ptr_equal(map_remove(&m, key), present[i] ? &keys[i] : NULL);
            present[i] = false;
        }
    }
    size_t expected = 0, seen = 0, position = 0;
    for (int i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_get(&m, BYTES_OF_VALUE(keys[i])), present[i] ? &keys[i] : NULL);
        expected += present[i];
    }
    while (map_next(&m, &position))
        seen++;
    assert_int_equal(seen, expected);
    assert_int_equal(m.count, expected);
    map_free(&m);
}

static void buffer_stops_at_its_maximum(void **state)
{
    (void)state;
    buffer b = buffer_init(10);
    buffer_append_text(&b, "12345");
    buffer_print(&b, "%d", 678);
    assert_bytes_equal(buffer_bytes(&b), BYTES_OF_LITERAL("12345678"));
    buffer_append_text(&b, "too long");
    assert_true(b.overflowed);
    assert_bytes_equal(buffer_bytes(&b), BYTES_OF_LITERAL("12345678"));
    buffer_clear(&b);
    buffer_append_text(&b, "abc");
    buffer_consume(&b, 1);
    assert_bytes_equal(buffer_bytes(&b), BYTES_OF_LITERAL("bc"));
    buffer_free(&b);
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    arena a = {0};
    for (size_t size = 0; size < 40000; size = size * 2 + 1) {
        uint8_t *p = arena_take(&a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    assert_string_equal(arena_print(&a, "%s-%d", "x", 5), "x-5");
    arena_reset(&a);
}

static void error_text_is_cut_not_broken(void **state)
{
    (void)state;
    error_text why;
    assert_false(error_set(&why, "%0600d", 1));
    error_prefix(&why, "file %s", "config.ini");
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    assert_int_equal(strncmp(why.text, "file config.ini: 000", 20), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_behaves_like_a_table_of_flags),
        cmocka_unit_test(buffer_stops_at_its_maximum),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(error_text_is_cut_not_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
