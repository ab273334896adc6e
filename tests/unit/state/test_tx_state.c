/* Tables as transactions see them: order of rows, rollback, permission, objects (spec/execution.md 8.5, precompiled.md 5 and 6). */
#include "support_state.h"

static world *w;
static tx_state *t;

static int begin(void **state)
{
    (void)state;
    w = world_new(VERSION_OF(2, 11, 0), &crypto_standard);
    t = tx_state_new(w->block);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tx_state_free(t);
    world_free(w);
    return 0;
}

static void next_transaction(void)
{
    block_state_merge(w->block, t);
    tx_state_free(t);
    t = tx_state_new(w->block);
}

static void next_block(void)
{
    block_state_merge(w->block, t);
    tx_state_free(t);
    world_next_block(w);
    t = tx_state_new(w->block);
}

static state_table *items(void)
{
    state_table *table = tx_state_open(t, TEXT("u_items"));
    if (table == NULL)
        assert_int_equal(tx_state_create_table(t, TEXT("u_items"), TEXT("name"), TEXT("id,price,odd_"), NULL, &table), TABLE_OK);
    return table;
}

static void insert(const char *key, const char *id, const char *price)
{
    const row_field fields[] = {field_of("id", bytes_of_text(id)), field_of("price", bytes_of_text(price))};
    assert_int_equal(tx_state_insert(t, items(), bytes_of_text(key), fields, COUNT(fields), NULL), 1);
}

static void set_price(const char *key, const char *id, const char *price)
{
    condition c = {0};
    condition_add(&c, tx_state_memory(t), CONDITION_EQ, TEXT("id"), bytes_of_text(id));
    const row_field fields[] = {field_of("price", bytes_of_text(price))};
    assert_int_equal(tx_state_update(t, items(), bytes_of_text(key), fields, COUNT(fields), &c, NULL), 1);
}

/* The ids of the rows that a select gives, one behind the other. */
static const char *ids_where(const char *key, condition *c)
{
    state_rows rows = tx_state_select(t, items(), bytes_of_text(key), c);
    char *text = arena_take(tx_state_memory(t), rows.count * 8 + 1);
    for (size_t i = 0; i < rows.count; i++) {
        bytes id = tx_state_field_named(t, rows.rows[i], "id");
        strncat(text, (const char *)id.data, id.size);
    }
    return text;
}

static condition price_is(condition_operator op, const char *price)
{
    condition c = {0};
    condition_add(&c, tx_state_memory(t), op, TEXT("price"), bytes_of_text(price));
    return c;
}

static void new_rows_come_in_order_of_insertion_then_of_content(void **state)
{
    (void)state;
    insert("fruit", "3", "x");
    insert("fruit", "1", "x");
    insert("fruit", "2", "x");
    assert_string_equal(ids_where("fruit", NULL), "312");
    next_block();
    assert_string_equal(ids_where("fruit", NULL), "123"); /* QUIRK: ids follow the sorted content */
}

static void rows_that_became_a_match_come_after_those_that_were(void **state)
{
    (void)state;
    insert("fruit", "1", "5");
    insert("fruit", "2", "7");
    insert("fruit", "3", "5");
    next_block();
    set_price("fruit", "1", "9"); /* leaves */
    set_price("fruit", "2", "5"); /* enters */
    insert("fruit", "4", "5");
    condition c = price_is(CONDITION_EQ, "5");
    assert_string_equal(ids_where("fruit", &c), "324");
    condition_limit(&c, 1, 2);
    assert_string_equal(ids_where("fruit", &c), "24");
}

