/* SSTORE, SLOAD, logs and self-destruction: spec/execution.md 4.5, 4.8; EIP-2200. */
#include "support_evm.h"

static void prepare(world *w, evm_revision revision, const evm_gas_table *gas, int64_t gas_limit, uint64_t old)
{
    world_init(w, revision, gas, gas_limit);
    mock_slot *s = world_slot(w, &w->message.self, U256_ZERO);
    s->value = s->original = u256_of(old);
}

static void flat_costs(void **state)
{
    (void)state;
    static const struct {
        evm_revision revision;
        const evm_gas_table *gas;
        uint64_t old, new;
        int64_t cost;
    } cases[] = {
        {EVM_ISTANBUL, &evm_gas_normal, 0, 0, 800},        {EVM_ISTANBUL, &evm_gas_normal, 0, 1, 20000},
        {EVM_ISTANBUL, &evm_gas_normal, 1, 1, 800},        {EVM_ISTANBUL, &evm_gas_normal, 1, 2, 5000},
        {EVM_ISTANBUL, &evm_gas_normal, 1, 0, 5000},       {EVM_ISTANBUL, &evm_gas_free, 0, 0, 800},
        {EVM_ISTANBUL, &evm_gas_free, 0, 1, 1200},         {EVM_ISTANBUL, &evm_gas_free, 1, 2, 1200},
        {EVM_ISTANBUL, &evm_gas_free, 1, 0, 1200},         {EVM_CONSTANTINOPLE, &evm_gas_normal, 1, 1, 5000},
        {EVM_CONSTANTINOPLE, &evm_gas_normal, 0, 1, 20000}, {EVM_CONSTANTINOPLE, &evm_gas_free, 1, 1, 1200},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        prepare(&w, cases[i].revision, cases[i].gas, 100000, cases[i].old);
        const char *text = arena_print(&w.memory, "%u 0 SSTORE", (unsigned)cases[i].new);
        assert_int_equal(execute(&w, text), EVM_SUCCESS);
        assert_int_equal(w.gas_used, 6 + cases[i].cost);
        assert_int_equal(w.slots[0].value.limb[0], cases[i].new);
        assert_int_equal(w.refund, 0); /* the host's on this chain */
        world_free(&w);
    }
}

/* spec/execution.md 4.5 QUIRK: the row is written although the gas does not suffice. */
static void written_before_charged(void **state)
{
    (void)state;
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 6 + 4999, 5);
    assert_int_equal(execute(&w, "7 0 SSTORE"), EVM_OUT_OF_GAS);
    assert_int_equal(w.slots[0].value.limb[0], 7);
    world_free(&w);
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 6 + 2301, 0);
    assert_int_equal(execute(&w, "7 0 SSTORE"), EVM_OUT_OF_GAS);
    assert_int_equal(w.slots[0].value.limb[0], 7);
    world_free(&w);
}

/* Exact gas of 2300 or less: nothing is written. Constantinople has no such guard. */
static void guard_of_2300(void **state)
{
    (void)state;
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 6 + 2300, 7);
    assert_int_equal(execute(&w, "7 0 SSTORE"), EVM_OUT_OF_GAS);
    assert_int_equal(w.trace.size, 0);
    w.message.gas++;
    assert_int_equal(execute(&w, "7 0 SSTORE"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 2301 - 800);
    /* exact: what the block still costs is not missing */
    w.message.gas = 6 + 2301 + 100;
    assert_int_equal(execute(&w, "7 0 SSTORE <500> PC"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 2401 - 800 - 1000);
    world_free(&w);
    prepare(&w, EVM_CONSTANTINOPLE, &evm_gas_free, 6 + 1200, 5);
    assert_int_equal(execute(&w, "7 0 SSTORE"), EVM_SUCCESS);
    assert_int_equal(w.gas_left, 0);
    world_free(&w);
}

static void static_frames_change_nothing(void **state)
{
    (void)state;
    static const char *const codes[] = {"1 0 SSTORE", "0 0 LOG0", "0 0 0 0 0 0 LOG4", "0 SELFDESTRUCT"};
    for (size_t i = 0; i < COUNT(codes); i++) {
        world w;
        prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 100000, 0);
        w.message.is_static = true;
        assert_int_equal(execute(&w, codes[i]), EVM_STATIC_VIOLATION);
        assert_int_equal(w.gas_left, 0);
        assert_int_equal(w.trace.size + w.log_count, 0);
        w.message.gas = 6; /* before the guard, before memory */
        assert_int_equal(execute(&w, "1 0 SSTORE"), EVM_STATIC_VIOLATION);
        w.message.gas = 1000;
        assert_int_equal(execute(&w, "0xffffff 0 LOG0"), EVM_STATIC_VIOLATION);
        world_free(&w);
    }
}

