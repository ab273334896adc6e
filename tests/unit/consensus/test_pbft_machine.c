/* The machine at its edges: jobs that answer late, wrong or not at all, blocks from peers, changes of the sealer list,
   hostile requests, and how little it does while nothing happens. */
#include "support/consensus/world.h"

#include "consensus/consensus.h"

static size_t verify_calls;

static bool counting_verify(const public_key *key, const hash256 *digest, bytes signature)
{
    verify_calls++;
    return world_suite.verify(key, digest, signature);
}

static world *four(bool no_hashes)
{
    return world_new(&(world_options){.nodes = 4, .seed = 1, .no_hashes = no_hashes});
}

static consensus_actions step(world *w, size_t node, consensus_event e)
{
    consensus_actions out = {0};
    e.steady_ms = w->now_ms;
    e.utc_ms = e.aligned_ms = 1700000000000u + w->now_ms;
    pbft_step(w->nodes[node].machine, &e, &out);
    return out;
}

static size_t count_kind(const consensus_actions *out, consensus_action_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < out->count; i++)
        count += out->items[i].kind == kind;
    return count;
}

static chain_state state_of(world *w, size_t node, const node_id *sealers, size_t count)
{
    const block *b = w->nodes[node].chain[w->nodes[node].height];
    return (chain_state){.tip = {.number = b->header.number,
                                 .hash = b->hash,
                                 .state_root = b->header.state_root,
                                 .timestamp_ms = b->header.timestamp_ms},
                         .nodes = {.sealers = (node_id *)sealers, .sealer_count = count},
                         .tx_count_limit = 1000,
                         .consensus_timeout_ms = 3000};
}

/* ---- jobs */

static void answers_with_unknown_tickets_are_ignored(void **state)
{
    (void)state;
    world *w = four(true);
    static const consensus_event events[] = {
        {.kind = CONSENSUS_EVENT_EXECUTED, .executed = {7, NULL}},
        {.kind = CONSENSUS_EVENT_PERSISTED, .persisted = {7, true}},
        {.kind = CONSENSUS_EVENT_COMMITTED, .committed = {7, true}},
    };
    for (size_t i = 0; i < COUNT(events); i++) {
        consensus_actions out = step(w, 1, events[i]);
        assert_int_equal(out.count, 0);
        consensus_actions_reset(&out);
    }
    world_run(w, 500);
    world_submit(w, 1); /* node 0 executes; an answer with another ticket does not count */
    uint64_t ticket = w->nodes[0].machine->executing.ticket;
    consensus_actions out =
        step(w, 0, (consensus_event){.kind = CONSENSUS_EVENT_EXECUTED, .executed = {ticket + 1, NULL}});
    assert_true(w->nodes[0].machine->executing.is_active);
    consensus_actions_reset(&out);
    world_free(w);
}

/* The view changes while a block is executed: the result is dropped, the next block waits for the end of that job. */
static void a_result_of_an_old_view_is_dropped(void **state)
{
    (void)state;
    world *w = four(true);
    w->nodes[2].job_extra_ms[JOB_EXECUTE] = 5000;
    w->lose[w->lose_count++] = (world_match){-1, 2, PBFT_COMMIT, -1};
    w->lose[w->lose_count++] = (world_match){-1, 0, PBFT_COMMIT, -1};
    w->lose[w->lose_count++] = (world_match){-1, 1, PBFT_COMMIT, -1};
    w->lose[w->lose_count++] = (world_match){-1, 3, PBFT_COMMIT, -1};
    world_run(w, 500);
    world_submit(w, 15);
    world_run(w, 3100); /* view 1: node 1 proposes the locked block again; node 2 still executes the first */
    pbft *p = w->nodes[2].machine;
    assert_int_equal(p->view, 1);
    assert_true(p->executing.is_active);
    assert_int_equal(p->raw_state, RAW_WAITING);
    uint64_t old = p->executing.ticket;
    w->nodes[2].job_extra_ms[JOB_EXECUTE] = 0;
    world_release(w);
    world_run(w, 6000); /* the Commits of view 1 were lost too: view 2 */
    assert_true(p->last_ticket > old);
    assert_int_equal(w->nodes[2].height, 1);
    world_free(w);
}

