/* One client: TCP, TLS, frames in both directions, limits. */
#include "channel/private.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void on_timer(uv_timer_t *timer);
static void flush(channel_session *s);

channel_session *channel_session_find(channel_door *d, uint64_t id)
{
    return map_get(&d->by_id, BYTES_OF_VALUE(id));
}

bool channel_session_has_topic(const channel_session *s, bytes topic)
{
    for (size_t i = 0; i < s->topic_count; i++)
        if (bytes_equal_text(topic, s->topics[i]))
            return true;
    return false;
}

/* ---- lines ---- */

static void join_line(channel_line *l, channel_session *s)
{
    s->line_previous = l->last;
    s->line_next = NULL;
    *(l->last ? &l->last->line_next : &l->first) = s;
    l->last = s;
    l->count++;
}

static void leave_line(channel_line *l, channel_session *s)
{
    *(s->line_previous ? &s->line_previous->line_next : &l->first) = s->line_next;
    *(s->line_next ? &s->line_next->line_previous : &l->last) = s->line_previous;
    s->line_previous = s->line_next = NULL;
    l->count--;
}

/* ---- the end ---- */

static void drop_input(channel_session *s)
{
    s->door->inbound_bytes -= s->in.capacity;
    buffer_free(&s->in);
    s->in = buffer_init(BUFFER_NO_LIMIT);
}

static void release_handle(uv_handle_t *handle)
{
    channel_session *s = handle->data;
    if (--s->open_handles)
        return;
    channel_door *d = s->door;
    *(s->previous ? &s->previous->next : &d->first) = s->next;
    if (s->next)
        s->next->previous = s->previous;
    d->session_count--;
    drop_input(s);
    tls_session_free(s->tls);
    free(s->wire);
    map_free(&s->asked);
    free(s);
}

static void drop_output(channel_session *s)
{
    channel_door *d = s->door;
    for (channel_session **at = &d->dirty; s->is_dirty && *at; at = &(*at)->next_dirty)
        if (*at == s) {
            *at = s->next_dirty;
            break;
        }
    s->is_dirty = false;
    while (s->out_first) {
        out_frame *gone = s->out_first;
        s->out_first = gone->next;
        free(gone);
    }
    d->out_bytes -= s->out_bytes;
    s->out_bytes = 0;
}

/* A clean end: close_notify (or the alert of a failed handshake), as far as the kernel takes it at once. */
static void send_last_words(channel_session *s)
{
    if (s->tls == NULL || s->is_writing)
        return;
    tls_session_close(s->tls);
    uint8_t words[1024];
    size_t size = tls_session_take(s->tls, words, sizeof words);
    uv_buf_t part = uv_buf_init((char *)words, (unsigned)size);
    if (size)
        uv_try_write((uv_stream_t *)&s->tcp, &part, 1);
}

void channel_session_close(channel_session *s, const char *reason, ...)
{
    if (s->state == CHANNEL_CLOSING)
        return;
    channel_door *d = s->door;
    char text[512];
    va_list args;
    va_start(args, reason);
    vsnprintf(text, sizeof text, reason, args);
    va_end(args);
    bool was_active = s->state == CHANNEL_ACTIVE;
    if (!was_active)
        leave_line(&d->handshaking, s);
    else if (s->is_paused)
        leave_line(&d->paused, s);
    s->is_paused = false;
    s->state = CHANNEL_CLOSING;
    send_last_words(s);
    map_remove(&d->by_id, BYTES_OF_VALUE(s->id));
    CHANNEL_LOG(d, LOG_INFO, "session closed,client=%s,name=%s,authenticated=%d,reason=%s", s->remote, s->peer.name, was_active, text);
    drop_output(s);
    if (!s->is_handled)
        drop_input(s);
    channel_forget_calls(s);
    channel_drop_topics(s);
    channel_amop_session_closed(s);
    channel_forget_filters(s);
    uv_close((uv_handle_t *)&s->tcp, release_handle);
    uv_close((uv_handle_t *)&s->timer, release_handle);
}

/* ---- input ---- */

