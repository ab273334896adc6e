/* A recording as a pack: tests/golden/README.md lists the records. */
#include "base/memory.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "tool/dataset_inside.h"

#include <stdlib.h>

typedef enum { RECORD_TRANSACTION, RECORD_TRANSACTION_PROOF, RECORD_RECEIPT_PROOF, RECORD_KINDS } record_kind;

static const char *const kind_names[RECORD_KINDS] = {"transaction", "transaction-proof", "receipt-proof"};

/* A record about a block: its fields behind block and index. */
typedef struct {
    uint64_t block, index;
    record_kind kind;
    rlp_reader fields;
} placed_record;

struct pack_index {
    placed_record *records; /* ascending by block, kind, index */
    size_t count;
};

static rlp_reader records_of(const dataset *d)
{
    return rlp_reader_of(buffer_bytes(&d->unpacked));
}

/* --- settings --- */

static bool find_file(const dataset *d, const char *name, bytes *out)
{
    rlp_reader records = records_of(d);
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "file") && bytes_equal_text(rlp_read_string(&one.fields), name)) {
            *out = rlp_read_string(&one.fields);
            return one.fields.error == RLP_OK;
        }
    return false;
}

/* The first file record whose name the test likes; NULL: none. */
static const char *find_name(dataset *d, bool (*is_wanted)(dataset *d, const char *name, const char **beside), const char **beside)
{
    rlp_reader records = records_of(d);
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "file"))
            continue;
        const char *name = arena_copy_text(&d->memory, rlp_read_string(&one.fields));
        if (is_wanted(d, name, beside))
            return name;
    }
    return NULL;
}

/* *beside: the folder of the node, with its slash. */
static bool is_config(dataset *d, const char *name, const char **beside)
{
    const char *base = strrchr(name, '/');
    if (base == NULL || strcmp(base + 1, "config.ini") != 0)
        return false;
    *beside = arena_copy_text(&d->memory, bytes_of(name, (size_t)(base + 1 - name)));
    return true;
}

static bool read_settings(dataset *d, error_text *why)
{
    dataset_settings s = {0};
    const char *node = NULL;
    bytes key;
    s.config_name = find_name(d, is_config, &node);
    s.genesis_name = find_name(d, dataset_is_genesis, &s.group_name);
    if (s.config_name == NULL || s.genesis_name == NULL || !find_file(d, s.config_name, &s.config) ||
        !find_file(d, s.genesis_name, &s.genesis))
        return error_set(why, "the pack has no %s: not a recorded chain", s.config_name ? "group.N.genesis" : "config.ini");
    (void)find_file(d, s.group_name, &s.group);
    s.has_national_key = find_file(d, arena_print(&d->memory, "%sconf/gmnode.key", node), &key);
    return dataset_read_settings(d, &s, why);
}

/* --- blocks and what belongs to them --- */

static bool read_block(dataset *d, rlp_reader *fields, error_text *why)
{
    dataset_block b = {.number = rlp_read_uint(fields, 8)};
    rlp_read_fixed(fields, b.hash.b, sizeof b.hash, RLP_EXACT);
    b.raw = rlp_read_string(fields);
    if (fields->error)
        return error_set(why, "block record %zu: %s", d->block_count, rlp_error_text(fields->error));
    return dataset_add_block(d, b, why);
}

/* Items: label, what was sent, signing hash, place, answer. What did not land or was no transaction is of no use here. */
static void read_submission(dataset *d, rlp_reader *fields)
{
    dataset_submission s = {.label = arena_copy_text(&d->memory, rlp_read_string(fields))};
    rlp_item sent = rlp_read_item(fields);
    s.signing_hash = rlp_read_string(fields);
    rlp_reader place = rlp_read_list(fields);
    if (!sent.is_list || rlp_at_end(&place))
        return;
    rlp_reader raw = rlp_reader_of(sent.payload);
    s.raw = rlp_read_string(&raw);
    s.block = rlp_read_uint(&place, 8);
    s.index = (size_t)rlp_read_uint(&place, 8);
    if (raw.error == RLP_OK && place.error == RLP_OK)
        d->submissions[d->submission_count++] = s;
}

static bool read_code(dataset *d, rlp_reader *fields, error_text *why)
{
    bytes name = rlp_read_string(fields);
    dataset_code *c = &d->codes[d->code_count++];
    c->code = rlp_read_string(fields);
    if (fields->error || name.size != 42 || !hex_read(bytes_from(name, 2), c->contract.b, sizeof c->contract.b))
        return error_set(why, "code record %zu: expected an address and its code", d->code_count - 1);
    return true;
}

