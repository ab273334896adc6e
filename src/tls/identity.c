#include "tls/identity.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

static EVP_PKEY *read_pem(const tls_pem *pem)
{
    BIO *text = BIO_new_mem_buf(pem->pem.data, (int)pem->pem.size);
    EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, NULL, (void *)"") : NULL;
    BIO_free(text);
    return key;
}

static bool is_on_secp256k1(EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
           strcmp(group, "secp256k1") == 0;
}

bool identity_read_key(const tls_pem *pem, secret_key *key, node_id *id, error_text *why)
{
    EVP_PKEY *parsed = read_pem(pem);
    if (parsed == NULL)
        return error_set(why, "%s: not a PEM private key", pem->name);
    BIGNUM *scalar = NULL;
    bool ok = is_on_secp256k1(parsed) && EVP_PKEY_get_bn_param(parsed, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
              BN_bn2binpad(scalar, key->b, sizeof key->b) == (int)sizeof key->b;
    BN_clear_free(scalar);
    EVP_PKEY_free(parsed);
    if (!ok)
        return error_set(why, "%s: not a secp256k1 key", pem->name);
    if (!crypto_standard.public_of(key, id))
        return error_set(why, "%s: the key is not valid on secp256k1", pem->name);
    return true;
}
