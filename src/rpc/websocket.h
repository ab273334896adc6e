/* websocket.h: the server's side of RFC 6455 as a codec: received bytes in, texts and control frames out; and the frames to send. No
   sockets, no time. Text messages only, no extensions. Its own because the frames are small, and so that an idle session costs some
   hundred bytes. Thread: one at a time. */
#ifndef HANSE_RPC_WEBSOCKET_H
#define HANSE_RPC_WEBSOCKET_H

#include "base/buffer.h"

enum {
    WEBSOCKET_ACCEPT_BYTES = 28,      /* of text, without its end */
    WEBSOCKET_HEAD_MAX_BYTES = 10,    /* before a payload, as a server sends it */
    WEBSOCKET_CONTROL_MAX_BYTES = 125 /* payload of a ping, pong or close */
};

typedef enum { /* RFC 6455 7.4.1 */
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_UNSUPPORTED_DATA = 1003,
    WEBSOCKET_NO_STATUS = 1005,       /* never sent: a close frame without a code */
    WEBSOCKET_INVALID_DATA = 1007,
    WEBSOCKET_POLICY_VIOLATION = 1008,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_TRY_AGAIN_LATER = 1013
} websocket_close_code;

typedef enum {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10
} websocket_opcode;

/* The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key. false: that is not the base64 of 16 bytes. */
bool websocket_accept(bytes key, char out[WEBSOCKET_ACCEPT_BYTES + 1]) MUST_USE;

typedef enum {
    WEBSOCKET_GOT_NOTHING, /* all bytes are taken, more are needed */
    WEBSOCKET_GOT_TEXT,    /* message is complete and UTF-8; it may be moved out, and is empty again at the next call */
    WEBSOCKET_GOT_PING,    /* control is what the pong must hold */
    WEBSOCKET_GOT_PONG,
    WEBSOCKET_GOT_CLOSE,   /* close_code says why; nothing may be read after it */
    WEBSOCKET_FAILED       /* the connection is to be closed with close_code and failure; nothing may be read after it */
} websocket_event;

typedef struct {
    buffer message;              /* of a text, joined from its fragments; its max_bytes is the limit of a message */
    uint8_t control[WEBSOCKET_CONTROL_MAX_BYTES];
    size_t control_bytes;
    websocket_close_code close_code;
    const char *failure;
    /* ---- inside ---- */
    uint8_t head[14];
    size_t head_bytes;           /* received of the frame's head */
    bool in_payload, is_final;
    bool in_message;             /* a text has begun and not ended */
    bool message_is_given;
    websocket_opcode opcode;
    uint64_t payload_left;
    size_t mask_at;
    uint8_t utf8_left, utf8_low, utf8_high; /* bytes that a character still needs, and between which the next one must lie */
} websocket_reader;

websocket_reader websocket_reader_init(size_t message_max_bytes);
void websocket_reader_free(websocket_reader *r);
/* Takes bytes up to the next event; *taken says how many. A frame that is refused is refused at its head, before its payload. */
websocket_event websocket_read(websocket_reader *r, bytes in, size_t *taken) MUST_USE;
/* Something has begun that is not complete: a frame, or a text of several. */
bool websocket_is_within(const websocket_reader *r);

/* The head of an unfragmented frame; its size. */
size_t websocket_write_head(uint8_t out[WEBSOCKET_HEAD_MAX_BYTES], websocket_opcode opcode, uint64_t payload_bytes);
/* The payload of a close frame; its size. The reason is UTF-8 and is cut where it does not fit. WEBSOCKET_NO_STATUS: empty. */
size_t websocket_write_close(uint8_t out[WEBSOCKET_CONTROL_MAX_BYTES], websocket_close_code code, const char *reason);

#endif
