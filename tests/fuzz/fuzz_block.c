/* Any bytes as a block, a proposal, a header and a receipt. What is accepted must come back from its encoding. */
#include <assert.h>
#include <stdlib.h>

#include "chain/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const chain_rules *rules, const block *b)
{
    buffer once = buffer_init(BUFFER_NO_LIMIT), twice = buffer_init(BUFFER_NO_LIMIT);
    error_text why = {""};
    block_encode(rules, b, BLOCK_FULL, &once);
    block *back = block_decode(rules, buffer_bytes(&once), (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    assert(back != NULL);
    block_encode(rules, back, BLOCK_FULL, &twice);
    assert(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    block_transactions_root(rules, back);
    block_receipts_root(rules, back);
    block_drop(block_copy(back));
    block_drop(back);
    buffer_free(&once);
    buffer_free(&twice);
}

static void try_receipt(const chain_rules *rules, bytes in)
{
    arena a = {0};
    receipt r, again;
    error_text why;
    if (receipt_decode(rules, in, &a, &r, &why)) {
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        receipt_encode(rules, &r, &encoded);
        assert(receipt_decode(rules, buffer_bytes(&encoded), &a, &again, &why));
        buffer_free(&encoded);
    }
    arena_reset(&a);
}

static void try_header(const chain_rules *rules, bytes in)
{
    arena a = {0};
    block_header h, again;
    error_text why;
    if (header_decode(in, &a, &h, &why)) {
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        header_encode(&h, &encoded);
        assert(header_decode(buffer_bytes(&encoded), &a, &again, &why));
        hash256 one = header_hash(rules->suite, &h), two = header_hash(rules->suite, &again);
        assert(hash256_equal(&one, &two));
        buffer_free(&encoded);
    }
    arena_reset(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t versions[] = {VERSION_NEWEST, VERSION_OF(2, 2, 0), VERSION_OF(2, 0, 0), VERSION_RC1};
    if (size == 0)
        return 0;
    chain_rules rules = {.suite = &crypto_standard, .version = versions[data[0] % COUNT(versions)]};
    bytes in = bytes_of(data + 1, size - 1);
    error_text why = {""};
    hash256 *hashes;
    size_t count;
    block *b = block_decode(&rules, in, (block_decode_options){data[0] & 4 ? TX_CHECK_EVERYTHING : TX_CHECK_NOTHING, true}, &why);
    if (b)
        check_again(&rules, b);
    else
        assert(why.text[0]);
    bloom joined;
    bool has_bloom = block_read_bloom(&rules, in, &joined);
    assert(has_bloom || b == NULL); /* it looks at less than the decoder */
    block_drop(b);
    block_drop(block_decode_proposal(&rules, in, &hashes, &count, &why));
    try_receipt(&rules, in);
    try_header(&rules, in);
    return 0;
}
