/* Founding, committing and looking up, on made-up executions. */
#include "ledger/inside.h"
#include "store/fault.h"
#include "support_ledger.h"

#include "codec/hex.h"

#include <pthread.h>
#include <stdatomic.h>

enum { V_NEWEST = VERSION_OF(2, 11, 0), V_2_0 = VERSION_OF(2, 0, 0), V_2_2 = VERSION_OF(2, 2, 0), V_2_5 = VERSION_OF(2, 5, 0) };

static row_set read_key(store *s, arena *a, const char *table, const char *key)
{
    row_key where = {bytes_of_text(table), bytes_of_text(key)};
    row_set rows;
    assert_int_equal(store_get_many(s, NULL, &where, 1, a, &rows, NULL), STORE_OK);
    return rows;
}

static uint64_t id_of(store *s, const char *table, const char *key)
{
    arena a = {0};
    row_set rows = read_key(s, &a, table, key);
    assert_int_equal(rows.count, 1);
    uint64_t id = rows.rows[0].id;
    arena_reset(&a);
    return id;
}

static bytes field_of(store *s, arena *a, const char *table, const char *key, const char *name)
{
    row_set rows = read_key(s, a, table, key);
    assert_int_equal(rows.count, 1);
    const bytes *value = row_find(&rows.rows[0], bytes_of_text(name));
    assert_non_null(value);
    return *value;
}

