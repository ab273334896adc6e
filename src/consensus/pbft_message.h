/* pbft_message.h: the wire layouts of PBFT. Source: spec/consensus.md 0.1 (BOX, U32), 5.3 and 5.7.
   Decoding gives views into the encoded bytes unless an arena is asked for. Any thread. */
#ifndef HANSE_CONSENSUS_PBFT_MESSAGE_H
#define HANSE_CONSENSUS_PBFT_MESSAGE_H

#include "chain/block.h"

/* packetType of the P2P frame. */
enum { PBFT_FRAME_ORDINARY = 0, PBFT_FRAME_PROPOSAL = 1, PBFT_FRAME_GET_MISSED = 2, PBFT_FRAME_MISSED = 3 };

typedef enum { PBFT_PREPARE = 0, PBFT_SIGN = 1, PBFT_COMMIT = 2, PBFT_VIEW_CHANGE = 3, PBFT_KINDS = 4 } pbft_kind;

enum { PBFT_FORWARD_NODES_MAX = HEADER_SEALERS_MAX, PBFT_TTL_MAX = 0x7f };

typedef struct {
    uint8_t size;
    uint8_t b[SIGNATURE_MAX_BYTES];
} pbft_signature;

static inline bytes pbft_signature_bytes(const pbft_signature *s)
{
    return bytes_of(s->b, s->size);
}

/* SignReq, CommitReq and ViewChangeReq; the first seven fields of PrepareReq. */
typedef struct {
    uint64_t height, view;
    uint32_t idx;      /* of the message's creator; 16 bits on the wire */
    u256 timestamp_ms; /* creator's clock; not checked */
    hash256 block_hash;
    pbft_signature sig;  /* over block_hash */
    pbft_signature sig2; /* over pbft_fields_digest */
} pbft_request;

/* PBFTMsgPacket: the envelope. */
typedef struct {
    pbft_kind kind;
    uint8_t ttl;      /* 0..127 */
    bool is_empty;    /* the prepare inside carries an empty block */
    bytes data;       /* the request */
    node_id *forward; /* forwardNodes; only encoded with ttl optimisation */
    size_t forward_count;
} pbft_packet;

void pbft_packet_encode(const pbft_packet *p, bool ttl_optimization, buffer *out);
/* forward is in `a` (left empty without ttl optimisation, whatever the packet holds). false: not one packet of a known
 * kind. */
bool pbft_packet_decode(bytes encoded, bool ttl_optimization, arena *a, pbft_packet *out, error_text *why) MUST_USE;

/* What sig2 signs: H(U32(height) ++ U32(view) ++ U32(idx) ++ INT(timestamp)). */
hash256 pbft_fields_digest(const crypto_suite *suite, const pbft_request *r);

void pbft_request_encode(const pbft_request *r, buffer *out);
bool pbft_request_decode(bytes encoded, pbft_request *out, error_text *why) MUST_USE;
void pbft_prepare_encode(const pbft_request *r, bytes encoded_block, buffer *out);
bool pbft_prepare_decode(bytes encoded, pbft_request *out, bytes *encoded_block, error_text *why) MUST_USE;

typedef struct {
    hash256 hash;
    uint32_t index; /* of the transaction in its block */
} pbft_missing_item;

/* GetMissedTxs and MissedTxs. */
typedef struct {
    uint64_t number;
    hash256 block_hash;
    pbft_missing_item *items; /* GetMissedTxs */
    size_t count;
    bytes transactions; /* MissedTxs: list form of data-model.md 6.2 */
} pbft_missed;

void pbft_get_missed_encode(const pbft_missed *m, buffer *out);
bool pbft_get_missed_decode(bytes encoded, arena *a, pbft_missed *out, error_text *why) MUST_USE;
void pbft_missed_encode(const pbft_missed *m, buffer *out);
bool pbft_missed_decode(bytes encoded, pbft_missed *out, error_text *why) MUST_USE;

#endif
