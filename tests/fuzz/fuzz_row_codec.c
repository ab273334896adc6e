/* Any bytes: a row set that is accepted re-encodes to exactly the bytes it came from. */
#include "store/row_codec.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a = {0};
    row_set rows;
    error_text why;
    if (row_set_decode(bytes_of(data, size), &a, &rows, &why)) {
        buffer again = buffer_init(BUFFER_NO_LIMIT);
        assert(row_set_encode(&rows, &again));
        assert(bytes_equal(buffer_bytes(&again), bytes_of(data, size)));
        buffer_free(&again);
    }
    arena_reset(&a);
    return 0;
}
