/* batch.c: the batch of one block as a pure function: state rows as executed, and the bookkeeping rows of data-model.md 8.3.

   Ids (data-model.md 8.1): one counter for all new rows of the block, tables in the order of their names. State tables stand
   between the bookkeeping tables in that order, so the ids that execution gave move up by the bookkeeping rows before them. */
#include "ledger/inside.h"

#include "codec/hex.h"
#include "codec/rlp.h"

#include <inttypes.h>

/* The bookkeeping tables in the order of their names. */
typedef enum { OWN_NONCES, OWN_CURRENT_STATE, OWN_BLOCKS, OWN_HEADERS, OWN_HASHES, OWN_TRANSACTIONS, OWN_COUNT } own_table;

static const char *const own_names[OWN_COUNT] = {
    [OWN_NONCES] = TABLE_NONCES,   [OWN_CURRENT_STATE] = TABLE_CURRENT_STATE, [OWN_BLOCKS] = TABLE_BLOCKS,
    [OWN_HEADERS] = TABLE_HEADERS, [OWN_HASHES] = TABLE_NUMBER_TO_HASH,               [OWN_TRANSACTIONS] = TABLE_TRANSACTIONS,
};

typedef struct {
    const batch_input *in;
    arena *a;
    store_put *puts;
    size_t count;
    uint64_t next_id[OWN_COUNT];
    uint32_t num;
} builder;

row ledger_row(arena *a, uint64_t id, uint32_t num, const row_field *fields, size_t count)
{
    row r = {.id = id, .num = num, .status = ROW_NORMAL, .field_count = count};
    r.fields = arena_take_array(a, count, sizeof *r.fields);
    memcpy(r.fields, fields, count * sizeof *r.fields);
    return r;
}

static void add(builder *b, own_table table, bytes key, uint64_t id, const row_field *fields, size_t count)
{
    row *r = arena_take(b->a, sizeof *r);
    *r = ledger_row(b->a, id, b->num, fields, count);
    b->puts[b->count++] = (store_put){.where = {bytes_of_text(own_names[table]), key}, .rows = {r, 1}};
}

static bytes text_of_u64(arena *a, uint64_t value)
{
    return bytes_of_text(arena_print(a, "%" PRIu64, value));
}

static bytes text_of_u256(arena *a, u256 value)
{
    char text[U256_DECIMAL_BYTES];
    return arena_copy(a, bytes_of(text, u256_to_decimal(value, text)));
}

static bytes hex_of_hash(arena *a, const hash256 *hash)
{
    return bytes_of_text(hex_text(a, BYTES_OF_VALUE(*hash)));
}

/* Blocks and nonces are stored as bytes from 2.2.0 on, before as 0x and hex digits (GATE_RAW_BLOCK_ROWS). Frees b. */
static bytes take_block_value(const chain_rules *rules, arena *a, buffer *b)
{
    bytes value;
    if (rules_have(rules, GATE_RAW_BLOCK_ROWS)) {
        value = arena_copy(a, buffer_bytes(b));
    } else {
        char *text = arena_take(a, 2 + 2 * b->size);
        memcpy(text, "0x", 2);
        hex_write(buffer_bytes(b), text + 2);
        value = bytes_of(text, 2 + 2 * b->size);
    }
    buffer_free(b);
    return value;
}

static void add_nonces(builder *b)
{
    const block *whole = b->in->block;
    buffer list = buffer_init(BUFFER_NO_LIMIT);
    size_t mark = rlp_begin_list(&list);
    for (size_t i = 0; i < whole->transaction_count; i++)
        rlp_write_u256(&list, whole->transactions[i]->nonce);
    rlp_end_list(&list, mark);
    bytes number = text_of_u64(b->a, b->num);
    const row_field fields[] = {
        {BYTES_OF_LITERAL("number"), number},
        {BYTES_OF_LITERAL("value"), take_block_value(b->in->rules, b->a, &list)},
    };
    add(b, OWN_NONCES, number, b->next_id[OWN_NONCES], fields, COUNT(fields));
}