/* Sync brings the block while it is executed here, and while its commit is under way here. */
static void the_chain_goes_on_under_a_job(void **state)
{
    (void)state;
    static const world_job jobs[] = {JOB_EXECUTE, JOB_PERSIST, JOB_COMMIT};
    for (size_t i = 0; i < COUNT(jobs); i++) {
        world *w = world_new(&(world_options){.nodes = 4, .seed = 1, .sync = true});
        w->nodes[3].job_extra_ms[jobs[i]] = 800;
        world_run(w, 500);
        world_submit(w, 15);
        world_run(w, 500);
        assert_int_equal(w->nodes[3].height, 1); /* imported after 200 ms */
        assert_true(w->nodes[3].is_busy[jobs[i]] || jobs[i] == JOB_PERSIST);
        world_submit(w, 15);
        world_run(w, 2000); /* the answer of the old job comes; block 2 goes its way */
        assert_int_equal(w->nodes[3].height, 2);
        assert_int_equal(world_lowest(w), 2);
        world_free(w);
    }
}

/* While a block is written nothing else of its height is started: no time-out, no other proposal. */
static void a_slow_commit_is_waited_for(void **state)
{
    (void)state;
    world *w = four(false);
    for (size_t i = 0; i < 4; i++)
        w->nodes[i].job_extra_ms[JOB_COMMIT] = 20000;
    world_run(w, 500);
    world_submit(w, 15);
    world_run(w, 100);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(w->nodes[i].machine->decided_height, 1);
        assert_true(w->nodes[i].deadline_ms == CONSENSUS_NO_DEADLINE);
    }
    size_t frames = w->frames_sent;
    world_run(w, 19000);
    assert_int_equal(w->frames_sent, frames);
    world_run(w, 1100);
    assert_int_equal(world_lowest(w), 1);
    world_free(w);
}

static void a_failed_commit_lets_the_height_go_on(void **state)
{
    (void)state;
    world *w = four(false);
    for (size_t i = 0; i < 4; i++)
        w->nodes[i].fail_next[JOB_COMMIT] = 1;
    world_run(w, 500);
    world_submit(w, 15);
    world_run(w, 100);
    world_run(w, 3400); /* the view changes; the locked block is proposed again and written */
    assert_int_equal(world_lowest(w), 1);
    world_free(w);
}

static void a_locked_block_is_stored_once(void **state)
{
    (void)state;
    world *w = four(false);
    w->lose[w->lose_count++] = (world_match){-1, -1, PBFT_COMMIT, -1};
    world_run(w, 500);
    world_submit(w, 15);
    world_run(w, 100);
    for (size_t i = 0; i < 4; i++)
        w->nodes[i].fail_next[JOB_PERSIST] = 1; /* would be used by a second write */
    world_run(w, 3400);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(w->nodes[i].fail_next[JOB_PERSIST], 1);
        assert_int_equal(w->nodes[i].machine->view, 1);
        assert_true(w->nodes[i].machine->prepared.is_commit_sent);
    }
    world_free(w);
}

/* ---- proposing */

static void a_full_pool_does_not_wait_for_the_interval(void **state)
{
    (void)state;
    world *w = world_new(&(world_options){.nodes = 4, .seed = 1, .tx_count_limit = 3});
    world_submit(w, 15);
    world_submit(w, 15);
    world_run(w, 100);
    assert_int_equal(world_lowest(w), 0);
    world_submit(w, 15);
    world_run(w, 0);
    assert_int_equal(world_lowest(w), 1);
    assert_int_equal(w->decided[1]->transaction_count, 3);
    assert_int_equal(w->now_ms, WORLD_START_MS + 100);
    world_free(w);
}

