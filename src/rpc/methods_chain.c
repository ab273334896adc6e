/* Methods about blocks, transactions, receipts and proofs (spec/interfaces.md 4.6 to 4.9, 4.11). */
#include "codec/hex.h"
#include "rpc/method.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

enum find_by { BY_HASH, BY_NUMBER };

/* Parameter 1 names a block by hash or number. The caller drops it; NULL: the error is set. */
static block *find_block(rpc_call *c, enum find_by by)
{
    if (!rpc_take_group(c, RPC_GROUP_MEMBER))
        return NULL;
    ledger *l = c->backend->ledger_of(c->group);
    block *found = NULL;
    if (by == BY_HASH) {
        hash256 hash;
        if (!rpc_hash(c, 1, &hash))
            return NULL;
        found = ledger_block_by_hash(l, &hash);
        if (found == NULL)
            rpc_error(c, RPC_NO_BLOCK_HASH, "BlockHash does not exist");
    } else {
        int64_t number;
        if (!rpc_block_number(c, 1, &number))
            return NULL;
        found = ledger_block_by_number(l, number);
        if (found == NULL)
            rpc_error(c, RPC_NO_BLOCK_NUMBER, "BlockNumber does not exist");
    }
    return found;
}

static const chain_rules *rules_of(rpc_call *c)
{
    return ledger_rules(c->backend->ledger_of(c->group));
}

/* Blocks read from the store are the caller's alone and come without senders; shared ones have them already. */
static void need_senders(rpc_call *c, block *b)
{
    transaction_recover_senders(rules_of(c), b->transactions, b->transaction_count);
}

static void answer_block(rpc_call *c, enum find_by by)
{
    block *b = find_block(c, by);
    if (b == NULL)
        return;
    bool full = rpc_flag(c, 2);
    if (full)
        need_senders(c, b);
    rpc_write_block(&c->out, b, rules_of(c)->suite, RPC_NUMBER_TEXT, full, true, full);
    block_drop(b);
}

static void get_block_by_hash(rpc_call *c)
{
    answer_block(c, BY_HASH);
}

static void get_block_by_number(rpc_call *c)
{
    answer_block(c, BY_NUMBER);
}

static void answer_header(rpc_call *c, enum find_by by)
{
    block *b = find_block(c, by);
    if (b == NULL)
        return;
    rpc_write_block(&c->out, b, rules_of(c)->suite, RPC_NUMBER_INTEGER, rpc_flag(c, 2), false, false);
    block_drop(b);
}

static void get_block_header_by_hash(rpc_call *c)
{
    answer_header(c, BY_HASH);
}

static void get_block_header_by_number(rpc_call *c)
{
    answer_header(c, BY_NUMBER);
}

static void get_block_hash_by_number(rpc_call *c)
{
    int64_t number;
    hash256 hash;
    if (!rpc_take_group(c, RPC_GROUP_MEMBER) || !rpc_block_number(c, 1, &number))
        return;
    if (ledger_hash_of_number(c->backend->ledger_of(c->group), number, &hash))
        rpc_write_hash(&c->out, &hash);
    else
        rpc_error(c, RPC_NO_BLOCK_NUMBER, "BlockNumber does not exist");
}

/* Parameter 1 names a transaction on the chain. The caller drops the block; NULL: unknown (or the error is set). */
static block *find_transaction(rpc_call *c, transaction_place *place)
{
    hash256 hash;
    if (!rpc_hash(c, 1, &hash))
        return NULL;
    ledger *l = c->backend->ledger_of(c->group);
    block *b = ledger_find_transaction(l, &hash, place) ? ledger_block_by_number(l, place->block_number) : NULL;
    if (b && place->index >= b->transaction_count) {
        block_drop(b);
        return NULL;
    }
    if (b)
        need_senders(c, b);
    return b;
}

static void write_found_transaction(rpc_call *c, const block *b, size_t index)
{
    rpc_write_transaction(&c->out, b->transactions[index], rules_of(c)->suite, &(rpc_place){&b->hash, b->header.number, index});
}

static void write_found_receipt(rpc_call *c, const block *b, size_t index)
{
    rpc_write_receipt(&c->out, &b->receipts[index], b->transactions[index], &(rpc_place){&b->hash, b->header.number, index});
}