static void add_counter(builder *b, const char *key, uint64_t id, bytes value)
{
    const row_field fields[] = {{BYTES_OF_LITERAL("key"), bytes_of_text(key)}, {BYTES_OF_LITERAL("value"), value}};
    add(b, OWN_CURRENT_STATE, bytes_of_text(key), id, fields, COUNT(fields));
}

static void add_counters(builder *b, const ledger_counters *after)
{
    add_counter(b, KEY_LAST_ID, LAST_ID_ROW, text_of_u64(b->a, after->last_id));
    add_counter(b, KEY_NUMBER, after->number_row, text_of_u64(b->a, b->num));
    if (b->num == 0)
        return;
    add_counter(b, KEY_FAILED, after->failed_row, text_of_u256(b->a, after->failed));
    add_counter(b, KEY_TRANSACTIONS, after->transactions_row, text_of_u256(b->a, after->transactions));
}

static void add_block(builder *b, bytes hash)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(b->in->rules, b->in->block, BLOCK_FULL, &encoded);
    const row_field fields[] = {
        {BYTES_OF_LITERAL("hash"), hash},
        {BYTES_OF_LITERAL("value"), take_block_value(b->in->rules, b->a, &encoded)},
    };
    add(b, OWN_BLOCKS, hash, b->next_id[OWN_BLOCKS], fields, COUNT(fields));
}

/* Header and signatures are raw in every version. */
static void add_header(builder *b, bytes hash)
{
    const block *whole = b->in->block;
    buffer header = buffer_init(BUFFER_NO_LIMIT), signatures = buffer_init(BUFFER_NO_LIMIT);
    header_encode(&whole->header, &header);
    size_t list = rlp_begin_list(&signatures);
    for (size_t i = 0; i < whole->signature_count; i++) {
        size_t pair = rlp_begin_list(&signatures);
        rlp_write_uint(&signatures, whole->signatures[i].sealer_index);
        rlp_write_string(&signatures, whole->signatures[i].signature);
        rlp_end_list(&signatures, pair);
    }
    rlp_end_list(&signatures, list);
    const row_field fields[] = {
        {BYTES_OF_LITERAL("hash"), hash},
        {BYTES_OF_LITERAL("sigs"), arena_copy(b->a, buffer_bytes(&signatures))},
        {BYTES_OF_LITERAL("value"), arena_copy(b->a, buffer_bytes(&header))},
    };
    add(b, OWN_HEADERS, hash, b->next_id[OWN_HEADERS], fields, COUNT(fields));
    buffer_free(&header);
    buffer_free(&signatures);
}

static void add_hash(builder *b, bytes hash)
{
    bytes number = text_of_u64(b->a, b->num);
    const row_field fields[] = {{BYTES_OF_LITERAL("number"), number}, {BYTES_OF_LITERAL("value"), hash}};
    add(b, OWN_HASHES, number, b->next_id[OWN_HASHES], fields, COUNT(fields));
}

/* The reference gives these ids in the order of a hash table; any order will do (data-model.md 8.1). */
static void add_transactions(builder *b)
{
    const block *whole = b->in->block;
    bytes number = text_of_u64(b->a, b->num);
    for (size_t i = 0; i < whole->transaction_count; i++) {
        bytes hash = hex_of_hash(b->a, &whole->transactions[i]->hash);
        const row_field fields[] = {
            {BYTES_OF_LITERAL("hash"), hash},
            {BYTES_OF_LITERAL("index"), text_of_u64(b->a, i)},
            {BYTES_OF_LITERAL("value"), number},
        };
        add(b, OWN_TRANSACTIONS, hash, b->next_id[OWN_TRANSACTIONS] + i, fields, COUNT(fields));
    }
}

