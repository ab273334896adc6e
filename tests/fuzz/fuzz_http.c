/* HTTP messages: whole or in pieces, the same comes out, and no more than the limits allow. */
#include "rpc/http_message.h"
#include "rpc/http_origins.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 5000 };

static void note_request(buffer *out, const http_reader *r)
{
    static const http_origins none = {0};
    assert(r->body.size <= BODY_MAX);
    buffer_print(out, "%u %d %d %d\n", http_reader_method(r), r->keep_alive, http_reader_asks_for_websocket(r),
                 http_origins_judge(&none, http_reader_header(r, HTTP_ORIGIN), http_reader_header(r, HTTP_HOST)));
    for (http_header_name name = 0; name < HTTP_HEADERS_KEPT; name++) {
        const char *value = http_reader_header(r, name);
        assert(value == NULL || strlen(value) <= HTTP_VALUE_MAX_BYTES);
        buffer_print(out, "%s\n", value ? value : "-");
    }
    buffer_append(out, buffer_bytes(&r->body));
}

static buffer read_in_pieces(bytes all, size_t piece)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    http_reader r;
    http_reader_init(&r, BODY_MAX);
    for (size_t at = 0; at < all.size;) {
        size_t taken, size_of_piece = all.size - at < piece ? all.size - at : piece;
        http_event e = http_read(&r, bytes_part(all, at, size_of_piece), &taken);
        assert(taken <= size_of_piece);
        assert(e != HTTP_GOT_NOTHING || taken == size_of_piece);
        at += taken;
        if (e == HTTP_GOT_REQUEST) {
            assert(taken > 0);
            note_request(&out, &r);
            http_reader_next(&r);
        } else if (e != HTTP_GOT_NOTHING) {
            buffer_append_byte(&out, '!'); /* which limit is reached first may depend on the pieces */
            break;
        }
    }
    http_reader_free(&r);
    return out;
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
    return 0;
}
