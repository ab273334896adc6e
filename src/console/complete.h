/* complete.h: what may stand where the cursor is. */
#ifndef HANSE_CONSOLE_COMPLETE_H
#define HANSE_CONSOLE_COMPLETE_H

#include "console/command.h"

enum { COMPLETIONS_MAX = 4096 };

typedef struct {
    const char **texts;  /* sorted, each once; all begin with the word before the cursor */
    size_t count;
    size_t start;        /* where that word begins in the line */
    size_t common;       /* bytes that all of them have in common, at least the word's */
} completions;

/* line: what stands before the cursor. The result lives in s->memory. Asks the node only when it is connected. */
completions complete_line(session *s, const char *line);

const char *consensus_config_key(size_t index); /* NULL: no more */

#endif
