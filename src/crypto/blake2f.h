/* blake2f.h: the compression function F of BLAKE2b with a chosen number of rounds. Source: EIP-152, RFC 7693 section 3.2.
   Pure; any thread. Time grows with rounds. */
#ifndef HANSE_CRYPTO_BLAKE2F_H
#define HANSE_CRYPTO_BLAKE2F_H

#include "base/bytes.h"

void blake2b_f(uint32_t rounds, uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool is_final);

#endif
