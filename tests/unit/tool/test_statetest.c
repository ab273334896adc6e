/* hanse evm statetest: the cases of tests/evm pass, a wrong expectation is told, and malformed documents are refused. */
#include "test.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/statetest.h"
#include "tool/tool.h"

#define CASES HANSE_SOURCE_DIR "/tests/evm"

static char *read_text(arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &info), 0);
    char *text = arena_take(a, (size_t)info.st_size + 1);
    assert_int_equal(fread(text, 1, (size_t)info.st_size, file), info.st_size);
    fclose(file);
    return text;
}

/* What a run of one document prints, and its counts. */
typedef struct {
    statetest t;
    bool ok;
    error_text why;
    char *printed; /* free it */
} run;

static run run_document(const char *text, statetest settings)
{
    run r = {.t = settings, .why = {""}};
    size_t size;
    FILE *out = open_memstream(&r.printed, &size);
    r.t.out = out;
    r.ok = statetest_run(&r.t, "doc", bytes_of_text(text), &r.why);
    fclose(out);
    return r;
}

static void every_case_passes(void **state)
{
    (void)state;
    DIR *folder = opendir(CASES);
    assert_non_null(folder);
    size_t passed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        arena a = {0};
        run r = run_document(read_text(&a, arena_print(&a, "%s/%s", CASES, entry->d_name)), (statetest){0});
        if (!r.ok || r.t.failed)
            fail_msg("%s: %s\n%s", entry->d_name, r.why.text, r.printed);
        passed += r.t.passed;
        files++;
        free(r.printed);
        arena_reset(&a);
    }
    closedir(folder);
    assert_true(files >= 9);
    assert_true(passed >= 139);
}

/* A test of one result: a call to a contract that stores 1 in slot 0. */
#define NOTHING "\"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347\"" /* hash of no logs */
#define ROOT "\"0x1111111111111111111111111111111111111111111111111111111111111111\""
#define SENDER "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
#define ENTRY "{\"hash\": " ROOT ", \"logs\": " NOTHING ", \"indexes\": {\"data\": 0, \"gas\": 0, \"value\": 0}}"
static const char document[] =
    "{\"one\": {\"env\": {\"currentCoinbase\": \"0x00000000000000000000000000000000000000c0\", \"currentDifficulty\": \"0x1\","
    "\"currentGasLimit\": \"0x100000\", \"currentNumber\": \"0x1\", \"currentTimestamp\": \"0x3e8\"},"
    "\"pre\": {\"" SENDER "\": {\"nonce\": \"0x00\", \"balance\": \"0x1000000\", \"code\": \"0x\", \"storage\": {}},"
    "\"0x00000000000000000000000000000000000000aa\": {\"nonce\": \"0x00\", \"balance\": \"0x00\", \"code\": \"0x600160005500\","
    "\"storage\": {\"0x05\": \"0x07\"}}},"
    "\"transaction\": {\"data\": [\"0x\"], \"gasLimit\": [\"0x10000\"], \"value\": [\"0x00\"], \"gasPrice\": \"0x01\","
    "\"nonce\": \"0x00\", \"to\": \"0x00000000000000000000000000000000000000aa\","
    "\"secretKey\": \"0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8\"},"
    "\"post\": {\"Istanbul\": [" ENTRY "], \"ConstantinopleFix\": [" ENTRY "], \"Berlin\": [" ENTRY "]}}}";

