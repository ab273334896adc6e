/* state_root.h: the root of a block's changed rows, as a pure function. Source: spec/execution.md 8.6, spec/data-model.md 7. */
#ifndef HANSE_STATE_STATE_ROOT_H
#define HANSE_STATE_STATE_ROOT_H

#include "chain/rules.h"
#include "store/store.h"

typedef struct {
    uint64_t id;             /* 0: new in this block */
    bytes key;               /* value of the key field */
    const row_field *fields; /* ascending by name, key field included */
    size_t field_count;
    uint8_t status;
    size_t place;            /* breaks ties: equal rows stay in the order of insertion */
} root_row;

typedef struct {
    bytes name;
    bool dirty;
    root_row *rows;          /* touched and new ones together, in any order; sorted by the calls below */
    size_t row_count;
} root_table;

/* The order of spec/data-model.md 7.2, which is also that in which new rows get their ids. */
void root_sort_rows(const chain_rules *rules, root_row *rows, size_t count);
hash256 root_of_rows(const chain_rules *rules, const root_row *rows, size_t count); /* rows are sorted */
/* tables: the opened ones that count for the root, ascending by name. Sorts their rows. */
hash256 state_root(const chain_rules *rules, root_table *tables, size_t count);

#endif
