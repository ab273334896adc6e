/* Accounts as tables: spec/execution.md 8.2 to 8.4. */
#include "state/account_engine.h"
#include "state/address_text.h"

#include "codec/hex.h"

#define KEY(literal) BYTES_OF_LITERAL(literal)

static bytes table_name(const chain_rules *rules, arena *memory, const address *a)
{
    char hex[ADDRESS_HEX_BYTES];
    address_write_hex(a, hex);
    bool is_short = rules_have(rules, GATE_SHORT_TABLE_NAMES);
    return bytes_of_text(arena_print(memory, is_short ? "c_%s" : "_contract_data_%s_", hex));
}

bytes account_table_name(tx_state *t, const address *a)
{
    return table_name(block_state_rules(tx_state_block(t)), tx_state_memory(t), a);
}

static state_table *open_account(tx_state *t, const address *a)
{
    char name[64] = "c_";
    if (!rules_have(block_state_rules(tx_state_block(t)), GATE_SHORT_TABLE_NAMES))
        return tx_state_open(t, account_table_name(t, a));
    address_write_hex(a, name + 2);
    return tx_state_open(t, bytes_of(name, 2 + ADDRESS_HEX_BYTES - 1));
}

state_table *account_table(tx_state *t, const address *a)
{
    return open_account(t, a);
}

static bytes value_of(tx_state *t, state_table *table, bytes key)
{
    state_row *r = table ? tx_state_find(t, table, key) : NULL;
    return r ? tx_state_field(t, r, KEY("value")) : BYTES_EMPTY;
}

static bool has_row(tx_state *t, state_table *table, bytes key)
{
    return tx_state_find(t, table, key) != NULL;
}

static u256 number_of(bytes text)
{
    u256 number;
    return u256_from_decimal(text, &number) ? number : U256_ZERO;
}

static bytes decimal(u256 number, char text[U256_DECIMAL_BYTES])
{
    size_t size = u256_to_decimal(number, text);
    return bytes_of(text, size);
}

static void update_value(tx_state *t, state_table *table, bytes key, bytes value)
{
    const row_field fields[] = {{KEY("key"), key}, {KEY("value"), value}};
    (void)tx_state_update(t, table, key, fields, COUNT(fields), NULL, NULL);
}

static void insert_value(tx_state *t, state_table *table, bytes key, bytes value)
{
    const row_field fields[] = {{KEY("key"), key}, {KEY("value"), value}};
    (void)tx_state_insert(t, table, key, fields, COUNT(fields), NULL);
}

static void put_value(tx_state *t, state_table *table, bytes key, bytes value)
{
    if (has_row(t, table, key))
        update_value(t, table, key, value);
    else
        insert_value(t, table, key, value);
}

/* A hash or code as a row holds it: raw, or as hex text below 2.5.0. */
static bytes stored_form(tx_state *t, bytes raw)
{
    if (rules_have(block_state_rules(tx_state_block(t)), GATE_RAW_CODE_ROWS))
        return raw;
    return bytes_of_text(hex_text(tx_state_memory(t), raw));
}

static bytes raw_form(tx_state *t, bytes stored)
{
    bytes raw;
    if (rules_have(block_state_rules(tx_state_block(t)), GATE_RAW_CODE_ROWS))
        return stored;
    return hex_read_any(tx_state_memory(t), stored, &raw) ? raw : BYTES_EMPTY;
}

static hash256 empty_hash(tx_state *t)
{
    return suite_hash(block_state_rules(tx_state_block(t))->suite, BYTES_EMPTY);
}

static state_table *create_account(tx_state *t, const address *a, u256 nonce)
{
    char text[U256_DECIMAL_BYTES];
    state_table *table = NULL;
    bytes name = account_table_name(t, a);
    if (tx_state_create_table(t, name, KEY("key"), KEY("value"), NULL, &table) != TABLE_OK)
        return NULL;
    hash256 none = empty_hash(t);
    insert_value(t, table, KEY("balance"), KEY("0"));
    insert_value(t, table, KEY("codeHash"), stored_form(t, BYTES_OF_VALUE(none)));
    insert_value(t, table, KEY("code"), BYTES_EMPTY);
    insert_value(t, table, KEY("nonce"), decimal(nonce, text));
    insert_value(t, table, KEY("alive"), KEY("true"));
    return table;
}

