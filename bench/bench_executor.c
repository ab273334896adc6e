/* Blocks of 1,000 calls that each read and write two storage slots of one contract, executed and applied to a store in memory.
   Prints transactions a second of execution alone and of execution with the changes. */
#include "base/clock.h"
#include "executor/executor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSACTIONS = 1000, BLOCKS = 30 };

typedef struct {
    chain_rules rules;
    executor *executor;
    store *store;
    uint64_t last_id;
    parent_block head;
} chain;

static void fail(const char *what, const error_text *why)
{
    fprintf(stderr, "%s: %s\n", what, why->text);
    exit(1);
}

static execution *run(chain *c, transaction **txs, size_t count)
{
    execution *e;
    error_text why = {""};
    block *proposal = block_new();
    block_set_transactions(proposal, txs, count);
    proposal->header.number = c->head.number + 1;
    if (executor_run_block(c->executor, c->store, proposal, &c->head, &e, &why) != EXECUTE_OK)
        fail("execute", &why);
    block_drop(proposal);
    return e;
}

static void apply(chain *c, const execution *e)
{
    arena a = {0};
    store_put *puts;
    size_t count;
    error_text why = {""};
    const block *b = execution_block(e);
    execution_changes(e, &a, &c->last_id, &puts, &count);
    if (store_apply(c->store, &(store_batch){b->header.number, puts, count}, &why) != STORE_OK)
        fail("apply", &why);
    c->head = (parent_block){b->hash, b->header.number, b->header.state_root};
    arena_reset(&a);
}

static transaction *call_of(const chain *c, const address *to, uint64_t slot)
{
    uint8_t data[32] = {0};
    address from = {{[19] = 7}};
    write_be64(data + 24, slot);
    transaction_fields fields = {.to = *to, .gas = u256_of(30000000), .data = BYTES_OF_VALUE(data)};
    return transaction_unsigned_call(&c->rules, &fields, &from);
}

static address deploy(chain *c)
{
    /* s[k]++, s[k + 1]++ for the word k of the call data; behind a constructor that returns it */
    static const char code[] = "\x60\x17\x80\x60\x0b\x60\x00\x39\x60\x00\xf3"
                               "\x60\x00\x35\x80\x54\x60\x01\x01\x81\x55\x60\x01\x01\x80\x54\x60\x01\x01\x90\x55\x00\x00\x00";
    address from = {{[19] = 9}};
    transaction_fields fields = {.is_creation = true, .gas = u256_of(30000000), .data = bytes_of(code, sizeof code - 1)};
    transaction *tx = transaction_unsigned_call(&c->rules, &fields, &from);
    execution *e = run(c, &tx, 1);
    address made = execution_block(e)->receipts[0].contract_address;
    apply(c, e);
    execution_drop(e);
    return made;
}

int main(void)
{
    chain c = {.rules = {.suite = &crypto_standard, .version = VERSION_OF(2, 11, 0)}, .last_id = 100001};
    error_text why = {""};
    c.executor = executor_new(&c.rules);
    if (store_memory.open(&c.store, &(store_config){0}, &why) != STORE_OK ||
        store_apply(c.store, &(store_batch){0, NULL, 0}, &why) != STORE_OK)
        fail("store", &why);
    address to = deploy(&c);
    uint64_t executing_us = 0, applying_us = 0;
    for (uint64_t b = 0; b < BLOCKS; b++) {
        transaction *txs[TRANSACTIONS];
        for (uint64_t i = 0; i < TRANSACTIONS; i++)
            txs[i] = call_of(&c, &to, 2 * i + (b % 3) * 10000);
        uint64_t begin = clock_steady_us();
        execution *e = run(&c, txs, TRANSACTIONS);
        uint64_t middle = clock_steady_us();
        apply(&c, e);
        applying_us += clock_steady_us() - middle;
        executing_us += middle - begin;
        if (execution_block(e)->receipts[TRANSACTIONS - 1].status != STATUS_OK)
            fail("a call failed", &why);
        execution_drop(e);
    }
    double count = (double)BLOCKS * TRANSACTIONS;
    printf("executing %.0f tx/s, with changes %.0f tx/s\n", count * 1e6 / (double)executing_us,
           count * 1e6 / (double)(executing_us + applying_us));
    executor_free(c.executor);
    store_close(c.store);
    return 0;
}