static void nothing_is_proposed_while_blocks_are_downloaded(void **state)
{
    (void)state;
    world *w = four(false);
    world_step(w, 0, &(consensus_event){.kind = CONSENSUS_EVENT_SYNC, .sync = {true, 5}});
    size_t frames = w->frames_sent;
    world_run(w, 1500);
    assert_int_equal(w->frames_sent, frames);
    world_step(w, 0, &(consensus_event){.kind = CONSENSUS_EVENT_SYNC, .sync = {false, 0}});
    assert_true(w->frames_sent > frames); /* the empty block is due */
    world_free(w);
}

/* spec/consensus.md 4.1 and 4.2: what a proposal's header says. */
static void header_of_a_proposal(void **state)
{
    (void)state;
    world *w = four(true);
    world_run(w, 500);
    world_submit(w, 1);
    const block_header *h = &w->nodes[0].machine->raw.proposal->header;
    static const hash256 none;
    assert_int_equal(h->number, 1);
    assert_int_equal(h->timestamp_ms, 1700000000000u + w->now_ms);
    assert_true(u256_equal(h->sealer, U256_ZERO));
    assert_int_equal(h->sealer_count, 4);
    assert_int_equal(h->extra_count, 0);
    assert_memory_equal(&h->receipts_root, &none, 32);
    assert_memory_equal(&h->state_root, &w->nodes[0].chain[0]->header.state_root, 32);
    world_free(w);
}

static void time_never_goes_back_in_blocks(void **state)
{
    (void)state;
    world *w = four(true);
    pbft *p = w->nodes[0].machine;
    p->tip.timestamp_ms = 1800000000000u;
    world_run(w, 500);
    world_submit(w, 1);
    assert_int_equal(p->raw.proposal->header.timestamp_ms, 1800000000001u);
    world_free(w);
}

/* ---- cost */

static void an_idle_group_only_changes_its_view(void **state)
{
    (void)state;
    world *w = four(false);
    world_run(w, 1000);
    size_t ticks = w->ticks, frames = w->frames_sent;
    world_run(w, 10000);
    assert_int_equal(w->ticks - ticks, 10); /* one leader wakes once a second; nobody else wakes at all */
    assert_int_equal(w->frames_sent - frames, 10 * (3 + 4 * 3));
    world_free(w);
}

static void no_signature_is_verified_twice(void **state)
{
    (void)state;
    crypto_suite counting = world_suite;
    counting.verify = counting_verify;
    world *w = world_new(&(world_options){.nodes = 4, .seed = 1, .suite = &counting});
    world_run(w, 500);
    verify_calls = 0;
    world_submit(w, 15);
    world_run(w, 10);
    assert_int_equal(world_lowest(w), 1);
    /* A prepare has two signatures, a Sign two, the Commit of the same sealer one new one: the other is known. Messages
       that come after the block was written are not looked at. */
    assert_true(verify_calls <= 3 * 2 + 4 * (3 * 2 + 3 * 1));
    world_run(w, 1000); /* first view change of this height: two for each; then one */
    verify_calls = 0;
    world_run(w, 1000);
    assert_true(verify_calls <= 3 * 2 + 4 * 3 * 1);
    world_free(w);
}

/* ---- blocks from peers, 5.13 */

