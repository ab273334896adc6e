/* ws_client.h: a blocking WebSocket client for tests, that can also misbehave. Failures end the test. */
#ifndef HANSE_TESTS_SUPPORT_RPC_WS_CLIENT_H
#define HANSE_TESTS_SUPPORT_RPC_WS_CLIENT_H

#include "http_client.h"

#include "rpc/websocket.h"

#define WS_HANDSHAKE "GET / HTTP/1.1\r\n" WS_HANDSHAKE_HEADERS
#define WS_HANDSHAKE_HEADERS "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

typedef struct {
    websocket_opcode opcode;
    bytes payload; /* in the client's buffer, until the next call */
    size_t size;
} ws_frame;

http_client ws_connect(unsigned port);
http_client ws_connect_path(unsigned port, const char *path);
/* One masked frame. first: its first byte, e.g. 0x81 for a whole text. */
void ws_send(http_client *c, uint8_t first, bytes payload);
void ws_send_text(http_client *c, const char *text);
/* The next frame; false: closed. */
bool ws_receive(http_client *c, ws_frame *f) MUST_USE;
void ws_expect_text(http_client *c, const char *text);
/* A close frame with this code comes, then the end; texts before it are passed over. */
void ws_expect_close(http_client *c, unsigned code);

#endif
