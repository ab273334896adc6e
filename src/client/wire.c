#include "client/wire.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIRE_CHUNK_BYTES = 256 * 1024 };

struct client_wire {
    uv_tcp_t tcp;
    uv_getaddrinfo_t lookup;
    uv_connect_t connecting;
    uv_timer_t failing;   /* what failed while being asked for is told from the loop */
    const client_wire_events *events;
    void *owner;          /* NULL: closed */
    bool is_looking_up;
    unsigned open_handles;
    char reason[160];
    char *chunk;
};

static void forget(client_wire *w)
{
    if (w->open_handles || w->is_looking_up)
        return;
    free(w->chunk);
    free(w);
}

static void on_closed(uv_handle_t *handle)
{
    client_wire *w = handle->data;
    w->open_handles--;
    forget(w);
}

void client_wire_close(client_wire *w)
{
    if (w == NULL || w->owner == NULL)
        return;
    w->owner = NULL;
    if (w->is_looking_up)
        uv_cancel((uv_req_t *)&w->lookup);
    uv_close((uv_handle_t *)&w->tcp, on_closed);
    uv_close((uv_handle_t *)&w->failing, on_closed);
}

static void tell_down(client_wire *w)
{
    void *owner = w->owner;
    if (owner == NULL)
        return;
    char reason[sizeof w->reason];
    memcpy(reason, w->reason, sizeof reason);
    const client_wire_events *events = w->events;
    client_wire_close(w);
    events->down(owner, reason);
}

static void on_failing(uv_timer_t *timer)
{
    tell_down(timer->data);
}

/* From the loop's next turn, because whoever is writing right now does not expect to lose the connection. */
static void fail(client_wire *w, const char *reason)
{
    if (w->owner == NULL || w->reason[0])
        return;
    snprintf(w->reason, sizeof w->reason, "%s", reason);
    uv_timer_start(&w->failing, on_failing, 0, 0);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    client_wire *w = handle->data;
    if (w->chunk == NULL)
        w->chunk = memory_new(WIRE_CHUNK_BYTES);
    *out = uv_buf_init(w->chunk, WIRE_CHUNK_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *chunk)
{
    client_wire *w = stream->data;
    if (got > 0 && w->owner && w->reason[0] == '\0')
        w->events->read(w->owner, bytes_of(chunk->base, (size_t)got));
    else if (got < 0)
        fail(w, got == UV_EOF ? "the node closed the connection" : uv_strerror((int)got));
}

static void on_connected(uv_connect_t *request, int status)
{
    client_wire *w = request->data;
    if (w->owner == NULL)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&w->tcp, on_allocate, on_read);
    if (status) {
        fail(w, uv_strerror(status));
        return;
    }
    uv_tcp_nodelay(&w->tcp, 1);
    w->events->up(w->owner);
}

static void connect_to(client_wire *w, const struct sockaddr *where)
{
    w->connecting.data = w;
    int status = uv_tcp_connect(&w->connecting, &w->tcp, where, on_connected);
    if (status)
        fail(w, uv_strerror(status));
}

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    client_wire *w = lookup->data;
    w->is_looking_up = false;
    if (w->owner && status)
        fail(w, uv_strerror(status));
    else if (w->owner)
        connect_to(w, found->ai_addr);
    uv_freeaddrinfo(found);
    forget(w);
}

static void look_up(client_wire *w, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    w->lookup.data = w;
    w->is_looking_up = true;
    int status = uv_getaddrinfo(w->tcp.loop, &w->lookup, on_found, host, port, &hints);
    if (status) {
        w->is_looking_up = false;
        fail(w, uv_strerror(status));
    }
}

client_wire *client_wire_open(uv_loop_t *loop, const char *host, const char *port, const client_wire_events *events, void *owner)
{
    client_wire *w = memory_new(sizeof *w);
    *w = (client_wire){.events = events, .owner = owner, .open_handles = 2};
    uv_tcp_init(loop, &w->tcp);
    uv_timer_init(loop, &w->failing);
    w->tcp.data = w->failing.data = w;
    struct sockaddr_storage where;
    int number = atoi(port);
    if (uv_ip4_addr(host, number, (struct sockaddr_in *)&where) == 0 || uv_ip6_addr(host, number, (struct sockaddr_in6 *)&where) == 0)
        connect_to(w, (struct sockaddr *)&where);
    else
        look_up(w, host, port);
    return w;
}

/* ---- writing ---- */

typedef struct {
    uv_write_t request;
    uint8_t data[];
} wire_write;

static void on_written(uv_write_t *request, int status)
{
    client_wire *w = request->handle->data;
    if (status && status != UV_ECANCELED)
        fail(w, uv_strerror(status));
    free(request);
}

void client_wire_write(client_wire *w, bytes data)
{
    if (w->owner == NULL || w->reason[0] || data.size == 0)
        return;
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)data.data, (unsigned)data.size);
    int sent = client_wire_waiting_bytes(w) ? 0 : uv_try_write((uv_stream_t *)&w->tcp, &part, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        fail(w, uv_strerror(sent));
        return;
    }
    bytes rest = bytes_from(data, sent > 0 ? (size_t)sent : 0);
    if (rest.size == 0)
        return;
    wire_write *one = memory_new(sizeof *one + rest.size);
    memcpy(one->data, rest.data, rest.size);
    part = uv_buf_init((char *)one->data, (unsigned)rest.size);
    int status = uv_write(&one->request, (uv_stream_t *)&w->tcp, &part, 1, on_written);
    if (status) {
        free(one);
        fail(w, uv_strerror(status));
    }
}

size_t client_wire_waiting_bytes(const client_wire *w)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&w->tcp);
}
