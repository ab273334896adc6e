/* `hanse replay`: the recordings give no difference, whatever store they run on; damage is found where it is. */
#include "support_recording.h"

#include "tool/replay_chain.h"

#include <unistd.h>

static const char *const chains[] = {"ecdsa1", "ecdsa4", "gm1",  "gm4",    "free1",   "v200",
                                     "v240",   "v290",   "mpt1", "rpbft4", "charge1", "short1_patched"};

static void expect_status(recording *r, int expected, int found)
{
    if (expected != found)
        fail_msg("status %d\n%s%s", found, (const char *)r->out.data, (const char *)r->err.data);
}

static void packs_give_no_difference(void **state)
{
    recording r;
    arena a = {0};
    recording_open(&r, *state);
    expect_status(&r, 0, recording_replay(&r, arena_print(&a, GOLDEN("%s.pack"), (const char *)*state), NULL));
    assert_non_null(strstr(recording_last_line(&r), " 0 differences"));
    assert_int_equal(strtoul(recording_last_line(&r) + strlen("replayed "), NULL, 10), r.d.block_count - 1);
    recording_close(&r);
    arena_reset(&a);
}

static void rocksdb_gives_no_difference(void **state)
{
    static const char *const options[] = {"--storage", "rocksdb", NULL};
    recording r;
    arena a = {0};
    recording_open(&r, *state);
    assert_int_equal(setenv("TMPDIR", r.folder, 1), 0);
    expect_status(&r, 0, recording_replay(&r, arena_print(&a, GOLDEN("%s.pack"), (const char *)*state), options));
    assert_string_equal(recording_last_line(&r), "replayed 437 blocks, 639 transactions, 0 differences");
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(rmdir(r.folder), 0); /* nothing is left behind */
    recording_close(&r);
    arena_reset(&a);
}

/* --- damage --- */

enum { DAMAGED = 30 }; /* the block */

static void change_header(recording *r)
{
    block *b = block_decode(&r->d.rules, r->d.blocks[DAMAGED].raw, (block_decode_options){TX_CHECK_NOTHING, true}, NULL);
    recording_flip(r, DAMAGED, BYTES_OF_VALUE(b->header.state_root));
    block_drop(b);
}

static void change_hash_item(recording *r)
{
    recording_flip(r, DAMAGED, BYTES_OF_VALUE(r->d.blocks[DAMAGED].hash));
}

static void change_parent(recording *r)
{
    recording_flip(r, DAMAGED, BYTES_OF_VALUE(r->d.blocks[DAMAGED - 1].hash));
}

static void change_hash_column(recording *r)
{
    r->d.blocks[DAMAGED].hash.b[5] ^= 1;
}

static void more_gas(block *b)
{
    b->receipts[0].gas_used = u256_add(b->receipts[0].gas_used, u256_of(1));
}

static void change_receipt(recording *r)
{
    recording_change_block(r, DAMAGED, more_gas);
}

static void change_transaction(recording *r)
{
    block *b = block_decode(&r->d.rules, r->d.blocks[DAMAGED].raw, (block_decode_options){TX_CHECK_NOTHING, true}, NULL);
    recording_flip(r, DAMAGED, b->transactions[0]->data);
    block_drop(b);
}

static void other_signature(block *b)
{
    ((uint8_t *)(uintptr_t)b->signatures[0].signature.data)[7] ^= 1;
}

static void change_signature(recording *r)
{
    recording_change_block(r, DAMAGED, other_signature);
}

static void same_signer_only(block *b)
{
    block_signature s[2] = {b->signatures[0], b->signatures[0]};
    block_set_signatures(b, s, 2);
}

static void repeat_signature(recording *r)
{
    recording_change_block(r, DAMAGED, same_signer_only);
}

static void no_signature(block *b)
{
    block_set_signatures(b, NULL, 0);
}

static void drop_signatures(recording *r)
{
    recording_change_block(r, DAMAGED, no_signature);
}

static void cut_block(recording *r)
{
    r->d.blocks[DAMAGED].raw.size--;
}

/* Damage that is done to the encoded blocks, and the first line that tells it. */
static const struct {
    const char *name;
    void (*damage)(recording *r);
    const char *first_line;
} damages[] = {
    {"header", change_header, "block 30: block.stateRoot\n"},
    {"hash item", change_hash_item, "block 30: block.hash\n"},
    {"parent hash", change_parent, "block 30: header.parentHash\n"},
    {"hash beside the block", change_hash_column, "block 30: hash beside the block\n"},
    {"receipt", change_receipt, "block 30: receipts[0].gasUsed\n"},
    {"transaction", change_transaction, "block 30: header.transactionsRoot\n"},
    {"signature", change_signature, "block 30: signatureList[0]\n"},
    {"no signatures", drop_signatures, "block 30: signatureList\n"},
    {"end of the block", cut_block, "block 30: encoding\n"},
};

