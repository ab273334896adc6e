/* Frames of WebSocket clients: whole or in pieces, the same comes out; what comes out keeps the rules; what we send we could read. */
#include "rpc/websocket.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 5000 };

static bool is_over(websocket_event e)
{
    return e == WEBSOCKET_GOT_CLOSE || e == WEBSOCKET_FAILED;
}

static void note(buffer *out, websocket_event e, const websocket_reader *r)
{
    if (e == WEBSOCKET_GOT_NOTHING)
        return;
    buffer_append_byte(out, (uint8_t)e);
    if (e == WEBSOCKET_GOT_TEXT) {
        assert(r->message.size <= MESSAGE_MAX);
        buffer_append(out, buffer_bytes(&r->message));
    } else if (is_over(e)) {
        assert(e == WEBSOCKET_FAILED ? r->failure != NULL : r->close_code >= 1000 && r->close_code < 5000);
        buffer_print(out, "%d", r->close_code);
    } else {
        assert(r->control_bytes <= WEBSOCKET_CONTROL_MAX_BYTES);
        buffer_append(out, bytes_of(r->control, r->control_bytes));
    }
}

static buffer read_in_pieces(bytes all, size_t piece)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    websocket_reader r = websocket_reader_init(MESSAGE_MAX);
    for (size_t at = 0; at < all.size;) {
        size_t taken, size_of_piece = all.size - at < piece ? all.size - at : piece;
        websocket_event e = websocket_read(&r, bytes_part(all, at, size_of_piece), &taken);
        assert(taken > 0 && taken <= size_of_piece);
        assert(e != WEBSOCKET_GOT_NOTHING || taken == size_of_piece);
        at += taken;
        note(&out, e, &r);
        if (is_over(e))
            break;
    }
    websocket_reader_free(&r);
    return out;
}

/* Masked with zeros, our own frame is a client's. */
static void check_own_frame(bytes payload)
{
    uint8_t head[WEBSOCKET_HEAD_MAX_BYTES];
    size_t size = websocket_write_head(head, WEBSOCKET_TEXT, payload.size), taken;
    buffer frame = buffer_init(BUFFER_NO_LIMIT);
    head[1] |= 0x80;
    buffer_append(&frame, bytes_of(head, size));
    buffer_append(&frame, BYTES_OF_LITERAL("\0\0\0\0"));
    buffer_append(&frame, payload);
    websocket_reader r = websocket_reader_init(MESSAGE_MAX);
    websocket_event e = websocket_read(&r, buffer_bytes(&frame), &taken);
    if (payload.size > MESSAGE_MAX)
        assert(e == WEBSOCKET_FAILED && r.close_code == WEBSOCKET_TOO_BIG);
    else if (e == WEBSOCKET_GOT_TEXT)
        assert(taken == frame.size && bytes_equal(buffer_bytes(&r.message), payload));
    else
        assert(e == WEBSOCKET_FAILED && r.close_code == WEBSOCKET_INVALID_DATA);
    websocket_reader_free(&r);
    buffer_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bytes all = bytes_of(data + 1, size - 1);
    buffer whole = read_in_pieces(all, SIZE_MAX), pieces = read_in_pieces(all, 1 + data[0]);
    assert(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    buffer_free(&whole);
    buffer_free(&pieces);
    check_own_frame(all);
    char accept[WEBSOCKET_ACCEPT_BYTES + 1];
    (void)!websocket_accept(all, accept);
    return 0;
}
