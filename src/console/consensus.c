/* Consensus, sync, the list of nodes, and what the whole group has configured. */
#include "console/builtin.h"
#include "console/complete.h"
#include "console/query.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

enum { NODE_ID_DIGITS = 128 };

static const query pbft_view = {.method = "getPbftView", .shape = SHOW_NUMBER};
static const query sealer_list = {.method = "getSealerList", .shape = SHOW_LIST};
static const query observer_list = {.method = "getObserverList", .shape = SHOW_LIST};
static const query consensus_status = {.method = "getConsensusStatus", .shape = SHOW_CONSENSUS};
static const query sync_status = {.method = "getSyncStatus", .shape = SHOW_MODEL, .model = &model_sync};

/* ---- nodes of the group ---- */

typedef enum { NODE_IS_IN, NODE_IS_NOT_IN, NODE_LIST_UNKNOWN } node_presence;

static node_presence find_node(session *s, const char *method, const char *id)
{
    json_t *list = console_ask(s, NULL, method, console_params(s));
    if (list == NULL)
        return NODE_LIST_UNKNOWN;
    node_presence found = NODE_IS_NOT_IN;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcasecmp(json_string_value(json_array_get(list, i)) ? json_string_value(json_array_get(list, i)) : "", id) == 0)
            found = NODE_IS_IN;
    json_decref(list);
    return found;
}

/* What the SDK looks at before it asks the contract. false: it is said why. */
static bool check_addition(session *s, const char *id, const char *list_method, const char *list_name)
{
    node_presence connected = find_node(s, "getNodeIDList", id);
    if (connected == NODE_LIST_UNKNOWN)
        return false;
    if (connected == NODE_IS_NOT_IN)
        return console_fail(s, "The operated node must be in the list returned by getNodeIDList");
    node_presence listed = find_node(s, list_method, id);
    return listed == NODE_IS_NOT_IN || (listed == NODE_IS_IN && console_fail(s, "The node already exists in the %s", list_name));
}

static bool check_removal(session *s, const char *id)
{
    node_presence sealer = find_node(s, "getSealerList", id);
    node_presence observer = sealer == NODE_IS_NOT_IN ? find_node(s, "getObserverList", id) : sealer;
    return observer == NODE_IS_IN || (observer == NODE_IS_NOT_IN && console_fail(s, "The node already has been removed from the group"));
}

static bool run_node(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    (void)argc;
    if (strlen(argv[0]) != NODE_ID_DIGITS)
        return builtin_show_code(s, NULL, -51100);
    bool ok = strcmp(c->name, "addSealer") == 0     ? check_addition(s, argv[0], "getSealerList", "sealerList")
              : strcmp(c->name, "addObserver") == 0 ? check_addition(s, argv[0], "getObserverList", "observerList")
                                                    : check_removal(s, argv[0]);
    return ok && builtin_send_and_show(s, f->contract, f->signature, (const char *const *)argv, 1);
}

static const builtin_function add_sealer = {BUILTIN_CONSENSUS, "addSealer(string)(int256)", NULL};
static const builtin_function add_observer = {BUILTIN_CONSENSUS, "addObserver(string)(int256)", NULL};
static const builtin_function remove_node = {BUILTIN_CONSENSUS, "remove(string)(int256)", NULL};

/* ---- configuration ---- */

typedef struct {
    const char *key;
    unsigned long min, max;
    bool is_switch, is_rpbft;
    const char *since;
} config_key;

static const config_key config_keys[] = {
    {"tx_count_limit", 1, INT32_MAX, false, false, NULL},
    {"tx_gas_limit", 100000, INT32_MAX, false, false, NULL},
    {"rpbft_epoch_sealer_num", 1, INT32_MAX, false, true, NULL},
    {"rpbft_epoch_block_num", 1, INT32_MAX, false, true, NULL},
    {"consensus_timeout", 3, 2147482, false, false, "2.6.0"},
    {"enable_charge_mgr", 0, 0, true, false, "2.9.0"}};

const char *consensus_config_key(size_t index)
{
    return index < COUNT(config_keys) ? config_keys[index].key : NULL;
}

