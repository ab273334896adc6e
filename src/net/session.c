/* One connection: TCP, TLS, frames in both directions, limits. */
#include "net/net_private.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void on_timer(uv_timer_t *timer);

session *session_new(net *n, bool we_dialled)
{
    session *s = memory_new(sizeof *s);
    *s = (session){.net = n, .we_dialled = we_dialled, .state = SESSION_CONNECTING, .previous = n->last};
    s->out_end = &s->out_first;
    s->plain = buffer_init(FRAME_MAX_BYTES);
    s->opened_ms = uv_now(&n->loop);
    *(n->last ? &n->last->next : &n->first) = s;
    n->last = s;
    n->session_count++;
    int failed = uv_tcp_init(&n->loop, &s->tcp) || uv_timer_init(&n->loop, &s->timer);
    assert(!failed); /* neither opens anything yet */
    (void)failed;
    s->tcp.data = s->timer.data = s;
    s->open_handles = 2;
    uv_timer_start(&s->timer, on_timer, n->handshake_ms, 0);
    return s;
}

static void free_output(session *s)
{
    while (s->out_first) {
        queued_frame *gone = s->out_first;
        s->out_first = gone->next;
        outgoing_drop(gone->o);
        free(gone);
    }
}

void session_release(session *s)
{
    assert(s->open_handles > 0);
    if (--s->open_handles)
        return;
    net *n = s->net;
    *(s->previous ? &s->previous->next : &n->first) = s->next;
    *(s->next ? &s->next->previous : &n->last) = s->previous;
    n->session_count--;
    n->inbound_bytes -= s->in_capacity + s->plain.capacity;
    free_output(s);
    tls_session_free(s->tls);
    buffer_free(&s->plain);
    free(s->in);
    free(s->wire);
    free(s->topics_text);
    free(s->topics);
    free(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
    session_release(handle->data);
}

/* The alert that says why a handshake failed must not be lost with the socket; what the kernel does not take at once is. */
static void send_last_words(session *s)
{
    if (s->tls == NULL || s->is_writing || s->registered)
        return;
    uint8_t alert[512];
    size_t size = tls_session_take(s->tls, alert, sizeof alert);
    uv_buf_t part = uv_buf_init((char *)alert, (unsigned)size);
    if (size)
        uv_try_write((uv_stream_t *)&s->tcp, &part, 1);
}

void session_close(session *s, const char *reason, ...)
{
    if (s->state == SESSION_CLOSING)
        return;
    char text[TLS_NAME_BYTES * 2];
    va_list args;
    va_start(args, reason);
    vsnprintf(text, sizeof text, reason, args);
    va_end(args);
    if (s->state == SESSION_HANDSHAKE)
        send_last_words(s);
    if (s->state == SESSION_HANDSHAKE && !s->we_dialled)
        s->net->inbound_handshakes--;
    if (s->is_paused)
        s->net->paused_count--;
    s->is_paused = false;
    if (s->resolving)
        lookup_abandon(s->resolving);
    s->resolving = NULL;
    session_state was = s->state;
    s->state = SESSION_CLOSING;
    uv_close((uv_handle_t *)&s->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
    bool is_failure = !s->registered && !s->is_duplicate && !s->net->stopping;
    log_level level = !is_failure || was < SESSION_HANDSHAKE ? LOG_DEBUG : s->net->handshake_level;
    if (!s->registered)
        NET_LOG(s->net, level, "[Session]connection closed,endpoint=%s,dialled=%d,reason=%s", s->remote, s->we_dialled, text);
    host_on_session_lost(s, text);
}

/* ---- input ---- */

/* Room at the end of the input buffer, so that the frame at its start, of needed bytes, can grow. The buffer doubles only when
   it is full: it is at most twice what the peer really sent. */
static bool make_room(session *s, size_t needed)
{
    if (s->in_start == s->in_end)
        s->in_start = s->in_end = 0;
    if (s->in_capacity - s->in_end >= PLAIN_PIECE_BYTES / 4)
        return true;
    if (s->in_start) {
        memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
        s->in_end -= s->in_start;
        s->in_start = 0;
        if (s->in_capacity - s->in_end >= PLAIN_PIECE_BYTES / 4)
            return true;
    }
    size_t wanted = s->in_capacity ? s->in_capacity * 2 : IN_BUFFER_BYTES;
    if (wanted > needed + IN_BUFFER_BYTES && needed >= s->in_end)
        wanted = needed + IN_BUFFER_BYTES;
    assert(wanted > s->in_capacity);
    if (wanted - s->in_capacity > NET_INBOUND_BYTES - s->net->inbound_bytes)
        return false;
    s->net->inbound_bytes += wanted - s->in_capacity;
    s->in = memory_resize(s->in, wanted, 1);
    s->in_capacity = wanted;
    return true;
}

/* After a large frame: back to the size every session keeps. */
static void shrink(session *s)
{
    if (s->in_start != s->in_end || s->in_capacity <= IN_BUFFER_BYTES)
        return;
    s->in_start = s->in_end = 0;
    s->net->inbound_bytes -= s->in_capacity - IN_BUFFER_BYTES;
    s->in = memory_resize(s->in, IN_BUFFER_BYTES, 1);
    s->in_capacity = IN_BUFFER_BYTES;
}

static void drop_plain(session *s)
{
    s->has_plain = false;
    if (s->plain.capacity > IN_BUFFER_BYTES) {
        s->net->inbound_bytes -= s->plain.capacity;
        buffer_free(&s->plain);
    }
}

/* The payload as the module sees it. false: the message is dropped. */
static bool plain_payload(session *s, const frame *f, bytes *payload)
{
    *payload = f->payload;
    if (!(f->version & FRAME_COMPRESSED))
        return true;
    size_t before = s->plain.capacity;
    bool ok = s->has_plain || frame_decompress(f->payload, &s->plain);
    s->net->inbound_bytes += s->plain.capacity - before;
    s->has_plain = ok;
    *payload = buffer_bytes(&s->plain);
    return ok;
}

static void pause_reading(session *s)
{
    net *n = s->net;
    uv_read_stop((uv_stream_t *)&s->tcp);
    s->is_paused = true;
    n->paused_count++;
    if (!uv_is_active((uv_handle_t *)&n->resume_timer))
        uv_timer_start(&n->resume_timer, host_on_resume, CONGESTION_RETRY_MS, 0);
}

static void count_traffic(session *s, uint16_t group, uint16_t module, bool is_in, size_t size)
{
    if (module == NET_MODULE_PBFT || module == NET_MODULE_RAFT)
        traffic_count(s->net->traffic, group, is_in ? TRAFFIC_CONSENSUS_IN : TRAFFIC_CONSENSUS_OUT, size);
    else if (module == NET_MODULE_SYNC)
        traffic_count(s->net->traffic, group, is_in ? TRAFFIC_SYNC_IN : TRAFFIC_SYNC_OUT, size);
}

/* Gives on every whole frame in the buffer. false: paused or closed; *needed is what the frame at the start needs. */
static bool deliver_frames(session *s, size_t *needed)
{
    for (;;) {
        frame f;
        frame_result got = frame_decode(s->net->format, bytes_of(s->in + s->in_start, s->in_end - s->in_start), &f, needed);
        if (got == FRAME_INCOMPLETE)
            return true;
        if (got != FRAME_OK) {
            session_close(s, "%s", frame_result_text(got));
            return false;
        }
        bytes payload;
        if (!plain_payload(s, &f, &payload)) {
            NET_LOG(s->net, LOG_WARNING, "[Session]message dropped: not decompressible,node=%s,module=%u", s->peer.name, f.module);
        } else if (dispatch_frame(s, &f, payload) == NET_CONGESTED) {
            pause_reading(s);
            return false;
        }
        drop_plain(s);
        s->in_start += *needed;
        s->received_frames++;
        count_traffic(s, f.group, f.module, true, *needed);
        if (s->state == SESSION_CLOSING)
            return false;
    }
}

void session_pump(session *s)
{
    size_t needed = FRAME_HEADER_BYTES;
    while (s->state == SESSION_ACTIVE && deliver_frames(s, &needed)) {
        if (!make_room(s, needed)) {
            session_close(s, "the limit of %d bytes for unfinished frames of all peers is reached", NET_INBOUND_BYTES);
            return;
        }
        size_t got;
        tls_result result = tls_session_read(s->tls, s->in + s->in_end, s->in_capacity - s->in_end, &got);
        s->in_end += got;
        s->received_bytes += got;
        if (got)
            continue;
        shrink(s);
        if (result == TLS_CLOSED)
            session_close(s, "closed by the peer");
        else if (result == TLS_FAILED)
            session_close(s, "%s", tls_session_reason(s->tls));
        return;
    }
}

static void continue_handshake(session *s)
{
    bool done;
    tls_result result = tls_session_handshake(s->tls, &done);
    if (result != TLS_OK) {
        session_close(s, "handshake failed: %s", result == TLS_CLOSED ? "closed by the peer" : tls_session_reason(s->tls));
        return;
    }
    session_flush(s);
    if (!done || s->state == SESSION_CLOSING)
        return;
    s->peer = *tls_session_peer(s->tls);
    if (!s->we_dialled)
        s->net->inbound_handshakes--;
    s->state = SESSION_ACTIVE;
    s->last_read_ms = s->last_write_ms = s->next_heartbeat_ms = uv_now(&s->net->loop);
    host_on_authenticated(s);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    session *s = handle->data;
    *out = uv_buf_init((char *)s->net->read_chunk, READ_CHUNK_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *chunk)
{
    session *s = stream->data;
    if (got == 0 || s->state == SESSION_CLOSING)
        return;
    if (got < 0) {
        session_close(s, "%s", got == UV_EOF ? "closed by the peer" : uv_strerror((int)got));
        return;
    }
    s->last_read_ms = uv_now(&s->net->loop);
    tls_session_feed(s->tls, bytes_of(chunk->base, (size_t)got));
    if (s->state == SESSION_HANDSHAKE)
        continue_handshake(s);
    if (s->state == SESSION_ACTIVE)
        session_pump(s);
}

/* ---- output ---- */

void session_queue(session *s, outgoing *o)
{
    if (s->state != SESSION_ACTIVE)
        return;
    size_t cost = o->size + QUEUED_FRAME_BYTES;
    if (s->out_bytes > s->net->session_out_bytes || cost > s->net->session_out_bytes - s->out_bytes) {
        session_close(s, "the peer reads too slowly: %zu bytes wait and the limit is %zu", (size_t)s->out_bytes,
                      s->net->session_out_bytes);
        return;
    }
    queued_frame *item = memory_new(sizeof *item);
    *item = (queued_frame){.o = outgoing_share(o)};
    *s->out_end = item;
    s->out_end = &item->next;
    s->out_bytes += cost;
    s->needs_flush = true;
}

/* Turns queued frames into ciphertext until one write is full. */
static bool encrypt_some(session *s)
{
    while (s->out_first && tls_session_pending(s->tls) < WRITE_CHUNK_BYTES) {
        queued_frame *item = s->out_first;
        size_t left = item->o->size - s->out_offset;
        size_t piece = left < PLAIN_PIECE_BYTES ? left : PLAIN_PIECE_BYTES;
        if (tls_session_write(s->tls, bytes_of(item->o->data + s->out_offset, piece)) != TLS_OK)
            return false;
        s->out_offset += piece;
        s->sent_bytes += piece;
        if (piece < left)
            continue;
        s->sent_frames++;
        count_traffic(s, item->o->group, item->o->module, false, item->o->size);
        s->out_bytes -= item->o->size + QUEUED_FRAME_BYTES;
        s->out_offset = 0;
        s->out_first = item->next;
        if (s->out_first == NULL)
            s->out_end = &s->out_first;
        outgoing_drop(item->o);
        free(item);
    }
    return true;
}

static void on_written(uv_write_t *request, int status)
{
    session *s = request->data;
    s->is_writing = false;
    if (s->state == SESSION_CLOSING)
        return;
    if (status < 0) {
        session_close(s, "%s", uv_strerror(status));
        return;
    }
    s->last_write_ms = uv_now(&s->net->loop);
    session_flush(s);
}

void session_flush(session *s)
{
    s->needs_flush = false;
    if (s->is_writing || s->state == SESSION_CLOSING)
        return;
    if (s->state == SESSION_ACTIVE && !encrypt_some(s)) {
        session_close(s, "%s", tls_session_reason(s->tls));
        return;
    }
    if (tls_session_pending(s->tls) == 0)
        return;
    if (s->wire == NULL)
        s->wire = memory_resize(NULL, WRITE_CHUNK_BYTES, 1);
    size_t size = tls_session_take(s->tls, s->wire, WRITE_CHUNK_BYTES);
    uv_buf_t part = uv_buf_init((char *)s->wire, (unsigned)size);
    s->writing.data = s;
    s->is_writing = true;
    int status = uv_write(&s->writing, (uv_stream_t *)&s->tcp, &part, 1, on_written);
    if (status < 0) {
        s->is_writing = false;
        session_close(s, "%s", uv_strerror(status));
    }
}

/* ---- life ---- */

static void print_remote(session *s)
{
    struct sockaddr_storage from;
    int size = sizeof from;
    char ip[64];
    if (uv_tcp_getpeername(&s->tcp, (struct sockaddr *)&from, &size) != 0 ||
        uv_ip_name((struct sockaddr *)&from, ip, sizeof ip) != 0)
        return;
    bool is_v6 = from.ss_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&from)->sin6_port : ((struct sockaddr_in *)&from)->sin_port);
    snprintf(s->remote, sizeof s->remote, is_v6 ? "[%s]:%u" : "%s:%u", ip, port);
}

static void start_tls(session *s)
{
    print_remote(s);
    uv_tcp_nodelay(&s->tcp, 1);
    s->tls = tls_session_new(s->net->tls, !s->we_dialled);
    s->state = SESSION_HANDSHAKE;
    int status = uv_read_start((uv_stream_t *)&s->tcp, on_allocate, on_read);
    if (status < 0)
        session_close(s, "%s", uv_strerror(status));
}

static void on_connected(uv_connect_t *request, int status)
{
    session *s = request->data;
    if (s->state == SESSION_CLOSING)
        return;
    if (status < 0) {
        session_close(s, "cannot connect: %s", uv_strerror(status));
        return;
    }
    start_tls(s);
    if (s->state == SESSION_HANDSHAKE)
        continue_handshake(s); /* the first word is the client's */
}

void session_connect(session *s, const struct sockaddr *to)
{
    s->state = SESSION_CONNECTING;
    s->connecting.data = s;
    int status = uv_tcp_connect(&s->connecting, &s->tcp, to, on_connected);
    if (status < 0)
        session_close(s, "cannot connect: %s", uv_strerror(status));
}

void session_accept(session *s)
{
    s->net->inbound_handshakes++;
    start_tls(s);
}

void session_resume(session *s)
{
    s->is_paused = false;
    s->net->paused_count--;
    s->last_read_ms = uv_now(&s->net->loop); /* the silence was ours */
    session_pump(s);
    if (s->state != SESSION_ACTIVE || s->is_paused)
        return;
    int status = uv_read_start((uv_stream_t *)&s->tcp, on_allocate, on_read);
    if (status < 0)
        session_close(s, "%s", uv_strerror(status));
}

void session_arm(session *s)
{
    uint64_t now = uv_now(&s->net->loop), due = s->next_heartbeat_ms;
    uint64_t read_limit = s->last_read_ms + s->net->idle_ms, write_limit = s->last_write_ms + s->net->idle_ms;
    if (!s->is_paused && read_limit < due)
        due = read_limit;
    if (write_limit < due)
        due = write_limit;
    uv_timer_start(&s->timer, on_timer, due > now ? due - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    session *s = timer->data;
    uint64_t now = uv_now(&s->net->loop), idle_ms = s->net->idle_ms;
    if (s->state == SESSION_CLOSING)
        return;
    if (s->state != SESSION_ACTIVE) {
        session_close(s, "no connection after %llu ms", (unsigned long long)s->net->handshake_ms);
        return;
    }
    if (!s->is_paused && now - s->last_read_ms >= idle_ms) {
        session_close(s, "nothing came from the peer for %llu ms", (unsigned long long)idle_ms);
        return;
    }
    if (now - s->last_write_ms >= idle_ms) {
        session_close(s, "the peer took nothing for %llu ms", (unsigned long long)idle_ms);
        return;
    }
    if (now >= s->next_heartbeat_ms) {
        s->next_heartbeat_ms = now + s->net->heartbeat_ms;
        dispatch_heartbeat(s);
        session_flush(s);
    }
    if (s->state == SESSION_ACTIVE)
        session_arm(s);
}
