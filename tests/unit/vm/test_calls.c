/* Calls and creations: spec/execution.md 4.6, 4.7, 2.7. */
#include "support_evm.h"

#define FRESH(w, gas_limit)                                                                                            \
    world w;                                                                                                           \
    world_init(&w, EVM_ISTANBUL, &evm_gas_normal, gas_limit)

enum { CALL_ARGUMENTS = 7 * 3 };

/* Every frame calls itself until depth 1,024 refuses: the driver's frames are on the heap. */
static void depth_1024_is_the_last(void **state)
{
    (void)state;
    FRESH(w, INT64_MAX);
    world_add_code(&w, 0xaa, "0 0 0 0 0 ADDRESS GAS CALL 0 MSTORE 32 0 RETURN");
    static const char *const kinds[] = {
        "0 0 0 0 0 0xaa GAS CALL",
        "0 0 0 0 0 0xaa GAS CALLCODE",
        "0 0 0 0 0xaa GAS DELEGATECALL",
        "0 0 0 0 0xaa GAS STATICCALL",
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        w.deepest = 0;
        assert_int_equal(execute(&w, kinds[i]), EVM_SUCCESS);
        assert_int_equal(w.deepest, 1024);
        assert_int_equal(w.request_count, 1024 * (i + 1));
    }
    w.message.depth = 1024;
    assert_word(value_of(&w, "0 0 0 0 0 0xaa GAS CALL"), "0");
    assert_word(value_of(&w, "0 0 0 CREATE"), "0");
    assert_int_equal(w.request_count, 4 * 1024);
    world_free(&w);
}

static void who_is_who(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        evm_kind kind;
        unsigned self, caller, value;
        bool is_static;
    } cases[] = {
        {"0 0 2 1 0 0x55 7 CALL", EVM_KIND_CALL, 0x55, 0xaa, 0, false},
        {"0 0 2 1 0 0x55 7 CALLCODE", EVM_KIND_CALLCODE, 0xaa, 0xaa, 0, false},
        {"0 0 2 1 0x55 7 DELEGATECALL", EVM_KIND_DELEGATECALL, 0xaa, 0xbb, 99, false},
        {"0 0 2 1 0x55 7 STATICCALL", EVM_KIND_STATICCALL, 0x55, 0xaa, 0, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FRESH(w, 100000);
        w.message.value = u256_of(99);
        w.message.depth = 3;
        const char *text = arena_print(&w.memory, "0x010203 0 MSTORE %s", cases[i].call);
        assert_word(value_of(&w, text), "1");
        const evm_request *r = &w.last_request;
        address self = address_number(cases[i].self), caller = address_number(cases[i].caller), to = address_number(0x55);
        assert_int_equal(r->kind, cases[i].kind);
        assert_memory_equal(&r->message.self, &self, 20);
        assert_memory_equal(&r->message.caller, &caller, 20);
        assert_memory_equal(&r->code_from, &to, 20);
        assert_int_equal(r->message.value.limb[0], cases[i].value);
        assert_int_equal(r->message.is_static, cases[i].is_static);
        assert_int_equal(r->message.depth, 4);
        assert_int_equal(r->message.gas, 7);
        assert_bytes_equal(r->message.input, bytes_of("\0\0", 2));
        world_free(&w);
    }
}

static void static_flag_is_inherited(void **state)
{
    (void)state;
    static const char *const calls[] = {"0 0 0 0 0 0x55 0 CALL", "0 0 0 0 0 0x55 0 CALLCODE", "0 0 0 0 0x55 0 DELEGATECALL"};
    for (size_t i = 0; i < COUNT(calls); i++) {
        FRESH(w, 100000);
        w.message.is_static = true;
        assert_int_equal(execute(&w, calls[i]), EVM_SUCCESS);
        assert_true(w.last_request.message.is_static);
        world_free(&w);
    }
}

static void at_most_63_of_64_go_on(void **state)
{
    (void)state;
    FRESH(w, CALL_ARGUMENTS + 700 + 6400);
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 0xffffff CALL"), EVM_SUCCESS);
    assert_int_equal(w.last_request.message.gas, 6300);
    assert_int_equal(w.gas_left, 6400);
    w.message.gas += 3;
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 0 NOT CALL"), EVM_SUCCESS);
    assert_int_equal(w.last_request.message.gas, 6300);
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 6299 CALL"), EVM_SUCCESS);
    assert_int_equal(w.last_request.message.gas, 6299);
    world_free(&w);
}

