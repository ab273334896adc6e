/* Finding a command, checking its arguments, running it. */
#include "console/command.h"
#include "console/tokens.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { SUGGEST_LENGTH_MAX = 64 };

const command_family *const command_families[] = {
    &family_general,   &family_blocks,    &family_transactions, &family_nodes,      &family_consensus,
    &family_groups,    &family_contracts, &family_cns,          &family_accounts,   &family_tables,
    &family_permissions, &family_life_cycle, &family_governance, &family_gas};
const size_t command_family_count = COUNT(command_families);

/* ---- finding ---- */

static bool has_name(const command *c, const char *name)
{
    if (strcmp(c->name, name) == 0)
        return true;
    for (size_t i = 0; i < COUNT(c->aliases) && c->aliases[i]; i++)
        if (strcmp(c->aliases[i], name) == 0)
            return true;
    return false;
}

const command *command_find(const char *name)
{
    for (size_t f = 0; f < command_family_count; f++)
        for (size_t i = 0; i < command_families[f]->count; i++)
            if (has_name(&command_families[f]->rows[i], name))
                return &command_families[f]->rows[i];
    return NULL;
}

static size_t parameter_count(const command *c)
{
    size_t count = 0;
    while (count < COMMAND_PARAMETERS_MAX && c->parameters[count].name)
        count++;
    return count;
}

size_t command_min(const command *c)
{
    size_t count = 0;
    while (count < COMMAND_PARAMETERS_MAX && c->parameters[count].name && !c->parameters[count].is_optional)
        count++;
    return count;
}

