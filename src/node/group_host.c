#include "node/group_host.h"
#include "base/clock.h"
#include "base/memory.h"
#include "node/sdk_allowlist.h"
#include "node/session_news.h"
#include "node/statistics.h"

#include <assert.h>
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EVENTS_PER_STEP = 1024, /* more waiting items are applied in several steps */
    STORE_CACHE_BYTES = 4 * 1024 * 1024,
    STORE_LOG_BYTES = 16 * 1024 * 1024
};

typedef struct {
    engine_item item;
    node_id from;
    unsigned module;
    uint16_t packet_type;
    size_t size;
    uint8_t payload[];
} frame_item;

typedef struct {
    engine_item item;
    transaction *tx;
    rpc_submit_answer answer;
    void *context;
    rpc_receipt_ready ready;
    void *ready_context;
} submit_item;

typedef struct {
    engine_item item;
    job work;
    group_job *done;
} job_item;

typedef struct {
    engine_item item;
    void (*look)(group *g, void *context);
    void *context;
    sem_t seen;
} query_item;

/* A pending transaction whose receipt somebody waits for. */
typedef struct {
    hash256 tx_hash;
    rpc_receipt_ready ready;
    void *context;
} waiter;

struct group_host {
    const host_services *services;
    int32_t id;
    consensus_kind consensus;
    store *store;
    ledger *ledger;
    chain_rules rules;
    arena memory;           /* of ini_path */
    const char *ini_path;
    rpc_group_limits limits;
    sdk_allowlist *allowlist;
    session_news *sessions;
    engine_item sessions_item; /* in the inbox while sessions has something that waits */

    /* The engine's from here on. */
    engine_place place;
    group *group;
    group_actions actions;
    group_job **ordered; /* ring of jobs that must run one after the other */
    size_t ordered_first, ordered_count, ordered_capacity;
    bool ordered_running;
    size_t jobs_under_way;
    map waiters; /* tx hash -> waiter: no more than the pool has transactions */
    bool started, leaving;

    bool attached; /* the starter's: group_host_start was called */
    engine_item attach, detach;
    sem_t left;
};

/* ---- life ---- */

static bool make_directory(const char *path, error_text *why)
{
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        return error_set(why, "data directory %s: %s", path, strerror(errno));
    return true;
}

static bool open_store(group_host *h, const node_settings *node, const group_settings *settings, error_text *why)
{
    char path[4096];
    if (!make_directory(node->hanse_data_path, why))
        return false;
    snprintf(path, sizeof path, "%s/group%d", node->hanse_data_path, h->id);
    store_config config = {.path = path, .durable = settings->durable, .cache_bytes = STORE_CACHE_BYTES, .max_log_bytes = STORE_LOG_BYTES};
    const store_engine *kind = settings->storage == STORAGE_MEMORY ? &store_memory : &store_rocksdb;
    return kind->open(&h->store, &config, why) == STORE_OK;
}

static group_config make_group_config(const group_host *h, const group_settings *s, uint64_t seed)
{
    return (group_config){
        .consensus = {.rules = ledger_rules(h->ledger),
                      .kind = ledger_genesis(h->ledger)->consensus,
                      .self = h->services->self,
                      .key = h->services->key,
                      .seed = seed,
                      .ttl = (unsigned)s->ttl,
                      .min_block_interval_ms = (uint64_t)s->min_block_generation_time,
                      .dynamic_block_size = s->dynamic_block_size,
                      .block_size_increase_ratio = s->block_size_increase_ratio,
                      .ttl_optimization = s->ttl_optimization,
                      .prepare_with_hashes = s->prepare_with_hashes},
        .sync = {.rules = ledger_rules(h->ledger),
                 .self = h->services->self,
                 .seed = seed + 1,
                 .send_txs_by_tree = s->send_txs_by_tree,
                 .sync_block_by_tree = s->sync_block_by_tree,
                 .allow_free_node = s->allow_free_node,
                 .gossip_interval_ms = (uint64_t)s->gossip_interval_ms,
                 .gossip_peers = (unsigned)s->gossip_peers,
                 .txs_max_gossip_peers = (unsigned)s->txs_max_gossip_peers,
                 .idle_wait_ms = (uint64_t)s->idle_wait_ms,
                 .max_download_bytes = (size_t)s->sync_memory_mb << 20},
        .pool = {.rules = ledger_rules(h->ledger),
                 .limit = (size_t)s->pool_limit,
                 .memory_limit_bytes = (size_t)s->pool_memory_mb << 20,
                 .expiration_ms = (uint64_t)s->pool_expiration_s * 1000,
                 .seed = seed + 2},
    };
}

