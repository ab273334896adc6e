/* chain_files.h: writes the directory tree of a planned chain, as the reference's build_chain.sh lays it out
   (spec/interfaces.md 5, 6, 9.2 to 9.4). */
#ifndef HANSE_TOOL_CHAIN_FILES_H
#define HANSE_TOOL_CHAIN_FILES_H

#include "tool/chain_plan.h"

/* Makes certificates and files under plan->output, which must not exist; after a failure it is removed again.
   progress is told what is being done (may be NULL). */
bool chain_write(const chain_plan *plan, void (*progress)(const char *line), error_text *why) MUST_USE;

/* Text into a new or existing file with the given mode. */
bool file_write(const char *path, bytes text, unsigned mode, error_text *why) MUST_USE;

#endif
