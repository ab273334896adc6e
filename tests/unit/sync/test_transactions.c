#include "support_world.h"

enum { TXS_MAX = 4000 };

static transaction *own(world *w, uint64_t nonce, bool from_rpc)
{
    transaction *tx = test_simple_transaction(nonce);
    tx->from_rpc = from_rpc;
    assert_int_equal(txpool_admit(w->pool, tx, w->now_ms), STATUS_OK);
    transaction_drop(tx); /* the pool owns it */
    return tx;
}

static const char *spread(world *w)
{
    return world_event(w, (sync_event){.kind = SYNC_EVENT_TRANSACTIONS});
}

/* Admits what the last VERIFY action asked for, as the shell does, and answers it. */
static const char *verify(world *w, uint64_t ticket, transaction *const *txs, size_t count)
{
    transaction *admitted[TXS_MAX];
    size_t admitted_count = 0;
    for (size_t i = 0; i < count; i++)
        if (txpool_admit(w->pool, txs[i], w->now_ms) == STATUS_OK)
            admitted[admitted_count++] = txs[i];
    return world_event(w, (sync_event){.kind = SYNC_EVENT_VERIFIED, .verified = {ticket, admitted, admitted_count}});
}

static const char *announce(world *w, size_t from, const hash256 *hashes, size_t count)
{
    return world_packet(w, from, 0, &(sync_packet){.type = SYNC_PACKET_TXS_STATUS, .hashes = {10, hashes, count}});
}