/* spec/data-model.md 8.7, worked example: two sealers would give 100005 and 100006; here are three. */
static void founding_writes_the_rows_of_block_0(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    arena a = {0};
    static const struct {
        const char *table, *key;
        uint64_t id;
    } rows[] = {
        {"_sys_config_", "consensus_timeout", 100002}, {"_sys_config_", "tx_count_limit", 100003},
        {"_sys_config_", "tx_gas_limit", 100004},      {"_sys_current_state_", "current_number", 100008},
        {"_sys_current_state_", "current_id", 1},      {"_sys_number_2_hash_", "0", 100010},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(id_of(s, rows[i].table, rows[i].key), rows[i].id);
    ledger_tip tip = ledger_head(l);
    assert_int_equal(id_of(s, "_sys_hash_2_block_", hex_text(&a, BYTES_OF_VALUE(tip.hash))), 100009);
    assert_bytes_equal(field_of(s, &a, "_sys_current_state_", "current_id", "value"), BYTES_OF_LITERAL("100010"));
    assert_int_equal(read_key(s, &a, "_sys_current_state_", "total_transaction_count").count, 0);
    assert_int_equal(read_key(s, &a, "_sys_hash_2_header_", hex_text(&a, BYTES_OF_VALUE(tip.hash))).count, 0);
    assert_int_equal(read_key(s, &a, "_sys_block_2_nonces_", "0").count, 0);
    row_set nodes = read_key(s, &a, "_sys_consensus_", "node");
    assert_int_equal(nodes.count, SEALERS);
    for (size_t i = 0; i < SEALERS; i++)
        assert_int_equal(nodes.rows[i].id, 100005 + i);
    assert_stands_at(&c, l, 0);
    assert_memory_equal(&tip.hash, &tip.genesis_hash, sizeof tip.hash);
    arena_reset(&a);
    ledger_close(l);
    l = open_ledger(&c, s); /* the second time it is found, not founded */
    assert_stands_at(&c, l, 0);
    ledger_close(l);
    store_close(s);
}

/* The genesis hash of data-model.md 8.7's worked example: nodes 0x11 x 64 and 0x22 x 64, timestamp 1600000000000. */
static void the_worked_example_has_its_hash(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    c.genesis.sealer_count = 2;
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    arena a = {0};
    ledger_tip tip = ledger_head(l);
    assert_string_equal(hex_text(&a, BYTES_OF_VALUE(tip.hash)), "78b5420b42f4baa233577b47a9b259b4ad278326e028982b8992cfcd5de40049");
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
}

/* Ids of a block: tables in the order of their names, state tables among them (t_state stands behind all bookkeeping). */
static void a_block_writes_its_rows(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    assert_int_equal(commit_next(&c, l, 4, &why), COMMIT_OK);
    assert_stands_at(&c, l, 1);
    arena a = {0};
    block *b = ledger_block_by_number(l, 1);
    const char *hash = hex_text(&a, BYTES_OF_VALUE(b->hash));
    assert_int_equal(id_of(s, "_sys_block_2_nonces_", "1"), 100011);
    assert_int_equal(id_of(s, "_sys_current_state_", "total_failed_transaction_count"), 100012);
    assert_int_equal(id_of(s, "_sys_current_state_", "total_transaction_count"), 100013);
    assert_int_equal(id_of(s, "_sys_hash_2_block_", hash), 100014);
    assert_int_equal(id_of(s, "_sys_hash_2_header_", hash), 100015);
    assert_int_equal(id_of(s, "_sys_number_2_hash_", "1"), 100016);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(id_of(s, "_sys_tx_hash_2_block_", hex_text(&a, BYTES_OF_VALUE(b->transactions[i]->hash))), 100017 + i);
    assert_int_equal(id_of(s, "t_state", "own1"), 100021);
    assert_int_equal(id_of(s, "t_state", "counter"), 3);
    assert_int_equal(id_of(s, "_sys_current_state_", "current_number"), 100008);
    assert_bytes_equal(field_of(s, &a, "_sys_current_state_", "current_id", "value"), BYTES_OF_LITERAL("100021"));
    assert_bytes_equal(field_of(s, &a, "_sys_current_state_", "current_number", "value"), BYTES_OF_LITERAL("1"));
    assert_bytes_equal(field_of(s, &a, "_sys_current_state_", "total_transaction_count", "value"), BYTES_OF_LITERAL("4"));
    assert_bytes_equal(field_of(s, &a, "_sys_current_state_", "total_failed_transaction_count", "value"), BYTES_OF_LITERAL("1"));
    assert_string_equal(hex_text(&a, field_of(s, &a, "_sys_block_2_nonces_", "1", "value")), "cc8203e88203e98203ea8203eb");
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&c.rules, b, BLOCK_FULL, &encoded);
    assert_bytes_equal(field_of(s, &a, "_sys_hash_2_block_", hash, "value"), buffer_bytes(&encoded));
    buffer_clear(&encoded);
    header_encode(&b->header, &encoded);
    assert_bytes_equal(field_of(s, &a, "_sys_hash_2_header_", hash, "value"), buffer_bytes(&encoded));
    buffer_free(&encoded);
    block_drop(b);
    assert_int_equal(commit_next(&c, l, 0, &why), COMMIT_OK); /* nonces, block, header, hash, own2 */
    assert_int_equal(id_of(s, "t_state", "own2"), 100026);
    assert_int_equal(id_of(s, "_sys_current_state_", "total_transaction_count"), 100013);
    assert_bytes_equal(field_of(s, &a, "_sys_block_2_nonces_", "2", "value"), BYTES_OF_LITERAL("\xc0"));
    u256 all, failed;
    assert_true(ledger_totals(l, &all, &failed));
    assert_int_equal(all.limb[0], 4);
    assert_int_equal(failed.limb[0], 1);
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
}

static void old_versions_write_hexadecimal_text(void **state)
{
    (void)state;
    test_chain c = chain_at(V_2_0);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    assert_int_equal(id_of(s, "_sys_config_", "tx_count_limit"), 2); /* no consensus_timeout, no base */
    assert_int_equal(commit_next(&c, l, 2, &why), COMMIT_OK);
    assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_OK);
    arena a = {0};
    assert_bytes_equal(field_of(s, &a, "_sys_block_2_nonces_", "1", "value"), BYTES_OF_LITERAL("0xc68203e88203e9"));
    ledger_tip tip = ledger_head(l);
    bytes stored = field_of(s, &a, "_sys_hash_2_block_", hex_text(&a, BYTES_OF_VALUE(tip.hash)), "value");
    assert_true(bytes_start_with(stored, BYTES_OF_LITERAL("0xf9")));
    assert_true(field_of(s, &a, "_sys_hash_2_header_", hex_text(&a, BYTES_OF_VALUE(tip.hash)), "value").data[0] == 0xf9);
    ledger_close(l);
    l = open_ledger(&c, s); /* nothing is kept in memory now */
    assert_stands_at(&c, l, 2);
    bytes encoded;
    assert_true(ledger_encoded_block(l, 2, &a, &encoded));
    assert_int_equal(encoded.data[0], 0xf9);
    assert_int_equal(encoded.size * 2 + 2, stored.size);
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
}

