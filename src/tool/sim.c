/* hanse sim: plays seeds. The trials run in child processes, so that one that ends in an assertion is one failed seed.
 */
#include "base/clock.h"
#include "sim/liar.h"
#include "sim/scale.h"
#include "sim/trial.h"
#include "tool/tool.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED_MAX (UINT64_MAX / 2) /* so that the next one and their number exist */

enum { JOBS_MAX = 64, FAILURES_SHOWN = 10, STORIES_SHOWN = 2, BAR_WIDTH = 40, STORY_MAX_LINES = 160 };

typedef struct {
    uint64_t first, last;
    trial_options trial;
    size_t jobs;
    bool shrinks, is_quiet, measures_scale, wants_all;
} sim_settings;

typedef struct {
    uint64_t seed;
    trial_result result;
} record;

typedef struct {
    pid_t pid;
    int from;      /* records come here */
    uint64_t next; /* the seed it plays */
    record partial;
    size_t partial_bytes;
} worker;

typedef struct {
    const sim_settings *settings;
    uint64_t seeds, failures, held, started_ms;
    uint64_t held_seeds[FAILURES_SHOWN];
    uint64_t by_kind[FAULT_KINDS];
    uint64_t seeds_played[PLAYED_KINDS], seeds_lied[LIE_KINDS]; /* in how many seeds it happened */
    sim_counts sum;
    uint64_t simulated_ms, longest_calm_ms, longest_calm_seed;
    uint64_t failed_seeds[FAILURES_SHOWN];
} totals;

/* ---- children ---- */

static void play(const sim_settings *settings, uint64_t seed, memo *memory, int to)
{
    record r = {.seed = seed};
    trial_options o = settings->trial;
    o.seed = seed;
    o.memory = memory;
    trial_run(&o, &r.result, NULL);
    for (size_t written = 0; written < sizeof r;) {
        ssize_t n = write(to, (const char *)&r + written, sizeof r - written);
        if (n <= 0)
            _exit(3);
        written += (size_t)n;
    }
}

static bool start_worker(const sim_settings *settings, worker *w)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    fflush(stderr);
    w->pid = fork();
    if (w->pid == 0) {
        close(ends[0]);
        memo *memory = memo_new();
        for (uint64_t seed = w->next; seed <= settings->last; seed += settings->jobs)
            play(settings, seed, memory, ends[1]);
        memo_free(memory);
        _exit(0);
    }
    close(ends[1]);
    w->from = ends[0];
    w->partial_bytes = 0;
    return w->pid > 0;
}

/* ---- counting ---- */

static void add_counts(sim_counts *sum, const sim_counts *c)
{
    sum->steps += c->steps;
    sum->frames += c->frames;
    sum->frame_bytes += c->frame_bytes;
    sum->frames_lost += c->frames_lost;
    sum->crashes += c->crashes;
    sum->restarts += c->restarts;
    sum->disk_failures += c->disk_failures;
    sum->submitted += c->submitted;
    sum->committed_transactions += c->committed_transactions;
    sum->view_changes += c->view_changes;
    sum->lies += c->lies;
    sum->blocks += c->blocks;
    for (size_t i = 0; i < PLAYED_KINDS; i++)
        sum->played[i] += c->played[i];
    for (size_t i = 0; i < SIM_LIES_MAX; i++)
        sum->lies_by_kind[i] += c->lies_by_kind[i];
    if (c->held_bytes_max > sum->held_bytes_max)
        sum->held_bytes_max = c->held_bytes_max;
}

static void note_failure(totals *t, uint64_t seed, const char *why)
{
    if (t->failures < FAILURES_SHOWN) {
        t->failed_seeds[t->failures] = seed;
        printf("%sseed %llu: %s\n", isatty(STDOUT_FILENO) ? "\r\033[K" : "", (unsigned long long)seed, why);
        fflush(stdout);
    }
    t->failures++;
}

