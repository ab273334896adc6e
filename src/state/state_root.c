#include "state/state_root.h"
#include "state/table.h"

#include <stdlib.h>

static int compare_fields(const root_row *a, const root_row *b)
{
    if (a->field_count != b->field_count)
        return a->field_count < b->field_count ? -1 : 1;
    for (size_t i = 0; i < a->field_count; i++) {
        int order = bytes_compare(a->fields[i].name, b->fields[i].name);
        if (order == 0)
            order = bytes_compare(a->fields[i].value, b->fields[i].value);
        if (order)
            return order;
    }
    return 0;
}

/* By id, key, number of fields, fields. Among new rows the id is 0; touched rows differ in it. */
static int compare_rows(const void *left, const void *right)
{
    const root_row *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    int order = bytes_compare(a->key, b->key);
    if (order == 0)
        order = compare_fields(a, b);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static int compare_touched_first(const void *left, const void *right)
{
    const root_row *a = left, *b = right;
    if ((a->id == 0) != (b->id == 0))
        return a->id == 0 ? 1 : -1;
    return compare_rows(left, right);
}

void root_sort_rows(const chain_rules *rules, root_row *rows, size_t count)
{
    if (count > 1)
        qsort(rows, count, sizeof *rows, rules_have(rules, GATE_DIRTY_ROWS_FIRST) ? compare_touched_first : compare_rows);
}

static digest_kind table_hash_kind(const chain_rules *rules)
{
    return rules_have(rules, GATE_TABLE_HASH_IS_H) ? rules->suite->hash : rules->suite->old_table_hash;
}

static void add_row(const chain_rules *rules, hash_stream *s, const root_row *r)
{
    bool status_byte = rules_have(rules, GATE_STATUS_BYTE);
    bytes status_name = BYTES_OF_LITERAL("_status_");
    bool status_due = !status_byte; /* below rc3 the status is one more field, at its place in the order of names */
    for (size_t i = 0; i <= r->field_count; i++) {
        if (status_due && (i == r->field_count || bytes_compare(r->fields[i].name, status_name) > 0)) {
            hash_stream_add(s, status_name);
            hash_stream_add(s, bytes_of_text(r->status == ROW_NORMAL ? "0" : "1"));
            status_due = false;
        }
        if (i == r->field_count || !table_field_is_hashed(r->fields[i].name))
            continue;
        hash_stream_add(s, r->fields[i].name);
        hash_stream_add(s, r->fields[i].value);
    }
    if (status_byte)
        hash_stream_add(s, BYTES_OF_VALUE(r->status));
}

hash256 root_of_rows(const chain_rules *rules, const root_row *rows, size_t count)
{
    hash_stream s;
    hash_stream_begin(&s, table_hash_kind(rules));
    for (size_t i = 0; i < count; i++)
        add_row(rules, &s, &rows[i]);
    return hash_stream_end(&s);
}

hash256 state_root(const chain_rules *rules, root_table *tables, size_t count)
{
    hash_stream s;
    size_t counted = 0;
    hash_stream_begin(&s, table_hash_kind(rules));
    for (size_t i = 0; i < count; i++) {
        hash256 hash = {{0}};
        if (!tables[i].dirty && rules_have(rules, GATE_ONLY_DIRTY_TABLES))
            continue;
        if (tables[i].dirty) {
            root_sort_rows(rules, tables[i].rows, tables[i].row_count);
            hash = root_of_rows(rules, tables[i].rows, tables[i].row_count);
        }
        hash_stream_add(&s, BYTES_OF_VALUE(hash));
        counted++;
    }
    hash256 root = hash_stream_end(&s);
    return counted ? root : (hash256){{0}};
}
