/* committee.h: rows of _sys_table_access_: who may write which table, who is a committee member.
   Source: spec/precompiled.md section 6, 7.7, 7.10. */
#ifndef HANSE_CONTRACT_COMMITTEE_H
#define HANSE_CONTRACT_COMMITTEE_H

#include "contract/contract.h"

state_table *open_access(contract_call *c);
/* Rows under key `table` with that address text (in the block's state, whatever their enable_num). */
state_rows access_rows(contract_call *c, bytes table, bytes address_text);
bool has_access_row(contract_call *c, const char *table, bytes address_text);
bool is_member_text(contract_call *c, bytes address_text);
bool is_member(contract_call *c, const address *a); /* by its text with 0x */
/* origin NULL: unchecked. The number of rows or TABLE_NOT_ALLOWED. */
int insert_access(contract_call *c, bytes table, bytes address_text, const address *origin);
int remove_access(contract_call *c, bytes table, bytes address_text, const address *origin);

#endif
