#include "rpc/json_text.h"
#include "base/buffer.h"

/* Where a comment that begins at `at` ends; at when there is none. An unfinished one reaches to the end. */
static size_t skip_comment(bytes text, size_t at)
{
    if (at + 1 >= text.size || text.data[at] != '/' || (text.data[at + 1] != '/' && text.data[at + 1] != '*'))
        return at;
    bool is_line = text.data[at + 1] == '/';
    size_t end = at + 2;
    while (end < text.size) {
        if (is_line && text.data[end] == '\n')
            return end;
        if (!is_line && end + 1 < text.size && text.data[end] == '*' && text.data[end + 1] == '/')
            return end + 2;
        end++;
    }
    return end;
}

/* The text with every comment replaced by a blank; false when there is none, and out stays empty. */
static bool strip_comments(bytes text, buffer *out)
{
    bool in_string = false, found = false;
    size_t copied = 0;
    for (size_t at = 0; at < text.size; at++) {
        if (in_string && text.data[at] == '\\')
            at++;
        else if (text.data[at] == '"')
            in_string = !in_string;
        if (in_string)
            continue;
        size_t end = skip_comment(text, at);
        if (end == at)
            continue;
        buffer_append(out, bytes_of(text.data + copied, at - copied));
        buffer_append_byte(out, ' ');
        copied = end;
        at = end - 1;
        found = true;
    }
    if (found)
        buffer_append(out, bytes_from(text, copied));
    return found;
}

bool json_text_parse(bytes text, json_t **out)
{
    json_error_t ignored;
    const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    *out = json_loadb((const char *)text.data, text.size, flags, &ignored);
    if (*out)
        return true;
    buffer stripped = buffer_init(text.size + 1);
    if (memchr(text.data, '/', text.size) && strip_comments(text, &stripped))
        *out = json_loadb((const char *)stripped.data, stripped.size, flags, &ignored);
    buffer_free(&stripped);
    return *out != NULL;
}
