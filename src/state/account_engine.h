/* account_engine.h: the two ways in which a chain keeps accounts, behind the calls of account.h. Not for other floors. */
#ifndef HANSE_STATE_ACCOUNT_ENGINE_H
#define HANSE_STATE_ACCOUNT_ENGINE_H

#include "state/account.h"

typedef struct account_engine {
    u256 (*nonce)(tx_state *t, const address *a);
    void (*increment_nonce)(tx_state *t, const address *a);
    void (*set_nonce)(tx_state *t, const address *a, u256 nonce);
    u256 (*balance)(tx_state *t, const address *a);
    bool (*subtract_balance)(tx_state *t, const address *a, u256 amount);
    bytes (*code)(tx_state *t, const address *a);
    hash256 (*code_hash)(tx_state *t, const address *a);
    hash256 (*visible_code_hash)(tx_state *t, const address *a); /* of an account that is not empty */
    void (*set_code)(tx_state *t, const address *a, bytes code);
    u256 (*storage)(tx_state *t, const address *a, const u256 *slot);
    void (*set_storage)(tx_state *t, const address *a, const u256 *slot, const u256 *value);
    void (*kill)(tx_state *t, const address *a);
    bool (*may_write)(tx_state *t, const address *a, const address *origin);
    bool (*is_frozen)(tx_state *t, const address *a);
    void (*add_manager)(tx_state *t, const address *a, bytes manager_hex);
    state_rows (*managers)(tx_state *t, const address *a);
    bool (*remaining_gas)(tx_state *t, const address *a, u256 *out);
    void (*set_remaining_gas)(tx_state *t, const address *a, u256 gas);
    /* The block's state root, given the hash of its tables; and the root that receipts of versions below 2.2.0 get while the
       block still runs (data-model.md 4.2). */
    hash256 (*state_root)(block_state *b, const hash256 *tables);
    hash256 (*running_root)(block_state *b);
    bool (*committed_code)(const chain_rules *rules, store *s, const hash256 *state_root, const address *account, arena *a,
                           bytes *code, error_text *why); /* see account_committed_code */
} account_engine;

extern const account_engine account_tables; /* account_table.c: STATE_STORAGE */
extern const account_engine account_trie;   /* account_trie.c: STATE_MPT */

static inline const account_engine *account_engine_of(const chain_rules *rules)
{
    return rules->state == STATE_MPT ? &account_trie : &account_tables;
}

#endif
