/* Every block the C++ node stored: decoded, encoded again, hashed, proved. */
#include "golden.h"

#include "chain/merkle.h"

/* QUIRK of consensus.md 6.1: rpbft headers list the working sealers, but signatures index the full list, which in the
   recording is the one of the genesis file. */
static void check_signatures(const golden_chain *chain, const block *b)
{
    bool is_rpbft = chain->genesis.consensus == CONSENSUS_RPBFT;
    const node_id *sealers = is_rpbft ? chain->genesis.sealers : b->header.sealers;
    size_t count = is_rpbft ? chain->genesis.sealer_count : b->header.sealer_count;
    assert_true(b->header.number == 0 || 3 * b->signature_count >= 2 * b->header.sealer_count);
    for (size_t i = 0; i < b->signature_count; i++) {
        assert_true(b->signatures[i].sealer_index < count);
        assert_true(chain->rules.suite->verify(&sealers[b->signatures[i].sealer_index], &b->hash, b->signatures[i].signature));
    }
}

static void check_block(const golden_chain *chain, const golden_block *recorded, buffer *again)
{
    const chain_rules *rules = &chain->rules;
    error_text why = {""};
    block_decode_options options = {TX_CHECK_EVERYTHING, true};
    block *b = block_decode(rules, recorded->raw, options, &why);
    if (b == NULL)
        fail_msg("block %zu: %s", (size_t)recorded->number, why.text);
    buffer_clear(again);
    block_encode(rules, b, BLOCK_FULL, again);
    assert_bytes_equal(buffer_bytes(again), recorded->raw);
    assert_int_equal(b->header.number, recorded->number);
    assert_memory_equal(b->hash.b, recorded->hash.b, 32);
    if (recorded->number) {
        hash256 transactions = block_transactions_root(rules, b), receipts = block_receipts_root(rules, b);
        assert_memory_equal(transactions.b, b->header.transactions_root.b, 32);
        assert_memory_equal(receipts.b, b->header.receipts_root.b, 32);
        assert_memory_equal(b->header.parent_hash.b, chain->blocks[recorded->number - 1].hash.b, 32);
        assert_int_equal(b->receipt_count, b->transaction_count);
    }
    check_signatures(chain, b);
    for (size_t i = 0; i < b->receipt_count; i++) {
        receipt with_bloom = b->receipts[i];
        receipt_set_bloom(rules->suite, &with_bloom);
        assert_memory_equal(with_bloom.logs_bloom.b, b->receipts[i].logs_bloom.b, BLOOM_BYTES);
    }
    block_drop(b);
}

static void check_genesis(const golden_chain *chain)
{
    block *b = genesis_block(&chain->rules, &chain->genesis);
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&chain->rules, b, BLOCK_FULL, &encoded);
    assert_memory_equal(b->hash.b, chain->blocks[0].hash.b, 32);
    assert_bytes_equal(buffer_bytes(&encoded), chain->blocks[0].raw);
    buffer_free(&encoded);
    block_drop(b);
}

/* The current block while records are walked: "block" comes first, what belongs to it follows. */
typedef struct {
    const golden_chain *chain;
    block *b;
    uint64_t number;
    size_t transactions, proofs;
} walk;

static void go_to(walk *w, uint64_t number)
{
    if (w->b && w->number == number)
        return;
    block_drop(w->b);
    w->b = golden_decode(w->chain, number);
    transaction_recover_senders(&w->chain->rules, w->b->transactions, w->b->transaction_count);
    w->number = number;
}

/* block, index, hash, sender, status, gasUsed, contractAddress, output, statusMsg: as the node answered by RPC */
static void check_transaction(walk *w, rlp_reader *r)
{
    go_to(w, rlp_read_uint(r, 8));
    uint64_t index = rlp_read_uint(r, 4);
    assert_true(index < w->b->transaction_count);
    const transaction *tx = w->b->transactions[index];
    const receipt *done = &w->b->receipts[index];
    assert_bytes_equal(rlp_read_string(r), BYTES_OF_VALUE(tx->hash));
    assert_bytes_equal(rlp_read_string(r), BYTES_OF_VALUE(tx->sender));
    assert_int_equal(rlp_read_uint(r, 4), done->status);
    assert_true(u256_equal(rlp_read_u256(r), done->gas_used));
    assert_bytes_equal(rlp_read_string(r), BYTES_OF_VALUE(done->contract_address));
    assert_bytes_equal(rlp_read_string(r), done->output);
    assert_bytes_equal(rlp_read_string(r), bytes_of_text(status_text(done->status)));
    assert_int_equal(r->error, RLP_OK);
    w->transactions++;
}

static void read_siblings(rlp_reader list, bytes *out, size_t *count)
{
    while (!rlp_at_end(&list)) {
        assert_true(*count < MERKLE_WIDTH);
        out[(*count)++] = rlp_read_string(&list);
    }
}

static merkle_proof read_proof(rlp_reader levels, arena *a)
{
    merkle_proof proof = {.levels = arena_take_array(a, rlp_count_items(&levels), sizeof(merkle_level))};
    while (!rlp_at_end(&levels)) {
        merkle_level *level = &proof.levels[proof.level_count++];
        rlp_reader sides = rlp_read_list(&levels);
        read_siblings(rlp_read_list(&sides), level->left, &level->left_count);
        read_siblings(rlp_read_list(&sides), level->right, &level->right_count);
        assert_int_equal(sides.error, RLP_OK);
    }
    return proof;
}

