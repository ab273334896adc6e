/* node.c: the shell of one node: what node/group_host.c is to the process. The order of effects is the same: actions
   one after the other, ordered jobs one at a time; between any two of them the node may crash. */
#include "sim/inside.h"
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static group_config make_config(const simulation *s, size_t i)
{
    const sim_node *n = &s->nodes[i];
    const sim_options *o = &s->options;
    uint64_t seed = o->seed * 1000003 + i * 97 + n->life;
    return (group_config){
        .consensus = {.rules = ledger_rules(n->ledger),
                      .kind = CONSENSUS_PBFT,
                      .self = n->id,
                      .key = n->key,
                      .seed = seed,
                      .ttl = 2,
                      .min_block_interval_ms = o->min_block_interval_ms,
                      .dynamic_block_size = true,
                      .block_size_increase_ratio = 0.5,
                      .ttl_optimization = !o->no_ttl_optimization,
                      .prepare_with_hashes = !o->no_hashes},
        .sync = {.rules = ledger_rules(n->ledger),
                 .self = n->id,
                 .seed = seed + 1,
                 .send_txs_by_tree = !o->no_trees,
                 .sync_block_by_tree = !o->no_trees,
                 .gossip_interval_ms = 1000,
                 .gossip_peers = 3,
                 .txs_max_gossip_peers = 5,
                 .idle_wait_ms = 200,
                 .max_download_bytes = SIM_NODE_BYTES_MAX / 4},
        .pool = {.rules = ledger_rules(n->ledger),
                 .limit = o->pool_limit,
                 .memory_limit_bytes = SIM_NODE_BYTES_MAX / 2,
                 .expiration_ms = 600 * 1000,
                 .seed = seed + 2},
    };
}

/* ---- jobs ---- */

static uint64_t job_time(simulation *s, const sim_node *n)
{
    return prng_below(&s->random, s->options.job_max_ms + 1) * (n->job_factor ? n->job_factor : 1);
}

static void start_job(simulation *s, size_t i, group_job *j)
{
    sim_node *n = &s->nodes[i];
    if (group_job_is_ordered(j->kind)) {
        n->ordered_running = true;
        n->in_flight = j;
    }
    n->jobs_under_way++;
    s->counts.jobs++;
    event_add(s, EVENT_JOB_RUN, job_time(s, n), i)->job = j;
}

static void start_next_ordered(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    if (n->ordered_running || n->ordered_count == 0)
        return;
    group_job *next = n->ordered[0];
    memmove(n->ordered, n->ordered + 1, --n->ordered_count * sizeof *n->ordered);
    start_job(s, i, next);
}

static void queue_job(simulation *s, size_t i, group_job *j)
{
    sim_node *n = &s->nodes[i];
    if (!group_job_is_ordered(j->kind)) {
        start_job(s, i, j);
        return;
    }
    if (n->ordered_count == ORDERED_JOBS_MAX) {
        sim_fail(s, "node %zu has more than %d jobs waiting", i, ORDERED_JOBS_MAX);
        group_job_free(j);
        return;
    }
    n->ordered[n->ordered_count++] = j;
    start_next_ordered(s, i);
}

static void note_store_failure(simulation *s, const store_fault_plan *before, const store_fault_plan *after)
{
    s->counts.disk_failures++;
    const fault_countdown *write = before->applies.answer && !after->applies.answer ? &before->applies
                                   : before->notes.answer && !after->notes.answer   ? &before->notes
                                                                                    : NULL;
    if (write)
        sim_note(s, write->answer == STORE_FULL    ? PLAYED_DISK_FULL
                    : write->moment == FAULT_AFTER ? PLAYED_WRITE_UNTOLD
                                                   : PLAYED_WRITE_FAILED);
    else if (before->reads.answer && !after->reads.answer)
        sim_note(s, PLAYED_READ_FAILED);
}

/* Does the job's work on the ledger; a block that became durable by it is judged at once. */
static void do_job(simulation *s, size_t i, group_job *j)
{
    sim_node *n = &s->nodes[i];
    arena a = {0};
    node_lists before;
    bool is_commit = j->kind == JOB_COMMIT && ledger_node_lists(n->ledger, ledger_head(n->ledger).number, &a, &before);
    int64_t height = ledger_head(n->ledger).number;
    store_fault_plan plan = n->disk_plan;
    group_job_run(j, n->ledger);
    story_job(s, i, j);
    if (j->store_failed)
        note_store_failure(s, &plan, &n->disk_plan);
    if (is_commit && ledger_head(n->ledger).number > height)
        check_durable(s, i, j, &before);
    arena_reset(&a);
}

