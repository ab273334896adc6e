/* table.h: the shape of a table: its key field, its value fields, and whether the state root knows it.
   Source: spec/data-model.md 8.1, 8.3, 8.4. */
#ifndef HANSE_STATE_TABLE_H
#define HANSE_STATE_TABLE_H

#include "base/arena.h"

#define TABLE_TABLES "_sys_tables_"
#define TABLE_ACCESS "_sys_table_access_"
#define TABLE_CONSENSUS "_sys_consensus_"
#define TABLE_CONFIG "_sys_config_"
#define TABLE_CNS "_sys_cns_"
#define TABLE_NUMBER_TO_HASH "_sys_number_2_hash_"
#define TABLE_COMMITTEE_VOTES "_sys_committee_votes_" /* made on demand: no system table */

typedef struct {
    bytes key_field;
    const bytes *value_fields;
    size_t value_count;
    bool in_root; /* false: bookkeeping that no root covers */
} table_shape;

/* false: no system table has this name. */
bool table_system_shape(bytes name, table_shape *out);
/* From a row of _sys_tables_: value_fields is cut at every comma, without trimming. The result lives in a. */
table_shape table_shape_of(arena *a, bytes key_field, bytes value_fields);
/* Whether a written row may have this field: declared, the key field, or one of the three bookkeeping names. */
bool table_has_field(const table_shape *shape, bytes name);
/* Fields that are hashed and that conditions look at: neither first nor last character is '_' (QUIRK of data-model.md 7.2). */
bool table_field_is_hashed(bytes name);

#endif
