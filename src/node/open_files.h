/* open_files.h: how many files and connections this process may have open at once. */
#ifndef HANSE_NODE_OPEN_FILES_H
#define HANSE_NODE_OPEN_FILES_H

#include "base/log.h"

/* Raises the limit as far as the system lets an ordinary user, and warns when that is less than all doors together may take: then
   clients could use up what the data files need. */
void open_files_raise(logger *l);

#endif
