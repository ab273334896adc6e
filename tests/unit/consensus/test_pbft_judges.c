/* One test for each row of the tables of spec/consensus.md 5.5.2, 5.5.4 and 5.5.6, and of the checks that stand beside
   them. Node 1 of four judges; its chain is at 0, so block 1 is under consensus, led by node 0 in view 0 and by itself
   in view 1. */
#include "support/consensus/world.h"

#include "base/memory.h"

enum { SELF = 1 };

typedef struct {
    world *w;
    pbft *p;
    block *proposal; /* block 1 of node 0, with one transaction */
    pbft_request prepare;
} bench;

static void sign_as(const bench *b, pbft_request *r)
{
    const crypto_suite *suite = b->w->rules.suite;
    r->sig.size = r->sig2.size = (uint8_t)suite->signature_bytes;
    suite->sign(&b->w->nodes[r->idx].key, &r->block_hash, r->sig.b);
    hash256 fields = pbft_fields_digest(suite, r);
    suite->sign(&b->w->nodes[r->idx].key, &fields, r->sig2.b);
}

static pbft_request request(const bench *b, uint32_t idx, uint64_t height, uint64_t view, uint8_t hash)
{
    pbft_request r = {.height = height, .view = view, .idx = idx, .timestamp_ms = u256_of(1)};
    memset(&r.block_hash, hash, sizeof r.block_hash);
    sign_as(b, &r);
    return r;
}

static void seal(const bench *b, block *other, pbft_request *r)
{
    block_seal_hash(&b->w->rules, other);
    r->block_hash = other->hash;
    sign_as(b, r);
}

static bench begin(void)
{
    bench b = {.w = world_new(&(world_options){.nodes = 4, .seed = 1, .no_hashes = true})};
    b.w->lose[b.w->lose_count++] = (world_match){-1, -1, -1, -1};
    world_run(b.w, 500);
    world_submit(b.w, 1); /* node 0 proposes; nobody hears it */
    b.p = b.w->nodes[SELF].machine;
    const pbft *leader = b.w->nodes[0].machine;
    assert_non_null(leader->raw.proposal);
    b.proposal = block_keep(leader->raw.proposal);
    b.prepare = leader->raw.request;
    return b;
}

static void end(bench *b)
{
    block_drop(b->proposal);
    world_free(b->w);
}

static void hear(bench *b, size_t from, pbft_kind kind, const pbft_request *r, const block *proposal)
{
    buffer data = buffer_init(BUFFER_NO_LIMIT), encoded = buffer_init(BUFFER_NO_LIMIT),
           payload = buffer_init(BUFFER_NO_LIMIT);
    if (proposal) {
        block_encode(&b->w->rules, proposal, BLOCK_FULL, &encoded);
        pbft_prepare_encode(r, buffer_bytes(&encoded), &data);
    } else {
        pbft_request_encode(r, &data);
    }
    pbft_packet packet = {
        .kind = kind, .ttl = 2, .is_empty = proposal && proposal->transaction_count == 0, .data = buffer_bytes(&data)};
    pbft_packet_encode(&packet, true, &payload);
    consensus_event e = {.kind = CONSENSUS_EVENT_MESSAGE};
    e.message.from = b->w->nodes[from].id;
    e.message.payload = buffer_bytes(&payload);
    world_step(b->w, SELF, &e);
    buffer_free(&data);
    buffer_free(&encoded);
    buffer_free(&payload);
}

static void finish_jobs(bench *b)
{
    world_run(b->w, 0);
}

/* ---- prepare, 5.5.2 */

static void prepare_row_1_known(void **state)
{
    (void)state;
    bench b = begin();
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_VALID);
    hear(&b, 0, PBFT_PREPARE, &b.prepare, b.proposal);
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_KNOWN);
    end(&b);
}

static void prepare_row_2_syncing(void **state)
{
    (void)state;
    bench b = begin();
    b.p->known_highest = 20;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_VALID);
    b.p->known_highest = 21; /* more than 20 behind */
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_SYNCING);
    b.p->known_highest = 1;
    b.p->is_downloading = true;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_SYNCING);
    b.p->known_highest = 0;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_VALID);
    end(&b);
}

