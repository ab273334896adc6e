/* paillier.h: adding two Paillier ciphertexts. Source: spec/precompiled.md 8.2. Pure; any thread. */
#ifndef HANSE_CRYPTO_PAILLIER_H
#define HANSE_CRYPTO_PAILLIER_H

#include "base/arena.h"

/* A ciphertext is a text: 4 hexadecimal digits L, 2 L digits n, 4 L digits c; n has 2048 or 4096 bits. false: one of the two is
   not of that form, or they have different keys. The sum, of the same form in upper case, lives in a. */
bool paillier_add(arena *a, bytes left, bytes right, bytes *sum) MUST_USE;

#endif
