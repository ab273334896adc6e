/* Groups of 4 and 7 machines under a seeded world that loses, delays, doubles and reorders frames, cuts links, crashes
   nodes with jobs under way and restarts them on their disks, fails jobs, and lets one sealer lie. world.c checks
   safety after every step; here the group must also go on within a bounded time once the faults stop. HANSE_SEED=N
   plays one seed; HANSE_SEEDS=N plays the first N. A failing test prints its seed. */
#include "support/consensus/world.h"

enum { CHAOS_ROUNDS = 200, ROUND_MS = 1500, CALM_MS = 20 * 60 * 1000 };

typedef struct {
    size_t nodes;
    bool is_byzantine, no_hashes, no_ttl_optimization, crashes;
} plan;

static const uint64_t default_seeds = 12;

/* ---- a sealer that lies */

typedef struct {
    size_t liar;
    size_t lies;
} lie;

static void send_lie(world *w, size_t to, pbft_kind kind, const pbft_request *r, bytes data)
{
    buffer payload = buffer_init(BUFFER_NO_LIMIT);
    pbft_packet packet = {.kind = kind, .ttl = 2, .data = data};
    pbft_packet_encode(&packet, !w->options.no_ttl_optimization, &payload);
    world_send(w, r->idx, to, PBFT_FRAME_ORDINARY, buffer_bytes(&payload));
    buffer_free(&payload);
}

static void sign_lie(const world *w, pbft_request *r)
{
    const world_node *liar = &w->nodes[r->idx];
    r->sig.size = r->sig2.size = (uint8_t)w->rules.suite->signature_bytes;
    w->rules.suite->sign(&liar->key, &r->block_hash, r->sig.b);
    hash256 fields = pbft_fields_digest(w->rules.suite, r);
    w->rules.suite->sign(&liar->key, &fields, r->sig2.b);
}

/* Another block of the same height, with the liar's Sign and Commit on it. */
static void tell_other_block(world *w, size_t to, const pbft_request *honest, const block *original)
{
    block *other = block_copy(original);
    other->header.timestamp_ms += 1 + to % 2; /* two lies at most, so that those who hear the same agree */
    block_seal_hash(&w->rules, other);
    pbft_request r = *honest;
    r.block_hash = other->hash;
    sign_lie(w, &r);
    buffer encoded = buffer_init(BUFFER_NO_LIMIT), data = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&w->rules, other, BLOCK_FULL, &encoded);
    pbft_prepare_encode(&r, buffer_bytes(&encoded), &data);
    send_lie(w, to, PBFT_PREPARE, &r, buffer_bytes(&data));
    r.block_hash = world_executed_hash(w, other);
    sign_lie(w, &r);
    buffer_clear(&data);
    pbft_request_encode(&r, &data);
    send_lie(w, to, PBFT_SIGN, &r, buffer_bytes(&data));
    send_lie(w, to, PBFT_COMMIT, &r, buffer_bytes(&data));
    buffer_free(&encoded);
    buffer_free(&data);
    block_drop(other);
}

/* The liar's own full prepares reach some nodes as they are, others as another block, and some not at all. */
static void twist(world *w, size_t from, size_t to, uint16_t frame_type, bytes payload)
{
    lie *l = w->twist_with;
    arena a = {0};
    pbft_packet packet;
    pbft_request r;
    bytes encoded;
    error_text why;
    block *b = NULL;
    if (from == l->liar && frame_type == PBFT_FRAME_ORDINARY &&
        pbft_packet_decode(payload, !w->options.no_ttl_optimization, &a, &packet, &why) &&
        packet.kind == PBFT_PREPARE && !packet.is_empty && pbft_prepare_decode(packet.data, &r, &encoded, &why) &&
        r.idx == l->liar)
        b = block_decode(&w->rules, encoded, (block_decode_options){.checks = TX_CHECK_NOTHING}, &why);
    uint64_t choice = b ? prng_below(&w->random, 4) : 0;
    if (choice < 2)
        world_send(w, from, to, frame_type, payload);
    if (choice == 1 || choice == 2) {
        tell_other_block(w, to, &r, b);
        l->lies++;
    }
    block_drop(b);
    arena_reset(&a);
}

