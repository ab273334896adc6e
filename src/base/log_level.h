/* log_level.h: how grave a log record is; the words of the log format (spec/interfaces.md 7.1). */
#ifndef HANSE_BASE_LOG_LEVEL_H
#define HANSE_BASE_LOG_LEVEL_H

typedef enum { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_FATAL } log_level;

const char *log_level_text(log_level level);

#endif
