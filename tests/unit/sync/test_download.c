#include "support_world.h"

static const char *imported(world *w, uint64_t ticket, bool ok)
{
    return world_event(w, (sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {ticket, ok}});
}

static const char *sealing(world *w, int64_t number)
{
    return world_event(w, (sync_event){.kind = SYNC_EVENT_SEALING, .sealing = number});
}

/* Imports whatever the machine wants until it wants nothing more; returns the last block. */
static int64_t import_all(world *w, uint64_t ticket, int64_t number)
{
    for (;;) {
        char wanted[100];
        snprintf(wanted, sizeof wanted, "import %llu: block %lld", (unsigned long long)ticket + 1, (long long)number + 1);
        (void)world_chain(w, number);
        if (!strstr(imported(w, ticket, true), wanted))
            return number;
        ticket++;
        number++;
    }
}

/* 8.3 with one block: request, blocks, import, done; every step at once. */
static void one_block(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    assert_string_equal(world_status(w, 2, 11), "send 2: ReqBlocks 11+1\nstate: downloading, 11\n");
    assert_string_equal(world_status(w, 2, 11), "");
    assert_string_equal(world_blocks(w, 2, 11, 11), "import 1: block 11 from 2\n");
    assert_string_equal(world_blocks(w, 2, 11, 11), ""); /* twice: under way already */
    assert_string_equal(world_chain(w, 11), "send 1,2,3: Status 11\nstate: idle, 11\n");
    assert_string_equal(imported(w, 1, true), "");
    assert_false(sync_is_far_behind(w->sync));
    world_free(w);
}

/* sealingNumber: a block that consensus works on is not fetched, until consensus gives it up or others are further. */
static void sealing_number(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    assert_string_equal(sealing(w, 11), "");
    assert_string_equal(world_status(w, 1, 11), "state: idle, 11\n");
    assert_string_equal(sealing(w, 10), "send 1: ReqBlocks 11+1\nstate: downloading, 11\n");
    world_free(w);
    w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)sealing(w, 11);
    (void)world_status(w, 1, 11);
    assert_string_equal(world_status(w, 3, 12), "send 3: ReqBlocks 11+2\nstate: downloading, 12\n");
    world_free(w);
}

/* First 8 blocks a request, four requests at a time; then up to 32. A finished request makes room for the next at once. */
static void three_hundred_blocks(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_chain(w, 20);
    assert_string_equal(world_status(w, 1, 320), "send 1: ReqBlocks 21+8\nsend 1: ReqBlocks 29+8\nsend 1: ReqBlocks 37+8\n"
                                                 "send 1: ReqBlocks 45+8\nstate: downloading, 320\n");
    assert_true(sync_is_far_behind(w->sync));
    (void)world_status(w, 2, 320);
    (void)world_status(w, 3, 320);
    assert_string_equal(world_blocks(w, 1, 29, 36), "send 3: ReqBlocks 53+32\n"); /* one of the two that have no request */
    assert_string_equal(world_blocks(w, 1, 21, 28), "send 2: ReqBlocks 85+32\nimport 1: block 21 from 1\n");
    assert_string_equal(world_blocks(w, 2, 37, 44), ""); /* 2 was not asked for these */
    int64_t head = import_all(w, 1, 21);
    assert_int_equal(head, 36);
    assert_non_null(strstr(world_blocks(w, 1, 37, 52), "import"));
    world_free(w);
}

/* All blocks asked for never leave the window of the queue. */
static void window_is_bounded(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 100000);
    int64_t last = 0;
    for (int64_t number = 11; number <= 500; number++) { /* whatever is asked for is answered; block 11 never is imported */
        const char *text = world_blocks(w, 1, number, number);
        for (const char *at = text; (at = strstr(at, "ReqBlocks ")); at++) {
            long long from, count;
            assert_int_equal(sscanf(at, "ReqBlocks %lld+%lld", &from, &count), 2);
            last = from + count - 1;
        }
    }
    assert_int_equal(last, 10 + 256);
    arena a = {0};
    assert_int_equal(sync_status_of(w->sync, &a).dropped_packets, 0);
    arena_reset(&a);
    world_free(w);
}

