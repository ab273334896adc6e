/* compress.h: inside of digest.c: the block functions of the hash functions written here. Pure; any thread. */
#ifndef HANSE_CRYPTO_COMPRESS_H
#define HANSE_CRYPTO_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

void keccak_f1600(uint64_t state[25]); /* FIPS 202 section 3.3: the permutation of 24 rounds */

extern const uint32_t sm3_initial[8];
/* GB/T 32905-2016 section 5.3: mixes `count` blocks of 64 bytes into the chaining value. */
void sm3_compress(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
