/* Frames in any pieces: what decodes encodes to the same bytes, and compressed payloads never grow past what was claimed. */
#include "net/frame.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    frame_format format = data[0] & 1 ? FRAME_OLD : FRAME_CURRENT;
    bytes rest = bytes_of(data + 1, size - 1);
    buffer plain = buffer_init(FRAME_MAX_BYTES);
    frame f;
    size_t taken;
    while (frame_decode(format, rest, &f, &taken) == FRAME_OK) {
        uint8_t header[FRAME_HEADER_BYTES];
        assert(taken >= frame_header_bytes(format) && taken <= rest.size);
        frame_write_header(format, &f, header);
        assert(memcmp(header, rest.data, frame_header_bytes(format)) == 0);
        if (frame_decompress(f.payload, &plain))
            assert(plain.size <= FRAME_MAX_BYTES && plain.size / 22 <= f.payload.size);
        rest = bytes_from(rest, taken);
    }
    if (frame_decompress(rest, &plain)) {
        buffer packed = buffer_init(BUFFER_NO_LIMIT), again = buffer_init(FRAME_MAX_BYTES);
        frame_compress(buffer_bytes(&plain), &packed);
        assert(frame_decompress(buffer_bytes(&packed), &again));
        assert(bytes_equal(buffer_bytes(&plain), buffer_bytes(&again)));
        buffer_free(&packed);
        buffer_free(&again);
    }
    buffer_free(&plain);
    return 0;
}
