#include "chain/block.h"
#include "codec/rlp.h"

#include <stdlib.h>

/* The items of an encoded block, not yet looked into. Missing ones are empty. */
typedef struct {
    bytes header;
    rlp_item transactions;
    hash256 hash;
    rlp_item signatures, receipts;
} block_parts;

static bool split(const chain_rules *rules, bytes encoded, block_parts *out, error_text *why)
{
    *out = (block_parts){0};
    rlp_reader r = rlp_open_list(encoded);
    out->header = rlp_read_item(&r).whole;
    out->transactions = rlp_read_item(&r);
    if (!rules_have(rules, GATE_RC2_ENCODING))
        out->receipts = rlp_read_item(&r);
    rlp_read_fixed(&r, out->hash.b, sizeof out->hash, RLP_EXACT);
    /* QUIRK of consensus.md 5.3: an empty proposal has three items and a list in place of the transactions. */
    bool is_empty_proposal = rules_have(rules, GATE_RC2_ENCODING) && out->transactions.is_list && rlp_at_end(&r);
    if (!is_empty_proposal) {
        out->signatures = rlp_read_item(&r);
        if (rules_have(rules, GATE_RC2_ENCODING))
            out->receipts = rlp_read_item(&r);
    }
    return r.error == RLP_OK || error_set(why, "block: item %u: %s", r.item, rlp_error_text(r.error));
}

/* Decodes the header into b and compares the block's hash item with it. */
static bool take_header(const chain_rules *rules, const block_parts *parts, block *b, error_text *why)
{
    if (!header_decode(arena_copy(&b->memory, parts->header), &b->memory, &b->header, why))
        return false;
    block_seal_hash(rules, b);
    return hash256_equal(&b->hash, &parts->hash) || error_set(why, "BlockHeader hash error");
}

/* The raw bytes of the block's transactions, in either layout. */
static bool list_transactions(const chain_rules *rules, rlp_item item, arena *a, bytes **out, size_t *count,
                              error_text *why)
{
    if (rules_have(rules, GATE_RC2_ENCODING)) {
        if (!item.is_list)
            return transactions_split(item.payload, BLOCK_TRANSACTIONS_MAX, a, out, count, why);
        if (item.payload.size)
            return error_set(why, "a list of transaction hashes where transactions are expected");
        *out = NULL;
        *count = 0;
        return true;
    }
    if (!item.is_list)
        return error_set(why, "Block transactions bytes is invalid: not a list");
    rlp_reader r = rlp_reader_of(item.payload);
    *count = rlp_count_items(&r);
    if (*count > BLOCK_TRANSACTIONS_MAX)
        return error_set(why, "%zu transactions, at most %d", *count, BLOCK_TRANSACTIONS_MAX);
    *out = arena_take_array(a, *count, sizeof **out);
    for (size_t i = 0; !rlp_at_end(&r) && i < *count; i++)
        (*out)[i] = rlp_read_item(&r).whole;
    return rlp_at_end(&r) && r.error == RLP_OK ? true : error_set(why, "Block transactions bytes is invalid");
}

static bool check_signatures(const chain_rules *rules, block *b, error_text *why)
{
    for (size_t i = 0; i < b->transaction_count; i++)
        if (!rules->suite->is_well_formed(b->transactions[i]->signature))
            return error_set(why, "transaction %zu: invalid signature", i);
    size_t known = transaction_recover_senders(rules, b->transactions, b->transaction_count);
    return known == b->transaction_count ||
           error_set(why, "%zu of %zu transactions have no sender", b->transaction_count - known, b->transaction_count);
}

static bool take_transactions(const chain_rules *rules, rlp_item item, transaction_checks checks, block *b,
                              error_text *why)
{
    arena scratch = {0};
    bytes *raws = NULL;
    size_t count = 0;
    bool ok = list_transactions(rules, item, &scratch, &raws, &count, why);
    if (ok)
        b->transactions = arena_take_array(&b->memory, count, sizeof(transaction *));
    for (size_t i = 0; ok && i < count; i++) {
        transaction *tx = transaction_decode(rules, raws[i], TX_CHECK_NOTHING, NULL, why);
        ok = tx != NULL;
        if (ok)
            b->transactions[b->transaction_count++] = tx;
        else
            error_prefix(why, "Block transactions bytes is invalid: transaction %zu", i);
    }
    arena_reset(&scratch);
    /* Checked together, so that senders are recovered in one batch. */
    return ok && (checks == TX_CHECK_NOTHING || check_signatures(rules, b, why));
}

