#include "tls/certificates.h"

#include "codec/hex.h"
#include "tls/private.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 64, SERIAL_BITS = 159, RSA_BITS = 2048, KEY_TRIES_MAX = 64 };

typedef struct {
    const char *common_name, *unit;  /* CN and OU; O is always fisco-bcos */
    const char *const (*extensions)[2]; /* name and value, up to a NULL name; NULL: an X.509 v1 certificate */
    unsigned days;
} request;

static const char *const ca_extensions[][2] = {{"basicConstraints", "CA:TRUE"}, {NULL, NULL}};
static const char *const leaf_extensions[][2] = {
    {"basicConstraints", "CA:FALSE"}, {"keyUsage", "nonRepudiation,digitalSignature,keyEncipherment"}, {NULL, NULL}};

static bool fail(error_text *why, const char *what)
{
    char detail[128];
    return error_set(why, "%s: %s", what, tls_error_text(detail, sizeof detail));
}

static bool check_request(const request *r, error_text *why)
{
    size_t length = strlen(r->common_name);
    bool ok = length >= 1 && length <= NAME_MAX_BYTES;
    for (size_t i = 0; ok && i < length; i++)
        ok = isprint((unsigned char)r->common_name[i]) && r->common_name[i] != '/' && r->common_name[i] != '=';
    if (!ok)
        return error_set(why, "certificate name \"%.80s\": must have 1 to %d printable characters without / and =", r->common_name,
                         NAME_MAX_BYTES);
    if (r->days < 1 || r->days > CERTIFICATE_DAYS_MAX)
        return error_set(why, "certificate validity of %u days: must be 1 to %d", r->days, CERTIFICATE_DAYS_MAX);
    return true;
}

/* The scalar must print as 64 hex digits that do not begin with 00. */
static bool scalar_is_full(EVP_PKEY *key)
{
    BIGNUM *scalar = NULL;
    bool full = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 && BN_num_bytes(scalar) == 32;
    BN_clear_free(scalar);
    return full;
}

static EVP_PKEY *make_key(bool is_rsa, error_text *why)
{
    ERR_clear_error();
    for (int i = 0; i < KEY_TRIES_MAX; i++) {
        EVP_PKEY *key = is_rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("secp256k1");
        if (key == NULL || is_rsa || scalar_is_full(key)) {
            if (key == NULL)
                fail(why, "cannot make a key");
            return key;
        }
        EVP_PKEY_free(key);
    }
    error_set(why, "cannot make a key: the random source repeats itself");
    return NULL;
}

static bool add_names(X509_NAME *name, const request *r)
{
    const char *const parts[][2] = {{"CN", r->common_name}, {"O", "fisco-bcos"}, {"OU", r->unit}};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_ASC, (const unsigned char *)parts[i][1], -1, -1, 0) != 1)
            return false;
    return true;
}

static bool add_extensions(X509 *certificate, const char *const (*list)[2])
{
    for (; list && (*list)[0]; list++) {
        X509_EXTENSION *extension = X509V3_EXT_conf(NULL, NULL, (*list)[0], (*list)[1]);
        bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!ok)
            return false;
    }
    return true;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return ok;
}

/* issuer NULL: self-signed. */
static X509 *make_certificate(const request *r, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(certificate);
    bool ok = X509_set_version(certificate, r->extensions ? X509_VERSION_3 : X509_VERSION_1) == 1 && set_serial(certificate) &&
              X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
              X509_time_adj_ex(X509_getm_notAfter(certificate), (int)r->days, 0, NULL) != NULL && add_names(subject, r) &&
              X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject) == 1 &&
              X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, r->extensions) &&
              X509_sign(certificate, issuer ? issuer_key : key, EVP_sha256()) > 0;
    if (ok)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static const char *memory_text(arena *a, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    return arena_copy_text(a, bytes_of(data, (size_t)size));
}

static bool print_pair(arena *a, EVP_PKEY *key, X509 *certificate, certificate_pair *out)
{
    BIO *key_text = BIO_new(BIO_s_secmem()), *text = BIO_new(BIO_s_mem());
    bool ok = key_text && text && PEM_write_bio_PKCS8PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_bio_X509(text, certificate) == 1;
    *out = (certificate_pair){0};
    if (ok) {
        out->key = memory_text(a, key_text);
        out->certificate = memory_text(a, text);
        out->id_text = tls_public_key_of(key, &out->id) ? hex_text(a, BYTES_OF_VALUE(out->id)) : NULL;
    }
    BIO_free(key_text);
    BIO_free(text);
    return ok;
}