static void blocks_that_are_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(damages); i++) {
        recording r;
        recording_open(&r, "short1_patched");
        damages[i].damage(&r);
        recording_write(&r);
        int status = recording_replay(&r, r.folder, NULL);
        if (status != 1 || strncmp((const char *)r.out.data, damages[i].first_line, strlen(damages[i].first_line)) != 0)
            fail_msg("%s: status %d, %s%s", damages[i].name, status, (const char *)r.out.data, (const char *)r.err.data);
        assert_non_null(strstr(recording_last_line(&r), " 1 differences"));
        recording_close(&r);
    }
}

/* One sealer who signs twice is one sealer. */
static void quorums_are_of_distinct_sealers(void **state)
{
    (void)state;
    recording r;
    recording_open(&r, "rpbft4");
    repeat_signature(&r);
    recording_write(&r);
    expect_status(&r, 1, recording_replay(&r, r.folder, NULL));
    assert_non_null(strstr((const char *)r.out.data, "block 30: signatureList\n  expected signatures of 2 distinct sealers\n  found    1\n"));
    recording_close(&r);
}

static void set_text(json_t *object, const char *key, const char *value)
{
    assert_int_equal(json_object_set_new(object, key, json_string(value)), 0);
}

static void change_answer(recording *r)
{
    json_t *answers = recording_load(r, "blocks/00030.json");
    set_text(json_array_get(json_object_get(answers, "receipts"), 0), "output", "0x01");
    recording_store(r, "blocks/00030.json", answers);
}

static void change_sender(recording *r)
{
    json_t *answers = recording_load(r, "blocks/00030.json");
    set_text(json_array_get(json_object_get(answers, "receipts"), 0), "from", "0x00");
    recording_store(r, "blocks/00030.json", answers);
}

static void change_proof(recording *r)
{
    json_t *answers = recording_load(r, "blocks/00030.json");
    json_t *levels = json_object_get(json_array_get(json_object_get(answers, "receiptProofs"), 0), "receiptProof");
    json_array_append_new(json_object_get(json_array_get(levels, 0), "right"), json_string("00"));
    recording_store(r, "blocks/00030.json", answers);
}

static json_t *only_row(json_t *table, const char *key)
{
    return json_array_get(json_object_get(table, key), 0);
}

static void change_row(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_config_.json");
    set_text(only_row(table, "tx_gas_limit"), "value", "7");
    recording_store(r, "db/_sys_config_.json", table);
}

static void change_id(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_config_.json");
    set_text(only_row(table, "tx_gas_limit"), "_id_", "7");
    recording_store(r, "db/_sys_config_.json", table);
}

/* Not compared: no root covers that table, and its ids are each node's own. */
static void change_free_id(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_block_2_nonces_.json");
    set_text(only_row(table, "3"), "_id_", "7");
    recording_store(r, "db/_sys_block_2_nonces_.json", table);
}

static void drop_row(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_config_.json");
    json_object_del(table, "tx_gas_limit");
    recording_store(r, "db/_sys_config_.json", table);
}

static void add_key(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_config_.json");
    json_object_set(table, "a key", json_object_get(table, "tx_gas_limit"));
    recording_store(r, "db/_sys_config_.json", table);
}

static void drop_column(recording *r)
{
    json_t *table = recording_load(r, "db/_sys_config_.json");
    json_object_del(only_row(table, "tx_gas_limit"), "value");
    recording_store(r, "db/_sys_config_.json", table);
}

static void change_code(recording *r)
{
    json_t *codes = recording_load(r, "code.json"), *value;
    const char *key;
    json_object_foreach(codes, key, value) {
        json_string_set(value, "0x00");
        break;
    }
    recording_store(r, "code.json", codes);
}

