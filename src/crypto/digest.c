/* OpenSSL's EVP interface wants an allocation for each stream, which would make hash_stream something to free. The older
   SHA256_* calls work on a plain struct and use the machine's SHA instructions all the same. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/digest.h"

#include <assert.h>
#include <openssl/ripemd.h>
#include <openssl/sha.h>

#include "crypto/compress.h"

enum { KECCAK256_BLOCK_BYTES = 136, SM3_BLOCK_BYTES = 64 };

_Static_assert(sizeof(SHA256_CTX) <= sizeof((hash_stream){0}.state.sha256), "hash_stream holds a SHA256_CTX");
_Static_assert(KECCAK256_BLOCK_BYTES <= sizeof((hash_stream){0}.pending), "hash_stream holds a block");

static void keccak_absorb(uint64_t state[25], const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += KECCAK256_BLOCK_BYTES) {
        for (int i = 0; i < KECCAK256_BLOCK_BYTES / 8; i++)
            state[i] ^= read_le64(blocks + 8 * i);
        keccak_f1600(state);
    }
}

static void absorb(hash_stream *s, const uint8_t *blocks, size_t count)
{
    if (s->kind == DIGEST_KECCAK256)
        keccak_absorb(s->state.keccak, blocks, count);
    else
        sm3_compress(s->state.sm3, blocks, count);
}

static size_t block_bytes(digest_kind kind)
{
    return kind == DIGEST_KECCAK256 ? KECCAK256_BLOCK_BYTES : SM3_BLOCK_BYTES;
}

static SHA256_CTX *sha256_context(hash_stream *s)
{
    return (SHA256_CTX *)(void *)s->state.sha256;
}

void hash_stream_begin(hash_stream *s, digest_kind kind)
{
    assert(kind == DIGEST_KECCAK256 || kind == DIGEST_SM3 || kind == DIGEST_SHA256);
    s->kind = kind;
    s->pending_bytes = 0;
    s->total_bytes = 0;
    if (kind == DIGEST_KECCAK256)
        memset(s->state.keccak, 0, sizeof s->state.keccak);
    else if (kind == DIGEST_SM3)
        memcpy(s->state.sm3, sm3_initial, sizeof s->state.sm3);
    else
        SHA256_Init(sha256_context(s));
}

void hash_stream_add(hash_stream *s, bytes more)
{
    if (more.size == 0)
        return;
    if (s->kind == DIGEST_SHA256) {
        SHA256_Update(sha256_context(s), more.data, more.size);
        return;
    }
    size_t block = block_bytes(s->kind);
    s->total_bytes += more.size;
    if (s->pending_bytes > 0) {
        size_t room = block - s->pending_bytes;
        size_t take = more.size < room ? more.size : room;
        memcpy(s->pending + s->pending_bytes, more.data, take);
        s->pending_bytes += take;
        more = bytes_from(more, take);
        if (s->pending_bytes < block)
            return;
        absorb(s, s->pending, 1);
        s->pending_bytes = 0;
    }
    size_t whole = more.size / block;
    absorb(s, more.data, whole);
    s->pending_bytes = more.size - whole * block;
    if (s->pending_bytes > 0)
        memcpy(s->pending, more.data + whole * block, s->pending_bytes);
}

static hash256 keccak_end(hash_stream *s)
{
    memset(s->pending + s->pending_bytes, 0, KECCAK256_BLOCK_BYTES - s->pending_bytes);
    s->pending[s->pending_bytes] = 0x01;
    s->pending[KECCAK256_BLOCK_BYTES - 1] |= 0x80;
    keccak_absorb(s->state.keccak, s->pending, 1);
    hash256 out;
    for (int i = 0; i < 4; i++)
        write_le64(out.b + 8 * i, s->state.keccak[i]);
    return out;
}

static hash256 sm3_end(hash_stream *s)
{
    s->pending[s->pending_bytes++] = 0x80;
    if (s->pending_bytes > SM3_BLOCK_BYTES - 8) {
        memset(s->pending + s->pending_bytes, 0, SM3_BLOCK_BYTES - s->pending_bytes);
        sm3_compress(s->state.sm3, s->pending, 1);
        s->pending_bytes = 0;
    }
    memset(s->pending + s->pending_bytes, 0, SM3_BLOCK_BYTES - 8 - s->pending_bytes);
    write_be64(s->pending + SM3_BLOCK_BYTES - 8, s->total_bytes * 8);
    sm3_compress(s->state.sm3, s->pending, 1);
    hash256 out;
    for (int i = 0; i < 8; i++)
        write_be32(out.b + 4 * i, s->state.sm3[i]);
    return out;
}

hash256 hash_stream_end(hash_stream *s)
{
    if (s->kind == DIGEST_KECCAK256)
        return keccak_end(s);
    if (s->kind == DIGEST_SM3)
        return sm3_end(s);
    hash256 out;
    SHA256_Final(out.b, sha256_context(s));
    return out;
}

hash256 digest_of(digest_kind kind, bytes in)
{
    hash_stream s;
    hash_stream_begin(&s, kind);
    hash_stream_add(&s, in);
    return hash_stream_end(&s);
}

void ripemd160_of(bytes in, uint8_t out[20])
{
    static const uint8_t nothing;
    RIPEMD160(in.size ? in.data : &nothing, in.size, out);
}
