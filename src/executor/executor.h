/* executor.h: runs blocks and calls on the state of a store. Source: spec/execution.md sections 1, 2, 11.
   Threads: one block of a group at a time; calls from any thread beside it. */
#ifndef HANSE_EXECUTOR_EXECUTOR_H
#define HANSE_EXECUTOR_EXECUTOR_H

#include "chain/block.h"
#include "store/store.h"

/* Hash of the block `number`, for BLOCKHASH: from _sys_number_2_hash_; the executor reads it from the store itself. */

typedef struct {
    hash256 hash;
    int64_t number;
    hash256 state_root;
} parent_block;

typedef enum {
    EXECUTE_OK,
    EXECUTE_REJECTED, /* the block's final header is not the one this node computes (execution.md 1.5, step 6) */
    EXECUTE_FAILED    /* the block cannot be executed (no sender, broken store, ...): the reason is in why */
} execute_result;

/* What executing a block gave: the executed block and the rows it changes. Counted; immutable once returned. */
typedef struct execution execution;

/* Executes `proposal` on the newest state of s. The result's block is a new one: same transactions, header completed, hash
   sealed, receipts set, no signatures. proposal is not changed. */
execute_result executor_run_block(const chain_rules *rules, store *s, const block *proposal, const parent_block *parent,
                                  execution **out, error_text *why) MUST_USE;
const block *execution_block(const execution *e);
/* The state rows to write, with ids given from *next_id on (data-model.md 8.1, "Id allocation"): tables ascending, the rows of
   section 7.2's order. Puts live in a. *next_id is the counter before and after (last id given). */
void execution_changes(const execution *e, arena *a, uint64_t *last_id, store_put **puts, size_t *count);
execution *execution_keep(execution *e);
void execution_drop(execution *e);

typedef struct {
    uint32_t status;
    bytes output; /* in the caller's arena */
} call_result;

/* RPC `call`: an unsigned transaction on the state after `latest`, which is thrown away. */
bool executor_call(const chain_rules *rules, store *s, const block_header *latest, const hash256 *latest_hash,
                   transaction *call, arena *a, call_result *out, error_text *why) MUST_USE;

#endif
