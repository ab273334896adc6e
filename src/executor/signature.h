/* signature.h: the text under which a function was registered for parallel execution, as far as its arguments are conflict keys.
   Inside of the executor; pure. Source: spec/precompiled.md 1.6 and 3.6. */
#ifndef HANSE_EXECUTOR_SIGNATURE_H
#define HANSE_EXECUTOR_SIGNATURE_H

#include "base/arena.h"

typedef enum { KEY_SIGNED, KEY_UNSIGNED, KEY_ADDRESS, KEY_STRING } key_kind;

/* *kinds: of the first `count` parameters, in a. false: the text is no signature, it has fewer parameters, or one of the first
   is of a type that is no key. */
bool signature_read_keys(bytes signature, uint64_t count, arena *a, key_kind **kinds);

#endif
