/* eth_getLogs, installed filters, subscriptions. */
#include "eth/inside.h"

#include <stdlib.h>

/* Always false. */
static bool search_failed(rpc_call *c, eth_search_result result, const eth_log_progress *p, int64_t from)
{
    if (result == ETH_SEARCH_FAILED)
        return rpc_error(c, ETH_SERVER_ERROR, "block %lld cannot be read", (long long)p->number);
    const char *advice = p->number > from ? arena_print(c->memory, "; try blocks 0x%llx to 0x%llx first",
                                                        (unsigned long long)from, (unsigned long long)p->number - 1)
                                          : "";
    if (result == ETH_SEARCH_TOO_MANY_LOGS)
        return rpc_error(c, ETH_LIMIT_EXCEEDED, "query returned more than %d results%s", ETH_LOGS_MAX, advice);
    return rpc_error(c, ETH_LIMIT_EXCEEDED, "query looks into too many transactions%s", advice);
}

/* Writes an array. */
static bool answer_range(rpc_call *c, ledger *l, const log_pattern *pattern, int64_t from, int64_t to)
{
    eth_log_progress p = {.number = from};
    if (from <= to && to - from >= ETH_LOGS_BLOCKS_MAX)
        return rpc_error(c, ETH_LIMIT_EXCEEDED, "block range of %lld blocks is larger than %d",
                         (long long)(to - from + 1), ETH_LOGS_BLOCKS_MAX);
    json_write_begin_array(&c->out);
    eth_search_result result =
        eth_search_logs(eth_service_blooms(eth_asker_of(c)->service), l, pattern, to, &p, &c->out);
    json_write_end_array(&c->out);
    return result == ETH_SEARCH_DONE || search_failed(c, result, &p, from);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void get_logs(rpc_call *c)
{
    eth_log_query query;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_log_query(c, 0, l, &query))
        return;
    if (query.by_hash) {
        if (!ledger_number_of_hash(l, &query.block_hash, &query.from)) {
            rpc_error(c, ETH_SERVER_ERROR, "unknown block");
            return;
        }
        query.to = query.from;
    }
    (void)answer_range(c, l, &query.pattern, query.from, smaller(query.to, ledger_head(l).number));
}

/* ---- filters ---- */

static void add_filter(rpc_call *c, const eth_filter *f)
{
    uint64_t id;
    if (eth_filters_add(eth_service_filters(eth_asker_of(c)->service), f, &id))
        json_write_quantity_u64(&c->out, id);
    else
        rpc_error(c, ETH_LIMIT_EXCEEDED, "too many filters are installed: at most %d", ETH_FILTERS_MAX);
}

static void new_filter(rpc_call *c)
{
    eth_log_query query;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_log_query(c, 0, l, &query) ||
        (query.by_hash && !eth_bad_param(c, 0, "a filter has no blockHash: ask eth_getLogs")))
        return;
    add_filter(c, &(eth_filter){.group_id = eth_asker_of(c)->group_id,
                                .pattern = &query.pattern,
                                .first = query.from,
                                .last = query.to_is_open ? INT64_MAX : query.to,
                                .next = ledger_head(l).number + 1}); /* changes are what comes from now on */
}

static void new_block_filter(rpc_call *c)
{
    ledger *l = eth_take_group(c);
    if (l)
        add_filter(c, &(eth_filter){
                          .group_id = eth_asker_of(c)->group_id, .last = INT64_MAX, .next = ledger_head(l).number + 1});
}

static bool read_filter_id(rpc_call *c, uint64_t *id)
{
    return eth_read_count(c, 0, eth_param(c, 0), id);
}

static void uninstall_filter(rpc_call *c)
{
    uint64_t id;
    if (read_filter_id(c, &id))
        json_write_bool(&c->out, eth_filters_remove(eth_service_filters(eth_asker_of(c)->service), id));
}

static void write_block_hashes(rpc_call *c, ledger *l, eth_filter *f, int64_t end)
{
    json_write_begin_array(&c->out);
    for (; f->next <= end; f->next++) {
        hash256 hash;
        if (!ledger_hash_of_number(l, f->next, &hash))
            break;
        json_write_hex(&c->out, BYTES_OF_VALUE(hash));
    }
    json_write_end_array(&c->out);
}

/* What came since the filter was asked last, as far as one answer goes: the next one goes on there. */
static void write_changes(rpc_call *c, ledger *l, eth_filter *f)
{
    int64_t end = smaller(smaller(ledger_head(l).number, f->last), f->next + ETH_LOGS_BLOCKS_MAX - 1);
    if (f->pattern == NULL) {
        write_block_hashes(c, l, f, end);
        return;
    }
    if (f->next < f->first)
        f->next = smaller(f->first, end + 1);
    eth_log_progress p = {.number = f->next};
    json_write_begin_array(&c->out);
    eth_search_result result =
        eth_search_logs(eth_service_blooms(eth_asker_of(c)->service), l, f->pattern, end, &p, &c->out);
    json_write_end_array(&c->out);
    if (result == ETH_SEARCH_FAILED || (result != ETH_SEARCH_DONE && p.number == f->next))
        (void)search_failed(c, result, &p, f->next);
    if (result == ETH_SEARCH_FAILED || c->out.out->overflowed)
        return; /* what was found is not answered: it is searched again */
    if (result == ETH_SEARCH_TOO_MANY_LOGS && p.number == f->next)
        p.number++; /* one block has more than any answer: the filter would stay at it for ever */
    f->next = p.number;
}

