/* frame.h: the frame between nodes: a 16-byte header (12 bytes in chains of supported_version 2.0.0-rc1) and a payload, which
   may be compressed with Snappy. Source: spec/network.md 3. Pure; any thread. */
#ifndef HANSE_NET_FRAME_H
#define HANSE_NET_FRAME_H

#include "base/buffer.h"

enum {
    FRAME_HEADER_BYTES = 16,
    FRAME_OLD_HEADER_BYTES = 12,
    FRAME_MAX_BYTES = 100 * 1024 * 1024, /* header included; also the limit of a decompressed payload */
    FRAME_COMPRESS_ABOVE_BYTES = 1024,   /* payloads longer than this are compressed */
    FRAME_COMPRESSED = 0x8000            /* flag in version */
};

typedef enum {
    FRAME_CURRENT, /* 2.0.0-rc2 and later */
    FRAME_OLD      /* 2.0.0-rc1: 16-bit protocol id, never compressed */
} frame_format;

typedef struct {
    uint16_t version;     /* 0 or FRAME_COMPRESSED; other bits are kept and mean nothing. FRAME_OLD: 0 */
    uint16_t group;       /* protocol id = group << 16 | module, negated in a response (FRAME_OLD: group << 8 | module) */
    uint16_t module;
    bool is_response;     /* protocol id <= 0 */
    uint16_t packet_type;
    uint32_t seq;
    bytes payload;        /* as on the wire: compressed when version says so */
} frame;

typedef enum {
    FRAME_OK,
    FRAME_INCOMPLETE, /* *size is how many bytes are needed at least to say more */
    FRAME_TOO_SHORT,  /* the length field is below the header's size: the session must be closed */
    FRAME_TOO_LONG    /* above FRAME_MAX_BYTES: the same */
} frame_result;

/* Decodes the first frame of in. FRAME_OK: *size is what it occupied, out->payload points into in. Both bounds of the length
   field are checked as soon as its four bytes are there. */
frame_result frame_decode(frame_format format, bytes in, frame *out, size_t *size);
const char *frame_result_text(frame_result result);

size_t frame_header_bytes(frame_format format);
/* Writes the header (frame_header_bytes) of a frame whose payload has f->payload.size bytes; the sum is at most
   FRAME_MAX_BYTES (asserted). */
void frame_write_header(frame_format format, const frame *f, uint8_t *out);

/* Appends the Snappy form of a payload. */
void frame_compress(bytes payload, buffer *out);
/* Replaces out by the decompressed payload. false: not Snappy, or longer than FRAME_MAX_BYTES, or a claimed length that the
   input cannot hold (checked before anything is allocated). */
bool frame_decompress(bytes payload, buffer *out) MUST_USE;

#endif
