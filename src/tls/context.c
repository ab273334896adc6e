#include "tls/private.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEM_FILE_MAX_BYTES = 1024 * 1024, PEM_CERTIFICATES_MAX = 256 };

/* network.md 1.3, 1-6. X25519 must stay out: its number means the SM2 curve to the reference's TLS library, which would offer
   it first. Hashes are not bound to curves: any of these pairs may come with a secp256k1 key. */
static const char peer_groups[] = "secp256k1:P-256";
static const char rsa_groups[] = "P-256:secp256k1";
static const char signature_algorithms[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512";
#define EC_CIPHERS                                                                                                          \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:"       \
    "ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA"
static const char ec_ciphers[] = EC_CIPHERS;
#define RSA_CIPHERS                                                                                                         \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:"   \
    "ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA"
static const char rsa_ciphers[] = RSA_CIPHERS;
static const char sdk_ciphers[] = EC_CIPHERS ":" RSA_CIPHERS; /* the node's key need not be of the SDK's kind */

const char *tls_error_text(char *out, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason)
        snprintf(out, size, "%s", reason);
    else
        snprintf(out, size, "no further detail (%lx)", code);
    ERR_clear_error();
    return out;
}

bool tls_read_file(arena *a, const char *path, tls_pem *out, error_text *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(why, "%s: cannot be opened: %s", path, strerror(errno));
    struct stat about;
    bool ok = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    if (!ok || about.st_size > PEM_FILE_MAX_BYTES) {
        close(fd);
        return error_set(why, "%s: %s", path, ok ? "larger than 1 MiB" : "is not a regular file");
    }
    size_t size = (size_t)about.st_size, got = 0;
    uint8_t *data = arena_take(a, size + 1);
    while (got < size) {
        ssize_t n = read(fd, data + got, size - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    close(fd);
    if (got < size)
        return error_set(why, "%s: cannot be read", path);
    *out = (tls_pem){path, bytes_of(data, size)};
    return true;
}

static BIO *pem_reader(const tls_pem *pem, error_text *why)
{
    ERR_clear_error();
    if (pem->pem.size == 0 || pem->pem.size > PEM_FILE_MAX_BYTES) {
        error_set(why, "%s: %s", pem->name, pem->pem.size ? "larger than 1 MiB" : "is empty");
        return NULL;
    }
    return BIO_new_mem_buf(pem->pem.data, (int)pem->pem.size);
}

/* Never asks for a pass phrase. */
static int no_pass_phrase(char *out, int size, int writing, void *context)
{
    (void)out, (void)size, (void)writing, (void)context;
    return -1;
}

static EVP_PKEY *read_key(const tls_pem *pem, error_text *why)
{
    BIO *reader = pem_reader(pem, why);
    if (reader == NULL)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(reader, NULL, no_pass_phrase, NULL);
    char detail[128];
    if (key == NULL)
        error_set(why, "%s: not an unencrypted private key in PEM form: %s", pem->name, tls_error_text(detail, sizeof detail));
    BIO_free(reader);
    return key;
}

/* Every certificate of a PEM text, in its order. */
static STACK_OF(X509) *read_certificates(const tls_pem *pem, error_text *why)
{
    BIO *reader = pem_reader(pem, why);
    if (reader == NULL)
        return NULL;
    STACK_OF(X509) *list = sk_X509_new_null();
    assert(list != NULL);
    X509 *one;
    while (sk_X509_num(list) < PEM_CERTIFICATES_MAX && (one = PEM_read_bio_X509(reader, NULL, no_pass_phrase, NULL)))
        sk_X509_push(list, one);
    unsigned long code = ERR_peek_last_error();
    bool ended = code == 0 || (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE);
    BIO_free(reader);
    if (sk_X509_num(list) > 0 && ended) {
        ERR_clear_error();
        return list;
    }
    char detail[128];
    error_set(why, "%s: certificate %d is not in PEM form: %s", pem->name, sk_X509_num(list) + 1,
              tls_error_text(detail, sizeof detail));
    sk_X509_pop_free(list, X509_free);
    return NULL;
}

static bool check_key_kind(tls_context *context, EVP_PKEY *key, const char *name, error_text *why)
{
    char curve[64] = "?";
    int kind = EVP_PKEY_get_base_id(key);
    if (kind == EVP_PKEY_EC)
        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL);
    ERR_clear_error();
    bool is_secp256k1 = strcmp(curve, "secp256k1") == 0;
    if (context->purpose == TLS_PEER && !is_secp256k1)
        return error_set(why, "%s: peers need an EC key on secp256k1, this one is %s", name,
                         kind == EVP_PKEY_EC ? curve : OBJ_nid2sn(kind));
    if (!is_secp256k1 && kind != EVP_PKEY_RSA)
        return error_set(why, "%s: needs an RSA key or an EC key on secp256k1, this one is %s", name,
                         kind == EVP_PKEY_EC ? curve : OBJ_nid2sn(kind));
    return true;
}

static bool use_leaf(tls_context *context, X509 *leaf, EVP_PKEY *key, const tls_identity *identity, error_text *why)
{
    char detail[128];
    if (X509_check_private_key(leaf, key) != 1) {
        ERR_clear_error();
        return error_set(why, "%s: the first certificate does not belong to the private key %s", identity->certificate.name,
                         identity->key.name);
    }
    if (SSL_CTX_use_certificate(context->ssl, leaf) != 1 || SSL_CTX_use_PrivateKey(context->ssl, key) != 1)
        return error_set(why, "%s: %s", identity->certificate.name, tls_error_text(detail, sizeof detail));
    tls_subject_of(leaf, &context->self);
    if (!tls_public_key_of(key, &context->self.id))
        context->self.id = (node_id){{0}};
    return true;
}

static bool load_own(tls_context *context, const tls_identity *identity, error_text *why)
{
    EVP_PKEY *key = read_key(&identity->key, why);
    STACK_OF(X509) *chain = key ? read_certificates(&identity->certificate, why) : NULL;
    bool ok = chain && check_key_kind(context, key, identity->key.name, why) &&
              use_leaf(context, sk_X509_value(chain, 0), key, identity, why);
    for (int i = 1; ok && i < sk_X509_num(chain); i++)
        ok = SSL_CTX_add1_chain_cert(context->ssl, sk_X509_value(chain, i)) == 1 ||
             error_set(why, "%s: certificate %d cannot be used", identity->certificate.name, i + 1);
    bool is_ec = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, is_sdk = context->purpose == TLS_SDK;
    if (ok)
        ok = (SSL_CTX_set_cipher_list(context->ssl, is_sdk ? sdk_ciphers : is_ec ? ec_ciphers : rsa_ciphers) == 1 &&
              SSL_CTX_set1_groups_list(context->ssl, is_ec || is_sdk ? peer_groups : rsa_groups) == 1) ||
             error_set(why, "the TLS library lacks the needed ciphers or curves");
    sk_X509_pop_free(chain, X509_free);
    EVP_PKEY_free(key);
    return ok;
}

static bool load_authorities(tls_context *context, const tls_identity *identity, error_text *why)
{
    STACK_OF(X509) *roots = read_certificates(&identity->authorities, why);
    if (roots == NULL)
        return false;
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    bool ok = true;
    for (int i = 0; ok && i < sk_X509_num(roots); i++)
        ok = X509_STORE_add_cert(store, sk_X509_value(roots, i)) == 1 ||
             error_set(why, "%s: certificate %d cannot be used", identity->authorities.name, i + 1);
    sk_X509_pop_free(roots, X509_free);
    if (ok && identity->authorities_folder && identity->authorities_folder[0])
        ok = X509_STORE_load_path(store, identity->authorities_folder) == 1 ||
             error_set(why, "%s: cannot be used as a folder of certificates", identity->authorities_folder);
    ERR_clear_error();
    return ok;
}

/* What does not depend on the identity. The reference knows neither TLS 1.3 nor resumption. */
static bool set_parameters(SSL_CTX *ssl)
{
    static const unsigned char session_context[] = "hanse";
    SSL_CTX_set_security_level(ssl, 1);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, tls_verify);
    SSL_CTX_set_quiet_shutdown(ssl, 0);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(ssl, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set1_sigalgs_list(ssl, signature_algorithms) == 1 &&
           SSL_CTX_set_session_id_context(ssl, session_context, sizeof session_context - 1) == 1;
}

tls_context *tls_context_new(tls_purpose purpose, const tls_identity *identity, error_text *why)
{
    tls_context *context = memory_new(sizeof *context);
    *context = (tls_context){.purpose = purpose, .check_issuer = true};
    ERR_clear_error();
    context->ssl = SSL_CTX_new(TLS_method());
    bool ok = context->ssl && set_parameters(context->ssl);
    if (!ok)
        error_set(why, "the TLS library refuses the parameters of the peer network");
    if (ok && load_own(context, identity, why) && load_authorities(context, identity, why))
        return context;
    tls_context_free(context);
    return NULL;
}

void tls_context_free(tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context->blacklist.ids);
    free(context->whitelist.ids);
    free(context);
}

const tls_subject *tls_context_self(const tls_context *context)
{
    return &context->self;
}
