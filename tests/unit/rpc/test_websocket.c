/* The WebSocket codec: RFC 6455, its examples, and what it forbids. */
#include "rpc/websocket.h"

#include "test.h"

enum { LIMIT = 100000 };

/* Frames of a client, made by hand. */
static void put(buffer *out, uint8_t first, bytes payload)
{
    static const uint8_t mask[4] = {0x12, 0x00, 0xFF, 0x80};
    uint8_t head[WEBSOCKET_HEAD_MAX_BYTES];
    size_t size = websocket_write_head(head, WEBSOCKET_TEXT, payload.size);
    head[0] = first;
    head[1] |= 0x80;
    buffer_append(out, bytes_of(head, size));
    buffer_append(out, bytes_of(mask, 4));
    for (size_t i = 0; i < payload.size; i++)
        buffer_append_byte(out, payload.data[i] ^ mask[i % 4]);
}

static void put_text(buffer *out, uint8_t first, const char *text)
{
    put(out, first, bytes_of_text(text));
}

/* What is read from these bytes, given in pieces of `piece` bytes, as one line for each event. */
static char *events_of(bytes all, size_t piece)
{
    websocket_reader r = websocket_reader_init(LIMIT);
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    bool ended = false;
    for (size_t at = 0; at < all.size && !ended;) {
        size_t taken, size = all.size - at < piece ? all.size - at : piece;
        websocket_event e = websocket_read(&r, bytes_part(all, at, size), &taken);
        assert_true(taken <= size);
        assert_true(e != WEBSOCKET_GOT_NOTHING || taken == size);
        at += taken;
        if (e == WEBSOCKET_GOT_TEXT)
            buffer_print(&out, "text %.*s\n", (int)r.message.size, (const char *)r.message.data);
        else if (e == WEBSOCKET_GOT_PING || e == WEBSOCKET_GOT_PONG)
            buffer_print(&out, "%s %.*s\n", e == WEBSOCKET_GOT_PING ? "ping" : "pong", (int)r.control_bytes, (const char *)r.control);
        else if (e == WEBSOCKET_GOT_CLOSE)
            buffer_print(&out, "close %d\n", r.close_code);
        else if (e == WEBSOCKET_FAILED)
            buffer_print(&out, "failed %d\n", r.close_code);
        ended = e == WEBSOCKET_GOT_CLOSE || e == WEBSOCKET_FAILED;
    }
    if (!ended && websocket_is_within(&r))
        buffer_append_text(&out, "within\n");
    websocket_reader_free(&r);
    buffer_append_byte(&out, 0);
    return (char *)out.data;
}

static void expect_events(const buffer *all, const char *wanted)
{
    for (size_t piece = 1; piece <= all->size; piece = piece < 16 ? piece + 1 : piece * 2) {
        char *got = events_of(buffer_bytes(all), piece);
        assert_string_equal(got, wanted);
        free(got);
    }
    char *got = events_of(buffer_bytes(all), SIZE_MAX);
    assert_string_equal(got, wanted);
    free(got);
}

static void expect_bytes(bytes all, const char *wanted)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(&b, all);
    expect_events(&b, wanted);
    buffer_free(&b);
}

#define EXPECT(wanted, ...)                                                  \
    do {                                                                     \
        static const uint8_t data[] = {__VA_ARGS__};                         \
        expect_bytes(bytes_of(data, sizeof data), wanted);                   \
    } while (0)