static void take_record(totals *t, const record *r)
{
    const trial_result *result = &r->result;
    t->seeds++;
    t->simulated_ms += result->simulated_ms;
    add_counts(&t->sum, &result->counts);
    for (size_t k = 0; k < FAULT_KINDS; k++)
        t->by_kind[k] += result->kinds_played >> k & 1;
    for (size_t k = 0; k < PLAYED_KINDS; k++)
        t->seeds_played[k] += result->counts.played[k] > 0;
    for (size_t k = 0; k < LIE_KINDS; k++)
        t->seeds_lied[k] += result->counts.lies_by_kind[k] > 0;
    if (result->outcome == TRIAL_GOOD && result->calm_ms > t->longest_calm_ms) {
        t->longest_calm_ms = result->calm_ms;
        t->longest_calm_seed = r->seed;
    }
    if (result->outcome == TRIAL_HELD && t->held++ < FAILURES_SHOWN)
        t->held_seeds[t->held - 1] = r->seed;
    if (result->outcome == TRIAL_BROKEN || result->outcome == TRIAL_STUCK)
        note_failure(t, r->seed, result->why);
}

static void show_progress(const totals *t)
{
    if (!isatty(STDERR_FILENO) || t->settings->is_quiet)
        return;
    uint64_t all = t->settings->last - t->settings->first + 1;
    size_t done = (size_t)(t->seeds * BAR_WIDTH / all);
    fprintf(stderr, "\r[%.*s%.*s] %llu of %llu seeds, %llu failures, %llu s", (int)done,
            "########################################", (int)(BAR_WIDTH - done),
            "........................................", (unsigned long long)t->seeds, (unsigned long long)all,
            (unsigned long long)t->failures, (unsigned long long)(clock_steady_ms() - t->started_ms) / 1000);
    fflush(stderr);
}

/* ---- the parent ---- */

/* The child is gone. If it had seeds left, the one it was playing has killed it, and another child goes on behind it.
 */
static bool bury(totals *t, worker *w)
{
    int status = 0;
    char why[128];
    close(w->from);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    w->pid = 0;
    if (w->next > t->settings->last)
        return true;
    if (WIFSIGNALED(status))
        snprintf(why, sizeof why, "the trial ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(why, sizeof why, "the trial ended with status %d", WEXITSTATUS(status));
    t->seeds++;
    note_failure(t, w->next, why);
    w->next += t->settings->jobs;
    return w->next > t->settings->last || start_worker(t->settings, w);
}

static bool read_worker(totals *t, worker *w)
{
    ssize_t n = read(w->from, (char *)&w->partial + w->partial_bytes, sizeof w->partial - w->partial_bytes);
    if (n <= 0)
        return bury(t, w);
    w->partial_bytes += (size_t)n;
    if (w->partial_bytes == sizeof w->partial) {
        w->partial_bytes = 0;
        take_record(t, &w->partial);
        w->next += t->settings->jobs;
    }
    return true;
}

static bool play_all(totals *t)
{
    worker workers[JOBS_MAX] = {0};
    const sim_settings *s = t->settings;
    bool ok = true;
    for (size_t i = 0; ok && i < s->jobs; i++) {
        workers[i].next = s->first + i;
        ok = workers[i].next > s->last || start_worker(s, &workers[i]);
    }
    while (ok) {
        struct pollfd waits[JOBS_MAX];
        worker *of[JOBS_MAX];
        nfds_t count = 0;
        for (size_t i = 0; i < s->jobs; i++)
            if (workers[i].pid > 0) {
                of[count] = &workers[i];
                waits[count++] = (struct pollfd){.fd = workers[i].from, .events = POLLIN};
            }
        if (count == 0)
            break;
        if (poll(waits, count, 1000) < 0 && errno != EINTR)
            ok = false;
        for (nfds_t i = 0; ok && i < count; i++)
            if (waits[i].revents)
                ok = read_worker(t, of[i]);
        show_progress(t);
    }
    return ok;
}

/* ---- stories ---- */

static simulation *watched; /* of the child that tells a story: its signal handler prints what was told so far */

static void print_last_words(int signal_number)
{
    (void)signal_number;
    buffer story = buffer_init(BUFFER_NO_LIMIT);
    sim_print_story(watched, STORY_MAX_LINES, &story);
    fwrite(story.data, 1, story.size, stdout);
    fflush(stdout);
    _exit(1);
}

static void tell_in_child(trial_options o)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        trial_result result;
        buffer story = buffer_init(BUFFER_NO_LIMIT);
        signal(SIGABRT, print_last_words);
        o.tells_story = true;
        o.expose = &watched;
        trial_run(&o, &result, &story);
        fwrite(story.data, 1, story.size, stdout);
        fflush(stdout);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool fails_in_child(const trial_options *o, void *context)
{
    size_t *tries = context;
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        trial_result result;
        if (freopen("/dev/null", "w", stderr) == NULL) /* the same assertion again and again */
            _exit(2);
        trial_run(o, &result, NULL);
        _exit(result.outcome == TRIAL_BROKEN || result.outcome == TRIAL_STUCK);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    ++*tries;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rshrinking: %d faults left, %zu tries ", __builtin_popcountll(o->keep), *tries);
    return pid > 0 && status != 0;
}

static void print_again(const trial_options *o)
{
    printf("again: hanse sim --seed %llu --hours %g", (unsigned long long)o->seed, (double)o->length_ms / 3600000);
    if (o->nodes)
        printf(" --nodes %zu", o->nodes);
    if (o->others < TRIAL_OTHERS_ALL)
        printf(" --others %zu", o->others);
    if (o->stop_ms)
        printf(" --until %g", (double)o->stop_ms / 1000);
    if (o->faults != (1u << FAULT_KINDS) - 1) {
        const char *comma = "";
        printf(" --faults=");
        for (unsigned k = 0; k < FAULT_KINDS; k++)
            if (o->faults >> k & 1) {
                printf("%s%s", comma, fault_text((fault_kind)k));
                comma = ",";
            }
    }
    if (o->keep != UINT64_MAX) {
        const char *comma = " --only ";
        for (unsigned i = 0; i < PLAN_FAULTS_MAX; i++)
            if (o->keep >> i & 1) {
                printf("%s%u", comma, i);
                comma = ",";
            }
    }
    printf("\n");
}

static void tell_failures(const totals *t)
{
    size_t shown = t->failures < STORIES_SHOWN ? (size_t)t->failures : STORIES_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        trial_options o = t->settings->trial;
        size_t tries = 0;
        o.seed = t->failed_seeds[i];
        if (t->settings->shrinks) {
            o = trial_shrink(o, fails_in_child, &tries);
            printf("\nseed %llu, shrunk to %d faults in %zu tries\n", (unsigned long long)o.seed,
                   __builtin_popcountll(o.keep), tries);
        }
        printf("\n---- the story of seed %llu\n", (unsigned long long)o.seed);
        tell_in_child(o);
        print_again(&o);
    }
}

