/* Nodes: connecting, getting to know them, noticing that they are gone, choosing one. */
#include "client/inside.h"

#include "base/memory.h"
#include "client/answers.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- addresses ---- */

static bool read_address(client_node *n, const char *text, hanse_error *error)
{
    const char *colon = strrchr(text, ':');
    size_t host = colon ? (size_t)(colon - text) : 0, port = colon ? strcspn(colon + 1, "/") : 0;
    char *end;
    long number = port ? strtol(colon + 1, &end, 10) : 0;
    bool ok = host > 0 && host < sizeof n->host && port > 0 && port < sizeof n->port && number > 0 && number < 65536 &&
              end == colon + 1 + port;
    if (!ok)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "%.200s: the address of a node is host:port", text);
    snprintf(n->name, sizeof n->name, "%.*s", (int)(host + 1 + port), text);
    bool has_brackets = text[0] == '[' && text[host - 1] == ']';
    snprintf(n->host, sizeof n->host, "%.*s", (int)(host - (has_brackets ? 2 : 0)), text + has_brackets);
    snprintf(n->port, sizeof n->port, "%.*s", (int)port, colon + 1);
    return true;
}

/* Behind "channel://" or "http://"; *transport is what it says, the channel when it says nothing. */
static const char *without_scheme(const char *text, const client_transport **transport)
{
    static const client_transport *const known[] = {&client_channel, &client_http};
    *transport = &client_channel;
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t size = strlen(known[i]->scheme);
        if (strncmp(text, known[i]->scheme, size) == 0 && strncmp(text + size, "://", 3) == 0) {
            *transport = known[i];
            return text + size + 3;
        }
    }
    return text;
}

bool client_nodes_set_up(client_core *core, const hanse_client_options *options, hanse_error *error)
{
    if (options->node_count == 0 || options->node_count > CLIENT_NODES_MAX)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "%zu nodes: one to %d are expected", options->node_count, CLIENT_NODES_MAX);
    core->nodes = memory_new_array(options->node_count, sizeof *core->nodes);
    core->node_count = options->node_count;
    for (size_t i = 0; i < core->node_count; i++) {
        const client_transport *transport;
        client_node *n = &core->nodes[i];
        n->core = core;
        snprintf(n->reason, sizeof n->reason, "it was not tried yet");
        if (!read_address(n, without_scheme(options->nodes[i], &transport), error))
            return false;
        if (core->transport && core->transport != transport)
            return client_fail(error, HANSE_ERROR_USAGE, 0, "%.200s: nodes of one client are all asked over the channel port, or all over HTTP",
                               options->nodes[i]);
        core->transport = transport;
    }
    return true;
}

client_node *client_node_named(client_core *core, const char *name)
{
    const client_transport *ignored;
    name = without_scheme(name, &ignored);
    for (size_t i = 0; i < core->node_count; i++)
        if (strcmp(core->nodes[i].name, name) == 0)
            return &core->nodes[i];
    return NULL;
}

/* ---- groups and heights ---- */

static client_node_group *find_group(const client_node *n, int group)
{
    for (size_t i = 0; i < n->group_count; i++)
        if (n->groups[i].group == group)
            return (client_node_group *)&n->groups[i];
    return NULL;
}

bool client_node_has_group(const client_node *n, int group)
{
    return find_group(n, group) != NULL;
}

int64_t client_node_height(const client_node *n, int group)
{
    const client_node_group *g = find_group(n, group);
    return g ? g->height : -1;
}

/* The best of the nodes that are there; the last one known while none is. */
static void find_best_height(client_core *core, int group)
{
    int64_t best = -1;
    for (size_t i = 0; i < core->node_count; i++) {
        const client_node *n = &core->nodes[i];
        if ((n->state == NODE_READY || n->state == NODE_INTRODUCING) && client_node_height(n, group) > best)
            best = client_node_height(n, group);
    }
    pthread_mutex_lock(&core->lock);
    for (size_t i = 0; best >= 0 && i < core->group_count; i++)
        if (core->groups[i].id == group)
            core->groups[i].height = best;
    pthread_mutex_unlock(&core->lock);
}

void client_node_set_height(client_node *n, int group, int64_t height)
{
    client_node_group *g = find_group(n, group);
    if (g == NULL || height <= g->height || height > CLIENT_HEIGHT_MAX)
        return;
    g->height = height;
    find_best_height(n->core, group);
    if (n->state == NODE_READY)
        client_on_height(n->core, group);
}

/* The answer to getBlockNumber. */
static void take_height(client_node *n, int group, int64_t height)
{
    client_node_group *g = find_group(n, group);
    if (g && height < g->height - CLIENT_FALL_BLOCKS) {
        g->height = height;
        find_best_height(n->core, group);
    }
    client_node_set_height(n, group, height);
}

