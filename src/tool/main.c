#include "tool/tool.h"
#include "base/bytes.h"
#include "tool/version.h"

#include <stdio.h>

static const tool *const tools[] = {&tool_node, &tool_chain, &tool_account, &tool_tx, &tool_console, &tool_bench, &tool_sim, &tool_replay, &tool_evm};

static void print_help(FILE *to)
{
    fprintf(to, "hanse " HANSE_VERSION ", a consortium blockchain that speaks the FISCO BCOS 2 protocol\n\n"
                "usage: hanse COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COUNT(tools); i++)
        fprintf(to, "  %-10s %s\n", tools[i]->name, tools[i]->summary);
    fprintf(to, "\nhanse COMMAND --help says more.\n");
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    if (strcmp(slash ? slash + 1 : argv[0], "fisco-bcos") == 0)
        return tool_node.run(argc, argv); /* started by scripts of the reference under its name */
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-v") == 0) {
        print_version(stdout);
        return 0;
    }
    for (size_t i = 0; i < COUNT(tools); i++) {
        if (strcmp(name, tools[i]->name) != 0)
            continue;
        for (int k = 2; k < argc && k < (tools[i]->has_commands ? 3 : 4); k++) /* further on they may be arguments */
            if (strcmp(argv[k], "--help") == 0) {
                fputs(tools[i]->usage, stdout);
                return 0;
            }
        return tools[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "hanse: there is no command %s\n\n", name);
    print_help(stderr);
    return 2;
}
