#include "tool/rpc_client.h"
#include "base/buffer.h"
#include "base/memory.h"

#include <errno.h>
#include <http_parser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct rpc_client {
    char host[256], port[8];
    bool address_ok;
    unsigned timeout_ms;
    int socket;      /* -1: not connected */
    long long next_id;
    buffer in;
    bool complete;
};

rpc_client *rpc_client_new(const char *address, unsigned timeout_ms)
{
    rpc_client *c = memory_new(sizeof *c);
    *c = (rpc_client){.timeout_ms = timeout_ms, .socket = -1, .next_id = 1, .in = buffer_init(RPC_CLIENT_ANSWER_MAX_BYTES)};
    static const char scheme[] = "http://";
    if (strncmp(address, scheme, sizeof scheme - 1) == 0)
        address += sizeof scheme - 1;
    const char *colon = strrchr(address, ':');
    size_t host_size = colon ? (size_t)(colon - address) : 0;
    c->address_ok = host_size > 0 && host_size < sizeof c->host && strlen(colon + 1) < sizeof c->port;
    if (c->address_ok) {
        memcpy(c->host, address, host_size);
        strcpy(c->port, colon + 1);
        c->port[strcspn(c->port, "/")] = '\0';
    }
    return c;
}

static void disconnect(rpc_client *c)
{
    if (c->socket >= 0)
        close(c->socket);
    c->socket = -1;
}

void rpc_client_free(rpc_client *c)
{
    if (c == NULL)
        return;
    disconnect(c);
    buffer_free(&c->in);
    free(c);
}

static bool connect_to(rpc_client *c, error_text *why)
{
    if (!c->address_ok)
        return error_set(why, "the address of a node is host:port, e.g. 127.0.0.1:8545");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int failed = getaddrinfo(c->host, c->port, &hints, &found);
    if (failed)
        return error_set(why, "%s:%s: %s", c->host, c->port, gai_strerror(failed));
    c->socket = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval timeout = {c->timeout_ms / 1000, (c->timeout_ms % 1000) * 1000};
    int on = 1;
    if (c->socket >= 0) {
        setsockopt(c->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        setsockopt(c->socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    bool ok = c->socket >= 0 && connect(c->socket, found->ai_addr, found->ai_addrlen) == 0;
    if (!ok) {
        error_set(why, "%s:%s: %s", c->host, c->port, strerror(errno));
        disconnect(c);
    }
    freeaddrinfo(found);
    return ok;
}

static bool send_all(int socket, bytes out)
{
    while (out.size) {
        ssize_t sent = send(socket, out.data, out.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        out = bytes_from(out, (size_t)sent);
    }
    return true;
}

static int take_body(http_parser *parser, const char *at, size_t size)
{
    rpc_client *c = parser->data;
    buffer_append(&c->in, bytes_of(at, size));
    return c->in.overflowed;
}

static int end_message(http_parser *parser)
{
    ((rpc_client *)parser->data)->complete = true;
    return 0;
}

static bool receive(rpc_client *c, error_text *why)
{
    static const http_parser_settings settings = {.on_body = take_body, .on_message_complete = end_message};
    http_parser parser;
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = c;
    buffer_clear(&c->in);
    for (c->complete = false; !c->complete;) {
        char chunk[65536];
        ssize_t got = recv(c->socket, chunk, sizeof chunk, 0);
        if (got < 0)
            return error_set(why, "%s:%s: %s", c->host, c->port, errno == EAGAIN ? "no answer in time" : strerror(errno));
        size_t taken = http_parser_execute(&parser, &settings, chunk, (size_t)got);
        if (taken != (size_t)got || (got == 0 && !c->complete))
            return error_set(why, "%s:%s: the answer is not HTTP or was cut off", c->host, c->port);
    }
    if (!http_should_keep_alive(&parser))
        disconnect(c);
    return true;
}

static bool exchange(rpc_client *c, const char *body, error_text *why)
{
    bool fresh = c->socket < 0;
    if (fresh && !connect_to(c, why))
        return false;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&out, "POST / HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", c->host, c->port,
                 strlen(body));
    buffer_append_text(&out, body);
    bool ok = send_all(c->socket, buffer_bytes(&out)) || error_set(why, "%s:%s: %s", c->host, c->port, strerror(errno));
    buffer_free(&out);
    ok = ok && receive(c, why);
    if (!ok)
        disconnect(c);
    return ok;
}

bool rpc_client_post(rpc_client *c, const char *body, bytes *answer, error_text *why)
{
    bool kept = c->socket >= 0;
    bool ok = exchange(c, body, why);
    if (!ok && kept)
        ok = exchange(c, body, why); /* the node may have closed the connection meanwhile: once more on a new one */
    *answer = buffer_bytes(&c->in);
    return ok;
}

json_t *rpc_client_call(rpc_client *c, const char *method, json_t *params, int *code, error_text *why)
{
    if (code)
        *code = 0;
    json_t *request = json_pack("{s:s, s:s, s:o, s:I}", "jsonrpc", "2.0", "method", method, "params", params, "id",
                                (json_int_t)c->next_id++);
    char *body = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    bytes text;
    bool ok = rpc_client_post(c, body, &text, why);
    free(body);
    if (!ok)
        return NULL;
    json_error_t parse;
    json_t *answer = json_loadb((const char *)text.data, text.size, 0, &parse);
    json_t *error = json_object_get(answer, "error"), *result = json_object_get(answer, "result");
    if (error) {
        if (code)
            *code = (int)json_integer_value(json_object_get(error, "code"));
        const char *message = json_string_value(json_object_get(error, "message"));
        error_set(why, "%s: %lld %s", method, (long long)json_integer_value(json_object_get(error, "code")), message ? message : "");
    } else if (result == NULL) {
        error_set(why, "%s: the answer is not JSON-RPC", method);
    }
    json_t *kept_result = error ? NULL : json_incref(result);
    json_decref(answer);
    return kept_result;
}
