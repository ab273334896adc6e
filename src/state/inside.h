/* inside.h: what block_state.c, tx_state.c and their neighbours share. Not for other floors. */
#ifndef HANSE_STATE_INSIDE_H
#define HANSE_STATE_INSIDE_H

#include "base/map.h"
#include "state/tx_state.h"
#include "state/address_text.h"
#include "state/trie.h"
#include "state/trie_store.h"

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

/* An account of an MPT chain (account_trie.c). */
typedef struct {
    bool exists;
    u256 nonce, balance;
    hash256 code_hash;
    bytes new_code;          /* set since the parent block; else empty */
} trie_fields;

typedef struct {
    address who;
    hash256 key;             /* in the trie of accounts: H(who) */
    trie_fields now;         /* as the merged transactions left it */
    trie storage;
    bytes stored_code;       /* of now.code_hash, once it was read */
    bool is_dirty;           /* differs from what the trie of accounts holds */
} block_account;

typedef struct fresh_value { /* a node or code that the store does not have yet */
    hash256 hash;
    bytes value;
    struct fresh_value *next;
} fresh_value;

typedef struct {
    trie accounts;           /* with all that was flushed into it */
    map by_address;          /* address -> block_account */
    trie_store source;
    map fresh;               /* hash -> fresh_value */
    fresh_value *first_fresh, **last_fresh;
    hash256 no_code;         /* H("") */
} block_trie;

struct block_state {
    const chain_rules *rules;
    const struct account_engine *accounts;
    block_trie trie;         /* STATE_MPT */
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

typedef struct {
    block_account *base;
    trie_fields now;
    map slots;               /* key -> trie_slot */
    bool is_dirty;
} tx_account;

typedef struct {
    uint8_t key[32];
    u256 before, now;        /* before: as the merged transactions left it */
} trie_slot;

typedef enum { UNDO_INSERT, UNDO_UPDATE, UNDO_REMOVE, UNDO_ACCOUNT, UNDO_SLOT } undo_kind;

typedef struct {
    undo_kind kind;
    state_row *row;
    bytes name, old;         /* UNDO_UPDATE */
    void *changed;           /* UNDO_ACCOUNT: tx_account; UNDO_SLOT: trie_slot */
    const void *was;         /* ... trie_fields; u256 */
} undo_record;

struct tx_state {
    block_state *block;
    uint64_t serial;
    map tables;              /* name -> state_table */
    state_table **opened;    /* in the order of opening */
    size_t opened_count, opened_capacity;
    map copies;              /* row address -> row_copy */
    map accounts;            /* address -> tx_account, on MPT chains */
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

void block_state_fail(block_state *b, const char *what, const error_text *why); /* the first failure is kept */
void tx_state_record(tx_state *t, undo_record undone);

/* account_trie.c: what an MPT chain adds to a block and a transaction. On other chains there is nothing to do. */
void account_trie_open(block_state *b, const hash256 *parent_root, node_cache *nodes);
void account_trie_close(block_state *b);
void account_trie_merge(block_state *b, tx_state *t);
void account_trie_undo(const undo_record *last);
void account_trie_forget(tx_state *t);

#endif
