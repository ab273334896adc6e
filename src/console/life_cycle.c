/* Contracts that are frozen, and who may do that (spec/precompiled.md 7.9). */
#include "console/builtin.h"
#include "console/query.h"

#include <stdlib.h>

#define CONTRACT {PARAMETER_ADDRESS, "contractAddress", "The contract, 0x and 40 hex digits.", false}
#define ACCOUNT {PARAMETER_ADDRESS, "userAddress", "The account, 0x and 40 hex digits.", false}

static const builtin_function freeze = {BUILTIN_LIFE_CYCLE, "freeze(address)(int256)", NULL};
static const builtin_function unfreeze = {BUILTIN_LIFE_CYCLE, "unfreeze(address)(int256)", NULL};
static const builtin_function status = {BUILTIN_LIFE_CYCLE, "getStatus(address)(int256,string)", NULL};
static const builtin_function grant = {BUILTIN_LIFE_CYCLE, "grantManager(address,address)(int256)", NULL};
static const builtin_function revoke = {BUILTIN_LIFE_CYCLE, "revokeManager(address,address)(int256)", NULL};

static bool run_list(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc;
    json_t *values = builtin_call(s, BUILTIN_LIFE_CYCLE, "listManager(address)(int256,address[])", (const char *const *)argv, 1);
    if (values == NULL)
        return false;
    long code = builtin_number(values, 0);
    bool ok = code == 0;
    char *json = ok ? json_dumps(json_array_get(values, 1), JSON_COMPACT) : NULL;
    if (json)
        say_pretty(s, bytes_of_text(json));
    else
        builtin_show_code(s, NULL, code);
    free(json);
    json_decref(values);
    return ok;
}

static const command rows[] = {
    {.name = "freezeContract", .help = "Freeze the contract", .run = builtin_run, .data = &freeze, .since = "2.3.0",
     .parameters = {CONTRACT}},
    {.name = "unfreezeContract", .help = "Unfreeze the contract", .run = builtin_run, .data = &unfreeze, .since = "2.3.0",
     .parameters = {CONTRACT}},
    {.name = "getContractStatus", .help = "Get the status of the contract", .run = builtin_run_text, .data = &status, .since = "2.3.0",
     .parameters = {CONTRACT}},
    {.name = "grantContractStatusManager", .help = "Grant contract authorization to the user", .run = builtin_run, .data = &grant,
     .since = "2.3.0", .parameters = {CONTRACT, ACCOUNT}},
    {.name = "revokeContractStatusManager", .help = "Revoke contract authorization to the user", .run = builtin_run, .data = &revoke,
     .since = "2.7.0", .parameters = {CONTRACT, ACCOUNT}},
    {.name = "listContractStatusManager", .help = "List the authorization of the contract", .run = run_list, .since = "2.3.0",
     .parameters = {CONTRACT}}};
const command_family family_life_cycle = FAMILY("Contract life cycle", "合约生命周期", rows);
