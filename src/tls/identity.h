/* identity.h: the key a node signs blocks with: the same that its certificate proves to peers (spec/network.md 1.1). */
#ifndef HANSE_TLS_IDENTITY_H
#define HANSE_TLS_IDENTITY_H

#include "tls/tls.h"

/* The secp256k1 secret of a PEM private key (PKCS#8 or SEC1). The reason names the file. */
bool identity_read_key(const tls_pem *pem, secret_key *key, node_id *id, error_text *why) MUST_USE;

#endif
