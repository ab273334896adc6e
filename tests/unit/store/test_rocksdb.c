/* What only a store on disk can do wrong: ownership, foreign directories, crashes, full disks, damaged files.
   Other processes are this program run again with arguments: see `children`. */
#include "store/directory.h"
#include "support_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <rocksdb/c.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static store_result try_open(store **s, const char *path, bool durable, error_text *why)
{
    store_config config = {.path = path, .durable = durable};
    why->text[0] = 0;
    return store_rocksdb.open(s, &config, why);
}

static store *must_open(const char *path, bool durable)
{
    store *s;
    error_text why;
    store_result result = try_open(&s, path, durable, &why);
    if (result != STORE_OK)
        fail_msg("%s: %s", store_result_text(result), why.text);
    return s;
}

static void assert_refused(const char *path, store_result expected, const char *reason)
{
    store *s;
    error_text why;
    store_result result = try_open(&s, path, false, &why);
    if (result != expected || !strstr(why.text, reason))
        fail_msg("%s: \"%s\" instead of %s with \"%s\"", store_result_text(result), why.text, store_result_text(expected), reason);
    assert_non_null(strstr(why.text, path));
}

static char *path_in(const char *directory, const char *name)
{
    char *path = malloc(strlen(directory) + strlen(name) + 2);
    sprintf(path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char *path = path_in(directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    free(path);
}

/* The path of the newest file with this ending. */
static char *find_file(const char *directory, const char *ending)
{
    char best[256] = "";
    DIR *list = opendir(directory);
    assert_non_null(list);
    for (struct dirent *item; (item = readdir(list));) {
        size_t size = strlen(item->d_name), wanted = strlen(ending);
        if (size > wanted && strcmp(item->d_name + size - wanted, ending) == 0 && strcmp(item->d_name, best) > 0)
            snprintf(best, sizeof best, "%s", item->d_name);
    }
    closedir(list);
    assert_true(best[0] != 0);
    return path_in(directory, best);
}

static size_t count_files(const char *directory)
{
    size_t count = 0;
    DIR *list = opendir(directory);
    while (readdir(list))
        count++;
    closedir(list);
    return count - 2;
}

/* --- children ------------------------------------------------------------------------------------------------------- */

static int child_applies_until_killed(const char *path)
{
    store *s = must_open(path, true);
    for (int64_t n = store_last_applied(s) + 1;; n++) {
        error_text why;
        if (apply_numbered(s, n, &why) != STORE_OK)
            return 1;
        if (write(STDOUT_FILENO, &n, sizeof n) != sizeof n)
            return 2;
    }
}

static int child_holds_the_store(const char *path)
{
    store *s = must_open(path, true);
    int64_t ready = 1;
    if (write(STDOUT_FILENO, &ready, sizeof ready) != sizeof ready)
        return 1;
    pause();
    store_close(s);
    return 0;
}

/* No file may grow past 200,000 bytes, as if the disk were full: the first block that does not fit is refused, what was there
   can be read on, and a second try is refused without being tried. */
static int child_fills_the_disk(const char *path)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){200000, 200000});
    store *s = must_open(path, true);
    int64_t n = 0;
    error_text why = {""};
    store_result result;
    while ((result = apply_numbered(s, n, &why)) == STORE_OK && n < 1000)
        n++;
    if (result != STORE_FULL || !strstr(why.text, path)) {
        fprintf(stderr, "%s: %s\n", store_result_text(result), why.text);
        return 3;
    }
    assert_numbered(s, n - 1);
    if (apply_numbered(s, n, &why) != STORE_FULL || !strstr(why.text, "earlier failure"))
        return 4;
    if (store_note_put(s, "note", BYTES_OF_LITERAL("x"), &why) != STORE_FULL)
        return 5;
    store_close(s);
    return write(STDOUT_FILENO, &n, sizeof n) == sizeof n ? 0 : 6;
}

static const struct {
    const char *name;
    int (*run)(const char *path);
} children[] = {
    {"applies-until-killed", child_applies_until_killed},
    {"holds-the-store", child_holds_the_store},
    {"fills-the-disk", child_fills_the_disk},
};