static void compare_proofs(const merkle_proof *ours, const merkle_proof *recorded)
{
    assert_int_equal(ours->level_count, recorded->level_count);
    for (size_t i = 0; i < ours->level_count; i++) {
        const merkle_level *left = &ours->levels[i], *right = &recorded->levels[i];
        assert_int_equal(left->left_count, right->left_count);
        assert_int_equal(left->right_count, right->right_count);
        for (size_t k = 0; k < left->left_count; k++)
            assert_bytes_equal(left->left[k], right->left[k]);
        for (size_t k = 0; k < left->right_count; k++)
            assert_bytes_equal(left->right[k], right->right[k]);
    }
}

static void check_proof(walk *w, rlp_reader *r, bool of_receipt)
{
    arena a = {0};
    const chain_rules *rules = &w->chain->rules;
    go_to(w, rlp_read_uint(r, 8));
    uint64_t index = rlp_read_uint(r, 4);
    size_t count = w->b->transaction_count;
    hash256 *hashes = arena_take_array(&a, count, sizeof *hashes);
    for (size_t i = 0; i < count; i++)
        hashes[i] = of_receipt ? receipt_hash(rules, &w->b->receipts[i]) : w->b->transactions[i]->hash;
    const hash256 *root = of_receipt ? &w->b->header.receipts_root : &w->b->header.transactions_root;
    merkle_proof recorded = read_proof(rlp_read_list(r), &a), ours = merkle_prove(rules->suite, hashes, count, index, &a);
    assert_int_equal(r->error, RLP_OK);
    compare_proofs(&ours, &recorded);
    assert_true(merkle_verify(rules->suite, &ours, index, &hashes[index], root));
    hash256 other = hashes[index];
    other.b[31] ^= 1;
    assert_false(merkle_verify(rules->suite, &ours, index, &other, root));
    w->proofs++;
    arena_reset(&a);
}

static void check_answers(const golden_chain *chain)
{
    walk w = {.chain = chain};
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (pack_is(&one, "transaction"))
            check_transaction(&w, &one.fields);
        else if (pack_is(&one, "transaction-proof") || pack_is(&one, "receipt-proof"))
            check_proof(&w, &one.fields, pack_is(&one, "receipt-proof"));
    }
    block_drop(w.b);
    assert_true(w.transactions > 0);
    assert_true(w.proofs == (rules_have(&chain->rules, GATE_MERKLE_16) ? 2 * w.transactions : 0));
}

/* Every transaction a client sent that the node accepted: the signing hash it was made with. */
static void check_submissions(const golden_chain *chain)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "submission"))
            continue;
        rlp_read_string(&one.fields);
        if (!rlp_peek_is_list(&one.fields))
            continue;
        rlp_reader sent = rlp_read_list(&one.fields);
        bytes raw = rlp_read_string(&sent), signing_hash = rlp_read_string(&one.fields);
        rlp_reader landed = rlp_read_list(&one.fields);
        if (rlp_at_end(&landed))
            continue;
        transaction *tx = transaction_decode(&chain->rules, raw, TX_CHECK_EVERYTHING, NULL, NULL);
        assert_non_null(tx);
        if (signing_hash.size)
            assert_bytes_equal(signing_hash, BYTES_OF_VALUE(tx->signing_hash));
        transaction_drop(tx);
    }
}

static void check_chain(const char *name)
{
    golden_chain *chain = golden_open(name);
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    check_genesis(chain);
    for (size_t i = 0; i < chain->block_count; i++)
        check_block(chain, &chain->blocks[i], &again);
    check_answers(chain);
    check_submissions(chain);
    buffer_free(&again);
    golden_close(chain);
}

#define CHAIN(name)                                                                                                         \
    static void name(void **state)                                                                                          \
    {                                                                                                                       \
        (void)state;                                                                                                        \
        check_chain(#name);                                                                                                 \
    }

CHAIN(ecdsa1)
CHAIN(ecdsa4)
CHAIN(short1_patched)
CHAIN(charge1)
CHAIN(rpbft4)
CHAIN(mpt1)
CHAIN(free1)
CHAIN(v200)
CHAIN(v240)
CHAIN(v290)

static void check_national_chain(const char *name)
{
    if (suite_by_name(BYTES_OF_LITERAL("national"), NULL) == NULL)
        skip();
    check_chain(name);
}

static void gm1(void **state)
{
    (void)state;
    check_national_chain("gm1");
}

static void gm4(void **state)
{
    (void)state;
    check_national_chain("gm4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecdsa1),  cmocka_unit_test(ecdsa4), cmocka_unit_test(short1_patched), cmocka_unit_test(charge1),
        cmocka_unit_test(rpbft4),  cmocka_unit_test(mpt1),   cmocka_unit_test(free1),          cmocka_unit_test(v200),
        cmocka_unit_test(v240),    cmocka_unit_test(v290),    cmocka_unit_test(gm1),    cmocka_unit_test(gm4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