static void commits_that_do_not_follow_are_refused(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_OK);
    ledger_tip tip = ledger_head(l);
    static const int64_t wrong[] = {0, 1, 3};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        execution *e = make_execution_after(&c, wrong[i], &tip.hash, 1);
        assert_int_equal(ledger_commit(l, e, NULL, 0, &why), COMMIT_WRONG_NUMBER);
        execution_drop(e);
    }
    hash256 other = tip.hash;
    other.b[31] ^= 1;
    execution *e = make_execution_after(&c, 2, &other, 1);
    assert_int_equal(ledger_commit(l, e, NULL, 0, &why), COMMIT_WRONG_PARENT);
    execution_drop(e);
    assert_stands_at(&c, l, 1);
    ledger_close(l);
    store_close(s);
}

static void look_ups_find_what_there_is(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    enum { BLOCKS = LEDGER_RECENT_BLOCKS * 2 };
    hash256 hashes[BLOCKS + 1];
    hashes[0] = ledger_head(l).hash;
    for (int64_t n = 1; n <= BLOCKS; n++) {
        assert_int_equal(commit_next(&c, l, (size_t)n % 4, &why), COMMIT_OK);
        hashes[n] = ledger_head(l).hash;
    }
    for (int reopened = 0; reopened < 2; reopened++) {
        for (int64_t n = 0; n <= BLOCKS; n++) {
            hash256 hash;
            int64_t number;
            assert_true(ledger_hash_of_number(l, n, &hash));
            assert_memory_equal(&hash, &hashes[n], sizeof hash);
            assert_true(ledger_number_of_hash(l, &hash, &number));
            assert_int_equal(number, n);
            block *by_number = ledger_block_by_number(l, n), *by_hash = ledger_block_by_hash(l, &hash);
            assert_int_equal(by_number->header.number, n);
            assert_memory_equal(&by_hash->hash, &hash, sizeof hash);
            assert_int_equal(by_number->transaction_count, n % 4);
            assert_int_equal(by_number->receipt_count, n % 4);
            arena a = {0};
            bytes encoded;
            assert_true(ledger_encoded_block(l, n, &a, &encoded));
            buffer again = buffer_init(BUFFER_NO_LIMIT);
            block_encode(&c.rules, by_number, BLOCK_FULL, &again);
            assert_bytes_equal(encoded, buffer_bytes(&again));
            buffer_free(&again);
            arena_reset(&a);
            block_drop(by_number);
            block_drop(by_hash);
        }
        hash256 unknown = {{1}};
        int64_t number;
        transaction_place place;
        assert_null(ledger_block_by_number(l, -1));
        assert_null(ledger_block_by_number(l, INT64_MIN));
        assert_null(ledger_block_by_number(l, BLOCKS + 1));
        assert_null(ledger_block_by_hash(l, &unknown));
        assert_false(ledger_number_of_hash(l, &unknown, &number));
        assert_false(ledger_find_transaction(l, &unknown, &place));
        assert_stands_at(&c, l, BLOCKS);
        ledger_close(l);
        l = open_ledger(&c, s);
    }
    ledger_close(l);
    store_close(s);
}

/* Kept blocks are the executed ones, senders and all; they survive being dropped from the ledger's memory while held. */
static void recent_blocks_are_shared_and_bounded(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    assert_int_equal(commit_next(&c, l, 3, &why), COMMIT_OK);
    block *held = ledger_block_by_number(l, 1), *again = ledger_block_by_number(l, 1);
    assert_ptr_equal(held, again);
    assert_true(held->transactions[2]->sender_known);
    assert_bytes_equal(held->receipts[2].logs[0].data, BYTES_OF_LITERAL("log data"));
    block_drop(again);
    for (int i = 0; i < LEDGER_RECENT_BLOCKS + 2; i++)
        assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_OK);
    assert_int_equal(l->recent_count, LEDGER_RECENT_BLOCKS);
    size_t bytes_held = 0;
    for (size_t i = 0; i < l->recent_count; i++)
        bytes_held += block_bytes(l->recent[i]);
    assert_int_equal(l->recent_bytes, bytes_held);
    again = ledger_block_by_number(l, 1); /* from the store now */
    assert_ptr_not_equal(held, again);
    assert_memory_equal(&held->hash, &again->hash, sizeof held->hash);
    assert_bytes_equal(held->receipts[0].output, again->receipts[0].output);
    block_drop(again);
    block_drop(held);
    ledger_close(l);
    l = open_ledger(&c, s); /* the head is kept from the start, with its senders */
    held = ledger_block_by_number(l, ledger_head(l).number);
    again = ledger_block_by_hash(l, &held->hash);
    assert_ptr_equal(held, again);
    assert_true(held->transactions[0]->sender_known);
    block_drop(again);
    block_drop(held);
    ledger_close(l);
    store_close(s);
}