static u256 table_nonce(tx_state *t, const address *a)
{
    return number_of(value_of(t, open_account(t, a), KEY("nonce")));
}

static void table_increment_nonce(tx_state *t, const address *a)
{
    char text[U256_DECIMAL_BYTES];
    state_table *table = open_account(t, a);
    if (table == NULL)
        create_account(t, a, u256_of(1));
    else if (has_row(t, table, KEY("nonce")))
        update_value(t, table, KEY("nonce"), decimal(u256_add(table_nonce(t, a), u256_of(1)), text));
}

static void table_set_nonce(tx_state *t, const address *a, u256 nonce)
{
    char text[U256_DECIMAL_BYTES];
    state_table *table = open_account(t, a);
    if (table)
        update_value(t, table, KEY("nonce"), decimal(nonce, text));
    else
        create_account(t, a, nonce);
}

static u256 table_balance(tx_state *t, const address *a)
{
    return number_of(value_of(t, open_account(t, a), KEY("balance")));
}

static bool table_subtract_balance(tx_state *t, const address *a, u256 amount)
{
    char text[U256_DECIMAL_BYTES];
    state_table *table = open_account(t, a);
    if (table == NULL)
        return false;
    state_row *r = tx_state_find(t, table, KEY("balance"));
    if (r == NULL)
        return true;
    u256 balance = number_of(tx_state_field(t, r, KEY("value")));
    if (u256_compare(balance, amount) < 0)
        return false;
    update_value(t, table, KEY("balance"), decimal(u256_sub(balance, amount), text));
    return true;
}

static hash256 table_code_hash(tx_state *t, const address *a)
{
    state_table *table = open_account(t, a);
    state_row *r = table ? tx_state_find(t, table, KEY("codeHash")) : NULL;
    if (r == NULL)
        return empty_hash(t);
    bytes raw = raw_form(t, tx_state_field(t, r, KEY("value")));
    hash256 hash = {{0}};
    if (raw.size == sizeof hash)
        memcpy(&hash, raw.data, sizeof hash);
    return hash;
}

static bytes table_code(tx_state *t, const address *a)
{
    if (!account_has_code(t, a))
        return BYTES_EMPTY;
    return raw_form(t, value_of(t, open_account(t, a), KEY("code")));
}

static void table_set_code(tx_state *t, const address *a, bytes code)
{
    state_table *table = open_account(t, a);
    if (table == NULL)
        return;
    hash256 hash = suite_hash(block_state_rules(tx_state_block(t))->suite, code);
    update_value(t, table, KEY("code"), stored_form(t, code));
    update_value(t, table, KEY("codeHash"), stored_form(t, BYTES_OF_VALUE(hash)));
}

static hash256 table_visible_code_hash(tx_state *t, const address *a)
{
    const chain_rules *rules = block_state_rules(tx_state_block(t));
    /* QUIRK from 2.5.0 to below 2.8.0: the raw row is read as hex text and gives 0 (execution.md section 3). */
    if (rules_have(rules, GATE_RAW_CODE_ROWS) && !rules_have(rules, GATE_RAW_CODE_HASH))
        return (hash256){{0}};
    return table_code_hash(t, a);
}

static u256 table_storage(tx_state *t, const address *a, const u256 *slot)
{
    char text[U256_DECIMAL_BYTES];
    return number_of(value_of(t, open_account(t, a), decimal(*slot, text)));
}

static void table_set_storage(tx_state *t, const address *a, const u256 *slot, const u256 *value)
{
    char key[U256_DECIMAL_BYTES], text[U256_DECIMAL_BYTES];
    state_table *table = open_account(t, a);
    if (table)
        put_value(t, table, decimal(*slot, key), decimal(*value, text));
}

static bool table_may_write(tx_state *t, const address *a, const address *origin)
{
    state_table *table = open_account(t, a);
    return table == NULL || tx_state_may_write(table, origin);
}

