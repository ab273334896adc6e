/* support_chain.h: what the tests of the chain floor share. */
#ifndef HANSE_TESTS_SUPPORT_CHAIN_H
#define HANSE_TESTS_SUPPORT_CHAIN_H

#include "chain/block.h"

chain_rules rules_at(const crypto_suite *suite, uint32_t version);
hash256 hash_of_hex(const char *hex);
bytes bytes_of_hex(arena *a, const char *hex);
#define assert_hash(hash, expected_hex)                                                                                     \
    do {                                                                                                                    \
        hash256 left_hash = (hash), right_hash = hash_of_hex(expected_hex);                                                 \
        assert_memory_equal(left_hash.b, right_hash.b, sizeof right_hash.b);                                                \
    } while (0)

extern const secret_key key_one;
/* spec/data-model.md 12 B: nonce, gasPrice 1, gas 2, blockLimit 500, to 0x01 x 20, value 0, data 09, chain 1, group 1. */
transaction_fields example_fields(uint64_t nonce);
/* A block of count such transactions with nonces 7, 8, ... and receipts with gasUsed 21000, 21001, ... */
block *example_block(const chain_rules *rules, size_t count);

#endif
