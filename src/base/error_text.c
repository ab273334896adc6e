#include "base/error_text.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(error_text *why, const char *format, ...)
{
    if (why == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return false;
}

void error_prefix(error_text *why, const char *format, ...)
{
    if (why == NULL)
        return;
    error_text old = *why;
    va_list args;
    va_start(args, format);
    int used = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    if (used < 0 || (size_t)used + 2 >= sizeof why->text)
        return;
    /* What does not fit is cut: the prefix says where, the beginning of the old text says what. */
    size_t room = sizeof why->text - (size_t)used - 3;
    snprintf(why->text + used, sizeof why->text - (size_t)used, ": %.*s", (int)room, old.text);
}