static void denied_by_the_host(void **state)
{
    (void)state;
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 100000, 0);
    w.denies_storage = true;
    assert_int_equal(execute(&w, "1 0 SSTORE"), EVM_PERMISSION_DENIED);
    assert_int_equal(w.gas_left, 0);
    world_free(&w);
}

static void sload_by_table(void **state)
{
    (void)state;
    const evm_gas_table *const tables[] = {&evm_gas_normal, &evm_gas_free, &evm_gas_ethereum};
    const int64_t costs[] = {200, 1200, 800}; /* spec/execution.md 4.1: 200 even at Istanbul */
    for (size_t i = 0; i < COUNT(tables); i++) {
        world w;
        prepare(&w, EVM_ISTANBUL, tables[i], 100000, 77);
        assert_word(value_of(&w, "0 SLOAD"), "4d");
        assert_int_equal(w.gas_used, 3 + costs[i] + 15);
        world_free(&w);
    }
}

static void logs(void **state)
{
    (void)state;
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 100000, 0);
    assert_int_equal(execute(&w, "0xabcd 0 MSTORE 4 3 2 1 2 30 LOG4"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 9 + 3 + 18 + 5 * 375 + 2 * 8);
    assert_int_equal(w.logs[0].topic_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(w.logs[0].topics[i].b[31], i + 1);
    assert_bytes_equal(w.logs[0].data, bytes_of("\xab\xcd", 2));
    assert_int_equal(w.logs[0].from.b[19], 0xaa);
    assert_int_equal(execute(&w, "40 0 LOG0"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 6 + 375 + 6 + 320);
    w.message.gas = 6 + 375 + 6 + 319; /* not emitted when the bytes cannot be paid */
    assert_int_equal(execute(&w, "40 0 LOG0"), EVM_OUT_OF_GAS);
    assert_int_equal(w.log_count, 2);
    world_free(&w);
}

static void self_destruction(void **state)
{
    (void)state;
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_normal, 100000, 0);
    assert_int_equal(execute(&w, "0x55 SELFDESTRUCT #fe"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 5003);
    assert_bytes_equal(buffer_bytes(&w.trace), BYTES_OF_LITERAL("self-destruct aa to 55\n"));
    w.balance = u256_of(1);
    assert_int_equal(execute(&w, "0x55 SELFDESTRUCT"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 30003);
    w.all_exist = true;
    assert_int_equal(execute(&w, "0x55 SELFDESTRUCT"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 5003);
    world_free(&w);
}

/* The table at the end of EIP-2200. */
static void ethereum_net_metering(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int64_t used, refund;
        uint64_t original;
    } cases[] = {
        {"#60006000556000600055", 1612, 0, 0},      {"#60006000556001600055", 20812, 0, 0},
        {"#60016000556000600055", 20812, 19200, 0}, {"#60016000556002600055", 20812, 0, 0},
        {"#60016000556001600055", 20812, 0, 0},     {"#60006000556000600055", 5812, 15000, 1},
        {"#60006000556001600055", 5812, 4200, 1},   {"#60006000556002600055", 5812, 0, 1},
        {"#60026000556000600055", 5812, 15000, 1},  {"#60026000556003600055", 5812, 0, 1},
        {"#60026000556001600055", 5812, 4200, 1},   {"#60026000556002600055", 5812, 0, 1},
        {"#60016000556000600055", 5812, 15000, 1},  {"#60016000556002600055", 5812, 0, 1},
        {"#60016000556001600055", 1612, 0, 1},      {"#600160005560006000556001600055", 40818, 19200, 0},
        {"#600060005560016000556000600055", 10818, 19200, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        prepare(&w, EVM_ISTANBUL, &evm_gas_ethereum, 100000, cases[i].original);
        assert_int_equal(execute(&w, cases[i].code), EVM_SUCCESS);
        assert_int_equal(w.gas_used, cases[i].used);
        assert_int_equal(w.refund, cases[i].refund);
        world_free(&w);
    }
    world w;
    prepare(&w, EVM_ISTANBUL, &evm_gas_ethereum, 2306, 1);
    assert_int_equal(execute(&w, "#6001600055"), EVM_OUT_OF_GAS);
    w.message.gas = 2307;
    assert_int_equal(execute(&w, "#6001600055"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 806);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_costs),         cmocka_unit_test(written_before_charged),
        cmocka_unit_test(guard_of_2300),      cmocka_unit_test(static_frames_change_nothing),
        cmocka_unit_test(denied_by_the_host), cmocka_unit_test(sload_by_table),
        cmocka_unit_test(logs),               cmocka_unit_test(self_destruction),
        cmocka_unit_test(ethereum_net_metering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