static void limit_is_applied_last(void **state)
{
    (void)state;
    insert("k", "1", "1"), insert("k", "2", "2"), insert("k", "3", "3");
    static const struct {
        uint64_t offset, count;
        const char *ids;
    } cases[] = {{0, 0, ""}, {0, 2, "12"}, {1, 1, "2"}, {2, 9, "3"}, {3, 1, ""}, {9, 9, ""}, {1, INT32_MAX, "23"},
                 /* QUIRK: negative as 32 bits, so no limit; negative as 64 bits: refused, no limit either */
                 {0x80000000, 1, "123"}, {UINT64_MAX, 1, "123"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        condition c = {0};
        condition_limit(&c, cases[i].offset, cases[i].count);
        assert_string_equal(ids_where("k", &c), cases[i].ids);
    }
}

static void undo_restores_values_but_not_traces(void **state)
{
    (void)state;
    insert("k", "1", "1");
    next_block();
    size_t savepoint = tx_state_savepoint(t);
    set_price("k", "1", "2");
    set_price("k", "1", "3");
    assert_int_equal(tx_state_remove(t, items(), TEXT("k"), NULL, NULL), 1);
    assert_string_equal(ids_where("k", NULL), "");
    insert("k", "2", "9");
    tx_state_undo(t, savepoint);
    state_rows rows = tx_state_select(t, items(), TEXT("k"), NULL);
    assert_int_equal(rows.count, 1);
    assert_true(bytes_equal_text(tx_state_field_named(t, rows.rows[0], "price"), "1"));
    block_state_merge(w->block, t);
    buffer dump = buffer_init(4096);
    block_state_dump(w->block, &dump);
    buffer_append_byte(&dump, 0);
    assert_non_null(strstr((char *)dump.data, "u_items dirty\n  touched #100004 id=1 name=k price=1\n"));
    buffer_free(&dump);
}

static void undo_of_a_field_that_was_absent_leaves_it_empty(void **state)
{
    (void)state;
    const row_field only_id[] = {field_of("id", TEXT("1"))};
    assert_int_equal(tx_state_insert(t, items(), TEXT("k"), only_id, 1, NULL), 1);
    size_t savepoint = tx_state_savepoint(t);
    set_price("k", "1", "5");
    tx_state_undo(t, savepoint);
    size_t count;
    const row_field *fields = tx_state_fields(t, tx_state_find(t, items(), TEXT("k")), &count);
    assert_non_null(fields_find(fields, count, TEXT("price"))); /* QUIRK of execution.md 8.5, point 6 */
    assert_int_equal(fields_find(fields, count, TEXT("price"))->size, 0);
}

/* QUIRK of data-model.md 7.2, "table cache". */
static void table_whose_creation_was_undone_stays_open(void **state)
{
    (void)state;
    size_t savepoint = tx_state_savepoint(t);
    items();
    tx_state_undo(t, savepoint);
    next_transaction();
    state_table *again = tx_state_open(t, TEXT("u_items"));
    assert_non_null(again);
    assert_null(tx_state_find(t, tx_state_open(t, TEXT(TABLE_TABLES)), TEXT("u_items")));
    /* Created again with other fields, it keeps the first ones until the block ends. */
    assert_int_equal(tx_state_create_table(t, TEXT("u_items"), TEXT("name"), TEXT("other"), NULL, &again), TABLE_OK);
    const row_field field[] = {field_of("other", TEXT("1"))};
    assert_int_equal(tx_state_insert(t, again, TEXT("k"), field, 1, NULL), TABLE_INVALID_FIELD);
    next_block();
    assert_int_equal(tx_state_insert(t, items(), TEXT("k"), field, 1, NULL), 1);
}

/* QUIRK of execution.md 8.5, point 5: an account that was undone cannot be made again in the block. */
static void account_that_was_undone_cannot_be_made_again(void **state)
{
    (void)state;
    address a = address_of_byte(9);
    size_t savepoint = tx_state_savepoint(t);
    account_set_nonce(t, &a, u256_of(3));
    assert_true(u256_equal(account_nonce(t, &a), u256_of(3)));
    tx_state_undo(t, savepoint);
    next_transaction();
    account_set_nonce(t, &a, u256_of(4));
    account_set_code(t, &a, TEXT("code"));
    assert_true(u256_is_zero(account_nonce(t, &a)));
    assert_false(account_has_code(t, &a));
    next_block();
    account_set_nonce(t, &a, u256_of(4));
    assert_true(u256_equal(account_nonce(t, &a), u256_of(4)));
}

static void killed_account_keeps_its_storage(void **state)
{
    (void)state;
    address a = address_of_byte(9);
    u256 slot = U256_MAX, value = u256_of(42);
    account_set_nonce(t, &a, u256_of(0));
    account_set_code(t, &a, TEXT("code"));
    account_set_storage(t, &a, &slot, &value);
    account_kill(t, &a);
    assert_false(account_has_code(t, &a));
    assert_int_equal(account_code(t, &a).size, 0);
    assert_true(u256_equal(account_storage(t, &a, &slot), value));
}

static void permit(const char *table, const char *who, const char *enable_number)
{
    const row_field fields[] = {field_of("address", bytes_of_text(who)), field_of("enable_num", bytes_of_text(enable_number))};
    state_table *access = tx_state_open(t, TEXT(TABLE_ACCESS));
    assert_int_equal(tx_state_insert(t, access, bytes_of_text(table), fields, COUNT(fields), NULL), 1);
}

static void permission_counts_from_the_next_block_and_is_fixed_when_a_table_is_opened(void **state)
{
    (void)state;
    address one = address_of_byte(0x11), two = address_of_byte(0x22), nobody = address_of_byte(0);
    items();
    next_block();
    permit("u_items", "0x1111111111111111111111111111111111111111", "2");
    permit("u_items", "0x12", "2"); /* QUIRK: another length is the zero address */
    assert_true(tx_state_may_write(items(), &two));
    next_block();
    assert_true(tx_state_may_write(items(), &one));
    assert_true(tx_state_may_write(items(), &nobody));
    assert_false(tx_state_may_write(items(), &two));
    assert_int_equal(tx_state_insert(t, items(), TEXT("k"), NULL, 0, &two), TABLE_NOT_ALLOWED);
    assert_int_equal(tx_state_remove(t, tx_state_open(t, TEXT(TABLE_ACCESS)), TEXT("u_items"), NULL, NULL), 2);
    assert_false(tx_state_may_write(items(), &two)); /* fixed until the block ends */
    next_transaction();
    assert_false(tx_state_may_write(items(), &two));
    next_block();
    assert_true(tx_state_may_write(items(), &two));
}

/* QUIRK of precompiled.md 6.2: the table of permissions is open while it has fewer than two keepers. */
static void access_table_is_open_below_two_keepers(void **state)
{
    (void)state;
    address stranger = address_of_byte(0x33);
    permit(TABLE_ACCESS, "0x1111111111111111111111111111111111111111", "1");
    next_block();
    assert_true(tx_state_may_write(tx_state_open(t, TEXT(TABLE_ACCESS)), &stranger));
    permit(TABLE_ACCESS, "0x2222222222222222222222222222222222222222", "2");
    next_block();
    assert_false(tx_state_may_write(tx_state_open(t, TEXT(TABLE_ACCESS)), &stranger));
}

/* QUIRK of precompiled.md 5.2: an inserted row object stays alive; one read clean from the store is a copy. */
static void rows_are_shared_when_the_block_touched_them(void **state)
{
    (void)state;
    insert("k", "1", "1");
    next_block();
    state_row *clean = tx_state_held_row(t, tx_state_find(t, items(), TEXT("k")));
    tx_state_set_field(t, clean, TEXT("price"), TEXT("77"));
    assert_true(bytes_equal_text(tx_state_field_named(t, tx_state_find(t, items(), TEXT("k")), "price"), "1"));
    state_row *fresh = tx_state_new_row(t, false);
    tx_state_set_field(t, fresh, TEXT("id"), TEXT("2"));
    assert_int_equal(tx_state_insert_row(t, items(), TEXT("k"), fresh, NULL), 1);
    assert_int_equal(tx_state_insert_row(t, items(), TEXT("k"), fresh, NULL), 1); /* twice the same row */
    next_transaction();
    tx_state_set_field(t, fresh, TEXT("id"), TEXT("3"));
    assert_string_equal(ids_where("k", NULL), "133");
    set_price("k", "1", "2");
    state_row *touched = tx_state_held_row(t, tx_state_find(t, items(), TEXT("k")));
    tx_state_set_field(t, touched, TEXT("price"), TEXT("88"));
    assert_true(bytes_equal_text(tx_state_field_named(t, tx_state_find(t, items(), TEXT("k")), "price"), "88"));
}

static void forced_row_replaces_what_is_stored(void **state)
{
    (void)state;
    insert("k", "1", "1");
    insert("k", "2", "1");
    next_block();
    assert_int_equal(tx_state_remove(t, items(), TEXT("k"), NULL, NULL), 2);
    state_row *forced = tx_state_new_row(t, true);
    tx_state_set_field(t, forced, TEXT("id"), TEXT("3"));
    assert_int_equal(tx_state_insert_row(t, items(), TEXT("k"), forced, NULL), 1);
    next_block();
    arena a = {0};
    row_set stored;
    row_key where = {TEXT("u_items"), TEXT("k")};
    assert_int_equal(store_get_many(w->store, NULL, &where, 1, &a, &stored, NULL), STORE_OK);
    assert_int_equal(stored.count, 1);
    arena_reset(&a);
}

static void remaining_gas_is_remembered_through_an_undo(void **state)
{
    (void)state;
    address a = address_of_byte(5);
    u256 gas;
    assert_false(account_remaining_gas(t, &a, &gas));
    size_t savepoint = tx_state_savepoint(t);
    account_set_remaining_gas(t, &a, u256_of(100));
    tx_state_undo(t, savepoint);
    next_transaction();
    assert_true(account_remaining_gas(t, &a, &gas)); /* QUIRK of execution.md 2.11 */
    assert_true(u256_equal(gas, u256_of(100)));
    next_block();
    assert_false(account_remaining_gas(t, &a, &gas));
}

static void object_numbers_are_never_given_back(void **state)
{
    (void)state;
    int first, second;
    assert_int_equal(tx_state_add_object(t, &first), 0x10001);
    tx_state_undo(t, 0);
    next_transaction();
    assert_int_equal(tx_state_add_object(t, &second), 0x10002);
    assert_ptr_equal(tx_state_object(t, 0x10001), &first);
    assert_ptr_equal(tx_state_object(t, 0x10002), &second);
    assert_null(tx_state_object(t, 0x10003));
    assert_null(tx_state_object(t, 0));
    assert_null(tx_state_object(t, UINT64_MAX));
    next_block();
    assert_null(tx_state_object(t, 0x10001));
}

static void dropped_transaction_leaves_nothing(void **state)
{
    (void)state;
    insert("k", "1", "1");
    next_transaction();
    set_price("k", "1", "2");
    insert("k", "2", "2");
    tx_state_free(t); /* not merged */
    t = tx_state_new(w->block);
    assert_string_equal(ids_where("k", NULL), "1");
    assert_true(bytes_equal_text(tx_state_field_named(t, tx_state_find(t, items(), TEXT("k")), "price"), "1"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(new_rows_come_in_order_of_insertion_then_of_content),
        CASE(rows_that_became_a_match_come_after_those_that_were),
        CASE(limit_is_applied_last),
        CASE(undo_restores_values_but_not_traces),
        CASE(undo_of_a_field_that_was_absent_leaves_it_empty),
        CASE(table_whose_creation_was_undone_stays_open),
        CASE(account_that_was_undone_cannot_be_made_again),
        CASE(killed_account_keeps_its_storage),
        CASE(permission_counts_from_the_next_block_and_is_fixed_when_a_table_is_opened),
        CASE(access_table_is_open_below_two_keepers),
        CASE(rows_are_shared_when_the_block_touched_them),
        CASE(forced_row_replaces_what_is_stored),
        CASE(remaining_gas_is_remembered_through_an_undo),
        CASE(object_numbers_are_never_given_back),
        CASE(dropped_transaction_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
