/* hanse replay: executes a recorded chain and compares it with what the recording node did. */
#include "base/clock.h"
#include "base/memory.h"
#include "tool/replay_chain.h"
#include "tool/tool.h"

#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SHOWN_DIFFERENCES_MAX = 100,
    SHOWN_VALUE_CHARACTERS = 160, /* of a value; a longer one is shown from shortly before the place that differs */
    BEFORE_CHARACTERS = 16,
    BAR_CHARACTERS = 40,
    BAR_PAUSE_MS = 50,
    OPEN_FOLDERS = 16
};

typedef struct {
    const char *path;
    int64_t from, to;
    bool keep_going, as_json;
    const store_engine *engine;
    bool has_bar, bar_is_shown;
    uint64_t bar_ms;
    json_t *differences; /* --json */
    uint64_t shown;
} replay_run;

/* ---- the bar ---- */

static void hide_bar(replay_run *run)
{
    if (run->bar_is_shown)
        fputs("\r\033[K", stderr);
    run->bar_is_shown = false;
}

static void on_block(void *context, int64_t number, int64_t last)
{
    replay_run *run = context;
    uint64_t now = clock_steady_ms();
    if (!run->has_bar || now - run->bar_ms < BAR_PAUSE_MS)
        return;
    int filled = (int)(number * BAR_CHARACTERS / (last ? last : 1));
    fprintf(stderr, "\r[%.*s%*s] block %" PRId64 " of %" PRId64, filled, "########################################",
            BAR_CHARACTERS - filled, "", number, last);
    fflush(stderr);
    run->bar_ms = now;
    run->bar_is_shown = true;
}

/* ---- differences ---- */

static size_t first_difference(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    return at;
}

/* A long value from shortly before `at` on. */
static void print_value(const char *label, const char *value, size_t at)
{
    size_t size = strlen(value), from = size > SHOWN_VALUE_CHARACTERS && at > BEFORE_CHARACTERS ? at - BEFORE_CHARACTERS : 0;
    from = from > size ? size : from;
    size_t left = size - from, shown = left > SHOWN_VALUE_CHARACTERS ? SHOWN_VALUE_CHARACTERS : left;
    printf("  %-8s %s%.*s%s", label, from ? "..." : "", (int)shown, value + from, shown < left ? "..." : "");
    if (from || shown < left)
        printf(" (%zu characters, from %zu on)", size, from);
    putchar('\n');
}

static void print_difference(const replay_difference *d)
{
    size_t at = first_difference(d->expected, d->found);
    if (d->block >= 0)
        printf("block %" PRId64 ": %s\n", d->block, d->where);
    else
        printf("state after the last block: %s\n", d->where);
    print_value("expected", d->expected, at);
    print_value("found", d->found, at);
    for (const char *line = d->note; *line;) {
        const char *end = strchrnul(line, '\n');
        printf("  %.*s\n", (int)(end - line), line);
        line = *end ? end + 1 : end;
    }
}

static void on_difference(void *context, const replay_difference *d)
{
    replay_run *run = context;
    hide_bar(run);
    if (run->shown++ >= SHOWN_DIFFERENCES_MAX)
        return;
    if (run->as_json)
        json_array_append_new(run->differences,
                              json_pack("{s:o,s:s+,s:s+,s:s+,s:s+}", "block", d->block < 0 ? json_null() : json_integer(d->block),
                                        "where", d->where, "", "expected", d->expected, "", "found", d->found, "", "note", d->note, ""));
    else
        print_difference(d);
}

/* ---- the store ---- */

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(path);
}

/* A store that is thrown away afterwards. folder: where it lies, from malloc; NULL for one in memory. */
static store *open_store(const replay_run *run, char **folder, error_text *why)
{
    arena a = {0};
    store *s = NULL;
    const char *where = getenv("TMPDIR");
    *folder = NULL;
    store_config config = {0};
    if (run->engine != &store_memory) {
        *folder = memory_copy_text(arena_print(&a, "%s/hanse-replay-XXXXXX", where && *where ? where : "/tmp"));
        if (mkdtemp(*folder) == NULL)
            error_set(why, "%s: no folder can be made there", *folder);
        config.path = arena_print(&a, "%s/store", *folder);
    }
    if (*folder == NULL || access(*folder, F_OK) == 0)
        (void)!run->engine->open(&s, &config, why);
    arena_reset(&a);
    return s;
}

