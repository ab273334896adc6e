#include "support_replay.h"

#include "codec/hex.h"
#include "state/table.h"

#include <ctype.h>

static row_field field(const char *name, bytes value)
{
    return (row_field){bytes_of_text(name), value};
}

/* fields ascend by name */
static row *new_row(replay *r, arena *a, const row_field *fields, size_t count)
{
    row *made = arena_take(a, sizeof *made);
    *made = (row){.id = ++r->last_id, .fields = arena_take_array(a, count, sizeof *fields), .field_count = count};
    memcpy(made->fields, fields, count * sizeof *fields);
    return made;
}

static const bool one_written[1] = {true};

static store_put put_one(const char *table, bytes key, row *content)
{
    return (store_put){{bytes_of_text(table), key}, {content, 1}, one_written};
}

static store_put config_put(replay *r, arena *a, const char *key, int64_t value)
{
    bytes text = bytes_of_text(arena_print(a, "%lld", (long long)value));
    const row_field fields[] = {field("enable_num", bytes_of_text("0")), field("key", bytes_of_text(key)), field("value", text)};
    return put_one(TABLE_CONFIG, bytes_of_text(key), new_row(r, a, fields, COUNT(fields)));
}

static store_put sealers_put(replay *r, arena *a)
{
    const genesis *g = &r->golden->genesis;
    node_id *sorted = arena_take_array(a, g->sealer_count, sizeof *sorted);
    memcpy(sorted, g->sealers, g->sealer_count * sizeof *sorted);
    qsort(sorted, g->sealer_count, sizeof *sorted, node_id_compare);
    row *rows = arena_take_array(a, g->sealer_count, sizeof *rows);
    bool *written = arena_take_array(a, g->sealer_count, sizeof *written);
    for (size_t i = 0; i < g->sealer_count; i++) {
        const row_field fields[] = {field("enable_num", bytes_of_text("0")), field("name", bytes_of_text("node")),
                                    field("node_id", bytes_of_text(hex_text(a, BYTES_OF_VALUE(sorted[i])))),
                                    field("type", bytes_of_text("sealer"))};
        rows[i] = *new_row(r, a, fields, COUNT(fields));
        written[i] = true;
    }
    return (store_put){{bytes_of_text(TABLE_CONSENSUS), bytes_of_text("node")}, {rows, g->sealer_count}, written};
}

static store_put number_put(replay *r, arena *a, int64_t number, const hash256 *hash)
{
    bytes key = bytes_of_text(arena_print(a, "%lld", (long long)number));
    const row_field fields[] = {field("number", key), field("value", bytes_of_text(hex_text(a, BYTES_OF_VALUE(*hash))))};
    return put_one(TABLE_NUMBER_TO_HASH, key, new_row(r, a, fields, COUNT(fields)));
}

static void apply(replay *r, int64_t number, const store_put *puts, size_t count)
{
    error_text why = {""};
    if (store_apply(r->store, &(store_batch){number, puts, count}, &why) != STORE_OK)
        fail_msg("block %lld: %s", (long long)number, why.text);
}

static void found(replay *r)
{
    arena a = {0};
    store_put puts[8];
    size_t count = 0;
    const genesis *g = &r->golden->genesis;
    r->last_id = rules_have(&r->golden->rules, GATE_ENTRY_ID_BASE) ? 100001 : 1;
    if (rules_have(&r->golden->rules, GATE_CONSENSUS_TIMEOUT))
        puts[count++] = config_put(r, &a, "consensus_timeout", g->consensus_timeout_s);
    puts[count++] = config_put(r, &a, "tx_count_limit", g->max_trans_num);
    puts[count++] = config_put(r, &a, "tx_gas_limit", g->gas_limit);
    puts[count++] = sealers_put(r, &a);
    puts[count++] = number_put(r, &a, 0, &r->golden->blocks[0].hash);
    apply(r, 0, puts, count);
    arena_reset(&a);
    block *first = golden_decode(r->golden, 0);
    r->head = (parent_block){first->hash, 0, first->header.state_root};
    block_drop(first);
}

replay *replay_open(const char *name)
{
    replay *r = calloc(1, sizeof *r);
    error_text why = {""};
    r->golden = golden_open(name);
    r->executor = executor_new(&r->golden->rules);
    if (store_memory.open(&r->store, &(store_config){0}, &why) != STORE_OK)
        fail_msg("%s", why.text);
    found(r);
    return r;
}

void replay_close(replay *r)
{
    executor_free(r->executor);
    store_close(r->store);
    golden_close(r->golden);
    free(r);
}

