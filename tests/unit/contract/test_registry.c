/* The table of built-in contracts against spec/precompiled.md: addresses and versions (1.1), selectors of both suites (7, 8),
   answers to unknown functions (1.4). */
#include "support_world.h"

#include "contract/contract.h"

static const struct {
    uint32_t standard, national;
} selectors[] = {
    {0x039a93ca, 0xb90059a3}, /* listOperators */
    {0x0553904e, 0xdc536a62}, /* registerParallelFunctionInternal */
    {0x06e63ff8, 0xce0a9fb9}, /* insert */
    {0x08ad6333, 0xe1f10ee0}, /* GT */
    {0x0b37617b, 0x1626c092}, /* userTransfer */
    {0x11e3f2af, 0x714c65bd}, /* unregisterParallelFunctionInternal */
    {0x13db9346, 0x5887ab24}, /* newEntry */
    {0x1536aedd, 0x01d04396}, /* userBalance */
    {0x20586031, 0xbbec3f91}, /* queryByName */
    {0x246c3376, 0x95e96f8f}, /* updateCommitteeMemberWeight */
    {0x27314f79, 0xfdebe414}, /* getBytes32 */
    {0x2783acf5, 0x966b0822}, /* NE */
    {0x2800efc0, 0x25e85d16}, /* addObserver */
    {0x281af27d, 0x35365efb}, /* queryThreshold */
    {0x284f6e88, 0x1cfb254d}, /* queryVotesOfMember */
    {0x28bb2117, 0x09ff42f0}, /* remove */
    {0x2dca76c1, 0x10bd675b}, /* update */
    {0x2e0d738a, 0xbd8cb043}, /* limit */
    {0x2ef8ba74, 0xdef42698}, /* set */
    {0x30ccebb5, 0xbca14431}, /* getStatus */
    {0x31afac36, 0x4c6f30c0}, /* insert */
    {0x3536046a, 0xdf7427af}, /* getUInt */
    {0x39aef024, 0xf955264b}, /* NE */
    {0x3a67288f, 0x00c77684}, /* revokeManager */
    {0x3fe8e3f5, 0xebceb511}, /* userAdd */
    {0x4090ff6d, 0x337dd753}, /* ringSigVerify */
    {0x42f8dd31, 0x40b5f1ab}, /* GE */
    {0x44590a7e, 0x85d23afc}, /* remove */
    {0x45c8b1a6, 0x61cb24c3}, /* unfreeze */
    {0x47055321, 0x790162d7}, /* deduct */
    {0x52ce50e8, 0x226f66e0}, /* curve25519VRFVerify */
    {0x54ad6352, 0x67547e08}, /* queryPermission */
    {0x56004b6a, 0xc92a7801}, /* createTable */
    {0x5d0d6d54, 0xb885d5ac}, /* desc */
    {0x693ec85e, 0x7b1b8e03}, /* get */
    {0x6c147119, 0xc784c982}, /* queryCommitteeMemberWeight */
    {0x6f8f521f, 0xcbff0346}, /* grantCommitteeMember */
    {0x7857d7c9, 0xc74f8caf}, /* newCondition */
    {0x788649ea, 0x2312386d}, /* unfreezeAccount */
    {0x791a2742, 0x2e8c25f5}, /* queryVotesOfThreshold */
    {0x7ec1cc65, 0x32492737}, /* limit */
    {0x80599e4b, 0x86b733f9}, /* remove */
    {0x819a3d62, 0x078af4af}, /* selectByName */
    {0x846719e0, 0x3dd2b614}, /* get */
    {0x867bde5d, 0xec597503}, /* revokeCharger */
    {0x885a3a72, 0x77cb0994}, /* listCommitteeMembers */
    {0x89152d1f, 0xdf434acc}, /* addSealer */
    {0x897f0251, 0xec72a422}, /* selectByNameAndVersion */
    {0x8a42ebe9, 0xf2f4ee6d}, /* set */
    {0x8d1fdf2f, 0xf12c66df}, /* freeze */
    {0x938e7668, 0x8afc0c2a}, /* paillierAdd */
    {0x949d225d, 0xd3e9af5a}, /* size */
    {0x96ec37c4, 0xd010d23c}, /* grantWrite */
    {0x97b00861, 0x931af204}, /* updateThreshold */
    {0x983c6c4f, 0x7388111f}, /* select */
    {0x99c26010, 0xdf12fe78}, /* revokeWrite */
    {0x9c981fcb, 0x9bca41e8}, /* getString */
    {0xa216464b, 0xb8eaa08d}, /* insert */
    {0xa3ffa9cd, 0xc74b68d9}, /* charge */
    {0xa721fb43, 0x27c46414}, /* grantManager */
    {0xa72a1e65, 0x81b81824}, /* remove */
    {0xa815ff15, 0x517c4dd9}, /* set */
    {0xa9f2b9a8, 0xa06cc6ae}, /* listChargers */
    {0xb2c8ac1e, 0x9be9e392}, /* groupSigVerify */
    {0xb6f23857, 0x2ec346c9}, /* LE */
    {0xbd291aef, 0x0749b518}, /* setValueByKey */
    {0xbf2b70a1, 0x664b37d6}, /* update */
    {0xbf40fac1, 0x07afbf3a}, /* getAddress */
    {0xc31c9b65, 0x1ee88791}, /* LT */
    {0xc5252d0e, 0xdc7d16f9}, /* listManager */
    {0xc559a73a, 0xde78e50a}, /* EQ */
    {0xcaf39c51, 0x3009a33c}, /* grantCharger */
    {0xcafb4d1b, 0x681362f3}, /* revokeCommitteeMember */
    {0xcbdb3a67, 0x22ede61e}, /* sm2Verify */
    {0xcd30a1d1, 0xae763db5}, /* EQ */
    {0xd52decd4, 0x9139fa37}, /* getBytes64 */
    {0xdf04e6b2, 0x372410a0}, /* rotateWorkingSealer */
    {0xe348da13, 0xd1db6540}, /* grantOperator */
    {0xe44594b9, 0xd62b54b4}, /* EQ */
    {0xe555f3d9, 0x622793a5}, /* userSave */
    {0xe8434e39, 0xd8ac5957}, /* select */
    {0xe942b516, 0x1a391cb4}, /* set */
    {0xeb90f459, 0xb6510107}, /* keccak256Hash */
    {0xf001f6a3, 0x00ba8f9b}, /* queryRemainGas */
    {0xf23f63c9, 0x59a48b65}, /* openTable */
    {0xf26c159f, 0x563e46a5}, /* freezeAccount */
    {0xf85f8126, 0xf1a31bfa}, /* getContractAddress */
    {0xfad8b32a, 0xc9ab2069}, /* revokeOperator */
    {0xfb34363c, 0xf25611b5}, /* sm3 */
    {0xfd4fa05a, 0xa41e61cc}, /* getAccountStatus */
    {0xfda69fae, 0x4900862e}, /* getInt */
    {0xff2b0127, 0x2f327550}, /* userDraw */
};