static void put_nodes(store *s, int64_t number, arena *a)
{
    static const struct {
        const char *type, *enable;
        uint8_t fill, status;
    } rows[] = {
        {"sealer", "0", 0x33, 0},   {"observer", "1", 0x22, 0}, {"wSealer", "1", 0x11, 0}, {"sealer", "2", 0x44, 0},
        {"observer", "1", 0x55, 1}, {"observer", "1", 0x05, 0}, {"wSealer", "0", 0x09, 0}, {"sealer", "1", 0x01, 0},
    };
    row *out = arena_take_array(a, COUNT(rows), sizeof *out);
    for (size_t i = 0; i < COUNT(rows); i++) {
        node_id id;
        memset(id.b, rows[i].fill, sizeof id.b);
        const row_field fields[] = {
            {BYTES_OF_LITERAL("enable_num"), bytes_of_text(rows[i].enable)},
            {BYTES_OF_LITERAL("name"), BYTES_OF_LITERAL("node")},
            {BYTES_OF_LITERAL("node_id"), bytes_of_text(hex_text(a, BYTES_OF_VALUE(id)))},
            {BYTES_OF_LITERAL("type"), bytes_of_text(rows[i].type)},
        };
        out[i] = ledger_row(a, 100005 + i, 1, fields, COUNT(fields));
        out[i].status = rows[i].status;
    }
    const row_field config[] = {
        {BYTES_OF_LITERAL("enable_num"), BYTES_OF_LITERAL("2")},
        {BYTES_OF_LITERAL("key"), BYTES_OF_LITERAL("tx_count_limit")},
        {BYTES_OF_LITERAL("value"), BYTES_OF_LITERAL("77")},
    };
    row limit = ledger_row(a, 100003, 1, config, COUNT(config));
    store_put puts[] = {
        {.where = {BYTES_OF_LITERAL("_sys_consensus_"), BYTES_OF_LITERAL("node")}, .rows = {out, COUNT(rows)}},
        {.where = {BYTES_OF_LITERAL("_sys_config_"), BYTES_OF_LITERAL("tx_count_limit")}, .rows = {&limit, 1}},
    };
    assert_int_equal(store_apply(s, &(store_batch){.number = number, .puts = puts, .put_count = COUNT(puts)}, NULL), STORE_OK);
}

static void assert_nodes(const node_id *nodes, size_t count, const char *first_bytes)
{
    arena a = {0};
    char *text = arena_take(&a, count * 2 + 1);
    for (size_t i = 0; i < count; i++)
        hex_write(bytes_of(nodes[i].b, 1), text + 2 * i);
    assert_string_equal(text, first_bytes);
    arena_reset(&a);
}

static void node_lists_and_configuration_follow_enable_num(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    arena a = {0};
    node_lists lists;
    assert_true(ledger_node_lists(l, 0, &a, &lists));
    assert_nodes(lists.sealers, lists.sealer_count, "112233");
    assert_int_equal(lists.observer_count + lists.working_count, 0);
    put_nodes(s, 1, &a);
    assert_true(ledger_node_lists(l, 1, &a, &lists));
    assert_nodes(lists.sealers, lists.sealer_count, "01091133");
    assert_nodes(lists.observers, lists.observer_count, "0522");
    assert_nodes(lists.working_sealers, lists.working_count, "0911");
    assert_true(ledger_node_lists_stored_order(l, 1, &a, &lists));
    assert_nodes(lists.sealers, lists.sealer_count, "11093301");
    assert_nodes(lists.observers, lists.observer_count, "2205");
    assert_true(ledger_node_lists(l, 0, &a, &lists));
    assert_nodes(lists.sealers, lists.sealer_count, "0933");
    assert_true(ledger_node_lists(l, 2, &a, &lists));
    assert_nodes(lists.sealers, lists.sealer_count, "0109113344");

    bytes value;
    int64_t enable;
    assert_true(ledger_system_config(l, "tx_gas_limit", 0, &a, &value, &enable));
    assert_bytes_equal(value, BYTES_OF_LITERAL("300000000"));
    assert_int_equal(enable, 0);
    assert_true(ledger_system_config(l, "tx_count_limit", 2, &a, &value, &enable));
    assert_bytes_equal(value, BYTES_OF_LITERAL("77"));
    assert_true(ledger_system_config(l, "tx_count_limit", 1, &a, &value, &enable)); /* QUIRK: not the value before */
    assert_int_equal(value.size, 0);
    assert_int_equal(enable, 2);
    assert_true(ledger_system_config(l, "no_such_key", 1, &a, &value, &enable));
    assert_int_equal(value.size, 0);
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
}

