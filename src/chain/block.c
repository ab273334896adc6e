#include "chain/block.h"
#include "base/memory.h"
#include "chain/index_trie.h"
#include "chain/merkle.h"
#include "codec/rlp.h"

#include <assert.h>
#include <stdlib.h>

block *block_new(void)
{
    block *b = memory_new(sizeof *b);
    reference_init(&b->references);
    return b;
}

block *block_keep(block *b)
{
    reference_add(&b->references);
    return b;
}

static void drop_transactions(block *b)
{
    for (size_t i = 0; i < b->transaction_count; i++)
        transaction_drop(b->transactions[i]);
    b->transactions = NULL;
    b->transaction_count = 0;
}

void block_drop(block *b)
{
    if (b == NULL || !reference_drop(&b->references))
        return;
    drop_transactions(b);
    arena_reset(&b->memory);
    free(b);
}

block *block_copy(const block *b)
{
    block *copy = block_new();
    copy->header = header_copy(&copy->memory, &b->header);
    copy->hash = b->hash;
    for (size_t i = 0; i < b->transaction_count; i++)
        transaction_keep(b->transactions[i]);
    block_set_transactions(copy, b->transactions, b->transaction_count);
    block_set_signatures(copy, b->signatures, b->signature_count);
    return copy;
}

void block_set_transactions(block *b, transaction *const *txs, size_t count)
{
    drop_transactions(b);
    b->transactions = arena_take_array(&b->memory, count, sizeof(transaction *));
    if (count)
        memcpy(b->transactions, txs, count * sizeof(transaction *));
    b->transaction_count = count;
}

void block_set_signatures(block *b, const block_signature *signatures, size_t count)
{
    b->signatures = arena_take_array(&b->memory, count, sizeof *b->signatures);
    b->signature_count = count;
    for (size_t i = 0; i < count; i++)
        b->signatures[i] =
            (block_signature){signatures[i].sealer_index, arena_copy(&b->memory, signatures[i].signature)};
}

void block_seal_hash(const chain_rules *rules, block *b)
{
    b->hash = header_hash(rules->suite, &b->header);
}

/* --- roots (data-model.md 6.3) --- */

hash256 block_transactions_root(const chain_rules *rules, const block *b)
{
    size_t count = b->transaction_count;
    hash256 root;
    if (rules_have(rules, GATE_MERKLE_16)) {
        hash256 *hashes = memory_new_array(count, sizeof *hashes);
        for (size_t i = 0; i < count; i++)
            hashes[i] = b->transactions[i]->hash;
        root = merkle_root(rules->suite, hashes, count);
        free(hashes);
    } else if (rules_have(rules, GATE_RC2_ENCODING)) {
        buffer list = buffer_init(BUFFER_NO_LIMIT);
        transactions_encode(b->transactions, count, &list);
        root = suite_hash(rules->suite, buffer_bytes(&list));
        buffer_free(&list);
    } else {
        bytes *values = memory_new_array(count, sizeof *values);
        for (size_t i = 0; i < count; i++)
            values[i] = b->transactions[i]->raw;
        root = index_trie_root(rules->suite, values, count);
        free(values);
    }
    return root;
}

static void encode_receipts(const chain_rules *rules, const block *b, buffer *out)
{
    size_t list = rlp_begin_list(out);
    for (size_t i = 0; i < b->receipt_count; i++)
        receipt_encode(rules, &b->receipts[i], out);
    rlp_end_list(out, list);
}

static hash256 receipts_trie_root(const chain_rules *rules, const block *b)
{
    buffer all = buffer_init(BUFFER_NO_LIMIT);
    size_t *ends = memory_new_array(b->receipt_count, sizeof *ends);
    bytes *values = memory_new_array(b->receipt_count, sizeof *values);
    for (size_t i = 0; i < b->receipt_count; i++) {
        receipt_encode(rules, &b->receipts[i], &all);
        ends[i] = all.size;
    }
    for (size_t i = 0, start = 0; i < b->receipt_count; start = ends[i++])
        values[i] = bytes_of(all.data + start, ends[i] - start);
    hash256 root = index_trie_root(rules->suite, values, b->receipt_count);
    free(values);
    free(ends);
    buffer_free(&all);
    return root;
}

hash256 block_receipts_root(const chain_rules *rules, const block *b)
{
    if (!rules_have(rules, GATE_RC2_ENCODING))
        return receipts_trie_root(rules, b);
    if (rules_have(rules, GATE_MERKLE_16)) {
        hash256 *hashes = memory_new_array(b->receipt_count, sizeof *hashes);
        for (size_t i = 0; i < b->receipt_count; i++)
            hashes[i] = receipt_hash(rules, &b->receipts[i]);
        hash256 root = merkle_root(rules->suite, hashes, b->receipt_count);
        free(hashes);
        return root;
    }
    buffer list = buffer_init(BUFFER_NO_LIMIT);
    encode_receipts(rules, b, &list);
    hash256 root = suite_hash(rules->suite, buffer_bytes(&list));
    buffer_free(&list);
    return root;
}

/* --- encoding (data-model.md 6.1) --- */

static void encode_transactions(const chain_rules *rules, const block *b, buffer *out)
{
    if (rules_have(rules, GATE_RC2_ENCODING)) {
        size_t string = rlp_begin_string(out);
        transactions_encode(b->transactions, b->transaction_count, out);
        rlp_end_string(out, string);
        return;
    }
    size_t list = rlp_begin_list(out);
    for (size_t i = 0; i < b->transaction_count; i++)
        buffer_append(out, b->transactions[i]->raw);
    rlp_end_list(out, list);
}

static void encode_signatures(const block *b, buffer *out)
{
    size_t list = rlp_begin_list(out);
    for (size_t i = 0; i < b->signature_count; i++) {
        size_t pair = rlp_begin_list(out);
        rlp_write_uint(out, b->signatures[i].sealer_index);
        rlp_write_string(out, b->signatures[i].signature);
        rlp_end_list(out, pair);
    }
    rlp_end_list(out, list);
}

void block_encode(const chain_rules *rules, const block *b, block_form form, buffer *out)
{
    size_t list = rlp_begin_list(out);
    header_encode(&b->header, out);
    if (form == BLOCK_PROPOSAL) {
        size_t hashes = rlp_begin_list(out);
        for (size_t i = 0; i < b->transaction_count; i++)
            rlp_write_string(out, BYTES_OF_VALUE(b->transactions[i]->hash));
        rlp_end_list(out, hashes);
        rlp_write_string(out, BYTES_OF_VALUE(b->hash));
    } else {
        encode_transactions(rules, b, out);
        bool is_rc1 = !rules_have(rules, GATE_RC2_ENCODING);
        if (is_rc1)
            encode_receipts(rules, b, out);
        rlp_write_string(out, BYTES_OF_VALUE(b->hash));
        encode_signatures(b, out);
        if (!is_rc1)
            encode_receipts(rules, b, out);
    }
    rlp_end_list(out, list);
}
