/* executor.h: runs blocks and calls on the state of a store. Source: spec/execution.md sections 1, 2, 11.
   Threads: one block of a group at a time; calls from any thread beside it. */
#ifndef HANSE_EXECUTOR_EXECUTOR_H
#define HANSE_EXECUTOR_EXECUTOR_H

#include "chain/block.h"
#include "store/store.h"

/* What is worked out once for a group and kept from block to block: the selectors of the built-in contracts, analysed code,
   bounded by EXECUTOR_CODE_CACHE_BYTES, and on MPT chains nodes of the trie and codes as stored, bounded by
   EXECUTOR_NODE_CACHE_BYTES (least recently used goes first). rules must outlive it. */
typedef struct executor executor;

enum { EXECUTOR_CODE_CACHE_BYTES = 64 * 1024 * 1024, EXECUTOR_NODE_CACHE_BYTES = 32 * 1024 * 1024 };

executor *executor_new(const chain_rules *rules) MUST_USE;
void executor_free(executor *x); /* NULL is allowed */

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

/* What executing a block gave: the executed block and the rows it changes. Counted; immutable once returned. It may outlive
   its executor and its store, not the rules. */
typedef struct execution execution;

/* Executes `proposal` on the newest state of s, which must be that of its parent. The result's block is a new one: same
   transactions, header completed, hash sealed, receipts set, no signatures. proposal is not changed, but for senders that were
   not known yet: they are recovered, so no other thread may use such transactions meanwhile.
   Transactions take effect in the order of execution.md 10.3 with one worker. A proposal with a final header (receiptsRoot is set)
   must give that header: if it does not, other orders that the declared keys allow are tried, up to a limit (schedule.h), and
   receipts of the proposal, if it has them, help to find the right one soon. */
execute_result executor_run_block(executor *x, store *s, const block *proposal, const parent_block *parent, execution **out,
                                  error_text *why) MUST_USE;
const block *execution_block(const execution *e);
size_t execution_orders_tried(const execution *e); /* 1: the order of one worker, or that of the block, was it */
/* The state rows to write, with ids given after *last_id (data-model.md 8.1, "Id allocation"): tables ascending by name, keys
   ascending, the new rows of a table in the order of section 7.2. The arrays live in a, what they point to as long as e. */
void execution_changes(const execution *e, arena *a, uint64_t *last_id, store_put **puts, size_t *count);
/* The changed rows as text: one line for a table and for each of its rows. */
void execution_dump(const execution *e, buffer *out);
execution *execution_keep(execution *e);
void execution_drop(execution *e); /* NULL is allowed */

typedef struct {
    uint32_t status;
    bytes output; /* in the caller's arena */
    u256 gas_used;
} call_result;

/* RPC `call`: an unsigned transaction on the state after `latest`, which is thrown away. */
bool executor_call(executor *x, store *s, const block_header *latest, const hash256 *latest_hash, const transaction *call,
                   arena *a, call_result *out, error_text *why) MUST_USE;
/* The same without the reference's answer to a call from the zero address: it runs like any other. */
bool executor_call_from_anyone(executor *x, store *s, const block_header *latest, const transaction *call, arena *a, call_result *out,
                               error_text *why) MUST_USE;

typedef struct {
    u256 balance, nonce;
    u256 storage; /* of the slot asked for */
} account_facts;

/* An account in the state after `latest`, whose state must be the newest one. false: the store failed. */
bool executor_read_account(executor *x, store *s, const block_header *latest, const address *account, const u256 *slot,
                           account_facts *out, error_text *why) MUST_USE;

#endif
