/* Signatures, digests and keys as they come from outside, for both suites: no crash, and what recovers also verifies. */
#include <assert.h>
#include <stdint.h>

#include "crypto/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + 32)
        return 0;
    const crypto_suite *suite = data[0] & 1 ? &crypto_national : &crypto_standard;
    hash256 digest;
    public_key signer;
    memcpy(digest.b, data + 1, sizeof digest.b);
    bytes signature = bytes_of(data + 33, size - 33);
    if (data[0] & 2) { /* a good signature with the input laid over it, which reaches deeper */
        uint8_t made[SIGNATURE_MAX_BYTES];
        secret_key key = {{9}};
        suite->sign(&key, &digest, made);
        for (size_t i = 0; i < signature.size && i < suite->signature_bytes; i++)
            made[i] ^= signature.data[i];
        bytes view = bytes_of(made, suite->signature_bytes);
        if (suite->recover(&digest, view, &signer))
            assert(suite->verify(&signer, &digest, view));
        return 0;
    }
    bool recovered = suite->recover(&digest, signature, &signer);
    if (recovered)
        assert(signature.size == suite->signature_bytes && suite->verify(&signer, &digest, signature));
    if (suite->is_well_formed(signature))
        assert(signature.size == suite->signature_bytes);
    return 0;
}
