/* ChainGovernance, 0x1008: committee, operators, accounts. Source: spec/precompiled.md 7.10. */
#include "codec/json_write.h"
#include "contract/accounts.h"
#include "contract/committee.h"
#include "contract/votes.h"

#include <stdlib.h>

static state_rows committee(contract_call *c)
{
    return tx_state_select(c->state, open_access(c), bytes_of_text(TABLE_ACCESS), NULL);
}

static bool origin_is_member(contract_call *c)
{
    return is_member(c, &c->origin);
}

/* A row that may already be there counts as written. */
static int add_access(contract_call *c, const char *table, bytes who, const address *origin)
{
    return has_access_row(c, table, who) ? 1 : insert_access(c, bytes_of_text(table), who, origin);
}

static contract_outcome grant_first(contract_call *c, const address *target)
{
    bytes who = contract_prefixed(c, target);
    state_table *votes = open_votes(c);
    int result = add_access(c, TABLE_ACCESS, who, &c->origin);
    (void)add_access(c, TABLE_CONFIG, who, &c->origin);
    (void)add_access(c, TABLE_CONSENSUS, who, &c->origin);
    (void)votes_put_weight(c, votes, target, BYTES_OF_LITERAL("1"));
    return contract_answer_code(c, result);
}

/* What a vote decides; value is what was voted for. Returns the code of the first write. */
typedef int decision(contract_call *c, state_table *votes, const address *target, bytes value);

static int decide_grant(contract_call *c, state_table *votes, const address *target, bytes value)
{
    (void)value;
    bytes who = contract_prefixed(c, target);
    int result = insert_access(c, bytes_of_text(TABLE_ACCESS), who, NULL);
    (void)add_access(c, TABLE_CONFIG, who, &c->origin);
    (void)add_access(c, TABLE_CONSENSUS, who, &c->origin);
    (void)votes_put_weight(c, votes, target, BYTES_OF_LITERAL("1"));
    return result;
}

static int decide_revoke(contract_call *c, state_table *votes, const address *target, bytes value)
{
    (void)value;
    bytes who = contract_prefixed(c, target);
    int result = remove_access(c, bytes_of_text(TABLE_ACCESS), who, NULL);
    (void)remove_access(c, bytes_of_text(TABLE_CONFIG), who, &c->origin);
    (void)remove_access(c, bytes_of_text(TABLE_CONSENSUS), who, &c->origin);
    (void)tx_state_remove(c->state, votes, votes_key(c, target, "_weight"), NULL, NULL);
    return result;
}

static int decide_weight(contract_call *c, state_table *votes, const address *target, bytes value)
{
    bytes key = votes_key(c, target, "_weight");
    const row_field fields[] = {field_of("key", key), field_of("origin", contract_prefixed(c, &c->origin)), field_of("value", value)};
    return tx_state_update(c->state, votes, key, fields, COUNT(fields), NULL, NULL);
}

static int decide_threshold(contract_call *c, state_table *votes, const address *target, bytes value)
{
    (void)target;
    return votes_set_threshold(c, votes, value);
}

static contract_outcome vote(contract_call *c, bytes key, bytes value, const address *target, decision *decide, bool forgets)
{
    contract_outcome outcome;
    if (!origin_is_member(c))
        return contract_answer_code(c, CODE_INVALID_REQUEST_PERMISSION_DENIED);
    state_table *votes = open_votes(c);
    vote_result result = votes_cast(c, votes, key, value, &outcome);
    if (result == VOTE_FAILED)
        return outcome;
    if (result == VOTE_NOT_YET)
        return contract_answer_code(c, CODE_SUCCESS);
    int written = decide(c, votes, target, value);
    if (forgets)
        votes_forget(c, votes, key, value);
    return contract_answer_code(c, written);
}

static contract_outcome grant_committee_member(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes who = contract_prefixed(c, &target);
    if (has_access_row(c, TABLE_TABLES, who) || has_access_row(c, TABLE_CNS, who))
        return contract_answer_code(c, CODE_OPERATOR_CANNOT_BE_COMMITTEE_MEMBER);
    size_t members = committee(c).count;
    if (members == 0 || (members == 1 && c->rules->reconfirm_committee))
        return grant_first(c, &target);
    if (is_member_text(c, who))
        return contract_answer_code(c, CODE_COMMITTEE_MEMBER_EXIST);
    return vote(c, who, BYTES_OF_LITERAL("grant"), &target, decide_grant, true);
}

