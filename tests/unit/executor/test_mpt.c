/* Chains that keep accounts in a trie: what differs from account tables (spec/execution.md section 9). */
#include "support_chain.h"

static chain *c;

static void begin(uint32_t version)
{
    c = chain_new(version, &crypto_standard);
    c->rules.state = STATE_MPT;
    c->rules.enable_parallel = false;
}

static address sender(void)
{
    return address_of_hex("1000000000000000000000000000000000000000");
}

static const receipt *run(const address *to, const char *data)
{
    return chain_run_one(c, (call){.from = sender(), .to = to, .data = data});
}

static const block_header *header(void)
{
    return &execution_block(c->last)->header;
}

static void assert_hash_text(hash256 hash, const char *text)
{
    assert_hex_equal(BYTES_OF_VALUE(hash), text);
}

#define ZERO_HASH "0000000000000000000000000000000000000000000000000000000000000000"
#define EMPTY_TRIE "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"

static void headers_have_two_roots(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    address nowhere = address_of_hex("abcdef"), config = address_of_hex("1000");
    /* nothing happens: an empty trie, and no table touched */
    assert_int_equal(run(&nowhere, "")->status, STATUS_CALL_ADDRESS_ERROR);
    assert_hash_text(header()->state_root, EMPTY_TRIE);
    assert_hash_text(header()->db_hash, ZERO_HASH);
    /* a deployment: the trie, and no table */
    (void)chain_deploy(c, "00");
    hash256 deployed = header()->state_root;
    assert_hash_text(header()->db_hash, ZERO_HASH);
    assert_true(u256_is_zero(execution_block(c->last)->receipts[0].remain_gas));
    assert_memory_equal(&execution_block(c->last)->receipts[0].state_root, &deployed, sizeof deployed);
    /* setValueByKey("tx_gas_limit", "200000"): tables, and not the trie */
    const receipt *r = run(&config, "bd291aef"
                                    "0000000000000000000000000000000000000000000000000000000000000040"
                                    "0000000000000000000000000000000000000000000000000000000000000080"
                                    "000000000000000000000000000000000000000000000000000000000000000c"
                                    "74785f6761735f6c696d69740000000000000000000000000000000000000000"
                                    "0000000000000000000000000000000000000000000000000000000000000006"
                                    "3230303030300000000000000000000000000000000000000000000000000000");
    assert_int_equal(r->status, STATUS_OK);
    assert_memory_equal(&header()->state_root, &deployed, sizeof deployed);
    hash256 zero = {{0}};
    assert_memory_not_equal(&header()->db_hash, &zero, sizeof zero);
    chain_free(c);
}

static void killed_contracts_are_gone_and_can_come_back(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    /* Without call data: CREATE2 with salt 0 of a contract that SSTOREs (0, 1) and has the code SELFDESTRUCT; answers its address.
       init: 600160005560 33 6000 53 60ff 6001 53 6002 6000 f3 -> code 33ff */
    char code[512];
    arena a = {0};
    const char *init = "6001600055" "6033600053" "60ff600153" "60026000f3";
    size_t size = strlen(init) / 2;
    snprintf(code, sizeof code, "73%s" "600052" "6000" "60%02zx" "60%02zx" "6000" "f5" "60005260206000f3", init, size, 32 - size);
    address factory = chain_deploy(c, code);
    const receipt *r = run(&factory, "");
    address made;
    assert_int_equal(r->output.size, 32);
    memcpy(made.b, r->output.data + 12, sizeof made.b);
    bytes stored;
    error_text why;
    hash256 root = chain_root(c);
    assert_true(account_committed_code(&c->rules, c->store, &root, &made, &a, &stored, &why));
    assert_hex_equal(stored, "33ff");
    r = run(&factory, ""); /* in use */
    assert_true(u256_is_zero(u256_from_be(r->output)));
    assert_int_equal(run(&made, "")->status, STATUS_OK); /* kills itself */
    hash256 without = chain_root(c);
    assert_true(account_committed_code(&c->rules, c->store, &without, &made, &a, &stored, &why));
    assert_int_equal(stored.size, 0);
    assert_int_equal(run(&made, "")->status, STATUS_CALL_ADDRESS_ERROR);
    assert_memory_equal(&c->head.state_root, &without, sizeof without);
    r = run(&factory, "");
    assert_memory_equal(r->output.data + 12, made.b, sizeof made.b);
    /* both in one block */
    const call calls[] = {{.from = sender(), .to = &made, .data = ""}, {.from = sender(), .to = &factory, .data = ""}};
    r = chain_run(c, calls, COUNT(calls));
    assert_int_equal(r[0].status, STATUS_OK);
    assert_memory_equal(r[1].output.data + 12, made.b, sizeof made.b);
    arena_reset(&a);
    chain_free(c);
}

/* A deployment whose code is empty succeeds and leaves nothing but the sender's nonce. */
static void empty_code_vanishes(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    const receipt *r = chain_run_one(c, (call){.from = sender(), .data = "6001600055"});
    assert_int_equal(r->status, STATUS_OK);
    assert_hex_equal(BYTES_OF_VALUE(r->contract_address), "13136008b64ff592819b2fa6d43f2835c452020e");
    hash256 one = chain_root(c);
    chain_free(c);
    begin(VERSION_NEWEST);
    r = chain_run_one(c, (call){.from = sender(), .data = "60016000fd"}); /* reverts: the nonce stays incremented too */
    assert_int_equal(r->status, STATUS_REVERT);
    assert_memory_equal(&header()->state_root, &one, sizeof one);
    chain_free(c);
}

