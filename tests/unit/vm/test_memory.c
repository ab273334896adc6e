/* Memory and the opcodes that copy: spec/execution.md 4.4, 4.8. */
#include "support_evm.h"

#define FRESH(w, gas_limit)                                                                                            \
    world w;                                                                                                           \
    world_init(&w, EVM_ISTANBUL, &evm_gas_normal, gas_limit)

static void growth_costs_3w_and_a_square(void **state)
{
    (void)state;
    static const struct {
        const char *offset;
        int64_t words;
    } cases[] = {{"0", 1}, {"1", 2}, {"32", 2}, {"992", 32}, {"0x2d40", 363}, {"0xffe0", 2048}, {"0x3fffe0", 131072}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        FRESH(w, 100000000);
        int64_t words = cases[i].words, cost = 3 * words + words * words / 512;
        assert_int_equal(execute(&w, arena_print(&w.memory, "%s MLOAD", cases[i].offset)), EVM_SUCCESS);
        assert_int_equal(w.gas_used, 6 + cost);
        assert_int_equal(execute(&w, arena_print(&w.memory, "0 0 MSTORE %s MLOAD", cases[i].offset)), EVM_SUCCESS);
        assert_int_equal(w.gas_used, 9 + 6 + cost); /* the difference */
        assert_int_equal(value_of(&w, arena_print(&w.memory, "%s MLOAD POP MSIZE", cases[i].offset)).limb[0], 32 * words);
        w.message.gas = 6 + cost - 1;
        assert_int_equal(execute(&w, arena_print(&w.memory, "%s MLOAD", cases[i].offset)), EVM_OUT_OF_GAS);
        world_free(&w);
    }
}

