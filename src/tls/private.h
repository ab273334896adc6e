/* private.h: what the three files behind tls.h share. */
#ifndef HANSE_TLS_PRIVATE_H
#define HANSE_TLS_PRIVATE_H

#include "tls/tls.h"

#include <openssl/ssl.h>

typedef struct {
    node_id *ids; /* ascending */
    size_t count;
} tls_list;

struct tls_context {
    SSL_CTX *ssl;
    tls_purpose purpose;
    tls_subject self;
    bool check_issuer;
    tls_list blacklist, whitelist;
};

enum { TLS_REASON_BYTES = 320 };

struct tls_session {
    tls_context *context;
    SSL *ssl;
    BIO *in, *out;          /* owned by ssl */
    bool finished;          /* handshake done */
    tls_result ended;       /* TLS_OK while it lives */
    tls_subject peer;
    char reason[TLS_REASON_BYTES];
};

/* The node id, names and issuer a leaf shows (network.md 1.4). */
void tls_subject_of(X509 *leaf, tls_subject *out);
bool tls_public_key_of(EVP_PKEY *key, node_id *out); /* false: no EC key of 32-byte coordinates */
int tls_verify(int chain_is_good, X509_STORE_CTX *store);
/* The newest entry of OpenSSL's error queue, which is the outermost reason, as text; empties the queue. */
const char *tls_error_text(char *out, size_t size);

#endif
