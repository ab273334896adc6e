/* A connection that has become a WebSocket. */
#include "rpc/http_private.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- output, from any thread ---- */

static out_text *text_new(size_t size)
{
    out_text *t = memory_resize(NULL, sizeof *t + size, 1);
    *t = (out_text){.size = size, .cost = sizeof *t + size};
    return t;
}

static out_text *frame_new(websocket_opcode opcode, bytes payload)
{
    uint8_t head[WEBSOCKET_HEAD_MAX_BYTES];
    size_t head_size = websocket_write_head(head, opcode, payload.size);
    out_text *t = text_new(head_size + payload.size);
    memcpy(t->data, head, head_size);
    if (payload.size)
        memcpy(t->data + head_size, payload.data, payload.size);
    return t;
}

static void free_texts(out_text *t)
{
    while (t) {
        out_text *gone = t;
        t = t->next;
        free(gone);
    }
}

/* With the lock. */
static void mark_dirty(web_session *s)
{
    http_door *d = s->connection->door;
    if (s->is_dirty)
        return;
    s->is_dirty = true;
    s->next_dirty = d->dirty;
    d->dirty = s;
    uv_async_send(&d->wake);
}

static void append(web_session *s, out_text *t)
{
    *s->end = t;
    s->end = &t->next;
    s->out_bytes += t->cost;
    s->connection->door->out_bytes += t->cost;
}

/* With the lock. false: t is still the caller's. */
static bool offer(web_session *s, out_text *t)
{
    http_door *d = s->connection->door;
    if (!s->is_open || s->overran)
        return false;
    s->overran = s->out_bytes >= d->config.out_hard_bytes || d->out_bytes >= HTTP_OUT_TOTAL_BYTES;
    if (!s->overran)
        append(s, t);
    mark_dirty(s);
    return !s->overran;
}

void web_session_answer(web_session *s, bytes text)
{
    http_door *d = s->connection->door;
    out_text *t = frame_new(WEBSOCKET_TEXT, text);
    pthread_mutex_lock(&d->lock);
    bool taken = offer(s, t);
    pthread_mutex_unlock(&d->lock);
    if (!taken)
        free(t);
}

bool http_session_send(http_session to, bytes text)
{
    http_door *d = to.door;
    if (text.size > HTTP_PUSH_MAX_BYTES)
        return false;
    out_text *t = frame_new(WEBSOCKET_TEXT, text);
    pthread_mutex_lock(&d->lock);
    web_session *s = map_get(&d->sessions, BYTES_OF_VALUE(to.id));
    bool taken = s && offer(s, t);
    pthread_mutex_unlock(&d->lock);
    if (!taken)
        free(t);
    return taken;
}

/* ---- output, on the loop ---- */

static size_t out_bytes(const web_session *s)
{
    http_door *d = s->connection->door;
    pthread_mutex_lock(&d->lock);
    size_t now = s->out_bytes;
    pthread_mutex_unlock(&d->lock);
    return now;
}

/* With the lock: no longer counted. */
static void uncount(web_session *s, const out_text *t)
{
    for (; t; t = t->next) {
        s->out_bytes -= t->cost;
        s->connection->door->out_bytes -= t->cost;
    }
}

/* With the lock: what waits is the caller's to free. */
static out_text *drop_waiting(web_session *s)
{
    out_text *gone = s->first;
    uncount(s, gone);
    s->first = NULL;
    s->end = &s->first;
    return gone;
}

/* What one write takes: the pong, then what waits, up to a number and a size. */
static size_t take_texts(web_session *s, uv_buf_t parts[HTTP_WRITE_TEXTS])
{
    http_door *d = s->connection->door;
    out_text **to = &s->writing;
    size_t count = 0, size = 0;
    pthread_mutex_lock(&d->lock);
    while (count < HTTP_WRITE_TEXTS && size < HTTP_WRITE_BYTES && (s->pong || s->first)) {
        out_text *t = s->pong ? s->pong : s->first;
        if (t == s->pong)
            s->pong = NULL;
        else
            s->first = t->next;
        *to = t;
        to = &t->next;
        parts[count++] = uv_buf_init((char *)t->data, (unsigned)t->size);
        size += t->size;
    }
    *to = NULL;
    if (s->first == NULL)
        s->end = &s->first;
    pthread_mutex_unlock(&d->lock);
    return count;
}

