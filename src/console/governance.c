/* The committee, its votes, operators, frozen accounts (spec/precompiled.md 7.10). */
#include "console/builtin.h"

#define ACCOUNT {PARAMETER_ADDRESS, "account", "The account, 0x and 40 hex digits.", false}
#define GOVERNANCE(signature) {BUILTIN_GOVERNANCE, (signature), NULL}

static const builtin_function grant_member = GOVERNANCE("grantCommitteeMember(address)(int256)");
static const builtin_function revoke_member = GOVERNANCE("revokeCommitteeMember(address)(int256)");
static const builtin_function list_members = GOVERNANCE("listCommitteeMembers()(string)");
static const builtin_function update_weight = GOVERNANCE("updateCommitteeMemberWeight(address,int256)(int256)");
static const builtin_function update_threshold = GOVERNANCE("updateThreshold(int256)(int256)");
static const builtin_function grant_operator = GOVERNANCE("grantOperator(address)(int256)");
static const builtin_function revoke_operator = GOVERNANCE("revokeOperator(address)(int256)");
static const builtin_function list_operators = GOVERNANCE("listOperators()(string)");
static const builtin_function freeze_account = GOVERNANCE("freezeAccount(address)(int256)");
static const builtin_function unfreeze_account = GOVERNANCE("unfreezeAccount(address)(int256)");
static const builtin_function account_status = GOVERNANCE("getAccountStatus(address)(string)");

static bool run_weight(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc;
    json_t *values =
        builtin_call(s, BUILTIN_GOVERNANCE, "queryCommitteeMemberWeight(address)(bool,int256)", (const char *const *)argv, 1);
    if (values == NULL)
        return false;
    bool ok = json_is_true(json_array_get(values, 0));
    long number = builtin_number(values, 1);
    if (ok)
        say(s, "Account: %s Weight: %ld", argv[0], number);
    else
        builtin_show_code(s, NULL, number);
    json_decref(values);
    return ok;
}

static bool run_threshold(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    json_t *values = builtin_call(s, BUILTIN_GOVERNANCE, "queryThreshold()(int256)", NULL, 0);
    if (values == NULL)
        return false;
    say(s, "Effective threshold : %ld%%", builtin_number(values, 0));
    json_decref(values);
    return true;
}

/* The contract's JSON ends with a line end. */
static const char *without_line_end(session *s, const char *text)
{
    return arena_copy_text(&s->memory, bytes_of(text, strcspn(text, "\n")));
}

static bool run_member_votes(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc;
    json_t *values = builtin_call(s, BUILTIN_GOVERNANCE, "queryVotesOfMember(address)(string)", (const char *const *)argv, 1);
    if (values == NULL)
        return false;
    say(s, "queried account: %s", argv[0]);
    say(s, "votes:%s", without_line_end(s, builtin_text(values, 0)));
    json_decref(values);
    return true;
}

static bool run_threshold_votes(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    json_t *values = builtin_call(s, BUILTIN_GOVERNANCE, "queryVotesOfThreshold()(string)", NULL, 0);
    if (values == NULL)
        return false;
    say(s, "The votes of the updateThreshold operation : %s", without_line_end(s, builtin_text(values, 0)));
    json_decref(values);
    return true;
}

static bool run_update_threshold(session *s, const command *c, int argc, char **argv)
{
    if (strlen(argv[0]) > 2)
        return console_fail(s, "Please provide threshold by non-negative integer mode,  from 0 to 99 .");
    return builtin_run(s, c, argc, argv);
}

static const command rows[] = {
    {.name = "grantCommitteeMember", .help = "Grant the account committee member", .run = builtin_run, .data = &grant_member,
     .since = "2.5.0", .parameters = {ACCOUNT}},
    {.name = "revokeCommitteeMember", .help = "Revoke the account from committee member", .run = builtin_run, .data = &revoke_member,
     .since = "2.5.0", .parameters = {ACCOUNT}},
    {.name = "listCommitteeMembers", .help = "List all committee members", .run = builtin_run_table, .data = &list_members,
     .since = "2.5.0"},
    {.name = "queryCommitteeMemberWeight", .help = "Query the committee member weight", .run = run_weight, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "updateCommitteeMemberWeight", .help = "Update the committee member weight", .run = builtin_run, .data = &update_weight,
     .since = "2.5.0", .parameters = {ACCOUNT, {PARAMETER_NUMBER, "weight", "The new weight.", false}}},
    {.name = "queryThreshold", .help = "Query the threshold", .run = run_threshold, .since = "2.5.0"},
    {.name = "updateThreshold", .help = "Update the threshold", .run = run_update_threshold, .data = &update_threshold, .since = "2.5.0",
     .parameters = {{PARAMETER_NUMBER, "threshold", "Percent of the votes' weight that must be exceeded, from 0 to 99.", false}}},
    {.name = "queryVotesOfMember", .help = "Query votes of a committee member", .run = run_member_votes, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "queryVotesOfThreshold", .help = "Query votes of updateThreshold operation", .run = run_threshold_votes, .since = "2.5.0"},
    {.name = "grantOperator", .help = "Grant the account operator", .run = builtin_run, .data = &grant_operator, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "revokeOperator", .help = "Revoke the operator", .run = builtin_run, .data = &revoke_operator, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "listOperators", .help = "List all operators", .run = builtin_run_table, .data = &list_operators, .since = "2.5.0"},
    {.name = "freezeAccount", .help = "Freeze the account", .run = builtin_run, .data = &freeze_account, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "unfreezeAccount", .help = "Unfreeze the account", .run = builtin_run, .data = &unfreeze_account, .since = "2.5.0",
     .parameters = {ACCOUNT}},
    {.name = "getAccountStatus", .help = "Get the status of the account", .run = builtin_run_text, .data = &account_status,
     .since = "2.5.0", .parameters = {ACCOUNT}}};
const command_family family_governance = FAMILY("Chain governance", "链治理", rows);
