#include "state/condition.h"
#include "state/table.h"

struct condition_range {
    bytes field;
    bytes left, right; /* UNLIMITED: no bound (QUIRK: a value of that text means the same) */
    bool left_inclusive, right_inclusive;
};

static const bytes UNLIMITED = {(const uint8_t *)"_VALUE_UNLIMITED_", sizeof("_VALUE_UNLIMITED_") - 1};

static condition_range *range_of(condition *c, arena *a, bytes field)
{
    size_t low = 0, high = c->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(c->ranges[middle].field, field);
        if (order == 0)
            return &c->ranges[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (c->range_count == c->range_capacity) {
        c->range_capacity = c->range_capacity ? c->range_capacity * 2 : 4;
        condition_range *ranges = arena_take_array(a, c->range_capacity, sizeof *ranges);
        if (c->range_count)
            memcpy(ranges, c->ranges, c->range_count * sizeof *ranges);
        c->ranges = ranges;
    }
    memmove(c->ranges + low + 1, c->ranges + low, (c->range_count - low) * sizeof *c->ranges);
    c->ranges[low] = (condition_range){.field = arena_copy(a, field), .left = UNLIMITED, .right = UNLIMITED};
    c->range_count++;
    return &c->ranges[low];
}

void condition_add(condition *c, arena *a, condition_operator op, bytes field, bytes value)
{
    condition_range *r = range_of(c, a, field);
    bytes copy = arena_copy(a, value);
    bool inclusive = op == CONDITION_EQ || op == CONDITION_GE || op == CONDITION_LE;
    if (op != CONDITION_LT && op != CONDITION_LE)
        r->left = copy, r->left_inclusive = inclusive;
    if (op != CONDITION_GT && op != CONDITION_GE)
        r->right = copy, r->right_inclusive = inclusive;
}

void condition_limit(condition *c, uint64_t offset, uint64_t count)
{
    /* QUIRK: the sign is tested on 64 bits, the values are used as 32. */
    if ((int64_t)offset < 0 || (int64_t)count < 0)
        return;
    c->is_limited = true;
    c->offset = (int32_t)(uint32_t)offset;
    c->count = (int32_t)(uint32_t)count;
}

bool number_read_int64(bytes text, int64_t *out)
{
    size_t at = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
    bool negative = at && text.data[0] == '-';
    if (at == text.size)
        return false;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, value = 0;
    for (; at < text.size; at++) {
        unsigned digit = text.data[at] - '0';
        if (digit > 9 || value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

const bytes *fields_find(const row_field *fields, size_t count, bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(fields[i].name, name))
            return &fields[i].value;
    return NULL;
}

static bool bound_holds(bytes bound, bool inclusive, int64_t value, int sign)
{
    if (bytes_equal(bound, UNLIMITED))
        return true;
    int64_t limit;
    if (!number_read_int64(bound, &limit))
        return false;
    if (value == limit)
        return inclusive;
    return sign < 0 ? value > limit : value < limit;
}

static bool range_matches(const condition_range *r, const chain_rules *rules, bytes value)
{
    if (bytes_equal(r->left, r->right)) {
        if (r->left_inclusive && r->right_inclusive)
            return bytes_equal(value, r->left);
        if (!r->left_inclusive && !r->right_inclusive && rules_have(rules, GATE_CONDITION_NE))
            return !bytes_equal(value, r->left);
    }
    int64_t number = 0;
    if (value.size > 0 && !number_read_int64(value, &number))
        return false;
    return bound_holds(r->left, r->left_inclusive, number, -1) && bound_holds(r->right, r->right_inclusive, number, 1);
}

bool condition_matches(const condition *c, const chain_rules *rules, const row_field *fields, size_t field_count)
{
    for (const condition_range *r = c->ranges; r < c->ranges + c->range_count; r++) {
        if (!table_field_is_hashed(r->field))
            continue;
        const bytes *value = fields_find(fields, field_count, r->field);
        if (value == NULL || !range_matches(r, rules, *value))
            return false;
    }
    return true;
}

void condition_apply_limit(const condition *c, const chain_rules *rules, size_t count, size_t *first, size_t *end)
{
    *first = 0, *end = count;
    if (c == NULL || !c->is_limited || c->offset < 0 || c->count < 0)
        return;
    int64_t stop = (int64_t)c->offset + c->count;
    if (!rules_have(rules, GATE_LIMIT_WIDE))
        stop = (int32_t)(uint32_t)(uint64_t)stop; /* QUIRK below 2.1.0: the sum wraps in 32 bits (data-model.md 8.1) */
    if (stop < 0)
        stop = 0;
    *end = (uint64_t)stop < count ? (size_t)stop : count;
    *first = (size_t)c->offset < *end ? (size_t)c->offset : *end;
}
