/* condition.h: what a select asks of a row: one range of values for each named field, and a limit.
   Source: spec/precompiled.md 5.3 and 5.4. */
#ifndef HANSE_STATE_CONDITION_H
#define HANSE_STATE_CONDITION_H

#include "chain/rules.h"
#include "store/store.h"

typedef enum { CONDITION_EQ, CONDITION_NE, CONDITION_GT, CONDITION_GE, CONDITION_LT, CONDITION_LE } condition_operator;

typedef struct condition_range condition_range;

/* A zeroed condition asks nothing. Its ranges live in the arena given to condition_add. */
typedef struct {
    condition_range *ranges; /* ascending by field */
    size_t range_count, range_capacity;
    bool is_limited;
    int32_t offset, count;
} condition;

/* field and value are copied. A later call on the same field overwrites the side or sides it names. */
void condition_add(condition *c, arena *a, condition_operator op, bytes field, bytes value);
/* Stored as 64 bits and read back as 32 (QUIRK). */
void condition_limit(condition *c, uint64_t offset, uint64_t count);
/* Whether a row with these fields (ascending by name) fulfils all ranges; status and limit are the caller's business. */
bool condition_matches(const condition *c, const chain_rules *rules, const row_field *fields, size_t field_count);
/* Cuts [0, count) to the limit: first and end index. */
void condition_apply_limit(const condition *c, const chain_rules *rules, size_t count, size_t *first, size_t *end);

/* Optional sign, decimal digits, nothing else, in range: what the reference's int64 conversion takes (precompiled.md 3.3). */
bool number_read_int64(bytes text, int64_t *out) MUST_USE;
/* The field of that name, or NULL. fields ascend by name. */
const bytes *fields_find(const row_field *fields, size_t count, bytes name);

#endif
