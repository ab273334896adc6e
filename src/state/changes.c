/* What a block leaves behind: the rows for the root, the puts for the store, a dump for people. */
#include "state/inside.h"
#include "state/state_root.h"

#include <ctype.h>
#include <stdlib.h>

static bool is_kept(const state_row *r)
{
    return r->id != 0 ? r->now.touched : !r->now.undone;
}

static root_row root_row_of(const block_table *table, state_row *r, size_t place)
{
    const bytes *key = fields_find(r->now.fields, r->now.count, table->shape.key_field);
    return (root_row){.id = r->id, .key = key ? *key : BYTES_EMPTY, .fields = r->now.fields, .field_count = r->now.count,
                      .status = r->now.status, .place = place};
}

/* *origin[place] is the row that rows[..].place names. */
static root_table collect(block_table *table, arena *a, state_row ***origins)
{
    size_t slot_count, most = 0, count = 0;
    block_slot **slots = block_table_sorted_slots(table, a, &slot_count);
    for (size_t i = 0; i < slot_count; i++)
        most += slots[i]->count;
    root_row *rows = arena_take_array(a, most, sizeof *rows);
    *origins = arena_take_array(a, most, sizeof(state_row *));
    for (size_t i = 0; i < slot_count; i++)
        for (size_t j = 0; j < slots[i]->count; j++) {
            state_row *r = slots[i]->rows[j];
            if (!is_kept(r))
                continue;
            rows[count] = root_row_of(table, r, count);
            (*origins)[count++] = r;
        }
    return (root_table){table->name, table->dirty, rows, count};
}

hash256 block_state_root(block_state *b)
{
    arena scratch = {0};
    size_t count, counted = 0;
    block_table **opened = block_state_sorted_tables(b, &scratch, &count);
    root_table *tables = arena_take_array(&scratch, count, sizeof *tables);
    for (size_t i = 0; i < count; i++) {
        state_row **origins;
        if (opened[i]->shape.in_root)
            tables[counted++] = opened[i]->dirty ? collect(opened[i], &scratch, &origins) : (root_table){.name = opened[i]->name};
    }
    hash256 root = state_root(b->rules, tables, counted);
    arena_reset(&scratch);
    return root;
}

static bool slot_changed(const block_slot *slot)
{
    for (size_t i = 0; i < slot->count; i++)
        if (is_kept(slot->rows[i]))
            return true;
    return false;
}

static bool slot_is_touched(const block_slot *slot)
{
    for (size_t i = 0; i < slot->committed; i++)
        if (slot->rows[i]->now.touched)
            return true;
    return false;
}

static row written_row(const state_row *r, uint64_t id, int64_t number)
{
    return (row){.id = id, .num = (uint32_t)number, .status = r->now.status, .fields = r->now.fields, .field_count = r->now.count};
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = ((const row *)a)->id, right = ((const row *)b)->id;
    return (left > right) - (left < right);
}

/* ids: new id of a row, by its address. */
static store_put put_of(const block_table *table, const block_slot *slot, arena *a, int64_t number, const map *ids)
{
    size_t most = slot->stored.count + slot->count, count = 0;
    row *rows = arena_take_array(a, most, sizeof *rows);
    bool is_touched = slot_is_touched(slot);
    for (size_t i = 0; i < slot->stored.count; i++) {
        rows[count] = slot->stored.rows[i];
        if (is_touched) /* the reference writes all rows of the key again, but not when it only adds some */
            rows[count].num = (uint32_t)number;
        count++;
    }
    for (size_t i = 0; i < slot->count; i++) {
        state_row *r = slot->rows[i];
        if (!is_kept(r))
            continue;
        if (r->id != 0) {
            rows[r->stored - slot->stored.rows] = written_row(r, r->id, number);
            continue;
        }
        if (r->is_forced)
            count = 0; /* replaces what is stored under the key (precompiled.md 5.2) */
        const uint64_t *id = map_get(ids, BYTES_OF_VALUE(r));
        rows[count++] = written_row(r, *id, number);
    }
    qsort(rows, count, sizeof *rows, by_id);
    bool *written = arena_take_array(a, count, sizeof *written);
    for (size_t i = 0; i < count; i++)
        written[i] = rows[i].num == (uint32_t)number;
    return (store_put){{table->name, slot->key}, {rows, count}, written};
}

