/* objects.h: objects that contracts make at run time: they have addresses of their own until the block ends.
   Source: spec/precompiled.md 1.5, 7.2. */
#ifndef HANSE_CONTRACT_OBJECTS_H
#define HANSE_CONTRACT_OBJECTS_H

#include "contract/contract.h"

typedef struct {
    contract_object head;
    bytes name; /* with its prefix */
} table_object;

typedef struct {
    contract_object head;
    state_row *row;
} entry_object;

typedef struct {
    contract_object head;
    state_rows rows;
} entries_object;

typedef struct {
    contract_object head;
    condition condition;
} condition_object;

uint64_t add_table_object(contract_call *c, const contract *kind, bytes name);
uint64_t add_entry_object(contract_call *c, state_row *r);
uint64_t add_entries_object(contract_call *c, state_rows rows);
uint64_t add_condition_object(contract_call *c);
/* The rows of a select as objects hold them: private copies of rows the block has not touched. */
state_rows held_rows(contract_call *c, state_rows rows);

#endif