static bool read_record(dataset *d, pack_record *one, error_text *why)
{
    if (pack_is(one, "block"))
        return read_block(d, &one->fields, why);
    if (pack_is(one, "code"))
        return read_code(d, &one->fields, why);
    if (pack_is(one, "submission"))
        read_submission(d, &one->fields);
    for (record_kind k = 0; k < RECORD_KINDS; k++) {
        if (!pack_is(one, kind_names[k]))
            continue;
        placed_record *p = &d->index->records[d->index->count++];
        p->kind = k;
        p->block = rlp_read_uint(&one->fields, 8);
        p->index = rlp_read_uint(&one->fields, 8);
        p->fields = one->fields;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const placed_record *x = a, *y = b;
    if (x->block != y->block)
        return (x->block > y->block) - (x->block < y->block);
    if (x->kind != y->kind)
        return (x->kind > y->kind) - (x->kind < y->kind);
    return (x->index > y->index) - (x->index < y->index);
}

static bool read_records(dataset *d, error_text *why)
{
    rlp_reader records = records_of(d);
    size_t most = rlp_count_items(&records);
    d->blocks = arena_take_array(&d->memory, most, sizeof *d->blocks);
    d->submissions = arena_take_array(&d->memory, most, sizeof *d->submissions);
    d->codes = arena_take_array(&d->memory, most, sizeof *d->codes);
    d->index = memory_new(sizeof *d->index);
    d->index->records = arena_take_array(&d->memory, most, sizeof *d->index->records);
    pack_record one;
    while (pack_next(&records, &one))
        if (!read_record(d, &one, why))
            return false;
    if (d->index->count)
        qsort(d->index->records, d->index->count, sizeof *d->index->records, by_place);
    return records.error == RLP_OK || error_set(why, "record: %s", rlp_error_text(records.error));
}

bool dataset_pack_open(dataset *d, const char *path, error_text *why)
{
    return pack_read_file(path, &d->unpacked, why) && read_settings(d, why) && read_records(d, why);
}

void dataset_pack_free(dataset *d)
{
    free(d->index);
    d->index = NULL;
}

/* --- answers --- */

static void write_hex(json_writer *w, const char *key, bytes value)
{
    json_write_key(w, key);
    json_write_hex(w, value);
}

static void write_quantity(json_writer *w, const char *key, u256 value)
{
    json_write_key(w, key);
    json_write_quantity(w, value);
}

/* Items: hash, sender, status, gasUsed, contractAddress, output, statusMsg. */
static void write_receipt(json_writer *w, rlp_reader *fields)
{
    bytes hash = rlp_read_string(fields), sender = rlp_read_string(fields);
    u256 status = rlp_read_u256(fields), gas = rlp_read_u256(fields);
    bytes contract = rlp_read_string(fields), output = rlp_read_string(fields), text = rlp_read_string(fields);
    write_hex(w, "contractAddress", contract);
    write_hex(w, "from", sender);
    write_quantity(w, "gasUsed", gas);
    write_hex(w, "output", output);
    write_quantity(w, "status", status);
    json_write_key(w, "statusMsg");
    json_write_string(w, text);
    write_hex(w, "transactionHash", hash);
}

static void write_siblings(json_writer *w, const char *key, rlp_reader list)
{
    json_write_key(w, key);
    json_write_begin_array(w);
    while (!rlp_at_end(&list))
        json_write_plain_hex(w, rlp_read_string(&list));
    json_write_end_array(w);
}

static void write_proof(json_writer *w, const char *key, rlp_reader *fields)
{
    rlp_reader levels = rlp_read_list(fields);
    json_write_key(w, key);
    json_write_begin_array(w);
    while (!rlp_at_end(&levels)) {
        rlp_reader level = rlp_read_list(&levels);
        json_write_begin_object(w);
        write_siblings(w, "left", rlp_read_list(&level));
        write_siblings(w, "right", rlp_read_list(&level));
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

/* The records of one block and kind as an array; places without a record are null, which nothing is compared with. */
static void write_records(json_writer *w, const placed_record *first, size_t count)
{
    uint64_t index = 0;
    json_write_begin_array(w);
    for (size_t i = 0; i < count && first[i].index < BLOCK_TRANSACTIONS_MAX; i++, index++) {
        rlp_reader fields = first[i].fields;
        for (; index < first[i].index; index++)
            json_write_null(w);
        json_write_begin_object(w);
        if (first[i].kind == RECORD_TRANSACTION)
            write_receipt(w, &fields);
        else
            write_proof(w, first[i].kind == RECORD_RECEIPT_PROOF ? "receiptProof" : "txProof", &fields);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static size_t first_of(const struct pack_index *index, uint64_t number, record_kind kind)
{
    placed_record wanted = {.block = number, .kind = kind};
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_place(&index->records[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool dataset_pack_answers(dataset *d, uint64_t number, json_t **out, error_text *why)
{
    static const struct {
        const char *key;
        record_kind kind;
    } members[] = {{"receiptProofs", RECORD_RECEIPT_PROOF}, {"receipts", RECORD_TRANSACTION}, {"txProofs", RECORD_TRANSACTION_PROOF}};
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    json_write_begin_object(&w);
    for (size_t i = 0; i < COUNT(members); i++) {
        size_t first = first_of(d->index, number, members[i].kind), end = first_of(d->index, number, members[i].kind + 1);
        if (first == end)
            continue;
        json_write_key(&w, members[i].key);
        write_records(&w, &d->index->records[first], end - first);
    }
    json_write_end_object(&w);
    json_error_t error;
    *out = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, &error);
    buffer_free(&text);
    return *out || error_set(why, "block %llu: the records of its transactions: %s", (unsigned long long)number, error.text);
}

/* --- rows --- */

static bool read_row(arena *a, rlp_reader *fields, dataset_row *out)
{
    *out = (dataset_row){.table = rlp_read_string(fields), .key = rlp_read_string(fields)};
    rlp_reader columns = rlp_read_list(fields);
    out->columns = arena_take_array(a, rlp_count_items(&columns) / 2 + 1, sizeof *out->columns);
    while (!rlp_at_end(&columns)) {
        row_field *c = &out->columns[out->column_count++];
        c->name = rlp_read_string(&columns);
        c->value = rlp_read_string(&columns);
        u256 id;
        if (bytes_equal_text(c->name, "_id_") && u256_from_decimal(c->value, &id))
            out->id = id.limb[0];
    }
    return fields->error == RLP_OK && columns.error == RLP_OK;
}

bool dataset_pack_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why)
{
    rlp_reader records = records_of(d);
    *out = arena_take_array(a, rlp_count_items(&records), sizeof **out);
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "row") && !read_row(a, &one.fields, &(*out)[(*count)++]))
            return error_set(why, "row record %zu is malformed", *count - 1);
    return true;
}