/* The static gas of what follows was taken before: an inner call that used its 63/64 ends the caller at the CALL. */
static void rest_of_the_block_is_paid_before_the_call(void **state)
{
    (void)state;
    FRESH(w, CALL_ARGUMENTS + 700 + 6400);
    w.fixed_gas_used = 6300;
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 0xffffff CALL <33> 0 1 0 SSTORE"), EVM_OUT_OF_GAS);
    assert_int_equal(w.request_count, 1);
    assert_int_equal(w.trace.size, 0);
    w.fixed_gas_used = 6300;
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 0xffffff CALL <33> 0"), EVM_SUCCESS); /* 99 of the 100 left */
    assert_int_equal(w.gas_left, 1);
    world_free(&w);
}

/* Balance is always less than the value: stipend back, result 0, return data empty. */
static void value_calls_fail_softly(void **state)
{
    (void)state;
    FRESH(w, 100000);
    world_add_code(&w, 0x55, "STOP");
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.request_count, 0);
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 6 + 6 + 3);
    assert_string_equal((char *)(w.trace.size ? w.trace.data : (uint8_t *)""), ""); /* nobody asks whether it exists */
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALLCODE"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 6 + 6 + 3);
    w.message.depth = 1024;
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 6 + 6 + 3);
    world_free(&w);
}

/* spec/execution.md 4.6, QUIRK 10: the stipend is a gift. */
static void free_mode_value_call_gains_gas(void **state)
{
    (void)state;
    FRESH(w, 100000);
    w.rules.gas = &evm_gas_free;
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 - 5 + 6 + 6 + 3);
    world_free(&w);
}

/* The reduced gas may be below zero between the transfer's cost and the stipend that comes back. */
static void stipend_comes_back_before_gas_is_judged(void **state)
{
    (void)state;
    FRESH(w, CALL_ARGUMENTS + 700 + 9000);
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALL <767> 0"), EVM_OUT_OF_GAS); /* 2301 */
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALL <766> 0"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 2);
    w.message.gas = CALL_ARGUMENTS + 700 + 9000 - 1;
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALL"), EVM_OUT_OF_GAS); /* exact gas does not reach for the transfer */
    w.message.gas = CALL_ARGUMENTS + 700 + 9000;
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALL"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 2300);
    world_free(&w);
}

static void transfers_work_where_there_is_money(void **state)
{
    (void)state;
    FRESH(w, 100000);
    w.balance = u256_of(5);
    assert_word(value_of(&w, "0 0 0 0 5 0x55 10 CALL"), "1");
    assert_int_equal(w.last_request.message.gas, 2310);
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 15); /* the callee used nothing */
    assert_word(value_of(&w, "0 0 0 0 6 0x55 10 CALL"), "0");
    world_free(&w);
}

