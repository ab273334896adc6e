/* Every sync frame that C++ nodes sent in the recorded runs: it decodes, says what the specification says, and encodes to the
   same bytes. */
#include "golden.h"

#include <snappy-c.h>

#include "chain/block.h"
#include "consensus/tree.h"
#include "sync/packets.h"

enum { FRAME_HEADER_BYTES = 16, MODULE_BLOCK_SYNC = 9, NODES_MAX = 8 };

typedef struct {
    size_t types[SYNC_PACKET_TYPES];
    size_t blocks, transactions, indexed, plain_with_index;
    node_id sealers[NODES_MAX];
    size_t sealer_count;
} seen;

static bytes payload_of(bytes frame, arena *a)
{
    bytes payload = bytes_from(frame, FRAME_HEADER_BYTES);
    if ((read_be16(frame.data + 4) & 0x8000) == 0)
        return payload;
    size_t size;
    assert_int_equal(snappy_uncompressed_length((const char *)payload.data, payload.size, &size), SNAPPY_OK);
    char *plain = arena_take(a, size);
    assert_int_equal(snappy_uncompress((const char *)payload.data, payload.size, plain, &size), SNAPPY_OK);
    return bytes_of(plain, size);
}

static void check_transactions(const sync_packet *p, seen *s)
{
    arena a = {0};
    bytes *raw;
    size_t count;
    error_text why;
    assert_true(transactions_split(p->transactions.list, SYNC_PACKET_TXS_MAX, &a, &raw, &count, &why));
    assert_true(count > 0);
    s->transactions += count;
    s->indexed += p->transactions.has_index;
    arena_reset(&a);
}

static void check_blocks(const sync_packet *p, seen *s)
{
    int64_t before = 0;
    for (size_t i = 0; i < p->blocks.count; i++) {
        int64_t number;
        assert_true(sync_peek_block_number(p->blocks.encoded[i], &number));
        assert_true(number > before); /* a server puts several requested ranges into one packet */
        before = number;
    }
    s->blocks += p->blocks.count;
}

static void check_hashes(const sync_packet *p)
{
    for (size_t i = 1; i < p->hashes.count; i++)
        assert_true(memcmp(&p->hashes.hashes[i - 1], &p->hashes.hashes[i], sizeof(hash256)) < 0);
    assert_in_range(p->hashes.count, 1, 1000);
}

static void check_frame(bytes frame, seen *s)
{
    arena a = {0};
    bytes payload = payload_of(frame, &a);
    unsigned frame_type = read_be16(frame.data + 10);
    sync_packet p;
    error_text why = {""};
    if (!sync_packet_decode(payload, &a, &p, &why))
        fail_msg("%s", why.text);
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    sync_packet_encode(&p, &again);
    assert_bytes_equal(buffer_bytes(&again), payload);
    buffer_free(&again);
    s->types[p.type]++;
    assert_true(frame_type == SYNC_FRAME_PLAIN || p.type == SYNC_PACKET_TRANSACTIONS);
    if (p.type == SYNC_PACKET_TRANSACTIONS) {
        check_transactions(&p, s);
        s->plain_with_index += frame_type == SYNC_FRAME_PLAIN && p.transactions.has_index;
    } else if (p.type == SYNC_PACKET_STATUS) {
        assert_true(p.status.has_time);
    } else if (p.type == SYNC_PACKET_BLOCKS) {
        check_blocks(&p, s);
    } else if (p.type == SYNC_PACKET_BLOCKS_REQUEST) {
        assert_in_range(p.request.count, 1, 32);
    } else {
        check_hashes(&p);
    }
    arena_reset(&a);
}

static seen read_run(const char *path)
{
    buffer unpacked = buffer_init(PACK_RECORDS_MAX_BYTES);
    error_text why = {""};
    if (!pack_read_file(path, &unpacked, &why))
        fail_msg("%s", why.text);
    seen s = {0};
    rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "frame"))
            continue;
        (void)rlp_read_uint(&one.fields, 8);
        (void)rlp_read_item(&one.fields);
        bool is_sent = bytes_equal_text(rlp_read_string(&one.fields), "send");
        bool is_p2p = bytes_equal_text(rlp_read_string(&one.fields), "p2p");
        (void)rlp_read_item(&one.fields);
        bytes frame = rlp_read_string(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
        if (is_sent && is_p2p && frame.size > FRAME_HEADER_BYTES && read_be16(frame.data + 8) == MODULE_BLOCK_SYNC &&
            read_be16(frame.data + 6) == 1)
            check_frame(frame, &s);
    }
    assert_int_equal(records.error, RLP_OK);
    buffer_free(&unpacked);
    return s;
}

/* The numbers of frames are those of the recordings' own notes. */
static void recorded_frames(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t types[SYNC_PACKET_TYPES], blocks;
    } runs[] = {
#include "frames_expected.h"
    };
    for (size_t i = 0; i < COUNT(runs); i++) {
        seen s = read_run(runs[i].path);
        if (memcmp(s.types, runs[i].types, sizeof s.types) != 0 || s.blocks != runs[i].blocks)
            fail_msg("{GOLDEN(\"%s\"), {%zu, %zu, %zu, %zu, %zu, %zu}, %zu}, transactions %zu", strrchr(runs[i].path, '/') + 1,
                     s.types[0], s.types[1], s.types[2], s.types[3], s.types[4], s.types[5], s.blocks, s.transactions);
        assert_true(s.types[SYNC_PACKET_STATUS] > 0);
        /* rPBFT's hand-over of pending transactions carries an index in a frame that is not to be forwarded */
        assert_int_equal(s.plain_with_index, strstr(runs[i].path, "rpbft") ? 5 : 0);
        bool has_no_tree = strstr(runs[i].path, "tree-off") || strstr(runs[i].path, "raft");
        assert_int_equal(s.indexed > 0, s.types[SYNC_PACKET_TRANSACTIONS] > 0 && !has_no_tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
