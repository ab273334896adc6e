/* Replays recorded chains: every header, receipt and row must be those of the C++ node. */
#include "support_replay.h"

typedef struct {
    const char *name;
    /* One block of the workload runs transactions in parallel whose declared keys do not cover what they write: the recording
       holds the outcome of a race. order: in which its transactions took effect; empty where block order explains it too. */
    int64_t race;
    uint8_t order[6];
    size_t order_count;
} chain;

static const chain chains[] = {
    {"ecdsa1", 242, {0, 5, 1, 3, 2, 4}, 6},
    {"ecdsa4", 242, {0, 4, 1, 3, 2, 5}, 6},
    {"free1", 242, {0, 3, 1, 4, 2, 5}, 6},
    {"v290", 242, {0, 3, 1, 5, 2, 4}, 6},
    {"v240", 0, {0}, 0},
    {"v200", 242, {0, 5, 1, 3, 2, 4}, 6},
    {"gm1", 242, {0, 3, 2, 1, 5, 4}, 6},
    {"gm4", 242, {0, 4, 1, 3, 2, 5}, 6},
    {"charge1", 0, {0}, 0},
    {"short1_patched", 0, {0}, 0},
};

static bool next(replay *r, const chain *c)
{
    return r->head.number + 1 == c->race ? replay_next_race(r, c->order, c->order_count) : replay_next(r);
}

static void replay_chain(const chain *c)
{
    replay *r = replay_open(c->name);
    size_t different = 0;
    while ((size_t)r->head.number + 1 < r->golden->block_count)
        different += !next(r, c);
    assert_int_equal(different, 0);
    assert_int_equal(replay_compare_rows(r), 0);
    replay_close(r);
}

static void replays(void **state)
{
    replay_chain(*state);
}

/* A block from sync carries its final header: it is accepted when executing it gives that header, else refused. */
static void checks_final_headers(void **state)
{
    (void)state;
    replay *r = replay_open("short1_patched");
    error_text why = {""};
    execution *e;
    block *final = golden_decode(r->golden, 1);
    assert_int_equal(executor_run_block(r->executor, r->store, final, &r->head, &e, &why), EXECUTE_OK);
    assert_memory_equal(&execution_block(e)->hash, &r->golden->blocks[1].hash, sizeof(hash256));
    execution_drop(e);
    final->header.state_root.b[0] ^= 1;
    assert_int_equal(executor_run_block(r->executor, r->store, final, &r->head, &e, &why), EXECUTE_REJECTED);
    assert_null(e);
    block_drop(final);
    replay_close(r);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT(chains) + 1] = {cmocka_unit_test(checks_final_headers)};
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i + 1] = (struct CMUnitTest){.name = chains[i].name, .test_func = replays, .initial_state = (void *)(uintptr_t)&chains[i]};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