static void print_row(const char *text, uint64_t seeds, uint64_t times)
{
    printf("%-42s %8llu %12llu\n", text, (unsigned long long)seeds, (unsigned long long)times);
}

/* What was planned, what came of it, what liars said. Returns how many rows are empty, of those that can be played. */
static size_t print_played(const totals *t)
{
    size_t empty = 0;
    printf("\n%-42s %8s\n", "planned", "seeds");
    for (size_t k = 0; k < FAULT_KINDS; k++)
        if (t->settings->trial.faults >> k & 1) {
            printf("%-42s %8llu\n", fault_text((fault_kind)k), (unsigned long long)t->by_kind[k]);
            empty += t->by_kind[k] == 0;
        }
    printf("\n%-42s %8s %12s\n", "happened", "seeds", "times");
    for (size_t k = 0; k < PLAYED_KINDS; k++) {
        print_row(played_text((played_kind)k), t->seeds_played[k], t->sum.played[k]);
        empty += t->seeds_played[k] == 0;
    }
    printf("\n%-42s %8s %12s\n", "lie", "seeds", "times");
    for (size_t k = 0; k < LIE_KINDS; k++) {
        print_row(lie_text((lie_kind)k), t->seeds_lied[k], t->sum.lies_by_kind[k]);
        empty += t->seeds_lied[k] == 0;
    }
    return empty;
}

