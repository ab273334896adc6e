/* check.c: what must hold whatever happens. Each rule says in its message which one it is. Nodes that lie are not
 * judged. */
#include "sim/inside.h"
#include "base/memory.h"
#include "consensus/pbft_message.h"

#include <stdlib.h>

enum { JOBS_UNDER_WAY_MAX = SYNC_VERIFY_JOBS_MAX + 3 /* verify, one decode, one serve, one ordered */ };

/* Distinct sealers of the parent's list, counted without the code under test. */
static size_t count_signers(simulation *s, const block *b, const block_signature *signatures, size_t count,
                            const node_lists *lists)
{
    bool *has_signed = memory_new_array(lists->sealer_count, sizeof *has_signed);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t index = signatures[i].sealer_index;
        if (index >= lists->sealer_count || has_signed[index] ||
            !s->rules.suite->verify(&lists->sealers[index], &b->hash, signatures[i].signature))
            continue;
        has_signed[index] = true;
        distinct++;
    }
    free(has_signed);
    return distinct;
}

static void check_quorum(simulation *s, size_t node, const group_job *commit, const node_lists *lists)
{
    const block *b = execution_block(commit->executed);
    size_t n = lists->sealer_count, wanted = n - (n - 1) / 3;
    size_t signers = count_signers(s, b, commit->signatures, commit->signature_count, lists);
    if (signers < wanted)
        sim_fail_at(s, b->header.number,
                    "quorum: node %zu commits block %lld with %zu distinct sealers of %zu, %zu are needed", node,
                    (long long)b->header.number, signers, n, wanted);
    if (b->header.sealer_count != n ||
        (n && memcmp(b->header.sealers, lists->sealers, n * sizeof *lists->sealers) != 0))
        sim_fail_at(s, b->header.number,
                    "sealers: the header of block %lld names other sealers than the state of block %lld",
                    (long long)b->header.number, (long long)b->header.number - 1);
}

static bool is_proposed_by_liar(const simulation *s, const block *b)
{
    u256 index = b->header.sealer;
    if (!u256_fits_u64(index) || index.limb[0] >= b->header.sealer_count)
        return true;
    const sim_node *n = map_get(&s->by_id, BYTES_OF_VALUE(b->header.sealers[index.limb[0]]));
    return n == NULL || sim_is_liar(s, (size_t)(n - s->nodes));
}

static void check_header(simulation *s, const block *b)
{
    int64_t number = b->header.number;
    hash256 root = block_transactions_root(&s->rules, b);
    if (!hash256_equal(&root, &b->header.transactions_root))
        sim_fail_at(s, number, "roots: the transactions root of block %lld is not that of its transactions",
                    (long long)number);
    if (b->header.timestamp_ms <= s->decided[number - 1].timestamp_ms && !is_proposed_by_liar(s, b))
        sim_fail_at(s, number, "time: block %lld is not later than block %lld", (long long)number,
                    (long long)number - 1);
}

static void decide(simulation *s, size_t node, const block *b)
{
    check_header(s, b);
    if (s->decided_count == s->decided_capacity) {
        s->decided_capacity *= 2;
        s->decided = memory_resize(s->decided, s->decided_capacity, sizeof *s->decided);
    }
    s->decided[s->decided_count++] = (decided_block){b->hash, b->header.timestamp_ms, node};
    s->counts.committed_transactions += b->transaction_count;
    for (size_t i = 0; i < b->transaction_count; i++) {
        decided_transaction *t = arena_take(&s->transactions_memory, sizeof *t);
        *t = (decided_transaction){b->transactions[i]->hash, b->header.number};
        if (u256_compare(b->transactions[i]->block_limit, u256_of((uint64_t)b->header.number - 1)) <
            0) /* txpool.h: may_run_next */
            sim_fail_at(s, b->header.number, "expired: transaction %08x with limit %llu runs in block %lld",
                        read_be32(t->hash.b), (unsigned long long)b->transactions[i]->block_limit.limb[0],
                        (long long)b->header.number);
        const decided_transaction *before = map_put(&s->transactions, BYTES_OF_VALUE(t->hash), t);
        if (before)
            sim_fail_at(s, t->number, "once: transaction %08x runs in block %lld and in block %lld",
                        read_be32(t->hash.b), (long long)before->number, (long long)t->number);
    }
}

static bool is_among(const node_id *ids, size_t count, const node_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (node_id_equal(&ids[i], id))
            return true;
    return false;
}

