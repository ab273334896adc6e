#include "net/frame.h"

#include <assert.h>
#include <snappy-c.h>

/* No Snappy element makes more than 64 bytes out of 3. */
enum { SNAPPY_MAX_GROWTH = 22 };

size_t frame_header_bytes(frame_format format)
{
    return format == FRAME_OLD ? FRAME_OLD_HEADER_BYTES : FRAME_HEADER_BYTES;
}

const char *frame_result_text(frame_result result)
{
    static const char *const text[] = {
        [FRAME_OK] = "whole frame",
        [FRAME_INCOMPLETE] = "part of a frame",
        [FRAME_TOO_SHORT] = "frame length below the header's size",
        [FRAME_TOO_LONG] = "frame length above 100 MiB",
    };
    return text[result];
}

/* The protocol id is a signed number of 32 (old: 16) bits. Unsigned arithmetic: its least value negates to itself. */
static void read_protocol(frame_format format, const uint8_t *at, frame *out)
{
    if (format == FRAME_OLD) {
        uint16_t id = read_be16(at);
        out->is_response = (id & 0x8000) != 0;
        uint16_t positive = out->is_response ? (uint16_t)-id : id;
        out->group = positive >> 8;
        out->module = positive & 0xff;
    } else {
        uint32_t id = read_be32(at);
        out->is_response = id == 0 || (id & 0x80000000) != 0;
        uint32_t positive = out->is_response ? -id : id;
        out->group = (uint16_t)(positive >> 16);
        out->module = (uint16_t)positive;
    }
}

static void write_protocol(frame_format format, const frame *f, uint8_t *at)
{
    if (format == FRAME_OLD) {
        assert(f->group <= 0x80 && f->module <= 0xff);
        uint16_t positive = (uint16_t)(f->group << 8 | f->module);
        write_be16(at, f->is_response ? (uint16_t)-positive : positive);
    } else {
        uint32_t positive = (uint32_t)f->group << 16 | f->module;
        write_be32(at, f->is_response ? -positive : positive);
    }
}

frame_result frame_decode(frame_format format, bytes in, frame *out, size_t *size)
{
    size_t header = frame_header_bytes(format);
    *size = header;
    if (in.size < 4)
        return FRAME_INCOMPLETE;
    uint32_t length = read_be32(in.data);
    if (length < header)
        return FRAME_TOO_SHORT;
    if (length > FRAME_MAX_BYTES)
        return FRAME_TOO_LONG;
    *size = length;
    if (in.size < length)
        return FRAME_INCOMPLETE;
    *out = (frame){0};
    const uint8_t *at = in.data + 4;
    if (format == FRAME_CURRENT) {
        out->version = read_be16(at);
        at += 2;
    }
    read_protocol(format, at, out);
    at += format == FRAME_OLD ? 2 : 4;
    out->packet_type = read_be16(at);
    out->seq = read_be32(at + 2);
    out->payload = bytes_of(in.data + header, length - header);
    return FRAME_OK;
}

void frame_write_header(frame_format format, const frame *f, uint8_t *out)
{
    size_t header = frame_header_bytes(format);
    assert(f->payload.size <= FRAME_MAX_BYTES - header);
    write_be32(out, (uint32_t)(header + f->payload.size));
    uint8_t *at = out + 4;
    if (format == FRAME_CURRENT) {
        write_be16(at, f->version);
        at += 2;
    }
    write_protocol(format, f, at);
    at += format == FRAME_OLD ? 2 : 4;
    write_be16(at, f->packet_type);
    write_be32(at + 2, f->seq);
}

void frame_compress(bytes payload, buffer *out)
{
    size_t before = out->size;
    size_t length = snappy_max_compressed_length(payload.size);
    uint8_t *room = buffer_extend(out, length);
    if (room == NULL)
        return;
    snappy_status status = snappy_compress((const char *)payload.data, payload.size, (char *)room, &length);
    assert(status == SNAPPY_OK);
    (void)status;
    out->size = before + length;
}

bool frame_decompress(bytes payload, buffer *out)
{
    buffer_clear(out);
    size_t length = 0;
    if (payload.size == 0 || snappy_uncompressed_length((const char *)payload.data, payload.size, &length) != SNAPPY_OK)
        return false;
    if (length > FRAME_MAX_BYTES || length / SNAPPY_MAX_GROWTH > payload.size)
        return false;
    uint8_t *room = buffer_extend(out, length);
    if (room == NULL)
        return false;
    if (snappy_uncompress((const char *)payload.data, payload.size, (char *)room, &length) != SNAPPY_OK) {
        buffer_clear(out);
        return false;
    }
    return true;
}