static char *replaced(arena *a, const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    return arena_print(a, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void differences_are_told(void **state)
{
    (void)state;
    arena a = {0};
    run r = run_document(document, (statetest){.fork = "Istanbul"});
    assert_true(r.ok);
    assert_int_equal(r.t.passed, 0);
    assert_int_equal(r.t.failed, 1);
    assert_non_null(strstr(r.printed, "FAIL doc one Istanbul data 0 gas 0 value 0, state root: expected 0x1111111111"));
    assert_null(strstr(r.printed, "logs hash"));
    /* With the root that was found the result passes; of the two forks' one each, Berlin's is not run. */
    char root[67];
    const char *found = strstr(r.printed, "found ");
    assert_non_null(found);
    snprintf(root, sizeof root, "%s", found + strlen("found "));
    free(r.printed);
    char *right = replaced(&a, document, ROOT, arena_print(&a, "\"%s\"", root));
    r = run_document(right, (statetest){0});
    assert_int_equal(r.t.passed, 1);
    assert_int_equal(r.t.failed, 1); /* ConstantinopleFix's */
    free(r.printed);
    r = run_document(replaced(&a, right, NOTHING, ROOT), (statetest){.fork = "Istanbul"});
    assert_int_equal(r.t.failed, 1);
    assert_non_null(strstr(r.printed, ", logs hash: expected 0x11"));
    free(r.printed);
    r = run_document(replaced(&a, right, "\"hash\"", "\"expectException\": \"any\", \"hash\""), (statetest){.fork = "Istanbul"});
    assert_int_equal(r.t.failed, 1);
    assert_non_null(strstr(r.printed, "transaction: expected to be refused, found valid\n"));
    free(r.printed);
    r = run_document(replaced(&a, right, "\"nonce\": \"0x00\", \"to\"", "\"nonce\": \"0x01\", \"to\""), (statetest){.fork = "Istanbul"});
    assert_int_equal(r.t.failed, 1);
    assert_non_null(strstr(r.printed, "transaction: expected to be valid, found refused: nonce 1, expected 0"));
    free(r.printed);
    arena_reset(&a);
}

static void settings_choose(void **state)
{
    (void)state;
    run r = run_document(document, (statetest){.test = "two"});
    assert_int_equal(r.t.passed + r.t.failed, 0);
    free(r.printed);
    r = run_document(document, (statetest){.fork = "Istanbul", .trace = true});
    assert_non_null(strstr(r.printed, "gas used 41006\n")); /* 21000, two PUSHes, 20000 */
    assert_non_null(strstr(r.printed, "CALL 0x00000000000000000000000000000000000000aa gas 44536 value 0 input 0 bytes\n"));
    assert_non_null(strstr(r.printed, "account 0x00000000000000000000000000000000000000aa nonce 0 balance 0 code 6 bytes\n"));
    assert_non_null(strstr(r.printed, "  slot 0x0000000000000000000000000000000000000000000000000000000000000005 "
                                      "0x0000000000000000000000000000000000000000000000000000000000000007\n"));
    free(r.printed);
}

static void malformed_documents_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *complaint;
    } cases[] = {
        {"{\"one\"", "[\"one\"", "line 1: "},
        {"\"env\"", "\"enw\"", "one: env is missing"},
        {"\"currentNumber\": \"0x1\"", "\"currentNumber\": 1", "one: env: currentNumber: not a hexadecimal number: no text"},
        {"\"currentNumber\": \"0x1\"", "\"currentNumber\": \"0x8000000000000000\"", "currentNumber: beyond 63 bits"},
        {"\"0x1000000\"", "\"0x10000000000000000000000000000000000000000000000000000000000000000\"", "balance: beyond 256 bits"},
        {"\"0x1000000\"", "\"0xg\"", "one: Istanbul, result 0: pre " SENDER ": balance: not a hexadecimal number: 0xg"},
        {"\"" SENDER, "\"0x00" SENDER, "pre 0x000xa94f5374fce5edbc8e2a8697c15331677e6ebf0b: expected 20 bytes"},
        {"\"0x05\"", "\"0x000000000000000000000000000000000000000000000000000000000000000005\"", "not a slot"},
        {"\"0x600160005500\"", "\"0x60016000550z\"", "code: not hexadecimal"},
        {"\"storage\": {}", "\"other\": {}", "storage is missing"},
        {"\"data\": 0", "\"data\": 1", "data has no item 1"},
        {"\"data\": 0", "\"data\": -1", "indexes: no data"},
        {"\"to\": \"0x0000", "\"to\": \"0x00", "to: expected 20 bytes"},
        {"0x45a915e4", "0x45a915", "secretKey: expected 32 bytes"},
        {"0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8",
         "0x0000000000000000000000000000000000000000000000000000000000000000", "secretKey is none"},
        {"\"to\"", "\"sender\": \"0x00000000000000000000000000000000000000aa\", \"to\"", "sender is not that of secretKey"},
        {ROOT, "\"0x11\"", "hash: expected 32 bytes"},
        {ROOT, "17", "hash: expected 32 bytes"},
    };
    arena a = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        run r = run_document(replaced(&a, document, cases[i].old, cases[i].new), (statetest){.fork = "Istanbul"});
        assert_false(r.ok);
        if (!strstr(r.why.text, cases[i].complaint))
            fail_msg("case %zu: %s", i, r.why.text);
        free(r.printed);
    }
    run r = run_document("[]", (statetest){0});
    assert_false(r.ok);
    assert_string_equal(r.why.text, "not an object of tests");
    free(r.printed);
    arena_reset(&a);
}

/* Each beginning of a document is malformed: nothing is read beyond its end. */
static void truncated_documents_are_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size + 1 < sizeof document; size++) {
        statetest t = {.out = stdout};
        error_text why;
        char *exact = malloc(size + 1);
        memcpy(exact, document, size);
        assert_false(statetest_run(&t, "doc", bytes_of(exact, size), &why));
        free(exact);
    }
}

static int run_command(const char *a, const char *b, const char *c)
{
    char *argv[] = {(char *)"evm", (char *)a, (char *)b, (char *)c, NULL};
    return tool_evm.run(1 + (a != NULL) + (b != NULL) + (c != NULL), argv);
}

static void the_command_walks_folders_and_says_how_it_went(void **state)
{
    (void)state;
    arena a = {0};
    char folder[] = "/tmp/hanse-statetest-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *inner = arena_print(&a, "%s/inner", folder), *file = arena_print(&a, "%s/wrong.json", inner),
         *other = arena_print(&a, "%s/notes.txt", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(run_command(NULL, NULL, NULL), 2);
    assert_int_equal(run_command("other", folder, NULL), 2);
    assert_int_equal(run_command("statetest", NULL, NULL), 2);
    assert_int_equal(run_command("statetest", folder, NULL), 0);
    assert_int_equal(run_command("statetest", CASES, NULL), 0);
    FILE *out = fopen(other, "w");
    fputs("no JSON, and passed over", out);
    fclose(out);
    assert_int_equal(run_command("statetest", folder, CASES "/touch.json"), 0);
    assert_int_equal(run_command("statetest", other, NULL), 1); /* not when it is named */
    out = fopen(file, "w");
    fputs(document, out);
    fclose(out);
    assert_int_equal(run_command("statetest", folder, NULL), 1);
    assert_int_equal(run_command("statetest", "--fork=Berlin", folder), 2);
    assert_int_equal(run_command("statetest", "--test=two", folder), 0);
    unlink(file);
    unlink(other);
    rmdir(inner);
    rmdir(folder);
    assert_int_equal(run_command("statetest", folder, NULL), 1); /* not there any more */
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_passes),
        cmocka_unit_test(differences_are_told),
        cmocka_unit_test(settings_choose),
        cmocka_unit_test(malformed_documents_are_refused),
        cmocka_unit_test(truncated_documents_are_refused),
        cmocka_unit_test(the_command_walks_folders_and_says_how_it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