static void prepare_row_3_past(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request r = request(&b, 0, 0, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_PAST);
    b.p->view = b.p->to_view = 4;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_PAST);
    end(&b);
}

static void prepare_row_4_locked(void **state)
{
    (void)state;
    bench b = begin();
    b.p->committed = (pbft_proposal){.request = b.prepare, .proposal = block_keep(b.proposal)};
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_VALID); /* the locked block itself */
    pbft_request other = request(&b, 0, 1, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &other, false), PREPARE_LOCKED);
    assert_int_equal(pbft_judge_prepare(b.p, &other, true),
                     PREPARE_VALID); /* flagged empty: view change, nothing is signed */
    pbft_request later = request(&b, 2, 1, 2, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &later, false), PREPARE_LOCKED); /* there is no unlock in a later view */
    end(&b);
}

static void prepare_row_5_future(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request height = request(&b, 1, 2, 0, 7), view = request(&b, 2, 1, 2, 7), far = request(&b, 0, 13, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &height, false), PREPARE_FUTURE);
    assert_int_equal(pbft_judge_prepare(b.p, &view, false), PREPARE_FUTURE);
    far.idx = 0; /* 0 + 13 - 1 = 12 = 0 mod 4 */
    assert_int_equal(pbft_judge_prepare(b.p, &far, false), PREPARE_TOO_FAR);
    pbft_request stranger = request(&b, 3, 2, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &stranger, false), PREPARE_NEVER_LEADER);
    height.sig2.b[3] ^= 1;
    assert_int_equal(pbft_judge_prepare(b.p, &height, false), PREPARE_BAD_SIGNATURE);
    end(&b);
}

static void prepare_row_6_not_from_the_leader(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request r = request(&b, 2, 1, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_NOT_LEADER);
    b.p->leader_failed = true;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_NOT_LEADER);
    b.p->leader_failed = false;
    b.p->tip.sealer = U256_MAX; /* 5.1: the leader is undefined */
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_NOT_LEADER);
    end(&b);
}

static void prepare_row_7_signatures(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request r = b.prepare;
    r.sig.b[0] ^= 1;
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_BAD_SIGNATURE);
    r = b.prepare;
    r.sig2.b[0] ^= 1;
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_BAD_SIGNATURE);
    r = b.prepare;
    r.sig2.size--;
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_BAD_SIGNATURE);
    r = b.prepare;
    r.idx = 4;
    assert_int_equal(pbft_judge_prepare(b.p, &r, false), PREPARE_NO_SUCH_SEALER);
    end(&b);
}

static void prepare_second_of_a_view(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request other = request(&b, 0, 1, 0, 7);
    hear(&b, 0, PBFT_PREPARE, &b.prepare, b.proposal);
    assert_int_equal(b.p->raw_state, RAW_EXECUTING);
    assert_int_equal(pbft_judge_prepare(b.p, &other, false), PREPARE_SECOND);
    finish_jobs(&b);
    assert_int_equal(b.p->raw_state, RAW_EXECUTED);
    assert_int_equal(pbft_judge_prepare(b.p, &other, false), PREPARE_SECOND);
    end(&b);
}

static void prepare_second_after_a_failed_first(void **state)
{
    (void)state;
    bench b = begin();
    b.w->nodes[SELF].fail_next[JOB_EXECUTE] = 1;
    hear(&b, 0, PBFT_PREPARE, &b.prepare, b.proposal);
    finish_jobs(&b);
    assert_int_equal(b.p->raw_state, RAW_REFUSED);
    pbft_request other = request(&b, 0, 1, 0, 7);
    assert_int_equal(pbft_judge_prepare(b.p, &other, false), PREPARE_VALID);
    end(&b);
}

static void prepare_while_the_height_is_written(void **state)
{
    (void)state;
    bench b = begin();
    b.p->decided_height = 1;
    assert_int_equal(pbft_judge_prepare(b.p, &b.prepare, false), PREPARE_DECIDED);
    end(&b);
}