static pid_t start_child(const char *name, const char *path, int *output)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    pid_t pid;
    char *arguments[] = {(char *)"test", (char *)name, (char *)path, NULL};
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = ends[0];
    return pid;
}

/* --- ownership ------------------------------------------------------------------------------------------------------ */

static void a_second_owner_is_refused(void **state)
{
    (void)state;
    char *path = directory_new();
    store *s = must_open(path, true);
    char owner[64];
    snprintf(owner, sizeof owner, "in use by process %ld on ", (long)getpid());
    assert_refused(path, STORE_FENCED, owner);
    error_text why;
    assert_int_equal(apply_numbered(s, 0, &why), STORE_OK); /* the owner is not disturbed */
    store_close(s);
    s = must_open(path, true);
    assert_numbered(s, 0);
    store_close(s);
    directory_remove(path);
}

static void ownership_ends_with_the_process(void **state)
{
    (void)state;
    char *path = directory_new();
    int output;
    int64_t ready;
    pid_t pid = start_child("holds-the-store", path, &output);
    assert_int_equal(read(output, &ready, sizeof ready), sizeof ready);
    char owner[64];
    snprintf(owner, sizeof owner, "in use by process %ld on ", (long)pid);
    assert_refused(path, STORE_FENCED, owner);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(output);
    store_close(must_open(path, true));
    directory_remove(path);
}

/* Even if somebody deletes OWNER: RocksDB's own lock stands behind it. */
static void a_lost_owner_file_does_not_let_two_in(void **state)
{
    (void)state;
    char *path = directory_new(), *owner = path_in(path, "OWNER");
    store *s = must_open(path, true);
    unlink(owner);
    assert_refused(path, STORE_FENCED, "lock");
    store_close(s);
    free(owner);
    directory_remove(path);
}

/* --- foreign places ------------------------------------------------------------------------------------------------- */

static void a_file_is_no_store(void **state)
{
    (void)state;
    char *path = directory_new(), *file = path_in(path, "file");
    write_file(path, "file", "text");
    assert_refused(file, STORE_FOREIGN, "a file stands where");
    free(file);
    directory_remove(path);
}

static void a_directory_of_something_else_is_left_alone(void **state)
{
    (void)state;
    char *path = directory_new();
    write_file(path, "letter.txt", "text");
    assert_refused(path, STORE_FOREIGN, "it holds letter.txt");
    assert_int_equal(count_files(path), 1);
    directory_remove(path);
}

static void make_rocksdb(const char *path)
{
    char *status = NULL;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_t *db = rocksdb_open(options, path, &status);
    assert_null(status);
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    rocksdb_put(db, write, "_sys_current_state__current_number", 34, "7", 1, &status);
    assert_null(status);
    rocksdb_writeoptions_destroy(write);
    rocksdb_close(db);
    rocksdb_options_destroy(options);
}

static void another_programs_rocksdb_is_left_alone(void **state)
{
    (void)state;
    char *path = directory_new();
    make_rocksdb(path);
    size_t files = count_files(path);
    assert_refused(path, STORE_FOREIGN, "not a store of hanse");
    assert_int_equal(count_files(path), files);
    /* Nor does a mark make it ours: the number of the last block is missing. */
    write_file(path, "HANSE_STORE", "hanse store\nformat=1\nengine=rocksdb\nstate=ready\n");
    assert_refused(path, STORE_CORRUPT, "holds no number of a last block");
    directory_remove(path);
}

static void marks_of_other_formats_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"hanse store\nformat=2\nengine=rocksdb\nstate=ready\n", "a store of format 2"},
        {"hanse store\nformat=1\nengine=other\nstate=ready\n", "does not say that this is a rocksdb store"},
        {"", "does not say"},
        {"hanse store\nformat=1\nengine=rocksdb\nstate=ready\n\n", "does not say"},
        {"hanse store\nformat=1\nengine=rocksdb\nstate=re", "does not say"},
    };
    char *path = directory_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(path, "HANSE_STORE", cases[i].text);
        assert_refused(path, STORE_FOREIGN, cases[i].reason);
        assert_int_equal(count_files(path), 1);
    }
    directory_remove(path);
}

