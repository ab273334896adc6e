#include "support_network.h"

/* HANSE_SEEDS=1000:50 runs the hostile network with 50 seeds from 1000 on; a failure names its seed, so 1000:1 replays
 * it. */
static void seeds_of(uint64_t *first, uint64_t *count)
{
    const char *text = getenv("HANSE_SEEDS");
    unsigned long long a, b;
    *first = 1;
    *count = 24;
    if (text && sscanf(text, "%llu:%llu", &a, &b) == 2) {
        *first = a;
        *count = b;
    }
}

static uint64_t dice(prng *p, uint64_t sides)
{
    return prng_below(p, sides);
}

static void expect_same_height(network *n, size_t nodes, uint64_t seed)
{
    for (size_t i = 0; i < nodes; i++)
        if (network_height(n, i) != network_newest(n) || network_is_downloading(n, i))
            fail_msg("seed %llu: node %zu is at %lld of %lld, %s", (unsigned long long)seed, i,
                     (long long)network_height(n, i), (long long)network_newest(n),
                     network_is_downloading(n, i) ? "downloading" : "idle");
}

/* A client's transaction is with every sealer after the way down the tree: no waiting for a loop's turn anywhere. */
static void transactions_travel_fast(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        network *n = network_new(
            (network_config){.sealers = 13, .observers = 2, .seed = seed, .delay_min_ms = 5, .delay_max_ms = 5});
        network_run(n, 2000);
        uint64_t at_sealer = network_submit(n, seed % 13), at_observer = network_submit(n, 13);
        network_run(n, 3 * 5 + 10); /* observer, root, child, grandchild; then at most 10 ms of verification */
        for (size_t i = 0; i < 13; i++) {
            assert_true(network_has_transaction(n, i, at_sealer));
            assert_true(network_has_transaction(n, i, at_observer));
        }
        network_free(n);
    }
}

/* An idle network: 1 s gossip and 5 s resend, and nothing else happens in any node. */
static void idle_network_is_quiet(void **state)
{
    (void)state;
    network *n =
        network_new((network_config){.sealers = 4, .observers = 1, .seed = 1, .delay_min_ms = 1, .delay_max_ms = 3});
    network_run(n, 5000);
    uint64_t frames = network_frames(n), steps = network_steps(n, 0);
    network_run(n, 60000);
    assert_in_range(network_frames(n) - frames, 5 * 60 * 3,
                    5 * (60 * 3 + 13 * 4)); /* three a second each, and the resends */
    assert_true(network_steps(n, 0) - steps < 60 * 6);
    network_free(n);
}

/* Late and repeated frames, no losses: everything reaches everybody. */
static void reliable_network(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        prng p = prng_of(seed);
        network_config config = {.sealers = 4 + dice(&p, 6), .observers = dice(&p, 4), .seed = seed, .delay_min_ms = 1,
                                 .delay_max_ms = 5 + dice(&p, 200), .repeated = 50};
        network *n = network_new(config);
        uint64_t submitted = 0;
        for (int turn = 0; turn < 40; turn++) {
            for (uint64_t i = dice(&p, 10); i > 0; i--)
                submitted = network_submit(n, dice(&p, config.sealers + config.observers)) + 1;
            network_run(n, dice(&p, 500));
            if (turn % 2)
                (void)network_seal(n, dice(&p, config.sealers));
        }
        network_run(n, 10000);
        expect_same_height(n, config.sealers + config.observers, seed);
        for (size_t i = 0; i < config.sealers; i++)
            for (uint64_t tx = 0; tx < submitted; tx++)
                if (!network_has_transaction(n, i, tx))
                    fail_msg("seed %llu: sealer %zu has no transaction %llu", (unsigned long long)seed, i,
                             (unsigned long long)tx);
        network_free(n);
    }
}

static void trouble(network *n, prng *p, size_t nodes)
{
    switch (dice(p, 6)) {
    case 0:
        network_isolate(n, dice(p, nodes), false);
        break;
    case 1:
    case 2:
        network_isolate(n, dice(p, nodes), true);
        break;
    case 3:
        network_link(n, dice(p, nodes), dice(p, nodes), false);
        break;
    case 4:
        network_link(n, dice(p, nodes), dice(p, nodes), true);
        break;
    case 5:
        network_restart(n, dice(p, nodes));
        break;
    }
}

/* Losses, damage, cut links, restarts and lying sealers while blocks are made; when the trouble ends, all honest nodes
   get to the same height, and what honest sealers hold gets into blocks. */
static void hostile_network(void **state)
{
    (void)state;
    uint64_t first, count;
    seeds_of(&first, &count);
    for (uint64_t seed = first; seed < first + count; seed++) {
        prng p = prng_of(seed * 77);
        network_config config = {.sealers = 4 + dice(&p, 7), .observers = dice(&p, 4), .seed = seed, .delay_min_ms = 1,
                                 .delay_max_ms = 5 + dice(&p, 400), .lost = (unsigned)dice(&p, 200), .repeated = 50,
                                 .damaged = (unsigned)dice(&p, 30), .is_small_memory = seed % 5 == 0};
        config.liars = (config.sealers - 1) / 3;
        size_t nodes = config.sealers + config.observers, honest = config.sealers - config.liars;
        network *n = network_new(config);
        for (int turn = 0; turn < 150; turn++) {
            if (dice(&p, 3) == 0)
                trouble(n, &p, nodes);
            if (dice(&p, 4) == 0)
                (void)network_submit(n, dice(&p, nodes));
            (void)network_seal(n, dice(&p, honest));
            network_run(n, dice(&p, 1000));
        }
        network_stop_faults(n);
        for (int turn = 0; turn < 60; turn++) { /* a long quiet time: distrust of honest nodes ends after five minutes */
            (void)network_seal(n, dice(&p, honest));
            network_run(n, 10000);
        }
        network_run(n, 320000);
        for (size_t i = 0; i < nodes; i++)
            if (i < honest || i >= config.sealers) {
                if (network_height(n, i) != network_newest(n))
                    fail_msg("seed %llu: node %zu is at %lld of %lld", (unsigned long long)seed, i,
                             (long long)network_height(n, i), (long long)network_newest(n));
                if (i < honest && network_sealable(n, i) > 0)
                    fail_msg("seed %llu: %zu transactions stay with node %zu", (unsigned long long)seed,
                             network_sealable(n, i), i);
            }
        network_free(n);
    }
}

/* A new node fetches a long chain while blocks go on: at most one request's worth of time behind the import. */
static void long_catch_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        network *n = network_new(
            (network_config){.sealers = 4, .observers = 1, .seed = seed, .delay_min_ms = 10, .delay_max_ms = 20});
        network_grow(n, 2000, 1 << 4);
        uint64_t start = network_now_ms(n);
        while (network_height(n, 4) < 2000) {
            assert_true(network_now_ms(n) - start < 2000 * 8);
            network_run(n, 100);
        }
        expect_same_height(n, 5, seed);
        network_free(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_travel_fast), cmocka_unit_test(idle_network_is_quiet),
        cmocka_unit_test(reliable_network),         cmocka_unit_test(hostile_network),
        cmocka_unit_test(long_catch_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
