/* Where `hanse console` begins: options, then one command, scripts, or the prompt. */
#include "console/command.h"
#include "console/console.h"
#include "console/edit.h"
#include "console/tokens.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROMPT_WAIT_MS = 25, EXIT_INTERRUPTED = 130 };

/* ---- Ctrl-C while a command runs ---- */

static volatile sig_atomic_t interrupts;

static void write_text(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* What the chain was asked for cannot be taken back; the second Ctrl-C leaves. */
static void on_interrupt(int number)
{
    (void)number;
    if (interrupts++ > 0)
        _exit(EXIT_INTERRUPTED);
    write_text("\nStill waiting for the answer. Ctrl-C again leaves the console.\n");
}

/* ---- scripts ---- */

static bool run_script(session *s, const char *text)
{
    arena memory = {0};
    tokens commands = tokens_split_commands(&memory, text);
    bool ok = true;
    for (size_t i = 0; i < commands.count && !s->wants_to_quit && (ok || !s->options->stop_at_failure); i++)
        ok = command_run_line(s, commands.texts[i]) && ok;
    arena_reset(&memory);
    return ok;
}

static bool run_scripts(session *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->options->script_count && !s->wants_to_quit && (ok || !s->options->stop_at_failure); i++)
        ok = run_script(s, s->options->scripts[i]) && ok;
    return ok;
}

/* A line beginning with # is a comment. */
static bool run_stdin(session *s)
{
    char *line = NULL;
    size_t capacity = 0;
    bool ok = true;
    while (!s->wants_to_quit && (ok || !s->options->stop_at_failure) && getline(&line, &capacity, stdin) >= 0)
        if (line[strspn(line, " \t")] != '#')
            ok = run_script(s, line) && ok;
    free(line);
    return ok;
}

/* ---- the prompt ---- */

static void say_line_of(session *s, char c)
{
    for (int i = 0; i < DASH_LINE_LENGTH; i++)
        fputc(c, s->out);
    fputc('\n', s->out);
}

static void greet(session *s)
{
    say_line_of(s, '=');
    say(s, "Welcome to FISCO BCOS console(%s)!", hanse_client_version());
    say(s, "Type 'help' or 'h' for help. Type 'quit' or 'q' to quit console.");
    say_line_of(s, '=');
}

static void run_prompt(session *s)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    editor *e = edit_open(s, s->options->no_editing);
    sigaction(SIGINT, &action, NULL);
    greet(s);
    while (!s->wants_to_quit) {
        char prompt[32];
        snprintf(prompt, sizeof prompt, "[group:%d]> ", s->group);
        const char *line = edit_read(e, prompt);
        if (line == NULL) {
            if (interrupts == 0)
                break;
            interrupts = 0; /* Ctrl-C on a plain line */
            clearerr(stdin);
            continue;
        }
        interrupts = 0;
        s->ends_blank = true;
        command_run_line(s, line);
        if (!s->ends_blank)
            say_blank(s);
    }
    edit_close(e);
}

static int run_session(const console_options *options)
{
    session s;
    hanse_error error = {0};
    bool is_script = options->script_count || options->command || !isatty(STDIN_FILENO), ok = true;
    signal(SIGPIPE, SIG_IGN);
    console_open(&s, options, stdout);
    s.is_interactive = !is_script;
    if (!is_script && !console_is_reachable(&s, PROMPT_WAIT_MS, &error)) {
        console_fail_to_start(&s, &error);
        console_close(&s);
        return 1;
    }
    if (!is_script)
        run_prompt(&s);
    else if (options->command)
        ok = command_run_words(&s, (int)options->command_count, options->command);
    else
        ok = options->script_count ? run_scripts(&s) : run_stdin(&s);
    fflush(stdout);
    if (!console_is_settled(&s))
        _exit(ok ? 0 : 1); /* still connecting, and nobody waits for it */
    console_close(&s);
    return ok ? 0 : 1;
}

int console_run(int argc, char **argv)
{
    arena memory = {0};
    console_options options;
    error_text why;
    int status;
    if (!options_read(&options, &memory, argc, argv, &why)) {
        fprintf(stderr, "hanse console: %s\n\n%s", why.text, console_usage);
        status = 2;
    } else if (options.help) {
        fputs(console_usage, stdout);
        status = 0;
    } else if (options.version) {
        printf("console version: %s\n", hanse_client_version());
        status = 0;
    } else if (options.markdown) {
        console_print_markdown(stdout);
        status = 0;
    } else {
        status = run_session(&options);
    }
    arena_reset(&memory);
    return status;
}