/* A boundary between two effects. true: the node dies here. */
static bool dies_now(simulation *s, sim_node *n, played_kind boundary)
{
    if (n->is_dying)
        return true;
    n->is_dying = (n->crash_after > 0 && --n->crash_after == 0) || n->crash_at == boundary;
    if (n->is_dying)
        sim_note(s, boundary);
    return n->is_dying;
}

static played_kind job_row(played_kind first, const group_job *j)
{
    return first + (j->kind >= JOB_EXECUTE ? (unsigned)(j->kind - JOB_EXECUTE) : 3);
}

void sim_node_run_job(simulation *s, sim_event *e)
{
    sim_node *n = &s->nodes[e->node];
    if (dies_now(s, n, job_row(PLAYED_DIES_IN_EXECUTE, e->job))) {
        sim_node_stop(s, e->node);
        group_job_free(e->job);
        return;
    }
    do_job(s, e->node, e->job);
    if (e->job == n->in_flight)
        n->in_flight = NULL;
    if (dies_now(s, n, job_row(PLAYED_DIES_AFTER_EXECUTE, e->job))) {
        group_job_free(e->job);
        sim_node_stop(s, e->node);
        return;
    }
    event_add(s, EVENT_JOB_DONE, job_time(s, n), e->node)->job = e->job;
}

/* ---- actions ---- */

static size_t instance_of(simulation *s, size_t from, const node_id *id)
{
    sim_node *n = map_get(&s->by_id, BYTES_OF_VALUE(*id));
    size_t to = n ? (size_t)(n - s->nodes) : s->node_count;
    for (size_t k = s->node_count - s->options.twins; n && k < s->node_count;
         k++) /* half of the others know the twin */
        if (node_id_equal(&s->nodes[k].id, id) && from % 2)
            to = k;
    return to;
}

static void send_frames(simulation *s, size_t i, const group_action *a)
{
    sim_node *n = &s->nodes[i];
    if (a->send.module == MODULE_PBFT && a->send.packet_type == 0)
        check_promise(s, i, a->send.payload);
    if (a->send.module == MODULE_PBFT && i >= s->node_count - s->options.twins)
        sim_note(s, PLAYED_TWIN_SPOKE);
    sim_frame *f = frame_new(i, a->send.module, a->send.packet_type, a->send.payload);
    for (size_t k = 0; k < a->send.count && !dies_now(s, n, PLAYED_DIES_SENDING); k++) {
        size_t to = instance_of(s, i, &a->send.to[k]);
        if (to == s->node_count || to == i)
            continue;
        if (n->twist)
            n->twist(s, n->twist_context,
                     &(sim_message){i, to, a->send.module, a->send.packet_type, bytes_of(f->data, f->size)});
        else
            network_send(s, i, to, f);
    }
    frame_drop(f);
}

static void note_answer(simulation *s, transaction_status status)
{
    s->counts.accepted += status == STATUS_OK;
    if (status == STATUS_BLOCK_LIMIT_CHECK_FAIL)
        sim_note(s, PLAYED_LIMIT_REFUSED);
    if (status == STATUS_ALREADY_KNOWN || status == STATUS_ALREADY_IN_CHAIN || status == STATUS_NONCE_CHECK_FAIL)
        sim_note(s, PLAYED_COPY_REFUSED);
}

static void perform(simulation *s, size_t i, const group_action *a)
{
    sim_node *n = &s->nodes[i];
    switch (a->kind) {
    case GROUP_SEND:
        if (!n->is_dying)
            send_frames(s, i, a);
        break;
    case GROUP_JOB:
        if (dies_now(s, n, PLAYED_DIES_BEFORE_JOB))
            group_job_free(a->job);
        else
            queue_job(s, i, a->job);
        break;
    case GROUP_ANSWER:
        note_answer(s, a->answer.status);
        break;
    case GROUP_COMMITTED:
        if (!dies_now(s, n, PLAYED_DIES_BEFORE_TELLING))
            check_told(s, i, execution_block(a->committed));
        execution_drop(a->committed);
        break;
    case GROUP_REFUSED:
        break;
    case GROUP_FAILED:
        n->has_failed = true;
        break;
    case GROUP_LOG:
        if (s->options.tells_story && a->log.level >= LOG_WARNING)
            sim_tell(s, "%zu: %s", i, a->log.text);
        break;
    }
}

