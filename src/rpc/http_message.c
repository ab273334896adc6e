#include "rpc/http_message.h"
#include "base/memory.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { NAME_MAX_BYTES = 32 };

/* Names and values may come in pieces. */
struct http_head {
    char url[HTTP_PATH_MAX_BYTES + 1];
    size_t url_bytes;
    char name[NAME_MAX_BYTES];
    size_t name_bytes;
    bool in_value;
    int kept; /* which of them the value belongs to; -1: none */
    bool is_present[HTTP_HEADERS_KEPT];
    size_t value_bytes[HTTP_HEADERS_KEPT];
    char values[HTTP_HEADERS_KEPT][HTTP_VALUE_MAX_BYTES + 1];
};

static const char *const kept_names[HTTP_HEADERS_KEPT] = {
    [HTTP_EXPECT] = "Expect",
    [HTTP_HOST] = "Host",
    [HTTP_ORIGIN] = "Origin",
    [HTTP_UPGRADE_TO] = "Upgrade",
    [HTTP_WEBSOCKET_KEY] = "Sec-WebSocket-Key",
    [HTTP_WEBSOCKET_VERSION] = "Sec-WebSocket-Version",
};

/* ---- what http_parser calls ---- */

static int begin_message(http_parser *parser)
{
    http_reader *r = parser->data;
    assert(r->head == NULL);
    r->head = memory_new(sizeof *r->head);
    r->head->kept = -1;
    return 0;
}

static int count_header(http_parser *parser, const char *at, size_t size)
{
    (void)at;
    http_reader *r = parser->data;
    r->header_bytes += size;
    return r->header_bytes > HTTP_HEADER_MAX_BYTES;
}

static int take_url(http_parser *parser, const char *at, size_t size)
{
    http_head *h = ((http_reader *)parser->data)->head;
    for (size_t i = 0; i < size && h->url_bytes < HTTP_PATH_MAX_BYTES; i++)
        h->url[h->url_bytes++] = at[i];
    return count_header(parser, at, size);
}

static int take_name(http_parser *parser, const char *at, size_t size)
{
    http_reader *r = parser->data;
    http_head *h = r->head;
    if (h->in_value)
        h->name_bytes = 0;
    h->in_value = false;
    for (size_t i = 0; i < size && h->name_bytes < NAME_MAX_BYTES; i++)
        h->name[h->name_bytes++] = at[i];
    return count_header(parser, at, size);
}

static void append_value(http_head *h, const char *at, size_t size)
{
    char *value = h->values[h->kept];
    size_t *have = &h->value_bytes[h->kept];
    size_t room = HTTP_VALUE_MAX_BYTES - *have;
    size = size < room ? size : room;
    memcpy(value + *have, at, size);
    *have += size;
}

static void begin_value(http_head *h)
{
    h->in_value = true;
    h->kept = -1;
    for (int i = 0; i < HTTP_HEADERS_KEPT; i++)
        if (strlen(kept_names[i]) == h->name_bytes && strncasecmp(h->name, kept_names[i], h->name_bytes) == 0)
            h->kept = i;
    if (h->kept >= 0 && h->is_present[h->kept])
        append_value(h, ", ", 2);
    if (h->kept >= 0)
        h->is_present[h->kept] = true;
}

static int take_value(http_parser *parser, const char *at, size_t size)
{
    http_reader *r = parser->data;
    http_head *h = r->head;
    if (!h->in_value)
        begin_value(h);
    if (h->kept >= 0)
        append_value(h, at, size);
    return count_header(parser, at, size);
}

static bool has_long_body(const http_reader *r)
{
    return r->parser.content_length != ULLONG_MAX && r->parser.content_length > r->body.max_bytes;
}

/* Blanks behind a value are no part of it (RFC 9110 5.5). */
static void trim_values(http_head *h)
{
    for (int i = 0; i < HTTP_HEADERS_KEPT; i++) {
        size_t *size = &h->value_bytes[i];
        while (*size && strchr(" \t", h->values[i][*size - 1]))
            h->values[i][--*size] = 0;
    }
}