block *replay_proposal(const replay *r)
{
    static const hash256 none;
    block *recorded = golden_decode(r->golden, (size_t)r->head.number + 1);
    block *proposal = block_copy(recorded);
    proposal->header.state_root = proposal->header.db_hash = proposal->header.receipts_root = none;
    block_drop(recorded);
    return proposal;
}

static void print_receipt(const char *what, const receipt *r)
{
    arena a = {0};
    char gas[U256_DECIMAL_BYTES], remain[U256_DECIMAL_BYTES];
    u256_to_decimal(r->gas_used, gas);
    u256_to_decimal(r->remain_gas, remain);
    bytes shown = r->output;
    if (shown.size > 300)
        shown.size = 300;
    print_message("  %s status %u gas %s remain %s contract %s logs %zu output(%zu) %s\n", what, r->status, gas, remain,
                  hex_text(&a, BYTES_OF_VALUE(r->contract_address)), r->log_count, r->output.size, hex_text(&a, shown));
    arena_reset(&a);
}

static bool receipts_equal(const replay *r, const block *got, const block *want)
{
    bool equal = got->receipt_count == want->receipt_count;
    for (size_t i = 0; equal && i < got->receipt_count; i++) {
        receipt got_one = got->receipts[i], want_one = want->receipts[i];
        /* A wrong root differs in every receipt: it is reported by the header. */
        got_one.state_root = want_one.state_root;
        hash256 got_hash = receipt_hash(&r->golden->rules, &got_one), want_hash = receipt_hash(&r->golden->rules, &want_one);
        if (hash256_equal(&got_hash, &want_hash))
            continue;
        equal = false;
        print_message("block %lld receipt %zu differs\n", (long long)got->header.number, i);
        print_receipt("got ", &got_one);
        print_receipt("want", &want_one);
    }
    return equal;
}

static bool compare(const replay *r, const execution *e, const block *want)
{
    const block *got = execution_block(e);
    bool equal = receipts_equal(r, got, want);
    if (!hash256_equal(&got->header.state_root, &want->header.state_root)) {
        buffer dump = buffer_init(1024 * 1024);
        execution_dump(e, &dump);
        print_message("block %lld: state root differs; changes:\n%.*s", (long long)got->header.number, (int)dump.size,
                      (const char *)dump.data);
        buffer_free(&dump);
        return false;
    }
    if (equal && !hash256_equal(&got->hash, &want->hash)) {
        print_message("block %lld: header differs\n", (long long)got->header.number);
        return false;
    }
    return equal;
}

/* Takes over e. */
static void commit(replay *r, execution *e, const block *want)
{
    arena a = {0};
    store_put *puts;
    size_t count;
    execution_changes(e, &a, &r->last_id, &puts, &count);
    store_put *all = arena_take_array(&a, count + 1, sizeof *all);
    if (count)
        memcpy(all, puts, count * sizeof *all);
    all[count] = number_put(r, &a, want->header.number, &want->hash);
    apply(r, want->header.number, all, count + 1);
    r->head = (parent_block){want->hash, want->header.number, want->header.state_root};
    arena_reset(&a);
    execution_drop(e);
}

static execute_result run(replay *r, const block *b, execution **e)
{
    error_text why = {""};
    execute_result result = executor_run_block(r->executor, r->store, b, &r->head, e, &why);
    if (result == EXECUTE_FAILED)
        fail_msg("block %lld: %s", (long long)b->header.number, why.text);
    return result;
}

bool replay_next(replay *r)
{
    block *want = golden_decode(r->golden, (size_t)r->head.number + 1), *proposal = replay_proposal(r);
    execution *e;
    if (run(r, want, &e) == EXECUTE_REJECTED)
        assert_int_equal(run(r, proposal, &e), EXECUTE_OK); /* to see what differs */
    r->other_orders += execution_orders_tried(e) > 1;
    bool equal = compare(r, e, want);
    commit(r, e, want);
    block_drop(proposal);
    block_drop(want);
    return equal;
}

/* Rows: those of one key stand together in the recording. */

static bool is_compared(bytes table)
{
    table_shape shape;
    return !bytes_equal_text(table, TABLE_NUMBER_TO_HASH) && !(table_system_shape(table, &shape) && !shape.in_root);
}

/* A value that is not printable text is written "hex:..." */
static bytes recorded_value(arena *a, bytes text)
{
    bytes raw;
    if (bytes_start_with(text, bytes_of_text("hex:")) && hex_read_any(a, bytes_from(text, 4), &raw))
        return raw;
    return text;
}

typedef struct {
    uint64_t id;
    bytes status, num;
    row_field fields[16];
    size_t count;
} recorded_row;