static void flush(web_session *s)
{
    http_connection *c = s->connection;
    uv_buf_t parts[HTTP_WRITE_TEXTS];
    if (c->is_writing || c->state != CONNECTION_OPEN)
        return;
    size_t count = take_texts(s, parts);
    if (count)
        http_connection_write(c, parts, (unsigned)count);
    else if (s->is_ending)
        http_connection_linger(c);
}

void web_session_written(web_session *s)
{
    http_door *d = s->connection->door;
    out_text *gone = s->writing;
    s->writing = NULL;
    pthread_mutex_lock(&d->lock);
    uncount(s, gone);
    pthread_mutex_unlock(&d->lock);
    free_texts(gone);
    flush(s);
    http_connection_pump(s->connection);
}

void web_session_wake(web_session *s)
{
    http_door *d = s->connection->door;
    pthread_mutex_lock(&d->lock);
    bool overran = s->overran;
    pthread_mutex_unlock(&d->lock);
    if (overran)
        web_session_end(s, WEBSOCKET_POLICY_VIOLATION, false, "the client reads too slowly");
    else
        flush(s);
    http_connection_pump(s->connection);
}

/* ---- the end ---- */

/* With the lock: nobody else finds it any more. */
static void hide(web_session *s)
{
    http_door *d = s->connection->door;
    if (s->is_open)
        map_remove(&d->sessions, BYTES_OF_VALUE(s->id));
    s->is_open = false;
}

void web_session_end(web_session *s, websocket_close_code code, bool keep_output, const char *reason)
{
    http_connection *c = s->connection;
    http_door *d = c->door;
    if (s->is_ending || c->state != CONNECTION_OPEN)
        return;
    uint8_t payload[WEBSOCKET_CONTROL_MAX_BYTES];
    out_text *last = frame_new(WEBSOCKET_CLOSE, bytes_of(payload, websocket_write_close(payload, code, reason))), *gone = NULL;
    s->is_ending = true;
    http_requests_drop(c);
    c->since_ms = uv_now(&d->loop);
    pthread_mutex_lock(&d->lock);
    hide(s);
    if (!keep_output)
        gone = drop_waiting(s);
    append(s, last);
    pthread_mutex_unlock(&d->lock);
    free_texts(gone);
    free(s->pong);
    s->pong = NULL;
    HTTP_LOG(d, LOG_DEBUG, "session closed,session=%llu,code=%d,reason=%s", (unsigned long long)s->id, code, reason);
    flush(s);
}

void web_session_gone(web_session *s)
{
    http_door *d = s->connection->door;
    pthread_mutex_lock(&d->lock);
    hide(s);
    for (web_session **at = &d->dirty; s->is_dirty && *at; at = &(*at)->next_dirty)
        if (*at == s) {
            *at = s->next_dirty;
            break;
        }
    s->is_dirty = true; /* never again */
    out_text *gone = drop_waiting(s);
    pthread_mutex_unlock(&d->lock);
    free_texts(gone);
}

void web_session_free(web_session *s)
{
    http_door *d = s->connection->door;
    assert(s->first == NULL && !s->is_open);
    pthread_mutex_lock(&d->lock);
    uncount(s, s->writing); /* a write that failed at once */
    pthread_mutex_unlock(&d->lock);
    free_texts(s->writing);
    d->session_count--;
    if (d->service->closed)
        d->service->closed(d->service_context, (http_session){d, s->id});
    websocket_reader_free(&s->reader);
    free(s->pong);
    free(s);
}

/* ---- input ---- */

bool web_session_may_take(const web_session *s)
{
    return !s->is_ending && s->connection->requests < HTTP_SESSION_REQUESTS && out_bytes(s) <= HTTP_OUT_PAUSE_BYTES;
}

