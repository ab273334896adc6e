/* console.h: `hanse console`, the interactive console: the commands, outputs and messages that users of the Java console know
   (spec/interfaces.md 15), on the public client library alone. Everything it can do is one table of commands (command.h), from
   which completion, help, argument checks and the documentation's list come. */
#ifndef HANSE_CONSOLE_CONSOLE_H
#define HANSE_CONSOLE_CONSOLE_H

#include <stdio.h>

extern const char console_usage[];

/* argv[0] is "console". Returns the exit status: 0; 1 when no node answers, or when a command of a script failed; 2 for options
   that are none. */
int console_run(int argc, char **argv);

/* The list of all commands as docs/console.md holds it. */
void console_print_markdown(FILE *to);

#endif
