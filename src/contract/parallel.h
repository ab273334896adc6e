/* parallel.h: what transactions declare that they touch, as far as contracts say it: the table that ParallelConfig writes, and
   built-in contracts that may run in parallel themselves. Source: spec/precompiled.md 1.6, 7.8, 8.1. */
#ifndef HANSE_CONTRACT_PARALLEL_H
#define HANSE_CONTRACT_PARALLEL_H

#include "contract/contract.h"

typedef struct {
    bytes signature;        /* as registered: any text */
    uint64_t critical_size; /* how many leading arguments are keys */
} parallel_function;

/* What is registered for that function of `target`. false: nothing, or nothing that can be read. Opens the table, which counts
   below 2.5.0 (execution.md 8.6). */
bool parallel_find_function(tx_state *t, const address *target, uint32_t selector, parallel_function *out);

enum { PARALLEL_KEYS_MAX = 2 }; /* of a call of a built-in contract */

/* Keys that a call of the built-in contract at `where` declares, without the address: views into data, *count of them, perhaps
   none. false: there is no such contract, or it declares nothing: a barrier. data: with selector, at least four bytes. */
bool parallel_keys_of_call(const contract_registry *r, const address *where, bytes data, bytes keys[PARALLEL_KEYS_MAX],
                           size_t *count);

#endif
