/* edit.h: lines from a person: editing, history, completion (libedit); or plain lines when that is not wanted. */
#ifndef HANSE_CONSOLE_EDIT_H
#define HANSE_CONSOLE_EDIT_H

#include "console/session.h"

enum { EDIT_HISTORY_LINES = 1000 };

typedef struct editor editor;

editor *edit_open(session *s, bool is_plain);
/* Shows the prompt and reads a line, which lives until the next call; NULL: the end (Ctrl-D). */
const char *edit_read(editor *e, const char *prompt);
void edit_close(editor *e); /* writes the history into ~/.hanse_console_history */

#endif
