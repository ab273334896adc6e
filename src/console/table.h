/* table.h: the table of two columns in which permissions are shown (spec/interfaces.md 15.2): centred in 45
   characters, between dash lines. */
#ifndef HANSE_CONSOLE_TABLE_H
#define HANSE_CONSOLE_TABLE_H

#include "console/session.h"

enum { TABLE_COLUMN_WIDTH = 45 };

void table_append_row(buffer *out, const char *left, const char *right); /* "|   left   |   right   |" and a line end */
/* rows: pairs of texts. None: "Empty set." */
void table_show(session *s, const char *left, const char *right, const char *const (*rows)[2], size_t count);

#endif