static const struct {
    const char *name;
    void (*damage)(recording *r);
    const char *text; /* NULL: no difference */
} file_damages[] = {
    {"output", change_answer, "block 30: receipts[0].output\n  expected 0x01\n"},
    {"sender", change_sender, "block 30: receipts[0].from\n  expected 0x00\n"},
    {"proof", change_proof, "block 30: receiptProofs[0].receiptProof[0].right\n  expected 1 items\n  found    0 items\n"},
    {"value", change_row, "state after the last block: table _sys_config_, key tx_gas_limit, row 1 of 1, column value\n  expected 7\n"
                          "  found    300000000\n"},
    {"id", change_id, "table _sys_config_, key tx_gas_limit, row 1 of 1, column _id_\n  expected 7\n"},
    {"id that is the node's own", change_free_id, NULL},
    {"row too few", drop_row, "table _sys_config_, key tx_gas_limit\n  expected 0 rows\n  found    1 row\n"},
    {"row too much", add_key, "table _sys_config_, key a key\n  expected 1 row\n  found    0 rows\n"},
    {"column too few", drop_column, "table _sys_config_, key tx_gas_limit, row 1 of 1, column value\n  expected nothing\n"},
    {"code", change_code, "  expected 0x00\n"},
};

static void files_that_are_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(file_damages); i++) {
        recording r;
        recording_open(&r, "short1_patched");
        recording_write(&r);
        file_damages[i].damage(&r);
        int status = recording_replay(&r, r.folder, NULL);
        const char *text = file_damages[i].text;
        if (status != (text != NULL) || (text && strstr((const char *)r.out.data, text) == NULL))
            fail_msg("%s: status %d, %s%s", file_damages[i].name, status, (const char *)r.out.data, (const char *)r.err.data);
        recording_close(&r);
    }
}

static void unreadable_recordings(void **state)
{
    (void)state;
    static const struct {
        const char *file, *content, *message;
    } cases[] = {
        {"raw_blocks.txt", "0 00 zz\n", "raw_blocks.txt:1: expected \"number hash hex\""},
        {"raw_blocks.txt", "", "no blocks"},
        {"nodes/node0/conf/group.1.genesis", "", "group.1.genesis"},
        {"nodes/node0/config.ini", "[chain]\nid=x\n", "config.ini"},
        {"blocks/00030.json", "{", "blocks/00030.json:1: "},
        {"db/_sys_config_.json", "[]", "_sys_config_.json: expected an object of keys"},
        {"code.json", "{\"0x1\": \"\"}", "code.json: 0x1: expected an address and its code"},
        {"workload.json", "{]", "workload.json:1: "},
    };
    recording r;
    for (size_t i = 0; i < COUNT(cases); i++) {
        recording_open(&r, "short1_patched");
        recording_write(&r);
        recording_write_file(&r, cases[i].file, bytes_of_text(cases[i].content));
        int status = recording_replay(&r, r.folder, NULL);
        if (status != 1 || strstr((const char *)r.err.data, cases[i].message) == NULL)
            fail_msg("%s: status %d, %s%s", cases[i].file, status, (const char *)r.out.data, (const char *)r.err.data);
        recording_close(&r);
    }
    recording_open(&r, "short1_patched");
    assert_int_equal(recording_replay(&r, "/nonexistent", NULL), 1);
    assert_int_equal(recording_replay(&r, r.folder, NULL), 1); /* empty */
    assert_non_null(strstr((const char *)r.err.data, "nodes/*/config.ini is missing"));
    assert_int_equal(recording_replay(&r, GOLDEN("README.md"), NULL), 1);
    assert_int_equal(recording_replay(&r, GOLDEN("contracts.pack"), NULL), 1);
    recording_close(&r);
}

static void members_that_are_missing_are_not_compared(void **state)
{
    (void)state;
    static const char *const gone[] = {"blocks", "db", "code.json"};
    recording r;
    arena a = {0};
    recording_open(&r, "short1_patched");
    recording_write(&r);
    for (size_t i = 0; i < COUNT(gone); i++)
        assert_int_equal(rename(arena_print(&a, "%s/%s", r.folder, gone[i]), arena_print(&a, "%s/gone-%s", r.folder, gone[i])), 0);
    expect_status(&r, 0, recording_replay(&r, r.folder, NULL));
    assert_string_equal(recording_last_line(&r), "replayed 54 blocks, 54 transactions, 0 differences");
    recording_close(&r);
    arena_reset(&a);
}

/* --- options --- */

