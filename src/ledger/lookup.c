/* lookup.c: reading the chain. Every function may run beside a commit: rows never change but at a commit, and what is behind
   the head is never asked for by number without the head having been seen first. */
#include "ledger/inside.h"

#include "codec/hex.h"
#include "codec/rlp.h"
#include "state/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_TEXT_BYTES = 24, HASH_TEXT_BYTES = 64 };

/* The first failure is kept; nothing after it can be trusted. */
static void note_failure(ledger *l, store_result result, const error_text *why)
{
    pthread_mutex_lock(&l->lock);
    if (l->failure == STORE_OK) {
        l->failure = result;
        l->failure_text = *why;
    }
    pthread_mutex_unlock(&l->lock);
}

/* A row that is there but cannot be understood. Always false. */
static bool note_damage(ledger *l, const char *table, const char *reason)
{
    error_text why;
    error_set(&why, "table %s: %s", table, reason);
    note_failure(l, STORE_CORRUPT, &why);
    return false;
}

store_result ledger_failure(ledger *l, error_text *why)
{
    pthread_mutex_lock(&l->lock);
    store_result result = l->failure;
    if (result != STORE_OK && why)
        *why = l->failure_text;
    pthread_mutex_unlock(&l->lock);
    return result;
}

static bool read_rows(ledger *l, const char *table, bytes key, arena *a, row_set *out)
{
    row_key where = {bytes_of_text(table), key};
    error_text why = {""};
    store_result result = store_get_many(l->store, NULL, &where, 1, a, out, &why);
    if (result == STORE_OK)
        return true;
    note_failure(l, result, &why);
    return false;
}

bool ledger_read_row(ledger *l, const char *table, bytes key, arena *a, row *out)
{
    row_set rows;
    if (!read_rows(l, table, key, a, &rows))
        return false;
    for (size_t i = 0; i < rows.count; i++)
        if (rows.rows[i].status == ROW_NORMAL) {
            *out = rows.rows[i];
            return true;
        }
    return false;
}

static bytes field(const row *r, const char *name)
{
    const bytes *value = row_find(r, bytes_of_text(name));
    return value ? *value : BYTES_EMPTY;
}

bool ledger_read_counter(const row *r, u256 *out)
{
    return u256_from_decimal(field(r, "value"), out);
}

static bytes number_text(int64_t number, char out[NUMBER_TEXT_BYTES])
{
    return bytes_of(out, (size_t)snprintf(out, NUMBER_TEXT_BYTES, "%" PRId64, number));
}

/* --- the blocks kept in memory --- */

static block *recent_by_number(ledger *l, int64_t number)
{
    block *found = NULL;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->recent_count && !found; i++)
        if (l->recent[i]->header.number == number)
            found = block_keep(l->recent[i]);
    pthread_mutex_unlock(&l->lock);
    return found;
}

static block *recent_by_hash(ledger *l, const hash256 *hash)
{
    block *found = NULL;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->recent_count && !found; i++)
        if (hash256_equal(&l->recent[i]->hash, hash))
            found = block_keep(l->recent[i]);
    pthread_mutex_unlock(&l->lock);
    return found;
}

ledger_tip ledger_head(ledger *l)
{
    pthread_mutex_lock(&l->lock);
    ledger_tip tip = l->tip;
    pthread_mutex_unlock(&l->lock);
    return tip;
}

/* --- blocks --- */

bool ledger_read_hash(ledger *l, int64_t number, hash256 *out)
{
    char text[NUMBER_TEXT_BYTES];
    arena a = {0};
    row r;
    bool found = ledger_read_row(l, TABLE_NUMBER_TO_HASH, number_text(number, text), &a, &r);
    if (found && !hex_read(field(&r, "value"), out->b, sizeof out->b))
        found = note_damage(l, TABLE_NUMBER_TO_HASH, "a value that is no hash");
    arena_reset(&a);
    return found;
}

