#include "support/channel/client.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

channel_certificates *channel_certificates_rsa(void)
{
    channel_certificates *c = memory_new(sizeof *c);
    error_text why = {""};
    if (!certificate_make_rsa_root(&c->memory, "agency", 365, &c->root, &why) ||
        !certificate_make_rsa_leaf(&c->memory, &c->root, 365, &c->node, &why) ||
        !certificate_make_rsa_leaf(&c->memory, &c->root, 365, &c->sdk, &why))
        fail_msg("%s", why.text);
    c->sdk_chain = c->sdk.certificate;
    c->identity = (tls_identity){.key = {"node.key", bytes_of_text(c->node.key)},
                                 .certificate = {"node.crt", bytes_of_text(c->node.certificate)},
                                 .authorities = {"ca.crt", bytes_of_text(c->root.certificate)}};
    return c;
}

channel_certificates *channel_certificates_ec(bool sdk_of_other_agency)
{
    channel_certificates *c = memory_new(sizeof *c);
    arena *a = &c->memory;
    error_text why = {""};
    certificate_pair agency, other;
    if (!certificate_make_chain(a, 365, &c->root, &why) || !certificate_make_agency(a, &c->root, "agencyA", 365, &agency, &why) ||
        !certificate_make_agency(a, &c->root, "agencyB", 365, &other, &why) ||
        !certificate_make_leaf(a, &agency, CERTIFICATE_NODE, "node0", 365, &c->node, &why) ||
        !certificate_make_leaf(a, sdk_of_other_agency ? &other : &agency, CERTIFICATE_SDK, "sdk", 365, &c->sdk, &why))
        fail_msg("%s", why.text);
    c->sdk_chain = certificate_chain_text(a, &c->sdk, sdk_of_other_agency ? &other : &agency, &c->root);
    const char *chain = certificate_chain_text(a, &c->node, &agency, &c->root);
    c->identity = (tls_identity){.key = {"node.key", bytes_of_text(c->node.key)},
                                 .certificate = {"node.crt", bytes_of_text(chain)},
                                 .authorities = {"ca.crt", bytes_of_text(c->root.certificate)}};
    return c;
}

void channel_certificates_free(channel_certificates *c)
{
    arena_reset(&c->memory);
    free(c);
}

static void use_certificate(SSL_CTX *context, const channel_certificates *c)
{
    BIO *key_text = BIO_new_mem_buf(c->sdk.key, -1), *chain_text = BIO_new_mem_buf(c->sdk_chain, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL);
    X509 *one = PEM_read_bio_X509(chain_text, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(context, one), 1);
    X509_free(one);
    while ((one = PEM_read_bio_X509(chain_text, NULL, NULL, NULL)))
        SSL_CTX_add_extra_chain_cert(context, one); /* takes it over */
    ERR_clear_error();
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    EVP_PKEY_free(key);
    BIO_free(key_text);
    BIO_free(chain_text);
}

static int connect_to(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    signal(SIGPIPE, SIG_IGN);
    return fd;
}

channel_client *channel_connect(unsigned port, const channel_certificates *c)
{
    channel_client *client = memory_new(sizeof *client);
    client->socket = connect_to(port);
    client->received = buffer_init(BUFFER_NO_LIMIT);
    client->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(client->context, TLS1_2_VERSION);
    SSL_CTX_set1_groups_list(client->context, "secp256k1:P-256");
    use_certificate(client->context, c);
    client->tls = SSL_new(client->context);
    SSL_set_fd(client->tls, client->socket);
    if (SSL_connect(client->tls) != 1)
        fail_msg("no TLS session: %s", ERR_reason_error_string(ERR_peek_last_error()));
    return client;
}

bool channel_is_let_in(unsigned port, const channel_certificates *c)
{
    int fd = connect_to(port);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set1_groups_list(context, "secp256k1:P-256");
    if (c)
        use_certificate(context, c);
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    bool ok = SSL_connect(tls) == 1;
    SSL_free(tls);
    SSL_CTX_free(context);
    ERR_clear_error();
    close(fd);
    return ok;
}

