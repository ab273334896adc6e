/* transactions.h: transactions for tests of the pool and above: decoded from real encodings, with a sender that is set, not
   recovered, because most of these tests are not about signatures. */
#ifndef HANSE_TESTS_TRANSACTIONS_H
#define HANSE_TESTS_TRANSACTIONS_H

#include "test.h"

#include "chain/transaction.h"
#include "codec/rlp.h"

static const chain_rules test_rules = {
    .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 7, .group_id = 3};

typedef struct {
    u256 nonce, block_limit;
    uint64_t chain_id, group_id; /* 0: the right one */
    size_t data_bytes;           /* at most 4096 */
    bool has_no_sender;          /* its signature has no key */
} test_fields;

static inline transaction *test_decode(bytes raw)
{
    transaction_error error;
    error_text why = {""};
    transaction *tx = transaction_decode(&test_rules, raw, TX_CHECK_NOTHING, &error, &why);
    if (tx == NULL)
        fail_msg("%s", why.text);
    tx->sender_known = true;
    return tx;
}

/* One owner. */
static inline transaction *test_transaction(test_fields f)
{
    static const uint8_t zeros[4096], to[20] = {1};
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    size_t list = rlp_begin_list(&b);
    rlp_write_u256(&b, f.nonce);
    rlp_write_uint(&b, 1);
    rlp_write_uint(&b, 2);
    rlp_write_u256(&b, f.block_limit);
    rlp_write_string(&b, BYTES_OF_VALUE(to));
    rlp_write_uint(&b, 0);
    rlp_write_string(&b, bytes_of(zeros, f.data_bytes));
    rlp_write_uint(&b, f.chain_id ? f.chain_id : test_rules.chain_id);
    rlp_write_uint(&b, f.group_id ? f.group_id : (uint64_t)test_rules.group_id);
    rlp_write_string(&b, BYTES_EMPTY);
    rlp_write_uint(&b, 27);
    rlp_write_u256(&b, f.has_no_sender ? U256_ZERO : u256_of(5));
    rlp_write_uint(&b, 6);
    rlp_end_list(&b, list);
    transaction *tx = test_decode(buffer_bytes(&b));
    buffer_free(&b);
    tx->sender_known = !f.has_no_sender;
    return tx;
}

/* Nonce n, block limit 500. */
static inline transaction *test_simple_transaction(uint64_t n)
{
    return test_transaction((test_fields){.nonce = u256_of(n), .block_limit = u256_of(500)});
}

#endif