static void blocks_of_peers_need_a_quorum_of_distinct_sealers(void **state)
{
    (void)state;
    error_text why;
    world *w = four(false);
    w->is_cut[0][3] = w->is_cut[1][3] = w->is_cut[2][3] = true; /* node 3 hears nothing */
    world_run(w, 500);
    world_submit(w, 7);
    world_run(w, 100);
    assert_int_equal(w->nodes[0].height, 1);
    const pbft *p = w->nodes[3].machine;
    block *good = w->nodes[0].chain[1], *b = block_copy(good);
    assert_int_equal(good->signature_count, 3);
    assert_true(pbft_check_block(p, b, &why));
    block_signature s[4] = {good->signatures[0], good->signatures[1], good->signatures[2], good->signatures[2]};
    block_set_signatures(b, s, 2);
    assert_false(pbft_check_block(p, b, &why));
    assert_string_equal(why.text, "signed by 2 distinct sealers, 3 are needed");
    s[2] = s[1]; /* HARDEN: the same sealer twice is one sealer */
    block_set_signatures(b, s, 3);
    assert_false(pbft_check_block(p, b, &why));
    s[2] = good->signatures[2];
    block_set_signatures(b, s, 4); /* a repetition does no harm */
    assert_true(pbft_check_block(p, b, &why));
    s[3].sealer_index = 3; /* one wrong signature refuses the block */
    block_set_signatures(b, s, 4);
    assert_false(pbft_check_block(p, b, &why));
    s[3].sealer_index = 65536; /* would be 0 in 16 bits */
    block_set_signatures(b, s, 4);
    assert_false(pbft_check_block(p, b, &why));
    block_set_signatures(b, s, 3);
    assert_true(pbft_check_block(p, b, &why));
    b->header.number = 2;
    assert_false(pbft_check_block(p, b, &why));
    b->header.number = 1;
    b->transaction_count = 0; /* HARDEN: transactionsRoot */
    assert_false(pbft_check_block(p, b, &why));
    b->transaction_count = 1;
    block_drop(b);
    world_free(w);
}

/* ---- sealers come and go, 5.9 */

static void a_removed_sealer_falls_silent(void **state)
{
    (void)state;
    world *w = four(false);
    node_id three[3] = {w->nodes[0].id, w->nodes[1].id, w->nodes[2].id};
    chain_state s = state_of(w, 3, three, 3);
    s.tip.number = 1;
    consensus_actions out = step(w, 3, (consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &s});
    pbft *p = w->nodes[3].machine;
    assert_int_equal(p->idx, PBFT_NOT_A_SEALER);
    assert_true(p->deadline_ms == CONSENSUS_NO_DEADLINE);
    consensus_actions_reset(&out);
    arena a = {0};
    consensus_status status = pbft_status(p, &a);
    assert_int_equal(status.node_index, 65535);
    assert_true(status.config_error && !status.is_sealer);
    assert_int_equal(status.node_count, 3);
    arena_reset(&a);
    node_id four_again[4] = {w->nodes[0].id, w->nodes[1].id, w->nodes[2].id, w->nodes[3].id};
    s = state_of(w, 3, four_again, 4);
    s.tip.number = 2;
    out = step(w, 3, (consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &s});
    assert_int_equal(p->idx, 3);
    assert_int_equal(p->quorum, 3);
    assert_true(p->deadline_ms != CONSENSUS_NO_DEADLINE);
    consensus_actions_reset(&out);
    world_free(w);
}

static void no_sealers_at_all(void **state)
{
    (void)state;
    world *w = four(false);
    chain_state s = state_of(w, 3, NULL, 0);
    s.tip.number = 1;
    consensus_actions out = step(w, 3, (consensus_event){.kind = CONSENSUS_EVENT_CHAIN, .chain = &s});
    assert_int_equal(w->nodes[3].machine->count, 0);
    error_text why;
    assert_false(pbft_check_block(w->nodes[3].machine, w->nodes[0].chain[0], &why));
    consensus_actions_reset(&out);
    world_free(w);
}

/* ---- status, 5.14 */

static void status_names_views(void **state)
{
    (void)state;
    world *w = four(false);
    arena a = {0};
    consensus_status s = pbft_status(w->nodes[2].machine, &a);
    assert_int_equal(s.view_count, 1); /* always its own */
    assert_int_equal(s.consensused_number, 1);
    assert_int_equal(s.max_faulty, 1);
    assert_int_equal(s.node_index, 2);
    world_run(w, 500);
    world_submit(w, 15);
    world_run(w, 10);
    s = pbft_status(w->nodes[2].machine, &a);
    assert_int_equal(s.view_count, 4);
    assert_int_equal(s.highest_number, 1);
    assert_int_equal(s.connected_nodes, 3);
    assert_memory_equal(&s.views[3].node, &w->nodes[3].id, sizeof(node_id));
    arena_reset(&a);
    world_free(w);
}

