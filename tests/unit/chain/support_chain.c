#include "test.h"

#include "codec/hex.h"
#include "support_chain.h"

const secret_key key_one = {{[31] = 1}};

chain_rules rules_at(const crypto_suite *suite, uint32_t version)
{
    return (chain_rules){.suite = suite, .version = version, .chain_id = 1, .group_id = 1, .enable_parallel = true};
}

hash256 hash_of_hex(const char *hex)
{
    hash256 hash;
    assert_true(hex_read(bytes_of_text(hex), hash.b, sizeof hash));
    return hash;
}

bytes bytes_of_hex(arena *a, const char *hex)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(hex), &out));
    return out;
}

transaction_fields example_fields(uint64_t nonce)
{
    transaction_fields f = {.nonce = u256_of(nonce), .gas_price = u256_of(1), .gas = u256_of(2), .block_limit = u256_of(500),
                            .chain_id = u256_of(1), .group_id = u256_of(1), .data = BYTES_OF_LITERAL("\x09")};
    memset(f.to.b, 1, sizeof f.to);
    return f;
}

block *example_block(const chain_rules *rules, size_t count)
{
    block *b = block_new();
    transaction **txs = arena_take_array(&b->memory, count, sizeof *txs);
    b->receipts = arena_take_array(&b->memory, count, sizeof *b->receipts);
    b->receipt_count = count;
    for (size_t i = 0; i < count; i++) {
        transaction_fields f = example_fields(7 + i);
        txs[i] = transaction_sign(rules, &f, &key_one);
        assert_non_null(txs[i]);
        b->receipts[i].gas_used = u256_of(21000 + i);
    }
    block_set_transactions(b, txs, count);
    b->header.number = 5;
    b->header.timestamp_ms = 1600000000000;
    b->header.transactions_root = block_transactions_root(rules, b);
    b->header.receipts_root = block_receipts_root(rules, b);
    block_seal_hash(rules, b);
    return b;
}
