/* hanse node: runs one node in the foreground until SIGTERM or SIGINT. */
#include "node/node.h"
#include "tool/tool.h"
#include "tool/version.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* What start.sh of the reference waits for is the word "running" on standard output (spec/interfaces.md section 8). */
static void say(const char *text)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    printf("[%s] %s\n", stamp, text);
    fflush(stdout);
}

static sigset_t end_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

static int run_node(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"version", no_argument, NULL, 'v'}, {0}};
    const char *config = "./config.ini";
    for (int option; (option = getopt_long(argc, argv, "c:v", options, NULL)) != -1;) {
        if (option == 'c')
            config = optarg;
        else if (option == 'v')
            return print_version(stdout), 0;
        else
            return tool_misused(&tool_node, "unknown option");
    }
    if (optind < argc)
        return tool_misused(&tool_node, "unexpected argument %s", argv[optind]);
    /* Blocked before any thread starts, so that only sigtimedwait below sees them. */
    sigset_t ends = end_signals();
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    printf("config file path : %s\n", config);
    say("Initializing...");
    print_version(stdout);
    error_text why;
    node *n = node_start(config, &why);
    if (n == NULL) {
        fprintf(stderr, "Init failed!!!\nhanse node: %s\n", why.text);
        return 255;
    }
    if (node_group_count(n) == 0)
        say("It runs no group: there is no *.genesis file (see [group] group_config_path).");
    say("The hanse node is running...");
    while (sigtimedwait(&ends, NULL, &(struct timespec){.tv_nsec = NODE_TICK_MS * 1000000}) < 0)
        node_tick(n);
    node_stop(n);
    say("hanse node exit normally.");
    return 0;
}

const tool tool_node = {
    .name = "node",
    .summary = "run a node from a FISCO BCOS 2 node directory",
    .usage = "usage: hanse node [-c FILE]\n\n"
             "  -c, --config FILE   configuration, default ./config.ini; the paths in it are relative to the working directory\n"
             "  -v, --version       print the version\n\n"
             "Ends cleanly on SIGTERM and SIGINT. Data goes to hanse-data/; a data/ directory of the C++ node is not touched.\n",
    .run = run_node,
};