/* ---- hostile messages */

static void deliver(world *w, size_t to, const node_id *from, uint16_t type, bytes payload)
{
    consensus_event e = {.kind = CONSENSUS_EVENT_MESSAGE};
    e.message.from = *from;
    e.message.packet_type = type;
    e.message.payload = payload;
    consensus_actions out = step(w, to, e);
    w->last_sends = count_kind(&out, CONSENSUS_SEND);
    consensus_actions_reset(&out);
}

static void only_sealers_are_heard(void **state)
{
    (void)state;
    world *w = four(false);
    pbft *p = w->nodes[1].machine;
    node_id stranger = {{9}};
    deliver(w, 1, &stranger, 0, BYTES_OF_LITERAL("x"));
    deliver(w, 1, &w->nodes[1].id, 0, BYTES_OF_LITERAL("x"));
    deliver(w, 1, &w->nodes[0].id, 0, BYTES_EMPTY);
    deliver(w, 1, &w->nodes[0].id, 9, BYTES_OF_LITERAL("x"));
    deliver(w, 1, &w->nodes[0].id, 0, BYTES_OF_LITERAL("x"));
    assert_int_equal(p->dropped_messages, 5);
    world_free(w);
}

static void ask(world *w, const node_id *from, pbft_missing_item *items, size_t count)
{
    const pbft *p = w->nodes[0].machine;
    pbft_missed m = {
        .number = p->raw.request.height, .block_hash = p->raw.request.block_hash, .items = items, .count = count};
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    pbft_get_missed_encode(&m, &payload);
    deliver(w, 0, from, PBFT_FRAME_GET_MISSED, buffer_bytes(&payload));
    buffer_free(&payload);
}

static void requests_for_transactions_are_checked(void **state)
{
    (void)state;
    world *w = four(false);
    world_submit(w, 1);
    world_submit(w, 1);
    w->lose[w->lose_count++] = (world_match){-1, -1, -1, -1};
    world_run(w, 500);
    const block *b = w->nodes[0].machine->raw.proposal;
    assert_int_equal(b->transaction_count, 2);
    pbft_missing_item both[2] = {{b->transactions[0]->hash, 0}, {b->transactions[1]->hash, 1}},
                      twice[2] = {both[0], both[0]}, far[1] = {{b->transactions[0]->hash, 2}},
                      other[1] = {{b->transactions[0]->hash, 1}};
    ask(w, &w->nodes[1].id, both, 2);
    assert_int_equal(w->last_sends, 1);
    ask(w, &w->nodes[1].id, both + 1, 1);
    assert_int_equal(w->last_sends, 1);
    ask(w, &w->nodes[1].id, twice, 2);
    assert_int_equal(w->last_sends, 0);
    ask(w, &w->nodes[1].id, far, 1); /* QUIRK of 5.7: the reference reads out of bounds */
    assert_int_equal(w->last_sends, 0);
    ask(w, &w->nodes[1].id, other, 1);
    assert_int_equal(w->last_sends, 0);
    ask(w, &w->nodes[1].id, both, 0);
    assert_int_equal(w->last_sends, 0);
    node_id stranger = {{9}};
    ask(w, &stranger, both, 2);
    assert_int_equal(w->last_sends, 0);
    world_free(w);
}

static void answer(world *w, transaction **txs, size_t count)
{
    const pbft *p = w->nodes[1].machine;
    buffer list = buffer_init(BUFFER_NO_LIMIT), payload = buffer_init(BUFFER_NO_LIMIT);
    transactions_encode(txs, count, &list);
    pbft_missed m = {
        .number = 1, .block_hash = p->partial_raw.proposal.request.block_hash, .transactions = buffer_bytes(&list)};
    pbft_missed_encode(&m, &payload);
    deliver(w, 1, &w->nodes[2].id, PBFT_FRAME_MISSED, buffer_bytes(&payload));
    buffer_free(&list);
    buffer_free(&payload);
}

