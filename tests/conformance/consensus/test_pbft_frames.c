/* Every PBFT frame that the C++ nodes sent: it decodes, its signatures are those of its creator, its block fits, it
   encodes back to the same bytes, and our own signer makes the same signatures from the recorded keys (RFC 6979; not
   with SM2, whose nonce is random). */
#include "golden.h"

#include <snappy-c.h>

#include "base/map.h"
#include "consensus/pbft_message.h"

typedef struct {
    const char *name;
    bool ttl_optimization, with_hashes;
    size_t prepares, proposals, signs, commits, changes, asked, answered; /* distinct messages expected */
} run;

enum { NODES_MAX = 5 };

typedef struct {
    arena memory;
    buffer unpacked;
    chain_rules rules;
    const run *run;
    secret_key keys[NODES_MAX];
    node_id by_index[NODES_MAX];
    secret_key key_by_index[NODES_MAX];
    map seen; /* payloads: a broadcast is recorded once for each receiver */
    size_t counts[PBFT_KINDS], proposals, asked, answered;
} recording;

static void read_nodes(recording *rec)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&rec->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "node"))
            continue;
        rlp_read_uint(&one.fields, 8);
        node_id id;
        secret_key key;
        rlp_read_fixed(&one.fields, id.b, sizeof id.b, RLP_EXACT);
        rlp_read_fixed(&one.fields, key.b, sizeof key.b, RLP_EXACT);
        rlp_reader index = rlp_read_list(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
        if (rlp_at_end(&index))
            continue;
        uint64_t i = rlp_read_uint(&index, 2);
        assert_true(i < NODES_MAX);
        rec->by_index[i] = id;
        rec->key_by_index[i] = key;
    }
}

static void check_signatures(const recording *rec, const pbft_request *r)
{
    const crypto_suite *suite = rec->rules.suite;
    assert_true(r->idx < 4);
    hash256 fields = pbft_fields_digest(suite, r);
    assert_true(suite->verify(&rec->by_index[r->idx], &r->block_hash, pbft_signature_bytes(&r->sig)));
    assert_true(suite->verify(&rec->by_index[r->idx], &fields, pbft_signature_bytes(&r->sig2)));
    if (suite->is_national)
        return;
    uint8_t own[SIGNATURE_MAX_BYTES];
    suite->sign(&rec->key_by_index[r->idx], &r->block_hash, own);
    assert_bytes_equal(bytes_of(own, suite->signature_bytes), pbft_signature_bytes(&r->sig));
    suite->sign(&rec->key_by_index[r->idx], &fields, own);
    assert_bytes_equal(bytes_of(own, suite->signature_bytes), pbft_signature_bytes(&r->sig2));
}