static void the_accept_key(void **state)
{
    (void)state;
    char out[WEBSOCKET_ACCEPT_BYTES + 1];
    assert_true(websocket_accept(BYTES_OF_LITERAL("dGhlIHNhbXBsZSBub25jZQ=="), out)); /* RFC 6455 1.3 */
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const bad[] = {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQAA",
                                      "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQ=\n"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(websocket_accept(bytes_of_text(bad[i]), out));
}

static void the_examples_of_the_rfc(void **state)
{
    (void)state;
    EXPECT("text Hello\n", 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58); /* 5.7 */
    EXPECT("pong Hello\n", 0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58);
    uint8_t head[WEBSOCKET_HEAD_MAX_BYTES];
    assert_int_equal(websocket_write_head(head, WEBSOCKET_TEXT, 5), 2);
    assert_memory_equal(head, "\x81\x05", 2);
    assert_int_equal(websocket_write_head(head, WEBSOCKET_BINARY, 256), 4);
    assert_memory_equal(head, "\x82\x7E\x01\x00", 4);
    assert_int_equal(websocket_write_head(head, WEBSOCKET_BINARY, 65536), 10);
    assert_memory_equal(head, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10);
    assert_int_equal(websocket_write_head(head, WEBSOCKET_PONG, 125), 2);
    assert_int_equal(websocket_write_head(head, WEBSOCKET_TEXT, 126), 4);
    assert_int_equal(websocket_write_head(head, WEBSOCKET_TEXT, 65535), 4);
}

static void texts_and_fragments(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    put_text(&b, 0x81, "one");
    put_text(&b, 0x01, "t");
    put_text(&b, 0x89, "between"); /* control frames may come between fragments */
    put_text(&b, 0x00, "");
    put_text(&b, 0x00, "w");
    put_text(&b, 0x8A, "");
    put_text(&b, 0x80, "o");
    put_text(&b, 0x81, "");
    put_text(&b, 0x01, "");
    put_text(&b, 0x80, "");
    put_text(&b, 0x88, "\x03\xe8gone");
    put_text(&b, 0x81, "never read");
    expect_events(&b, "text one\nping between\npong \ntext two\ntext \ntext \nclose 1000\n");
    buffer_free(&b);
}

static void every_length(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 125, 126, 127, 255, 256, 65535, 65536, LIMIT};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        buffer b = buffer_init(BUFFER_NO_LIMIT);
        char *text = malloc(sizes[i] + 1);
        memset(text, 'a' + (int)i, sizes[i]);
        text[sizes[i]] = 0;
        put_text(&b, 0x81, text);
        for (size_t cut = 0; cut < b.size; cut = cut < 20 ? cut + 1 : cut * 2) { /* in two pieces */
            websocket_reader r = websocket_reader_init(LIMIT);
            size_t taken;
            assert_int_equal(websocket_read(&r, bytes_of(b.data, cut), &taken), WEBSOCKET_GOT_NOTHING);
            assert_int_equal(websocket_is_within(&r), cut > 0);
            assert_int_equal(websocket_read(&r, bytes_from(buffer_bytes(&b), cut), &taken), WEBSOCKET_GOT_TEXT);
            assert_int_equal(taken, b.size - cut);
            assert_true(bytes_equal_text(buffer_bytes(&r.message), text));
            assert_false(websocket_is_within(&r));
            websocket_reader_free(&r);
        }
        free(text);
        buffer_free(&b);
    }
}

static void every_truncation(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    put_text(&b, 0x01, "a message");
    put_text(&b, 0x89, "ping");
    put_text(&b, 0x80, " in two");
    put_text(&b, 0x88, "\x03\xe9");
    for (size_t size = 0; size < b.size; size++) {
        char *got = events_of(bytes_of(b.data, size), SIZE_MAX);
        assert_null(strstr(got, "failed"));
        assert_null(strstr(got, "close"));
        free(got);
    }
    expect_events(&b, "ping ping\ntext a message in two\nclose 1001\n");
    buffer_free(&b);
}

