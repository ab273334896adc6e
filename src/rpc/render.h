/* render.h: the chain's values as the JSON of RPC answers. Source: spec/interfaces.md 4.6 to 4.9. Senders must be known. */
#ifndef HANSE_RPC_RENDER_H
#define HANSE_RPC_RENDER_H

#include "chain/block.h"
#include "chain/merkle.h"
#include "codec/json_write.h"

void rpc_write_node_id(json_writer *w, const node_id *id);
void rpc_write_hash(json_writer *w, const hash256 *hash);
void rpc_write_address(json_writer *w, const address *a);
enum rpc_number_form { RPC_NUMBER_TEXT, RPC_NUMBER_INTEGER };
void rpc_write_block(json_writer *w, const block *b, const crypto_suite *suite, enum rpc_number_form form, bool with_signatures,
                     bool with_transactions, bool full_transactions);
typedef struct {
    const hash256 *block_hash; /* NULL: pending, no place is written */
    int64_t block_number;
    size_t index;
} rpc_place;
void rpc_write_transaction(json_writer *w, const transaction *tx, const crypto_suite *suite, const rpc_place *place);
void rpc_write_receipt(json_writer *w, const receipt *r, const transaction *tx, const rpc_place *place);
/* The same in two halves, inside an object: a pushed receipt has "receiptProof" between them. */
void rpc_write_receipt_members_to_output(json_writer *w, const receipt *r, const transaction *tx, const rpc_place *place);
void rpc_write_receipt_members_from_remain_gas(json_writer *w, const receipt *r, const transaction *tx, size_t index);
void rpc_write_receipt_skeleton(json_writer *w, const receipt *r, const transaction *tx, size_t index);
void rpc_write_proof(json_writer *w, const merkle_proof *proof);

#endif
