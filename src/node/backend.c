#include "node/backend.h"
#include "node/endpoints_file.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static group_host *host_of(rpc_group *held)
{
    return (group_host *)held;
}

static rpc_group *find_group(void *context, int32_t group_id)
{
    node_backend_context *node = context;
    return (rpc_group *)group_table_hold(node->groups, group_id);
}

static void release_group(void *context, rpc_group *held)
{
    node_backend_context *node = context;
    group_table_release(node->groups, host_of(held));
}

static size_t list_groups(void *context, int32_t *out, size_t max)
{
    node_backend_context *node = context;
    return group_table_ids(node->groups, out, max);
}

static unsigned group_files(void *context, int32_t group_id)
{
    const node_backend_context *node = context;
    static const struct {
        const char *suffix;
        unsigned flag;
    } files[] = {{"genesis", RPC_GROUP_HAS_GENESIS}, {"ini", RPC_GROUP_HAS_INI}};
    unsigned found = 0;
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%sgroup.%d.%s", node->group_config_path, group_id, files[i].suffix);
        found |= access(path, F_OK) == 0 ? files[i].flag : 0;
    }
    return found;
}

static ledger *ledger_of(rpc_group *held)
{
    return group_host_ledger(host_of(held));
}

static consensus_kind consensus_of(rpc_group *held)
{
    return group_host_consensus(host_of(held));
}

static bool submit(rpc_group *held, transaction *tx, rpc_submit_answer answer, void *answer_context, rpc_receipt_ready ready,
                   void *ready_context)
{
    return group_host_submit(host_of(held), tx, answer, answer_context, ready, ready_context);
}

static const rpc_group_limits *limits_of(rpc_group *held)
{
    return group_host_limits(host_of(held));
}

static bool is_sdk_allowed(rpc_group *held, const node_id *key)
{
    return group_host_allows_sdk(host_of(held), key);
}

/* ---- looks at the machines: each runs on the engine's thread ---- */

static void look_at_view(group *g, void *context)
{
    *(chain_view **)context = group_view(g);
}

static chain_view *view(rpc_group *held)
{
    chain_view *result = NULL;
    group_host_query(host_of(held), look_at_view, &result);
    return result;
}

typedef struct {
    arena *memory;
    consensus_status *out;
} consensus_look;

/* The status points into the machine: what the door keeps is copied while the machine stands still. */
static void look_at_consensus(group *g, void *context)
{
    consensus_look *look = context;
    *look->out = group_consensus_status(g, look->memory);
    bytes sealers = bytes_of(look->out->sealers, look->out->sealer_count * sizeof(node_id));
    look->out->sealers = (const node_id *)arena_copy(look->memory, sealers).data;
}

static void get_consensus_status(rpc_group *held, arena *a, consensus_status *out)
{
    group_host_query(host_of(held), look_at_consensus, &(consensus_look){a, out});
}

typedef struct {
    arena *memory;
    sync_status *out;
} sync_look;

static void look_at_sync(group *g, void *context)
{
    sync_look *look = context;
    *look->out = group_sync_status(g, look->memory);
}

static void get_sync_status(rpc_group *held, arena *a, sync_status *out)
{
    group_host_query(host_of(held), look_at_sync, &(sync_look){a, out});
}

typedef struct {
    transaction **out;
    size_t max, count;
} pending_look;

static void look_at_pending(group *g, void *context)
{
    pending_look *look = context;
    look->count = group_pending(g, look->out, look->max);
}

static size_t pending(rpc_group *held, transaction **out, size_t max)
{
    pending_look look = {out, max, 0};
    group_host_query(host_of(held), look_at_pending, &look);
    return look.count;
}

static void look_at_pending_count(group *g, void *context)
{
    *(size_t *)context = group_pending_count(g);
}

static size_t pending_count(rpc_group *held)
{
    size_t count = 0;
    group_host_query(host_of(held), look_at_pending_count, &count);
    return count;
}

typedef struct {
    const hash256 *hash;
    transaction *found;
} find_look;

static void look_for_pending(group *g, void *context)
{
    find_look *look = context;
    look->found = group_pending_find(g, look->hash);
}

static transaction *pending_find(rpc_group *held, const hash256 *hash)
{
    find_look look = {hash, NULL};
    group_host_query(host_of(held), look_for_pending, &look);
    return look.found;
}

/* The table is read under the lock, so that the last writer writes the newest one. */
static bool endpoints_changed(void *context, error_text *why)
{
    node_backend_context *node = context;
    arena a = {0};
    size_t count;
    pthread_mutex_lock(&node->config_lock);
    const char *const *endpoints = net_endpoints(node->net, &a, &count);
    bool ok = endpoints_file_rewrite(node->config_path, endpoints, count, why);
    pthread_mutex_unlock(&node->config_lock);
    arena_reset(&a);
    return ok;
}

rpc_backend node_backend(node_backend_context *context)
{
    return (rpc_backend){
        .context = context,
        .net = context->net,
        .endpoints_changed = endpoints_changed,
        .find_group = find_group,
        .release_group = release_group,
        .list_groups = list_groups,
        .group_files = group_files,
        .ledger_of = ledger_of,
        .consensus_of = consensus_of,
        .submit = submit,
        .limits_of = limits_of,
        .is_sdk_allowed = is_sdk_allowed,
        .view = view,
        .consensus_status = get_consensus_status,
        .sync_status = get_sync_status,
        .pending = pending,
        .pending_count = pending_count,
        .pending_find = pending_find,
    };
}