static void destroy(group_host *h)
{
    group_close(h->group);
    group_actions_free(&h->actions);
    if (h->ledger)
        ledger_close(h->ledger);
    store_close(h->store);
    sdk_allowlist_free(h->allowlist);
    session_news_free(h->sessions);
    arena_reset(&h->memory);
    map_free(&h->waiters);
    free(h->ordered);
    sem_destroy(&h->left);
    free(h);
}

group_host *group_host_open(const host_services *services, const node_settings *node, const group_settings *settings,
                            uint64_t seed, error_text *why)
{
    group_host *h = memory_new(sizeof *h);
    h->services = services;
    h->id = settings->genesis.group_id;
    h->rules = settings->rules;
    h->limits = settings->limits;
    h->ini_path = arena_copy_text(&h->memory, bytes_of_text(settings->ini_path));
    h->allowlist = sdk_allowlist_new();
    h->sessions = session_news_new();
    h->sessions_item = (engine_item){.kind = ENGINE_SESSIONS, .host = h};
    h->waiters = map_init(seed + 3);
    sem_init(&h->left, 0, 0);
    h->attach = (engine_item){.kind = ENGINE_ATTACH, .host = h};
    h->detach = (engine_item){.kind = ENGINE_DETACH, .host = h};
    bool differs = false;
    bool has_list = access(h->ini_path, F_OK) != 0 || sdk_allowlist_read(h->allowlist, h->ini_path, why);
    if (has_list && open_store(h, node, settings, why))
        h->ledger = ledger_open(&h->rules, &settings->genesis, h->store, &differs, why);
    if (h->ledger) {
        h->consensus = ledger_genesis(h->ledger)->consensus;
        group_config config = make_group_config(h, settings, seed);
        h->group = group_open(&config, h->ledger, why);
        secret_key_wipe(&config.consensus.key);
    }
    if (h->group == NULL) {
        error_prefix(why, "group %d", h->id);
        destroy(h);
        return NULL;
    }
    if (differs)
        log_write(services->log, LOG_WARNING, h->id, "[LEDGER]%s differs from the stored genesis block, which counts",
                  settings->genesis_path);
    if (settings->storage_note)
        log_write(services->log, LOG_WARNING, h->id, "[LEDGER]%s", settings->storage_note);
    return h;
}

void group_host_start(group_host *h)
{
    queue_result posted = engine_post(h->services->engine, &h->attach);
    assert(posted == QUEUE_OK);
    h->attached = true;
}

void group_host_stop(group_host *h)
{
    if (h == NULL)
        return;
    if (h->attached && engine_post(h->services->engine, &h->detach) == QUEUE_OK)
        while (sem_wait(&h->left) != 0)
            ;
    destroy(h);
}

int32_t group_host_id(const group_host *h)
{
    return h->id;
}

ledger *group_host_ledger(group_host *h)
{
    return h->ledger;
}

consensus_kind group_host_consensus(const group_host *h)
{
    return h->consensus;
}

/* ---- from other threads ---- */

net_verdict group_host_frame(group_host *h, const net_frame *frame)
{
    frame_item *f = memory_new(sizeof *f + frame->payload.size);
    f->item = (engine_item){.link = {.item_bytes = sizeof *f + frame->payload.size}, .kind = ENGINE_FRAME, .host = h};
    f->from = frame->from;
    f->module = frame->module;
    f->packet_type = frame->packet_type;
    f->size = frame->payload.size;
    if (frame->payload.size)
        memcpy(f->payload, frame->payload.data, frame->payload.size);
    queue_result result = engine_offer(h->services->engine, &f->item);
    if (result != QUEUE_OK)
        free(f);
    return result == QUEUE_FULL ? NET_CONGESTED : NET_TAKEN;
}

