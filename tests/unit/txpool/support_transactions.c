#include "support_transactions.h"

#include "codec/rlp.h"

const chain_rules support_rules = {
    .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 7, .group_id = 3};

transaction *support_transaction(support_fields f)
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
    rlp_write_uint(&b, f.chain_id ? f.chain_id : support_rules.chain_id);
    rlp_write_uint(&b, f.group_id ? f.group_id : (uint64_t)support_rules.group_id);
    rlp_write_string(&b, BYTES_EMPTY);
    rlp_write_uint(&b, 27);
    rlp_write_u256(&b, f.has_no_sender ? U256_ZERO : u256_of(5));
    rlp_write_uint(&b, 6);
    rlp_end_list(&b, list);
    transaction_error error;
    error_text why;
    transaction *tx = transaction_decode(&support_rules, buffer_bytes(&b), TX_CHECK_NOTHING, &error, &why);
    buffer_free(&b);
    assert_non_null(tx);
    tx->sender_known = !f.has_no_sender;
    return tx;
}

transaction *support_simple(uint64_t n)
{
    return support_transaction((support_fields){.nonce = u256_of(n), .block_limit = u256_of(500)});
}
