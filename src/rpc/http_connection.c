/* One socket: what is common to HTTP and WebSocket. */
#include "rpc/http_private.h"

#include "base/memory.h"
#include "net/listen.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the end ---- */

/* Among the connections that are limited: not a session, and not what only waits for the loop to free it. */
static void uncount(http_connection *c)
{
    if (c->session == NULL && !c->is_uncounted)
        c->door->connection_count--;
    c->is_uncounted = true;
}

void http_connection_free(http_connection *c)
{
    http_door *d = c->door;
    assert(c->requests == 0);
    uncount(c);
    *(c->previous ? &c->previous->next : &d->connections) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    if (c->session)
        web_session_free(c->session);
    buffer_free(&c->ahead);
    http_reader_free(&c->reader);
    c->session = NULL;
    http_door_count_reading(c);
    http_door_count_out(d, -(ptrdiff_t)c->response.size);
    buffer_free(&c->head);
    buffer_free(&c->response);
    free(c);
    http_door_finish_stop_if_idle(d);
}

static void on_closed(uv_handle_t *handle)
{
    http_connection *c = handle->data;
    c->is_closed = true;
    if (c->requests == 0)
        http_connection_free(c); /* else when they come back */
}

void http_connection_close(http_connection *c)
{
    if (c->state == CONNECTION_CLOSING)
        return;
    c->state = CONNECTION_CLOSING;
    if (c->is_paused)
        c->door->paused_count--;
    c->is_paused = false;
    if (c->session)
        web_session_gone(c->session);
    http_requests_drop(c);
    if (c->requests == 0)
        uncount(c);
    uv_close((uv_handle_t *)&c->socket, on_closed);
}

static void on_shut(uv_shutdown_t *shutting, int status)
{
    if (status < 0)
        http_connection_close(shutting->data);
}

/* To close a socket with unread bytes is a reset, and the client may lose the last answer. */
void http_connection_linger(http_connection *c)
{
    if (c->state != CONNECTION_OPEN)
        return;
    c->state = CONNECTION_LINGERING;
    c->since_ms = uv_now(&c->door->loop);
    c->shutting.data = c;
    if (c->door->stopping || uv_shutdown(&c->shutting, (uv_stream_t *)&c->socket, on_shut) != 0)
        http_connection_close(c);
    else
        http_connection_pump(c);
}

/* ---- input ---- */

static bool may_take(const http_connection *c)
{
    const http_door *d = c->door;
    if (c->state != CONNECTION_OPEN || d->stopping || d->under_way_bytes > HTTP_UNDER_WAY_MAX_BYTES)
        return false;
    return c->session ? web_session_may_take(c->session) : http_exchange_may_take(c);
}

static bool is_within(const http_connection *c)
{
    return c->session ? web_session_is_within(c->session) : http_reader_is_within(&c->reader);
}