client_node *client_node_choose(client_core *core, int group)
{
    int64_t best = -1;
    client_node *any = NULL;
    for (size_t i = 0; i < core->node_count; i++) {
        client_node *n = &core->nodes[i];
        if (n->state != NODE_READY)
            continue;
        any = any ? any : n;
        if (client_node_height(n, group) > best)
            best = client_node_height(n, group);
    }
    for (size_t i = 0; i < core->node_count; i++) {
        client_node *n = &core->nodes[i];
        if (n->state == NODE_READY && client_node_has_group(n, group) && client_node_height(n, group) + CLIENT_LAG_BLOCKS >= best)
            return n;
    }
    return any;
}

const char *client_nodes_complaint(const client_core *core)
{
    return core->nodes[0].reason;
}

/* ---- introduction: version, handshake, groups, heights ---- */

static void become_ready(client_node *n)
{
    client_core *core = n->core;
    n->state = NODE_READY;
    n->heard_ms = n->groups_ms = uv_now(&core->loop);
    client_core_ready(core);
    if (core->on_connection)
        core->on_connection(core->context, n->name, HANSE_CONNECTED, "");
    client_on_node_ready(n);
}

static void on_timer(uv_timer_t *timer);

static void schedule_beat(client_node *n)
{
    const client_core *core = n->core;
    uv_timer_start(&n->timer, on_timer, core->subscription_count ? core->transport->busy_beat_ms : core->transport->beat_ms, 0);
}

static void on_height(client_request *r)
{
    client_node *n = r->node;
    hanse_error error;
    json_t *result = client_rpc_result(r, &error);
    int64_t height;
    if (result && client_quantity(result, &height))
        take_height(n, (int)(intptr_t)r->context, height);
    json_decref(result);
    if (n && n->state == NODE_INTRODUCING && n->heights_awaited && --n->heights_awaited == 0) {
        schedule_beat(n);
        become_ready(n);
    }
}

static void ask(client_node *n, const char *method, json_t *params, client_done done, void *context)
{
    client_request *r = client_rpc_request(n->core, NULL, method, params, done, context);
    r->at = n;
    r->is_introduction = true;
    client_request_start(r);
}

static size_t groups_in_use(const client_node *n, int *out)
{
    int used[CLIENT_GROUPS_MAX];
    size_t count = client_core_groups(n->core, used), found = 0;
    for (size_t i = 0; i < count; i++)
        if (client_node_has_group(n, used[i]))
            out[found++] = used[i];
    return found;
}

size_t client_node_ask_heights(client_node *n)
{
    int groups[CLIENT_GROUPS_MAX];
    size_t count = groups_in_use(n, groups);
    for (size_t i = 0; i < count; i++)
        ask(n, "getBlockNumber", json_pack("[i]", groups[i]), on_height, (void *)(intptr_t)groups[i]);
    return count;
}

static void take_groups(client_node *n, const json_t *list)
{
    client_node_group old[CLIENT_GROUPS_MAX];
    size_t old_count = n->group_count, i;
    memcpy(old, n->groups, sizeof old);
    n->group_count = 0;
    json_t *id;
    json_array_foreach(list, i, id) {
        if (!json_is_integer(id) || json_integer_value(id) < 1 || json_integer_value(id) > 32767 || n->group_count == CLIENT_GROUPS_MAX)
            continue;
        client_node_group *g = &n->groups[n->group_count++];
        *g = (client_node_group){(int)json_integer_value(id), -1};
        for (size_t k = 0; k < old_count; k++)
            if (old[k].group == g->group)
                g->height = old[k].height;
    }
}

static void on_groups(client_request *r)
{
    client_node *n = r->node;
    hanse_error error;
    json_t *list = client_rpc_result(r, &error);
    bool ok = json_is_array(list);
    if (ok && n)
        take_groups(n, list);
    json_decref(list);
    if (n == NULL || n->state != NODE_INTRODUCING)
        return;
    if (!ok) {
        client_node_break(n, "getGroupList: %s", list ? "no list" : error.text);
        return;
    }
    int groups[CLIENT_GROUPS_MAX];
    n->heights_awaited = groups_in_use(n, groups);
    if (n->heights_awaited == 0) {
        schedule_beat(n);
        become_ready(n);
        return;
    }
    client_node_ask_heights(n);
}

void client_node_ask_groups(client_node *n)
{
    n->groups_ms = uv_now(&n->core->loop);
    ask(n, "getGroupList", json_array(), on_groups, NULL);
}

static void on_handshake(client_request *r)
{
    client_node *n = r->node;
    if (n == NULL || n->state != NODE_INTRODUCING)
        return;
    if (r->error.kind != HANSE_OK || !client_read_handshake(buffer_bytes(&r->answer), &n->protocol))
        client_node_break(n, "the channel handshake failed: %s", r->error.kind ? r->error.text : "the answer names no protocol");
    else
        client_node_ask_groups(n);
}