size_t command_max(const command *c)
{
    return c->takes_more ? COMMAND_UNLIMITED : parameter_count(c);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters must be changed, added, left out to make b of a; neighbours that changed places count as one. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][SUGGEST_LENGTH_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2], columns = strlen(b);
    for (size_t j = 0; j <= columns; j++)
        last[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        now[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            now[j] = smallest(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *free_row = before;
        before = last, last = now, now = free_row;
    }
    return last[columns];
}

size_t command_suggest(const char *wrong, const char **out, size_t max)
{
    size_t length = strlen(wrong), found = 0;
    if (length == 0 || length > SUGGEST_LENGTH_MAX)
        return 0;
    size_t limit = length <= 4 ? 1 : length <= 8 ? 2 : 3;
    for (size_t wanted = 0; wanted <= limit; wanted++)
        for (size_t f = 0; f < command_family_count; f++)
            for (size_t i = 0; i < command_families[f]->count && found < max; i++) {
                const char *name = command_families[f]->rows[i].name;
                if (strlen(name) <= SUGGEST_LENGTH_MAX && distance(wrong, name) == wanted)
                    out[found++] = name;
            }
    return found;
}

/* ---- checking arguments ---- */

static bool is_hex(const char *text, size_t min, size_t max)
{
    size_t size = strlen(text);
    return size >= min && size <= max && strspn(text, "0123456789abcdefABCDEF") == size;
}

static bool check_number(session *s, const parameter *p, char **argument, long min, long max)
{
    char *end;
    long value = strtol(*argument, &end, 10);
    if ((!isdigit((unsigned char)(*argument)[0]) && (*argument)[0] != '-') || *end || value < min || value > max ||
        strlen(*argument) > 20)
        return console_fail(s, "Invalid %s: \"%s\"!\nPlease provide \"%s\" by non-negative integer mode between %ld and %ld.", p->name, *argument,
                            p->name, min, max);
    *argument = arena_print(&s->memory, "%ld", value);
    return true;
}

static bool check_address(session *s, char **argument)
{
    const char *digits = *argument + (strncmp(*argument, "0x", 2) == 0 ? 2 : 0);
    if (!is_hex(digits, 1, 40) || digits == *argument)
        return console_fail(s, "Please provide a valid address.");
    *argument = arena_print(&s->memory, "0x%.*s%s", (int)(40 - strlen(digits)), "0000000000000000000000000000000000000000", digits);
    for (char *c = *argument; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return true;
}

static bool check_argument(session *s, const parameter *p, size_t position, char **argument)
{
    static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth"};
    switch (p->kind) {
    case PARAMETER_NUMBER:
        return check_number(s, p, argument, 0, INT32_MAX);
    case PARAMETER_COUNT:
        return check_number(s, p, argument, -1, INT32_MAX);
    case PARAMETER_GROUP:
        if (!isdigit((unsigned char)(*argument)[0]) || strlen(*argument) > 9 || atoi(*argument) < 1 || atoi(*argument) > CONSOLE_GROUP_MAX)
            return console_fail(s, "Please provide group ID by positive integer mode, from 1 to 32767.");
        return check_number(s, p, argument, 1, CONSOLE_GROUP_MAX);
    case PARAMETER_HASH:
        if (strncmp(*argument, "0x", 2) != 0 || !is_hex(*argument + 2, 64, 64))
            return console_fail(s, "Please provide a valid hash.");
        return true;
    case PARAMETER_ADDRESS:
        return check_address(s, argument);
    case PARAMETER_DEPLOYED:
        return strcmp(*argument, "latest") == 0 || check_address(s, argument);
    case PARAMETER_BOOL:
        if (strcmp(*argument, "true") != 0 && strcmp(*argument, "false") != 0)
            return console_fail(s, "Please provide true or false for the %s parameter.",
                ordinals[position < COUNT(ordinals) ? position : 0]);
        return true;
    default:
        return true;
    }
}

static bool check_arguments(session *s, const command *c, size_t argc, char **argv)
{
    if (argc < command_min(c)) {
        help_command(s, c);
        return false;
    }
    if (argc > command_max(c))
        return console_fail(s, "Try '%s -h or --help' for more information.\n", c->name);
    size_t named = parameter_count(c);
    for (size_t i = 0; i < argc; i++)
        if (!check_argument(s, &c->parameters[i < named ? i : named - 1], i, &argv[i]))
            return false;
    return true;
}

/* ---- running ---- */

static bool fail_unknown(session *s, const char *name)
{
    const char *near[3];
    size_t count = command_suggest(name, near, COUNT(near));
    console_fail(s, "Undefined command: \"%s\". Try \"help\".", name);
    for (size_t i = 0; i < count; i++)
        fprintf(s->out, "%s\"%s\"%s", i == 0 ? "Did you mean " : i + 1 == count ? " or " : ", ", near[i], i + 1 == count ? "?\n" : "");
    say_blank(s);
    return false;
}

static bool wants_help(const char *argument)
{
    return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

static bool run_checked(session *s, const command *c, size_t argc, char **argv)
{
    if (argc == 1 && wants_help(argv[0])) {
        help_command(s, c);
        return true;
    }
    if (!check_arguments(s, c, argc, argv) || (c->since && !console_has_version(s, c->name, c->since)))
        return false;
    return c->run(s, c, (int)argc, argv);
}

bool command_run_words(session *s, int argc, char **argv)
{
    const command *c = command_find(argv[0]);
    bool ok = true;
    if (c == NULL) {
        ok = fail_unknown(s, argv[0]);
    } else if (c->takes_line && !(argc == 2 && wants_help(argv[1]))) {
        buffer line = buffer_init(BUFFER_NO_LIMIT);
        for (int i = 0; i < argc; i++)
            buffer_print(&line, "%s%s", i ? " " : "", argv[i]);
        char *text = arena_copy_text(&s->memory, buffer_bytes(&line));
        buffer_free(&line);
        ok = c->run(s, c, 1, &text);
    } else {
        ok = run_checked(s, c, (size_t)argc - 1, argv + 1);
    }
    arena_reset(&s->memory);
    fflush(s->out);
    return ok;
}

bool command_run_line(session *s, const char *line)
{
    tokens words = tokens_split(&s->memory, line);
    if (words.count == 0) {
        arena_reset(&s->memory);
        return true;
    }
    const command *c = command_find(words.texts[0]);
    if (c == NULL || !c->takes_line || (words.count == 2 && wants_help(words.texts[1])))
        return command_run_words(s, (int)words.count, words.texts);
    char *text = arena_copy_text(&s->memory, bytes_of_text(line));
    bool ok = c->run(s, c, 1, &text);
    arena_reset(&s->memory);
    fflush(s->out);
    return ok;
}
