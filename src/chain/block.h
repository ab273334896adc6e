/* block.h: header, transactions, signatures and receipts. A block is built by one thread, then shared and never changed.
   Source: spec/data-model.md section 6, spec/consensus.md 5.3 (the forms a proposal travels in). */
#ifndef HANSE_CHAIN_BLOCK_H
#define HANSE_CHAIN_BLOCK_H

#include "base/reference.h"
#include "chain/header.h"
#include "chain/transaction.h"

enum { BLOCK_TRANSACTIONS_MAX = 1000000, BLOCK_SIGNATURES_MAX = HEADER_SEALERS_MAX };

typedef struct {
    uint64_t sealer_index;
    bytes signature;
} block_signature;

typedef struct block {
    reference_count references;
    arena memory;              /* owns everything below but the transactions, which are counted */
    block_header header;
    hash256 hash;              /* of the header: call block_seal_hash after the last change */
    transaction **transactions;
    size_t transaction_count;
    block_signature *signatures;
    size_t signature_count;
    receipt *receipts;         /* one for each transaction after execution, else NULL */
    size_t receipt_count;
} block;

block *block_new(void) MUST_USE;                       /* an empty one with one owner */
block *block_keep(block *b);
void block_drop(block *b);                             /* NULL is allowed */
block *block_copy(const block *b) MUST_USE;            /* header, transactions, signatures; receipts are not copied */
/* Takes over one reference of each transaction. */
void block_set_transactions(block *b, transaction *const *txs, size_t count);
void block_set_signatures(block *b, const block_signature *signatures, size_t count); /* copies the bytes */
void block_seal_hash(const chain_rules *rules, block *b);

/* transactionsRoot and receiptsRoot of the block as it stands (data-model.md 6.3). */
hash256 block_transactions_root(const chain_rules *rules, const block *b);
hash256 block_receipts_root(const chain_rules *rules, const block *b);

typedef enum {
    BLOCK_FULL,           /* [header, STR(txs), hash, signatures, receipts] */
    BLOCK_PROPOSAL,       /* [header, [tx hashes], hash]: a prepare with transaction hashes only, or an empty one */
} block_form;

void block_encode(const chain_rules *rules, const block *b, block_form form, buffer *out);

typedef struct {
    transaction_checks checks;
    bool with_receipts;   /* false: item 4 is not looked at */
} block_decode_options;

/* BLOCK_FULL; also the 3-item form of an empty block (QUIRK of consensus.md 5.3). NULL with a reason when anything is wrong;
   the hash item must equal the header's hash. Copies what it keeps. */
block *block_decode(const chain_rules *rules, bytes encoded, block_decode_options options, error_text *why) MUST_USE;
/* The blooms of all receipts joined (the header's own is always zero: data-model.md section 5), without decoding what else the
   block holds. false: malformed. */
bool block_read_bloom(const chain_rules *rules, bytes encoded, bloom *out) MUST_USE;
/* The proposal form: the block without transactions, and the hashes it names (in b->memory). */
block *block_decode_proposal(const chain_rules *rules, bytes encoded, hash256 **tx_hashes, size_t *count, error_text *why) MUST_USE;

#endif
