/* signal_files.h: files by which an operator asks a running node for something: `touch config.ini.reset_allowlist`.
   Source: spec/interfaces.md 5.5. Thread: one at a time. */
#ifndef HANSE_NODE_SIGNAL_FILES_H
#define HANSE_NODE_SIGNAL_FILES_H

#include "base/error_text.h"

enum { SIGNAL_FILES_MS = 100 }; /* how often the reference looks */

typedef struct {
    const char *suffix; /* of the configuration's path, with its dot */
    const char *notice; /* what is printed when the file was seen */
    bool (*run)(void *context, error_text *why);
    bool is_stuck;      /* it cannot be deleted, which was said; not obeyed until it is gone */
} signal_file;

/* For each file that is there: deletes it, prints its notice on standard output, runs it, deletes it once more. A failure is
   printed on standard error in the reference's words. */
void signal_files_look(const char *config_path, signal_file *files, size_t count, void *context);

#endif
