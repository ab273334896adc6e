/* key_file.h: an account's key in a PEM file: PKCS#8, secp256k1, not encrypted (spec/interfaces.md section 12). */
#ifndef HANSE_TOOL_KEY_FILE_H
#define HANSE_TOOL_KEY_FILE_H

#include "tls/identity.h"

typedef struct {
    secret_key secret;
    public_key key;
    address account;
} account_key;

bool key_file_read(const char *path, account_key *out, error_text *why) MUST_USE;
/* A new random key into folder/0x<address>.pem and .public.pem; the folder is made when absent. path: PATH_MAX bytes. */
bool key_file_create(const char *folder, account_key *out, char *path, error_text *why) MUST_USE;

#endif