void group_host_sessions(group_host *h, const node_id *nodes, size_t count)
{
    if (session_news_put(h->sessions, nodes, count)) {
        queue_result posted = engine_post(h->services->engine, &h->sessions_item);
        assert(posted == QUEUE_OK); /* a host is in the table only while its engine runs */
        (void)posted;
    }
}

bool group_host_submit(group_host *h, transaction *tx, rpc_submit_answer answer, void *context, rpc_receipt_ready ready,
                       void *ready_context)
{
    submit_item *s = memory_new(sizeof *s);
    *s = (submit_item){.item = {.link = {.item_bytes = sizeof *s + tx->raw.size}, .kind = ENGINE_SUBMIT, .host = h},
                       .tx = transaction_keep(tx),
                       .answer = answer,
                       .context = context,
                       .ready = ready,
                       .ready_context = ready_context};
    if (engine_offer(h->services->engine, &s->item) == QUEUE_OK)
        return true;
    transaction_drop(tx);
    free(s);
    return false;
}

const rpc_group_limits *group_host_limits(const group_host *h)
{
    return &h->limits;
}

bool group_host_allows_sdk(group_host *h, const node_id *key)
{
    return sdk_allowlist_allows(h->allowlist, key);
}

bool group_host_reload_allowlist(group_host *h, error_text *why)
{
    bool ok = sdk_allowlist_read(h->allowlist, h->ini_path, why);
    if (ok)
        log_write(h->services->log, LOG_INFO, h->id, "[LEDGER]allow list of SDKs read again,keys=%zu", sdk_allowlist_count(h->allowlist));
    else
        log_write(h->services->log, LOG_WARNING, h->id, "[LEDGER]allow list of SDKs not changed,reason=%s", why->text);
    return ok;
}

void group_host_query(group_host *h, void (*look)(group *g, void *context), void *context)
{
    query_item q = {.item = {.kind = ENGINE_QUERY, .host = h}, .look = look, .context = context};
    sem_init(&q.seen, 0, 0);
    queue_result posted = engine_post(h->services->engine, &q.item);
    assert(posted == QUEUE_OK); /* whoever holds the group keeps its engine alive */
    while (sem_wait(&q.seen) != 0)
        ;
    sem_destroy(&q.seen);
}

/* ---- jobs ---- */

static void run_job(job *work)
{
    job_item *j = (job_item *)((char *)work - offsetof(job_item, work));
    group_job_run(j->done, j->item.host->ledger);
    queue_result posted = engine_post(j->item.host->services->engine, &j->item);
    assert(posted == QUEUE_OK); /* a host leaves its engine only when no job is under way */
}

static void submit_job(group_host *h, group_job *g)
{
    job_item *j = memory_new(sizeof *j);
    *j = (job_item){.item = {.kind = ENGINE_JOB_DONE, .host = h}, .work = {.run = run_job}, .done = g};
    bool for_disk = g->kind == JOB_PERSIST || g->kind == JOB_COMMIT || g->kind == JOB_SERVE;
    bool accepted = worker_pool_submit_unbounded(for_disk ? h->services->committers : h->services->workers, &j->work);
    assert(accepted); /* the pools outlive the hosts */
    h->jobs_under_way++;
}

static void start_next_ordered(group_host *h)
{
    if (h->ordered_running || h->ordered_count == 0)
        return;
    group_job *next = h->ordered[h->ordered_first];
    h->ordered_first = (h->ordered_first + 1) % h->ordered_capacity;
    h->ordered_count--;
    h->ordered_running = true;
    submit_job(h, next);
}

static void queue_ordered(group_host *h, group_job *j)
{
    if (h->ordered_count == h->ordered_capacity) {
        size_t capacity = h->ordered_capacity ? h->ordered_capacity * 2 : 8;
        group_job **larger = memory_new_array(capacity, sizeof *larger);
        for (size_t i = 0; i < h->ordered_count; i++)
            larger[i] = h->ordered[(h->ordered_first + i) % h->ordered_capacity];
        free(h->ordered);
        h->ordered = larger;
        h->ordered_first = 0;
        h->ordered_capacity = capacity;
    }
    h->ordered[(h->ordered_first + h->ordered_count++) % h->ordered_capacity] = j;
    start_next_ordered(h);
}