static recorded_row read_row(arena *a, rlp_reader fields)
{
    recorded_row out = {0};
    while (!rlp_at_end(&fields)) {
        bytes name = rlp_read_string(&fields), value = recorded_value(a, rlp_read_string(&fields));
        if (bytes_equal_text(name, "_id_"))
            out.id = strtoull(arena_copy_text(a, value), NULL, 10);
        else if (bytes_equal_text(name, "_status_"))
            out.status = value;
        else if (bytes_equal_text(name, "_num_"))
            out.num = value;
        else
            out.fields[out.count++] = (row_field){name, value};
    }
    return out;
}

static bool row_equal(arena *a, const recorded_row *want, const row *got)
{
    bool equal = want->count == got->field_count && bytes_equal_text(want->status, got->status ? "1" : "0") &&
                 bytes_equal_text(want->num, arena_print(a, "%u", got->num));
    for (size_t i = 0; equal && i < want->count; i++) {
        const bytes *value = row_find(got, want->fields[i].name);
        equal = value && bytes_equal(*value, want->fields[i].value);
    }
    return equal;
}

static void print_rows(bytes table, bytes key, const recorded_row *want, size_t count, const row_set *got)
{
    print_message("rows differ: table %.*s key %.*s\n", (int)table.size, (const char *)table.data, (int)key.size,
                  (const char *)key.data);
    for (size_t i = 0; i < count; i++) {
        print_message("  want num %.*s status %.*s", (int)want[i].num.size, (const char *)want[i].num.data,
                      (int)want[i].status.size, (const char *)want[i].status.data);
        for (size_t j = 0; j < want[i].count; j++)
            print_message(" %.*s=%.*s", (int)want[i].fields[j].name.size, (const char *)want[i].fields[j].name.data,
                          (int)(want[i].fields[j].value.size < 80 ? want[i].fields[j].value.size : 80),
                          (const char *)want[i].fields[j].value.data);
        print_message("\n");
    }
    for (size_t i = 0; i < got->count; i++) {
        print_message("  got  num %u status %u", got->rows[i].num, got->rows[i].status);
        for (size_t j = 0; j < got->rows[i].field_count; j++)
            print_message(" %.*s=%.*s", (int)got->rows[i].fields[j].name.size, (const char *)got->rows[i].fields[j].name.data,
                          (int)(got->rows[i].fields[j].value.size < 80 ? got->rows[i].fields[j].value.size : 80),
                          (const char *)got->rows[i].fields[j].value.data);
        print_message("\n");
    }
}

static int by_recorded_id(const void *a, const void *b)
{
    uint64_t left = ((const recorded_row *)a)->id, right = ((const recorded_row *)b)->id;
    return (left > right) - (left < right);
}

static bool key_equal(replay *r, bytes table, bytes key, recorded_row *want, size_t count)
{
    arena a = {0};
    row_set got;
    error_text why;
    row_key where = {table, key};
    assert_int_equal(store_get_many(r->store, NULL, &where, 1, &a, &got, &why), STORE_OK);
    qsort(want, count, sizeof *want, by_recorded_id);
    bool equal = got.count == count;
    for (size_t i = 0; equal && i < count; i++)
        equal = row_equal(&a, &want[i], &got.rows[i]);
    if (!equal)
        print_rows(table, key, want, count, &got);
    arena_reset(&a);
    return equal;
}

enum { ROWS_PER_KEY_MAX = 256 };

size_t replay_compare_rows(replay *r)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&r->golden->unpacked));
    pack_record one;
    recorded_row *rows = calloc(ROWS_PER_KEY_MAX, sizeof *rows);
    bytes table = BYTES_EMPTY, key = BYTES_EMPTY;
    size_t count = 0, different = 0, keys = 0;
    for (bool more = true; more;) {
        more = pack_next(&records, &one);
        if (more && !pack_is(&one, "row"))
            continue;
        bytes next_table = more ? rlp_read_string(&one.fields) : BYTES_EMPTY;
        bytes next_key = more ? recorded_value(&r->golden->memory, rlp_read_string(&one.fields)) : BYTES_EMPTY;
        if (count && (!more || !bytes_equal(table, next_table) || !bytes_equal(key, next_key))) {
            different += !key_equal(r, table, key, rows, count);
            keys++, count = 0;
        }
        if (!more || !is_compared(next_table))
            continue;
        table = next_table, key = next_key;
        assert_true(count < ROWS_PER_KEY_MAX);
        rlp_reader columns = rlp_read_list(&one.fields);
        rows[count++] = read_row(&r->golden->memory, columns);
    }
    assert_int_equal(records.error, RLP_OK);
    assert_true(keys > 0);
    free(rows);
    return different;
}
