/* hanse evm: the interpreter without a chain. */
#include "base/error_text.h"
#include "base/memory.h"
#include "tool/statetest.h"
#include "tool/tool.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDER_DEPTH_MAX = 32 };

static void complain(statetest *t, const char *path, const char *reason)
{
    fprintf(t->out, "FAIL %s: %s\n", path, reason);
    t->failed++;
}

static bool read_whole(const char *path, size_t size, uint8_t *out)
{
    FILE *file = fopen(path, "rb");
    bool ok = file != NULL && fread(out, 1, size, file) == size;
    int error = errno;
    if (file)
        fclose(file);
    errno = error;
    return ok;
}

static void run_file(statetest *t, const char *path, size_t size)
{
    error_text why;
    if (size > STATETEST_DOCUMENT_MAX_BYTES) {
        complain(t, path, "the file is too large");
        return;
    }
    uint8_t *document = memory_new(size);
    errno = 0;
    if (!read_whole(path, size, document))
        complain(t, path, errno ? strerror(errno) : "the file changes while it is read");
    else if (!statetest_run(t, path, bytes_of(document, size), &why))
        complain(t, path, why.text);
    free(document);
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_json(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".json") == 0;
}

/* depth: how many folders lie above; from 1 on, files that are no JSON are passed over. */
static void run_path(statetest *t, const char *path, unsigned depth)
{
    struct stat info;
    struct dirent **entries;
    if (stat(path, &info) != 0) {
        complain(t, path, strerror(errno));
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        if (depth == 0 || is_json(path))
            run_file(t, path, (size_t)info.st_size);
        return;
    }
    int count = depth < FOLDER_DEPTH_MAX ? scandir(path, &entries, is_wanted, alphasort) : -1;
    if (count < 0) {
        complain(t, path, depth < FOLDER_DEPTH_MAX ? strerror(errno) : "too many folders in each other");
        return;
    }
    for (int i = 0; i < count; i++) {
        char inside[PATH_MAX];
        if (snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name) < (int)sizeof inside)
            run_path(t, inside, depth + 1);
        else
            complain(t, path, "a path in it is too long");
        free(entries[i]);
    }
    free(entries);
}

static int run_evm(int argc, char **argv)
{
    enum { OPTION_FORK = 1, OPTION_TEST, OPTION_TRACE };
    static const struct option options[] = {{"fork", required_argument, NULL, OPTION_FORK},
                                            {"test", required_argument, NULL, OPTION_TEST},
                                            {"trace", no_argument, NULL, OPTION_TRACE},
                                            {0}};
    statetest t = {.out = stdout};
    if (argc < 2 || strcmp(argv[1], "statetest") != 0)
        return tool_misused(&tool_evm, "expected statetest");
    optind = 2;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_FORK)
            t.fork = optarg;
        else if (option == OPTION_TEST)
            t.test = optarg;
        else if (option == OPTION_TRACE)
            t.trace = true;
        else
            return tool_misused(&tool_evm, "unknown option");
    }
    if (t.fork && !statetest_knows(t.fork))
        return tool_misused(&tool_evm, "there are no results for %s", t.fork);
    if (optind == argc)
        return tool_misused(&tool_evm, "expected files or folders");
    for (int i = optind; i < argc; i++)
        run_path(&t, argv[i], 0);
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    return t.failed ? 1 : 0;
}

const tool tool_evm = {
    .name = "evm",
    .summary = "run Ethereum's state tests on the interpreter",
    .usage = "usage: hanse evm statetest [--fork NAME] [--test TEXT] [--trace] FILE...|DIR...\n\n"
             "Runs tests of Ethereum's GeneralStateTests format by Ethereum's rules and gas: the results for Istanbul and\n"
             "ConstantinopleFix (Petersburg). Folders are walked for *.json. One line for each failure; the exit status is 0\n"
             "only without any.\n"
             "  --fork NAME  only this fork: Istanbul or ConstantinopleFix\n"
             "  --test TEXT  only tests whose name contains it\n"
             "  --trace      tell each test's calls, and the accounts in the end\n",
    .run = run_evm,
};
