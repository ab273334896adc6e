/* modexp.h: base ^ exponent mod modulus for numbers of any stated size. Source: EIP-198. Any thread; not for secrets.
   Limits are the caller's: memory grows with the base's and the modulus's full size and the exponent's given bytes; time with
   the exponent's full size. */
#ifndef HANSE_CRYPTO_MODEXP_H
#define HANSE_CRYPTO_MODEXP_H

#include "base/bytes.h"

/* A big-endian number: the given bytes followed by zero bytes that nobody wrote down. */
typedef struct {
    bytes given;
    uint64_t zero_bytes;
} padded_number;

/* out: as many bytes as the modulus has with its padding. A modulus of zero gives zero. */
void modexp(padded_number base, padded_number exponent, padded_number modulus, uint8_t *out, size_t out_bytes);

#endif
