/* eth_transaction.h: one transaction by Ethereum's rules and gas, on an eth_world. Sources: the Ethereum yellow paper section 6
   to 8; EIP-150, 158, 161, 170, 684, 1014, 2028, 2200, 2681, 3607, 7610.
   Threads: those of the world. */
#ifndef HANSE_TOOL_ETH_TRANSACTION_H
#define HANSE_TOOL_ETH_TRANSACTION_H

#include "base/error_text.h"
#include "tool/eth_world.h"

typedef struct {
    const char *name; /* as the tests call it */
    evm_rules evm;
    int64_t nonzero_byte_gas;
    /* Curve precompiles as they were priced before EIP-1108; blake2 F is not there yet. */
    bool has_old_precompiles;
} eth_fork;

extern const eth_fork eth_petersburg, eth_istanbul;

typedef struct {
    address coinbase;
    u256 difficulty, gas_limit;
    int64_t number, timestamp;
} eth_block;

typedef struct {
    address sender, to;
    bool is_creation; /* to is not used */
    uint64_t nonce;
    u256 gas_limit, gas_price, value;
    bytes data;
} eth_transaction;

/* log_entry.data lives as long as the outcome; eth_outcome_free when done. */
typedef struct {
    log_entry *logs;
    size_t log_count;
    uint64_t gas_used;
    arena memory;
} eth_outcome;

/* false with a reason: the transaction is not valid; then the world is as before, but for a touch of the coinbase. *out is set
   in both cases. trace: NULL, or where each call and its end are told, one line each. */
bool eth_transaction_run(eth_world *w, const eth_fork *fork, const eth_block *block, const eth_transaction *tx, buffer *trace,
                         eth_outcome *out, error_text *why) MUST_USE;
void eth_outcome_free(eth_outcome *o);
hash256 eth_outcome_logs_hash(const eth_outcome *o); /* of the RLP of its logs */

#endif