static bool take_signatures(rlp_item item, block *b, error_text *why)
{
    if (item.whole.size && !item.is_list)
        return error_set(why, "block: signatures: not a list");
    rlp_reader list = rlp_reader_of(arena_copy(&b->memory, item.payload));
    size_t count = rlp_count_items(&list);
    if (count > BLOCK_SIGNATURES_MAX)
        return error_set(why, "block: %zu signatures, at most %d", count, BLOCK_SIGNATURES_MAX);
    b->signatures = arena_take_array(&b->memory, count, sizeof *b->signatures);
    while (!rlp_at_end(&list)) {
        rlp_reader pair = rlp_read_list(&list);
        block_signature s = {.sealer_index = rlp_read_uint(&pair, 8)};
        s.signature = rlp_read_string(&pair);
        if (pair.error)
            return error_set(why, "block: signature %zu: %s", b->signature_count, rlp_error_text(pair.error));
        b->signatures[b->signature_count++] = s;
    }
    return list.error == RLP_OK || error_set(why, "block: signatures: %s", rlp_error_text(list.error));
}

static bool take_receipts(const chain_rules *rules, rlp_item item, block *b, error_text *why)
{
    if (item.whole.size && !item.is_list)
        return error_set(why, "block: receipts: not a list");
    rlp_reader list = rlp_reader_of(arena_copy(&b->memory, item.payload));
    size_t count = rlp_count_items(&list);
    if (count == 0 && list.at == list.end)
        return true;
    if (count != b->transaction_count)
        return error_set(why, "block: %zu receipts for %zu transactions", count, b->transaction_count);
    b->receipts = arena_take_array(&b->memory, count, sizeof *b->receipts);
    while (!rlp_at_end(&list)) {
        rlp_item one = rlp_read_item(&list);
        if (list.error == RLP_OK &&
            !receipt_decode(rules, one.whole, &b->memory, &b->receipts[b->receipt_count], why)) {
            error_prefix(why, "block: receipt %zu", b->receipt_count);
            return false;
        }
        b->receipt_count++;
    }
    return list.error == RLP_OK || error_set(why, "block: receipts: %s", rlp_error_text(list.error));
}

block *block_decode(const chain_rules *rules, bytes encoded, block_decode_options options, error_text *why)
{
    block_parts parts;
    if (!split(rules, encoded, &parts, why))
        return NULL;
    block *b = block_new();
    if (take_header(rules, &parts, b, why) && take_transactions(rules, parts.transactions, options.checks, b, why) &&
        take_signatures(parts.signatures, b, why) &&
        (!options.with_receipts || take_receipts(rules, parts.receipts, b, why)))
        return b;
    block_drop(b);
    return NULL;
}

block *block_decode_proposal(const chain_rules *rules, bytes encoded, hash256 **tx_hashes, size_t *count,
                             error_text *why)
{
    rlp_reader r = rlp_open_list(encoded);
    block_parts parts = {.header = rlp_read_item(&r).whole};
    rlp_reader hashes = rlp_read_list(&r);
    rlp_read_fixed(&r, parts.hash.b, sizeof parts.hash, RLP_EXACT);
    if (r.error) {
        error_set(why, "block proposal: item %u: %s", r.item, rlp_error_text(r.error));
        return NULL;
    }
    block *b = block_new();
    enum { HASH_ITEM_BYTES = 1 + sizeof(hash256) };
    size_t announced = (size_t)(hashes.end - hashes.at) / HASH_ITEM_BYTES, taken = 0;
    bool ok = announced <= BLOCK_TRANSACTIONS_MAX ||
              error_set(why, "block proposal: %zu transactions, at most %d", announced, BLOCK_TRANSACTIONS_MAX);
    if (ok && take_header(rules, &parts, b, why)) {
        *tx_hashes = arena_take_array(&b->memory, announced, sizeof **tx_hashes);
        while (!rlp_at_end(&hashes) && taken < announced)
            rlp_read_fixed(&hashes, (*tx_hashes)[taken++].b, sizeof(hash256), RLP_EXACT);
        *count = taken;
        if (hashes.error == RLP_OK && hashes.at == hashes.end)
            return b;
        error_set(why, "block proposal: transaction hash %u: %s", hashes.item, rlp_error_text(hashes.error));
    }
    block_drop(b);
    return NULL;
}

bool block_read_bloom(const chain_rules *rules, bytes encoded, bloom *out)
{
    enum { ITEMS_BEFORE_BLOOM = 3 }; /* of a receipt: data-model.md 4.1 */
    block_parts parts;
    *out = (bloom){{0}};
    if (!split(rules, encoded, &parts, NULL))
        return false;
    rlp_reader list = rlp_reader_of(parts.receipts.payload);
    while (!rlp_at_end(&list)) {
        rlp_reader one = rlp_read_list(&list);
        bloom b;
        for (int i = 0; i < ITEMS_BEFORE_BLOOM; i++)
            (void)rlp_read_item(&one);
        rlp_read_fixed(&one, b.b, sizeof b.b, RLP_EXACT);
        if (one.error)
            return false;
        bloom_join(out, &b);
    }
    return list.error == RLP_OK;
}
