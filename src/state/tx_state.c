#include "state/inside.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

tx_state *tx_state_new(block_state *b)
{
    tx_state *t = memory_new(sizeof *t);
    *t = (tx_state){.block = b, .serial = ++b->last_serial, .tables = map_init(b->hash_seed), .copies = map_init(b->hash_seed),
                    .accounts = map_init(b->hash_seed), .gas = map_init(b->hash_seed)};
    return t;
}

void tx_state_free(tx_state *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->opened_count; i++)
        map_free(&t->opened[i]->slots);
    map_free(&t->tables);
    map_free(&t->copies);
    account_trie_forget(t);
    map_free(&t->gas);
    free(t->opened);
    free(t->undo);
    free(t->objects);
    free(t);
}

block_state *tx_state_block(const tx_state *t)
{
    return t->block;
}

arena *tx_state_memory(tx_state *t)
{
    return &t->block->memory;
}

/* Rows as this transaction sees them. */

static const row_content *content_of(const tx_state *t, const state_row *r)
{
    if (r->writer == t->serial || t->copies.count == 0)
        return &r->now;
    const row_copy *copy = map_get(&t->copies, BYTES_OF_VALUE(r));
    return copy ? &copy->now : &r->now;
}

static row_content *content_for_write(tx_state *t, state_row *r)
{
    if (r->writer == t->serial)
        return &r->now;
    row_copy *copy = map_get(&t->copies, BYTES_OF_VALUE(r));
    if (copy)
        return &copy->now;
    copy = arena_take(tx_state_memory(t), sizeof *copy);
    *copy = (row_copy){.row = r, .now = r->now};
    copy->now.capacity = r->now.count;
    copy->now.fields = arena_take_array(tx_state_memory(t), r->now.count, sizeof *r->now.fields);
    if (r->now.count)
        memcpy(copy->now.fields, r->now.fields, r->now.count * sizeof *r->now.fields);
    map_put(&t->copies, BYTES_OF_VALUE(copy->row), copy);
    return &copy->now;
}

