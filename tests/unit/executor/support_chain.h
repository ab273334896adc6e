/* support_chain.h: a chain in memory that runs blocks of unsigned transactions. */
#ifndef HANSE_TESTS_SUPPORT_CHAIN_H
#define HANSE_TESTS_SUPPORT_CHAIN_H

#include "test.h"

#include "codec/hex.h"
#include "executor/executor.h"
#include "state/account.h"

typedef struct {
    chain_rules rules;
    executor *executor;
    store *store;
    uint64_t last_id;
    parent_block head;
    execution *last; /* of the newest block */
} chain;

/* A store without any row: tx_gas_limit is the default of 300000000. */
chain *chain_new(uint32_t version, const crypto_suite *suite);
void chain_free(chain *c);

typedef struct {
    address from;
    const address *to;  /* NULL: a creation */
    const char *data;   /* hexadecimal */
    uint64_t gas, value; /* gas 0: 300000000 */
} call;

/* Runs the calls as the next block and keeps it. The receipts live until the next block. */
const receipt *chain_run(chain *c, const call *calls, size_t count);
const receipt *chain_run_one(chain *c, call one);
/* Creates a contract whose runtime code is given; returns its address. */
address chain_deploy(chain *c, const char *runtime_hex);
hash256 chain_root(const chain *c);       /* of the newest block */
address address_of_hex(const char *hex);
void assert_hex_equal(bytes got, const char *hex);
/* A configuration row, in a block of its own. */
void chain_set_config(chain *c, const char *key, const char *value);
/* Any row of any registered table, in a block of its own: key field and one value field. */
void chain_put_row(chain *c, const char *table, const char *key_field, const char *key, const char *field, const char *value);

#endif