static void wrong_answers_leave_the_right_one_its_place(void **state)
{
    (void)state;
    world *w = four(false);
    world_submit(w, 1);
    world_submit(w, 1);
    w->lose[w->lose_count++] = (world_match){-1, -1, -1, PBFT_FRAME_MISSED};
    world_run(w, 500);
    const pbft *p = w->nodes[1].machine;
    assert_int_equal(p->partial_raw.missing_count, 2);
    transaction **txs = w->nodes[0].machine->raw.proposal->transactions, *swapped[2] = {txs[1], txs[0]};
    answer(w, txs, 1);
    assert_int_equal(p->raw_state, RAW_NONE);
    answer(w, swapped, 2);
    assert_int_equal(p->raw_state, RAW_NONE);
    answer(w, txs, 2);
    assert_int_equal(p->raw_state, RAW_EXECUTING);
    assert_null(p->partial_raw.proposal.proposal);
    world_free(w);
}

/* ---- creation */

static void what_cannot_start_says_why(void **state)
{
    (void)state;
    world *w = four(false);
    error_text why;
    consensus_config c = {.rules = &w->rules,
                          .kind = CONSENSUS_RAFT,
                          .self = w->nodes[0].id,
                          .key = w->nodes[0].key,
                          .pool = w->nodes[0].pool};
    assert_null(consensus_new(&c, BYTES_EMPTY, &why));
    assert_string_equal(why.text, "consensus_type raft is not supported yet, only pbft is");
    c.kind = CONSENSUS_RPBFT;
    assert_null(consensus_new(&c, BYTES_EMPTY, &why));
    c.kind = CONSENSUS_PBFT;
    assert_null(consensus_new(&c, BYTES_OF_LITERAL("no block"), &why));
    assert_non_null(strstr(why.text, "stored prepared block"));
    c.self = w->nodes[1].id;
    assert_null(consensus_new(&c, BYTES_EMPTY, &why));
    c.self = w->nodes[0].id;
    consensus *started = consensus_new(&c, BYTES_EMPTY, &why);
    assert_non_null(started);
    consensus_actions out = {0};
    consensus_step(started, &(consensus_event){.kind = CONSENSUS_EVENT_TICK, .steady_ms = 5},
                   &out); /* before the first CHAIN */
    assert_int_equal(count_kind(&out, CONSENSUS_SEND), 0);
    consensus_actions_reset(&out);
    arena a = {0};
    assert_int_equal(consensus_status_of(started, &a).node_index, 65535);
    assert_false(consensus_check_block(started, w->nodes[0].chain[0], &why));
    arena_reset(&a);
    consensus_free(started);
    consensus_free(NULL);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_unknown_tickets_are_ignored),
        cmocka_unit_test(a_result_of_an_old_view_is_dropped),
        cmocka_unit_test(the_chain_goes_on_under_a_job),
        cmocka_unit_test(a_slow_commit_is_waited_for),
        cmocka_unit_test(a_failed_commit_lets_the_height_go_on),
        cmocka_unit_test(a_locked_block_is_stored_once),
        cmocka_unit_test(a_full_pool_does_not_wait_for_the_interval),
        cmocka_unit_test(nothing_is_proposed_while_blocks_are_downloaded),
        cmocka_unit_test(header_of_a_proposal),
        cmocka_unit_test(time_never_goes_back_in_blocks),
        cmocka_unit_test(an_idle_group_only_changes_its_view),
        cmocka_unit_test(no_signature_is_verified_twice),
        cmocka_unit_test(blocks_of_peers_need_a_quorum_of_distinct_sealers),
        cmocka_unit_test(a_removed_sealer_falls_silent),
        cmocka_unit_test(no_sealers_at_all),
        cmocka_unit_test(status_names_views),
        cmocka_unit_test(only_sealers_are_heard),
        cmocka_unit_test(requests_for_transactions_are_checked),
        cmocka_unit_test(wrong_answers_leave_the_right_one_its_place),
        cmocka_unit_test(what_cannot_start_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
