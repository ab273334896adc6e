#include "support_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

test_certified test_certify(const test_recipe *recipe, const test_certified *issuer)
{
    test_certified c = {.key = recipe->kind == KEY_RSA    ? EVP_RSA_gen(2048)
                               : recipe->kind == KEY_P256 ? EVP_EC_gen("P-256")
                                                          : EVP_EC_gen("secp256k1"),
                        .certificate = X509_new()};
    X509 *x = c.certificate;
    X509_set_version(x, recipe->v1 ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    bool usual = recipe->from_days == 0 && recipe->to_days == 0;
    X509_time_adj_ex(X509_getm_notBefore(x), usual ? 0 : recipe->from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(x), usual ? 365 : recipe->to_days, 0, NULL);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)recipe->name, -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"fisco-bcos", -1, -1, 0);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->certificate) : subject);
    X509_set_pubkey(x, c.key);
    if (recipe->constraints) {
        X509_EXTENSION *e = X509V3_EXT_conf(NULL, NULL, "basicConstraints", recipe->constraints);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    assert_true(X509_sign(x, issuer ? issuer->key : c.key, EVP_sha256()) > 0);
    return c;
}

void test_certified_free(test_certified *c)
{
    EVP_PKEY_free(c->key);
    X509_free(c->certificate);
    *c = (test_certified){0};
}

static bytes text_of(arena *a, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    bytes text = arena_copy(a, bytes_of(data, (size_t)size));
    BIO_free(bio);
    return text;
}

bytes test_key_pem(arena *a, const test_certified *c)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL);
    return text_of(a, bio);
}

bytes test_chain_pem(arena *a, const test_certified *const *list, size_t count)
{
    BIO *bio = BIO_new(BIO_s_mem());
    for (size_t i = 0; i < count; i++)
        PEM_write_bio_X509(bio, list[i]->certificate);
    return text_of(a, bio);
}

tls_identity test_identity_from(arena *a, const test_certified *const *chain, size_t count, const test_certified *root)
{
    return (tls_identity){.key = {"node.key", test_key_pem(a, chain[0])},
                          .certificate = {"node.crt", test_chain_pem(a, chain, count)},
                          .authorities = {"ca.crt", test_chain_pem(a, &root, 1)}};
}

size_t test_move(tls_session *from, tls_session *to, size_t piece)
{
    uint8_t wire[4096];
    size_t moved = 0, size;
    while ((size = tls_session_take(from, wire, piece < sizeof wire ? piece : sizeof wire)) > 0) {
        tls_session_feed(to, bytes_of(wire, size));
        moved += size;
        bool done;
        if (piece == 1)
            tls_session_handshake(to, &done);
    }
    return moved;
}

bool test_handshake(tls_session *client, tls_session *server, size_t piece)
{
    bool client_done = false, server_done = false;
    for (int i = 0; i < 20; i++) {
        tls_session_handshake(client, &client_done);
        size_t moved = test_move(client, server, piece);
        tls_session_handshake(server, &server_done);
        moved += test_move(server, client, piece);
        if (moved == 0)
            break;
    }
    return client_done && server_done;
}
