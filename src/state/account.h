/* account.h: accounts and contracts as a transaction sees and changes them. chain_rules.state says where they are kept: in one
   table each (STATE_STORAGE: spec/execution.md 8.2 to 8.4, spec/data-model.md 8.9), or in a Merkle-Patricia trie (STATE_MPT:
   execution.md section 9, data-model.md 7.4). In a trie nobody is frozen, no contract has managers or writers of its own, and
   remaining gas is always 0. */
#ifndef HANSE_STATE_ACCOUNT_H
#define HANSE_STATE_ACCOUNT_H

#include "state/tx_state.h"

/* The account's table, or NULL; always NULL on MPT chains. */
state_table *account_table(tx_state *t, const address *a);
bytes account_table_name(tx_state *t, const address *a); /* in the transaction's memory */

u256 account_nonce(tx_state *t, const address *a);
void account_increment_nonce(tx_state *t, const address *a); /* makes the account when there is none */
void account_set_nonce(tx_state *t, const address *a, u256 nonce);
u256 account_balance(tx_state *t, const address *a);
/* false: less than amount is there. QUIRK: rewrites the row even for amount 0. */
bool account_subtract_balance(tx_state *t, const address *a, u256 amount) MUST_USE;

bool account_has_code(tx_state *t, const address *a);
bytes account_code(tx_state *t, const address *a);
hash256 account_code_hash(tx_state *t, const address *a); /* as stored; H("") without a row */
void account_set_code(tx_state *t, const address *a, bytes code);
/* What EXTCODEHASH answers: zero for accounts that count as absent. */
hash256 account_visible_code_hash(tx_state *t, const address *a);
bool account_is_not_empty(tx_state *t, const address *a);

u256 account_storage(tx_state *t, const address *a, const u256 *slot);
void account_set_storage(tx_state *t, const address *a, const u256 *slot, const u256 *value);
/* Whether origin may write the contract's storage (execution.md 2.12). */
bool account_may_write(tx_state *t, const address *a, const address *origin);

/* Storage state: rows are reset. Trie: the account is gone when the transaction is merged. */
void account_kill(tx_state *t, const address *a);
bool account_is_frozen(tx_state *t, const address *a);
/* Adds one row `authority` with the manager's address text. */
void account_add_manager(tx_state *t, const address *a, bytes manager_hex);
state_rows account_managers(tx_state *t, const address *a);

/* Gas the account has left (execution.md 2.11). false: the account has no table; a missing row is true and 0. */
bool account_remaining_gas(tx_state *t, const address *a, u256 *out);
void account_set_remaining_gas(tx_state *t, const address *a, u256 gas);

/* The code of an account as committed, in a; empty when there is none. state_root: of the newest block; only MPT chains ask.
   false with a reason: the store failed, or what it holds is damaged. */
bool account_committed_code(const chain_rules *rules, store *s, const hash256 *state_root, const address *account, arena *a,
                            bytes *code, error_text *why) MUST_USE;

#endif
