/* votes.h: votes of the committee in _sys_committee_votes_. Source: spec/precompiled.md 7.10. */
#ifndef HANSE_CONTRACT_VOTES_H
#define HANSE_CONTRACT_VOTES_H

#include "contract/contract.h"

/* Opened, or created with its threshold row (QUIRK: by queries too). */
state_table *open_votes(contract_call *c);
bytes votes_threshold_text(contract_call *c, state_table *votes); /* 6 decimals */
int votes_set_threshold(contract_call *c, state_table *votes, bytes text);

/* "<0xaddr>_weight" and so on. */
bytes votes_key(contract_call *c, const address *target, const char *suffix);
state_row *votes_find(contract_call *c, state_table *votes, bytes key);
int votes_put_weight(contract_call *c, state_table *votes, const address *target, bytes weight); /* a new row */

typedef enum { VOTE_FAILED, VOTE_NOT_YET, VOTE_PASSED } vote_result;

/* Records the origin's vote, forgets outdated ones, counts. VOTE_FAILED: a member without weight; *outcome is the refusal. */
vote_result votes_cast(contract_call *c, state_table *votes, bytes key, bytes value, contract_outcome *outcome);
void votes_forget(contract_call *c, state_table *votes, bytes key, bytes value);

/* The two queries, as JSON texts. */
contract_outcome votes_answer_member(contract_call *c, state_table *votes, const address *target);
contract_outcome votes_answer_threshold(contract_call *c, state_table *votes);

#endif