static size_t lines(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

/* 8.4 step 2: in the very step that learns of it; marks; never twice. */
static void pushed_at_once(void **state)
{
    (void)state;
    world *w = world_new(1, 4, 0);
    (void)world_sessions(w, 0xd);
    transaction *tx = own(w, 1, true);
    assert_string_equal(spread(w), "send 2,3,0 f1: Transactions 1 index 1\n");
    assert_string_equal(spread(w), "");
    for (size_t i = 0; i < 4; i++) {
        node_id id = node_of(i);
        assert_true(txpool_is_known_by(w->pool, &tx->hash, &id));
    }
    assert_null(strstr(world_run(w, 200), "TxsStatus")); /* we know that they know */
    world_free(w);
}

static void pushed_without_tree(void **state)
{
    (void)state;
    world *w = world_prepare(4, 4, 1); /* an observer */
    w->config.send_txs_by_tree = false;
    world_start(w);
    (void)world_sessions(w, 0xb);
    (void)own(w, 1, true);
    (void)own(w, 2, true);
    assert_string_equal(spread(w), "send 0,1,3 f1: Transactions 2\n");
    world_free(w);
}

/* An observer begins at a random node of the tree, which then counts as the one that received it. */
static void pushed_by_an_observer(void **state)
{
    (void)state;
    world *w = world_new(4, 4, 1);
    (void)world_sessions(w, 0xf);
    unsigned hit = 0;
    for (uint64_t nonce = 0; nonce < 30; nonce++) {
        (void)own(w, nonce, true);
        unsigned to, index;
        assert_int_equal(sscanf(spread(w), "send %u f1: Transactions 1 index %u\n", &to, &index), 2);
        assert_int_equal(to, index);
        hit |= 1u << to;
    }
    assert_int_equal(hit, 0xf);
    world_free(w);
}

/* Without any sealer nothing is lost (HARDEN): it goes out when one comes. Not a member: nothing goes out. */
static void waits_for_a_sealer(void **state)
{
    (void)state;
    world *w = world_new(4, 4, 2);
    assert_string_equal(world_sessions(w, 1 << 5), "send 5: Status 10\n");
    (void)own(w, 1, true);
    assert_string_equal(spread(w), "");
    const char *text = world_sessions(w, 1 << 2 | 1 << 5);
    assert_non_null(strstr(text, "send 2 f1: Transactions 1 index 2\n"));
    /* the last sealer goes in the 50 ms before an announcement */
    (void)own(w, 2, false);
    (void)spread(w);
    (void)world_sessions(w, 1 << 5);
    assert_null(strstr(world_run(w, 5000), "TxsStatus"));
    (void)world_sessions(w, 1 << 3 | 1 << 5);
    assert_non_null(strstr(world_run(w, 50), "send 3: TxsStatus 1\n"));
    world_free(w);
    w = world_new(9, 4, 0);
    (void)world_sessions(w, 0xf);
    (void)own(w, 1, true);
    assert_string_equal(spread(w), "");
    assert_string_equal(world_run(w, 10000), "");
    world_free(w);
}

/* 8.4 step 3: what others brought is announced after 50 ms to a quarter of the sealers that do not know it, drawn for
 * each. */
static void announced_later(void **state)
{
    (void)state;
    world *w = world_new(0, 10, 0);
    (void)world_sessions(w, 0x3fe);
    transaction *txs[40];
    for (uint64_t i = 0; i < 40; i++)
        txs[i] = test_simple_transaction(i);
    assert_string_equal(world_transactions(w, 3, txs, 40, false, 0), "verify 1: 40 txs from 3\n");
    assert_string_equal(verify(w, 1, txs, 40), "");
    assert_null(strstr(world_run(w, 49), "TxsStatus"));
    const char *text = world_run(w, 1);
    assert_null(strstr(text, "send 3"));                /* the sender knows */
    assert_in_range(lines(text, "TxsStatus"), 6, 8);    /* drawn for each transaction: nearly all of eight sealers */
    size_t announced = 0;
    for (const char *at = text; (at = strstr(at, "TxsStatus ")); at++)
        announced += strtoul(at + 10, NULL, 10);
    assert_int_equal(announced, 40 * 3); /* ceil(25 % of 9) */
    assert_null(strstr(world_run(w, 10000), "TxsStatus"));
    for (size_t i = 0; i < 40; i++)
        transaction_drop(txs[i]);
    world_free(w);
}

static void announcements_are_capped(void **state)
{
    (void)state;
    world *w = world_prepare(0, 30, 0);
    w->config.txs_max_gossip_peers = 2;
    world_start(w);
    (void)world_sessions(w, 0x3ffffffe);
    (void)own(w, 1, false);
    (void)spread(w);
    assert_int_equal(lines(world_run(w, 50), "TxsStatus 1"), 2);
    world_free(w);
}

/* A client's transaction that came along the tree goes on along the tree, before it is looked at; ancestors and children
   count as knowing it. */
static void forwarded(void **state)
{
    (void)state;
    world *w = world_new(1, 13, 0);
    (void)world_sessions(w, 0x1ffd);
    transaction *tx = test_simple_transaction(1);
    assert_string_equal(world_transactions(w, 0, &tx, 1, true, 0),
                        "send 4,5,6 f1: Transactions 1 index 0\nverify 1: 1 txs from 0\n");
    (void)verify(w, 1, &tx, 1);
    static const size_t knowers[] = {0, 4, 5, 6};
    for (size_t i = 0; i < COUNT(knowers); i++) {
        node_id id = node_of(knowers[i]);
        assert_true(txpool_is_known_by(w->pool, &tx->hash, &id));
    }
    assert_int_equal(lines(world_run(w, 50), "TxsStatus 1"), 3);
    transaction_drop(tx);
    /* an index beyond the list counts modulo its size; plain frames and leaves forward nothing */
    tx = test_simple_transaction(2);
    assert_non_null(strstr(world_transactions(w, 0, &tx, 1, true, 13 * 5), "send 4,5,6 f1"));
    transaction_drop(tx);
    tx = test_simple_transaction(3);
    assert_null(strstr(world_transactions(w, 0, &tx, 1, false, 0), "send"));
    assert_null(strstr(world_transactions(w, 2, &tx, 1, true, 2), "send"));
    transaction_drop(tx);
    world_free(w);
}

/* Several packets at a time are verified, the rest waits and goes together. */
static void verification_is_bounded(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    transaction *txs[7];
    for (uint64_t i = 0; i < 7; i++) {
        txs[i] = test_simple_transaction(i);
        const char *text = world_transactions(w, 1 + i % 3, &txs[i], 1, false, 0);
        assert_int_equal(lines(text, "verify"), i < SYNC_VERIFY_JOBS_MAX);
    }
    assert_string_equal(verify(w, 2, &txs[1], 1), "verify 5: 3 txs from 2\n");
    transaction *backwards[] = {txs[6], txs[4]}; /* one refused, the others in another order */
    (void)verify(w, 5, backwards, 2);
    node_id two = node_of(2), three = node_of(3), one = node_of(1);
    assert_true(txpool_is_known_by(w->pool, &txs[1]->hash, &two));
    assert_true(txpool_is_known_by(w->pool, &txs[4]->hash, &two));
    assert_true(txpool_is_known_by(w->pool, &txs[6]->hash, &one));
    assert_false(txpool_is_known_by(w->pool, &txs[6]->hash, &three));
    (void)verify(w, 77, txs, 0); /* an unknown ticket */
    for (size_t i = 0; i < 7; i++)
        transaction_drop(txs[i]);
    world_free(w);
}

static void received_is_bounded(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    transaction *tx = test_simple_transaction(1);
    for (size_t i = 0; i < 4 + 4096 + 9; i++)
        (void)world_transactions(w, 1, &tx, 1, false, 0);
    arena a = {0};
    assert_int_equal(sync_status_of(w->sync, &a).dropped_packets, 9);
    arena_reset(&a);
    transaction_drop(tx);
    world_free(w);
}

static void only_members_are_heard(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe | 1 << 8);
    transaction *tx = test_simple_transaction(1);
    assert_string_equal(world_transactions(w, 8, &tx, 1, true, 0), "");
    assert_string_equal(announce(w, 8, &tx->hash, 1), "");
    assert_string_equal(announce(w, 0, &tx->hash, 1), ""); /* ourselves */
    assert_string_equal(announce(w, 1, &tx->hash, 1), "send 1: TxsRequest 1\n");
    transaction_drop(tx);
    world_free(w);
}

