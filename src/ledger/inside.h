/* inside.h: what the files of this floor share. Not for other floors. */
#ifndef HANSE_LEDGER_INSIDE_H
#define HANSE_LEDGER_INSIDE_H

#include "ledger/ledger.h"
#include "state/table.h" /* names of the tables that execution knows too */

#include <pthread.h>

#define TABLE_NONCES "_sys_block_2_nonces_"
#define TABLE_CURRENT_STATE "_sys_current_state_"
#define TABLE_BLOCKS "_sys_hash_2_block_"
#define TABLE_HEADERS "_sys_hash_2_header_"
#define TABLE_TRANSACTIONS "_sys_tx_hash_2_block_"

#define KEY_NUMBER "current_number"
#define KEY_LAST_ID "current_id"
#define KEY_TRANSACTIONS "total_transaction_count"
#define KEY_FAILED "total_failed_transaction_count"
#define KEY_NODES "node"

enum {
    LAST_ID_ROW = 1,          /* the id of the row current_id itself */
    FIRST_LAST_ID = 1,        /* the counter of a chain without rows ... */
    FIRST_LAST_ID_BASED = 100001 /* ... and from 2.2.0 on (data-model.md 8.1) */
};

/* What _sys_current_state_ holds, with the ids of its rows: an update keeps the row's id. */
typedef struct {
    uint64_t last_id;
    u256 transactions, failed;
    uint64_t number_row, transactions_row, failed_row; /* 0: not there yet */
} ledger_counters;

struct ledger {
    chain_rules rules;
    genesis genesis;
    store *store;
    executor *executor;
    pthread_mutex_t lock; /* everything below */
    ledger_tip tip;
    ledger_counters counters; /* changed by the committing thread only */
    block *recent[LEDGER_RECENT_BLOCKS]; /* newest first */
    size_t recent_count, recent_bytes;
    store_result failure;
    error_text failure_text;
};

/* batch.c: pure. The batch of one block: the state rows given, and the bookkeeping rows. */
typedef struct {
    const chain_rules *rules;
    const block *block;       /* complete: with signatures and receipts */
    ledger_counters before;
    store_put *state;         /* ids given from before.last_id on, as execution_changes does; their row arrays are replaced */
    size_t state_count;
} batch_input;

/* *batch and what it points to live in a. */
void ledger_build_batch(const batch_input *in, arena *a, store_batch *batch, ledger_counters *after);
row ledger_row(arena *a, uint64_t id, uint32_t num, const row_field *fields, size_t count); /* fields ascending; array copied */

/* founding.c: pure. The rows of block 0 (data-model.md 8.7), with ids after *last_id. */
void ledger_genesis_rows(const chain_rules *rules, const genesis *g, arena *a, uint64_t *last_id, store_put **puts, size_t *count);
/* What a stored genesis mark says about consensus, state and gas, where it differs from what was configured. false: the mark
   has too few parts. */
bool ledger_follow_mark(bytes mark, chain_rules *rules, genesis *g, error_text *why) MUST_USE;

/* lookup.c. The normal row of one key; false: there is none, or the store failed (then it is noted in l). */
bool ledger_read_row(ledger *l, const char *table, bytes key, arena *a, row *out);
bool ledger_read_hash(ledger *l, int64_t number, hash256 *out);
block *ledger_read_block(ledger *l, const hash256 *hash);
bool ledger_read_encoded(ledger *l, const hash256 *hash, arena *a, bytes *out);
bool ledger_read_counter(const row *r, u256 *out);

static inline size_t block_bytes(const block *b)
{
    size_t size = b->memory.used_bytes;
    for (size_t i = 0; i < b->transaction_count; i++)
        size += sizeof *b->transactions[i] + b->transactions[i]->raw.size;
    return size;
}

#endif
