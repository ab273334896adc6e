/* tool.h: hanse is one program with subcommands. A subcommand lives in a file of its own and is one row of the list in main.c;
   help is printed from the rows. */
#ifndef HANSE_TOOL_TOOL_H
#define HANSE_TOOL_TOOL_H

#include <stdbool.h>
#include <stdint.h>

enum { GROUP_ID_MAX = 32767 }; /* spec/interfaces.md 4.12 */

typedef struct {
    const char *name;
    const char *summary;  /* one line, lower case, no full stop */
    const char *usage;    /* the lines of `hanse NAME --help`, each ended by \n */
    bool has_commands;    /* it answers `hanse NAME WORD --help` itself */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name; returns the exit status */
} tool;

extern const tool tool_node, tool_chain, tool_account, tool_tx, tool_bench, tool_sim, tool_replay, tool_evm, tool_console;

/* "hanse NAME: text" on standard error; returns 1. */
int tool_fail(const char *name, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
/* Usage on standard error; returns 2. */
int tool_misused(const tool *t, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));

/* A decimal number of an option, from min to max. */
bool tool_read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out) __attribute__((__warn_unused_result__));

#endif
