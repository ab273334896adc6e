/* HTTP messages without sockets: requests in pieces of every size, truncations, limits; heads of answers. */
#include "rpc/http_message.h"

#include "test.h"

enum { BODY_MAX = 1000 };

static const char *text_or(const char *value)
{
    return value ? value : "-";
}

/* What is read from these bytes, given in pieces, as one line for each event. */
static char *events_of(bytes all, size_t piece)
{
    http_reader r;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    bool failed = false;
    http_reader_init(&r, BODY_MAX);
    for (size_t at = 0; at < all.size && !failed;) {
        size_t taken, size = all.size - at < piece ? all.size - at : piece;
        http_event e = http_read(&r, bytes_part(all, at, size), &taken);
        assert_true(taken <= size);
        at += taken;
        if (e == HTTP_GOT_REQUEST) {
            buffer_print(&out, "%s keep=%d host=%s origin=%s ws=%d body=%.*s\n", http_method_str(http_reader_method(&r)), r.keep_alive,
                         text_or(http_reader_header(&r, HTTP_HOST)), text_or(http_reader_header(&r, HTTP_ORIGIN)),
                         http_reader_asks_for_websocket(&r), (int)r.body.size, (const char *)r.body.data);
            http_reader_next(&r);
        }
        failed = e > HTTP_GOT_REQUEST;
        if (failed)
            buffer_print(&out, "%d\n", e == HTTP_GOT_MALFORMED ? 400 : e == HTTP_GOT_LONG_HEADERS ? 431 : 413);
    }
    if (!failed && http_reader_is_within(&r))
        buffer_append_text(&out, "within\n");
    http_reader_free(&r);
    buffer_append_byte(&out, 0);
    return (char *)out.data;
}

static void expect(const char *text, const char *wanted)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        char *got = events_of(bytes_of_text(text), piece);
        assert_string_equal(got, wanted);
        free(got);
    }
}

static const char three[] = "\r\nPOST /any?path HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\nhello"
                            "OPTIONS * HTTP/1.1\r\norigin:  http://page \r\nHOST:\r\n\r\n"
                            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n";
static const char three_events[] = "POST keep=1 host=a:1 origin=- ws=0 body=hello\n"
                                   "OPTIONS keep=1 host= origin=http://page ws=0 body=\n"
                                   "POST keep=0 host=- origin=- ws=0 body=abcde\n";

static void requests_in_pieces(void **state)
{
    (void)state;
    expect(three, three_events);
}

static void every_truncation(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof three - 1; size++) {
        char *got = events_of(bytes_of(three, size), SIZE_MAX);
        char *within = strstr(got, "within\n");
        size_t whole = within ? (size_t)(within - got) : strlen(got);
        assert_true(whole < strlen(three_events)); /* never the last request */
        assert_memory_equal(got, three_events, whole);
        free(got);
    }
}

static void headers_that_come_twice_or_are_long(void **state)
{
    (void)state;
    expect("POST / HTTP/1.1\r\nOrigin: a\r\nX: y\r\nOrigin: b\r\n\r\n", "POST keep=1 host=- origin=a, b ws=0 body=\n");
    char text[2000], wanted[1000];
    snprintf(text, sizeof text, "POST / HTTP/1.1\r\nOrigin: %0*d\r\n%0*d: z\r\n\r\n", HTTP_VALUE_MAX_BYTES + 50, 0, 500, 0);
    snprintf(wanted, sizeof wanted, "POST keep=1 host=- origin=%0*d ws=0 body=\n", HTTP_VALUE_MAX_BYTES, 0);
    expect(text, wanted);
    /* A name that only begins like one. */
    expect("POST / HTTP/1.1\r\nOriginal: a\r\nHos: b\r\n\r\n", "POST keep=1 host=- origin=- ws=0 body=\n");
}

static void limits(void **state)
{
    (void)state;
    expect("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "413\n");
    expect("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "400\n");
    expect("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "within\n");
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&b, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    for (int i = 0; i < 1001; i++)
        buffer_append_byte(&b, 'x');
    for (size_t piece = 1; piece < 5000; piece *= 3) {
        char *got = events_of(buffer_bytes(&b), piece);
        assert_string_equal(got, "413\n");
        free(got);
    }
    buffer_clear(&b);
    buffer_append_text(&b, "POST / HTTP/1.1\r\n");
    while (b.size < 2 * HTTP_HEADER_MAX_BYTES)
        buffer_append_text(&b, "a: b\r\nname: value\r\n"); /* separators are not counted */
    buffer_append_text(&b, "\r\n");
    for (size_t piece = 1; piece < 100000; piece *= 7) {
        char *got = events_of(buffer_bytes(&b), piece);
        assert_string_equal(got, "431\n");
        free(got);
    }
    buffer_free(&b);
}

static void what_is_no_http(void **state)
{
    (void)state;
    static const char *const rows[] = {"hello\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nno colon\r\n\r\n",
                                       "\x16\x03\x01", "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"};
    for (size_t i = 0; i < COUNT(rows); i++)
        expect(rows[i], "400\n");
}

static void who_waits_for_leave(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool waits;
    } rows[] = {{"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", true},
                {"POST / HTTP/1.1\r\nexpect: 100-Continue\r\nContent-Length: 3\r\n\r\n", true},
                {"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", false},
                {"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\na", false},
                {"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", false}};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t cut = 0; cut < strlen(rows[i].text); cut++) { /* also when the header comes in two pieces */
            http_reader r;
            size_t taken;
            bytes all = bytes_of_text(rows[i].text);
            http_reader_init(&r, BODY_MAX);
            assert_int_equal(http_read(&r, bytes_part(all, 0, cut), &taken), HTTP_GOT_NOTHING);
            assert_int_equal(http_read(&r, bytes_from(all, cut), &taken), HTTP_GOT_NOTHING);
            if (rows[i].text[strlen(rows[i].text) - 1] != 'a' || cut < all.size - 1)
                assert_int_equal(r.wants_leave, rows[i].waits);
            http_reader_free(&r);
        }
}

#define WEBSOCKET "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n\r\n"

static void requests_for_a_websocket(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1\r\n" WEBSOCKET, "GET keep=1 host=- origin=- ws=1 body=\n");
    expect("GET / HTTP/1.1\r\n" WEBSOCKET "GET / HTTP/1.1\r\n\r\n",
           "GET keep=1 host=- origin=- ws=1 body=\nGET keep=1 host=- origin=- ws=0 body=\n");
    expect("POST / HTTP/1.1\r\n" WEBSOCKET, "POST keep=1 host=- origin=- ws=0 body=\n");
    expect("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "GET keep=1 host=- origin=- ws=0 body=\n");
    expect("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "GET keep=1 host=- origin=- ws=0 body=\n");
}

static void heads_of_answers(void **state)
{
    (void)state;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    http_write_head(&out, "200 OK", true, 5, 784111777, "X: y\r\n");
    buffer_append_byte(&out, 0);
    assert_string_equal((char *)out.data, "HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n"
                                          "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX: y\r\n\r\n");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_in_pieces),  cmocka_unit_test(every_truncation), cmocka_unit_test(headers_that_come_twice_or_are_long),
        cmocka_unit_test(limits),              cmocka_unit_test(what_is_no_http),  cmocka_unit_test(who_waits_for_leave),
        cmocka_unit_test(requests_for_a_websocket), cmocka_unit_test(heads_of_answers),
    };
    return cmocka_run_group_tests_name("http_message", tests, NULL, NULL);
}