/* ---- the block in a prepare, 5.3 */

static void block_rows(void **state)
{
    (void)state;
    bench b = begin();
    assert_int_equal(pbft_judge_block(b.p, &b.prepare, b.proposal, false), BLOCK_VALID);
    assert_int_equal(pbft_judge_block(b.p, &b.prepare, b.proposal, true), BLOCK_NOT_EMPTY);
    pbft_request r = b.prepare;
    r.height = 2;
    assert_int_equal(pbft_judge_block(b.p, &r, b.proposal, false), BLOCK_OTHER_NUMBER);
    block *executed = block_copy(b.proposal);
    memset(&executed->header.state_root, 1, 32);
    memset(&executed->header.db_hash, 1, 32);
    block_seal_hash(&b.w->rules, executed);
    assert_int_equal(pbft_judge_block(b.p, &b.prepare, executed, false),
                     BLOCK_OTHER_HASH); /* receiptsRoot is still zero */
    memset(&executed->header.receipts_root, 2, 32);
    block_seal_hash(&b.w->rules, executed);
    assert_int_equal(pbft_judge_block(b.p, &b.prepare, executed, false), BLOCK_EXECUTED_FORM);
    executed->header.timestamp_ms++;
    block_seal_hash(&b.w->rules, executed);
    assert_int_equal(pbft_judge_block(b.p, &b.prepare, executed, false), BLOCK_OTHER_HASH);
    block_drop(executed);
    end(&b);
}

/* A forwarding node cannot replace the block under the leader's signatures; the true prepare is still taken. */
static void a_swapped_block_is_dropped(void **state)
{
    (void)state;
    bench b = begin();
    block *other = block_copy(b.proposal);
    other->header.timestamp_ms++;
    block_seal_hash(&b.w->rules, other);
    hear(&b, 2, PBFT_PREPARE, &b.prepare, other);
    assert_int_equal(b.p->raw_state, RAW_NONE);
    hear(&b, 2, PBFT_PREPARE, &b.prepare, b.proposal);
    assert_int_equal(b.p->raw_state, RAW_EXECUTING);
    block_drop(other);
    end(&b);
}

/* A forwarded prepare carries the executed header: it is executed from the start all the same. */
static void executed_form_is_taken_as_proposed(void **state)
{
    (void)state;
    bench b = begin();
    block *executed = block_copy(b.proposal);
    memset(&executed->header.receipts_root, 2, 32);
    memset(&executed->header.db_hash, 2, 32);
    memset(&executed->header.state_root, 2, 32);
    block_seal_hash(&b.w->rules, executed);
    hear(&b, 2, PBFT_PREPARE, &b.prepare, executed);
    assert_int_equal(b.p->raw_state, RAW_EXECUTING);
    assert_memory_equal(&b.p->raw.proposal->hash, &b.prepare.block_hash, 32);
    block_drop(executed);
    end(&b);
}

/* ---- checks before execution, 5.5.3 */

static void content_rows(void **state)
{
    (void)state;
    bench b = begin();
    block *c = block_copy(b.proposal);
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_VALID);
    b.p->tx_count_limit = 0;
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_TOO_MANY);
    b.p->tx_count_limit = 1000;
    c->header.parent_hash.b[0] ^= 1;
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_OTHER_PARENT);
    c->header.parent_hash.b[0] ^= 1;
    c->header.sealer_count = 3;
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_OTHER_SEALERS);
    c->header.sealer_count = 4;
    c->header.sealers[3].b[9] ^= 1;
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_OTHER_SEALERS);
    c->header.sealers[3].b[9] ^= 1;
    c->header.sealer = u256_of(4);
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_BAD_SEALER);
    c->header.sealer = u256_of(3); /* a replayed block names its first proposer */
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_VALID);
    c->header.transactions_root.b[0] ^= 1;
    assert_int_equal(pbft_judge_content(b.p, c), CONTENT_OTHER_ROOT);
    block_drop(c);
    end(&b);
}

