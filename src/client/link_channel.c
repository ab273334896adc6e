/* The channel port: TLS, frames, heartbeats, pushes (spec/network.md 8-10). */
#include "client/inside.h"

#include "base/memory.h"
#include "client/answers.h"

#include <stdlib.h>

enum { LINK_CHUNK_BYTES = 64 * 1024 };

struct client_link {
    client_wire *wire;
    tls_session *tls;
    bool is_secure;        /* the TLS handshake is done */
    buffer in;             /* plaintext, from the start of a frame */
    size_t wanted;         /* bytes of that frame as far as known */
    uint8_t chunk[LINK_CHUNK_BYTES];
};

/* Everything TLS wants to say goes out. */
static void flush(client_node *n)
{
    client_link *l = n->link;
    size_t size;
    while ((size = tls_session_take(l->tls, l->chunk, sizeof l->chunk)) > 0)
        client_wire_write(l->wire, bytes_of(l->chunk, size));
}

void client_send_frame(client_node *n, uint16_t type, const channel_seq *seq, int32_t result, bytes prefix, bytes body)
{
    client_link *l = n->link;
    if (l == NULL || !l->is_secure)
        return;
    buffer whole = buffer_init(CHANNEL_FRAME_MAX_BYTES);
    channel_frame frame = {.type = type, .seq = *seq, .result = result, .body = bytes_of(body.data, prefix.size + body.size)};
    channel_frame_write_header(&frame, buffer_extend(&whole, CHANNEL_HEADER_BYTES));
    buffer_append(&whole, prefix);
    buffer_append(&whole, body);
    (void)!tls_session_write(l->tls, buffer_bytes(&whole)); /* a failure shows when reading */
    buffer_free(&whole);
    flush(n);
}

/* ---- what comes ---- */

/* Network.md 10.4: the answer and the receipt, in either order; an error in the answer is the end. */
static bool is_finished_by(client_request *r, const channel_frame *f)
{
    if (!r->wants_receipt || f->type == CHANNEL_RECEIPT)
        return true;
    if (r->is_answered)
        return false;
    hanse_error error;
    json_t *result = client_answer_result(f->body, &error);
    json_decref(result);
    r->is_answered = true;
    return result == NULL;
}

static void on_answer(client_request *r, const channel_frame *f)
{
    if (!is_finished_by(r, f))
        return;
    r->answer_type = f->type;
    r->result = f->result;
    buffer_append(&r->answer, f->body);
    client_request_finish(r);
}

static void on_block_push(client_node *n, const channel_frame *f)
{
    int group;
    int64_t number;
    if (client_read_block_push(f->body, &group, &number))
        client_node_set_height(n, group, number);
}

static void on_frame(client_node *n, const channel_frame *f)
{
    client_request *r = map_get(&n->core->by_seq, BYTES_OF_VALUE(f->seq));
    if (r && r->node == n)
        on_answer(r, f);
    else if (f->type == CHANNEL_BLOCK)
        on_block_push(n, f);
    else if (f->type == CHANNEL_EVENTS)
        client_on_event_push(n, f);
    else if (f->type == CHANNEL_AMOP_REQUEST || f->type == CHANNEL_AMOP_MULTICAST)
        client_on_amop(n, f);
    /* Answers nobody waits for any more, heartbeats' answers, and what later versions may bring. */
}

/* false: the link is gone. */
static bool take_frames(client_node *n)
{
    client_link *l = n->link;
    size_t used = 0, size;
    channel_frame f;
    channel_frame_result result = CHANNEL_FRAME_INCOMPLETE;
    while (l->in.size - used >= l->wanted) {
        result = channel_frame_decode(bytes_from(buffer_bytes(&l->in), used), &f, &size);
        if (result == CHANNEL_FRAME_INCOMPLETE) {
            l->wanted = size;
            break;
        }
        if (result != CHANNEL_FRAME_OK) {
            client_node_break(n, "the node sent %s", channel_frame_result_text(result));
            return false;
        }
        used += size;
        l->wanted = 4;
        on_frame(n, &f);
        if (n->link != l)
            return false;
    }
    buffer_consume(&l->in, used);
    return true;
}

