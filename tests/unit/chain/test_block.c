#include "test.h"

#include "chain/genesis.h"
#include "codec/rlp.h"
#include "support_chain.h"

/* spec/data-model.md 12: roots of blocks of n transactions and receipts */
static void roots_of_the_worked_examples(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        const char *txs, *receipts, *receipts_below_2_9, *old_txs, *old_receipts;
    } cases[] = {
        {0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
         "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
         "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
         "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
         "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"},
        {1, "be2f912f40a5ea42685b3854b015de6bfe03f22244d85fb2b73bed09e0542a27",
         "7c2d94fd4b529532f7d9956409275d111b057fc0895ba11082ce7163dd786072",
         "8aaed3db042c687364c5c29f106ea1ab4d2e71456c1b3459d0f294bf7d01f1c7",
         "5d75f67b2cb525250a5c13206f6543aaacb55d9f8df44f2958f52f6d95f56b9c",
         "e769a71ab066cfbbd4824d0d204fec353baaffc0b7637ddf09d8ab65c714f0c0"},
        {2, "c7c750448462b859b3eb57b019b315e76e8153ea3a9087d0b7205a4480ddc723",
         "83573a109cc05af24d832c5d8f938d41c3f6391cc964da1d5feb9ec4017ef15f",
         "eaf78ff7575b90dbf41c74e51914e3e2e74fd7008ecde87cee7e63c113365933",
         "13d354daa92dd755cc38d3ae1c2d7295574e7ac99194cf30365169683b724262",
         "34d7be327c83fb442948a55406b02b64125245945ca3e0e3ee7a9f0f1d32b81e"},
        {17, "26058372fc9de1ab78233338f79b78a6f95fa427254400a8e8311a317aca2269",
         "2615346d2bcdc67c190ea5f6f5bff2994b66a56fd384518cd30a442eded4f88b",
         "0dbdeeca1a8cfa4527bab3bc5d58b0961acf0758ec1fe68c9601ddcaeeb4c45a",
         "e77a7140622fac074b208642d2e72668137544002c3b1b5aca946003821d9a6d",
         "41e7356c74a41aa33a985737d3217e1bf9c48505db83de032a709158759ac00f"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        chain_rules now = rules_at(&crypto_standard, VERSION_OF(2, 11, 0)), older = rules_at(&crypto_standard, VERSION_OF(2, 8, 0)),
                    oldest = rules_at(&crypto_standard, VERSION_OF(2, 0, 0));
        block *b = example_block(&now, cases[i].count);
        assert_hash(block_transactions_root(&now, b), cases[i].txs);
        assert_hash(block_receipts_root(&now, b), cases[i].receipts);
        assert_hash(block_transactions_root(&older, b), cases[i].txs);
        assert_hash(block_receipts_root(&older, b), cases[i].receipts_below_2_9);
        assert_hash(block_transactions_root(&oldest, b), cases[i].old_txs);
        assert_hash(block_receipts_root(&oldest, b), cases[i].old_receipts);
        block_drop(b);
    }
}

static void the_parallel_form_of_the_worked_example(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
    block *b = example_block(&rules, 2);
    buffer list = buffer_init(BUFFER_NO_LIMIT);
    transactions_encode(b->transactions, b->transaction_count, &list);
    assert_true(bytes_start_with(buffer_bytes(&list), bytes_of_hex(&a, "020000000000000065000000ca000000f863")));
    buffer_free(&list);
    block_drop(b);
    arena_reset(&a);
}