static void an_interrupted_founding_is_taken_up_again(void **state)
{
    (void)state;
    char *path = directory_new();
    write_file(path, "HANSE_STORE", "hanse store\nformat=1\nengine=rocksdb\nstate=founding\n");
    write_file(path, "HANSE_STORE.next", "half");
    store *s = must_open(path, true);
    error_text why;
    assert_int_equal(apply_numbered(s, 0, &why), STORE_OK);
    store_close(s);
    /* A crash before the mark says "ready", but after RocksDB made its files. */
    directory_remove(path);
    path = directory_new();
    store_close(must_open(path, true));
    write_file(path, "HANSE_STORE", "hanse store\nformat=1\nengine=rocksdb\nstate=founding\n");
    s = must_open(path, true);
    assert_int_equal(apply_numbered(s, 0, &why), STORE_OK);
    store_close(s);
    directory_remove(path);
}

static void a_missing_parent_is_named(void **state)
{
    (void)state;
    assert_refused("/tmp/hanse-no-such-directory/store", STORE_IO, "No such file or directory");
}

/* --- crashes and damage --------------------------------------------------------------------------------------------- */

static void kill_leaves_a_block_boundary(void **state)
{
    (void)state;
    char *path = directory_new();
    int64_t last = -1;
    for (unsigned round = 0; round < 8; round++) {
        int output;
        int64_t told = last, n;
        pid_t pid = start_child("applies-until-killed", path, &output);
        for (unsigned seen = 0; seen < 3 + round * 17 && read(output, &n, sizeof n) == sizeof n; seen++)
            told = n;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(output, &n, sizeof n) == sizeof n)
            told = n;
        close(output);
        store *s = must_open(path, true);
        int64_t now = store_last_applied(s);
        assert_true(now == told || now == told + 1); /* what was told is there; one more may have been on its way */
        assert_true(now > last);
        assert_numbered(s, now);
        last = now;
        store_close(s);
    }
    directory_remove(path);
}

static void copy_tail_cut(const char *from, const char *to, off_t cut)
{
    char buffer_[4096];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    for (ssize_t got; (got = read(in, buffer_, sizeof buffer_)) > 0;)
        assert_int_equal(write(out, buffer_, (size_t)got), got);
    off_t size = lseek(out, 0, SEEK_CUR);
    assert_int_equal(ftruncate(out, size > cut ? size - cut : 0), 0);
    close(in);
    close(out);
}

/* A power cut may leave the log short: whatever is lost, a block is there or it is not. */
static void a_torn_log_ends_at_a_block_boundary(void **state)
{
    (void)state;
    enum { BLOCKS = 12 };
    for (off_t cut = 1; cut < 40000; cut += 5003) {
        char *path = directory_new();
        store *s = must_open(path, true);
        error_text why;
        for (int64_t n = 0; n < BLOCKS; n++)
            assert_int_equal(apply_numbered(s, n, &why), STORE_OK);
        store_close(s);
        char *log = find_file(path, ".log"), *copy = path_in(path, "cut");
        copy_tail_cut(log, copy, cut);
        assert_int_equal(rename(copy, log), 0);
        s = must_open(path, true);
        int64_t last = store_last_applied(s);
        assert_true(last < BLOCKS - 1 && last >= BLOCKS - 2 - cut / 6000);
        assert_numbered(s, last);
        assert_int_equal(apply_numbered(s, last + 1, &why), STORE_OK); /* and the chain goes on */
        store_close(s);
        free(log), free(copy);
        directory_remove(path);
    }
}

static void a_full_disk_does_no_damage(void **state)
{
    (void)state;
    char *path = directory_new();
    int output, status;
    int64_t refused;
    pid_t pid = start_child("fills-the-disk", path, &output);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(output, &refused, sizeof refused), sizeof refused);
    close(output);
    assert_true(refused > 3);
    store *s = must_open(path, true); /* there is room again */
    error_text why;
    assert_numbered(s, refused - 1);
    assert_int_equal(apply_numbered(s, refused, &why), STORE_OK);
    store_close(s);
    directory_remove(path);
}