static void table_kill(tx_state *t, const address *a)
{
    state_table *table = open_account(t, a);
    if (table == NULL)
        return;
    hash256 none = empty_hash(t);
    update_value(t, table, KEY("nonce"), KEY("0"));
    update_value(t, table, KEY("balance"), KEY("0"));
    update_value(t, table, KEY("code"), BYTES_EMPTY);
    update_value(t, table, KEY("codeHash"), stored_form(t, BYTES_OF_VALUE(none)));
    update_value(t, table, KEY("alive"), KEY("false"));
}

static bool table_is_frozen(tx_state *t, const address *a)
{
    return bytes_equal_text(value_of(t, open_account(t, a), KEY("frozen")), "true");
}

static void table_add_manager(tx_state *t, const address *a, bytes manager_hex)
{
    state_table *table = open_account(t, a);
    if (table)
        insert_value(t, table, KEY("authority"), manager_hex);
}

static state_rows table_managers(tx_state *t, const address *a)
{
    state_table *table = open_account(t, a);
    return table ? tx_state_select(t, table, KEY("authority"), NULL) : (state_rows){0};
}

static bool table_remaining_gas(tx_state *t, const address *a, u256 *out)
{
    if (tx_state_cached_gas(t, a, out))
        return true;
    *out = U256_ZERO;
    state_table *table = open_account(t, a);
    if (table == NULL)
        return false;
    state_row *r = tx_state_find(t, table, KEY("remain_gas"));
    if (r) {
        *out = number_of(tx_state_field(t, r, KEY("value")));
        tx_state_cache_gas(t, a, *out);
    }
    return true;
}

static void table_set_remaining_gas(tx_state *t, const address *a, u256 gas)
{
    char text[U256_DECIMAL_BYTES];
    state_table *table = open_account(t, a);
    if (table == NULL)
        table = create_account(t, a, U256_ZERO);
    if (table)
        put_value(t, table, KEY("remain_gas"), decimal(gas, text));
    tx_state_cache_gas(t, a, gas);
}

static hash256 table_state_root(block_state *b, const hash256 *tables)
{
    (void)b;
    return *tables;
}

static hash256 table_running_root(block_state *b)
{
    (void)b;
    return (hash256){{0}};
}

static bool table_committed_code(const chain_rules *rules, store *s, const hash256 *state_root, const address *account, arena *a,
                                 bytes *code, error_text *why)
{
    (void)state_root;
    row_key where = {table_name(rules, a, account), KEY("code")};
    row_set rows;
    store_result result = store_get_many(s, NULL, &where, 1, a, &rows, why);
    if (result != STORE_OK) {
        error_prefix(why, "%s", store_result_text(result));
        return false;
    }
    for (size_t i = 0; i < rows.count && code->size == 0; i++) {
        const bytes *value = rows.rows[i].status == ROW_NORMAL ? row_find(&rows.rows[i], KEY("value")) : NULL;
        if (value)
            *code = *value;
    }
    if (rules_have(rules, GATE_RAW_CODE_ROWS) || hex_read_any(a, *code, code))
        return true;
    return error_set(why, "table %.*s: code that is no hexadecimal text", (int)where.table.size, (const char *)where.table.data);
}

const account_engine account_tables = {
    .nonce = table_nonce,
    .increment_nonce = table_increment_nonce,
    .set_nonce = table_set_nonce,
    .balance = table_balance,
    .subtract_balance = table_subtract_balance,
    .code = table_code,
    .code_hash = table_code_hash,
    .visible_code_hash = table_visible_code_hash,
    .set_code = table_set_code,
    .storage = table_storage,
    .set_storage = table_set_storage,
    .kill = table_kill,
    .may_write = table_may_write,
    .is_frozen = table_is_frozen,
    .add_manager = table_add_manager,
    .managers = table_managers,
    .remaining_gas = table_remaining_gas,
    .set_remaining_gas = table_set_remaining_gas,
    .state_root = table_state_root,
    .running_root = table_running_root,
    .committed_code = table_committed_code,
};
