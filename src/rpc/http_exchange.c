/* HTTP on a connection: one request, one answer. Source: spec/interfaces.md 2.2. */
#include "rpc/http_private.h"

#include <stdio.h>
#include <time.h>

#define JSON_HEADER "Content-Type: application/json\r\n"

bool http_exchange_may_take(const http_connection *c)
{
    return c->requests == 0 && !c->is_writing;
}

/* ---- answers ---- */

void http_exchange_written(http_connection *c)
{
    http_door_count_out(c->door, -(ptrdiff_t)c->response.size);
    buffer_free(&c->head);
    buffer_free(&c->response);
    if (c->state != CONNECTION_OPEN)
        return;
    if (!c->keep_alive || c->door->stopping) {
        http_connection_linger(c);
        return;
    }
    c->since_ms = uv_now(&c->door->loop);
    http_connection_pump(c);
}

/* Takes over body, which the door has counted. headers: what comes besides length and connection. */
static void answer(http_connection *c, const char *status, const char *headers, buffer body)
{
    c->head = buffer_init(BUFFER_NO_LIMIT);
    c->response = body;
    http_write_head(&c->head, status, c->keep_alive, body.size, time(NULL), headers);
    bool without_body = body.size == 0 || http_reader_method(&c->reader) == HTTP_HEAD;
    http_reader_next(&c->reader);
    uv_buf_t parts[] = {uv_buf_init((char *)c->head.data, (unsigned)c->head.size),
                        uv_buf_init((char *)body.data, (unsigned)body.size)};
    http_connection_write(c, parts, without_body ? 1 : 2);
}

static void answer_text(http_connection *c, const char *status, const char *headers, const char *text)
{
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&body, text);
    http_door_count_out(c->door, (ptrdiff_t)body.size);
    answer(c, status, headers, body);
}

void http_exchange_refuse(http_connection *c, const char *status)
{
    HTTP_LOG(c->door, LOG_DEBUG, "request refused,answer=%s", status);
    c->keep_alive = false;
    answer_text(c, status, "", "");
}

/* ---- pages of other origins ---- */

static http_origin_kind judge_origin(const http_connection *c)
{
    return http_origins_judge(&c->door->config.origins, http_reader_header(&c->reader, HTTP_ORIGIN),
                              http_reader_header(&c->reader, HTTP_HOST));
}

/* Header lines of an answer: those given, and that the page that asks may read it, if it may. out: enough for both. */
static void add_leave(const http_connection *c, const char *headers, char *out, size_t size)
{
    snprintf(out, size, "%s", headers);
    if (judge_origin(c) != HTTP_ORIGIN_ALLOWED)
        return;
    size_t used = strlen(out);
    snprintf(out + used, size - used, "Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n", http_reader_header(&c->reader, HTTP_ORIGIN));
}

/* ---- requests ---- */

void http_exchange_finish(http_connection *c, buffer response)
{
    http_door *d = c->door;
    char headers[HTTP_VALUE_MAX_BYTES + 256];
    if (c->state == CONNECTION_OPEN && http_door_out(d) - response.size <= HTTP_OUT_TOTAL_BYTES) {
        add_leave(c, JSON_HEADER, headers, sizeof headers);
        answer(c, "200 OK", headers, response);
        return;
    }
    http_door_count_out(d, -(ptrdiff_t)response.size);
    buffer_free(&response);
    if (c->state == CONNECTION_OPEN)
        HTTP_LOG(d, LOG_WARNING, "connection closed,reason=answers of more than %d bytes wait for slow clients", HTTP_OUT_TOTAL_BYTES);
    http_connection_close(c);
}

static void handle_post(http_connection *c)
{
    if (judge_origin(c) == HTTP_ORIGIN_FOREIGN) {
        buffer_free(&c->reader.body);
        answer_text(c, "403 Forbidden", "", "This origin is not allowed");
        return;
    }
    buffer body = c->reader.body;
    c->reader.body = buffer_init(HTTP_BODY_MAX_BYTES);
    http_requests_add(c, body);
}

static void handle_options(http_connection *c)
{
    static const char *const always =
        "Allow: POST, OPTIONS\r\nAccess-Control-Allow-Headers: origin, content-type, accept\r\nDAV: 1\r\n";
    static const char *const allowed = "Access-Control-Allow-Methods: POST, OPTIONS\r\nAccess-Control-Max-Age: 600\r\n";
    char headers[HTTP_VALUE_MAX_BYTES + 512], all[HTTP_VALUE_MAX_BYTES + 512];
    snprintf(headers, sizeof headers, "%s%s", always, judge_origin(c) == HTTP_ORIGIN_ALLOWED ? allowed : "");
    add_leave(c, headers, all, sizeof all);
    answer_text(c, "200 OK", all, "");
}

/* RFC 6455 4.2. The same-origin rule of browsers does not hold for WebSockets: the server has to look. */
static void handle_upgrade(http_connection *c)
{
    http_door *d = c->door;
    const char *version = http_reader_header(&c->reader, HTTP_WEBSOCKET_VERSION), *key = http_reader_header(&c->reader, HTTP_WEBSOCKET_KEY);
    char accept[WEBSOCKET_ACCEPT_BYTES + 1];
    if (judge_origin(c) == HTTP_ORIGIN_FOREIGN)
        answer_text(c, "403 Forbidden", "", "This origin is not allowed");
    else if (version == NULL || strcmp(version, "13") != 0)
        answer_text(c, "426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "");
    else if (key == NULL || !websocket_accept(bytes_of_text(key), accept))
        answer_text(c, "400 Bad Request", "", "Sec-WebSocket-Key is not the base64 of 16 bytes");
    else if (d->session_count >= d->config.sessions_max)
        answer_text(c, "503 Service Unavailable", "", "Too many sessions");
    else
        web_session_begin(c, accept);
}

static void handle_message(http_connection *c)
{
    c->keep_alive = c->reader.keep_alive;
    http_reader_path(&c->reader, c->path);
    unsigned method = http_reader_method(&c->reader);
    if (method == HTTP_POST) {
        handle_post(c);
        return;
    }
    buffer_free(&c->reader.body);
    if (http_reader_asks_for_websocket(&c->reader))
        handle_upgrade(c);
    else if (method == HTTP_OPTIONS)
        handle_options(c);
    else
        answer_text(c, "405 Method Not Allowed", JSON_HEADER, "Not allowed HTTP Method");
}

/* The client waits for leave to send its body. It goes on by itself when the leave cannot be written at once. */
static void give_leave(http_connection *c)
{
    static const char leave[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t part = uv_buf_init((char *)leave, sizeof leave - 1);
    if (c->reader.wants_leave)
        (void)uv_try_write((uv_stream_t *)&c->socket, &part, 1);
    c->reader.wants_leave = false;
}

size_t http_exchange_take(http_connection *c, bytes in)
{
    size_t taken;
    switch (http_read(&c->reader, in, &taken)) {
    case HTTP_GOT_NOTHING:
        give_leave(c);
        break;
    case HTTP_GOT_REQUEST:
        handle_message(c);
        break;
    case HTTP_GOT_LONG_BODY:
        http_exchange_refuse(c, "413 Payload Too Large");
        break;
    case HTTP_GOT_LONG_HEADERS:
        http_exchange_refuse(c, "431 Request Header Fields Too Large");
        break;
    case HTTP_GOT_MALFORMED:
        http_exchange_refuse(c, "400 Bad Request");
        break;
    }
    return taken;
}
