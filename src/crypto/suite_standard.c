/* The standard suite: Keccak-256 and secp256k1 through libsecp256k1. Secret keys only pass through libsecp256k1's constant-time
   signing and key generation; recovery and verification see public data and may take different times. */
#include <assert.h>
#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "crypto/suite.h"

enum { RECOVERY_ID_OFFSET = 64, STANDARD_SIGNATURE_BYTES = 65, RECOVERY_ID_MAX = 3 };

/* Half of the group order n, rounded down: the largest low s. */
static const uint8_t half_order[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};
static const uint8_t order[32] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};

/* libsecp256k1's static context cannot multiply the generator; this one can. Made once, never changed, so threads share it. */
static secp256k1_context *signing_context;
static pthread_once_t signing_context_once = PTHREAD_ONCE_INIT;

static void make_signing_context(void)
{
    signing_context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(signing_context != NULL);
}

static const secp256k1_context *context_for_signing(void)
{
    pthread_once(&signing_context_once, make_signing_context);
    return signing_context;
}

static void write_public_key(const secp256k1_pubkey *point, public_key *out)
{
    uint8_t text[65];
    size_t size = sizeof text;
    int ok = secp256k1_ec_pubkey_serialize(secp256k1_context_static, text, &size, point, SECP256K1_EC_UNCOMPRESSED);
    assert(ok && size == sizeof text);
    memcpy(out->b, text + 1, sizeof out->b);
}

static void standard_sign(const secret_key *key, const hash256 *digest, uint8_t *out)
{
    const secp256k1_context *context = context_for_signing();
    secp256k1_ecdsa_recoverable_signature signature;
    int ok = secp256k1_ecdsa_sign_recoverable(context, &signature, digest->b, key->b, NULL, NULL);
    assert(ok); /* only an invalid key fails; public_of refused it when it was loaded */
    int recovery_id;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context, out, &recovery_id, &signature);
    out[RECOVERY_ID_OFFSET] = (uint8_t)recovery_id;
}

static bool standard_recover(const hash256 *digest, bytes signature, public_key *out)
{
    if (signature.size != STANDARD_SIGNATURE_BYTES || signature.data[RECOVERY_ID_OFFSET] > RECOVERY_ID_MAX)
        return false;
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey point;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &parsed, signature.data,
                                                             signature.data[RECOVERY_ID_OFFSET]) ||
        !secp256k1_ecdsa_recover(secp256k1_context_static, &point, &parsed, digest->b))
        return false;
    write_public_key(&point, out);
    return true;
}

/* By recovery, not by ECDSA verification: the recovery id counts too, and high s passes (spec/data-model.md 1.3,
   spec/consensus.md 5.3). An all-zero key is never recovered, so it verifies nothing. */
static bool standard_verify(const public_key *key, const hash256 *digest, bytes signature)
{
    public_key signer;
    return standard_recover(digest, signature, &signer) && memcmp(signer.b, key->b, sizeof signer.b) == 0;
}

static bool standard_is_well_formed(bytes signature)
{
    static const uint8_t zero[32];
    if (signature.size != STANDARD_SIGNATURE_BYTES || signature.data[RECOVERY_ID_OFFSET] > 1)
        return false;
    const uint8_t *r = signature.data, *s = signature.data + 32;
    return memcmp(r, zero, 32) != 0 && memcmp(r, order, 32) < 0 && memcmp(s, zero, 32) != 0 &&
           memcmp(s, half_order, 32) <= 0;
}

static bool standard_public_of(const secret_key *key, public_key *out)
{
    secp256k1_pubkey point;
    if (!secp256k1_ec_pubkey_create(context_for_signing(), &point, key->b))
        return false;
    write_public_key(&point, out);
    return true;
}

const crypto_suite crypto_standard = {
    .name = "standard",
    .is_national = false,
    .signature_bytes = STANDARD_SIGNATURE_BYTES,
    .hash = DIGEST_KECCAK256,
    .old_table_hash = DIGEST_SHA256,
    .sign = standard_sign,
    .recover = standard_recover,
    .verify = standard_verify,
    .is_well_formed = standard_is_well_formed,
    .public_of = standard_public_of,
};
