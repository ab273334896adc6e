/* suite.h: the algorithms of a whole chain as one value: standard (Keccak-256, secp256k1) or national (SM3, SM2).
   Source: spec/data-model.md section 1. Every function here is pure and may be called from any thread. */
#ifndef HANSE_CRYPTO_SUITE_H
#define HANSE_CRYPTO_SUITE_H

#include "base/error_text.h"
#include "crypto/digest.h"

typedef struct {
    uint8_t b[20];
} address;

typedef struct {
    uint8_t b[64]; /* X then Y, big-endian; also the node id */
} public_key;
typedef public_key node_id;

typedef struct {
    uint8_t b[32]; /* wipe with secret_key_wipe when done */
} secret_key;

enum { SIGNATURE_MAX_BYTES = 128 };

/* A signature is a view of suite->signature_bytes bytes: standard r(32) s(32) recovery id(1); national r(32) s(32) public key(64). */
typedef struct crypto_suite {
    const char *name; /* "standard" or "national" */
    bool is_national;
    size_t signature_bytes;                 /* 65 or 128 */
    digest_kind hash;                       /* H() of the spec */
    digest_kind old_table_hash;             /* table hashes below version 2.4.1: SHA-256 or SM3 */
    /* Signs a 32-byte digest. Standard: RFC 6979 nonce, low s; national: random nonce. out: signature_bytes.
       The key must be one that public_of accepts (asserted). */
    void (*sign)(const secret_key *key, const hash256 *digest, uint8_t *out);
    /* The signer's key; false when there is none. signature of any length: a wrong one gives false.
       Standard: recovery ids 0 to 3, high s accepted. */
    bool (*recover)(const hash256 *digest, bytes signature, public_key *out) MUST_USE;
    bool (*verify)(const public_key *key, const hash256 *digest, bytes signature) MUST_USE;
    /* isValid of data-model.md 1.3 (standard: recovery id 0 or 1, low s): asked where a transaction is decoded at level Everything. */
    bool (*is_well_formed)(bytes signature) MUST_USE;
    bool (*public_of)(const secret_key *key, public_key *out) MUST_USE; /* false: not a valid secret */
} crypto_suite;

extern const crypto_suite crypto_standard, crypto_national;

/* The place that chooses a chain's suite: "standard" or "national". NULL with a reason: any other name. */
const crypto_suite *suite_by_name(bytes name, error_text *why) MUST_USE;

hash256 suite_hash(const crypto_suite *suite, bytes in);
hash256 suite_hash2(const crypto_suite *suite, bytes first, bytes second); /* of the two, one behind the other */
address address_of_key(const crypto_suite *suite, const public_key *key);  /* last 20 bytes of H(key) */
/* One call for many digests: results equal those of recover() one by one. found[i] says whether keys[i] is set. */
void suite_recover_many(const crypto_suite *suite, const hash256 *digests, const bytes *signatures, size_t count,
                        public_key *keys, bool *found);
void secret_key_wipe(secret_key *key);

static inline bool hash256_equal(const hash256 *a, const hash256 *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool node_id_equal(const node_id *a, const node_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

#endif
