/* support_ledger.h: chains for the tests of the ledger. Executions are made up: this folder defines the execution_... and
   executor_new/_free that the ledger calls, so a block changes the rows a test wants and no contract has to run. */
#ifndef HANSE_TESTS_SUPPORT_LEDGER_H
#define HANSE_TESTS_SUPPORT_LEDGER_H

#include "ledger/ledger.h"
#include "test.h"

#define SEALERS 3

/* Rules and genesis of a small pbft chain of three sealers. */
typedef struct {
    chain_rules rules;
    genesis genesis;
    node_id sealers[SEALERS];
} test_chain;

test_chain chain_at(uint32_t version);
ledger *open_ledger(const test_chain *c, store *s); /* fails the test when it cannot, or when the genesis differs */
store *new_memory_store(void);

/* An execution of a block on top of the ledger's head: `transactions` signed transactions with nonces from nonce_of(number, 0)
   on, every third one failed, one log each; one new state row in table t_state under a key of its own, and the row `counter`
   written anew with the block's number. Same number, same bytes. */
execution *make_execution(const test_chain *c, ledger *l, size_t transactions);
/* The same behind a given parent. */
execution *make_execution_after(const test_chain *c, int64_t number, const hash256 *parent, size_t transactions);
uint64_t nonce_of(int64_t number, size_t index);

/* Two made-up signatures whose bytes depend on `salt`. */
typedef struct {
    uint8_t space[2][65];
    block_signature list[2];
} test_signatures;
const block_signature *make_signatures(test_signatures *out, uint8_t salt);

/* make_execution + ledger_commit + drop. */
commit_result commit_next(const test_chain *c, ledger *l, size_t transactions, error_text *why);

/* Asserts that the ledger stands exactly at block number: head, look-ups of it and of the one behind it, rows of the state. */
void assert_stands_at(const test_chain *c, ledger *l, int64_t number);

#endif