static void get_transaction_by_hash(rpc_call *c)
{
    transaction_place place;
    block *b = rpc_take_group(c, RPC_GROUP_MEMBER) ? find_transaction(c, &place) : NULL;
    if (b)
        write_found_transaction(c, b, place.index);
    else if (!c->error_code)
        json_write_null(&c->out);
    block_drop(b);
}

static void get_transaction_receipt(rpc_call *c)
{
    transaction_place place;
    block *b = rpc_take_group(c, RPC_GROUP_MEMBER) ? find_transaction(c, &place) : NULL;
    if (b && place.index < b->receipt_count)
        write_found_receipt(c, b, place.index);
    else if (!c->error_code)
        json_write_null(&c->out);
    block_drop(b);
}

static void answer_by_index(rpc_call *c, enum find_by by)
{
    block *b = find_block(c, by);
    uint64_t index;
    if (b && rpc_index(c, 2, &index)) {
        if (index >= b->transaction_count) {
            rpc_error(c, RPC_BAD_INDEX, "TransactionIndex is out of range");
        } else {
            need_senders(c, b);
            write_found_transaction(c, b, (size_t)index);
        }
    }
    block_drop(b);
}

static void get_transaction_by_block_hash_and_index(rpc_call *c)
{
    answer_by_index(c, BY_HASH);
}

static void get_transaction_by_block_number_and_index(rpc_call *c)
{
    answer_by_index(c, BY_NUMBER);
}

/* ---- proofs ---- */

static bool proofs_exist(rpc_call *c, const char *method)
{
    if (version_has(c->backend->info->version, GATE_MERKLE_16))
        return true;
    return rpc_error(c, RPC_NOT_A_MEMBER, "method %s not support this version", method);
}

static merkle_proof prove_transaction(rpc_call *c, const block *b, size_t index)
{
    hash256 *hashes = arena_take_array(c->memory, b->transaction_count, sizeof *hashes);
    for (size_t i = 0; i < b->transaction_count; i++)
        hashes[i] = b->transactions[i]->hash;
    return merkle_prove(rules_of(c)->suite, hashes, b->transaction_count, index, c->memory);
}

static merkle_proof prove_receipt(rpc_call *c, const block *b, size_t index)
{
    hash256 *hashes = arena_take_array(c->memory, b->receipt_count, sizeof *hashes);
    for (size_t i = 0; i < b->receipt_count; i++)
        hashes[i] = receipt_hash(rules_of(c), &b->receipts[i]);
    return merkle_prove(rules_of(c)->suite, hashes, b->receipt_count, index, c->memory);
}

