#include "node/node.h"
#include "base/clock.h"
#include "base/memory.h"
#include "channel/door.h"
#include "eth/eth.h"
#include "node/backend.h"
#include "node/build_info.h"
#include "node/open_files.h"
#include "tls/identity.h"
#include "rpc/http_door.h"
#include "node/signal_files.h"
#include "node/statistics.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { WORKERS_MAX_DEFAULT = 4, WORKER_JOBS_MAX = 10000, COMMIT_THREADS = 1, COMMIT_JOBS_MAX = 1000 };

struct node {
    node_settings settings;
    host_services services;
    tls_identity identity;
    traffic *traffic;            /* NULL: no statistics */
    uint64_t next_statistics_ms;
    group_host *opened[NODE_GROUPS_MAX]; /* until they are started */
    size_t opened_count;
    group_table *groups;
    rpc_node_info info;
    node_backend_context backend_context;
    rpc_backend backend;
    http_door *http;
    http_door *ethereum_door;
    pthread_mutex_t channel_lock; /* guards channel and ethereum while something is told to them */
    channel_door *channel;        /* NULL: not there yet, or no longer */
    eth_service *ethereum;        /* likewise; or it is off */
    signal_file signal_files[2];
    size_t steps_done;
};

/* ---- what the net tells (on its thread) ---- */

static net_verdict on_frame(void *context, const net_frame *frame)
{
    node *n = context;
    if (frame->is_response)
        return NET_TAKEN;
    if (frame->module == NET_MODULE_AMOP) {
        pthread_mutex_lock(&n->channel_lock);
        if (n->channel)
            channel_door_frame(n->channel, frame);
        pthread_mutex_unlock(&n->channel_lock);
        return NET_TAKEN;
    }
    group_host *h = group_table_hold(n->groups, frame->group);
    if (h == NULL)
        return NET_TAKEN; /* a group this node does not run */
    net_verdict verdict = group_host_frame(h, frame);
    group_table_release(n->groups, h);
    return verdict;
}

static void on_session_up(void *context, const net_peer *peer)
{
    group_table_session(((node *)context)->groups, &peer->id, true);
}

static void on_session_down(void *context, const node_id *id, const char *reason)
{
    (void)reason;
    group_table_session(((node *)context)->groups, id, false);
}

static void on_response(void *context, uint64_t ticket, net_response result, const node_id *from, bytes payload)
{
    node *n = context;
    (void)from;
    pthread_mutex_lock(&n->channel_lock);
    if (n->channel)
        channel_door_response(n->channel, ticket, result, payload);
    pthread_mutex_unlock(&n->channel_lock);
}

static void on_topics(void *context, const net_peer *peer)
{
    node *n = context;
    pthread_mutex_lock(&n->channel_lock);
    if (n->channel)
        channel_door_topics(n->channel, peer);
    pthread_mutex_unlock(&n->channel_lock);
}

/* On the engine's thread. */
static void on_block(void *context, int32_t group_id, int64_t number)
{
    node *n = context;
    pthread_mutex_lock(&n->channel_lock);
    if (n->channel)
        channel_door_block(n->channel, group_id, number);
    if (n->ethereum)
        eth_service_block(n->ethereum);
    pthread_mutex_unlock(&n->channel_lock);
}

static void on_inbox_drained(void *context)
{
    node *n = context;
    if (n->services.net)
        net_resume(n->services.net);
}

/* ---- the steps of start and stop ---- */

static bool start_log(node *n, error_text *why)
{
    const node_settings *s = &n->settings;
    log_config config = {.directory = s->log_path,
                         .level = s->log_threshold,
                         .enabled = s->log_enabled,
                         .to_console = s->log_to_console,
                         .max_file_bytes = (uint64_t)s->log_file_mb << 20};
    n->services.log = log_open(&config, why);
    if (n->services.log)
        open_files_raise(n->services.log);
    return n->services.log != NULL;
}

/* The statistics log's folder has a fixed name (spec/interfaces.md 7.4). */
static bool start_statistics(node *n, error_text *why)
{
    const node_settings *s = &n->settings;
    if (!s->enable_statistic)
        return true;
    log_config config = {.directory = "stat", .name = "stat", .level = LOG_INFO, .enabled = true, .brief = true,
                         .max_file_bytes = (uint64_t)s->log_file_mb << 20};
    n->services.statistics = log_open(&config, why);
    n->traffic = n->services.statistics ? traffic_new() : NULL;
    n->next_statistics_ms = clock_steady_ms() + (uint64_t)s->stat_flush_s * 1000;
    return n->traffic != NULL;
}

static void stop_statistics(node *n)
{
    traffic_free(n->traffic);
    log_close(n->services.statistics);
}