void channel_disconnect(channel_client *c)
{
    SSL_free(c->tls);
    SSL_CTX_free(c->context);
    close(c->socket);
    buffer_free(&c->received);
    ERR_clear_error();
    free(c);
}

void channel_write(channel_client *c, bytes raw)
{
    if (raw.size)
        assert_int_equal(SSL_write(c->tls, raw.data, (int)raw.size), raw.size);
}

void channel_send_with(channel_client *c, uint16_t type, const channel_seq *seq, int32_t result, bytes body)
{
    buffer whole = buffer_init(BUFFER_NO_LIMIT);
    channel_frame_write_header(&(channel_frame){type, *seq, result, body}, buffer_extend(&whole, CHANNEL_HEADER_BYTES));
    buffer_append(&whole, body);
    channel_write(c, buffer_bytes(&whole));
    buffer_free(&whole);
}

channel_seq channel_send(channel_client *c, uint16_t type, bytes body)
{
    char text[CHANNEL_SEQ_BYTES + 1];
    snprintf(text, sizeof text, "%016x%016x", (unsigned)(uintptr_t)c, ++c->next_seq);
    channel_seq seq;
    memcpy(seq.b, text, sizeof seq.b);
    channel_send_with(c, type, &seq, 0, body);
    return seq;
}

channel_seq channel_send_text(channel_client *c, uint16_t type, const char *body)
{
    return channel_send(c, type, bytes_of_text(body));
}

static bool read_record(channel_client *c)
{
    uint8_t record[17 * 1024];
    int got = SSL_read(c->tls, record, sizeof record);
    if (got <= 0)
        return false;
    c->records++;
    buffer_append(&c->received, bytes_of(record, (size_t)got));
    return true;
}

channel_frame channel_receive(channel_client *c)
{
    channel_frame f = {0};
    size_t size;
    buffer_clear(&c->received);
    for (;;) {
        if (!read_record(c))
            fail_msg("no frame: %zu bytes came, then nothing or the end", c->received.size);
        channel_frame_result result = channel_frame_decode(buffer_bytes(&c->received), &f, &size);
        if (result == CHANNEL_FRAME_INCOMPLETE)
            continue;
        assert_int_equal(result, CHANNEL_FRAME_OK);
        assert_int_equal(size, c->received.size); /* no record holds bytes of two frames */
        return f;
    }
}

bool channel_receive_within(channel_client *c, unsigned ms, channel_frame *out)
{
    struct pollfd p = {.fd = c->socket, .events = POLLIN};
    if (!SSL_pending(c->tls) && poll(&p, 1, (int)ms) == 0)
        return false;
    *out = channel_receive(c);
    return true;
}

void channel_expect_end(channel_client *c)
{
    uint8_t byte;
    int got = SSL_read(c->tls, &byte, 1);
    assert_true(got <= 0);
    assert_int_equal(SSL_get_error(c->tls, got), SSL_ERROR_ZERO_RETURN);
}

void channel_expect(channel_client *c, uint16_t type, const channel_seq *seq, const char *body)
{
    channel_frame f = channel_receive(c);
    assert_int_equal(f.type, type);
    assert_memory_equal(&f.seq, seq, sizeof *seq);
    if (!bytes_equal_text(f.body, body))
        fail_msg("body is: %.*s\nwanted: %s", (int)f.body.size, (const char *)f.body.data, body);
}

void channel_shake_hands(channel_client *c, unsigned max)
{
    char body[128], answer[128];
    snprintf(body, sizeof body, "{\"minimumSupport\":1,\"maximumSupport\":%u,\"clientType\":\"test\"}", max);
    snprintf(answer, sizeof answer, "{\"nodeVersion\":\"2.11.1\",\"protocol\":%u}\n", max < 3 ? max : 3);
    channel_seq seq = channel_send_text(c, CHANNEL_HANDSHAKE, body);
    channel_expect(c, CHANNEL_HANDSHAKE, &seq, answer);
}
