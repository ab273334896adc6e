#include "rpc/receipt_text.h"
#include "codec/json_style.h"
#include "rpc/render.h"

receipt_texts receipt_texts_of(ledger *l, int64_t number)
{
    receipt_texts t = {.ledger = l, .block = ledger_block_by_number(l, number)};
    /* A block that others see knows its senders; one that was read for us alone is ours to complete. */
    for (size_t i = 0; t.block && i < t.block->transaction_count; i++)
        if (!t.block->transactions[i]->sender_known) {
            transaction_recover_senders(ledger_rules(l), t.block->transactions, t.block->transaction_count);
            break;
        }
    return t;
}

void receipt_texts_free(receipt_texts *t)
{
    block_drop(t->block);
    arena_reset(&t->memory);
}

static void hash_leaves(receipt_texts *t)
{
    const block *b = t->block;
    t->transactions = arena_take_array(&t->memory, b->transaction_count, sizeof(hash256));
    t->receipts = arena_take_array(&t->memory, b->receipt_count, sizeof(hash256));
    for (size_t i = 0; i < b->transaction_count; i++)
        t->transactions[i] = b->transactions[i]->hash;
    for (size_t i = 0; i < b->receipt_count; i++)
        t->receipts[i] = receipt_hash(ledger_rules(t->ledger), &b->receipts[i]);
}

/* A pushed receipt has the keys of a receipt object and, when wanted, the two proofs among them. */
static void write_proof(receipt_texts *t, json_writer *w, const char *key, const hash256 *leaves, size_t count, size_t index)
{
    arena a = {0};
    merkle_proof proof = merkle_prove(ledger_rules(t->ledger)->suite, leaves, count, index, &a);
    json_write_key(w, key);
    rpc_write_proof(w, &proof);
    arena_reset(&a);
}

bool receipt_texts_write(receipt_texts *t, size_t index, bool with_proof, buffer *out)
{
    const block *b = t->block;
    if (b == NULL || index >= b->receipt_count || index >= b->transaction_count)
        return false;
    if (with_proof && t->transactions == NULL)
        hash_leaves(t);
    buffer compact = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&compact);
    json_write_begin_object(&w);
    rpc_write_receipt_members_to_output(&w, &b->receipts[index], b->transactions[index],
                                        &(rpc_place){&b->hash, b->header.number, index});
    if (with_proof)
        write_proof(t, &w, "receiptProof", t->receipts, b->receipt_count, index);
    rpc_write_receipt_members_from_remain_gas(&w, &b->receipts[index], b->transactions[index], index);
    if (with_proof)
        write_proof(t, &w, "txProof", t->transactions, b->transaction_count, index);
    json_write_end_object(&w);
    json_style(buffer_bytes(&compact), out);
    buffer_free(&compact);
    return true;
}

void receipt_text_refused(transaction_status status, buffer *out)
{
    static const transaction nothing;
    static const hash256 no_block;
    receipt refused = {.status = status};
    buffer compact = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&compact);
    rpc_write_receipt(&w, &refused, &nothing, &(rpc_place){&no_block, 0, 0});
    json_style(buffer_bytes(&compact), out);
    buffer_free(&compact);
}
