/* support_world.h: built-in contracts on an empty store, without a chain. */
#ifndef HANSE_TESTS_SUPPORT_WORLD_H
#define HANSE_TESTS_SUPPORT_WORLD_H

#include "test.h"

#include "contract/contract.h"

typedef struct {
    chain_rules rules;
    store *store;
    block_state *block;
    tx_state *tx;
    contract_registry *registry;
} world;

world *world_new(uint32_t version);
world *world_new_with(const contract *one_more); /* newest version */
void world_free(world *w);
address address_of_number(uint32_t number);
/* Calls one's function as `from` and expects the outcome. The arguments' writer must use tx_state_memory(w->tx). */
contract_call world_call(world *w, const contract *one, const address *from, const char *signature, abi_writer *arguments,
                         contract_outcome expected);

#endif
