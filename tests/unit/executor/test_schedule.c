/* Conflict keys of real transactions on real tables: spec/execution.md 10.1 and 10.2, spec/precompiled.md 1.6, 3.6, 8.1. */
#include "test.h"

#include "base/prng.h"
#include "executor/schedule.h"
#include "executor/signature.h"

static const chain_rules newest = {
    .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};
static const address target = {{1, 2, 3}}, sender = {{9}}, dag_transfer = {{[18] = 0x50, [19] = 0x02}},
                     parallel_config = {{[18] = 0x10, [19] = 0x06}};

static void assert_signature(const char *text, uint64_t count, const char *kinds)
{
    arena a = {0};
    key_kind *found;
    bool good = signature_read_keys(bytes_of_text(text), count, &a, &found);
    if (good != (kinds != NULL))
        fail_msg("%s: %s", text, good ? "accepted" : "refused");
    for (size_t i = 0; good && i < count; i++)
        assert_int_equal(found[i], strchr("iuas", kinds[i]) - "iuas");
    arena_reset(&a);
}

static void signatures(void **state)
{
    (void)state;
    assert_signature("transfer(string,string,uint256)", 2, "ss");
    assert_signature("f(int,int256,uint,uint256,address,string)", 6, "iiuuas");
    assert_signature(" f ( string , , uint ,) returns (bool)", 2, "su"); /* blanks, empty items, text behind the first ")" */
    assert_signature("f()", 0, "");
    assert_signature("f(bytes32[4][],bool,uint8,bytes)", 0, ""); /* types that are no keys, behind the keys */
    assert_signature("f(string,uint8)", 1, "s");
    assert_signature("f(string,uint8)", 2, NULL);
    assert_signature("f(uint256[2])", 1, NULL);
    assert_signature("f(string)", 2, NULL); /* too few */
    assert_signature("f(string)", UINT64_MAX, NULL);
    assert_signature("f(string,uint7)", 1, NULL); /* no type */
    assert_signature("f(string,text)", 1, NULL);
    assert_signature("f(string,function)", 1, NULL);
    assert_signature("f(string,[])", 1, NULL);
    assert_signature("nofunc", 0, NULL);
    assert_signature("f(string", 0, NULL);
    assert_signature("f)string(", 0, NULL);
    assert_signature("", 0, NULL);
}

/* A chain with nothing but what the test puts there. */
typedef struct {
    chain_rules rules;
    executor *executor;
    store *store;
    arena memory;
    transaction *transactions[32];
    size_t count;
    int64_t number;
    uint64_t last_id;
} world;

static world open_world(const chain_rules *rules)
{
    world w = {.rules = *rules, .last_id = 1};
    assert_int_equal(store_memory.open(&w.store, &(store_config){0}, NULL), STORE_OK);
    assert_int_equal(store_apply(w.store, &(store_batch){0}, NULL), STORE_OK);
    return w;
}

static void drop_transactions(world *w)
{
    while (w->count)
        transaction_drop(w->transactions[--w->count]);
}

static void close_world(world *w)
{
    drop_transactions(w);
    executor_free(w->executor);
    store_close(w->store);
    arena_reset(&w->memory);
}

static void add_call(world *w, const address *to, bytes data)
{
    transaction_fields fields = {.to = *to, .data = data, .nonce = u256_of(w->count), .gas = u256_of(30000000)};
    assert_true(w->count < COUNT(w->transactions));
    w->transactions[w->count++] = transaction_unsigned_call(&w->rules, &fields, &sender);
}

static block *take_block(world *w)
{
    block *b = block_new();
    b->header.number = w->number + 1;
    block_set_transactions(b, w->transactions, w->count);
    w->count = 0;
    return b;
}

static execution *run(world *w, block *b)
{
    if (w->executor == NULL)
        w->executor = executor_new(&w->rules);
    execution *e;
    error_text why = {""};
    if (executor_run_block(w->executor, w->store, b, &(parent_block){.number = w->number}, &e, &why) != EXECUTE_OK)
        fail_msg("%s", why.text);
    return e;
}

static void commit(world *w, const execution *e)
{
    arena a = {0};
    store_batch batch = {.number = ++w->number};
    store_put *puts;
    execution_changes(e, &a, &w->last_id, &puts, &batch.put_count);
    batch.puts = puts;
    assert_int_equal(store_apply(w->store, &batch, NULL), STORE_OK);
    arena_reset(&a);
}