/* A request has 6.4 s, or half a second for each block asked for; a late answer is still taken. */
static void timeouts(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 18);
    const char *text = world_run(w, 6399);
    assert_null(strstr(text, "ReqBlocks"));
    assert_string_equal(world_status(w, 2, 12), ""); /* asked already, and the time is not over */
    text = world_run(w, 1); /* one lost answer is forgiven: 1 is asked again, for one block of those that 2 does not have */
    assert_string_equal(text, "send 2: ReqBlocks 11+2\nsend 1: ReqBlocks 13+1\n");
    assert_string_equal(world_blocks(w, 1, 11, 18), "import 1: block 11 from 1\n"); /* late, but asked for */
    (void)world_chain(w, 11);
    (void)imported(w, 1, true);
    world_free(w);
    w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 42); /* 32 blocks: 6.4, 8, 12 and 16 s */
    (void)world_blocks(w, 1, 11, 11);
    (void)world_blocks(w, 1, 19, 20);
    text = world_run(w, 7999);
    assert_non_null(strstr(text, "send 1: ReqBlocks 12+7\n")); /* something came, so it may be asked as before */
    text = world_run(w, 1);
    assert_non_null(strstr(text, "send 1: ReqBlocks 21+6\n"));
    text = world_run(w, 3999);
    assert_null(strstr(text, "ReqBlocks"));
    text = world_run(w, 1); /* of 27..34 nothing came, nor was the time of the others over */
    assert_non_null(strstr(text, "send 1: ReqBlocks 12+1\n"));
    world_free(w);
}

/* HARDEN: a peer that claims a height and does not deliver: after two time-outs it is not believed, and sealing goes on. */
static void liar(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    assert_string_equal(world_status(w, 1, 1000000),
                        "send 1: ReqBlocks 11+8\nsend 1: ReqBlocks 19+8\nsend 1: ReqBlocks 27+8\n"
                        "send 1: ReqBlocks 35+8\nstate: downloading, 1000000\n");
    uint64_t start = w->now_ms;
    const char *text = "";
    while (!strstr(text, "state: idle, 10\n")) {
        assert_true(w->now_ms - start < 30000);
        text = world_run(w, 100);
    }
    assert_false(sync_is_far_behind(w->sync));
    /* Meanwhile an honest one is heard. */
    assert_string_equal(world_status(w, 2, 11), "send 2: ReqBlocks 11+1\nstate: downloading, 11\n");
    assert_string_equal(world_blocks(w, 2, 11, 11), "import 1: block 11 from 2\n");
    (void)world_chain(w, 11);
    assert_string_equal(imported(w, 1, true), "");
    /* Each time it is believed again for one request only, and the pause doubles. */
    uint64_t idle_since = w->now_ms, pauses[3];
    for (size_t i = 0; i < 3; i++) {
        while (!strstr(world_run(w, 100), "state: downloading"))
            assert_true(w->now_ms - idle_since < 100000);
        pauses[i] = w->now_ms - idle_since;
        while (!strstr(world_run(w, 100), "state: idle"))
            assert_true(w->now_ms - idle_since < 200000);
        idle_since = w->now_ms;
    }
    assert_true(pauses[1] > pauses[0] && pauses[2] > pauses[1]);
    world_free(w);
}

/* A bad block: its sender loses what it queued and its trust; the block is asked for elsewhere. */
static void bad_block(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 14);
    assert_string_equal(world_blocks(w, 1, 11, 14), "import 1: block 11 from 1\n");
    (void)world_status(w, 2, 13);
    assert_string_equal(imported(w, 1, false), "send 2: ReqBlocks 11+3\nstate: downloading, 13\n");
    assert_string_equal(world_blocks(w, 1, 11, 14), "");
    assert_string_equal(world_blocks(w, 2, 11, 13), "import 2: block 11 from 2\n");
    world_free(w);
}

