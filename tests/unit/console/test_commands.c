/* The table of commands: it is complete and sound, and what it says is checked before a command runs. */
#include "test.h"

#include "console/command.h"
#include "console/complete.h"
#include "console/console.h"

#include <sys/stat.h>
#include <unistd.h>

/* spec/interfaces.md 15.2: name, least and most parameters (-1: no end). */
static const struct {
    const char *name;
    int min, max;
} expected[] = {
    {"help", 0, 1}, {"switch", 1, 1}, {"quit", 0, 0}, {"getNodeVersion", 0, 1}, {"getNodeInfo", 0, 1}, {"getPeers", 0, 1},
    {"getNodeIDList", 0, 1}, {"getGroupPeers", 0, 1}, {"getGroupList", 0, 1}, {"getBlockNumber", 0, 0}, {"getPbftView", 0, 0},
    {"getPendingTxSize", 0, 0}, {"getSealerList", 0, 0}, {"getObserverList", 0, 0}, {"getPendingTransactions", 0, 0},
    {"getConsensusStatus", 0, 0}, {"getSyncStatus", 0, 0}, {"getTotalTransactionCount", 0, 0}, {"getBlockByHash", 1, 2},
    {"getBlockByNumber", 1, 2}, {"getBlockHeaderByHash", 1, 2}, {"getBlockHeaderByNumber", 1, 2}, {"getBlockHashByNumber", 1, 1},
    {"getTransactionByHash", 1, 2}, {"getTransactionReceipt", 1, 2}, {"getTransactionByHashWithProof", 1, 2},
    {"getTransactionReceiptByHashWithProof", 1, 2}, {"getTransactionByBlockHashAndIndex", 2, 3},
    {"getTransactionByBlockNumberAndIndex", 2, 3}, {"getBatchReceiptsByBlockHashAndRange", 1, 3},
    {"getBatchReceiptsByBlockNumberAndRange", 1, 3}, {"getCode", 1, 1}, {"getSystemConfigByKey", 1, 1}, {"setSystemConfigByKey", 2, 2},
    {"addPeers", 2, -1}, {"erasePeers", 2, -1}, {"queryPeers", 1, 1}, {"addSealer", 1, 1}, {"addObserver", 1, 1}, {"removeNode", 1, 1},
    {"startGroup", 1, 2}, {"stopGroup", 1, 2}, {"removeGroup", 1, 2}, {"recoverGroup", 1, 2}, {"queryGroupStatus", 1, 2},
    {"generateGroup", 4, -1}, {"generateGroupFromFile", 2, 2}, {"getAvailableConnections", 0, 0}, {"getGroupConnections", 0, 1},
    {"deploy", 1, -1}, {"call", 3, -1}, {"deployByCNS", 2, -1}, {"callByCNS", 2, -1}, {"registerCNS", 3, 3}, {"queryCNS", 1, 2},
    {"listAbi", 1, 1}, {"getDeployLog", 0, 1}, {"listDeployContractAddress", 1, 2}, {"newAccount", 0, 2}, {"loadAccount", 1, 2},
    {"listAccount", 0, 0}, {"getCurrentAccount", 0, 0}, {"getCryptoType", 0, 0}, {"grantUserTableManager", 2, 2},
    {"revokeUserTableManager", 2, 2}, {"listUserTableManager", 1, 1}, {"grantDeployAndCreateManager", 1, 1},
    {"revokeDeployAndCreateManager", 1, 1}, {"listDeployAndCreateManager", 0, 0}, {"grantNodeManager", 1, 1}, {"revokeNodeManager", 1, 1},
    {"listNodeManager", 0, 0}, {"grantCNSManager", 1, 1}, {"revokeCNSManager", 1, 1}, {"listCNSManager", 0, 0},
    {"grantSysConfigManager", 1, 1}, {"revokeSysConfigManager", 1, 1}, {"listSysConfigManager", 0, 0},
    {"grantContractWritePermission", 2, 2}, {"revokeContractWritePermission", 2, 2}, {"listContractWritePermission", 1, 1},
    {"freezeContract", 1, 1}, {"unfreezeContract", 1, 1}, {"getContractStatus", 1, 1}, {"grantContractStatusManager", 2, 2},
    {"revokeContractStatusManager", 2, 2}, {"listContractStatusManager", 1, 1}, {"grantCommitteeMember", 1, 1},
    {"revokeCommitteeMember", 1, 1}, {"listCommitteeMembers", 0, 0}, {"queryCommitteeMemberWeight", 1, 1},
    {"updateCommitteeMemberWeight", 2, 2}, {"queryThreshold", 0, 0}, {"updateThreshold", 1, 1}, {"queryVotesOfMember", 1, 1},
    {"queryVotesOfThreshold", 0, 0}, {"grantOperator", 1, 1}, {"revokeOperator", 1, 1}, {"listOperators", 0, 0}, {"freezeAccount", 1, 1},
    {"unfreezeAccount", 1, 1}, {"getAccountStatus", 1, 1}, {"chargeGas", 2, 2}, {"deductGas", 2, 2}, {"queryRemainGas", 1, 1},
    {"grantCharger", 1, 1}, {"revokeCharger", 1, 1}, {"listChargers", 0, 0}, {"desc", 1, 1}};

