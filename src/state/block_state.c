#include "state/account_engine.h"
#include "state/inside.h"

#include "base/memory.h"

#include <stdlib.h>

block_state *block_state_new(const chain_rules *rules, store *s, store_snapshot *snapshot, int64_t parent_number,
                             uint64_t hash_seed)
{
    block_state *b = memory_new(sizeof *b);
    *b = (block_state){.rules = rules, .store = s, .snapshot = snapshot, .parent_number = parent_number,
                       .hash_seed = hash_seed, .tables = map_init(hash_seed), .gas = map_init(hash_seed)};
    b->accounts = account_engine_of(rules);
    block_state_open_accounts(b, &(hash256){{0}}, NULL);
    return b;
}

void block_state_open_accounts(block_state *b, const hash256 *parent_root, node_cache *nodes)
{
    if (b->rules->state == STATE_MPT)
        account_trie_open(b, parent_root, nodes);
}

void block_state_free(block_state *b)
{
    if (b == NULL)
        return;
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&b->tables, &at));)
        map_free(&((block_table *)entry->value)->slots);
    map_free(&b->tables);
    map_free(&b->gas);
    account_trie_close(b);
    free(b->objects);
    arena_reset(&b->memory);
    free(b);
}

const chain_rules *block_state_rules(const block_state *b)
{
    return b->rules;
}

int64_t block_state_parent_number(const block_state *b)
{
    return b->parent_number;
}

arena *block_state_memory(block_state *b)
{
    return &b->memory;
}

bool block_state_failed(const block_state *b, error_text *why)
{
    if (b->failed && why)
        *why = b->failure;
    return b->failed;
}

void block_state_fail(block_state *b, const char *what, const error_text *why)
{
    if (!b->failed)
        error_set(&b->failure, "reading table %.64s: %s", what, why->text);
    b->failed = true;
}

block_table *block_state_table(block_state *b, bytes name)
{
    block_table *table = map_get(&b->tables, name);
    if (table == NULL) {
        table = arena_take(&b->memory, sizeof *table);
        *table = (block_table){.name = arena_copy(&b->memory, name), .slots = map_init(b->hash_seed)};
        map_put(&b->tables, table->name, table);
    }
    return table;
}

void block_slot_append(arena *a, block_slot *slot, state_row *r)
{
    if (slot->count == slot->capacity) {
        size_t capacity = slot->capacity ? slot->capacity * 2 : 2;
        state_row **rows = arena_take_array(a, capacity, sizeof(state_row *));
        if (slot->count)
            memcpy(rows, slot->rows, slot->count * sizeof(state_row *));
        slot->rows = rows, slot->capacity = capacity;
    }
    slot->rows[slot->count++] = r;
}

static row_set load_rows(block_state *b, bytes table, bytes key)
{
    row_key where = {table, key};
    row_set rows = {0};
    error_text why;
    store_result result = store_get_many(b->store, b->snapshot, &where, 1, &b->memory, &rows, &why);
    if (result == STORE_OK)
        return rows;
    error_prefix(&why, "%s", store_result_text(result));
    block_state_fail(b, arena_copy_text(&b->memory, table), &why);
    return (row_set){0};
}

block_slot *block_state_slot(block_state *b, block_table *table, bytes key)
{
    block_slot *slot = map_get(&table->slots, key);
    if (slot)
        return slot;
    slot = arena_take(&b->memory, sizeof *slot);
    slot->key = arena_copy(&b->memory, key);
    slot->stored = load_rows(b, table->name, slot->key);
    for (size_t i = 0; i < slot->stored.count; i++) {
        const row *stored = &slot->stored.rows[i];
        if (stored->status != ROW_NORMAL)
            continue;
        state_row *r = arena_take(&b->memory, sizeof *r);
        *r = (state_row){.id = stored->id, .stored = stored, .now = {.fields = stored->fields, .count = stored->field_count}};
        block_slot_append(&b->memory, slot, r);
    }
    slot->committed = slot->count;
    map_put(&table->slots, slot->key, slot);
    return slot;
}

bool block_state_committed(block_state *b, const char *table, bytes key, row_set *out)
{
    row_set all = load_rows(b, bytes_of_text(table), key);
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++)
        if (all.rows[i].status == ROW_NORMAL)
            all.rows[kept++] = all.rows[i];
    *out = (row_set){all.rows, kept};
    return kept > 0;
}

bytes block_state_config(block_state *b, const char *key, int64_t *enable_number)
{
    row_set rows;
    *enable_number = 0;
    if (!block_state_committed(b, TABLE_CONFIG, bytes_of_text(key), &rows) || rows.count != 1)
        return BYTES_EMPTY;
    const bytes *value = row_find(&rows.rows[0], bytes_of_text("value"));
    const bytes *enable = row_find(&rows.rows[0], bytes_of_text("enable_num"));
    if (enable == NULL || !number_read_int64(*enable, enable_number))
        *enable_number = 0;
    return value ? *value : BYTES_EMPTY;
}

static void merge_table(block_state *b, state_table *from)
{
    block_table *to = from->base;
    if (!to->opened) {
        to->opened = true;
        to->shape = from->shape;
        to->authority = from->authority, to->authority_count = from->authority_count;
    }
    to->dirty |= from->dirty;
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&from->slots, &at));) {
        tx_slot *slot = entry->value;
        for (size_t i = 0; i < slot->count; i++)
            block_slot_append(&b->memory, slot->base, slot->added[i]);
    }
}

static void merge_objects(block_state *b, const tx_state *t)
{
    if (b->object_count + t->object_count > b->object_capacity) {
        b->object_capacity = (b->object_count + t->object_count) * 2;
        b->objects = memory_resize(b->objects, b->object_capacity, sizeof *b->objects);
    }
    for (size_t i = 0; i < t->object_count; i++)
        b->objects[b->object_count++] = t->objects[i];
}

void block_state_merge(block_state *b, tx_state *t)
{
    for (size_t i = 0; i < t->opened_count; i++)
        merge_table(b, t->opened[i]);
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&t->copies, &at));) {
        row_copy *copy = entry->value;
        copy->row->now = copy->now;
    }
    at = 0;
    for (map_entry *entry; (entry = map_next(&t->gas, &at));)
        map_put(&b->gas, entry->key, entry->value);
    account_trie_merge(b, t);
    merge_objects(b, t);
}

static int by_table_name(const void *a, const void *b)
{
    return bytes_compare((*(block_table *const *)a)->name, (*(block_table *const *)b)->name);
}

block_table **block_state_sorted_tables(block_state *b, arena *a, size_t *count)
{
    block_table **sorted = arena_take_array(a, b->tables.count, sizeof(block_table *));
    size_t at = 0, found = 0;
    for (map_entry *entry; (entry = map_next(&b->tables, &at));)
        if (((block_table *)entry->value)->opened)
            sorted[found++] = entry->value;
    qsort(sorted, found, sizeof(block_table *), by_table_name);
    *count = found;
    return sorted;
}

static int by_slot_key(const void *a, const void *b)
{
    return bytes_compare((*(block_slot *const *)a)->key, (*(block_slot *const *)b)->key);
}

block_slot **block_table_sorted_slots(block_table *table, arena *a, size_t *count)
{
    block_slot **sorted = arena_take_array(a, table->slots.count, sizeof(block_slot *));
    size_t at = 0, found = 0;
    for (map_entry *entry; (entry = map_next(&table->slots, &at));)
        sorted[found++] = entry->value;
    qsort(sorted, found, sizeof(block_slot *), by_slot_key);
    *count = found;
    return sorted;
}
