#include "contract/votes.h"

#include "codec/json_write.h"
#include "contract/committee.h"

#include <stdlib.h>

enum { VOTE_LIMIT_BLOCKS = 10000 };

static const bytes threshold_key = {(const uint8_t *)"auth_threshold", 14};
static const bytes key_name = {(const uint8_t *)"key", 3};

static bytes field(contract_call *c, const state_row *r, const char *name)
{
    return tx_state_field_named(c->state, r, name);
}

state_table *open_votes(contract_call *c)
{
    static const bytes name = {(const uint8_t *)TABLE_COMMITTEE_VOTES, sizeof TABLE_COMMITTEE_VOTES - 1};
    state_table *votes = tx_state_open(c->state, name);
    if (votes)
        return votes;
    (void)tx_state_create_table(c->state, name, key_name, BYTES_OF_LITERAL("value,origin,block_limit"), NULL, &votes);
    const row_field fields[] = {{key_name, threshold_key}, field_of("value", BYTES_OF_LITERAL("0.500000"))};
    (void)tx_state_insert(c->state, votes, threshold_key, fields, COUNT(fields), NULL);
    return votes;
}

bytes votes_key(contract_call *c, const address *target, const char *suffix)
{
    return bytes_of_text(arena_print(c->memory, "%s%s", (const char *)contract_prefixed(c, target).data, suffix));
}

state_row *votes_find(contract_call *c, state_table *votes, bytes key)
{
    return tx_state_find(c->state, votes, key);
}

bytes votes_threshold_text(contract_call *c, state_table *votes)
{
    state_row *r = votes_find(c, votes, threshold_key);
    return r ? field(c, r, "value") : BYTES_EMPTY;
}

static int put(contract_call *c, state_table *votes, bytes key, bytes value, bool exists)
{
    const row_field fields[] = {{key_name, key}, field_of("origin", contract_prefixed(c, &c->origin)), field_of("value", value)};
    if (exists)
        return tx_state_update(c->state, votes, key, fields, COUNT(fields), NULL, NULL);
    return tx_state_insert(c->state, votes, key, fields, COUNT(fields), NULL);
}

int votes_set_threshold(contract_call *c, state_table *votes, bytes text)
{
    return put(c, votes, threshold_key, text, true);
}

int votes_put_weight(contract_call *c, state_table *votes, const address *target, bytes weight)
{
    return put(c, votes, votes_key(c, target, "_weight"), weight, false);
}

static condition *field_equals(contract_call *c, const char *name, bytes value)
{
    condition *same = arena_take(c->memory, sizeof *same);
    condition_add(same, c->memory, CONDITION_EQ, bytes_of_text(name), value);
    return same;
}

static void record(contract_call *c, state_table *votes, bytes key, bytes value)
{
    bytes voter = contract_prefixed(c, &c->origin);
    int64_t parent = contract_next_number(c) - 1;
    const row_field fields[] = {field_of("block_limit", contract_decimal(c, parent + VOTE_LIMIT_BLOCKS)), {key_name, key},
                                field_of("origin", voter), field_of("value", value)};
    if (tx_state_select(c->state, votes, key, field_equals(c, "origin", voter)).count)
        (void)tx_state_update(c->state, votes, key, fields, COUNT(fields), field_equals(c, "origin", voter), NULL);
    else
        (void)tx_state_insert(c->state, votes, key, fields, COUNT(fields), NULL);
    condition outdated = {0};
    condition_add(&outdated, c->memory, CONDITION_LE, BYTES_OF_LITERAL("block_limit"), contract_decimal(c, parent));
    (void)tx_state_remove(c->state, votes, key, &outdated, NULL);
}

static double number(contract_call *c, bytes text)
{
    return strtod(arena_copy_text(c->memory, text), NULL);
}

/* false: the member has no weight row. */
static bool weight_of(contract_call *c, state_table *votes, bytes member, double *out)
{
    bytes key = bytes_of_text(arena_print(c->memory, "%.*s_weight", (int)member.size, (const char *)member.data));
    state_row *r = votes_find(c, votes, key);
    if (r)
        *out = number(c, field(c, r, "value"));
    return r != NULL;
}

static state_rows enabled_members(contract_call *c)
{
    condition enabled = {0};
    condition_add(&enabled, c->memory, CONDITION_LE, BYTES_OF_LITERAL("enable_num"), contract_decimal(c, contract_next_number(c)));
    return tx_state_select(c->state, open_access(c), bytes_of_text(TABLE_ACCESS), &enabled);
}