static void reverted_frames_leave_nothing(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    arena a = {0};
    char code[256];
    /* inner: SSTORE(CALLDATASIZE, 7) and revert where there is no data; outer: SSTORE(0, 1), call inner with none, SSTORE(1, result) */
    address inner = chain_deploy(c, "60073655" "36601057" "60006000fd" "000000" "5b00");
    snprintf(code, sizeof code, "6001600055" "60006000600060006000" "73%s" "5af1" "600155" "00", hex_text(&a, BYTES_OF_VALUE(inner)));
    address outer = chain_deploy(c, code);
    hash256 before = chain_root(c);
    assert_int_equal(run(&inner, "")->status, STATUS_REVERT);
    assert_memory_equal(&c->head.state_root, &before, sizeof before); /* tables would have been touched; the trie is not */
    assert_int_equal(run(&outer, "")->status, STATUS_OK);
    assert_memory_not_equal(&c->head.state_root, &before, sizeof before);
    before = c->head.state_root;
    assert_int_equal(run(&outer, "")->status, STATUS_OK); /* the same values again */
    assert_memory_equal(&c->head.state_root, &before, sizeof before);
    arena_reset(&a);
    chain_free(c);
}

static void nobody_is_frozen_and_no_contract_has_managers(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    address contract = chain_deploy(c, "00"), life_cycle = address_of_hex("1007");
    arena a = {0};
    /* freeze(address): there is no account table, so there is no account: -51904 */
    hash256 selector = suite_hash(&crypto_standard, BYTES_OF_LITERAL("freeze(address)"));
    char *data = arena_print(&a, "%s000000000000000000000000%s", hex_text(&a, bytes_of(selector.b, 4)),
                             hex_text(&a, BYTES_OF_VALUE(contract)));
    hash256 before = chain_root(c);
    const receipt *r = run(&life_cycle, data);
    assert_int_equal(r->status, STATUS_OK);
    assert_hex_equal(r->output, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3540");
    assert_memory_equal(&c->head.state_root, &before, sizeof before);
    assert_int_equal(run(&contract, "")->status, STATUS_OK);
    arena_reset(&a);
    chain_free(c);
}

/* Below 2.2.0: the root that the transactions before left (data-model.md 4.2). */
static void receipts_of_old_versions_have_the_running_root(void **state)
{
    (void)state;
    begin(VERSION_OF(2, 0, 0));
    address contract = chain_deploy(c, "36600055"); /* SSTORE(0, CALLDATASIZE) */
    assert_hash_text(execution_block(c->last)->receipts[0].state_root, EMPTY_TRIE);
    hash256 deployed = chain_root(c);
    const call calls[] = {{.from = sender(), .to = &contract, .data = "01"}, {.from = sender(), .to = &contract, .data = ""}};
    const receipt *r = chain_run(c, calls, COUNT(calls));
    assert_memory_equal(&r[0].state_root, &deployed, sizeof deployed);
    assert_memory_not_equal(&r[1].state_root, &deployed, sizeof deployed);
    assert_memory_equal(&header()->state_root, &deployed, sizeof deployed); /* and back */
    chain_free(c);
}

static void calls_read_the_trie_and_change_nothing(void **state)
{
    (void)state;
    begin(VERSION_NEWEST);
    arena a = {0};
    error_text why;
    call_result result;
    address to = chain_deploy(c, "6000546001018060005560005260206000f3"), from = sender(); /* SSTORE(0, SLOAD(0) + 1), return it */
    assert_int_equal(run(&to, "")->output.data[31], 1);
    hash256 root = c->head.state_root;
    transaction_fields fields = {.to = to, .gas = u256_of(INT64_MAX), .gas_price = u256_of(1)};
    transaction *tx = transaction_unsigned_call(&c->rules, &fields, &from);
    for (int i = 0; i < 2; i++) {
        const block *latest = execution_block(c->last);
        assert_true(executor_call(c->executor, c->store, &latest->header, &latest->hash, tx, &a, &result, &why));
        assert_int_equal(result.status, STATUS_OK);
        assert_int_equal(result.output.data[31], 2);
    }
    /* from a root that is not there: refused with a reason */
    block_header other = *header();
    other.state_root.b[0] ^= 1;
    assert_false(executor_call(c->executor, c->store, &other, &other.parent_hash, tx, &a, &result, &why));
    assert_non_null(strstr(why.text, "h_trie"));
    transaction_drop(tx);
    assert_int_equal(run(&to, "")->output.data[31], 2);
    assert_memory_not_equal(&c->head.state_root, &root, sizeof root);
    /* a block on such a parent: refused too */
    execution *e;
    block *proposal = block_copy(execution_block(c->last));
    parent_block parent = c->head;
    parent.state_root.b[0] ^= 1;
    proposal->header.receipts_root = (hash256){{0}};
    assert_int_equal(executor_run_block(c->executor, c->store, proposal, &parent, &e, &why), EXECUTE_FAILED);
    assert_non_null(strstr(why.text, "h_trie"));
    block_drop(proposal);
    arena_reset(&a);
    chain_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_have_two_roots),
        cmocka_unit_test(killed_contracts_are_gone_and_can_come_back),
        cmocka_unit_test(empty_code_vanishes),
        cmocka_unit_test(reverted_frames_leave_nothing),
        cmocka_unit_test(nobody_is_frozen_and_no_contract_has_managers),
        cmocka_unit_test(receipts_of_old_versions_have_the_running_root),
        cmocka_unit_test(calls_read_the_trie_and_change_nothing),
    };
    return cmocka_run_group_tests_name("mpt", tests, NULL, NULL);
}
