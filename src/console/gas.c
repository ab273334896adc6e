/* Gas that accounts pay with, when the group charges for it (spec/precompiled.md 7.11). */
#include "console/builtin.h"

#define ACCOUNT {PARAMETER_ADDRESS, "account", "The account, 0x and 40 hex digits.", false}
#define GAS {PARAMETER_TEXT, "gasValue", "How much gas, a positive number.", false}

static void say_title(session *s, const command *c)
{
    say_dashes(s);
    say(s, "* %s", c->name);
    say_dashes(s);
}

/* A number among return values as its digits. */
static const char *number_text(session *s, const json_t *values, size_t index)
{
    const json_t *value = json_array_get(values, index);
    return json_is_string(value) ? arena_copy_text(&s->memory, bytes_of_text(json_string_value(value)))
                                 : arena_print(&s->memory, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

static bool run_change_gas(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    const char *hash = NULL;
    if (strspn(argv[1], "0123456789") != strlen(argv[1]) || strlen(argv[1]) > 78 || argv[1][0] == '\0')
        return console_fail(s, "Please provide the gas value by a positive number.");
    json_t *values = builtin_send(s, f->contract, f->signature, (const char *const *)argv, (size_t)argc, &hash);
    if (values == NULL)
        return false;
    long code = builtin_number(values, 0);
    say(s, "TransactionHash:%s", hash);
    if (code == 0) {
        say(s, "description: transaction executed successfully");
        say_dashes(s);
        say(s, "Return message: %s", builtin_message(code));
        say(s, "Return values: [%ld,%s]", code, number_text(s, values, 1));
        say_dashes(s);
    } else {
        builtin_show_code(s, NULL, code);
    }
    json_decref(values);
    return code == 0;
}

static bool run_query_gas(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    json_t *values = builtin_call(s, f->contract, f->signature, (const char *const *)argv, (size_t)argc);
    if (values == NULL)
        return false;
    long code = builtin_number(values, 0);
    say_title(s, c);
    say(s, "* accountAddress: %s", argv[0]);
    if (code == 0) {
        say(s, "* remainGas: %s", number_text(s, values, 1));
        say_dashes(s);
    } else {
        builtin_show_code(s, NULL, code);
    }
    json_decref(values);
    return code == 0;
}

static bool run_charger(session *s, const command *c, int argc, char **argv)
{
    say_title(s, c);
    say(s, "%sAddress: %s", strcmp(c->name, "grantCharger") == 0 ? "granted" : "revoked", argv[0]);
    say_dashes(s);
    say(s, "* result:");
    return builtin_run(s, c, argc, argv);
}

static bool run_list(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    (void)argc, (void)argv;
    json_t *values = builtin_call(s, f->contract, f->signature, NULL, 0);
    if (values == NULL)
        return false;
    const json_t *list = json_array_get(values, 0);
    say_title(s, c);
    for (size_t i = 0; i < json_array_size(list); i++)
        say(s, "* %s", builtin_text(list, i));
    if (json_array_size(list))
        say_dashes(s);
    else
        say(s, "Empty set.");
    json_decref(values);
    return true;
}

static const builtin_function charge = {BUILTIN_GAS_CHARGE, "charge(address,uint256)(int256,uint256)", NULL};
static const builtin_function deduct = {BUILTIN_GAS_CHARGE, "deduct(address,uint256)(int256,uint256)", NULL};
static const builtin_function query_remain = {BUILTIN_GAS_CHARGE, "queryRemainGas(address)(int256,uint256)", NULL};
static const builtin_function grant = {BUILTIN_GAS_CHARGE, "grantCharger(address)(int256)", NULL};
static const builtin_function revoke = {BUILTIN_GAS_CHARGE, "revokeCharger(address)(int256)", NULL};
static const builtin_function list = {BUILTIN_GAS_CHARGE, "listChargers()(address[])", NULL};

static const command rows[] = {
    {.name = "chargeGas", .help = "Charge specified gas for the given account", .run = run_change_gas, .data = &charge, .since = "2.9.0",
     .parameters = {ACCOUNT, GAS}},
    {.name = "deductGas", .help = "Deduct specified gas from the given account", .run = run_change_gas, .data = &deduct, .since = "2.9.0",
     .parameters = {ACCOUNT, GAS}},
    {.name = "queryRemainGas", .help = "Query remain gas for the given account", .run = run_query_gas, .data = &query_remain,
     .since = "2.9.0", .parameters = {ACCOUNT}},
    {.name = "grantCharger", .help = "Grant the charge permission for the given account", .run = run_charger, .data = &grant,
     .since = "2.9.0",
     .parameters = {ACCOUNT}},
    {.name = "revokeCharger", .help = "Revoke the charge permission from the given account", .run = run_charger, .data = &revoke,
     .since = "2.9.0", .parameters = {ACCOUNT}},
    {.name = "listChargers", .help = "List the accounts that have the permission to charge/deduct gas", .run = run_list, .data = &list,
     .since = "2.9.0"}};
const command_family family_gas = FAMILY("Gas charging", "Gas 计费", rows);
