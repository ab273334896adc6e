/* statetest.h: runs documents of Ethereum's GeneralStateTests format: JSON, {name: {env, pre, transaction, post}}, where post
   has a list of expected results for each fork. Those of ConstantinopleFix and Istanbul are run, others passed over.
   Threads: one statetest at a time. */
#ifndef HANSE_TOOL_STATETEST_H
#define HANSE_TOOL_STATETEST_H

#include "base/error_text.h"

#include <stdio.h>

enum { STATETEST_DOCUMENT_MAX_BYTES = 256 * 1024 * 1024 };

typedef struct {
    FILE *out;        /* one line for each failure: where, what was expected, what was found */
    const char *fork; /* NULL: both */
    const char *test; /* NULL: all; else only tests whose name contains it */
    bool trace;       /* tell calls and the accounts in the end, too */
    size_t passed, failed;
} statetest;

/* Whether fork is one of those that are run. */
bool statetest_knows(const char *fork);
/* name: what stands before each line of this document. false with a reason: malformed; what ran before it is counted. */
bool statetest_run(statetest *t, const char *name, bytes document, error_text *why) MUST_USE;

#endif