/* spec/data-model.md 8.7 */
static void genesis_of_the_worked_example(void **state)
{
    (void)state;
    node_id sealers[2];
    memset(sealers[0].b, 0x11, 64);
    memset(sealers[1].b, 0x22, 64);
    genesis g = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus_text = "pbft", .state_text = "storage", .max_trans_num = 1000,
                 .gas_limit = 300000000, .consensus_timeout_s = 3, .sealers = sealers, .sealer_count = 2};
    chain_rules rules = rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
    block *b = genesis_block(&rules, &g);
    bytes mark = b->header.extra_data[0];
    assert_bytes_equal(bytes_from(mark, mark.size - 33), BYTES_OF_LITERAL(",-pbft-storage-0-1000-300000000-3"));
    assert_hash(b->hash, "78b5420b42f4baa233577b47a9b259b4ad278326e028982b8992cfcd5de40049");
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    header_encode(&b->header, &encoded);
    assert_int_equal(encoded.size, 737);
    buffer_clear(&encoded);
    block_encode(&rules, b, BLOCK_FULL, &encoded);
    assert_int_equal(encoded.size, 776);
    assert_hash(suite_hash(&crypto_standard, buffer_bytes(&encoded)), "ccb1cedcd013c61d0e29742e5708bb011b7335844cbd22904b5fe767045bee15");
    block_drop(b);
    rules.suite = &crypto_national;
    b = genesis_block(&rules, &g);
    assert_hash(b->hash, "5a3c354d2dd572ec99b6f2380dba5eddeb3935ef3f4c873a93359611df06581d");
    buffer_clear(&encoded);
    block_encode(&rules, b, BLOCK_FULL, &encoded);
    assert_hash(suite_hash(&crypto_national, buffer_bytes(&encoded)), "93fa42b0e807a528dc1a79d7f618b3b2b6ab90982c25db360a871216bfe62e1a");
    buffer_free(&encoded);
    block_drop(b);
}

static void marks_of_other_versions_and_kinds(void **state)
{
    (void)state;
    arena a = {0};
    node_id sealer = {{1}};
    genesis g = {.group_id = 2, .consensus_text = "rPBFT", .consensus = CONSENSUS_RPBFT, .state_text = "mpt", .storage_text = "LevelDB",
                 .max_trans_num = 1, .gas_limit = 5, .consensus_timeout_s = 9, .epoch_sealer_num = 3, .epoch_block_num = 4,
                 .free_storage = true, .sealers = &sealer, .sealer_count = 1};
    static const struct {
        uint32_t version;
        const char *tail;
    } cases[] = {
        {VERSION_RC1, ",-rPBFT-LevelDB-mpt-1-5-3-4"},
        {VERSION_RC3, ",-rPBFT-mpt-1-5-3-4"},
        {VERSION_OF(2, 3, 0), ",-rPBFT-mpt-1-5-3-4"},
        {VERSION_OF(2, 4, 0), ",-rPBFT-mpt-9223372036854775808-1-5-3-4"},
        {VERSION_OF(2, 6, 0), ",-rPBFT-mpt-9223372036854775808-1-5-3-4-9"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        chain_rules rules = rules_at(&crypto_standard, cases[i].version);
        const char *mark = genesis_mark(&rules, &g, &a);
        assert_memory_equal(mark, "2-0100", 6);
        assert_string_equal(strchr(mark, ','), cases[i].tail);
    }
    arena_reset(&a);
}

static block *round_trip(const chain_rules *rules, const block *b, block_decode_options options)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT), again = buffer_init(BUFFER_NO_LIMIT);
    error_text why = {""};
    block_encode(rules, b, BLOCK_FULL, &encoded);
    block *decoded = block_decode(rules, buffer_bytes(&encoded), options, &why);
    assert_string_equal(why.text, "");
    assert_non_null(decoded);
    if (options.with_receipts) {
        block_encode(rules, decoded, BLOCK_FULL, &again);
        assert_bytes_equal(buffer_bytes(&again), buffer_bytes(&encoded));
    }
    buffer_free(&encoded);
    buffer_free(&again);
    return decoded;
}