static void from_and_to(void **state)
{
    (void)state;
    static const char *const to_29[] = {"--to", "29", NULL}, *const from_31[] = {"--from", "31", NULL},
                                  *const wrong[] = {"--from", "31", "--to", "29", NULL}, *const no_number[] = {"--to", "x", NULL},
                                                *const no_storage[] = {"--storage", "paper", NULL};
    recording r;
    recording_open(&r, "short1_patched");
    recording_write(&r);
    change_answer(&r); /* of block 30 */
    expect_status(&r, 1, recording_replay(&r, r.folder, NULL));
    expect_status(&r, 0, recording_replay(&r, r.folder, from_31));
    assert_string_equal(recording_last_line(&r), "replayed 54 blocks, 54 transactions, 0 differences");
    change_row(&r);
    expect_status(&r, 0, recording_replay(&r, r.folder, to_29));
    assert_string_equal(recording_last_line(&r), "replayed 29 blocks, 29 transactions, 0 differences");
    expect_status(&r, 2, recording_replay(&r, r.folder, wrong));
    expect_status(&r, 2, recording_replay(&r, r.folder, no_number));
    expect_status(&r, 2, recording_replay(&r, r.folder, no_storage));
    recording_close(&r);
}

static void keep_going_finds_all(void **state)
{
    (void)state;
    static const char *const options[] = {"--keep-going", NULL};
    recording r;
    recording_open(&r, "short1_patched");
    change_header(&r);
    recording_write(&r);
    change_answer(&r);
    change_row(&r);
    change_code(&r);
    expect_status(&r, 1, recording_replay(&r, r.folder, options));
    /* The stored row of the block differs too. */
    assert_non_null(strstr((const char *)r.out.data, "block 30: block.stateRoot\n"));
    assert_non_null(strstr((const char *)r.out.data, "block 30: receipts[0].output\n"));
    assert_non_null(strstr((const char *)r.out.data, "key tx_gas_limit, row 1 of 1, column value\n"));
    assert_non_null(strstr((const char *)r.out.data, "code of 0x"));
    assert_non_null(strstr((const char *)r.out.data, "replayed 54 blocks, 54 transactions, "));
    recording_close(&r);
}

/* A block that gives another chain than the recorded one: the rest is compared all the same, but for hashes of blocks. */
static void keep_going_on_another_chain(void **state)
{
    (void)state;
    static const char *const options[] = {"--keep-going", NULL};
    recording r;
    recording_open(&r, "short1_patched");
    change_parent(&r);
    recording_write(&r);
    expect_status(&r, 1, recording_replay(&r, r.folder, options));
    assert_non_null(strstr((const char *)r.out.data, "block 30: header.parentHash\n"));
    assert_null(strstr((const char *)r.out.data, "block 31: "));
    assert_non_null(strstr((const char *)r.out.data, "replayed 54 blocks, 54 transactions, "));
    recording_close(&r);
}

static void json_is_one_document(void **state)
{
    (void)state;
    static const char *const options[] = {"--json", NULL};
    recording r;
    recording_open(&r, "short1_patched");
    recording_write(&r);
    change_row(&r);
    expect_status(&r, 1, recording_replay(&r, r.folder, options));
    json_t *found = json_loads((const char *)r.out.data, 0, NULL);
    assert_non_null(found);
    assert_int_equal(json_integer_value(json_object_get(found, "blocks")), 54);
    assert_int_equal(json_integer_value(json_object_get(found, "differenceCount")), 1);
    json_t *one = json_array_get(json_object_get(found, "differences"), 0);
    assert_true(json_is_null(json_object_get(one, "block")));
    assert_string_equal(json_string_value(json_object_get(one, "expected")), "7");
    assert_string_equal(json_string_value(json_object_get(one, "found")), "300000000");
    assert_non_null(strstr((const char *)r.err.data, "replayed 54 blocks, 54 transactions, 1 differences\n"));
    json_decref(found);
    recording_close(&r);
}

int main(int argc, char **argv)
{
    static const char *const on_disk[] = {"ecdsa1", "v200"};
    struct CMUnitTest tests[COUNT(chains) + COUNT(on_disk) + 10] = {
        cmocka_unit_test(blocks_that_are_damaged),     cmocka_unit_test(quorums_are_of_distinct_sealers),
        cmocka_unit_test(files_that_are_damaged),      cmocka_unit_test(unreadable_recordings),
        cmocka_unit_test(members_that_are_missing_are_not_compared),
        cmocka_unit_test(from_and_to),                 cmocka_unit_test(keep_going_finds_all),
        cmocka_unit_test(keep_going_on_another_chain), cmocka_unit_test(json_is_one_document),
    };
    size_t count = 9;
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[count++] = (struct CMUnitTest){.name = chains[i], .test_func = packs_give_no_difference, .initial_state = (void *)(uintptr_t)chains[i]};
    for (size_t i = 0; i < COUNT(on_disk); i++)
        tests[count++] = (struct CMUnitTest){.name = "rocksdb", .test_func = rocksdb_gives_no_difference, .initial_state = (void *)(uintptr_t)on_disk[i]};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("replay", tests, count, NULL, NULL);
}