static void write_statistics(node *n, uint64_t now_ms)
{
    int32_t ids[NODE_GROUPS_MAX];
    if (n->traffic == NULL || now_ms < n->next_statistics_ms)
        return;
    n->next_statistics_ms = now_ms + (uint64_t)n->settings.stat_flush_s * 1000;
    statistics_write_traffic(n->services.statistics, n->traffic, ids, group_table_ids(n->groups, ids, NODE_GROUPS_MAX));
}

static void stop_log(node *n)
{
    log_close(n->services.log);
}

static bool start_identity(node *n, error_text *why)
{
    node_settings *s = &n->settings;
    arena *a = &s->memory;
    if (!tls_read_file(a, s->key_path, &n->identity.key, why) ||
        !tls_read_file(a, s->certificate_path, &n->identity.certificate, why) ||
        !tls_read_file(a, s->ca_path, &n->identity.authorities, why))
        return false;
    n->identity.authorities_folder = s->ca_folder;
    return identity_read_key(&n->identity.key, &n->services.key, &n->services.self, why);
}

static void stop_identity(node *n)
{
    secret_key_wipe(&n->services.key);
}

static size_t worker_count(const node_settings *s)
{
    if (s->worker_threads)
        return (size_t)s->worker_threads;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > WORKERS_MAX_DEFAULT ? WORKERS_MAX_DEFAULT : (size_t)cores;
}

static bool start_pools(node *n, error_text *why)
{
    (void)why;
    n->services.workers = worker_pool_new("worker", worker_count(&n->settings), WORKER_JOBS_MAX);
    n->services.committers = worker_pool_new("commit", COMMIT_THREADS, COMMIT_JOBS_MAX);
    n->groups = group_table_new();
    return true;
}

static void stop_pools(node *n)
{
    worker_pool_free(n->services.workers);
    worker_pool_free(n->services.committers);
    group_table_free(n->groups);
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    return getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed ? seed : clock_steady_us();
}

static bool open_group(node *n, const char *genesis_path, error_text *why)
{
    group_settings settings;
    bool ok = group_settings_read(&settings, &n->settings, genesis_path, why);
    for (size_t i = 0; ok && i < n->opened_count; i++)
        if (group_host_id(n->opened[i]) == settings.genesis.group_id)
            ok = error_set(why, "%s: [group] id=%d: another file has this group", genesis_path, settings.genesis.group_id);
    group_host *h = ok ? group_host_open(&n->services, &n->settings, &settings, random_seed(), why) : NULL;
    group_settings_free(&settings);
    if (h)
        n->opened[n->opened_count++] = h;
    return h != NULL;
}

static void discard_groups(node *n)
{
    for (size_t i = 0; i < n->opened_count; i++)
        group_host_stop(n->opened[i]);
    n->opened_count = 0;
}

