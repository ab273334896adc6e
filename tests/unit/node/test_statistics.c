/* The lines of the statistics log (spec/interfaces.md 7.4). */
#include "golden.h"

#include "node/statistics.h"

#include <dirent.h>
#include <regex.h>
#include <unistd.h>

typedef struct {
    char folder[64], path[400];
    logger *log;
    arena memory;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/hanse-statistics-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    log_config config = {.directory = p->folder, .name = "stat", .level = LOG_INFO, .enabled = true, .brief = true,
                         .max_file_bytes = 1 << 20};
    error_text why = {""};
    p->log = log_open(&config, &why);
    assert_non_null(p->log);
    DIR *folder = opendir(p->folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            snprintf(p->path, sizeof p->path, "%s/%s", p->folder, entry->d_name);
    closedir(folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    log_close(p->log);
    unlink(p->path);
    int failed = rmdir(p->folder);
    arena_reset(&p->memory);
    free(p);
    return failed;
}

static bool fits(const char *pattern, const char *text)
{
    regex_t expression;
    assert_int_equal(regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool ok = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return ok;
}

/* The log's next line without its level and time, which are checked here. */
static const char *line(place *p, FILE *file)
{
    char *text = arena_take(&p->memory, 4096);
    if (fgets(text, 4096, file) == NULL)
        return NULL;
    if (!fits("^info\\|20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}\\|", text))
        fail_msg("%s", text);
    return text + strlen("info|2026-11-25 01:00:00.000000|");
}

static void traffic_is_told_and_forgotten(void **state)
{
    place *p = *state;
    assert_true(fits("/stat_20[0-9]{8}\\.[0-9]{2}\\.log$", p->path));
    traffic *t = traffic_new();
    traffic_add_group(t, 1);
    traffic_add_group(t, 32767);
    traffic_add_group(t, 1); /* nothing is lost */
    for (traffic_kind kind = 0; kind < TRAFFIC_AMOP_IN; kind++)
        traffic_count(t, 1, kind, (size_t)1 << kind);
    traffic_count(t, 0, TRAFFIC_AMOP_IN, 5000000000);
    traffic_count(t, 0, TRAFFIC_AMOP_OUT, 7);
    traffic_count(t, 32767, TRAFFIC_SYNC_OUT, 9);
    traffic_count(t, 2, TRAFFIC_SYNC_OUT, 9); /* not added; no such groups; nobody counts */
    traffic_count(t, 32768, TRAFFIC_SYNC_OUT, 9);
    traffic_count(t, -1, TRAFFIC_SYNC_OUT, 9);
    traffic_count(NULL, 1, TRAFFIC_SYNC_OUT, 9);
    const int32_t groups[] = {1, 32767};
    statistics_write_traffic(p->log, t, groups, 2);
    statistics_write_traffic(p->log, t, groups, 1);
    static const char *const wanted[] = {
        "AMOP|,AMOPIn=5000000000,AMOPOut=7\n",
        "P2P|,g=1,P2P_CONSIn=1,P2P_SYNCIn=4,P2P_totalIn=5,P2P_CONS_Out=2,P2P_SYNC_Out=8,P2P_total_Out=10\n",
        "SDK|,g=1,SDK_RPCIn=16,SDK_RegitsterEventIn=64,SDK_UnregitsterEventIn=128,SDK_totalIn=208,SDK_RPC_Out=32,SDK_Txs_Out=256,"
        "SDK_EventLog_Out=512,SDK_total_Out=800\n",
        "Total|,g=1,Total_In=213,Total_Out=810\n",
        "P2P|,g=32767,P2P_CONSIn=0,P2P_SYNCIn=0,P2P_totalIn=0,P2P_CONS_Out=0,P2P_SYNC_Out=9,P2P_total_Out=9\n",
        "SDK|,g=32767,SDK_RPCIn=0,SDK_RegitsterEventIn=0,SDK_UnregitsterEventIn=0,SDK_totalIn=0,SDK_RPC_Out=0,SDK_Txs_Out=0,"
        "SDK_EventLog_Out=0,SDK_total_Out=0\n",
        "Total|,g=32767,Total_In=0,Total_Out=9\n",
        "AMOP|,AMOPIn=0,AMOPOut=0\n",
        "P2P|,g=1,P2P_CONSIn=0,P2P_SYNCIn=0,P2P_totalIn=0,P2P_CONS_Out=0,P2P_SYNC_Out=0,P2P_total_Out=0\n",
    };
    FILE *file = fopen(p->path, "r");
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_string_equal(line(p, file), wanted[i]);
    fclose(file);
    traffic_free(t);
}

static void gas_of_a_recorded_block(void **state)
{
    place *p = *state;
    golden_chain *chain = golden_open("ecdsa1");
    size_t written = 0;
    node_id self = {{0xab}};
    for (size_t i = 0; i < 10; i++) {
        block *b = golden_decode(chain, i);
        statistics_write_block(p->log, 3, b, &self);
        written += b->transaction_count + (b->transaction_count > 0);
        block_drop(b);
    }
    assert_true(written > 3);
    FILE *file = fopen(p->path, "r");
    size_t blocks = 0, lines = 0;
    for (const char *text; (text = line(p, file)); lines++) {
        bool is_block = fits("^BlockGasUsed\\|,g=3,txNum=[1-9][0-9]*,gasUsed=[0-9]+,blockNumber=[0-9]+,sealerIdx=[0-9]+,"
                             "blockHash=[0-9a-f]{64},nodeID=ab0{126}\n$", text);
        blocks += is_block;
        if (!is_block && !fits("^TxsGasUsed\\|,g=3,txHash=[0-9a-f]{64},gasUsed=[0-9]+\n$", text))
            fail_msg("%s", text);
    }
    assert_int_equal(lines, written);
    assert_true(blocks > 1);
    fclose(file);
    golden_close(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(traffic_is_told_and_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gas_of_a_recorded_block, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