/* The block of a prepare; its encoding must come back. */
static void check_block(const recording *rec, const pbft_packet *packet, const pbft_request *r, bytes encoded,
                        bool is_proposal)
{
    error_text why = {""};
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    block *b;
    hash256 *hashes;
    size_t count;
    if (is_proposal) {
        b = block_decode_proposal(&rec->rules, encoded, &hashes, &count, &why);
        assert_non_null(b);
        assert_true(count > 0 && !packet->is_empty);
    } else {
        b = block_decode(&rec->rules, encoded, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
        if (b == NULL)
            fail_msg("%s", why.text);
        bool is_empty = b->transaction_count == 0;
        if (packet->is_empty)
            assert_true(is_empty);
        if (is_empty) /* QUIRK of spec/consensus.md 4.2 */
            assert_true(u256_equal(b->header.sealer, U256_MAX));
        block_encode(&rec->rules, b, is_empty && rec->run->with_hashes ? BLOCK_PROPOSAL : BLOCK_FULL, &again);
        assert_bytes_equal(buffer_bytes(&again), encoded);
    }
    assert_int_equal(b->header.number, r->height);
    static const hash256 none;
    bool is_executed = !hash256_equal(&b->header.receipts_root, &none);
    assert_true(is_executed !=
                hash256_equal(&b->hash, &r->block_hash)); /* 5.3: a forwarded one carries the executed header */
    assert_int_equal(b->header.sealer_count, 4);
    block_drop(b);
    buffer_free(&again);
}

static void check_packet(recording *rec, bytes payload, uint16_t type)
{
    error_text why = {""};
    pbft_packet packet;
    pbft_request r;
    bytes encoded_block;
    if (!pbft_packet_decode(payload, rec->run->ttl_optimization, &rec->memory, &packet, &why))
        fail_msg("%s", why.text);
    buffer data = buffer_init(BUFFER_NO_LIMIT), whole = buffer_init(BUFFER_NO_LIMIT);
    if (packet.kind == PBFT_PREPARE) {
        assert_true(pbft_prepare_decode(packet.data, &r, &encoded_block, &why));
        check_block(rec, &packet, &r, encoded_block, type == PBFT_FRAME_PROPOSAL);
        pbft_prepare_encode(&r, encoded_block, &data);
    } else {
        assert_true(pbft_request_decode(packet.data, &r, &why));
        pbft_request_encode(&r, &data);
    }
    check_signatures(rec, &r);
    assert_bytes_equal(buffer_bytes(&data), packet.data);
    packet.data = buffer_bytes(&data);
    pbft_packet_encode(&packet, rec->run->ttl_optimization, &whole);
    assert_bytes_equal(buffer_bytes(&whole), payload);
    rec->counts[packet.kind]++;
    rec->proposals += type == PBFT_FRAME_PROPOSAL;
    buffer_free(&data);
    buffer_free(&whole);
}

static void check_missed(recording *rec, bytes payload, uint16_t type)
{
    error_text why = {""};
    pbft_missed m;
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    if (type == PBFT_FRAME_GET_MISSED) {
        assert_true(pbft_get_missed_decode(payload, &rec->memory, &m, &why));
        assert_true(m.count > 0);
        pbft_get_missed_encode(&m, &again);
        rec->asked++;
    } else {
        assert_true(pbft_missed_decode(payload, &m, &why));
        bytes *raw;
        size_t count;
        assert_true(transactions_split(m.transactions, 1000, &rec->memory, &raw, &count, &why));
        assert_true(count > 0);
        pbft_missed_encode(&m, &again);
        rec->answered++;
    }
    assert_bytes_equal(buffer_bytes(&again), payload);
    buffer_free(&again);
}

static void check_frame(recording *rec, bytes frame)
{
    assert_true(frame.size > 16);
    if (read_be32(frame.data + 6) != (1u << 16 | 8))
        return;
    bytes payload = bytes_from(frame, 16);
    if (frame.data[4] & 0x80) {
        size_t size;
        assert_int_equal(snappy_uncompressed_length((const char *)payload.data, payload.size, &size), SNAPPY_OK);
        uint8_t *space = arena_take(&rec->memory, size);
        assert_int_equal(snappy_uncompress((const char *)payload.data, payload.size, (char *)space, &size), SNAPPY_OK);
        payload = bytes_of(space, size);
    }
    if (map_put(&rec->seen, payload, rec))
        return;
    uint16_t type = read_be16(frame.data + 10);
    if (type == PBFT_FRAME_GET_MISSED || type == PBFT_FRAME_MISSED)
        check_missed(rec, payload, type);
    else
        check_packet(rec, payload, type);
}

static void check_run(const run *one, const crypto_suite *suite)
{
    error_text why = {""};
    recording rec = {.run = one, .seen = map_init(1)};
    rec.rules =
        (chain_rules){.suite = suite, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    char *path = arena_print(&rec.memory, "%s%s.pack", GOLDEN(""), one->name);
    if (!pack_read_file(path, &rec.unpacked, &why))
        fail_msg("%s", why.text);
    read_nodes(&rec);
    rlp_reader records = rlp_reader_of(buffer_bytes(&rec.unpacked));
    golden_frame f;
    while (golden_next_frame(&records, &f))
        if (f.is_sent && !f.is_channel)
            check_frame(&rec, f.frame);
    print_message(
        "%s: %zu prepares (%zu with hashes), %zu signs, %zu commits, %zu view changes, %zu requests, %zu answers\n",
        one->name, rec.counts[PBFT_PREPARE], rec.proposals, rec.counts[PBFT_SIGN], rec.counts[PBFT_COMMIT],
        rec.counts[PBFT_VIEW_CHANGE], rec.asked, rec.answered);
    assert_int_equal(rec.counts[PBFT_PREPARE], one->prepares);
    assert_int_equal(rec.proposals, one->proposals);
    assert_int_equal(rec.counts[PBFT_SIGN], one->signs);
    assert_int_equal(rec.counts[PBFT_COMMIT], one->commits);
    assert_int_equal(rec.counts[PBFT_VIEW_CHANGE], one->changes);
    assert_int_equal(rec.asked, one->asked);
    assert_int_equal(rec.answered, one->answered);
    map_free(&rec.seen);
    buffer_free(&rec.unpacked);
    arena_reset(&rec.memory);
}

static void frames_of_the_standard_chain(void **state)
{
    (void)state;
    check_run(&(run){"wire-p2p-ecdsa-4", true, true, 213, 62, 196, 194, 642, 3, 2}, &crypto_standard);
}

static void frames_of_the_variants(void **state)
{
    (void)state;
    static const run runs[] = {
        {"wire-ttl-off-ttl2", false, true, 43, 9, 67, 64, 85, 1, 1},
        {"wire-ttl-off-ttl3-txhash-off", false, false, 49, 0, 68, 65, 98, 0, 0},
        {"wire-prepare-with-txhash-off", true, false, 22, 0, 34, 33, 48, 0, 0},
        {"wire-one-link-cut", true, true, 30, 9, 48, 47, 65, 3, 2},
        {"wire-compress-on", true, true, 30, 12, 46, 45, 74, 2, 2},
        {"wire-compress-off", true, true, 30, 12, 46, 46, 71, 1, 0},
        {"wire-tree-off", true, true, 22, 9, 34, 32, 48, 1, 1},
        {"wire-restart-at-high-view", true, true, 33, 1, 4, 4, 129, 0, 0},
        {"wire-view-catchup-unicast", true, true, 19, 1, 4, 4, 76, 0, 0},
    };
    for (size_t i = 0; i < COUNT(runs); i++)
        check_run(&runs[i], &crypto_standard);
}

static void frames_of_the_national_chain(void **state)
{
    (void)state;
    check_run(&(run){"wire-gm-4", true, true, 34, 9, 33, 33, 109, 1, 1}, &crypto_national);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_the_national_chain),
        cmocka_unit_test(frames_of_the_standard_chain),
        cmocka_unit_test(frames_of_the_variants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
