/* Any bytes as a transaction, in the four encodings. What is accepted must survive its own canonical form. */
#include <assert.h>
#include <stdlib.h>

#include "chain/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_one(const chain_rules *rules, bytes raw)
{
    transaction_error error = TX_OK;
    error_text why = {""};
    transaction *tx = transaction_decode(rules, raw, TX_CHECK_NOTHING, &error, &why);
    if (tx == NULL) {
        assert(error != TX_OK && why.text[0]);
        return;
    }
    assert(bytes_equal(tx->raw, raw) && tx->signature.size == rules->suite->signature_bytes);
    transaction_fields f = {tx->nonce, tx->gas_price, tx->gas, tx->block_limit, tx->value, tx->chain_id, tx->group_id,
                            tx->is_creation, tx->to, tx->data, tx->extra_data};
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    transaction_encode_unsigned(rules, &f, &encoded);
    hash256 hash = suite_hash(rules->suite, buffer_bytes(&encoded));
    assert(hash256_equal(&hash, &tx->signing_hash));
    buffer_free(&encoded);
    transaction *checked = transaction_decode(rules, raw, TX_CHECK_EVERYTHING, &error, &why);
    if (checked)
        assert(transaction_recover_sender(rules, tx) && memcmp(&tx->sender, &checked->sender, sizeof tx->sender) == 0);
    transaction_drop(checked);
    transaction_drop(tx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    chain_rules rules = {.suite = data[0] & 1 ? &crypto_national : &crypto_standard, .version = data[0] & 2 ? VERSION_RC1 : VERSION_NEWEST};
    try_one(&rules, bytes_of(data + 1, size - 1));
    arena a = {0};
    bytes *parts;
    size_t count;
    error_text why;
    if (transactions_split(bytes_of(data + 1, size - 1), 1000, &a, &parts, &count, &why))
        for (size_t i = 0; i < count; i++)
            try_one(&rules, parts[i]);
    arena_reset(&a);
    return 0;
}