/* in: what came and was not handled yet. */
static bool should_pause(const channel_session *s, bytes in)
{
    if (s->calls >= CHANNEL_SESSION_CALLS || s->out_bytes > CHANNEL_OUT_PAUSE_BYTES ||
        s->request_bytes > CHANNEL_SESSION_REQUEST_BYTES)
        return true;
    size_t next = in.size >= 4 ? read_be32(in.data) : 0;
    return s->door->request_bytes > s->door->request_max && s->request_bytes + next > CHANNEL_SMALL_BYTES;
}

static bool pause_if_full(channel_session *s, bytes in)
{
    if (!should_pause(s, in))
        return false;
    if (!s->is_paused) {
        s->is_paused = true;
        join_line(&s->door->paused, s);
        uv_read_stop((uv_stream_t *)&s->tcp);
    }
    return true;
}

/* The limits of the frame at the start of in, as soon as they can be told. */
static bool check_start(channel_session *s, bytes in)
{
    uint16_t type = channel_frame_peek_type(in);
    if (in.size < 6 || read_be32(in.data) - CHANNEL_HEADER_BYTES <= channel_body_limit(type))
        return true;
    channel_session_close(s, "a frame of type 0x%x with %u bytes: more than such a frame may have", type, read_be32(in.data));
    return false;
}

/* Handles every whole frame. false: paused or closed. */
static bool deliver_frames(channel_session *s)
{
    size_t used = 0, needed;
    while (s->state == CHANNEL_ACTIVE) {
        bytes in = bytes_from(buffer_bytes(&s->in), used);
        if (pause_if_full(s, in))
            break;
        channel_frame f;
        channel_frame_result got = channel_frame_decode(in, &f, &needed);
        if (got == CHANNEL_FRAME_TOO_SHORT || got == CHANNEL_FRAME_TOO_LONG) {
            channel_session_close(s, "%s", channel_frame_result_text(got));
            return false;
        }
        if (!check_start(s, in))
            return false;
        if (got == CHANNEL_FRAME_INCOMPLETE)
            break;
        used += needed;
        s->is_handled = true;
        channel_handle(s, &f);
        s->is_handled = false;
    }
    if (s->state != CHANNEL_ACTIVE)
        return false;
    if (used)
        buffer_consume(&s->in, used);
    return !s->is_paused;
}

/* The session whose unfinished frame takes most. */
static channel_session *largest_input(channel_door *d)
{
    channel_session *largest = NULL;
    for (channel_session *s = d->first; s; s = s->next)
        if (s->state == CHANNEL_ACTIVE && !s->is_handled && (largest == NULL || s->in.capacity > largest->in.capacity))
            largest = s;
    return largest;
}

static bool take_plaintext(channel_session *s, bytes more)
{
    channel_door *d = s->door;
    while (d->inbound_bytes > d->inbound_max || more.size > d->inbound_max - d->inbound_bytes) {
        channel_session *largest = largest_input(d);
        channel_session_close(largest, "the limit of %zu bytes for unfinished frames of all clients is reached; this one has %zu",
                              d->inbound_max, largest->in.size);
        if (largest == s)
            return false;
    }
    size_t before = s->in.capacity;
    buffer_append(&s->in, more);
    d->inbound_bytes += s->in.capacity - before;
    return true;
}

static void drop_empty_input(channel_session *s)
{
    if (s->in.size == 0 && s->in.capacity)
        drop_input(s);
}

static void pump(channel_session *s)
{
    channel_door *d = s->door;
    while (deliver_frames(s)) {
        size_t got;
        tls_result result = tls_session_read(s->tls, d->scratch, sizeof d->scratch, &got);
        if (got) {
            if (!take_plaintext(s, bytes_of(d->scratch, got)))
                return;
            continue;
        }
        drop_empty_input(s);
        if (result == TLS_CLOSED)
            channel_session_close(s, "closed by the client");
        else if (result == TLS_FAILED)
            channel_session_close(s, "%s", tls_session_reason(s->tls));
        return;
    }
}