static void only_a_bad_peer(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 14);
    (void)world_blocks(w, 1, 11, 14);
    assert_string_equal(imported(w, 1, false), "state: idle, 10\n"); /* no storm of requests */
    const char *text = world_run(w, 4999);
    assert_null(strstr(text, "ReqBlocks"));
    text = world_run(w, 1);
    assert_non_null(strstr(text, "send 1: ReqBlocks 11+"));
    world_free(w);
}

/* Consensus committed the block while sync had it under way: nobody is to blame. */
static void consensus_was_faster(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 12);
    (void)world_blocks(w, 1, 11, 12);
    assert_non_null(strstr(world_chain(w, 11), "Status 11"));
    assert_string_equal(imported(w, 1, false), "import 2: block 12 from 1\n");
    assert_string_equal(world_event(w, (sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {1, false}}),
                        ""); /* stale ticket */
    world_free(w);
}

/* The peer that was asked goes: others are asked in that step; nobody left: idle. */
static void peer_leaves(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 12);
    (void)world_status(w, 3, 12);
    arena a = {0};
    sync_status status = sync_status_of(w->sync, &a);
    assert_true(status.downloading);
    assert_int_equal(status.known_highest, 12);
    assert_int_equal(status.known_latest_hash.b[0], 12);
    assert_string_equal(world_sessions(w, 0xc), "send 3: ReqBlocks 11+2\n");
    assert_string_equal(world_blocks(w, 1, 11, 12), ""); /* a ghost */
    assert_string_equal(world_sessions(w, 0x4), "state: idle, 10\n");
    arena_reset(&a);
    world_free(w);
}

static void unwanted_blocks(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    assert_string_equal(world_blocks(w, 1, 11, 12), ""); /* nobody asked */
    (void)world_status(w, 1, 12);
    assert_string_equal(world_blocks(w, 2, 11, 12), ""); /* another was asked */
    assert_string_equal(world_blocks(w, 1, 13, 300), ""); /* beyond what was asked for */
    assert_string_equal(world_blocks(w, 1, 5, 10), "");
    bytes garbage = BYTES_OF_LITERAL("\xc1\x80");
    sync_packet p = {.type = SYNC_PACKET_BLOCKS, .blocks = {&garbage, 1}};
    assert_string_equal(world_packet(w, 1, 0, &p), "");
    assert_string_equal(world_blocks(w, 1, 11, 12), "import 1: block 11 from 1\n");
    world_free(w);
}

/* Memory: with a small limit requests become small, and one block always fits. */
static void memory_limit(void **state)
{
    (void)state;
    world *w = world_prepare(0, 4, 0);
    w->config.max_download_bytes = 9 * 3 * 20; /* twenty of the test's blocks of 9 bytes */
    world_start(w);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 200);
    const char *text = world_blocks(w, 1, 12, 18);
    assert_string_equal(text, "");
    text = world_blocks(w, 1, 11, 11);
    assert_non_null(strstr(text, "+3\n")); /* (20 - 7) / 4 */
    world_free(w);
    w = world_prepare(0, 4, 0);
    w->config.max_download_bytes = 1;
    world_start(w);
    (void)world_sessions(w, 0xe);
    (void)world_status(w, 1, 200);
    assert_string_equal(world_blocks(w, 1, 11, 18), "import 1: block 11 from 1\n");
    world_free(w);
}

/* ---- Serving */

static const char *request(world *w, size_t from, int64_t first, int64_t count)
{
    return world_packet(w, from, 0, &(sync_packet){.type = SYNC_PACKET_BLOCKS_REQUEST, .request = {first, count}});
}

static const char *served(world *w, uint64_t ticket, int64_t next)
{
    return world_event(w, (sync_event){.kind = SYNC_EVENT_SERVED, .served = {ticket, next}});
}

