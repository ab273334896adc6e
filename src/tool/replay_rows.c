/* Every row of the database after the last block. Both sides ascend by key, so one walk over a table finds what is missing, what
   differs and what is too much. */
#include "codec/hex.h"
#include "state/table.h"
#include "tool/replay_inside.h"

#include <stdlib.h>

typedef struct {
    replay *r;
    bytes table;
    bool with_ids; /* ids of tables that no root covers are a matter of the node's own (data-model.md 8.1) */
    arena memory;  /* of one key */
} table_walk;

static const char *shown(arena *a, bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e)
            return arena_print(a, "0x%s", hex_text(a, value));
    return arena_copy_text(a, value);
}

enum { NOTED_VALUE_BYTES = 64 };

static const char *shortened(arena *a, bytes value)
{
    bool is_long = value.size > NOTED_VALUE_BYTES;
    value.size = is_long ? NOTED_VALUE_BYTES : value.size;
    return arena_print(a, "%s%s", shown(a, value), is_long ? "..." : "");
}

static const char *row_count_text(arena *a, size_t count)
{
    return arena_print(a, "%zu row%s", count, count == 1 ? "" : "s");
}

/* Both sides of a key whose numbers of rows differ, for the reader. */
static const char *describe_rows(table_walk *w, const dataset_row *expected, size_t count, const row_set *found)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&text, "expected");
        for (size_t k = 0; k < expected[i].column_count; k++)
            buffer_print(&text, " %s=%s", shown(&w->memory, expected[i].columns[k].name), shortened(&w->memory, expected[i].columns[k].value));
        buffer_append_byte(&text, '\n');
    }
    for (size_t i = 0; i < found->count; i++) {
        const row *f = &found->rows[i];
        buffer_print(&text, "found    _id_=%llu _num_=%u _status_=%u", (unsigned long long)f->id, f->num, f->status);
        for (size_t k = 0; k < f->field_count; k++)
            buffer_print(&text, " %s=%s", shown(&w->memory, f->fields[k].name), shortened(&w->memory, f->fields[k].value));
        buffer_append_byte(&text, '\n');
    }
    const char *kept = arena_copy_text(&w->memory, buffer_bytes(&text));
    buffer_free(&text);
    return kept;
}

static void column_differs(table_walk *w, bytes key, size_t index, size_t count, bytes column, const char *expected, const char *found)
{
    arena *a = &w->memory;
    replay_differs(w->r, -1, NULL, expected, found, "table %s, key %s, row %zu of %zu, column %s", shown(a, w->table), shown(a, key),
                   index + 1, count, shown(a, column));
}

/* The value of a column of ours; data NULL: there is none. */
static bytes column_of(arena *a, const row *found, bytes name)
{
    if (bytes_equal_text(name, "_id_"))
        return bytes_of_text(arena_print(a, "%llu", (unsigned long long)found->id));
    if (bytes_equal_text(name, "_num_"))
        return bytes_of_text(arena_print(a, "%u", found->num));
    if (bytes_equal_text(name, "_status_"))
        return bytes_of_text(arena_print(a, "%u", found->status));
    const bytes *value = row_find(found, name);
    return value ? bytes_of(value->data ? value->data : (const uint8_t *)"", value->size) : BYTES_EMPTY;
}

static bool has_column(const dataset_row *expected, bytes name)
{
    for (size_t i = 0; i < expected->column_count; i++)
        if (bytes_equal(expected->columns[i].name, name))
            return true;
    return false;
}

static void compare_row(table_walk *w, const dataset_row *expected, const row *found, size_t index, size_t count)
{
    arena *a = &w->memory;
    for (size_t i = 0; i < expected->column_count && !w->r->is_over; i++) {
        const row_field *c = &expected->columns[i];
        bytes value = column_of(a, found, c->name);
        if ((!w->with_ids && bytes_equal_text(c->name, "_id_")) || (value.data && bytes_equal(value, c->value)))
            continue;
        column_differs(w, expected->key, index, count, c->name, shown(a, c->value), value.data ? shown(a, value) : "nothing");
    }
    for (size_t i = 0; i < found->field_count && !w->r->is_over; i++)
        if (!has_column(expected, found->fields[i].name))
            column_differs(w, expected->key, index, count, found->fields[i].name, "nothing", shown(a, found->fields[i].value));
    w->r->totals->rows++;
}