static void malformed_lists(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    static const uint8_t lists[][8] = {{1}, {1, 0, 0, 0, 0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}};
    for (size_t i = 0; i < COUNT(lists); i++)
        assert_string_equal(world_packet(w, 1, 0,
                                         &(sync_packet){.type = SYNC_PACKET_TRANSACTIONS,
                                                        .transactions = {BYTES_OF_VALUE(lists[i]), false, 0}}),
                            "");
    assert_string_equal(world_packet(w, 1, 0, &(sync_packet){.type = SYNC_PACKET_TRANSACTIONS}), ""); /* empty */
    arena a = {0};
    assert_int_equal(sync_status_of(w->sync, &a).refused_packets, 3);
    arena_reset(&a);
    world_free(w);
}

/* 8.5, and HARDEN: an answer that does not come is asked for again, first from another announcer, and not for ever. */
static void requests(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    transaction *pending = own(w, 1, false), *wanted = test_simple_transaction(2);
    (void)spread(w);
    (void)world_run(w, 50);
    hash256 both[2] = {pending->hash, wanted->hash};
    assert_string_equal(announce(w, 1, both, 2), "send 1: TxsRequest 1\n");
    node_id one = node_of(1);
    assert_true(txpool_is_known_by(w->pool, &pending->hash, &one));
    assert_string_equal(announce(w, 1, both, 2), "");
    assert_string_equal(announce(w, 3, both, 2), "");
    const char *text = world_run(w, 2999);
    assert_null(strstr(text, "TxsRequest"));
    text = world_run(w, 1);
    assert_non_null(strstr(text, "send 3: TxsRequest 1\n"));
    text = world_run(w, 3000);
    assert_non_null(strstr(text, "send 3: TxsRequest 1\n"));
    text = world_run(w, 30000);
    assert_null(strstr(text, "TxsRequest"));
    assert_string_equal(announce(w, 2, both, 2), "send 2: TxsRequest 1\n"); /* forgotten, so it is new */
    assert_string_equal(world_transactions(w, 2, &wanted, 1, false, 0), "verify 1: 1 txs from 2\n");
    (void)verify(w, 1, &wanted, 1);
    assert_null(strstr(world_run(w, 30000), "TxsRequest"));
    assert_string_equal(announce(w, 3, both, 2), "");
    transaction_drop(wanted);
    world_free(w);
}

/* 2.5: what was dropped as expired is not asked for again. */
static void dropped_is_not_requested(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    hash256 hash = own(w, 1, false)->hash;
    txpool_expire(w->pool, w->now_ms + 600001);
    assert_string_equal(announce(w, 1, &hash, 1), "");
    world_free(w);
}

static void answers(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    transaction *a = own(w, 1, false), *b = own(w, 2, false);
    hash256 absent = hash_of(7), hashes[3] = {b->hash, absent, a->hash};
    sync_packet p = {.type = SYNC_PACKET_TXS_REQUEST, .hashes = {0, hashes, 3}};
    assert_string_equal(world_packet(w, 2, 0, &p), "send 2: Transactions 2\n");
    bytes list = w->out->items[0].send.payload;
    assert_true(memmem(list.data, list.size, a->raw.data, a->raw.size) >
                memmem(list.data, list.size, b->raw.data, b->raw.size));
    node_id two = node_of(2);
    assert_true(txpool_is_known_by(w->pool, &a->hash, &two));
    p.hashes.hashes = &absent;
    p.hashes.count = 1;
    assert_string_equal(world_packet(w, 2, 0, &p), "");
    world_free(w);
}

