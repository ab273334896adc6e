/* transaction.h: a transaction as received: immutable, counted, decoded once, hashed once, verified once.
   Source: spec/data-model.md section 3. */
#ifndef HANSE_CHAIN_TRANSACTION_H
#define HANSE_CHAIN_TRANSACTION_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/reference.h"
#include "base/u256.h"
#include "chain/rules.h"

typedef enum {
    TX_OK,
    TX_BAD_LIST,       /* "rc2 transaction RLP must be a list" */
    TX_BAD_DATA,       /* "rc2 transaction data RLP must be an array" */
    TX_BAD_FIELD,      /* "invalid rc2 transaction format, invalid Field:<name>, RLP: <hex>" */
    TX_BAD_SIGNATURE,  /* not well-formed, or no key can be recovered */
    TX_TOO_LARGE
} transaction_error;

enum { TRANSACTION_MAX_BYTES = 16 * 1024 * 1024 };

/* What is checked while decoding (data-model.md 3.2). */
typedef enum {
    TX_CHECK_NOTHING,   /* stored and decided blocks, gossip, proposals: the sender is recovered on demand */
    TX_CHECK_EVERYTHING /* RPC: isValid and recovery; group/job.c says what fetched blocks and gossip are asked for */
} transaction_checks;

typedef struct transaction {
    reference_count references;
    u256 nonce, gas_price, gas, block_limit, value, chain_id, group_id;
    bool is_creation;
    bool is_signed;
    address to;              /* zero for a creation */
    bytes data, extra_data;  /* views into raw */
    bytes signature;         /* suite->signature_bytes in raw form (data-model.md 1.3), or empty */
    bytes raw;               /* exactly the bytes received: forwarded and stored as they are */
    hash256 hash;            /* H of the canonical re-encoding with signature (QUIRK: not of raw) */
    hash256 signing_hash;
    address sender;          /* valid when sender_known */
    bool sender_known;       /* set before the value is shared between threads, never after */
    bool from_rpc;
} transaction;

/* Decodes one transaction; the result owns a copy of raw. NULL with *error and *why (both may be NULL) otherwise. */
transaction *transaction_decode(const chain_rules *rules, bytes raw, transaction_checks checks, transaction_error *error,
                                error_text *why) MUST_USE;
/* Recovers the sender if it is not known. false: no key. Not for values that other threads already see. */
bool transaction_recover_sender(const chain_rules *rules, transaction *tx) MUST_USE;
/* The same for many, in one batch; returns how many have a sender afterwards. */
size_t transaction_recover_senders(const chain_rules *rules, transaction **txs, size_t count);
transaction *transaction_keep(transaction *tx);  /* one more owner; returns tx */
void transaction_drop(transaction *tx);          /* NULL is allowed */

/* For tools, tests and the node's own transactions. */
typedef struct {
    u256 nonce, gas_price, gas, block_limit, value, chain_id, group_id;
    bool is_creation;
    address to;
    bytes data, extra_data;
} transaction_fields;

/* Unsigned encoding (what the signing hash covers). */
void transaction_encode_unsigned(const chain_rules *rules, const transaction_fields *fields, buffer *out);
/* Signs and returns the decoded result (sender known). */
transaction *transaction_sign(const chain_rules *rules, const transaction_fields *fields, const secret_key *key) MUST_USE;
/* An unsigned call from a given sender, as RPC `call` builds it (execution.md section 11). */
transaction *transaction_unsigned_call(const chain_rules *rules, const transaction_fields *fields, const address *from) MUST_USE;

/* The list form of blocks and sync packets (data-model.md 6.2). */
void transactions_encode(transaction *const *txs, size_t count, buffer *out);
/* Splits the list into the raw bytes of its transactions (views into `list`); at most max_count, else false. */
bool transactions_split(bytes list, size_t max_count, arena *a, bytes **out, size_t *count, error_text *why) MUST_USE;

#endif