static void put_code(store *s, const char *table, const char *code)
{
    const row_field fields[] = {{BYTES_OF_LITERAL("key"), BYTES_OF_LITERAL("code")}, {BYTES_OF_LITERAL("value"), bytes_of_text(code)}};
    arena a = {0};
    row r = ledger_row(&a, 5, 1, fields, COUNT(fields));
    store_put put = {.where = {bytes_of_text(table), BYTES_OF_LITERAL("code")}, .rows = {&r, 1}};
    assert_int_equal(store_apply(s, &(store_batch){.number = 1, .puts = &put, .put_count = 1}, NULL), STORE_OK);
    arena_reset(&a);
}

static void code_is_read_in_every_form(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        const char *table, *stored;
    } forms[] = {
        {V_2_0, "_contract_data_0101010101010101010101010101010101010101_", "6162"},
        {V_2_2, "c_0101010101010101010101010101010101010101", "6162"},
        {V_2_5, "c_0101010101010101010101010101010101010101", "ab"},
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        test_chain c = chain_at(forms[i].version);
        store *s = new_memory_store();
        ledger *l = open_ledger(&c, s);
        put_code(s, forms[i].table, forms[i].stored);
        arena a = {0};
        address one, two = {{2}};
        memset(one.b, 1, sizeof one.b);
        bytes code;
        assert_true(ledger_code(l, &one, &a, &code));
        assert_bytes_equal(code, BYTES_OF_LITERAL("ab"));
        assert_true(ledger_code(l, &two, &a, &code));
        assert_int_equal(code.size, 0);
        arena_reset(&a);
        ledger_close(l);
        store_close(s);
    }
}

/* data-model.md 8.7, "On later starts". */
static void the_stored_genesis_counts(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    c.rules.gas = GAS_FREE_STORAGE;
    c.genesis.free_storage = true;
    c.genesis.consensus = CONSENSUS_RPBFT;
    strcpy(c.genesis.consensus_text, "RPBFT");
    strcpy(c.genesis.state_text, "mpt");
    store *s = new_memory_store();
    ledger_close(open_ledger(&c, s));

    test_chain other = chain_at(V_NEWEST);
    other.genesis.gas_limit = 1;
    other.genesis.sealers = other.sealers;
    bool differs;
    error_text why = {""};
    ledger *l = ledger_open(&other.rules, &other.genesis, s, &differs, &why);
    assert_non_null(l);
    assert_true(differs);
    assert_string_equal(ledger_genesis(l)->consensus_text, "RPBFT");
    assert_int_equal(ledger_genesis(l)->consensus, CONSENSUS_RPBFT);
    assert_string_equal(ledger_genesis(l)->state_text, "mpt");
    assert_int_equal(ledger_rules(l)->state, STATE_MPT);
    assert_false(ledger_rules(l)->enable_parallel); /* whatever the files say: execution.md section 9 */
    assert_int_equal(ledger_rules(l)->gas, GAS_FREE_STORAGE);
    assert_true(ledger_genesis(l)->free_storage);
    ledger_close(l);
    store_close(s);
}