/* How much was taken; less than all only if no more may be taken now. */
static size_t take(http_connection *c, bytes in)
{
    size_t taken = 0;
    while (taken < in.size && may_take(c)) {
        if (!is_within(c))
            c->in = (http_pace){.since_ms = uv_now(&c->door->loop)};
        bytes rest = bytes_from(in, taken);
        taken += c->session ? web_session_take(c->session, rest) : http_exchange_take(c, rest);
    }
    return taken;
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    http_connection *c = handle->data;
    *out = uv_buf_init(c->door->chunk, sizeof c->door->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *chunk)
{
    http_connection *c = stream->data;
    if (got < 0)
        http_connection_close(c);
    if (got <= 0 || c->state != CONNECTION_OPEN)
        return;
    assert(c->ahead.size == 0); /* or nothing would be read */
    c->in.bytes += (size_t)got;
    bytes in = bytes_of(chunk->base, (size_t)got);
    size_t taken = take(c, in);
    if (c->state == CONNECTION_OPEN)
        buffer_append(&c->ahead, bytes_from(in, taken));
    http_connection_pump(c);
}

static void set_reading(http_connection *c, bool wanted)
{
    if (wanted == c->is_reading || c->state == CONNECTION_CLOSING)
        return;
    c->is_reading = wanted;
    if (!wanted)
        uv_read_stop((uv_stream_t *)&c->socket);
    else if (uv_read_start((uv_stream_t *)&c->socket, on_allocate, on_read) != 0)
        http_connection_close(c);
}

/* Because of limits; a connection of HTTP that works is not paused. */
static void set_paused(http_connection *c, bool paused)
{
    if (paused == c->is_paused)
        return;
    c->is_paused = paused;
    if (paused)
        c->door->paused_count++;
    else
        c->door->paused_count--;
    c->in = (http_pace){.since_ms = uv_now(&c->door->loop)}; /* the silence was ours */
}

void http_connection_pump(http_connection *c)
{
    if (c->ahead.size) {
        c->ahead_at += take(c, bytes_from(buffer_bytes(&c->ahead), c->ahead_at));
        if (c->ahead_at == c->ahead.size || c->state != CONNECTION_OPEN) {
            buffer_free(&c->ahead);
            c->ahead_at = 0;
        }
    }
    if (c->state == CONNECTION_CLOSING)
        return;
    bool may = may_take(c);
    set_paused(c, c->state == CONNECTION_OPEN && !may && (c->session || http_exchange_may_take(c)));
    set_reading(c, may || c->state == CONNECTION_LINGERING);
    http_door_count_reading(c);
}

/* ---- output ---- */

static void on_written(uv_write_t *writing, int status)
{
    http_connection *c = writing->data;
    c->is_writing = false;
    if (status < 0)
        http_connection_close(c);
    if (c->session)
        web_session_written(c->session);
    else
        http_exchange_written(c);
}

void http_connection_write(http_connection *c, const uv_buf_t *parts, unsigned count)
{
    assert(!c->is_writing);
    c->is_writing = true;
    c->writing.data = c;
    int failed = uv_write(&c->writing, (uv_stream_t *)&c->socket, parts, count, on_written);
    c->out = (http_pace){uv_now(&c->door->loop), uv_stream_get_write_queue_size((uv_stream_t *)&c->socket)};
    if (failed) {
        c->is_writing = false;
        http_connection_close(c);
    }
}

/* ---- time limits ---- */

static void end_slow(http_connection *c, bool is_reader, const char *reason)
{
    if (c->session == NULL)
        HTTP_LOG(c->door, LOG_DEBUG, "connection closed,reason=%s", reason);
    if (c->session)
        web_session_end(c->session, WEBSOCKET_POLICY_VIOLATION, false, reason);
    else if (!is_reader)
        http_exchange_refuse(c, "408 Request Timeout");
    else
        http_connection_close(c);
    if (c->state == CONNECTION_OPEN)
        http_connection_pump(c);
}

static void check_output(http_connection *c, uint64_t now_ms)
{
    if (!c->is_writing)
        return;
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&c->socket);
    if (c->out.bytes >= left + HTTP_PACE_BYTES)
        c->out = (http_pace){now_ms, left};
    else if (now_ms - c->out.since_ms >= c->door->config.request_ms)
        end_slow(c, true, "the client reads too slowly");
}

static void check_input(http_connection *c, uint64_t now_ms)
{
    const http_door *d = c->door;
    if (!is_within(c) || !may_take(c))
        return;
    if (c->in.bytes >= HTTP_PACE_BYTES)
        c->in = (http_pace){.since_ms = now_ms};
    else if (now_ms - c->in.since_ms >= d->config.request_ms)
        end_slow(c, false, "the client sends too slowly");
}

void http_connection_check(http_connection *c, uint64_t now_ms)
{
    const http_door_config *limits = &c->door->config;
    if (c->state == CONNECTION_LINGERING && now_ms - c->since_ms >= limits->close_ms)
        http_connection_close(c);
    if (c->state == CONNECTION_OPEN)
        check_output(c, now_ms);
    if (c->state == CONNECTION_OPEN)
        check_input(c, now_ms);
    if (c->state == CONNECTION_OPEN && c->session)
        web_session_check(c->session, now_ms);
    else if (c->state == CONNECTION_OPEN && http_exchange_may_take(c) && !is_within(c) && now_ms - c->since_ms >= limits->idle_ms)
        http_connection_close(c);
}

/* ---- life ---- */

static http_connection *longest_waiting(const http_door *d, const http_connection *besides)
{
    http_connection *found = NULL;
    for (http_connection *c = d->connections; c; c = c->next)
        if (c != besides && c->session == NULL && c->state != CONNECTION_CLOSING && c->requests == 0 && !c->is_writing &&
            (found == NULL || c->since_ms <= found->since_ms))
            found = c;
    return found;
}

void http_connection_accept(http_door *d)
{
    http_connection *c = memory_new(sizeof *c);
    *c = (http_connection){.door = d, .next = d->connections, .since_ms = uv_now(&d->loop)};
    c->requests_end = &c->first_request;
    c->ahead = buffer_init(HTTP_READ_BYTES);
    http_reader_init(&c->reader, HTTP_BODY_MAX_BYTES);
    if (c->next)
        c->next->previous = c;
    d->connections = c;
    d->connection_count++;
    int failed = uv_tcp_init(&d->loop, &c->socket);
    assert(!failed); /* it opens nothing yet */
    c->socket.data = c;
    failed = uv_accept((uv_stream_t *)&d->listener, (uv_stream_t *)&c->socket);
    http_connection *gone = failed || d->stopping ? c : NULL;
    if (gone == NULL && d->connection_count > d->config.connections_max) {
        gone = longest_waiting(d, c);
        gone = gone ? gone : c;
    }
    if (gone)
        http_connection_close(gone);
    if (gone == c)
        return;
    uv_tcp_nodelay(&c->socket, 1);
    http_connection_pump(c);
}