/* Many at once: packets of at most a thousand, all of them in the end. */
static void many(void **state)
{
    (void)state;
    world *w = world_new(0, 4, 0);
    (void)world_sessions(w, 0xe);
    for (uint64_t nonce = 0; nonce < 2500; nonce++)
        (void)own(w, nonce, true);
    assert_string_equal(spread(w), "send 1,2,3 f1: Transactions 1000 index 0\nsend 1,2,3 f1: Transactions 1000 index 0\n"
                                   "send 1,2,3 f1: Transactions 500 index 0\n");
    for (uint64_t nonce = 2500; nonce < 5000; nonce++)
        (void)own(w, nonce, false);
    (void)spread(w);
    assert_string_equal(world_transactions(w, 1, NULL, 0, false, 0), "");
    const char *text = world_run(w, 50);
    size_t announced = 0;
    for (const char *at = text; (at = strstr(at, "TxsStatus ")); at++)
        announced += strtoul(at + 10, NULL, 10);
    assert_int_equal(announced, 2500);
    assert_true(txpool_is_full(w->pool));
    hash256 unknown = hash_of(9);
    assert_string_equal(announce(w, 1, &unknown, 1), ""); /* a full pool asks for nothing */
    world_free(w);
}

/* More than one list of actions can hold: nothing is lost, the next steps bring the rest. */
static void very_many(void **state)
{
    (void)state;
    world *w = world_prepare(0, 39, 0);
    txpool_free(w->pool);
    w->pool = w->config.pool = txpool_new(&(txpool_config){
        .rules = &test_rules, .limit = 200000, .memory_limit_bytes = 1 << 30, .expiration_ms = 600000});
    world_start(w);
    (void)world_sessions(w, (1ull << 39) - 2);
    for (uint64_t nonce = 0; nonce < 110000; nonce++)
        (void)own(w, nonce, false);
    (void)spread(w);
    const char *text = world_run(w, 51);
    size_t announced = 0;
    for (const char *at = text; (at = strstr(at, "TxsStatus ")); at++)
        announced += strtoul(at + 10, NULL, 10);
    /* the first text, of spread itself, is gone: up to 102400 of them were announced there when the waiting list was full
     */
    assert_true(announced >= (110000 - 102400) * 5);
    size_t unannounced = 0;
    transaction **all = malloc(110000 * sizeof *all);
    size_t count = txpool_list(w->pool, all, 110000);
    node_id self = node_of(0);
    for (size_t i = 0; i < count; i++)
        unannounced += !txpool_is_known_by(w->pool, &all[i]->hash, &self);
    assert_int_equal(unannounced, 0);
    free(all);
    world_free(w);
}

/* 6.3: who leaves rPBFT's working sealers hands its pending transactions to those that came in. */
static void hand_over(void **state)
{
    (void)state;
    world *w = world_prepare(0, 5, 0);
    for (size_t i = 0; i < 3; i++)
        w->working[w->working_count++] = node_of(i);
    world_start(w);
    (void)world_sessions(w, 0xe);
    (void)own(w, 1, true);
    assert_string_equal(spread(w), "send 1,2 f1: Transactions 1 index 0\n"); /* the working ones only */
    w->working[0] = node_of(3);
    assert_non_null(strstr(world_chain(w, 11), "send 3: Transactions 1 index 0\n"));
    assert_null(strstr(world_chain(w, 12), "Transactions"));
    w->working[0] = node_of(0);
    (void)world_chain(w, 13);
    w->working[0] = node_of(4); /* not connected: the first connected working sealer gets it */
    assert_non_null(strstr(world_chain(w, 14), "send 1: Transactions 1 index 0\n"));
    world_free(w);
}

/* 2.5: a node that left the group forgets what it told, and tells it again when it is back. */
static void back_in_the_group(void **state)
{
    (void)state;
    world *w = world_new(4, 4, 1);
    (void)world_sessions(w, 0xf);
    (void)own(w, 1, true);
    assert_non_null(strstr(spread(w), "Transactions 1"));
    w->observer_count = 0;
    (void)world_chain(w, 11);
    assert_string_equal(spread(w), "");
    w->observer_count = 1;
    assert_non_null(strstr(world_chain(w, 12), "Transactions 1"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushed_at_once),        cmocka_unit_test(pushed_without_tree),
        cmocka_unit_test(pushed_by_an_observer), cmocka_unit_test(waits_for_a_sealer),
        cmocka_unit_test(announced_later),       cmocka_unit_test(announcements_are_capped),
        cmocka_unit_test(forwarded),             cmocka_unit_test(verification_is_bounded),
        cmocka_unit_test(received_is_bounded),   cmocka_unit_test(only_members_are_heard),
        cmocka_unit_test(malformed_lists),       cmocka_unit_test(requests),
        cmocka_unit_test(dropped_is_not_requested), cmocka_unit_test(answers),
        cmocka_unit_test(many),                  cmocka_unit_test(very_many),
        cmocka_unit_test(hand_over),
        cmocka_unit_test(back_in_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