static void print_sums(const totals *t)
{
    const sim_counts *c = &t->sum;
    double seconds = (double)(clock_steady_ms() - t->started_ms) / 1000;
    printf("\n%llu blocks, %llu of %llu transactions, %llu view changes\n", (unsigned long long)c->blocks,
           (unsigned long long)c->committed_transactions, (unsigned long long)c->submitted,
           (unsigned long long)c->view_changes);
    printf("%llu frames, %llu of them lost; %llu crashes, %llu failures of a disk, %llu lies\n",
           (unsigned long long)c->frames, (unsigned long long)c->frames_lost, (unsigned long long)c->crashes,
           (unsigned long long)c->disk_failures, (unsigned long long)c->lies);
    printf("at most %llu KiB held by a node of what others sent (%d KiB allowed)\n",
           (unsigned long long)c->held_bytes_max / 1024, SIM_NODE_BYTES_MAX / 1024);
    printf("%.1f simulated hours in %.1f s; after the faults every node went on within %.1f s (seed %llu)\n",
           (double)t->simulated_ms / 3600000, seconds, (double)t->longest_calm_ms / 1000,
           (unsigned long long)t->longest_calm_seed);
    if (t->held == 0)
        return;
    printf("%llu seeds stood still by locks that liars brought about (docs/protocol/findings-consensus.md): no failure:",
           (unsigned long long)t->held);
    for (uint64_t i = 0; i < t->held && i < FAILURES_SHOWN; i++)
        printf(" %llu", (unsigned long long)t->held_seeds[i]);
    printf("%s\n", t->held > FAILURES_SHOWN ? " ..." : "");
}

/* true: good. */
static bool print_table(const totals *t)
{
    size_t empty = print_played(t);
    bool is_complete = !t->settings->wants_all || empty == 0;
    print_sums(t);
    if (!is_complete)
        printf("%zu rows of the tables are empty, and --complete was asked for\n", empty);
    printf("%llu seeds, %llu failures\n", (unsigned long long)t->seeds, (unsigned long long)t->failures);
    return t->failures == 0 && is_complete;
}

/* ---- command line ---- */

static bool read_range(const char *text, sim_settings *s)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    char *dots = strstr(copy, "..");
    if (dots)
        *dots = '\0';
    return tool_read_number(copy, 0, SEED_MAX, &s->first) && tool_read_number(dots ? dots + 2 : copy, s->first, SEED_MAX, &s->last);
}

static bool read_only(const char *text, uint64_t *keep)
{
    *keep = 0;
    for (const char *at = text; *at;) {
        char *end;
        unsigned long which = strtoul(at, &end, 10);
        if (end == at || which >= PLAN_FAULTS_MAX || (*end && *end != ','))
            return false;
        *keep |= UINT64_C(1) << which;
        at = end + (*end == ',');
    }
    return true;
}

static bool read_options(int argc, char **argv, sim_settings *s, error_text *why)
{
    static const struct option options[] = {{"seeds", required_argument, NULL, 's'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"nodes", required_argument, NULL, 'n'},
                                            {"hours", required_argument, NULL, 'h'},
                                            {"faults", required_argument, NULL, 'f'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"shrink", no_argument, NULL, 'k'},
                                            {"complete", no_argument, NULL, 'a'},
                                            {"others", required_argument, NULL, 'r'},
                                            {"until", required_argument, NULL, 'u'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"scale", no_argument, NULL, 'c'},
                                            {0}};
    uint64_t number;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            if (!read_range(optarg, s))
                return error_set(why, "--seeds takes A..B or one number, not \"%s\"", optarg);
            break;
        case 'n':
            if (!tool_read_number(optarg, 1, SIM_NODES_MAX - 2, &number))
                return error_set(why, "--nodes takes 1 to %d, not \"%s\"", SIM_NODES_MAX - 2, optarg);
            s->trial.nodes = (size_t)number;
            break;
        case 'h':
            s->trial.length_ms = (uint64_t)(atof(optarg) * 3600000);
            if (s->trial.length_ms < 1000 || s->trial.length_ms > UINT64_C(1000) * 3600000)
                return error_set(why, "--hours takes 0.001 to 1000, not \"%s\"", optarg);
            break;
        case 'r':
            if (!tool_read_number(optarg, 0, TRIAL_OTHERS_ALL, &number))
                return error_set(why, "--others takes a number, not \"%s\"", optarg);
            s->trial.others = (size_t)number;
            break;
        case 'u':
            s->trial.stop_ms = (uint64_t)(atof(optarg) * 1000);
            if (s->trial.stop_ms < 1 || s->trial.stop_ms > UINT64_C(1000) * 3600000)
                return error_set(why, "--until takes seconds, not \"%s\"", optarg);
            break;
        case 'a':
            s->wants_all = true;
            break;
        case 'f':
            if (!plan_parse_kinds(optarg, &s->trial.faults, why))
                return false;
            break;
        case 'j':
            if (!tool_read_number(optarg, 1, JOBS_MAX, &number))
                return error_set(why, "--jobs takes 1 to %d, not \"%s\"", JOBS_MAX, optarg);
            s->jobs = (size_t)number;
            break;
        case 'o':
            if (!read_only(optarg, &s->trial.keep))
                return error_set(why, "--only takes numbers of faults, as --shrink prints them");
            break;
        case 'k':
            s->shrinks = true;
            break;
        case 'q':
            s->is_quiet = true;
            break;
        case 'c':
            s->measures_scale = true;
            break;
        default:
            return error_set(why, "an option is not known");
        }
    }
    return optind == argc || error_set(why, "\"%s\" is no option", argv[optind]);
}

