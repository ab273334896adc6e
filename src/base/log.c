#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct logger {
    log_config config;
    char *directory, *name;
    pthread_mutex_t lock; /* guards what follows */
    int file;             /* -1: none open */
    int hour;             /* local hour of day the file was opened in */
    uint64_t file_bytes;
    uint64_t dropped_records;
};

const char *log_level_text(log_level level)
{
    static const char *const texts[] = {"trace", "debug", "info", "warning", "error", "fatal"};
    return texts[level];
}

static bool open_file(logger *l, const struct tm *now, error_text *why)
{
    char stamp[64], path[4096];
    strftime(stamp, sizeof stamp, "%Y%m%d%H.%M", now);
    snprintf(path, sizeof path, "%s/%s_%s.log", l->directory, l->name, stamp);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0)
        return error_set(why, "log file %s: %s", path, strerror(errno));
    struct stat info;
    l->file_bytes = fstat(file, &info) == 0 ? (uint64_t)info.st_size : 0;
    if (l->file >= 0)
        close(l->file);
    l->file = file;
    l->hour = now->tm_hour;
    return true;
}

/* mkdir -p; what already exists is fine. */
static bool make_directories(const char *path, error_text *why)
{
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        char was = *at;
        if (was != '/' && was != '\0')
            continue;
        *at = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return error_set(why, "log directory %s: %s", part, strerror(errno));
        *at = was;
        if (was == '\0')
            return true;
    }
}

logger *log_open(const log_config *config, error_text *why)
{
    logger *l = memory_new(sizeof *l);
    *l = (logger){.config = *config,
                  .directory = memory_copy_text(config->directory ? config->directory : "."),
                  .name = memory_copy_text(config->name ? config->name : "log"),
                  .file = -1};
    pthread_mutex_init(&l->lock, NULL);
    if (!config->enabled || config->to_console)
        return l;
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    if (!make_directories(l->directory, why) || !open_file(l, &local, why)) {
        log_close(l);
        return NULL;
    }
    return l;
}

void log_close(logger *l)
{
    if (l == NULL)
        return;
    if (l->file >= 0)
        close(l->file);
    pthread_mutex_destroy(&l->lock);
    free(l->directory);
    free(l->name);
    free(l);
}

bool log_wants(const logger *l, log_level level)
{
    return l != NULL && l->config.enabled && level >= l->config.level;
}

static int print_prefix(const logger *l, char *record, size_t room, log_level level, const struct timeval *now, const struct tm *local,
                        int group_id)
{
    char thread[32] = "", stamp[32], group[16] = "";
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", local);
    if (l->config.brief)
        return snprintf(record, room, "%s|%s.%06ld|", log_level_text(level), stamp, (long)now->tv_usec);
    pthread_getname_np(pthread_self(), thread, sizeof thread);
    if (group_id)
        snprintf(group, sizeof group, "[g:%d]", group_id);
    return snprintf(record, room, "%s|%s.%06ld|%s-0x%016lx|%s", log_level_text(level), stamp, (long)now->tv_usec, thread,
                    (unsigned long)pthread_self(), group);
}

static void write_record(logger *l, const char *record, size_t size, const struct tm *local)
{
    if (l->config.to_console) {
        if (write(STDOUT_FILENO, record, size) != (ssize_t)size)
            l->dropped_records++;
        return;
    }
    if (local->tm_hour != l->hour || l->file_bytes + size > l->config.max_file_bytes)
        if (!open_file(l, local, NULL) && l->file < 0) {
            l->dropped_records++;
            return;
        }
    if (write(l->file, record, size) == (ssize_t)size)
        l->file_bytes += size;
    else
        l->dropped_records++;
}

void log_write(logger *l, log_level level, int group_id, const char *format, ...)
{
    if (!log_wants(l, level))
        return;
    struct timeval now;
    struct tm local;
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &local);
    char record[LOG_RECORD_MAX_BYTES];
    size_t used = (size_t)print_prefix(l, record, sizeof record, level, &now, &local, group_id);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(record + used, sizeof record - used, format, args);
    va_end(args);
    if (length > 0)
        used += (size_t)length;
    if (used > sizeof record - 2)
        used = sizeof record - 2;
    record[used++] = '\n';
    pthread_mutex_lock(&l->lock);
    write_record(l, record, used, &local);
    pthread_mutex_unlock(&l->lock);
}