/* Below 2.5 only, and only for CALL with a value: spec/execution.md 4.6 step 1. */
static void new_accounts_cost_below_2_5(void **state)
{
    (void)state;
    chain_rules chain = {.suite = &crypto_standard, .version = VERSION_OF(2, 4, 0), .gas = GAS_NORMAL};
    FRESH(w, 100000);
    w.rules = evm_rules_of(&chain);
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 + 25000 - 2300 + 15);
    w.all_exist = true;
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 15);
    w.all_exist = false;
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALLCODE"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 9000 - 2300 + 15);
    assert_word(value_of(&w, "0 0 0 0 0 0x55 0 CALL"), "1");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 15);
    chain.gas = GAS_FREE_STORAGE;
    w.rules = evm_rules_of(&chain);
    assert_word(value_of(&w, "0 0 0 0 1 0x55 0 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 25000 - 5 + 15);
    world_free(&w);
}

static void value_in_a_static_frame(void **state)
{
    (void)state;
    FRESH(w, 100000);
    w.message.is_static = true;
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALL"), EVM_STATIC_VIOLATION);
    assert_int_equal(execute(&w, "0 0 0 0 1 0x55 0 CALLCODE"), EVM_SUCCESS); /* allowed, and fails for the balance */
    assert_int_equal(execute(&w, "0 0 0 0 0 0x55 0 CALL"), EVM_SUCCESS);
    assert_int_equal(execute(&w, "0 0 0 CREATE"), EVM_STATIC_VIOLATION);
    assert_int_equal(execute(&w, "0 0 0 0 CREATE2"), EVM_STATIC_VIOLATION);
    /* memory comes before the flag in CALL, behind it in CREATE */
    assert_int_equal(execute(&w, "0 0 1 0xffffffff 1 0x55 0 CALL"), EVM_OUT_OF_GAS);
    assert_int_equal(execute(&w, "1 0xffffffff 0 CREATE"), EVM_STATIC_VIOLATION);
    world_free(&w);
}

static void output_is_cut_and_return_data_is_whole(void **state)
{
    (void)state;
    FRESH(w, 100000);
    w.fixed_answer = BYTES_OF_LITERAL("abcdef");
    assert_word(value_of(&w, "3 0 0 0 0 0x55 0 CALL POP RETURNDATASIZE"), "6");
    assert_word(value_of(&w, "3 0 0 0 0 0x55 0 CALL POP 0 MLOAD"),
                "6162630000000000000000000000000000000000000000000000000000000000");
    /* more room than answer: the rest keeps what was there */
    assert_word(value_of(&w, "0 NOT 0 MSTORE 32 0 0 0 0 0x55 0 CALL POP 0 MLOAD"),
                "616263646566ffffffffffffffffffffffffffffffffffffffffffffffffffff");
    w.fixed_success = false;
    assert_word(value_of(&w, "6 1 0 0 0x55 0 STATICCALL 0 MLOAD ADD"),
                "0061626364656600000000000000000000000000000000000000000000000000");
    world_free(&w);
}

static void out_of_gas_inside_gives_everything_back(void **state)
{
    (void)state;
    FRESH(w, 100000);
    world_add_code(&w, 0x55, ":again @again JUMP");
    assert_word(value_of(&w, "0 0 0 0 0 0x55 50000 CALL"), "0"); /* spec/execution.md 2.7 */
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 15);
    world_add_code(&w, 0x56, "INVALID");
    assert_word(value_of(&w, "0 0 0 0 0 0x56 50000 CALL"), "0");
    assert_int_equal(w.gas_used, CALL_ARGUMENTS + 700 + 15 + 50000);
    world_add_code(&w, 0x57, "0x0f 0 MSTORE 32 0 REVERT");
    assert_word(value_of(&w, "32 32 0 0 0 0x57 50000 CALL 32 MLOAD ADD"), "f");
    world_free(&w);
}

static void creations(void **state)
{
    (void)state;
    FRESH(w, 100000);
    /* init code: returns one byte */
    assert_word(value_of(&w, "0x600160005360016000f3 0 MSTORE 10 22 0 CREATE"), "c0de");
    assert_int_equal(w.last_request.kind, EVM_KIND_CREATE);
    assert_int_equal(w.last_request.message.input.size, 10);
    address self = address_number(0xaa);
    assert_memory_equal(&w.last_request.message.caller, &self, 20);
    int64_t before = 100000 - 18 - 3 - 32000;
    assert_int_equal(w.last_request.message.gas, before - before / 64);
    assert_word(value_of(&w, "0x600160005360016000f3 0 MSTORE 10 22 0 CREATE POP RETURNDATASIZE"), "0");
    assert_word(value_of(&w, "5 0x63deadbeef600052 0 MSTORE 8 24 0 CREATE2"), "c0de");
    assert_int_equal(w.last_request.kind, EVM_KIND_CREATE2);
    assert_int_equal(w.last_request.salt.limb[0], 5);
    assert_int_equal(w.gas_used, 9 + 6 + 9 + 32000 + 6 + 12 + 12); /* init code: 12; value_of: 12 */
    /* init code that reverts with 4 bytes: 0, and they are the return data */
    assert_word(value_of(&w, "0x60046000fd 0 MSTORE 5 27 0 CREATE RETURNDATASIZE ADD"), "4");
    /* an endowment nobody has: 0, no gas, return data cleared */
    size_t requests = w.request_count;
    assert_word(value_of(&w, "0x60046000fd 0 MSTORE 5 27 0 CREATE 0 0 1 CREATE ADD RETURNDATASIZE ADD"), "0");
    assert_int_equal(w.request_count, requests + 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_1024_is_the_last),
        cmocka_unit_test(who_is_who),
        cmocka_unit_test(static_flag_is_inherited),
        cmocka_unit_test(at_most_63_of_64_go_on),
        cmocka_unit_test(rest_of_the_block_is_paid_before_the_call),
        cmocka_unit_test(value_calls_fail_softly),
        cmocka_unit_test(free_mode_value_call_gains_gas),
        cmocka_unit_test(stipend_comes_back_before_gas_is_judged),
        cmocka_unit_test(transfers_work_where_there_is_money),
        cmocka_unit_test(new_accounts_cost_below_2_5),
        cmocka_unit_test(value_in_a_static_frame),
        cmocka_unit_test(output_is_cut_and_return_data_is_whole),
        cmocka_unit_test(out_of_gas_inside_gives_everything_back),
        cmocka_unit_test(creations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
