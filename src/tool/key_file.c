#include "tool/key_file.h"
#include "codec/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool key_file_read(const char *path, account_key *out, error_text *why)
{
    arena a = {0};
    tls_pem pem;
    bool ok = tls_read_file(&a, path, &pem, why) && identity_read_key(&pem, &out->secret, &out->key, why);
    if (ok)
        out->account = address_of_key(&crypto_standard, &out->key);
    arena_reset(&a);
    return ok;
}

static bool write_pem(const char *path, EVP_PKEY *key, bool secret, error_text *why)
{
    int handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
    FILE *file = handle < 0 ? NULL : fdopen(handle, "w");
    if (file == NULL)
        return error_set(why, "%s: %s", path, strerror(errno));
    int written = secret ? PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) : PEM_write_PUBKEY(file, key);
    return (fclose(file) == 0 && written == 1) || error_set(why, "%s: the key cannot be written", path);
}

/* PEM text of a new key, read back the way files are read: what is written is what will be used. */
static bool make_key(EVP_PKEY **key, account_key *out, error_text *why)
{
    *key = EVP_EC_gen("secp256k1");
    BIO *text = BIO_new(BIO_s_mem());
    bool ok = *key && text && PEM_write_bio_PKCS8PrivateKey(text, *key, NULL, NULL, 0, NULL, NULL) == 1;
    char *data = NULL;
    long size = ok ? BIO_get_mem_data(text, &data) : 0;
    tls_pem pem = {"new key", bytes_of(data, (size_t)size)};
    ok = ok ? identity_read_key(&pem, &out->secret, &out->key, why) : error_set(why, "no key could be made");
    if (ok)
        out->account = address_of_key(&crypto_standard, &out->key);
    BIO_free(text);
    return ok;
}

bool key_file_create(const char *folder, account_key *out, char *path, error_text *why)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return error_set(why, "%s: %s", folder, strerror(errno));
    EVP_PKEY *key = NULL;
    bool ok = make_key(&key, out, why);
    if (ok) {
        char name[41] = "", public_path[PATH_MAX];
        hex_write(BYTES_OF_VALUE(out->account), name);
        snprintf(path, PATH_MAX, "%s/0x%s.pem", folder, name);
        snprintf(public_path, sizeof public_path, "%s/0x%s.public.pem", folder, name);
        ok = write_pem(path, key, true, why) && write_pem(public_path, key, false, why);
    }
    EVP_PKEY_free(key);
    return ok;
}
