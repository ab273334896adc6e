/* A sealer announces transactions that do not exist, ten thousand with each packet, all the time. What the others note
   about them has a limit (sync/machine.h), they go on, and they still hear of each other's transactions. */
#include "support_scenario.h"

#include "sync/packets.h"

enum { NODES = 4, LIAR = 0, ROUNDS = 300, ROUND_MS = 100, BLOCKS = 3, WITHIN_MS = 120000 };

static void pass(simulation *s, void *context, const sim_message *m)
{
    (void)context;
    sim_send(s, m);
}

static void announce(simulation *s, hash256 *hashes)
{
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < SYNC_PACKET_HASHES_MAX; i++)
        for (size_t k = 0; k < sizeof hashes[i].b; k += 8)
            write_be64(hashes[i].b + k, prng_next(sim_random(s)));
    sync_packet p = {.type = SYNC_PACKET_TXS_STATUS};
    p.hashes.hashes = hashes;
    p.hashes.count = SYNC_PACKET_HASHES_MAX;
    sync_packet_encode(&p, &payload);
    for (size_t to = 0; to < NODES; to++)
        if (to != LIAR)
            sim_send(s, &(sim_message){LIAR, to, MODULE_SYNC, SYNC_FRAME_PLAIN, buffer_bytes(&payload)});
    buffer_free(&payload);
}

static void memory_stays_bounded(void **state)
{
    (void)state;
    static hash256 hashes[SYNC_PACKET_HASHES_MAX];
    simulation *s = sim_new(&(sim_options){.seed = 31, .nodes = NODES});
    sim_make_liar(s, LIAR, pass, NULL, NULL);
    must_go_on(s, 1, WITHIN_MS, NULL, 0);
    int64_t before = sim_highest(s);
    for (size_t round = 0; round < ROUNDS; round++) {
        announce(s, hashes);
        sim_submit(s, 1 + round % (NODES - 1));
        sim_run(s, ROUND_MS);
        must_hold(s);
    }
    print_message("%lld blocks, at most %llu KiB\n", (long long)(sim_highest(s) - before),
                  (unsigned long long)sim_count(s).held_bytes_max / 1024);
    assert_true(sim_count(s).held_bytes_max > 1024 * 1024); /* it was noted at all */
    assert_true(sim_highest(s) > before + BLOCKS);
    must_go_on(s, BLOCKS, WITHIN_MS, NULL, 0);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_stays_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
