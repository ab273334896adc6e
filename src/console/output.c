/* What the commands print with. */
#include "codec/json_write.h"
#include "console/pretty.h"
#include "console/session.h"

#include <stdarg.h>

static bool ends_line(const char *format)
{
    size_t size = strlen(format);
    return size && format[size - 1] == '\n';
}

void say(session *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(s->out, format, args);
    va_end(args);
    fputc('\n', s->out);
    s->ends_blank = ends_line(format);
}

void say_blank(session *s)
{
    s->ends_blank = true;
    fputc('\n', s->out);
}

void say_dashes(session *s)
{
    s->ends_blank = false;
    for (int i = 0; i < DASH_LINE_LENGTH; i++)
        fputc('-', s->out);
    fputc('\n', s->out);
}

void say_pretty(session *s, bytes text)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    s->ends_blank = false;
    pretty_print(text, s->has_colours, &out);
    fwrite(out.data, 1, out.size, s->out);
    fputc('\n', s->out);
    buffer_free(&out);
}

void say_code(session *s, long code, const char *message)
{
    buffer json = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&json, "{\"code\":%ld, \"msg\":", code);
    json_append_quoted(&json, bytes_of_text(message));
    buffer_append_byte(&json, '}');
    say_pretty(s, buffer_bytes(&json));
    buffer_free(&json);
}

bool console_fail(session *s, const char *format, ...)
{
    va_list args;
    if (s->has_colours)
        fputs("\033[31m", s->out);
    va_start(args, format);
    vfprintf(s->out, format, args);
    va_end(args);
    fputs(s->has_colours ? "\033[0m\n" : "\n", s->out);
    s->ends_blank = ends_line(format);
    return false;
}

bool console_fail_with(session *s, const hanse_error *error)
{
    if (error->kind != HANSE_ERROR_RPC)
        return console_fail(s, "%s", error->text);
    /* The library's sentence begins with the code. */
    char code[16];
    int size = snprintf(code, sizeof code, "%d ", error->rpc_code);
    say_code(s, error->rpc_code, error->text + (strncmp(error->text, code, (size_t)size) == 0 ? size : 0));
    return false;
}

bool console_fail_to_start(session *s, const hanse_error *error)
{
    return console_fail(s, "Failed to create BcosSDK failed! Please check the node status and the console configuration, error info: %s",
                        error->text);
}