/* ---- one turn ---- */

static bool make_event(simulation *s, size_t i, sim_event *e, group_event *out, node_id *sessions)
{
    sim_node *n = &s->nodes[i];
    switch (e->kind) {
    case EVENT_FRAME:
        *out = (group_event){.kind = GROUP_EVENT_FRAME};
        out->frame.from = s->nodes[e->frame->from].id;
        out->frame.module = e->frame->module;
        out->frame.packet_type = e->frame->packet_type;
        out->frame.payload = bytes_of(e->frame->data, e->frame->size);
        heard_note(s, i, e->frame);
        return true;
    case EVENT_SUBMIT:
        *out = (group_event){.kind = GROUP_EVENT_SUBMIT, .submit = {e->tx, NULL}};
        return true;
    case EVENT_JOB_DONE:
        n->jobs_under_way--;
        if (group_job_is_ordered(e->job->kind)) {
            n->ordered_running = false;
            start_next_ordered(s, i);
        }
        *out = (group_event){.kind = GROUP_EVENT_JOB_DONE, .job = e->job};
        e->job = NULL;
        return true;
    case EVENT_SESSIONS: {
        size_t count = 0;
        n->sessions_noted = false;
        for (size_t k = 0; k < s->node_count; k++)
            if (network_link(s, i, k)->is_up && instance_of(s, i, &s->nodes[k].id) == k)
                sessions[count++] = s->nodes[k].id;
        *out = (group_event){.kind = GROUP_EVENT_SESSIONS, .sessions = {sessions, count}};
        return true;
    }
    case EVENT_WAKE:
    case EVENT_JOB_RUN:
        break;
    }
    return false;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void wake_at(simulation *s, size_t i, uint64_t at_ms)
{
    sim_node *n = &s->nodes[i];
    if (at_ms < n->busy_until_ms)
        at_ms = n->busy_until_ms;
    if (at_ms >= n->wakes_at_ms)
        return;
    n->wakes_at_ms = at_ms;
    event_add(s, EVENT_WAKE, at_ms - s->now_ms, i);
}

static void perform_all(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    for (size_t k = 0; k < n->actions.count; k++) /* also when it dies meanwhile: what the rest holds is freed */
        perform(s, i, &n->actions.items[k]);
    group_actions_reset(&n->actions);
}

static void watch_view(simulation *s, size_t i)
{
    arena a = {0};
    sim_node *n = &s->nodes[i];
    consensus_status status = group_consensus_status(n->group, &a);
    if (status.view > n->last_view)
        s->counts.view_changes++;
    n->last_view = status.view;
    arena_reset(&a);
}

void sim_node_wake(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    n->wakes_at_ms = NEVER;
    n->busy_until_ms = s->now_ms + n->step_ms;
    size_t taken = n->inbox_count < EVENTS_PER_STEP ? n->inbox_count : EVENTS_PER_STEP, count = 0;
    group_event events[EVENTS_PER_STEP];
    node_id *sessions = memory_new_array(s->node_count, sizeof *sessions);
    for (size_t k = 0; k < taken; k++) {
        if (n->inbox[k]->kind == EVENT_FRAME)
            n->inbox_bytes -= n->inbox[k]->frame->size;
        count += make_event(s, i, n->inbox[k], &events[count], sessions);
    }
    s->counts.steps++;
    if (n->drift)
        sim_note(s, PLAYED_DRIFT);
    if (n->step_ms)
        sim_note(s, PLAYED_SLOW_STEP);
    group_step(n->group, clock_of(s, n), events, count, &n->actions);
    for (size_t k = 0; k < taken; k++)
        event_free(s, n->inbox[k]);
    if (taken)
        memmove(n->inbox, n->inbox + taken, (n->inbox_count - taken) * sizeof *n->inbox);
    n->inbox_count -= taken;
    free(sessions);
    perform_all(s, i);
    if (n->is_dying) {
        sim_node_stop(s, i);
        return;
    }
    check_bounds(s, i);
    watch_view(s, i);
    uint64_t deadline = group_deadline_ms(n->group);
    if (n->inbox_count)
        wake_at(s, i, s->now_ms);
    if (deadline != NEVER)
        wake_at(s, i, most(clock_true_ms(n, deadline), s->now_ms));
}

void sim_node_poke(simulation *s, size_t i)
{
    if (s->nodes[i].group)
        wake_at(s, i, s->now_ms);
}

void sim_node_accept(simulation *s, sim_event *e)
{
    sim_node *n = &s->nodes[e->node];
    if (e->kind == EVENT_FRAME) {
        if (n->inbox_bytes + e->frame->size > INBOX_BYTES_MAX) {
            s->counts.congested++;
            event_free(s, e);
            return;
        }
        n->inbox_bytes += e->frame->size;
        if (n->hear)
            n->hear(s, n->twist_context,
                    &(sim_message){e->frame->from, e->node, e->frame->module, e->frame->packet_type,
                                   bytes_of(e->frame->data, e->frame->size)});
    }
    if (n->inbox_count == n->inbox_capacity) {
        n->inbox_capacity = n->inbox_capacity ? 2 * n->inbox_capacity : 16;
        n->inbox = memory_resize(n->inbox, n->inbox_capacity, sizeof *n->inbox);
    }
    n->inbox[n->inbox_count++] = e;
    wake_at(s, e->node, s->now_ms);
}

void sim_node_note_sessions(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    if (n->group == NULL || n->sessions_noted)
        return;
    n->sessions_noted = true;
    event_add(s, EVENT_SESSIONS, prng_below(&s->random, SESSION_NOTICE_MS), i);
}

/* ---- life ---- */

static bool open_node(simulation *s, size_t i, error_text *why)
{
    sim_node *n = &s->nodes[i];
    bool differs;
    n->store = store_faulty(n->disk, &n->disk_plan);
    n->ledger = ledger_open(&s->rules, &s->genesis, n->store, &differs, why);
    if (n->ledger == NULL)
        return false;
    group_config config = make_config(s, i);
    n->group = group_open(&config, n->ledger, why);
    return n->group != NULL;
}

static void close_node(sim_node *n)
{
    group_close(n->group);
    ledger_close(n->ledger);
    store_close(n->store);
    n->group = NULL;
    n->ledger = NULL;
    n->store = NULL;
}

void sim_node_start(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    error_text why;
    assert(n->group == NULL);
    n->life++;
    n->disk_plan = (store_fault_plan){0};
    n->wakes_at_ms = NEVER;
    n->busy_until_ms = 0;
    n->steady_base_ms = START_STEADY_MS + prng_below(&s->random, 1000000);
    n->is_dying = n->has_failed = n->ordered_running = n->sessions_noted = false;
    n->crash_after = 0;
    n->crash_at = PLAYED_KINDS;
    heard_forget(s, i, UINT64_MAX);
    n->in_flight = NULL;
    n->jobs_under_way = 0;
    n->last_view = 0;
    if (!open_node(s, i, &why)) {
        sim_fail(s, "node %zu cannot start again: %s", i, why.text);
        close_node(n);
        return;
    }
    check_restarted(s, i);
    group_start(n->group, clock_of(s, n), &n->actions);
    perform_all(s, i);
    network_update_sessions(s);
    wake_at(s, i, s->now_ms);
}

/* A write that was under way is torn, and a store promises: after it is opened again all of it is there, or nothing.
   Which, is drawn. Whatever was written before is there. */
void sim_node_stop(simulation *s, size_t i)
{
    sim_node *n = &s->nodes[i];
    if (n->group == NULL)
        return;
    if (n->in_flight && n->in_flight->kind >= JOB_PERSIST) {
        bool is_kept = prng_below(&s->random, 2);
        sim_note(s, is_kept ? PLAYED_TORN_KEPT : PLAYED_TORN_LOST);
        if (is_kept)
            do_job(s, i, n->in_flight);
    }
    n->in_flight = NULL;
    close_node(n);
    for (size_t k = 0; k < n->ordered_count; k++)
        group_job_free(n->ordered[k]);
    n->ordered_count = 0;
    for (size_t k = 0; k < n->inbox_count; k++)
        event_free(s, n->inbox[k]);
    n->inbox_count = n->inbox_bytes = 0;
    n->life++;
    s->counts.crashes++;
    sim_tell(s, "%zu: stops", i);
    network_update_sessions(s);
}