static void bad_content_is_not_signed(void **state)
{
    (void)state;
    bench b = begin();
    block *other = block_copy(b.proposal);
    pbft_request r = b.prepare;
    other->header.transactions_root.b[0] ^= 1;
    seal(&b, other, &r);
    uint64_t before = b.p->last_exec_ms;
    world_run(b.w, 10);
    hear(&b, 0, PBFT_PREPARE, &r, other);
    assert_int_equal(b.p->raw_state, RAW_REFUSED);
    assert_false(b.p->executing.is_active);
    assert_int_equal(b.p->last_exec_ms, before); /* E2c: A moves, X does not: the consensus time-out runs from here */
    assert_int_equal(pbft_timeout_at(b.p), b.w->now_ms + 3000);
    b.p->consensus_timeout_ms = 10000;
    assert_int_equal(pbft_timeout_at(b.p), b.w->now_ms + 10000);
    block_drop(other);
    end(&b);
}

static void set_transactions(const bench *b, block *to, transaction *first, transaction *second)
{
    transaction *txs[] = {transaction_keep(first), second ? transaction_keep(second) : NULL};
    block_set_transactions(to, txs, second ? 2 : 1);
    to->header.transactions_root = block_transactions_root(&b->w->rules, to);
}

static transaction *with_limit(const bench *b, uint64_t nonce, uint64_t limit)
{
    transaction_fields fields = {.nonce = u256_of(nonce), .block_limit = u256_of(limit), .chain_id = u256_of(1), .group_id = u256_of(1)};
    return transaction_sign(&b->w->rules, &fields, &b->w->client);
}

/* HARDEN: whatever a leader proposes, no transaction runs twice. */
static void transactions_run_once(void **state)
{
    (void)state;
    bench b = begin();
    block *c = block_copy(b.proposal);
    transaction *fresh = with_limit(&b, 77, 100), *late = with_limit(&b, 78, 1001);
    transaction *same_nonce = with_limit(&b, 77, 101), *nearly_late = with_limit(&b, 79, 1000), *at_head = with_limit(&b, 80, 0);
    assert_true(pbft_may_run(b.p, c));
    set_transactions(&b, c, fresh, fresh);
    assert_false(pbft_may_run(b.p, c));
    set_transactions(&b, c, fresh, same_nonce);
    assert_false(pbft_may_run(b.p, c));
    set_transactions(&b, c, fresh, nearly_late);
    assert_true(pbft_may_run(b.p, c));
    set_transactions(&b, c, fresh, late);
    assert_false(pbft_may_run(b.p, c));
    set_transactions(&b, c, fresh, at_head);
    assert_true(pbft_may_run(b.p, c));
    block *one = block_copy(b.proposal);
    one->header.number = 1;
    txpool_on_block(b.p->config.pool, one); /* the chain has it now */
    assert_false(pbft_may_run(b.p, one));
    set_transactions(&b, c, at_head, NULL);
    assert_false(pbft_may_run(b.p, c)); /* limit 0, head 1 */
    assert_int_equal(pbft_judge_content(b.p, one), CONTENT_VALID); /* of a decided block nothing of this is asked */
    transaction *all[] = {fresh, late, same_nonce, nearly_late, at_head};
    for (size_t i = 0; i < COUNT(all); i++)
        transaction_drop(all[i]);
    block_drop(one);
    block_drop(c);
    end(&b);
}

static void old_transactions_are_not_signed(void **state)
{
    (void)state;
    bench b = begin();
    block *other = block_copy(b.proposal);
    pbft_request r = b.prepare;
    set_transactions(&b, other, b.proposal->transactions[0], b.proposal->transactions[0]);
    seal(&b, other, &r);
    hear(&b, 0, PBFT_PREPARE, &r, other);
    assert_int_equal(b.p->raw_state, RAW_REFUSED);
    assert_false(b.p->executing.is_active);
    block_drop(other);
    end(&b);
}

/* ---- sign and commit, 5.5.4 */