static int end_headers(http_parser *parser)
{
    http_reader *r = parser->data;
    trim_values(r->head);
    const char *expect = http_reader_header(r, HTTP_EXPECT);
    if (has_long_body(r)) {
        r->body.overflowed = true; /* refused before it is sent */
        return -1;
    }
    r->wants_leave = expect && strcasecmp(expect, "100-continue") == 0 && (parser->http_major > 1 || parser->http_minor > 0);
    return 0;
}

static int take_body(http_parser *parser, const char *at, size_t size)
{
    http_reader *r = parser->data;
    r->wants_leave = false;
    buffer_append(&r->body, bytes_of(at, size));
    return r->body.overflowed;
}

static int end_message(http_parser *parser)
{
    http_reader *r = parser->data;
    r->is_complete = true;
    r->wants_leave = false;
    r->keep_alive = http_should_keep_alive(parser) != 0;
    http_parser_pause(parser, 1); /* one request at a time */
    return 0;
}

static const http_parser_settings parser_settings = {
    .on_message_begin = begin_message,
    .on_url = take_url,
    .on_header_field = take_name,
    .on_header_value = take_value,
    .on_headers_complete = end_headers,
    .on_body = take_body,
    .on_message_complete = end_message,
};

/* ---- reading ---- */

void http_reader_init(http_reader *r, size_t body_max_bytes)
{
    *r = (http_reader){.body = buffer_init(body_max_bytes)};
    http_parser_init(&r->parser, HTTP_REQUEST);
    r->parser.data = r;
}

void http_reader_next(http_reader *r)
{
    free(r->head);
    r->head = NULL;
    r->header_bytes = 0;
    r->is_complete = false;
    buffer_free(&r->body);
}

void http_reader_free(http_reader *r)
{
    http_reader_next(r);
}

http_event http_read(http_reader *r, bytes in, size_t *taken)
{
    assert(!r->is_complete && !r->body.overflowed);
    *taken = in.size;
    if (in.size == 0)
        return HTTP_GOT_NOTHING; /* to http_parser that would be the end */
    size_t parsed = http_parser_execute(&r->parser, &parser_settings, (const char *)in.data, in.size);
    if (r->is_complete) {
        *taken = parsed;
        http_parser_pause(&r->parser, 0);
        return HTTP_GOT_REQUEST;
    }
    if (HTTP_PARSER_ERRNO(&r->parser) == HPE_OK)
        return HTTP_GOT_NOTHING;
    if (r->body.overflowed)
        return HTTP_GOT_LONG_BODY;
    if (r->header_bytes > HTTP_HEADER_MAX_BYTES || HTTP_PARSER_ERRNO(&r->parser) == HPE_HEADER_OVERFLOW)
        return HTTP_GOT_LONG_HEADERS;
    return HTTP_GOT_MALFORMED;
}

bool http_reader_is_within(const http_reader *r)
{
    return r->head && !r->is_complete;
}

unsigned http_reader_method(const http_reader *r)
{
    return r->parser.method;
}

void http_reader_path(const http_reader *r, char *out)
{
    const char *url = r->head ? r->head->url : "";
    size_t size = strcspn(url, "?#");
    memcpy(out, url, size);
    out[size] = 0;
}

const char *http_reader_header(const http_reader *r, http_header_name name)
{
    return r->head && r->head->is_present[name] ? r->head->values[name] : NULL;
}

bool http_reader_asks_for_websocket(const http_reader *r)
{
    const char *to = http_reader_header(r, HTTP_UPGRADE_TO);
    return r->parser.upgrade && r->parser.method == HTTP_GET && to && strcasecmp(to, "websocket") == 0;
}

/* ---- answers ---- */

void http_write_head(buffer *out, const char *status, bool keep_alive, size_t body_bytes, int64_t time_s, const char *headers)
{
    char date[64];
    time_t now = (time_t)time_s;
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    buffer_print(out, "HTTP/1.1 %s\r\nConnection: %s\r\nContent-Length: %zu\r\nDate: %s\r\n%s\r\n", status,
                 keep_alive ? "Keep-Alive" : "close", body_bytes, date, headers);
}
