#include "crypto/suite.h"

#include <openssl/crypto.h>

hash256 suite_hash(const crypto_suite *suite, bytes in)
{
    return digest_of(suite->hash, in);
}

hash256 suite_hash2(const crypto_suite *suite, bytes first, bytes second)
{
    hash_stream s;
    hash_stream_begin(&s, suite->hash);
    hash_stream_add(&s, first);
    hash_stream_add(&s, second);
    return hash_stream_end(&s);
}

address address_of_key(const crypto_suite *suite, const public_key *key)
{
    hash256 hash = suite_hash(suite, BYTES_OF_VALUE(*key));
    address out;
    memcpy(out.b, hash.b + sizeof hash - sizeof out, sizeof out);
    return out;
}

void suite_recover_many(const crypto_suite *suite, const hash256 *digests, const bytes *signatures, size_t count,
                        public_key *keys, bool *found)
{
    for (size_t i = 0; i < count; i++)
        found[i] = suite->recover(&digests[i], signatures[i], &keys[i]);
}

void secret_key_wipe(secret_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

const crypto_suite *suite_by_name(bytes name, error_text *why)
{
    if (bytes_equal_text(name, crypto_standard.name))
        return &crypto_standard;
    if (bytes_equal_text(name, crypto_national.name))
        return &crypto_national;
    error_set(why, "crypto suite \"%.*s\" is not known; expected \"standard\" or \"national\"",
              (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
    return NULL;
}
