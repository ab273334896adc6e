/* Walks any bytes as nested RLP, and reads each item in every way. */
#include <assert.h>
#include <stdlib.h>

#include "codec/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH_MAX = 32 };

static void walk(rlp_reader r, unsigned depth)
{
    while (!rlp_at_end(&r)) {
        rlp_reader as_u256 = r, as_uint = r, as_fixed = r, as_list = r;
        uint8_t out[32];
        u256 number = rlp_read_u256(&as_u256);
        uint64_t small = rlp_read_uint(&as_uint, 8);
        if (as_uint.error == RLP_OK)
            assert(as_u256.error == RLP_OK && number.limb[0] == small && u256_fits_u64(number));
        rlp_read_fixed(&as_fixed, out, sizeof out, (rlp_fit)(depth % 3));
        rlp_reader inner = rlp_read_list(&as_list);
        if (as_list.error == RLP_OK && depth < DEPTH_MAX)
            walk(inner, depth + 1);
        rlp_item item = rlp_read_item(&r);
        if (r.error)
            return;
        /* The reader accepts the shortest form only, so writing an item again gives the same bytes. */
        if (!item.is_list) {
            buffer again = buffer_init(BUFFER_NO_LIMIT);
            rlp_write_string(&again, item.payload);
            assert(bytes_equal(buffer_bytes(&again), item.whole));
            buffer_free(&again);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes in = bytes_of(data, size);
    walk(rlp_reader_of(in), 0);
    walk(rlp_open_list(in), 0);
    walk(rlp_open_boxed(in), 0);
    return 0;
}
