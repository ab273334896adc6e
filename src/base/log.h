/* log.h: the node's log file. One record a line, in the reference's format, so that existing scripts read it:
   level|YYYY-MM-DD HH:MM:SS.ffffff|ThreadName-0xThreadID|[g:N]message       (spec/interfaces.md 7.1, 7.2; local time)
   A new file begins with each local hour and when the size limit is reached; nothing is deleted.
   Threads: any. A record is written with one write() call. When the disk is full records are dropped and counted. */
#ifndef HANSE_BASE_LOG_H
#define HANSE_BASE_LOG_H

#include "base/error_text.h"
#include "base/log_level.h"

enum { LOG_RECORD_MAX_BYTES = 4096 }; /* a longer record is cut */

typedef struct logger logger;

typedef struct {
    const char *directory;       /* created when absent */
    const char *name;            /* files are NAME_<date and hour>.log; NULL: log */
    log_level level;             /* records below it are not written */
    bool enabled;
    bool to_console;             /* standard output instead of files */
    bool brief;                  /* no thread and group: level|time|message, as in the statistics log (7.4) */
    uint64_t max_file_bytes;
} log_config;

logger *log_open(const log_config *config, error_text *why) MUST_USE;
void log_close(logger *l); /* NULL is allowed */

/* l may be NULL: nothing is written. group_id 0: the record belongs to no group. */
void log_write(logger *l, log_level level, int group_id, const char *format, ...) PRINTF_LIKE(4, 5);
bool log_wants(const logger *l, log_level level);

#endif
