#include "test.h"

#include "codec/hex.h"
#include "sync/packets.h"
#include "sync/sync.h"

static bytes unhex(arena *a, const char *text)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(text), &out));
    return out;
}

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B32 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ONE32 "0101010101010101010101010101010101010101010101010101010101010101"
#define TWO32 "0202020202020202020202020202020202020202020202020202020202020202"
#define TWO_TXS "020000000000000004000000" "07000000" "c3010203c20405"

static hash256 filled(uint8_t with)
{
    hash256 h;
    memset(&h, with, sizeof h);
    return h;
}

typedef struct {
    const char *hex;
    sync_packet packet;
} example;

static size_t examples(arena *a, example *out)
{
    hash256 *hashes = arena_take_array(a, 2, sizeof *hashes);
    hashes[0] = filled(1), hashes[1] = filled(2);
    bytes *blocks = arena_take_array(a, 2, sizeof *blocks);
    blocks[0] = unhex(a, "c3010203"), blocks[1] = unhex(a, "c20405");
    const example all[] = {
        /* spec/consensus.md 8.1 */
        {"01f84a0aa0" B32 "a0" A32 "86018bcfe56800",
         {.type = SYNC_PACKET_STATUS, .status = {10, filled(0xbb), filled(0xaa), true, 0x018bcfe56800}}},
        {"01f8430aa0" B32 "a0" A32, {.type = SYNC_PACKET_STATUS, .status = {10, filled(0xbb), filled(0xaa), false, 0}}},
        {"02d997" TWO_TXS "03", {.type = SYNC_PACKET_TRANSACTIONS, .transactions = {unhex(a, TWO_TXS), true, 3}}},
        {"02d897" TWO_TXS, {.type = SYNC_PACKET_TRANSACTIONS, .transactions = {unhex(a, TWO_TXS), false, 0}}},
        {"04c20b08", {.type = SYNC_PACKET_BLOCKS_REQUEST, .request = {11, 8}}},
        {"05f8450af842a0" ONE32 "a0" TWO32, {.type = SYNC_PACKET_TXS_STATUS, .hashes = {10, hashes, 2}}},
        {"06e2e1a0" TWO32, {.type = SYNC_PACKET_TXS_REQUEST, .hashes = {0, hashes + 1, 1}}},
        /* others */
        {"03c984c301020383c20405", {.type = SYNC_PACKET_BLOCKS, .blocks = {blocks, 2}}},
        {"03c0", {.type = SYNC_PACKET_BLOCKS, .blocks = {blocks, 0}}},
        {"06c1c0", {.type = SYNC_PACKET_TXS_REQUEST, .hashes = {0, hashes, 0}}},
    };
    memcpy(out, all, sizeof all);
    return COUNT(all);
}

static void examples_encode_and_decode(void **state)
{
    (void)state;
    arena a = {0};
    example all[16];
    size_t count = examples(&a, all);
    for (size_t i = 0; i < count; i++) {
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        bytes wanted = unhex(&a, all[i].hex);
        sync_packet_encode(&all[i].packet, &encoded);
        assert_bytes_equal(buffer_bytes(&encoded), wanted);
        sync_packet back;
        error_text why = {""};
        assert_true(sync_packet_decode(wanted, &a, &back, &why));
        assert_int_equal(back.type, all[i].packet.type);
        buffer_clear(&encoded);
        sync_packet_encode(&back, &encoded);
        assert_bytes_equal(buffer_bytes(&encoded), wanted);
        buffer_free(&encoded);
        /* no shorter packet and none with a byte more is one */
        uint8_t longer[200] = {0};
        memcpy(longer, wanted.data, wanted.size);
        assert_false(sync_packet_decode(bytes_of(longer, wanted.size + 1), &a, &back, &why));
        for (size_t size = 0; size < wanted.size; size++) {
            uint8_t *cut = malloc(size ? size : 1); /* its end is where the sanitizer looks */
            memcpy(cut, wanted.data, size);
            assert_false(sync_packet_decode(bytes_of(cut, size), &a, &back, &why));
            free(cut);
        }
    }
    arena_reset(&a);
}

static void fields_are_read(void **state)
{
    (void)state;
    arena a = {0};
    sync_packet p;
    error_text why;
    assert_true(sync_packet_decode(unhex(&a, "01f84a0aa0" B32 "a0" A32 "86018bcfe56800"), &a, &p, &why));
    assert_int_equal(p.status.number, 10);
    assert_int_equal(p.status.genesis_hash.b[0], 0xbb);
    assert_int_equal(p.status.latest_hash.b[31], 0xaa);
    assert_true(p.status.has_time);
    assert_int_equal(p.status.utc_ms, 0x018bcfe56800);
    assert_true(sync_packet_decode(unhex(&a, "02d997" TWO_TXS "03"), &a, &p, &why));
    assert_int_equal(p.transactions.list.size, 23);
    assert_int_equal(p.transactions.index, 3);
    assert_true(sync_packet_decode(unhex(&a, "04c20b08"), &a, &p, &why));
    assert_int_equal(p.request.from, 11);
    assert_int_equal(p.request.count, 8);
    arena_reset(&a);
}