static void register_function(world *w, const char *signature, uint64_t critical_size)
{
    abi_writer arguments = abi_writer_of(&w->memory);
    abi_write_address(&arguments, &target);
    abi_write_bytes(&arguments, bytes_of_text(signature));
    abi_write_u256(&arguments, u256_of(critical_size));
    add_call(w, &parallel_config, abi_written_call(&arguments, w->rules.suite, "registerParallelFunctionInternal(address,string,uint256)"));
    block *b = take_block(w);
    execution *e = run(w, b);
    commit(w, e);
    execution_drop(e);
    block_drop(b);
}

/* expected: "2>1" for each edge, that is, transaction 2 waits for 1. */
static void assert_edges(world *w, const char *expected)
{
    if (w->executor == NULL)
        w->executor = executor_new(&w->rules);
    block_run run;
    schedule s = {0};
    buffer found = buffer_init(BUFFER_NO_LIMIT);
    block *b = take_block(w);
    assert_true(block_run_begin(&run, w->executor, w->store, NULL, w->number, NULL));
    schedule_begin(&s, &run, b);
    assert_non_null(s.order);
    for (size_t i = 0; i < s.graph.edge_count; i++)
        buffer_print(&found, "%s%u>%u", i ? " " : "", s.graph.edges[i].to, s.graph.edges[i].from);
    bytes text = buffer_bytes(&found);
    if (!bytes_equal_text(text, expected))
        fail_msg("expected %s, found %.*s", expected, (int)text.size, (const char *)text.data);
    buffer_free(&found);
    schedule_free(&s);
    block_state_free(run.state);
    block_drop(b);
}

static void call_with_text(world *w, const char *signature, const char *text)
{
    abi_writer arguments = abi_writer_of(&w->memory);
    abi_write_bytes(&arguments, bytes_of_text(text));
    add_call(w, &target, abi_written_call(&arguments, w->rules.suite, signature));
}

static void call_with_word(world *w, const char *signature, const uint8_t word[32])
{
    abi_writer arguments = abi_writer_of(&w->memory);
    abi_write_u256(&arguments, u256_from_be(bytes_of(word, 32)));
    add_call(w, &target, abi_written_call(&arguments, w->rules.suite, signature));
}

static void keys_are_the_texts_of_arguments(void **state)
{
    (void)state;
    static const uint8_t minus_one[32] = {[0 ... 31] = 0xff}, twelve[32] = {[31] = 12}, boundary[32] = {0x8f, [1 ... 31] = 0xff},
                         account[32] = {7, [12] = 0xab}, same_account[32] = {[12] = 0xab};
    static const char account_text[] = "ab00000000000000000000000000000000000000";
    world w = open_world(&newest);
    register_function(&w, "s(string)", 1);
    register_function(&w, "i(int256)", 1);
    register_function(&w, "u(uint256)", 1);
    register_function(&w, "a(address)", 1);
    call_with_text(&w, "s(string)", "-1");
    call_with_word(&w, "i(int256)", minus_one);
    call_with_text(&w, "s(string)", "12");
    call_with_word(&w, "u(uint256)", twelve);
    call_with_word(&w, "i(int256)", twelve);
    call_with_text(&w, "s(string)", account_text);
    call_with_word(&w, "a(address)", account);
    call_with_word(&w, "a(address)", same_account);
    call_with_word(&w, "i(int256)", boundary); /* QUIRK: still positive, so it is the same text as the unsigned one */
    call_with_word(&w, "u(uint256)", boundary);
    call_with_word(&w, "u(uint256)", minus_one); /* another text than that of -1 */
    assert_edges(&w, "1>0 3>2 4>3 6>5 7>6 9>8");
    close_world(&w);
}

static void contracts_have_keys_of_their_own(void **state)
{
    (void)state;
    world w = open_world(&newest);
    register_function(&w, "s(string)", 1);
    abi_writer user = abi_writer_of(&w.memory);
    abi_write_bytes(&user, bytes_of_text("x"));
    abi_write_u256(&user, u256_of(1));
    call_with_text(&w, "s(string)", "x");
    add_call(&w, &dag_transfer, abi_written_call(&user, w.rules.suite, "userAdd(string,uint256)"));
    assert_edges(&w, "");
    close_world(&w);
}