static bool comes_before(bytes table, own_table own)
{
    return bytes_compare(table, bytes_of_text(own_names[own])) < 0;
}

static void count_new_rows(const batch_input *in, size_t out[OWN_COUNT])
{
    bool is_genesis = in->block->header.number == 0;
    out[OWN_NONCES] = !is_genesis;
    out[OWN_CURRENT_STATE] = (in->before.number_row == 0) + (!is_genesis && in->before.failed_row == 0) +
                             (!is_genesis && in->before.transactions_row == 0);
    out[OWN_BLOCKS] = 1;
    out[OWN_HEADERS] = !is_genesis;
    out[OWN_HASHES] = 1;
    out[OWN_TRANSACTIONS] = in->block->transaction_count;
}

/* Moves the new rows of the state tables behind the bookkeeping rows of tables before theirs, and finds each bookkeeping
   table's first id. The rows of a put are copied: execution may hand out the same put again. Returns the last id. */
static uint64_t give_ids(builder *b)
{
    const batch_input *in = b->in;
    size_t own_rows[OWN_COUNT], total = 0;
    count_new_rows(in, own_rows);
    for (size_t t = 0; t < OWN_COUNT; t++) {
        b->next_id[t] = in->before.last_id + 1 + total;
        total += own_rows[t];
    }
    for (size_t i = 0; i < in->state_count; i++) {
        store_put put = in->state[i];
        size_t before = 0, fresh = 0;
        for (size_t t = 0; t < OWN_COUNT; t++)
            if (!comes_before(put.where.table, (own_table)t))
                before += own_rows[t];
        row *rows = arena_take_array(b->a, put.rows.count, sizeof *rows);
        for (size_t r = 0; r < put.rows.count; r++) {
            rows[r] = put.rows.rows[r];
            if (rows[r].id > in->before.last_id) {
                rows[r].id += before;
                fresh++;
            }
        }
        for (size_t t = 0; t < OWN_COUNT; t++)
            if (comes_before(put.where.table, (own_table)t))
                b->next_id[t] += fresh;
        total += fresh;
        put.rows.rows = rows;
        b->puts[b->count++] = put;
    }
    return in->before.last_id + total;
}

static ledger_counters count_on(const batch_input *in, uint64_t last_id, uint64_t next_row)
{
    ledger_counters after = in->before;
    after.last_id = last_id;
    if (after.number_row == 0)
        after.number_row = next_row++;
    if (in->block->header.number == 0)
        return after;
    if (after.failed_row == 0)
        after.failed_row = next_row++;
    if (after.transactions_row == 0)
        after.transactions_row = next_row++;
    size_t failed = 0;
    for (size_t i = 0; i < in->block->receipt_count; i++)
        failed += in->block->receipts[i].status != STATUS_OK;
    after.transactions = u256_add(after.transactions, u256_of(in->block->transaction_count));
    after.failed = u256_add(after.failed, u256_of(failed));
    return after;
}

void ledger_build_batch(const batch_input *in, arena *a, store_batch *batch, ledger_counters *after)
{
    enum { OWN_PUTS = 8 }; /* besides transactions */
    builder b = {.in = in, .a = a, .num = (uint32_t)in->block->header.number};
    b.puts = arena_take_array(a, in->state_count + OWN_PUTS + in->block->transaction_count, sizeof *b.puts);
    uint64_t last_id = give_ids(&b);
    *after = count_on(in, last_id, b.next_id[OWN_CURRENT_STATE]);
    bytes hash = hex_of_hash(a, &in->block->hash);
    add_counters(&b, after);
    add_block(&b, hash);
    add_hash(&b, hash);
    if (in->block->header.number > 0) {
        add_nonces(&b);
        add_header(&b, hash);
        add_transactions(&b);
    }
    *batch = (store_batch){.number = in->block->header.number, .puts = b.puts, .put_count = b.count};
}