static void vote_rows_1_to_3(void **state)
{
    (void)state;
    bench b = begin();
    pbft_request r = request(&b, 2, 1, 0, 9);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_FUTURE);
    hear(&b, 2, PBFT_SIGN, &r, NULL);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_KNOWN);
    r.timestamp_ms = u256_of(2); /* HARDEN: one vote for a sealer, block and view, whatever else differs */
    sign_as(&b, &r);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_KNOWN);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_COMMIT, &r), VOTE_FUTURE);
    pbft_request past = request(&b, 2, 0, 0, 8);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &past), VOTE_PAST);
    b.p->view = b.p->to_view = 2;
    pbft_request old = request(&b, 3, 1, 1, 9);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &old), VOTE_PAST);
    pbft_request ahead = request(&b, 3, 2, 0, 9); /* of the next height, whose view is its own */
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &ahead), VOTE_FUTURE);
    b.p->known_highest = 30;
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &ahead), VOTE_SYNCING);
    end(&b);
}

static void vote_rows_4_to_8(void **state)
{
    (void)state;
    bench b = begin();
    hear(&b, 0, PBFT_PREPARE, &b.prepare, b.proposal);
    hash256 executed = world_executed_hash(b.w, b.proposal);
    pbft_request r = request(&b, 2, 1, 0, 0);
    r.block_hash = executed;
    sign_as(&b, &r);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_FUTURE); /* row 4: not executed yet */
    finish_jobs(&b);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_VALID); /* row 8 */
    pbft_request own = r;
    own.idx = SELF;
    own.view = 3;
    sign_as(&b, &own);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &own), VOTE_OWN); /* row 5 */
    pbft_request other_height = r;
    other_height.height = 2;
    sign_as(&b, &other_height);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &other_height), VOTE_OTHER_VIEW); /* row 6: this hash is block 1 */
    pbft_request later = r;
    later.view = 1;
    sign_as(&b, &later);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &later), VOTE_FUTURE); /* HARDEN: kept for view 1 */
    r.sig.b[1] ^= 1;
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_BAD_SIGNATURE); /* row 7 */
    pbft_request far = request(&b, 2, 12, 0, 9);
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &far), VOTE_TOO_FAR);
    r.idx = 4;
    assert_int_equal(pbft_judge_vote(b.p, PBFT_SIGN, &r), VOTE_NO_SUCH_SEALER);
    end(&b);
}

static void votes_of_one_sealer_are_bounded(void **state)
{
    (void)state;
    bench b = begin();
    for (uint64_t view = 1; view <= 10; view++) {
        pbft_request r = request(&b, 2, 1, view, (uint8_t)view);
        hear(&b, 2, PBFT_SIGN, &r, NULL);
    }
    hash256 hash;
    size_t held = 0;
    for (uint64_t view = 1; view <= 10; view++) {
        memset(&hash, (int)view, sizeof hash);
        held += pbft_count_votes(b.p, PBFT_SIGN, &hash, 1, view);
    }
    assert_int_equal(held, PBFT_VOTES_PER_SEALER);
    assert_int_equal(pbft_count_votes(b.p, PBFT_SIGN, &hash, 1, 10), 1); /* the newest stays */
    end(&b);
}

/* HARDEN of 5.5.5: what counts is sealers, not signatures. */
static void one_sealer_counts_once(void **state)
{
    (void)state;
    bench b = begin();
    hear(&b, 0, PBFT_PREPARE, &b.prepare, b.proposal);
    finish_jobs(&b);
    for (unsigned i = 0; i < 5; i++) {
        pbft_request r = request(&b, 2, 1, 0, 0);
        r.block_hash = b.p->prepared.block_hash;
        r.timestamp_ms = u256_of(i);
        sign_as(&b, &r);
        r.sig.b[40] ^= (uint8_t)i; /* bytes that the signature does not use: another encoding of the same */
        hear(&b, 2, PBFT_SIGN, &r, NULL);
    }
    assert_int_equal(pbft_count_votes(b.p, PBFT_SIGN, &b.p->prepared.block_hash, 1, 0), 2); /* own and sealer 2 */
    assert_false(b.p->prepared.has_quorum);
    end(&b);
}

