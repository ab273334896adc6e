#include "console/edit.h"
#include "base/memory.h"
#include "console/complete.h"

#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_WIDTH_DEFAULT = 80, LIST_GAP = 2, PATH_BYTES = 4096 };

struct editor {
    session *s;
    EditLine *line;        /* NULL: plain */
    History *history;
    char prompt[64];
    char history_path[PATH_BYTES];
    char *buffer;          /* the plain line, or a copy of libedit's without its line end */
    size_t buffer_size;
};

static editor *editor_of(EditLine *line)
{
    void *data = NULL;
    el_get(line, EL_CLIENTDATA, &data);
    return data;
}

static char *show_prompt(EditLine *line)
{
    return editor_of(line)->prompt;
}

/* ---- completion ---- */

static void list(const completions *c, FILE *out)
{
    struct winsize size = {0};
    size_t width = 0, columns = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : LIST_WIDTH_DEFAULT;
    for (size_t i = 0; i < c->count; i++)
        if (strlen(c->texts[i]) > width)
            width = strlen(c->texts[i]);
    size_t across = columns / (width + LIST_GAP) ? columns / (width + LIST_GAP) : 1, down = (c->count + across - 1) / across;
    fputc('\n', out);
    for (size_t row = 0; row < down; row++) {
        for (size_t i = row; i < c->count; i += down)
            fprintf(out, "%-*s", i + down < c->count ? (int)(width + LIST_GAP) : 0, c->texts[i]);
        fputc('\n', out);
    }
    fflush(out);
}

/* Inserts what all candidates have in common behind the word; shows them when that is nothing. */
static unsigned char complete_key(EditLine *line, int key)
{
    (void)key;
    editor *e = editor_of(line);
    const LineInfo *info = el_line(line);
    char *before = arena_copy_text(&e->s->memory, bytes_of(info->buffer, (size_t)(info->cursor - info->buffer)));
    completions c = complete_line(e->s, before);
    size_t typed = strlen(before) - c.start;
    unsigned char result = CC_ERROR;
    if (c.count == 1) {
        size_t size = strlen(c.texts[0]);
        bool ends_word = size && c.texts[0][size - 1] != '/';
        el_insertstr(line, arena_print(&e->s->memory, "%s%s", c.texts[0] + typed, ends_word ? " " : ""));
        result = CC_REFRESH;
    } else if (c.count && c.common > typed) {
        el_insertstr(line, arena_copy_text(&e->s->memory, bytes_of(c.texts[0] + typed, c.common - typed)));
        result = CC_REFRESH;
    } else if (c.count) {
        list(&c, e->s->out);
        result = CC_REDISPLAY;
    }
    arena_reset(&e->s->memory);
    return result;
}

/* Ctrl-C: the line is given up. */
static unsigned char cancel_key(EditLine *line, int key)
{
    (void)key;
    editor *e = editor_of(line);
    const LineInfo *info = el_line(line);
    el_cursor(line, (int)(info->lastchar - info->cursor));
    fputs("^C\n", e->s->out);
    fflush(e->s->out);
    el_deletestr(line, (int)(info->lastchar - info->buffer));
    return CC_REDISPLAY;
}

static unsigned char suspend_key(EditLine *line, int key)
{
    (void)line, (void)key;
    raise(SIGTSTP); /* libedit's handler gives the terminal back meanwhile */
    return CC_REDISPLAY;
}

/* ---- opening ---- */

static void set_keys(EditLine *line)
{
    el_set(line, EL_EDITOR, "emacs");
    el_wset(line, EL_ADDFN, L"hanse-complete", L"complete the word", complete_key);
    el_wset(line, EL_ADDFN, L"hanse-cancel", L"give the line up", cancel_key);
    el_wset(line, EL_ADDFN, L"hanse-suspend", L"stop the process", suspend_key);
    el_set(line, EL_SETTY, "-d", "-isig", NULL); /* while a line is edited Ctrl-C and Ctrl-Z are keys */
    el_set(line, EL_BIND, "\t", "hanse-complete", NULL);
    el_set(line, EL_BIND, "^C", "hanse-cancel", NULL);
    el_set(line, EL_BIND, "^Z", "hanse-suspend", NULL);
    el_set(line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(line, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    el_set(line, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
    el_set(line, EL_BIND, "\\e[1~", "ed-move-to-beg", NULL);
    el_set(line, EL_BIND, "\\e[4~", "ed-move-to-end", NULL);
    el_set(line, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
    el_set(line, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
}

static void load_history(editor *e)
{
    HistEvent event;
    const char *home = getenv("HOME");
    e->history = history_init();
    history(e->history, &event, H_SETSIZE, EDIT_HISTORY_LINES);
    history(e->history, &event, H_SETUNIQUE, 1);
    if (home && home[0])
        snprintf(e->history_path, sizeof e->history_path, "%s/.hanse_console_history", home);
    if (e->history_path[0])
        history(e->history, &event, H_LOAD, e->history_path);
}

editor *edit_open(session *s, bool is_plain)
{
    editor *e = memory_new(sizeof *e);
    const char *term = getenv("TERM");
    e->s = s;
    if (is_plain || term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
        return e;
    setlocale(LC_CTYPE, "");
    e->line = el_init("hanse", stdin, stdout, stderr);
    if (e->line == NULL)
        return e;
    load_history(e);
    el_set(e->line, EL_CLIENTDATA, e);
    el_set(e->line, EL_PROMPT, show_prompt);
    el_set(e->line, EL_SIGNAL, 1);
    el_set(e->line, EL_HIST, history, e->history);
    set_keys(e->line);
    return e;
}

/* A password given as an argument is not kept. */
static bool is_secret(const char *text)
{
    return strstr(text, "newAccount") && strstr(text, "p12");
}

static void remember(editor *e, const char *text)
{
    HistEvent event;
    if (text[strspn(text, " \t\r\n")] != '\0' && !is_secret(text))
        history(e->history, &event, H_ENTER, text);
}

const char *edit_read(editor *e, const char *prompt)
{
    snprintf(e->prompt, sizeof e->prompt, "%s", prompt);
    if (e->line) {
        int size = 0;
        const char *text = el_gets(e->line, &size);
        if (text == NULL || size <= 0) {
            fputc('\n', e->s->out);
            return NULL;
        }
        remember(e, text);
        free(e->buffer);
        e->buffer = memory_copy_text(text);
    } else {
        fputs(e->prompt, e->s->out);
        fflush(e->s->out);
        if (getline(&e->buffer, &e->buffer_size, stdin) < 0)
            return NULL;
    }
    e->buffer[strcspn(e->buffer, "\r\n")] = '\0';
    return e->buffer;
}

void edit_close(editor *e)
{
    HistEvent event;
    if (e->line) {
        mode_t mask = umask(077);
        if (e->history_path[0])
            history(e->history, &event, H_SAVE, e->history_path);
        umask(mask);
        history_end(e->history);
        el_end(e->line);
    }
    free(e->buffer);
    free(e);
}
