/* account.h: what an account is, for the files that sign with it. */
#ifndef HANSE_CLIENT_ACCOUNT_H
#define HANSE_CLIENT_ACCOUNT_H

#include "crypto/suite.h"
#include "hanse/client.h"

struct hanse_account {
    const crypto_suite *suite; /* of its curve */
    secret_key secret;
    public_key key;
    address address;
    char address_text[43];
};

#endif