static void a_flipped_byte_is_found(void **state)
{
    (void)state;
    char *path = directory_new();
    store *s = must_open(path, true);
    error_text why;
    for (int64_t n = 0; n < 50; n++)
        assert_int_equal(apply_numbered(s, n, &why), STORE_OK);
    store_close(s);
    store_close(must_open(path, true)); /* recovery moves the log into a table file */
    char *file = find_file(path, ".sst");
    FILE *f = fopen(file, "r+");
    for (long at = 100; at < 20000; at += 1000) { /* data blocks stand first */
        fseek(f, at, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(byte ^ 0x40, f);
    }
    fclose(f);
    store_result result = try_open(&s, path, true, &why);
    if (result == STORE_OK) {
        store_cursor *c;
        bytes key;
        row_set rows;
        size_t seen = 0;
        assert_int_equal(store_scan(s, NULL, BYTES_OF_LITERAL("t_log"), &c, &why), STORE_OK);
        while (s->engine->cursor_next(c, &key, &rows))
            seen++;
        assert_true(seen < 50);
        result = s->engine->cursor_close(c, &why); /* the scan does not pretend that it reached the end */
        store_close(s);
    }
    assert_int_equal(result, STORE_CORRUPT);
    assert_non_null(strstr(why.text, path));
    free(file);
    directory_remove(path);
}

static void lost_files_do_not_become_an_empty_store(void **state)
{
    (void)state;
    char *path = directory_new(), *current = path_in(path, "CURRENT");
    store *s = must_open(path, true);
    error_text why;
    assert_int_equal(apply_numbered(s, 0, &why), STORE_OK);
    store_close(s);
    assert_int_equal(unlink(current), 0);
    assert_refused(path, STORE_CORRUPT, "CURRENT");
    free(current);
    directory_remove(path);
}

/* --- many stores ---------------------------------------------------------------------------------------------------- */

static long status_line(const char *name)
{
    char line[256];
    long value = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    fclose(f);
    return value;
}

static void many_stores_share_threads_and_need_few_files(void **state)
{
    (void)state;
    enum { STORES = 30 };
    char *parent = directory_new(), *paths[STORES];
    store *stores[STORES];
    error_text why;
    long threads = status_line("Threads:");
    size_t files = count_files("/proc/self/fd");
    for (int i = 0; i < STORES; i++) {
        char name[32];
        snprintf(name, sizeof name, "group%d", i);
        paths[i] = path_in(parent, name);
        stores[i] = must_open(paths[i], false);
        assert_int_equal(apply_numbered(stores[i], 0, &why), STORE_OK);
    }
    assert_true(status_line("Threads:") - threads <= 3);
    assert_true(count_files("/proc/self/fd") - files <= STORES * 10);
    for (int i = 0; i < STORES; i++) {
        assert_numbered(stores[i], 0);
        store_close(stores[i]);
        free(paths[i]);
    }
    directory_remove(parent);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < COUNT(children); i++)
        if (strcmp(argv[1], children[i].name) == 0)
            return children[i].run(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_owner_is_refused),
        cmocka_unit_test(ownership_ends_with_the_process),
        cmocka_unit_test(a_lost_owner_file_does_not_let_two_in),
        cmocka_unit_test(a_file_is_no_store),
        cmocka_unit_test(a_directory_of_something_else_is_left_alone),
        cmocka_unit_test(another_programs_rocksdb_is_left_alone),
        cmocka_unit_test(marks_of_other_formats_are_refused),
        cmocka_unit_test(an_interrupted_founding_is_taken_up_again),
        cmocka_unit_test(a_missing_parent_is_named),
        cmocka_unit_test(kill_leaves_a_block_boundary),
        cmocka_unit_test(a_torn_log_ends_at_a_block_boundary),
        cmocka_unit_test(a_full_disk_does_no_damage),
        cmocka_unit_test(a_flipped_byte_is_found),
        cmocka_unit_test(lost_files_do_not_become_an_empty_store),
        cmocka_unit_test(many_stores_share_threads_and_need_few_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
