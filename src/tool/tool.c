#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>

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
