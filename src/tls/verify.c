#include "tls/private.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool tls_public_key_of(EVP_PKEY *key, node_id *out)
{
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return false;
    BIGNUM *x = NULL, *y = NULL;
    bool found = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                 EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 && BN_bn2binpad(x, out->b, 32) == 32 &&
                 BN_bn2binpad(y, out->b + 32, 32) == 32;
    BN_free(x);
    BN_free(y);
    ERR_clear_error();
    return found;
}

/* The rule of network.md 1.4 on a one-line name such as /CN=agency/O=fisco-bcos/OU=agency: among the fields between slashes
   that contain "CN", the first one that reads CN=value; a field with "CN" and no "=" is taken whole. */
static bytes common_name(bytes line)
{
    bytes rest = line;
    while (rest.size) {
        const uint8_t *slash = memchr(rest.data, '/', rest.size);
        size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
        bytes field = bytes_of(rest.data, size);
        rest = bytes_from(rest, size + 1);
        if (memmem(field.data, field.size, "CN", 2) == NULL)
            continue;
        const uint8_t *equals = memchr(field.data, '=', field.size);
        if (equals == NULL)
            return field;
        if (equals - field.data == 2 && strncasecmp((const char *)field.data, "CN", 2) == 0) {
            bytes value = bytes_from(field, 3);
            const uint8_t *second = memchr(value.data ? value.data : (const uint8_t *)"", '=', value.size);
            return second ? bytes_of(value.data, (size_t)(second - value.data)) : value;
        }
    }
    return line;
}

static void one_line(const X509_NAME *name, char *out, size_t size)
{
    if (X509_NAME_oneline(name, out, (int)size) == NULL)
        out[0] = 0;
}

static void print_common_name(const char *line, char *out, size_t size)
{
    bytes name = common_name(bytes_of_text(line));
    snprintf(out, size, "%.*s", (int)name.size, (const char *)name.data);
}

/* 1: CA:TRUE, 0: CA:FALSE, -1: the extension is not there. */
static int basic_constraints(X509 *certificate)
{
    BASIC_CONSTRAINTS *found = X509_get_ext_d2i(certificate, NID_basic_constraints, NULL, NULL);
    int ca = found == NULL ? -1 : found->ca != 0;
    BASIC_CONSTRAINTS_free(found);
    ERR_clear_error();
    return ca;
}

void tls_subject_of(X509 *leaf, tls_subject *out)
{
    *out = (tls_subject){0};
    char subject[sizeof out->issuer];
    one_line(X509_get_issuer_name(leaf), out->issuer, sizeof out->issuer);
    one_line(X509_get_subject_name(leaf), subject, sizeof subject);
    print_common_name(out->issuer, out->agency, sizeof out->agency);
    print_common_name(subject, out->name, sizeof out->name);
    out->is_end_entity = basic_constraints(leaf) == 0;
    out->has_id = out->is_end_entity && tls_public_key_of(X509_get0_pubkey(leaf), &out->id);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(node_id));
}

static bool list_set(tls_list *list, const node_id *ids, size_t count)
{
    if (count > TLS_LIST_MAX)
        return false;
    node_id *copy = count ? malloc(count * sizeof *copy) : NULL;
    assert(count == 0 || copy != NULL);
    if (count) {
        memcpy(copy, ids, count * sizeof *copy);
        qsort(copy, count, sizeof *copy, compare_ids);
    }
    free(list->ids);
    *list = (tls_list){copy, count};
    return true;
}

static bool list_has(const tls_list *list, const node_id *id)
{
    return list->count && bsearch(id, list->ids, list->count, sizeof *id, compare_ids) != NULL;
}

bool tls_context_set_blacklist(tls_context *context, const node_id *ids, size_t count)
{
    return list_set(&context->blacklist, ids, count);
}

bool tls_context_set_whitelist(tls_context *context, const node_id *ids, size_t count)
{
    return list_set(&context->whitelist, ids, count);
}

bool tls_context_allows(const tls_context *context, const node_id *id)
{
    if (list_has(&context->blacklist, id))
        return false;
    return context->whitelist.count == 0 || list_has(&context->whitelist, id);
}

void tls_context_check_issuer(tls_context *context, bool check)
{
    context->check_issuer = check;
}

static int refuse(X509_STORE_CTX *store, tls_session *session, const char *why, const char *name)
{
    snprintf(session->reason, sizeof session->reason, "certificate of %.100s: %s", name, why);
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/* OpenSSL calls this for each certificate from root to leaf, and once more for each fault it finds. */
int tls_verify(int chain_is_good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    tls_session *session = SSL_get_app_data(ssl);
    const tls_context *context = session->context;
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    int depth = X509_STORE_CTX_get_error_depth(store);
    if (!chain_is_good) {
        char line[TLS_NAME_BYTES] = "(unknown)";
        if (certificate)
            one_line(X509_get_subject_name(certificate), line, sizeof line);
        const char *fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
        snprintf(session->reason, sizeof session->reason, "certificate %.150s: %s", line, fault);
        return 0;
    }
    if (depth > 0)
        return 1;
    tls_subject peer;
    tls_subject_of(certificate, &peer);
    if (context->purpose == TLS_PEER && peer.has_id) {
        if (list_has(&context->blacklist, &peer.id))
            return refuse(store, session, "its node id is on the black list", peer.name);
        if (!tls_context_allows(context, &peer.id))
            return refuse(store, session, "its node id is not on the white list", peer.name);
    }
    if (context->purpose == TLS_CHANNEL && context->check_issuer && peer.is_end_entity &&
        strcmp(peer.issuer, context->self.issuer) != 0)
        return refuse(store, session, "its issuer is not the issuer of this node's certificate", peer.name);
    session->peer = peer;
    return 1;
}
