/* Basic-block accounting: spec/execution.md 4.2. */
#include "support_evm.h"

#define FRESH(w, gas_limit)                                                                                            \
    world w;                                                                                                           \
    world_init(&w, EVM_ISTANBUL, &evm_gas_normal, gas_limit)

/* INVALID does not end a block: POP behind it counts. spec/execution.md 4.2 (a), 15.6 */
static void invalid_does_not_end_a_block(void **state)
{
    (void)state;
    FRESH(w, 100);
    assert_int_equal(execute(&w, "#fe50"), EVM_STACK_UNDERFLOW);
    assert_int_equal(w.gas_left, 0);
    assert_int_equal(execute(&w, "#0c50"), EVM_STACK_UNDERFLOW);
    assert_int_equal(execute(&w, "#fe5b50"), EVM_INVALID_INSTRUCTION); /* JUMPDEST begins another one */
    assert_int_equal(execute(&w, "#fe00"), EVM_INVALID_INSTRUCTION);
    assert_int_equal(execute(&w, "#0c"), EVM_UNDEFINED_INSTRUCTION);
    w.message.gas = 1;
    assert_int_equal(execute(&w, "#fe50"), EVM_OUT_OF_GAS); /* gas is looked at before the stack */
    world_free(&w);
}

static void costly_block_runs_nothing(void **state)
{
    (void)state;
    FRESH(w, 20000 + 2300 + 6 + 9);
    /* spec/execution.md 4.2 (b): the block costs 6 + 32000 */
    assert_int_equal(execute(&w, "1 0 SSTORE CREATE"), EVM_OUT_OF_GAS);
    assert_int_equal(w.trace.size, 0);
    assert_int_equal(execute(&w, "1 0 SSTORE :next CREATE"), EVM_OUT_OF_GAS);
    assert_bytes_equal(buffer_bytes(&w.trace), BYTES_OF_LITERAL("set 0=1\n"));
    world_free(&w);
}

static void underflow_before_overflow(void **state)
{
    (void)state;
    FRESH(w, 1000000);
    assert_int_equal(execute(&w, "POP <1030> PC"), EVM_STACK_UNDERFLOW);
    assert_int_equal(execute(&w, "<1024> PC"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "<1025> PC"), EVM_STACK_OVERFLOW);
    assert_int_equal(execute(&w, "<1025> PC <1025> POP"), EVM_STACK_OVERFLOW);
    assert_int_equal(execute(&w, "<1024> PC POP PC"), EVM_SUCCESS);
    assert_int_equal(execute(&w, ":loop PC @loop JUMP"), EVM_STACK_OVERFLOW);
    assert_int_equal(execute(&w, "<1024> PC STOP PC"), EVM_SUCCESS);
    world_free(&w);
}

