/* directory.h: the directory of an embedded store: who owns it, and that it is one of hanse's. Not for other floors.

   HANSE_STORE  text: which program, format and engine wrote the directory; "state=founding" until the engine has opened its
                files for the first time. Without it a directory that holds anything is refused and left untouched.
   OWNER        locked (flock) by the process that has the store open; its text says which process that is. */
#ifndef HANSE_STORE_DIRECTORY_H
#define HANSE_STORE_DIRECTORY_H

#include "store/store.h"

enum { STORE_FORMAT = 1 };

typedef struct {
    int fd, owner_fd;
    bool founding; /* nothing was ever stored here: the engine may create its files */
} store_directory;

/* STORE_FENCED, STORE_FOREIGN, STORE_IO, STORE_FULL with a reason; then nothing is held. */
store_result directory_take(store_directory *d, const char *path, const char *engine, error_text *why);
/* The engine's files are complete: from now on they must be there. */
store_result directory_founded(store_directory *d, const char *path, const char *engine, error_text *why);
void directory_release(store_directory *d);

#endif
