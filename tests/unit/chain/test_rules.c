#include "test.h"

#include "chain/rules.h"
#include "chain/status.h"

/* spec/data-model.md 0 */
static void versions_are_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t number; /* 0: refused */
    } cases[] = {
        {"2.0.0-rc1", 1},      {"2.0.0-RC2", 2},    {"2.0.0-rc3", 3},  {"2.11.0", 0x020b0000}, {"2.4.1", 0x02040100}, {"2.11.2", 0x020b0200},
        {"2.11.3", 0},         {"3.0.0", 0},        {"0.0.0", 0},      {"", 0},                {"2.11", 0},           {"2.11.0.1", 0},
        {"2.0.0-rc4", 0},      {"2.0.0 -rc1", 0},   {"2.-1.0", 0},     {"2.256.0", 0},         {" 2.0.0", 0},         {"2.00000.1", 0},
        {"2.0.0.0.0.0.0.0.0.0.0", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t number = 0;
        error_text why = {""};
        assert_int_equal(version_parse(bytes_of_text(cases[i].text), &number, &why), cases[i].number != 0);
        assert_int_equal(number, cases[i].number);
        assert_int_equal(why.text[0] != 0, cases[i].number == 0);
    }
    uint32_t number;
    error_text why;
    assert_false(version_parse(bytes_of("2.0.0\0", 6), &number, &why));
    assert_false(version_parse(BYTES_OF_LITERAL("2.12.0"), &number, &why));
    assert_string_equal(why.text, "supported_version:2.12.0 bigger than binary version: 2.11.2");
}

/* QUIRK of spec/data-model.md 0: 2.4.1 has the new table hash and the old rows. */
static void gates_compare_numbers(void **state)
{
    (void)state;
    assert_false(version_has(VERSION_OF(2, 4, 0), GATE_TABLE_HASH_IS_H));
    assert_true(version_has(VERSION_OF(2, 4, 1), GATE_TABLE_HASH_IS_H));
    assert_false(version_has(VERSION_OF(2, 4, 1), GATE_RAW_CODE_ROWS));
    assert_false(version_has(VERSION_RC1, GATE_RC2_ENCODING));
    assert_true(version_has(VERSION_RC2, GATE_RC2_ENCODING));
    assert_false(version_has(VERSION_RC3, GATE_TX_GAS_IS_NO_LIMIT));
    assert_true(version_has(VERSION_OF(2, 0, 0), GATE_TX_GAS_IS_NO_LIMIT));
    for (int g = 0; g < GATE_COUNT; g++) {
        assert_non_null(gate_text((gate)g));
        assert_true(version_has(VERSION_NEWEST, (gate)g));
        assert_false(version_has(VERSION_RC1, (gate)g));
    }
}

/* spec/data-model.md 4.3 */
static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(status_text(STATUS_OK), "None");
    assert_string_equal(status_text(STATUS_REVERT), "RevertInstruction");
    assert_string_equal(status_text(STATUS_CALL_ADDRESS_ERROR), "CallAddressError");
    assert_string_equal(status_text(STATUS_NOT_ENOUGH_REMAIN_GAS), "NotEnoughRemainGas");
    assert_string_equal(status_text(STATUS_ALREADY_KNOWN), "StackUnderflow"); /* QUIRK */
    assert_string_equal(status_text(STATUS_OVER_GROUP_MEMORY_LIMIT), "OverGroupMemoryLimit");
    assert_string_equal(status_text(9999), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_numbers),
        cmocka_unit_test(gates_compare_numbers),
        cmocka_unit_test(statuses_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