static contract_outcome revoke_committee_member(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes who = contract_prefixed(c, &target);
    if (!is_member_text(c, who))
        return contract_answer_code(c, CODE_COMMITTEE_MEMBER_NOT_EXIST);
    return vote(c, who, BYTES_OF_LITERAL("revoke"), &target, decide_revoke, true);
}

static contract_outcome update_weight(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    abi_signed weight = abi_read_signed(&c->arguments);
    bytes text = abi_signed_text(c->memory, weight);
    bool positive = !weight.is_negative && !u256_is_zero(weight.magnitude);
    if (!positive && rules_have(c->rules, GATE_STRICT_ARGUMENTS))
        return contract_refuse(c, "updateCommitteeMemberWeight failed for invalid weight \"%.*s\", the weight must be greater than 0",
                               (int)text.size, (const char *)text.data);
    if (!is_member(c, &target))
        return contract_answer_code(c, CODE_COMMITTEE_MEMBER_NOT_EXIST);
    state_table *votes = open_votes(c);
    state_row *found = votes_find(c, votes, votes_key(c, &target, "_weight"));
    if (found && bytes_equal(tx_state_field_named(c->state, found, "value"), text))
        return contract_answer_code(c, CODE_CURRENT_VALUE_IS_EXPECTED_VALUE);
    return vote(c, votes_key(c, &target, "_update_weight"), text, &target, decide_weight, true);
}

static contract_outcome update_threshold(contract_call *c)
{
    abi_signed wanted = abi_read_signed(&c->arguments);
    if (wanted.is_negative || u256_compare(wanted.magnitude, u256_of(99)) > 0)
        return contract_answer_code(c, CODE_INVALID_THRESHOLD);
    state_table *votes = open_votes(c);
    bytes text = bytes_of_text(arena_print(c->memory, "%f", (double)wanted.magnitude.limb[0] / 100.0));
    if (bytes_equal(votes_threshold_text(c, votes), text))
        return contract_answer_code(c, CODE_CURRENT_VALUE_IS_EXPECTED_VALUE);
    return vote(c, BYTES_OF_LITERAL("update_auth_threshold"), text, NULL, decide_threshold,
                rules_have(c->rules, GATE_STRICT_ARGUMENTS));
}

static contract_outcome query_threshold(contract_call *c)
{
    char *text = arena_copy_text(c->memory, votes_threshold_text(c, open_votes(c)));
    /* QUIRK: truncated, so 29 is answered as 28. */
    return contract_answer_code(c, (int64_t)(strtod(text, NULL) * 100));
}

static contract_outcome query_weight(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    state_row *found = votes_find(c, open_votes(c), votes_key(c, &target, "_weight"));
    int64_t weight = CODE_COMMITTEE_MEMBER_NOT_EXIST;
    if (found && (!number_read_int64(tx_state_field_named(c->state, found, "value"), &weight) || weight > INT32_MAX || weight < INT32_MIN))
        return CONTRACT_EXCEPTION;
    abi_writer w = abi_writer_of(c->memory);
    abi_write_u256(&w, u256_of(found != NULL));
    abi_write_i64(&w, weight);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static contract_outcome query_votes_of_member(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    return votes_answer_member(c, open_votes(c), &target);
}

static contract_outcome query_votes_of_threshold(contract_call *c)
{
    return votes_answer_threshold(c, open_votes(c));
}

/* Rows of _sys_table_access_ as {address, enable_num}; operators must stand under two keys. */
static contract_outcome answer_list(contract_call *c, state_rows rows, bool operators)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    size_t written = 0;
    buffer_append_byte(&out, '[');
    for (size_t i = 0; i < rows.count; i++) {
        bytes who = tx_state_field_named(c->state, rows.rows[i], "address");
        if (operators && !has_access_row(c, TABLE_CNS, who))
            continue;
        buffer_append_text(&out, written++ ? ",{\"address\":" : "{\"address\":");
        json_append_quoted(&out, who);
        buffer_append_text(&out, ",\"enable_num\":");
        json_append_quoted(&out, tx_state_field_named(c->state, rows.rows[i], "enable_num"));
        buffer_append_byte(&out, '}');
    }
    buffer_append_text(&out, "]\n");
    contract_outcome outcome = contract_answer_bytes(c, buffer_bytes(&out));
    buffer_free(&out);
    return outcome;
}

static contract_outcome list_committee_members(contract_call *c)
{
    return answer_list(c, committee(c), false);
}

static contract_outcome list_operators(contract_call *c)
{
    return answer_list(c, tx_state_select(c->state, open_access(c), bytes_of_text(TABLE_TABLES), NULL), true);
}

