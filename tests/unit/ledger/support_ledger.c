#include "support_ledger.h"

#include "base/memory.h"

#include <inttypes.h>

struct execution {
    reference_count references;
    block *block;
    arena memory;
};

struct executor {
    int unused;
};

executor *executor_new(const chain_rules *rules)
{
    (void)rules;
    return memory_new(sizeof(executor));
}

void executor_free(executor *x)
{
    free(x);
}

const block *execution_block(const execution *e)
{
    return e->block;
}

execution *execution_keep(execution *e)
{
    reference_add(&e->references);
    return e;
}

void execution_drop(execution *e)
{
    if (e == NULL || !reference_drop(&e->references))
        return;
    block_drop(e->block);
    arena_reset(&e->memory);
    free(e);
}

static store_put state_put(arena *a, const char *key, uint64_t id, int64_t number)
{
    row *r = arena_take(a, sizeof *r);
    *r = (row){.id = id, .num = (uint32_t)number, .field_count = 2};
    r->fields = arena_take_array(a, 2, sizeof *r->fields);
    r->fields[0] = (row_field){BYTES_OF_LITERAL("key"), bytes_of_text(key)};
    r->fields[1] = (row_field){BYTES_OF_LITERAL("value"), bytes_of_text(arena_print(a, "%" PRId64, number))};
    return (store_put){.where = {BYTES_OF_LITERAL("t_state"), bytes_of_text(key)}, .rows = {r, 1}};
}

void execution_changes(const execution *e, arena *a, uint64_t *last_id, store_put **puts, size_t *count)
{
    int64_t number = e->block->header.number;
    enum { COUNTER_ID = 3 }; /* an old row: below every id that is given to a new one, and no other state row has it */
    *puts = arena_take_array(a, 2, sizeof **puts);
    (*puts)[0] = state_put(a, "counter", COUNTER_ID, number);
    (*puts)[1] = state_put(a, arena_print(a, "own%" PRId64, number), ++*last_id, number);
    *count = 2;
}

/* --- chains --- */

test_chain chain_at(uint32_t version)
{
    test_chain c = {
        .rules = {.suite = &crypto_standard, .version = version, .enable_parallel = true, .chain_id = 1, .group_id = 1},
        .genesis = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus = CONSENSUS_PBFT, .consensus_text = "pbft",
                    .state_text = "storage", .storage_text = "RocksDB", .max_trans_num = 1000, .gas_limit = 300000000,
                    .consensus_timeout_s = 3, .epoch_sealer_num = SEALERS, .epoch_block_num = 1000, .sealer_count = SEALERS},
    };
    for (int i = 0; i < SEALERS; i++)
        memset(c.sealers[i].b, 0x11 * (i + 1), sizeof c.sealers[i].b);
    return c;
}

store *new_memory_store(void)
{
    store *s;
    assert_int_equal(store_memory.open(&s, &(store_config){0}, NULL), STORE_OK);
    return s;
}

ledger *open_ledger(const test_chain *c, store *s)
{
    bool differs = true;
    error_text why = {""};
    genesis g = c->genesis;
    g.sealers = (node_id *)c->sealers;
    ledger *l = ledger_open(&c->rules, &g, s, &differs, &why);
    if (l == NULL)
        fail_msg("%s", why.text);
    assert_false(differs);
    return l;
}

uint64_t nonce_of(int64_t number, size_t index)
{
    return (uint64_t)number * 1000 + index;
}

static void add_receipt(arena *a, receipt *r, size_t index)
{
    *r = (receipt){.gas_used = u256_of(21000 + index), .status = index % 3 == 2 ? STATUS_REVERT : STATUS_OK,
                   .output = BYTES_OF_LITERAL("output"), .log_count = 1};
    r->logs = arena_take(a, sizeof *r->logs);
    *r->logs = (log_entry){.topic_count = 1, .data = BYTES_OF_LITERAL("log data")};
}

