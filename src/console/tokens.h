/* tokens.h: a line as the user wrote it, cut into words (spec/interfaces.md 15.1). Words are separated by blanks. A word in '...' or
   "..." holds blanks too (\" \' \\ \n \t stand for themselves, a newline, a tab); a missing last quote is thought of at the end of the
   line. A word that begins with [ or { goes on to its closing bracket when there is one. Any other quote is a character. */
#ifndef HANSE_CONSOLE_TOKENS_H
#define HANSE_CONSOLE_TOKENS_H

#include "base/arena.h"

enum { CONSOLE_LINE_MAX_BYTES = 32 * 1024 * 1024, CONSOLE_TOKENS_MAX = 4096 };

typedef struct {
    char **texts; /* texts[count] is NULL */
    size_t count;
} tokens;

/* What is past CONSOLE_TOKENS_MAX becomes one last word. All of it lives in a. */
tokens tokens_split(arena *a, const char *line);
/* The commands of a line, separated by ; outside quotes and brackets; empty ones are left out. */
tokens tokens_split_commands(arena *a, const char *line);
/* Where the word begins that ends at the end of line (for completion): an offset into it; its length when a new word begins. */
size_t tokens_last_start(const char *line);

#endif
