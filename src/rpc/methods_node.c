/* Methods about this node and its network (spec/interfaces.md 4.2). */
#include "rpc/method.h"

#include <stdio.h>

static void key_text(json_writer *w, const char *key, const char *text)
{
    json_write_key(w, key);
    json_write_text(w, text);
}

static void get_client_version(rpc_call *c)
{
    const rpc_node_info *info = c->backend->info;
    char chain_id[24];
    snprintf(chain_id, sizeof chain_id, "%llu", (unsigned long long)info->chain_id);
    json_writer *w = &c->out;
    json_write_begin_object(w);
    key_text(w, "Build Time", info->build_time);
    key_text(w, "Build Type", info->build_type);
    key_text(w, "Chain Id", chain_id);
    key_text(w, "FISCO-BCOS Version", arena_print(c->memory, "%s%s", info->protocol_version, info->is_national ? " gm" : ""));
    key_text(w, "Git Branch", info->build_branch);
    key_text(w, "Git Commit Hash", info->build_commit);
    key_text(w, "Supported Version", info->supported_version);
    json_write_end_object(w);
}

static void get_node_info(rpc_call *c)
{
    const rpc_node_info *info = c->backend->info;
    json_writer *w = &c->out;
    json_write_begin_object(w);
    key_text(w, "Agency", info->agency);
    key_text(w, "IPAndPort", arena_print(c->memory, "%s:%u", info->p2p_ip, info->p2p_port));
    key_text(w, "Node", info->node_name);
    json_write_key(w, "NodeID");
    rpc_write_node_id(w, &info->self);
    json_write_key(w, "Topic");
    size_t count = 0;
    const char *const *topics = c->backend->net ? net_own_topics(c->backend->net, c->memory, &count) : NULL;
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++)
        json_write_text(w, topics[i]);
    json_write_end_array(w);
    json_write_end_object(w);
}

static const net_peer *peers(rpc_call *c, size_t *count)
{
    *count = 0;
    return c->backend->net ? net_peers(c->backend->net, c->memory, count) : NULL;
}

static void get_peers(rpc_call *c)
{
    size_t count;
    const net_peer *list = peers(c, &count);
    json_writer *w = &c->out;
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_write_begin_object(w);
        key_text(w, "Agency", list[i].agency);
        key_text(w, "IPAndPort", list[i].endpoint);
        key_text(w, "Node", list[i].name);
        json_write_key(w, "NodeID");
        rpc_write_node_id(w, &list[i].id);
        json_write_key(w, "Topic");
        json_write_begin_array(w);
        for (size_t k = 0; k < list[i].topic_count; k++)
            if (list[i].topics[k].status == NET_VERIFY_SUCCESS)
                json_write_text(w, list[i].topics[k].text);
        json_write_end_array(w);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static void get_node_id_list(rpc_call *c)
{
    size_t count;
    const net_peer *list = peers(c, &count);
    json_write_begin_array(&c->out);
    rpc_write_node_id(&c->out, &c->backend->info->self);
    for (size_t i = 0; i < count; i++)
        rpc_write_node_id(&c->out, &list[i].id);
    json_write_end_array(&c->out);
}

static bool is_member(rpc_call *c, int32_t id)
{
    rpc_group *held = c->backend->find_group(c->backend->context, id);
    if (held == NULL)
        return false;
    chain_view *v = c->backend->view(held);
    bool member = c->backend->info->act_as_group_member || chain_view_has_member(v, &c->backend->info->self);
    chain_view_drop(v);
    c->backend->release_group(c->backend->context, held);
    return member;
}

static void get_group_list(rpc_call *c)
{
    enum { GROUPS_MAX = 32767 };
    int32_t *ids = arena_take_array(c->memory, GROUPS_MAX, sizeof *ids);
    size_t count = c->backend->list_groups(c->backend->context, ids, GROUPS_MAX);
    json_write_begin_array(&c->out);
    for (size_t i = 0; i < count; i++)
        if (is_member(c, ids[i]))
            json_write_int(&c->out, ids[i]);
    json_write_end_array(&c->out);
}

static void query_peers(rpc_call *c)
{
    size_t count = 0;
    const char *const *endpoints = c->backend->net ? net_endpoints(c->backend->net, c->memory, &count) : NULL;
    json_write_begin_array(&c->out);
    for (size_t i = 0; i < count; i++)
        json_write_text(&c->out, endpoints[i]);
    json_write_end_array(&c->out);
}

static void write_code(rpc_call *c, const char *code, const char *message)
{
    json_write_begin_object(&c->out);
    key_text(&c->out, "code", code);
    key_text(&c->out, "message", message);
    json_write_end_object(&c->out);
}

/* Parameter 0 as endpoint texts. NULL: answered already (the table of interfaces.md 4.2). */
static const char **read_endpoints(rpc_call *c, size_t *count)
{
    const json_t *list = json_array_get(c->params, 0);
    const rpc_node_info *info = c->backend->info;
    *count = json_array_size(list);
    if (!json_is_array(list)) {
        write_code(c, "0x7", "invalid params field, not array format json");
        return NULL;
    }
    if (*count == 0) {
        write_code(c, "0x7", "failed for empty host list, expect at least one peer");
        return NULL;
    }
    if (*count > info->peers_param_limit) {
        write_code(c, "0x1", arena_print(c->memory, "refused for too many param peers. peers_param_limit: %zu", info->peers_param_limit));
        return NULL;
    }
    const char **texts = arena_take_array(c->memory, *count, sizeof *texts);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        texts[i] = json_string_value(item);
        if (texts[i] && strlen(texts[i]) != json_string_length(item)) {
            rpc_internal_error(c, "invalid peer at position %zu: it holds a zero byte", i + 1);
            return NULL;
        }
        const char *bracket = texts[i] ? strchr(texts[i], ']') : NULL;
        if (texts[i] == NULL || (bracket && strchr(bracket + 1, ']'))) {
            write_code(c, "0x7", arena_print(c->memory, "invalid peer at position %zu", i + 1));
            return NULL;
        }
        error_text why;
        if (!net_endpoint_is_valid(texts[i], &why)) {
            rpc_internal_error(c, "%s", why.text);
            return NULL;
        }
    }
    return texts;
}

