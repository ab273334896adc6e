#include "test.h"

#include "chain/genesis.h"
#include "support_chain.h"

#define ONE "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
#define ZERO "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
#define TWO "22222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222"

static bool parse(arena *a, const char *text, uint32_t version, genesis *out, error_text *why)
{
    ini file;
    chain_rules rules = rules_at(&crypto_standard, version);
    if (!ini_parse(a, "group.1.genesis", bytes_of_text(text), &file, why))
        return false;
    return genesis_read(&rules, &file, a, out, why);
}

/* spec/interfaces.md 5.3 */
static void a_file_without_sealers_is_refused(void **state)
{
    (void)state;
    arena a = {0};
    genesis g;
    error_text why = {""};
    assert_false(parse(&a, "[group]\nid=1\n", VERSION_NEWEST, &g, &why));
    assert_string_equal(why.text, "group.1.genesis: [consensus] names 0 nodes: expected 1 to 1000 of node.N");
    arena_reset(&a);
}

static void values_are_read(void **state)
{
    (void)state;
    arena a = {0};
    genesis g;
    error_text why = {""};
    assert_true(parse(&a, "[consensus]\nconsensus_type=rPBFT\nmax_trans_num=7\nnode.1=" TWO "\nnode.0=0x" ONE
                          "\nconsensus_timeout=-5\nepoch_sealer_num=\n[state]\ntype=MPT\n[group]\nid=3\ntimestamp=12\n[tx]\ngas_limit=\n"
                          "[evm]\nenable_free_storage=1\n", VERSION_NEWEST, &g, &why));
    assert_int_equal(g.consensus, CONSENSUS_RPBFT);
    assert_string_equal(g.consensus_text, "rPBFT");
    assert_string_equal(g.state_text, "MPT");
    assert_int_equal(genesis_state_kind(&g), STATE_MPT);
    assert_int_equal(g.group_id, 3);
    assert_int_equal(g.timestamp_ms, 12);
    assert_int_equal(g.max_trans_num, 7);
    assert_int_equal(g.gas_limit, 300000000); /* what is empty is the default */
    assert_int_equal(g.consensus_timeout_s, -5); /* QUIRK */
    assert_int_equal(g.epoch_sealer_num, 2);
    assert_int_equal(g.epoch_block_num, 1000);
    assert_true(g.free_storage);
    assert_int_equal(g.sealers[0].b[0], 0x11); /* sorted from 2.9.0 on */
    assert_true(parse(&a, "[consensus]\nnode.1=" TWO "\nnode.0=" ONE "\n[group]\nid=1\n[evm]\nenable_free_storage=true\n",
                      VERSION_OF(2, 3, 0), &g, &why));
    assert_int_equal(g.sealers[0].b[0], 0x22); /* file order before */
    assert_false(g.free_storage);              /* a gate of 2.4.0 */
    assert_string_equal(g.storage_text, "LevelDB");
    assert_int_equal(g.timestamp_ms, INT64_MAX);
    arena_reset(&a);
}

static void bad_values_are_refused_in_the_words_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[consensus]\nconsensus_type=poa\n", "supported consensus type are pbft, raft, rpbft"},
        {"[consensus]\nnode.0=xyz\n", "group.1.genesis:2: load public key failed, invalid public key:xyz, configuration section:consensus"},
        {"[consensus]\nnode.0=" ZERO "\n", "group.1.genesis:2: load public key failed, invalid public key:0"},
        {"[consensus]\nmax_trans_num=0\nnode.0=" ONE "\n[group]\nid=1\n", "Please set consensus.max_trans_num to positive !"},
        {"[consensus]\nnode.0=" ONE "\nepoch_sealer_num=0\n[group]\nid=1\n", "Please set consensus.epoch_sealer_num to be larger than 0!"},
        {"[consensus]\nnode.0=" ONE "\nepoch_block_num=1\n[group]\nid=1\n", "Please set consensus.epoch_block_num to be larger than 1!"},
        {"[consensus]\nnode.0=" ONE "\n[group]\nid=1\n[tx]\ngas_limit=-1\n", "Please set tx.gas_limit to positive !"},
        {"[consensus]\nnode.0=" ONE "\n[group]\nid=1\n[tx]\ngas_limit=x\n", "group.1.genesis:6: [tx] gas_limit=x"},
        {"[consensus]\nnode.0=" ONE "\n[group]\nid=1\ntimestamp=-1\n", "invalid group timestamp"},
        {"[consensus]\nnode.0=" ONE "\n[group]\nid=32768\n", "[group] id=32768: expected a number from 1 to 32767"},
        {"[consensus]\nnode.0=" ONE "\n[group]\nx=1\n", "[group] id is missing"},
        {"[state]\ntype=storagestoragestorage\n", "group.1.genesis: [state] type=storagestoragestorage: at most 15 characters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        genesis g;
        error_text why = {""};
        assert_false(parse(&a, cases[i].text, VERSION_NEWEST, &g, &why));
        if (strstr(why.text, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].text, why.text);
        arena_reset(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_sealers_is_refused),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(bad_values_are_refused_in_the_words_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