static contract_outcome grant_operator(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes who = contract_prefixed(c, &target);
    if (!origin_is_member(c))
        return contract_answer_code(c, CODE_INVALID_REQUEST_PERMISSION_DENIED);
    if (is_member_text(c, who))
        return contract_answer_code(c, CODE_COMMITTEE_MEMBER_CANNOT_BE_OPERATOR);
    if (has_access_row(c, TABLE_TABLES, who) && has_access_row(c, TABLE_CNS, who))
        return contract_answer_code(c, CODE_OPERATOR_EXIST);
    if (add_access(c, TABLE_TABLES, who, &c->origin) < 0 || add_access(c, TABLE_CNS, who, &c->origin) < 0)
        return contract_refuse(c, "Permission denied. %s can't grantOperator operator %s",
                               (const char *)contract_prefixed(c, &c->origin).data, (const char *)who.data);
    return contract_answer_code(c, 1);
}

static contract_outcome revoke_operator(contract_call *c)
{
    address target = abi_read_address(&c->arguments);
    bytes who = contract_prefixed(c, &target);
    if (!origin_is_member(c))
        return contract_answer_code(c, CODE_INVALID_REQUEST_PERMISSION_DENIED);
    if (!has_access_row(c, TABLE_TABLES, who))
        return contract_answer_code(c, CODE_OPERATOR_NOT_EXIST);
    int result = remove_access(c, bytes_of_text(TABLE_TABLES), who, &c->origin);
    (void)remove_access(c, bytes_of_text(TABLE_CNS), who, &c->origin);
    return contract_answer_code(c, result);
}

static contract_outcome set_account_frozen(contract_call *c, bool frozen)
{
    address target = abi_read_address(&c->arguments);
    account_condition state = account_condition_of(c, &target);
    if (state == ACCOUNT_NONEXISTENT)
        return contract_answer_code(c, CODE_ACCOUNT_NOT_EXIST);
    if (account_is_contract(state))
        return contract_answer_code(c, CODE_INVALID_ACCOUNT_ADDRESS);
    if (!origin_is_member(c) || (frozen && is_member(c, &target)))
        return contract_answer_code(c, CODE_NO_AUTHORIZED);
    if ((state == ACCOUNT_FROZEN_WITHOUT_CODE) == frozen)
        return contract_answer_code(c, frozen ? CODE_ACCOUNT_FROZEN : CODE_ACCOUNT_ALREADY_AVAILABLE);
    return contract_answer_code(c, account_set_frozen(c, &target, frozen));
}

static contract_outcome freeze_account(contract_call *c)
{
    return set_account_frozen(c, true);
}

static contract_outcome unfreeze_account(contract_call *c)
{
    return set_account_frozen(c, false);
}

static contract_outcome get_account_status(contract_call *c)
{
    static const char *const texts[] = {
        [ACCOUNT_NONEXISTENT] = "The address is nonexistent.",
        [ACCOUNT_WITHOUT_CODE] = "The account is available.",
        [ACCOUNT_FROZEN_WITHOUT_CODE] = "The account has been frozen. You can use this account after unfreezing it.",
        [ACCOUNT_CONTRACT_AVAILABLE] = "This is not a account address.",
        [ACCOUNT_CONTRACT_FROZEN] = "This is not a account address.",
    };
    address target = abi_read_address(&c->arguments);
    return contract_answer_bytes(c, bytes_of_text(texts[account_condition_of(c, &target)]));
}

static const contract_method methods[] = {
    {"grantCommitteeMember(address)", 0, false, grant_committee_member},
    {"revokeCommitteeMember(address)", 0, false, revoke_committee_member},
    {"updateCommitteeMemberWeight(address,int256)", 0, false, update_weight},
    {"updateThreshold(int256)", 0, false, update_threshold},
    {"queryThreshold()", 0, false, query_threshold},
    {"queryCommitteeMemberWeight(address)", 0, false, query_weight},
    {"queryVotesOfMember(address)", 0, false, query_votes_of_member},
    {"queryVotesOfThreshold()", 0, false, query_votes_of_threshold},
    {"listCommitteeMembers()", 0, false, list_committee_members},
    {"grantOperator(address)", 0, false, grant_operator},
    {"revokeOperator(address)", 0, false, revoke_operator},
    {"listOperators()", 0, false, list_operators},
    {"freezeAccount(address)", 0, false, freeze_account},
    {"unfreezeAccount(address)", 0, false, unfreeze_account},
    {"getAccountStatus(address)", 0, false, get_account_status},
};

const contract contract_governance = {.address = 0x1008, .name = "ChainGovernance", .since = VERSION_OF(2, 5, 0), .methods = methods,
                                      .method_count = COUNT(methods)};
