/* The worked examples of spec/execution.md 8.7, in both kinds of cryptography. */
#include "support_chain.h"

static const crypto_suite *const suites[] = {&crypto_standard, &crypto_national};
static const char eoa[] = "1000000000000000000000000000000000000000";

/* one text a suite */
typedef struct {
    const char *of[2];
} pair;

static void assert_hash(hash256 hash, const char *hex)
{
    assert_hex_equal(BYTES_OF_VALUE(hash), hex);
}

static void a_creation(void **state)
{
    (void)state;
    static const pair address_ = {{"13136008b64ff592819b2fa6d43f2835c452020e", "ec5c0169a165bde156b1834ccafae3b08bf235e5"}};
    static const pair root = {{"9298e8c3f7a156b49f14348c614d5f04af5b76f4f1b59d9d7135d8f06b2e893c",
                               "fbb5f293b89a64dc2ea5b96deee79810b9052542969586620da9a14710ca84fc"}};
    static const pair receipts = {{"024d71574298f68f105d3562d44e6671985c9db9ecce0d1c50d5cd195a07d481",
                                   "ffab4b82bc3193114b890b1aa6628ee11b0d2b150a4b3469290e5ea6454f33f0"}};
    for (size_t i = 0; i < COUNT(suites); i++) {
        chain *c = chain_new(VERSION_OF(2, 11, 0), suites[i]);
        const receipt *r = chain_run_one(c, (call){.from = address_of_hex(eoa), .data = "600060005360016000f3"});
        assert_int_equal(r->status, STATUS_OK);
        assert_true(u256_equal(r->gas_used, u256_of(53706)));
        assert_int_equal(r->output.size, 0);
        assert_hex_equal(BYTES_OF_VALUE(r->contract_address), address_.of[i]);
        assert_hash(chain_root(c), root.of[i]);
        assert_hash(execution_block(c->last)->header.receipts_root, receipts.of[i]);
        chain_free(c);
    }
}

static void b_c_failing_creations(void **state)
{
    (void)state;
    static const pair first = {{"8cd25af6d65bb14f96c878b720ec1e5cdf8b92749fb415f7096d6b57b161a4f4",
                                "ee68f5ee6cb1a1ed19a2cbebd884629f59386911e2da4447f8168bffc9f6ae10"}};
    static const pair second = {{"7a390d526d2f31c82638bbe7e873edf858df1978ef39d50dc91bb606ae755d8c",
                                 "91e32f4355051881cf6675d042c19dc1b41887b71c2bb5dec8ab1dadb748c1df"}};
    for (size_t i = 0; i < COUNT(suites); i++) {
        chain *c = chain_new(VERSION_OF(2, 11, 0), suites[i]);
        call reverting = {.from = address_of_hex(eoa), .data = "60006000fd"};
        assert_int_equal(chain_run_one(c, reverting)->status, STATUS_REVERT);
        assert_hash(chain_root(c), first.of[i]);
        chain_free(c);
        c = chain_new(VERSION_OF(2, 11, 0), suites[i]);
        chain_run_one(c, (call){.from = address_of_hex(eoa), .data = "600060005360016000f3"});
        assert_int_equal(chain_run_one(c, reverting)->status, STATUS_REVERT);
        assert_hash(chain_root(c), second.of[i]);
        chain_free(c);
    }
}

/* PUSH1 7 PUSH1 0 SSTORE, then REVERT when there is call data. */
static const char store_then_revert[] = "600760005536600a57005b60006000fd";
static const char store_five[] = "6005600055";

static void d_undone_store(void **state)
{
    (void)state;
    static const pair over_five = {{"db43f1f6a9791979b0f33c8a73a6ee644a862f91663e17bcd22b40d35a60c671",
                                    "38958c9d553d422cef4992ee46f92d2b319bc6060f7362c734a157e7a9dcc9b3"}};
    static const pair over_nothing = {{"10ca3eff73ebec87d2394fc58560afeab86dac7a21f5e402ea0a55e5c8a6758f",
                                       "8fbd432a738f0bcba72744b56cb733dc7f2aa6a0b8ab2c52c852967da1a555b1"}};
    for (size_t i = 0; i < COUNT(suites); i++) {
        chain *c = chain_new(VERSION_OF(2, 11, 0), suites[i]);
        address x = chain_deploy(c, store_then_revert);
        assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &x, .data = "01"})->status, STATUS_REVERT);
        assert_hash(chain_root(c), over_nothing.of[i]);
        chain_free(c);
        c = chain_new(VERSION_OF(2, 11, 0), suites[i]);
        /* The constructor leaves 5 in slot 0. */
        char init[256];
        snprintf(init, sizeof init, "%s6010806010600039%s%s", store_five, "6000f3", store_then_revert);
        const receipt *r = chain_run_one(c, (call){.from = address_of_hex(eoa), .data = init});
        assert_int_equal(r->status, STATUS_OK);
        x = r->contract_address;
        assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &x, .data = "01"})->status, STATUS_REVERT);
        assert_hash(chain_root(c), over_five.of[i]);
        chain_free(c);
    }
}

static void call_that_touches_no_table(void **state)
{
    (void)state;
    chain *c = chain_new(VERSION_OF(2, 11, 0), &crypto_standard);
    address nowhere = address_of_hex("abcd");
    assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &nowhere, .data = ""})->status,
                     STATUS_CALL_ADDRESS_ERROR);
    assert_hash(chain_root(c), "0000000000000000000000000000000000000000000000000000000000000000");
    chain_free(c);
}

static uint64_t gas_of_call(chain *c, const address *to, uint64_t gas)
{
    const receipt *r = chain_run_one(c, (call){.from = address_of_hex(eoa), .to = to, .data = "", .gas = gas});
    assert_int_equal(r->status, STATUS_OK);
    return r->gas_used.limb[0];
}

static void e_gas(void **state)
{
    (void)state;
    chain *c = chain_new(VERSION_OF(2, 11, 0), &crypto_standard);
    address one = chain_deploy(c, "600160005500");
    assert_int_equal(gas_of_call(c, &one, 30000000), 41006);
    assert_int_equal(gas_of_call(c, &one, 30000000), 21806);
    /* Clears slot 0 where call data is empty, else sets it. */
    address clear = chain_deploy(c, "3660005500");
    assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &clear, .data = "00"})->status, STATUS_OK);
    assert_int_equal(gas_of_call(c, &clear, 30000000), 21000 + 2 + 3 + 5000 - 15000);
    assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &clear, .data = "00"})->status, STATUS_OK);
    assert_int_equal(gas_of_call(c, &clear, 300000000), (21000 + 2 + 3 + 5000) / 2 + 1); /* 26005 - 26005 / 2 */
    address three = chain_deploy(c, "366000553660015536600255" "00");
    assert_int_equal(chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &three, .data = "00"})->status, STATUS_OK);
    const receipt *r = chain_run_one(c, (call){.from = address_of_hex(eoa), .to = &three, .data = "", .gas = 30000000});
    /* QUIRK: more came back than was used; the difference wraps. */
    assert_true(u256_equal(r->gas_used, u256_sub(u256_of(21000 + 15 + 15000), u256_of(45000))));
    chain_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_creation), cmocka_unit_test(b_c_failing_creations), cmocka_unit_test(d_undone_store),
        cmocka_unit_test(call_that_touches_no_table), cmocka_unit_test(e_gas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
