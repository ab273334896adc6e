#include "support_raw.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static bool flush(raw_peer *r)
{
    uint8_t wire[16384];
    size_t size;
    while ((size = tls_session_take(r->tls, wire, sizeof wire)) > 0)
        for (size_t sent = 0; sent < size;) {
            ssize_t n = send(r->fd, wire + sent, size - sent, MSG_NOSIGNAL);
            if (n <= 0)
                return false;
            sent += (size_t)n;
        }
    return true;
}

/* One read of the socket into TLS; false: ended. */
static bool fill(raw_peer *r)
{
    uint8_t wire[16384];
    struct pollfd wait = {.fd = r->fd, .events = POLLIN};
    if (poll(&wait, 1, 20000) != 1)
        fail_msg("nothing arrives");
    ssize_t n = recv(r->fd, wire, sizeof wire, 0);
    if (n <= 0)
        return false;
    tls_session_feed(r->tls, bytes_of(wire, (size_t)n));
    return true;
}

bool raw_connect(raw_peer *r, uint16_t port, const tls_identity *identity)
{
    error_text why;
    *r = (raw_peer){.fd = socket(AF_INET, SOCK_STREAM, 0), .in = buffer_init(BUFFER_NO_LIMIT)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(r->fd, (struct sockaddr *)&to, sizeof to), 0);
    r->context = tls_context_new(TLS_PEER, identity, &why);
    if (r->context == NULL)
        fail_msg("%s", why.text);
    r->tls = tls_session_new(r->context, false);
    bool done = false;
    while (!done) {
        if (tls_session_handshake(r->tls, &done) != TLS_OK || !flush(r))
            return false;
        if (!done && !fill(r))
            return false;
    }
    return true;
}

void raw_send(raw_peer *r, bytes plaintext)
{
    if (tls_session_write(r->tls, plaintext) == TLS_OK)
        flush(r); /* the other side may have closed: the test looks for that itself */
}

void raw_send_frame(raw_peer *r, uint16_t version, int32_t protocol, uint16_t packet_type, uint32_t seq, bytes payload)
{
    uint8_t *wire = malloc(16 + payload.size);
    write_be32(wire, (uint32_t)(16 + payload.size));
    write_be16(wire + 4, version);
    write_be32(wire + 6, (uint32_t)protocol);
    write_be16(wire + 10, packet_type);
    write_be32(wire + 12, seq);
    if (payload.size)
        memcpy(wire + 16, payload.data, payload.size);
    raw_send(r, bytes_of(wire, 16 + payload.size));
    free(wire);
}

/* Moves what TLS has into r->in; false: the session ended. */
static bool drain(raw_peer *r)
{
    uint8_t plain[16384];
    size_t taken;
    do {
        if (tls_session_read(r->tls, plain, sizeof plain, &taken) != TLS_OK)
            return false;
        buffer_append(&r->in, bytes_of(plain, taken));
    } while (taken);
    return true;
}

bool raw_receive(raw_peer *r, frame *out)
{
    static uint8_t payload[1 << 20];
    size_t size;
    for (;;) {
        if (!drain(r))
            return false;
        if (frame_decode(FRAME_CURRENT, buffer_bytes(&r->in), out, &size) == FRAME_OK) {
            assert_true(out->payload.size <= sizeof payload);
            if (out->payload.size)
                memcpy(payload, out->payload.data, out->payload.size);
            out->payload.data = payload;
            buffer_consume(&r->in, size);
            return true;
        }
        if (!fill(r))
            return false;
    }
}

bool raw_is_closed(raw_peer *r)
{
    while (fill(r))
        if (!drain(r))
            return true;
    return true;
}

void raw_close(raw_peer *r)
{
    tls_session_free(r->tls);
    tls_context_free(r->context);
    buffer_free(&r->in);
    close(r->fd);
}
