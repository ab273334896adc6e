#include "test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/ecdsa.h>

#include "codec/hex.h"
#include "crypto/suite.h"

static const crypto_suite *suite = &crypto_national;

static void from_hex(const char *text, uint8_t *out, size_t size)
{
    assert_true(hex_read(bytes_of_text(text), out, size));
}

static void assert_hex(bytes got, const char *expected)
{
    arena a = {0};
    assert_string_equal(hex_text(&a, got), expected);
    arena_reset(&a);
}

static secret_key key_of(uint8_t low_byte)
{
    secret_key key = {{0}};
    key.b[31] = low_byte;
    return key;
}

/* The key pair of GB/T 32918.5 A.2; the address of key 1 of spec/data-model.md 12 B. */
static void keys_and_addresses(void **state)
{
    (void)state;
    secret_key key = key_of(1);
    public_key pub;
    assert_true(suite->public_of(&key, &pub));
    address who = address_of_key(suite, &pub);
    assert_hex(BYTES_OF_VALUE(who), "e321dedcc72761be1bbf16159f679ffd98183a69");
    from_hex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", key.b, 32);
    assert_true(suite->public_of(&key, &pub));
    assert_hex(BYTES_OF_VALUE(pub), "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                                    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
}

static void invalid_secrets_are_refused(void **state)
{
    (void)state;
    public_key pub;
    secret_key key = key_of(0);
    assert_false(suite->public_of(&key, &pub));
    from_hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", key.b, 32);
    assert_false(suite->public_of(&key, &pub)); /* the order */
    key.b[31]--;
    assert_false(suite->public_of(&key, &pub)); /* signing would divide by zero */
    key.b[31]--;
    assert_true(suite->public_of(&key, &pub));
    memset(key.b, 0xff, 32);
    assert_false(suite->public_of(&key, &pub));
}

static void signed_digests_verify_and_recover(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 20; i++) {
        secret_key key = key_of((uint8_t)i), other_key = key_of((uint8_t)(i + 1));
        public_key pub, other, signer;
        assert_true(suite->public_of(&key, &pub) && suite->public_of(&other_key, &other));
        hash256 digest = suite_hash(suite, BYTES_OF_VALUE(i));
        uint8_t signature[128], again[128];
        bytes view = bytes_of(signature, 128);
        suite->sign(&key, &digest, signature);
        suite->sign(&key, &digest, again);
        assert_memory_not_equal(signature, again, 64); /* random nonce */
        assert_true(suite->is_well_formed(view));
        assert_true(suite->verify(&pub, &digest, view));
        assert_false(suite->verify(&other, &digest, view));
        assert_true(suite->recover(&digest, view, &signer));
        assert_true(node_id_equal(&signer, &pub));
        for (size_t at = 0; at < 64; at += 7) {
            signature[at] ^= 4;
            assert_false(suite->verify(&pub, &digest, view));
            assert_false(suite->recover(&digest, view, &signer));
            signature[at] ^= 4;
        }
        digest.b[i] ^= 1;
        assert_false(suite->verify(&pub, &digest, view));
        digest.b[i] ^= 1;
        /* spec/data-model.md 1.3: verify looks at the key it is given, recover at the one in the signature. */
        memcpy(signature + 64, other.b, 64);
        assert_true(suite->verify(&pub, &digest, view));
        assert_false(suite->recover(&digest, view, &signer));
    }
}

static void bad_signatures_are_refused(void **state)
{
    (void)state;
    secret_key key = key_of(9);
    public_key pub, signer, bad_key;
    hash256 digest = {{1, 2, 3}};
    uint8_t good[129] = {0}, bad[128];
    suite->sign(&key, &digest, good);
    assert_true(suite->public_of(&key, &pub));
    for (size_t size = 0; size <= 129; size++) {
        if (size == 128)
            continue;
        uint8_t *exact = malloc(size ? size : 1);
        memcpy(exact, good, size);
        assert_false(suite->recover(&digest, bytes_of(exact, size), &signer));
        assert_false(suite->verify(&pub, &digest, bytes_of(exact, size)));
        assert_false(suite->is_well_formed(bytes_of(exact, size)));
        free(exact);
    }
    static const struct {
        const char *number;
        bool well_formed;
    } numbers[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", false},
        /* QUIRK: the order of SM2 is below that of secp256k1, which is the one that counts here */
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", true},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", true},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", false},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        for (size_t at = 0; at <= 32; at += 32) {
            memcpy(bad, good, 128);
            from_hex(numbers[i].number, bad + at, 32);
            assert_int_equal(suite->is_well_formed(bytes_of(bad, 128)), numbers[i].well_formed);
            assert_false(suite->verify(&pub, &digest, bytes_of(bad, 128)));
            assert_false(suite->recover(&digest, bytes_of(bad, 128), &signer));
        }
    }
    /* keys that are no points: zero, off the curve, coordinates above p */
    static const uint8_t patterns[] = {0x00, 0x01, 0xff};
    for (size_t i = 0; i < COUNT(patterns); i++) {
        memset(bad_key.b, patterns[i], 64);
        memcpy(bad, good, 128);
        memcpy(bad + 64, bad_key.b, 64);
        assert_false(suite->verify(&bad_key, &digest, bytes_of(bad, 128)));
        assert_false(suite->recover(&digest, bytes_of(bad, 128), &signer));
        assert_int_equal(suite->is_well_formed(bytes_of(bad, 128)), patterns[i] != 0);
    }
    /* r + s = 0 modulo the order */
    memcpy(bad, good, 128);
    memset(bad, 0, 64);
    bad[31] = 1;
    from_hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", bad + 32, 32);
    assert_false(suite->verify(&pub, &digest, bytes_of(bad, 128)));
}

