/* http_message.h: HTTP/1.1 messages without sockets: received bytes in, requests out; the head of an answer. Around
   the library http_parser. Thread: one at a time. */
#ifndef HANSE_RPC_HTTP_MESSAGE_H
#define HANSE_RPC_HTTP_MESSAGE_H

#include "base/buffer.h"
#include "rpc/http_service.h"

#include <http_parser.h>

enum {
    HTTP_HEADER_MAX_BYTES = 32 * 1024, /* of a request line and its headers */
    HTTP_VALUE_MAX_BYTES = 256         /* of a header that the door looks at; a longer one is as if cut */
};

/* The headers that the door looks at. */
typedef enum {
    HTTP_EXPECT,
    HTTP_HOST,
    HTTP_ORIGIN,
    HTTP_UPGRADE_TO, /* Upgrade */
    HTTP_WEBSOCKET_KEY,
    HTTP_WEBSOCKET_VERSION,
    HTTP_HEADERS_KEPT
} http_header_name;

typedef struct http_head http_head;

typedef struct {
    buffer body;           /* of the request, whole at HTTP_GOT_REQUEST; it may be moved out */
    bool wants_leave;      /* the client waits for "100 Continue" before it sends the body; cleared by whoever gives it */
    bool keep_alive;       /* of the last request */
    /* ---- inside ---- */
    http_parser parser;
    http_head *head;       /* from the first byte of a request until http_reader_next: an idle connection holds none */
    size_t header_bytes;
    bool is_complete;
} http_reader;

typedef enum {
    HTTP_GOT_NOTHING,      /* all bytes are taken, more are needed */
    HTTP_GOT_REQUEST,      /* what stands behind it is not taken; http_reader_next before more is read */
    HTTP_GOT_MALFORMED,    /* 400; after this and the next two nothing may be read */
    HTTP_GOT_LONG_HEADERS, /* 431 */
    HTTP_GOT_LONG_BODY     /* 413; as soon as Content-Length says so */
} http_event;

/* Does not move afterwards. */
void http_reader_init(http_reader *r, size_t body_max_bytes);
void http_reader_free(http_reader *r);
http_event http_read(http_reader *r, bytes in, size_t *taken) MUST_USE;
void http_reader_next(http_reader *r);              /* forgets the request that was read */
bool http_reader_is_within(const http_reader *r);   /* a request has begun and is not complete */

/* Of the request that was read. */
unsigned http_reader_method(const http_reader *r);  /* HTTP_POST, ... */
/* The path of its URL, without what follows a ? or #, cut to HTTP_PATH_MAX_BYTES; in out, of HTTP_PATH_MAX_BYTES + 1. */
void http_reader_path(const http_reader *r, char *out);
const char *http_reader_header(const http_reader *r, http_header_name name); /* NULL: absent; several are joined by ", " */
/* It asks to go on as a WebSocket (RFC 6455 4.2.1). */
bool http_reader_asks_for_websocket(const http_reader *r);

/* ---- answers ---- */

/* headers: further lines, each with its line end. */
void http_write_head(buffer *out, const char *status, bool keep_alive, size_t body_bytes, int64_t time_s, const char *headers);

#endif
