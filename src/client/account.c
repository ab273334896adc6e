/* Accounts and their files: PEM and PKCS#12 (spec/interfaces.md section 12). */
#include "client/account.h"

#include "base/memory.h"
#include "client/inside.h"
#include "codec/hex.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *group; /* as OpenSSL calls the curve */
    const crypto_suite *suite;
} curves[] = {{"secp256k1", &crypto_standard}, {"SM2", &crypto_national}};

/* NULL: the secret is none of this curve. */
static hanse_account *account_of(const crypto_suite *suite, const secret_key *secret)
{
    hanse_account *account = memory_new(sizeof *account);
    account->suite = suite;
    account->secret = *secret;
    if (!suite->public_of(secret, &account->key)) {
        hanse_account_free(account);
        return NULL;
    }
    account->address = address_of_key(suite, &account->key);
    memcpy(account->address_text, "0x", 2);
    hex_write(BYTES_OF_VALUE(account->address), account->address_text + 2);
    return account;
}

static hanse_account *random_account(const crypto_suite *suite)
{
    for (;;) {
        secret_key secret;
        ssize_t got = getrandom(secret.b, sizeof secret.b, 0);
        assert(got == (ssize_t)sizeof secret.b); /* so small a request is never cut short */
        (void)got;
        /* No leading zero byte: some tools of the field print a key with fewer than 64 digits then. */
        hanse_account *account = secret.b[0] ? account_of(suite, &secret) : NULL;
        secret_key_wipe(&secret);
        if (account)
            return account;
    }
}

hanse_account *hanse_account_new(hanse_error *error)
{
    client_succeed(error);
    return random_account(&crypto_standard);
}

hanse_account *hanse_account_new_national(hanse_error *error)
{
    client_succeed(error);
    return random_account(&crypto_national);
}

const char *hanse_account_address(const hanse_account *account)
{
    return account->address_text;
}

void hanse_account_free(hanse_account *account)
{
    if (account == NULL)
        return;
    secret_key_wipe(&account->secret);
    free(account);
}

/* ---- reading ---- */

static hanse_account *account_of_key(EVP_PKEY *key, const char *path, hanse_error *error)
{
    char group[64] = "";
    BIGNUM *scalar = NULL;
    secret_key secret;
    hanse_account *account = NULL;
    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL);
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 && BN_bn2binpad(scalar, secret.b, sizeof secret.b) == (int)sizeof secret.b;
    for (size_t i = 0; ok && i < COUNT(curves); i++)
        if (strcmp(group, curves[i].group) == 0)
            account = account_of(curves[i].suite, &secret);
    if (account == NULL)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: no private key on secp256k1 or SM2%s%s", path, *group ? ", but on " : "", group);
    secret_key_wipe(&secret);
    BN_clear_free(scalar);
    ERR_clear_error();
    return account;
}

/* A file that holds a key is small. NULL: the reason is told. */
static BIO *read_file(const char *path, arena *a, hanse_error *error)
{
    tls_pem file;
    error_text why;
    if (path == NULL) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "no path was given");
        return NULL;
    }
    if (!tls_read_file(a, path, &file, &why)) {
        client_fail(error, HANSE_ERROR_FILE, 0, "%s", why.text);
        return NULL;
    }
    return BIO_new_mem_buf(file.pem.data, (int)file.pem.size);
}

/* Never asks for a pass phrase. */
static int no_pass_phrase(char *out, int size, int writing, void *context)
{
    (void)out, (void)size, (void)writing, (void)context;
    return -1;
}

hanse_account *hanse_account_read_pem(const char *path, hanse_error *error)
{
    arena a = {0};
    BIO *text = read_file(path, &a, error);
    EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_pass_phrase, NULL) : NULL;
    hanse_account *account = key ? account_of_key(key, path, error) : NULL;
    if (text && key == NULL)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: not an unencrypted private key in PEM form", path);
    EVP_PKEY_free(key);
    BIO_free(text);
    ERR_clear_error();
    arena_reset(&a);
    if (account)
        client_succeed(error);
    return account;
}

static EVP_PKEY *key_of_bags(const STACK_OF(PKCS12_SAFEBAG) *bags, const char *password)
{
    EVP_PKEY *key = NULL;
    for (int i = 0; key == NULL && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        if (PKCS12_SAFEBAG_get_nid(bag) == NID_keyBag) {
            key = EVP_PKCS82PKEY(PKCS12_SAFEBAG_get0_p8inf(bag));
        } else if (PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag) {
            PKCS8_PRIV_KEY_INFO *plain = PKCS12_decrypt_skey(bag, password, (int)strlen(password));
            key = plain ? EVP_PKCS82PKEY(plain) : NULL;
            PKCS8_PRIV_KEY_INFO_free(plain);
        }
    }
    return key;
}

