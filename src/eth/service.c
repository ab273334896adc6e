/* The service: the dialect, and what its methods share. */
#include "base/clock.h"
#include "base/memory.h"
#include "eth/inside.h"

#include <stdlib.h>

struct eth_service {
    eth_config config;
    const rpc_backend *backend;
    eth_blooms *blooms;
    eth_filters *filters;
    eth_subscriptions *subscriptions;
};

eth_service *eth_service_new(const eth_config *config, const rpc_backend *backend, worker_pool *workers)
{
    eth_service *s = memory_new(sizeof *s);
    s->config = *config;
    s->backend = backend;
    s->blooms = eth_blooms_new(ETH_BLOOM_PAGES_MAX);
    s->filters = eth_filters_new(config->now_ms ? config->now_ms : clock_steady_ms);
    s->subscriptions = eth_subscriptions_new(s, backend, workers);
    return s;
}

void eth_service_free(eth_service *s)
{
    if (s == NULL)
        return;
    eth_subscriptions_free(s->subscriptions);
    eth_filters_free(s->filters);
    eth_blooms_free(s->blooms);
    free(s);
}

uint64_t eth_chain_id(const eth_service *s)
{
    return s->config.chain_id;
}

eth_blooms *eth_service_blooms(eth_service *s)
{
    return s->blooms;
}

eth_filters *eth_service_filters(eth_service *s)
{
    return s->filters;
}

eth_subscriptions *eth_service_subscriptions(eth_service *s)
{
    return s->subscriptions;
}

void eth_service_quiet(eth_service *s)
{
    eth_subscriptions_stop(s->subscriptions);
}

void eth_service_block(eth_service *s)
{
    eth_subscriptions_block(s->subscriptions);
}

ledger *eth_take_group(rpc_call *c)
{
    int32_t id = eth_asker_of(c)->group_id;
    c->group = id ? c->backend->find_group(c->backend->context, id) : NULL;
    if (id == 0) {
        rpc_error(c, ETH_SERVER_ERROR, "the path of the URL is neither / nor /group/N");
        return NULL;
    }
    if (c->group == NULL) {
        rpc_error(c, ETH_SERVER_ERROR, "group %d does not run on this node; the path /group/N of the URL names another",
                  (int)id);
        return NULL;
    }
    if (!c->backend->info->act_as_group_member) {
        c->view = c->backend->view(c->group);
        if (!chain_view_has_member(c->view, &c->backend->info->self)) {
            rpc_error(c, ETH_SERVER_ERROR, "this node does not belong to group %d", (int)id);
            return NULL;
        }
    }
    return c->backend->ledger_of(c->group);
}

eth_rendering eth_rendering_of(const eth_service *s, ledger *l)
{
    arena a = {0};
    bytes value;
    int64_t enabled;
    u256 gas_limit = U256_ZERO;
    if (!ledger_system_config(l, "tx_gas_limit", ledger_head(l).number, &a, &value, &enabled) ||
        !u256_from_decimal(value, &gas_limit))
        gas_limit = U256_ZERO;
    arena_reset(&a);
    return (eth_rendering){ledger_rules(l), s->config.chain_id,
                           u256_fits_u64(gas_limit) ? gas_limit.limb[0] : UINT64_MAX};
}

/* ---- the dialect ---- */

static const rpc_topic topics[] = {
    {eth_node_methods, &eth_node_method_count},   {eth_chain_methods, &eth_chain_method_count},
    {eth_state_methods, &eth_state_method_count}, {eth_log_methods, &eth_log_method_count},
    {eth_send_methods, &eth_send_method_count},
};

static const char *refusal(const json_t *element, int code, arena *a)
{
    switch (code) {
    case RPC_PARSE_ERROR:
        return "parse error";
    case RPC_METHOD_NOT_FOUND:
        return arena_print(a, "the method %.100s does not exist/is not available",
                           json_string_value(json_object_get(element, "method")));
    case RPC_INVALID_PARAMS:
        return "invalid params";
    default:
        return "invalid request";
    }
}

static const rpc_dialect dialect = {.topics = topics, .topic_count = COUNT(topics), .refusal = refusal};

/* ---- the door's side ---- */

typedef struct {
    eth_asker asker;
    http_service_done done;
    void *done_context;
} eth_request;

static void finish(void *context, bytes answer)
{
    eth_request *r = context;
    r->done(r->done_context, answer);
    if (r->asker.subscribed) /* the answers with the ids are on their way: now what is pushed may follow them */
        eth_subscriptions_begin(r->asker.service->subscriptions, r->asker.session, &r->asker);
    free(r);
}

/* "/" or "/group/N"; 0: another path, and no group has that number. */
static int32_t group_of_path(const char *path)
{
    enum { DIGITS_MAX = 5 };
    static const char prefix[] = "/group/";
    if (*path == 0 || strcmp(path, "/") == 0)
        return ETH_GROUP_DEFAULT;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return 0;
    const char *digits = path + sizeof prefix - 1;
    size_t count = strspn(digits, "0123456789");
    return count == 0 || count > DIGITS_MAX || digits[count] ? 0 : (int32_t)atoi(digits);
}

static void start(void *context, const http_asker *from, worker_pool *workers, bytes body, http_service_done done,
                  void *done_context)
{
    eth_service *s = context;
    eth_request *r = memory_new(sizeof *r);
    *r = (eth_request){
        {.service = s, .session = from->session, .group_id = group_of_path(from->path)}, done, done_context};
    rpc_request_start(&dialect, &r->asker, NULL, s->backend, workers, body, from->on_wait, finish, r);
}

static void closed(void *context, http_session session)
{
    eth_service *s = context;
    eth_subscriptions_close(s->subscriptions, session);
}

const http_service eth_http_service = {.name = "Ethereum JSON-RPC", .start = start, .closed = closed};