static void get_transaction_by_hash_with_proof(rpc_call *c)
{
    transaction_place place;
    if (!proofs_exist(c, "getTransactionByHashWithProof") || !rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    block *b = find_transaction(c, &place);
    if (b) {
        merkle_proof proof = prove_transaction(c, b, place.index);
        json_write_begin_object(&c->out);
        json_write_key(&c->out, "transaction");
        write_found_transaction(c, b, place.index);
        json_write_key(&c->out, "txProof");
        rpc_write_proof(&c->out, &proof);
        json_write_end_object(&c->out);
    } else if (!c->error_code) {
        json_write_null(&c->out);
    }
    block_drop(b);
}

static void get_transaction_receipt_by_hash_with_proof(rpc_call *c)
{
    transaction_place place;
    if (!proofs_exist(c, "getTransactionReceiptByHashWithProof") || !rpc_take_group(c, RPC_GROUP_MEMBER))
        return;
    block *b = find_transaction(c, &place);
    if (b && place.index < b->receipt_count) {
        merkle_proof proof = prove_receipt(c, b, place.index);
        json_write_begin_object(&c->out);
        json_write_key(&c->out, "receiptProof");
        rpc_write_proof(&c->out, &proof);
        json_write_key(&c->out, "transactionReceipt");
        write_found_receipt(c, b, place.index);
        json_write_end_object(&c->out);
    } else if (!c->error_code) {
        json_write_null(&c->out);
    }
    block_drop(b);
}

/* ---- many receipts at once ---- */

static void write_batch(rpc_call *c, json_writer *w, const block *b, size_t from, size_t end)
{
    json_write_begin_object(w);
    json_write_key(w, "blockInfo");
    json_write_begin_object(w);
    json_write_key(w, "blockHash");
    rpc_write_hash(w, &b->hash);
    json_write_key(w, "blockNumber");
    json_write_quantity_u64(w, (uint64_t)b->header.number);
    json_write_key(w, "receiptRoot");
    rpc_write_hash(w, &b->header.receipts_root);
    json_write_key(w, "receiptsCount");
    json_write_quantity_u64(w, b->receipt_count);
    json_write_end_object(w);
    if (from < end) {
        json_write_key(w, "transactionReceipts");
        json_write_begin_array(w);
        for (size_t i = from; i < end; i++)
            rpc_write_receipt_skeleton(w, &b->receipts[i], b->transactions[i], i);
        json_write_end_array(w);
    }
    json_write_end_object(w);
    (void)c;
}

/* Base64 of a zlib stream of the JSON text and its line end. */
static void write_compressed(rpc_call *c, buffer *json)
{
    buffer_append_byte(json, '\n');
    uLongf size = compressBound(json->size);
    uint8_t *packed = arena_take(c->memory, size);
    if (json->overflowed || compress2(packed, &size, json->data, json->size, 6) != Z_OK || size > INT32_MAX / 2) {
        rpc_internal_error(c, "the receipts cannot be compressed");
        return;
    }
    char *text = arena_take(c->memory, 4 * ((size + 2) / 3) + 1);
    EVP_EncodeBlock((uint8_t *)text, packed, (int)size);
    json_write_text(&c->out, text);
}

static void answer_batch(rpc_call *c, enum find_by by)
{
    block *b = find_block(c, by);
    if (c->error_code == RPC_NO_BLOCK_HASH) { /* QUIRK of interfaces.md 4.11: the number's error for both variants */
        c->error_code = 0;
        rpc_error(c, RPC_NO_BLOCK_NUMBER, "BlockNumber does not exist");
    }
    uint64_t from, wanted = UINT64_MAX;
    bool to_end = b && strcmp(rpc_text(c, 3), "-1") == 0;
    if (b == NULL || !rpc_index(c, 2, &from) || (!to_end && !rpc_index(c, 3, &wanted))) {
        block_drop(b);
        return;
    }
    if (from >= b->receipt_count) {
        rpc_error(c, RPC_RECEIPT_RANGE, "start index out of range, the number of receipt is %zu", b->receipt_count);
    } else {
        need_senders(c, b);
        size_t left = b->receipt_count - (size_t)from;
        size_t end = (size_t)from + (wanted < left ? (size_t)wanted : left);
        if (rpc_flag(c, 4)) {
            buffer json = buffer_init(UINT32_MAX);
            json_writer w = json_write_to(&json);
            write_batch(c, &w, b, (size_t)from, end);
            write_compressed(c, &json);
            buffer_free(&json);
        } else {
            write_batch(c, &c->out, b, (size_t)from, end);
        }
    }
    block_drop(b);
}

static void get_batch_receipts_by_number(rpc_call *c)
{
    answer_batch(c, BY_NUMBER);
}

static void get_batch_receipts_by_hash(rpc_call *c)
{
    answer_batch(c, BY_HASH);
}

const rpc_method rpc_chain_methods[] = {
    {"getBlockByHash", "isb", get_block_by_hash},
    {"getBlockByNumber", "isb", get_block_by_number},
    {"getBlockHeaderByHash", "isb", get_block_header_by_hash},
    {"getBlockHeaderByNumber", "isb", get_block_header_by_number},
    {"getBlockHashByNumber", "is", get_block_hash_by_number},
    {"getTransactionByHash", "is", get_transaction_by_hash},
    {"getTransactionByBlockHashAndIndex", "iss", get_transaction_by_block_hash_and_index},
    {"getTransactionByBlockNumberAndIndex", "iss", get_transaction_by_block_number_and_index},
    {"getTransactionReceipt", "is", get_transaction_receipt},
    {"getTransactionByHashWithProof", "is", get_transaction_by_hash_with_proof},
    {"getTransactionReceiptByHashWithProof", "is", get_transaction_receipt_by_hash_with_proof},
    {"getBatchReceiptsByBlockNumberAndRange", "isssb", get_batch_receipts_by_number},
    {"getBatchReceiptsByBlockHashAndRange", "isssb", get_batch_receipts_by_hash},
};
const size_t rpc_chain_method_count = COUNT(rpc_chain_methods);