/* false: the link is gone. */
static bool read_plaintext(client_node *n)
{
    client_link *l = n->link;
    for (;;) {
        size_t got;
        tls_result result = tls_session_read(l->tls, l->chunk, sizeof l->chunk, &got);
        if (got) {
            buffer_append(&l->in, bytes_of(l->chunk, got));
            if (!take_frames(n))
                return false;
        }
        if (result != TLS_OK) {
            client_node_break(n, "%s", result == TLS_CLOSED ? "the node closed the connection" : tls_session_reason(l->tls));
            return false;
        }
        if (got == 0)
            return true;
    }
}

static bool shake_tls_hands(client_node *n)
{
    client_link *l = n->link;
    bool done;
    tls_result result = tls_session_handshake(l->tls, &done);
    flush(n);
    if (result != TLS_OK) {
        client_node_break(n, "%s", result == TLS_CLOSED ? "the node closed the connection" : tls_session_reason(l->tls));
        return false;
    }
    if (done) {
        l->is_secure = true;
        client_node_up(n);
    }
    return done;
}

static void on_up(void *owner)
{
    shake_tls_hands(owner);
}

static void on_bytes(void *owner, bytes data)
{
    client_node *n = owner;
    client_link *l = n->link;
    n->heard_ms = uv_now(&n->core->loop);
    tls_session_feed(l->tls, data);
    if ((l->is_secure || shake_tls_hands(n)) && n->link == l && read_plaintext(n))
        flush(n);
}

static void on_down(void *owner, const char *reason)
{
    client_node *n = owner;
    n->link->wire = NULL;
    client_node_break(n, "%s%s", n->link->is_secure || n->state != NODE_CONNECTING ? "" : "no TLS session: ", reason);
}

/* ---- the transport ---- */

static void open_link(client_node *n)
{
    static const client_wire_events events = {on_up, on_bytes, on_down};
    client_link *l = memory_new(sizeof *l);
    l->tls = tls_session_new(n->core->tls, false);
    l->in = buffer_init(2 * (size_t)CHANNEL_FRAME_MAX_BYTES);
    l->wanted = 4;
    n->link = l;
    l->wire = client_wire_open(&n->core->loop, n->host, n->port, &events, n);
}

static void send_request(client_node *n, client_request *r)
{
    client_send_frame(n, r->type, &r->seq, 0, BYTES_EMPTY, buffer_bytes(&r->body));
    buffer_free(&r->body);
}

static void forget_request(client_node *n, client_request *r)
{
    (void)n, (void)r; /* its answer will find nobody */
}

static void close_link(client_node *n)
{
    client_link *l = n->link;
    if (l == NULL)
        return;
    if (l->is_secure && l->wire) {
        tls_session_close(l->tls);
        flush(n);
    }
    n->link = NULL;
    client_wire_close(l->wire);
    tls_session_free(l->tls);
    buffer_free(&l->in);
    free(l);
}

static size_t waiting_bytes(const client_node *n)
{
    return n->link && n->link->wire ? client_wire_waiting_bytes(n->link->wire) : 0;
}

static void beat(client_node *n)
{
    channel_seq seq = client_new_seq(n->core);
    client_send_frame(n, CHANNEL_HEARTBEAT, &seq, 0, BYTES_EMPTY,
                      n->protocol == 1 ? BYTES_OF_LITERAL("0") : BYTES_OF_LITERAL("{\"heartBeat\":0}"));
}

const client_transport client_channel = {
    .scheme = "channel",
    .has_pushes = true,
    .open = open_link,
    .send = send_request,
    .forget = forget_request,
    .close = close_link,
    .waiting_bytes = waiting_bytes,
    .beat = beat,
    .beat_ms = CLIENT_HEARTBEAT_MS,
    .busy_beat_ms = CLIENT_HEARTBEAT_MS,
};
