/* tls.h: TLS as bytes in, bytes out. A session knows no socket, thread or clock: what came from the wire is put in, what must
   go to the wire is taken out. Source: spec/network.md 1.1-1.4, 1.7.
   A context may be shared by the sessions of one thread; a session belongs to one thread. */
#ifndef HANSE_TLS_TLS_H
#define HANSE_TLS_TLS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error_text.h"
#include "crypto/suite.h"

/* A PEM text in memory and the name it goes by in messages (usually its path). Both are borrowed during the call only. */
typedef struct {
    const char *name;
    bytes pem;
} tls_pem;

typedef struct {
    tls_pem key;          /* private key, PKCS#8 or SEC1, not encrypted */
    tls_pem certificate;  /* chain: leaf first, then agency, then root */
    tls_pem authorities;  /* one or more trusted roots */
    const char *authorities_folder; /* hashed folder of further roots (network_security.ca_path), or NULL */
} tls_identity;

typedef enum {
    TLS_PEER,          /* node to node, both directions: EC leaf, secp256k1 first, node id from the leaf */
    TLS_CHANNEL,       /* SDK to node, the node's side: EC or RSA identity; the leaf's key may be missing */
    TLS_SDK            /* SDK to node, the SDK's side: EC or RSA identity; any node that the authorities vouch for, no host names */
} tls_purpose;

enum { TLS_NAME_BYTES = 256, TLS_LIST_MAX = 4096 };

typedef struct tls_context tls_context;
typedef struct tls_session tls_session;

/* NULL and a reason that names the file: unreadable PEM, key that does not belong to the certificate, wrong kind of key. */
tls_context *tls_context_new(tls_purpose purpose, const tls_identity *identity, error_text *why);
void tls_context_free(tls_context *context);

/* Who this context is: the node id is the public key of the private key (all zero for RSA); names as in network.md 1.4. */
typedef struct {
    node_id id;
    bool has_id;                       /* false: RSA key, or a leaf without basicConstraints CA:FALSE */
    bool is_end_entity;                /* basicConstraints CA:FALSE is there */
    char agency[TLS_NAME_BYTES];       /* common name of the leaf's issuer */
    char name[TLS_NAME_BYTES];         /* common name of the leaf's subject */
    char issuer[TLS_NAME_BYTES * 2];   /* one-line form, for check_cert_issuer */
} tls_subject;
const tls_subject *tls_context_self(const tls_context *context);

/* Black list, and white list when count > 0: asked for each new session of this context (network.md 1.7). At most TLS_LIST_MAX
   entries are kept; false beyond that. */
bool tls_context_set_blacklist(tls_context *context, const node_id *ids, size_t count) MUST_USE;
bool tls_context_set_whitelist(tls_context *context, const node_id *ids, size_t count) MUST_USE;
bool tls_context_allows(const tls_context *context, const node_id *id);
/* TLS_CHANNEL: leaves with basicConstraints CA:FALSE must have the issuer of our own leaf (network.md 8.1). Default true. */
void tls_context_check_issuer(tls_context *context, bool check);

typedef enum {
    TLS_OK,          /* the call did what it could; more input or output space may allow more */
    TLS_CLOSED,      /* the peer said close_notify */
    TLS_FAILED       /* tls_session_reason says why; output may still hold the alert to be sent */
} tls_result;

tls_session *tls_session_new(tls_context *context, bool is_server);
void tls_session_free(tls_session *session);

/* Wire bytes in. Everything is taken. Call tls_session_read until it gives nothing before feeding again. */
void tls_session_feed(tls_session *session, bytes from_wire);
/* Drives the handshake. *done: finished, and tls_session_peer is set. */
tls_result tls_session_handshake(tls_session *session, bool *done);
/* Plaintext into out, at most size bytes; *taken 0: more wire bytes are needed. */
tls_result tls_session_read(tls_session *session, uint8_t *out, size_t size, size_t *taken);
/* Plaintext from in, one call = whole TLS records of its own. All of it is taken. */
tls_result tls_session_write(tls_session *session, bytes in);
/* Appends close_notify to the output. */
void tls_session_close(tls_session *session);
/* Bytes for the wire: how many wait, and taking at most size of them. */
size_t tls_session_pending(const tls_session *session);
size_t tls_session_take(tls_session *session, uint8_t *out, size_t size);

/* Valid after the handshake; has_id false: no node id could be taken from the leaf (a peer must then be dropped). */
const tls_subject *tls_session_peer(const tls_session *session);
const char *tls_session_reason(const tls_session *session); /* "" when nothing failed */
const char *tls_session_cipher(const tls_session *session);
/* Both are the ends of one connection: this process talks to itself. Valid once either handshake is complete. */
bool tls_session_is_same_connection(const tls_session *one, const tls_session *other);

/* Reads a file of at most 1 MiB into the arena. */
bool tls_read_file(arena *a, const char *path, tls_pem *out, error_text *why) MUST_USE;

#endif
