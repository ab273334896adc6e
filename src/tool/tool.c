#include "tool/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int tool_fail(const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "hanse %s: ", name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return 1;
}

int tool_misused(const tool *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "hanse %s: ", t->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n\n%s", t->usage);
    va_end(args);
    return 2;
}

bool tool_read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < min || value > max)
        return false;
    *out = value;
    return true;
}