static bool is_sealer(const node_lists *l, const node_id *id)
{
    return is_among(l->sealers, l->sealer_count, id);
}

static bool is_observer(const node_lists *l, const node_id *id)
{
    return is_among(l->observers, l->observer_count, id);
}

/* What the block made of the members. */
static void note_members(simulation *s, const node_lists *before, const node_lists *after)
{
    for (size_t i = 0; i < s->options.nodes + s->options.observers; i++) {
        const node_id *id = &s->nodes[i].id;
        bool was_sealer = is_sealer(before, id), was_observer = is_observer(before, id),
             is_sealer_now = is_sealer(after, id), is_observer_now = is_observer(after, id);
        if (was_sealer && !is_sealer_now)
            sim_note(s, is_observer_now ? PLAYED_SEALER_TO_OBSERVER : PLAYED_SEALER_REMOVED);
        else if (is_sealer_now && !was_sealer)
            sim_note(s, was_observer ? PLAYED_OBSERVER_TO_SEALER : PLAYED_SEALER_ADDED);
        else if (was_observer && !is_observer_now)
            sim_note(s, PLAYED_OBSERVER_REMOVED);
        else if (is_observer_now && !was_observer)
            sim_note(s, PLAYED_OBSERVER_ADDED);
    }
}

static void note_decided(simulation *s, size_t node, const block *b, const node_lists *before)
{
    arena a = {0};
    node_lists after;
    if (ledger_node_lists(s->nodes[node].ledger, b->header.number, &a, &after))
        note_members(s, before, &after);
    if (b->transaction_count > s->accounts) /* each begins with one of so many users */
        sim_note(s, PLAYED_CONFLICT);
    arena_reset(&a);
}

/* consensus.md 5.5.4: votes count for one block in one view. */
static void check_commits(simulation *s, size_t node, const block *b, const node_lists *lists)
{
    if (!heard_quorum_somewhere(s, node, true, &b->hash, (uint64_t)b->header.number, lists->sealers,
                                lists->sealer_count))
        sim_fail_at(s, b->header.number,
                    "votes: node %zu commits block %lld, and in no view has it heard enough Commits of it", node,
                    (long long)b->header.number);
}

void check_durable(simulation *s, size_t node, const group_job *commit, const node_lists *lists)
{
    const block *b = execution_block(commit->executed);
    int64_t number = b->header.number;
    if (sim_is_liar(s, node))
        return;
    check_quorum(s, node, commit, lists);
    if (!commit->for_sync)
        check_commits(s, node, b, lists);
    if (number > sim_highest(s) + 1) {
        sim_fail_at(s, number, "order: node %zu commits block %lld, but block %lld was never decided", node,
                    (long long)number, (long long)number - 1);
        return;
    }
    if (number == sim_highest(s) + 1) {
        decide(s, node, b);
        note_decided(s, node, b, lists);
    }
    const decided_block *d = &s->decided[number];
    if (!hash256_equal(&d->hash, &b->hash))
        sim_fail_at(s, number, "agreement: block %lld is %08x at node %zu and %08x at node %zu", (long long)number,
                    read_be32(b->hash.b), node, read_be32(d->hash.b), d->first_node);
}

void check_told(simulation *s, size_t node, const block *b)
{
    sim_node *n = &s->nodes[node];
    int64_t number = b->header.number;
    if (number <= n->told)
        sim_fail_at(s, number, "order: node %zu tells block %lld after block %lld", node, (long long)number,
                    (long long)n->told);
    if (store_last_applied(n->disk) < number)
        sim_fail_at(s, number, "durability: node %zu tells block %lld, its disk holds %lld", node, (long long)number,
                    (long long)store_last_applied(n->disk));
    n->told = number;
    n->told_hash = b->hash;
    heard_forget(s, node, (uint64_t)number + 1);
}

void check_restarted(simulation *s, size_t node)
{
    sim_node *n = &s->nodes[node];
    ledger_tip head = ledger_head(n->ledger);
    hash256 hash;
    if (sim_is_liar(s, node))
        return;
    if (head.number < n->told)
        sim_fail_at(s, n->told, "durability: node %zu told block %lld and starts again at %lld", node,
                    (long long)n->told, (long long)head.number);
    else if (!ledger_hash_of_number(n->ledger, n->told, &hash) || !hash256_equal(&hash, &n->told_hash))
        sim_fail_at(s, n->told, "durability: block %lld of node %zu is another one after its restart",
                    (long long)n->told, node);
    else if (head.number > sim_highest(s) || !hash256_equal(&head.hash, &s->decided[head.number].hash))
        sim_fail_at(s, head.number, "agreement: node %zu starts again at a block %lld that was not decided", node,
                    (long long)head.number);
    if (!s->has_failed && head.number > n->told) { /* written before the crash, told to nobody */
        n->told = head.number;
        n->told_hash = head.hash;
    }
}

