/* hanse chain: makes a chain's directory tree and runs its nodes on this machine. */
#include "tool/chain_files.h"
#include "tool/chain_run.h"
#include "tool/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { AGREE_MS = 30000, STOP_MS = 12000 };

static void print_progress(const char *line)
{
    printf("  %s\n", line);
    fflush(stdout);
}

static int create(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-h") == 0) {
        fputs(chain_create_usage, stdout);
        return 0;
    }
    arena a = {0};
    chain_plan plan;
    error_text why;
    if (!chain_plan_read(&plan, &a, argc, argv, &why)) {
        arena_reset(&a);
        fprintf(stderr, "hanse chain create: %s\n\n%s", why.text, chain_create_usage);
        return 2;
    }
    bool ok = chain_write(&plan, print_progress, &why);
    if (ok)
        printf("All completed. Files in %s\n", plan.output);
    arena_reset(&a);
    return ok ? 0 : tool_fail("chain create", "%s", why.text);
}

typedef struct {
    const char *folder;
    unsigned group;
} run_options;

static bool read_run_options(int argc, char **argv, run_options *out)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {"group", required_argument, NULL, 'g'}, {0}};
    uint64_t number;
    *out = (run_options){"nodes", 1};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "o:g:", options, NULL)) != -1;) {
        if (option == 'o')
            out->folder = optarg;
        else if (option == 'g')
            out->group = tool_read_number(optarg, 1, GROUP_ID_MAX, &number) ? (unsigned)number : 0;
        else
            return false;
        if (out->group == 0)
            return false;
    }
    return optind == argc;
}

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool make_default_chain(arena *a, const char *folder, error_text *why)
{
    char name[] = "create", list[] = "-l", nodes[] = "127.0.0.1:4", output[] = "-o"; /* getopt wants them writable */
    char *argv[] = {name, list, nodes, output, arena_copy_text(a, bytes_of_text(folder)), NULL};
    chain_plan plan;
    printf("%s does not exist: making a chain of four nodes there\n", folder);
    return chain_plan_read(&plan, a, 5, argv, why) && chain_write(&plan, print_progress, why);
}

/* What up, down and status do with the nodes they found. */
typedef bool (*nodes_action)(local_node *nodes, size_t count, unsigned group, error_text *why);

static int run_on_nodes(const char *name, int argc, char **argv, bool make_when_absent, nodes_action act)
{
    run_options options;
    if (!read_run_options(argc, argv, &options))
        return tool_misused(&tool_chain, "%s takes -o DIR and -g GROUP", name);
    arena a = {0};
    error_text why;
    local_node *nodes;
    size_t count;
    bool ok = (!make_when_absent || exists(options.folder) || make_default_chain(&a, options.folder, &why)) &&
              chain_find_nodes(&a, options.folder, &nodes, &count, &why) && act(nodes, count, options.group, &why);
    arena_reset(&a);
    return ok ? 0 : tool_fail("chain", "%s: %s", name, why.text);
}

static bool show(local_node *nodes, size_t count, unsigned group, error_text *why)
{
    (void)why;
    chain_print_status(nodes, count, group);
    return true;
}

static bool start_and_show(local_node *nodes, size_t count, unsigned group, error_text *why)
{
    return chain_start_nodes(nodes, count, why) && chain_wait_agreed(nodes, count, group, AGREE_MS, why) &&
           show(nodes, count, group, why);
}

static bool stop_and_count(local_node *nodes, size_t count, unsigned group, error_text *why)
{
    (void)group;
    size_t running = 0;
    for (size_t i = 0; i < count; i++)
        running += nodes[i].pid != 0;
    if (!chain_stop_nodes(nodes, count, STOP_MS, why))
        return false;
    printf("%zu nodes stopped\n", running);
    return true;
}

static int up(int argc, char **argv)
{
    return run_on_nodes("up", argc, argv, true, start_and_show);
}

static int down(int argc, char **argv)
{
    return run_on_nodes("down", argc, argv, false, stop_and_count);
}

static int status(int argc, char **argv)
{
    return run_on_nodes("status", argc, argv, false, show);
}

static int run_chain(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"create", create}, {"up", up}, {"down", down}, {"status", status}};
    for (size_t i = 0; argc > 1 && i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return tool_misused(&tool_chain, "expected create, up, down or status");
}

const tool tool_chain = {
    .name = "chain",
    .summary = "make a chain's directories, start, stop and look at its nodes",
    .usage = "usage: hanse chain create (-l LIST | -f FILE) [OPTIONS]   make certificates and node directories\n"
             "       hanse chain up     [-o DIR] [-g GROUP]             start the nodes of DIR (made with four nodes if absent)\n"
             "       hanse chain status [-o DIR] [-g GROUP]             a table of nodes, heights, peers, ports\n"
             "       hanse chain down   [-o DIR]                        stop them\n\n"
             "DIR is nodes unless said otherwise. `hanse chain create -h` lists the options of create.\n",
    .run = run_chain,
};
