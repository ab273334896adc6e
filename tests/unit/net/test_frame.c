#include "test.h"

#include "codec/hex.h"
#include "net/frame.h"
#include "net/outgoing.h"

static bytes from_hex(arena *a, const char *text)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(text), &out));
    return out;
}

/* The worked examples of spec/network.md 3.3. */
static void worked_examples(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        frame_format format;
        frame f;
        const char *payload;
    } examples[] = {
        {"0000001100000000000200010000000030", FRAME_CURRENT, {.module = 2, .packet_type = 1}, "0"},
        {"00000010000000000002000200000002", FRAME_CURRENT, {.module = 2, .packet_type = 2, .seq = 2}, ""},
        {"000000210000fffffffe00030000000231095f626c6f636b5f6e6f746966795f31", FRAME_CURRENT,
         {.module = 2, .is_response = true, .packet_type = 3, .seq = 2}, "1\t_block_notify_1"},
        {"00000010000000010008000000000005", FRAME_CURRENT, {.group = 1, .module = 8, .seq = 5}, ""},
        {"0000000d000200010000000030", FRAME_OLD, {.module = 2, .packet_type = 1}, "0"},
    };
    arena a = {0};
    for (size_t i = 0; i < COUNT(examples); i++) {
        bytes wire = from_hex(&a, examples[i].hex);
        frame f, expected = examples[i].f;
        size_t size;
        assert_int_equal(frame_decode(examples[i].format, wire, &f, &size), FRAME_OK);
        assert_int_equal(size, wire.size);
        assert_bytes_equal(f.payload, bytes_of_text(examples[i].payload));
        assert_int_equal(f.group, expected.group);
        assert_int_equal(f.module, expected.module);
        assert_int_equal(f.is_response, expected.is_response);
        assert_int_equal(f.packet_type, expected.packet_type);
        assert_int_equal(f.seq, expected.seq);
        assert_int_equal(f.version, 0);
        expected.payload = bytes_of_text(examples[i].payload);
        outgoing *o = outgoing_new(examples[i].format, &expected, true);
        assert_bytes_equal(bytes_of(o->data, o->size), wire);
        outgoing_drop(o);
    }
    arena_reset(&a);
}

static void every_truncation_is_incomplete(void **state)
{
    (void)state;
    uint8_t wire[40];
    frame sent = {.group = 3, .module = 9, .packet_type = 1, .seq = 7, .payload = bytes_of("abcdefghijklmnopqrstuvwx", 24)}, f;
    for (int format = FRAME_CURRENT; format <= FRAME_OLD; format++) {
        size_t header = frame_header_bytes((frame_format)format), whole = header + 24, size;
        frame_write_header((frame_format)format, &sent, wire);
        memcpy(wire + header, sent.payload.data, 24);
        for (size_t cut = 0; cut < whole; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1); /* so that a read behind it is seen */
            memcpy(exact, wire, cut);
            assert_int_equal(frame_decode((frame_format)format, bytes_of(exact, cut), &f, &size), FRAME_INCOMPLETE);
            assert_int_equal(size, cut < 4 ? header : whole);
            free(exact);
        }
        assert_int_equal(frame_decode((frame_format)format, bytes_of(wire, whole), &f, &size), FRAME_OK);
        assert_int_equal(f.group, 3);
        assert_bytes_equal(f.payload, sent.payload);
    }
}

/* QUIRK(safe to fix) of spec/network.md 3.1: the reference does not check a length below the header. */
static void the_length_is_checked_before_anything_is_buffered(void **state)
{
    (void)state;
    frame f;
    size_t size;
    static const struct {
        uint32_t length;
        frame_result current, old;
    } rows[] = {
        {0, FRAME_TOO_SHORT, FRAME_TOO_SHORT},
        {11, FRAME_TOO_SHORT, FRAME_TOO_SHORT},
        {12, FRAME_TOO_SHORT, FRAME_INCOMPLETE},
        {15, FRAME_TOO_SHORT, FRAME_INCOMPLETE},
        {16, FRAME_INCOMPLETE, FRAME_INCOMPLETE},
        {FRAME_MAX_BYTES, FRAME_INCOMPLETE, FRAME_INCOMPLETE},
        {FRAME_MAX_BYTES + 1, FRAME_TOO_LONG, FRAME_TOO_LONG},
        {0xffffffff, FRAME_TOO_LONG, FRAME_TOO_LONG},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t field[4];
        write_be32(field, rows[i].length);
        assert_int_equal(frame_decode(FRAME_CURRENT, bytes_of(field, 4), &f, &size), rows[i].current);
        assert_int_equal(frame_decode(FRAME_OLD, bytes_of(field, 4), &f, &size), rows[i].old);
    }
}

