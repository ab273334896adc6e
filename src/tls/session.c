#include "tls/private.h"

#include "base/memory.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

tls_session *tls_session_new(tls_context *context, bool is_server)
{
    tls_session *session = memory_new(sizeof *session);
    ERR_clear_error();
    *session = (tls_session){.context = context, .ssl = SSL_new(context->ssl)};
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    assert(session->ssl && session->in && session->out);
    BIO_set_mem_eof_return(session->in, -1); /* empty means "not yet", not "ended" */
    SSL_set_bio(session->ssl, session->in, session->out);
    SSL_set_app_data(session->ssl, session);
    if (is_server)
        SSL_set_accept_state(session->ssl);
    else
        SSL_set_connect_state(session->ssl);
    return session;
}

enum { KEPT_BIO_BYTES = 1024 }; /* a memory BIO keeps what it once needed; thousands of idle sessions must not */

/* NULL: this BIO may stay. Else the one to put in its place. */
static BIO *smaller_bio(BIO *bio)
{
    BUF_MEM *memory = NULL;
    if (BIO_ctrl_pending(bio) || BIO_get_mem_ptr(bio, &memory) <= 0 || memory == NULL || memory->max <= KEPT_BIO_BYTES)
        return NULL;
    BIO *fresh = BIO_new(BIO_s_mem());
    assert(fresh);
    BIO_set_mem_eof_return(fresh, -1);
    return fresh;
}

static void shrink_in(tls_session *session)
{
    BIO *fresh = session->finished && !session->ended ? smaller_bio(session->in) : NULL;
    if (fresh)
        SSL_set0_rbio(session->ssl, session->in = fresh); /* frees the old one */
}

static void shrink_out(tls_session *session)
{
    BIO *fresh = session->finished && !session->ended ? smaller_bio(session->out) : NULL;
    if (fresh)
        SSL_set0_wbio(session->ssl, session->out = fresh);
}

/* The peer's certificates were verified and its names are kept: thousands of sessions need not keep some 5 KB each for the chain. */
static void drop_peer_chain(tls_session *session)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    while (chain && sk_X509_num(chain) > 0)
        X509_free(sk_X509_pop(chain));
}

void tls_session_free(tls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    free(session);
}

void tls_session_feed(tls_session *session, bytes from_wire)
{
    assert(from_wire.size <= INT32_MAX);
    if (from_wire.size == 0)
        return;
    int taken = BIO_write(session->in, from_wire.data, (int)from_wire.size);
    assert(taken == (int)from_wire.size);
    (void)taken;
}

/* What a call that did not succeed means. The reason of a refused certificate was written by the verification. */
static tls_result result_of(tls_session *session, int returned)
{
    int kind = SSL_get_error(session->ssl, returned);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return TLS_OK;
    if (kind == SSL_ERROR_ZERO_RETURN)
        return session->ended = TLS_CLOSED;
    char detail[128];
    tls_error_text(detail, sizeof detail);
    if (session->reason[0] == 0)
        snprintf(session->reason, sizeof session->reason, "TLS: %s", detail);
    return session->ended = TLS_FAILED;
}

tls_result tls_session_handshake(tls_session *session, bool *done)
{
    *done = session->finished;
    if (session->finished || session->ended)
        return session->ended;
    ERR_clear_error();
    int returned = SSL_do_handshake(session->ssl);
    if (returned != 1)
        return result_of(session, returned);
    session->finished = true;
    drop_peer_chain(session);
    *done = true;
    return TLS_OK;
}

tls_result tls_session_read(tls_session *session, uint8_t *out, size_t size, size_t *taken)
{
    assert(session->finished);
    *taken = 0;
    while (*taken < size && !session->ended) {
        size_t got = 0;
        ERR_clear_error();
        int returned = SSL_read_ex(session->ssl, out + *taken, size - *taken, &got);
        if (returned != 1) {
            tls_result result = result_of(session, returned);
            shrink_in(session);
            return *taken ? TLS_OK : result; /* what came before the end is given first */
        }
        *taken += got;
    }
    return *taken ? TLS_OK : session->ended;
}

tls_result tls_session_write(tls_session *session, bytes in)
{
    assert(session->finished);
    if (in.size == 0 || session->ended == TLS_FAILED)
        return session->ended;
    size_t written = 0;
    ERR_clear_error();
    int returned = SSL_write_ex(session->ssl, in.data, in.size, &written);
    if (returned != 1)
        return result_of(session, returned);
    assert(written == in.size); /* a memory BIO takes everything */
    return TLS_OK;
}

void tls_session_close(tls_session *session)
{
    ERR_clear_error();
    if (session->finished)
        SSL_shutdown(session->ssl);
    ERR_clear_error();
}

size_t tls_session_pending(const tls_session *session)
{
    return BIO_ctrl_pending(session->out);
}

size_t tls_session_take(tls_session *session, uint8_t *out, size_t size)
{
    if (size == 0 || BIO_ctrl_pending(session->out) == 0)
        return 0;
    int taken = BIO_read(session->out, out, size > INT32_MAX ? INT32_MAX : (int)size);
    shrink_out(session);
    return taken > 0 ? (size_t)taken : 0;
}

const tls_subject *tls_session_peer(const tls_session *session)
{
    return &session->peer;
}

const char *tls_session_reason(const tls_session *session)
{
    return session->reason;
}

bool tls_session_is_same_connection(const tls_session *one, const tls_session *other)
{
    unsigned char random[2][SSL3_RANDOM_SIZE];
    return SSL_get_client_random(one->ssl, random[0], sizeof random[0]) == sizeof random[0] &&
           SSL_get_client_random(other->ssl, random[1], sizeof random[1]) == sizeof random[1] &&
           memcmp(random[0], random[1], sizeof random[0]) == 0;
}

const char *tls_session_cipher(const tls_session *session)
{
    return SSL_get_cipher_name(session->ssl);
}
