/* Conditions and texts of numbers and addresses: spec/precompiled.md 3.3 and 5.4, row by row. */
#include "test.h"

#include "state/address_text.h"
#include "state/condition.h"

static arena memory;
static chain_rules rules = {.suite = &crypto_standard, .version = VERSION_OF(2, 11, 0)};

typedef struct {
    condition_operator op;
    const char *value;
} bound;

static bool matches(const bound *bounds, size_t count, const char *field, const char *row_value)
{
    condition c = {0};
    for (size_t i = 0; i < count; i++)
        condition_add(&c, &memory, bounds[i].op, bytes_of_text(field), bytes_of_text(bounds[i].value));
    row_field fields[] = {{bytes_of_text(field), bytes_of_text(row_value ? row_value : "")}};
    return condition_matches(&c, &rules, fields, row_value != NULL);
}

static void single_bounds(void **state)
{
    (void)state;
    static const struct {
        bound bound;
        const char *value;
        bool matches;
    } cases[] = {
        {{CONDITION_EQ, "5"}, "5", true},      {{CONDITION_EQ, "5"}, "05", false},    {{CONDITION_EQ, ""}, "", true},
        {{CONDITION_EQ, "a"}, NULL, false},    {{CONDITION_NE, "5"}, "5", false},     {{CONDITION_NE, "5"}, "05", true},
        {{CONDITION_NE, "5"}, NULL, false},    {{CONDITION_GT, "5"}, "6", true},      {{CONDITION_GT, "5"}, "5", false},
        {{CONDITION_GT, "5"}, "+6", true},     {{CONDITION_GT, "-1"}, "", true},      {{CONDITION_GT, "5"}, "six", false},
        {{CONDITION_GT, "x"}, "6", false},     {{CONDITION_GE, "5"}, "5", true},      {{CONDITION_GE, "5"}, "005", true},
        {{CONDITION_LT, "5"}, "4", true},      {{CONDITION_LT, "5"}, "5", false},     {{CONDITION_LE, "5"}, "5", true},
        {{CONDITION_LE, "5"}, " 5", false},    {{CONDITION_LT, "0"}, "-9223372036854775808", true},
        {{CONDITION_LT, "0"}, "-9223372036854775809", false}, {{CONDITION_GT, "0"}, "9223372036854775808", false},
        {{CONDITION_EQ, "_VALUE_UNLIMITED_"}, "anything", false}, {{CONDITION_GT, "_VALUE_UNLIMITED_"}, "1", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(matches(&cases[i].bound, 1, "price", cases[i].value), cases[i].matches);
}

static void pairs_of_bounds(void **state)
{
    (void)state;
    const bound range[] = {{CONDITION_GE, "2"}, {CONDITION_LE, "4"}}, same[] = {{CONDITION_GE, "5"}, {CONDITION_LE, "5"}},
                open_same[] = {{CONDITION_GT, "5"}, {CONDITION_LT, "5"}}, replaced[] = {{CONDITION_GT, "9"}, {CONDITION_EQ, "1"}};
    assert_true(matches(range, 2, "price", "3"));
    assert_false(matches(range, 2, "price", "5"));
    assert_true(matches(same, 2, "price", "5"));
    assert_false(matches(same, 2, "price", "05"));     /* QUIRK: equality of texts */
    assert_true(matches(open_same, 2, "price", "xyz")); /* QUIRK: inequality of texts */
    assert_true(matches(replaced, 2, "price", "1"));
}

static void names_that_are_not_looked_at(void **state)
{
    (void)state;
    const bound never = {CONDITION_EQ, "no"};
    assert_true(matches(&never, 1, "_id_", "1"));
    assert_true(matches(&never, 1, "odd_", "1"));
    assert_true(matches(&never, 1, "", "1"));
    assert_false(matches(&never, 1, "odd_x", "1"));
}

static void ne_below_2_3_0_never_matches(void **state)
{
    (void)state;
    const bound ne = {CONDITION_NE, "5"};
    rules.version = VERSION_OF(2, 2, 0);
    assert_false(matches(&ne, 1, "price", "6"));
    rules.version = VERSION_OF(2, 11, 0);
}

static void address_texts(void **state)
{
    (void)state;
    static const char full[] = "0123456789abcdefABCDEF0123456789abcdef01";
    address a, zero = {{0}};
    assert_true(address_read_text(bytes_of_text(full), &a));
    assert_int_equal(a.b[0], 0x01);
    assert_int_equal(a.b[19], 0x01);
    assert_true(address_read_text(bytes_of_text("0x0123456789abcdefABCDEF0123456789abcdef01"), &a));
    assert_int_equal(a.b[1], 0x23);
    assert_true(address_read_text(bytes_of(full, 39), &a)); /* an odd number of digits: the first is a byte of its own */
    assert_int_equal(a.b[0], 0x00);
    assert_int_equal(a.b[1], 0x12);
    for (size_t size = 0; size < 39; size++) {
        assert_true(address_read_text(bytes_of(full, size), &a)); /* QUIRK */
        assert_memory_equal(&a, &zero, sizeof a);
        assert_false(address_read_exact(bytes_of(full, size), &a));
    }
    assert_false(address_read_text(bytes_of_text("0x01234g"), &a));
    char text[ADDRESS_PREFIXED_BYTES];
    address_read_text(bytes_of_text(full), &a);
    address_write_prefixed(&a, text);
    assert_string_equal(text, "0x0123456789abcdefabcdef0123456789abcdef01");
}

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_bounds),
        cmocka_unit_test(pairs_of_bounds),
        cmocka_unit_test(names_that_are_not_looked_at),
        cmocka_unit_test(ne_below_2_3_0_never_matches),
        cmocka_unit_test(address_texts),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
