/* Everything the console tells about its commands comes from their rows. */
#include "console/command.h"
#include "console/console.h"

#include <stdlib.h>

static size_t count_commands(void)
{
    size_t count = 0;
    for (size_t f = 0; f < command_family_count; f++)
        count += command_families[f]->count;
    return count;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const command *const *)a)->name, (*(const command *const *)b)->name);
}

static void append_aliases(const command *c, buffer *out)
{
    for (size_t i = 0; i < COUNT(c->aliases) && c->aliases[i]; i++)
        buffer_print(out, "%s%s", i ? ", " : "", c->aliases[i]);
}

void help_list(session *s)
{
    size_t count = count_commands(), n = 0;
    const command **sorted = arena_take_array(&s->memory, count, sizeof *sorted);
    for (size_t f = 0; f < command_family_count; f++)
        for (size_t i = 0; i < command_families[f]->count; i++)
            sorted[n++] = &command_families[f]->rows[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++) {
        buffer name = buffer_init(BUFFER_NO_LIMIT);
        buffer_append_text(&name, sorted[i]->name);
        if (sorted[i]->aliases[0]) {
            buffer_append_text(&name, "([");
            append_aliases(sorted[i], &name);
            buffer_append_text(&name, "])");
        }
        say(s, "* %-40.*s  %s", (int)name.size, (const char *)name.data, sorted[i]->help);
        buffer_free(&name);
    }
    say_dashes(s);
    say_blank(s);
}

void help_usage_text(const command *c, buffer *out)
{
    buffer_append_text(out, c->name);
    for (size_t i = 0; i < COMMAND_PARAMETERS_MAX && c->parameters[i].name; i++)
        buffer_print(out, c->parameters[i].is_optional ? " [%s]" : " %s", c->parameters[i].name);
    if (c->takes_more)
        buffer_append_text(out, " ...");
}

void help_command(session *s, const command *c)
{
    buffer usage = buffer_init(BUFFER_NO_LIMIT);
    help_usage_text(c, &usage);
    say(s, "%s.", c->help);
    say(s, "Usage:");
    say(s, "%.*s", (int)usage.size, (const char *)usage.data);
    for (size_t i = 0; i < COMMAND_PARAMETERS_MAX && c->parameters[i].name; i++)
        say(s, "* %s -- %s%s", c->parameters[i].name, c->parameters[i].is_optional ? "(optional) " : "", c->parameters[i].about);
    if (c->since)
        say(s, "Needs supported_version %s.", c->since);
    say_blank(s);
    buffer_free(&usage);
}

/* In a table cell | would end the cell. */
static void print_cell(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', to);
        fputc(*text, to);
    }
}

void console_print_markdown(FILE *to)
{
    for (size_t f = 0; f < command_family_count; f++) {
        const command_family *family = command_families[f];
        fprintf(to, "%s### %s (%s)\n\n| Command | What it does |\n|---|---|\n", f ? "\n" : "", family->title, family->title_zh);
        for (size_t i = 0; i < family->count; i++) {
            const command *c = &family->rows[i];
            buffer text = buffer_init(BUFFER_NO_LIMIT);
            help_usage_text(c, &text);
            buffer_append_byte(&text, '`');
            if (c->aliases[0]) {
                buffer_append_text(&text, " (also ");
                append_aliases(c, &text);
                buffer_append_byte(&text, ')');
            }
            buffer_append_byte(&text, '\0');
            fputs("| `", to);
            print_cell(to, (const char *)text.data);
            fputs(" | ", to);
            print_cell(to, c->help);
            if (c->since)
                fprintf(to, " (from %s on)", c->since);
            fputs(" |\n", to);
            buffer_free(&text);
        }
    }
}
