#include "console/tokens.h"

#include <ctype.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The quote that closes the one at text[0]; NULL when there is none. */
static const char *closing_quote(const char *text)
{
    for (const char *p = text + 1; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == text[0])
            return p;
    }
    return NULL;
}

/* Behind the bracket that closes the one at text[0]; NULL when there is none. */
static const char *behind_brackets(const char *text)
{
    size_t depth = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '"') {
            if ((p = closing_quote(p)) == NULL)
                return NULL;
        } else if (*p == '[' || *p == '{') {
            depth++;
        } else if ((*p == ']' || *p == '}') && --depth == 0) {
            return p + 1;
        }
    }
    return NULL;
}

typedef struct {
    const char *start, *end; /* of the text inside; end is where the word's last character was */
    const char *next;        /* behind the word */
    bool is_quoted;
} word;

/* The word at p, which is no blank and no end. */
static word next_word(const char *p)
{
    word w = {.start = p};
    if (*p == '"' || *p == '\'') {
        const char *close = closing_quote(p);
        if (close == NULL || close[1] == '\0' || is_blank(close[1])) {
            w.is_quoted = true;
            w.start = p + 1;
            w.end = close ? close : p + strlen(p);
            w.next = close ? close + 1 : w.end;
            return w;
        }
    }
    if (*p == '[' || *p == '{') {
        const char *end = behind_brackets(p);
        p = end ? end : p;
    }
    while (*p && !is_blank(*p))
        p++;
    w.end = w.next = p;
    return w;
}

/* The text of a quoted word, with \ sequences replaced. */
static char *unescape(arena *a, const char *from, const char *end)
{
    char *out = arena_copy_text(a, bytes_of(from, (size_t)(end - from))), *to = out;
    for (const char *p = from; p < end; p++) {
        if (*p != '\\' || p + 1 == end || strchr("\"'\\nt", p[1]) == NULL) {
            *to++ = *p;
            continue;
        }
        p++;
        *to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
    }
    *to = '\0';
    return out;
}

static size_t count_words(const char *line)
{
    size_t count = 0;
    for (const char *p = line; *p && count < CONSOLE_TOKENS_MAX;) {
        if (is_blank(*p)) {
            p++;
            continue;
        }
        p = next_word(p).next;
        count++;
    }
    return count;
}

tokens tokens_split(arena *a, const char *line)
{
    tokens out = {.count = count_words(line)};
    out.texts = arena_take_array(a, out.count + 1, sizeof *out.texts);
    const char *p = line;
    for (size_t i = 0; i < out.count; i++) {
        while (is_blank(*p))
            p++;
        word w = next_word(p);
        if (i + 1 == CONSOLE_TOKENS_MAX)
            w = (word){.start = p, .end = p + strlen(p)};
        out.texts[i] = w.is_quoted ? unescape(a, w.start, w.end) : arena_copy_text(a, bytes_of(w.start, (size_t)(w.end - w.start)));
        p = w.next;
    }
    return out;
}

/* The end of the command at p: a ; that stands outside words in quotes and brackets. A ; ends a plain word, too. */
static const char *command_end(const char *p)
{
    while (*p && *p != ';') {
        if (is_blank(*p)) {
            p++;
            continue;
        }
        if (*p == '"' || *p == '\'') {
            const char *close = closing_quote(p);
            p = close ? close + 1 : p + strlen(p);
            continue;
        }
        const char *behind = *p == '[' || *p == '{' ? behind_brackets(p) : NULL;
        if (behind) {
            p = behind;
            continue;
        }
        while (*p && *p != ';' && !is_blank(*p) && *p != '"')
            p++;
    }
    return p;
}

tokens tokens_split_commands(arena *a, const char *line)
{
    tokens out = {0};
    size_t max = 1;
    for (const char *p = line; *p; p++)
        max += *p == ';';
    out.texts = arena_take_array(a, max + 1, sizeof *out.texts);
    for (const char *p = line; *p;) {
        const char *end = command_end(p);
        while (p < end && is_blank(*p))
            p++;
        if (p < end)
            out.texts[out.count++] = arena_copy_text(a, bytes_of(p, (size_t)(end - p)));
        p = *end ? end + 1 : end;
    }
    return out;
}

size_t tokens_last_start(const char *line)
{
    size_t start = strlen(line);
    for (const char *p = line; *p;) {
        if (is_blank(*p)) {
            p++;
            continue;
        }
        word w = next_word(p);
        if (*w.next == '\0' && (!w.is_quoted || w.next == w.end))
            start = (size_t)(p - line);
        p = w.next;
    }
    return start;
}
