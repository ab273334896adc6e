/* inside.h: what block_state.c, tx_state.c and their neighbours share. Not for other floors. */
#ifndef HANSE_STATE_INSIDE_H
#define HANSE_STATE_INSIDE_H

#include "base/map.h"
#include "state/tx_state.h"
#include "state/address_text.h"

typedef struct {
    row_field *fields; /* ascending by name */
    size_t count, capacity; /* capacity: of an array that belongs to this content alone, else 0 */
    uint8_t status;
    bool undone;       /* its insert was taken back: neither seen, nor hashed, nor stored */
    bool touched;      /* a committed row that an update or remove matched: set D of execution.md 8.5 */
    bool updated;      /* ... and an update was the first to do so: set U */
} row_content;

struct state_row {
    uint64_t id;             /* 0: not committed yet */
    bool is_forced;
    const row *stored;       /* as committed; NULL for a new row */
    uint64_t writer;         /* serial of the transaction that made it: its own writes need no copy. 0: none */
    row_content now;         /* as the merged transactions left it */
};

typedef struct {
    bytes key;
    state_row **rows;        /* committed ones in ascending id, then new ones in insertion order */
    size_t committed, count, capacity;
    row_set stored;          /* every stored row, removed ones too */
} block_slot;

typedef struct {
    bytes name;
    bool opened;             /* by a merged transaction; until then this is only a cache of committed rows */
    bool dirty;
    table_shape shape;
    address *authority;
    size_t authority_count;
    map slots;               /* key -> block_slot */
} block_table;

typedef struct {
    address account;
    u256 gas;
} gas_entry;

struct block_state {
    const chain_rules *rules;
    store *store;
    store_snapshot *snapshot;
    int64_t parent_number;
    uint64_t hash_seed;
    uint64_t last_serial;
    arena memory;
    map tables;              /* name -> block_table */
    map gas;                 /* address -> gas_entry */
    void **objects;
    size_t object_count, object_capacity;
    bool failed;
    error_text failure;
};

typedef struct {
    block_slot *base;
    state_row **added;
    size_t count, capacity;
} tx_slot;

struct state_table {
    block_table *base;
    table_shape shape;
    address *authority;
    size_t authority_count;
    bool dirty;
    map slots;               /* key -> tx_slot */
};

typedef struct {
    state_row *row;
    row_content now;
} row_copy;

typedef enum { UNDO_INSERT, UNDO_UPDATE, UNDO_REMOVE } undo_kind;

typedef struct {
    undo_kind kind;
    state_row *row;
    bytes name, old; /* UNDO_UPDATE */
} undo_record;

struct tx_state {
    block_state *block;
    uint64_t serial;
    map tables;              /* name -> state_table */
    state_table **opened;    /* in the order of opening */
    size_t opened_count, opened_capacity;
    map copies;              /* row address -> row_copy */
    undo_record *undo;
    size_t undo_count, undo_capacity;
    map gas;
    void **objects;
    size_t object_count, object_capacity;
};

block_table *block_state_table(block_state *b, bytes name);                 /* made when it is not there */
block_slot *block_state_slot(block_state *b, block_table *table, bytes key); /* loaded from the store when it is not there */
void block_slot_append(arena *a, block_slot *slot, state_row *r);
block_table **block_state_sorted_tables(block_state *b, arena *a, size_t *count); /* opened ones, by name */
block_slot **block_table_sorted_slots(block_table *table, arena *a, size_t *count);

#endif
