#include "http_client.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

http_client http_connect(unsigned port)
{
    http_client c = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .received = buffer_init(BUFFER_NO_LIMIT)};
    assert_true(c.socket >= 0);
    struct timeval limit = {.tv_sec = 20};
    setsockopt(c.socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(c.socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(c.socket, (struct sockaddr *)&where, sizeof where) != 0)
        fail_msg("connect: %s", strerror(errno));
    return c;
}

void http_close(http_client *c)
{
    close(c->socket);
    buffer_free(&c->received);
}

void http_reset(http_client *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    http_close(c);
}

void http_send(http_client *c, bytes data)
{
    while (data.size) {
        ssize_t sent = send(c->socket, data.data, data.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* closed by the other side: its answer tells */
        data = bytes_from(data, (size_t)sent);
    }
}

void http_send_text(http_client *c, const char *text)
{
    http_send(c, bytes_of_text(text));
}

void http_post(http_client *c, const char *extra, bytes body)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&out, "POST / HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n", extra, body.size);
    buffer_append(&out, body);
    http_send(c, buffer_bytes(&out));
    buffer_free(&out);
}

static bool receive_more(http_client *c)
{
    uint8_t chunk[16384];
    ssize_t got = recv(c->socket, chunk, sizeof chunk, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("no answer within the time limit");
    if (got <= 0)
        return false;
    buffer_append(&c->received, bytes_of(chunk, (size_t)got));
    return true;
}

static char *take_text(http_client *c, size_t size)
{
    char *text = memory_new(size + 1);
    if (size)
        memcpy(text, c->received.data, size);
    buffer_consume(&c->received, size);
    return text;
}

static size_t head_size(const http_client *c)
{
    const uint8_t *end = c->received.size ? memmem(c->received.data, c->received.size, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - c->received.data) + 4 : 0;
}

static http_response receive(http_client *c, bool with_body)
{
    http_response r = {0};
    size_t size;
    while ((size = head_size(c)) == 0)
        if (!receive_more(c))
            fail_msg("closed in the middle of an answer: %.*s", (int)c->received.size, (char *)c->received.data);
    r.head = take_text(c, size);
    assert_int_equal(sscanf(r.head, "HTTP/1.1 %d", &r.status), 1);
    const char *length = http_header(&r, "Content-Length");
    r.body_bytes = length && with_body ? strtoul(length, NULL, 10) : 0;
    while (c->received.size < r.body_bytes)
        if (!receive_more(c))
            fail_msg("closed in the middle of a body");
    r.body = take_text(c, r.body_bytes);
    return r;
}

http_response http_receive(http_client *c)
{
    return receive(c, true);
}

http_response http_receive_head(http_client *c)
{
    return receive(c, false);
}

void http_response_free(http_response *r)
{
    free(r->head);
    free(r->body);
}

const char *http_header(const http_response *r, const char *name)
{
    static _Thread_local char value[512];
    size_t size = strlen(name);
    for (const char *line = strstr(r->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
            const char *from = line + size + 1;
            from += strspn(from, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r\n"), from);
            return value;
        }
    }
    return NULL;
}

bool http_wait_for(http_client *c, size_t size)
{
    while (c->received.size < size)
        if (!receive_more(c))
            return false;
    return true;
}

void http_expect_end(http_client *c)
{
    if (receive_more(c))
        fail_msg("expected the end, received: %.*s", (int)c->received.size, (char *)c->received.data);
}
