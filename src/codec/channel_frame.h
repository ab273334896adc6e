/* channel_frame.h: the frame between SDKs and a node: a 42-byte header and a body. Source: spec/network.md 9. Pure; any thread. */
#ifndef HANSE_CODEC_CHANNEL_FRAME_H
#define HANSE_CODEC_CHANNEL_FRAME_H

#include "base/bytes.h"

enum {
    CHANNEL_HEADER_BYTES = 42,
    CHANNEL_SEQ_BYTES = 32,
    CHANNEL_FRAME_MAX_BYTES = 100 * 1024 * 1024, /* header included */
    CHANNEL_TOPIC_MAX_BYTES = 254
};

typedef enum {
    CHANNEL_RPC = 0x12,
    CHANNEL_HEARTBEAT = 0x13,
    CHANNEL_HANDSHAKE = 0x14,
    CHANNEL_REGISTER_EVENTS = 0x15,
    CHANNEL_UNREGISTER_EVENTS = 0x16,
    CHANNEL_AMOP_REQUEST = 0x30,
    CHANNEL_AMOP_RESPONSE = 0x31,
    CHANNEL_TOPICS = 0x32,
    CHANNEL_AMOP_MULTICAST = 0x35,
    CHANNEL_VERIFY_TOPIC = 0x37,
    CHANNEL_TOPIC_VERIFIED = 0x38,
    CHANNEL_RECEIPT = 0x1000,
    CHANNEL_BLOCK = 0x1001,
    CHANNEL_EVENTS = 0x1002
} channel_type;

/* Opaque: chosen by whoever asks; SDKs use the hex digits of a UUID. */
typedef struct {
    uint8_t b[CHANNEL_SEQ_BYTES];
} channel_seq;

typedef struct {
    uint16_t type;
    channel_seq seq;
    int32_t result; /* 0, but for AMOP answers */
    bytes body;
} channel_frame;

typedef enum {
    CHANNEL_FRAME_OK,
    CHANNEL_FRAME_INCOMPLETE, /* *size is how many bytes are needed at least to say more */
    CHANNEL_FRAME_TOO_SHORT,  /* HARDEN: a length below the header's size; the session must be closed */
    CHANNEL_FRAME_TOO_LONG    /* the same */
} channel_frame_result;

/* Decodes the first frame of in. OK: *size is what it occupied, out->body points into in. The length is checked as soon as its
   four bytes are there. */
channel_frame_result channel_frame_decode(bytes in, channel_frame *out, size_t *size);
const char *channel_frame_result_text(channel_frame_result result);
/* The type, once it is known (6 bytes); else 0. */
uint16_t channel_frame_peek_type(bytes in);

/* Writes the 42 bytes before a body of f->body.size bytes; the sum is at most CHANNEL_FRAME_MAX_BYTES (asserted). */
void channel_frame_write_header(const channel_frame *f, uint8_t *out);

/* A body that begins with a topic: one byte 1 + length, the topic, the rest. false: it does not fit (HARDEN: to be ignored). */
bool channel_topic_body(bytes body, bytes *topic, bytes *rest) MUST_USE;

#endif
