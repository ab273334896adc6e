#include "world.h"

/* Signatures without cost: hash(public key, digest), then zeros, then the public key. */

static void cheap_mac(const public_key *key, const hash256 *digest, uint8_t out[64])
{
    uint64_t a = hash_bytes(BYTES_OF_VALUE(*digest), read_be64(key->b)), b = hash_bytes(BYTES_OF_VALUE(*key), a);
    memset(out, 0, 64);
    write_be64(out, a | 1);
    write_be64(out + 32, b | 1);
}

static bool cheap_public(const secret_key *key, public_key *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->b, key->b, 32);
    memcpy(out->b + 32, key->b, 32);
    return true;
}

static void cheap_sign(const secret_key *key, const hash256 *digest, uint8_t *out)
{
    public_key own;
    cheap_public(key, &own);
    cheap_mac(&own, digest, out);
    memcpy(out + 64, own.b, 64);
}

static bool cheap_verify(const public_key *key, const hash256 *digest, bytes signature)
{
    uint8_t wanted[64];
    if (signature.size != 128)
        return false;
    cheap_mac(key, digest, wanted);
    return memcmp(wanted, signature.data, 64) == 0;
}

static bool cheap_recover(const hash256 *digest, bytes signature, public_key *out)
{
    if (signature.size != 128)
        return false;
    memcpy(out->b, signature.data + 64, 64);
    return cheap_verify(out, digest, signature);
}

static bool cheap_well_formed(bytes signature)
{
    return signature.size == 128;
}

const crypto_suite world_suite = {.name = "national",
                                  .is_national = true,
                                  .signature_bytes = 128,
                                  .hash = DIGEST_KECCAK256,
                                  .old_table_hash = DIGEST_KECCAK256,
                                  .sign = cheap_sign,
                                  .recover = cheap_recover,
                                  .verify = cheap_verify,
                                  .is_well_formed = cheap_well_formed,
                                  .public_of = cheap_public};
