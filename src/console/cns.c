/* The contract name service: names and versions for addresses (spec/precompiled.md 7.6). */
#include "console/builtin.h"
#include "console/contract_call.h"

/* Entries of a name, or of one version of it: an array of objects. NULL: it is said why. */
static json_t *find_entries(session *s, const char *name, const char *version)
{
    const char *arguments[] = {name, version};
    json_t *values = builtin_call(s, BUILTIN_CNS,
                                  version ? "selectByNameAndVersion(string,string)(string)" : "selectByName(string)(string)", arguments,
                                  version ? 2 : 1);
    if (values == NULL)
        return NULL;
    json_t *entries = json_loads(builtin_text(values, 0), 0, NULL);
    json_decref(values);
    if (entries == NULL)
        console_fail(s, "The contract's answer is no list.");
    return entries;
}

static const char *entry_text(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text : "";
}

static bool register_name(session *s, const artifact *a, const char *address, const char *version)
{
    const char *arguments[] = {a->name, version, address, a->abi};
    return builtin_send_and_show(s, BUILTIN_CNS, "insert(string,string,string,string)(uint256)", arguments, COUNT(arguments));
}

static bool run_deploy(session *s, const command *c, int argc, char **argv)
{
    artifact a;
    (void)c;
    if (!artifact_find(s, argv[0], true, &a))
        return false;
    json_t *entries = find_entries(s, a.name, argv[1]);
    if (entries == NULL)
        return false;
    size_t count = json_array_size(entries);
    json_decref(entries);
    if (count)
        return console_fail(s, "The version \"%s\" of contract \"%s\" already exists!", argv[1], a.name);
    const char *address = contract_deploy(s, &a, argv + 2, (size_t)argc - 2);
    return address && register_name(s, &a, address, argv[1]);
}

static bool run_call(session *s, const command *c, int argc, char **argv)
{
    (void)c;
    size_t size = strcspn(argv[0], ":");
    const char *version = argv[0][size] == ':' ? argv[0] + size + 1 : NULL;
    const char *name = artifact_name(s, arena_copy_text(&s->memory, bytes_of(argv[0], size)));
    json_t *entries = find_entries(s, name, version);
    if (entries == NULL)
        return false;
    const json_t *last = json_array_get(entries, json_array_size(entries) - 1);
    bool ok = false;
    if (json_array_size(entries) == 0)
        console_fail(s, "Can't find \"%s%s%s\" information from the cns list! Please deploy it by cns firstly!", name, version ? ":" : "",
             version ? version : "");
    else
        ok = contract_call(s, name, entry_text(last, "abi"), entry_text(last, "address"), argv[1], argv + 2, (size_t)argc - 2);
    json_decref(entries);
    return ok;
}

static bool run_register(session *s, const command *c, int argc, char **argv)
{
    artifact a;
    (void)c, (void)argc;
    return artifact_find_deployed(s, argv[0], argv[1], &a) && register_name(s, &a, argv[1], argv[2]);
}

static bool run_query(session *s, const command *c, int argc, char **argv)
{
    (void)c;
    json_t *entries = find_entries(s, artifact_name(s, argv[0]), argc > 1 ? argv[1] : NULL);
    if (entries == NULL)
        return false;
    say_dashes(s);
    if (json_array_size(entries) == 0) {
        say(s, "Empty set.");
        say_dashes(s);
    }
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        say(s, "* contract address: %s", entry_text(entry, "address"));
        say(s, "* contract version: %s", entry_text(entry, "version"));
        say_dashes(s);
    }
    json_decref(entries);
    return true;
}

#define CONTRACT                                                                                                                  \
    {PARAMETER_CONTRACT, "contractNameOrPath", "A name in contracts/solidity, contracts or contracts/build, or a path.", false}
#define VERSION {PARAMETER_TEXT, "version", "The version, at most 128 characters.", false}

static const command rows[] = {
    {.name = "deployByCNS", .help = "Deploy a contract on blockchain by CNS", .run = run_deploy, .takes_more = true,
     .parameters = {CONTRACT, VERSION, {PARAMETER_TEXT, "parameters", "Of the contract's constructor.", true}}},
    {.name = "callByCNS", .help = "Call a contract by a function and parameters by CNS", .run = run_call, .takes_more = true,
     .parameters = {{PARAMETER_CNS_NAME, "contractNameAndVersion", "NAME:VERSION, or NAME: the version registered last.", false},
                    {PARAMETER_FUNCTION, "function", "The function; of overloaded ones its signature: set(string).", false},
                    {PARAMETER_TEXT, "parameters", "Of the function, as of call.", true}}},
    {.name = "registerCNS", .help = "RegisterCNS information for the given contract", .run = run_register,
     .parameters = {CONTRACT, {PARAMETER_ADDRESS, "contractAddress", "20 bytes, 0x and 40 hex digits.", false}, VERSION}},
    {.name = "queryCNS", .help = "Query CNS information by contract name and contract version", .run = run_query,
     .parameters = {CONTRACT, {PARAMETER_TEXT, "version", "The version. Default: all of them.", true}}}};
const command_family family_cns = FAMILY("Contract name service", "合约命名服务 CNS", rows);