/* --- against OpenSSL's own SM2, which hashes Z by itself --- */

static EVP_PKEY *openssl_key(const secret_key *key, const public_key *pub)
{
    uint8_t point[65] = {4};
    memcpy(point + 1, pub->b, 64);
    BIGNUM *d = BN_bin2bn(key->b, 32, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *out = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &out, EVP_PKEY_KEYPAIR, params), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(d);
    return out;
}

static EVP_MD_CTX *openssl_context(EVP_PKEY *key, EVP_PKEY_CTX **key_context)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *key_context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    assert_int_equal(EVP_PKEY_CTX_set1_id(*key_context, "1234567812345678", 16), 1);
    EVP_MD_CTX_set_pkey_ctx(context, *key_context);
    return context;
}

static bool openssl_verifies(EVP_PKEY *key, const hash256 *digest, const uint8_t *signature)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    uint8_t *der = NULL;
    int size = i2d_ECDSA_SIG(pair, &der);
    EVP_PKEY_CTX *key_context;
    EVP_MD_CTX *context = openssl_context(key, &key_context);
    assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, "SM3", NULL, NULL, key, NULL), 1);
    bool ok = EVP_DigestVerify(context, der, (size_t)size, digest->b, 32) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return ok;
}

static void openssl_signs(EVP_PKEY *key, const hash256 *digest, uint8_t *signature)
{
    uint8_t der[128];
    size_t size = sizeof der;
    EVP_PKEY_CTX *key_context;
    EVP_MD_CTX *context = openssl_context(key, &key_context);
    assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SM3", NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestSign(context, der, &size, digest->b, 32), 1);
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
}

static void agrees_with_openssl_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 12; i++) {
        hash256 digest = suite_hash(suite, BYTES_OF_VALUE(i)), seed = suite_hash(suite, BYTES_OF_VALUE(digest));
        secret_key key;
        public_key pub, signer;
        memcpy(key.b, seed.b, 32);
        key.b[0] &= 0x7f;
        assert_true(suite->public_of(&key, &pub));
        EVP_PKEY *theirs = openssl_key(&key, &pub);
        uint8_t signature[128];
        suite->sign(&key, &digest, signature);
        assert_true(openssl_verifies(theirs, &digest, signature));
        openssl_signs(theirs, &digest, signature);
        memcpy(signature + 64, pub.b, 64);
        assert_true(suite->verify(&pub, &digest, bytes_of(signature, 128)));
        assert_true(suite->recover(&digest, bytes_of(signature, 128), &signer));
        EVP_PKEY_free(theirs);
    }
}

static void recover_many_equals_single_calls(void **state)
{
    (void)state;
    enum { N = 12 };
    hash256 digests[N];
    uint8_t space[N][128];
    bytes signatures[N];
    public_key keys[N], expected;
    bool found[N];
    for (unsigned i = 0; i < N; i++) {
        secret_key key = key_of((uint8_t)(i + 1));
        digests[i] = suite_hash(suite, BYTES_OF_VALUE(i));
        suite->sign(&key, &digests[i], space[i]);
        if (i % 4 == 1)
            space[i][40] ^= 0x55;
        signatures[i] = bytes_of(space[i], i % 4 == 2 ? 65 : 128);
    }
    suite_recover_many(suite, digests, signatures, N, keys, found);
    for (unsigned i = 0; i < N; i++) {
        bool ok = suite->recover(&digests[i], signatures[i], &expected);
        assert_int_equal(found[i], ok);
        assert_int_equal(ok, i % 4 == 0 || i % 4 == 3);
        if (ok)
            assert_true(node_id_equal(&keys[i], &expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_addresses),
        cmocka_unit_test(invalid_secrets_are_refused),
        cmocka_unit_test(signed_digests_verify_and_recover),
        cmocka_unit_test(bad_signatures_are_refused),
        cmocka_unit_test(agrees_with_openssl_both_ways),
        cmocka_unit_test(recover_many_equals_single_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