/* Heights beyond 32 bits: QUIRK of 0.1: U32 fields are cut, the status number is not. */
static void large_numbers(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    sync_packet_encode(&(sync_packet){.type = SYNC_PACKET_BLOCKS_REQUEST, .request = {0x100000005, 8}}, &b);
    assert_bytes_equal(buffer_bytes(&b), bytes_of((uint8_t[]){4, 0xc2, 5, 8}, 4));
    buffer_clear(&b);
    sync_packet_encode(&(sync_packet){.type = SYNC_PACKET_STATUS, .status = {.number = 0x100000005}}, &b);
    assert_int_equal(b.data[3], 0x85);
    buffer_free(&b);
}

static void refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "01", "00c0", "07c0", "80c0", "ffc0",
        "01c0",                                             /* no items */
        "01f84b0aa0" B32 "a0" A32 "86018bcfe5680001",       /* five items: a wrong number is refused (8.2) */
        "01f84b820a00a0" B32 "a0" A32,                      /* claims more than there is */
        "01f8448100a0" B32 "a0" A32,                        /* number not canonical */
        "01f84c88ffffffffffffffffa0" B32 "a0" A32 "80",     /* negative as int64 */
        "01f8420a9f" "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" "a0" A32, /* hash of 31 bytes */
        "02c0", "02c1c0",                                   /* the list of transactions is a string */
        "02c380" "8100",                                    /* index not canonical */
        "0381", "03c1c0", "03c2c301",                       /* a block is a string */
        "04c10b", "04c20b00", "04c3810b08",
        "05c10a", "05c20a80", "05c40ac20102", "05c20ac1",
        "06c0", "06c180", "06e2e19f" TWO32,
        "06f844f842a0" ONE32 "a1" TWO32,                    /* hash of 33 bytes */
    };
    arena a = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        sync_packet p;
        error_text why = {""};
        if (sync_packet_decode(unhex(&a, cases[i]), &a, &p, &why))
            fail_msg("accepted: %s", cases[i]);
        assert_true(why.text[0] != 0);
    }
    arena_reset(&a);
}

static void counts_are_limited(void **state)
{
    (void)state;
    arena a = {0};
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    hash256 *hashes = arena_take_array(&a, SYNC_PACKET_HASHES_MAX + 1, sizeof *hashes);
    bytes *blocks = arena_take_array(&a, SYNC_PACKET_BLOCKS_MAX + 1, sizeof *blocks);
    for (size_t i = 0; i <= SYNC_PACKET_BLOCKS_MAX; i++)
        blocks[i] = BYTES_OF_LITERAL("\xc0");
    for (size_t more = 0; more < 2; more++) {
        sync_packet p;
        error_text why;
        sync_packet_encode(
            &(sync_packet){.type = SYNC_PACKET_TXS_REQUEST, .hashes = {0, hashes, SYNC_PACKET_HASHES_MAX + more}}, &b);
        assert_int_equal(sync_packet_decode(buffer_bytes(&b), &a, &p, &why), !more);
        buffer_clear(&b);
        sync_encode_blocks(blocks, SYNC_PACKET_BLOCKS_MAX + more, &b);
        assert_int_equal(sync_packet_decode(buffer_bytes(&b), &a, &p, &why), !more);
        buffer_clear(&b);
    }
    buffer_free(&b);
    arena_reset(&a);
}

static void block_numbers_are_peeked(void **state)
{
    (void)state;
    arena a = {0};
    int64_t number;
    assert_true(sync_peek_block_number(unhex(&a, "c8c7808080808080" "05"), &number));
    assert_int_equal(number, 5);
    static const char *const wrong[] = {"",
                                        "c0",
                                        "80",
                                        "c180",
                                        "c7c6808080808080",
                                        "c9c88080808080808100",
                                        "c8c7808080808080c0",
                                        "c8c7808080808080"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(sync_peek_block_number(unhex(&a, wrong[i]), &number));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_encode_and_decode), cmocka_unit_test(fields_are_read),
        cmocka_unit_test(large_numbers),              cmocka_unit_test(refused),
        cmocka_unit_test(counts_are_limited),         cmocka_unit_test(block_numbers_are_peeked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