static void every_command_of_the_specification_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        const command *c = command_find(expected[i].name);
        if (c == NULL)
            fail_msg("there is no %s", expected[i].name);
        size_t max = expected[i].max < 0 ? COMMAND_UNLIMITED : (size_t)expected[i].max;
        if (command_min(c) != (size_t)expected[i].min || command_max(c) != max)
            fail_msg("%s takes %zu to %zu parameters", c->name, command_min(c), command_max(c));
    }
    static const char *const sql[] = {"create", "insert", "select", "update", "delete"};
    for (size_t i = 0; i < COUNT(sql); i++)
        assert_true(command_find(sql[i])->takes_line);
}

static void rows_are_sound(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t f = 0; f < command_family_count; f++)
        for (size_t i = 0; i < command_families[f]->count; i++, count++) {
            const command *c = &command_families[f]->rows[i];
            assert_ptr_equal(command_find(c->name), c); /* no name twice */
            assert_non_null(c->run);
            assert_int_not_equal(c->help[strlen(c->help) - 1], '.');
            bool was_optional = false;
            for (size_t k = 0; k < COMMAND_PARAMETERS_MAX && c->parameters[k].name; k++) {
                assert_true(c->parameters[k].is_optional || !was_optional);
                assert_non_null(c->parameters[k].about);
                was_optional = c->parameters[k].is_optional;
            }
        }
    assert_int_equal(count, COUNT(expected) + 5);
}

static void aliases_name_the_same(void **state)
{
    (void)state;
    static const char *const of_help[] = {"-h", "-help", "--h", "--H", "--help", "-H", "h"};
    for (size_t i = 0; i < COUNT(of_help); i++)
        assert_string_equal(command_find(of_help[i])->name, "help");
    assert_string_equal(command_find("s")->name, "switch");
    assert_string_equal(command_find("q")->name, "quit");
    assert_string_equal(command_find("exit")->name, "quit");
    assert_null(command_find("getblocknumber"));
}

static void near_names_are_suggested(void **state)
{
    (void)state;
    const char *near[3];
    assert_int_equal(command_suggest("getBlokNumber", near, 3), 2);
    assert_string_equal(near[0], "getBlockNumber");
    assert_int_equal(command_suggest("dpeloy", near, 3), 1);
    assert_string_equal(near[0], "deploy");
    assert_int_equal(command_suggest("GETPEERS", near, 1), 1);
    assert_string_equal(near[0], "getPeers");
    assert_int_equal(command_suggest("somethingelse", near, 3), 0);
    assert_int_equal(command_suggest("", near, 3), 0);
}

