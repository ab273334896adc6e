/* support_rows.h: the golden chains' database as a map, and rows compared with it. */
#ifndef HANSE_TESTS_SUPPORT_ROWS_H
#define HANSE_TESTS_SUPPORT_ROWS_H

#include "store/store.h"
#include "golden.h"

typedef struct golden_row {
    bytes table, key;
    uint64_t id;
    uint32_t num;
    uint8_t status;
    row_field *fields; /* ascending by name, without _id_, _num_, _status_ */
    size_t field_count;
} golden_row;

/* Every row the C++ node had in the end, ascending by id; in chain->memory. */
golden_row *golden_rows(golden_chain *chain, size_t *count);

/* Fails the test, naming table, key and field, unless the two have the same fields and values. */
void assert_row_fields(const golden_row *expected, const row *r);

#endif
