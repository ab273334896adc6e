/* support_state.h: a store in memory with the rows of a young chain, and states on it. */
#ifndef HANSE_TESTS_SUPPORT_STATE_H
#define HANSE_TESTS_SUPPORT_STATE_H

#include "test.h"

#include "codec/hex.h"
#include "state/account.h"

typedef struct {
    chain_rules rules;
    store *store;
    block_state *block;
    uint64_t last_id;
    int64_t number; /* of the last block in the store */
} world;

#define TEXT(literal) BYTES_OF_LITERAL(literal)

/* Block 0: _sys_config_ has tx_gas_limit 300000000. */
world *world_new(uint32_t version, const crypto_suite *suite);
void world_free(world *w);
/* Ends the block: writes its changes and begins the next. Returns the root. */
hash256 world_next_block(world *w);
void assert_root(hash256 root, const char *hex);
address address_of_byte(uint8_t byte); /* twenty times */

#endif
