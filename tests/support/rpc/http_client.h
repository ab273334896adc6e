/* http_client.h: a plain, blocking HTTP client for tests, that can also misbehave. Failures end the test. */
#ifndef HANSE_TESTS_SUPPORT_RPC_HTTP_CLIENT_H
#define HANSE_TESTS_SUPPORT_RPC_HTTP_CLIENT_H

#include "test.h"

#include "base/buffer.h"

typedef struct {
    int socket;
    buffer received; /* not taken yet */
} http_client;

typedef struct {
    int status;
    char *head; /* status line and headers */
    char *body;
    size_t body_bytes;
} http_response;

http_client http_connect(unsigned port);
void http_close(http_client *c);
/* Closes with a reset: what is unsent or unread is lost. */
void http_reset(http_client *c);
void http_send(http_client *c, bytes data);
void http_send_text(http_client *c, const char *text);
/* A POST with this body and Content-Length; extra: further header lines, each with its line end. */
void http_post(http_client *c, const char *extra, bytes body);
/* The next answer; free it with http_response_free. Waits 20 s at most. */
http_response http_receive(http_client *c);
/* The answer to a HEAD request has no body, whatever its length says. */
http_response http_receive_head(http_client *c);
void http_response_free(http_response *r);
/* The value of a header, or NULL; a view into the head until the next call of http_header. */
const char *http_header(const http_response *r, const char *name);
/* Waits until so many bytes are in received; false: the other side closed before. */
bool http_wait_for(http_client *c, size_t size);
/* Nothing comes any more: the other side closed. */
void http_expect_end(http_client *c);

#endif
