/* endpoints_file.h: puts another list of peers into config.ini and leaves every other byte alone. Source: spec/interfaces.md 5.5. */
#ifndef HANSE_NODE_ENDPOINTS_FILE_H
#define HANSE_NODE_ENDPOINTS_FILE_H

#include "base/buffer.h"
#include "base/error_text.h"

/* Pure: lines with node.<digits>=<endpoint> go, in any section (only ; begins a comment for this purpose; HARDEN: blanks around =
   do not save a line); behind each [p2p] line the endpoints come in the order given. false: there is no [p2p] line. */
bool endpoints_file_text(bytes old, const char *const *endpoints, size_t count, buffer *out) MUST_USE;

/* Rewrites the file through <path>.tmp and a rename: after a crash at any point it is the old or the new one. Keeps its mode.
   The reason is one of the texts of interfaces.md 4.2. One caller at a time for one path. */
bool endpoints_file_rewrite(const char *path, const char *const *endpoints, size_t count, error_text *why) MUST_USE;

#endif