static bool has_voted(contract_call *c, state_rows cast, bytes member)
{
    for (size_t i = 0; i < cast.count; i++)
        if (bytes_equal(field(c, cast.rows[i], "origin"), member))
            return true;
    return false;
}

vote_result votes_cast(contract_call *c, state_table *votes, bytes key, bytes value, contract_outcome *outcome)
{
    record(c, votes, key, value);
    state_rows members = enabled_members(c);
    condition valid = {0};
    condition_add(&valid, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("value"), value);
    condition_add(&valid, c->memory, CONDITION_GE, BYTES_OF_LITERAL("block_limit"), contract_decimal(c, contract_next_number(c)));
    state_rows cast = tx_state_select(c->state, votes, key, &valid);
    double total = 0, sum = 0;
    for (size_t i = 0; i < members.count; i++) {
        double weight;
        bytes member = field(c, members.rows[i], "address");
        if (!weight_of(c, votes, member, &weight)) {
            *outcome = contract_refuse_table(c, "Entries no exists: 0");
            return VOTE_FAILED;
        }
        total += weight;
        if (has_voted(c, cast, member))
            sum += weight;
    }
    if (members.count == 0)
        return VOTE_PASSED;
    return sum / total > number(c, votes_threshold_text(c, votes)) ? VOTE_PASSED : VOTE_NOT_YET;
}

void votes_forget(contract_call *c, state_table *votes, bytes key, bytes value)
{
    (void)tx_state_remove(c->state, votes, key, field_equals(c, "value", value), NULL);
}

/* An array of the rows under key, those with that value only (empty value: all). with_target: weights. */
static size_t write_array(contract_call *c, state_table *votes, bytes key, bytes value, bool with_target, buffer *out)
{
    state_rows rows = tx_state_select(c->state, votes, key, value.size ? field_equals(c, "value", value) : NULL);
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < rows.count; i++) {
        buffer_append_text(out, i ? ",{\"block_limit\":" : "{\"block_limit\":");
        json_append_quoted(out, field(c, rows.rows[i], "block_limit"));
        if (with_target) {
            buffer_append_text(out, ",\"target\":");
            json_append_quoted(out, field(c, rows.rows[i], "value"));
        }
        buffer_append_text(out, ",\"voter\":");
        json_append_quoted(out, field(c, rows.rows[i], "origin"));
        buffer_append_byte(out, '}');
    }
    buffer_append_byte(out, ']');
    return rows.count;
}

/* A member of the object, unless its array would be empty. */
static void write_member(contract_call *c, state_table *votes, bytes name, bytes key, bytes value, bool with_target, buffer *out)
{
    size_t before = out->size;
    buffer_append_byte(out, out->size ? ',' : '{');
    json_append_quoted(out, name);
    buffer_append_byte(out, ':');
    if (write_array(c, votes, key, value, with_target, out) == 0)
        out->size = before;
}

static contract_outcome answer_object(contract_call *c, buffer *out)
{
    buffer_append_text(out, out->size ? "}\n" : "null\n");
    contract_outcome outcome = contract_answer_bytes(c, buffer_bytes(out));
    buffer_free(out);
    return outcome;
}

contract_outcome votes_answer_member(contract_call *c, state_table *votes, const address *target)
{
    static const char *const kinds[] = {"grant", "revoke"};
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < COUNT(kinds); i++)
        write_member(c, votes, bytes_of_text(kinds[i]), contract_prefixed(c, target), bytes_of_text(kinds[i]), false, &out);
    write_member(c, votes, BYTES_OF_LITERAL("update_weight"), votes_key(c, target, "_update_weight"), BYTES_EMPTY, true, &out);
    return answer_object(c, &out);
}

static int by_text(const void *a, const void *b)
{
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

contract_outcome votes_answer_threshold(contract_call *c, state_table *votes)
{
    bytes key = BYTES_OF_LITERAL("update_auth_threshold");
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    state_rows rows = tx_state_select(c->state, votes, key, NULL);
    bytes *values = arena_take_array(c->memory, rows.count, sizeof *values);
    for (size_t i = 0; i < rows.count; i++)
        values[i] = field(c, rows.rows[i], "value");
    if (rows.count)
        qsort(values, rows.count, sizeof *values, by_text);
    for (size_t i = 0; i < rows.count; i++)
        if (i == 0 || !bytes_equal(values[i], values[i - 1]))
            write_member(c, votes, values[i], key, values[i], false, &out);
    return answer_object(c, &out);
}
