#include "console/command.h"

#include <stdlib.h>

static bool run_help(session *s, const command *c, int argc, char **argv)
{
    (void)c;
    if (argc == 0) {
        help_list(s);
        return true;
    }
    const command *about = command_find(argv[0]);
    if (about == NULL)
        return console_fail(s, "Undefined command: \"%s\". Try \"help\".\n", argv[0]);
    help_command(s, about);
    return true;
}

static bool run_switch(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc;
    if (!console_switch(s, atoi(argv[0])))
        return console_fail(s, "Switch to group %s failed!\n", argv[0]);
    say(s, "Switched to group %s.\n", argv[0]);
    return true;
}

static bool run_quit(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    s->wants_to_quit = true;
    return true;
}

static const command rows[] = {
    {.name = "help", .aliases = {"-h", "-help", "--h", "--H", "--help", "-H", "h"}, .help = "Provide help information", .run = run_help,
     .parameters = {{PARAMETER_TEXT, "command", "The command to explain.", true}}},
    {.name = "switch", .aliases = {"s"}, .help = "Switch to a specific group by group ID", .run = run_switch,
     .parameters = {{PARAMETER_GROUP, "groupId", "Integer, from 1 to 32767.", false}}},
    {.name = "quit", .aliases = {"q", "exit"}, .help = "Quit console", .run = run_quit}};
const command_family family_general = FAMILY("The console", "控制台", rows);