/* By hand, because certificates beside the key may be encrypted with algorithms that are switched off (RC2 of older Javas). */
static EVP_PKEY *key_of_p12(PKCS12 *p12, const char *password)
{
    EVP_PKEY *key = NULL;
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
    for (int i = 0; safes && key == NULL && i < sk_PKCS7_num(safes); i++) {
        PKCS7 *safe = sk_PKCS7_value(safes, i);
        STACK_OF(PKCS12_SAFEBAG) *bags = OBJ_obj2nid(safe->type) == NID_pkcs7_data        ? PKCS12_unpack_p7data(safe)
                                         : OBJ_obj2nid(safe->type) == NID_pkcs7_encrypted ? PKCS12_unpack_p7encdata(safe, password, -1)
                                                                                          : NULL;
        key = bags ? key_of_bags(bags, password) : NULL;
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return key;
}

hanse_account *hanse_account_read_p12(const char *path, const char *password, hanse_error *error)
{
    arena a = {0};
    password = password ? password : "";
    BIO *data = read_file(path, &a, error);
    PKCS12 *p12 = data ? d2i_PKCS12_bio(data, NULL) : NULL;
    hanse_account *account = NULL;
    EVP_PKEY *key = NULL;
    if (data && p12 == NULL)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: not PKCS#12", path);
    else if (p12 && PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, password, -1) != 1)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: the password is wrong", path);
    else if (p12 && (key = key_of_p12(p12, password)) == NULL)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: no private key can be read with this password", path);
    else if (p12)
        account = account_of_key(key, path, error);
    EVP_PKEY_free(key);
    PKCS12_free(p12);
    BIO_free(data);
    ERR_clear_error();
    arena_reset(&a);
    if (account)
        client_succeed(error);
    return account;
}

/* ---- writing ---- */

static EVP_PKEY *key_of_account(const hanse_account *account)
{
    uint8_t point[65] = {4};
    memcpy(point + 1, account->key.b, sizeof account->key.b);
    bool is_national = account->suite == &crypto_national;
    const char *group = is_national ? curves[1].group : curves[0].group;
    BIGNUM *scalar = BN_secure_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, is_national ? "SM2" : "EC", NULL);
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *key = NULL;
    if (scalar && build && context && BN_bin2bn(account->secret.b, sizeof account->secret.b, scalar) &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1 && (parameters = OSSL_PARAM_BLD_to_param(build)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters);
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(scalar);
    ERR_clear_error();
    return key;
}

/* Creates path, which must not be there; what writes it is told the key and the password. */
static bool write_file(const char *path, unsigned mode, int (*write)(FILE *file, EVP_PKEY *key, const char *password), EVP_PKEY *key,
                       const char *password, hanse_error *error)
{
    int handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = handle < 0 ? NULL : fdopen(handle, "w");
    if (file == NULL)
        return client_fail(error, HANSE_ERROR_FILE, 0, "%s: %s", path, strerror(errno));
    int written = write(file, key, password);
    bool ok = fclose(file) == 0 && written == 1;
    if (!ok)
        unlink(path);
    ERR_clear_error();
    return ok || client_fail(error, HANSE_ERROR_FILE, 0, "%s: the key cannot be written", path);
}

static int write_private(FILE *file, EVP_PKEY *key, const char *password)
{
    (void)password;
    return PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
}

static int write_public(FILE *file, EVP_PKEY *key, const char *password)
{
    (void)password;
    return PEM_write_PUBKEY(file, key);
}

/* With the algorithms that every reader of the field knows, old Javas too. */
static int write_p12(FILE *file, EVP_PKEY *key, const char *password)
{
    enum { ROUNDS = 2048 };
    PKCS12 *p12 = PKCS12_create(password, "key", key, NULL, NULL, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, -1, ROUNDS, -1, 0);
    int ok = p12 && PKCS12_set_mac(p12, password, -1, NULL, 0, ROUNDS, EVP_sha1()) == 1 && i2d_PKCS12_fp(file, p12) == 1;
    PKCS12_free(p12);
    return ok;
}

static char *write_account(const hanse_account *account, const char *folder, const char *ending,
                           int (*write)(FILE *file, EVP_PKEY *key, const char *password), const char *password, hanse_error *error)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        client_fail(error, HANSE_ERROR_FILE, 0, "%s: %s", folder, strerror(errno));
        return NULL;
    }
    arena a = {0};
    const char *path = arena_print(&a, "%s/%s.%s", folder, account->address_text, ending);
    const char *public_path = arena_print(&a, "%s/%s.public.pem", folder, account->address_text);
    EVP_PKEY *key = key_of_account(account);
    bool ok = (key || client_fail(error, HANSE_ERROR_FILE, 0, "%s: the key cannot be encoded", path)) &&
              write_file(path, 0600, write, key, password, error);
    if (ok && access(public_path, F_OK) != 0)
        ok = write_file(public_path, 0644, write_public, key, NULL, error);
    EVP_PKEY_free(key);
    char *written = ok ? memory_copy_text(path) : NULL;
    arena_reset(&a);
    if (ok)
        client_succeed(error);
    return written;
}

char *hanse_account_write_pem(const hanse_account *account, const char *folder, hanse_error *error)
{
    return write_account(account, folder, "pem", write_private, NULL, error);
}

char *hanse_account_write_p12(const hanse_account *account, const char *folder, const char *password, hanse_error *error)
{
    return write_account(account, folder, "p12", write_p12, password ? password : "", error);
}
