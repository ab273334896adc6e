/* support_tls.h: certificates of every kind, also wrong ones, and handshakes in memory. */
#ifndef HANSE_TESTS_SUPPORT_TLS_H
#define HANSE_TESTS_SUPPORT_TLS_H

#include "tls/tls.h"
#include "test.h"

#include <openssl/x509.h>

typedef enum { KEY_SECP256K1, KEY_P256, KEY_RSA } test_key_kind;

typedef struct {
    const char *name;            /* CN */
    test_key_kind kind;
    bool v1;
    const char *constraints;     /* basicConstraints, or NULL */
    int from_days, to_days;      /* relative to now; 0, 0: from now for a year */
} test_recipe;

typedef struct {
    EVP_PKEY *key;
    X509 *certificate;
} test_certified;

test_certified test_certify(const test_recipe *recipe, const test_certified *issuer); /* NULL: self-signed */
void test_certified_free(test_certified *c);
bytes test_key_pem(arena *a, const test_certified *c);
bytes test_chain_pem(arena *a, const test_certified *const *list, size_t count);

/* Leaf first. roots: what the other side trusts is given by its own identity. */
tls_identity test_identity_from(arena *a, const test_certified *const *chain, size_t count, const test_certified *root);

/* Moves bytes until nothing moves. true: both sides finished. piece: how many bytes at a time. */
bool test_handshake(tls_session *client, tls_session *server, size_t piece);
size_t test_move(tls_session *from, tls_session *to, size_t piece);

#endif