/* ---- view change, 5.5.6 */

static pbft_request change(const bench *b, uint32_t idx, uint64_t view)
{
    pbft_request r = {.height = 0, .view = view, .idx = idx, .block_hash = b->p->tip.hash};
    sign_as(b, &r);
    return r;
}

static change_row judge_change(const bench *b, const pbft_request *r, size_t from, bool *catch_up)
{
    return pbft_judge_change(b->p, r, &b->w->nodes[from].id, catch_up);
}

static void change_rows(void **state)
{
    (void)state;
    bench b = begin();
    bool catch_up;
    pbft_request r = change(&b, 2, 1);
    assert_int_equal(judge_change(&b, &r, 2, &catch_up), CHANGE_VALID);
    assert_false(catch_up);
    hear(&b, 2, PBFT_VIEW_CHANGE, &r, NULL);
    assert_int_equal(judge_change(&b, &r, 2, &catch_up), CHANGE_KNOWN); /* row 1 */
    r = change(&b, SELF, 5);
    assert_int_equal(judge_change(&b, &r, 2, &catch_up), CHANGE_OWN); /* row 2 */
    r = change(&b, 3, 0);
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_OLD_VIEW); /* row 5 */
    r = change(&b, 3, 1);
    r.height = 1;
    sign_as(&b, &r);
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_OTHER_CHAIN); /* row 6: not in our chain yet */
    r = change(&b, 3, 1);
    r.block_hash.b[0] ^= 1;
    sign_as(&b, &r);
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_OTHER_CHAIN);
    r = change(&b, 3, 1);
    r.sig2.b[0] ^= 1;
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_BAD_SIGNATURE); /* row 7 */
    r.idx = 4;
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_NO_SUCH_SEALER);
    b.p->tip.number = 1;
    r = change(&b, 3, 1);
    assert_int_equal(judge_change(&b, &r, 3, &catch_up), CHANGE_PAST); /* row 3 */
    end(&b);
}

static void change_row_4_catch_up(void **state)
{
    (void)state;
    bench b = begin();
    bool catch_up;
    b.p->to_view = 3;
    pbft_request r = change(&b, 2, 1);
    assert_int_equal(judge_change(&b, &r, 2, &catch_up), CHANGE_VALID);
    assert_true(catch_up);
    judge_change(&b, &r, 3, &catch_up); /* forwarded by another node */
    assert_false(catch_up);
    r = change(&b, 2, 2);
    judge_change(&b, &r, 2, &catch_up); /* one view behind is no reason */
    assert_false(catch_up);
    size_t frames = b.w->frames_sent;
    r = change(&b, 2, 1);
    hear(&b, 2, PBFT_VIEW_CHANGE, &r, NULL);
    assert_int_equal(b.w->frames_sent, frames + 1); /* to that node only */
    end(&b);
}

static void change_below_the_latest_view(void **state)
{
    (void)state;
    bench b = begin();
    bool catch_up;
    pbft_request five = change(&b, 2, 5), four = change(&b, 2, 4);
    hear(&b, 2, PBFT_VIEW_CHANGE, &five, NULL);
    assert_int_equal(judge_change(&b, &four, 2, &catch_up), CHANGE_BACKWARDS);
    world_cut(b.w, SELF, 2, true); /* E14: it may have restarted */
    assert_int_equal(judge_change(&b, &four, 2, &catch_up), CHANGE_VALID);
    end(&b);
}

/* canTrigger: f + 1 sealers ahead pull us to just below the smallest of their views, and one further by the time-out.
 */
static void f_plus_1_ahead_trigger_a_view_change(void **state)
{
    (void)state;
    bench b = begin();
    uint64_t smallest;
    pbft_request seven = change(&b, 2, 7), nine = change(&b, 3, 9);
    hear(&b, 2, PBFT_VIEW_CHANGE, &seven, NULL);
    assert_false(pbft_can_trigger(b.p, &smallest));
    assert_int_equal(b.p->to_view, 0);
    hear(&b, 3, PBFT_VIEW_CHANGE, &nine, NULL);
    assert_int_equal(b.p->to_view, 7);
    assert_int_equal(b.p->view, 0);
    assert_true(b.p->leader_failed);
    end(&b);
}

