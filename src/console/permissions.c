#include "console/builtin.h"

#define ACCOUNT {PARAMETER_ADDRESS, "address", "The account, 0x and 40 hex digits.", false}
#define TABLE {PARAMETER_TEXT, "tableName", "The name of the table.", false}
#define CONTRACT {PARAMETER_ADDRESS, "contractAddress", "The contract, 0x and 40 hex digits.", false}

#define GRANT(table) {BUILTIN_PERMISSION, "insert(string,string)(int256)", (table)}
#define REVOKE(table) {BUILTIN_PERMISSION, "remove(string,string)(int256)", (table)}
#define LIST(table) {BUILTIN_PERMISSION, "queryByName(string)(string)", (table)}

static const builtin_function user_table[] = {GRANT(NULL), REVOKE(NULL), LIST(NULL)};
static const builtin_function deployment[] = {GRANT("_sys_tables_"), REVOKE("_sys_tables_"), LIST("_sys_tables_")};
static const builtin_function nodes[] = {GRANT("_sys_consensus_"), REVOKE("_sys_consensus_"), LIST("_sys_consensus_")};
static const builtin_function cns[] = {GRANT("_sys_cns_"), REVOKE("_sys_cns_"), LIST("_sys_cns_")};
static const builtin_function config[] = {GRANT("_sys_config_"), REVOKE("_sys_config_"), LIST("_sys_config_")};
static const builtin_function contract_write[] = {{BUILTIN_PERMISSION, "grantWrite(address,address)(int256)", NULL},
                                                  {BUILTIN_PERMISSION, "revokeWrite(address,address)(int256)", NULL},
                                                  {BUILTIN_PERMISSION, "queryPermission(address)(string)", NULL}};

static const command rows[] = {
    {.name = "grantUserTableManager", .help = "Grant permission for user table by table name and address", .run = builtin_run,
     .data = &user_table[0], .parameters = {TABLE, ACCOUNT}},
    {.name = "revokeUserTableManager", .help = "Revoke permission for user table by table name and address", .run = builtin_run,
     .data = &user_table[1], .parameters = {TABLE, ACCOUNT}},
    {.name = "listUserTableManager", .help = "Query permission for user table information", .run = builtin_run_table,
     .data = &user_table[2], .parameters = {TABLE}},
    {.name = "grantDeployAndCreateManager", .help = "Grant permission for deploy contract and create user table by address",
     .run = builtin_run, .data = &deployment[0], .parameters = {ACCOUNT}},
    {.name = "revokeDeployAndCreateManager", .help = "Revoke permission for deploy contract and create user table by address",
     .run = builtin_run, .data = &deployment[1], .parameters = {ACCOUNT}},
    {.name = "listDeployAndCreateManager", .help = "Query permission information for deploy contract and create user table",
     .run = builtin_run_table, .data = &deployment[2]},
    {.name = "grantNodeManager", .help = "Grant permission for node configuration by address", .run = builtin_run, .data = &nodes[0],
     .parameters = {ACCOUNT}},
    {.name = "revokeNodeManager", .help = "Revoke permission for node configuration by address", .run = builtin_run, .data = &nodes[1],
     .parameters = {ACCOUNT}},
    {.name = "listNodeManager", .help = "Query permission information for node configuration", .run = builtin_run_table,
     .data = &nodes[2]},
    {.name = "grantCNSManager", .help = "Grant permission for CNS by address", .run = builtin_run, .data = &cns[0],
     .parameters = {ACCOUNT}},
    {.name = "revokeCNSManager", .help = "Revoke permission for CNS by address", .run = builtin_run, .data = &cns[1],
     .parameters = {ACCOUNT}},
    {.name = "listCNSManager", .help = "Query permission information for CNS", .run = builtin_run_table, .data = &cns[2]},
    {.name = "grantSysConfigManager", .help = "Grant permission for system configuration by address", .run = builtin_run,
     .data = &config[0], .parameters = {ACCOUNT}},
    {.name = "revokeSysConfigManager", .help = "Revoke permission for system configuration by address", .run = builtin_run,
     .data = &config[1], .parameters = {ACCOUNT}},
    {.name = "listSysConfigManager", .help = "Query permission information for system configuration", .run = builtin_run_table,
     .data = &config[2]},
    {.name = "grantContractWritePermission", .help = "Grant the account the contract write permission", .run = builtin_run,
     .data = &contract_write[0], .since = "2.3.0", .parameters = {CONTRACT, ACCOUNT}},
    {.name = "revokeContractWritePermission", .help = "Revoke the account the contract write permission", .run = builtin_run,
     .data = &contract_write[1], .since = "2.3.0", .parameters = {CONTRACT, ACCOUNT}},
    {.name = "listContractWritePermission", .help = "Query the account list which have write permission of the contract",
     .run = builtin_run_table, .data = &contract_write[2], .since = "2.3.0", .parameters = {CONTRACT}}};
const command_family family_permissions = FAMILY("Permissions", "权限", rows);
