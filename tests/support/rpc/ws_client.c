#include "ws_client.h"

#include <unistd.h>

http_client ws_connect(unsigned port)
{
    return ws_connect_path(port, "/");
}

http_client ws_connect_path(unsigned port, const char *path)
{
    http_client c = http_connect(port);
    http_send_text(&c, "GET ");
    http_send_text(&c, path);
    http_send_text(&c, " HTTP/1.1\r\n" WS_HANDSHAKE_HEADERS "\r\n");
    http_response r = http_receive(&c);
    assert_int_equal(r.status, 101);
    assert_string_equal(http_header(&r, "Upgrade"), "websocket");
    assert_string_equal(http_header(&r, "Connection"), "Upgrade");
    assert_string_equal(http_header(&r, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455 1.3 */
    http_response_free(&r);
    return c;
}

void ws_send(http_client *c, uint8_t first, bytes payload)
{
    static const uint8_t mask[4] = {0x37, 0xFA, 0x21, 0x3D};
    uint8_t head[WEBSOCKET_HEAD_MAX_BYTES];
    size_t size = websocket_write_head(head, WEBSOCKET_TEXT, payload.size);
    head[0] = first;
    head[1] |= 0x80;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(&out, bytes_of(head, size));
    buffer_append(&out, bytes_of(mask, sizeof mask));
    uint8_t *to = buffer_extend(&out, payload.size);
    for (size_t i = 0; i < payload.size; i++)
        to[i] = payload.data[i] ^ mask[i % 4];
    http_send(c, buffer_bytes(&out));
    buffer_free(&out);
}

void ws_send_text(http_client *c, const char *text)
{
    ws_send(c, 0x81, bytes_of_text(text));
}

bool ws_receive(http_client *c, ws_frame *f)
{
    buffer_consume(&c->received, f->size);
    f->size = 0;
    if (!http_wait_for(c, 2))
        return false;
    assert_int_equal(c->received.data[0] & 0xF0, 0x80);
    assert_int_equal(c->received.data[1] & 0x80, 0); /* a server does not mask */
    unsigned length = c->received.data[1];
    size_t head = length == 127 ? 10 : length == 126 ? 4 : 2;
    if (!http_wait_for(c, head))
        return false;
    uint64_t size = length == 127 ? read_be64(c->received.data + 2) : length == 126 ? read_be16(c->received.data + 2) : length;
    if (!http_wait_for(c, head + size))
        return false;
    *f = (ws_frame){c->received.data[0] & 0x0F, bytes_of(c->received.data + head, size), head + size};
    return true;
}

void ws_expect_text(http_client *c, const char *text)
{
    ws_frame f = {0};
    assert_true(ws_receive(c, &f));
    assert_int_equal(f.opcode, WEBSOCKET_TEXT);
    assert_int_equal(f.payload.size, strlen(text));
    assert_memory_equal(f.payload.data, text, f.payload.size);
    buffer_consume(&c->received, f.size);
}

void ws_expect_close(http_client *c, unsigned code)
{
    ws_frame f = {0};
    do
        if (!ws_receive(c, &f))
            fail_msg("closed without a close frame");
    while (f.opcode != WEBSOCKET_CLOSE);
    assert_true(f.payload.size >= 2);
    assert_int_equal(read_be16(f.payload.data), code);
    buffer_consume(&c->received, f.size);
    http_expect_end(c);
}