/* ---- the engine's turn ---- */

static void answer_waiter(group_host *h, const hash256 *tx_hash, int64_t number, size_t index)
{
    waiter *w = map_remove(&h->waiters, BYTES_OF_VALUE(*tx_hash));
    if (w == NULL)
        return;
    w->ready(w->context, number, index);
    free(w);
}

/* The pool takes a hash once, so nobody waits for it yet. */
static void add_waiter(group_host *h, const submit_item *s)
{
    waiter *w = memory_new(sizeof *w);
    *w = (waiter){.tx_hash = s->tx->hash, .ready = s->ready, .context = s->ready_context};
    waiter *replaced = map_put(&h->waiters, BYTES_OF_VALUE(w->tx_hash), w);
    assert(replaced == NULL);
}

static void answer_submission(group_host *h, const group_action *action)
{
    submit_item *s = action->answer.token;
    if (action->answer.status == STATUS_OK && s->ready)
        add_waiter(h, s);
    s->answer(s->context, action->answer.status, action->answer.reason);
}

static void on_committed(group_host *h, execution *e)
{
    const block *b = execution_block(e);
    for (size_t i = 0; h->waiters.count && i < b->transaction_count; i++)
        answer_waiter(h, &b->transactions[i]->hash, b->header.number, i);
    if (h->services->statistics)
        statistics_write_block(h->services->statistics, h->id, b, &h->services->self);
    if (h->services->on_block)
        h->services->on_block(h->services->on_block_context, h->id, b->header.number);
    execution_drop(e);
}

static void perform(group_host *h, const group_action *action)
{
    switch (action->kind) {
    case GROUP_SEND:
        if (h->services->net &&
            net_send(h->services->net, action->send.to, action->send.count, (uint16_t)h->id, (uint16_t)action->send.module,
                     action->send.packet_type, action->send.payload) == NET_SEND_FULL)
            log_write(h->services->log, LOG_WARNING, h->id, "[NET]frame not sent, the queue is full,size=%zu",
                      action->send.payload.size);
        break;
    case GROUP_JOB:
        if (group_job_is_ordered(action->job->kind))
            queue_ordered(h, action->job);
        else
            submit_job(h, action->job);
        break;
    case GROUP_ANSWER:
        answer_submission(h, action);
        break;
    case GROUP_COMMITTED:
        on_committed(h, action->committed);
        break;
    case GROUP_REFUSED:
        answer_waiter(h, &action->refused, -1, 0);
        break;
    case GROUP_FAILED:
        log_write(h->services->log, LOG_FATAL, h->id, "[NODE]this group stands still until the node is started again");
        break;
    case GROUP_LOG:
        log_write(h->services->log, action->log.level, h->id, "%s", action->log.text);
        break;
    }
}

static void perform_all(group_host *h)
{
    for (size_t i = 0; i < h->actions.count; i++)
        perform(h, &h->actions.items[i]);
}

/* Items that are events for the machines; the others are dealt with here. false: not an event. */
static bool make_event(group_host *h, engine_item *item, group_event *event)
{
    switch (item->kind) {
    case ENGINE_FRAME: {
        frame_item *f = (frame_item *)item;
        *event = (group_event){.kind = GROUP_EVENT_FRAME};
        event->frame.from = f->from;
        event->frame.module = f->module;
        event->frame.packet_type = f->packet_type;
        event->frame.payload = bytes_of(f->payload, f->size);
        return true;
    }
    case ENGINE_SUBMIT: {
        submit_item *s = (submit_item *)item;
        *event = (group_event){.kind = GROUP_EVENT_SUBMIT, .submit = {s->tx, s}};
        return true;
    }
    case ENGINE_JOB_DONE: {
        job_item *j = (job_item *)item;
        h->jobs_under_way--;
        if (group_job_is_ordered(j->done->kind)) {
            h->ordered_running = false;
            start_next_ordered(h);
        }
        *event = (group_event){.kind = GROUP_EVENT_JOB_DONE, .job = j->done};
        return true;
    }
    case ENGINE_SESSIONS: {
        *event = (group_event){.kind = GROUP_EVENT_SESSIONS};
        event->sessions.nodes = session_news_take(h->sessions, &event->sessions.count);
        return true;
    }
    default:
        return false;
    }
}

