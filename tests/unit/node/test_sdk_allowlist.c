/* [sdk_allowlist] of group.N.ini (spec/network.md 12.1), and the files that ask a node to read it again (interfaces.md 5.5). */
#include "test.h"

#include "node/sdk_allowlist.h"
#include "node/signal_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define A64 "aAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_A A64 A64
#define B64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KEY_B B64 B64

typedef struct {
    char folder[64], path[96];
    node_id a, b, other;
    sdk_allowlist *list;
    size_t runs;
    bool fails;
} place;

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/hanse-allowlist-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/group.1.ini", p->folder);
    memset(p->a.b, 0xaa, sizeof p->a.b);
    for (size_t i = 0; i < sizeof p->b.b; i++)
        p->b.b[i] = (uint8_t)(0x0123456789abcdef >> (56 - 8 * (i % 8)));
    p->list = sdk_allowlist_new();
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    sdk_allowlist_free(p->list);
    unlink(p->path);
    int failed = rmdir(p->folder);
    free(p);
    return failed;
}

static void expect(place *p, bool a, bool b, bool other)
{
    assert_int_equal(sdk_allowlist_allows(p->list, &p->a), a);
    assert_int_equal(sdk_allowlist_allows(p->list, &p->b), b);
    assert_int_equal(sdk_allowlist_allows(p->list, &p->other), other);
}

static void the_list_is_read_and_read_again(void **state)
{
    place *p = *state;
    error_text why = {""};
    expect(p, true, true, true);
    write_text(p->path, "[sdk_allowlist]\n  ;public_key.0=" KEY_A "\n  other=1\n");
    assert_true(sdk_allowlist_read(p->list, p->path, &why));
    assert_int_equal(sdk_allowlist_count(p->list), 0);
    expect(p, true, true, true);
    write_text(p->path, "[x]\n y=z\n[sdk_allowlist]\n public_key.1=0x" KEY_B "\n public_key.0=" KEY_A "\n");
    assert_true(sdk_allowlist_read(p->list, p->path, &why));
    assert_int_equal(sdk_allowlist_count(p->list), 2);
    expect(p, true, true, false);
    write_text(p->path, "[sdk_allowlist]\n public_key.7=" KEY_B "\n");
    assert_true(sdk_allowlist_read(p->list, p->path, &why));
    expect(p, false, true, false);
}

/* What cannot be read changes nothing. */
static void a_wrong_entry_keeps_the_old_list(void **state)
{
    place *p = *state;
    error_text why = {""};
    write_text(p->path, "[sdk_allowlist]\n public_key.0=" KEY_A "\n");
    assert_true(sdk_allowlist_read(p->list, p->path, &why));
    static const char *const wrong[] = {
        "[sdk_allowlist]\n public_key.0=" KEY_B "\n public_key.1=abc\n",     "[sdk_allowlist]\n public_key.0=0X" KEY_B "\n",
        "[sdk_allowlist]\n public_key.0=" KEY_B "0\n",                       "[sdk_allowlist]\n public_key.0=\n",
        "[sdk_allowlist]\n public_key.0=" B64 "g" "123456789abcdef" "\n",    "[sdk_allowlist]\n public_key.0=1\n public_key.0=1\n",
        "[sdk_allowlist]\n what is this\n",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        write_text(p->path, wrong[i]);
        assert_false(sdk_allowlist_read(p->list, p->path, &why));
        assert_non_null(strstr(why.text, p->path));
        expect(p, true, false, false);
    }
    unlink(p->path);
    assert_false(sdk_allowlist_read(p->list, p->path, &why));
    expect(p, true, false, false);
}

/* ---- signal files ---- */

static bool count_run(void *context, error_text *why)
{
    place *p = context;
    p->runs++;
    return !p->fails || error_set(why, "it went wrong");
}

/* What looking prints, stdout first; the caller's to free. */
static char *look(place *p, signal_file *file)
{
    char path[2][128], *text = calloc(1, 4096);
    int kept[2];
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/out%d", p->folder, i);
        kept[i] = dup(i + 1);
        int fd = open(path[i], O_RDWR | O_CREAT | O_TRUNC, 0600);
        dup2(fd, i + 1);
        close(fd);
    }
    signal_files_look(p->path, file, 1, p);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], i + 1);
        close(kept[i]);
        FILE *said = fopen(path[i], "r");
        size_t used = strlen(text);
        size_t got = fread(text + used, 1, 2000, said);
        text[used + got] = 0;
        fclose(said);
        unlink(path[i]);
    }
    return text;
}

static void a_file_is_obeyed_once(void **state)
{
    place *p = *state;
    char path[128], wanted[512];
    snprintf(path, sizeof path, "%s.reset_allowlist", p->path);
    signal_file file = {.suffix = ".reset_allowlist", .notice = "Reset sdk allowList(public keys)", .run = count_run};
    char *said = look(p, &file);
    assert_string_equal(said, "");
    assert_int_equal(p->runs, 0);
    free(said);
    for (int fails = 0; fails <= 1; fails++) {
        p->fails = fails;
        write_text(path, "");
        said = look(p, &file);
        snprintf(wanted, sizeof wanted, "Reset sdk allowList(public keys)\n%s%s%s", fails ? "FISCO BCOS file signal error: file: " : "",
                 fails ? path : "", fails ? " what: it went wrong\n" : "");
        assert_string_equal(said, wanted);
        free(said);
        assert_int_not_equal(access(path, F_OK), 0);
        assert_int_equal(p->runs, fails + 1);
        said = look(p, &file);
        assert_string_equal(said, "");
        free(said);
        assert_int_equal(p->runs, fails + 1);
    }
}

/* A folder of that name cannot be deleted: said once, never obeyed. */
static void what_cannot_be_deleted_is_not_obeyed(void **state)
{
    place *p = *state;
    char path[128];
    snprintf(path, sizeof path, "%s.reset_allowlist", p->path);
    signal_file file = {.suffix = ".reset_allowlist", .notice = "Reset", .run = count_run};
    assert_int_equal(mkdir(path, 0700), 0);
    char *said = look(p, &file);
    assert_non_null(strstr(said, "it cannot be deleted"));
    free(said);
    said = look(p, &file);
    assert_string_equal(said, "");
    free(said);
    assert_int_equal(p->runs, 0);
    rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_list_is_read_and_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_entry_keeps_the_old_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_obeyed_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_deleted_is_not_obeyed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sdk_allowlist", tests, NULL, NULL);
}
