#include "console/command.h"
#include "console/contract_call.h"

#include <stdlib.h>
#include <time.h>

enum { DEPLOY_LOG_DEFAULT = 20, DEPLOY_LOG_MAX = 100 };

static bool run_deploy(session *s, const command *c, int argc, char **argv)
{
    artifact a;
    (void)c;
    return artifact_find(s, argv[0], true, &a) && contract_deploy(s, &a, argv + 1, (size_t)argc - 1);
}

/* "latest" -> the newest that was deployed from here. NULL: it is said why. */
static const char *resolve_address(session *s, const char *name_or_path, const char *address)
{
    if (strcmp(address, "latest") != 0)
        return address;
    deployed_contract *deployed;
    const char *name = artifact_name(s, name_or_path);
    if (artifact_deployed(s, name, &deployed) == 0) {
        console_fail(s, "Can not find the latest address. Please make sure group %d has deployed contract \"%s\"!", s->group, name);
        return NULL;
    }
    say(s, "latest contract address for \"%s\" is %s", name, deployed[0].address);
    return deployed[0].address;
}

static bool run_call(session *s, const command *c, int argc, char **argv)
{
    artifact a;
    (void)c;
    const char *address = resolve_address(s, argv[0], argv[1]);
    return address && artifact_find_deployed(s, argv[0], address, &a) &&
           contract_call(s, a.name, a.abi, address, argv[2], argv + 3, (size_t)argc - 3);
}

static void list_items(session *s, const hanse_abi *abi, hanse_abi_kind kind)
{
    for (size_t i = 0; i < hanse_abi_count(abi); i++) {
        const hanse_abi_item *item = hanse_abi_item_at(abi, i);
        if (item->kind != kind)
            continue;
        if (kind == HANSE_FUNCTION)
            say(s, " %-20s|    %-10s|    %-10s  |    %-10s", item->name, item->is_constant ? "true" : "false", item->id, item->signature);
        else
            say(s, " %-20s|   %-66s  |   %s", item->name, item->id, item->signature);
    }
}

static bool run_list_abi(session *s, const command *c, int argc, char **argv)
{
    artifact a;
    hanse_error error = {0};
    (void)c, (void)argc;
    if (!artifact_find(s, argv[0], false, &a))
        return false;
    hanse_abi *abi = hanse_abi_parse(a.abi, &error);
    if (abi == NULL)
        return console_fail_with(s, &error);
    say(s, "Method list: ");
    say(s, " %-20s|    %-10s|    %-10s  |    %-10s", "name", "constant", "methodId", "signature");
    say(s, "  --------------------------------------------------------------");
    list_items(s, abi, HANSE_FUNCTION);
    say(s, "\nEvent list: ");
    say(s, " %-20s|   %-66s  |   %s", "name", "topic", "signature");
    say(s, "  --------------------------------------------------------------");
    list_items(s, abi, HANSE_EVENT);
    hanse_abi_free(abi);
    return true;
}

static bool run_log(session *s, const command *c, int argc, char **argv)
{
    const char **lines;
    (void)c;
    int max = argc ? atoi(argv[0]) : DEPLOY_LOG_DEFAULT;
    if (max < 1 || max > DEPLOY_LOG_MAX)
        return console_fail(s, "Please provide recordNumber by integer mode, from 1 to 100.");
    size_t count = artifact_log(s, (size_t)max, &lines);
    if (count == 0)
        say(s, "Empty set.\n");
    else
        say_blank(s);
    for (size_t i = 0; i < count; i++)
        say(s, "%s", lines[i]);
    if (count)
        say_blank(s);
    return true;
}

static bool run_list_addresses(session *s, const command *c, int argc, char **argv)
{
    deployed_contract *deployed;
    const char *name = artifact_name(s, argv[0]);
    (void)c;
    size_t count = artifact_deployed(s, name, &deployed), max = argc > 1 ? (size_t)atoi(argv[1]) : DEPLOY_LOG_DEFAULT;
    if (count == 0)
        return console_fail(s, "Contract \"%s\" doesn't exist!\n", name);
    for (size_t i = 0; i < count && i < max; i++) {
        char when[32];
        struct tm local;
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&deployed[i].time, &local));
        say(s, "%s  %s", deployed[i].address, when);
    }
    say_blank(s);
    return true;
}

#define CONTRACT                                                                                                                  \
    {PARAMETER_CONTRACT, "contractNameOrPath", "A name in contracts/solidity, contracts or contracts/build, or a path.", false}
#define RECORD_COUNT(about_text) {PARAMETER_NUMBER, "recordNumber", (about_text), true}

static const command rows[] = {
    {.name = "deploy", .help = "Deploy a contract on blockchain", .run = run_deploy, .takes_more = true,
     .parameters = {CONTRACT, {PARAMETER_TEXT, "parameters", "Of the contract's constructor.", true}}},
    {.name = "call", .help = "Call a contract by a function and parameters", .run = run_call, .takes_more = true,
     .parameters = {CONTRACT, {PARAMETER_DEPLOYED, "contractAddress", "20 bytes, 0x and 40 hex digits, or latest.", false},
                    {PARAMETER_FUNCTION, "function", "The function; of overloaded ones its signature: set(string).", false},
                    {PARAMETER_TEXT, "parameters",
                     "Of the function: 1, true, 0x..., text, \"a text\", [1,2], [\"a\",\"b\"]; bytes as hex://0x..., base64://... or text.", true}}},
    {.name = "listAbi", .help = "List functions and events info of the contract", .run = run_list_abi, .parameters = {CONTRACT}},
    {.name = "getDeployLog", .help = "Query the log of deployed contracts", .run = run_log,
     .parameters = {RECORD_COUNT("How many lines, from 1 to 100. Default: 20.")}},
    {.name = "listDeployContractAddress", .help = "List the contractAddress for the specified contract", .run = run_list_addresses,
     .parameters = {CONTRACT, RECORD_COUNT("How many addresses. Default: 20.")}}};
const command_family family_contracts = FAMILY("Contracts", "合约", rows);
