/* ring_sig.h: verifying a linkable ring signature over Z_p. Source: spec/precompiled.md 8.4. Pure; any thread. */
#ifndef HANSE_CRYPTO_RING_SIG_H
#define HANSE_CRYPTO_RING_SIG_H

#include "base/bytes.h"

/* Larger numbers are refused: each costs two exponentiations for every member of the ring. */
enum { RING_SIG_MAX_BITS = 16384 };

typedef enum { RING_SIG_FALSE, RING_SIG_TRUE, RING_SIG_BAD_NUMBERS } ring_sig_result;

/* Numbers as the reference's texts. QUIRK: a ring of 0 members accepts anything. */
typedef struct {
    bytes p, q, g, key_image, challenge;
    const bytes *answers, *public_keys; /* `members` of each */
    size_t members;
    bytes message;
} ring_sig;

/* RING_SIG_BAD_NUMBERS: p or q is not positive, a number is negative or too large. */
ring_sig_result ring_sig_verify(const ring_sig *s);

#endif
