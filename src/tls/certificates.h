/* certificates.h: makes the keys and certificates of a chain, in memory: chain CA, agencies, nodes, SDKs, and the RSA set of the
   channel port. Source: spec/interfaces.md 9.3, spec/network.md 1.2. Any thread; texts live in the arena.
   Every function that can fail returns false and a reason. days counts from now, 1..CERTIFICATE_DAYS_MAX; names have 1..64
   bytes of printable ASCII without '/' or '='. */
#ifndef HANSE_TLS_CERTIFICATES_H
#define HANSE_TLS_CERTIFICATES_H

#include "base/arena.h"
#include "base/error_text.h"
#include "crypto/suite.h"

enum { CERTIFICATE_DAYS_USUAL = 36500, CERTIFICATE_DAYS_MAX = 1000000 };

typedef struct {
    const char *key;          /* PKCS#8 PEM: BEGIN PRIVATE KEY. Write it with certificate_write_key */
    const char *certificate;  /* PEM of this certificate alone */
    node_id id;               /* EC only: X and Y of the public key */
    const char *id_text;      /* EC only: 128 lower-case hex digits (node.nodeid is this and a newline) */
} certificate_pair;

/* CN=chain, EC secp256k1, self-signed X.509 v1 without extensions: conf/ca.crt. */
bool certificate_make_chain(arena *a, unsigned days, certificate_pair *out, error_text *why) MUST_USE;
/* CN=<name>, OU=agency, CA:TRUE, signed by the chain CA. */
bool certificate_make_agency(arena *a, const certificate_pair *chain, const char *name, unsigned days, certificate_pair *out,
                             error_text *why) MUST_USE;

typedef enum { CERTIFICATE_NODE, CERTIFICATE_SDK } certificate_role; /* OU=node or OU=sdk */

/* EC leaf, CA:FALSE, signed by an agency, or by the chain CA in the two-level form. Its private scalar has 64 hex digits that do
   not begin with 00 (key regeneration rule). */
bool certificate_make_leaf(arena *a, const certificate_pair *issuer, certificate_role role, const char *name, unsigned days,
                           certificate_pair *out, error_text *why) MUST_USE;

/* The channel port's RSA 2048 set: one root for each agency (CN=<agency>, OU=chain) and v1 leaves without extensions
   (CN=FISCO-BCOS, OU=agency), the same for nodes and SDKs. An RSA key takes tens of milliseconds. */
bool certificate_make_rsa_root(arena *a, const char *agency, unsigned days, certificate_pair *out, error_text *why) MUST_USE;
bool certificate_make_rsa_leaf(arena *a, const certificate_pair *root, unsigned days, certificate_pair *out,
                               error_text *why) MUST_USE;

/* The content of node.crt and of an EC sdk.crt: leaf, agency, chain CA. agency NULL: the two-level form. */
const char *certificate_chain_text(arena *a, const certificate_pair *leaf, const certificate_pair *agency,
                                   const certificate_pair *chain);

/* Creates path with mode 0600 and writes the key; an existing file is not touched but refused. */
bool certificate_write_key(const char *path, const char *key, error_text *why) MUST_USE;

#endif