static bool open_groups(node *n, error_text *why)
{
    const char **paths;
    size_t count;
    if (!node_settings_list_groups(&n->settings, &n->settings.memory, &paths, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!open_group(n, paths[i], why)) {
            discard_groups(n);
            return false;
        }
    return true;
}

static bool start_net(node *n, error_text *why)
{
    const node_settings *s = &n->settings;
    net_config config = {.listen_ip = s->p2p_ip,
                         .listen_port = (uint16_t)s->p2p_port,
                         .endpoints = s->endpoints,
                         .endpoint_count = s->endpoint_count,
                         .identity = n->identity,
                         .blacklist = s->blacklist,
                         .whitelist = s->whitelist,
                         .blacklist_count = s->blacklist_count,
                         .whitelist_count = s->whitelist_count,
                         .log = n->services.log,
                         .traffic = n->traffic,
                         .disable_compress = !s->enable_compress,
                         .quiet_handshakes = !s->connection_warning};
    net_handler handler = {.context = n,
                           .on_frame = on_frame,
                           .on_session_up = on_session_up,
                           .on_session_down = on_session_down,
                           .on_response = on_response,
                           .on_topics = on_topics};
    n->services.net = net_start(&config, &handler, why);
    return n->services.net != NULL;
}

static void stop_net(node *n)
{
    net_stop(n->services.net);
}

static bool start_engine(node *n, error_text *why)
{
    (void)why;
    n->services.engine = engine_start("engine", on_inbox_drained, n);
    return true;
}

static void stop_engine(node *n)
{
    engine_stop(n->services.engine);
}

/* From here on the groups work: everything they send through exists. */
static bool start_groups(node *n, error_text *why)
{
    (void)why;
    for (size_t i = 0; i < n->opened_count; i++) {
        if (n->traffic)
            traffic_add_group(n->traffic, group_host_id(n->opened[i]));
        group_host_start(n->opened[i]);
        bool added = group_table_add(n->groups, n->opened[i]);
        assert(added); /* ids are distinct, and no more than NODE_GROUPS_MAX were opened */
    }
    n->opened_count = 0;
    return true;
}

static void stop_groups(node *n)
{
    int32_t ids[NODE_GROUPS_MAX];
    size_t count = group_table_ids(n->groups, ids, NODE_GROUPS_MAX);
    for (size_t i = 0; i < count; i++)
        group_host_stop(group_table_remove(n->groups, ids[i]));
}

static bool start_answers(node *n, error_text *why)
{
    (void)why;
    const node_settings *s = &n->settings;
    const tls_subject *self = net_self(n->services.net);
    n->info = (rpc_node_info){
        .supported_version = s->version_text,
        .protocol_version = HANSE_PROTOCOL_VERSION,
        .build_time = build_info_of_this.time,
        .build_type = build_info_of_this.type,
        .build_branch = build_info_of_this.branch,
        .build_commit = build_info_of_this.commit,
        .version = s->version,
        .chain_id = (uint64_t)s->chain_id,
        .act_as_group_member = s->act_as_group_member,
        .disable_dynamic_group = s->disable_dynamic_group,
        .peers_param_limit = (size_t)s->peers_param_limit,
        .max_nodes_limit = (size_t)s->max_nodes_limit,
        .p2p_ip = s->p2p_ip,
        .jsonrpc_ip = s->jsonrpc_ip,
        .channel_ip = s->channel_ip,
        .p2p_port = (unsigned)s->p2p_port,
        .jsonrpc_port = (unsigned)s->jsonrpc_port,
        .channel_port = (unsigned)s->channel_port,
        .self = n->services.self,
        .agency = self->agency,
        .node_name = self->name,
        .is_national = s->sm_crypto,
    };
    n->backend_context = (node_backend_context){.groups = n->groups, .net = n->services.net, .config_path = s->path,
                                              .group_config_path = s->group_config_path};
    pthread_mutex_init(&n->backend_context.config_lock, NULL);
    n->backend = node_backend(&n->backend_context);
    n->backend.info = &n->info;
    return true;
}

static void stop_answers(node *n)
{
    pthread_mutex_destroy(&n->backend_context.config_lock);
}

static bool start_http(node *n, error_text *why)
{
    const node_settings *s = &n->settings;
    http_door_config config = {.service = &json_rpc_service,
                               .service_context = &n->backend,
                               .origins = s->jsonrpc_origins,
                               .listen_ip = s->jsonrpc_ip,
                               .listen_port = (unsigned)s->jsonrpc_port};
    n->http = http_door_start(&config, n->services.workers, n->services.log, why);
    return n->http != NULL;
}

static void stop_http(node *n)
{
    http_door_stop(n->http);
}

static bool start_channel(node *n, error_text *why)
{
    node_settings *s = &n->settings;
    channel_door_config config = {.listen_ip = s->channel_ip,
                                  .listen_port = (unsigned)s->channel_port,
                                  .check_issuer = s->check_cert_issuer,
                                  .requests_per_second = s->requests_per_second,
                                  .amop_bytes_per_second = s->amop_bytes_per_second,
                                  .traffic = n->traffic,
                                  .seed = random_seed()};
    arena *a = &s->memory;
    if (!tls_read_file(a, s->channel_key_path, &config.identity.key, why) ||
        !tls_read_file(a, s->channel_certificate_path, &config.identity.certificate, why) ||
        !tls_read_file(a, s->channel_ca_path, &config.identity.authorities, why))
        return false;
    if (!s->rsa_channel)
        config.identity.authorities_folder = s->ca_folder;
    channel_door *d = channel_door_start(&config, &n->backend, n->services.workers, n->services.log, why);
    pthread_mutex_lock(&n->channel_lock);
    n->channel = d;
    pthread_mutex_unlock(&n->channel_lock);
    return d != NULL;
}

static void stop_channel(node *n)
{
    pthread_mutex_lock(&n->channel_lock);
    channel_door *d = n->channel;
    n->channel = NULL;
    pthread_mutex_unlock(&n->channel_lock);
    channel_door_stop(d);
}

static bool start_ethereum(node *n, error_text *why)
{
    const node_settings *s = &n->settings;
    if (s->ethereum_port == 0)
        return true;
    eth_service *service = eth_service_new(&(eth_config){.chain_id = (uint64_t)s->ethereum_chain_id}, &n->backend, n->services.workers);
    http_door_config config = {.service = &eth_http_service,
                               .service_context = service,
                               .origins = s->ethereum_origins,
                               .listen_ip = s->ethereum_ip,
                               .listen_port = (unsigned)s->ethereum_port};
    n->ethereum_door = http_door_start(&config, n->services.workers, n->services.log, why);
    if (n->ethereum_door == NULL) {
        eth_service_free(service);
        return false;
    }
    pthread_mutex_lock(&n->channel_lock);
    n->ethereum = service;
    pthread_mutex_unlock(&n->channel_lock);
    return true;
}

static void stop_ethereum(node *n)
{
    pthread_mutex_lock(&n->channel_lock);
    eth_service *service = n->ethereum;
    n->ethereum = NULL;
    pthread_mutex_unlock(&n->channel_lock);
    if (service == NULL)
        return;
    eth_service_quiet(service);
    http_door_stop(n->ethereum_door);
    eth_service_free(service);
}

/* ---- what may change while the node runs (spec/interfaces.md 5.5) ---- */

static bool reload_whitelist(void *context, error_text *why)
{
    node *n = context;
    arena a = {0};
    const node_id *ids;
    size_t count = 0;
    bool ok = node_settings_read_whitelist(n->settings.path, &a, &ids, &count, why);
    if (ok && !net_set_whitelist(n->services.net, ids, count))
        ok = error_set(why, "%s: [certificate_whitelist]: more than %d entries", n->settings.path, TLS_LIST_MAX);
    if (ok)
        log_write(n->services.log, LOG_INFO, 0, "[P2P]white list of peers read again,nodes=%zu", count);
    else
        log_write(n->services.log, LOG_WARNING, 0, "[P2P]white list of peers not changed,reason=%s", why->text);
    arena_reset(&a);
    return ok;
}

/* Each group on its own: one that cannot be read keeps the list it has. false: at least one, and the first reason. */
static bool reload_allowlists(void *context, error_text *why)
{
    node *n = context;
    int32_t ids[NODE_GROUPS_MAX];
    size_t count = group_table_ids(n->groups, ids, NODE_GROUPS_MAX);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        error_text reason = {""};
        group_host *h = group_table_hold(n->groups, ids[i]);
        bool read = h == NULL || group_host_reload_allowlist(h, &reason);
        if (h)
            group_table_release(n->groups, h);
        if (!read && ok)
            ok = error_set(why, "%s", reason.text);
    }
    pthread_mutex_lock(&n->channel_lock);
    if (n->channel)
        channel_door_allowlists_changed(n->channel);
    pthread_mutex_unlock(&n->channel_lock);
    return ok;
}

