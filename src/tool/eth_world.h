/* eth_world.h: Ethereum's accounts while one transaction runs: balance, nonce, code and storage, changes that can be taken
   back, and the state root. FISCO's chains know nothing of it; `hanse evm statetest` measures the interpreter with it.
   Sources: the Ethereum yellow paper 4.1 and appendix D; EIP-161 (empty accounts).
   Threads: a world belongs to one thread. */
#ifndef HANSE_TOOL_ETH_WORLD_H
#define HANSE_TOOL_ETH_WORLD_H

#include "base/buffer.h"
#include "vm/evm.h"

typedef struct eth_world eth_world;

eth_world *eth_world_new(const evm_rules *rules) MUST_USE;
void eth_world_free(eth_world *w); /* NULL is allowed */

/* The world before the transaction: what these put is the original value of a slot, and nothing can take it back. */
void eth_world_put_account(eth_world *w, const address *who, uint64_t nonce, u256 balance, bytes code);
void eth_world_put_slot(eth_world *w, const address *who, u256 slot, u256 value);

/* Accounts that are not there have no balance, nonce, code or storage. */
u256 eth_world_balance(const eth_world *w, const address *who);
uint64_t eth_world_nonce(const eth_world *w, const address *who);
bytes eth_world_code(const eth_world *w, const address *who);             /* lives as long as the world */
hash256 eth_world_code_hash(const eth_world *w, const address *who);      /* of no bytes, too */
const evm_code *eth_world_analysed_code(eth_world *w, const address *who); /* lives as long as the world */
u256 eth_world_slot(const eth_world *w, const address *who, const u256 *slot);
u256 eth_world_original_slot(const eth_world *w, const address *who, const u256 *slot);
bool eth_world_has_storage(const eth_world *w, const address *who);
bool eth_world_is_empty(const eth_world *w, const address *who); /* absent, or empty as EIP-161 says it */

/* Each of them touches the account: if it is empty in the end, it is gone (EIP-161). */
void eth_world_touch(eth_world *w, const address *who);
void eth_world_set_balance(eth_world *w, const address *who, u256 balance);
void eth_world_add_balance(eth_world *w, const address *who, u256 more); /* of zero: eth_world_touch */
void eth_world_set_nonce(eth_world *w, const address *who, uint64_t nonce);
void eth_world_set_code(eth_world *w, const address *who, bytes code);
void eth_world_set_slot(eth_world *w, const address *who, const u256 *slot, const u256 *value);
bool eth_world_kill(eth_world *w, const address *who); /* gone in the end; false: it was killed before */

/* Changes since a mark are taken back, but for one: eth_world_touch of address 3 stays, as it once did on the main network. */
size_t eth_world_mark(const eth_world *w);
void eth_world_undo(eth_world *w, size_t mark);

/* The root after the transaction: without accounts that were killed, or touched and empty. */
hash256 eth_world_root(const eth_world *w);
/* For people: one line for an account and one for each of its slots, sorted. */
void eth_world_print(const eth_world *w, buffer *out);

#endif
