/* vrf.h: the verifiable random function that chooses working sealers of rpbft. Not RFC 9381: ristretto255 and SHA3-512 over
   hexadecimal texts. Source: spec/precompiled.md section 9. Pure; any thread. */
#ifndef HANSE_CRYPTO_VRF_H
#define HANSE_CRYPTO_VRF_H

#include "crypto/suite.h"

enum { VRF_KEY_DIGITS = 64, VRF_PROOF_BYTES = 3 * 64 + 2 };

/* Texts are cut at their first NUL and must be UTF-8. */
bool vrf_public_key_is_valid(bytes key_text) MUST_USE;
/* The spelling of key and proof counts. *output is set when the proof holds. */
bool vrf_verify(bytes key_text, bytes alpha, bytes proof, hash256 *output) MUST_USE;
/* Texts without a terminating zero. The nonce is derived from secret and alpha. alpha: UTF-8 without NUL. */
void vrf_public_of(bytes secret_text, char key_text[VRF_KEY_DIGITS]);
void vrf_prove(bytes secret_text, bytes alpha, char proof[VRF_PROOF_BYTES]);

#endif