static void what_declares_nothing_is_a_barrier(void **state)
{
    (void)state;
    world w = open_world(&newest);
    register_function(&w, "s(string)", 1);
    register_function(&w, "none(string)", 0);
    register_function(&w, "typeless(bool)", 1);
    transaction_fields creation = {.is_creation = true, .data = BYTES_OF_LITERAL("code")};
    call_with_text(&w, "s(string)", "x");
    w.transactions[w.count++] = transaction_unsigned_call(&w.rules, &creation, &sender);
    call_with_text(&w, "unknown(string)", "x");
    call_with_text(&w, "none(string)", "x"); /* an empty list: no edges at all */
    add_call(&w, &target, BYTES_OF_LITERAL("abc"));
    add_call(&w, &dag_transfer, BYTES_OF_LITERAL("abc"));
    add_call(&w, &parallel_config, BYTES_OF_LITERAL("abcd"));
    call_with_text(&w, "typeless(bool)", "x");
    call_with_text(&w, "s(string)", "y");
    assert_edges(&w, "1>0 2>1 4>2 5>4 6>5 7>6 8>7");
    close_world(&w);
}

/* The reference has no answer for arguments that end too early; here they make a barrier. */
static void short_arguments_are_a_barrier(void **state)
{
    (void)state;
    world w = open_world(&newest);
    register_function(&w, "s(string)", 1);
    abi_writer arguments = abi_writer_of(&w.memory);
    abi_write_bytes(&arguments, bytes_of_text("key"));
    bytes whole = abi_written_call(&arguments, w.rules.suite, "s(string)");
    size_t least = whole.size - 32 + 3; /* padding is not looked at */
    for (size_t size = 4; size <= whole.size; size++) {
        call_with_text(&w, "s(string)", "a");
        add_call(&w, &target, bytes_of(whole.data, size));
        call_with_text(&w, "s(string)", "b");
        assert_edges(&w, size < least ? "1>0 2>1" : "");
    }
    close_world(&w);
}

static void registrations_count_from_the_next_block(void **state)
{
    (void)state;
    world w = open_world(&newest);
    register_function(&w, "s(string)", 1);
    register_function(&w, "s(string)", 0); /* again: an update */
    call_with_text(&w, "s(string)", "x");
    call_with_text(&w, "s(string)", "x");
    assert_edges(&w, "");
    register_function(&w, "s(string)", 1);
    call_with_text(&w, "s(string)", "x");
    call_with_text(&w, "s(string)", "x");
    assert_edges(&w, "1>0");
    abi_writer arguments = abi_writer_of(&w.memory);
    abi_write_address(&arguments, &target);
    abi_write_bytes(&arguments, BYTES_OF_LITERAL("s(string)"));
    add_call(&w, &parallel_config, abi_written_call(&arguments, w.rules.suite, "unregisterParallelFunctionInternal(address,string)"));
    call_with_text(&w, "s(string)", "x");
    call_with_text(&w, "s(string)", "y");
    assert_edges(&w, "1>0 2>0"); /* in this block it is still registered */
    close_world(&w);
}

static void old_versions_keep_the_size_as_bytes(void **state)
{
    (void)state;
    chain_rules rules = newest;
    rules.version = VERSION_RC3;
    world w = open_world(&rules);
    register_function(&w, "s(string)", 1);
    call_with_text(&w, "s(string)", "x");
    call_with_text(&w, "s(string)", "y");
    call_with_text(&w, "s(string)", "x");
    assert_edges(&w, "2>0");
    close_world(&w);
}

static void serial_chains_have_no_schedule(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        chain_rules rules = newest;
        rules.enable_parallel = i != 0;
        rules.version = i == 1 ? VERSION_RC1 : rules.version;
        world w = open_world(&rules);
        w.executor = executor_new(&w.rules);
        block_run run;
        schedule s = {0};
        block *b = take_block(&w);
        assert_true(block_run_begin(&run, w.executor, w.store, NULL, 0, NULL));
        run.charging.is_on = i == 2;
        schedule_begin(&s, &run, b);
        assert_null(s.order);
        assert_false(schedule_next(&s));
        schedule_free(&s);
        block_state_free(run.state);
        block_drop(b);
        close_world(&w);
    }
}