static void remove_store(store *s, char *folder)
{
    store_close(s);
    if (folder && access(folder, F_OK) == 0)
        nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* ---- the run ---- */

static void print_end(const replay_run *run, const replay_totals *t, const char *failure, uint64_t ms)
{
    if (run->as_json) {
        json_t *all = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "set", run->path, "blocks", (json_int_t)t->blocks, "transactions",
                                (json_int_t)t->transactions, "rows", (json_int_t)t->rows, "reorderedBlocks",
                                (json_int_t)t->reordered_blocks, "differenceCount", (json_int_t)t->differences, "milliseconds",
                                (json_int_t)ms, "differences", run->differences);
        if (failure)
            json_object_set_new(all, "failure", json_string(failure));
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
        fflush(stdout);
    }
    FILE *to = run->as_json ? stderr : stdout;
    if (run->shown > SHOWN_DIFFERENCES_MAX)
        fprintf(to, "%" PRIu64 " more differences are not shown\n", run->shown - SHOWN_DIFFERENCES_MAX);
    if (failure)
        fflush(stdout), tool_fail("replay", "%s", failure);
    if (t->reordered_blocks)
        fprintf(to, "%" PRIu64 " block%s took effect in another order than one worker's\n", t->reordered_blocks,
                t->reordered_blocks == 1 ? "" : "s");
    fprintf(to, "compared %" PRIu64 " rows, %" PRIu64 ".%02" PRIu64 " s\n", t->rows, ms / 1000, ms % 1000 / 10);
    fprintf(to, "replayed %" PRIu64 " blocks, %" PRIu64 " transactions, %" PRIu64 " differences\n", t->blocks, t->transactions,
            t->differences);
}

static int replay_dataset(replay_run *run, dataset *d, uint64_t start_ms)
{
    error_text why = {""};
    char *folder;
    replay_totals totals = {0};
    store *s = open_store(run, &folder, &why);
    bool ok = s != NULL;
    if (ok) {
        replay_options options = {.store = s, .from = run->from, .to = run->to, .keep_going = run->keep_going,
                                  .on_difference = on_difference, .on_block = on_block, .context = run};
        ok = replay_chain(d, &options, &totals, &why);
    }
    hide_bar(run);
    print_end(run, &totals, ok ? NULL : why.text, clock_steady_ms() - start_ms);
    remove_store(s, folder);
    return ok && totals.differences == 0 ? 0 : 1;
}

static bool parse_number(const char *text, int64_t *out)
{
    uint64_t value;
    if (!tool_read_number(text, 0, INT64_MAX, &value))
        return false;
    *out = (int64_t)value;
    return true;
}

/* 0, or the exit status. */
static int parse_options(replay_run *run, int argc, char **argv)
{
    static const struct option options[] = {{"from", required_argument, NULL, 'f'},    {"to", required_argument, NULL, 't'},
                                            {"keep-going", no_argument, NULL, 'k'},    {"json", no_argument, NULL, 'j'},
                                            {"storage", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if ((option == 'f' && !parse_number(optarg, &run->from)) || (option == 't' && !parse_number(optarg, &run->to)))
            return tool_misused(&tool_replay, "%s is no block number", optarg);
        if (option == 's' && (run->engine = store_engine_named(bytes_of_text(optarg))) == NULL)
            return tool_misused(&tool_replay, "there is no storage %s", optarg);
        if (option == '?')
            return tool_misused(&tool_replay, "what was meant?");
        run->keep_going |= option == 'k';
        run->as_json |= option == 'j';
    }
    if (optind + 1 != argc)
        return tool_misused(&tool_replay, "one recording is needed");
    run->path = argv[optind];
    return run->from > run->to ? tool_misused(&tool_replay, "--from is behind --to") : 0;
}

static int run_replay(int argc, char **argv)
{
    replay_run run = {.to = INT64_MAX, .engine = &store_memory, .has_bar = isatty(STDERR_FILENO)};
    int status = parse_options(&run, argc, argv);
    if (status)
        return status;
    dataset d;
    error_text why = {""};
    uint64_t start_ms = clock_steady_ms();
    run.differences = json_array();
    if (dataset_open(&d, run.path, &why))
        status = replay_dataset(&run, &d, start_ms);
    else
        status = tool_fail("replay", "%s", why.text);
    dataset_free(&d);
    json_decref(run.differences);
    return status;
}

const tool tool_replay = {
    .name = "replay",
    .summary = "execute a recorded chain and compare every byte",
    .usage = "usage: hanse replay [OPTIONS] RECORDING\n"
    "\n"
    "Executes a recorded chain from its genesis block, block by block, and compares what comes out with what was recorded:\n"
    "transactions, senders, receipts, roots, block hashes, signatures, proofs, and in the end every row of every table.\n"
    "RECORDING is a pack (FILE.pack) or a folder (docs/testing.md describes both). Stops at the first difference and shows it.\n"
    "Exit status 0: no difference; 1: differences, or a recording that cannot be read; 2: wrong usage.\n"
    "\n"
    "  --from N         compare in full from block N on (all blocks are executed)\n"
    "  --to N           stop after block N; the tables are not compared then\n"
    "  --keep-going     go on after a difference\n"
    "  --storage NAME   memory (default), or rocksdb in a temporary folder\n"
    "  --json           the result as one JSON document on standard output, the rest on standard error\n",
    .run = run_replay,
};