static void blocks_come_back_as_they_went(void **state)
{
    (void)state;
    static const uint32_t versions[] = {VERSION_RC1, VERSION_RC2, VERSION_OF(2, 2, 0), VERSION_OF(2, 11, 0)};
    for (size_t i = 0; i < COUNT(versions); i++) {
        chain_rules rules = rules_at(&crypto_standard, versions[i]);
        for (size_t count = 0; count < 4; count++) {
            block *b = example_block(&rules, count);
            uint8_t signature[65] = {1, 2, 3};
            block_set_signatures(b, (block_signature[]){{3, bytes_of(signature, 65)}, {0, bytes_of(signature, 65)}}, 2);
            block *back = round_trip(&rules, b, (block_decode_options){TX_CHECK_EVERYTHING, true});
            assert_int_equal(back->transaction_count, count);
            assert_int_equal(back->receipt_count, count);
            assert_int_equal(back->signature_count, 2);
            assert_int_equal(back->signatures[0].sealer_index, 3);
            for (size_t k = 0; k < count; k++)
                assert_true(back->transactions[k]->sender_known);
            block *copy = block_copy(back);
            block_drop(back);
            back = round_trip(&rules, b, (block_decode_options){TX_CHECK_NOTHING, false});
            assert_null(back->receipts);
            assert_int_equal(copy->transaction_count, count);
            assert_int_equal(copy->receipt_count, 0);
            block_drop(copy);
            block_drop(back);
            block_drop(b);
        }
    }
}

static void every_truncation_of_a_block_is_refused(void **state)
{
    (void)state;
    chain_rules rules = rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
    block *b = example_block(&rules, 2);
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&rules, b, BLOCK_FULL, &encoded);
    error_text why;
    for (size_t size = 0; size < encoded.size; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, encoded.data, size);
        assert_null(block_decode(&rules, bytes_of(copy, size), (block_decode_options){TX_CHECK_NOTHING, true}, &why));
        free(copy);
    }
    /* One changed byte in the header: the hash item no longer fits. */
    encoded.data[10] ^= 1;
    assert_null(block_decode(&rules, buffer_bytes(&encoded), (block_decode_options){TX_CHECK_NOTHING, true}, &why));
    assert_string_equal(why.text, "BlockHeader hash error");
    buffer_free(&encoded);
    block_drop(b);
}

/* spec/consensus.md 5.3 */
static void proposals_carry_hashes(void **state)
{
    (void)state;
    chain_rules rules = rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
    for (size_t count = 0; count < 3; count++) {
        block *b = example_block(&rules, count);
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        block_encode(&rules, b, BLOCK_PROPOSAL, &encoded);
        hash256 *hashes;
        size_t found;
        error_text why;
        block *back = block_decode_proposal(&rules, buffer_bytes(&encoded), &hashes, &found, &why);
        assert_non_null(back);
        assert_int_equal(found, count);
        for (size_t i = 0; i < count; i++)
            assert_memory_equal(hashes[i].b, b->transactions[i]->hash.b, 32);
        assert_memory_equal(back->hash.b, b->hash.b, 32);
        block_drop(back);
        /* QUIRK: the full decoder takes an empty proposal, and only that. */
        back = block_decode(&rules, buffer_bytes(&encoded), (block_decode_options){TX_CHECK_NOTHING, true}, &why);
        assert_int_equal(back != NULL, count == 0);
        block_drop(back);
        for (size_t size = 0; size < encoded.size; size++)
            assert_null(block_decode_proposal(&rules, bytes_of(encoded.data, size), &hashes, &found, &why));
        buffer_free(&encoded);
        block_drop(b);
    }
}

static void a_block_with_half_of_its_receipts_is_refused(void **state)
{
    (void)state;
    chain_rules rules = rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
    block *b = example_block(&rules, 2);
    b->receipt_count = 1;
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&rules, b, BLOCK_FULL, &encoded);
    error_text why;
    assert_null(block_decode(&rules, buffer_bytes(&encoded), (block_decode_options){TX_CHECK_NOTHING, true}, &why));
    assert_string_equal(why.text, "block: 1 receipts for 2 transactions");
    buffer_free(&encoded);
    block_drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_the_worked_examples),
        cmocka_unit_test(the_parallel_form_of_the_worked_example),
        cmocka_unit_test(genesis_of_the_worked_example),
        cmocka_unit_test(marks_of_other_versions_and_kinds),
        cmocka_unit_test(blocks_come_back_as_they_went),
        cmocka_unit_test(every_truncation_of_a_block_is_refused),
        cmocka_unit_test(proposals_carry_hashes),
        cmocka_unit_test(a_block_with_half_of_its_receipts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