/* ---- chaos */

static bool is_quorum_up(const world *w)
{
    size_t up = 0;
    for (size_t i = 0; i < w->options.nodes; i++)
        up += w->nodes[i].machine != NULL;
    return up > quorum_size(w->options.nodes);
}

static void disturb(world *w, const plan *p)
{
    size_t n = w->options.nodes, node = prng_below(&w->random, n), other = prng_below(&w->random, n);
    uint64_t what = prng_below(&w->random, 20);
    if (what < 2 && node != other)
        world_cut(w, node, other, true);
    else if (what < 7 && node != other)
        world_cut(w, node, other, false);
    else if (what < 9 && p->crashes && w->nodes[node].machine && is_quorum_up(w))
        world_crash(w, node);
    else if (what < 13 && w->nodes[node].machine == NULL)
        world_restart(w, node);
    else if (what == 13)
        w->nodes[node].fail_next[prng_below(&w->random, JOB_KINDS)] = 1;
    else if (what < 16)
        w->nodes[node].job_extra_ms[prng_below(&w->random, JOB_KINDS)] = what == 14 ? 2500 : 0;
}

static void chaos(world *w, const plan *p)
{
    for (int round = 0; round < CHAOS_ROUNDS; round++) {
        for (uint64_t i = prng_below(&w->random, 3); i > 0; i--)
            world_submit(w, (unsigned)prng_below(&w->random, 1u << w->options.nodes));
        disturb(w, p);
        world_run(w, prng_below(&w->random, ROUND_MS));
    }
}

static void calm(world *w)
{
    size_t n = w->options.nodes;
    w->options.loss_percent = w->options.duplicate_percent = 0;
    w->twist = NULL;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            world_cut(w, i, k, false);
        memset(w->nodes[i].fail_next, 0, sizeof w->nodes[i].fail_next);
        memset(w->nodes[i].job_extra_ms, 0, sizeof w->nodes[i].job_extra_ms);
        if (w->nodes[i].machine == NULL)
            world_restart(w, i);
    }
}

static const hash256 *lock_of(const world *w, size_t node)
{
    const pbft *p = w->nodes[node].machine;
    bool is_locked = p->committed.proposal && p->committed.request.height == p->next_height;
    return is_locked ? &p->committed.request.block_hash : NULL;
}

/* docs/protocol/findings-consensus.md, "A limit of the protocol": a sealer that lies can lock others on different
   blocks so that no block is left that a quorum may sign. Without a liar this cannot be. */
static bool is_split_by_locks(const world *w)
{
    bool has_locks = false;
    for (size_t i = 0; i < w->options.nodes; i++) {
        const hash256 *lock = lock_of(w, i);
        size_t others = 0;
        for (size_t k = 0; lock && k < w->options.nodes; k++)
            others += lock_of(w, k) && !hash256_equal(lock, lock_of(w, k));
        if (lock && others <= quorum_faulty(w->options.nodes))
            return false;
        has_locks |= lock != NULL;
    }
    return has_locks;
}

static void print_locks(const world *w)
{
    for (size_t i = 0; i < w->options.nodes; i++) {
        const pbft *p = w->nodes[i].machine;
        print_message("\nnode %zu: height %zu, view %llu, toView %llu, locked on %s", i, w->nodes[i].height,
                      (unsigned long long)p->view, (unsigned long long)p->to_view,
                      lock_of(w, i) ? short_hex_of(BYTES_OF_VALUE(*lock_of(w, i))).text : "nothing");
    }
    print_message("\n");
}