static bool read_issuer(const certificate_pair *issuer, X509 **certificate, EVP_PKEY **key, error_text *why)
{
    BIO *key_text = BIO_new_mem_buf(issuer->key, -1), *text = BIO_new_mem_buf(issuer->certificate, -1);
    *key = key_text ? PEM_read_bio_PrivateKey(key_text, NULL, NULL, (void *)"") : NULL;
    *certificate = text ? PEM_read_bio_X509(text, NULL, NULL, (void *)"") : NULL;
    BIO_free(key_text);
    BIO_free(text);
    if (*key == NULL || *certificate == NULL)
        return fail(why, *key ? "the issuer's certificate is not PEM" : "the issuer's key is not an unencrypted PEM key");
    if (X509_check_private_key(*certificate, *key) != 1) {
        ERR_clear_error();
        return error_set(why, "the issuer's key does not belong to its certificate");
    }
    return true;
}

/* issuer NULL: self-signed. */
static bool make_pair(arena *a, const request *r, bool is_rsa, const certificate_pair *issuer, certificate_pair *out,
                      error_text *why)
{
    X509 *issuer_certificate = NULL, *certificate = NULL;
    EVP_PKEY *issuer_key = NULL, *key = NULL;
    ERR_clear_error();
    bool ok = check_request(r, why) && (issuer == NULL || read_issuer(issuer, &issuer_certificate, &issuer_key, why)) &&
              (key = make_key(is_rsa, why)) != NULL;
    if (ok) {
        certificate = make_certificate(r, key, issuer_certificate, issuer_key);
        ok = (certificate && print_pair(a, key, certificate, out)) || fail(why, "cannot make a certificate");
    }
    X509_free(issuer_certificate);
    X509_free(certificate);
    EVP_PKEY_free(issuer_key);
    EVP_PKEY_free(key);
    return ok;
}

bool certificate_make_chain(arena *a, unsigned days, certificate_pair *out, error_text *why)
{
    return make_pair(a, &(request){"chain", "chain", NULL, days}, false, NULL, out, why);
}

bool certificate_make_agency(arena *a, const certificate_pair *chain, const char *name, unsigned days, certificate_pair *out,
                             error_text *why)
{
    return make_pair(a, &(request){name, "agency", ca_extensions, days}, false, chain, out, why);
}

bool certificate_make_leaf(arena *a, const certificate_pair *issuer, certificate_role role, const char *name, unsigned days,
                           certificate_pair *out, error_text *why)
{
    const char *unit = role == CERTIFICATE_NODE ? "node" : "sdk";
    return make_pair(a, &(request){name, unit, leaf_extensions, days}, false, issuer, out, why);
}

bool certificate_make_rsa_root(arena *a, const char *agency, unsigned days, certificate_pair *out, error_text *why)
{
    return make_pair(a, &(request){agency, "chain", NULL, days}, true, NULL, out, why);
}

bool certificate_make_rsa_leaf(arena *a, const certificate_pair *root, unsigned days, certificate_pair *out, error_text *why)
{
    return make_pair(a, &(request){"FISCO-BCOS", "agency", NULL, days}, true, root, out, why);
}

const char *certificate_chain_text(arena *a, const certificate_pair *leaf, const certificate_pair *agency,
                                   const certificate_pair *chain)
{
    return arena_print(a, "%s%s%s", leaf->certificate, agency ? agency->certificate : "", chain->certificate);
}

bool certificate_write_key(const char *path, const char *key, error_text *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(why, "%s: cannot be created: %s", path, strerror(errno));
    size_t size = strlen(key), written = 0;
    while (written < size) {
        ssize_t n = write(fd, key + written, size - written);
        if (n <= 0)
            break;
        written += (size_t)n;
    }
    bool ok = written == size && fsync(fd) == 0;
    int reason = errno;
    ok = close(fd) == 0 && ok;
    return ok || error_set(why, "%s: cannot be written: %s", path, strerror(reason));
}
