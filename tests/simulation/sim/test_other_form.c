/* Every signature has a second form (n - s) that is good for the same key. A lying leader gives it to its clients'
   transactions; the others decide on such blocks, as the reference does (data-model.md 3.2). A node that was away
   fetches them: what a quorum decided must be taken as it is, or it never comes back. */
#include "support_scenario.h"

enum { NODES = 7, AWAY_MS = 40000, BLOCKS = 3, WITHIN_MS = 120000, LOST = 3 };

static void set_away(simulation *s, bool is_away)
{
    for (size_t i = 0; i < sim_node_count(s); i++)
        if (i != LOST) {
            sim_set_link(s, i, LOST, (sim_link){.is_disconnected = is_away});
            sim_set_link(s, LOST, i, (sim_link){.is_disconnected = is_away});
        }
}

/* In the blocks that the node has not got yet. */
static size_t other_forms(simulation *s)
{
    size_t count = 0;
    for (int64_t number = sim_height(s, LOST) + 1; number <= sim_height(s, 1); number++) {
        block *b = ledger_block_by_number(sim_ledger(s, 1), number);
        for (size_t i = 0; i < b->transaction_count; i++)
            count += !crypto_standard.is_well_formed(b->transactions[i]->signature);
        block_drop(b);
    }
    return count;
}

static void who_was_away_comes_back(void **state)
{
    (void)state;
    simulation *s = sim_new(&(sim_options){.seed = 5, .nodes = NODES});
    must_go_on(s, 1, WITHIN_MS, NULL, 0);
    set_away(s, true);
    liar *liars[] = {liar_new(s, 0, 1u << LIE_OTHER_FORM, 1)};
    run_busy(s, AWAY_MS, liars, COUNT(liars));
    liar_set(liars[0], 0);
    print_message("%zu transactions of another form, %llu lies, height %lld of %lld\n", other_forms(s),
                  (unsigned long long)sim_count(s).lies, (long long)sim_height(s, 0), (long long)sim_highest(s));
    assert_true(other_forms(s) > 0);
    set_away(s, false);
    must_go_on(s, BLOCKS, WITHIN_MS, NULL, 0);
    sim_audit(s);
    must_hold(s);
    liar_free(liars[0]);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_was_away_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
