/* digest.h: hash functions, whole and in pieces. Any thread; a hash_stream by one thread at a time. */
#ifndef HANSE_CRYPTO_DIGEST_H
#define HANSE_CRYPTO_DIGEST_H

#include "base/bytes.h"

typedef struct {
    uint8_t b[32];
} hash256;

typedef enum { DIGEST_KECCAK256, DIGEST_SM3, DIGEST_SHA256 } digest_kind;

typedef struct {
    digest_kind kind;
    union {
        uint64_t words[25]; /* Keccak: the sponge; others: chaining value */
        uint8_t space[208];
    } state;
    uint8_t pending[136];
    size_t pending_bytes;
    uint64_t total_bytes;
} hash_stream;

hash256 digest_of(digest_kind kind, bytes in);
void hash_stream_begin(hash_stream *s, digest_kind kind);
void hash_stream_add(hash_stream *s, bytes more);
hash256 hash_stream_end(hash_stream *s);

#endif