static void arm(channel_session *s)
{
    channel_door *d = s->door;
    uint64_t now = uv_now(&d->loop), due = s->last_activity_ms + d->idle_ms;
    if (s->slow_since_ms && s->slow_since_ms + d->out_soft_ms < due)
        due = s->slow_since_ms + d->out_soft_ms;
    uv_timer_start(&s->timer, on_timer, due > now ? due - now : 0, 0);
}

static void continue_handshake(channel_session *s)
{
    bool done;
    tls_result result = tls_session_handshake(s->tls, &done);
    if (result != TLS_OK) {
        channel_session_close(s, "handshake failed: %s", result == TLS_CLOSED ? "closed by the client" : tls_session_reason(s->tls));
        return;
    }
    flush(s);
    if (!done || s->state == CHANNEL_CLOSING)
        return;
    s->peer = *tls_session_peer(s->tls);
    leave_line(&s->door->handshaking, s);
    s->state = CHANNEL_ACTIVE;
    s->last_activity_ms = uv_now(&s->door->loop);
    arm(s);
    CHANNEL_LOG(s->door, LOG_INFO, "session up,client=%s,name=%s,agency=%s,cipher=%s", s->remote, s->peer.name, s->peer.agency,
                tls_session_cipher(s->tls));
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    channel_session *s = handle->data;
    *out = uv_buf_init((char *)s->door->chunk, sizeof s->door->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *chunk)
{
    channel_session *s = stream->data;
    if (got == 0 || s->state == CHANNEL_CLOSING)
        return;
    if (got < 0) {
        channel_session_close(s, "%s", got == UV_EOF ? "closed by the client" : uv_strerror((int)got));
        return;
    }
    s->last_activity_ms = uv_now(&s->door->loop);
    tls_session_feed(s->tls, bytes_of(chunk->base, (size_t)got));
    if (s->state == CHANNEL_HANDSHAKING)
        continue_handshake(s);
    if (s->state == CHANNEL_ACTIVE)
        pump(s);
}

void channel_session_continue(channel_session *s)
{
    if (!s->is_paused || should_pause(s, buffer_bytes(&s->in)))
        return;
    s->is_paused = false;
    leave_line(&s->door->paused, s);
    s->last_activity_ms = uv_now(&s->door->loop); /* the silence was ours */
    pump(s);
    if (s->state != CHANNEL_ACTIVE || s->is_paused)
        return;
    int status = uv_read_start((uv_stream_t *)&s->tcp, on_allocate, on_read);
    if (status < 0)
        channel_session_close(s, "%s", uv_strerror(status));
}

void channel_continue_all(channel_door *d)
{
    channel_session *s = d->paused.first, *next;
    for (size_t left = d->paused.count; left && s; left--, s = next) {
        next = s->line_next;
        channel_session_continue(s); /* may close others, and pause this one again */
        if (next && !next->is_paused)
            next = d->paused.first;
    }
}

/* ---- output ---- */

out_frame *channel_out_frame(uint16_t type, const channel_seq *seq, int32_t result, bytes head, bytes body)
{
    size_t size = head.size + body.size;
    out_frame *f = memory_resize(NULL, sizeof *f + CHANNEL_HEADER_BYTES + size, 1);
    f->next = NULL;
    f->size = CHANNEL_HEADER_BYTES + size;
    channel_frame_write_header(&(channel_frame){type, *seq, result, bytes_of(NULL, size)}, f->data);
    if (head.size)
        memcpy(f->data + CHANNEL_HEADER_BYTES, head.data, head.size);
    if (body.size)
        memcpy(f->data + CHANNEL_HEADER_BYTES + head.size, body.data, body.size);
    return f;
}

static void note_level(channel_session *s)
{
    bool is_slow = s->out_bytes > s->door->out_soft_bytes;
    if (is_slow == (s->slow_since_ms != 0))
        return;
    uint64_t now = uv_now(&s->door->loop);
    s->slow_since_ms = is_slow ? (now ? now : 1) : 0;
    arm(s);
}

/* Room for one more frame: others for whom more waits are closed for it. false: s was closed. */
static bool make_way(channel_session *s, size_t cost)
{
    channel_door *d = s->door;
    while (s->state == CHANNEL_ACTIVE) {
        bool is_too_slow = s->out_bytes > d->out_hard_bytes || cost > d->out_hard_bytes - s->out_bytes;
        if (!is_too_slow && d->out_bytes <= d->out_total_max && cost <= d->out_total_max - d->out_bytes)
            return true;
        channel_session *slowest = s;
        for (channel_session *other = is_too_slow ? NULL : d->first; other; other = other->next)
            if (other->state == CHANNEL_ACTIVE && other->out_bytes > slowest->out_bytes)
                slowest = other;
        channel_session_close(slowest, "the client reads too slowly: %zu bytes wait for it and %zu for all; the limits are %zu and %zu",
                              slowest->out_bytes, d->out_bytes, d->out_hard_bytes, d->out_total_max);
    }
    return false;
}

void channel_session_queue(channel_session *s, out_frame *f)
{
    channel_door *d = s->door;
    if (s->state != CHANNEL_ACTIVE) {
        free(f);
        return;
    }
    size_t cost = f->size + CHANNEL_QUEUED_BYTES;
    if (!make_way(s, cost)) {
        free(f);
        return;
    }
    if (d->traffic && channel_is_amop(channel_frame_peek_type(bytes_of(f->data, f->size))))
        traffic_count(d->traffic, 0, TRAFFIC_AMOP_OUT, f->size);
    *s->out_end = f;
    s->out_end = &f->next;
    s->out_bytes += cost;
    d->out_bytes += cost;
    note_level(s);
    if (s->is_dirty)
        return;
    s->is_dirty = true;
    s->next_dirty = d->dirty;
    d->dirty = s;
}

void channel_session_send(channel_session *s, uint16_t type, const channel_seq *seq, int32_t result, bytes head, bytes body)
{
    channel_session_queue(s, channel_out_frame(type, seq, result, head, body));
}

/* Each frame begins a TLS record of its own: some SDKs read one frame a record (network.md 8.2). */
static bool encrypt_some(channel_session *s)
{
    while (s->out_first && tls_session_pending(s->tls) < CHANNEL_WRITE_BYTES) {
        out_frame *f = s->out_first;
        size_t left = f->size - s->out_offset;
        size_t piece = left < CHANNEL_PIECE_BYTES ? left : CHANNEL_PIECE_BYTES;
        if (tls_session_write(s->tls, bytes_of(f->data + s->out_offset, piece)) != TLS_OK)
            return false;
        s->out_offset += piece;
        if (piece < left)
            continue;
        s->out_bytes -= f->size + CHANNEL_QUEUED_BYTES;
        s->door->out_bytes -= f->size + CHANNEL_QUEUED_BYTES;
        s->out_offset = 0;
        s->out_first = f->next;
        if (s->out_first == NULL)
            s->out_end = &s->out_first;
        free(f);
    }
    return true;
}

static void on_written(uv_write_t *request, int status)
{
    channel_session *s = request->data;
    s->is_writing = false;
    free(s->wire);
    s->wire = NULL;
    if (s->state == CHANNEL_CLOSING)
        return;
    if (status < 0) {
        channel_session_close(s, "%s", uv_strerror(status));
        return;
    }
    s->last_activity_ms = uv_now(&s->door->loop);
    flush(s);
    if (s->state == CHANNEL_ACTIVE) {
        note_level(s);
        channel_resume_searches(s);
        channel_session_continue(s);
    }
}

static void flush(channel_session *s)
{
    if (s->is_writing || s->state == CHANNEL_CLOSING)
        return;
    if (s->state == CHANNEL_ACTIVE && !encrypt_some(s)) {
        channel_session_close(s, "%s", tls_session_reason(s->tls));
        return;
    }
    size_t size = tls_session_pending(s->tls);
    if (size == 0)
        return;
    s->wire = memory_resize(NULL, size, 1);
    size = tls_session_take(s->tls, s->wire, size);
    uv_buf_t part = uv_buf_init((char *)s->wire, (unsigned)size);
    s->writing.data = s;
    s->is_writing = true;
    int status = uv_write(&s->writing, (uv_stream_t *)&s->tcp, &part, 1, on_written);
    if (status < 0) {
        s->is_writing = false;
        channel_session_close(s, "%s", uv_strerror(status));
    }
}

void channel_flush_dirty(channel_door *d)
{
    while (d->dirty) {
        channel_session *s = d->dirty;
        d->dirty = s->next_dirty;
        s->is_dirty = false;
        flush(s);
    }
}

/* ---- life ---- */

static void on_timer(uv_timer_t *timer)
{
    channel_session *s = timer->data;
    channel_door *d = s->door;
    uint64_t now = uv_now(&d->loop);
    if (s->state == CHANNEL_CLOSING)
        return;
    if (s->state == CHANNEL_HANDSHAKING) {
        channel_session_close(s, "no TLS session after %llu ms", (unsigned long long)d->handshake_ms);
    } else if (now - s->last_activity_ms >= d->idle_ms) {
        channel_session_close(s, "nothing came or went for %llu ms", (unsigned long long)d->idle_ms);
    } else if (s->slow_since_ms && now - s->slow_since_ms >= d->out_soft_ms) {
        channel_session_close(s, "the client reads too slowly: more than %zu bytes wait since %llu ms", d->out_soft_bytes,
                              (unsigned long long)d->out_soft_ms);
    } else {
        arm(s);
    }
}

static void print_remote(channel_session *s)
{
    struct sockaddr_storage from;
    int size = sizeof from;
    char ip[48];
    if (uv_tcp_getpeername(&s->tcp, (struct sockaddr *)&from, &size) != 0 || uv_ip_name((struct sockaddr *)&from, ip, sizeof ip) != 0)
        return;
    bool is_v6 = from.ss_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&from)->sin6_port : ((struct sockaddr_in *)&from)->sin_port);
    snprintf(s->remote, sizeof s->remote, is_v6 ? "[%s]:%u" : "%s:%u", ip, port);
}

