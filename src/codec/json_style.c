#include "codec/json_style.h"
#include "codec/json_write.h"

#include <assert.h>

enum { LINE_MARGIN = 74, INDENT = 3 };

typedef struct {
    bytes rest;
    buffer *out;
    unsigned depth;
} styler;

/* The end of the scalar or key at the start of text. */
static size_t scalar_size(bytes text)
{
    assert(text.size);
    size_t i = 0;
    if (text.data[0] == '"') {
        for (i = 1; i < text.size && text.data[i] != '"'; i++)
            i += text.data[i] == '\\';
        assert(i < text.size);
        return i + 1;
    }
    while (i < text.size && memchr(",:]}", text.data[i], 4) == NULL)
        i++;
    return i;
}

static uint8_t next(const styler *s)
{
    assert(s->rest.size);
    return s->rest.data[0];
}

static bool take(styler *s, uint8_t c)
{
    if (next(s) != c)
        return false;
    s->rest = bytes_from(s->rest, 1);
    return true;
}

static void new_line(styler *s)
{
    buffer_append_byte(s->out, '\n');
    for (unsigned i = 0; i < s->depth * INDENT; i++)
        buffer_append_byte(s->out, ' ');
}

static void take_scalar(styler *s)
{
    size_t size = scalar_size(s->rest);
    buffer_append(s->out, bytes_of(s->rest.data, size));
    s->rest = bytes_from(s->rest, size);
}

/* text: what stands behind the opening bracket of an array that is not empty. Does it go on one line? */
static bool fits_on_line(bytes text)
{
    size_t count = 0, length = 0;
    for (;;) {
        if (text.data[0] == '[' || text.data[0] == '{') {
            if (text.data[1] != ']' && text.data[1] != '}')
                return false;
            length += 2;
            text = bytes_from(text, 2);
        } else {
            size_t size = scalar_size(text);
            length += size;
            text = bytes_from(text, size);
        }
        count++;
        if (count * 3 >= LINE_MARGIN || length >= LINE_MARGIN)
            return false;
        assert(text.size);
        if (text.data[0] == ']')
            return 4 + (count - 1) * 2 + length < LINE_MARGIN;
        text = bytes_from(text, 1);
    }
}

static void style_value(styler *s);

static void style_short_array(styler *s)
{
    buffer_append_text(s->out, "[ ");
    style_value(s);
    while (take(s, ',')) {
        buffer_append_text(s->out, ", ");
        style_value(s);
    }
    buffer_append_text(s->out, " ]");
}

static void style_items(styler *s, bool is_object)
{
    s->depth++;
    assert(s->depth <= JSON_DEPTH_MAX);
    buffer_append_byte(s->out, is_object ? '{' : '[');
    do {
        new_line(s);
        if (is_object) {
            take_scalar(s);
            bool has_colon = take(s, ':');
            assert(has_colon);
            buffer_append_text(s->out, " : ");
        }
        style_value(s);
        if (next(s) == ',')
            buffer_append_byte(s->out, ',');
    } while (take(s, ','));
    s->depth--;
    new_line(s);
    buffer_append_byte(s->out, is_object ? '}' : ']');
}

static void style_value(styler *s)
{
    bool is_object = next(s) == '{';
    if (!is_object && next(s) != '[') {
        take_scalar(s);
        return;
    }
    uint8_t end = is_object ? '}' : ']';
    s->rest = bytes_from(s->rest, 1);
    if (next(s) == end)
        buffer_append_text(s->out, is_object ? "{}" : "[]");
    else if (!is_object && fits_on_line(s->rest))
        style_short_array(s);
    else
        style_items(s, is_object);
    bool has_end = take(s, end);
    assert(has_end);
}

void json_style(bytes compact, buffer *out)
{
    styler s = {.rest = compact, .out = out};
    style_value(&s);
    assert(s.rest.size == 0);
    buffer_append_byte(out, '\n');
}
