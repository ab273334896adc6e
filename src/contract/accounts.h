/* accounts.h: what contracts ask about accounts and contracts. Source: spec/precompiled.md 7.9 to 7.11. */
#ifndef HANSE_CONTRACT_ACCOUNTS_H
#define HANSE_CONTRACT_ACCOUNTS_H

#include "contract/contract.h"
#include "state/account.h"

typedef enum {
    ACCOUNT_NONEXISTENT,
    ACCOUNT_WITHOUT_CODE,
    ACCOUNT_FROZEN_WITHOUT_CODE,
    ACCOUNT_CONTRACT_AVAILABLE,
    ACCOUNT_CONTRACT_FROZEN
} account_condition;

account_condition account_condition_of(contract_call *c, const address *a);
static inline bool account_is_contract(account_condition state)
{
    return state == ACCOUNT_CONTRACT_AVAILABLE || state == ACCOUNT_CONTRACT_FROZEN;
}
int account_set_frozen(contract_call *c, const address *a, bool frozen); /* rows written; the account exists */
bool account_has_manager(contract_call *c, const address *a, bytes manager_hex);
int account_remove_manager(contract_call *c, const address *a, bytes manager_hex);

#endif
