/* client.h: an SDK for tests: blocking, one thread, that can also misbehave. Failures end the test. */
#ifndef HANSE_TESTS_SUPPORT_CHANNEL_CLIENT_H
#define HANSE_TESTS_SUPPORT_CHANNEL_CLIENT_H

#include "test.h"

#include "base/buffer.h"
#include "channel/door.h"
#include "codec/channel_frame.h"
#include "tls/certificates.h"

#include <openssl/ssl.h>

/* The certificates of one agency for the channel port. */
typedef struct {
    arena memory;
    certificate_pair root, node, sdk;
    const char *sdk_chain;
    tls_identity identity; /* of the node */
} channel_certificates;

channel_certificates *channel_certificates_rsa(void);
/* EC ones: a chain, an agency, a node of it; the SDK is of the same agency, or of another one of the chain. */
channel_certificates *channel_certificates_ec(bool sdk_of_other_agency);
void channel_certificates_free(channel_certificates *c);

typedef struct {
    int socket;
    SSL_CTX *context;
    SSL *tls;
    buffer received;   /* of the frame being read */
    size_t records;    /* TLS records read */
    uint32_t next_seq;
} channel_client;

channel_client *channel_connect(unsigned port, const channel_certificates *c);
/* false: the node refuses the client's certificate; NULL: it has none. */
bool channel_is_let_in(unsigned port, const channel_certificates *c);
void channel_disconnect(channel_client *c);

void channel_write(channel_client *c, bytes raw);
channel_seq channel_send(channel_client *c, uint16_t type, bytes body); /* with a new seq */
channel_seq channel_send_text(channel_client *c, uint16_t type, const char *body);
void channel_send_with(channel_client *c, uint16_t type, const channel_seq *seq, int32_t result, bytes body);

/* The next frame within 20 s; body lives until the next call. Each must begin a TLS record. */
channel_frame channel_receive(channel_client *c);
/* false: nothing within ms. */
bool channel_receive_within(channel_client *c, unsigned ms, channel_frame *out);
/* The node closed with close_notify. */
void channel_expect_end(channel_client *c);
/* The next frame has this type, seq and body. */
void channel_expect(channel_client *c, uint16_t type, const channel_seq *seq, const char *body);
/* Handshake with versions 1 to max. */
void channel_shake_hands(channel_client *c, unsigned max);

#endif