static const config_key *find_config_key(session *s, const char *name)
{
    for (size_t i = 0; i < COUNT(config_keys); i++)
        if (strcmp(config_keys[i].key, name) == 0)
            return &config_keys[i];
    buffer names = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < COUNT(config_keys); i++)
        buffer_print(&names, "%s%s", i ? " or " : "", config_keys[i].key);
    console_fail(s, "Please provide a valid key, for example: %.*s .", (int)names.size, (const char *)names.data);
    buffer_free(&names);
    return NULL;
}

static bool check_config_value(session *s, const config_key *k, const char *text)
{
    char *end;
    if (k->is_switch)
        return strcmp(text, "on") == 0 || strcmp(text, "off") == 0 || console_fail(s, "Please provide on or off for %s.", k->key);
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < k->min || value > k->max)
        return console_fail(s, "Please provide value by positive integer mode, from %lu to %lu.", k->min, k->max);
    return true;
}

static void say_rpbft_note(session *s, const config_key *k)
{
    if (k->is_rpbft)
        say(s, "Note: %s only takes effect when RPBFT is used!", k->key);
}

static bool run_get_config(session *s, const command *c, int argc, char **argv)
{
    (void)argc;
    const config_key *k = find_config_key(s, argv[0]);
    if (k == NULL || (k->since && !console_has_version(s, c->name, k->since)))
        return false;
    json_t *params = console_params(s);
    json_array_append_new(params, json_string(k->key));
    json_t *answer = console_ask(s, NULL, "getSystemConfigByKey", params);
    if (answer == NULL)
        return false;
    say_rpbft_note(s, k);
    say(s, "%s", json_string_value(answer) ? json_string_value(answer) : "");
    json_decref(answer);
    return true;
}

static bool run_set_config(session *s, const command *c, int argc, char **argv)
{
    (void)argc;
    const config_key *k = find_config_key(s, argv[0]);
    if (k == NULL || !check_config_value(s, k, argv[1]) || (k->since && !console_has_version(s, c->name, k->since)))
        return false;
    say_rpbft_note(s, k);
    return builtin_send_and_show(s, BUILTIN_SYSTEM_CONFIG, "setValueByKey(string,string)(int256)", (const char *const *)argv, 2);
}

#define NODE_ID {PARAMETER_NODE_ID, "nodeId", "The node's ID, 128 hex digits.", false}
#define CONFIG_KEY                                                                                                                 \
    {PARAMETER_CONFIG_KEY, "key",                                                                                                   \
     "tx_count_limit, tx_gas_limit, rpbft_epoch_sealer_num, rpbft_epoch_block_num, consensus_timeout or enable_charge_mgr.", false}

static const command rows[] = {
    {.name = "getSealerList", .help = "Query nodeId list for sealer nodes", .run = query_run, .data = &sealer_list},
    {.name = "getObserverList", .help = "Query nodeId list for observer nodes", .run = query_run, .data = &observer_list},
    {.name = "getConsensusStatus", .help = "Query consensus status", .run = query_run, .data = &consensus_status},
    {.name = "getSyncStatus", .help = "Query sync status", .run = query_run, .data = &sync_status},
    {.name = "getPbftView", .help = "Query the pbft view of node", .run = query_run, .data = &pbft_view},
    {.name = "addSealer", .help = "Add a sealer node", .run = run_node, .data = &add_sealer, .parameters = {NODE_ID}},
    {.name = "addObserver", .help = "Add an observer node", .run = run_node, .data = &add_observer, .parameters = {NODE_ID}},
    {.name = "removeNode", .help = "Remove a node", .run = run_node, .data = &remove_node, .parameters = {NODE_ID}},
    {.name = "getSystemConfigByKey", .help = "Query a system config value by key", .run = run_get_config, .parameters = {CONFIG_KEY}},
    {.name = "setSystemConfigByKey", .help = "Set a system config value by key", .run = run_set_config,
     .parameters = {CONFIG_KEY, {PARAMETER_TEXT, "value", "The new value.", false}}}};
const command_family family_consensus = FAMILY("Consensus, sync and system configuration", "共识、同步与系统配置", rows);