static size_t find_selector(uint32_t standard, uint32_t national)
{
    size_t i = 0;
    while (i < COUNT(selectors) && (selectors[i].standard != standard || selectors[i].national != national))
        i++;
    return i;
}

static void selectors_are_those_of_the_notes(void **state)
{
    (void)state;
    bool used[COUNT(selectors)] = {false};
    const contract *kind;
    for (size_t i = 0; (kind = contract_at(i)); i++)
        for (size_t m = 0; m < kind->method_count; m++) {
            const char *signature = kind->methods[m].signature;
            size_t found = find_selector(abi_selector(&crypto_standard, signature), abi_selector(&crypto_national, signature));
            if (found == COUNT(selectors))
                fail_msg("%s.%s is not in the notes", kind->name, signature);
            used[found] = true;
        }
    for (size_t i = 0; i < COUNT(selectors); i++)
        if (!used[i])
            fail_msg("no contract has the function with selector %08x", selectors[i].standard);
}

static const struct {
    uint32_t address, since;
    const char *unknown; /* hexadecimal; NULL: empty */
} contracts[] = {
    {0x1000, 0, "0000000000000000000000000000000000000000000000000000000000000000"},
    {0x1001, 0, NULL},
    {0x1002, 0, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3c4b"},
    {0x1003, 0, "0000000000000000000000000000000000000000000000000000000000000000"},
    {0x1004, 0, NULL},
    {0x1005, 0, NULL},
    {0x1006, 0, NULL},
    {0x1007, VERSION_OF(2, 3, 0), NULL},
    {0x1008, VERSION_OF(2, 5, 0), NULL},
    {0x1009, VERSION_OF(2, 9, 0), "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff30f0"},
    {0x1010, VERSION_OF(2, 3, 0), NULL},
    {0x1011, VERSION_OF(2, 6, 0), NULL},
    {0x5002, 0, NULL},
    {0x5003, 0, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3c4b"},
    {0x5004, 0, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3c4b"},
    {0x5005, 0, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3c4b"},
    {0x5006, VERSION_OF(2, 8, 0), "00000000000000000000000000000000000000000000000000000000ffff3c4b"},
};

static void contracts_begin_with_their_versions(void **state)
{
    (void)state;
    static const uint32_t versions[] = {VERSION_RC2, VERSION_OF(2, 2, 0), VERSION_OF(2, 3, 0), VERSION_OF(2, 4, 0), VERSION_OF(2, 5, 0),
                                        VERSION_OF(2, 6, 0), VERSION_OF(2, 8, 0), VERSION_OF(2, 9, 0), VERSION_OF(2, 11, 0)};
    for (size_t v = 0; v < COUNT(versions); v++) {
        world *w = world_new(versions[v]);
        size_t existing = 0, expected = 0;
        for (uint32_t number = 0; number < 0x20000; number++) {
            address where = address_of_number(number);
            existing += contract_exists(w->registry, w->tx, &where);
        }
        for (size_t i = 0; i < COUNT(contracts); i++) {
            address where = address_of_number(contracts[i].address);
            bool begun = versions[v] >= contracts[i].since;
            assert_int_equal(contract_exists(w->registry, w->tx, &where), begun);
            where.b[0] = 1;
            assert_false(contract_exists(w->registry, w->tx, &where));
            expected += begun;
        }
        assert_int_equal(existing, expected);
        world_free(w);
    }
}

/* An unknown selector, and every length too short for one. */
static void unknown_functions_are_answered(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x12, 0x34, 0x56, 0x78};
    world *w = world_new(VERSION_OF(2, 11, 0));
    for (size_t i = 0; i < COUNT(contracts); i++)
        for (size_t size = 0; size <= sizeof data; size++) {
            address where = address_of_number(contracts[i].address);
            contract_call c = {.state = w->tx, .data = bytes_of(data, size)};
            uint64_t cost;
            assert_int_equal(contract_run(w->registry, &where, &c, &cost), CONTRACT_DONE);
            assert_int_equal(c.output.size, contracts[i].unknown ? 32 : 0);
            char hex[65] = {0};
            for (size_t j = 0; j < c.output.size; j++)
                snprintf(hex + 2 * j, 3, "%02x", c.output.data[j]);
            assert_string_equal(hex, contracts[i].unknown ? contracts[i].unknown : "");
        }
    world_free(w);
}

/* The check values of precompiled.md section 2. */
static void gas(void **state)
{
    (void)state;
    static const struct {
        uint64_t operations, memory, cost;
    } cases[] = {{36400, 15000, 38236}, {0, 256, 24}, {1300, 25000, 4840}, {16000, 292, 16030}, {200, 100, 212}, {0, 0, 0}, {0, 1, 3}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(cases[i].operations + contract_memory_gas(cases[i].memory), cases[i].cost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_are_those_of_the_notes),
        cmocka_unit_test(contracts_begin_with_their_versions),
        cmocka_unit_test(unknown_functions_are_answered),
        cmocka_unit_test(gas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