static void block_gas_is_taken_at_entry(void **state)
{
    (void)state;
    FRESH(w, 11);
    assert_int_equal(execute(&w, "<4> PC"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 3);
    assert_int_equal(execute(&w, "<6> PC"), EVM_OUT_OF_GAS);
    /* after a JUMPI that is not taken a new block begins: 3+3+10, then 2 */
    w.message.gas = 17;
    assert_int_equal(execute(&w, "0 0 JUMPI PC"), EVM_OUT_OF_GAS);
    w.message.gas = 18;
    assert_int_equal(execute(&w, "0 0 JUMPI PC"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 0);
    world_free(&w);
}

/* GAS sees what Ethereum sees, wherever it stands in its block. */
static void gas_is_exact(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_int_equal(value_of(&w, "GAS").limb[0], 100000 - 2);
    assert_int_equal(value_of(&w, "1 POP GAS").limb[0], 100000 - 3 - 2 - 2);
    assert_int_equal(value_of(&w, "1 0 MSTORE GAS").limb[0], 100000 - 3 - 3 - 3 - 3 - 2);
    assert_int_equal(value_of(&w, "@x JUMP :x GAS").limb[0], 100000 - 3 - 8 - 1 - 2);
    assert_int_equal(value_of(&w, "GAS POP 0 0 JUMPI GAS").limb[0], 100000 - 2 - 2 - 3 - 3 - 10 - 2);
    world_free(&w);
}

static void jumps_know_code_from_data(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_int_equal(execute(&w, "4 JUMP #605b 1"), EVM_BAD_JUMP_DESTINATION);    /* 5b is data of a PUSH */
    assert_int_equal(execute(&w, "4 JUMP STOP #5b"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 4 ADD JUMP #605b"), EVM_BAD_JUMP_DESTINATION); /* computed: offset 4 is 01 */
    assert_int_equal(execute(&w, "0 7 ADD JUMP #605b"), EVM_BAD_JUMP_DESTINATION); /* computed: in the data */
    assert_int_equal(execute(&w, "0 7 ADD JUMP STOP #5b"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0x10000000000000003 JUMP"), EVM_BAD_JUMP_DESTINATION);
    assert_int_equal(execute(&w, "0xffffffff JUMP"), EVM_BAD_JUMP_DESTINATION);
    assert_int_equal(execute(&w, "100 JUMP"), EVM_BAD_JUMP_DESTINATION);
    assert_int_equal(execute(&w, "0 100 JUMPI"), EVM_SUCCESS); /* the target counts only if the jump is taken */
    assert_int_equal(execute(&w, "1 100 JUMPI"), EVM_BAD_JUMP_DESTINATION);
    assert_int_equal(execute(&w, "0 DUP1 NOT JUMPI"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "1 0 NOT JUMPI"), EVM_BAD_JUMP_DESTINATION);
    world_free(&w);
}

static void truncated_push_is_padded(void **state)
{
    (void)state;
    FRESH(w, 100000);
    assert_int_equal(execute(&w, "#61ff"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 3);
    assert_int_equal(execute(&w, "#7f"), EVM_SUCCESS);
    assert_int_equal(execute(&w, ""), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 0);
    world_free(&w);
}

static void pushes_of_every_size(void **state)
{
    (void)state;
    FRESH(w, 100000);
    for (unsigned size = 1; size <= 32; size++) {
        char text[128] = "#";
        snprintf(text + 1, sizeof text - 1, "%02x", 0x5f + size);
        char digits[65] = "";
        for (unsigned i = 0; i < size; i++)
            snprintf(digits + 2 * i, 3, "%02x", 0x81 + i);
        strcat(text, digits);
        assert_word(value_of(&w, text), digits);
        assert_int_equal(w.gas_used, 3 + 3 + 3 + 3 + 3 + 3);
    }
    world_free(&w);
}

/* 140,000 CREATE cost more than 32 bits hold: the block's gas is 2^32 - 1, whatever is left after it. */
static void block_gas_saturates(void **state)
{
    (void)state;
    FRESH(w, UINT32_MAX);
    assert_int_equal(execute(&w, "<140000> CREATE"), EVM_STACK_UNDERFLOW);
    w.message.gas--;
    assert_int_equal(execute(&w, "<140000> CREATE"), EVM_OUT_OF_GAS);
    world_free(&w);
}

/* The densest codes of the largest size: bounded memory, and they run. */
static void largest_codes(void **state)
{
    (void)state;
    enum { LARGEST = 0x40000 };
    FRESH(w, 100000000);
    static const char *const fillers[] = {"JUMPDEST", "GAS", "PC", "0x0102030405", "0x010203040506070809", "INVALID", "STOP"};
    for (size_t i = 0; i < COUNT(fillers); i++) {
        bytes unit = assemble(&w.memory, fillers[i]);
        uint8_t *code = arena_take(&w.memory, LARGEST);
        for (size_t at = 0; at < LARGEST; at++)
            code[at] = unit.data[at % unit.size];
        evm_code *c = evm_code_analyse(&w.rules, bytes_of(code, LARGEST));
        assert_in_range(evm_code_memory_bytes(c), LARGEST, 22 * (size_t)LARGEST);
        assert_bytes_equal(evm_code_bytes(c), bytes_of(code, LARGEST));
        evm_code_free(c);
        assert_int_equal(execute_code(&w, bytes_of(code, LARGEST)),
                         i == 0 || i == 6 ? EVM_SUCCESS : i == 5 ? EVM_INVALID_INSTRUCTION : EVM_STACK_OVERFLOW);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_does_not_end_a_block), cmocka_unit_test(costly_block_runs_nothing),
        cmocka_unit_test(underflow_before_overflow),    cmocka_unit_test(block_gas_is_taken_at_entry),
        cmocka_unit_test(gas_is_exact),                 cmocka_unit_test(jumps_know_code_from_data),
        cmocka_unit_test(block_gas_saturates),          cmocka_unit_test(largest_codes),
        cmocka_unit_test(truncated_push_is_padded),     cmocka_unit_test(pushes_of_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
