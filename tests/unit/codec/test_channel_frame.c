/* Frames of the channel port (spec/network.md 9): worked examples, every truncation, limits. */
#include "test.h"

#include "codec/channel_frame.h"

static const char sixteen[] = "0123456789abcdef";

static size_t make(uint16_t type, int32_t result, bytes body, uint8_t *out)
{
    channel_frame f = {.type = type, .result = result, .body = body};
    memcpy(f.seq.b, sixteen, 16);
    memcpy(f.seq.b + 16, sixteen, 16);
    channel_frame_write_header(&f, out);
    if (body.size)
        memcpy(out + CHANNEL_HEADER_BYTES, body.data, body.size);
    return CHANNEL_HEADER_BYTES + body.size;
}

/* The request of network.md 6.1: topic "t", data "hi". */
static void test_worked_example(void **state)
{
    (void)state;
    static const uint8_t wanted[] = "\x00\x00\x00\x2e\x00\x30" "0123456789abcdef0123456789abcdef" "\0\0\0\0\x02thi";
    uint8_t made[64];
    size_t size = make(CHANNEL_AMOP_REQUEST, 0, BYTES_OF_LITERAL("\x02thi"), made);
    assert_bytes_equal(bytes_of(made, size), bytes_of(wanted, sizeof wanted - 1));
    channel_frame f;
    size_t used;
    assert_int_equal(channel_frame_decode(bytes_of(made, size), &f, &used), CHANNEL_FRAME_OK);
    assert_int_equal(used, 46);
    assert_int_equal(f.type, 0x30);
    assert_int_equal(f.result, 0);
    bytes topic, rest;
    assert_true(channel_topic_body(f.body, &topic, &rest));
    assert_true(bytes_equal_text(topic, "t"));
    assert_true(bytes_equal_text(rest, "hi"));
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t made[64];
    size_t size = make(CHANNEL_AMOP_RESPONSE, -7, BYTES_OF_LITERAL("\x01xyz"), made), used;
    channel_frame f;
    for (size_t n = 0; n < size; n++) {
        uint8_t *exact = malloc(n + 1); /* so that a read behind the end is seen */
        memcpy(exact, made, n);
        uint8_t *cut = realloc(exact, n ? n : 1);
        assert_int_equal(channel_frame_decode(bytes_of(cut, n), &f, &used), CHANNEL_FRAME_INCOMPLETE);
        assert_int_equal(used, n < 4 ? 4 : size);
        assert_int_equal(channel_frame_peek_type(bytes_of(cut, n)), n < 6 ? 0 : 0x31);
        free(cut);
    }
    assert_int_equal(channel_frame_decode(bytes_of(made, sizeof made), &f, &used), CHANNEL_FRAME_OK);
    assert_int_equal(used, size);
    assert_int_equal(f.result, -7);
}

static void test_lengths(void **state)
{
    (void)state;
    channel_frame f;
    size_t used;
    uint8_t length[4];
    static const struct {
        uint32_t length;
        channel_frame_result wanted;
    } cases[] = {{0, CHANNEL_FRAME_TOO_SHORT}, {41, CHANNEL_FRAME_TOO_SHORT}, {42, CHANNEL_FRAME_INCOMPLETE},
                 {100 * 1024 * 1024, CHANNEL_FRAME_INCOMPLETE}, {100 * 1024 * 1024 + 1, CHANNEL_FRAME_TOO_LONG},
                 {UINT32_MAX, CHANNEL_FRAME_TOO_LONG}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_be32(length, cases[i].length);
        assert_int_equal(channel_frame_decode(bytes_of(length, 4), &f, &used), cases[i].wanted);
        assert_non_null(channel_frame_result_text(cases[i].wanted));
    }
}

/* QUIRK of network.md 9 that hanse does not share: what does not fit is refused. */
static void test_topic_bodies(void **state)
{
    (void)state;
    bytes topic, rest;
    assert_false(channel_topic_body(BYTES_EMPTY, &topic, &rest));
    assert_false(channel_topic_body(BYTES_OF_LITERAL("\0abc"), &topic, &rest));
    assert_false(channel_topic_body(BYTES_OF_LITERAL("\x05" "abc"), &topic, &rest));
    assert_true(channel_topic_body(BYTES_OF_LITERAL("\x04" "abc"), &topic, &rest));
    assert_true(bytes_equal_text(topic, "abc"));
    assert_int_equal(rest.size, 0);
    assert_true(channel_topic_body(BYTES_OF_LITERAL("\x01{}"), &topic, &rest));
    assert_int_equal(topic.size, 0);
    assert_true(bytes_equal_text(rest, "{}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_topic_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