static void offsets_beyond_32_bits_are_out_of_gas(void **state)
{
    (void)state;
    FRESH(w, INT64_MAX);
    assert_int_equal(execute(&w, "0x100000000 MLOAD"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "0 0x100000000 MSTORE8"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "0x100000000 0 LOG0"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "1 0x10000000000000000 SHA3"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "0x100000000 0 SHA3"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "0 NOT 0 NOT RETURN"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "0 0 NOT RETURN"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 0 NOT REVERT"), EVM_REVERT);
    assert_int_equal(execute(&w, "0 0 NOT SHA3"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 0 NOT LOG0"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 0 NOT 0 NOT CALLDATACOPY"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 NOT 0 0 CALLDATACOPY"), EVM_OUT_OF_GAS);
    assert_int_equal(value_of(&w, "0 0 NOT 0 0 NOT 0x55 0 STATICCALL MSIZE ADD").limb[0], 1);
    w.message.gas = 300000000; /* a whole transaction's gas */
    assert_int_equal(execute(&w, "0xffffffff MLOAD"), EVM_OUT_OF_GAS);
    world_free(&w);
}

static void copies_fill_with_zeros(void **state)
{
    (void)state;
    static const struct {
        const char *op;
    } cases[] = {{"CALLDATACOPY"}, {"CODECOPY"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        FRESH(w, 100000);
        w.message.input = BYTES_OF_LITERAL("abcd");
        const char *head = "0 NOT 0 MSTORE";
        assert_word(value_of(&w, arena_print(&w.memory, "%s 4 0x100000000000000000 0 %s 0 MLOAD", head, cases[i].op)),
                    "00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        assert_word(value_of(&w, arena_print(&w.memory, "%s 4 1000 1 %s 0 MLOAD", head, cases[i].op)),
                    "ff00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        world_free(&w);
    }
    FRESH(w, 100000);
    w.message.input = BYTES_OF_LITERAL("abcd");
    assert_word(value_of(&w, "0 NOT 0 MSTORE 5 2 1 CALLDATACOPY 0 MLOAD"),
                "ff6364000000ffffffffffffffffffffffffffffffffffffffffffffffffffff");
    assert_word(value_of(&w, "3 0 0 CODECOPY 0 MLOAD"), "6003600000000000000000000000000000000000000000000000000000000000");
    world_add_code(&w, 0x55, "#01020304");
    assert_word(value_of(&w, "5 2 1 0x55 EXTCODECOPY 0 MLOAD"), "0003040000000000000000000000000000000000000000000000000000000000");
    assert_word(value_of(&w, "0 NOT 0 MSTORE 5 2 1 0x56 EXTCODECOPY 0 MLOAD"),
                "ff0000000000ffffffffffffffffffffffffffffffffffffffffffffffffffff");
    assert_word(value_of(&w, "2 CALLDATALOAD"), "6364000000000000000000000000000000000000000000000000000000000000");
    assert_word(value_of(&w, "4 CALLDATALOAD"), "0");
    assert_word(value_of(&w, "0 NOT CALLDATALOAD"), "0");
    world_free(&w);
}

/* Memory first, then 3 a word. */
static void copies_cost_by_word(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_int_equal(execute(&w, "33 0 0 CALLDATACOPY"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 9 + 3 + 6 + 6);
    assert_int_equal(execute(&w, "64 0 31 CODECOPY"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 9 + 3 + 9 + 6);
    assert_int_equal(execute(&w, "65 0 0 0x55 EXTCODECOPY"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 12 + 700 + 9 + 9);
    w.message.gas = 9 + 3 + 6 + 5;
    assert_int_equal(execute(&w, "33 0 0 CALLDATACOPY"), EVM_OUT_OF_GAS);
    world_free(&w);
}

/* Expansion, then bounds, then words - and bounds even for size 0. */
static void returndatacopy_order(void **state)
{
    (void)state;
    FRESH(w, 10000);
    w.fixed_answer = BYTES_OF_LITERAL("abcdef");
    const char *call = "0 0 0 0 0x55 0 STATICCALL POP";
    int64_t call_gas = 6 * 3 + 700 + 2;
    assert_word(value_of(&w, arena_print(&w.memory, "%s 4 2 0 RETURNDATACOPY 0 MLOAD", call)),
                "6364656600000000000000000000000000000000000000000000000000000000");
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 0 6 0 RETURNDATACOPY", call)), EVM_SUCCESS);
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 0 7 0 RETURNDATACOPY", call)), EVM_INVALID_MEMORY_ACCESS);
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 5 2 0 RETURNDATACOPY", call)), EVM_INVALID_MEMORY_ACCESS);
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 1 0 NOT 0 RETURNDATACOPY", call)), EVM_INVALID_MEMORY_ACCESS);
    assert_int_equal(w.gas_left, 0);
    /* out of gas for memory comes before the bounds ... */
    w.message.gas = call_gas + 9 + 3 + 2;
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 7 0 0 RETURNDATACOPY", call)), EVM_OUT_OF_GAS);
    /* ... the bounds before out of gas for the words */
    w.message.gas = call_gas + 9 + 3 + 3 + 2;
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 7 0 0 RETURNDATACOPY", call)), EVM_INVALID_MEMORY_ACCESS);
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 6 0 0 RETURNDATACOPY", call)), EVM_OUT_OF_GAS);
    w.message.gas++;
    assert_int_equal(execute(&w, arena_print(&w.memory, "%s 6 0 0 RETURNDATACOPY", call)), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 0);
    world_free(&w);
}

static void bytes_and_words(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_word(value_of(&w, "0x1234 31 MSTORE8 0 MLOAD"), "34");
    assert_word(value_of(&w, "0x1122334455667788990011223344556677889900112233445566778899001122 1 MSTORE 2 MLOAD"),
                "2233445566778899001122334455667788990011223344556677889900112200");
    assert_word(value_of(&w, "0 0 MSTORE8 MSIZE"), "20");
    world_free(&w);
}

static void output_of_return_and_revert(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_int_equal(execute(&w, "0xabcd 0 MSTORE 2 30 RETURN"), EVM_SUCCESS);
    assert_bytes_equal(w.output, bytes_of("\xab\xcd", 2));
    assert_int_equal(execute(&w, "0xabcd 0 MSTORE 3 30 REVERT"), EVM_REVERT);
    assert_bytes_equal(w.output, bytes_of("\xab\xcd\0", 3));
    assert_int_equal(w.gas_used, 3 + 3 + 3 + 3 + 3 + 3 + 3); /* a second word of memory for the third byte */
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_costs_3w_and_a_square), cmocka_unit_test(offsets_beyond_32_bits_are_out_of_gas),
        cmocka_unit_test(copies_fill_with_zeros),       cmocka_unit_test(copies_cost_by_word),
        cmocka_unit_test(returndatacopy_order),         cmocka_unit_test(bytes_and_words),
        cmocka_unit_test(output_of_return_and_revert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
