/* support_raw.h: a peer that speaks TLS but sends whatever the test likes. */
#ifndef HANSE_TESTS_SUPPORT_RAW_H
#define HANSE_TESTS_SUPPORT_RAW_H

#include "support_net.h"

#include "net/frame.h"
#include "tls/tls.h"

typedef struct {
    int fd;
    tls_context *context;
    tls_session *tls;
    buffer in; /* plaintext received and not yet taken */
} raw_peer;

/* Connects and shakes hands; false: the other side refused. */
bool raw_connect(raw_peer *r, uint16_t port, const tls_identity *identity);
void raw_send(raw_peer *r, bytes plaintext); /* in TLS records of its own */
void raw_send_frame(raw_peer *r, uint16_t version, int32_t protocol, uint16_t packet_type, uint32_t seq, bytes payload);
/* The next frame, waiting up to 20 s; payload lives until the next call. false: the connection ended. */
bool raw_receive(raw_peer *r, frame *out);
/* Waits until the other side has closed; false after 20 s. */
bool raw_is_closed(raw_peer *r);
void raw_close(raw_peer *r);

#endif