/* Below 2.5.0 the opened tables are those that the root knows (spec/execution.md 8.6): here the calls fail at once, and nothing
   else opens the table of parallel functions. */
static void looking_up_opens_tables(void **state)
{
    (void)state;
    chain_rules rules = newest;
    rules.version = VERSION_OF(2, 4, 0);
    world w = open_world(&rules);
    register_function(&w, "s(string)", 1);
    for (int has_call = 0; has_call < 2; has_call++) {
        if (has_call)
            call_with_text(&w, "s(string)", "x");
        add_call(&w, &dag_transfer, BYTES_OF_LITERAL("abcd"));
        block *b = take_block(&w);
        execution *e = run(&w, b);
        buffer dump = buffer_init(BUFFER_NO_LIMIT);
        execution_dump(e, &dump);
        buffer_print(&dump, "%c", 0);
        const char *text = (const char *)buffer_bytes(&dump).data, *line = strstr(text, "cp_01020300000000000000");
        assert_int_equal(line != NULL, has_call);
        assert_true(line == NULL || strstr(line + 1, "cp_") == NULL);
        buffer_free(&dump);
        execution_drop(e);
        block_drop(b);
    }
    close_world(&w);
}

static void add_random_transfer(world *w, prng *p)
{
    static const char *const users[] = {"ann", "bob", "eve", ""};
    static const char *const functions[] = {"userAdd(string,uint256)", "userSave(string,uint256)", "userDraw(string,uint256)",
                                            "userTransfer(string,string,uint256)"};
    size_t function = prng_below(p, COUNT(functions));
    abi_writer arguments = abi_writer_of(&w->memory);
    abi_write_bytes(&arguments, bytes_of_text(users[prng_below(p, COUNT(users))]));
    if (function == 3)
        abi_write_bytes(&arguments, bytes_of_text(users[prng_below(p, COUNT(users))]));
    abi_write_u256(&arguments, u256_of(prng_below(p, 4)));
    add_call(w, &dag_transfer, abi_written_call(&arguments, w->rules.suite, functions[function]));
}

/* DagTransfer declares all it changes: on a chain that does not run in parallel the same blocks give the same roots. Now and then
   a barrier. */
static void parallel_chains_give_what_serial_ones_give(void **state)
{
    (void)state;
    chain_rules serial = newest;
    serial.enable_parallel = false;
    world worlds[2] = {open_world(&newest), open_world(&serial)};
    prng p = prng_of(4);
    size_t moved = 0;
    for (int round = 0; round < 60; round++) {
        size_t count = prng_below(&p, COUNT(worlds[0].transactions));
        for (size_t i = 0; i < count; i++) {
            if (prng_below(&p, 10) == 0)
                add_call(&worlds[0], &parallel_config, BYTES_OF_LITERAL("abcd"));
            else
                add_random_transfer(&worlds[0], &p);
        }
        block *b = take_block(&worlds[0]);
        execution *e[2] = {run(&worlds[0], b), run(&worlds[1], b)};
        assert_memory_equal(&execution_block(e[0])->header.state_root, &execution_block(e[1])->header.state_root, 32);
        assert_memory_equal(&execution_block(e[0])->header.receipts_root, &execution_block(e[1])->header.receipts_root, 32);
        moved += execution_block(e[0])->receipt_count;
        for (int i = 0; i < 2; i++) {
            commit(&worlds[i], e[i]);
            execution_drop(e[i]);
        }
        block_drop(b);
    }
    assert_true(moved > 100);
    close_world(&worlds[0]);
    close_world(&worlds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures),
        cmocka_unit_test(keys_are_the_texts_of_arguments),
        cmocka_unit_test(contracts_have_keys_of_their_own),
        cmocka_unit_test(what_declares_nothing_is_a_barrier),
        cmocka_unit_test(short_arguments_are_a_barrier),
        cmocka_unit_test(registrations_count_from_the_next_block),
        cmocka_unit_test(old_versions_keep_the_size_as_bytes),
        cmocka_unit_test(serial_chains_have_no_schedule),
        cmocka_unit_test(looking_up_opens_tables),
        cmocka_unit_test(parallel_chains_give_what_serial_ones_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