void channel_session_accept(channel_door *d)
{
    channel_session *s = memory_new(sizeof *s);
    *s = (channel_session){.door = d, .id = d->next_session_id++, .state = CHANNEL_HANDSHAKING, .next = d->first, .version = 1};
    s->out_end = &s->out_first;
    s->in = buffer_init(BUFFER_NO_LIMIT); /* bounded by the length of a frame and CHANNEL_INBOUND_BYTES */
    s->call_end = &s->call_first;
    s->asked = map_init(prng_next(&d->random));
    if (d->first)
        d->first->previous = s;
    d->first = s;
    d->session_count++;
    join_line(&d->handshaking, s);
    map_put(&d->by_id, BYTES_OF_VALUE(s->id), s);
    int failed = uv_tcp_init(&d->loop, &s->tcp) || uv_timer_init(&d->loop, &s->timer);
    assert(!failed); /* neither opens anything yet */
    (void)failed;
    s->tcp.data = s->timer.data = s;
    s->open_handles = 2;
    if (uv_accept((uv_stream_t *)&d->listener, (uv_stream_t *)&s->tcp) != 0 || d->stopping || d->session_count > CHANNEL_SESSIONS_MAX) {
        channel_session_close(s, "%d sessions are the limit", CHANNEL_SESSIONS_MAX);
        return;
    }
    if (d->handshaking.count > d->handshakes_max)
        channel_session_close(d->handshaking.first, "more than %zu handshakes are under way, this one for the longest time",
                              d->handshakes_max);
    print_remote(s);
    uv_tcp_nodelay(&s->tcp, 1);
    s->tls = tls_session_new(d->tls, true);
    uv_timer_start(&s->timer, on_timer, d->handshake_ms, 0);
    int status = uv_read_start((uv_stream_t *)&s->tcp, on_allocate, on_read);
    if (status < 0)
        channel_session_close(s, "%s", uv_strerror(status));
}