static const signal_file signal_files[] = {
    {.suffix = ".reset_certificate_whitelist", .notice = "Reset certificate whitelist(CAL)", .run = reload_whitelist},
    {.suffix = ".reset_allowlist", .notice = "Reset sdk allowList(public keys)", .run = reload_allowlists},
};

void node_tick(node *n)
{
    signal_files_look(n->settings.path, n->signal_files, COUNT(n->signal_files), n);
    write_statistics(n, clock_steady_ms());
}

/* Walked forwards to start, backwards to stop. Groups leave before the engine ends, and the engine before the net, because each
   uses the next. */
static const struct {
    const char *name;
    bool (*start)(node *n, error_text *why);
    void (*stop)(node *n);
} steps[] = {
    {"log", start_log, stop_log},
    {"statistics", start_statistics, stop_statistics},
    {"certificates and keys", start_identity, stop_identity},
    {"worker threads", start_pools, stop_pools},
    {"group data", open_groups, discard_groups},
    {"P2P", start_net, stop_net},
    {"engine", start_engine, stop_engine},
    {"groups", start_groups, stop_groups},
    {"answers", start_answers, stop_answers},
    {"JSON-RPC", start_http, stop_http},
    {"Ethereum JSON-RPC", start_ethereum, stop_ethereum},
    {"channel", start_channel, stop_channel},
};

size_t node_group_count(node *n)
{
    int32_t ids[NODE_GROUPS_MAX];
    return group_table_ids(n->groups, ids, NODE_GROUPS_MAX);
}

void node_stop(node *n)
{
    while (n->steps_done > 0)
        steps[--n->steps_done].stop(n);
    node_settings_free(&n->settings);
    pthread_mutex_destroy(&n->channel_lock);
    free(n);
}

node *node_start(const char *config_path, error_text *why)
{
    node *n = memory_new(sizeof *n);
    pthread_mutex_init(&n->channel_lock, NULL);
    n->services.on_block = on_block;
    n->services.on_block_context = n;
    memcpy(n->signal_files, signal_files, sizeof signal_files);
    if (!node_settings_read(&n->settings, config_path, why)) {
        node_stop(n);
        return NULL;
    }
    for (size_t i = 0; i < COUNT(steps); i++, n->steps_done++)
        if (!steps[i].start(n, why)) {
            log_write(n->services.log, LOG_ERROR, 0, "[NODE]start failed,step=%s,reason=%s", steps[i].name, why->text);
            node_stop(n);
            return NULL;
        }
    if (node_group_count(n) == 0)
        log_write(n->services.log, LOG_WARNING, 0, "[NODE]no group: %s holds no *.genesis file", n->settings.group_config_path);
    log_write(n->services.log, LOG_INFO, 0, "[NODE]started");
    return n;
}