execution *make_execution_after(const test_chain *c, int64_t number, const hash256 *parent, size_t transactions)
{
    static const secret_key key = {{[31] = 1}};
    execution *e = memory_new(sizeof *e);
    reference_init(&e->references);
    block *b = e->block = block_new();
    b->header.number = number;
    b->header.parent_hash = *parent;
    b->header.timestamp_ms = 1600000000000 + (uint64_t)number;
    b->header.sealer_count = SEALERS;
    b->header.sealers = arena_take_array(&b->memory, SEALERS, sizeof *b->header.sealers);
    memcpy(b->header.sealers, c->sealers, sizeof c->sealers);
    transaction **txs = arena_take_array(&b->memory, transactions, sizeof *txs);
    b->receipts = arena_take_array(&b->memory, transactions, sizeof *b->receipts);
    b->receipt_count = transactions;
    for (size_t i = 0; i < transactions; i++) {
        transaction_fields fields = {.nonce = u256_of(nonce_of(number, i)), .gas = u256_of(1), .block_limit = u256_of(500),
                                     .chain_id = u256_of(1), .group_id = u256_of(1), .data = BYTES_OF_LITERAL("data")};
        txs[i] = transaction_sign(&c->rules, &fields, &key);
        add_receipt(&b->memory, &b->receipts[i], i);
    }
    block_set_transactions(b, txs, transactions);
    b->header.transactions_root = block_transactions_root(&c->rules, b);
    b->header.receipts_root = block_receipts_root(&c->rules, b);
    b->header.state_root.b[0] = b->header.db_hash.b[0] = (uint8_t)number;
    block_seal_hash(&c->rules, b);
    return e;
}

execution *make_execution(const test_chain *c, ledger *l, size_t transactions)
{
    ledger_tip tip = ledger_head(l);
    return make_execution_after(c, tip.number + 1, &tip.hash, transactions);
}

const block_signature *make_signatures(test_signatures *out, uint8_t salt)
{
    for (size_t i = 0; i < 2; i++) {
        memset(out->space[i], (int)(salt + i + 1), sizeof out->space[i]);
        out->list[i] = (block_signature){.sealer_index = i + 1, .signature = bytes_of(out->space[i], sizeof out->space[i])};
    }
    return out->list;
}

commit_result commit_next(const test_chain *c, ledger *l, size_t transactions, error_text *why)
{
    test_signatures signatures;
    execution *e = make_execution(c, l, transactions);
    commit_result result = ledger_commit(l, e, make_signatures(&signatures, 7), 2, why);
    execution_drop(e);
    return result;
}

static void assert_state_row(ledger *l, const char *key, const char *expected)
{
    arena a = {0};
    row_key where = {BYTES_OF_LITERAL("t_state"), bytes_of_text(key)};
    row_set rows;
    assert_int_equal(store_get_many(ledger_store(l), NULL, &where, 1, &a, &rows, NULL), STORE_OK);
    assert_int_equal(rows.count, expected != NULL);
    if (expected)
        assert_bytes_equal(*row_find(&rows.rows[0], BYTES_OF_LITERAL("value")), bytes_of_text(expected));
    arena_reset(&a);
}

void assert_stands_at(const test_chain *c, ledger *l, int64_t number)
{
    (void)c;
    char text[32], own[40];
    ledger_tip tip = ledger_head(l);
    assert_int_equal(tip.number, number);
    assert_int_equal(store_last_applied(ledger_store(l)), number);
    block *b = ledger_block_by_number(l, number);
    assert_non_null(b);
    assert_memory_equal(&b->hash, &tip.hash, sizeof tip.hash);
    assert_int_equal(b->signature_count, number ? 2 : 0);
    assert_int_equal(b->receipt_count, b->transaction_count);
    for (size_t i = 0; i < b->transaction_count; i++) {
        transaction_place place;
        assert_true(ledger_find_transaction(l, &b->transactions[i]->hash, &place));
        assert_int_equal(place.block_number, number);
        assert_int_equal(place.index, i);
    }
    block_drop(b);
    assert_null(ledger_block_by_number(l, number + 1));
    arena a = {0};
    u256 *nonces;
    size_t count;
    assert_int_equal(ledger_block_nonces(l, number, &a, &nonces, &count), number > 0);
    assert_false(ledger_block_nonces(l, number + 1, &a, &nonces, &count));
    arena_reset(&a);
    snprintf(text, sizeof text, "%" PRId64, number);
    snprintf(own, sizeof own, "own%s", text);
    assert_state_row(l, "counter", number ? text : NULL);
    assert_state_row(l, own, number ? text : NULL);
    snprintf(own, sizeof own, "own%" PRId64, number + 1);
    assert_state_row(l, own, NULL);
    assert_int_equal(ledger_failure(l, NULL), STORE_OK);
}
