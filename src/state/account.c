/* What both kinds of accounts share; the rest is passed on to the engine that the chain's state kind chose. */
#include "state/account_engine.h"
#include "state/inside.h"

static const account_engine *engine_of(tx_state *t)
{
    return t->block->accounts;
}

u256 account_nonce(tx_state *t, const address *a)
{
    return engine_of(t)->nonce(t, a);
}

void account_increment_nonce(tx_state *t, const address *a)
{
    engine_of(t)->increment_nonce(t, a);
}

void account_set_nonce(tx_state *t, const address *a, u256 nonce)
{
    engine_of(t)->set_nonce(t, a, nonce);
}

u256 account_balance(tx_state *t, const address *a)
{
    return engine_of(t)->balance(t, a);
}

bool account_subtract_balance(tx_state *t, const address *a, u256 amount)
{
    return engine_of(t)->subtract_balance(t, a, amount);
}

bool account_has_code(tx_state *t, const address *a)
{
    hash256 hash = account_code_hash(t, a), none = suite_hash(t->block->rules->suite, BYTES_EMPTY);
    return !hash256_equal(&hash, &none);
}

bytes account_code(tx_state *t, const address *a)
{
    return engine_of(t)->code(t, a);
}

hash256 account_code_hash(tx_state *t, const address *a)
{
    return engine_of(t)->code_hash(t, a);
}

void account_set_code(tx_state *t, const address *a, bytes code)
{
    engine_of(t)->set_code(t, a, code);
}

bool account_is_not_empty(tx_state *t, const address *a)
{
    return !u256_is_zero(account_balance(t, a)) || account_has_code(t, a) || !u256_is_zero(account_nonce(t, a));
}

hash256 account_visible_code_hash(tx_state *t, const address *a)
{
    return account_is_not_empty(t, a) ? engine_of(t)->visible_code_hash(t, a) : (hash256){{0}};
}

u256 account_storage(tx_state *t, const address *a, const u256 *slot)
{
    return engine_of(t)->storage(t, a, slot);
}

void account_set_storage(tx_state *t, const address *a, const u256 *slot, const u256 *value)
{
    engine_of(t)->set_storage(t, a, slot, value);
}

bool account_may_write(tx_state *t, const address *a, const address *origin)
{
    return engine_of(t)->may_write(t, a, origin);
}

void account_kill(tx_state *t, const address *a)
{
    engine_of(t)->kill(t, a);
}

bool account_is_frozen(tx_state *t, const address *a)
{
    return engine_of(t)->is_frozen(t, a);
}

void account_add_manager(tx_state *t, const address *a, bytes manager_hex)
{
    engine_of(t)->add_manager(t, a, manager_hex);
}

state_rows account_managers(tx_state *t, const address *a)
{
    return engine_of(t)->managers(t, a);
}

bool account_remaining_gas(tx_state *t, const address *a, u256 *out)
{
    return engine_of(t)->remaining_gas(t, a, out);
}

void account_set_remaining_gas(tx_state *t, const address *a, u256 gas)
{
    engine_of(t)->set_remaining_gas(t, a, gas);
}

block_roots block_state_roots(block_state *b)
{
    hash256 tables = block_state_root(b);
    return (block_roots){.state_root = b->accounts->state_root(b, &tables), .db_hash = tables};
}

hash256 block_state_running_root(block_state *b)
{
    return b->accounts->running_root(b);
}

bool account_committed_code(const chain_rules *rules, store *s, const hash256 *state_root, const address *account, arena *a,
                            bytes *code, error_text *why)
{
    *code = BYTES_EMPTY;
    return account_engine_of(rules)->committed_code(rules, s, state_root, account, a, code, why);
}