/* Runs a line in a console without a chain; what it printed. The caller frees it. */
static char *run(const char *line, bool expected_ok)
{
    session s = {.group = 1};
    char *text;
    size_t size;
    s.out = open_memstream(&text, &size);
    assert_int_equal(command_run_line(&s, line), expected_ok);
    fclose(s.out);
    return text;
}

static void check(const char *line, bool ok, const char *output)
{
    char *text = run(line, ok);
    assert_string_equal(text, output);
    free(text);
}

#define RANGE "Please provide \"blockNumber\" by non-negative integer mode between 0 and 2147483647.\n"

static void arguments_are_checked_before_a_command_runs(void **state)
{
    (void)state;
    check("", true, "");
    check("   ", true, "");
    check("nonsense 1", false, "Undefined command: \"nonsense\". Try \"help\".\n\n");
    check("getBlokNumber", false, "Undefined command: \"getBlokNumber\". Try \"help\".\nDid you mean \"getBlockNumber\" or \"getBlockByNumber\"?\n\n");
    check("getBlockNumber 1", false, "Try 'getBlockNumber -h or --help' for more information.\n\n");
    check("getBlockByHash 0x12", false, "Please provide a valid hash.\n");
    check("getBlockByNumber 1 maybe", false, "Please provide true or false for the second parameter.\n");
    check("getBlockByNumber x", false, "Invalid blockNumber: \"x\"!\n" RANGE);
    check("getBlockByNumber 2147483648", false, "Invalid blockNumber: \"2147483648\"!\n" RANGE);
    check("getBlockByNumber -1", false, "Invalid blockNumber: \"-1\"!\n" RANGE);
    check("getCode 0x", false, "Please provide a valid address.\n");
    check("getCode 1234", false, "Please provide a valid address.\n");
    check("getCode 0x00000000000000000000000000000000000000001", false, "Please provide a valid address.\n");
    check("switch 0", false, "Please provide group ID by positive integer mode, from 1 to 32767.\n");
    check("switch 32768", false, "Please provide group ID by positive integer mode, from 1 to 32767.\n");
    check("setSystemConfigByKey consensus_timeout 2", false, "Please provide value by positive integer mode, from 3 to 2147482.\n");
    check("addSealer abc", false, "{\n    \"code\":-51100,\n    \"msg\":\"Invalid node ID\"\n}\n");
    check("insert into t values (\xff)", false, "Could not parse SQL statement.\nIt is no UTF-8 text.\n");
    check("select * from t where", false, "Could not parse SQL statement.\na field was expected, not the end.\n");
}

static void too_few_arguments_show_the_usage(void **state)
{
    (void)state;
    static const char usage[] =
        "Query information about a block by number.\nUsage:\ngetBlockByNumber blockNumber [boolean]\n"
        "* blockNumber -- Integer of a block number, from 0 to 2147483647.\n"
        "* boolean -- (optional) If true it shows the full transaction objects, if false only the hashes of the transactions.\n\n";
    check("getBlockByNumber", false, usage);
    check("getBlockByNumber -h", true, usage);
    check("getBlockByNumber --help", true, usage);
    check("help getBlockByNumber", true, usage);
}

static void help_lists_every_command_in_order(void **state)
{
    (void)state;
    char *text = run("help", true), *at = text, *line;
    size_t count = 0;
    char last[64] = "";
    assert_non_null(strstr(text, "\n* getBlockNumber                            Query the number of most recent block\n"));
    assert_non_null(strstr(text, "* quit([q, exit])                           Quit console\n"));
    for (; (line = strsep(&at, "\n")) && line[0] == '*'; count++) {
        char name[64];
        assert_int_equal(sscanf(line, "* %63[A-Za-z]", name), 1);
        assert_true(strcmp(last, name) < 0);
        strcpy(last, name);
    }
    assert_int_equal(count, COUNT(expected) + 5);
    assert_int_equal(strspn(line, "-"), DASH_LINE_LENGTH);
    free(text);
}

