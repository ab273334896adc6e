/* How transactions end: the table of spec/execution.md 2.8, and the QUIRKs of 2.4 to 2.7. */
#include "support_chain.h"

static chain *c;
static const uint64_t limit = 300000000;

static int begin(void **state)
{
    (void)state;
    c = chain_new(VERSION_OF(2, 11, 0), &crypto_standard);
    return 0;
}

static int end(void **state)
{
    (void)state;
    chain_free(c);
    return 0;
}

static address sender(void)
{
    return address_of_hex("1000000000000000000000000000000000000000");
}

static const receipt *run(const address *to, const char *data)
{
    return chain_run_one(c, (call){.from = sender(), .to = to, .data = data});
}

static void assert_error_text(const receipt *r, const char *text)
{
    assert_true(r->output.size >= 68 + strlen(text));
    assert_int_equal(read_be32(r->output.data), 0x08c379a0);
    assert_int_equal(r->output.data[67], strlen(text));
    assert_memory_equal(r->output.data + 68, text, strlen(text));
}

/* code, status, and what is left of the gas: of the base 21000 nothing but itself, or all */
static void ends_of_a_call(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        uint32_t status;
        bool burns_all;
    } cases[] = {
        {"fe", STATUS_BAD_INSTRUCTION, true},
        {"0c", STATUS_BAD_INSTRUCTION, true},
        {"600056", STATUS_BAD_JUMP_DESTINATION, true},
        {"fe50", STATUS_STACK_UNDERFLOW, true},               /* QUIRK of 4.2: the block's stack is checked first */
        {"5b6000600056", STATUS_OUT_OF_STACK, true},          /* pushes more than it takes */
        {"6001600060003e", STATUS_UNKNOWN, true},             /* RETURNDATACOPY beyond the data */
        {"5b600056", STATUS_OUT_OF_GAS, false},               /* QUIRK: running out of gas costs the base only */
        {"60006000fd", STATUS_REVERT, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        address to = chain_deploy(c, cases[i].code);
        const receipt *r = run(&to, "");
        assert_int_equal(r->status, cases[i].status);
        if (cases[i].burns_all)
            assert_true(u256_equal(r->gas_used, u256_of(limit)));
        else
            assert_true(u256_compare(r->gas_used, u256_of(22000)) < 0);
    }
}

static void no_code_at_the_target(void **state)
{
    (void)state;
    address nowhere = address_of_hex("abcdef"), zero = {{0}};
    const receipt *r = run(&nowhere, "");
    assert_int_equal(r->status, STATUS_CALL_ADDRESS_ERROR);
    assert_true(u256_equal(r->gas_used, u256_of(21000)));
    assert_error_text(r, "Error address:0000000000000000000000000000000000abcdef");
    r = run(&zero, "");
    assert_int_equal(r->output.size, 132);
    assert_error_text(r, "Error address:0000000000000000000000000000000000000000");
}

static void creation_with_value_has_status_zero(void **state)
{
    (void)state;
    const receipt *r = chain_run_one(c, (call){.from = sender(), .data = "600060005360016000f3", .value = 1});
    assert_int_equal(r->status, STATUS_OK); /* QUIRK of 2.6, step 7 */
    assert_true(u256_equal(r->gas_used, u256_of(53488)));
    assert_hex_equal(BYTES_OF_VALUE(r->contract_address), "13136008b64ff592819b2fa6d43f2835c452020e");
    address made = r->contract_address;
    assert_int_equal(run(&made, "")->status, STATUS_CALL_ADDRESS_ERROR);
}

static void constructor_that_reverts_pays_for_its_data(void **state)
{
    (void)state;
    /* reverts with 32 zero bytes */
    const receipt *r = chain_run_one(c, (call){.from = sender(), .data = "60206000fd"});
    assert_int_equal(r->status, STATUS_REVERT);
    assert_int_equal(r->output.size, 32);
    uint64_t base = 53000 + 4 * 68 + 4;
    assert_true(u256_equal(r->gas_used, u256_of(base + 3 + 3 + 3 + 32 * 200)));
}

static void constructor_that_cannot_pay_for_its_code(void **state)
{
    (void)state;
    chain_set_config(c, "tx_gas_limit", "100000");
    /* returns, or reverts with, 1 KB: 204800 gas */
    const receipt *r = chain_run_one(c, (call){.from = sender(), .data = "6104006000f3"});
    assert_int_equal(r->status, STATUS_OUT_OF_GAS);
    assert_int_equal(r->output.size, 0);
    r = chain_run_one(c, (call){.from = sender(), .data = "6104006000fd"});
    assert_int_equal(r->status, STATUS_OUT_OF_GAS);
    assert_int_equal(r->output.size, 1024); /* QUIRK: the revert data stays */
}

static void intrinsic_gas_above_the_limit(void **state)
{
    (void)state;
    chain_set_config(c, "tx_gas_limit", "100000");
    char data[2 * 1200 + 1];
    memset(data, '1', sizeof data - 1), data[sizeof data - 1] = '\0';
    address nowhere = address_of_hex("abcdef");
    const receipt *r = run(&nowhere, data);
    assert_int_equal(r->status, STATUS_OUT_OF_GAS_INTRINSIC);
    assert_true(u256_equal(r->gas_used, u256_of(100000)));
}