static void shake_hands(client_node *n)
{
    n->protocol = 1;
    if (!n->core->transport->has_pushes || n->version < VERSION_OF(2, 1, 0)) { /* older ones do not know the message */
        client_node_ask_groups(n);
        return;
    }
    client_request *r = client_request_new(n->core, NULL, CHANNEL_HANDSHAKE, on_handshake, NULL);
    buffer_append_text(&r->body, "{\"clientType\":\"hanse\",\"maximumSupport\":3,\"minimumSupport\":1}");
    r->at = n;
    r->is_introduction = true;
    client_request_start(r);
}

/* All nodes of a client belong to one chain; the latest answer counts. */
static bool take_version(client_node *n, const json_t *version, error_text *why)
{
    const char *supported = json_string_value(json_object_get(version, "Supported Version"));
    const char *binary = json_string_value(json_object_get(version, "FISCO-BCOS Version"));
    const char *id = json_string_value(json_object_get(version, "Chain Id"));
    client_chain chain = {.is_known = true};
    if (supported == NULL || binary == NULL || id == NULL || !u256_from_decimal(bytes_of_text(id), &chain.chain_id))
        return error_set(why, "getClientVersion: the answer names no chain id or version");
    char plain[32];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(supported, " "), supported);
    if (!version_parse(bytes_of_text(plain), &chain.rules.version, why)) {
        if (strncmp(plain, "2.", 2) != 0)
            return false;
        chain.rules.version = VERSION_NEWEST; /* a later 2.x: transactions have looked the same since 2.0.0-rc2 */
    }
    chain.rules.suite = strstr(binary, "gm") ? &crypto_national : &crypto_standard;
    n->version = chain.rules.version;
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(binary, " "), binary);
    if (!version_parse(bytes_of_text(plain), &n->release, NULL))
        n->release = 0;
    pthread_mutex_lock(&n->core->lock);
    n->core->chain = chain;
    pthread_mutex_unlock(&n->core->lock);
    return true;
}

static void on_version(client_request *r)
{
    client_node *n = r->node;
    if (n == NULL || n->state != NODE_INTRODUCING)
        return;
    hanse_error error = {0};
    error_text why = {""};
    json_t *version = client_rpc_result(r, &error);
    bool ok = version && take_version(n, version, &why);
    json_decref(version);
    if (ok)
        shake_hands(n);
    else
        client_node_break(n, "%s", version ? why.text : error.text);
}

void client_node_up(client_node *n)
{
    n->state = NODE_INTRODUCING;
    ask(n, "getClientVersion", json_array(), on_version, NULL);
}

/* ---- life ---- */

static void beat(client_node *n)
{
    client_core *core = n->core;
    uint64_t now = uv_now(&core->loop);
    if (now - n->heard_ms > CLIENT_SILENCE_MS) {
        client_node_break(n, "the node was silent for %llu ms", (unsigned long long)(now - n->heard_ms));
        return;
    }
    schedule_beat(n);
    core->transport->beat(n);
    if (n->state == NODE_READY && now - n->groups_ms > CLIENT_GROUPS_AGE_MS) {
        client_node_ask_groups(n);
        client_node_ask_heights(n); /* a push may have been lost */
    }
}

static void on_timer(uv_timer_t *timer)
{
    client_node *n = timer->data;
    if (n->state == NODE_READY) {
        beat(n);
    } else if (n->state == NODE_WAITING) {
        n->state = NODE_CONNECTING;
        uv_timer_start(&n->timer, on_timer, n->core->timeout_ms, 0);
        n->core->transport->open(n);
    } else {
        client_node_break(n, "not connected within %u ms", n->core->timeout_ms);
    }
}

static void end_requests(client_node *n)
{
    while (n->first)
        client_request_fail(n->first, HANSE_ERROR_CONNECTION, "%s: the connection ended before the answer: %s", n->name, n->reason);
}

void client_node_break(client_node *n, const char *format, ...)
{
    client_core *core = n->core;
    char reason[sizeof n->reason];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    snprintf(n->reason, sizeof n->reason, "%.120s: %.120s", n->name, reason);
    bool was_ready = n->state == NODE_READY;
    n->state = NODE_WAITING;
    n->has_failed = true;
    n->heights_awaited = 0;
    core->transport->close(n);
    end_requests(n);
    if (core->stopping)
        return;
    for (size_t i = 0; i < n->group_count; i++) {
        n->groups[i].height = -1;
        find_best_height(core, n->groups[i].group);
    }
    uv_timer_start(&n->timer, on_timer, core->reconnect_ms, 0);
    client_core_ready(core);
    if (!was_ready)
        return;
    if (core->on_connection)
        core->on_connection(core->context, n->name, HANSE_DISCONNECTED, reason);
    client_on_node_lost(n);
}

void client_node_start(client_node *n)
{
    uv_timer_init(&n->core->loop, &n->timer);
    n->timer.data = n;
    n->state = NODE_WAITING;
    on_timer(&n->timer);
}

void client_node_stop(client_node *n)
{
    assert(n->core->stopping);
    client_node_break(n, "the client is being closed");
    uv_close((uv_handle_t *)&n->timer, NULL);
}
