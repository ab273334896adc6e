#include "support_world.h"

/* 8.2: a member that connects gets our status in that very step; 1 s gossip, 5 s resend; nothing else wakes an idle node. */
static void status_of_a_sealer(void **state)
{
    (void)state;
    world *w = world_new(1, 4, 1);
    assert_int_equal(w->deadline_ms, SYNC_NO_DEADLINE); /* alone: nobody to tell */
    assert_string_equal(world_sessions(w, 1 << 0 | 1 << 3), "send 0,3: Status 10\n");
    assert_int_equal(w->deadline_ms, w->now_ms + 1000);
    assert_string_equal(world_sessions(w, 1 << 0 | 1 << 2 | 1 << 3), "send 2: Status 10\n");
    const char *gossip = world_run(w, 1000);
    assert_int_equal(strlen(gossip), strlen("send 0,2,3: Status 10\n")); /* three of three, in random order */
    unsigned turns = 0;
    for (; w->deadline_ms <= 130000; turns++) {
        w->now_ms = w->deadline_ms;
        (void)world_tick(w, 0);
    }
    assert_in_range(turns, 28, 36); /* 29 s of idling: 1 s gossip and 5 s resend, no more */
    assert_string_equal(world_sessions(w, 0), "");
    assert_int_equal(w->deadline_ms, SYNC_NO_DEADLINE);
    world_free(w);
}

/* 8.7: a sealer tells all other connected sealers and the head of its slot, in the step of the block. */
static void new_block_by_tree(void **state)
{
    (void)state;
    world *w = world_new(0, 2, 6); /* slots of four: 0..3 and 4..7 */
    (void)world_sessions(w, 0xfe);
    assert_string_equal(world_chain(w, 11), "send 1,3,2: Status 11\nstate: idle, 11\n"); /* 3 in our own place */
    world_free(w);
    w = world_new(1, 2, 6);
    (void)world_sessions(w, 0xfd);
    assert_string_equal(world_chain(w, 11), "send 0,4,5,6: Status 11\nstate: idle, 11\n");
    world_free(w);
    w = world_new(5, 2, 6); /* an observer: QUIRK: the parent of number 2 in its slot is number 1 */
    (void)world_sessions(w, 0xdf);
    assert_string_equal(world_chain(w, 11), "send 4: Status 11\nstate: idle, 11\n");
    world_free(w);
}

static void new_block_without_tree(void **state)
{
    (void)state;
    world *w = world_prepare(0, 2, 3);
    w->config.sync_block_by_tree = false;
    world_start(w);
    (void)world_sessions(w, 0x1e);
    assert_string_equal(world_chain(w, 11), "send 1,2,3,4: Status 11\nstate: idle, 11\n");
    assert_string_equal(world_run(w, 4999), "");
    assert_string_equal(world_run(w, 1), "send 1,2,3,4: Status 11\n"); /* no gossip, only the resend */
    assert_string_equal(world_chain(w, 11), ""); /* not a new block */
    world_free(w);
}

static void old_version_has_no_time(void **state)
{
    (void)state;
    chain_rules rules = test_rules;
    rules.version = VERSION_OF(2, 5, 0);
    world *w = world_prepare(0, 4, 0);
    w->config.rules = &rules;
    world_start(w);
    (void)world_sessions(w, 0xe);
    sync_packet p = {.type = SYNC_PACKET_STATUS, .status = {12, w->config.genesis_hash, hash_of(12), true, 5}};
    assert_string_equal(world_packet(w, 1, 0, &p), ""); /* four items: refused */
    p.status.has_time = false;
    assert_string_equal(world_packet(w, 1, 0, &p), "send 1: ReqBlocks 11+2\nstate: downloading, 12\n");
    arena a = {0};
    assert_int_equal(sync_status_of(w->sync, &a).refused_packets, 1);
    arena_reset(&a);
    world_free(w);
}

/* 9.2: a free node is silent, but downloads; when it becomes a member it speaks; when it leaves, one last status. */
static void free_node(void **state)
{
    (void)state;
    world *w = world_prepare(6, 3, 0);
    w->config.sync_block_by_tree = false; /* the tree has no place for a node outside */
    world_start(w);
    assert_string_equal(world_sessions(w, 7), "");
    assert_int_equal(w->deadline_ms, SYNC_NO_DEADLINE);
    assert_string_equal(world_status(w, 2, 12), "send 2: ReqBlocks 11+2\nstate: downloading, 12\n");
    w->observers[w->observer_count++] = node_of(6);
    assert_string_equal(world_blocks(w, 2, 11, 12), "import 1: block 11 from 2\n");
    const char *text = world_chain(w, 11);
    assert_non_null(strstr(text, "Status 11"));
    text = world_event(w, (sync_event){.kind = SYNC_EVENT_IMPORTED, .imported = {1, true}});
    assert_string_equal(text, "import 2: block 12 from 2\n");
    w->observer_count = 0;
    text = world_chain(w, 12);
    assert_non_null(strstr(text, "Status 12"));
    assert_string_equal(world_run(w, 20000), "");
    world_free(w);
}

