/* precompiles.h: Ethereum's contracts at addresses 1 to 9. Source: spec/execution.md section 6; EIP-196, 197, 198, 152.
   Pure; any thread. */
#ifndef HANSE_VM_PRECOMPILES_H
#define HANSE_VM_PRECOMPILES_H

#include "base/arena.h"
#include "base/u256.h"
#include "chain/rules.h"

/* Which set of rules: the chain's (with its gates), or Ethereum's Istanbul when rules is NULL. */
bool eth_precompile_exists(const chain_rules *rules, const address *where);
/* Gas before running; saturates at INT64_MAX. On chains below 2.5 the executor charges nothing (execution.md 2.4). */
int64_t eth_precompile_gas(const chain_rules *rules, const address *where, bytes input);
/* false: the contract failed. output lives in a. */
bool eth_precompile_run(const chain_rules *rules, const address *where, bytes input, arena *a, bytes *output) MUST_USE;

#endif
