/* spec/interfaces.md 5.5: which lines of config.ini addPeers and erasePeers rewrite, and how the file is replaced. */
#include "node/endpoints_file.h"
#include "test.h"

#include "base/ini.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const two[] = {"127.0.0.1:30300", "[::1]:30301"};

static void check(const char *old, const char *expected)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    assert_true(endpoints_file_text(bytes_of_text(old), two, 2, &out));
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, expected);
    buffer_free(&out);
}

#define TWO "    node.0=127.0.0.1:30300\n    node.1=[::1]:30301\n"

static void replaces_the_list_and_keeps_every_other_byte(void **state)
{
    (void)state;
    check("; top\n[rpc]\n  x = 1 \n\n[p2p]\n    listen_ip=0.0.0.0\n    ; nodes\n    node.0=10.0.0.1:30300\n    node.1=10.0.0.2:30300\n"
          "\t\n[log]\nlast",
          "; top\n[rpc]\n  x = 1 \n\n[p2p]\n" TWO "    listen_ip=0.0.0.0\n    ; nodes\n\t\n[log]\nlast");
}

static void removes_peers_of_any_section_but_not_behind_a_semicolon(void **state)
{
    (void)state;
    check("[a]\nnode.7=h:1\n ; node.8=h:1\n#node.9=h:1\n[p2p]\n", "[a]\n ; node.8=h:1\n[p2p]\n" TWO);
}

static void keeps_lines_that_only_look_like_peers(void **state)
{
    (void)state;
    static const char *const kept[] = {"node.=h:1", "node.a=h:1", "node.1=h", "node.1=h:x", "node.1=", "node.1=:5", "node.1", "nodes.1=h:1"};
    for (size_t i = 0; i < COUNT(kept); i++) {
        char old[128], expected[256];
        snprintf(old, sizeof old, "[p2p]\n%s\n", kept[i]);
        snprintf(expected, sizeof expected, "[p2p]\n" TWO "%s\n", kept[i]);
        check(old, expected);
    }
}

static void removes_what_the_reader_of_the_file_takes_for_a_peer(void **state)
{
    (void)state;
    check("[p2p]\n node.1 = h:1\n\tnode.22=[fe80::1]:30300\r\nnode.3 =h:1 ; not a comment\n", "[p2p]\n" TWO);
}

static void inserts_with_the_file_s_own_line_ends(void **state)
{
    (void)state;
    check("[p2p]\r\nnode.0=h:1\r\nx=1\r\n", "[p2p]\r\n    node.0=127.0.0.1:30300\r\n    node.1=[::1]:30301\r\nx=1\r\n");
    check("[x]\ny=1\n[p2p]", "[x]\ny=1\n[p2p]\n" TWO);
    check("  [p2p] \n", "  [p2p] \n" TWO);
}

static void refuses_a_text_without_the_section(void **state)
{
    (void)state;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    assert_false(endpoints_file_text(BYTES_OF_LITERAL("[p2p\n;[p2p]\nx=[p2p]\n"), two, 2, &out));
    assert_false(endpoints_file_text(BYTES_EMPTY, two, 2, &out));
    buffer_free(&out);
}

/* ---- the file ---- */

typedef struct {
    char directory[64], path[96], temporary[96];
} test_file;

static int make_file(void **state)
{
    test_file *f = calloc(1, sizeof *f);
    snprintf(f->directory, sizeof f->directory, "/tmp/hanse-endpoints-XXXXXX");
    if (mkdtemp(f->directory) == NULL)
        return -1;
    snprintf(f->path, sizeof f->path, "%s/config.ini", f->directory);
    snprintf(f->temporary, sizeof f->temporary, "%s/config.ini.tmp", f->directory);
    *state = f;
    return 0;
}

static int remove_file(void **state)
{
    test_file *f = *state;
    unlink(f->path);
    rmdir(f->temporary);
    unlink(f->temporary);
    int failed = rmdir(f->directory);
    free(f);
    return failed;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_file(const char *path, const char *expected)
{
    arena a = {0};
    bytes text;
    error_text why = {""};
    if (!file_read(&a, path, 4096, &text, &why))
        fail_msg("%s", why.text);
    assert_bytes_equal(text, bytes_of_text(expected));
    arena_reset(&a);
}

static void replaces_the_file_and_keeps_its_mode(void **state)
{
    test_file *f = *state;
    error_text why;
    struct stat about;
    write_file(f->path, "[p2p]\nnode.0=h:1\n");
    write_file(f->temporary, "left over from a crash, and longer than what is written now: ...............................................\n");
    chmod(f->path, 0640);
    assert_true(endpoints_file_rewrite(f->path, two, 2, &why));
    assert_file(f->path, "[p2p]\n" TWO);
    assert_int_equal(stat(f->path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    assert_int_not_equal(access(f->temporary, F_OK), 0);
    assert_true(endpoints_file_rewrite(f->path, two, 0, &why));
    assert_file(f->path, "[p2p]\n");
}

static void says_in_the_reference_s_words_what_failed(void **state)
{
    test_file *f = *state;
    error_text why;
    assert_false(endpoints_file_rewrite(f->path, two, 2, &why));
    assert_string_equal(why.text, "fail to open config file");
    write_file(f->path, "[x]\n");
    assert_false(endpoints_file_rewrite(f->path, two, 2, &why));
    assert_string_equal(why.text, "fail to insert peers' data into config file");
    write_file(f->path, "[p2p]\nold=1\n");
    assert_int_equal(mkdir(f->temporary, 0700), 0); /* stands where the temporary file should */
    assert_false(endpoints_file_rewrite(f->path, two, 2, &why));
    assert_string_equal(why.text, "fail to create a tmp config file");
    assert_file(f->path, "[p2p]\nold=1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_the_list_and_keeps_every_other_byte),
        cmocka_unit_test(removes_peers_of_any_section_but_not_behind_a_semicolon),
        cmocka_unit_test(keeps_lines_that_only_look_like_peers),
        cmocka_unit_test(removes_what_the_reader_of_the_file_takes_for_a_peer),
        cmocka_unit_test(inserts_with_the_file_s_own_line_ends),
        cmocka_unit_test(refuses_a_text_without_the_section),
        cmocka_unit_test_setup_teardown(replaces_the_file_and_keeps_its_mode, make_file, remove_file),
        cmocka_unit_test_setup_teardown(says_in_the_reference_s_words_what_failed, make_file, remove_file),
    };
    return cmocka_run_group_tests_name("endpoints_file", tests, NULL, NULL);
}