static void ask_filter(rpc_call *c, bool all)
{
    uint64_t id;
    eth_filter *f;
    eth_filters *filters = eth_service_filters(eth_asker_of(c)->service);
    ledger *l = eth_take_group(c);
    if (l == NULL || !read_filter_id(c, &id))
        return;
    eth_filter_result taken = eth_filters_take(filters, id, &f);
    if (taken != ETH_FILTER_TAKEN) {
        rpc_error(c, ETH_SERVER_ERROR,
                  taken == ETH_FILTER_BUSY ? "the filter is being asked already" : "filter not found");
        return;
    }
    if (f->group_id != eth_asker_of(c)->group_id)
        rpc_error(c, ETH_SERVER_ERROR, "filter not found"); /* of another group */
    else if (!all)
        write_changes(c, l, f);
    else if (f->pattern == NULL)
        rpc_error(c, ETH_SERVER_ERROR, "filter not found"); /* it is one of blocks */
    else
        (void)answer_range(c, l, f->pattern, f->first, smaller(f->last, ledger_head(l).number));
    eth_filters_give_back(filters, f);
}

static void get_filter_changes(rpc_call *c)
{
    ask_filter(c, false);
}

static void get_filter_logs(rpc_call *c)
{
    ask_filter(c, true);
}

/* ---- subscriptions ---- */

static bool has_session(rpc_call *c)
{
    return eth_asker_of(c)->session.id ||
           rpc_error(c, ETH_SERVER_ERROR, "notifications not supported: connect over WebSocket");
}

static bool read_kind(rpc_call *c, bool *wants_blocks)
{
    const char *kind = json_string_value(eth_param(c, 0));
    if (kind == NULL)
        return rpc_error(c, RPC_INVALID_PARAMS, "missing value for required argument 0");
    *wants_blocks = strcmp(kind, "newHeads") == 0;
    if (*wants_blocks || strcmp(kind, "logs") == 0)
        return true;
    return rpc_error(c, RPC_INVALID_PARAMS, "no \"%.40s\" subscription: there are newHeads and logs", kind);
}

static void subscribe(rpc_call *c)
{
    static const log_pattern everything;
    eth_asker *asker = eth_asker_of(c);
    bool wants_blocks = false;
    eth_log_query query;
    ledger *l = eth_take_group(c);
    if (l == NULL || !has_session(c) || !read_kind(c, &wants_blocks))
        return;
    eth_subscription_request r = {.group_id = asker->group_id, .next = ledger_head(l).number + 1, .asker = asker};
    if (!wants_blocks) {
        r.pattern = eth_param(c, 1) ? &query.pattern : &everything; /* a range is not looked at, as on other nodes */
        if (eth_param(c, 1) && !eth_read_log_query(c, 1, l, &query))
            return;
    }
    uint64_t id;
    if (eth_subscriptions_add(eth_service_subscriptions(asker->service), asker->session, &r, &id)) {
        asker->subscribed = true;
        json_write_quantity_u64(&c->out, id);
    } else {
        rpc_error(c, ETH_LIMIT_EXCEEDED, "too many subscriptions: at most %d for a connection, %d for the node",
                  ETH_SESSION_SUBSCRIPTIONS_MAX, ETH_SUBSCRIPTIONS_MAX);
    }
}

static void unsubscribe(rpc_call *c)
{
    uint64_t id;
    eth_asker *asker = eth_asker_of(c);
    if (!has_session(c) || !eth_read_count(c, 0, eth_param(c, 0), &id))
        return;
    if (eth_subscriptions_remove(eth_service_subscriptions(asker->service), asker->session, id))
        json_write_bool(&c->out, true);
    else
        rpc_error(c, ETH_SERVER_ERROR, "subscription not found");
}

const rpc_method eth_log_methods[] = {
    {"eth_getLogs", NULL, get_logs},
    {"eth_newFilter", NULL, new_filter},
    {"eth_newBlockFilter", NULL, new_block_filter},
    {"eth_getFilterChanges", NULL, get_filter_changes},
    {"eth_getFilterLogs", NULL, get_filter_logs},
    {"eth_uninstallFilter", NULL, uninstall_filter},
    {"eth_subscribe", NULL, subscribe},
    {"eth_unsubscribe", NULL, unsubscribe},
};
const size_t eth_log_method_count = COUNT(eth_log_methods);
