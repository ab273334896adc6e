/* The table of crash points of docs/ledger.md: this program is run again as a child that dies at the row's place, on a durable
   RocksDB store, and then the state it left is looked at. */
#include "store/fault.h"
#include "support_ledger.h"

#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { BLOCKS_BEFORE = 5, V_NEWEST = VERSION_OF(2, 11, 0) };

static store *open_store(const char *path)
{
    store *s;
    error_text why = {""};
    if (store_rocksdb.open(&s, &(store_config){.path = path, .durable = true}, &why) != STORE_OK)
        fail_msg("%s", why.text);
    return s;
}

/* What the child does: blocks up to BLOCKS_BEFORE, a note "old", a note "new", block BLOCKS_BEFORE + 1 - unless it dies. */
typedef struct {
    const char *name;           /* as in docs/ledger.md */
    store_fault_plan plan;
    int64_t head;               /* of the store the child leaves: -1 without a chain */
    const char *prepared;       /* NULL: none */
} crash_point;

static const crash_point points[] = {
    {"F1 founding, nothing written", {.applies = {0, STORE_IO, FAULT_BEFORE, true}}, -1, NULL},
    {"F2 founding, block 0 written", {.applies = {0, STORE_IO, FAULT_AFTER, true}}, 0, NULL},
    {"P1 preparing, note not written", {.notes = {1, STORE_IO, FAULT_BEFORE, true}}, BLOCKS_BEFORE, "old"},
    {"P2 preparing, note written", {.notes = {1, STORE_IO, FAULT_AFTER, true}}, BLOCKS_BEFORE, "new"},
    {"C1 committing, nothing written", {.applies = {BLOCKS_BEFORE + 1, STORE_IO, FAULT_BEFORE, true}}, BLOCKS_BEFORE, "new"},
    {"C3 committing, batch written", {.applies = {BLOCKS_BEFORE + 1, STORE_IO, FAULT_AFTER, true}}, BLOCKS_BEFORE + 1, "new"},
    {"C4 committed", {.applies = {BLOCKS_BEFORE + 2, STORE_IO, FAULT_BEFORE, true}}, BLOCKS_BEFORE + 1, "new"},
};

static int child_runs_into(const char *path, size_t point)
{
    test_chain c = chain_at(V_NEWEST);
    store_fault_plan plan = points[point].plan;
    store *inner = open_store(path), *s = store_faulty(inner, &plan);
    ledger *l = open_ledger(&c, s);
    error_text why;
    for (int i = 0; i < BLOCKS_BEFORE; i++)
        assert_int_equal(commit_next(&c, l, 2, &why), COMMIT_OK);
    assert_true(ledger_save_prepared(l, BYTES_OF_LITERAL("old"), &why));
    assert_true(ledger_save_prepared(l, BYTES_OF_LITERAL("new"), &why));
    for (int i = 0; i < 2; i++)
        assert_int_equal(commit_next(&c, l, 2, &why), COMMIT_OK);
    return 1; /* the plan did not end it */
}

static int child_commits_until_killed(const char *path)
{
    test_chain c = chain_at(V_NEWEST);
    store *s = open_store(path);
    ledger *l = open_ledger(&c, s);
    for (;;) {
        error_text why;
        assert_int_equal(commit_next(&c, l, 40, &why), COMMIT_OK);
        int64_t number = ledger_head(l).number;
        if (write(STDOUT_FILENO, &number, sizeof number) != sizeof number)
            return 1;
    }
}

static pid_t start_child(const char *what, const char *path, int *output)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    char *arguments[] = {(char *)"test", (char *)what, (char *)path, NULL};
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = ends[0];
    return pid;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static char *directory_new(void)
{
    char *path = strdup("/tmp/hanse-ledger-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static void directory_remove(char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* The hash of block `number` of a chain that never crashed. */
static hash256 hash_without_crash(const test_chain *c, int64_t number, size_t transactions)
{
    store *s = new_memory_store();
    ledger *l = open_ledger(c, s);
    error_text why;
    while (ledger_head(l).number < number)
        assert_int_equal(commit_next(c, l, transactions, &why), COMMIT_OK);
    hash256 hash = ledger_head(l).hash;
    ledger_close(l);
    store_close(s);
    return hash;
}

static void assert_prepared(ledger *l, const char *expected)
{
    arena a = {0};
    bytes prepared;
    assert_int_equal(ledger_load_prepared(l, &a, &prepared), expected != NULL);
    if (expected)
        assert_bytes_equal(prepared, bytes_of_text(expected));
    arena_reset(&a);
}

static void each_crash_point_leaves_what_the_table_says(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    for (size_t i = 0; i < COUNT(points); i++) {
        char *path = directory_new(), number[8];
        int output, status;
        snprintf(number, sizeof number, "%zu", i);
        pid_t pid = start_child(number, path, &output);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(output);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            fail_msg("%s: the child ended by itself, status %d", points[i].name, status);
        store *s = open_store(path);
        if (store_last_applied(s) != points[i].head)
            fail_msg("%s: head %lld", points[i].name, (long long)store_last_applied(s));
        ledger *l = open_ledger(&c, s);
        int64_t head = points[i].head < 0 ? 0 : points[i].head;
        assert_stands_at(&c, l, head);
        assert_prepared(l, points[i].prepared);
        /* And the chain goes on as if nothing had happened. */
        error_text why;
        while (ledger_head(l).number < BLOCKS_BEFORE + 3)
            assert_int_equal(commit_next(&c, l, 2, &why), COMMIT_OK);
        assert_stands_at(&c, l, BLOCKS_BEFORE + 3);
        hash256 expected = hash_without_crash(&c, BLOCKS_BEFORE + 3, 2);
        ledger_tip tip = ledger_head(l);
        assert_memory_equal(&tip.hash, &expected, sizeof expected);
        ledger_close(l);
        store_close(s);
        directory_remove(path);
    }
}

/* Row C2: killed at any moment, most of the time while RocksDB writes. */
static void a_kill_at_any_moment_leaves_a_block_boundary(void **state)
{
    (void)state;
    test_chain c = chain_at(V_NEWEST);
    char *path = directory_new();
    int64_t head = 0;
    for (unsigned round = 0; round < 6; round++) {
        int output;
        int64_t told = head, number;
        pid_t pid = start_child("commit", path, &output);
        for (unsigned seen = 0; seen < 2 + round * 5 && read(output, &number, sizeof number) == sizeof number; seen++)
            told = number;
        usleep(300 * round);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(output, &number, sizeof number) == sizeof number)
            told = number;
        close(output);
        store *s = open_store(path);
        ledger *l = open_ledger(&c, s);
        head = ledger_head(l).number;
        assert_true(head == told || head == told + 1);
        assert_stands_at(&c, l, head);
        ledger_close(l);
        store_close(s);
    }
    assert_true(head >= 12);
    hash256 expected = hash_without_crash(&c, head, 40);
    store *s = open_store(path);
    ledger *l = open_ledger(&c, s);
    ledger_tip tip = ledger_head(l);
    assert_memory_equal(&tip.hash, &expected, sizeof expected);
    ledger_close(l);
    store_close(s);
    directory_remove(path);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "commit") == 0)
        return child_commits_until_killed(argv[2]);
    if (argc == 3)
        return child_runs_into(argv[2], (size_t)atoi(argv[1]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_crash_point_leaves_what_the_table_says),
        cmocka_unit_test(a_kill_at_any_moment_leaves_a_block_boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