static int print_scale(uint64_t seed)
{
    static const size_t sizes[] = {4, 16, 64, 100};
    error_text why;
    scale_result r;
    printf("a block of %d transactions, all nodes together:\n\n%8s %18s %18s %14s %14s %10s\n", SCALE_TRANSACTIONS,
           "sealers", "consensus frames", "consensus bytes", "other frames", "other bytes", "ms");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        if (!scale_measure(sizes[i], seed, &r, &why))
            return tool_fail("sim", "%s", why.text);
        printf("%8zu %18.0f %18.0f %14.0f %14.0f %10.0f\n", r.nodes, r.consensus_frames, r.consensus_bytes,
               r.other_frames, r.other_bytes, r.block_ms);
        fflush(stdout);
    }
    return 0;
}

static int run(int argc, char **argv)
{
    error_text why;
    sim_settings s = {.first = 1, .last = 100, .jobs = 1};
    s.trial = (trial_options){.length_ms = 180000, .others = TRIAL_OTHERS_ALL, .faults = (1u << FAULT_KINDS) - 1, .keep = UINT64_MAX};
    if (!read_options(argc, argv, &s, &why))
        return tool_misused(&tool_sim, "%s", why.text);
    if (s.measures_scale)
        return print_scale(s.first);
    totals t = {.settings = &s, .started_ms = clock_steady_ms()};
    if (!play_all(&t))
        return tool_fail("sim", "no child processes: %s", strerror(errno));
    if (isatty(STDERR_FILENO) && !s.is_quiet)
        fprintf(stderr, "\r\033[K");
    tell_failures(&t);
    return print_table(&t) ? 0 : 1;
}

const tool tool_sim = {
    .name = "sim",
    .summary = "tries to break consensus: whole networks in simulated time, from seeds",
    .usage = "usage: hanse sim [--seeds A..B] [--nodes N] [--hours H] [--faults=LIST] [--jobs J] [--shrink] [--only "
             "LIST]\n\n"
             "Each seed is one network of complete nodes: it plays H simulated hours (default 0.05) of faults, then "
             "calm. No two nodes may\n"
             "ever disagree, and in calm every node must go on. A seed repeats exactly; the story of a failing one is "
             "printed.\n\n"
             "  --seeds A..B    which seeds (default 1..100); --seed N: one\n"
             "  --nodes N       sealers (default: 4 to 7, drawn from the seed)\n"
             "  --faults=LIST   of loss, delay, repeat, reorder, partition, oneway, slowlink, flap, crash, disk, "
             "fulldisk, clock, drift, slownode,\n"
             "                  members, flood, byzantine; all (default), none; -NAME takes one away\n"
             "  --jobs J        processes side by side (default 1)\n"
             "  --shrink        looks for fewer faults, fewer nodes and less time that still make a seed fail\n"
             "  --only LIST     plays only these faults of the plan, as --shrink prints them\n"
             "  --others N      at most N of the drawn observers and twins, as --shrink prints it\n"
             "  --until S       the faults end after S seconds, as --shrink prints it\n"
             "  --complete      fails also when a fault, an effect or a lie of the tables was never played\n"
             "  --quiet         no progress bar\n"
             "  --scale         no faults: messages and bytes for a block of 4, 16, 64 and 100 sealers\n\n"
             "The last line is \"S seeds, F failures\"; the exit status is 0 when F is 0.\n",
    .run = run,
};