/* Nodes outside the group: known only while they are ahead (8.2); known always with allow_free_node. */
static void peers_outside_the_group(void **state)
{
    (void)state;
    arena a = {0};
    world *w = world_new(0, 2, 0);
    (void)world_sessions(w, 1 << 1 | 1 << 7);
    assert_int_equal(sync_status_of(w->sync, &a).peer_count, 1);
    (void)world_status(w, 7, 10);
    assert_int_equal(sync_status_of(w->sync, &a).peer_count, 1);
    (void)world_status(w, 8, 11); /* has no session */
    assert_int_equal(sync_status_of(w->sync, &a).peer_count, 1);
    (void)world_status(w, 7, 11);
    assert_int_equal(sync_status_of(w->sync, &a).peer_count, 2);
    (void)world_chain(w, 11);
    assert_int_equal(sync_status_of(w->sync, &a).peer_count, 1);
    world_free(w);
    w = world_prepare(0, 2, 0);
    w->config.allow_free_node = true;
    world_start(w);
    assert_string_equal(world_sessions(w, 1 << 1 | 1 << 7), "send 1,7: Status 10\n");
    sync_packet foreign = {.type = SYNC_PACKET_STATUS, .status = {99, hash_of(1), hash_of(2), true, 5}};
    assert_string_equal(world_packet(w, 1, 0, &foreign), ""); /* another genesis */
    sync_status status = sync_status_of(w->sync, &a);
    assert_int_equal(status.peer_count, 2);
    assert_int_equal(status.peers[0].node.b[0], 2);
    assert_int_equal(status.peers[0].number, 0);
    assert_int_equal(status.peers[1].node.b[0], 8);
    assert_int_equal(status.known_highest, 10);
    arena_reset(&a);
    world_free(w);
}

static void report_time(world *w, size_t from, int64_t offset_ms)
{
    sync_packet p = {.type = SYNC_PACKET_STATUS,
                     .status = {10, w->config.genesis_hash, hash_of(10), true,
                                (uint64_t)((int64_t)(w->now_ms + WALL_MS) + offset_ms)}};
    (void)world_packet(w, from, 0, &p);
}

/* Section 3: the median of the peers' offsets; small changes are ignored, entries never removed. */
static void time_offsets(void **state)
{
    (void)state;
    world *w = world_new(0, 5, 0);
    (void)world_sessions(w, 0xfe);
    assert_int_equal(sync_time_offset_ms(w->sync), 0);
    report_time(w, 1, 500000);
    assert_int_equal(sync_time_offset_ms(w->sync), 500000);
    report_time(w, 2, -400001);
    assert_int_equal(sync_time_offset_ms(w->sync), 49999); /* (500000 - 400001) / 2, toward zero */
    report_time(w, 3, 0);
    assert_int_equal(sync_time_offset_ms(w->sync), 0);
    report_time(w, 3, 180000); /* a change of at most three minutes */
    report_time(w, 3, -180000);
    assert_int_equal(sync_time_offset_ms(w->sync), 0);
    report_time(w, 3, 180001);
    assert_int_equal(sync_time_offset_ms(w->sync), 180001);
    report_time(w, 7, 9000000); /* no member: not heard (HARDEN) */
    assert_int_equal(sync_time_offset_ms(w->sync), 180001);
    (void)world_sessions(w, 0);
    assert_int_equal(sync_time_offset_ms(w->sync), 180001);
    sync_packet absurd = {.type = SYNC_PACKET_STATUS,
                          .status = {10, w->config.genesis_hash, hash_of(10), true, UINT64_MAX}};
    (void)world_sessions(w, 0xfe);
    (void)world_packet(w, 4, 0, &absurd);
    assert_int_equal(sync_time_offset_ms(w->sync), 180001);
    report_time(w, 4, -180002);
    assert_int_equal(sync_time_offset_ms(w->sync), 0); /* -400001 -180002 180001 500000: -1 / 2 */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_of_a_sealer),      cmocka_unit_test(new_block_by_tree),
        cmocka_unit_test(new_block_without_tree),  cmocka_unit_test(old_version_has_no_time),
        cmocka_unit_test(free_node),               cmocka_unit_test(peers_outside_the_group),
        cmocka_unit_test(time_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