static void change_peers(rpc_call *c, bool add)
{
    size_t count, bad;
    const char **texts = read_endpoints(c, &count);
    if (texts == NULL)
        return;
    const rpc_node_info *info = c->backend->info;
    net_endpoints_result result = NET_ENDPOINTS_SAME;
    if (c->backend->net)
        result = add ? net_add_endpoints(c->backend->net, texts, count, info->max_nodes_limit, &bad)
                     : net_erase_endpoints(c->backend->net, texts, count, &bad);
    switch (result) {
    case NET_ENDPOINTS_SAME:
        write_code(c, "0x0", add ? "add peers :all the inserted peers already exist" : "erase peers :none of the erased peers exist");
        break;
    case NET_ENDPOINTS_TOO_MANY:
        write_code(c, "0x1", arena_print(c->memory, "refused for too many peers. max_nodes_limit: %zu", info->max_nodes_limit));
        break;
    case NET_ENDPOINTS_MALFORMED:
        rpc_internal_error(c, "invalid peer %s", texts[bad]);
        break;
    case NET_ENDPOINTS_CHANGED: {
        error_text why;
        if (c->backend->endpoints_changed == NULL || c->backend->endpoints_changed(c->backend->context, &why))
            write_code(c, "0x0",
                       add ? "add peers :update config file successfully" : "erase peers :update config file successfully");
        else
            write_code(c, "0x1", arena_copy_text(c->memory, bytes_of_text(why.text)));
        break;
    }
    }
}

static void add_peers(rpc_call *c)
{
    change_peers(c, true);
}

static void erase_peers(rpc_call *c)
{
    change_peers(c, false);
}

static void rpc_modules(rpc_call *c)
{
    json_write_begin_object(&c->out);
    key_text(&c->out, "FISCO BCOS", "2.0");
    json_write_end_object(&c->out);
}

const rpc_method rpc_node_methods[] = {
    {"getClientVersion", NULL, get_client_version},
    {"getNodeInfo", NULL, get_node_info},
    {"getPeers", "i", get_peers},
    {"getNodeIDList", "i", get_node_id_list},
    {"getGroupList", NULL, get_group_list},
    {"queryPeers", NULL, query_peers},
    {"addPeers", NULL, add_peers},
    {"erasePeers", NULL, erase_peers},
    {"rpc_modules", NULL, rpc_modules},
};
const size_t rpc_node_method_count = COUNT(rpc_node_methods);
