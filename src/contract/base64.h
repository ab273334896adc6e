/* base64.h: base64 as the libraries behind the signature contracts read it. Source: spec/precompiled.md 8.3. */
#ifndef HANSE_CONTRACT_BASE64_H
#define HANSE_CONTRACT_BASE64_H

#include "base/arena.h"

/* Stops at the first '='; a rest of 2 or 3 digits gives 1 or 2 bytes, a rest of 1 none. false: a foreign character. In a. */
bool base64_read_until_padding(arena *a, bytes text, bytes *out) MUST_USE;

#endif
