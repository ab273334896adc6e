/* Groups that come and go while the nodes run (spec/interfaces.md 4.12). */
#include "console/query.h"
#include "console/toml.h"

#include <stdlib.h>
#include <time.h>

static bool show_status(session *s, json_t *answer)
{
    if (answer == NULL)
        return false;
    const char *code = json_string_value(json_object_get(answer, "code"));
    bool ok = code && strcmp(code, "0x0") == 0;
    query_show_model(s, &model_group_status, answer);
    json_decref(answer);
    return ok;
}

/* startGroup and its like: argv[0] the node, argv[1] the group. */
static bool run_group(session *s, const command *c, int argc, char **argv)
{
    return show_status(s, console_ask(s, argv[0], c->name, json_pack("[i]", argc > 1 ? atoi(argv[1]) : s->group)));
}

static json_t *generate_params(int group, const char *timestamp, const char *const *sealers, size_t count, bool free_storage)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(sealers[i]));
    return json_pack("[i,{s:s,s:o,s:b}]", group, "timestamp", timestamp, "sealers", list, "enable_free_storage", free_storage);
}

static bool run_generate(session *s, const command *c, int argc, char **argv)
{
    bool free_storage = strcmp(argv[3], "true") == 0;
    int first = free_storage ? 4 : 3;
    json_t *params = generate_params(atoi(argv[1]), argv[2], (const char *const *)argv + first, (size_t)(argc - first), free_storage);
    return show_status(s, console_ask(s, argv[0], c->name, params));
}

static bool run_generate_from_file(session *s, const command *c, int argc, char **argv)
{
    toml file;
    error_text why;
    (void)c, (void)argc;
    if (!toml_read(&s->memory, argv[0], &file, &why))
        return console_fail(s, "%s", why.text);
    const toml_entry *peers = toml_find(&file, "groupPeers", "peers"), *sealers = toml_find(&file, "consensus", "sealerList");
    const char *timestamp = toml_text(&file, "genesis", "timestamp");
    if (peers == NULL || peers->count == 0)
        return console_fail(s, "The group peer list must be not empty!");
    if (sealers == NULL || sealers->count == 0)
        return console_fail(s, "The sealer list must be not empty!");
    if (timestamp == NULL) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        timestamp = arena_print(&s->memory, "%lld", (long long)now.tv_sec * 1000);
    }
    bool ok = true;
    for (size_t i = 0; i < peers->count; i++) {
        say(s, "* Result of %s:", peers->values[i]);
        json_t *params = generate_params(atoi(argv[1]), timestamp, sealers->values, sealers->count, false);
        ok = show_status(s, console_ask(s, peers->values[i], "generateGroup", params)) && ok;
    }
    return ok;
}

#define ENDPOINT {PARAMETER_ENDPOINT, "endPoint", "host:port of the node, one of getAvailableConnections.", false}
#define GROUP {PARAMETER_GROUP, "groupId", "Integer, from 1 to 32767.", false}
#define GROUP_OR_CURRENT {PARAMETER_GROUP, "groupId", "Integer, from 1 to 32767. Default: the current group.", true}

static const command rows[] = {
    {.name = "startGroup", .help = "Start the specified group of the specified node", .run = run_group, .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP_OR_CURRENT}},
    {.name = "stopGroup", .help = "Stop the specified group of the specified node", .run = run_group, .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP_OR_CURRENT}},
    {.name = "removeGroup", .help = "Remove the specified group of the specified node", .run = run_group, .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP_OR_CURRENT}},
    {.name = "recoverGroup", .help = "Recover the specified group of the specified node", .run = run_group, .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP_OR_CURRENT}},
    {.name = "queryGroupStatus", .help = "Query the status of the specified group of the specified node", .run = run_group,
     .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP_OR_CURRENT}},
    {.name = "generateGroup", .help = "Generate a group for the specified node", .run = run_generate, .takes_more = true,
     .since = "2.2.0",
     .parameters = {ENDPOINT, GROUP, {PARAMETER_TEXT, "timestamp", "The genesis block's time in milliseconds, the same on every node.", false},
                    {PARAMETER_NODE_ID, "sealerNodeId", "The nodes that seal; before them `true` turns free storage on.", false}}},
    {.name = "generateGroupFromFile", .help = "Generate group according to the specified file", .run = run_generate_from_file,
     .since = "2.2.0",
     .parameters = {{PARAMETER_FILE, "groupConfigFilePath", "TOML: [groupPeers] peers, [consensus] sealerList, [genesis] timestamp.", false},
                    GROUP}}};
const command_family family_groups = FAMILY("Groups", "群组", rows);