size_t web_session_reading_bytes(const web_session *s)
{
    return s->reader.message.capacity;
}

bool web_session_is_within(const web_session *s)
{
    return websocket_is_within(&s->reader);
}

static void start_request(web_session *s)
{
    buffer body = s->reader.message;
    s->reader.message = buffer_init(HTTP_BODY_MAX_BYTES);
    http_requests_add(s->connection, body);
}

size_t web_session_take(web_session *s, bytes in)
{
    size_t taken;
    s->heard_ms = uv_now(&s->connection->door->loop);
    s->is_pinged = false;
    switch (websocket_read(&s->reader, in, &taken)) {
    case WEBSOCKET_GOT_TEXT:
        start_request(s);
        break;
    case WEBSOCKET_GOT_PING: /* of several the last one is answered (RFC 6455 5.5.3) */
        free(s->pong);
        s->pong = frame_new(WEBSOCKET_PONG, bytes_of(s->reader.control, s->reader.control_bytes));
        s->pong->cost = 0;
        flush(s);
        break;
    case WEBSOCKET_GOT_CLOSE:
        web_session_end(s, s->reader.close_code, false, "");
        break;
    case WEBSOCKET_FAILED:
        web_session_end(s, s->reader.close_code, false, s->reader.failure);
        break;
    case WEBSOCKET_GOT_NOTHING:
    case WEBSOCKET_GOT_PONG:
        break;
    }
    return taken;
}

/* ---- time limits ---- */

static void check_silence(web_session *s, uint64_t now_ms)
{
    http_connection *c = s->connection;
    uint64_t ping_ms = c->door->config.ping_ms;
    if (c->is_paused || c->is_writing) { /* the silence is ours; or its reading is watched */
        s->heard_ms = now_ms;
        s->is_pinged = false;
    } else if (now_ms - s->heard_ms >= 2 * ping_ms) {
        web_session_end(s, WEBSOCKET_POLICY_VIOLATION, false, "no answer to a ping");
    } else if (now_ms - s->heard_ms >= ping_ms && !s->is_pinged && s->pong == NULL) {
        s->is_pinged = true;
        s->pong = frame_new(WEBSOCKET_PING, BYTES_EMPTY); /* it takes the pong's place */
        s->pong->cost = 0;
        flush(s);
    }
}

void web_session_check(web_session *s, uint64_t now_ms)
{
    http_connection *c = s->connection;
    const http_door_config *limits = &c->door->config;
    if (s->is_ending) {
        if (now_ms - c->since_ms >= limits->close_ms)
            http_connection_close(c);
        return;
    }
    bool is_slow = out_bytes(s) > limits->out_soft_bytes;
    if (!is_slow || s->slow_since_ms == 0)
        s->slow_since_ms = is_slow ? now_ms : 0;
    if (s->slow_since_ms && now_ms - s->slow_since_ms >= limits->out_soft_ms)
        web_session_end(s, WEBSOCKET_POLICY_VIOLATION, false, "the client reads too slowly");
    else
        check_silence(s, now_ms);
    http_connection_pump(c);
}

/* ---- life ---- */

void web_session_begin(http_connection *c, const char *accept)
{
    http_door *d = c->door;
    web_session *s = memory_new(sizeof *s);
    char head[256];
    int size = snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    *s = (web_session){.id = d->next_session_id++, .connection = c, .heard_ms = uv_now(&d->loop), .is_open = true};
    s->end = &s->first;
    s->reader = websocket_reader_init(HTTP_BODY_MAX_BYTES);
    http_reader_free(&c->reader);
    c->session = s;
    d->connection_count--;
    d->session_count++;
    out_text *first = text_new((size_t)size);
    memcpy(first->data, head, (size_t)size);
    pthread_mutex_lock(&d->lock);
    append(s, first);
    map_put(&d->sessions, BYTES_OF_VALUE(s->id), s);
    pthread_mutex_unlock(&d->lock);
    if (d->service->opened)
        d->service->opened(d->service_context, (http_session){d, s->id});
    flush(s);
}
