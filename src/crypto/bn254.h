/* bn254.h: the pairing-friendly curve alt_bn128 (also called bn254) in the byte forms of the EVM's precompiled contracts.
   Sources: EIP-196 (addition, multiplication), EIP-197 (pairing check).

   A number is 32 bytes big-endian; coordinates at or above the field's modulus are refused. A G1 point is x y, a G2 point is
   x.imaginary x.real y.imaginary y.real; all zero is the point at infinity. Inputs here have their exact length: the caller
   pads and cuts. Points not on their curve, and G2 points outside the subgroup of order r, are refused: false.
   Pure; any thread. Takes different times for different inputs: not for secrets. */
#ifndef HANSE_CRYPTO_BN254_H
#define HANSE_CRYPTO_BN254_H

#include "base/bytes.h"

enum { BN254_G1_BYTES = 64, BN254_G2_BYTES = 128, BN254_PAIR_BYTES = BN254_G1_BYTES + BN254_G2_BYTES };

bool bn254_add(const uint8_t two_points[2 * BN254_G1_BYTES], uint8_t out[BN254_G1_BYTES]) MUST_USE;
/* The scalar may be any 256-bit number. */
bool bn254_multiply(const uint8_t point[BN254_G1_BYTES], const uint8_t scalar[32], uint8_t out[BN254_G1_BYTES]) MUST_USE;
/* Is the product of the pairings of all pairs (G1 point, then G2 point) one? No pairs: yes.
   false: pairs.size is not a multiple of BN254_PAIR_BYTES, or a point was refused. Memory used does not grow with pairs. */
bool bn254_pairing_is_one(bytes pairs, bool *is_one) MUST_USE;

#endif