void check_bounds(simulation *s, size_t node)
{
    const sim_node *n = &s->nodes[node];
    size_t pending = group_pending_count(n->group);
    if (pending > s->options.pool_limit)
        sim_fail(s, "bounds: %zu transactions in the pool of node %zu, %zu allowed", pending, node,
                 s->options.pool_limit);
    group_held held = group_held_bytes(n->group);
    size_t total = held.pool + held.consensus + held.sync;
    if (total > s->counts.held_bytes_max)
        s->counts.held_bytes_max = total;
    if (total > SIM_NODE_BYTES_MAX)
        sim_fail(s, "bounds: node %zu holds %zu bytes of transactions, %zu for consensus, %zu for sync; %d allowed",
                 node, held.pool, held.consensus, held.sync, SIM_NODE_BYTES_MAX);
    if (n->jobs_under_way > JOBS_UNDER_WAY_MAX)
        sim_fail(s, "bounds: %zu jobs of node %zu under way, %d allowed", n->jobs_under_way, node, JOBS_UNDER_WAY_MAX);
}

void check_pace(simulation *s)
{
    if (s->now_ms / 1000 != s->second) {
        s->second = s->now_ms / 1000;
        s->steps_before_second = s->counts.steps;
    }
    if (s->counts.steps - s->steps_before_second > SIM_STEPS_PER_SECOND_MAX * s->node_count)
        sim_fail(s, "bounds: more than %d steps of each node within a second", SIM_STEPS_PER_SECOND_MAX);
}

/* The lock is on disk before the Commit leaves (consensus.md 5.11). */
static bool is_locked_on_disk(const sim_node *n, int64_t height)
{
    arena a = {0};
    pbft_request locked;
    bytes stored, inner;
    error_text why;
    bool is_locked = store_last_applied(n->disk) >= height ||
                     (store_note_get(n->disk, "prepared", &a, &stored, &why) == STORE_OK &&
                      pbft_prepare_decode(stored, &locked, &inner, &why) && (int64_t)locked.height >= height);
    arena_reset(&a);
    return is_locked;
}

static void check_commit_message(simulation *s, size_t node, const pbft_request *r)
{
    sim_node *n = &s->nodes[node];
    int64_t height = (int64_t)r->height;
    if (!is_locked_on_disk(n, height))
        sim_fail_at(s, height,
                    "promise: node %zu sends its Commit of block %lld before the prepared block is on its disk", node,
                    (long long)height);
    if (height == n->promised && !hash256_equal(&r->block_hash, &n->promised_hash))
        sim_fail_at(s, height, "promise: node %zu sends Commits of two blocks %lld", node, (long long)height);
    if (height > n->promised) {
        n->promised = height;
        n->promised_hash = r->block_hash;
    }
    chain_view *v = group_view(n->group);
    const chain_state *c = &v->state;
    if (c->tip.number + 1 == height &&
        !heard_quorum(s, node, false, &r->block_hash, r->height, r->view, c->nodes.sealers, c->nodes.sealer_count))
        sim_fail_at(s, height,
                    "votes: node %zu sends its Commit of block %lld in view %llu and has not heard enough Signs "
                    "of it in that view",
                    node, (long long)height, (unsigned long long)r->view);
    chain_view_drop(v);
}

/* consensus.md 5A.3: I1. */
void check_promise(simulation *s, size_t node, bytes payload)
{
    arena a = {0};
    pbft_packet packet;
    pbft_request r;
    error_text why;
    if (!sim_is_liar(s, node) && pbft_packet_decode(payload, !s->options.no_ttl_optimization, &a, &packet, &why) &&
        packet.kind == PBFT_COMMIT && pbft_request_decode(packet.data, &r, &why) &&
        s->rules.suite->verify(&s->nodes[node].id, &r.block_hash, pbft_signature_bytes(&r.sig)))
        check_commit_message(s, node, &r);
    arena_reset(&a);
}
