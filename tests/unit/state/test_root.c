/* Roots of spec/data-model.md 7.2 and section 12 B: printed by a program linked to the reference, one value a line there. */
#include "support_state.h"

static hash256 root_of_new_account(uint32_t version, const crypto_suite *suite)
{
    world *w = world_new(version, suite);
    tx_state *t = tx_state_new(w->block);
    address a = address_of_byte(1);
    account_set_nonce(t, &a, u256_of(1));
    block_state_merge(w->block, t);
    tx_state_free(t);
    hash256 root = block_state_root(w->block);
    world_free(w);
    return root;
}

static void account_in_each_version(void **state)
{
    (void)state;
    static const char to_2_1[] = "85314ee55d25e01d1da421e6f597a9f1693709aa3c3ee9b0669363edb1ab5e82";
    static const char to_2_4[] = "57b0f8983187fbd620d2a846888b2c69a0b3525aa5c36a25fdad5c0eb0c8dab8";
    static const char newest[] = "fa9f53c35b6d1cbaf2c9c32043ddac03704c2f78f407949ec159b8c52d8b4ded";
    assert_root(root_of_new_account(VERSION_OF(2, 0, 0), &crypto_standard), to_2_1);
    assert_root(root_of_new_account(VERSION_OF(2, 1, 0), &crypto_standard), to_2_1);
    assert_root(root_of_new_account(VERSION_OF(2, 2, 0), &crypto_standard), to_2_4);
    assert_root(root_of_new_account(VERSION_OF(2, 4, 0), &crypto_standard), to_2_4);
    assert_root(root_of_new_account(VERSION_OF(2, 4, 1), &crypto_standard),
                "3b6fe17a2136beac926c6b4e09c6a7b05121125680cb1e61eeb1e1fee66557ea");
    assert_root(root_of_new_account(VERSION_OF(2, 5, 0), &crypto_standard), newest);
    assert_root(root_of_new_account(VERSION_OF(2, 11, 0), &crypto_standard), newest);
    assert_root(root_of_new_account(VERSION_OF(2, 11, 0), &crypto_national),
                "16882ca97466ef30778fc47e1f51bf083fa689db846eddff7bf1d425d4210513");
}

typedef void action(tx_state *t);

static void check(action *act, const char *standard, const char *national)
{
    const crypto_suite *const suites[] = {&crypto_standard, &crypto_national};
    for (size_t i = 0; i < COUNT(suites); i++) {
        world *w = world_new(VERSION_OF(2, 11, 0), suites[i]);
        tx_state *t = tx_state_new(w->block);
        act(t);
        block_state_merge(w->block, t);
        tx_state_free(t);
        assert_root(block_state_root(w->block), i ? national : standard);
        world_free(w);
    }
}

static state_table *config(tx_state *t)
{
    return tx_state_open(t, TEXT(TABLE_CONFIG));
}

static void update_without_match(tx_state *t)
{
    const row_field fields[] = {{TEXT("value"), TEXT("5")}};
    assert_int_equal(tx_state_update(t, config(t), TEXT("none"), fields, 1, NULL, NULL), 0);
}

static void insert_undone(tx_state *t)
{
    const row_field fields[] = {{TEXT("value"), TEXT("5")}};
    size_t savepoint = tx_state_savepoint(t);
    assert_int_equal(tx_state_insert(t, config(t), TEXT("zz"), fields, 1, NULL), 1);
    tx_state_undo(t, savepoint);
    assert_null(tx_state_find(t, config(t), TEXT("zz")));
}

static void update_undone(tx_state *t)
{
    const row_field fields[] = {{TEXT("value"), TEXT("5")}};
    size_t savepoint = tx_state_savepoint(t);
    assert_int_equal(tx_state_update(t, config(t), TEXT("tx_gas_limit"), fields, 1, NULL, NULL), 1);
    tx_state_undo(t, savepoint);
}

static void insert_remove_insert(tx_state *t)
{
    const row_field fields[] = {{TEXT("enable_num"), TEXT("0")}, {TEXT("value"), TEXT("5")}};
    assert_int_equal(tx_state_insert(t, config(t), TEXT("zz"), fields, 2, NULL), 1);
    assert_int_equal(tx_state_remove(t, config(t), TEXT("zz"), NULL, NULL), 1);
    assert_int_equal(tx_state_insert(t, config(t), TEXT("zz"), fields, 2, NULL), 1);
}

static void reading(tx_state *t)
{
    assert_non_null(tx_state_find(t, config(t), TEXT("tx_gas_limit")));
}

static void tables_without_rows(void **state)
{
    (void)state;
    static const char standard[] = "10ca3eff73ebec87d2394fc58560afeab86dac7a21f5e402ea0a55e5c8a6758f";
    static const char national[] = "8fbd432a738f0bcba72744b56cb733dc7f2aa6a0b8ab2c52c852967da1a555b1";
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    check(update_without_match, standard, national);
    check(insert_undone, standard, national);
    check(reading, zero, zero);
}

static void rows_that_were_undone(void **state)
{
    (void)state;
    check(update_undone, "b12ecf75ed300749a9f75d4ba3c7619e079643220303d7bc4151e812e6dfeee1",
          "a160a7c7dd71841735bc8e6c58d56b1e9f5570cb0e8ef1d3e2be104a78686990");
    check(insert_remove_insert, "9800262c582f9491373e4ce78fb13598614ff61b64df2710768be845ac87a114",
          "aa0de3b0fe891c4359e760ff2ff2f3f0e07bd1faaa54635e4f15dbf9f98b574f");
}

static void same_value_again(void **state)
{
    (void)state;
    world *w = world_new(VERSION_OF(2, 11, 0), &crypto_standard);
    address a = address_of_byte(1);
    tx_state *t = tx_state_new(w->block);
    account_set_nonce(t, &a, u256_of(1));
    block_state_merge(w->block, t);
    tx_state_free(t);
    world_next_block(w);
    t = tx_state_new(w->block);
    assert_true(account_subtract_balance(t, &a, U256_ZERO)); /* QUIRK: writes 0 over 0 */
    block_state_merge(w->block, t);
    tx_state_free(t);
    assert_root(block_state_root(w->block), "c782eb822695ef304a048dd053f2255c0cc2df2724beeae8901023007cebb379");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_in_each_version), cmocka_unit_test(tables_without_rows),
        cmocka_unit_test(rows_that_were_undone),   cmocka_unit_test(same_value_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