static void marks_are_split_as_the_reference_does(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        const char *mark;
        const char *consensus, *storage, *state; /* consensus NULL: refused */
        bool free_storage;
    } cases[] = {
        {V_NEWEST, "1-aa,-pbft-storage-0-1000-300000000-3", "pbft", "x", "storage", false},
        {V_NEWEST, "1--aa,--raft-mpt-9223372036854775808-1000-3-3", "raft", "x", "mpt", true},
        {V_2_2, "1-aa,-pbft-storage-1000-300000000", "pbft", "x", "storage", false},
        {VERSION_RC2, "1-aa,-pbft-LevelDB-mpt-1000-300000000", "pbft", "LevelDB", "mpt", false},
        {V_NEWEST, "1-aa,-pbft-storage", NULL, NULL, NULL, false},
        {V_NEWEST, "1-aa,-pbft-storage-x-1000", NULL, NULL, NULL, false},
        {V_NEWEST, "1-aa,-paxos-storage-0-1000", NULL, NULL, NULL, false},
        {V_NEWEST, "1-aa,-pbft-aaaaaaaaaaaaaaaa-0-1000", NULL, NULL, NULL, false},
        {V_NEWEST, "", NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        chain_rules rules = {.suite = &crypto_standard, .version = cases[i].version};
        genesis g = {.storage_text = "x"};
        error_text why = {""};
        assert_int_equal(ledger_follow_mark(bytes_of_text(cases[i].mark), &rules, &g, &why), cases[i].consensus != NULL);
        if (cases[i].consensus == NULL) {
            assert_true(why.text[0] != 0);
            continue;
        }
        assert_string_equal(g.consensus_text, cases[i].consensus);
        assert_string_equal(g.storage_text, cases[i].storage);
        assert_string_equal(g.state_text, cases[i].state);
        assert_int_equal(g.free_storage, cases[i].free_storage);
    }
}

static void broken_stores_are_refused(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    c.genesis.sealers = c.sealers;
    bool differs;
    for (int kind = 0; kind < 4; kind++) {
        store *s = new_memory_store();
        error_text why = {""};
        arena a = {0};
        ledger *l = NULL;
        if (kind == 0) {
            assert_int_equal(store_apply(s, &(store_batch){.number = 0}, NULL), STORE_OK); /* no chain in it */
        } else {
            l = open_ledger(&c, s);
            ledger_tip tip = ledger_head(l);
            ledger_close(l);
            const char *hash = hex_text(&a, BYTES_OF_VALUE(tip.hash));
            store_put puts[] = {
                {0}, /* kind 1: current_number stays behind */
                {.where = {BYTES_OF_LITERAL("_sys_hash_2_block_"), bytes_of_text(hash)}}, /* kind 2: block 0 is gone */
                {.where = {BYTES_OF_LITERAL("_sys_number_2_hash_"), BYTES_OF_LITERAL("0")}},
            };
            const row_field number[] = {{BYTES_OF_LITERAL("key"), BYTES_OF_LITERAL("current_number")}, {BYTES_OF_LITERAL("value"), BYTES_OF_LITERAL("1")}};
            row r = ledger_row(&a, 100008, 1, number, 2);
            store_put both[] = {{.where = {BYTES_OF_LITERAL("_sys_current_state_"), BYTES_OF_LITERAL("current_number")}, .rows = {&r, 1}}, puts[kind - 1]};
            assert_int_equal(store_apply(s, &(store_batch){.number = 1, .puts = both, .put_count = kind == 1 ? 0 : 2}, NULL), STORE_OK);
        }
        assert_null(ledger_open(&c.rules, &c.genesis, s, &differs, &why));
        static const char *const reasons[] = {"holds no chain", "does not name block 1", "block 0 is missing", "block 0 is missing"};
        if (!strstr(why.text, reasons[kind]))
            fail_msg("%s", why.text);
        arena_reset(&a);
        store_close(s);
    }
}

