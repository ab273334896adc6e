#include "support_chain.h"

static const bool written[] = {true};

chain *chain_new(uint32_t version, const crypto_suite *suite)
{
    chain *c = calloc(1, sizeof *c);
    c->rules = (chain_rules){.suite = suite, .version = version, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    c->executor = executor_new(&c->rules);
    assert_int_equal(store_memory.open(&c->store, &(store_config){0}, NULL), STORE_OK);
    assert_int_equal(store_apply(c->store, &(store_batch){0, NULL, 0}, NULL), STORE_OK);
    c->last_id = 100001;
    return c;
}

void chain_free(chain *c)
{
    execution_drop(c->last);
    executor_free(c->executor);
    store_close(c->store);
    free(c);
}

static transaction *make(const chain *c, const call *wanted)
{
    arena a = {0};
    transaction_fields fields = {.gas_price = u256_of(1), .gas = u256_of(wanted->gas ? wanted->gas : 300000000),
                                 .value = u256_of(wanted->value), .is_creation = wanted->to == NULL};
    if (wanted->to)
        fields.to = *wanted->to;
    assert_true(hex_read_any(&a, bytes_of_text(wanted->data), &fields.data));
    transaction *tx = transaction_unsigned_call(&c->rules, &fields, &wanted->from);
    arena_reset(&a);
    return tx;
}

static void keep(chain *c)
{
    arena a = {0};
    store_put *puts;
    size_t count;
    const block *b = execution_block(c->last);
    execution_changes(c->last, &a, &c->last_id, &puts, &count);
    assert_int_equal(store_apply(c->store, &(store_batch){b->header.number, puts, count}, NULL), STORE_OK);
    c->head = (parent_block){b->hash, b->header.number, b->header.state_root};
    arena_reset(&a);
}

const receipt *chain_run(chain *c, const call *calls, size_t count)
{
    transaction *txs[64];
    assert_true(count <= COUNT(txs));
    error_text why = {""};
    block *proposal = block_new();
    for (size_t i = 0; i < count; i++)
        txs[i] = make(c, &calls[i]);
    block_set_transactions(proposal, txs, count);
    proposal->header.number = c->head.number + 1;
    proposal->header.parent_hash = c->head.hash;
    proposal->header.timestamp_ms = 1600000000000 + (uint64_t)proposal->header.number;
    execution_drop(c->last);
    if (executor_run_block(c->executor, c->store, proposal, &c->head, &c->last, &why) != EXECUTE_OK)
        fail_msg("%s", why.text);
    block_drop(proposal);
    keep(c);
    return execution_block(c->last)->receipts;
}

const receipt *chain_run_one(chain *c, call one)
{
    return chain_run(c, &one, 1);
}

address chain_deploy(chain *c, const char *runtime_hex)
{
    char init[4096];
    size_t size = strlen(runtime_hex) / 2;
    /* PUSH2 size DUP1 PUSH1 12 PUSH1 0 CODECOPY PUSH1 0 RETURN; a byte short of 13 is a STOP */
    assert_true((size_t)snprintf(init, sizeof init, "61%04zx80600c6000396000f3%s", size, runtime_hex) < sizeof init);
    const receipt *r = chain_run_one(c, (call){.from = address_of_hex("dd"), .data = init});
    assert_int_equal(r->status, STATUS_OK);
    return r->contract_address;
}

hash256 chain_root(const chain *c)
{
    return execution_block(c->last)->header.state_root;
}

address address_of_hex(const char *hex)
{
    address a = {{0}};
    size_t size = strlen(hex) / 2;
    assert_true(size <= sizeof a.b && hex_read(bytes_of_text(hex), a.b + sizeof a.b - size, size));
    return a;
}

void assert_hex_equal(bytes got, const char *hex)
{
    arena a = {0};
    assert_string_equal(hex_text(&a, got), hex);
    arena_reset(&a);
}

static void put(chain *c, const char *table, const char *key, row_field *fields, size_t count)
{
    row made = {.id = ++c->last_id, .num = (uint32_t)c->head.number + 1, .fields = fields, .field_count = count};
    store_put one = {{bytes_of_text(table), bytes_of_text(key)}, {&made, 1}, written};
    assert_int_equal(store_apply(c->store, &(store_batch){++c->head.number, &one, 1}, NULL), STORE_OK);
}

void chain_set_config(chain *c, const char *key, const char *value)
{
    row_field fields[] = {{BYTES_OF_LITERAL("enable_num"), BYTES_OF_LITERAL("0")},
                          {BYTES_OF_LITERAL("key"), bytes_of_text(key)},
                          {BYTES_OF_LITERAL("value"), bytes_of_text(value)}};
    put(c, TABLE_CONFIG, key, fields, COUNT(fields));
}

void chain_put_row(chain *c, const char *table, const char *key_field, const char *key, const char *field, const char *value)
{
    row_field fields[] = {{bytes_of_text(key_field), bytes_of_text(key)}, {bytes_of_text(field), bytes_of_text(value)}};
    if (strcmp(key_field, field) > 0) {
        row_field swapped = fields[0];
        fields[0] = fields[1], fields[1] = swapped;
    }
    put(c, table, key, fields, COUNT(fields));
}
