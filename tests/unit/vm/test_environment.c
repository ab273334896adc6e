/* The environment, the gas of every opcode, the rules of a chain: spec/execution.md 3, 4.1, 4.3. */
#include "support_evm.h"

#include "vm/opcodes.h"

static void environment_opcodes(void **state)
{
    (void)state;
    static const struct {
        const char *code, *want;
    } cases[] = {
        {"ADDRESS", "aa"}, {"CALLER", "bb"}, {"ORIGIN", "cc"}, {"CALLVALUE", "63"}, {"NUMBER", "3e8"},
        {"TIMESTAMP", "1748767e87b"}, /* milliseconds */
        {"GASLIMIT", "0"}, {"COINBASE", "0"}, {"DIFFICULTY", "0"}, {"CHAINID", "0"}, {"GASPRICE", "d"},
        {"CALLDATASIZE", "3"}, {"SELFBALANCE", "0"}, {"0x55 BALANCE", "0"}, {"0x55 EXTCODESIZE", "2"},
        {"0x56 EXTCODESIZE", "0"}, {"0x56 EXTCODEHASH", "0"},
        {"0x55 EXTCODEHASH", "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
        {"0xff00000000000000000000000000000000000000000000000000000000000055 EXTCODESIZE", "2"}, /* upper bytes: ignored */
        {"PC PC PC ADD ADD", "3"}, {"CODESIZE", "9"}, {"MSIZE", "0"}, {"0 MLOAD POP MSIZE", "20"},
        {"0 0 SHA3", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
        {"32 0 SHA3", "290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"},
        {"RETURNDATASIZE", "0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 100000);
        w.message.value = u256_of(99);
        w.message.input = BYTES_OF_LITERAL("abc");
        w.environment.gas_price = u256_of(13);
        w.environment.timestamp = 0x1748767e87b;
        world_add_code(&w, 0x55, "#0102");
        assert_word(value_of(&w, cases[i].code), cases[i].want);
        world_free(&w);
    }
}

static void sha3_is_sm3_on_national_chains(void **state)
{
    (void)state;
    world w;
    world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 100000);
    w.rules.sha3 = DIGEST_SM3;
    assert_word(value_of(&w, "0 0 SHA3"), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    assert_int_equal(w.gas_used, 6 + 30 + 15);
    assert_int_equal(execute(&w, "33 0 SHA3"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 6 + 30 + 12 + 6); /* same gas */
    world_free(&w);
}

/* spec/execution.md 15.14 */
static void window_of_block_hashes(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        const char *asked;
        bool inside;
    } cases[] = {
        {1000, "1000", false}, {1000, "999", true}, {1000, "744", true}, {1000, "743", false}, {1000, "0", false},
        {100, "0", true}, {256, "0", true}, {257, "0", false}, {100, "100", false}, {100, "0x10000000000000001", false},
        {100, "0xffffffffffffffff", false}, {0, "0", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 100000);
        w.environment.number = cases[i].now;
        u256 got = value_of(&w, arena_print(&w.memory, "%s BLOCKHASH", cases[i].asked));
        assert_int_equal(got.limb[3] >> 56, cases[i].inside ? 0xb0 : 0);
        assert_int_equal(!u256_is_zero(got), cases[i].inside);
        world_free(&w);
    }
}

/* The table of spec/execution.md 4.3, written down a second time in its own grouping. */
static int expected_static_gas(int op)
{
    static const struct {
        uint8_t from, to;
        int gas;
    } ranges[] = {
        {0x00, 0x00, 0},     {0x01, 0x01, 3},    {0x02, 0x02, 5},    {0x03, 0x03, 3},    {0x04, 0x07, 5},
        {0x08, 0x09, 8},     {0x0a, 0x0a, 10},   {0x0b, 0x0b, 5},    {0x10, 0x1d, 3},    {0x20, 0x20, 30},
        {0x30, 0x30, 2},     {0x31, 0x31, 700},  {0x32, 0x34, 2},    {0x35, 0x35, 3},    {0x36, 0x36, 2},
        {0x37, 0x37, 3},     {0x38, 0x38, 2},    {0x39, 0x39, 3},    {0x3a, 0x3a, 2},    {0x3b, 0x3c, 700},
        {0x3d, 0x3d, 2},     {0x3e, 0x3e, 3},    {0x3f, 0x3f, 700},  {0x40, 0x40, 20},   {0x41, 0x46, 2},
        {0x47, 0x47, 5},     {0x50, 0x50, 2},    {0x51, 0x53, 3},    {0x54, 0x54, 200},  {0x55, 0x55, 0},
        {0x56, 0x56, 8},     {0x57, 0x57, 10},   {0x58, 0x5a, 2},    {0x5b, 0x5b, 1},    {0x60, 0x9f, 3},
        {0xa0, 0xa0, 375},   {0xa1, 0xa1, 750},  {0xa2, 0xa2, 1125}, {0xa3, 0xa3, 1500}, {0xa4, 0xa4, 1875},
        {0xf0, 0xf0, 32000}, {0xf1, 0xf2, 700},  {0xf3, 0xf3, 0},    {0xf4, 0xf4, 700},  {0xf5, 0xf5, 32000},
        {0xfa, 0xfa, 700},   {0xfd, 0xfe, 0},    {0xff, 0xff, 5000},
    };
    for (size_t i = 0; i < COUNT(ranges); i++)
        if (op >= ranges[i].from && op <= ranges[i].to)
            return ranges[i].gas;
    return -1;
}

static void static_gas_of_every_opcode(void **state)
{
    (void)state;
    evm_opcode normal[256], free_storage[256], old[256], ethereum[256];
    evm_opcodes_of(&(evm_rules){EVM_ISTANBUL, &evm_gas_normal, DIGEST_KECCAK256}, normal);
    evm_opcodes_of(&(evm_rules){EVM_ISTANBUL, &evm_gas_free, DIGEST_KECCAK256}, free_storage);
    evm_opcodes_of(&(evm_rules){EVM_CONSTANTINOPLE, &evm_gas_normal, DIGEST_KECCAK256}, old);
    evm_opcodes_of(&(evm_rules){EVM_ISTANBUL, &evm_gas_ethereum, DIGEST_KECCAK256}, ethereum);
    for (int op = 0; op < 256; op++) {
        int gas = expected_static_gas(op);
        assert_int_equal(normal[op].name == NULL, gas < 0);
        gas = gas < 0 ? 0 : gas;
        assert_int_equal(normal[op].static_gas, gas);
        assert_int_equal(free_storage[op].static_gas, op == 0x54 ? 1200 : op == 0xf0 || op == 0xf5 ? 16000 : gas);
        assert_int_equal(ethereum[op].static_gas, op == 0x54 ? 800 : gas);
        bool is_new = op == 0x46 || op == 0x47;
        assert_int_equal(old[op].static_gas, op == 0x31 || op == 0x3f ? 400 : is_new ? 0 : gas);
        assert_int_equal(old[op].name == NULL, normal[op].name == NULL || is_new);
    }
}

/* Each opcode alone needs what it says: with one item less it underflows, and it changes the stack as it says. */
static void stack_needs_of_every_opcode(void **state)
{
    (void)state;
    evm_opcode opcodes[256];
    evm_opcodes_of(&(evm_rules){EVM_ISTANBUL, &evm_gas_normal, DIGEST_KECCAK256}, opcodes);
    for (int op = 0; op < 256; op++) {
        if (!opcodes[op].name || op == 0x56 || op == 0x57) /* jumps have tests of their own */
            continue;
        for (int items = 0; items <= opcodes[op].needs; items++) {
            world w;
            world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 1000000);
            w.rules.gas = &evm_gas_free;
            const char *text = items ? arena_print(&w.memory, "<%d> 0 #%02x", items, op) : arena_print(&w.memory, "#%02x", op);
            evm_result result = execute(&w, text);
            if (items < opcodes[op].needs)
                assert_int_equal(result, EVM_STACK_UNDERFLOW);
            else
                assert_int_equal(result, op == 0xfd ? EVM_REVERT : op == 0xfe ? EVM_INVALID_INSTRUCTION : EVM_SUCCESS);
            world_free(&w);
        }
    }
}

static void dup_and_swap(void **state)
{
    (void)state;
    for (int n = 1; n <= 16; n++) {
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, 1000000);
        const char *items = "17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1";
        assert_int_equal(value_of(&w, arena_print(&w.memory, "%s DUP%d", items, n)).limb[0], n);
        assert_int_equal(value_of(&w, arena_print(&w.memory, "%s SWAP%d", items, n)).limb[0], n + 1);
        assert_int_equal(value_of(&w, arena_print(&w.memory, "%s SWAP%d <%d> POP", items, n, n)).limb[0], 1);
        world_free(&w);
    }
}

static void rules_of_a_chain(void **state)
{
    (void)state;
    chain_rules chain = {.suite = &crypto_standard, .version = VERSION_OF(2, 9, 0), .gas = GAS_NORMAL};
    evm_rules rules = evm_rules_of(&chain);
    assert_true(rules.revision == EVM_ISTANBUL && rules.gas == &evm_gas_normal && rules.sha3 == DIGEST_KECCAK256);
    chain.gas = GAS_FREE_STORAGE;
    assert_ptr_equal(evm_rules_of(&chain).gas, &evm_gas_free);
    chain.version = VERSION_OF(2, 5, 0);
    rules = evm_rules_of(&chain);
    assert_true(rules.revision == EVM_CONSTANTINOPLE && rules.gas == &evm_gas_free);
    chain.version = VERSION_OF(2, 4, 0);
    chain.gas = GAS_NORMAL;
    assert_true(evm_rules_of(&chain).gas->charges_new_account);
    chain.version = VERSION_OF(2, 6, 0);
    assert_false(evm_rules_of(&chain).gas->charges_new_account);
}

static void new_opcodes_are_undefined_in_constantinople(void **state)
{
    (void)state;
    world w;
    world_init(&w, EVM_CONSTANTINOPLE, &evm_gas_normal, 100000);
    assert_int_equal(execute(&w, "CHAINID"), EVM_UNDEFINED_INSTRUCTION);
    assert_int_equal(execute(&w, "SELFBALANCE"), EVM_UNDEFINED_INSTRUCTION);
    assert_int_equal(execute(&w, "1 BALANCE"), EVM_SUCCESS);
    assert_int_equal(w.gas_used, 403);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_opcodes),
        cmocka_unit_test(sha3_is_sm3_on_national_chains),
        cmocka_unit_test(window_of_block_hashes),
        cmocka_unit_test(static_gas_of_every_opcode),
        cmocka_unit_test(stack_needs_of_every_opcode),
        cmocka_unit_test(dup_and_swap),
        cmocka_unit_test(rules_of_a_chain),
        cmocka_unit_test(new_opcodes_are_undefined_in_constantinople),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