typedef struct {
    state_row *row;
    uint64_t id;
} new_id;

static void give_ids(block_state *b, block_table *table, arena *scratch, uint64_t *last_id, map *ids)
{
    state_row **origins;
    root_table rows = collect(table, scratch, &origins);
    root_sort_rows(b->rules, rows.rows, rows.row_count);
    for (size_t i = 0; i < rows.row_count; i++) {
        state_row *r = origins[rows.rows[i].place];
        if (r->id != 0 || map_get(ids, BYTES_OF_VALUE(r)))
            continue;
        new_id *given = arena_take(scratch, sizeof *given);
        *given = (new_id){r, ++*last_id};
        map_put(ids, BYTES_OF_VALUE(given->row), &given->id);
    }
}

void block_state_changes(block_state *b, arena *a, int64_t block_number, uint64_t *last_id, store_put **puts, size_t *count)
{
    arena scratch = {0};
    map ids = map_init(b->hash_seed);
    size_t table_count, most = 0, found = 0;
    block_table **tables = block_state_sorted_tables(b, &scratch, &table_count);
    if (rules_have(b->rules, GATE_ENTRY_ID_BASE) && *last_id <= 100000)
        *last_id += 100000;
    for (size_t i = 0; i < table_count; i++)
        most += tables[i]->slots.count;
    *puts = arena_take_array(a, most + b->trie.fresh.count, sizeof **puts);
    for (size_t i = 0; i < table_count; i++) {
        size_t slot_count;
        block_slot **slots = block_table_sorted_slots(tables[i], &scratch, &slot_count);
        give_ids(b, tables[i], &scratch, last_id, &ids);
        for (size_t j = 0; j < slot_count; j++)
            if (slot_changed(slots[j]))
                (*puts)[found++] = put_of(tables[i], slots[j], a, block_number, &ids);
    }
    for (const fresh_value *fresh = b->trie.first_fresh; fresh; fresh = fresh->next)
        (*puts)[found++] = trie_store_put(a, &fresh->hash, fresh->value, block_number);
    *count = found;
    map_free(&ids);
    arena_reset(&scratch);
}

static void dump_value(buffer *out, bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!isprint(value.data[i]) || value.data[i] == '\\') {
            buffer_append_text(out, "0x");
            static const char digits[] = "0123456789abcdef";
            for (size_t j = 0; j < value.size; j++) {
                buffer_append_byte(out, (uint8_t)digits[value.data[j] >> 4]);
                buffer_append_byte(out, (uint8_t)digits[value.data[j] & 15]);
            }
            return;
        }
    buffer_append(out, value);
}

static void dump_row(buffer *out, const root_row *r)
{
    buffer_print(out, "  %s", r->id ? "touched" : "new    ");
    if (r->id)
        buffer_print(out, " #%llu", (unsigned long long)r->id);
    if (r->status != ROW_NORMAL)
        buffer_append_text(out, " removed");
    for (size_t i = 0; i < r->field_count; i++) {
        buffer_append_byte(out, ' ');
        dump_value(out, r->fields[i].name);
        buffer_append_byte(out, '=');
        dump_value(out, r->fields[i].value);
    }
    buffer_append_byte(out, '\n');
}

void block_state_dump(block_state *b, buffer *out)
{
    arena scratch = {0};
    size_t count;
    block_table **opened = block_state_sorted_tables(b, &scratch, &count);
    for (size_t i = 0; i < count; i++) {
        state_row **origins;
        if (!opened[i]->shape.in_root)
            continue;
        root_table table = collect(opened[i], &scratch, &origins);
        buffer_append(out, table.name);
        buffer_append_text(out, table.dirty ? " dirty\n" : " opened\n");
        root_sort_rows(b->rules, table.rows, table.row_count);
        for (size_t j = 0; j < table.row_count; j++)
            dump_row(out, &table.rows[j]);
    }
    arena_reset(&scratch);
}
