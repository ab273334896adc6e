#include "client/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool client_fail(hanse_error *error, hanse_error_kind kind, int code, const char *format, ...)
{
    if (error == NULL)
        return false;
    char text[sizeof error->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args); /* first beside it: an argument may be the old text */
    va_end(args);
    error->kind = kind;
    error->rpc_code = code;
    memcpy(error->text, text, sizeof text);
    return false;
}

void client_succeed(hanse_error *error)
{
    if (error == NULL)
        return;
    error->kind = HANSE_OK;
    error->rpc_code = 0;
    error->text[0] = '\0';
}

void hanse_free(void *memory)
{
    free(memory);
}
