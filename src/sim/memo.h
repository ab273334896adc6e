/* memo.h: the standard suite with a memory: what was once found out about (digest, signature) is not worked out again.
   Signatures are real, and a wrong one is refused as by the suite itself; but a hundred simulated nodes that all check
   the same signature do it once. The memory is bounded: a new entry takes the place of an old one. The suite's
   functions take no context, so the memory in use belongs to the thread: memo_use says which one it is. Without one the
   functions are those of the standard suite. */
#ifndef HANSE_SIM_MEMO_H
#define HANSE_SIM_MEMO_H

#include "crypto/suite.h"

typedef struct memo memo;

enum { MEMO_ENTRIES_MAX = 1 << 16 };

extern const crypto_suite memo_suite;

memo *memo_new(void) MUST_USE;
void memo_free(memo *m); /* not while it is in use */
void memo_use(memo *m);  /* of this thread; NULL: none */

#endif