/* The protocol id is read and written back for every sign and for the values that negate to themselves. */
static void protocol_ids_round_trip(void **state)
{
    (void)state;
    static const uint32_t ids[] = {0, 1, 2, 0xffffffff, 0xfffffffe, 0x00010008, 0xfffefff8, 0x7fff0009, 0x80000000, 0x7fffffff, 0x80000001};
    for (size_t i = 0; i < COUNT(ids); i++) {
        uint8_t wire[16] = {0, 0, 0, 16}, again[16];
        write_be32(wire + 6, ids[i]);
        frame f;
        size_t size;
        assert_int_equal(frame_decode(FRAME_CURRENT, bytes_of(wire, 16), &f, &size), FRAME_OK);
        assert_int_equal(f.is_response, (int32_t)ids[i] <= 0);
        frame_write_header(FRAME_CURRENT, &f, again);
        assert_memory_equal(wire, again, 16);
    }
    for (uint32_t id = 0; id < 0x10000; id++) {
        uint8_t wire[12] = {0, 0, 0, 12}, again[12];
        write_be16(wire + 4, (uint16_t)id);
        frame f;
        size_t size;
        assert_int_equal(frame_decode(FRAME_OLD, bytes_of(wire, 12), &f, &size), FRAME_OK);
        assert_int_equal(f.is_response, (id & 0x8000) != 0);
        frame_write_header(FRAME_OLD, &f, again);
        assert_memory_equal(wire, again, 12);
    }
}

/* Longer than 1024 bytes: compressed, even when that makes it longer (spec/network.md 3.2). */
static void compression_starts_above_1024_bytes(void **state)
{
    (void)state;
    static uint8_t payload[1025];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
    for (size_t length = 1024; length <= 1025; length++) {
        frame sent = {.group = 1, .module = 9, .payload = bytes_of(payload, length)}, f;
        outgoing *o = outgoing_new(FRAME_CURRENT, &sent, true);
        size_t size;
        assert_int_equal(frame_decode(FRAME_CURRENT, bytes_of(o->data, o->size), &f, &size), FRAME_OK);
        assert_int_equal(f.version, length > 1024 ? FRAME_COMPRESSED : 0);
        buffer plain = buffer_init(FRAME_MAX_BYTES);
        if (length > 1024) {
            assert_true(f.payload.size > length); /* random bytes do not get shorter */
            assert_true(frame_decompress(f.payload, &plain));
            assert_bytes_equal(buffer_bytes(&plain), sent.payload);
            for (size_t cut = 0; cut < f.payload.size; cut++)
                assert_false(frame_decompress(bytes_of(f.payload.data, cut), &plain));
        }
        buffer_free(&plain);
        outgoing_drop(o);
        o = outgoing_new(FRAME_CURRENT, &sent, false);
        assert_int_equal(o->size, 16 + length);
        outgoing_drop(o);
        o = outgoing_new(FRAME_OLD, &sent, true); /* rc1 never compresses */
        assert_int_equal(o->size, 12 + length);
        outgoing_drop(o);
    }
}

static void a_claimed_length_is_checked_before_it_is_allocated(void **state)
{
    (void)state;
    arena a = {0};
    buffer plain = buffer_init(FRAME_MAX_BYTES);
    static const char *const bad[] = {
        "",           "80",           "ffffffff7f", /* 32 GiB */
        "8080803200", /* 100 MiB out of five bytes */
        "8180803200", /* one more */
        "05ff",       "0510616263",   "ffffffffff",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(frame_decompress(from_hex(&a, bad[i]), &plain));
        assert_true(plain.capacity <= 1024);
    }
    assert_true(frame_decompress(from_hex(&a, "00"), &plain));
    assert_int_equal(plain.size, 0);
    assert_true(frame_decompress(from_hex(&a, "0308616263"), &plain));
    assert_bytes_equal(buffer_bytes(&plain), BYTES_OF_LITERAL("abc"));
    /* The most that Snappy can grow: one literal byte, then copies of 64. */
    static uint8_t zeros[1000000];
    buffer small = buffer_init(BUFFER_NO_LIMIT);
    frame_compress(bytes_of(zeros, sizeof zeros), &small);
    assert_true(frame_decompress(buffer_bytes(&small), &plain));
    assert_int_equal(plain.size, sizeof zeros);
    buffer_free(&small);
    buffer_free(&plain);
    arena_reset(&a);
}

static void a_frame_above_the_limit_is_not_built(void **state)
{
    (void)state;
    uint8_t *payload = calloc(1, FRAME_MAX_BYTES);
    frame f = {.module = 9, .payload = bytes_of(payload, FRAME_MAX_BYTES - FRAME_HEADER_BYTES)};
    outgoing *o = outgoing_new(FRAME_CURRENT, &f, false);
    assert_int_equal(o->size, FRAME_MAX_BYTES);
    outgoing_drop(o);
    f.payload.size++;
    assert_null(outgoing_new(FRAME_CURRENT, &f, false));
    free(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_examples),
        cmocka_unit_test(every_truncation_is_incomplete),
        cmocka_unit_test(the_length_is_checked_before_anything_is_buffered),
        cmocka_unit_test(protocol_ids_round_trip),
        cmocka_unit_test(compression_starts_above_1024_bytes),
        cmocka_unit_test(a_claimed_length_is_checked_before_it_is_allocated),
        cmocka_unit_test(a_frame_above_the_limit_is_not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
