/* run.h: inside of the executor: what a block and a transaction carry while they run. */
#ifndef HANSE_EXECUTOR_RUN_H
#define HANSE_EXECUTOR_RUN_H

#include "contract/contract.h"
#include "executor/code_cache.h"
#include "executor/executor.h"
#include "state/account.h"

struct executor {
    const chain_rules *rules;
    evm_rules evm;
    contract_registry *contracts;
    code_cache *codes;
    node_cache *nodes;       /* MPT chains */
    uint64_t hash_seed;
};

/* Who pays gas (spec/execution.md 2.11), fixed for a block. */
typedef struct {
    bool is_on;
    address *free_accounts;
    size_t free_count;
} gas_charging;

/* One block, or one call. */
typedef struct {
    executor *x;
    block_state *state;
    int64_t number, timestamp_ms;
    uint64_t gas_limit; /* tx_gas_limit in force: L */
    gas_charging charging;
} block_run;

typedef struct {
    evm_frame *vm;
    cached_code *cached;   /* calls */
    evm_code *init_code;   /* creations */
    bool is_creation;
    address created;
    int64_t gas_given;
    size_t savepoint;
    size_t log_mark, killed_mark;
    uint64_t refund_mark;
} call_frame;

/* How a call or creation ended. */
typedef struct {
    uint32_t status;       /* transaction_status */
    int64_t gas;           /* left */
    bytes output;          /* lives until the frame is freed, or as long as the block */
    address created;       /* zero: none */
    bool is_exception;     /* leaves the whole transaction at once (execution.md 2.8, "exc") */
} call_outcome;

/* One transaction. */
typedef struct {
    block_run *block;
    const transaction *tx;
    tx_state *state;
    address origin;
    evm_environment environment;
    call_frame *frames;
    size_t depth, capacity;
    bool used_vm;
    log_entry *logs;
    size_t log_count, log_capacity;
    address *killed;       /* distinct */
    size_t killed_count, killed_capacity;
    uint64_t refunds;
} tx_run;

/* block_run of the state after parent_number; the caller frees state, and opens its accounts where a chain keeps
   them in a trie (block_state_open_accounts). false: the store failed. */
bool block_run_begin(block_run *run, executor *x, store *s, store_snapshot *snapshot, int64_t parent_number, error_text *why);
/* Runs tx and merges what it did. Receipt: all but state_root; its views live as long as run->state. */
void run_transaction(block_run *run, const transaction *tx, receipt *out);

/* frames.c: the outermost call or creation with that gas. */
call_outcome run_frames(tx_run *run, int64_t gas);
extern const evm_host executor_host; /* context: tx_run */

/* charging.c */
void charging_load(block_run *run);
/* false: the sender cannot pay required gas. */
bool charging_check(const tx_run *run, uint64_t required);
/* Returns the gas left after refund and charge. base: intrinsic gas of the transaction. */
uint64_t charging_deduct(tx_run *run, uint64_t gas_left, uint64_t refund, uint64_t base);

#endif
