/* ledger.h: the chain on a store: genesis, commit, look-ups. Source: spec/data-model.md sections 8.3, 8.4, 8.7, 9;
   spec/interfaces.md section 4 says what the look-ups are for.
   Threads: ledger_commit by one thread; everything else from any thread. Returned blocks are counted: drop them.
   docs/ledger.md says which rows a block writes and what is found after a crash at each point. */
#ifndef HANSE_LEDGER_LEDGER_H
#define HANSE_LEDGER_LEDGER_H

#include "chain/genesis.h"
#include "chain/merkle.h"
#include "executor/executor.h"

typedef struct ledger ledger;

/* Opens the chain in s, or founds it from g when s is empty. The store stays the caller's.
   A store whose genesis mark differs from g's: opened all the same (data-model.md 8.7), *differs is set, and ledger_rules and
   ledger_genesis say the stored consensus type, state type and evm flags. NULL with a reason: broken or foreign store. */
ledger *ledger_open(const chain_rules *rules, const genesis *g, store *s, bool *differs, error_text *why) MUST_USE;
void ledger_close(ledger *l);

const chain_rules *ledger_rules(const ledger *l);
const genesis *ledger_genesis(const ledger *l); /* the one in force; its sealers are g's */
store *ledger_store(ledger *l);
executor *ledger_executor(ledger *l); /* made with ledger_rules when the ledger is opened, freed with it */

typedef struct {
    int64_t number;
    hash256 hash;
    hash256 genesis_hash;
    hash256 parent_hash, state_root;
    uint64_t timestamp_ms;
    u256 gas_limit;
    u256 sealer;
    size_t transaction_count;
} ledger_tip;

ledger_tip ledger_head(ledger *l);

typedef enum {
    COMMIT_OK,
    COMMIT_WRONG_NUMBER, /* not head + 1 */
    COMMIT_WRONG_PARENT,
    COMMIT_STORE_FAILED  /* nothing was written; the node must stop working on this group */
} commit_result;

/* Writes the block with its signatures, its state rows and the bookkeeping rows in one batch; durable when it returns OK. */
commit_result ledger_commit(ledger *l, const execution *e, const block_signature *signatures, size_t signature_count,
                            error_text *why) MUST_USE;

/* Look-ups: NULL / false means there is no such thing, or that the store failed: ask ledger_failure when it matters. */

/* STORE_OK, or what the first failing look-up met, with the reason: the node must stop working on this group. */
store_result ledger_failure(ledger *l, error_text *why);

/* With receipts and signatures. The last LEDGER_RECENT_BLOCKS blocks committed by this process, and the head found at opening, are
   kept and shared: their senders are known. Any other block is read anew and the caller's alone: its senders are not known, and the caller may recover them. */
enum { LEDGER_RECENT_BLOCKS = 8, LEDGER_RECENT_BYTES = 32 * 1024 * 1024 };
block *ledger_block_by_number(ledger *l, int64_t number);
block *ledger_block_by_hash(ledger *l, const hash256 *hash);
bool ledger_hash_of_number(ledger *l, int64_t number, hash256 *out);
bool ledger_number_of_hash(ledger *l, const hash256 *hash, int64_t *out);
/* The stored encoding of a block, for sync: in a. */
bool ledger_encoded_block(ledger *l, int64_t number, arena *a, bytes *out);

typedef struct {
    int64_t block_number;
    size_t index;
} transaction_place;

bool ledger_find_transaction(ledger *l, const hash256 *tx_hash, transaction_place *out);
bool ledger_totals(ledger *l, u256 *transactions, u256 *failed_transactions);
bool ledger_code(ledger *l, const address *contract, arena *a, bytes *out); /* empty when there is none */

typedef struct {
    node_id *sealers, *observers, *working_sealers; /* each sorted; sealers: rows `sealer` and `wSealer`; in a */
    size_t sealer_count, observer_count, working_count;
} node_lists;

bool ledger_node_lists(ledger *l, int64_t number, arena *a, node_lists *out); /* rows with enable_num <= number */
/* As getSealerList and getObserverList answer (interfaces.md 4.3): the rows' own order, `wSealer` before `sealer`. */
bool ledger_node_lists_stored_order(ledger *l, int64_t number, arena *a, node_lists *out);
/* Value and enable_num; absent row, or enable_num > number: value is empty (QUIRK of data-model.md 8.4). */
bool ledger_system_config(ledger *l, const char *key, int64_t number, arena *a, bytes *value, int64_t *enable_number);

/* Nonces of one block, in order of its transactions; in a. Block 0 has none: false. */
bool ledger_block_nonces(ledger *l, int64_t number, arena *a, u256 **nonces, size_t *count);

/* The prepared block that PBFT must not forget (consensus.md 5.11): durable when it returns. */
bool ledger_save_prepared(ledger *l, bytes encoded, error_text *why) MUST_USE; /* empty: forget it */
bool ledger_load_prepared(ledger *l, arena *a, bytes *encoded); /* false: none */

#endif