static void address_already_used(void **state)
{
    (void)state;
    /* CREATE2 of empty code is possible again and again; of real code only once. 1 byte 00: 600060005360016000f3 */
    address factory = chain_deploy(c, "69600060005360016000f3600052600060"
                                      "0a60166000f560005260206000f3");
    const receipt *r = run(&factory, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_int_equal(r->output.size, 32);
    bool created = !u256_is_zero(u256_from_be(r->output));
    assert_true(created);
    r = run(&factory, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_is_zero(u256_from_be(r->output)));
    assert_true(u256_compare(r->gas_used, u256_of(limit - limit / 32)) > 0); /* the forwarded gas is gone */
}

static void ethereum_contract_too_dear_or_failing(void **state)
{
    (void)state;
    address pairing = address_of_hex("08"), sha = address_of_hex("02");
    chain_set_config(c, "tx_gas_limit", "100000");
    char data[384 * 2 + 1];
    memset(data, '0', sizeof data - 1), data[sizeof data - 1] = '\0';
    const receipt *r = run(&pairing, data); /* 113000 */
    assert_int_equal(r->status, STATUS_OUT_OF_GAS_BASE);
    assert_true(u256_equal(r->gas_used, u256_of(21000 + 4 * 384)));
    r = run(&pairing, "00"); /* length */
    assert_int_equal(r->status, STATUS_REVERT);
    assert_true(u256_equal(r->gas_used, u256_of(100000)));
    r = run(&sha, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_equal(r->gas_used, u256_of(21000 + 60)));
    assert_hex_equal(r->output, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void depth_ends_at_1024(void **state)
{
    (void)state;
    /* Calls itself with all gas and returns the depth reached: 1 + what the call returned. */
    address deep = chain_deploy(c, "6020600060006000" "6000305af1" "50600051600101600052" "60206000f3");
    chain_set_config(c, "tx_gas_limit", "9000000000000000000");
    const receipt *r = run(&deep, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_equal(u256_from_be(r->output), u256_of(1025))); /* frames at depth 0 to 1024 */
}

static void frozen_account_and_contract(void **state)
{
    (void)state;
    address contract_ = chain_deploy(c, "00");
    address developer = address_of_hex("dd");
    const receipt *r;
    char table[64];
    snprintf(table, sizeof table, "c_%040x", 0xdd);
    chain_put_row(c, table, "key", "frozen", "value", "true");
    r = chain_run_one(c, (call){.from = developer, .to = &contract_, .data = ""});
    assert_int_equal(r->status, STATUS_ACCOUNT_FROZEN);
    assert_true(u256_equal(r->gas_used, u256_of(21000)));
    assert_error_text(r, "Frozen account:0x00000000000000000000000000000000000000dd");
    r = chain_run_one(c, (call){.from = developer, .data = "00"});
    assert_int_equal(r->status, STATUS_ACCOUNT_FROZEN);
    assert_true(u256_equal(r->gas_used, u256_of(limit)));
    arena a = {0};
    snprintf(table, sizeof table, "c_%s", hex_text(&a, BYTES_OF_VALUE(contract_)));
    arena_reset(&a);
    chain_put_row(c, table, "key", "frozen", "value", "true");
    r = run(&contract_, "");
    assert_int_equal(r->status, STATUS_CONTRACT_FROZEN);
    assert_int_equal(r->output.data[68], 'F');
}

static void caller_sees_how_a_call_ended(void **state)
{
    (void)state;
    address reverts = chain_deploy(c, "6001600052602060" "00fd");
    arena a = {0};
    char code[256];
    /* Calls it, returns [success, size of return data]. */
    snprintf(code, sizeof code, "600060006000600060" "0073%s5af16000523d60205260406000f3", hex_text(&a, BYTES_OF_VALUE(reverts)));
    address caller = chain_deploy(c, code);
    const receipt *r = run(&caller, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_is_zero(u256_from_be(bytes_of(r->output.data, 32))));
    assert_int_equal(r->output.data[63], 32);
    /* No code there: failure, with the text as return data, and all the gas comes back. */
    snprintf(code, sizeof code, "600060006000600060" "0073%040x5af16000523d60205260406000f3", 0xabc);
    caller = chain_deploy(c, code);
    r = run(&caller, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_is_zero(u256_from_be(bytes_of(r->output.data, 32))));
    assert_int_equal(r->output.data[63], 132);
    assert_true(u256_compare(r->gas_used, u256_of(22000)) < 0);
    arena_reset(&a);
}

static void logs_of_reverted_frames_vanish(void **state)
{
    (void)state;
    arena a = {0};
    char code[256];
    address inner = chain_deploy(c, "60006000a060006000fd");
    /* LOG0, call, LOG0 */
    snprintf(code, sizeof code, "60006000a0600060006000600060" "0073%s5af160006000a000", hex_text(&a, BYTES_OF_VALUE(inner)));
    address outer = chain_deploy(c, code);
    const receipt *r = run(&outer, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_int_equal(r->log_count, 2);
    assert_memory_equal(&r->logs[0].from, &outer, sizeof outer);
    assert_int_equal(run(&inner, "")->log_count, 0);
    arena_reset(&a);
}

static void refused_deployment_undoes_the_whole_transaction(void **state)
{
    (void)state;
    /* SSTORE(0, 1), CREATE of empty code, return [created, SLOAD 0]. */
    address factory = chain_deploy(c, "6001600055600060006000f060005260005460205260406000f3"), permission = address_of_hex("1005");
    const receipt *r = run(&factory, "");
    assert_false(u256_is_zero(u256_from_be(bytes_of(r->output.data, 32))));
    assert_int_equal(r->output.data[63], 1);
    address other = chain_deploy(c, "6001600055600060006000f060005260005460205260406000f3");
    /* insert("_sys_tables_", "0x11..11"): only that account may deploy, from the next block on. */
    r = run(&permission, "06e63ff8"
                         "0000000000000000000000000000000000000000000000000000000000000040"
                         "0000000000000000000000000000000000000000000000000000000000000080"
                         "000000000000000000000000000000000000000000000000000000000000000c"
                         "5f7379735f7461626c65735f0000000000000000000000000000000000000000"
                         "000000000000000000000000000000000000000000000000000000000000002a"
                         "3078313131313131313131313131313131313131313131313131313131313131"
                         "3131313131313131313100000000000000000000000000000000000000000000");
    assert_int_equal(r->output.data[31], 1);
    r = run(&other, "");
    assert_int_equal(r->status, STATUS_OK);
    assert_true(u256_is_zero(u256_from_be(bytes_of(r->output.data, 32))));
    assert_int_equal(r->output.data[63], 0); /* QUIRK of 2.6: the outer frame's SSTORE went with it */
    r = chain_run_one(c, (call){.from = sender(), .data = "00"});
    assert_int_equal(r->status, STATUS_PERMISSION_DENIED);
    assert_true(u256_equal(r->gas_used, u256_of(limit)));
}

static void blocks_are_refused_without_senders(void **state)
{
    (void)state;
    error_text why = {""};
    execution *e;
    transaction_fields fields = {.to = address_of_hex("01"), .gas = u256_of(1)};
    address nobody = {{0}};
    transaction *tx = transaction_unsigned_call(&c->rules, &fields, &nobody);
    tx->sender_known = false;
    block *proposal = block_new();
    block_set_transactions(proposal, &tx, 1);
    proposal->header.number = 1;
    assert_int_equal(executor_run_block(c->executor, c->store, proposal, &c->head, &e, &why), EXECUTE_FAILED);
    assert_null(e);
    assert_non_null(strstr(why.text, "no sender"));
    block_drop(proposal);
}

static void calls_change_nothing(void **state)
{
    (void)state;
    arena a = {0};
    error_text why;
    call_result result;
    address to = chain_deploy(c, "4360005560005460005260206000f3"); /* SSTORE(0, NUMBER), return it */
    const block *latest = execution_block(c->last);
    transaction_fields fields = {.to = to, .gas = u256_of(INT64_MAX), .gas_price = u256_of(1)};
    address from = sender(), nobody = {{0}};
    transaction *tx = transaction_unsigned_call(&c->rules, &fields, &from);
    assert_true(executor_call(c->executor, c->store, &latest->header, &latest->hash, tx, &a, &result, &why));
    assert_int_equal(result.status, STATUS_OK);
    assert_int_equal(result.output.data[31], 1); /* the latest block's own number */
    transaction_drop(tx);
    /* QUIRK of section 11: from the zero address it is nothing at all. */
    tx = transaction_unsigned_call(&c->rules, &fields, &nobody);
    assert_true(executor_call(c->executor, c->store, &latest->header, &latest->hash, tx, &a, &result, &why));
    assert_int_equal(result.status, STATUS_OK);
    assert_int_equal(result.output.size, 0);
    transaction_drop(tx);
    /* The slot is still empty: 20000 gas. */
    assert_true(u256_compare(run(&to, "")->gas_used, u256_of(41000)) > 0);
    arena_reset(&a);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(ends_of_a_call),
        CASE(no_code_at_the_target),
        CASE(creation_with_value_has_status_zero),
        CASE(constructor_that_reverts_pays_for_its_data),
        CASE(constructor_that_cannot_pay_for_its_code),
        CASE(intrinsic_gas_above_the_limit),
        CASE(address_already_used),
        CASE(ethereum_contract_too_dear_or_failing),
        CASE(depth_ends_at_1024),
        CASE(frozen_account_and_contract),
        CASE(caller_sees_how_a_call_ended),
        CASE(logs_of_reverted_frames_vanish),
        CASE(refused_deployment_undoes_the_whole_transaction),
        CASE(blocks_are_refused_without_senders),
        CASE(calls_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
