#include "console/query.h"

#include <stdlib.h>

#define ENDPOINT {PARAMETER_ENDPOINT, "endPoint", "host:port of the node to ask, one of getAvailableConnections. Default: any.", true}

static const query node_version = {.method = "getClientVersion", .shape = SHOW_MODEL, .model = &model_version, .has_no_group = true,
                                   .takes_endpoint = true};
static const query node_info = {.method = "getNodeInfo", .shape = SHOW_MODEL, .model = &model_node_info, .has_no_group = true,
                                .takes_endpoint = true};
static const query peers = {.method = "getPeers", .shape = SHOW_MODELS, .model = &model_peer, .takes_endpoint = true};
static const query node_ids = {.method = "getNodeIDList", .shape = SHOW_LIST, .takes_endpoint = true};
static const query group_peers = {.method = "getGroupPeers", .shape = SHOW_LIST, .takes_endpoint = true};
static const query group_list = {.method = "getGroupList", .shape = SHOW_SHORT_LIST, .has_no_group = true, .takes_endpoint = true};
static const query configured_peers = {.method = "queryPeers", .shape = SHOW_SHORT_LIST, .has_no_group = true, .takes_endpoint = true};

/* addPeers, erasePeers: argv[0] is the node, the others its peers. data: which of the two. */
static bool run_change_peers(session *s, const command *c, int argc, char **argv)
{
    const model *m = c->data;
    json_t *peer_list = json_array();
    for (int i = 1; i < argc; i++)
        json_array_append_new(peer_list, json_string(argv[i]));
    json_t *answer = console_ask(s, argv[0], c->name, json_pack("[o]", peer_list));
    if (answer == NULL)
        return false;
    const char *code = json_string_value(json_object_get(answer, "code"));
    bool ok = code && strcmp(code, "0x0") == 0;
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    model_print(m, answer, &text);
    say(s, "%.*s", (int)text.size, (const char *)text.data);
    buffer_free(&text);
    json_decref(answer);
    return ok;
}

/* Does the node take part in the group? One that does not answer does not. */
static bool node_has_group(hanse_client *client, const char *node, int group)
{
    char *text = hanse_rpc_at(client, node, "getGroupList", NULL, NULL);
    json_t *groups = text ? json_loads(text, 0, NULL) : NULL;
    bool found = false;
    for (size_t i = 0; i < json_array_size(groups); i++)
        found |= json_integer_value(json_array_get(groups, i)) == group;
    json_decref(groups);
    hanse_free(text);
    return found;
}

/* The connected nodes: all of them, or (group not 0) those of a group. */
static bool show_connections(session *s, int group)
{
    hanse_client *client = console_client(s);
    char *lines = client ? console_connections(s, client) : NULL, *rest = NULL;
    if (lines == NULL)
        return false;
    json_t *list = json_array();
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (group == 0 || node_has_group(client, line, group))
            json_array_append_new(list, json_string(line));
    query_show_list(s, list);
    json_decref(list);
    return true;
}

static bool run_connections(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    return show_connections(s, 0);
}

static bool run_group_connections(session *s, const command *c, int argc, char **argv)
{
    (void)c;
    return show_connections(s, argc ? atoi(argv[0]) : s->group);
}

static const command rows[] = {
    {.name = "getNodeVersion", .help = "Query the current node version", .run = query_run, .data = &node_version,
     .parameters = {ENDPOINT}},
    {.name = "getNodeInfo", .help = "Query the specified node information", .run = query_run, .data = &node_info,
     .parameters = {ENDPOINT}},
    {.name = "getPeers", .help = "Query peers currently connected to the client", .run = query_run, .data = &peers,
     .parameters = {ENDPOINT}},
    {.name = "getNodeIDList", .help = "Query nodeId list for all connected nodes", .run = query_run, .data = &node_ids,
     .parameters = {ENDPOINT}},
    {.name = "getGroupPeers", .help = "Query nodeId list for sealer and observer nodes", .run = query_run, .data = &group_peers,
     .parameters = {ENDPOINT}},
    {.name = "getGroupList", .help = "Query group list", .run = query_run, .data = &group_list, .parameters = {ENDPOINT}},
    {.name = "queryPeers", .help = "Query the configured connected node list of the p2p network", .run = query_run, .data = &configured_peers,
     .since = "2.9.0",
     .parameters = {{PARAMETER_ENDPOINT, "endPoint", "host:port of the node to ask, one of getAvailableConnections.", false}}},
    {.name = "addPeers", .help = "Add more connected peers to the node p2p network", .run = run_change_peers, .data = &model_peers_status[0],
     .takes_more = true, .since = "2.9.0",
     .parameters = {{PARAMETER_ENDPOINT, "endPoint", "host:port of the node to change, one of getAvailableConnections.", false},
                    {PARAMETER_TEXT, "peer", "P2P host:port of a peer.", false}}},
    {.name = "erasePeers", .help = "Remove connected peers of the node p2p network", .run = run_change_peers, .data = &model_peers_status[1],
     .takes_more = true, .since = "2.9.0",
     .parameters = {{PARAMETER_ENDPOINT, "endPoint", "host:port of the node to change, one of getAvailableConnections.", false},
                    {PARAMETER_TEXT, "peer", "P2P host:port of a peer.", false}}},
    {.name = "getAvailableConnections", .help = "Get the connection information of the nodes connected with the sdk",
     .run = run_connections},
    {.name = "getGroupConnections", .help = "Get the node information of the group connected to the SDK", .run = run_group_connections,
     .parameters = {{PARAMETER_GROUP, "groupId", "Integer, from 1 to 32767. Default: the current group.", true}}}};
const command_family family_nodes = FAMILY("Nodes and peers", "节点", rows);
