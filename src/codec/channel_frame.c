#include "codec/channel_frame.h"

#include <assert.h>

channel_frame_result channel_frame_decode(bytes in, channel_frame *out, size_t *size)
{
    if (in.size < 4) {
        *size = 4;
        return CHANNEL_FRAME_INCOMPLETE;
    }
    uint32_t length = read_be32(in.data);
    if (length < CHANNEL_HEADER_BYTES)
        return CHANNEL_FRAME_TOO_SHORT;
    if (length > CHANNEL_FRAME_MAX_BYTES)
        return CHANNEL_FRAME_TOO_LONG;
    *size = length;
    if (in.size < length)
        return CHANNEL_FRAME_INCOMPLETE;
    out->type = read_be16(in.data + 4);
    memcpy(out->seq.b, in.data + 6, CHANNEL_SEQ_BYTES);
    out->result = (int32_t)read_be32(in.data + 38);
    out->body = bytes_of(in.data + CHANNEL_HEADER_BYTES, length - CHANNEL_HEADER_BYTES);
    return CHANNEL_FRAME_OK;
}

const char *channel_frame_result_text(channel_frame_result result)
{
    switch (result) {
    case CHANNEL_FRAME_OK:
        return "a whole frame";
    case CHANNEL_FRAME_INCOMPLETE:
        return "not a whole frame yet";
    case CHANNEL_FRAME_TOO_SHORT:
        return "a frame with a length below 42 bytes";
    case CHANNEL_FRAME_TOO_LONG:
        return "a frame of more than 100 MiB";
    }
    return "?";
}

uint16_t channel_frame_peek_type(bytes in)
{
    return in.size < 6 ? 0 : read_be16(in.data + 4);
}

void channel_frame_write_header(const channel_frame *f, uint8_t *out)
{
    assert(f->body.size <= CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES);
    write_be32(out, (uint32_t)(CHANNEL_HEADER_BYTES + f->body.size));
    write_be16(out + 4, f->type);
    memcpy(out + 6, f->seq.b, CHANNEL_SEQ_BYTES);
    write_be32(out + 38, (uint32_t)f->result);
}

bool channel_topic_body(bytes body, bytes *topic, bytes *rest)
{
    if (body.size == 0 || body.data[0] == 0 || body.data[0] > body.size)
        return false;
    *topic = bytes_of(body.data + 1, body.data[0] - 1u);
    *rest = bytes_from(body, body.data[0]);
    return true;
}
