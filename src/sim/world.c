#include "sim/inside.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- events ---- */

sim_event *event_add(simulation *s, sim_event_kind kind, uint64_t delay_ms, size_t node)
{
    sim_event *e = memory_new(sizeof *e);
    *e = (sim_event){.kind = kind, .node = node, .life = s->nodes[node].life};
    heap_push(&s->events, s->now_ms + delay_ms, e);
    return e;
}

void event_free(simulation *s, sim_event *e)
{
    (void)s;
    if (e->kind == EVENT_FRAME)
        frame_drop(e->frame);
    else if (e->kind == EVENT_JOB_RUN || e->kind == EVENT_JOB_DONE)
        group_job_free(e->job);
    else if (e->kind == EVENT_SUBMIT)
        transaction_drop(e->tx);
    free(e);
}

static void happen(simulation *s, sim_event *e)
{
    sim_node *n = &s->nodes[e->node];
    bool is_lost = e->kind == EVENT_FRAME ? !network_arrives(s, e) : e->life != n->life;
    if (is_lost || n->group == NULL) {
        event_free(s, e);
        return;
    }
    switch (e->kind) {
    case EVENT_WAKE:
        if (n->wakes_at_ms == s->now_ms)
            sim_node_wake(s, e->node);
        free(e);
        break;
    case EVENT_JOB_RUN:
        sim_node_run_job(s, e);
        free(e);
        break;
    case EVENT_FRAME:
    case EVENT_JOB_DONE:
    case EVENT_SESSIONS:
    case EVENT_SUBMIT:
        sim_node_accept(s, e);
        break;
    }
}

bool sim_run(simulation *s, uint64_t ms)
{
    memo_use(s->memory);
    uint64_t until = s->now_ms + ms, at;
    while (!s->has_failed && heap_peek(&s->events, &at) && at <= until) {
        sim_event *e = heap_pop(&s->events, &s->now_ms);
        happen(s, e);
        check_pace(s);
    }
    if (!s->has_failed)
        s->now_ms = until;
    memo_use(NULL);
    return !s->has_failed;
}

/* ---- life ---- */

static void derive_key(uint64_t seed, uint64_t number, secret_key *out)
{
    public_key ignored;
    do {
        uint8_t text[24] = "sim";
        write_be64(text + 8, seed);
        write_be64(text + 16, number);
        hash256 hash = digest_of(DIGEST_KECCAK256, BYTES_OF_VALUE(text));
        memcpy(out->b, hash.b, sizeof out->b);
        number += 1000003;
    } while (!crypto_standard.public_of(out, &ignored));
}

static int compare_nodes(const void *a, const void *b)
{
    return memcmp(&((const sim_node *)a)->id, &((const sim_node *)b)->id, sizeof(node_id));
}

/* The sealers in order of node id, so that a node's number is its index; then observers, then twins of the last
 * sealers. */
static void make_nodes(simulation *s)
{
    const sim_options *o = &s->options;
    s->node_count = o->nodes + o->observers + o->twins;
    s->nodes = memory_new_array(s->node_count, sizeof *s->nodes);
    for (size_t i = 0; i < o->nodes + o->observers; i++) {
        derive_key(o->seed, i, &s->nodes[i].key);
        bool is_good = crypto_standard.public_of(&s->nodes[i].key, &s->nodes[i].id);
        assert(is_good);
    }
    qsort(s->nodes, o->nodes, sizeof *s->nodes, compare_nodes);
    for (size_t i = 0; i < o->twins; i++) {
        sim_node *twin = &s->nodes[o->nodes + o->observers + i], *of = &s->nodes[o->nodes - 1 - i];
        twin->key = of->key;
        twin->id = of->id;
    }
    s->genesis.sealers = memory_new_array(o->nodes, sizeof *s->genesis.sealers);
    s->genesis.sealer_count = o->nodes;
    for (size_t i = 0; i < s->node_count; i++) {
        error_text why;
        store_config config = {0};
        store_result opened = store_memory.open(&s->nodes[i].disk, &config, &why);
        assert(opened == STORE_OK);
        if (i < o->nodes)
            s->genesis.sealers[i] = s->nodes[i].id;
        if (i < o->nodes + o->observers)
            map_put(&s->by_id, BYTES_OF_VALUE(s->nodes[i].id), &s->nodes[i]);
    }
}

static void fill_defaults(sim_options *o)
{
    assert(o->nodes >= 1 && o->nodes + o->observers + o->twins <= SIM_NODES_MAX && o->twins <= o->nodes);
    if (o->min_block_interval_ms == 0)
        o->min_block_interval_ms = 500;
    if (o->tx_count_limit == 0)
        o->tx_count_limit = 50;
    if (o->pool_limit == 0)
        o->pool_limit = 4000;
    if (o->delay_max_ms == 0) {
        o->delay_min_ms = 1;
        o->delay_max_ms = 10;
    }
    if (o->job_max_ms == 0)
        o->job_max_ms = 8;
}

