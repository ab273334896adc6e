/* Transactions for the pool's tests: decoded from real encodings, with a sender that is set, not recovered. */
#ifndef HANSE_TESTS_SUPPORT_TRANSACTIONS_H
#define HANSE_TESTS_SUPPORT_TRANSACTIONS_H

#include "test.h"

#include "chain/transaction.h"

extern const chain_rules support_rules; /* chain 7, group 3, newest version, standard suite */

typedef struct {
    u256 nonce, block_limit;
    uint64_t chain_id, group_id;
    size_t data_bytes;
    bool has_no_sender; /* its signature has no key */
} support_fields;

/* One owner. Zero chain_id and group_id stand for the right ones. */
transaction *support_transaction(support_fields fields);
/* nonce n, block limit 500 */
transaction *support_simple(uint64_t n);

#endif