/* What remains of an item after the machines have seen it. */
static void finish_item(group_host *h, engine_item *item)
{
    switch (item->kind) {
    case ENGINE_QUERY: {
        query_item *q = (query_item *)item;
        q->look(h->group, q->context);
        sem_post(&q->seen); /* the item lives on the asker's stack: not touched any more */
        break;
    }
    case ENGINE_DETACH:
        h->leaving = true;
        break;
    case ENGINE_ATTACH:
        break;
    case ENGINE_SUBMIT:
        transaction_drop(((submit_item *)item)->tx);
        free(item);
        break;
    case ENGINE_SESSIONS:
        if (h->leaving)
            session_news_drop(h->sessions);
        else if (session_news_seen(h->sessions) && engine_post(h->services->engine, item) != QUEUE_OK)
            session_news_drop(h->sessions);
        break;
    case ENGINE_FRAME:
    case ENGINE_JOB_DONE:
        free(item);
        break;
    }
}

static group_time time_now(uint64_t steady_ms)
{
    return (group_time){steady_ms, clock_utc_ms()};
}

/* A leaving host only takes back its jobs and turns away the rest. */
static void turn_away(group_host *h, queue_link *batch)
{
    for (queue_link *link = batch, *next; link; link = next) {
        next = link->next;
        engine_item *item = (engine_item *)link;
        if (item->kind == ENGINE_JOB_DONE) {
            h->jobs_under_way--;
            group_job_free(((job_item *)item)->done);
        } else if (item->kind == ENGINE_SUBMIT) {
            ((submit_item *)item)->answer(((submit_item *)item)->context, STATUS_TRANSACTION_REFUSED, "the group stops");
        }
        finish_item(h, item);
    }
}

/* Jobs that were queued behind a running one when the host was asked to leave are not begun. */
static void drop_queued_jobs(group_host *h)
{
    while (h->ordered_count) {
        group_job_free(h->ordered[h->ordered_first]);
        h->ordered_first = (h->ordered_first + 1) % h->ordered_capacity;
        h->ordered_count--;
    }
}

void group_host_step(group_host *h, queue_link *batch, uint64_t now_steady_ms)
{
    if (h->leaving) {
        turn_away(h, batch);
        return;
    }
    if (!h->started) {
        h->started = true;
        group_actions_reset(&h->actions);
        group_start(h->group, time_now(now_steady_ms), &h->actions);
        perform_all(h);
    }
    do {
        group_event events[EVENTS_PER_STEP];
        size_t count = 0;
        queue_link *rest = batch;
        group_actions_reset(&h->actions);
        for (; rest && count < EVENTS_PER_STEP; rest = rest->next)
            count += make_event(h, (engine_item *)rest, &events[count]);
        group_step(h->group, time_now(now_steady_ms), events, count, &h->actions);
        perform_all(h);
        for (queue_link *next; batch != rest; batch = next) {
            next = batch->next;
            finish_item(h, (engine_item *)batch);
        }
    } while (batch && !h->leaving);
    if (h->leaving) {
        drop_queued_jobs(h);
        turn_away(h, batch);
    }
}

uint64_t group_host_deadline_ms(const group_host *h)
{
    return h->leaving ? UINT64_MAX : group_deadline_ms(h->group);
}

bool group_host_may_leave(const group_host *h)
{
    return h->leaving && h->jobs_under_way == 0 && !session_news_waits(h->sessions);
}

void group_host_left(group_host *h)
{
    for (size_t i = 0; i < h->waiters.capacity; i++)
        if (h->waiters.entries[i].value) {
            hash256 hash = ((waiter *)h->waiters.entries[i].value)->tx_hash;
            answer_waiter(h, &hash, -1, 0);
            i = (size_t)-1; /* removing may move entries: look again from the start */
        }
    sem_post(&h->left);
}

engine_place *group_host_place(group_host *h)
{
    return &h->place;
}