/* Where a name stands or would stand. */
static size_t field_place(const row_content *content, bytes name)
{
    size_t low = 0, high = content->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(content->fields[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* content belongs to this transaction alone. */
static void put_field(arena *a, row_content *content, bytes name, bytes value)
{
    size_t at = field_place(content, name);
    if (at < content->count && bytes_equal(content->fields[at].name, name)) {
        content->fields[at].value = value;
        return;
    }
    if (content->count >= content->capacity) {
        content->capacity = content->count ? content->count * 2 : 4;
        row_field *fields = arena_take_array(a, content->capacity, sizeof *fields);
        if (content->count)
            memcpy(fields, content->fields, content->count * sizeof *fields);
        content->fields = fields;
    }
    memmove(content->fields + at + 1, content->fields + at, (content->count - at) * sizeof *content->fields);
    content->fields[at] = (row_field){arena_copy(a, name), value};
    content->count++;
}

bytes tx_state_field(const tx_state *t, const state_row *r, bytes name)
{
    const row_content *content = content_of(t, r);
    const bytes *value = fields_find(content->fields, content->count, name);
    return value ? *value : BYTES_EMPTY;
}

bytes tx_state_field_named(const tx_state *t, const state_row *r, const char *name)
{
    return tx_state_field(t, r, bytes_of_text(name));
}

const row_field *tx_state_fields(const tx_state *t, const state_row *r, size_t *count)
{
    const row_content *content = content_of(t, r);
    *count = content->count;
    return content->fields;
}

size_t tx_state_row_bytes(const tx_state *t, const state_row *r)
{
    size_t count, sum = 0;
    const row_field *fields = tx_state_fields(t, r, &count);
    for (size_t i = 0; i < count; i++)
        sum += fields[i].name.size + fields[i].value.size;
    return sum;
}

state_row *tx_state_new_row(tx_state *t, bool forced)
{
    state_row *r = arena_take(tx_state_memory(t), sizeof *r);
    *r = (state_row){.is_forced = forced, .writer = t->serial};
    return r;
}

state_row *tx_state_held_row(tx_state *t, state_row *r)
{
    const row_content *content = content_of(t, r);
    if (r->id == 0 || content->touched)
        return r;
    state_row *copy = tx_state_new_row(t, false);
    for (size_t i = 0; i < content->count; i++)
        put_field(tx_state_memory(t), &copy->now, content->fields[i].name, content->fields[i].value);
    return copy;
}

void tx_state_set_field(tx_state *t, state_row *r, bytes name, bytes value)
{
    put_field(tx_state_memory(t), content_for_write(t, r), name, arena_copy(tx_state_memory(t), value));
}

/* Tables. */

static state_table *add_table(tx_state *t, bytes name)
{
    block_table *base = block_state_table(t->block, name);
    state_table *table = arena_take(tx_state_memory(t), sizeof *table);
    *table = (state_table){.base = base, .slots = map_init(t->block->hash_seed)};
    map_put(&t->tables, base->name, table);
    if (t->opened_count == t->opened_capacity) {
        t->opened_capacity = t->opened_capacity ? t->opened_capacity * 2 : 8;
        t->opened = memory_resize(t->opened, t->opened_capacity, sizeof(state_table *));
    }
    t->opened[t->opened_count++] = table;
    return table;
}

static bool authority_applies(tx_state *t, state_table *access, bytes name)
{
    /* QUIRK: the table of permissions is open to all while it names fewer than two of its own keepers (precompiled.md 6.2). */
    bool is_access = bytes_equal_text(name, TABLE_ACCESS);
    if (!is_access && !t->block->rules->reconfirm_committee)
        return true;
    return tx_state_select(t, access, bytes_of_text(TABLE_ACCESS), NULL).count >= 2;
}

static void read_authority(tx_state *t, state_table *table, bytes name)
{
    state_table *access = table;
    if (!bytes_equal_text(name, TABLE_ACCESS))
        access = tx_state_open(t, bytes_of_text(TABLE_ACCESS));
    if (!authority_applies(t, access, name))
        return;
    state_rows rows = tx_state_select(t, access, name, NULL);
    table->authority = arena_take_array(tx_state_memory(t), rows.count, sizeof(address));
    for (size_t i = 0; i < rows.count; i++) {
        int64_t enable;
        if (!number_read_int64(tx_state_field_named(t, rows.rows[i], "enable_num"), &enable) || enable > t->block->parent_number)
            continue;
        address_read_text(tx_state_field_named(t, rows.rows[i], "address"), &table->authority[table->authority_count++]);
    }
}

static bool read_shape(tx_state *t, bytes name, table_shape *out)
{
    if (table_system_shape(name, out))
        return true;
    state_table *tables = tx_state_open(t, bytes_of_text(TABLE_TABLES));
    state_row *r = tx_state_find(t, tables, name);
    if (r == NULL)
        return false;
    *out = table_shape_of(tx_state_memory(t), tx_state_field_named(t, r, "key_field"), tx_state_field_named(t, r, "value_field"));
    return true;
}

static state_table *open_table(tx_state *t, bytes name, bool with_authority)
{
    state_table *table = map_get(&t->tables, name);
    if (table)
        return table;
    block_table *base = map_get(&t->block->tables, name);
    if (base && base->opened) {
        table = add_table(t, name);
        table->shape = base->shape;
        table->authority = base->authority, table->authority_count = base->authority_count;
        return table;
    }
    table_shape shape;
    if (!read_shape(t, name, &shape))
        return NULL;
    table = add_table(t, name);
    table->shape = shape;
    if (with_authority)
        read_authority(t, table, table->base->name);
    return table;
}

state_table *tx_state_open(tx_state *t, bytes name)
{
    return open_table(t, name, true);
}

state_table *tx_state_open_without_authority(tx_state *t, bytes name)
{
    return open_table(t, name, false);
}

int tx_state_create_table(tx_state *t, bytes name, bytes key_field, bytes value_fields, const address *origin,
                          state_table **out)
{
    state_table *tables = tx_state_open(t, bytes_of_text(TABLE_TABLES));
    if (tx_state_find(t, tables, name))
        return TABLE_EXISTS;
    const row_field fields[] = {field_of("key_field", key_field), field_of("table_name", name),
                                field_of("value_field", value_fields)};
    int inserted = tx_state_insert(t, tables, name, fields, COUNT(fields), origin);
    if (inserted < 0)
        return inserted;
    state_table *made = tx_state_open_without_authority(t, name);
    if (out)
        *out = made;
    return TABLE_OK;
}

const table_shape *tx_state_shape(const state_table *table)
{
    return &table->shape;
}

bytes tx_state_table_name(const state_table *table)
{
    return table->base->name;
}

bool tx_state_may_write(const state_table *table, const address *origin)
{
    for (size_t i = 0; i < table->authority_count; i++)
        if (memcmp(&table->authority[i], origin, sizeof *origin) == 0)
            return true;
    return table->authority_count == 0;
}

/* Reading. */

static tx_slot *slot_of(tx_state *t, state_table *table, bytes key)
{
    tx_slot *slot = map_get(&table->slots, key);
    if (slot == NULL) {
        slot = arena_take(tx_state_memory(t), sizeof *slot);
        *slot = (tx_slot){.base = block_state_slot(t->block, table->base, key)};
        map_put(&table->slots, slot->base->key, slot);
    }
    return slot;
}

typedef struct {
    const tx_state *t;
    const state_table *table;
    bytes key;
    const condition *c;
} row_test;

static bool test_fields(const row_test *test, const row_field *fields, size_t count)
{
    const bytes *key = fields_find(fields, count, test->table->shape.key_field);
    if (key == NULL || !bytes_equal(*key, test->key))
        return false;
    return test->c == NULL || condition_matches(test->c, test->t->block->rules, fields, count);
}

static bool test_content(const row_test *test, const row_content *content)
{
    return content->status == ROW_NORMAL && !content->undone && test_fields(test, content->fields, content->count);
}

/* A committed row counts when its stored form matches, and (from 2.5.0 on) its form in the block too. */
static bool test_committed(const row_test *test, const state_row *r)
{
    const row_content *content = content_of(test->t, r);
    if (!content->touched)
        return test_content(test, content);
    return test_fields(test, r->stored->fields, r->stored->field_count) &&
           (test_content(test, content) || !rules_have(test->t->block->rules, GATE_SELECT_REMATCH));
}

/* Rows that only match since this block updated them. */
static bool test_became_match(const row_test *test, const state_row *r)
{
    const row_content *content = content_of(test->t, r);
    return content->updated && test_content(test, content) && rules_have(test->t->block->rules, GATE_SELECT_REMATCH) &&
           !test_fields(test, r->stored->fields, r->stored->field_count);
}

static state_row *matching_row(const tx_slot *slot, const row_test *test, size_t *pass_at)
{
    const block_slot *base = slot->base;
    size_t committed = base->committed, all = base->count + slot->count;
    /* [0, committed): stored rows; [committed, 2 * committed): the same, those that became a match; then the new ones. */
    while (*pass_at < committed + all) {
        size_t at = (*pass_at)++;
        if (at < committed) {
            if (test_committed(test, base->rows[at]))
                return base->rows[at];
        } else if (at < 2 * committed) {
            if (test_became_match(test, base->rows[at - committed]))
                return base->rows[at - committed];
        } else {
            size_t index = at - committed;
            state_row *r = index < base->count ? base->rows[index] : slot->added[index - base->count];
            if (test_content(test, content_of(test->t, r)))
                return r;
        }
    }
    return NULL;
}

state_rows tx_state_select(tx_state *t, state_table *table, bytes key, condition *c)
{
    tx_slot *slot = slot_of(t, table, key);
    if (c)
        condition_add(c, tx_state_memory(t), CONDITION_EQ, table->shape.key_field, key);
    row_test test = {t, table, key, c};
    size_t most = slot->base->committed + slot->base->count + slot->count, count = 0, at = 0;
    state_row **rows = arena_take_array(tx_state_memory(t), most, sizeof(state_row *));
    for (state_row *r; (r = matching_row(slot, &test, &at));)
        rows[count++] = r;
    size_t first, end;
    condition_apply_limit(c, t->block->rules, count, &first, &end);
    return (state_rows){rows + first, end - first};
}

state_row *tx_state_find(tx_state *t, state_table *table, bytes key)
{
    row_test test = {t, table, key, NULL};
    size_t at = 0;
    return matching_row(slot_of(t, table, key), &test, &at);
}

/* Writing. */

void tx_state_record(tx_state *t, undo_record undone)
{
    if (t->undo_count == t->undo_capacity) {
        t->undo_capacity = t->undo_capacity ? t->undo_capacity * 2 : 64;
        t->undo = memory_resize(t->undo, t->undo_capacity, sizeof *t->undo);
    }
    t->undo[t->undo_count++] = undone;
}

static int check_write(const state_table *table, const row_field *fields, size_t count, const address *origin)
{
    if (origin && !tx_state_may_write(table, origin))
        return TABLE_NOT_ALLOWED;
    for (size_t i = 0; i < count; i++)
        if (!table_has_field(&table->shape, fields[i].name))
            return TABLE_INVALID_FIELD;
    return TABLE_OK;
}

static void append_row(tx_state *t, state_table *table, bytes key, state_row *r)
{
    tx_slot *slot = slot_of(t, table, key);
    put_field(tx_state_memory(t), content_for_write(t, r), table->shape.key_field, slot->base->key);
    if (slot->count == slot->capacity) {
        size_t capacity = slot->capacity ? slot->capacity * 2 : 2;
        state_row **added = arena_take_array(tx_state_memory(t), capacity, sizeof(state_row *));
        if (slot->count)
            memcpy(added, slot->added, slot->count * sizeof(state_row *));
        slot->added = added, slot->capacity = capacity;
    }
    slot->added[slot->count++] = r;
    table->dirty = true;
    tx_state_record(t, (undo_record){.kind = UNDO_INSERT, .row = r});
}

int tx_state_insert(tx_state *t, state_table *table, bytes key, const row_field *fields, size_t count, const address *origin)
{
    int refused = check_write(table, fields, count, origin);
    if (refused)
        return refused;
    state_row *r = tx_state_new_row(t, false);
    for (size_t i = 0; i < count; i++)
        tx_state_set_field(t, r, fields[i].name, fields[i].value);
    append_row(t, table, key, r);
    return 1;
}

int tx_state_insert_row(tx_state *t, state_table *table, bytes key, state_row *r, const address *origin)
{
    size_t count;
    const row_field *fields = tx_state_fields(t, r, &count);
    int refused = check_write(table, fields, count, origin);
    if (refused)
        return refused;
    append_row(t, table, key, r);
    return 1;
}

static void update_row(tx_state *t, state_table *table, state_row *r, const row_field *fields, size_t count)
{
    row_content *content = content_for_write(t, r);
    if (r->id != 0 && !content->touched)
        content->touched = content->updated = true;
    for (size_t i = 0; i < count; i++) {
        bytes name = fields[i].name;
        if (bytes_equal(name, table->shape.key_field) || bytes_equal_text(name, "_id_"))
            continue;
        const bytes *old = fields_find(content->fields, content->count, name);
        /* A field that was absent comes back empty (QUIRK of execution.md 8.5, point 6). */
        tx_state_record(t, (undo_record){.kind = UNDO_UPDATE, .row = r, .name = arena_copy(tx_state_memory(t), name),
                                         .old = old ? *old : BYTES_EMPTY});
        put_field(tx_state_memory(t), content, name, arena_copy(tx_state_memory(t), fields[i].value));
    }
}

int tx_state_update(tx_state *t, state_table *table, bytes key, const row_field *fields, size_t count, condition *c,
                    const address *origin)
{
    int refused = check_write(table, fields, count, origin);
    if (refused)
        return refused;
    state_rows rows = tx_state_select(t, table, key, c);
    for (size_t i = 0; i < rows.count; i++)
        update_row(t, table, rows.rows[i], fields, count);
    table->dirty = true;
    return (int)rows.count;
}

int tx_state_remove(tx_state *t, state_table *table, bytes key, condition *c, const address *origin)
{
    int refused = check_write(table, NULL, 0, origin);
    if (refused)
        return refused;
    state_rows rows = tx_state_select(t, table, key, c);
    for (size_t i = 0; i < rows.count; i++) {
        row_content *content = content_for_write(t, rows.rows[i]);
        content->status = ROW_REMOVED;
        if (rows.rows[i]->id != 0)
            content->touched = true;
        tx_state_record(t, (undo_record){.kind = UNDO_REMOVE, .row = rows.rows[i]});
    }
    table->dirty = true;
    return (int)rows.count;
}

size_t tx_state_savepoint(const tx_state *t)
{
    return t->undo_count;
}

void tx_state_undo(tx_state *t, size_t savepoint)
{
    assert(savepoint <= t->undo_count);
    while (t->undo_count > savepoint) {
        const undo_record *last = &t->undo[--t->undo_count];
        switch (last->kind) {
        case UNDO_INSERT:
            content_for_write(t, last->row)->undone = true;
            break;
        case UNDO_UPDATE:
            put_field(tx_state_memory(t), content_for_write(t, last->row), last->name, last->old);
            break;
        case UNDO_REMOVE:
            content_for_write(t, last->row)->status = ROW_NORMAL;
            break;
        case UNDO_ACCOUNT:
        case UNDO_SLOT:
            account_trie_undo(last);
            break;
        }
    }
}

/* Beside the tables. */

bool tx_state_cached_gas(const tx_state *t, const address *account, u256 *out)
{
    const gas_entry *entry = map_get(&t->gas, BYTES_OF_VALUE(*account));
    if (entry == NULL)
        entry = map_get(&t->block->gas, BYTES_OF_VALUE(*account));
    if (entry)
        *out = entry->gas;
    return entry != NULL;
}

void tx_state_cache_gas(tx_state *t, const address *account, u256 value)
{
    gas_entry *entry = arena_take(tx_state_memory(t), sizeof *entry);
    *entry = (gas_entry){*account, value};
    map_put(&t->gas, BYTES_OF_VALUE(entry->account), entry);
}

enum { FIRST_OBJECT = 0x10001 };

uint64_t tx_state_add_object(tx_state *t, void *object)
{
    if (t->object_count == t->object_capacity) {
        t->object_capacity = t->object_capacity ? t->object_capacity * 2 : 8;
        t->objects = memory_resize(t->objects, t->object_capacity, sizeof *t->objects);
    }
    t->objects[t->object_count++] = object;
    return FIRST_OBJECT + t->block->object_count + t->object_count - 1;
}

void *tx_state_object(const tx_state *t, uint64_t number)
{
    if (number < FIRST_OBJECT)
        return NULL;
    uint64_t index = number - FIRST_OBJECT, before = t->block->object_count;
    if (index < before)
        return t->block->objects[index];
    return index - before < t->object_count ? t->objects[index - before] : NULL;
}