static void decide_genesis(simulation *s)
{
    block *first = genesis_block(&s->rules, &s->genesis);
    s->decided_capacity = 64;
    s->decided = memory_new_array(s->decided_capacity, sizeof *s->decided);
    s->decided[0] = (decided_block){.hash = first->hash, .timestamp_ms = first->header.timestamp_ms};
    s->decided_count = 1;
    for (size_t i = 0; i < s->node_count; i++)
        s->nodes[i].told_hash = first->hash;
    block_drop(first);
}

simulation *sim_new(const sim_options *options)
{
    simulation *s = memory_new(sizeof *s);
    s->options = *options;
    fill_defaults(&s->options);
    s->owns_memory = options->memory == NULL;
    s->memory = s->owns_memory ? memo_new() : options->memory;
    memo_use(s->memory);
    s->random = prng_of(options->seed);
    s->client_random = prng_of(options->seed ^ 0x636c69656e74u);
    s->by_id = map_init(options->seed);
    s->transactions = map_init(options->seed);
    s->accounts = 6;
    derive_key(options->seed, 1 << 20, &s->client);
    s->rules = (chain_rules){
        .suite = &memo_suite, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    s->genesis = (genesis){.group_id = 1,
                           .timestamp_ms = (int64_t)START_UTC_MS - 1000,
                           .consensus = CONSENSUS_PBFT,
                           .consensus_text = "pbft",
                           .state_text = "storage",
                           .storage_text = "RocksDB",
                           .max_trans_num = (int64_t)s->options.tx_count_limit,
                           .gas_limit = 300000000,
                           .consensus_timeout_s = 3};
    s->failed_height = -1;
    make_nodes(s);
    network_init(s);
    decide_genesis(s);
    for (size_t i = 0; i < s->node_count; i++)
        sim_node_start(s, i);
    memo_use(NULL);
    return s;
}

void sim_free(simulation *s)
{
    memo_use(s->memory);
    for (size_t i = 0; i < s->node_count; i++) {
        sim_node_stop(s, i);
        store_close(s->nodes[i].disk);
        group_actions_free(&s->nodes[i].actions);
        free(s->nodes[i].inbox);
        free(s->nodes[i].heard);
    }
    uint64_t at;
    for (sim_event *e; (e = heap_pop(&s->events, &at));)
        event_free(s, e);
    heap_free(&s->events);
    memo_use(NULL);
    if (s->owns_memory)
        memo_free(s->memory);
    map_free(&s->by_id);
    map_free(&s->transactions);
    arena_reset(&s->transactions_memory);
    arena_reset(&s->story_memory);
    free(s->story);
    for (size_t i = 0; i < RECENT_MAX; i++)
        transaction_drop(s->recent[i]);
    free(s->genesis.sealers);
    free(s->decided);
    free(s->links);
    free(s->nodes);
    free(s);
}

void sim_crash(simulation *s, size_t node)
{
    memo_use(s->memory);
    sim_node_stop(s, node);
    memo_use(NULL);
}

void sim_crash_after(simulation *s, size_t node, unsigned effects)
{
    s->nodes[node].crash_after = effects;
}

void sim_restart(simulation *s, size_t node)
{
    memo_use(s->memory);
    sim_tell(s, "%zu: starts", node);
    s->counts.restarts++;
    sim_node_start(s, node);
    memo_use(NULL);
}

/* ---- a disk that loses more than it may ---- */

static bool replay_block(ledger *to, bytes encoded, error_text *why)
{
    ledger_tip head = ledger_head(to);
    parent_block parent = {head.hash, head.number, head.state_root};
    block *b = block_decode(ledger_rules(to), encoded, (block_decode_options){.checks = TX_CHECK_NOTHING}, why);
    execution *e = NULL;
    bool ok = b && executor_run_block(ledger_executor(to), ledger_store(to), b, &parent, &e, why) == EXECUTE_OK &&
              ledger_commit(to, e, b->signatures, b->signature_count, why) == COMMIT_OK;
    execution_drop(e);
    block_drop(b);
    return ok;
}

/* A new store with the blocks of the old one up to a height, executed anew, and its prepared block. */
static store *copy_chain(simulation *s, store *from, int64_t up_to)
{
    error_text why = {""};
    bool differs;
    store *copy;
    store_config config = {0};
    arena a = {0};
    bytes encoded;
    store_result opened = store_memory.open(&copy, &config, &why);
    assert(opened == STORE_OK);
    ledger *old = ledger_open(&s->rules, &s->genesis, from, &differs, &why);
    ledger *new = ledger_open(&s->rules, &s->genesis, copy, &differs, &why);
    bool ok = old && new;
    for (int64_t number = 1; ok && number <= up_to; number++) {
        ok = ledger_encoded_block(old, number, &a, &encoded) && replay_block(new, encoded, &why);
        if (!ok)
            sim_fail_at(s, number, "stored block %lld cannot be executed again: %s", (long long)number, why.text);
    }
    if (ok && ledger_load_prepared(old, &a, &encoded))
        ok = ledger_save_prepared(new, encoded, &why);
    if (!ok)
        sim_fail(s, "a stored chain cannot be executed again: %s", why.text);
    ledger_close(old);
    ledger_close(new);
    arena_reset(&a);
    return copy;
}

void sim_restart_without_last_block(simulation *s, size_t node)
{
    sim_node *n = &s->nodes[node];
    memo_use(s->memory);
    int64_t last = store_last_applied(n->disk);
    if (last > 0) {
        store *copy = copy_chain(s, n->disk, last - 1);
        store_close(n->disk);
        n->disk = copy;
        n->told = last - 1 < n->told ? last - 1 : n->told;
        n->told_hash = s->decided[n->told].hash;
        sim_tell(s, "%zu: its disk has lost block %lld", node, (long long)last);
    }
    sim_restart(s, node);
}

void sim_audit(simulation *s)
{
    size_t best = s->node_count;
    for (size_t i = 0; i < s->node_count; i++)
        if (s->nodes[i].group && !sim_is_liar(s, i) &&
            (best == s->node_count || s->nodes[i].told > s->nodes[best].told))
            best = i;
    if (best == s->node_count || s->has_failed)
        return;
    memo_use(s->memory);
    store_close(copy_chain(s, s->nodes[best].disk, s->nodes[best].told));
    memo_use(NULL);
}

/* ---- what goes wrong ---- */

PRINTF_LIKE(3, 0) static void fail(simulation *s, int64_t height, const char *format, va_list args)
{
    if (s->has_failed)
        return;
    s->has_failed = true;
    s->failed_height = height;
    vsnprintf(s->why, sizeof s->why, format, args);
    sim_tell(s, "BROKEN: %s", s->why);
}

void sim_fail(simulation *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(s, -1, format, args);
    va_end(args);
}

void sim_fail_at(simulation *s, int64_t height, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(s, height, format, args);
    va_end(args);
}

void sim_crash_at(simulation *s, size_t node, played_kind boundary)
{
    s->nodes[node].crash_at = boundary;
}

store_fault_plan *sim_disk(simulation *s, size_t node)
{
    return &s->nodes[node].disk_plan;
}

void sim_slow_down(simulation *s, size_t node, unsigned step_ms, unsigned job_factor)
{
    s->nodes[node].step_ms = step_ms;
    s->nodes[node].job_factor = job_factor;
}

void sim_make_liar(simulation *s, size_t node, sim_twist sent, sim_twist heard, void *context)
{
    s->nodes[node].is_liar = true;
    s->nodes[node].twist = sent;
    s->nodes[node].hear = heard;
    s->nodes[node].twist_context = context;
}

void sim_stop_lying(simulation *s, size_t node)
{
    s->nodes[node].twist = s->nodes[node].hear = NULL;
}

void sim_note_lie(simulation *s, unsigned kind)
{
    assert(kind < SIM_LIES_MAX);
    s->counts.lies++;
    s->counts.lies_by_kind[kind]++;
}

void sim_note(simulation *s, played_kind kind)
{
    s->counts.played[kind]++;
}

bool sim_is_liar(const simulation *s, size_t node)
{
    const sim_options *o = &s->options;
    bool is_twin = node >= o->nodes + o->observers || (node < o->nodes && node >= o->nodes - o->twins);
    return is_twin || s->nodes[node].is_liar;
}

void sim_send(simulation *s, const sim_message *m)
{
    sim_frame *f = frame_new(m->from, m->module, m->packet_type, m->payload);
    network_send(s, m->from, m->to, f);
    frame_drop(f);
}

/* ---- looking ---- */

uint64_t sim_now_ms(const simulation *s)
{
    return s->now_ms;
}

const char *sim_failure(const simulation *s)
{
    return s->has_failed ? s->why : NULL;
}

size_t sim_node_count(const simulation *s)
{
    return s->node_count;
}

bool sim_is_up(const simulation *s, size_t node)
{
    return s->nodes[node].group && !s->nodes[node].has_failed;
}

int64_t sim_height(const simulation *s, size_t node)
{
    return s->nodes[node].told;
}

int64_t sim_highest(const simulation *s)
{
    return (int64_t)s->decided_count - 1;
}

hash256 sim_hash(const simulation *s, int64_t number)
{
    assert(number >= 0 && (size_t)number < s->decided_count);
    return s->decided[number].hash;
}

group *sim_group(simulation *s, size_t node)
{
    return s->nodes[node].group;
}

ledger *sim_ledger(simulation *s, size_t node)
{
    return s->nodes[node].ledger;
}

consensus_status sim_consensus(simulation *s, size_t node, arena *a)
{
    return group_consensus_status(s->nodes[node].group, a);
}

const node_id *sim_node_id(const simulation *s, size_t node)
{
    return &s->nodes[node].id;
}

const secret_key *sim_key(const simulation *s, size_t node)
{
    return &s->nodes[node].key;
}

const chain_rules *sim_rules(const simulation *s)
{
    return &s->rules;
}

prng *sim_random(simulation *s)
{
    return &s->random;
}

uint64_t sim_timestamp(const simulation *s, int64_t number)
{
    assert(number >= 0 && (size_t)number < s->decided_count);
    return s->decided[number].timestamp_ms;
}

sim_counts sim_count(const simulation *s)
{
    sim_counts c = s->counts;
    c.blocks = sim_highest(s);
    return c;
}