static void failing_stores_stop_the_ledger(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *inner = new_memory_store();
    store_fault_plan plan = {0};
    store *s = store_faulty(inner, &plan);
    ledger *l = open_ledger(&c, s);
    error_text why = {""};
    assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_OK);
    plan.applies = (fault_countdown){.answer = STORE_FULL};
    assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_STORE_FAILED);
    assert_non_null(strstr(why.text, "block 2 was not written"));
    assert_stands_at(&c, l, 1);
    assert_int_equal(commit_next(&c, l, 1, &why), COMMIT_STORE_FAILED);
    assert_false(ledger_save_prepared(l, BYTES_OF_LITERAL("p"), &why));
    assert_int_equal(ledger_failure(l, &why), STORE_OK); /* reads still work */
    arena a = {0};
    node_lists lists;
    plan.reads = (fault_countdown){.answer = STORE_IO};
    assert_false(ledger_node_lists(l, 1, &a, &lists));
    assert_int_equal(ledger_failure(l, &why), STORE_IO);
    assert_non_null(strstr(why.text, "planned failure"));
    arena_reset(&a);
    ledger_close(l);

    /* Every read of an opening fails once: each is noticed. */
    c.genesis.sealers = c.sealers;
    unsigned reads = 0;
    for (;; reads++) {
        bool differs;
        plan.reads = (fault_countdown){.calls_before = reads, .answer = STORE_CORRUPT};
        l = ledger_open(&c.rules, &c.genesis, s, &differs, &why);
        if (l)
            break;
        assert_non_null(strstr(why.text, "planned failure"));
    }
    assert_true(reads >= 6);
    ledger_close(l);
    store_close(s);
    store_close(inner);
}

static void a_prepared_block_is_kept(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    arena a = {0};
    bytes prepared;
    error_text why;
    assert_false(ledger_load_prepared(l, &a, &prepared));
    assert_true(ledger_save_prepared(l, BYTES_OF_LITERAL("one"), &why));
    assert_true(ledger_save_prepared(l, BYTES_OF_LITERAL("two"), &why));
    ledger_close(l);
    l = open_ledger(&c, s);
    assert_true(ledger_load_prepared(l, &a, &prepared));
    assert_bytes_equal(prepared, BYTES_OF_LITERAL("two"));
    assert_true(ledger_save_prepared(l, BYTES_EMPTY, &why));
    assert_false(ledger_load_prepared(l, &a, &prepared));
    arena_reset(&a);
    ledger_close(l);
    store_close(s);
}

typedef struct {
    ledger *l;
    atomic_bool done;
    atomic_int wrong;
} watcher;

/* What the head names is there, whoever asks and whenever. */
static void *watch(void *argument)
{
    watcher *w = argument;
    int64_t before = 0;
    do {
        ledger_tip tip = ledger_head(w->l);
        block *b = ledger_block_by_number(w->l, tip.number);
        block *old = ledger_block_by_number(w->l, tip.number / 2);
        if (tip.number < before || b == NULL || !hash256_equal(&b->hash, &tip.hash) || old == NULL)
            w->wrong++;
        before = tip.number;
        transaction_place place;
        if (b && b->transaction_count && (!ledger_find_transaction(w->l, &b->transactions[0]->hash, &place) ||
                                          place.block_number != tip.number))
            w->wrong++;
        block_drop(b);
        block_drop(old);
    } while (!w->done);
    return NULL;
}

static void readers_run_beside_the_committer(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    store *s = new_memory_store();
    ledger *l = open_ledger(&c, s);
    watcher w = {.l = l};
    pthread_t readers[2];
    for (size_t i = 0; i < COUNT(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, watch, &w), 0);
    error_text why;
    for (int i = 0; i < 60; i++)
        assert_int_equal(commit_next(&c, l, 2, &why), COMMIT_OK);
    w.done = true;
    for (size_t i = 0; i < COUNT(readers); i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(w.wrong, 0);
    ledger_close(l);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(founding_writes_the_rows_of_block_0),
        cmocka_unit_test(the_worked_example_has_its_hash),
        cmocka_unit_test(a_block_writes_its_rows),
        cmocka_unit_test(old_versions_write_hexadecimal_text),
        cmocka_unit_test(commits_that_do_not_follow_are_refused),
        cmocka_unit_test(look_ups_find_what_there_is),
        cmocka_unit_test(recent_blocks_are_shared_and_bounded),
        cmocka_unit_test(node_lists_and_configuration_follow_enable_num),
        cmocka_unit_test(code_is_read_in_every_form),
        cmocka_unit_test(the_stored_genesis_counts),
        cmocka_unit_test(marks_are_split_as_the_reference_does),
        cmocka_unit_test(broken_stores_are_refused),
        cmocka_unit_test(failing_stores_stop_the_ledger),
        cmocka_unit_test(a_prepared_block_is_kept),
        cmocka_unit_test(readers_run_beside_the_committer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
