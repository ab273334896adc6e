#include "console/pretty.h"

#define COLOUR_VALUE "\033[32m"
#define COLOUR_END "\033[0m"

static void new_line(buffer *out, size_t depth)
{
    buffer_append_byte(out, '\n');
    if (depth > PRETTY_DEPTH_MAX)
        depth = PRETTY_DEPTH_MAX;
    for (size_t i = 0; i < depth * 4; i++)
        buffer_append_byte(out, ' ');
}

/* The size of the quoted text at the start of text, quotes included; all of it when the last quote is missing. */
static size_t quoted_size(bytes text)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == text.data[0])
            return i + 1;
    }
    return text.size;
}

static void append_quoted(bytes quoted, bool with_colours, buffer *out)
{
    if (with_colours)
        buffer_append_text(out, COLOUR_VALUE);
    buffer_append(out, quoted);
    if (with_colours)
        buffer_append_text(out, COLOUR_END);
}

void pretty_print(bytes text, bool with_colours, buffer *out)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        switch (c) {
        case '"': {
            size_t size = quoted_size(bytes_from(text, i));
            bool is_key = i + size < text.size && text.data[i + size] == ':';
            append_quoted(bytes_part(text, i, size), with_colours && !is_key, out);
            i += size - 1;
            break;
        }
        case '{':
        case '[':
            buffer_append_byte(out, c);
            new_line(out, ++depth);
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            new_line(out, depth);
            buffer_append_byte(out, c);
            break;
        case ',':
            buffer_append_byte(out, c);
            new_line(out, depth);
            if (i + 1 < text.size && text.data[i + 1] == ' ')
                i++;
            break;
        case '\n':
        case '\r':
            break;
        case '\\':
            if (i + 1 < text.size && text.data[i + 1] == 'n') {
                i++;
                break;
            }
            buffer_append_byte(out, c);
            break;
        default:
            buffer_append_byte(out, c);
        }
    }
}