bool ledger_hash_of_number(ledger *l, int64_t number, hash256 *out)
{
    ledger_tip tip = ledger_head(l);
    if (number < 0 || number > tip.number)
        return false;
    if (number < tip.number)
        return ledger_read_hash(l, number, out);
    *out = tip.hash;
    return true;
}

bool ledger_read_encoded(ledger *l, const hash256 *hash, arena *a, bytes *out)
{
    char key[HASH_TEXT_BYTES];
    hex_write(BYTES_OF_VALUE(*hash), key);
    row r;
    if (!ledger_read_row(l, TABLE_BLOCKS, bytes_of(key, sizeof key), a, &r))
        return false;
    *out = field(&r, "value");
    if (rules_have(&l->rules, GATE_RAW_BLOCK_ROWS) || hex_read_any(a, *out, out))
        return true;
    return note_damage(l, TABLE_BLOCKS, "a value that is no hexadecimal text");
}

block *ledger_read_block(ledger *l, const hash256 *hash)
{
    arena a = {0};
    bytes encoded;
    error_text why = {""};
    block *b = NULL;
    if (ledger_read_encoded(l, hash, &a, &encoded)) {
        b = block_decode(&l->rules, encoded, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
        if (b == NULL)
            (void)note_damage(l, TABLE_BLOCKS, why.text);
    }
    arena_reset(&a);
    return b;
}

block *ledger_block_by_hash(ledger *l, const hash256 *hash)
{
    block *b = recent_by_hash(l, hash);
    return b ? b : ledger_read_block(l, hash);
}

block *ledger_block_by_number(ledger *l, int64_t number)
{
    block *b = recent_by_number(l, number);
    hash256 hash;
    if (b == NULL && ledger_hash_of_number(l, number, &hash))
        b = ledger_read_block(l, &hash);
    return b;
}

bool ledger_encoded_block(ledger *l, int64_t number, arena *a, bytes *out)
{
    hash256 hash;
    return ledger_hash_of_number(l, number, &hash) && ledger_read_encoded(l, &hash, a, out);
}

bool ledger_number_of_hash(ledger *l, const hash256 *hash, int64_t *out)
{
    ledger_tip tip = ledger_head(l);
    if (hash256_equal(hash, &tip.hash) || hash256_equal(hash, &tip.genesis_hash)) {
        *out = hash256_equal(hash, &tip.hash) ? tip.number : 0; /* block 0 has no row of its own in the table of headers */
        return true;
    }
    char key[HASH_TEXT_BYTES];
    hex_write(BYTES_OF_VALUE(*hash), key);
    arena a = {0};
    row r;
    bool found = ledger_read_row(l, TABLE_HEADERS, bytes_of(key, sizeof key), &a, &r);
    block_header header;
    error_text why = {""};
    if (found && !header_decode(field(&r, "value"), &a, &header, &why))
        found = note_damage(l, TABLE_HEADERS, why.text);
    if (found)
        *out = header.number;
    arena_reset(&a);
    return found;
}

bool ledger_find_transaction(ledger *l, const hash256 *tx_hash, transaction_place *out)
{
    char key[HASH_TEXT_BYTES];
    hex_write(BYTES_OF_VALUE(*tx_hash), key);
    arena a = {0};
    row r;
    bool found = ledger_read_row(l, TABLE_TRANSACTIONS, bytes_of(key, sizeof key), &a, &r);
    int64_t index;
    if (found && (!number_read_int64(field(&r, "value"), &out->block_number) || !number_read_int64(field(&r, "index"), &index) ||
                  index < 0))
        found = note_damage(l, TABLE_TRANSACTIONS, "a place that is no number");
    if (found)
        out->index = (size_t)index;
    arena_reset(&a);
    return found;
}

bool ledger_block_nonces(ledger *l, int64_t number, arena *a, u256 **nonces, size_t *count)
{
    char text[NUMBER_TEXT_BYTES];
    row r;
    if (!ledger_read_row(l, TABLE_NONCES, number_text(number, text), a, &r))
        return false;
    bytes encoded = field(&r, "value");
    if (!rules_have(&l->rules, GATE_RAW_BLOCK_ROWS) && !hex_read_any(a, encoded, &encoded))
        return note_damage(l, TABLE_NONCES, "a value that is no hexadecimal text");
    rlp_reader list = rlp_open_list(encoded);
    *count = rlp_count_items(&list);
    *nonces = arena_take_array(a, *count, sizeof **nonces);
    for (size_t i = 0; i < *count; i++)
        (*nonces)[i] = rlp_read_u256(&list);
    return list.error == RLP_OK || note_damage(l, TABLE_NONCES, rlp_error_text(list.error));
}

bool ledger_totals(ledger *l, u256 *transactions, u256 *failed_transactions)
{
    pthread_mutex_lock(&l->lock);
    *transactions = l->counters.transactions;
    *failed_transactions = l->counters.failed;
    pthread_mutex_unlock(&l->lock);
    return true;
}

/* --- state that others than the executor ask for --- */

bool ledger_code(ledger *l, const address *contract, arena *a, bytes *out)
{
    error_text why = {""};
    hash256 state_root = ledger_head(l).state_root; /* nodes of a trie are never removed: the head may move meanwhile */
    if (account_committed_code(&l->rules, l->store, &state_root, contract, a, out, &why))
        return true;
    note_failure(l, STORE_CORRUPT, &why);
    return false;
}

static void take_node(const row_set *rows, const char *type, int64_t number, node_id *out, size_t *count)
{
    for (size_t i = 0; i < rows->count; i++) {
        const row *r = &rows->rows[i];
        int64_t enable_number;
        if (r->status == ROW_NORMAL && bytes_equal_text(field(r, "type"), type) &&
            number_read_int64(field(r, "enable_num"), &enable_number) && enable_number <= number &&
            hex_read(field(r, "node_id"), out[*count].b, sizeof out->b))
            ++*count;
    }
}

static bool read_node_lists(ledger *l, int64_t number, bool working_first, arena *a, node_lists *out)
{
    row_set rows;
    *out = (node_lists){0};
    if (!read_rows(l, TABLE_CONSENSUS, BYTES_OF_LITERAL(KEY_NODES), a, &rows))
        return false;
    out->sealers = arena_take_array(a, rows.count, sizeof *out->sealers);
    out->observers = arena_take_array(a, rows.count, sizeof *out->observers);
    out->working_sealers = arena_take_array(a, rows.count, sizeof *out->working_sealers);
    take_node(&rows, "wSealer", number, out->working_sealers, &out->working_count);
    take_node(&rows, "observer", number, out->observers, &out->observer_count);
    take_node(&rows, "wSealer", number, out->sealers, &out->sealer_count);
    take_node(&rows, "sealer", number, out->sealers, &out->sealer_count);
    if (working_first)
        return true;
    qsort(out->sealers, out->sealer_count, sizeof *out->sealers, node_id_compare);
    qsort(out->observers, out->observer_count, sizeof *out->observers, node_id_compare);
    qsort(out->working_sealers, out->working_count, sizeof *out->working_sealers, node_id_compare);
    return true;
}

bool ledger_node_lists(ledger *l, int64_t number, arena *a, node_lists *out)
{
    return read_node_lists(l, number, false, a, out);
}

bool ledger_node_lists_stored_order(ledger *l, int64_t number, arena *a, node_lists *out)
{
    return read_node_lists(l, number, true, a, out);
}

bool ledger_system_config(ledger *l, const char *key, int64_t number, arena *a, bytes *value, int64_t *enable_number)
{
    *value = BYTES_EMPTY;
    *enable_number = 0;
    row r;
    if (!ledger_read_row(l, TABLE_CONFIG, bytes_of_text(key), a, &r))
        return ledger_failure(l, NULL) == STORE_OK;
    if (!number_read_int64(field(&r, "enable_num"), enable_number))
        return note_damage(l, TABLE_CONFIG, "an enable_num that is no number");
    if (*enable_number <= number)
        *value = field(&r, "value");
    return true;
}
