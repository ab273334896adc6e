/* receipt_text.h: receipts as the channel port pushes them: JSON in the layout of jsoncpp's other writer.
   Source: spec/interfaces.md 4.10, spec/network.md 10.4. Any thread. */
#ifndef HANSE_RPC_RECEIPT_TEXT_H
#define HANSE_RPC_RECEIPT_TEXT_H

#include "ledger/ledger.h"

/* The receipts of one block, one after the other. */
typedef struct {
    ledger *ledger;
    block *block;             /* owned; NULL: the block cannot be read */
    arena memory;
    hash256 *transactions, *receipts; /* what proofs are made of, once they are asked for */
} receipt_texts;

receipt_texts receipt_texts_of(ledger *l, int64_t number);
/* Appends one. false: there is no such receipt. */
bool receipt_texts_write(receipt_texts *t, size_t index, bool with_proof, buffer *out) MUST_USE;
void receipt_texts_free(receipt_texts *t);

/* What stands for the receipt of a refused transaction: everything but the status is zero. */
void receipt_text_refused(transaction_status status, buffer *out);

#endif
