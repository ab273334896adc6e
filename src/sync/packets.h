/* packets.h: the frames' payloads of the sync module: encode and decode. Source: spec/consensus.md 8.1.
   Pure; any thread. */
#ifndef HANSE_SYNC_PACKETS_H
#define HANSE_SYNC_PACKETS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error_text.h"
#include "crypto/digest.h"

typedef enum {
    SYNC_PACKET_STATUS,
    SYNC_PACKET_TRANSACTIONS,
    SYNC_PACKET_BLOCKS,
    SYNC_PACKET_BLOCKS_REQUEST,
    SYNC_PACKET_TXS_STATUS,
    SYNC_PACKET_TXS_REQUEST,
    SYNC_PACKET_TYPES
} sync_packet_type;

/* The frame's packet type: a transaction of a client travels along the tree, everything else does not. */
enum { SYNC_FRAME_PLAIN = 0, SYNC_FRAME_FORWARD = 1 };

enum {
    SYNC_PACKET_BLOCKS_MAX = 4096,  /* blocks in one packet: a server merges at most some requests of 32 */
    SYNC_PACKET_HASHES_MAX = 10000, /* hashes in one TxsStatus or TxsRequest: honest ones carry at most 1000 */
    SYNC_PACKET_TXS_MAX = 10000     /* transactions in one packet, likewise */
};

typedef struct {
    sync_packet_type type;
    union {
        struct {
            int64_t number;
            hash256 genesis_hash, latest_hash;
            bool has_time;    /* 4 items: from 2.6.0 on */
            uint64_t utc_ms;  /* of the sender */
        } status;
        struct {
            bytes list;       /* data-model.md 6.2 */
            bool has_index;   /* with send_txs_by_tree */
            uint64_t index;   /* consIndex, modulo 2^32 on the wire */
        } transactions;
        struct {
            const bytes *encoded; /* blocks in full form */
            size_t count;
        } blocks;
        struct {
            int64_t from, count; /* modulo 2^32 on the wire */
        } request;
        struct {
            int64_t number;   /* of TxsStatus only */
            const hash256 *hashes;
            size_t count;
        } hashes;
    };
} sync_packet;

void sync_packet_encode(const sync_packet *packet, buffer *out);
/* Views point into payload, arrays live in `a`. false with a reason: not exactly one packet of a known type. */
bool sync_packet_decode(bytes payload, arena *a, sync_packet *out, error_text *why) MUST_USE;

/* The number in the header of an encoded block, without decoding the block. false: not a block. */
bool sync_peek_block_number(bytes encoded, int64_t *number) MUST_USE;

#endif
