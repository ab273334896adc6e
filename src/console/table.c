#include "console/table.h"

#define BOLD "\033[1m"
#define END "\033[0m"

/* Characters on the screen, near enough: UTF-8 without its following bytes. */
static size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void append_centred(buffer *out, const char *text)
{
    size_t width = text_width(text), room = width < TABLE_COLUMN_WIDTH ? TABLE_COLUMN_WIDTH - width : 0;
    buffer_print(out, "%*s%s%*s", (int)(room / 2), "", text, (int)(room - room / 2), "");
}

void table_append_row(buffer *out, const char *left, const char *right)
{
    buffer_append_byte(out, '|');
    append_centred(out, left);
    buffer_append_byte(out, '|');
    append_centred(out, right);
    buffer_append_text(out, "|\n");
}

void table_show(session *s, const char *left, const char *right, const char *const (*rows)[2], size_t count)
{
    if (count == 0) {
        say(s, "Empty set.");
        return;
    }
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    if (s->has_colours)
        buffer_append_text(&out, BOLD);
    table_append_row(&out, left, right);
    if (s->has_colours)
        buffer_append_text(&out, END);
    for (size_t i = 0; i < count; i++)
        table_append_row(&out, rows[i][0], rows[i][1]);
    say_dashes(s);
    fwrite(out.data, 1, out.size, s->out);
    say_dashes(s);
    buffer_free(&out);
}