static void changes_of_one_sealer_are_bounded(void **state)
{
    (void)state;
    bench b = begin();
    for (uint64_t view = 1; view <= 9; view++) {
        pbft_request r = change(&b, 2, view);
        hear(&b, 2, PBFT_VIEW_CHANGE, &r, NULL);
    }
    size_t held = 0;
    for (uint64_t view = 1; view <= 9; view++)
        held += pbft_count_changes(b.p, view);
    assert_int_equal(held, PBFT_VIEWS_PER_SEALER);
    assert_int_equal(pbft_count_changes(b.p, 9), 1);
    end(&b);
}

/* ---- future prepares, 5.6 */

static void future_prepares_have_one_place_for_each_sealer(void **state)
{
    (void)state;
    bench b = begin();
    for (uint64_t view = 2; view <= 30; view++) { /* sealers 2, 3, 0 and 1 in turn; 1 is ourselves */
        block *other = block_copy(b.proposal);
        pbft_request r = {.height = 1, .view = view, .idx = (uint32_t)(view % 4)};
        other->header.timestamp_ms += view;
        seal(&b, other, &r);
        hear(&b, r.idx == SELF ? 2 : r.idx, PBFT_PREPARE, &r, other);
        block_drop(other);
    }
    size_t held = 0;
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        held += b.p->future[i].proposal != NULL;
    assert_int_equal(held, 4);
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        assert_true(b.p->future[i].proposal == NULL || b.p->future[i].request.view > 26); /* each sealer's newest */
    end(&b);
}

static void rows_have_texts(void **state)
{
    (void)state;
    for (int i = 0; i < PREPARE_ROWS; i++)
        assert_non_null(prepare_row_text((prepare_row)i));
    for (int i = 0; i < BLOCK_ROWS; i++)
        assert_non_null(block_row_text((block_row)i));
    for (int i = 0; i < CONTENT_ROWS; i++)
        assert_non_null(content_row_text((content_row)i));
    for (int i = 0; i < VOTE_ROWS; i++)
        assert_non_null(vote_row_text((vote_row)i));
    for (int i = 0; i < CHANGE_ROWS; i++)
        assert_non_null(change_row_text((change_row)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prepare_row_1_known),
        cmocka_unit_test(prepare_row_2_syncing),
        cmocka_unit_test(prepare_row_3_past),
        cmocka_unit_test(prepare_row_4_locked),
        cmocka_unit_test(prepare_row_5_future),
        cmocka_unit_test(prepare_row_6_not_from_the_leader),
        cmocka_unit_test(prepare_row_7_signatures),
        cmocka_unit_test(prepare_second_of_a_view),
        cmocka_unit_test(prepare_second_after_a_failed_first),
        cmocka_unit_test(prepare_while_the_height_is_written),
        cmocka_unit_test(block_rows),
        cmocka_unit_test(a_swapped_block_is_dropped),
        cmocka_unit_test(executed_form_is_taken_as_proposed),
        cmocka_unit_test(content_rows),
        cmocka_unit_test(transactions_run_once),
        cmocka_unit_test(old_transactions_are_not_signed),
        cmocka_unit_test(bad_content_is_not_signed),
        cmocka_unit_test(vote_rows_1_to_3),
        cmocka_unit_test(vote_rows_4_to_8),
        cmocka_unit_test(votes_of_one_sealer_are_bounded),
        cmocka_unit_test(one_sealer_counts_once),
        cmocka_unit_test(change_rows),
        cmocka_unit_test(change_row_4_catch_up),
        cmocka_unit_test(change_below_the_latest_view),
        cmocka_unit_test(f_plus_1_ahead_trigger_a_view_change),
        cmocka_unit_test(changes_of_one_sealer_are_bounded),
        cmocka_unit_test(future_prepares_have_one_place_for_each_sealer),
        cmocka_unit_test(rows_have_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
