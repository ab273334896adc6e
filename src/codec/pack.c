#include "codec/pack.h"
#include "base/ini.h"

#include <lzma.h>

/* Runs the decoder over the whole input; false with a reason when it is not exactly one xz stream within the limits. */
static bool unpack(const char *path, bytes packed, buffer *out, error_text *why)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret result = lzma_stream_decoder(&stream, PACK_MEMORY_MAX_BYTES, 0);
    stream.next_in = packed.data;
    stream.avail_in = packed.size;
    while (result == LZMA_OK) {
        enum { STEP_BYTES = 256 * 1024 };
        uint8_t *room = buffer_extend(out, STEP_BYTES);
        if (room == NULL)
            break;
        stream.next_out = room;
        stream.avail_out = STEP_BYTES;
        result = lzma_code(&stream, LZMA_FINISH);
        out->size -= stream.avail_out;
    }
    size_t left = stream.avail_in;
    lzma_end(&stream);
    if (out->overflowed)
        return error_set(why, "%s: more than %d bytes unpacked", path, PACK_RECORDS_MAX_BYTES);
    if (result != LZMA_STREAM_END)
        return error_set(why, "%s: not an xz file, or damaged (liblzma code %d)", path, (int)result);
    return left == 0 || error_set(why, "%s: %zu bytes behind the xz stream", path, left);
}

bool pack_read_file(const char *path, buffer *out, error_text *why)
{
    arena a = {0};
    bytes packed;
    *out = buffer_init(PACK_RECORDS_MAX_BYTES);
    bool ok = file_read(&a, path, PACK_FILE_MAX_BYTES, &packed, why) && unpack(path, packed, out, why);
    arena_reset(&a);
    if (!ok)
        buffer_free(out);
    return ok;
}

bool pack_next(rlp_reader *records, pack_record *out)
{
    if (rlp_at_end(records))
        return false;
    rlp_reader fields = rlp_read_list(records);
    bytes kind = rlp_read_string(&fields);
    if (records->error == RLP_OK && fields.error)
        rlp_fail(records, fields.error);
    if (records->error)
        return false;
    *out = (pack_record){kind, fields};
    return true;
}

bool pack_is(const pack_record *record, const char *kind)
{
    return bytes_equal_text(record->kind, kind);
}
