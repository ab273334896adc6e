/* Certificates as a peer shows them, and key files. The first byte chooses: a certificate in DER, whose node id and
   names are taken (network.md 1.4); the PEM text of a private key; a whole identity: key and certificates in one text.
 */
#include <assert.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "tls/identity.h"
#include "tls/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_subject(const uint8_t *der, size_t size)
{
    X509 *certificate = d2i_X509(NULL, &der, (long)size);
    if (certificate) {
        static const node_id none;
        tls_subject s;
        memset(&s, 0xee, sizeof s);
        tls_subject_of(certificate, &s);
        assert(!s.has_id || (s.is_end_entity && !node_id_equal(&s.id, &none)));
        assert(memchr(s.name, 0, sizeof s.name) && memchr(s.agency, 0, sizeof s.agency) &&
               memchr(s.issuer, 0, sizeof s.issuer));
        X509_free(certificate);
    }
    ERR_clear_error();
}

static void read_key(const tls_pem *text)
{
    secret_key key;
    node_id id, again;
    error_text why;
    if (identity_read_key(text, &key, &id, &why)) {
        assert(crypto_standard.public_of(&key, &again));
        assert(node_id_equal(&id, &again));
    }
    ERR_clear_error();
}

static void make_context(const tls_pem *text, tls_purpose purpose)
{
    tls_identity identity = {.key = *text, .certificate = *text, .authorities = *text};
    error_text why = {""};
    tls_context *c = tls_context_new(purpose, &identity, &why);
    assert(c || why.text[0]);
    tls_context_free(c);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    tls_pem text = {"input", bytes_of(data + 1, size - 1)};
    switch (data[0] % 4) {
    case 0:
        take_subject(data + 1, size - 1);
        break;
    case 1:
        read_key(&text);
        break;
    case 2:
        make_context(&text, TLS_PEER);
        break;
    default:
        make_context(&text, TLS_CHANNEL);
    }
    return 0;
}
