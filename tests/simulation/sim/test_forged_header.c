/* A leader forges the header of its proposals: parent, sealers, roots, sealer index, time; claims results that are
   none; names another hash than that of its block. Followers check everything that the block hash covers: nothing of it
   is ever committed, and the other leaders go on. */
#include "support_scenario.h"

enum { BLOCKS = 25, WITHIN_MS = 300000, SEEDS = 6 };

static void play(unsigned lies)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = 4, .no_hashes = seed % 2});
        liar *liars[] = {liar_new(s, seed % 4, lies, seed)};
        must_go_on(s, BLOCKS, WITHIN_MS, liars, 1);
        assert_true(sim_count(s).lies > 0);
        sim_audit(s);
        must_hold(s);
        liar_free(liars[0]);
        sim_free(s);
    }
}

static void forged_fields(void **state)
{
    (void)state;
    play(1u << LIE_HEADER);
}

static void forged_results(void **state)
{
    (void)state;
    play(1u << LIE_STATE_ROOT);
}

static void another_hash(void **state)
{
    (void)state;
    play(1u << LIE_BLOCK_HASH);
}

static void transactions_of_the_past(void **state)
{
    (void)state;
    play(1u << LIE_OLD_TX);
}

static void two_blocks(void **state)
{
    (void)state;
    play(1u << LIE_EQUIVOCATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_fields), cmocka_unit_test(forged_results),
        cmocka_unit_test(another_hash),  cmocka_unit_test(transactions_of_the_past),
        cmocka_unit_test(two_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
