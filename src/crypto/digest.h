/* digest.h: hash functions, whole and in pieces. Any thread; a hash_stream by one thread at a time.
   Sources: Keccak-256 with the original padding 0x01 (spec/data-model.md 1.1), SM3 (GB/T 32905-2016), SHA-256 (FIPS 180-4). */
#ifndef HANSE_CRYPTO_DIGEST_H
#define HANSE_CRYPTO_DIGEST_H

#include "base/bytes.h"

typedef struct {
    uint8_t b[32];
} hash256;

typedef enum { DIGEST_KECCAK256, DIGEST_SM3, DIGEST_SHA256 } digest_kind;

/* A plain value: it may be copied to go on in two ways, or dropped at any point. Its fields belong to digest.c. */
typedef struct {
    digest_kind kind;
    union {
        uint64_t keccak[25];
        uint32_t sm3[8];
        uint64_t sha256[14];
    } state;
    uint8_t pending[136]; /* bytes of a block that is not full yet */
    size_t pending_bytes;
    uint64_t total_bytes;
} hash_stream;

hash256 digest_of(digest_kind kind, bytes in);
void hash_stream_begin(hash_stream *s, digest_kind kind);
void hash_stream_add(hash_stream *s, bytes more);
hash256 hash_stream_end(hash_stream *s); /* afterwards: begin again, or drop it */

void ripemd160_of(bytes in, uint8_t out[20]); /* asked for by the EVM only (address 3) */

#endif