static void check_completion(const char *line, const console_options *o, size_t start, size_t count, const char *first)
{
    session s = {.group = 1, .options = o};
    completions c = complete_line(&s, line);
    assert_int_equal(c.start, start);
    assert_int_equal(c.count, count);
    if (count)
        assert_string_equal(c.texts[0], first);
    arena_reset(&s.memory);
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void words_are_completed(void **state)
{
    (void)state;
    char folder[] = "/tmp/hanse-console-XXXXXX", old[4096];
    assert_non_null(mkdtemp(folder));
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(folder), 0);
    mkdir("c", 0777), mkdir("c/build", 0777), mkdir("c/.compiled", 0777), mkdir("c/.compiled/1", 0777), mkdir("c/.compiled/1/Hello", 0777);
    mkdir("c/.compiled/1/Hello/0x0000000000000000000000000000000000000abc", 0777);
    put("c/build/Hello.abi", "[{\"type\":\"function\",\"name\":\"get\",\"inputs\":[],\"outputs\":[]},"
                             "{\"type\":\"function\",\"name\":\"getMore\",\"inputs\":[],\"outputs\":[]}]");
    put("c/Help.sol", "");
    console_options o = {.contracts = "c", .key_store = "keys", .nodes = {"h:1", "h:2"}, .node_count = 2};
    check_completion("getBlockNumb", &o, 0, 1, "getBlockNumber");
    check_completion("", &o, 0, COUNT(expected) + 5, "addObserver");
    check_completion("call He", &o, 5, 2, "Hello");
    check_completion("deploy Help", &o, 7, 1, "Help");
    check_completion("call Hello ", &o, 11, 2, "0x0000000000000000000000000000000000000abc");
    check_completion("call Hello la", &o, 11, 1, "latest");
    check_completion("call Hello latest ge", &o, 18, 2, "get");
    check_completion("getPeers ", &o, 9, 2, "h:1");
    check_completion("getSystemConfigByKey tx_", &o, 21, 2, "tx_count_limit");
    check_completion("getBlockByNumber 1 t", &o, 19, 1, "true");
    check_completion("getContractStatus 0x", &o, 18, 1, "0x0000000000000000000000000000000000000abc");
    check_completion("select fr", &o, 7, 0, NULL);
    check_completion("nonsense ", &o, 9, 0, NULL);
    check_completion("deploy c/bui", &o, 7, 1, "c/build/");
    assert_int_equal(chdir(old), 0);
    char remove[128];
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    assert_int_equal(system(remove), 0);
}

/* docs/console.md and its translation hold the list that --markdown-help prints. */
static void the_documentation_names_every_command(void **state)
{
    (void)state;
    static const char *const pages[] = {HANSE_SOURCE_DIR "/docs/console.md", HANSE_SOURCE_DIR "/docs/console.zh.md"};
    char *list;
    size_t size;
    FILE *to = open_memstream(&list, &size);
    console_print_markdown(to);
    fclose(to);
    for (size_t i = 0; i < COUNT(pages); i++) {
        char *page = calloc(1, 1 << 20);
        FILE *f = fopen(pages[i], "r");
        assert_non_null(f);
        assert_true(fread(page, 1, (1 << 20) - 1, f) > 0);
        fclose(f);
        if (strstr(page, list) == NULL)
            fail_msg("%s: put in what `hanse console --markdown-help` prints", pages[i]);
        free(page);
    }
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_of_the_specification_is_there), cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(aliases_name_the_same), cmocka_unit_test(near_names_are_suggested),
        cmocka_unit_test(arguments_are_checked_before_a_command_runs), cmocka_unit_test(too_few_arguments_show_the_usage),
        cmocka_unit_test(help_lists_every_command_in_order), cmocka_unit_test(words_are_completed),
        cmocka_unit_test(the_documentation_names_every_command)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
