/* tx_state.h: the tables as one transaction sees and changes them. Nothing it does reaches the block before block_state_merge.
   Semantics: spec/execution.md 8.1 and 8.5, spec/precompiled.md 5.

   A table handle lives as long as the tx_state, a row handle as long as the block_state: rows keep their identity from
   transaction to transaction, so that objects which contracts hold on them (precompiled.md 5.2) see each other's writes.
   A broken store is remembered (block_state_failed) and answered like an absent row. Thread: one at a time. */
#ifndef HANSE_STATE_TX_STATE_H
#define HANSE_STATE_TX_STATE_H

#include "state/block_state.h"
#include "state/condition.h"
#include "state/table.h"

typedef struct state_table state_table;
typedef struct state_row state_row;

typedef struct {
    state_row **rows;
    size_t count;
} state_rows;

enum {
    TABLE_OK = 0,
    TABLE_NOT_ALLOWED = -50000,
    TABLE_EXISTS = -50001,
    TABLE_INVALID_FIELD = -60000 /* not an answer of the protocol: the exception "Invalid key." */
};

tx_state *tx_state_new(block_state *b) MUST_USE;
void tx_state_free(tx_state *t); /* NULL is allowed; without a merge its effects are gone */
block_state *tx_state_block(const tx_state *t);

/* NULL: no such table. The list of allowed writers is fixed when the table is first opened in the block; opened without
   authority it stays empty for the rest of the block. */
state_table *tx_state_open(tx_state *t, bytes name);
state_table *tx_state_open_without_authority(tx_state *t, bytes name);
/* Registers a table (value_fields: joined with commas). origin NULL: everyone may. TABLE_OK, TABLE_EXISTS or TABLE_NOT_ALLOWED. */
int tx_state_create_table(tx_state *t, bytes name, bytes key_field, bytes value_fields, const address *origin,
                          state_table **out);
const table_shape *tx_state_shape(const state_table *table);
bytes tx_state_table_name(const state_table *table);
bool tx_state_may_write(const state_table *table, const address *origin);

/* Every matching row in the order of precompiled.md 5.3. c may be NULL; QUIRK: it gains EQ on the key field. */
state_rows tx_state_select(tx_state *t, state_table *table, bytes key, condition *c);
/* The first row that a select without condition gives, or NULL. */
state_row *tx_state_find(tx_state *t, state_table *table, bytes key);

bytes tx_state_field(const tx_state *t, const state_row *r, bytes name); /* empty when absent */
bytes tx_state_field_named(const tx_state *t, const state_row *r, const char *name);
const row_field *tx_state_fields(const tx_state *t, const state_row *r, size_t *count);
size_t tx_state_row_bytes(const tx_state *t, const state_row *r); /* "capacity" of precompiled.md 2 */

/* Writes with origin NULL are unchecked. They return the number of rows, TABLE_NOT_ALLOWED or TABLE_INVALID_FIELD. */
int tx_state_insert(tx_state *t, state_table *table, bytes key, const row_field *fields, size_t count, const address *origin);
/* Puts the row itself into the table, so that later changes of it change the table (QUIRK of precompiled.md 5.2). */
int tx_state_insert_row(tx_state *t, state_table *table, bytes key, state_row *r, const address *origin);
int tx_state_update(tx_state *t, state_table *table, bytes key, const row_field *fields, size_t count, condition *c,
                    const address *origin);
int tx_state_remove(tx_state *t, state_table *table, bytes key, condition *c, const address *origin);

/* A row that belongs to no table yet. forced: when committed as a new row it replaces all rows under its key. */
state_row *tx_state_new_row(tx_state *t, bool forced);
/* What a contract that selected r holds: r itself when the block touched it, else a private copy. */
state_row *tx_state_held_row(tx_state *t, state_row *r);
/* No permission, no check, no undo (QUIRK of precompiled.md 5.2). */
void tx_state_set_field(tx_state *t, state_row *r, bytes name, bytes value);

/* Undo takes back inserts, updates and removes after the savepoint, newest first. Dirty, touched and opened stay. */
size_t tx_state_savepoint(const tx_state *t);
void tx_state_undo(tx_state *t, size_t savepoint);

/* Remaining gas of accounts as the block last saw it: never undone (QUIRK of execution.md 2.11). */
bool tx_state_cached_gas(const tx_state *t, const address *account, u256 *out);
void tx_state_cache_gas(tx_state *t, const address *account, u256 value);

/* Objects made at run time: numbered from 0x10001 through the whole block, never given back (precompiled.md 1.5). */
uint64_t tx_state_add_object(tx_state *t, void *object);
void *tx_state_object(const tx_state *t, uint64_t number); /* NULL: none */

arena *tx_state_memory(tx_state *t); /* lives as long as the block_state */

static inline row_field field_of(const char *name, bytes value)
{
    return (row_field){bytes_of_text(name), value};
}

#endif
