#include "support_net.h"

#include "codec/hex.h"
#include "tls/private.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

static X509 *parse(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(x);
    return x;
}

static EVP_PKEY *parse_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(key);
    return key;
}

/* A row of the table of spec/interfaces.md 9.3. */
static void check(const certificate_pair *pair, const char *subject, const char *issuer, bool is_rsa, bool v1, int ca, unsigned usage)
{
    char text[256];
    X509 *x = parse(pair->certificate);
    EVP_PKEY *key = parse_key(pair->key);
    assert_memory_equal(pair->key, "-----BEGIN PRIVATE KEY-----\n", 28);
    assert_int_equal(X509_check_private_key(x, key), 1);
    assert_string_equal(X509_NAME_oneline(X509_get_subject_name(x), text, sizeof text), subject);
    assert_string_equal(X509_NAME_oneline(X509_get_issuer_name(x), text, sizeof text), issuer);
    assert_int_equal(X509_get_version(x), v1 ? X509_VERSION_1 : X509_VERSION_3);
    assert_int_equal(X509_get_signature_nid(x), is_rsa ? NID_sha256WithRSAEncryption : NID_ecdsa_with_SHA256);
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    assert_int_equal(constraints ? constraints->ca != 0 : -1, ca);
    BASIC_CONSTRAINTS_free(constraints);
    assert_int_equal(X509_get_key_usage(x), usage ? usage : UINT32_MAX);
    assert_int_equal(X509_get_ext_count(x), (ca >= 0) + (usage != 0));
    int days, seconds;
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)), 1);
    assert_int_equal(days, CERTIFICATE_DAYS_USUAL);
    assert_int_equal(EVP_PKEY_get_bits(key), is_rsa ? 2048 : 256);
    if (!is_rsa) {
        char curve[32];
        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL);
        assert_string_equal(curve, "secp256k1");
        node_id id;
        assert_true(tls_public_key_of(key, &id));
        assert_true(node_id_equal(&id, &pair->id));
        uint8_t read[64];
        assert_true(hex_read(bytes_of_text(pair->id_text), read, 64));
        assert_memory_equal(read, id.b, 64);
    } else {
        assert_null(pair->id_text);
    }
    EVP_PKEY_free(key);
    X509_free(x);
}

static const unsigned leaf_usage = X509v3_KU_NON_REPUDIATION | X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_ENCIPHERMENT;

static void certificates_are_those_of_the_table(void **state)
{
    (void)state;
    arena a = {0};
    error_text why;
    certificate_pair chain, agency, node, sdk, rsa_root, rsa_leaf;
    assert_true(certificate_make_chain(&a, CERTIFICATE_DAYS_USUAL, &chain, &why));
    check(&chain, "/CN=chain/O=fisco-bcos/OU=chain", "/CN=chain/O=fisco-bcos/OU=chain", false, true, -1, 0);
    assert_true(certificate_make_agency(&a, &chain, "my agency", CERTIFICATE_DAYS_USUAL, &agency, &why));
    check(&agency, "/CN=my agency/O=fisco-bcos/OU=agency", "/CN=chain/O=fisco-bcos/OU=chain", false, false, 1, 0);
    assert_true(certificate_make_leaf(&a, &agency, CERTIFICATE_NODE, "node0", CERTIFICATE_DAYS_USUAL, &node, &why));
    check(&node, "/CN=node0/O=fisco-bcos/OU=node", "/CN=my agency/O=fisco-bcos/OU=agency", false, false, 0, leaf_usage);
    assert_true(certificate_make_leaf(&a, &chain, CERTIFICATE_SDK, "sdk", CERTIFICATE_DAYS_USUAL, &sdk, &why));
    check(&sdk, "/CN=sdk/O=fisco-bcos/OU=sdk", "/CN=chain/O=fisco-bcos/OU=chain", false, false, 0, leaf_usage);
    assert_true(certificate_make_rsa_root(&a, "my agency", CERTIFICATE_DAYS_USUAL, &rsa_root, &why));
    check(&rsa_root, "/CN=my agency/O=fisco-bcos/OU=chain", "/CN=my agency/O=fisco-bcos/OU=chain", true, true, -1, 0);
    assert_true(certificate_make_rsa_leaf(&a, &rsa_root, CERTIFICATE_DAYS_USUAL, &rsa_leaf, &why));
    check(&rsa_leaf, "/CN=FISCO-BCOS/O=fisco-bcos/OU=agency", "/CN=my agency/O=fisco-bcos/OU=chain", true, true, -1, 0);
    arena_reset(&a);
}

/* Key regeneration rule: the scalar prints as 64 hex digits that do not begin with 00. */
static void node_keys_never_begin_with_a_zero_byte(void **state)
{
    (void)state;
    test_chain c;
    test_chain_make(&c);
    for (int i = 0; i < 600; i++) { /* one key in 256 would break the rule */
        certificate_pair leaf;
        error_text why;
        assert_true(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, "n", 1, &leaf, &why));
        EVP_PKEY *key = parse_key(leaf.key);
        BIGNUM *scalar = NULL;
        assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar), 1);
        assert_int_equal(BN_num_bytes(scalar), 32);
        BN_free(scalar);
        EVP_PKEY_free(key);
    }
    arena_reset(&c.memory);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    test_chain c;
    test_chain_make(&c);
    certificate_pair out;
    error_text why;
    char longest[66];
    memset(longest, 'n', 65);
    longest[65] = 0;
    static const char *const names[] = {"", "a/b", "a=b", "a\nb", "n\xc3\xb6"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_false(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, names[i], 1, &out, &why));
    assert_false(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, longest, 1, &out, &why));
    assert_true(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, longest + 1, 1, &out, &why));
    assert_false(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, "n", 0, &out, &why));
    assert_false(certificate_make_leaf(&c.memory, &c.agency, CERTIFICATE_NODE, "n", CERTIFICATE_DAYS_MAX + 1, &out, &why));
    certificate_pair broken = c.agency;
    broken.key = c.root.key;
    assert_false(certificate_make_leaf(&c.memory, &broken, CERTIFICATE_NODE, "n", 1, &out, &why));
    assert_string_equal(why.text, "the issuer's key does not belong to its certificate");
    broken.key = "rubbish";
    assert_false(certificate_make_leaf(&c.memory, &broken, CERTIFICATE_NODE, "n", 1, &out, &why));
    broken = c.agency;
    broken.certificate = "rubbish";
    assert_false(certificate_make_leaf(&c.memory, &broken, CERTIFICATE_NODE, "n", 1, &out, &why));
    arena_reset(&c.memory);
}

static void key_files_are_private_and_never_overwritten(void **state)
{
    (void)state;
    char folder[] = "/tmp/hanse-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/node.key", folder);
    mode_t before = umask(0);
    error_text why;
    assert_true(certificate_write_key(path, "secret", &why));
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(about.st_size, 6);
    assert_false(certificate_write_key(path, "other", &why));
    assert_non_null(strstr(why.text, "File exists"));
    umask(before);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_those_of_the_table),
        cmocka_unit_test(node_keys_never_begin_with_a_zero_byte),
        cmocka_unit_test(wrong_requests_are_refused),
        cmocka_unit_test(key_files_are_private_and_never_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