/* found may be empty, and so may be expected (count 0): then key names it. */
static void compare_key(table_walk *w, bytes key, const dataset_row *expected, size_t count, const row_set *found)
{
    if (count != found->count)
        replay_differs(w->r, -1, describe_rows(w, expected, count, found), row_count_text(&w->memory, count),
                       row_count_text(&w->memory, found->count), "table %s, key %s", shown(&w->memory, w->table), shown(&w->memory, key));
    for (size_t i = 0; i < count && count == found->count && !w->r->is_over; i++)
        compare_row(w, &expected[i], &found->rows[i], i, count);
    arena_reset(&w->memory);
}

static size_t rows_of_key(const dataset_row *rows, size_t count)
{
    size_t same = 1;
    while (same < count && bytes_equal(rows[same].key, rows[0].key))
        same++;
    return same;
}

/* On another chain than the recorded one all of these differ, which tells nothing. */
static bool follows_block_hashes(bytes table)
{
    table_shape shape;
    return bytes_equal_text(table, TABLE_NUMBER_TO_HASH) || (table_system_shape(table, &shape) && !shape.in_root);
}

static void compare_table(replay *r, const dataset_row *rows, size_t count)
{
    table_shape shape;
    table_walk w = {.r = r, .table = rows[0].table};
    store_cursor *cursor;
    bytes key;
    row_set found;
    static const row_set none;
    w.with_ids = !table_system_shape(w.table, &shape) || shape.in_root;
    if (store_scan(r->options->store, NULL, w.table, &cursor, r->why) != STORE_OK) {
        replay_break(r);
        return;
    }
    const store_engine *engine = r->options->store->engine;
    bool more = engine->cursor_next(cursor, &key, &found);
    for (size_t i = 0; (i < count || more) && !r->is_over;) {
        size_t same = i < count ? rows_of_key(&rows[i], count - i) : 0;
        int order = i == count ? 1 : !more ? -1 : bytes_compare(rows[i].key, key);
        if (order > 0)
            compare_key(&w, key, NULL, 0, &found);
        else
            compare_key(&w, rows[i].key, &rows[i], same, order == 0 ? &found : &none);
        i += order <= 0 ? same : 0;
        if (order >= 0)
            more = engine->cursor_next(cursor, &key, &found);
    }
    if (engine->cursor_close(cursor, r->why) != STORE_OK)
        replay_break(r);
}

static void compare_codes(replay *r)
{
    arena a = {0};
    for (size_t i = 0; i < r->data->code_count && !r->is_over; i++) {
        const dataset_code *c = &r->data->codes[i];
        bytes found;
        if (!ledger_code(r->ledger, &c->contract, &a, &found))
            found = BYTES_EMPTY;
        if (!bytes_equal(found, c->code))
            replay_differs(r, -1, NULL, arena_print(&a, "0x%s", hex_text(&a, c->code)), arena_print(&a, "0x%s", hex_text(&a, found)),
                           "code of 0x%s", hex_text(&a, BYTES_OF_VALUE(c->contract)));
    }
    arena_reset(&a);
}

void replay_compare_state(replay *r)
{
    arena a = {0};
    dataset_row *rows;
    size_t count;
    if (!dataset_rows(r->data, &a, &rows, &count, r->why)) {
        replay_break(r);
        count = 0;
    }
    for (size_t i = 0, end; i < count && !r->is_over; i = end) {
        for (end = i + 1; end < count && bytes_equal(rows[end].table, rows[i].table);)
            end++;
        if (!r->has_diverged || !follows_block_hashes(rows[i].table))
            compare_table(r, &rows[i], end - i);
    }
    compare_codes(r);
    arena_reset(&a);
}