/* Refused as soon as the bytes are there that tell. */
static void what_is_forbidden(void **state)
{
    (void)state;
    EXPECT("failed 1002\n", 0xC1, 0x80);             /* reserved bits */
    EXPECT("failed 1002\n", 0xA1, 0x80);
    EXPECT("failed 1002\n", 0x91, 0x80);
    EXPECT("failed 1002\n", 0x81, 0x00);             /* no mask */
    EXPECT("failed 1002\n", 0x81, 0x7F);
    for (unsigned opcode = 0; opcode < 16; opcode++) {
        const uint8_t unknown[] = {(uint8_t)(0x80 | opcode), 0x80};
        bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
        expect_bytes(BYTES_OF_VALUE(unknown), known ? "within\n" : "failed 1002\n");
    }
    EXPECT("failed 1003\n", 0x82, 0x80, 0, 0, 0, 0); /* binary */
    EXPECT("failed 1002\n", 0x80, 0x80, 0, 0, 0, 0); /* a continuation of nothing */
    EXPECT("failed 1002\n", 0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0); /* a message within a message */
    EXPECT("text \nfailed 1002\n", 0x81, 0x80, 0, 0, 0, 0, 0x80, 0x80, 0, 0, 0, 0); /* it had ended */
    EXPECT("failed 1002\n", 0x09, 0x80, 0, 0, 0, 0); /* a control frame in fragments */
    EXPECT("failed 1002\n", 0x89, 0xFE, 0, 126, 0, 0, 0, 0);                 /* and a long one */
    EXPECT("failed 1002\n", 0x81, 0xFE, 0, 125, 0, 0, 0, 0);                 /* lengths in more bytes than they need */
    EXPECT("failed 1002\n", 0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0);
    EXPECT("failed 1002\n", 0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    EXPECT("failed 1009\n", 0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0);
    EXPECT("failed 1009\n", 0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0x86, 0xA1, 0, 0, 0, 0); /* LIMIT + 1 */
}

static void fragments_count_together(void **state)
{
    (void)state;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    char *half = malloc(LIMIT / 2 + 1);
    memset(half, 'x', LIMIT / 2);
    half[LIMIT / 2] = 0;
    put_text(&b, 0x01, half);
    put_text(&b, 0x00, half);
    put_text(&b, 0x80, "x");
    char *got = events_of(buffer_bytes(&b), 4096);
    assert_string_equal(got, "failed 1009\n");
    free(got);
    free(half);
    buffer_free(&b);
}

static void close_frames(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        bool valid;
    } rows[] = {{0, false},    {999, false},  {1000, true},  {1003, true},  {1004, false}, {1005, false}, {1006, false}, {1007, true},
                {1014, true},  {1015, false}, {1016, false}, {2999, false}, {3000, true},  {4999, true},  {5000, false}, {65535, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        buffer b = buffer_init(BUFFER_NO_LIMIT);
        uint8_t payload[WEBSOCKET_CONTROL_MAX_BYTES];
        char wanted[32];
        put(&b, 0x88, bytes_of(payload, websocket_write_close(payload, rows[i].code ? rows[i].code : 1000, "because")));
        if (rows[i].code == WEBSOCKET_NO_STATUS || rows[i].code == 0) {
            payload[0] = (uint8_t)(rows[i].code >> 8), payload[1] = (uint8_t)rows[i].code;
            buffer_clear(&b);
            put(&b, 0x88, bytes_of(payload, 2));
        }
        snprintf(wanted, sizeof wanted, rows[i].valid ? "close %u\n" : "failed 1002\n", rows[i].code);
        expect_events(&b, wanted);
        buffer_free(&b);
    }
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    put_text(&b, 0x88, "");
    expect_events(&b, "close 1005\n");
    buffer_clear(&b);
    put_text(&b, 0x88, "\x03");
    expect_events(&b, "failed 1002\n");
    buffer_clear(&b);
    put_text(&b, 0x88, "\x03\xe8\xFF");
    expect_events(&b, "failed 1007\n");
    buffer_clear(&b);
    put_text(&b, 0x88, "\x03\xe8\xC3"); /* cut within a character */
    expect_events(&b, "failed 1007\n");
    buffer_free(&b);
}

static void a_long_reason_is_cut(void **state)
{
    (void)state;
    uint8_t payload[WEBSOCKET_CONTROL_MAX_BYTES];
    char reason[400] = "";
    assert_int_equal(websocket_write_close(payload, WEBSOCKET_NO_STATUS, "unused"), 0);
    for (int i = 0; i < 100; i++)
        strcat(reason, "\u20ac"); /* three bytes each; 123 = 41 * 3 */
    assert_int_equal(websocket_write_close(payload, WEBSOCKET_NORMAL, reason), 125);
    assert_int_equal(websocket_write_close(payload, WEBSOCKET_NORMAL, reason + 1), 122 + 2 - 1 + 1);
    reason[0] = 'x';
    memmove(reason + 1, reason + 3, strlen(reason + 3) + 1); /* 1 + 3 n: the last character does not fit */
    assert_int_equal(websocket_write_close(payload, WEBSOCKET_NORMAL, reason), 2 + 121);
}

/* Also split within a character, and over fragments. */
static void texts_are_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {("L\xC3\xBC" "beck"), "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF", "\xC2\x80", "\xE0\xA0\x80"};
    static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE2\x82", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3\xC3", "a\xE2\x82x"};
    for (size_t i = 0; i < COUNT(good) + COUNT(bad); i++) {
        const char *text = i < COUNT(good) ? good[i] : bad[i - COUNT(good)];
        for (size_t cut = 0; cut <= strlen(text); cut++) {
            buffer b = buffer_init(BUFFER_NO_LIMIT);
            char wanted[64] = "failed 1007\n";
            if (i < COUNT(good))
                snprintf(wanted, sizeof wanted, "text %s\n", text);
            put(&b, 0x01, bytes_of(text, cut));
            put(&b, 0x80, bytes_of(text + cut, strlen(text) - cut));
            expect_events(&b, wanted);
            buffer_free(&b);
        }
    }
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    put_text(&b, 0x01, "\xE2\x82");
    put_text(&b, 0x89, "\xFF"); /* a ping holds any bytes */
    put_text(&b, 0x80, "\xAC");
    expect_events(&b, "ping \xFF\ntext \xE2\x82\xAC\n");
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accept_key),       cmocka_unit_test(the_examples_of_the_rfc), cmocka_unit_test(texts_and_fragments),
        cmocka_unit_test(every_length),         cmocka_unit_test(every_truncation),        cmocka_unit_test(what_is_forbidden),
        cmocka_unit_test(fragments_count_together), cmocka_unit_test(close_frames),        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(texts_are_utf8),
    };
    return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