/* Three more blocks with a transaction each, on every node. false: not possible any more, by lies. */
static bool must_go_on(world *w, uint64_t seed, size_t lies)
{
    for (int i = 0; i < 3; i++) {
        size_t before = w->decided_height;
        uint64_t start = w->now_ms;
        world_submit(w, (1u << w->options.nodes) - 1);
        while (world_lowest(w) <= before && w->now_ms - start < CALM_MS)
            world_run(w, 500);
        if (world_lowest(w) > before)
            continue;
        print_locks(w);
        if (lies && is_split_by_locks(w))
            return false;
        fail_msg("seed %llu: no block %zu within %d s of calm", (unsigned long long)seed, before + 1, CALM_MS / 1000);
    }
    return true;
}

typedef struct {
    size_t heights, lies, splits;
} totals;

static void play(const plan *p, uint64_t seed, totals *t)
{
    lie l = {.liar = seed % p->nodes};
    world *w = world_new(&(world_options){.nodes = p->nodes,
                                          .seed = seed,
                                          .no_hashes = p->no_hashes,
                                          .no_ttl_optimization = p->no_ttl_optimization,
                                          .job_min_ms = 0,
                                          .job_max_ms = 30,
                                          .net_min_ms = 1,
                                          .net_max_ms = 1 + 20 * (seed % 10),
                                          .loss_percent = (unsigned)(seed % 4) * 4,
                                          .duplicate_percent = (unsigned)(seed % 3) * 10,
                                          .sync = true,
                                          .tell_downloads = seed % 2});
    if (p->is_byzantine) {
        w->twist = twist;
        w->twist_with = &l;
    }
    print_message("seed %llu", (unsigned long long)seed);
    chaos(w, p);
    size_t at_calm = w->decided_height;
    calm(w);
    t->splits += !must_go_on(w, seed, l.lies);
    print_message(": %zu blocks in chaos, %zu at the end, %zu frames, %zu lies, %llu s\n", at_calm, w->decided_height,
                  w->frames_sent, l.lies, (unsigned long long)((w->now_ms - WORLD_START_MS) / 1000));
    t->heights += at_calm;
    t->lies += l.lies;
    world_free(w);
}

static void play_seeds(const plan *p)
{
    totals t = {0};
    const char *one = getenv("HANSE_SEED"), *many = getenv("HANSE_SEEDS");
    uint64_t seeds = many ? strtoull(many, NULL, 10) : default_seeds;
    if (one) {
        play(p, strtoull(one, NULL, 10), &t);
        return;
    }
    for (uint64_t seed = 1; seed <= seeds; seed++)
        play(p, seed, &t);
    assert_true(t.heights > seeds); /* the chaos leaves room for blocks: else it would test nothing */
    if (p->is_byzantine)
        assert_true(t.lies > seeds);
    assert_true(t.splits <= seeds / 100);
}

static void four_nodes(void **state)
{
    (void)state;
    play_seeds(&(plan){.nodes = 4, .crashes = true});
}

static void four_nodes_with_full_blocks_and_ttl(void **state)
{
    (void)state;
    play_seeds(&(plan){.nodes = 4, .crashes = true, .no_hashes = true, .no_ttl_optimization = true});
}

static void seven_nodes(void **state)
{
    (void)state;
    play_seeds(&(plan){.nodes = 7, .crashes = true});
}

static void four_nodes_one_lies(void **state)
{
    (void)state;
    play_seeds(&(plan){.nodes = 4, .is_byzantine = true, .no_hashes = true});
}

static void seven_nodes_one_lies_and_others_crash(void **state)
{
    (void)state;
    play_seeds(&(plan){.nodes = 7, .is_byzantine = true, .no_hashes = true, .crashes = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_nodes),
        cmocka_unit_test(four_nodes_with_full_blocks_and_ttl),
        cmocka_unit_test(seven_nodes),
        cmocka_unit_test(four_nodes_one_lies),
        cmocka_unit_test(seven_nodes_one_lies_and_others_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
