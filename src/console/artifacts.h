/* artifacts.h: contracts as files: found by name or path as NAME.sol (compiled when there is a compiler) or NAME.abi
   and NAME.bin; what was deployed is kept in contracts/.compiled/<group>/<name>/<address>/ and deploylog.txt
   (spec/interfaces.md 15.3). */
#ifndef HANSE_CONSOLE_ARTIFACTS_H
#define HANSE_CONSOLE_ARTIFACTS_H

#include "console/session.h"

#include <time.h>

enum { ARTIFACT_MAX_BYTES = 32 * 1024 * 1024, DEPLOY_LOG_LINES_MAX = 10000, ARTIFACT_NAMES_MAX = 10000 };

typedef struct {
    const char *name; /* without folder and suffix */
    const char *abi;  /* JSON text */
    const char *code; /* hex */
} artifact;

/* The three live in command memory. false: it is said why. */
bool artifact_find(session *s, const char *name_or_path, bool needs_code, artifact *out);
/* The interface with which the contract at address was deployed from here, else that of artifact_find. */
bool artifact_find_deployed(session *s, const char *name_or_path, const char *address, artifact *out);
const char *artifact_name(session *s, const char *name_or_path);

/* Keeps what was deployed, and logs it. */
void artifact_keep(session *s, const artifact *a, const char *address);

typedef struct {
    const char *address;
    time_t time;
    long nanoseconds;
} deployed_contract;
/* Of the current group, newest first. Command memory. */
size_t artifact_deployed(session *s, const char *name, deployed_contract **out);

/* For completion: nothing is said, compiled or waited for. */
size_t artifact_names(session *s, const char ***out);                                /* what artifact_find finds by name */
const char *artifact_known_abi(session *s, const char *name_or_path, const char *address); /* address NULL: any; NULL: none */
size_t artifact_addresses(session *s, const char ***out);                            /* all that was deployed in this group */

/* The newest `max` lines of the log that are of the current group, oldest first. Command memory. */
size_t artifact_log(session *s, size_t max, const char ***lines);

#endif
