/* tables.h: what the contracts that make and use user tables share. Source: spec/precompiled.md 3.5, 5.1, 7.2, 7.3. */
#ifndef HANSE_CONTRACT_TABLES_H
#define HANSE_CONTRACT_TABLES_H

#include "contract/contract.h"

enum {
    KEY_VALUE_MAX_BYTES = 255,
    FIELD_VALUE_MAX_BYTES = 16777215,
    FIELD_NAME_MAX_BYTES = 64,
    FIELDS_MAX_BYTES = 1024
};

/* u_<name>, or the older form. */
bytes user_table_name(contract_call *c, bytes name);
/* c_<40 digits> in every version (QUIRK of data-model.md 8.6). */
bytes contract_table_name(contract_call *c, const address *a);
/* From 2.3.0 on the origin must be one who may write the calling contract. */
bool caller_may_write(contract_call *c);
contract_outcome refuse_caller(contract_call *c);
/* Lengths of a key, and of all values of a row. false: *outcome is the refusal, of the given kind. */
bool key_fits(contract_call *c, bytes key, contract_outcome kind, contract_outcome *outcome);
bool values_fit(contract_call *c, const row_field *fields, size_t count, contract_outcome kind, contract_outcome *outcome);
/* A refusal whose text has parts from outside (they may hold any byte). */
contract_outcome refuse_parts(contract_call *c, contract_outcome kind, const bytes *parts, size_t count);

/* createTable of both factories. */
typedef struct {
    contract_outcome kind;               /* how a bad argument is refused */
    const char *bad_table[2];            /* text before and after the name */
    const char *bad_field_start[2], *bad_field[2];
    const char *duplicate;               /* before the field */
    bool refuses_denied;                 /* a denied insert is a refusal, not a code */
} factory_texts;

contract_outcome factory_create_table(contract_call *c, const factory_texts *texts);

#endif