/* What comes while a request is served is merged, whatever its order; gaps stay gaps. */
static void serving(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_chain(w, 120);
    assert_string_equal(request(w, 1, 1, 8), "serve 1: to 1, 1+8\n");
    assert_string_equal(request(w, 1, 17, 8), "");
    assert_string_equal(request(w, 1, 9, 8), "");
    assert_string_equal(request(w, 1, 20, 20), "");
    assert_string_equal(request(w, 1, 50, 3), "");
    assert_string_equal(served(w, 1, 9), "serve 2: to 1, 9+31\n");
    assert_string_equal(served(w, 1, 9), ""); /* stale */
    assert_string_equal(served(w, 2, 30), "serve 3: to 1, 30+10\n"); /* the rest goes back */
    assert_string_equal(served(w, 3, 40), "serve 4: to 1, 50+3\n");
    assert_string_equal(served(w, 4, 53), "");
    /* slices, and nothing beyond our head */
    assert_string_equal(request(w, 1, 21, 1000000), "serve 5: to 1, 21+64\n");
    assert_string_equal(served(w, 5, 85), "serve 6: to 1, 85+36\n");
    assert_string_equal(served(w, 6, 121), "");
    assert_string_equal(request(w, 1, 121, 8), "");
    assert_string_equal(request(w, 1, 5, 0), "");
    assert_string_equal(request(w, 9, 1, 8), ""); /* no sync peer */
    world_free(w);
}

/* Both peers get their turn, although one asks for much more. */
static void serving_is_fair(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_chain(w, 100000);
    (void)request(w, 1, 1, 100000);
    (void)request(w, 2, 1, 1);
    int64_t next = 65;
    for (uint64_t ticket = 1; ticket < 20; ticket++) {
        const char *text = served(w, ticket, next);
        if (strstr(text, "to 2, 1+1"))
            break;
        assert_true(ticket < 19);
        next += 64;
    }
    world_free(w);
}

/* Nothing sent (bandwidth): again after the idle wait, and not for ever. */
static void serving_waits(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    assert_string_equal(request(w, 1, 1, 8), "serve 1: to 1, 1+8\n");
    uint64_t ticket = 1;
    for (; ticket < 25; ticket++) {
        assert_string_equal(served(w, ticket, 1), "");
        assert_null(strstr(world_run(w, 199), "serve"));
        assert_non_null(strstr(world_run(w, 1), "to 1, 1+8"));
    }
    assert_string_equal(served(w, ticket, 1), "");
    assert_null(strstr(world_run(w, 10000), "serve"));
    assert_string_equal(request(w, 1, 1, 8), "serve 26: to 1, 1+8\n");
    (void)world_sessions(w, 0xc); /* gone while it is served */
    assert_string_equal(served(w, 26, 5), "");
    world_free(w);
}

static void serving_is_bounded(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    (void)world_chain(w, 10000);
    for (int64_t i = 0; i < 1100; i++) /* the first is under way, 1000 wait */
        (void)request(w, 1, 5000 - 3 * i, 1);
    arena a = {0};
    assert_int_equal(sync_status_of(w->sync, &a).dropped_packets, 99);
    arena_reset(&a);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_block),          cmocka_unit_test(sealing_number),
        cmocka_unit_test(three_hundred_blocks), cmocka_unit_test(window_is_bounded),
        cmocka_unit_test(timeouts),           cmocka_unit_test(liar),
        cmocka_unit_test(bad_block),          cmocka_unit_test(only_a_bad_peer),
        cmocka_unit_test(consensus_was_faster), cmocka_unit_test(peer_leaves),
        cmocka_unit_test(unwanted_blocks),    cmocka_unit_test(memory_limit),
        cmocka_unit_test(serving),            cmocka_unit_test(serving_is_fair),
        cmocka_unit_test(serving_waits),      cmocka_unit_test(serving_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
